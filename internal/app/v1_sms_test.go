package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	v1 "callgate/api/v1"
	"callgate/internal/app"
	"callgate/internal/project"
	"callgate/internal/store/storetest"
)

// textGate is a provider of text messages. What a text begins with decides what it answers.
type textGate struct {
	url string

	mu    sync.Mutex
	given []url.Values
}

func newTextGate(t *testing.T) *textGate {
	t.Helper()
	g := &textGate{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		g.mu.Lock()
		g.given = append(g.given, r.PostForm)
		id := len(g.given)
		g.mu.Unlock()
		switch text, _, _ := strings.Cut(r.PostForm.Get("text"), " "); text {
		case "refuse":
			fmt.Fprintf(w, `{"error":"no, not %s with s3cret"}`, r.PostForm.Get("to"))
		case "later":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "break":
			panic(http.ErrAbortHandler)
		default:
			fmt.Fprintf(w, `{"id":"t%d"}`, id)
		}
	}))
	t.Cleanup(s.Close)
	g.url = s.URL
	return g
}

// all is what it was given.
func (g *textGate) all() []url.Values {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.given)
}

// description is how it is asked.
func (g *textGate) description() map[string]any {
	return map[string]any{"title": "Gate", "number": "plus", "needs": []any{map[string]any{"name": "login", "title": "Login"}, map[string]any{"name": "key", "title": "Key", "secret": true}},
		"send": map[string]any{"method": "POST", "url": g.url, "form": map[string]string{"to": "{number}", "text": "{text}", "from": "{from}", "login": "{login}", "key": "{key}"},
			"taken": []any{map[string]any{"where": []any{map[string]any{"path": "id", "present": true}}}}, "refused": []any{map[string]any{"where": []any{map[string]any{"path": "error", "present": true}}}},
			"id": "id", "reason": "error"},
		"receipt": map[string]any{"in": []string{"query", "form"}, "id": "id", "state": "state", "codes": map[string]any{"delivered": "ok", "failed": "no"},
			"answer": map[string]string{"text": "got it", "type": "text/plain"}}}
}

// provider sets it as a provider, the only one that is asked, and tells of it.
func (m *modern) provider(t *testing.T, l *land, name string, g *textGate) (p v1.Provider) {
	t.Helper()
	got := m.want(t, 200, "PUT", "/sms/providers/"+name, object("kind", "http", "description", g.description(), "values", map[string]string{"login": "me", "key": "s3cret"}))
	if err := json.Unmarshal([]byte(got.body), &p); err != nil {
		t.Fatal(err)
	}
	l.set(t, "sms.provider", name)
	return p
}

