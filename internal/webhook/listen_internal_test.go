package webhook

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"callgate/esl"
)

// numbering knows whose a number is: what stands before its first 0.
type numbering struct{}

func (numbering) Owner(number string) string {
	project, _, _ := strings.Cut(number, "0")
	return project
}

func (numbering) Normal(project, number string) string {
	if project == "" || number == "" {
		return number
	}
	return "+" + number
}

func (numbering) Switch(string) string { return "" }

func (numbering) WrapUp(string, string) (int64, bool) { return 0, false }

func (numbering) CountedSince(string) int64 { return 0 }

func newEar() *ear {
	return &ear{switchName: "main", around: numbering{}, answers: map[string]answer{}}
}

func event(t *testing.T, pairs ...string) *esl.Event {
	t.Helper()
	all := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i]] = pairs[i+1]
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	e, err := esl.ParseEvent("text/event-json", string(text))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestHear: of the channels of a call the one that began it tells, of its beginning and of its answer.
func TestHear(t *testing.T) {
	const created = "1795413770094226"
	began := func(more ...string) []string {
		return append([]string{"Event-Name", "CHANNEL_CREATE", "Unique-ID", "a", "Call-Direction", "inbound", "Caller-Channel-Created-Time", created,
			"Caller-Caller-ID-Number", "79160001122", "Caller-Destination-Number", "8800", "Channel-Name", "sofia/x/1"}, more...)
	}
	outbound := func(more ...string) []string {
		return began(append([]string{"Call-Direction", "outbound"}, more...)...)
	}
	bridged := func(more ...string) []string {
		return began(append([]string{"Event-Name", "CHANNEL_BRIDGE", "Event-Date-Timestamp", "1795413770254173"}, more...)...)
	}
	for _, tt := range []struct {
		name  string
		event []string
		want  string // KIND PROJECT CALLER CALLED QUEUE AGENT
	}{
		{"somebody rings us", began(), "call.started 88 +79160001122 +8800  "},
		{"an ordered call", outbound("variable_callgate_project", "p", "Caller-Caller-ID-Number", "1000"), "call.started 1 +1000 +8800  "},
		{"of an order's project", outbound("variable_callgate_project", "p", "Caller-Caller-ID-Number", ""), "call.started p  +8800  "},
		{"who is dialled", outbound("Other-Type", "originator"), ""},
		{"an agent of a queue", outbound("variable_cc_side", "agent"), ""},
		{"half of a loopback channel", began("Channel-Name", "loopback/x-b"), ""},
		{"no id", began("Unique-ID", ""), ""},
		{"no time", began("Caller-Channel-Created-Time", "0"), ""},
		{"a time that is none", began("Caller-Channel-Created-Time", "9223372036854775807"), ""},
		{"answered", bridged("Other-Type", "originatee", "variable_callgate_number", "4950"), "call.answered 495 +79160001122 +4950  "},
		{"a leg that was dialled and dials", bridged("Call-Direction", "outbound", "Other-Type", "originatee", "variable_originator", "x"), ""},
		{"answered after all times", bridged("Event-Date-Timestamp", "9223372036854775807"), ""},
		{"answered at no time", bridged("Event-Date-Timestamp", ""), ""},
		{"something else", began("Event-Name", "CHANNEL_ANSWER"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			told, ok := newEar().hear(event(t, tt.event...))
			got := ""
			if ok {
				var c Call
				if err := json.Unmarshal(told.Data, &c); err != nil {
					t.Fatal(err)
				}
				got = fmt.Sprint(told.Kind, " ", c.Project, " ", c.Caller, " ", c.Called, " ", c.Queue, " ", c.Agent)
				if told.Project != c.Project || c.ID != "a" || c.Switch != "main" {
					t.Errorf("told %+v %+v", told, c)
				}
			}
			if got != tt.want {
				t.Errorf("told %q, want %q", got, tt.want)
			}
		})
	}
	one, _ := newEar().hear(event(t, began()...))
	two, _ := newEar().hear(event(t, began("Event-Date-Timestamp", "1795413770094999", "Caller-Caller-ID-Number", "1")...))
	other, _ := newEar().hear(event(t, began("Caller-Channel-Created-Time", "1795413770094227")...))
	if one.ID != two.ID || one.ID == other.ID {
		t.Errorf("the same call is %s and %s, another one %s", one.ID, two.ID, other.ID)
	}
}

