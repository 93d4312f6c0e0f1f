package app_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	v1 "callgate/api/v1"
	"callgate/esl/esltest"
	"callgate/internal/app"
	"callgate/internal/setting"
	"callgate/internal/store/storetest"
	"callgate/internal/webhook"
)

// hookInbox takes what is sent to it and checks the signature.
type hookInbox struct {
	*httptest.Server
	secret string // set before anything is sent

	mu    sync.Mutex
	kinds map[string]int
	times map[string]int // by the event's id
}

func newHookInbox(t *testing.T) *hookInbox {
	in := &hookInbox{kinds: map[string]int{}, times: map[string]int{}}
	in.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var event struct {
			ID   string `json:"id"`
			Kind string `json:"type"`
		}
		seconds, _ := strconv.ParseInt(r.Header.Get("Webhook-Timestamp"), 10, 64)
		id := r.Header.Get("Webhook-Id")
		if err != nil || json.Unmarshal(body, &event) != nil || event.ID != id ||
			r.Header.Get("Webhook-Signature") != webhook.Sign(id, time.Unix(seconds, 0), body, in.secret) || time.Since(time.Unix(seconds, 0)).Abs() > time.Minute {
			t.Errorf("not signed as it should be: %v %s", r.Header, body)
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		in.mu.Lock()
		defer in.mu.Unlock()
		in.kinds[event.Kind]++
		in.times[id]++
	}))
	t.Cleanup(in.Close)
	return in
}

