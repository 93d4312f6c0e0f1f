package gateway_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callgate/internal/outside/gateway"
)

// TestMain names a proxy that no test may be led to.
func TestMain(m *testing.M) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY"} {
		if err := os.Setenv(name, "http://proxy.example:3128"); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}

// seen is a request as a provider has it, its body decoded.
type seen struct {
	method, address string
	header          http.Header
	query, form     url.Values
	json            any
	user, password  string
}

// provider is a server that answers in the name of any host, and has its certificate.
type provider struct {
	*httptest.Server
	roots *x509.CertPool

	mu     sync.Mutex
	seen   []seen
	answer http.HandlerFunc
}

// newProvider makes one that answers every request with this.
func newProvider(t testing.TB, hosts ...string) *provider {
	p := &provider{roots: x509.NewCertPool()}
	p.Server = httptest.NewUnstartedServer(http.HandlerFunc(p.serve))
	p.TLS = &tls.Config{Certificates: []tls.Certificate{certificate(t, p.roots, hosts...)}}
	p.Config.ErrorLog = log.New(io.Discard, "", 0)
	p.StartTLS()
	t.Cleanup(p.Close)
	return p
}

func (p *provider) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s := seen{method: r.Method, address: "https://" + r.Host + r.URL.EscapedPath(), header: r.Header, query: r.URL.Query()}
	switch r.Header.Get("Content-Type") {
	case "application/x-www-form-urlencoded":
		s.form, _ = url.ParseQuery(string(body))
	case "application/json":
		_ = json.Unmarshal(body, &s.json)
	}
	s.user, s.password, _ = r.BasicAuth()
	p.mu.Lock()
	p.seen = append(p.seen, s)
	answer := p.answer
	p.mu.Unlock()
	answer(w, r)
}

// answers sets what every request is answered with from now on.
func (p *provider) answers(status int, body string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// last is the last request, and how many there were since it was asked last.
func (p *provider) last() (s seen, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n = len(p.seen); n > 0 {
		s = p.seen[n-1]
	}
	p.seen = nil
	return s, n
}

// options lead to the provider, whatever the address.
func (p *provider) options() gateway.Options {
	return gateway.Options{Roots: p.roots, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, p.Listener.Addr().String())
	}}
}

// certificate is one of these hosts and of nobody else, whom roots trust.
func certificate(t testing.TB, roots *x509.CertPool, hosts ...string) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: hosts, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// driver makes an HTTP that is closed with the test.
func driver(t testing.TB, d *gateway.Description, needs map[string]string, o gateway.Options) *gateway.HTTP {
	t.Helper()
	h, err := gateway.NewHTTP(d, needs, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

// described is a description that can work.
func described(t testing.TB, data string) *gateway.Description {
	t.Helper()
	d, err := gateway.ParseDescription([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return d
}
