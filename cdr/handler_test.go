package cdr_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/client_golang/prometheus"

	"callgate/cdr"
)

// sink is a Sink that remembers, or fails.
type sink struct {
	records []*cdr.Record
	err     error
	save    func(context.Context)
}

func (s *sink) Save(ctx context.Context, r *cdr.Record) error {
	if s.save != nil {
		s.save(ctx)
	}
	if s.err != nil {
		return s.err
	}
	s.records = append(s.records, r)
	return nil
}

// intake returns a handler with the captures' credentials, and its registry.
func intake(s cdr.Sink) (*cdr.Handler, *prometheus.Registry) {
	registry := prometheus.NewRegistry()
	return cdr.NewHandler(s, cdr.Options{User: "cdr", Password: "cdrpass", Registerer: registry}), registry
}

// post sends a body with the right credentials.
func post(h http.Handler, target string, body io.Reader) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodPost, target, body)
	req.SetBasicAuth("cdr", "cdrpass")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}

// TestHandlerTakesCaptures replays every capture, byte for byte, through a real server, twice.
func TestHandlerTakesCaptures(t *testing.T) {
	s := &sink{}
	h, registry := intake(s)
	server := httptest.NewServer(h)
	defer server.Close()
	bodies := 0
	for _, name := range captures(t) {
		req, body := capture(t, name)
		want := parsed(t, name)
		for range 2 {
			again, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+req.URL.RequestURI(), bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			again.Header = req.Header
			answer, err := server.Client().Do(again)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(answer.Body)
			answer.Body.Close()
			if answer.StatusCode != http.StatusOK || len(text) != 0 || err != nil {
				t.Errorf("%s: got %d %q (%v), want 200 and nothing", name, answer.StatusCode, text, err)
			}
			if diff := cmp.Diff(want, s.records[len(s.records)-1]); diff != "" {
				t.Errorf("%s: mismatch (-want, +got):\n%s", name, diff)
			}
			bodies += len(body)
		}
	}
	if got := metric(t, registry, "callgate_cdr_posts_total", "saved"); got != 30 {
		t.Errorf("counted %v saved, want 30", got)
	}
	if got := metric(t, registry, "callgate_cdr_received_bytes_total", ""); got != float64(bodies) {
		t.Errorf("counted %v bytes, want %d", got, bodies)
	}
	if got := metric(t, registry, "callgate_cdr_damaged_total", "") + metric(t, registry, "callgate_cdr_unreadable_total", ""); got != 0 {
		t.Errorf("counted %v damaged or unreadable, want none", got)
	}
}

// metric returns the value of one counter; with a label's value, of that series.
func metric(t *testing.T, registry *prometheus.Registry, name, label string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if family.GetName() == name && (label == "" || m.GetLabel()[0].GetValue() == label) {
				return m.GetCounter().GetValue()
			}
		}
	}
	t.Fatalf("no metric %s %s", name, label)
	return 0
}

func TestHandlerCredentials(t *testing.T) {
	for _, test := range []struct {
		name           string
		options        cdr.Options
		user, password string
		none           bool
		want           int
	}{
		{"right", cdr.Options{User: "cdr", Password: "p:w"}, "cdr", "p:w", false, http.StatusOK},
		{"wrong password", cdr.Options{User: "cdr", Password: "p:w"}, "cdr", "p:W", false, http.StatusUnauthorized},
		{"wrong user", cdr.Options{User: "cdr", Password: "p:w"}, "cdr2", "p:w", false, http.StatusUnauthorized},
		{"longer password", cdr.Options{User: "cdr", Password: "p:w"}, "cdr", "p:w ", false, http.StatusUnauthorized},
		{"empty", cdr.Options{User: "cdr", Password: "p:w"}, "", "", false, http.StatusUnauthorized},
		{"none sent", cdr.Options{User: "cdr", Password: "p:w"}, "", "", true, http.StatusUnauthorized},
		{"none configured", cdr.Options{}, "cdr", "p:w", false, http.StatusUnauthorized},
		{"none configured, empty sent", cdr.Options{}, "", "", false, http.StatusUnauthorized},
		{"none configured, none sent", cdr.Options{}, "", "", true, http.StatusUnauthorized},
		{"no password configured", cdr.Options{User: "cdr"}, "cdr", "", false, http.StatusUnauthorized},
		{"no user configured", cdr.Options{Password: "p:w"}, "", "p:w", false, http.StatusUnauthorized},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &sink{}
			req := httptest.NewRequest(http.MethodPost, "/cdr?uuid=x", strings.NewReader("<cdr/>"))
			if !test.none {
				req.SetBasicAuth(test.user, test.password)
			}
			w := httptest.NewRecorder()
			cdr.NewHandler(s, test.options).ServeHTTP(w, req)
			if w.Code != test.want || w.Body.Len() != 0 {
				t.Errorf("got %d %q, want %d and nothing", w.Code, w.Body, test.want)
			}
			refused := w.Code == http.StatusUnauthorized
			if asks := strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Basic "); asks != refused || (len(s.records) == 0) != refused {
				t.Errorf("asks for credentials %v, saved %d", asks, len(s.records))
			}
		})
	}
}