// TestReplicasTell: of two processes that see the same calls, agents, recordings and messages each thing is told once, of every
// kind, and signed.
func TestReplicasTell(t *testing.T) {
	t.Parallel() // it mostly waits
	database := storetest.Postgres(t)
	sw, replicas := newReplicas(t, database, database)
	in := newHookInbox(t)
	if err := app.Administer(t.Context(), on(database), slog.New(slog.DiscardHandler), func(a *app.Administration) error {
		if err := a.Settings.Set(t.Context(), setting.WebhooksPrivate, "127.0.0.1", "test"); err != nil {
			return err
		}
		e, err := a.Webhooks.Add(t.Context(), webhook.Endpoint{Name: "crm", URL: in.URL, Events: webhook.Kinds[:len(webhook.Kinds)-1]})
		in.secret = e.Secret
		return err
	}); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for _, r := range replicas {
		group.Go(func() { r.start(t) })
	}
	group.Wait()
	token := replicas[0].signIn(t)
	replicas[1].signIn(t)
	eventually(t, "the duty", func() bool { return replicas[0].holds(t, "switch:main") || replicas[1].holds(t, "switch:main") })

	call, err := sw.Call(esltest.Call{Number: "79001234567", Extension: "sales"})
	if err != nil {
		t.Fatal(err)
	}
	if status, answer := replicas[0].ask(t, "/sms/send", `{"phone":"79001234567","message":"x"}`, token); answer != `{"result":"error"}` {
		t.Fatalf("%d %s", status, answer)
	}
	now := time.Now()
	lost := fmt.Sprintf(`<cdr><variables><uuid>lost</uuid><direction>inbound</direction><start_uepoch>%d</start_uepoch><end_uepoch>%d</end_uepoch>
		<cc_side>member</cc_side><cc_queue>sales%%40default</cc_queue><cc_member_uuid>m</cc_member_uuid><cc_queue_joined_epoch>%d</cc_queue_joined_epoch>
		<cc_queue_canceled_epoch>%d</cc_queue_canceled_epoch><cc_cause>cancel</cc_cause><cc_cancel_reason>BREAK_OUT</cc_cancel_reason></variables></cdr>`,
		now.Add(-time.Minute).UnixMicro(), now.UnixMicro(), now.Add(-50*time.Second).Unix(), now.Unix())
	for _, r := range replicas {
		group.Go(func() {
			for method, to := range map[string]string{http.MethodPost: "/cdr?uuid=a_lost", http.MethodPut: "/api/recordings/main/lost.wav"} {
				body := lost
				if method == http.MethodPut {
					body = string(sound(time.Second, true))
				}
				req, err := http.NewRequestWithContext(t.Context(), method, "http://"+r.addr+to, strings.NewReader(body))
				if err != nil {
					t.Error(err)
					return
				}
				req.Close = true
				req.SetBasicAuth(cdrUser, cdrPass)
				req.Header.Set("Content-Type", "text/xml")
				resp, err := http.DefaultClient.Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				_ = resp.Body.Close()
				if resp.StatusCode >= 300 {
					t.Errorf("%s %s: %d", method, to, resp.StatusCode)
				}
			}
		})
	}
	group.Wait()
	eventually(t, "something of each kind", func() bool {
		in.mu.Lock()
		defer in.mu.Unlock()
		return len(in.kinds) == len(webhook.Kinds)-1
	})
	for _, r := range replicas { // who stops has sent what it had in hand
		if err := r.end(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	for id, n := range in.times {
		if n != 1 {
			t.Errorf("%s came %d times", id, n)
		}
	}
	for kind, n := range in.kinds {
		if kind != string(webhook.AgentState) && n != 1 {
			t.Errorf("%d events of %s", n, kind)
		}
	}
	db, err := sql.Open("postgres", database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var began string
	if err := db.QueryRow(`SELECT data FROM webhook_events WHERE kind = 'call.answered'`).Scan(&began); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(began, `"call_id":"`+call.UUID()+`"`) || !strings.Contains(began, `"queue":"sales@default","agent":"1001@default"`) {
		t.Errorf("of the answer is told %s", began)
	}
}

// hookBody asks for ended calls.
var hookBody = object("name", "crm", "url", "https://crm.example.com/in", "events", []string{"call.ended"})

// hook adds a webhook and returns its path.
func (m *modern) hook(t *testing.T, token string) string {
	t.Helper()
	var added struct {
		ID string `json:"id"`
	}
	got := m.as(token, "POST", "/webhooks", hookBody)
	if err := json.Unmarshal([]byte(got.body), &added); err != nil || got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	return "/webhooks/" + added.ID
}

// TestWebhookGivesNoMore: nobody has sent, or gets to see, what he may not see himself; and a change of what somebody else has
// changed since is refused.
func TestWebhookGivesNoMore(t *testing.T) {
	t.Parallel() // it mostly waits
	m := newQuiet(t, storetest.SQLite(t))
	m.want(t, 201, "POST", "/projects", object("id", "9876", "name", "P"))
	all := m.hook(t, m.token)
	limited := m.limited("limited", []string{"9876"}, "webhooks/see", "webhooks/edit", "calls/see")
	blind := m.user("blind", "webhooks/see", "webhooks/edit", "calls/see")
	type view struct {
		ID       string   `json:"id"`
		Owner    string   `json:"owner"`
		Projects []string `json:"projects"`
		Numbers  bool     `json:"numbers"`
	}
	read := func(got reply) (v view) {
		t.Helper()
		if err := json.Unmarshal([]byte(got.body), &v); err != nil || got.status/100 != 2 {
			t.Fatalf("%d %s", got.status, got.body)
		}
		return v
	}
	body := func(more ...any) string {
		return object(append([]any{"name", "crm", "url", "https://crm.example.com/in", "events", []string{"call.ended"}}, more...)...)
	}
	own := read(m.as(limited, "POST", "/webhooks", body()))
	if fmt.Sprint(own) != fmt.Sprint(view{own.ID, "limited", []string{"9876"}, false}) {
		t.Errorf("of who is limited: %+v", own)
	}
	ours := "/webhooks/" + own.ID
	for _, tt := range []struct {
		name, token, method, path, body string
		status                          int
	}{
		{"numbers", limited, "POST", "/webhooks", body("numbers", true), 403},
		{"another project", limited, "POST", "/webhooks", body("projects", []string{"1"}), 403},
		{"another kind", limited, "POST", "/webhooks", body("events", []string{"sms.status"}), 403},
		{"numbers of one's own", limited, "PATCH", ours, object("numbers", true), 403},
		{"another project of one's own", limited, "PATCH", ours, object("projects", []string{"1"}), 403},
		{"no such project", m.token, "POST", "/webhooks", body("projects", []string{"1"}), 404},
		{"see another's", limited, "GET", all, "", 404},
		{"change another's", limited, "PATCH", all, object("active", false), 404},
		{"remove another's", limited, "DELETE", all, "", 404},
		{"see what was sent to another", limited, "GET", all + "/deliveries", "", 404},
		{"send to another", limited, "POST", all + "/test", "", 404},
		{"replay another's", limited, "POST", all + "/replay", object("since", "2026-01-01T00:00:00Z"), 404},
		{"another's secret", limited, "POST", all + "/secret", "", 404},
		{"nothing", m.token, "PATCH", all, object(), 422},
		{"replay nothing", m.token, "POST", all + "/replay", object(), 422},
		{"a field that there is none of", m.token, "PATCH", all, object("owner", "limited"), 422},
		{"a secret of one's own", m.token, "POST", "/webhooks", body("secret", "x"), 422},
		{"a cursor that is none", m.token, "GET", all + "/deliveries?cursor=x", "", 422},
	} {
		if got := m.as(tt.token, tt.method, tt.path, tt.body); got.status != tt.status || tt.status < 422 && strings.Contains(got.body, "crm.example.com") {
			t.Errorf("%s: %d %s, want %d", tt.name, got.status, got.body, tt.status)
		}
	}
	if got := m.as(limited, "GET", "/webhooks", ""); strings.Count(got.body, `"id"`) != 1 || !strings.Contains(got.body, own.ID) {
		t.Errorf("who is limited sees %s", got.body)
	}
	if before := read(m.as(m.token, "GET", all, "")); !before.Numbers || len(before.Projects) != 0 {
		t.Errorf("of who sees all: %+v", before)
	}
	// Only switching it off leaves it whose it is; any other change makes it his who may not see numbers.
	if v := read(m.as(blind, "PATCH", all, object("active", false))); v.Owner != login || !v.Numbers {
		t.Errorf("switched off: %+v", v)
	}
	etag := m.as(m.token, "GET", all, "").header.Get("ETag")
	if v := read(m.as(blind, "PATCH", all, object("url", "https://other.example.com/"))); v.Owner != "blind" || v.Numbers {
		t.Errorf("changed: %+v", v)
	}
	header := bearer(m.token)
	header.Set("If-Match", etag)
	if got := m.do("PATCH", v1.Base+all, object("name", "x"), header); got.status != 412 {
		t.Errorf("what was changed meanwhile: %d %s", got.status, got.body)
	}
	header.Set("If-Match", m.as(m.token, "GET", all, "").header.Get("ETag"))
	if got := m.do("PATCH", v1.Base+all, object("name", "x"), header); got.status != 200 {
		t.Errorf("what was not: %d %s", got.status, got.body)
	}
}
