package app_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "callgate/api/v1"
	"callgate/internal/account"
	"callgate/internal/store/storetest"
)

// v1Rights are all rights of the modern face.
var v1Rights = []string{"agents/see", "agents/status", "agents/change", "tiers/see", "tiers/change", "queues/see", "queues/change", "switch/texts",
	"routes/see", "routes/change",
	"calls/see", "calls/make", "calls/hangup", "calls/transfer", "calls/hold", "calls/mute", "calls/dtmf", "calls/record", "calls/listen", "calls/bridge",
	"calls/park", "calls/search", "calls/export", "destinations/see", "destinations/change",
	"recordings/see", "recordings/listen", "cdr/gaps", "reports/see",
	"reports/schedule", "reports/scheduleall", "mail/test",
	"sms/send", "sms/list", "sms/templates", "sms/optouts", "sms/providers", "audit/see", "users/see", "users/edit", "modules/see", "modules/edit", "settings/see", "settings/edit", "projects/see", "projects/edit",
	"webhooks/see", "webhooks/edit", "requests/see", "system/see"}

// users signs a user in for each set of rights, once.
type users struct {
	*modern
	tokens map[string]string
}

func (u *users) with(rights ...string) (token string) {
	key := strings.Join(rights, " ")
	if u.tokens[key] == "" {
		u.tokens[key] = u.user(fmt.Sprintf("user%d", len(u.tokens)), append(rights, "some/other")...)
	}
	return u.tokens[key]
}

func (u *users) without(right string) (token string) {
	return u.with(slices.DeleteFunc(slices.Clone(v1Rights), func(r string) bool { return r == right })...)
}

// aliens are the answers to who is limited to a project that has nothing, where they are no refusal: a list has nothing of
// others, and what is sent, made or ordered is his own.
var aliens = map[string]string{
	"see agents": `\[\]\n`, "see tiers": `\[\]\n`, "see queues": `\[\]\n`, "see callers": `\[\]\n`, "see definitions": `\[\]\n`, "see routes": `\[\]\n`, "see live calls": `\[\]\n`,
	"see rules": `\[\]\n`, "be told of queues": emptyTopics, "be told of agents": emptyTopics, "be told of calls": emptyTopics, "be told of all": emptyTopics,
	"see switches": `\[\{"name":"main",[^}]*\}\]\n`, "see projects": `\[\{"id":"alien",[^}]*\}\]\n`, "see decisions": `\{"decisions":\[\]\}\n`,
	"search calls": `\{"calls":\[\]\}\n`, "search calls by number": `\{"calls":\[\]\}\n`, "export calls": `[^\n]*\n`, "export calls by number": `[^\n]*\n`,
	"make a call": `\{"outcome":"answered",.*\n`, "see recordings": `\{"recordings":\[(\{[^}]*"project":"alien",[^}]*\})?\],"next":""\}\n`,
	"report queues": noRows, "report queues by number": noRows, "report agents": noRows, "report numbers": noRows, "report causes": noRows, "report the contact centre": noRows,
	"report hours": `\{[^[]*"rows":\[(\{"weekday":\d,"hour":\d+,"times":\d,"inbound":0,[^}]*\},?)*\].*\n`, "report as a file": `[^\n]*\n`, "see gaps": `\{"gaps":\[\],.*\n`,
	"schedule a report": `\{.*"b@example.com".*\n`, "see schedules": `\[\{[^}]*"to":\["b@example.com"\][^}]*\}\]\n`, "test the mail server": `\{"result":"refused".*\n`,
	"see modules": `\[\{"module":"auth",.*\n`, "see who switched what": `\{"changes":\[.*\n`, "add a webhook": `\{.*"projects":\["alien"\].*"owner":"alien".*\n`,
	"see webhooks": `\[\{[^}]*"owner":"alien"[^}]*\}\]\n`, "see the status": `\{"version".*\n`, "see requests": `\{"requests":\[\]\}\n`, "send a message": `\{"id":1,.*\n`,
	"send many": `\{"accepted":1,.*\n`, "see messages": `\{"messages":\[\{"id":3,[^}]*\},\{"id":1,[^}]*\}\]\}\n`, "see messages to a number": `\{"messages":\[\{"id":3,[^}]*\},\{"id":1,[^}]*\}\]\}\n`,
	"see a message": `\{"id":1,.*\n`, "see templates": `\[\{"name":"code","project":"",.*\n`, "see a template": `\{"name":"code","project":"",.*\n`, "see opt-outs": `\{"optouts":\[\]\}\n`,
	"see presets": `\[.*\n`, "see how a provider would be asked": `\{"method":"POST","url":"https://sms.ru/.*"body":"api_id=\.\.\.&.*\n`, "see users": `\[\{"login":"alien",[^{]*\}\]\n`,
}

