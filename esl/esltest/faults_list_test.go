package esltest_test

import (
	"slices"
	"strings"
	"testing"

	"callgate/esl/esltest"
)

func asJSON(list string) string {
	return `json {"command":"callcenter_config","data":{"arguments":"` + list + `"}}`
}

// TestSpoilList has the answers that a running FreeSWITCH gave while its tables
// were gone, and those that other versions and broken networks would give.
func TestSpoilList(t *testing.T) {
	const success = `,"status":"success","response":`
	fails := esltest.ListFault{Fails: true}
	config := func(s string) string { return "callcenter_config " + s }
	tests := []struct {
		name, list    string
		fault         esltest.ListFault
		command, want string // want may be the end alone
	}{
		{"agents", "agents", fails, config("agent list"), "+OK\n"},
		{"agents in JSON", "agents", fails, asJSON("agent list"), success + "[]}\n"},
		{"agents of a queue", "agents", fails, config("queue list agents q@d"), "+OK\n"},
		{"one agent", "agents", fails, config("agent list a"), "+OK\n"},
		{"count of agents", "agents", fails, config("queue count agents q@d"), "0\n"},
		{"status of an agent", "agents", fails, config("agent get status a"), "-ERR Agent not found!\n"},
		{"probe for an agent", "agents", fails, config("agent set probe a x"), "-ERR Agent not found!\n"},
		{"probe for an agent that is well", "tiers", fails, config("agent set probe a x"), "-ERR Invalid Agent Update KEY!\n"},
		{"add", "agents", fails, config("agent add c callback"), "+OK\n"},
		{"tiers do not need agents", "agents", fails, config("queue count tiers q@d"), "2\n"},
		{"probe for a tier without agents", "agents", fails, config("tier set probe q@d a x"), "-ERR Agent not found!\n"},
		{"tiers", "tiers", fails, config("tier list"), "+OK\n"},
		{"tiers in JSON", "tiers", fails, asJSON("tier list"), success + "[]}\n"},
		{"count of tiers", "tiers", fails, config("queue count tiers q@d"), "0\n"},
		{"probe for a tier", "tiers", fails, config("tier set probe q@d a x"), "-ERR Unknown Error!\n"},
		{"probe for a tier that is well", "members", fails, config("tier set probe q@d a x"), "-ERR Invalid Tier Update KEY!\n"},
		{"members", "members", fails, asJSON("member list"), success + "[]}\n"},
		{"queues are no table", "queues", fails, config("queue count"), "2\n"},
		{"fails midway", "tiers", esltest.ListFault{Fails: true, KeepRows: 1}, config("tier list"),
			"queue|agent|state|level|position\nq@d|a|Ready|1|1\n+OK\n"},
		{"fails midway in JSON", "tiers", esltest.ListFault{Fails: true, KeepRows: 1}, asJSON("tier list"),
			success + `[{"queue":"q@d","agent":"a","state":"Ready","level":"1","position":"1"}]}` + "\n"},
		{"other order", "tiers", esltest.ListFault{Columns: func(names []string) []string { slices.Reverse(names); return names }},
			config("tier list"), "position|level|state|agent|queue\n1|1|Ready|a|q@d\n2|1|Ready|b|q@d\n+OK\n"},
		{"missing and unknown", "tiers", esltest.ListFault{Columns: func(names []string) []string { return append(names[:2], "skill") }},
			asJSON("tier list"), success + `[{"queue":"q@d","agent":"a","skill":"x"},{"queue":"q@d","agent":"b","skill":"x"}]}` + "\n"},
		{"queues without columns", "queues", esltest.ListFault{Columns: func([]string) []string { return []string{"name", "calls_answered"} }},
			config("queue list"), "name|calls_answered\nother@d|0\nq@d|0\n+OK\n"},
		{"half", "tiers", esltest.ListFault{Half: true}, config("tier list"), "queue|agent|state|level|position\nq"},
		{"garbage", "agents", esltest.ListFault{Text: "\x00{"}, asJSON("agent list"), "\x00{"},
		{"other lists are well", "members", esltest.ListFault{Text: "?"}, config("queue list tiers other@d"), "+OK\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, centreConfig(esltest.Queue{}, "a=ok", "b=ok"), func(t *testing.T, b *bench) {
				well := b.api(test.command)
				b.s.SpoilList(test.list, test.fault)
				got := b.api(test.command)
				if got != test.want && (!strings.HasPrefix(test.command, "json") || !strings.HasSuffix(got, test.want)) {
					t.Errorf("want %q\ngot  %q", test.want, got)
				}
				b.s.SpoilList(test.list, esltest.ListFault{})
				if test.name != "add" && b.api(test.command) != well {
					t.Errorf("it does not end: %q", b.api(test.command))
				}
			})
		})
	}
}
