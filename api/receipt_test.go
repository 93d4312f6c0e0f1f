package api_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callgate/api"
	"callgate/internal/fault"
	"callgate/internal/outside/gateway"
	"callgate/internal/sms"
)

// clerk answers as it is told and remembers what it was given.
type clerk struct {
	answer gateway.Answer
	err    error
	got    string
}

func (c *clerk) Told(_ context.Context, call sms.Callback) (gateway.Answer, error) {
	text, err := io.ReadAll(call.Body)
	c.got = fmt.Sprintf("%s %s %s %s %s %s", call.Provider, call.Secret, call.Method, call.Query.Encode(), call.Header.Get("X"), text)
	return c.answer, errors.Join(err, c.err)
}

// receiving is the engine with a clerk.
func receiving(t *testing.T, c *clerk, log io.Writer) http.Handler {
	t.Helper()
	logger := slog.New(slog.NewTextHandler(log, nil))
	h, err := api.New(api.Options{Receipts: api.NewReceipts(c, logger), Logger: logger, Registerer: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestReceipts: a provider hears what it wants to hear once what it says is kept, and the log tells neither of that nor of its
// path.
func TestReceipts(t *testing.T) {
	for _, tt := range []struct {
		name, method string
		clerk        clerk
		want         int
		kind, body   string
		logged       bool
	}{
		{"taken", "POST", clerk{answer: gateway.Answer{Type: "application/json", Text: `{"ok":1}`}}, 200, "application/json", `{"ok":1}`, false},
		{"taken by GET", "GET", clerk{}, 200, "", "", false},
		{"nobody's path", "POST", clerk{err: fault.New(fault.NotFound, "Provider")}, 404, "", "", false},
		{"unsigned", "POST", clerk{err: fault.New(fault.Denied, "signature")}, 403, "", "", true},
		{"unreadable", "POST", clerk{err: &fault.Error{Kind: fault.WrongField, Subject: "body", Err: errors.New("at +79190000000")}}, 400, "", "", true},
		{"too large", "POST", clerk{err: fault.New(fault.TooLarge, "body")}, 413, "", "", true},
		{"cut off", "POST", clerk{err: io.ErrUnexpectedEOF}, 400, "", "", true},
		{"slow", "POST", clerk{err: os.ErrDeadlineExceeded}, 408, "", "", true},
		{"database down", "POST", clerk{err: fault.New(fault.StorageDown, "")}, 503, "", "", true},
		{"another failure", "POST", clerk{err: errors.New("x")}, 500, "", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			w, r := httptest.NewRecorder(), httptest.NewRequest(tt.method, api.ReceiptsPath+"smsc/s3cret?id=79190000000", strings.NewReader("of 79190000000"))
			r.Header.Set("X", "y")
			receiving(t, &tt.clerk, &log).ServeHTTP(w, r)
			if want := "smsc s3cret " + tt.method + " id=79190000000 y of 79190000000"; tt.clerk.got != want {
				t.Errorf("it was told %s, want %s", tt.clerk.got, want)
			}
			if w.Code != tt.want || w.Body.String() != tt.body || w.Header().Get("Content-Type") != tt.kind || (w.Header().Get("Retry-After") != "") != (tt.want == 503) {
				t.Errorf("got %d %q %v", w.Code, w.Body, w.Header())
			}
			if text := log.String(); strings.Contains(text, "s3cret") || strings.Contains(text, "9190000") || strings.Contains(text, "provider=smsc") != tt.logged {
				t.Errorf("the log has %s", text)
			}
		})
	}
}

// pipes are connections to a server in this process.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	conn, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// TestSlowReceipts: who begins to say something and does not go on is not waited for.
func TestSlowReceipts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := make(pipes, 1)
		server := &http.Server{Handler: receiving(t, &clerk{}, io.Discard)}
		done := make(chan error)
		go func() { done <- server.Serve(all) }()
		conn, other := net.Pipe()
		all <- other
		began := time.Now()
		if _, err := io.WriteString(conn, "POST "+api.ReceiptsPath+"smsc/s3cret HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nid="); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || resp.StatusCode != http.StatusRequestTimeout || time.Since(began) != 10*time.Second {
			t.Errorf("after %v: %v, %v", time.Since(began), resp, err)
		}
		if err == nil {
			resp.Body.Close()
		}
		conn.Close()
		close(all)
		server.Close()
		<-done
	})
}
