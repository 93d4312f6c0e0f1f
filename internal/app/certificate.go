package app

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificate is a certificate and its key in two files, which somebody else puts others in the place of. It owns no
// goroutine: handshakes look at the files, at most once a second.
type certificate struct {
	certFile, keyFile string
	logger            *slog.Logger
	now               func() time.Time

	mu        sync.Mutex
	looked    time.Time
	cert, key []byte // as they were when they fitted last
	failed    string // why what is there now is not in use; empty when it is
	current   *tls.Certificate
}

// lookAgain is how often the files are looked at.
const lookAgain = time.Second

// newCertificate reads the files once: what cannot be used at the start is a failure.
func newCertificate(certFile, keyFile string, logger *slog.Logger, now func() time.Time) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, logger: logger, now: now}
	if err := c.read(); err != nil {
		return nil, err
	}
	c.looked = now()
	return c, nil
}

// read takes over what the files hold, unless it does not fit, as when only one of them was written yet.
func (c *certificate) read() error {
	cert, certErr := os.ReadFile(c.certFile)
	key, keyErr := os.ReadFile(c.keyFile)
	if err := errors.Join(certErr, keyErr); err != nil {
		return fmt.Errorf("read the TLS certificate: %w", err)
	}
	if c.current != nil && bytes.Equal(cert, c.cert) && bytes.Equal(key, c.key) {
		return nil
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return fmt.Errorf("read the TLS certificate: %w", err)
	}
	c.cert, c.key, c.current = cert, key, &pair
	c.logger.Info("TLS certificate in use", "names", pair.Leaf.DNSNames, "until", pair.Leaf.NotAfter)
	return nil
}

// get is the certificate for a handshake. One that cannot be used leaves the one before it in use, which is said once.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.looked) >= lookAgain {
		c.looked = now
		err := c.read()
		switch {
		case err == nil:
			c.failed = ""
		case err.Error() != c.failed:
			c.failed = err.Error()
			c.logger.Error("the TLS certificate that is there now cannot be used, the one before it stays in use", "error", err)
		}
	}
	return c.current, nil
}

// only is how to reach who has this certificate, whatever names are in it: the address may be any.
func (c *certificate) only() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true, VerifyConnection: func(s tls.ConnectionState) error {
		if len(s.PeerCertificates) == 0 || !s.PeerCertificates[0].Equal(c.current.Leaf) {
			return errors.New("another certificate than CALLGATE_TLS_CERT")
		}
		return nil
	}}
}
