package v1_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"callgate/cdr"
	"callgate/internal/fault"
	"callgate/internal/history"
)

// noon is 12:00 in Moscow.
func noon(day int) int64 { return time.Date(2026, 5, day, 9, 0, 0, 0, time.UTC).UnixMicro() }

// leg is a leg with its numbers.
func leg(uuid, caller, called string) *history.Leg {
	return &history.Leg{Record: cdr.Record{Leg: uuid}, CallerNormal: caller, CalledNormal: called}
}

// may are the calls of some days in May, the newest last.
func may() []history.Call {
	return []history.Call{
		{UUID: "midnight", Started: noon(3) - 12*3600e6 - 1, Direction: "inbound", Project: "shop", Disposition: history.Unconnected, Legs: []*history.Leg{leg("midnight", "anonymous", "")}},
		{UUID: "sale", Started: noon(3), Direction: "inbound", Project: "shop", Number: "+74951112233", Switch: "main", Disposition: history.Answered, Duration: 100, Recordings: []string{"a.wav"},
			Visits: []history.Visit{{Queue: "info", Outcome: history.Moved}, {Queue: "sales", Agent: "anna", Attempts: []history.Attempt{{Agent: "boris"}, {Agent: "anna"}}}},
			Legs:   []*history.Leg{leg("sale", "+79161234567", "+74951112233"), leg("sale-anna", "+79161234567", "1001")}},
		{UUID: "lost", Started: noon(4), Direction: "inbound", Project: "shop", Switch: "spare", Disposition: history.Abandoned, Duration: 20,
			Visits: []history.Visit{{Queue: "sales", Attempts: []history.Attempt{{Agent: "boris"}}}}, Legs: []*history.Leg{leg("lost", "+79161234568", "+74951112233")}},
		{UUID: "theirs", Started: noon(4), Direction: "outbound", Project: "bank", Switch: "main", Disposition: history.Busy, Duration: 5,
			Legs: []*history.Leg{leg("theirs", "88001112233", "+79161234567")}},
		{UUID: "nobodys", Started: noon(5), Direction: "inbound", Switch: "main", Disposition: history.Failed, Legs: []*history.Leg{leg("nobodys", "1001", "*72")}},
	}
}

