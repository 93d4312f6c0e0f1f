package cdr_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/cdr"
)

// pusher posts to a server, with the right log-in.
func pusher(t *testing.T, url string) *cdr.Pusher {
	t.Helper()
	p, err := cdr.NewPusher(cdr.PushOptions{URL: url, User: "cdr", Password: "cdrpass"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// TestPusherPostsCaptures posts what mod_xml_cdr left of every capture to the intake, which takes it for the same.
func TestPusherPostsCaptures(t *testing.T) {
	s := &sink{}
	var mu sync.Mutex
	h, _ := intake(s)
	kinds := map[string]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock() // the sink is for one at a time
		defer mu.Unlock()
		kinds[r.URL.Query().Get("uuid")] = r.Header.Get("Content-Type")
		h.ServeHTTP(w, r)
	}))
	defer server.Close()
	dir, want := t.TempDir(), map[string]*cdr.Record{}
	for _, name := range captures(t) {
		id, body := left(t, name)
		lay(t, dir, id+".cdr.xml", string(body), time.Hour)
		want[id] = parsed(t, name)
		defer func() {
			req, _ := capture(t, name)
			sent := req.Header.Get("Content-Type")
			if sent == "text/xml" {
				sent = "application/x-www-form-plaintext" // which cannot be told from the bytes, and has a cdr= before them
			}
			if kinds[id] != sent {
				t.Errorf("%s is called %s, want %s", name, kinds[id], sent)
			}
		}()
	}
	got, err := cdr.NewSpool(dir, pusher(t, server.URL+"/cdr").Deliver, cdr.SpoolOptions{}).Once(t.Context())
	if got != (cdr.Tally{Stored: 15}) || err != nil {
		t.Fatalf("%+v, %v", got, err)
	}
	came := map[string]*cdr.Record{}
	for _, r := range s.records {
		id := r.Leg
		if r.ALeg {
			id = "a_" + id
		}
		came[id] = r
	}
	if diff := cmp.Diff(want, came); diff != "" {
		t.Errorf("mismatch (-want, +got):\n%s", diff)
	}
	if files := tree(t, dir); strings.Count(files, "done/DAY/") != 15 {
		t.Errorf("the folder holds %s", files)
	}
}

// TestPusherAnswers holds what becomes of a file against what was answered.
func TestPusherAnswers(t *testing.T) {
	for _, tt := range []struct {
		name    string
		answer  http.HandlerFunc
		want    cdr.Tally
		wantErr string // what keeps all files waiting
	}{
		{"taken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) }, cdr.Tally{Stored: 1}, ""},
		{"taken, with a page", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("x", 1<<20)) }, cdr.Tally{Stored: 1}, ""},
		{"nothing is kept", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, cdr.Tally{Failed: 1}, "204"},
		{"not saved", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, cdr.Tally{Failed: 1}, "503"},
		{"wrong log-in", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }, cdr.Tally{Failed: 1}, "wrong log-in"},
		{"wrong path", http.NotFound, cdr.Tally{Failed: 1}, "404"},
		{"too large for what stands between", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(413) }, cdr.Tally{Failed: 1}, ""},
		{"led elsewhere", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/elsewhere" {
				t.Error("it went elsewhere")
			}
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, cdr.Tally{Failed: 1}, "307"},
		{"cut off", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, cdr.Tally{Failed: 1}, "EOF"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(tt.answer)
			defer server.Close()
			dir := t.TempDir()
			lay(t, dir, "u.cdr.xml", doc("u"), time.Hour)
			got, err := cdr.NewSpool(dir, pusher(t, server.URL).Deliver, cdr.SpoolOptions{}).Once(t.Context())
			if got != tt.want || (err == nil) != (tt.wantErr == "") || err != nil && !strings.Contains(err.Error(), tt.wantErr) {
				t.Errorf("got %+v, %v, want %+v, %q", got, err, tt.want, tt.wantErr)
			}
			if err != nil && strings.Contains(err.Error(), "cdrpass") {
				t.Errorf("it shows the password: %v", err)
			}
			place := "u.cdr.xml"
			if tt.want.Stored > 0 {
				place = "done/DAY/" + place
			}
			if files := tree(t, dir); files != place {
				t.Errorf("the folder holds %s, want %s", files, place)
			}
		})
	}
}

// TestPusherNames posts under names that are no uuid.
func TestPusherNames(t *testing.T) {
	for _, tt := range []struct{ name, target, want string }{
		{"a_0e690a04-5ebc-4ee9-b1b8-9afb14b96dcc", "/cdr", "/cdr?uuid=a_0e690a04-5ebc-4ee9-b1b8-9afb14b96dcc"},
		{"a_x", "/cdr?from=1", "/cdr?from=1&uuid=a_x"},
		{"a b+c&d=e%20#", "/cdr", "/cdr?uuid=a%20b%2Bc%26d%3De%2520%23"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &sink{}
			h, _ := intake(s)
			var asked, body string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				text, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				asked, body = r.URL.RequestURI(), string(text)
				r.Body = io.NopCloser(strings.NewReader(body))
				h.ServeHTTP(w, r)
			}))
			defer server.Close()
			_, err := pusher(t, server.URL+tt.target).Deliver(t.Context(), &cdr.SpoolFile{ID: tt.name, Body: []byte("cdr=" + doc("u"))})
			if err != nil || asked != tt.want || body != "cdr="+doc("u") || len(s.records) != 1 || s.records[0].Leg != strings.TrimPrefix(tt.name, "a_") {
				t.Errorf("%v: asked %s with %q, want %s; %+v", err, asked, body, tt.want, s.records)
			}
		})
	}
}

// TestPusherDown: nobody is there. The error names no password and is no refusal.
func TestPusherDown(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := pusher(t, server.URL).Deliver(t.Context(), &cdr.SpoolFile{ID: "u", Body: []byte(doc("u"))})
	if err == nil || errors.Is(err, cdr.ErrRefused) || strings.Contains(err.Error(), "cdrpass") {
		t.Errorf("got %v", err)
	}
}

func TestNewPusherRefuses(t *testing.T) {
	for _, tt := range []struct{ name, url, want string }{
		{"nothing", "", "want http"},
		{"no host", "http:///cdr", "want http"},
		{"no scheme", "callgate.example:8080/cdr", "want http"},
		{"another scheme", "ftp://callgate.example/cdr", "want http"},
		{"a log-in", "http://cdr:s3cret@callgate.example/cdr", "log-in"},
		{"a log-in, and not readable", "http://cdr:s3cret%@callgate.example/cdr", "cannot be read"},
		{"a fragment", "http://callgate.example/cdr#x", "fragment"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := cdr.NewPusher(cdr.PushOptions{URL: tt.url})
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
