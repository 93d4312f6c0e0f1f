package legacy_test

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"callgate/api/legacy"
	"callgate/internal/account"
	"callgate/internal/call"
	"callgate/internal/callcenter"
	"callgate/internal/fault"
	"callgate/internal/recording"
	"callgate/internal/report"
	"callgate/internal/sms"
)

// world is everything behind the face; every part of it fails with err, or panics when err is nil.
type world struct {
	err    error
	logged []report.Request
}

func (w *world) fail() error {
	if w.err == nil {
		panic("secret of the process")
	}
	return w.err
}

func (w *world) SignIn(context.Context, string, string, string) (string, error) { return "", w.fail() }
func (w *world) Authenticate(context.Context, string, func() string) (*account.Identity, error) {
	return &account.Identity{}, nil
}
func (w *world) Authorize(_ context.Context, id *account.Identity, _, _ string, _ ...string) (*account.Identity, error) {
	return id, nil
}
func (w *world) Available(context.Context, string, string) error       { return nil }
func (w *world) Originate(context.Context, call.Order) (string, error) { return "", w.fail() }
func (w *world) Queues() (callcenter.Answer, error)                    { return callcenter.Answer{}, w.fail() }
func (w *world) Queue(string) (callcenter.Answer, error)               { return callcenter.Answer{}, w.fail() }
func (w *world) Tiers() (callcenter.Answer, error)                     { return callcenter.Answer{}, w.fail() }
func (w *world) TiersOf(string) (callcenter.Answer, error)             { return callcenter.Answer{}, w.fail() }
func (w *world) Project(context.Context, string) (string, error)       { return "", w.fail() }
func (w *world) CDRJSON(context.Context, string, bool) ([]byte, error) { return nil, w.fail() }
func (w *world) Open(context.Context, string) (*recording.File, error) { return nil, w.fail() }
func (w *world) Add(_ context.Context, r report.Request)               { w.logged = append(w.logged, r) }
func (w *world) Flush(context.Context) error                           { return w.fail() }
func (w *world) Managed(context.Context, *account.Identity) ([]account.User, error) {
	return nil, w.fail()
}
func (w *world) QueuesAmong([]string) (callcenter.Answer, error) {
	return callcenter.Answer{}, w.fail()
}
func (w *world) TiersAmong([]string) (callcenter.Answer, error) { return callcenter.Answer{}, w.fail() }

func (w *world) Send(context.Context, sms.Message) (sms.Message, error) {
	return sms.Message{}, w.fail()
}

func (w *world) Messages(context.Context, time.Time, time.Time) iter.Seq2[sms.Message, error] {
	return func(yield func(sms.Message, error) bool) { yield(sms.Message{}, w.fail()) }
}

func (w *world) Requests(context.Context, time.Time, time.Time, bool) iter.Seq2[report.Request, error] {
	return nil // Flush has failed before
}

func nowhere() string { return "192.0.2.1" }

// TestFailuresBehind answers every kind of failure that can come from behind, from every action.
func TestFailuresBehind(t *testing.T) {
	secret := errors.New("pq: password of the database")
	actions := map[string]string{
		"/auth/login":     `{"login":"a","password":"b"}`,
		"/contact/add":    `{"called_number":"1","caller_number":"2","sip":"3"}`,
		"/contact/audio":  `{"id":"x"}`,
		"/contact/cdr":    `{"id":"x"}`,
		"/contact/queues": "",
		"/contact/tiers":  "",
		"/contact/tier":   `{"queue":"x"}`,
		"/onlinestat/get": `{"project_id":"x"}`,
		"/onlinestat/all": "",

		"/sms/send":          `{"phone":"89190000000","message":"x"}`,
		"/report/users":      "",
		"/report/sms":        `{"start_date":"2022-11-10","stop_date":"2022-11-10"}`,
		"/report/request":    `{"start_date":"2022-11-10","stop_date":"2022-11-10"}`,
		"/report/badRequest": `{"start_date":"2022-11-10","stop_date":"2022-11-10"}`,
	}
	for _, tt := range []struct {
		name       string
		err        error
		wantStatus int
		want       string
		wantAfter  string
	}{
		{"no kind", secret, 500, "Internal error!", ""},
		{"panic", nil, 500, "Internal error!", ""},
		{"a kind that no answer shows", fault.New(fault.Conflict, "Login"), 500, "Internal error!", ""},
		{"database down", fault.Wrap(fault.StorageDown, secret, "read"), 503, "Storage unavailable!", "5"},
		{"switch down", fault.Wrap(fault.SwitchDown, secret, "originate"), 503, "Switch unavailable!", "5"},
		{"outside system down", fault.New(fault.OutsideDown, ""), 503, "Outside system unavailable!", "5"},
		{"wait told", &fault.Error{Kind: fault.TooMany, RetryAfter: 61500 * time.Millisecond}, 429, "Too many requests!", "62"},
		{"wait not told", fault.New(fault.TooMany, ""), 429, "Too many requests!", "1"},
		{"unknown project", fault.New(fault.NotFound, "Project"), 404, "Project not found", ""},
		{"client gone", context.Canceled, 499, "Client closed request", ""},
	} {
		for path, body := range actions {
			t.Run(tt.name+path, func(t *testing.T) {
				w := &world{err: tt.err}
				face := legacy.New(legacy.Options{Accounts: w, Calls: w, Board: w, CDRs: w, Recordings: w, OnlineStat: onlineStat{w}, SMS: w, Requests: w, Reports: w})
				rec := httptest.NewRecorder()
				req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
				if err := face.Serve(rec, req, nowhere, "id"); err == nil {
					t.Error("the process log is told of no failure")
				}
				if got, want := rec.Body.String(), `{"error":"`+tt.want+`"}`; rec.Code != tt.wantStatus || got != want {
					t.Errorf("got %d %s, want %d %s", rec.Code, got, tt.wantStatus, want)
				}
				if got := rec.Header().Get("Retry-After"); got != tt.wantAfter {
					t.Errorf("Retry-After %q, want %q", got, tt.wantAfter)
				}
				if len(w.logged) != 1 || w.logged[0].Code != tt.wantStatus || w.logged[0].Error != tt.want || w.logged[0].RequestID != "id" {
					t.Errorf("logged %+v", w.logged)
				}
			})
		}
	}
}

// FuzzBody sends any body: the answer is one of the documented ones, and the request is logged.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{"", "{}", "null", `{"queue":"a"}`, `{"queue":1}`, `{"queue":"a","queue":null}`, "{\"queue\":\"\xff\"}",
		`{"queue":"\ud800"}`, "[", `{"a":{"b":[1,2,{"queue":"x"}]}}`, "\ufeff{}", `{"queue":"a"} `, `{"queue":"a"}x`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		w := &world{err: fault.New(fault.NotFound, "Tier")}
		face := legacy.New(legacy.Options{Accounts: w, Calls: w, Board: w, CDRs: w, Recordings: w, OnlineStat: onlineStat{w}, SMS: w, Requests: w, Reports: w})
		rec := httptest.NewRecorder()
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/contact/tier", strings.NewReader(string(body)))
		_ = face.Serve(rec, req, nowhere, "")
		switch got := rec.Body.String(); got {
		case `{"error":"Tier not found"}`, `{"error":"Empty queue!"}`, `{"error":"Wrong queue!"}`, `{"error":"Invalid JSON!"}`:
		default:
			t.Errorf("%q: got %d %s", body, rec.Code, got)
		}
		if len(w.logged) != 1 {
			t.Errorf("%d log entries", len(w.logged))
		}
	})
}