// TestSearch: each thing that can be asked for finds the calls that it means, in the zone that is meant.
func TestSearch(t *testing.T) {
	t.Parallel()
	a := &archive{}
	a.add(may()...)
	c := serve(t, a, nil)
	for _, tt := range []struct {
		name, token, want string
		ask               []string
	}{
		{"all", "all", "nobodys theirs lost sale midnight", []string{"from", "2026-05-01"}},
		{"from a day, of the installation's zone", "all", "nobodys theirs lost sale", []string{"from", "2026-05-03"}},
		{"from a day of another zone", "all", "nobodys theirs lost sale midnight", []string{"from", "2026-05-02", "zone", "UTC"}},
		{"one day", "all", "sale", []string{"from", "2026-05-03", "to", "2026-05-03"}},
		{"up to a day", "all", "sale midnight", []string{"to", "2026-05-03"}},
		{"to a second, which is out", "all", "midnight", []string{"to", "2026-05-03T12:00:00"}},
		{"from a second, which is in", "all", "sale", []string{"from", "2026-05-03T12:00:00", "to", "2026-05-03T12:00:01"}},
		{"with an offset", "all", "sale", []string{"from", "2026-05-03T14:00:00+05:00", "to", "2026-05-03T09:00:00.000001Z"}},
		{"with an offset whose plus was not escaped", "all", "sale", []string{"from", "2026-05-03T14:00:00 05:00", "to", "2026-05-03T09:00:01Z"}},
		{"by a number", "all", "theirs sale", []string{"number", "+7 (916) 123-45-67"}},
		{"by a number whose plus was not escaped", "all", "theirs sale", []string{"number", " 7 916 123 45 67"}},
		{"by a number of the project's country", "all", "sale", []string{"number", "8 916 123-45-67", "project", "shop"}},
		{"by a number as somebody's only project has it", "shop", "", []string{"number", "8 916 123-45-67"}}, // he has two
		{"by a number that is none in any country", "all", "theirs", []string{"number", "88001112233"}},
		{"by the project's own number", "all", "lost sale", []string{"number", "+74951112233"}},
		{"by an inner number", "all", "nobodys sale", []string{"number", "1001"}},
		{"by a code", "all", "nobodys", []string{"number", "*72"}},
		{"by a name, which is no number", "all", "", []string{"number", "anonymous"}},
		{"by the beginning of a number", "all", "theirs lost sale", []string{"number", "+7 (916)*"}},
		{"by a beginning whose plus was not escaped", "all", "theirs lost sale", []string{"number", " 7916*"}},
		{"by a beginning as people type it", "all", "lost sale", []string{"number", "8 (916) 123*", "project", "shop"}},
		{"by a beginning as it is typed nowhere else", "all", "", []string{"number", "8 (916) 123*"}},
		{"by the beginning of an inner number", "all", "nobodys sale", []string{"number", "100*"}},
		{"by the leg of an agent", "all", "sale", []string{"id", "sale-anna"}},
		{"by a project", "all", "theirs", []string{"from", "2026-05-01", "project", "bank"}},
		{"by projects", "all", "theirs lost sale midnight", []string{"from", "2026-05-01", "project", "bank", "project", "shop"}},
		{"by a queue", "all", "sale", []string{"from", "2026-05-01", "queue", "info"}},
		{"by who answered", "all", "sale", []string{"from", "2026-05-01", "agent", "anna"}},
		{"by who was rung", "all", "lost sale", []string{"from", "2026-05-01", "agent", "boris"}},
		{"by dispositions", "all", "theirs lost", []string{"from", "2026-05-01", "disposition", "busy", "disposition", "abandoned"}},
		{"by the direction", "all", "theirs", []string{"from", "2026-05-01", "direction", "outbound"}},
		{"by the switch", "all", "lost", []string{"from", "2026-05-01", "switch", "spare"}},
		{"by a switch that nobody knew", "all", "midnight", []string{"from", "2026-05-01", "switch", "unknown"}},
		{"no shorter", "all", "lost sale", []string{"from", "2026-05-01", "min_duration", "20"}},
		{"no longer", "all", "theirs", []string{"from", "2026-05-01", "min_duration", "1", "max_duration", "5"}},
		{"recorded", "all", "sale", []string{"from", "2026-05-01", "recorded", "true"}},
		{"not recorded", "all", "nobodys theirs lost midnight", []string{"from", "2026-05-01", "recorded", "false"}},
		{"none", "all", "", []string{"from", "2026-05-06"}},

		{"his", "shop", "lost sale midnight", []string{"from", "2026-05-01"}},
		{"his, named", "shop", "lost sale midnight", []string{"from", "2026-05-01", "project", "shop"}},
		{"his of those named", "shop", "lost sale midnight", []string{"from", "2026-05-01", "project", "bank", "project", "shop"}},
		{"another's", "shop", "", []string{"from", "2026-05-01", "project", "bank"}},
		{"of no project that there is", "shop", "", []string{"from", "2026-05-01", "project", "x"}},
		{"of none at all", "all", "", []string{"from", "2026-05-01", "project", "x"}},
		{"another's by its leg", "shop", "", []string{"id", "theirs"}},
		{"his by a number that others have too", "shop", "sale", []string{"number", "+79161234567"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			p := c.search(tt.token, tt.ask...)
			for _, call := range p.Calls {
				got = append(got, call.UUID)
			}
			if strings.Join(got, " ") != tt.want || p.Next != "" {
				t.Errorf("got %q, next %q, want %q", got, p.Next, tt.want)
			}
		})
	}
}

