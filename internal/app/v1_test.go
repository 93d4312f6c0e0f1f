package app_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"callgate/api/v1"
	"callgate/esl/esltest"
	"callgate/internal/callcenter"
	"callgate/internal/store/storetest"
)

// newQuiet is a house whose agents' phones ring for a moment and then talk until somebody hangs up. The extension
// "queue" leads into support2@default.
func newQuiet(t *testing.T, database string) *modern {
	t.Helper()
	return newModern(t, newLand(t, database, func(c *esltest.Config) {
		c.Phones = []esltest.Phone{{Addr: "127.0.0.1:5070", AnswerAfter: 300 * time.Millisecond}}
		c.Extensions = []esltest.Extension{{Match: "^queue$", Apps: []esltest.App{{Name: "answer"}, {Name: "callcenter", Data: "support2@default"}}},
			{Match: `^\+?\d{5,}$`, Apps: []esltest.App{{Name: "park"}}},
			{Context: "callgate-out", Match: `^\+?\d{5,}$`, Apps: []esltest.App{{Name: "park"}}}}
		c.Queues = append(c.Queues, esltest.Queue{Name: "spare@default"})
	}))
}

func eachDatabase(t *testing.T, test func(t *testing.T, database string)) {
	t.Helper()
	all := databases[:]
	if testing.Short() { // on one of them each: the store's own tests have both
		one := len(t.Name()) % len(all)
		all = all[one : one+1]
	}
	for _, db := range all {
		t.Run(db.name, func(t *testing.T) { test(t, db.url(t)) })
	}
}

// object writes a body.
func object(pairs ...any) string {
	all := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i].(string)] = pairs[i+1]
	}
	text, _ := json.Marshal(all) // plain values
	return string(text)
}

func query(path string, pairs ...string) string {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return path + "?" + values.Encode()
}

func (m *modern) agentNamed(t *testing.T, name string) *v1.Agent {
	t.Helper()
	for _, a := range list[v1.Agent](t, m, "/agents") {
		if a.Name == name {
			return &a
		}
	}
	return nil
}

func (m *modern) tiersOf(t *testing.T, agent string) (all []v1.Tier) {
	t.Helper()
	for _, one := range list[v1.Tier](t, m, "/tiers") {
		if one.Agent == agent {
			all = append(all, one)
		}
	}
	return all
}

// TestAdministration follows an agent from his first day to his last. Every change is in the answer right after it.
func TestAdministration(t *testing.T) {
	t.Parallel() // it mostly waits
	eachDatabase(t, func(t *testing.T, database string) {
		m := newQuiet(t, database)
		const name = "1002@default"
		at := query("/agents", "name", name)

		m.want(t, 200, "POST", "/agents", object("name", name, "contact", "[leg_timeout=20]user/1002", "wrap_up_time", 7, "max_no_answer", 3))
		a := m.agentNamed(t, name)
		if a == nil || a.Switch != "main" || a.Type != "callback" || a.Contact != "[leg_timeout=20]user/1002" || a.WrapUpTime != 7 || a.MaxNoAnswer != 3 ||
			a.Status != "Logged Out" || a.Ready {
			t.Fatalf("added: %+v", a)
		}
		refused(t, m.want(t, 409, "POST", "/agents", object("name", name)), 409, "")

		m.want(t, 200, "POST", "/tiers", object("queue", "sales@default", "agent", name, "level", 2))
		if got := m.tiersOf(t, name); len(got) != 1 || got[0].Queue != "sales@default" || got[0].Level != 2 || got[0].Position != 1 {
			t.Fatalf("tier added: %+v", got)
		}
		refused(t, m.want(t, 409, "POST", "/tiers", object("queue", "sales@default", "agent", name)), 409, "")
		tier := query("/tiers", "queue", "sales@default", "agent", name)
		m.want(t, 200, "PATCH", tier, object("level", 5, "position", 4))
		if got := m.tiersOf(t, name); len(got) != 1 || got[0].Level != 5 || got[0].Position != 4 {
			t.Errorf("tier changed: %+v", got)
		}
		if got := list[v1.Tier](t, m, query("/tiers", "queue", "sales@default")); len(got) != 2 {
			t.Errorf("tiers of one queue: %+v", got)
		}

		m.want(t, 200, "PATCH", at, object("status", "available (on demand)", "reason", "Начало смены"))
		if a := m.agentNamed(t, name); a.Status != "Available (On Demand)" || a.Misspelled || !a.Ready {
			t.Errorf("status set: %+v", a)
		}
		m.want(t, 200, "PATCH", at, object("status", "ON BREAK"))
		got := list[v1.AgentStatus](t, m, query("/agents/history", "name", name))
		if len(got) != 2 || got[0].Status != "On Break" || got[0].Reason != "" || got[1].Status != "Available (On Demand)" ||
			got[1].Reason != "Начало смены" || got[1].By != login || got[1].Switch != "main" || time.Since(got[1].At) > time.Minute {
			t.Errorf("history: %+v", got)
		}
		if got := list[v1.AgentStatus](t, m, query("/agents/history", "name", name, "limit", "1")); len(got) != 1 || got[0].Status != "On Break" {
			t.Errorf("the newest: %+v", got)
		}
		if got := m.want(t, 200, "GET", query("/agents/registered", "name", name), "").body; got != `{"switch":"main","registered":"no"}`+"\n" {
			t.Errorf("registered: %s", got)
		}

		m.want(t, 200, "POST", "/tiers", object("queue", "support@default", "agent", name))
		m.want(t, 200, "DELETE", query("/tiers", "queue", "support@default", "agent", name), "")
		if got := m.tiersOf(t, name); len(got) != 1 {
			t.Errorf("one of two tiers deleted: %+v", got)
		}
		m.want(t, 200, "DELETE", at, "")
		if a, tiers := m.agentNamed(t, name), m.tiersOf(t, name); a != nil || len(tiers) != 0 {
			t.Errorf("deleted: %+v %+v", a, tiers)
		}
	})
}