const (
	noRows      = `\{[^[]*"rows":\[\].*\n`
	emptyTopics = `retry: \d+\n\n(id: \S+\nevent: snapshot\ndata: \{"topic":"\w+","switch":"main","stale":false,"rows":\[\]\}\n\n)+(event: end\n.*)?`
)

// TestEveryRoute: each operation is open to whoever has just the rights it needs, and closed to who has no token that is valid,
// to whoever lacks one of the rights and has all others, to everybody while it is switched off, and to who is limited to a
// project that has nothing to do with it.
func TestEveryRoute(t *testing.T) {
	t.Parallel() // it mostly waits
	database := storetest.SQLite(t)
	m := newQuiet(t, database)
	u, strangers := users{m, map[string]string{}}, m.strangers(t, database)
	m.want(t, 201, "POST", "/projects", object("id", "alien", "name", "Alien"))
	alien := m.limited("alien", []string{"alien"}, append(v1Rights, "numbers/see")...)
	record(t, m.recordings, "leg", time.Second)
	m.postCDR(t, "past", "text/xml", `<cdr><variables><uuid>past</uuid><start_uepoch>1777798800000000</start_uepoch></variables></cdr>`)
	schedule := "/report-schedules/" + m.schedule(t, m.token, "a@example.com")
	const agent, queue, texts = "1000@default", "sales@default", "switch/texts"
	named, defined := query("/agents", "name", agent), query("/queue-definition", "name", "new@default")
	tier, route := query("/tiers", "queue", queue, "agent", agent), query("/routes", "name", "std")
	hook := m.hook(t, m.token)
	one, two := m.leg(t, "1000"), m.leg(t, "1001")
	ours := "/calls/" + one
	for _, tt := range []struct {
		name, method, path, body string
		needs                    []string
	}{
		{"see agents", "GET", "/agents", "", []string{"agents/see"}},
		{"see an agent", "GET", query("/agent", "name", agent), "", []string{"agents/see"}},
		{"see a phone", "GET", query("/agents/registered", "name", agent), "", []string{"agents/see"}},
		{"see a history", "GET", query("/agents/history", "name", agent), "", []string{"agents/see"}},
		{"see states", "GET", query("/agents/states", "name", agent), "", []string{"agents/see"}},
		{"add an agent", "POST", "/agents", object("name", "a", "wrap_up_time", 5), []string{"agents/change"}},
		{"add one with a contact", "POST", "/agents", object("name", "b", "contact", "user/1000"), []string{"agents/change", texts}},
		{"add one with a status", "POST", "/agents", object("name", "c", "status", "On Break"), []string{"agents/change", "agents/status"}},
		{"set a status", "PATCH", named, object("status", "On Break"), []string{"agents/status"}},
		{"set a wrap-up", "PATCH", named, object("wrap_up_time", 5), []string{"agents/change"}},
		{"set a type", "PATCH", named, object("type", "callback"), []string{"agents/change"}},
		{"set a contact", "PATCH", named, object("contact", "user/1000"), []string{"agents/change", texts}},
		{"set all of it", "PATCH", named, object("contact", "user/1000", "status", "On Break", "max_no_answer", 1),
			[]string{"agents/change", "agents/status", texts}},

		{"see tiers", "GET", "/tiers", "", []string{"tiers/see"}},
		{"add a tier", "POST", "/tiers", object("queue", queue, "agent", agent), []string{"tiers/change"}},
		{"see a tier", "GET", query("/tier", "queue", queue, "agent", agent), "", []string{"tiers/see"}},
		{"change a tier", "PATCH", tier, object("level", 2), []string{"tiers/change"}},
		{"delete a tier", "DELETE", tier, "", []string{"tiers/change"}},
		{"delete an agent", "DELETE", named, "", []string{"agents/change"}},

		{"see queues", "GET", "/queues", "", []string{"queues/see"}},
		{"be told of queues", "GET", "/stream?once=true&topics=queues", "", []string{"queues/see"}},
		{"be told of agents", "GET", "/stream?once=true&topics=agents", "", []string{"agents/see"}},
		{"be told of calls", "GET", "/stream?once=true&topics=calls", "", []string{"calls/see"}},
		{"be told of all", "GET", "/stream?once=true&topics=calls,agents,queues", "", []string{"calls/see", "agents/see", "queues/see"}},
		{"see callers", "GET", "/queues/callers", "", []string{"queues/see"}},
		{"see switches", "GET", "/switches", "", []string{"queues/see"}},
		{"load a queue", "POST", query("/queues/load", "name", queue, "confirm", "true"), "", []string{"queues/change"}},
		{"load a queue anew", "POST", query("/queues/reload", "name", queue, "confirm", "true"), "", []string{"queues/change"}},
		{"unload a queue", "POST", query("/queues/unload", "name", queue), "", []string{"queues/change"}},
		{"define a queue", "PUT", defined, object("max_wait_time", 5), []string{"queues/change"}},
		{"define its music", "PUT", defined, object("moh_sound", "local_stream://moh"), []string{"queues/change", texts}},
		{"leave its music", "PUT", defined, object("moh_sound", "local_stream://moh", "max_wait_time", 6), []string{"queues/change"}},
		{"define its announcement", "PUT", defined, object("announce_sound", "/s/a.wav"), []string{"queues/change", texts}},
		{"define its recordings", "PUT", defined, object("record_template", "/r/${uuid}.wav"), []string{"queues/change", texts}},
		{"leave them out", "PUT", defined, "{}", []string{"queues/change", texts}},
		{"see definitions", "GET", "/queue-definitions", "", []string{"queues/see"}},
		{"see a definition", "GET", defined, "", []string{"queues/see"}},
		{"delete a definition", "DELETE", defined, "", []string{"queues/change"}},

		{"add a project", "POST", "/projects", object("id", "p", "name", "P", "numbers", []string{"78005553535"}), []string{"projects/edit"}},
		{"see projects", "GET", "/projects", "", []string{"projects/see"}},
		{"see a project", "GET", "/projects/p", "", []string{"projects/see"}},
		{"change a project", "PATCH", "/projects/p", object("sl_seconds", 30), []string{"projects/edit"}},
		{"find a number", "GET", query("/numbers", "number", "88005553535"), "", []string{"projects/see", "numbers/see"}},
		{"try a route", "GET", query("/route-trial", "number", "88005553535"), "", []string{"routes/see", "numbers/see"}},
		{"remove a project", "DELETE", "/projects/p", "", []string{"projects/edit"}},
		{"make a route", "PUT", route, object("open", "hangup"), []string{"routes/change"}},
		{"make it lead elsewhere", "PUT", route, object("open", "transfer:100"), []string{"routes/change", texts}},
		{"make it ring somebody", "PUT", route, object("open", "bridge:user/1000"), []string{"routes/change", texts}},
		{"leave whom it rings", "PUT", route, object("closed", "bridge:user/1000", "open", "hangup"), []string{"routes/change"}},
		{"ring somebody by a key", "PUT", route, object("closed", "bridge:user/1000", "keys", map[string]string{"1": "bridge:user/1001"}), []string{"routes/change", texts}},
		{"make it announce", "PUT", route, object("closed_announce", "a.wav"), []string{"routes/change", texts}},
		{"leave both out", "PUT", route, "{}", []string{"routes/change", texts}},
		{"see routes", "GET", "/routes", "", []string{"routes/see"}},
		{"see a route", "GET", query("/route", "name", "std"), "", []string{"routes/see"}},
		{"delete a route", "DELETE", route, "", []string{"routes/change"}},
		{"see decisions", "GET", query("/decisions", "from", "2026-01-01T00:00:00Z"), "", []string{"calls/see"}},
		{"see live calls", "GET", "/calls/live", "", []string{"calls/see"}},
		{"see a live call", "GET", "/calls/live/" + one, "", []string{"calls/see"}},
		{"search calls", "GET", query("/calls", "from", "2026-01-01"), "", []string{"calls/search"}},
		{"search calls by number", "GET", query("/calls", "number", "+7495*"), "", []string{"calls/search", "numbers/see"}},
		{"see a past call", "GET", "/calls/past", "", []string{"calls/search"}},
		{"see a CDR", "GET", "/calls/past/cdr", "", []string{"calls/search"}},
		{"see a CDR as it came", "GET", "/calls/past/cdr?format=xml", "", []string{"calls/search", "numbers/see"}},
		{"export calls", "GET", query("/calls/export", "from", "2026-01-01", "format", "csv"), "", []string{"calls/export"}},
		{"export calls by number", "GET", query("/calls/export", "number", "+7495*", "format", "csv"), "", []string{"calls/export", "numbers/see"}},
		{"make a call", "POST", "/calls", object("sip", "1234", "called_number", "89100000000", "caller_number", "1001"), []string{"calls/make"}},
		{"hold", "POST", ours + "/hold", object("mode", "on"), []string{"calls/hold"}},
		{"mute", "POST", ours + "/mute", object("on", true), []string{"calls/mute"}},
		{"digits", "POST", ours + "/dtmf", object("digits", "1"), []string{"calls/dtmf"}},
		{"record", "POST", ours + "/record", object("verb", "start"), []string{"calls/record"}},
		{"listen", "POST", ours + "/listen", object("sip", "1234", "mode", "listen"), []string{"calls/listen"}},
		{"transfer", "POST", ours + "/transfer", object("number", "89100000000"), []string{"calls/transfer"}},
		{"park", "POST", ours + "/park", "", []string{"calls/park"}},
		{"bridge", "POST", ours + "/bridge", object("with", two), []string{"calls/bridge"}},
		{"hang up", "POST", ours + "/hangup", "{}", []string{"calls/hangup"}},

		{"set a rule", "PATCH", query("/destination-rules", "for", "user:x"), object("deny", []string{"00"}), []string{"destinations/change"}},
		{"see a rule", "GET", query("/destination-rule", "for", "user:x"), "", []string{"destinations/see"}},
		{"see rules", "GET", "/destination-rules", "", []string{"destinations/see"}},
		{"remove a rule", "DELETE", query("/destination-rules", "for", "user:x"), "", []string{"destinations/change"}},

		{"see recordings", "GET", "/recordings", "", []string{"recordings/see"}},
		{"see a recording", "GET", "/calls/leg/recording", "", []string{"recordings/listen"}},
		{"report queues", "GET", query("/reports/queues", "from", "2026-01-01", "to", "2026-01-31"), "", []string{"reports/see"}},
		{"report queues by number", "GET", query("/reports/queues", "from", "2026-01-01", "to", "2026-01-31", "number", "+74951112233"), "", []string{"reports/see", "numbers/see"}},
		{"report agents", "GET", query("/reports/agents", "from", "2026-01-01", "to", "2026-01-31"), "", []string{"reports/see"}},
		{"report numbers", "GET", query("/reports/numbers", "from", "2026-01-01", "to", "2026-01-31"), "", []string{"reports/see"}},
		{"report hours", "GET", query("/reports/heatmap", "from", "2026-01-01", "to", "2026-01-31"), "", []string{"reports/see"}},
		{"report causes", "GET", query("/reports/causes", "from", "2026-01-01", "to", "2026-01-31"), "", []string{"reports/see"}},
		{"report the contact centre", "GET", query("/reports/centre", "from", "2026-01-01", "to", "2026-01-31"), "", []string{"reports/see"}},
		{"schedule a report", "POST", "/report-schedules", scheduled("b@example.com"), []string{"reports/schedule", "reports/see"}},
		{"see schedules", "GET", "/report-schedules", "", []string{"reports/schedule"}},
		{"see another's schedule", "GET", schedule, "", []string{"reports/schedule", "reports/scheduleall"}},
		{"change another's schedule", "PATCH", schedule, object("active", false), []string{"reports/schedule", "reports/scheduleall"}},
		{"take another's schedule over", "PATCH", schedule, object("name", "x"), []string{"reports/schedule", "reports/scheduleall", "reports/see"}},
		{"have another's report mailed", "POST", schedule + "/run", "", []string{"reports/schedule", "reports/scheduleall"}},
		{"see how that went", "GET", schedule + "/runs", "", []string{"reports/schedule", "reports/scheduleall"}},
		{"remove a schedule", "DELETE", schedule, "", []string{"reports/schedule", "reports/scheduleall"}},
		{"test the mail server", "POST", "/test-mail", object("to", "a@example.com"), []string{"mail/test"}},
		{"report as a file", "GET", query("/reports/queues", "from", "2026-01-01", "to", "2026-01-31", "format", "csv"), "", []string{"reports/see"}},
		{"see gaps", "GET", "/cdr-gaps", "", []string{"cdr/gaps"}},
		{"see modules", "GET", "/modules", "", []string{"modules/see"}},
		{"switch a module", "PUT", "/modules/onlinestat/get", object("on", false, "from", time.Now().Add(time.Hour)), []string{"modules/edit"}},
		{"keep a module", "DELETE", "/modules/onlinestat/get", "", []string{"modules/edit"}},
		{"see who switched what", "GET", "/modules/history", "", []string{"modules/see"}},
		{"see settings", "GET", "/settings", "", []string{"settings/see"}},
		{"see a setting", "GET", "/settings/auth.token_ttl", "", []string{"settings/see"}},
		{"change settings", "PATCH", "/settings", object("values", map[string]any{"auth.token_ttl": "25h"}), []string{"settings/edit"}},
		{"change a setting", "PUT", "/settings/auth.token_ttl", object("value", "26h"), []string{"settings/edit"}},
		{"put a setting back", "DELETE", "/settings/auth.token_ttl", "", []string{"settings/edit"}},
		{"try settings", "POST", "/settings/tests/switch", "", []string{"settings/edit"}},
		{"try providers", "POST", "/settings/tests/sms", "{}", []string{"settings/edit"}},
		{"try a provider by a message", "POST", "/settings/tests/sms", object("provider", "none", "phone", "89190000000", "text", "x"), []string{"settings/edit", "sms/providers"}},
		{"see the audit log", "GET", "/audit", "", []string{"audit/see"}},
		{"add a webhook", "POST", "/webhooks", hookBody, []string{"webhooks/edit", "calls/see"}},
		{"see webhooks", "GET", "/webhooks", "", []string{"webhooks/see"}},
		{"see a webhook", "GET", hook, "", []string{"webhooks/see"}},
		{"switch a webhook off", "PATCH", hook, object("active", false), []string{"webhooks/edit"}},
		{"have a webhook's events", "PATCH", hook, object("name", "x"), []string{"webhooks/edit", "calls/see"}},
		{"see deliveries", "GET", hook + "/deliveries", "", []string{"webhooks/see"}},
		{"replay deliveries", "POST", hook + "/replay", object("since", "2026-01-01T00:00:00Z"), []string{"webhooks/edit"}},
		{"test a webhook", "POST", hook + "/test", "", []string{"webhooks/edit"}},
		{"renew a secret", "POST", hook + "/secret", "", []string{"webhooks/edit"}},
		{"remove a webhook", "DELETE", hook, "", []string{"webhooks/edit"}},
		{"see the status", "GET", "/status", "", []string{"system/see"}},
		{"see requests", "GET", "/requests", "", []string{"requests/see"}},
		{"send a message", "POST", "/sms/messages", object("phone", "89190000000", "text", "x"), []string{"sms/send"}},
		{"send many", "POST", "/sms/messages/bulk", object("messages", []any{map[string]any{"phone": "89190000000", "text": "x"}}), []string{"sms/send"}},
		{"see messages", "GET", "/sms/messages", "", []string{"sms/list"}},
		{"see messages to a number", "GET", query("/sms/messages", "phone", "89190000000"), "", []string{"sms/list", "numbers/see"}},
		{"see a message", "GET", "/sms/messages/1", "", []string{"sms/list"}},
		{"make a template", "PUT", "/sms/templates/code", object("text", "{code}"), []string{"sms/templates"}},
		{"make one of what is hidden", "PUT", "/sms/templates/hidden", object("text", "*****"), []string{"sms/templates", "numbers/see"}},
		{"see templates", "GET", "/sms/templates", "", []string{"sms/templates"}},
		{"see a template", "GET", "/sms/templates/code", "", []string{"sms/templates"}},
		{"remove a template", "DELETE", "/sms/templates/code", "", []string{"sms/templates"}},
		{"opt out", "PUT", "/sms/optouts/89190000001", "", []string{"sms/optouts"}},
		{"see opt-outs", "GET", "/sms/optouts", "", []string{"sms/optouts", "numbers/see"}},
		{"opt in", "DELETE", "/sms/optouts/89190000001", "", []string{"sms/optouts"}},
		{"set a provider", "PUT", "/sms/providers/log", object("kind", "log"), []string{"sms/providers"}},
		{"see a provider", "GET", "/sms/providers/log", "", []string{"sms/providers"}},
		{"see providers", "GET", "/sms/providers", "", []string{"sms/providers"}},
		{"test a provider", "POST", "/sms/providers/log/test", object("phone", "89190000000", "text", "x"), []string{"sms/providers"}},
		{"forget a provider", "DELETE", "/sms/providers/log", "", []string{"sms/providers"}},
		{"see presets", "GET", "/sms/presets", "", []string{"sms/providers"}},
		{"see how a provider would be asked", "POST", "/sms/preview", object("preset", "smsru", "phone", "89190000000", "text", "x"), []string{"sms/providers"}},
		{"make a link to a recording", "POST", "/calls/leg/recording/link", "", []string{"recordings/listen"}},
		{"hear a recording", "GET", "/calls/leg/recording/audio", "", []string{"recordings/listen"}},
		{"add a user", "POST", "/users", object("login", "temp", "password", "password", "rights", []string{}), []string{"users/edit"}},
		{"see users", "GET", "/users", "", []string{"users/see"}},
		{"see what there is to give", "GET", "/rights", "", nil},
		{"see a user", "GET", "/users/temp", "", []string{"users/see"}},
		{"change a user", "PATCH", "/users/temp", object("must_change", true), []string{"users/edit"}},
		{"give what one has", "PATCH", "/users/temp", object("rights", []string{"agents/see"}), []string{"users/edit", "agents/see"}},
		{"make a key", "POST", "/users/temp/keys", object("name", "k", "rights", []string{"agents/see"}), []string{"users/edit", "agents/see"}},
		{"see keys", "GET", "/users/temp/keys", "", []string{"users/see"}},
		{"end a key", "DELETE", "/users/temp/keys/1", "", []string{"users/edit", "agents/see"}},
		{"see tokens", "GET", "/users/temp/tokens", "", []string{"users/see"}},
		{"end tokens", "DELETE", "/users/temp/tokens", "", []string{"users/edit", "agents/see"}},
		{"see sign-ins", "GET", "/users/temp/signins", "", []string{"users/see"}},
		{"remove a user", "DELETE", "/users/temp", "", []string{"users/edit", "agents/see"}},
		{"see oneself", "GET", "/me", "", nil},
		{"see one's tokens", "GET", "/me/tokens", "", nil},
		{"see one's keys", "GET", "/me/keys", "", nil},
		{"see one's sign-ins", "GET", "/me/signins", "", nil},
		{"see that there is no session", "GET", "/session", "", nil},
		{"end one's other tokens", "DELETE", "/me/tokens", "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for who, token := range strangers {
				if got := m.plainly(t, token, tt.method, tt.path, tt.body); got != 401 {
					t.Errorf("with %s: %d", who, got)
				}
			}
			for _, right := range tt.needs {
				refused(t, m.as(u.without(right), tt.method, tt.path, tt.body), 403, "")
				module, action, _ := strings.Cut(right, "/")
				if _, can := account.FindAction(module, action); !can || module == "modules" || !strings.HasPrefix(tt.needs[0], module+"/") {
					continue // a right that is none of a module, or one that is given to others here
				}
				m.switched(t, module, action, false)
				refused(t, m.as(u.with(v1Rights...), tt.method, tt.path, tt.body), 403, "")
				m.switched(t, module, action, true)
			}
			if got := m.as(alien, tt.method, tt.path, tt.body); len(tt.needs) > 0 {
				if own := aliens[tt.name]; own == "" && got.status != 403 && got.status != 404 || own != "" && !regexp.MustCompile("^(?:"+own+")$").MatchString(got.body) {
					t.Errorf("of a project that has nothing to do with it: %d %q", got.status, got.body)
				}
			}
			if got := m.as(u.with(tt.needs...), tt.method, tt.path, tt.body); got.status/100 != 2 {
				t.Errorf("with %q: %d %s", tt.needs, got.status, got.body)
			}
		})
	}
	m.personal(t)
	link := read[v1.Link](t, m.want(t, 200, "POST", "/calls/leg/recording/link", "{}"))
	if got := m.do("GET", link.URL, "", nil); got.status != 200 || got.header.Get("Content-Type") != "audio/wav" {
		t.Errorf("by a link: %d %s", got.status, got.body)
	}
	m.whole(t)
}