// TestSearchRefused: what is wrong is named, and nothing is looked for.
func TestSearchRefused(t *testing.T) {
	t.Parallel()
	a := &archive{}
	c := serve(t, a, nil)
	day := []string{"from", "2026-05-03"}
	for _, tt := range []struct {
		name, token string
		ask         []string
		status      int
		field       string
	}{
		{"nothing that bounds it", "all", nil, 422, "from"},
		{"nothing that bounds it but a queue", "all", []string{"queue", "sales", "project", "shop"}, 422, "from"},
		{"a time that is none", "all", []string{"from", "yesterday"}, 422, "from"},
		{"a day that is none", "all", []string{"to", "2026-02-30"}, 422, "to"},
		{"a time in short", "all", []string{"from", "2026-05-03T9:00:00"}, 422, "from"},
		{"before 1970", "all", []string{"to", "1969-12-31T23:59:59Z"}, 422, "to"},
		{"the beginning of 1970", "all", []string{"to", "1970-01-01T00:00:00Z"}, 422, "to"},
		{"an empty range", "all", []string{"from", "2026-05-03T12:00:00", "to", "2026-05-03T12:00:00"}, 422, "to"},
		{"a range from its end", "all", []string{"from", "2026-05-04", "to", "2026-05-03"}, 422, "to"},
		{"a zone that is none", "all", append(day, "zone", "Moon/Base"), 422, "zone"},
		{"a zone that is a path", "all", append(day, "zone", "../../etc/passwd"), 422, "zone"},
		{"the beginning of every number", "all", []string{"number", "*"}, 422, "number"},
		{"too short a beginning", "all", []string{"number", "+74*"}, 422, "number"},
		{"a beginning with letters", "all", []string{"number", "12345a*"}, 422, "number"},
		{"durations the wrong way", "all", append(day, "min_duration", "5", "max_duration", "4"), 422, "max_duration"},
		{"a duration below zero", "all", append(day, "min_duration", "-1"), 422, "min_duration"},
		{"a disposition that is none", "all", append(day, "disposition", "busy", "disposition", "fine"), 422, "disposition[1]"},
		{"a direction that is none", "all", append(day, "direction", "up"), 422, "direction"},
		{"recorded perhaps", "all", append(day, "recorded", "perhaps"), 422, "recorded"},
		{"no rows", "all", append(day, "limit", "0"), 422, "limit"},
		{"too many rows", "all", append(day, "limit", "1001"), 422, "limit"},
		{"a cursor that is none", "all", append(day, "cursor", "x"), 422, "cursor"},
		{"half a cursor", "all", append(day, "cursor", "1777798800000000."), 422, "cursor"},
		{"a cursor in another spelling", "all", append(day, "cursor", "+1.02"), 422, "cursor"},
		{"a cursor before the first", "all", append(day, "cursor", "0.0"), 422, "cursor"},
		{"a number that must not be seen", "blind", []string{"number", "+79161234567"}, 403, "a search by number tells of numbers"},
		{"its beginning", "blind", append(day, "number", "+7916*"), 403, "a search by number tells of numbers"},
		{"without the right", "nothing", day, 403, ""},
		{"without a token", "", day, 401, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c.refused(c.get(tt.token, path("/calls", tt.ask...)), tt.status, tt.field)
			if !strings.Contains(fmt.Sprint(tt.ask), "limit") && !strings.Contains(fmt.Sprint(tt.ask), "cursor") {
				c.refused(c.get(tt.token, path("/calls/export", append(tt.ask, "format", "csv")...)), tt.status, tt.field)
			}
		})
	}
	if a.asked != 0 {
		t.Errorf("%d queries", a.asked)
	}
	a.before = func(context.Context, int) error { return fault.New(fault.StorageDown, "") }
	if got := c.get("all", path("/calls", day...)); got.header.Get("Retry-After") == "" {
		t.Errorf("storage down: %d %v", got.status, got.header)
	} else {
		c.refused(got, 503, "")
	}
}

// TestSearchPages: pages have every call once, also when others come meanwhile.
func TestSearchPages(t *testing.T) {
	t.Parallel()
	a := &archive{}
	for i := range 25 {
		a.add(history.Call{UUID: fmt.Sprint(i), Started: noon(3) + int64(i/3), Project: "shop"})
	}
	c := serve(t, a, nil)
	var got []string
	pages, cursor := 0, ""
	for cursor != "" || pages == 0 {
		p := c.search("shop", "from", "2026-05-01", "limit", "7", "cursor", cursor)
		for _, call := range p.Calls {
			got = append(got, call.UUID)
		}
		pages, cursor = pages+1, p.Next
		a.add(history.Call{UUID: "new", Started: noon(4), Project: "shop"}, history.Call{UUID: "theirs", Started: noon(3), Project: "bank"})
	}
	if want := "[24 23 22 21 20 19 18 17 16 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 0]"; fmt.Sprint(got) != want || pages != 4 {
		t.Errorf("%d pages: %v", pages, got)
	}
	if p := c.search("all", "from", "2026-05-01"); len(p.Calls) != 33 || p.Next != "" {
		t.Errorf("without a limit: %d calls, next %q", len(p.Calls), p.Next)
	}
	// Another's place among the calls leads to nothing but his own.
	for _, call := range c.search("shop", "from", "2026-05-01", "cursor", c.search("all", "from", "2026-05-01", "project", "bank", "limit", "1").Next).Calls {
		if call.Project != "shop" {
			t.Errorf("another's: %+v", call)
		}
	}
}