// TestNames: names come back as they were given, whatever FreeSWITCH's command line would make of them.
func TestNames(t *testing.T) {
	t.Parallel() // it mostly waits
	m := newQuiet(t, storetest.SQLite(t))
	for _, name := range []string{
		"two words", " blank at both ends ", `it's`, `"quoted"`, `back\slash`, `\n`, `ends in \`, `^^:a:b`, `'^^' \' "x"`, "Иван Петров", "100%", "a,b;c&d=e+f#g",
		"${domain}", "名前",
	} {
		t.Run(name, func(t *testing.T) {
			m.want(t, 200, "POST", "/agents", object("name", name, "contact", "user/1000", "wrap_up_time", 9))
			m.want(t, 200, "PATCH", query("/agents", "name", name), object("status", "available"))
			if a := m.agentNamed(t, name); a == nil || a.WrapUpTime != 9 || a.Status != "Available" || a.Contact != "user/1000" {
				t.Errorf("agent: %+v", a)
			}
			m.want(t, 200, "POST", "/tiers", object("queue", "sales@default", "agent", name))
			m.want(t, 200, "PATCH", query("/tiers", "queue", "sales@default", "agent", name), object("level", 3))
			if got := m.tiersOf(t, name); len(got) != 1 || got[0].Level != 3 {
				t.Errorf("tier: %+v", got)
			}
			if got := list[v1.AgentStatus](t, m, query("/agents/history", "name", name)); len(got) != 1 {
				t.Errorf("history: %+v", got)
			}
			m.want(t, 200, "DELETE", query("/agents", "name", name), "")
			eventually(t, "to be gone", func() bool { return m.agentNamed(t, name) == nil && len(m.tiersOf(t, name)) == 0 }) // a reading may be late
		})
	}
	if got := list[v1.Agent](t, m, "/agents"); len(got) != 2 {
		t.Errorf("left: %+v", got)
	}
}