// TestEveryDocumentedRoute is the same for the documented API.
func TestEveryDocumentedRoute(t *testing.T) {
	t.Parallel() // it mostly waits
	database := storetest.SQLite(t)
	m := newQuiet(t, database)
	strangers := m.strangers(t, database)
	record(t, m.recordings, "leg", time.Second)
	m.postCDR(t, "past", "text/xml", `<cdr><variables><uuid>past</uuid><start_uepoch>1777798800000000</start_uepoch></variables></cdr>`)
	for id, queues := range map[string][]string{"alien": {}, "1111": {"support@default", "sales@default", "gone@default"}} {
		m.want(t, 201, "POST", "/projects", object("id", id, "name", id, "queues", queues))
	}
	alien, none := m.limited("alien", []string{"alien"}, "*/*"), m.user("none", "some/other")
	const denied = `{"error":"Access denied!"}`
	days := object("start_date", time.Now().AddDate(0, 0, -1).Format(time.DateOnly), "stop_date", time.Now().Format(time.DateOnly))
	bodies := map[string]struct{ body, alien string }{
		"contact/add":       {object("sip", "1234", "called_number", "89100000000", "caller_number", "1001"), `200 {"message":".*`},
		"contact/audio":     {object("id", "leg"), `404 {"error":"Wrong ID!"}`},
		"contact/cdr":       {object("id", "past"), `404 {"error":"Wrong ID!"}`},
		"contact/queues":    {"", `200 \[\]`},
		"contact/tiers":     {"", `200 \[\]`},
		"contact/tier":      {object("queue", "sales@default"), `404 {"error":"Tier not found"}`},
		"sms/send":          {object("phone", "89190000000", "message", "x"), `\d+ .*`},
		"onlinestat/get":    {object("project_id", "1111"), `404 {"error":"Project not found"}`},
		"onlinestat/all":    {"", `200 {"alien":{[^}]*}}`},
		"report/sms":        {days, `200 {"result":"OK","data":\[.*\]}`},
		"report/request":    {days, `200 {"result":"OK","data":\[.*\]}`},
		"report/badRequest": {days, `200 {"result":"OK","data":\[.*\]}`},
		"report/users":      {"", `200 {"result":"OK","data":\[{"username":"alien","status":"10"}\]}`},
		"report/demoReport": {days, `200 .*`},
	}
	for _, known := range account.Catalogue() {
		for _, action := range known.Actions {
			name := known.Name + "/" + action.Name
			if !action.Documented || name == "auth/login" {
				continue
			}
			t.Run(name, func(t *testing.T) {
				tt, there := bodies[name]
				if !there {
					t.Fatal("nobody asks for it here")
				}
				for who, token := range strangers {
					if got := m.post("/"+name, tt.body, token); got.status != 401 || got.body != `{"error":"Wrong token!"}` {
						t.Errorf("with %s: %d %s", who, got.status, got.body)
					}
				}
				if got := m.post("/"+name, tt.body, none); got.status != 405 || got.body != denied {
					t.Errorf("without the right: %d %s", got.status, got.body)
				}
				for _, switched := range []string{action.Name, account.Any} {
					m.switched(t, known.Name, switched, false)
					if got := m.post("/"+name, tt.body, m.token); got.status != 405 || got.body != denied {
						t.Errorf("switched off: %d %s", got.status, got.body)
					}
					m.switched(t, known.Name, switched, true)
				}
				if got := m.post("/"+name, tt.body, alien); !regexp.MustCompile("^" + tt.alien + "$").MatchString(fmt.Sprint(got.status, " ", got.body)) {
					t.Errorf("of a project that has nothing to do with it: %d %s", got.status, got.body)
				}
				if got := m.post("/"+name, tt.body, m.token); got.status == 401 || got.status == 405 {
					t.Errorf("with all rights: %d %s", got.status, got.body)
				}
			})
		}
	}
	for path, word := range map[string]string{"/report/sms": `"message":"x"`, "/report/request": `"action":"all"`, "/report/badRequest": `"action":"cdr"`} {
		if own, all := strings.Count(m.post(path, days, alien).body, word), strings.Count(m.post(path, days, m.token).body, word); own != 1 || all < 2 {
			t.Errorf("%s: %d of his own of %d", path, own, all)
		}
	}
	part := m.limited("part", []string{"1111"}, "contact/*")
	for _, tt := range [][3]string{
		{"/contact/queues", "", `"name":"sales@default" "name":"support@default"`},
		{"/contact/queues", object("name", "sales@default"), `"name":"sales@default"`}, {"/contact/queues", object("name", "support2@default"), "Queue not found"},
		{"/contact/tiers", "", `"queue":"sales@default" "queue":"support@default"`},
		{"/contact/tier", object("queue", "support@default"), `"queue":"support@default"`}, {"/contact/tier", object("queue", "support2@default"), "Tier not found"},
	} {
		got := m.post(tt[0], tt[1], part)
		named := regexp.MustCompile(`"(name|queue)":"[^"]*"|\w+ not found`).FindAllString(got.body, -1)
		if strings.Join(named, " ") != tt[2] || !json.Valid([]byte(got.body)) {
			t.Errorf("what is seen of a part by %s %s: %s, want %s", tt[0], tt[1], got.body, tt[2])
		}
	}
	m.switched(t, "auth", "login", false)
	if got := m.post("/auth/login", object("login", login, "password", password), ""); got.status != 405 || got.body != denied {
		t.Errorf("signing in while that is switched off: %d %s", got.status, got.body)
	}
	refused(t, m.ask("POST", "/tokens", object("login", login, "password", password)), 403, "")
	if got := m.ask("POST", "/session", object("login", login, "password", password)); got.status/100 != 2 {
		t.Errorf("a session in a browser meanwhile: %d %s", got.status, got.body)
	}
}

