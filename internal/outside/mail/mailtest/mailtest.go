// Package mailtest is a mail server for tests: github.com/emersion/go-smtp on a socket of this machine, with a
// certificate of an authority that nobody trusts who is not told of it.
package mailtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"callgate/internal/outside/mail"
)

// Mail is what the server took.
type Mail struct {
	From string
	To   []string
	Body string // as it came, head included
}

// Script is what a server does otherwise than taking everything. Any field may be nil.
type Script struct {
	Sender, Recipient func(address string) error // use Refusal
	// Message is called with the whole message, before it is answered.
	Message func(conn net.Conn, m Mail) error
	// Begin is called when the message is about to come.
	Begin func(conn net.Conn)
	// Connected is called when a client has said who it is, before that is answered.
	Connected func(conn net.Conn)
}

// Refusal is an answer with a code of SMTP.
func Refusal(code int, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.NoEnhancedCode, Message: text}
}

// Options of a Server.
type Options struct {
	Security        string // of package mail; None when empty
	Login, Password string // who may hand in; anybody when empty
	Host            string // that the certificate is for; 127.0.0.1 when empty
}

// Server is a running mail server.
type Server struct {
	Port  int
	Roots *x509.CertPool // that vouch for it
	PEM   []byte         // the same, as a file has it

	o      Options
	mu     sync.Mutex
	script Script
	mails  []Mail
}

// New starts a server, which ends with the test.
func New(tb testing.TB, o Options) *Server {
	tb.Helper()
	if o.Host == "" {
		o.Host = "127.0.0.1"
	}
	s := &Server{o: o}
	secure := s.certify(tb)
	l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s.Port = l.Addr().(*net.TCPAddr).Port
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		se := &session{server: s, conn: c.Conn(), signedIn: o.Login == ""}
		if f := s.now().Connected; f != nil {
			f(se.conn)
		}
		return se, nil
	}))
	server.Domain, server.ErrorLog = "mail.example.com", log.New(io.Discard, "", 0)
	switch o.Security {
	case mail.TLS:
		l = tls.NewListener(l, secure)
	case mail.StartTLS:
		server.TLSConfig = secure
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(l) }) // ends with Close
	tb.Cleanup(func() {
		_ = server.Close()
		_ = l.Close() // which it may not know of yet
		serving.Wait()
	})
	return s
}

// Settings are those of a client of this server.
func (s *Server) Settings() mail.Server {
	security := s.o.Security
	if security == "" {
		security = mail.None
	}
	return mail.Server{Host: "127.0.0.1", Port: s.Port, Security: security, Login: s.o.Login, Password: s.o.Password,
		From: "Отчёты <reports@example.com>", Timeout: 5 * time.Second}
}

// Play makes the server do something else from now on.
func (s *Server) Play(script Script) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = script
}

// Mails are what was taken so far.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

func (s *Server) now() Script {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.script
}

// certify makes an authority and a certificate of it.
func (s *Server) certify(tb testing.TB) *tls.Config {
	tb.Helper()
	make := func(template, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			tb.Fatal(err)
		}
		if signer == nil {
			parent, signer = template, key
		}
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
		raw, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
		if err != nil {
			tb.Fatal(err)
		}
		c, err := x509.ParseCertificate(raw)
		if err != nil {
			tb.Fatal(err)
		}
		return c, key
	}
	authority, key := make(&x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, nil, nil)
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: s.o.Host}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if ip := net.ParseIP(s.o.Host); ip != nil {
		leaf.IPAddresses = []net.IP{ip}
	} else {
		leaf.DNSNames = []string{s.o.Host}
	}
	own, ownKey := make(leaf, authority, key)
	s.Roots = x509.NewCertPool()
	s.Roots.AddCert(authority)
	s.PEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Raw})
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{own.Raw}, PrivateKey: ownKey}}}
}

// session is one client's.
type session struct {
	server   *Server
	conn     net.Conn
	signedIn bool
	mail     Mail
}

// AuthMechanisms implements smtp.AuthSession.
func (s *session) AuthMechanisms() []string {
	if s.server.o.Login == "" {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth implements smtp.AuthSession.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, login, password string) error {
		if login != s.server.o.Login || password != s.server.o.Password {
			return smtp.ErrAuthFailed
		}
		s.signedIn = true
		return nil
	}), nil
}

// Reset implements smtp.Session.
func (s *session) Reset() { s.mail = Mail{} }

// Logout implements smtp.Session.
func (s *session) Logout() error { return nil }

// Mail implements smtp.Session.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if !s.signedIn {
		return smtp.ErrAuthRequired
	}
	s.mail.From = from
	if f := s.server.now().Sender; f != nil {
		return f(from)
	}
	return nil
}

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if f := s.server.now().Recipient; f != nil {
		if err := f(to); err != nil {
			return err
		}
	}
	s.mail.To = append(s.mail.To, to)
	return nil
}

// Data implements smtp.Session.
func (s *session) Data(r io.Reader) error {
	if f := s.server.now().Begin; f != nil {
		f(s.conn)
	}
	body, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m := Mail{From: s.mail.From, To: slices.Clone(s.mail.To), Body: string(body)}
	if f := s.server.now().Message; f != nil {
		if err := f(s.conn, m); err != nil {
			return err
		}
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.mails = append(s.server.mails, m)
	return nil
}