// TestModernRefusals: what is wrong is named, and nothing of it has reached FreeSWITCH.
func TestModernRefusals(t *testing.T) {
	m := newQuiet(t, storetest.SQLite(t))
	const agent, queue = "1000@default", "support2@default"
	long := strings.Repeat("я", 128)
	for _, tt := range []struct {
		name, method, path, body string
		want                     int
		field                    string
	}{
		{"agent's name with a line break", "POST", "/agents", object("name", "a\nb"), 422, "name"},
		{"agent's name with a zero", "POST", "/agents", object("name", "a\x00b"), 422, "name"},
		{"agent's name with a bar", "POST", "/agents", object("name", "a|b"), 422, "name"},
		{"agent's name with an invisible sign", "POST", "/agents", object("name", "a\u200bb"), 422, "name"},
		{"agent's name too long", "POST", "/agents", object("name", long), 422, "name"},
		{"agent without a name", "POST", "/agents", object("name", ""), 422, "name"},
		{"agent of no type", "POST", "/agents", object("name", "x", "type", "other"), 422, "type"},
		{"agent and no status", "POST", "/agents", object("name", "x", "status", "asleep"), 422, "status"},
		{"agent with what is none of his", "POST", "/agents", object("name", "x", "uuid", "y"), 422, "uuid"},
		{"agent deleted by a name with a bar", "DELETE", query("/agents", "name", "a|b"), "", 422, "name"},
		{"history of a line break", "GET", query("/agents/history", "name", "a\nb"), "", 422, "name"},
		{"history without a name", "GET", "/agents/history", "", 422, "name"},
		{"states without a name", "GET", "/agents/states", "", 422, "name"},
		{"states of an empty name", "GET", "/agents/states?name=", "", 422, "name"},
		{"states from nowhere", "GET", query("/agents/states", "name", agent, "from", "yesterday"), "", 422, "from"},
		{"states after nothing", "GET", query("/agents/states", "name", agent, "cursor", "x"), "", 422, "cursor"},
		{"states of no switch", "GET", query("/agents/states", "name", agent, "switch", "none"), "", 404, ""},
		{"history of none", "GET", query("/agents/history", "name", agent, "limit", "0"), "", 422, "limit"},
		{"status that is none", "PATCH", query("/agents", "name", agent), object("status", "asleep"), 422, "status"},
		{"reason without a status", "PATCH", query("/agents", "name", agent), object("reason", "x"), 422, "reason"},
		{"reason with a line break", "PATCH", query("/agents", "name", agent), object("status", "available", "reason", "a\nb"), 422, "reason"},
		{"reason too long", "PATCH", query("/agents", "name", agent), object("status", "available", "reason", long+long), 422, "reason"},
		{"wrap-up of more than a day", "PATCH", query("/agents", "name", agent), object("wrap_up_time", 86401), 422, "wrap_up_time"},
		{"wrap-up below zero", "PATCH", query("/agents", "name", agent), object("wrap_up_time", -1), 422, "wrap_up_time"},
		{"nothing to change", "PATCH", query("/agents", "name", agent), "{}", 422, "body"},
		{"tier of a queue with a bar", "POST", "/tiers", object("queue", "a|b", "agent", agent), 422, "queue"},
		{"tier of an agent with a tab", "POST", "/tiers", object("queue", queue, "agent", "a\tb"), 422, "agent"},
		{"tier of too high a level", "POST", "/tiers", object("queue", queue, "agent", agent, "level", 10001), 422, "level"},
		{"tier without a change", "PATCH", query("/tiers", "queue", queue, "agent", agent), "{}", 422, "body"},
		{"tier without an agent", "DELETE", query("/tiers", "queue", queue), "", 422, "agent"},
		{"call to letters", "POST", "/calls", object("sip", "1234", "called_number", "89a", "caller_number", "1"), 422, "called_number"},
		{"call from a line break", "POST", "/calls", object("sip", "1234", "called_number", "89", "caller_number", "1\n"), 422, "caller_number"},
		{"call of an account with a brace", "POST", "/calls", object("sip", "12}34", "called_number", "89", "caller_number", "1"), 422, "sip"},
		{"call of nobody", "POST", "/calls", object("sip", "", "called_number", "89", "caller_number", "1"), 422, "sip"},
		{"call for a project that is none", "POST", "/calls", object("sip", "1234", "called_number", "89", "caller_number", "1", "project", "p"), 422, "project"},
		{"call to a feature code", "POST", "/calls", object("sip", "1234", "called_number", "*72", "caller_number", "1"), 422, "called_number"},
		{"a call that is none", "POST", "/calls/x/hold", object("mode", "on"), 404, ""},
		{"a call's id that is none", "POST", "/calls/%24%7Bsystem(id)%7D/park", "", 404, ""},
		{"hold and no mode", "POST", "/calls/x/hold", object("mode", "maybe"), 422, "mode"},
		{"digits and a line break", "POST", "/calls/x/dtmf", object("digits", "1\n"), 422, "digits"},
		{"rule for nobody", "PATCH", query("/destination-rules", "for", "user:"), object("daily", 1), 422, "scope"},
		{"rule with a prefix of letters", "PATCH", query("/destination-rules", "for", "all"), object("deny", []string{"7x"}), 422, "deny"},
		{"rule that no number can meet", "PATCH", query("/destination-rules", "for", "all"), object("min_length", 33), 422, "min_length"},
		{"rule of nothing", "PATCH", query("/destination-rules", "for", "all"), "{}", 422, "body"},
		{"rule removed that is none", "DELETE", query("/destination-rules", "for", "user:nobody"), "", 404, ""},
		{"queue with a bar", "POST", query("/queues/load", "name", "a|b", "confirm", "true"), "", 422, "name"},
		{"queue without a yes", "POST", query("/queues/load", "name", queue), "", 422, "confirm"},
		{"queue anew without a yes", "POST", query("/queues/reload", "name", queue), "", 422, "confirm"},
		{"queue anew with a no", "POST", query("/queues/reload", "name", queue, "confirm", "false"), "", 422, "confirm"},
		{"definition of a queue with a bar", "PUT", query("/queue-definition", "name", "a|b"), "{}", 422, "name"},
		{"definition for no host", "PUT", query("/queue-definition", "name", "x", "hostname", "a b"), "{}", 422, "hostname"},
		{"definition with another strategy", "PUT", query("/queue-definition", "name", "x"), object("strategy", "fastest"), 422, "strategy"},

		{"unknown agent changed", "PATCH", query("/agents", "name", "nobody"), object("status", "available"), 404, ""},
		{"unknown agent deleted", "DELETE", query("/agents", "name", "nobody"), "", 404, ""},
		{"unknown agent's phone", "GET", query("/agents/registered", "name", "nobody"), "", 404, ""},
		{"agent on an unknown switch", "POST", "/agents", object("name", "x", "switch", "other"), 404, ""},
		{"agents of an unknown switch", "GET", query("/agents", "switch", "other"), "", 404, ""},
		{"queues of an unknown switch", "GET", query("/queues", "switch", "other"), "", 404, ""},
		{"tier of an unknown queue", "POST", "/tiers", object("queue", "nobody", "agent", agent), 404, ""},
		{"tier of an unknown agent", "POST", "/tiers", object("queue", queue, "agent", "nobody"), 404, ""},
		{"unknown tier changed", "PATCH", query("/tiers", "queue", "sales@default", "agent", agent), object("level", 1), 404, ""},
		{"unknown tier deleted", "DELETE", query("/tiers", "queue", "sales@default", "agent", agent), "", 404, ""},
		{"unknown queue loaded", "POST", query("/queues/load", "name", "nobody", "confirm", "true"), "", 404, ""},
		{"unknown queue loaded anew", "POST", query("/queues/reload", "name", "nobody", "confirm", "true"), "", 404, ""},
		{"unknown queue unloaded", "POST", query("/queues/unload", "name", "nobody"), "", 404, ""},
		{"unknown definition", "GET", query("/queue-definition", "name", "nobody"), "", 404, ""},
		{"unknown definition deleted", "DELETE", query("/queue-definition", "name", "nobody"), "", 404, ""},

		{"route without a name", "PUT", "/routes", "{}", 422, "name"},
		{"route with a blank in its name", "PUT", query("/routes", "name", "a b"), "{}", 422, "name"},
		{"route with other hours", "PUT", query("/routes", "name", "std"), object("hours", "daily"), 422, "hours"},
		{"route with another step", "PUT", query("/routes", "name", "std"), object("no_agents", "play:x"), 422, "no_agents"},
		{"route with a number of nobody's", "PUT", query("/routes", "name", "std"), object("numbers", []string{"5"}), 422, "number"},
		{"route with what is none of its", "PUT", query("/routes", "name", "std"), object("zone", "UTC"), 422, "zone"},
		{"route of an unknown project", "PUT", query("/routes", "name", "x"), object("project", "nobody"), 404, ""},
		{"unknown route deleted", "DELETE", query("/routes", "name", "nobody"), "", 404, ""},
		{"decisions of all times", "GET", "/decisions", "", 422, "from"},
		{"decisions since yesterday", "GET", query("/decisions", "from", "yesterday"), "", 422, "from"},
		{"too many decisions", "GET", query("/decisions", "from", "2026-01-01T00:00:00Z", "limit", "1001"), "", 422, "limit"},
		{"decisions after nothing", "GET", query("/decisions", "from", "2026-01-01T00:00:00Z", "after", "x"), "", 422, "after"},

		{"no JSON", "POST", "/agents", "{", 400, ""},
		{"a body too large", "POST", "/agents", object("name", strings.Repeat("x", 70<<10)), 413, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			refused(t, m.v1(tt.method, tt.path, tt.body), tt.want, tt.field)
		})
	}
	text := http.Header{"Authorization": {"Bearer " + m.token}, "Content-Type": {"text/plain"}}
	refused(t, m.do("POST", v1.Base+"/agents", object("name", "x"), text), 415, "")
	if got := m.v1("POST", query("/queues/load", "name", queue), "").body; !strings.Contains(got, callcenter.LoadWarning) {
		t.Errorf("what has to be confirmed is not said: %s", got)
	}
	for _, command := range m.sw.Commands() {
		for _, change := range []string{" set ", " add ", " del ", " unload "} {
			// Commands about what is not there ask FreeSWITCH itself.
			if strings.Contains(command, "callcenter_config") && strings.Contains(command, change) && !strings.Contains(command, "nobody") {
				t.Errorf("FreeSWITCH got %q", command)
			}
		}
	}
}