// strangers are tokens that let nobody in.
func (m *modern) strangers(t *testing.T, database string) map[string]string {
	t.Helper()
	all := map[string]string{"none": "", "one that is none": "x", "an unknown one": strings.Repeat("0", 32), "an unknown key": "cgk_" + strings.Repeat("0", 40)}
	for _, login := range []string{"revoked", "inactive", "expired"} {
		all["one that is "+login] = m.user(login, v1Rights...)
	}
	m.want(t, 204, "DELETE", "/users/revoked/tokens", "")
	m.want(t, 200, "PATCH", "/users/inactive", object("status", "inactive"))
	db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(database, "sqlite:")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), `UPDATE tokens SET expires = issued + 1 WHERE user_id = (SELECT id FROM users WHERE login = 'expired')`); err != nil {
		t.Fatal(err)
	}
	return all
}

// switched switches an action on or off for all.
func (m *modern) switched(t *testing.T, module, action string, on bool) {
	t.Helper()
	if err := m.app.Accounts().SetModule(t.Context(), module, action, on, "test"); err != nil {
		t.Fatal(err)
	}
}

// plainly is the status of an answer that nobody holds against the document.
func (m *modern) plainly(t *testing.T, token, method, path, body string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, m.url+v1.Base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}}
	resp, err := m.http.Transport.(*contract).next.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, err := io.ReadAll(resp.Body); err != nil || len(text) > 200 {
		t.Errorf("%s %v", text, err)
	}
	return resp.StatusCode
}

