package history

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callgate/esl"
)

// village is surroundings in which a few numbers are somebody's.
type village struct{ owners map[string]string }

func (v village) Owner(number string) string      { return v.owners[number] }
func (village) Normal(_, number string) string    { return number }
func (village) Switch(string) string              { return "" }
func (village) WrapUp(_, _ string) (int64, bool)  { return 0, false }
func (village) CountedSince(string) (since int64) { return 0 }

const noted = 1_795_413_900_000_000

// hangup is an event about an answered leg that came from outside, with changes; a value of "-" takes a header away.
func hangup(t testing.TB, changes ...string) *esl.Event {
	t.Helper()
	all := map[string]string{
		"Event-Name": hangupComplete, "Core-UUID": "core", "Unique-ID": "leg", "Call-Direction": "inbound", "Hangup-Cause": "NORMAL_CLEARING",
		"Caller-Unique-ID": "leg", "Caller-Caller-ID-Number": "89190000001", "Caller-Destination-Number": "74951234567",
		"variable_hangup_cause_q850": "16", "variable_start_uepoch": "1795413800000001", "variable_answer_uepoch": "1795413801000001",
		"variable_end_uepoch": "1795413899000001",
	}
	for i := 0; i < len(changes); i += 2 {
		all[changes[i]] = changes[i+1]
	}
	maps.DeleteFunc(all, func(_, v string) bool { return v == "-" })
	body, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	e, err := esl.ParseEvent("text/event-json", string(body))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestHangupDue(t *testing.T) {
	const process, skip = "variable_process_cdr", "variable_skip_cdr_causes"
	originator, originatee := []string{"Call-Direction", "outbound", "Other-Type", "originator"}, []string{"Other-Type", "originatee"}
	for _, tt := range []struct {
		name                  string
		kind, changes         []string
		due, dialled, telling bool
	}{
		{"from outside", nil, nil, true, false, false},
		{"that dialled", originatee, nil, true, false, false},
		{"dialled", originator, nil, true, true, true},
		{"dialled by nobody", nil, []string{"Call-Direction", "outbound"}, true, false, false},
		{"dialled, and dialled itself", originatee, []string{"variable_originator", "x"}, true, true, false},
		{"an agent's, that dialled", originatee, []string{"variable_cc_side", "agent"}, true, true, false},
		{"an order's, that dialled", originatee, []string{"Call-Direction", "outbound"}, true, false, false},
		{"dialled, and forced", originator, []string{"variable_force_process_cdr", "true"}, true, false, false},
		{"dialled, and not forced", originator, []string{"variable_force_process_cdr", "false"}, true, true, true},
		{"without a profile", nil, []string{"Caller-Unique-ID", "-"}, false, false, false},
		{"without a uuid", nil, []string{"Unique-ID", "-"}, false, false, false},
		{"without a core", nil, []string{"Core-UUID", "-"}, false, false, false},
		{"not to be processed", nil, []string{process, "false"}, false, false, false},
		{"processed if whatever", nil, []string{process, "whatever"}, false, false, false},
		{"processed", nil, []string{process, "TRUE"}, true, false, false},
		{"processed, by a number", nil, []string{process, "1"}, true, false, false},
		{"not processed, by a number", nil, []string{process, "0"}, false, false, false},
		{"a_only", nil, []string{process, "a_only"}, true, false, false},
		{"a_only, that dialled", originatee, []string{process, "a_only"}, true, false, false},
		{"a_only, dialled, and dialled itself", originatee, []string{process, "a_only", "variable_originator", "x"}, false, true, false},
		{"a_only, dialled", originator, []string{process, "a_only"}, false, true, true},
		{"b_only, that dialled", originatee, []string{process, "B_only"}, false, false, false},
		{"b_only, dialled", originator, []string{process, "b_only"}, true, true, true},
		{"b_only, alone", nil, []string{process, "b_only"}, true, false, false},
		{"b_only, dialled, and dialled itself", originator, []string{process, "b_only", "variable_originated_legs", "x"}, false, true, true},
		{"cause skipped", nil, []string{skip, "USER_BUSY| normal_clearing"}, false, false, false},
		{"cause skipped by its number", nil, []string{skip, "16|17"}, false, false, false},
		{"FreeSWITCH's own cause, by its number", nil, []string{skip, "502"}, false, false, false},
		{"another cause skipped", nil, []string{skip, "USER_BUSY|17|"}, true, false, false},
		{"no cause skipped", nil, []string{skip, ""}, true, false, false},
	} {
		h, due := newHangup("main", hangup(t, append(append([]string{}, tt.kind...), tt.changes...)...), noted, village{})
		if due != tt.due || h.Dialled != tt.dialled || h.Telling != tt.telling {
			t.Errorf("%s: due %v, dialled %v, telling %v", tt.name, due, h.Dialled, h.Telling)
		}
	}
}

func TestHangupFacts(t *testing.T) {
	around := village{map[string]string{"74951234567": "9876", "111": "1111"}}
	whole := Hangup{Core: "core", Leg: "leg", Switch: "main", Project: "9876", Direction: "inbound", Cause: "NORMAL_CLEARING", Caller: "89190000001",
		Called: "74951234567", Started: 1795413800000001, Answered: 1795413801000001, Ended: 1795413899000001, Noted: noted}
	with := func(change func(h *Hangup)) Hangup { h := whole; change(&h); return h }
	for _, tt := range []struct {
		name    string
		changes []string
		want    Hangup
	}{
		{"as it is", nil, whole},
		{"in a queue", []string{"variable_cc_side", "member", "variable_cc_queue", "q", "variable_cc_agent", "a"},
			with(func(h *Hangup) { h.Side, h.Queue, h.Agent = "member", "q", "a" })},
		{"sent on", []string{"Caller-Destination-Number", "100", "variable_callgate_number", "74951234567"}, with(func(h *Hangup) { h.Called = "100" })},
		{"of an order", []string{"Caller-Destination-Number", "100", "variable_callgate_project", "5"}, with(func(h *Hangup) { h.Called, h.Project = "100", "5" })},
		{"a number's owner goes before its order", []string{"variable_callgate_project", "5"}, whole},
		{"dialled from a number", []string{"Call-Direction", "outbound", "Caller-Caller-ID-Number", "111"},
			with(func(h *Hangup) { h.Direction, h.Caller, h.Project = "outbound", "111", "1111" })},
		{"times of the profile", []string{"variable_start_uepoch", "-", "variable_answer_uepoch", "0", "variable_end_uepoch", "x",
			"Caller-Channel-Created-Time", "1795413800000002", "Caller-Channel-Answered-Time", "0", "Caller-Channel-Hangup-Time", "1795413899000002"},
			with(func(h *Hangup) { h.Started, h.Answered, h.Ended = 1795413800000002, 0, 1795413899000002 })},
		{"an end that cannot be", []string{"variable_end_uepoch", "99999999999999999"}, with(func(h *Hangup) { h.Ended = noted })},
		{"an end by another clock", []string{"variable_end_uepoch", "1000000"}, with(func(h *Hangup) { h.Ended = noted })},
		{"long texts, and what is none", []string{"variable_cc_queue", strings.Repeat("я", 1000), "variable_cc_agent", "a\xff"},
			with(func(h *Hangup) { h.Queue, h.Agent = strings.Repeat("я", 128), "a\uFFFD" })},
	} {
		if got, _ := newHangup("main", hangup(t, tt.changes...), noted, around); !cmp.Equal(got, tt.want) {
			t.Errorf("%s: %s", tt.name, cmp.Diff(tt.want, got))
		}
	}
}

func FuzzHangup(f *testing.F) {
	f.Add("Call-Direction", "outbound", "Other-Type", "originatee")
	f.Add("variable_process_cdr", "b_only", "variable_skip_cdr_causes", "16||x")
	f.Add("variable_end_uepoch", "9223372036854775807", "Unique-ID", "\xff\x00")
	f.Fuzz(func(t *testing.T, name, value, name2, value2 string) {
		if strings.EqualFold(name, "Event-Name") || strings.EqualFold(name2, "Event-Name") {
			return
		}
		h, due := newHangup("main", hangup(t, name, value, name2, value2), noted, village{})
		for _, text := range []string{h.Core, h.Leg, h.Cause, h.Queue, h.Caller, h.Project} {
			if len(text) > 3*maxText || strings.ToValidUTF8(text, "") != text {
				t.Errorf("kept as %q", text)
			}
		}
		if h.Ended < noted-slip || h.Ended > noted+slip || h.Started < 0 || h.Answered < 0 || due && (h.Leg == "" || h.Core == "") {
			t.Errorf("%+v, due %v", h, due)
		}
	})
}