// whole is a call with everything in it.
func whole() history.Call {
	at := noon(3)
	second := at / 1e6
	return history.Call{UUID: "a", Switch: "main", Started: at + 123456, Answered: at + 2e6, Ended: at + 62e6, Direction: "inbound", Begun: true, Project: "shop",
		Number: "+74951112233", Caller: "+79161234567", Called: "+74951112233", CallerGiven: "89161234567", CalledGiven: "4951112233", CallerName: "Анна", User: "crm",
		Disposition: history.Answered, HungUp: history.ByAgent, Cause: "NORMAL_CLEARING", Wait: 3, Talk: 50, Hold: 4, Wrap: 10, Duration: 62, Recordings: []string{"x.wav", "y.wav"},
		Visits: []history.Visit{
			{Queue: "info", Joined: second + 2, Left: second + 4, Outcome: history.Moved, Wait: 2},
			{Queue: "sales", Joined: second + 4, Answered: second + 7, Left: second + 57, Outcome: history.Served, Agent: "1001@default", AgentLeg: "b", Wait: 3, Talk: 50, Hold: 4,
				Wrap: 10, WrapKnown: true, Attempts: []history.Attempt{{Agent: "1002@default", Leg: "c", Started: at + 5e6, Cause: "NO_ANSWER"},
					{Agent: "1001@default", Leg: "b", Started: at + 6e6, Answered: true, Cause: "NORMAL_CLEARING"}}}},
		Legs: []*history.Leg{
			{Record: cdr.Record{Leg: "a", Direction: "inbound", Side: "member", Start: at + 123456, Answer: at + 2e6, End: at + 62e6, HangupCause: "NORMAL_CLEARING", Peers: []string{"b"}},
				Switch: "main", CallerNormal: "+79161234567", CalledNormal: "+74951112233"},
			{Record: cdr.Record{Leg: "b", Direction: "outbound", Side: "agent", Agent: "1001@default", Start: at + 6e6, HangupCause: "NORMAL_CLEARING"}, CallerNormal: "+79161234567", CalledNormal: "1001"},
		}}
}

const (
	wholeRow = `"uuid":"a","switch":"main","direction":"inbound","started":"2026-05-03T09:00:00.123456Z","answered":"2026-05-03T09:00:02Z",` +
		`"ended":"2026-05-03T09:01:02Z","caller":"+79161234567","called":"+74951112233","caller_given":"89161234567","called_given":"4951112233",` +
		`"caller_name":"Анна","user":"crm","account":"","project":"shop","number":"+74951112233","queues":["info","sales"],"agents":["1001@default"],` +
		`"disposition":"answered","hung_up_by":"agent","cause":"NORMAL_CLEARING","wait":3,"talk":50,"hold":4,"wrap_up":10,"duration":62,"recorded":true`
	wholeRest = `"visits":[{"queue":"info","joined":"2026-05-03T09:00:02Z","left":"2026-05-03T09:00:04Z","outcome":"moved","agent":"","agent_leg":"",` +
		`"wait":2,"talk":0,"hold":0,"wrap_up":0,"wrap_up_known":false,"attempts":[]},{"queue":"sales","joined":"2026-05-03T09:00:04Z",` +
		`"answered":"2026-05-03T09:00:07Z","left":"2026-05-03T09:00:57Z","outcome":"answered","agent":"1001@default","agent_leg":"b","wait":3,"talk":50,` +
		`"hold":4,"wrap_up":10,"wrap_up_known":true,"attempts":[{"agent":"1002@default","leg":"c","started":"2026-05-03T09:00:05Z","answered":false,` +
		`"cause":"NO_ANSWER"},{"agent":"1001@default","leg":"b","started":"2026-05-03T09:00:06Z","answered":true,"cause":"NORMAL_CLEARING"}]}],` +
		`"legs":[{"uuid":"a","switch":"main","direction":"inbound","side":"member","agent":"","caller":"+79161234567","called":"+74951112233",` +
		`"started":"2026-05-03T09:00:00.123456Z","answered":"2026-05-03T09:00:02Z","ended":"2026-05-03T09:01:02Z","cause":"NORMAL_CLEARING","peers":["b"],` +
		`"cdr":"/api/v1/calls/a/cdr"},{"uuid":"b","switch":"unknown","direction":"outbound","side":"agent","agent":"1001@default","caller":"+79161234567",` +
		`"called":"1001","started":"2026-05-03T09:00:06Z","cause":"NORMAL_CLEARING","peers":[],"cdr":"/api/v1/calls/b/cdr"}],"recordings":2`
)