// TestExecutableTexts: nobody at all may give FreeSWITCH something to execute in the place of a contact, a sound or a path.
func TestExecutableTexts(t *testing.T) {
	t.Parallel() // it mostly waits
	m := newQuiet(t, storetest.SQLite(t))
	named, defined := query("/agents", "name", "1000@default"), query("/queue-definition", "name", "new@default")
	for _, place := range []struct{ name, method, path, field, before, after string }{
		{"contact of a new agent", "POST", "/agents", "contact", "user/1", ""},
		{"contact", "PATCH", named, "contact", "user/1", ""},
		{"contact by an address", "PATCH", named, "contact", "sofia/internal/1", ""},
		{"variable of a contact", "PATCH", named, "contact", "[leg_timeout=", "]user/1000"},
		{"music", "PUT", defined, "moh_sound", "local_stream://moh", ""},
		{"announcement", "PUT", defined, "announce_sound", "/s/", "a.wav"},
		{"recording", "PUT", defined, "record_template", "/r/", "${uuid}.wav"},
		{"announcement of a route", "PUT", query("/routes", "name", "std"), "announce", "/s/", "a.wav"},
		{"announcement when closed", "PUT", query("/routes", "name", "std"), "closed_announce", "ivr/", ".wav"},
		{"transfer", "PUT", query("/routes", "name", "std"), "open", "transfer:", "1"},
	} {
		for _, text := range []string{"${system(id)}", "${uuid_kill}", "$${domain}", "`id`", "\n", "\r", "\x00", "\x1b", "\x7f", "\u2028", "|sofia/x/1", ",user/2", " ",
			"../", "^^:", "<!--#exec", "'", `"`, `\`, ";", "{a=b}", "$", "&exec"} {
			t.Run(fmt.Sprintf("%s %q", place.name, text), func(t *testing.T) {
				body := []any{place.field, place.before + text + place.after}
				if place.method == "POST" {
					body = append(body, "name", "new")
				}
				refused(t, m.v1(place.method, place.path, object(body...)), 422, place.field)
			})
		}
	}
	if a := m.agentNamed(t, "1000@default"); a.Contact != "user/1000" || m.agentNamed(t, "new") != nil {
		t.Errorf("an agent was changed: %+v", a)
	}
	if got := m.want(t, 200, "GET", "/queue-definitions", "").body; got != "[]\n" {
		t.Errorf("a queue was defined: %s", got)
	}
	if got := m.want(t, 200, "GET", "/routes", "").body; got != "[]\n" {
		t.Errorf("a route was made: %s", got)
	}
}

// TestSwitchedOff: an action that an administrator has switched off is refused to everybody.
func TestSwitchedOff(t *testing.T) {
	t.Parallel() // it mostly waits
	m := newQuiet(t, storetest.SQLite(t))
	named := query("/agents", "name", "1000@default")
	off := func(module, action string, on bool) { m.switched(t, module, action, on) }
	off("agents", "status", false)
	refused(t, m.v1("PATCH", named, object("status", "on break")), 403, "")
	refused(t, m.v1("PATCH", named, object("status", "on break", "wrap_up_time", 77)), 403, "")
	if a := m.agentNamed(t, "1000@default"); a.Status != "Available" || a.WrapUpTime == 77 {
		t.Errorf("half of it was done: %+v", a)
	}
	m.want(t, 200, "PATCH", named, object("wrap_up_time", 5))
	off("agents", "", false)
	refused(t, m.v1("GET", "/agents", ""), 403, "")
	m.want(t, 200, "GET", "/tiers", "")
	off("agents", "", true)
	off("agents", "status", true)
	m.want(t, 200, "PATCH", named, object("status", "on break"))
}