func TestHandlerMethods(t *testing.T) {
	h, registry := intake(&sink{})
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		req := httptest.NewRequest(method, "/cdr?uuid=x", nil)
		req.SetBasicAuth("cdr", "cdrpass")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != http.MethodPost {
			t.Errorf("%s: got %d, Allow %q; want 405, POST", method, w.Code, w.Header().Get("Allow"))
		}
	}
	if got := metric(t, registry, "callgate_cdr_posts_total", "not_allowed"); got != 5 {
		t.Errorf("counted %v, want 5", got)
	}
}

func TestHandlerBodies(t *testing.T) {
	largest := "<cdr><a>" + strings.Repeat("x", cdr.MaxBody-len("<cdr><a></a></cdr>")) + "</a></cdr>"
	for _, test := range []struct {
		name, body                   string
		hideLength                   bool
		want                         int
		result                       string
		wantDamaged, wantUnreadables float64
	}{
		{"readable", "<cdr><a/></cdr>", false, http.StatusOK, "saved", 0, 0},
		{"damaged", "<cdr><a/>", false, http.StatusOK, "saved", 1, 0},
		{"unreadable", "cdr=\x00nonsense", false, http.StatusOK, "saved", 1, 1},
		{"empty", "", false, http.StatusOK, "saved", 1, 1},
		{"another document", "<html><p/></html>", false, http.StatusOK, "saved", 1, 1},
		{"largest", largest, false, http.StatusOK, "saved", 0, 0},
		{"too large", largest + "\n", false, http.StatusRequestEntityTooLarge, "too_large", 0, 0},
		{"too large, length unknown", largest + "\n", true, http.StatusRequestEntityTooLarge, "too_large", 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &sink{}
			h, registry := intake(s)
			var body io.Reader = strings.NewReader(test.body)
			if test.hideLength {
				body = io.MultiReader(body)
			}
			w := post(h, "/cdr?uuid=a_x", body)
			if w.Code != test.want || w.Body.Len() != 0 {
				t.Errorf("got %d %q, want %d and nothing", w.Code, w.Body, test.want)
			}
			if got := metric(t, registry, "callgate_cdr_posts_total", test.result); got != 1 {
				t.Errorf("counted %v as %s, want 1", got, test.result)
			}
			damaged, unreadable := metric(t, registry, "callgate_cdr_damaged_total", ""), metric(t, registry, "callgate_cdr_unreadable_total", "")
			if damaged != test.wantDamaged || unreadable != test.wantUnreadables {
				t.Errorf("counted %v damaged, %v unreadable; want %v, %v", damaged, unreadable, test.wantDamaged, test.wantUnreadables)
			}
			if test.want != http.StatusOK {
				if len(s.records) != 0 {
					t.Error("saved what was refused")
				}
				return
			}
			if len(s.records) != 1 || string(s.records[0].Raw) != test.body || s.records[0].Leg != "x" || !s.records[0].ALeg {
				t.Errorf("saved %d records, want the one sent", len(s.records))
			}
		})
	}
}

