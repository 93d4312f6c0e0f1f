package app_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"callgate/esl/esltest"
	"callgate/internal/app"
	"callgate/internal/store/storetest"
)

// newPair makes a certificate of 127.0.0.1 with that number, and its key, in PEM.
func newPair(t *testing.T, number int64) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(number), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
}

// transcript is a log that several goroutines may write to.
type transcript struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *transcript) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *transcript) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// TestCertificate: the API speaks HTTPS with the certificate that is in the files at the time, and with the one before as
// long as what is there does not fit.
func TestCertificate(t *testing.T) {
	t.Parallel() // it mostly waits
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write := func(cert, key []byte) {
		t.Helper()
		for name, text := range map[string][]byte{certFile: cert, keyFile: key} {
			if err := os.WriteFile(name, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	sw, err := esltest.Start(esltest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer sw.Close()
	log := &transcript{}
	c := on(storetest.SQLite(t))
	c.HTTPAddr, c.OutboundAddr, c.RecordingsDir, c.TLSCert, c.TLSKey = freeAddr(t), "127.0.0.1:0", dir, certFile, keyFile
	c.Switches = []app.Switch{{Name: "main", Addr: sw.Addr(), Password: "ClueCon"}}
	c.CDRUser, c.CDRPassword = cdrUser, cdrPass
	for _, broken := range []string{"", "no certificate"} {
		if broken != "" {
			write([]byte(broken), []byte(broken))
		}
		if _, err := app.New(t.Context(), c, app.Options{}); err == nil || !strings.Contains(err.Error(), "read the TLS certificate") {
			t.Fatalf("starts with %q: %v", broken, err)
		}
	}
	one, oneKey := newPair(t, 1)
	write(one, oneKey)
	a, err := app.New(t.Context(), c, app.Options{Logger: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	runUntilCleanup(t, "callgate", a.Run)

	// presented asks anew and tells the number of the certificate that it is shown.
	presented := func() int64 {
		t.Helper()
		transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
		defer transport.CloseIdleConnections()
		resp, err := (&http.Client{Transport: transport}).Get("https://" + a.Addr() + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK || resp.ProtoMajor != 2 {
			t.Errorf("%s, %s", resp.Status, resp.Proto)
		}
		return resp.TLS.PeerCertificates[0].SerialNumber.Int64()
	}
	if n := presented(); n != 1 {
		t.Errorf("shown certificate %d", n)
	}
	two, twoKey := newPair(t, 2)
	write(two, oneKey) // its key is still to come
	eventually(t, "a look at what does not fit", func() bool {
		if n := presented(); n != 1 {
			t.Fatalf("shown certificate %d, which has no key", n)
		}
		return strings.Contains(log.String(), "cannot be used")
	})
	write(two, twoKey)
	eventually(t, "the second certificate", func() bool { return presented() == 2 })
	if resp, err := http.Get("http://" + a.Addr() + "/healthz"); err != nil || resp.StatusCode != http.StatusBadRequest {
		t.Errorf("without TLS: %v, %v", resp, err)
	} else {
		resp.Body.Close()
	}
	eventually(t, "callgate check finds all well", func() bool {
		found, err := app.Check(t.Context(), c, app.CheckOptions{})
		return err == nil && strings.Contains(lines(found), "ok callgate: serves at "+c.HTTPAddr+" and is ready\n")
	})
	three, threeKey := newPair(t, 3)
	c.TLSCert, c.TLSKey = filepath.Join(dir, "other.pem"), filepath.Join(dir, "other.key")
	certFile, keyFile = c.TLSCert, c.TLSKey
	write(three, threeKey)
	if found, err := app.Check(t.Context(), c, app.CheckOptions{}); err != nil || !strings.Contains(lines(found), "another certificate than CALLGATE_TLS_CERT") {
		t.Errorf("another's certificate: %v, %s", err, lines(found))
	}
}
