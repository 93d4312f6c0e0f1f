package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "callgate/api/v1"
	"callgate/esl/esltest"
	"callgate/internal/app"
	"callgate/internal/call"
	"callgate/internal/project"
	"callgate/internal/store/storetest"
)

// leg makes a leg that is up until somebody ends it, behind callgate's back, and waits until callgate knows it.
func (m *modern) leg(t *testing.T, account string) (uuid string) {
	t.Helper()
	id, ok := strings.CutPrefix(strings.TrimSpace(m.command(t, "originate {ignore_early_media=true}user/"+account+" &park()")), "+OK ")
	if !ok {
		t.Fatal(id)
	}
	eventually(t, "a live call", func() bool { return m.v1("GET", "/calls/live/"+id, "").status == 200 && m.one(t, id).State == "active" })
	return id
}

// one asks for a call.
func (m *modern) one(t *testing.T, uuid string) (c v1.LiveCall) {
	t.Helper()
	if err := json.Unmarshal([]byte(m.want(t, 200, "GET", "/calls/live/"+uuid, "").body), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func (m *modern) make(t *testing.T, key string, pairs ...any) (o v1.Outcome, got reply) {
	t.Helper()
	header := http.Header{"Authorization": {"Bearer " + m.token}, "Content-Type": {"application/json"}}
	if key != "" {
		header.Set("Idempotency-Key", key)
	}
	got = m.do("POST", v1.Base+"/calls", object(pairs...), header)
	_ = json.Unmarshal([]byte(got.body), &o) // a problem is none
	return o, got
}

// TestLiveCalls follows one call made here from its beginning to its end.
func TestLiveCalls(t *testing.T) {
	t.Parallel() // it mostly waits
	m := newQuiet(t, storetest.SQLite(t))
	o, got := m.make(t, "", "sip", "1234", "called_number", "89100000000", "caller_number", "1001")
	if got.status != 200 || o.Outcome != "answered" || o.UUID == "" || o.Cause != "" {
		t.Fatalf("%d %s", got.status, got.body)
	}
	eventually(t, "the call", func() bool { c := m.one(t, o.UUID); return c.State == "active" && c.Recorded && c.Order != "" })
	c := m.one(t, o.UUID)
	if c.Switch != "main" || c.Direction != "outbound" || c.User != login || c.Order != o.UUID || time.Since(time.Unix(c.Answered, 0)).Abs() > time.Minute ||
		c.Caller == "" || c.Callee == "" {
		t.Errorf("%+v", c)
	}
	blind := m.user("blind", "calls/see")
	if got := m.as(blind, "GET", "/calls/live/"+o.UUID, ""); !strings.Contains(got.body, `"caller":"*****","callee":"*****"`) {
		t.Errorf("without numbers/see: %s", got.body)
	}
	m.want(t, 200, "POST", "/calls/"+o.UUID+"/hold", object("mode", "toggle"))
	eventually(t, "held", func() bool { return m.one(t, o.UUID).State == "held" })
	m.want(t, 200, "POST", "/calls/"+o.UUID+"/hangup", object("cause", "USER_BUSY"))
	eventually(t, "the end", func() bool { return m.v1("GET", "/calls/live/"+o.UUID, "").status == 404 })
	if all := list[v1.LiveCall](t, m, "/calls/live"); len(all) != 0 {
		t.Errorf("left: %+v", all)
	}
	if o, _ := m.make(t, "", "sip", "9999", "called_number", "89100000000", "caller_number", "1001"); o != (v1.Outcome{Outcome: "refused", Cause: "SUBSCRIBER_ABSENT"}) {
		t.Errorf("refused: %+v", o)
	}
	refused(t, m.v1("GET", "/calls/live?switch=nowhere", ""), 404, "")
}

// TestIdempotencyKey: two processes on one database ring once for one key, and answer alike.
func TestIdempotencyKey(t *testing.T) {
	t.Parallel() // it mostly waits
	eachDatabase(t, func(t *testing.T, database string) {
		m := newQuiet(t, database)
		other := &modern{house: (&land{database: database, recordings: filepath.Join(t.TempDir(), "r"), addr: freeAddr(t), sw: m.sw}).build(t, nil),
			seen: map[string]bool{}}
		other.ready()
		other.token = m.token
		order := []any{"sip", "1234", "called_number", "89100000000", "caller_number", "1001"}
		answers := make(chan v1.Outcome)
		for _, who := range []*modern{m, other, m, other} {
			go func() {
				o, _ := who.make(t, "k-1", order...)
				answers <- o
			}()
		}
		first := <-answers
		for range 3 {
			if o := <-answers; o != first || o.Outcome != "answered" {
				t.Errorf("%+v, then %+v", first, o)
			}
		}
		if o, _ := other.make(t, "k-1", order...); o != first {
			t.Errorf("later: %+v", o)
		}
		if n := count(m.sw.Commands(), "originate"); n != 1 {
			t.Errorf("%d originates", n)
		}
		_, got := m.make(t, "k-1", "sip", "1234", "called_number", "89100000001", "caller_number", "1001")
		refused(t, got, 422, "Idempotency-Key")
		_, got = m.make(t, "not printable: \u00a0", order...)
		refused(t, got, 422, "Idempotency-Key")
		// What rang nobody may be ordered again under its key.
		_, got = m.make(t, "k-2", "sip", "1234", "called_number", "*72", "caller_number", "1001")
		refused(t, got, 422, "called_number")
		m.want(t, 200, "PATCH", query("/destination-rules", "for", "all"), object("codes", true))
		if _, got = m.make(t, "k-2", "sip", "1234", "called_number", "*72", "caller_number", "1001"); got.status != 200 {
			t.Errorf("again: %d %s", got.status, got.body)
		}
	})
}

// TestDestinationRules: what rules and limits say holds for both faces, in every process within a second.
func TestDestinationRules(t *testing.T) {
	t.Parallel() // it mostly waits
	l := newLand(t, storetest.SQLite(t), func(c *esltest.Config) {
		c.Phones = []esltest.Phone{{Addr: "127.0.0.1:5070"}}
		c.Extensions[0].Apps = []esltest.App{{Name: "park"}}
	})
	h := l.build(t, nil)
	h.ready()
	h.signIn()
	const denied, full = `{"error":"Wrong called_number!"}`, `{"error":"Too many requests!"}`
	rule := func(of string, c call.RuleChange) {
		t.Helper()
		scope, err := call.ParseScope(of)
		if err != nil {
			t.Fatal(err)
		}
		l.administer(t, func(a *app.Administration) error { return a.Destinations.Set(t.Context(), scope, c, "test", nil) })
	}
	list := func(of ...string) *[]string { return &of }
	number := func(n int) *int { return &n }
	called := func(n string) func() reply {
		return func() reply { return h.call("/contact/add", order(n, "1001", "1234")) }
	}
	becomes := func(what string, status int, body string, ask func() reply) {
		t.Helper()
		eventually(t, what, func() bool { got := ask(); return got.status == status && (body == "" || got.body == body) })
	}
	becomes("any number", 200, "", called("79001112233"))
	rule("all", call.RuleChange{Allow: list("7", "8")})
	becomes("not among those allowed", 419, denied, called("+39001112233"))
	becomes("allowed with a plus", 200, "", called("+79001112233"))
	rule("user:"+login, call.RuleChange{Deny: list("7900")})
	becomes("denied to the user", 419, denied, called("79001112233"))
	becomes("allowed to the user", 200, "", called("79101112233"))
	l.administer(t, func(a *app.Administration) error {
		return a.Projects.Add(t.Context(), project.Project{ID: "p1", Name: "One", Numbers: []string{"1001"}, SLSeconds: 20})
	})
	rule("project:p1", call.RuleChange{MinLength: number(12)})
	becomes("too short for the project of the caller's number", 419, denied, called("79101112233"))
	if got := h.call("/contact/add", order("79101112233", "1002", "1234")); got.status != 200 {
		t.Errorf("of no project: %d %s", got.status, got.body)
	}
	rule("project:p1", call.RuleChange{MinLength: number(0), Daily: number(2)})
	becomes("two a day", 429, full, called("79101112233"))
	if got := called("79101112233")(); got.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	rule("project:p1", call.RuleChange{Daily: number(0), Concurrent: number(1)})
	h.command(t, "hupall NORMAL_CLEARING")
	becomes("one at a time", 200, "", called("79101112233"))
	becomes("one at a time", 429, full, called("79101112233"))
	h.command(t, "hupall NORMAL_CLEARING")
	becomes("one at a time, after it is over", 200, "", called("79101112233"))
	rule("project:p1", call.RuleChange{Concurrent: number(0)})
	l.set(t, "originate.max_concurrent", "1")
	becomes("one in all", 429, full, func() reply { return h.call("/contact/add", order("79101112233", "1002", "1234")) })
	l.set(t, "originate.max_concurrent", "0", "originate.max_per_second", "1")
	becomes("one a second", 429, full, called("79101112233"))
	before := count(l.sw.Commands(), "originate")
	if got := called("79001112233")(); got.status != 419 || count(l.sw.Commands(), "originate") != before {
		t.Errorf("what is refused reaches the switch: %d", got.status)
	}
}

// TestCallsOfProjects: who is limited to projects sees and steers their calls only, and does not learn of others.
func TestCallsOfProjects(t *testing.T) {
	t.Parallel() // it mostly waits
	l := newLand(t, storetest.SQLite(t), func(c *esltest.Config) {
		c.Phones = []esltest.Phone{{Addr: "127.0.0.1:5070"}, {Addr: "127.0.0.1:5080"}}
		c.Extensions = append(c.Extensions, esltest.Extension{Match: "^(78\\d+)$", Apps: []esltest.App{{Name: "answer"}, {Name: "park"}}})
	})
	m := newModern(t, l)
	l.administer(t, func(a *app.Administration) error {
		for _, p := range []project.Project{{ID: "p1", Name: "One", Numbers: []string{"7801"}, Queues: []string{"sales@default"}, SLSeconds: 20},
			{ID: "p2", Name: "Two", Numbers: []string{"7802", "1002"}, SLSeconds: 20}} {
			if err := a.Projects.Add(t.Context(), p); err != nil {
				return err
			}
		}
		return nil
	})
	one, two := m.userOf("one", []string{"p1"}, "*/*"), m.userOf("two", []string{"p2"}, "*/*")
	ids := map[string]string{}
	for _, number := range []string{"7801", "7802"} {
		caller, err := l.sw.Call(esltest.Call{Number: "7802", Extension: number})
		if err != nil {
			t.Fatal(err)
		}
		ids[number] = caller.UUID()
	}
	sees := func(token string) (all []string) {
		var rows []v1.LiveCall
		if err := json.Unmarshal([]byte(m.as(token, "GET", "/calls/live", "").body), &rows); err != nil {
			t.Fatal(err)
		}
		for _, c := range rows {
			all = append(all, c.Callee)
		}
		slices.Sort(all)
		return all
	}
	eventually(t, "what each sees", func() bool {
		return fmt.Sprint(sees(one), sees(two), sees(m.token)) == "[7801] [7802] [7801 7802]"
	})
	for _, tt := range []struct {
		name, token, number string
		want                int
	}{{"his", one, "7801", 200}, {"another's", one, "7802", 404}, {"another's, who shows our number", two, "7801", 404}} {
		id := ids[tt.number]
		for _, ask := range [][3]string{{"GET", "/calls/live/" + id, ""}, {"POST", "/calls/" + id + "/dtmf", object("digits", "1")},
			{"POST", "/calls/" + id + "/hold", object("mode", "toggle")}} {
			if got := m.as(tt.token, ask[0], ask[1], ask[2]); got.status != tt.want {
				t.Errorf("%s: %s: %d %s", tt.name, ask[1], got.status, got.body)
			}
		}
	}
	refused(t, m.as(one, "POST", "/calls/"+ids["7801"]+"/bridge", object("with", ids["7802"])), 422, "with")
	refused(t, m.as(one, "POST", "/calls/"+ids["7801"]+"/transfer", object("queue", "support@default")), 422, "queue")
	refused(t, m.as(one, "POST", "/calls", object("sip", "1234", "called_number", "89100000000", "caller_number", "1", "project", "p2")), 422, "project")
	// A call made here is the project's that it was made for, whatever number it shows.
	got := m.as(one, "POST", "/calls", object("sip", "1234", "called_number", "89100000000", "caller_number", "1002"))
	var o v1.Outcome
	if err := json.Unmarshal([]byte(got.body), &o); err != nil || o.Outcome != "answered" {
		t.Fatal(got.body)
	}
	eventually(t, "his call", func() bool { return m.as(one, "GET", "/calls/live/"+o.UUID, "").status == 200 })
	if got := m.as(two, "GET", "/calls/live/"+o.UUID, ""); got.status != 404 {
		t.Errorf("another's: %d %s", got.status, got.body)
	}
	for _, of := range []string{"all", "user:two", "project:p2"} {
		rule := query("/destination-rules", "for", of)
		refused(t, m.as(one, "PATCH", rule, object("codes", true)), 403, "")
		m.want(t, 200, "PATCH", rule, object("daily", 9))
		refused(t, m.as(one, "DELETE", rule, ""), 403, "")
	}
	own := m.as(one, "PATCH", query("/destination-rules", "for", "project:p1"), object("daily", 9))
	var rules []v1.DestinationRule
	if err := json.Unmarshal([]byte(own.body), &rules); err != nil || own.status != 200 || len(rules) != 2 || rules[0].For != "all" || rules[1].For != "project:p1" {
		t.Errorf("his project's rule: %d %s", own.status, own.body)
	}
}