// TestHandlerBodiesStay: what a record holds on to is not written over by the posts that come after it, also when it was not
// saved in time, and is saved later.
func TestHandlerBodiesStay(t *testing.T) {
	const document = "<cdr core-uuid=\"core\"><variables><uuid>leg</uuid><callgate_user>somebody</callgate_user></variables></cdr>\n"
	bodies := map[string]string{
		"percent":            "cdr=" + url.QueryEscape(document),
		"nothing to undo":    "cdr=" + document,
		"plain":              document,
		"base64":             base64.StdEncoding.EncodeToString([]byte(document)),
		"no CDR":             "what is this",
		"no CDR, percent":    "cdr=%20what%20is%20this",
		"no CDR, cut":        "cdr=%",
		"nothing":            "",
		"nothing but a name": "cdr=",
	}
	s := &sink{}
	h, _ := intake(s)
	var want []*cdr.Record
	for name, body := range bodies {
		want = append(want, cdr.Parse(name, []byte(body)))
		post(h, "/cdr?uuid="+url.PathEscape(name), strings.NewReader(body))
		post(h, "/cdr?uuid=other", strings.NewReader("cdr=%3C"+strings.Repeat("Z", 300)))
	}
	var got []*cdr.Record
	for _, r := range s.records {
		if r.Leg != "other" {
			got = append(got, r)
		}
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("records mismatch (-want, +got):\n%s", diff)
	}
}

func TestHandlerUUID(t *testing.T) {
	for _, test := range []struct {
		name, query, want string
		wantA             bool
	}{
		{"plain", "?uuid=x", "x", false},
		{"prefix", "?uuid=a_x", "x", true},
		{"after another parameter", "?key=1&uuid=a_x", "x", true},
		{"the last, which FreeSWITCH appends", "?uuid=fixed&uuid=x", "x", false},
		{"plus is plus", "?uuid=x+y", "x+y", false},
		{"escaped", "?uuid=x%20%D0%B8", "x и", false},
		{"broken escape", "?uuid=x%zz;y", "x%zz;y", false},
		{"missing", "", "own", false},
		{"empty", "?uuid=", "own", false},
		{"odd", "?uuid=%00", "own", false},
		{"another name", "?xuuid=x", "own", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &sink{}
			h, _ := intake(s)
			post(h, "/cdr"+test.query, bytes.NewReader(document("<uuid>own</uuid>", "")))
			if got := s.records[0]; got.Leg != test.want || got.ALeg != test.wantA {
				t.Errorf("got %q, %v; want %q, %v", got.Leg, got.ALeg, test.want, test.wantA)
			}
		})
	}
}

func TestHandlerSinkFails(t *testing.T) {
	logged := new(bytes.Buffer)
	s := &sink{err: errors.New("disk full")}
	registry := prometheus.NewRegistry()
	h := cdr.NewHandler(s, cdr.Options{User: "cdr", Password: "cdrpass", Registerer: registry, Log: slog.New(slog.NewTextHandler(logged, nil))})
	w := post(h, "/cdr?uuid=x", strings.NewReader("not XML"))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "5" || w.Body.Len() != 0 {
		t.Errorf("got %d, Retry-After %q, %q; want 503, 5, nothing", w.Code, w.Header().Get("Retry-After"), w.Body)
	}
	if got := metric(t, registry, "callgate_cdr_posts_total", "not_saved"); got != 1 {
		t.Errorf("counted %v not saved, want 1", got)
	}
	if got := metric(t, registry, "callgate_cdr_unreadable_total", ""); got != 0 {
		t.Errorf("counted %v unreadable, want none: it will come again", got)
	}
	if !strings.Contains(logged.String(), "disk full") || strings.Contains(logged.String(), "cdrpass") {
		t.Errorf("logged %q", logged)
	}
	s.err = nil
	if w := post(h, "/cdr?uuid=x", strings.NewReader("not XML")); w.Code != http.StatusOK || len(s.records) != 1 {
		t.Errorf("second try: got %d, saved %d; want 200, 1", w.Code, len(s.records))
	}
	// What is not kept as readable is told by its leg, unless that says who called.
	for _, leg := range [...]string{"e11f9649-810b-44d4-867f-4bf94cc3bf5b", "79190000001"} {
		logged.Reset()
		post(h, "/cdr?uuid=a_"+leg, strings.NewReader("not XML"))
		if got, want := strings.Contains(logged.String(), leg), leg != "79190000001"; got != want || !strings.Contains(logged.String(), "unread") {
			t.Errorf("logged %q", logged)
		}
	}
}

