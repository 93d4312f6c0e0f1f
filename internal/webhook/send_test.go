package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"callgate/internal/fault"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
	"callgate/internal/webhook"
)

// TestSend posts over a network: to what may be reached only, with no proxy, following no redirect, and keeping no more of an answer
// than is said.
func TestSend(t *testing.T) {
	var proxied, elsewhere, came atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { proxied.Add(1) }))
	t.Cleanup(proxy.Close)
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(other.Close)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		came.Add(1)
		body, _ := io.ReadAll(r.Body)
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		case "/long":
			fmt.Fprint(w, strings.Repeat("ж", 1<<20))
		case "/rude":
			fmt.Fprint(w, "a\x00b\xffc\x1b[31m")
		default:
			fmt.Fprint(w, r.Method, " ", r.Header.Get("Content-Type"), " ", r.Header.Get("User-Agent"), " ", len(body) > 10)
		}
	}))
	t.Cleanup(server.Close)
	port := server.URL[strings.LastIndexByte(server.URL, ':')+1:]
	reach := "no"
	st := storetest.Open(t, storetest.SQLite(t), store.Options{})
	made := 0
	s := webhook.New(webhook.Options{Store: st, Now: time.Now, Reach: func() string { return reach }, NewSecret: func() string { return "s" },
		NewID: func() string { made++; return fmt.Sprint("id", made) }, Owner: func(context.Context, int64) (webhook.Owner, error) { return everything(), nil }})
	t.Cleanup(s.Idle)
	for _, tt := range []struct {
		name, reach, url string
		status           int
		answer, error    string
	}{
		{"this machine", "no", "http://127.0.0.1:" + port + "/", 0, "", "it lies in a network that may not be reached from here (webhooks.private)"},
		{"this machine by name", "no", "http://localhost:" + port + "/", 0, "", "it lies in a network that may not be reached from here (webhooks.private)"},
		{"this machine, mapped", "no", "http://[::ffff:127.0.0.1]:" + port + "/", 0, "", "it lies in a network that may not be reached from here (webhooks.private)"},
		{"this machine as a number", "no", "http://2130706433:" + port + "/", 0, "", "*"}, // which is no name
		{"named", "127.0.0.0/8", "http://127.0.0.1:" + port + "/", 200, "POST application/json callgate-webhook/1 true", ""},
		{"no more", "no", "http://127.0.0.1:" + port + "/", 0, "", "it lies in a network that may not be reached from here (webhooks.private)"},
		{"redirect", "yes", "http://127.0.0.1:" + port + "/redirect", 307, "", ""},
		{"long", "yes", "http://127.0.0.1:" + port + "/long", 200, strings.Repeat("ж", 512), ""},
		{"rude", "yes", "http://127.0.0.1:" + port + "/rude", 200, "a\uFFFDb\uFFFDc\uFFFD[31m", ""},
		{"nobody", "yes", "http://127.0.0.1:1/?token=s3cret", 0, "", "dial tcp 127.0.0.1:1: connect: connection refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reach = tt.reach
			e, err := s.Add(t.Context(), webhook.Endpoint{Name: tt.name, URL: tt.url, Events: []webhook.Kind{webhook.CallEnded}})
			if err != nil {
				t.Fatal(err)
			}
			before := came.Load()
			d, err := s.Try(t.Context(), e.ID, "anna")
			if err != nil {
				t.Fatal(err)
			}
			a := d.Log[0]
			if a.Status != tt.status || a.Answer != tt.answer || a.Error != tt.error && (tt.error != "*" || a.Error == "") || !utf8.ValidString(a.Answer) {
				t.Errorf("got %d %.60q %q, want %d %.60q %q", a.Status, a.Answer, a.Error, tt.status, tt.answer, tt.error)
			}
			if (came.Load() > before) != (tt.status > 0) {
				t.Error("it came all the same")
			}
		})
	}
	if proxied.Load() != 0 || elsewhere.Load() != 0 {
		t.Errorf("a proxy was asked %d times, a redirect followed %d times", proxied.Load(), elsewhere.Load())
	}
}