// TestCallViews: a call is told of with all that is known, but for the numbers that somebody may not see.
func TestCallViews(t *testing.T) {
	t.Parallel()
	a := &archive{}
	a.add(whole(), history.Call{UUID: "bare", Started: 1, Legs: []*history.Leg{leg("bare", "", "")}})
	c := serve(t, a, nil)
	if got, want := c.get("all", "/calls?id=a").body, `{"calls":[{`+wholeRow+`,"legs":2}]}`+"\n"; got != want {
		t.Errorf("in a list:\n%s\nwant\n%s", got, want)
	}
	for _, id := range []string{"a", "b"} {
		if got, want := c.get("shop", "/calls/"+id).body, `{`+wholeRow+`,`+wholeRest+"}\n"; got != want {
			t.Errorf("by %s:\n%s\nwant\n%s", id, got, want)
		}
	}
	const bare = `{"uuid":"bare","switch":"unknown","direction":"","started":"1970-01-01T00:00:00.000001Z","caller":"","called":"","caller_given":"","called_given":"",` +
		`"caller_name":"","user":"","account":"","project":"","number":"","queues":[],"agents":[],"disposition":"","hung_up_by":"","cause":"","wait":0,"talk":0,"hold":0,` +
		`"wrap_up":0,"duration":0,"recorded":false,"legs":1}`
	if got, want := c.get("all", "/calls?id=bare").body, `{"calls":[`+bare+"]}\n"; got != want {
		t.Errorf("of nothing:\n%s\nwant\n%s", got, want)
	}
	hidden := strings.NewReplacer("+79161234567", "*****", "+74951112233", "*****", "89161234567", "*****", "4951112233", "*****", "Анна", "*****",
		`"called":"1001"`, `"called":"*****"`)
	if got, want := c.get("blind", "/calls?id=a").body, `{"calls":[{`+hidden.Replace(wholeRow)+`,"legs":2}]}`+"\n"; got != want {
		t.Errorf("without numbers/see in a list:\n%s\nwant\n%s", got, want)
	}
	if got, want := c.get("blind", "/calls/a").body, hidden.Replace(`{`+wholeRow+`,`+wholeRest+"}\n"); got != want {
		t.Errorf("without numbers/see:\n%s\nwant\n%s", got, want)
	}
	c.refused(c.get("shop", "/calls/bare"), 404, "")
	c.refused(c.get("all", "/calls/none"), 404, "")
	c.refused(c.get("nothing", "/calls/a"), 403, "")
}

// TestCallCDR: the document of a leg is shown in both forms to those who see its call and numbers, and as JSON without
// numbers to others.
func TestCallCDR(t *testing.T) {
	t.Parallel()
	a := &archive{}
	a.add(whole(), history.Call{UUID: "theirs", Started: 1, Project: "bank", Legs: []*history.Leg{leg("theirs", "", "")}})
	const raw = "<cdr><variables><uuid>a</uuid><x>1</x><ani>100"
	c := serve(t, a, documents{"a": raw, "theirs": raw, "stray": raw})
	const asJSON = `{"variables":{"uuid":"a","x":1,"ani":100}}`
	for _, tt := range []struct{ name, path, accept, kind, want string }{
		{"JSON", "/calls/a/cdr", "", "application/json", asJSON},
		{"JSON for whoever takes anything", "/calls/a/cdr", "*/*", "application/json", asJSON},
		{"JSON where it is asked for", "/calls/a/cdr?format=json", "application/xml", "application/json", asJSON},
		{"XML", "/calls/a/cdr?format=xml", "", "application/xml", raw},
		{"XML by the header", "/calls/a/cdr", "application/xml", "application/xml", raw},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := c.ask("shop", tt.path, http.Header{"Accept": {tt.accept}})
			if got.status != 200 || got.header.Get("Content-Type") != tt.kind || got.body != tt.want || got.header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%d %v %s", got.status, got.header, got.body)
			}
		})
	}
	if got := c.get("blind", "/calls/a/cdr"); got.status != 200 || got.body != strings.Replace(asJSON, "100", `"*****"`, 1) {
		t.Errorf("without numbers/see: %d %s", got.status, got.body)
	}
	c.refused(c.get("blind", "/calls/a/cdr?format=xml"), 403, "") // as it came it has all of them
	c.refused(c.ask("blind", "/calls/a/cdr", http.Header{"Accept": {"application/xml"}}), 403, "")
	c.refused(c.get("nothing", "/calls/a/cdr"), 403, "")
	c.refused(c.get("shop", "/calls/theirs/cdr"), 404, "")
	c.refused(c.get("all", "/calls/stray/cdr"), 404, "")
	c.refused(c.get("all", "/calls/b/cdr"), 404, "") // a leg of the call whose document is not there
	c.refused(c.get("all", "/calls/a/cdr?format=pdf"), 422, "format")
}