func TestHandlerBodyBreaksOff(t *testing.T) {
	s := &sink{}
	h, registry := intake(s)
	w := post(h, "/cdr?uuid=x", io.MultiReader(strings.NewReader("<cdr>"), iotest.ErrReader(io.ErrUnexpectedEOF)))
	if w.Code != http.StatusBadRequest || len(s.records) != 0 {
		t.Errorf("got %d, saved %d; want 400, none", w.Code, len(s.records))
	}
	if got := metric(t, registry, "callgate_cdr_posts_total", "interrupted"); got != 1 {
		t.Errorf("counted %v interrupted, want 1", got)
	}
}

// TestHandlerRefusesUnread checks that an announced excess is refused before it is read.
func TestHandlerRefusesUnread(t *testing.T) {
	h, _ := intake(&sink{})
	req := httptest.NewRequest(http.MethodPost, "/cdr?uuid=x", iotest.ErrReader(errors.New("was read")))
	req.ContentLength = cdr.MaxBody + 1
	req.SetBasicAuth("cdr", "cdrpass")
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, req); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("got %d, want 413", w.Code)
	}
}

// TestHandlerOverload checks that posts beyond what the memory is for are refused before they are read, until others are
// through.
func TestHandlerOverload(t *testing.T) {
	s := &sink{}
	h, registry := intake(s)
	send := func(body io.Reader, length int64) int {
		req := httptest.NewRequest(http.MethodPost, "/cdr?uuid=x", body)
		req.ContentLength = length
		req.SetBasicAuth("cdr", "cdrpass")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		return w.Code
	}
	const room = 8
	var wg sync.WaitGroup
	var slow [room]*io.PipeWriter
	for i := range slow {
		var body *io.PipeReader
		body, slow[i] = io.Pipe()
		length := int64(cdr.MaxBody)
		if i == 0 {
			length = -1 // not told: it may be as much
		}
		wg.Go(func() { send(body, length) })
	}
	for _, w := range slow { // it is being read
		if _, err := w.Write([]byte("<")); err != nil {
			t.Fatal(err)
		}
	}
	if got := send(iotest.ErrReader(errors.New("was read")), 1); got != http.StatusServiceUnavailable {
		t.Errorf("got %d, want 503", got)
	}
	if got := metric(t, registry, "callgate_cdr_posts_total", "overloaded"); got != 1 {
		t.Errorf("counted %v, want 1", got)
	}
	for _, w := range slow {
		w.CloseWithError(io.ErrUnexpectedEOF)
	}
	wg.Wait()
	if got := send(strings.NewReader("<cdr/>"), 6); got != http.StatusOK {
		t.Errorf("afterwards: got %d, want 200", got)
	}
}

// TestHandlerDeadlines checks that neither a silent sender nor a hanging sink holds a post for ever.
func TestHandlerDeadlines(t *testing.T) {
	s := &sink{err: errors.New("given up"), save: func(ctx context.Context) { <-ctx.Done() }}
	server := httptest.NewServer(cdr.NewHandler(s, cdr.Options{User: "cdr", Password: "cdrpass", Timeout: 50 * time.Millisecond}))
	defer server.Close()
	silent, end := io.Pipe()
	defer end.Close()
	for _, test := range []struct {
		name string
		body io.Reader
		want int
	}{
		{"sink hangs", strings.NewReader("<cdr/>"), http.StatusServiceUnavailable},
		{"sender is silent", silent, http.StatusBadRequest},
	} {
		t.Run(test.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"?uuid=x", test.body)
			if err != nil {
				t.Fatal(err)
			}
			req.SetBasicAuth("cdr", "cdrpass")
			answer, err := server.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != test.want {
				t.Errorf("got %d, want %d", answer.StatusCode, test.want)
			}
		})
	}
}

func TestHandlerDuration(t *testing.T) {
	registry, clock := prometheus.NewRegistry(), time.Unix(0, 0)
	s := &sink{save: func(context.Context) { clock = clock.Add(2 * time.Second) }}
	h := cdr.NewHandler(s, cdr.Options{User: "cdr", Password: "cdrpass", Registerer: registry, Now: func() time.Time { return clock }})
	post(h, "/cdr?uuid=x", strings.NewReader("<cdr/>"))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == "callgate_cdr_post_duration_seconds" {
			if got := family.GetMetric()[0].GetHistogram(); got.GetSampleCount() != 1 || got.GetSampleSum() != 2 {
				t.Errorf("got %d posts of %v s in all, want one of 2 s", got.GetSampleCount(), got.GetSampleSum())
			}
			return
		}
	}
	t.Error("no duration measured")
}