// TestHearQueue holds what is heard against a conversation with FreeSWITCH: somebody rang a queue, and an agent answered.
func TestHearQueue(t *testing.T) {
	raw, err := os.ReadFile("../../esl/esltest/testdata/esl/queue_call_answered_json_events.txt")
	if err != nil {
		t.Fatal(err)
	}
	l := newEar()
	var got []string
	for _, frame := range regexp.MustCompile(`(?m)^Content-Length: (\d+)\nContent-Type: text/event-json\n\n`).FindAllSubmatchIndex(raw, -1) {
		n, _ := strconv.Atoi(string(raw[frame[2]:frame[3]]))
		e, err := esl.ParseEvent("text/event-json", string(raw[frame[1]:min(frame[1]+n, len(raw))]))
		if err != nil {
			t.Fatal(err)
		}
		if told, ok := l.hear(e); ok {
			var c Call
			if err := json.Unmarshal(told.Data, &c); err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprint(told.Kind, " ", c.Direction, " ", c.ID[:8], " ", c.Queue, " ", c.Agent))
		}
	}
	if len(l.answers) != 0 {
		t.Errorf("remembered are %v", l.answers)
	}
	want := []string{"call.started outbound f3768562  ", "call.started inbound e11f9649  ", "call.answered inbound e11f9649 support@default 1001@default"}
	if !slices.Equal(got, want) { // the first is the telephone that rang, which was another channel of the same FreeSWITCH
		t.Errorf("heard %q, want %q", got, want)
	}
}

// TestCallersForgotten: of callers whose bridge is never told of only so many are remembered.
func TestCallersForgotten(t *testing.T) {
	l := newEar()
	for i := range 3 * maxAnswered {
		l.hear(event(t, "Event-Name", "CUSTOM", "Event-Subclass", Subclass, "CC-Action", "bridge-agent-start", "CC-Member-Session-UUID", strconv.Itoa(i)))
	}
	if len(l.answers) > maxAnswered {
		t.Errorf("%d are remembered", len(l.answers))
	}
}

// FuzzHear: whatever a switch says, what is told of it can be read, with numbers and without, and is not endless.
func FuzzHear(f *testing.F) {
	f.Add(`{"Event-Name":"CHANNEL_CREATE","Unique-ID":"a","Call-Direction":"inbound","Caller-Channel-Created-Time":"1795413770094226","Caller-Caller-ID-Number":"79160001122"}`)
	f.Add(`{"Event-Name":"CHANNEL_BRIDGE","Unique-ID":"\u0000","Caller-Channel-Created-Time":"1","Event-Date-Timestamp":"-1","variable_callgate_user":"%ff%00"}`)
	f.Add(`{"Event-Name":"CUSTOM","Event-Subclass":"callcenter::info","CC-Action":"bridge-agent-start","CC-Agent":"\ud800"}`)
	f.Fuzz(func(t *testing.T, body string) {
		e, err := esl.ParseEvent("text/event-json", body)
		if err != nil {
			return
		}
		told, ok := newEar().hear(e)
		if !ok {
			return
		}
		for _, numbers := range []bool{true, false} {
			sent, err := told.Body(numbers)
			if err != nil || !json.Valid(sent) || len(sent) > 64<<10 {
				t.Errorf("%d bytes, %v: %s", len(sent), err, sent)
			}
		}
		if told.At.IsZero() || told.At.After(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("at %v", told.At)
		}
	})
}
