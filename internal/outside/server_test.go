package outside_test

import (
	"context"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"callgate/internal/outside"
)

// proxied counts what comes to the proxy that the environment of these tests names.
var proxied counter

func TestMain(m *testing.M) {
	// Both are read once in a process. The certificate is that of every httptest.NewTLSServer.
	dir, err := os.MkdirTemp("", "outside-")
	if err != nil {
		panic(err)
	}
	secure := httptest.NewTLSServer(nil)
	roots := filepath.Join(dir, "roots.pem")
	err = os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o600)
	secure.Close()
	if err != nil {
		panic(err)
	}
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { proxied.add("any") }))
	for name, value := range map[string]string{"SSL_CERT_FILE": roots, "HTTP_PROXY": proxy.URL, "HTTPS_PROXY": proxy.URL} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(cleaned{m, func() { proxy.Close(); os.RemoveAll(dir) }})
}

type cleaned struct {
	m     *testing.M
	clean func()
}

// Run implements goleak.TestingM.
func (c cleaned) Run() int {
	defer c.clean()
	return c.m.Run()
}

// counter counts by name.
type counter struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *counter) add(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]int{}
	}
	c.n[name]++
}

func (c *counter) of(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[name]
}

// world is an outside server and a client of it. The server's answer is that of serve, the client's settings are
// those of with; both may change at any time.
type world struct {
	*outside.OnlineStat
	client  *outside.Client
	metrics *prometheus.Registry
	asked   counter // by path

	mu    sync.Mutex
	serve http.HandlerFunc
	with  outside.Server
}

func (w *world) set(change func(*world)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(w)
}

// answer makes the server answer everything with a status and a body.
func (w *world) answer(status int, body string) {
	w.set(func(w *world) {
		w.serve = func(rw http.ResponseWriter, _ *http.Request) {
			rw.WriteHeader(status)
			fmt.Fprint(rw, body)
		}
	})
}

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.asked.add(r.URL.Path)
	w.mu.Lock()
	serve := w.serve
	w.mu.Unlock()
	serve(rw, r)
}

func newWorld() *world {
	w := &world{metrics: prometheus.NewRegistry(), with: outside.Server{Timeout: 3 * time.Second}}
	w.client = outside.New(outside.Options{Name: "onlinestat", Registerer: w.metrics, Server: func() outside.Server {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.with
	}})
	w.OnlineStat = outside.NewOnlineStat(w.client)
	return w
}

// onSocket serves on a real socket until the test is over.
func onSocket(t *testing.T) *world {
	t.Helper()
	w := newWorld()
	server := httptest.NewServer(w)
	w.with.URL = server.URL
	t.Cleanup(func() { w.client.Close(); server.Close() })
	return w
}

// inBubble serves within a synctest bubble, on pipes, until stop is called.
func inBubble(t *testing.T) (w *world, stop func()) {
	t.Helper()
	w = newWorld()
	w.with.URL = "http://stat.example"
	l := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	w.client.DialBy(func(ctx context.Context, _, _ string) (net.Conn, error) { return l.dial(ctx) })
	server := &http.Server{Handler: w}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	return w, func() {
		w.client.Close()
		server.Close()
		<-done
	}
}

// pipes is a listener whose connections never leave the process.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipes) dial(ctx context.Context) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case l.conns <- there:
		return here, nil
	case <-l.closed:
	case <-ctx.Done():
	}
	return nil, net.ErrClosed
}

func (l *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipes) Close() error   { l.once.Do(func() { close(l.closed) }); return nil }
func (l *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// value is one metric of the world, named as name{result="…"}.
func (w *world) value(t *testing.T, name, result string) float64 {
	t.Helper()
	families, err := w.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			labels := ""
			for _, l := range m.GetLabel() {
				labels += l.GetName() + "=" + l.GetValue() + " "
			}
			if result == "" || strings.Contains(labels, "result="+result+" ") {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	t.Fatalf("no metric %s %s", name, result)
	return 0
}