// TestUnknownParameters: no operation passes over a parameter that it does not know, or a part of the query that cannot be read.
func TestUnknownParameters(t *testing.T) {
	t.Parallel() // it mostly waits
	m := newQuiet(t, storetest.SQLite(t))
	for _, operation := range m.operations() {
		method, named, _ := strings.Cut(operation, " ")
		path := strings.ReplaceAll(named, "{id}", "x")
		refused(t, m.v1(method, path+"?quueue=sales%40default", ""), 422, "quueue")
		refused(t, m.v1(method, path+"?Limit=1", ""), 422, "Limit")
		refused(t, m.v1(method, path+"?name=x;confirm=true", ""), 422, "query")
		if open := m.doc.Paths.Value(named).GetOperation(method).Security; open == nil || len(*open) > 0 { // else it wants no token
			refused(t, m.as("", method, path+"?quueue=x", ""), 401, "")
		}
	}
}

// TestSwitchGone: without a link commands are refused, and what was known last is still shown.
func TestSwitchGone(t *testing.T) {
	m := newQuiet(t, storetest.SQLite(t))
	m.sw.RefuseByACL(true)
	m.sw.CutConnections()
	eventually(t, "link down", func() bool { return m.get("/readyz").status == 503 })
	const agent, queue = "1000@default", "support2@default"
	for _, tt := range []struct{ name, method, path, body string }{
		{"add an agent", "POST", "/agents", object("name", "x")},
		{"change an agent", "PATCH", query("/agents", "name", agent), object("status", "on break")},
		{"delete an agent", "DELETE", query("/agents", "name", agent), ""},
		{"an agent's phone", "GET", query("/agents/registered", "name", agent), ""},
		{"add a tier", "POST", "/tiers", object("queue", queue, "agent", agent)},
		{"change a tier", "PATCH", query("/tiers", "queue", queue, "agent", agent), object("level", 1)},
		{"delete a tier", "DELETE", query("/tiers", "queue", queue, "agent", agent), ""},
		{"load a queue", "POST", query("/queues/load", "name", queue, "confirm", "true"), ""},
		{"unload a queue", "POST", query("/queues/unload", "name", queue), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := m.v1(tt.method, tt.path, tt.body)
			refused(t, got, 503, "")
			if got.header.Get("Retry-After") == "" {
				t.Errorf("headers %v", got.header)
			}
		})
	}
	if a := m.agentNamed(t, agent); a == nil || a.Status != "Available" || len(m.tiersOf(t, agent)) != 1 {
		t.Errorf("the agent as he was: %+v", a)
	}
	if got := list[v1.AgentStatus](t, m, query("/agents/history", "name", agent)); len(got) != 0 {
		t.Errorf("history of what was not done: %+v", got)
	}
}

