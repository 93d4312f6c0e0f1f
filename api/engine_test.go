package api_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"callgate/api"
	"callgate/api/legacy"
	"callgate/internal/account"
	"callgate/internal/fault"
	"callgate/internal/report"
)

// door is the part of the world that sign-in needs; it remembers the address it was told.
type door struct{ address string }

func (d *door) SignIn(_ context.Context, _, _, address string) (string, error) {
	d.address = address
	return "", fault.New(fault.BadCredentials, "")
}
func (*door) Authenticate(context.Context, string, func() string) (*account.Identity, error) {
	return nil, fault.New(fault.BadToken, "")
}
func (*door) Authorize(_ context.Context, id *account.Identity, _, _ string, _ ...string) (*account.Identity, error) {
	return id, nil
}
func (*door) Available(context.Context, string, string) error { return nil }
func (*door) Add(context.Context, report.Request)             {}
func (*door) Flush(context.Context) error                     { return nil }
func (*door) Managed(context.Context, *account.Identity) ([]account.User, error) {
	return nil, nil
}

// link is a switch's state.
type link struct {
	name string
	up   bool
}

func (l link) Name() string { return l.name }
func (l link) Ready() bool  { return l.up }

func engine(t *testing.T, change func(*api.Options)) (*door, http.Handler) {
	t.Helper()
	d := &door{}
	o := api.Options{
		Legacy: legacy.New(legacy.Options{Accounts: d, Requests: d}), CDR: http.NotFoundHandler(), Metrics: http.NotFoundHandler(),
		Health: &api.Health{Database: func(context.Context) error { return nil }, Switches: []api.SwitchState{link{"a", true}}},
		Logger: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry(),
	}
	change(&o)
	h, err := api.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return d, h
}

func TestClientAddress(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, tt := range []struct {
		name, peer, forwarded string
		trusted               []netip.Prefix
		want                  string
	}{
		{"no proxy", "192.0.2.1:99", "", nil, "192.0.2.1"},
		{"a header that nobody is trusted to set", "192.0.2.1:99", "203.0.113.9", nil, "192.0.2.1"},
		{"a stranger pretends to be a proxy", "192.0.2.1:99", "203.0.113.9", proxies, "192.0.2.1"},
		{"a trusted proxy", "10.1.1.1:99", "203.0.113.9", proxies, "203.0.113.9"},
		{"a client that forges its own header behind a proxy", "10.1.1.1:99", "198.51.100.7, 203.0.113.9", proxies, "203.0.113.9"},
		{"IPv6", "[2001:db8::1]:99", "", nil, "2001:db8::1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, h := engine(t, func(o *api.Options) { o.TrustedProxies = tt.trusted })
			req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/auth/login", strings.NewReader(`{"login":"a","password":"b"}`))
			req.RemoteAddr = tt.peer
			if tt.forwarded != "" {
				req.Header.Set("X-Forwarded-For", tt.forwarded)
			}
			h.ServeHTTP(httptest.NewRecorder(), req)
			if d.address != tt.want {
				t.Errorf("got %q, want %q", d.address, tt.want)
			}
		})
	}
}

func TestReadiness(t *testing.T) {
	for _, tt := range []struct {
		name       string
		database   error
		links      []api.SwitchState
		wantStatus int
		want       string
	}{
		{"all well", nil, []api.SwitchState{link{"a", true}}, 200, `{"ready":true,"database":"ok","switches":{"a":"ok"}}`},
		{"one switch of two", nil, []api.SwitchState{link{"a", false}, link{"b", true}}, 200, `{"ready":true,"database":"ok","switches":{"a":"no link","b":"ok"}}`},
		{"no switch", nil, []api.SwitchState{link{"a", false}}, 503, `{"ready":false,"database":"ok","switches":{"a":"no link"}}`},
		{"no database", errors.New("secret"), []api.SwitchState{link{"a", true}}, 503, `{"ready":false,"database":"unavailable","switches":{"a":"ok"}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, h := engine(t, func(o *api.Options) {
				o.Health = &api.Health{Database: func(context.Context) error { return tt.database }, Switches: tt.links}
			})
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", nil))
			if got := strings.TrimSpace(rec.Body.String()); rec.Code != tt.wantStatus || got != tt.want {
				t.Errorf("got %d %s, want %d %s", rec.Code, got, tt.wantStatus, tt.want)
			}
		})
	}
}

// TestLog looks for what the process log must not hold, and for a panic that must not take the process with it.
func TestLog(t *testing.T) {
	var log bytes.Buffer
	_, h := engine(t, func(o *api.Options) {
		o.Logger = slog.New(slog.NewTextHandler(&log, nil))
		o.CDR = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") })
	})
	for _, target := range []string{"/cdr?uuid=secret1", "/contact/tier?queue=secret2", "/secret3/secret3", "/auth/login"} {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(`{"login":"secret4","password":"secret5"}`))
		req.Header.Set("Authorization", "Bearer secret6")
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, req)
		if target == "/cdr?uuid=secret1" && (rec.Code != 500 || rec.Body.String() != `{"error":"Internal error!"}`) {
			t.Errorf("a panic answers %d %s", rec.Code, rec.Body)
		}
		if rec.Header().Get("X-Request-Id") == "" || !strings.Contains(log.String(), rec.Header().Get("X-Request-Id")) {
			t.Errorf("%s: the log does not know its request %q", target, rec.Header().Get("X-Request-Id"))
		}
	}
	if got := strings.Count(log.String(), "msg=request "); got != 4 {
		t.Errorf("%d lines for 4 requests", got)
	}
	if strings.Contains(log.String(), "secret") || !strings.Contains(log.String(), "boom") {
		t.Errorf("the log says\n%s", log.String())
	}
}
