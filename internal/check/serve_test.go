package check_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"callgate/cdr"
	"callgate/internal/check"
)

// nowhere keeps nothing and counts what it should have kept.
type nowhere struct{ records int }

func (n *nowhere) Save(context.Context, *cdr.Record) error { n.records++; return nil }

func TestServe(t *testing.T) {
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	sink := &nowhere{}
	for _, tt := range []struct {
		name       string
		ready      http.Handler
		cdr        http.Handler
		wantReady  string
		wantIntake string
	}{
		{"well", status(200), cdr.NewHandler(sink, cdr.Options{User: "cdr", Password: cdrSecret}), "ok serves at", "ok takes CDRs with these credentials"},
		{"other password", status(200), cdr.NewHandler(sink, cdr.Options{User: "cdr", Password: "other"}), "ok serves at", "wrong callgate serve refuses CDRs"},
		{"no password", status(200), cdr.NewHandler(sink, cdr.Options{}), "ok serves at", "wrong callgate serve refuses CDRs"},
		{"no intake", status(200), status(404), "ok serves at", "unknown /cdr answers 404"},
		{"not ready", status(503), status(404), "wrong callgate serves and is not ready", ""},
		{"somebody else", status(404), status(404), "wrong what serves at", ""},
		{"nobody", nil, nil, "unknown nothing serves at", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			mux := http.NewServeMux()
			if tt.ready != nil {
				mux.Handle("/readyz", tt.ready)
				mux.Handle("/cdr", tt.cdr)
			}
			server := httptest.NewServer(mux)
			defer server.Close()
			if tt.ready == nil {
				server.Close()
			}
			transport := &http.Transport{ExpectContinueTimeout: check.ServeTimeout}
			defer transport.CloseIdleConnections()
			found := check.Serve(t.Context(), &http.Client{Transport: transport}, check.Expected{
				HTTPAddr: strings.TrimPrefix(server.URL, "http://"), CDRUser: "cdr", CDRPassword: cdrSecret})
			var got []string
			for _, f := range found {
				got = append(got, string(f.Level)+" "+f.Text)
				if strings.Contains(f.Text+f.Fix, cdrSecret) {
					t.Errorf("shows a password: %+v", f)
				}
			}
			if !strings.HasPrefix(got[0], tt.wantReady) {
				t.Errorf("got %q, want %s", got[0], tt.wantReady)
			}
			if (len(got) > 1) != (tt.wantIntake != "") || len(got) > 1 && !strings.HasPrefix(got[1], tt.wantIntake) {
				t.Errorf("got %q, want %s", got[1:], tt.wantIntake)
			}
		})
	}
	if sink.records != 0 {
		t.Errorf("%d records kept", sink.records)
	}
}