// TestQueues: a queue is defined, asked for as mod_xml_curl asks, loaded and unloaded.
func TestQueues(t *testing.T) {
	eachDatabase(t, func(t *testing.T, database string) {
		m := newQuiet(t, database)
		named := query("/queue-definition", "name", "Продажи & Co")
		m.want(t, 200, "PUT", named, object("strategy", "ring-all", "moh_sound", "local_stream://moh", "max_wait_time", 0, "tier_rules_apply", false,
			"record_template", "/rec/${strftime(%Y-%m-%d)}/${uuid}.wav"))
		var d v1.QueueDefinition
		if err := json.Unmarshal([]byte(m.want(t, 200, "GET", named, "").body), &d); err != nil {
			t.Fatal(err)
		}
		if d.Name != "Продажи & Co" || d.Params.Strategy != "ring-all" || d.Params.MaxWaitTime == nil || d.ChangedBy != login || time.Since(d.ChangedAt) > time.Minute {
			t.Errorf("defined: %+v", d)
		}
		refused(t, m.v1("PUT", query("/queue-definition", "name", "Продажи & CO"), "{}"), 409, "")
		m.want(t, 200, "PUT", query("/queue-definition", "name", "night@default", "hostname", "other"), object("max_wait_time", 5))
		if got := list[v1.QueueDefinition](t, m, "/queue-definitions"); len(got) != 2 {
			t.Errorf("definitions: %+v", got)
		}

		const about = "hostname=pretend&section=configuration&tag_name=configuration&key_name=name&key_value=callcenter.conf"
		ask := func(user, password, body string) reply {
			req, err := http.NewRequest(http.MethodPost, m.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.SetBasicAuth(user, password)
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			return m.do(http.MethodPost, "/xml", body, req.Header)
		}
		one := ask("xml", "xmlpass", about+"&CC-Queue="+strings.ReplaceAll(url.QueryEscape("Продажи & Co"), "+", "%20"))
		if one.status != 200 || !strings.Contains(one.body, `<queue name="&#1055;&#1088;`) || !strings.Contains(one.body, `<param name="max-wait-time" value="0"/>`) ||
			strings.Contains(one.body, "${") || strings.Contains(one.body, "night@default") {
			t.Errorf("one queue: %d %s", one.status, one.body)
		}
		if got := ask("xml", "xmlpass", about+"&CC-Queue=night%40default"); !strings.Contains(got.body, `status="not found"`) {
			t.Errorf("another switch's queue: %s", got.body)
		}
		if got := ask("xml", "xmlpass", strings.Replace(about, "pretend", "other", 1)).body; strings.Count(got, "<queue ") != 2 {
			t.Errorf("all queues of the other switch: %s", got)
		}
		if got := ask("xml", "wrong", about); got.status != 401 {
			t.Errorf("with a wrong password: %d", got.status)
		}

		// Whether FreeSWITCH asks us for it is a matter of its configuration; the pretend one knows its own queues.
		warned := m.want(t, 200, "POST", query("/queues/load", "name", "spare@default", "confirm", "true"), "")
		if body := warned.body; !strings.Contains(body, callcenter.LoadWarning) || !strings.Contains(body, `"stale":false`) {
			t.Errorf("loaded: %s", body)
		}
		m.want(t, 200, "POST", query("/queues/reload", "name", "spare@default", "confirm", "true"), "")
		runs := func() bool {
			for _, q := range list[v1.Queue](t, m, "/queues") {
				if q.Name == "spare@default" {
					return true
				}
			}
			return false
		}
		if !runs() {
			t.Error("the queue that was loaded does not run")
		}
		if got := m.want(t, 200, "POST", query("/queues/unload", "name", "spare@default"), ""); !strings.Contains(got.body, callcenter.UnloadWarning) {
			t.Errorf("unloaded: %s", got.body)
		}
		if runs() {
			t.Error("the queue that was unloaded runs")
		}
		m.want(t, 200, "DELETE", named, "")
		refused(t, m.v1("GET", named, ""), 404, "")
	})
}

// TestLiveViews follows a caller through a queue: he waits, talks, and leaves the agent with his wrap-up.
func TestLiveViews(t *testing.T) {
	t.Parallel() // it mostly waits
	m := newQuiet(t, storetest.SQLite(t))
	const agent, queue, number = "1000@default", "support2@default", "79190000001"
	blind := m.user("blind", "agents/see", "queues/see")
	m.want(t, 200, "PATCH", query("/agents", "name", agent), object("status", "on break", "wrap_up_time", 600, "contact", "user/1000"))
	caller, err := m.sw.Call(esltest.Call{Number: number, Extension: "queue"})
	if err != nil {
		t.Fatal(err)
	}
	callers := func() []v1.Caller { return list[v1.Caller](t, m, query("/queues/callers", "queue", queue)) }
	runs := func() (found v1.Queue) {
		for _, q := range list[v1.Queue](t, m, "/queues") {
			if q.Name == queue {
				return q
			}
		}
		t.Fatal("the queue is gone")
		return found
	}
	eventually(t, "a caller who waits", func() bool { return len(callers()) == 1 })
	if c := callers()[0]; c.Number != number || c.UUID != caller.UUID() || c.Queue != queue || c.Switch != "main" || c.Waited < 0 ||
		time.Since(time.Unix(c.Joined, 0)) > time.Minute {
		t.Errorf("who waits: %+v", c)
	}
	if got := list[v1.Caller](t, m, query("/queues/callers", "queue", "sales@default")); len(got) != 0 {
		t.Errorf("callers of another queue: %+v", got)
	}
	if q := runs(); q.Waiting != 1 || q.Talking != 0 || q.Today.Offered != 1 || q.LongestWait < 0 {
		t.Errorf("a queue with one who waits: %+v", q)
	}
	if got := m.as(blind, "GET", "/queues/callers", "").body; strings.Contains(got, number) || !strings.Contains(got, `"number":"*****"`) {
		t.Errorf("callers without the right to see numbers: %s", got)
	}

	m.want(t, 200, "PATCH", query("/agents", "name", agent), object("status", "available"))
	eventually(t, "a talk", func() bool { return m.agentNamed(t, agent).Talk != nil })
	a := m.agentNamed(t, agent)
	if a.State != "In a queue call" || a.Talk.Caller != number || a.Talk.UUID != caller.UUID() || a.Talk.Queue != queue || a.Ready || a.WrapUpEnds != 0 ||
		time.Since(time.Unix(a.Talk.Since, 0)) > time.Minute {
		t.Errorf("who talks: %+v %+v", a, a.Talk)
	}
	if q := runs(); q.Waiting != 0 || q.Talking != 1 || q.Today.Answered != 1 || q.Today.Offered != 1 {
		t.Errorf("a queue with one who talks: %+v", q)
	}
	if got := m.as(blind, "GET", "/agents", "").body; strings.Contains(got, number) || !strings.Contains(got, `"caller":"*****"`) {
		t.Errorf("agents without the right to see numbers: %s", got)
	}

	caller.Hangup()
	eventually(t, "wrap-up", func() bool { return m.agentNamed(t, agent).WrapUpEnds > time.Now().Unix() })
	if a := m.agentNamed(t, agent); a.Talk != nil || a.Ready || a.Today.Answered != 1 || a.Today.Offered != 1 || a.LastBridgeEnd == 0 {
		t.Errorf("after the talk: %+v", a)
	}
	if q := runs(); q.Waiting != 0 || q.Talking != 0 || q.Today.Answered != 1 || q.Today.Abandoned != 0 {
		t.Errorf("an empty queue: %+v", q)
	}
	var switches []v1.Switch
	if switches = list[v1.Switch](t, m, "/switches"); len(switches) != 1 || switches[0].Name != "main" || switches[0].Core != m.sw.CoreUUID() ||
		switches[0].Age > 10 || switches[0].ClockOffset < -1 || switches[0].ClockOffset > 1 {
		t.Errorf("switches: %+v", switches)
	}
	if got := m.v1("GET", "/queues", ""); got.header.Get("Age") == "" {
		t.Errorf("headers %v", got.header)
	}

	// A number that stands in a contact is one, too.
	const mobile = "[leg_timeout=20,origination_caller_id_number=78001112233]sofia/gateway/trunk/+79261234567"
	m.want(t, 200, "PATCH", query("/agents", "name", agent), object("contact", mobile))
	if got := m.agentNamed(t, agent).Contact; got != mobile {
		t.Errorf("contact %s", got)
	}
	got := m.as(blind, "GET", "/agents", "").body
	if !strings.Contains(got, `"contact":"[leg_timeout=20,origination_caller_id_number=*****]sofia/gateway/trunk/*****"`) || !strings.Contains(got, `"user/1001"`) {
		t.Errorf("contacts without the right to see numbers: %s", got)
	}
}