// text is a message as it is told of.
func (m *modern) text(t *testing.T, id int64) (v v1.Text) {
	t.Helper()
	if err := json.Unmarshal([]byte(m.want(t, 200, "GET", fmt.Sprint("/sms/messages/", id), "").body), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// send has a message sent.
func (m *modern) send(t *testing.T, key string, pairs ...any) (kept v1.TextKept) {
	t.Helper()
	got := m.sent(key, pairs...)
	if err := json.Unmarshal([]byte(got.body), &kept); err != nil || got.status != 202 || kept.ID == 0 {
		t.Fatalf("%v: %d %s", pairs, got.status, got.body)
	}
	return kept
}

func (m *modern) sent(key string, pairs ...any) reply {
	m.t.Helper()
	header := http.Header{"Authorization": {"Bearer " + m.token}, "Content-Type": {"application/json"}}
	if key != "" {
		header.Set("Idempotency-Key", key)
	}
	return m.do("POST", v1.Base+"/sms/messages", object(pairs...), header)
}

// in waits until a message is in a state.
func (m *modern) in(t *testing.T, id int64, state string) (v v1.Text) {
	t.Helper()
	eventually(t, fmt.Sprintf("message %d to be %s", id, state), func() bool { v = m.text(t, id); return v.State == state })
	return v
}

// tells is what a provider says without signing in, and hears.
func tells(t *testing.T, method, address, body string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	resp.Header.Del("X-Request-Id")
	resp.Header.Del("Date")
	return reply{resp.StatusCode, resp.Header, string(text)}
}

// TestTexts: a message goes from a client to a provider, and what the provider says comes back; who does not want messages
// gets none; and the process log tells of none of it.
func TestTexts(t *testing.T) {
	t.Parallel() // it mostly waits
	eachDatabase(t, func(t *testing.T, database string) {
		var log bytes.Buffer
		g, l := newTextGate(t), newLand(t, database, nil)
		l.logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		l.administer(t, func(a *app.Administration) error {
			return a.Projects.Add(t.Context(), project.Project{ID: "kz", Name: "kz", Country: "KZ", SLSeconds: 20})
		})
		m := newModern(t, l)
		early := m.send(t, "", "phone", "8 (919) 000-00-00", "text", "early") // it waits for a provider
		p := m.provider(t, l, "gate", g)

		first := m.send(t, "order-5", "phone", "8 (919) 000-00-00", "text", "Ваш \"код\"\n😀 12", "originator", "SHOP", "session", "s1", "valid_minutes", 60)
		if first.Encoding != "ucs-2" || first.Parts != 1 {
			t.Errorf("kept as %+v", first)
		}
		v := m.in(t, first.ID, "sent")
		if v.Phone != "8 (919) 000-00-00" || v.Number != "+79190000000" || v.Text != "Ваш \"код\"\n😀 12" || v.Originator != "SHOP" || v.Session != "s1" || v.Provider != "gate" ||
			v.ProviderID == "" || v.Result != "OK" || v.Reason != "" || v.Until.Sub(v.At).Minutes() != 60 || v.Sent.IsZero() || !v.Ended.IsZero() {
			t.Errorf("it is %+v", v)
		}
		if again := m.send(t, "order-5", "phone", "8 (919) 000-00-00", "text", "Ваш \"код\"\n😀 12", "originator", "SHOP", "session", "s1", "valid_minutes", 60); again.ID != first.ID || again.State != "sent" {
			t.Errorf("again: %+v", again)
		}
		refused(t, m.sent("order-5", "phone", "8 (919) 000-00-00", "text", "another"), 409, "")
		refused(t, m.sent("order-5", "phone", "8 (919) 000-00-00", "text", "Ваш \"код\"\n😀 12", "originator", "SHOP", "session", "s1"), 409, "")
		m.in(t, early.ID, "sent")
		given := g.all()
		i := slices.IndexFunc(given, func(v url.Values) bool { return v.Get("from") == "SHOP" })
		if len(given) != 2 || i < 0 || given[i].Get("text") != v.Text || given[i].Get("to") != "+79190000000" || given[i].Get("key") != "s3cret" {
			t.Errorf("the provider got %v", given)
		}
		if v := m.in(t, m.send(t, "", "phone", "8 (701) 123-45-67", "text", "refuse", "project", "kz").ID, "failed"); v.Number != "+77011234567" ||
			v.Result != "error" || !strings.HasPrefix(v.Reason, "gate: ") || strings.Contains(v.Reason, "7011234567") || strings.Contains(v.Reason, "s3cret") {
			t.Errorf("refused: %+v", v)
		}

		// What the provider says is heard at its own address, whoever guesses at others hears of nothing.
		address := m.url + p.Receipts
		if got := tells(t, "GET", address+"?id="+v.ProviderID+"&state=ok", ""); got.status != 200 || got.body != "got it" || got.header.Get("Content-Type") != "text/plain" {
			t.Errorf("the provider hears %d %q %v", got.status, got.body, got.header)
		}
		if v := m.text(t, first.ID); v.State != "delivered" || v.Ended.IsZero() {
			t.Errorf("heard: %+v", v)
		}
		second := m.text(t, early.ID)
		if got := tells(t, "POST", address, "id="+second.ProviderID+"&state=no"); got.status != 200 || m.text(t, early.ID).State != "failed" {
			t.Errorf("%d %q, and the message is %s", got.status, got.body, m.text(t, early.ID).State)
		}
		base := m.url + v1.Base + "/sms/receipts/"
		nobody := tells(t, "POST", base+"nobody/x", "id=1&state=ok")
		for _, path := range []string{base + "gate/x", base + "gate/" + strings.Repeat("x", 26), address + "x", base + "nobody/" + address[len(base)+5:]} {
			if got := tells(t, "POST", path, "id=1&state=ok"); got.status != 404 || fmt.Sprint(got) != fmt.Sprint(nobody) {
				t.Errorf("%s: %+v, and for nobody %+v", path, got, nobody)
			}
		}
		for _, tt := range []struct {
			name, method, body string
			want               int
		}{
			{"nothing", "POST", "", 400},
			{"another form", "POST", "%zz", 400},
			{"too much", "POST", "x=" + strings.Repeat("x", 1<<20), 413},
			{"another method", "PUT", "id=1&state=ok", 404},
		} {
			if got := tells(t, tt.method, address, tt.body); got.status != tt.want {
				t.Errorf("%s: %d %s, want %d", tt.name, got.status, got.body, tt.want)
			}
		}
		metrics := m.get("/metrics").body
		for _, line := range []string{`callgate_sms_callbacks_total{provider="gate",result="taken"} 2`, `callgate_sms_callbacks_total{provider="gate",result="unreadable"} 3`,
			`callgate_sms_callbacks_total{provider="",result="unknown"} 5`} {
			if !strings.Contains(metrics, "\n"+line+"\n") {
				t.Errorf("the metrics do not have %s", line)
			}
		}

		// Who does not want messages gets none, those that wait among them.
		l.set(t, "sms.provider", "none")
		eventually(t, "the setting", func() bool { return m.list(t)[0].Place == 0 })
		waits := m.send(t, "", "phone", "79190000077", "text", "x")
		if got := m.want(t, 200, "PUT", "/sms/optouts/"+url.PathEscape("8 (919) 000-00-77"), "").body; !strings.Contains(got, `"number":"+79190000077"`) || !strings.Contains(got, `"stopped":1`) {
			t.Errorf("opted out: %s", got)
		}
		if v := m.text(t, waits.ID); v.State != "failed" || v.Result != "error" {
			t.Errorf("one that waited: %+v", v)
		}
		if kept := m.send(t, "", "phone", "+79190000077", "text", "x"); kept.State != "failed" {
			t.Errorf("one that comes later: %+v", kept)
		}
		if got := m.want(t, 200, "POST", "/sms/providers/gate/test", object("phone", "+79190000077", "text", "x")).body; !strings.Contains(got, `"outcome":"refused"`) {
			t.Errorf("a test: %s", got)
		}
		m.want(t, 204, "DELETE", "/sms/optouts/9190000077", "")
		refused(t, m.v1("DELETE", "/sms/optouts/9190000077", ""), 404, "")

		m.stop()
		for _, secret := range []string{strings.TrimPrefix(p.Receipts, v1.Base+"/sms/receipts/gate/"), "9190000", "7011234567", "s3cret", "код", "order-5"} {
			if secret == "" || strings.Contains(log.String(), secret) {
				t.Errorf("the log tells of %q", secret)
			}
		}
		if !strings.Contains(log.String(), "what a provider says of messages is not kept") {
			t.Error("the log tells of nothing")
		}
	})
}

// list tells of the providers.
func (m *modern) list(t *testing.T) []v1.Provider {
	t.Helper()
	return list[v1.Provider](t, m, "/sms/providers")
}

// TestBulk: of many messages each is answered by itself, and the good ones are kept.
func TestBulk(t *testing.T) {
	t.Parallel() // it mostly waits
	eachDatabase(t, func(t *testing.T, database string) {
		m := newQuiet(t, database)
		m.want(t, 200, "PUT", "/sms/templates/code", object("text", "{имя}: {code}"))
		first := m.send(t, "k1", "phone", "89190000000", "text", "one")
		ask := func(all ...map[string]any) (answer struct {
			Accepted, Refused int
			Messages          []v1.BulkKept
		}) {
			t.Helper()
			if err := json.Unmarshal([]byte(m.want(t, 202, "POST", "/sms/messages/bulk", object("messages", all)).body), &answer); err != nil {
				t.Fatal(err)
			}
			return answer
		}
		to := func(pairs ...any) map[string]any {
			one := map[string]any{"phone": "89190000000"}
			for i := 0; i < len(pairs); i += 2 {
				one[pairs[i].(string)] = pairs[i+1]
			}
			return one
		}
		got := ask(to("text", "two"), to("text", "x", "phone", "nobody"), to("text", "one", "key", "k1"), to("text", "two", "key", "k1"),
			to("template", "code", "values", map[string]string{"имя": "Анна", "code": "{code}"}), to("template", "code", "values", map[string]string{"code": "1"}),
			to("template", "none"), to("text", "x", "project", "none"), to("text", "two", "key", "k2"), to("text", "two", "key", "k2"))
		want := []string{"202  ", "422 phone Wrong phone", "202  ", "409  Another message with this key exists already", "202  ", "422 values Wrong values", "404  Template not found",
			"404  Project not found", "202  ", "202  "}
		if len(got.Messages) != len(want) || got.Accepted != 5 || got.Refused != 5 {
			t.Fatalf("got %+v", got)
		}
		for i, one := range got.Messages {
			if text := fmt.Sprintf("%d %s %s", one.Status, one.Field, one.Error); text != want[i] || (one.ID == 0) != (one.Status != 202) || (one.Parts == 0) != (one.ID == 0) ||
				(one.Reason == "") != (one.Field == "") {
				t.Errorf("%d: %s of %+v, want %s", i, text, one, want[i])
			}
		}
		if got.Messages[2].ID != first.ID || got.Messages[8].ID != got.Messages[9].ID {
			t.Errorf("with keys: %+v", got.Messages)
		}
		if v := m.text(t, got.Messages[4].ID); v.Text != "Анна: {code}" {
			t.Errorf("of a template: %+v", v)
		}
		many := make([]map[string]any, 1000)
		for i := range many {
			many[i] = to("text", fmt.Sprint("Проверка ", i, strings.Repeat("ю", 1000)), "key", fmt.Sprint("many", i))
		}
		all, again := ask(many...), ask(many...)
		if all.Accepted != 1000 || all.Messages[999].ID == all.Messages[0].ID || !slices.Equal(all.Messages, again.Messages) {
			t.Errorf("of a thousand %d are accepted, and again %d", all.Accepted, again.Accepted)
		}
		refused(t, m.v1("POST", "/sms/messages/bulk", object("messages", append(many, many[0]))), 422, "messages")
		refused(t, m.v1("POST", "/sms/messages/bulk", object("messages", []any{})), 422, "messages")
		refused(t, m.v1("POST", "/sms/messages/bulk", object("messages", []any{to("phone", 5)})), 422, "phone")
		refused(t, m.v1("POST", "/sms/messages/bulk", object("messages", []any{to("text", strings.Repeat("x", 4<<20))})), 413, "")
		refused(t, m.do("POST", v1.Base+"/sms/messages/bulk", object("messages", []any{to("text", "x")}), http.Header{"Authorization": {"Bearer " + m.token},
			"Content-Type": {"application/json"}, "Idempotency-Key": {"k"}}), 422, "Idempotency-Key")
	})
}

// TestWhoSeesTexts: users see the messages of their projects and their own, and numbers only with the right to them.
func TestWhoSeesTexts(t *testing.T) {
	t.Parallel() // it mostly waits
	eachDatabase(t, func(t *testing.T, database string) {
		m := newQuiet(t, database)
		for _, id := range []string{"1111", "2222"} {
			(&land{database: database}).administer(t, func(a *app.Administration) error {
				return a.Projects.Add(t.Context(), project.Project{ID: id, Name: id, SLSeconds: 20})
			})
		}
		eventually(t, "the projects", func() bool {
			return m.sent("", "phone", "89190000009", "text", "x", "project", "1111").status == 202 && m.sent("", "phone", "89190000009", "text", "x", "project", "2222").status == 202
		})
		before := m.send(t, "", "phone", "89190000009", "text", "x").ID
		limited := m.limited("limited", []string{"1111"}, "sms/*")
		sees := m.limited("sees", []string{"1111"}, "sms/*", "numbers/see")
		send := func(token string, pairs ...any) (id int64) {
			t.Helper()
			var kept v1.TextKept
			if got := m.as(token, "POST", "/sms/messages", object(pairs...)); json.Unmarshal([]byte(got.body), &kept) != nil || got.status != 202 {
				t.Fatalf("%d %s", got.status, got.body)
			}
			return kept.ID
		}
		ours := send(m.token, "phone", "8 919 000-00-00", "text", "call +79100000000 or 5-12", "originator", "79190000001", "session", "1234567890", "project", "1111")
		theirs := send(m.token, "phone", "89190000000", "text", "x", "project", "2222")
		general := send(m.token, "phone", "89190000000", "text", "x")
		his := send(limited, "phone", "89190000000", "text", "x")
		refused(t, m.as(limited, "POST", "/sms/messages", object("phone", "89190000000", "text", "x", "project", "2222")), 404, "")

		ids := func(token string, pairs ...string) (all []int64) {
			t.Helper()
			for cursor := ""; ; {
				got := m.as(token, "GET", query("/sms/messages", append(pairs, "limit", "1", "cursor", cursor)...), "")
				var page struct {
					Messages []v1.Text
					Next     string
				}
				if err := json.Unmarshal([]byte(got.body), &page); err != nil || got.status != 200 {
					t.Fatalf("%d %s", got.status, got.body)
				}
				for _, one := range page.Messages {
					if one.ID > before {
						all = append(all, one.ID)
					}
				}
				if cursor = page.Next; cursor == "" {
					return all
				}
			}
		}
		for _, tt := range []struct {
			name, token string
			ask         []string
			want        []int64
		}{
			{"everything", m.token, nil, []int64{his, general, theirs, ours}},
			{"his projects' and his own", limited, nil, []int64{his, ours}},
			{"his projects'", sees, nil, []int64{ours}},
			{"one of his projects", limited, []string{"project", "1111"}, []int64{ours}},
			{"another project", limited, []string{"project", "2222"}, nil},
			{"a number", m.token, []string{"phone", "+7 (919) 000-00-00"}, []int64{his, general, theirs, ours}},
			{"a number of a project", sees, []string{"phone", "9190000000"}, []int64{ours}},
			{"another number", m.token, []string{"phone", "89190000001"}, nil},
			{"a state", m.token, []string{"state", "accepted"}, []int64{his, general, theirs, ours}},
			{"another state", m.token, []string{"state", "delivered"}, nil},
			{"a provider", m.token, []string{"provider", "a"}, nil},
			{"a time before", m.token, []string{"to", "2026-01-01"}, nil},
			{"a time after", m.token, []string{"from", "2099-01-01"}, nil},
		} {
			if got := ids(tt.token, tt.ask...); !slices.Equal(got, tt.want) {
				t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
			}
		}
		refused(t, m.as(limited, "GET", query("/sms/messages", "phone", "89190000000"), ""), 403, "")
		for token, want := range map[string]string{limited: "***** ***** ***** call ***** or 5-12", sees: "8 919 000-00-00 +79190000000 79190000001 call +79100000000 or 5-12"} {
			var v v1.Text
			got := m.as(token, "GET", fmt.Sprint("/sms/messages/", ours), "")
			if err := json.Unmarshal([]byte(got.body), &v); err != nil {
				t.Fatalf("%d %s", got.status, got.body)
			}
			if text := strings.Join([]string{v.Phone, v.Number, v.Originator, v.Text}, " "); text != want || v.Session != "1234567890" {
				t.Errorf("seen %s, want %s", text, want)
			}
			for _, id := range []int64{theirs, general, 999} {
				refused(t, m.as(token, "GET", fmt.Sprint("/sms/messages/", id), ""), 404, "")
			}
		}
		m.want(t, 200, "GET", fmt.Sprint("/sms/messages/", his), "")

		// Templates and opt-outs of other projects, and of any, are not his to change.
		m.want(t, 200, "PUT", "/sms/templates/any", object("text", "{code} +79190000000"))
		m.want(t, 200, "PUT", "/sms/templates/theirs", object("text", "x", "project", "2222"))
		if got := m.as(limited, "PUT", "/sms/templates/ours", object("text", "x", "project", "1111")); got.status != 200 {
			t.Errorf("a template of his: %d %s", got.status, got.body)
		}
		for _, tt := range []struct{ method, name, body string }{{"PUT", "new", object("text", "x")}, {"PUT", "new", object("text", "x", "project", "2222")},
			{"PUT", "theirs", object("text", "x", "project", "1111")}, {"PUT", "any", object("text", "x", "project", "1111")}, {"PUT", "ours", object("text", "x")}, {"DELETE", "theirs", ""}, {"DELETE", "any", ""}} {
			refused(t, m.as(limited, tt.method, "/sms/templates/"+tt.name, tt.body), 403, "")
		}
		if got := m.as(limited, "GET", "/sms/templates", "").body; strings.Contains(got, "theirs") || !strings.Contains(got, `"text":"{code} *****","places":["code"]`) || !strings.Contains(got, `"name":"ours"`) {
			t.Errorf("he sees the templates %s", got)
		}
		refused(t, m.as(limited, "GET", "/sms/templates/theirs", ""), 404, "")
		refused(t, m.as(limited, "POST", "/sms/messages", object("phone", "89190000000", "template", "theirs", "project", "1111")), 404, "")
		refused(t, m.as(limited, "POST", "/sms/messages", object("phone", "89190000000", "template", "ours")), 404, "")
		send(limited, "phone", "89190000000", "template", "any", "values", map[string]string{"code": "5"})
		send(limited, "phone", "89190000000", "template", "ours", "project", "1111")
		for _, project := range []string{"", "?project=2222"} {
			refused(t, m.as(sees, "PUT", "/sms/optouts/89190000005"+project, ""), 403, "")
			refused(t, m.as(sees, "DELETE", "/sms/optouts/89190000005"+project, ""), 403, "")
			m.want(t, 200, "PUT", "/sms/optouts/89190000005"+project, "")
		}
		if got := m.as(sees, "PUT", "/sms/optouts/89190000005?project=1111", ""); got.status != 200 {
			t.Errorf("an opt-out of his: %d %s", got.status, got.body)
		}
		if got := m.as(sees, "GET", "/sms/optouts", "").body; strings.Count(got, `"number"`) != 1 || !strings.Contains(got, `"project":"1111"`) {
			t.Errorf("he sees the opt-outs %s", got)
		}
		refused(t, m.as(sees, "GET", "/sms/optouts?project=2222", ""), 404, "")
		seen := 0
		for next := ""; ; seen++ {
			var page struct {
				OptOuts []v1.OptOut
				Next    string
			}
			got := m.want(t, 200, "GET", query("/sms/optouts", "phone", "9190000005", "limit", "1", "cursor", next), "")
			if err := json.Unmarshal([]byte(got.body), &page); err != nil {
				t.Fatal(err)
			}
			if next = page.Next; next == "" {
				break
			}
		}
		if seen != 3 {
			t.Errorf("%d opt-outs on pages", seen)
		}
	})
}

// TestTextRefusals: what is wrong with a message, a template or an opt-out is named, and none of it is kept.
func TestTextRefusals(t *testing.T) {
	t.Parallel() // it mostly waits
	m := newQuiet(t, storetest.SQLite(t))
	m.want(t, 200, "PUT", "/sms/templates/code", object("text", "{code}"))
	const path, phone = "/sms/messages", "89190000000"
	for _, tt := range []struct {
		name, method, path, body string
		want                     int
		field                    string
	}{
		{"nobody", "POST", path, object("text", "x"), 422, "body"},
		{"an empty phone", "POST", path, object("phone", "", "text", "x"), 422, "phone"},
		{"letters in the phone", "POST", path, object("phone", "8919000000a", "text", "x"), 422, "phone"},
		{"a line break in the phone", "POST", path, object("phone", phone+"\n", "text", "x"), 422, "phone"},
		{"two phones", "POST", path, object("phone", phone+","+phone, "text", "x"), 422, "phone"},
		{"a phone that was hidden", "POST", path, object("phone", "*****", "text", "x"), 422, "phone"},
		{"a phone of Arabic digits", "POST", path, object("phone", "٨٩١٩٠٠٠٠٠٠٠", "text", "x"), 422, "phone"},
		{"a phone that is a number", "POST", path, object("phone", 89190000000, "text", "x"), 422, "phone"},
		{"no text", "POST", path, object("phone", phone), 422, "text"},
		{"a blank text", "POST", path, object("phone", phone, "text", " \n"), 422, "text"},
		{"a text with a NUL", "POST", path, object("phone", phone, "text", "ab\x00"), 422, "text"},
		{"a text that is too long", "POST", path, object("phone", phone, "text", strings.Repeat("x", 39_016)), 422, "text"},
		{"a text and a template", "POST", path, object("phone", phone, "text", "x", "template", "code"), 422, "template"},
		{"values without a template", "POST", path, object("phone", phone, "text", "x", "values", map[string]string{"code": "1"}), 422, "values"},
		{"no value", "POST", path, object("phone", phone, "template", "code"), 422, "values"},
		{"another value", "POST", path, object("phone", phone, "template", "code", "values", map[string]string{"code": "1", "x": "1"}), 422, "values"},
		{"a value with a NUL", "POST", path, object("phone", phone, "template", "code", "values", map[string]string{"code": "\x00"}), 422, "values"},
		{"a value that is too long", "POST", path, object("phone", phone, "template", "code", "values", map[string]string{"code": strings.Repeat("x", 39_016)}), 422, "values"},
		{"a value of nothing", "POST", path, object("phone", phone, "template", "code", "values", map[string]string{"code": ""}), 422, "values"},
		{"no such template", "POST", path, object("phone", phone, "template", "none"), 404, ""},
		{"no such project", "POST", path, object("phone", phone, "text", "x", "project", "none"), 404, ""},
		{"an originator with a line break", "POST", path, object("phone", phone, "text", "x", "originator", "a\nb"), 422, "originator"},
		{"a session that is too long", "POST", path, object("phone", phone, "text", "x", "session", strings.Repeat("ю", 256)), 422, "session"},
		{"valid for no time", "POST", path, object("phone", phone, "text", "x", "valid_minutes", 0), 422, "valid_minutes"},
		{"valid for too long", "POST", path, object("phone", phone, "text", "x", "valid_minutes", 4321), 422, "valid_minutes"},
		{"what is none of its", "POST", path, object("phone", phone, "text", "x", "user_id", 1), 422, "user_id"},
		{"a body that is too long", "POST", path, object("phone", phone, "text", strings.Repeat("x", 513<<10)), 413, ""},
		{"messages in no state", "GET", query(path, "state", "lost"), "", 422, "state[0]"},
		{"messages after nothing", "GET", query(path, "cursor", "x"), "", 422, "cursor"},
		{"messages to letters", "GET", query(path, "phone", "abcdef"), "", 422, "phone"},
		{"messages of no time", "GET", query(path, "from", "2026-02-01", "to", "2026-01-01"), "", 422, "to"},
		{"messages of another parameter", "GET", query(path, "number", "1"), "", 422, "number"},
		{"one that is none", "GET", path + "/999", "", 404, ""},
		{"one of letters", "GET", path + "/x", "", 422, "id"},
		{"a template without a text", "PUT", "/sms/templates/x", object("text", ""), 422, "text"},
		{"a template that cannot be rendered", "PUT", "/sms/templates/x", object("text", "Ваш код {code"), 422, "text"},
		{"a template of a place with a blank", "PUT", "/sms/templates/x", object("text", "{a b}"), 422, "text"},
		{"a template of no name", "PUT", "/sms/templates/A", object("text", "x"), 422, "name"},
		{"a template of no project", "PUT", "/sms/templates/x", object("text", "x", "project", "none"), 404, ""},
		{"no such template removed", "DELETE", "/sms/templates/x", "", 404, ""},
		{"an opt-out of letters", "PUT", "/sms/optouts/abcdef", "", 422, "number"},
		{"an opt-out of no project", "PUT", "/sms/optouts/89190000000?project=none", "", 404, ""},
		{"an opt-out removed that is none", "DELETE", "/sms/optouts/89190000000", "", 404, ""},
		{"opt-outs after nothing", "GET", "/sms/optouts?cursor=x", "", 422, "cursor"},
		{"opt-outs of letters", "GET", "/sms/optouts?phone=abcdef", "", 422, "phone"},
	} {
		t.Run(tt.name, func(t *testing.T) { refused(t, m.v1(tt.method, tt.path, tt.body), tt.want, tt.field) })
	}
	refused(t, m.sent("two words", "phone", phone, "text", "x"), 422, "Idempotency-Key")
	refused(t, m.sent(strings.Repeat("k", 129), "phone", phone, "text", "x"), 422, "Idempotency-Key")
	for place, text := range map[string]string{"character 9: { without }": "Ваш код {code", `character 3: \"a b\" is no name`: "x {a b}"} {
		if got := m.v1("PUT", "/sms/templates/x", object("text", text)).body; !strings.Contains(got, place) {
			t.Errorf("%s does not name the place %s", got, place)
		}
	}
	if got := m.want(t, 200, "GET", path, "").body; got != `{"messages":[]}`+"\n" {
		t.Errorf("there are messages: %s", got)
	}
	if got := m.want(t, 200, "GET", "/sms/optouts", "").body; got != `{"optouts":[]}`+"\n" {
		t.Errorf("there are opt-outs: %s", got)
	}
	for given, number := range map[string]string{phone: "+79190000000", "79190000000": "+79190000000", "+79190000000": "+79190000000", "9190000000": "+79190000000",
		"8 (919) 000-00-00": "+79190000000", "+7 919 000 00 00": "+79190000000", "810 49 30 901820": "+4930901820", "+49 (30) 90 18 20": "+4930901820", "12-345": "12345"} {
		if v := m.text(t, m.send(t, "", "phone", given, "text", "x").ID); v.Phone != given || v.Number != number {
			t.Errorf("%s became %s, %s", given, v.Phone, v.Number)
		}
	}
	for _, text := range []string{strings.Repeat("x", 39_015), strings.Repeat("ю", 2000), strings.Repeat("😀", 39_015), "\"'`\\${x}\n\r\t"} {
		if v := m.text(t, m.send(t, "", "phone", phone, "text", text).ID); v.Text != text || v.Parts == 0 {
			t.Errorf("%.20q became %.20q in %d parts", text, v.Text, v.Parts)
		}
	}
}