// TestEndpoints: what can be said of an endpoint, and what cannot.
func TestEndpoints(t *testing.T) {
	st := storetest.Open(t, storetest.SQLite(t), store.Options{})
	owner := everything()
	s := webhook.New(webhook.Options{Store: st, Now: time.Now, Reach: func() string { return "no" }, NewSecret: func() string { return "s" }, NewID: func() string { return fmt.Sprint(time.Now().UnixNano()) },
		Owner: func(_ context.Context, id int64) (webhook.Owner, error) {
			if id == 2 {
				return webhook.Owner{}, webhook.Gone("gone")
			}
			return owner, nil
		}})
	owner.Sees, owner.May = only("a"), func(k webhook.Kind) bool { return k != webhook.AgentState }
	good := func() webhook.Endpoint {
		return webhook.Endpoint{Name: "n", URL: "https://example.com/x?y=1", Events: []webhook.Kind{webhook.CallEnded}, Projects: []string{"a"}}
	}
	for _, tt := range []struct {
		name   string
		change func(*webhook.Endpoint)
		want   error
	}{
		{"good", func(*webhook.Endpoint) {}, nil},
		{"http", func(e *webhook.Endpoint) { e.URL = "http://[2001:db8::1]:8080" }, nil},
		{"no name", func(e *webhook.Endpoint) { e.Name = " " }, fault.New(fault.EmptyField, "name")},
		{"a long name", func(e *webhook.Endpoint) { e.Name = strings.Repeat("ж", 65) }, fault.New(fault.WrongField, "name")},
		{"a name of two lines", func(e *webhook.Endpoint) { e.Name = "a\nb" }, fault.New(fault.WrongField, "name")},
		{"no URL", func(e *webhook.Endpoint) { e.URL = "" }, fault.New(fault.EmptyField, "url")},
		{"no scheme", func(e *webhook.Endpoint) { e.URL = "example.com" }, fault.New(fault.WrongField, "url")},
		{"a file", func(e *webhook.Endpoint) { e.URL = "file:///etc/passwd" }, fault.New(fault.WrongField, "url")},
		{"opaque", func(e *webhook.Endpoint) { e.URL = "https:example.com" }, fault.New(fault.WrongField, "url")},
		{"no host", func(e *webhook.Endpoint) { e.URL = "https://:80/" }, fault.New(fault.WrongField, "url")},
		{"a password", func(e *webhook.Endpoint) { e.URL = "https://a:b@example.com/" }, fault.New(fault.WrongField, "url")},
		{"a fragment", func(e *webhook.Endpoint) { e.URL = "https://example.com/#a" }, fault.New(fault.WrongField, "url")},
		{"two lines", func(e *webhook.Endpoint) { e.URL = "https://example.com/\r\nHost: x" }, fault.New(fault.WrongField, "url")},
		{"a blank", func(e *webhook.Endpoint) { e.URL = "https://example.com/a b" }, fault.New(fault.WrongField, "url")},
		{"too long", func(e *webhook.Endpoint) { e.URL = "https://example.com/" + strings.Repeat("a", 2048) }, fault.New(fault.WrongField, "url")},
		{"no events", func(e *webhook.Endpoint) { e.Events = nil }, fault.New(fault.EmptyField, "events")},
		{"an event twice", func(e *webhook.Endpoint) { e.Events = append(e.Events, e.Events...) }, fault.New(fault.WrongField, "events")},
		{"an event that is none", func(e *webhook.Endpoint) { e.Events = []webhook.Kind{"x"} }, fault.New(fault.WrongField, "events")},
		{"the test", func(e *webhook.Endpoint) { e.Events = []webhook.Kind{webhook.Test} }, fault.New(fault.WrongField, "events")},
		{"a project twice", func(e *webhook.Endpoint) { e.Projects = []string{"a", "a"} }, fault.New(fault.WrongField, "projects")},
		{"a project of two lines", func(e *webhook.Endpoint) { e.Projects = []string{"a\nb"} }, fault.New(fault.WrongField, "projects")},
		{"another's project", func(e *webhook.Endpoint) { e.Projects = []string{"b"} }, fault.New(fault.Denied, "")},
		{"an event that he may not see", func(e *webhook.Endpoint) { e.Events = []webhook.Kind{webhook.AgentState} }, fault.New(fault.Denied, "")},
		{"an owner who is gone", func(e *webhook.Endpoint) { e.Owner = 2 }, fault.New(fault.Denied, "")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := good()
			tt.change(&e)
			added, err := s.Add(t.Context(), e)
			if !is(err, tt.want) {
				t.Fatalf("added: %v, want %v", err, tt.want)
			}
			if err != nil {
				if added, err = s.Add(t.Context(), good()); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := s.Change(t.Context(), added.ID, func(e *webhook.Endpoint) error { tt.change(e); return nil }); !is(err, tt.want) {
				t.Errorf("changed: %v, want %v", err, tt.want)
			}
			if err := s.Remove(t.Context(), added.ID); err != nil {
				t.Error(err)
			}
		})
	}
}

func is(err, want error) bool {
	return err == nil && want == nil || want != nil && errors.Is(err, want)
}
