package callcenter

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"callgate/esl"
)

// keptLedger is the ledger of a switch with that many agents, all of them available, whose states are kept.
func keptLedger(agents int, now time.Time) (l *ledger, names []string) {
	s := &Snapshot{Switch: "main", Taken: now, byName: map[string]*Agent{}}
	for i := range agents {
		a := Agent{Name: fmt.Sprintf("%04d@default", i), Contact: fmt.Sprintf("[leg_timeout=10]user/%04d", i), Status: Available, State: Waiting, WrapUp: 10 * time.Second}
		s.Agents, names = append(s.Agents, a), append(names, a.Name)
	}
	for i := range s.Agents {
		s.byName[s.Agents[i].Name] = &s.Agents[i]
	}
	l = newLedger(time.UTC)
	l.linked(now, now)
	l.audit(s, now)
	l.beginStates(StatesKept{}, nil, chronicleRoom)
	return l, names
}

// event is one of the switch's at a time of its clock, header by header.
func event(tb testing.TB, at time.Time, lines ...string) *esl.Event {
	tb.Helper()
	e, err := esl.ParseEvent("text/event-plain", fmt.Sprintf("Event-Date-Timestamp: %d\n%s\n\n", at.UnixMicro(), strings.Join(lines, "\n")))
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

// TestUnhurriedEvents: what comes late is taken down for when it was, and what ends by itself ends by itself, whatever comes first.
func TestUnhurriedEvents(t *testing.T) {
	begin := time.Unix(1_700_000_000, 0)
	l, names := keptLedger(2, begin)
	at := func(s float64) time.Time { return begin.Add(time.Duration(s * float64(time.Second))) }
	info := func(s, came float64, lines ...string) {
		l.take(event(t, at(s), append([]string{"Event-Name: CUSTOM", "Event-Subclass: callcenter%3A%3Ainfo", "CC-Agent: " + names[0]}, lines...)...), at(came))
	}
	l.take(event(t, at(0), "Event-Name: HEARTBEAT"), at(0)) // the clocks are the same
	info(1, 1, "CC-Action: agent-state-change", "CC-Agent-State: In a queue call")
	info(5, 8, "CC-Action: bridge-agent-end", "CC-Agent-Bridged: true", fmt.Sprintf("CC-Bridge-Terminated-Time: %d", at(5).Unix()))
	info(5.25, 8, "CC-Action: agent-state-change", "CC-Agent-State: Waiting")
	l.take(event(t, at(18), "Event-Name: CHANNEL_ANSWER", "Unique-ID: x", "Channel-Presence-ID: 0000%40d"), at(18))
	l.take(event(t, at(19), "Event-Name: CHANNEL_HANGUP", "Unique-ID: x"), at(19))
	info(20, 21, "CC-Action: agent-status-change", "CC-Agent-Status: On Break")
	spans, watched, lost := l.page(at(22), time.Hour)
	got := ""
	for _, s := range spans {
		if s.Agent == names[0] {
			got += fmt.Sprintf("%s %.2f to %.2f; ", s.Activity, time.UnixMicro(s.Started).Sub(begin).Seconds(), max(0, time.UnixMicro(s.Ended).Sub(begin).Seconds()))
		}
	}
	if want := "ready 0.00 to 1.00; talking 1.00 to 5.25; wrap_up 5.25 to 15.00; ready 15.00 to 18.00; outside 18.00 to 19.00; ready 19.00 to 20.00; pause 20.00 to 0.00; "; got != want || watched != at(20).UnixMicro() || lost != 0 {
		t.Errorf("got  %s, watched until %v, %d lost\nwant %s", got, time.UnixMicro(watched).Sub(begin), lost, want)
	}
}

// TestChannelsBeforeTheFirstReading: events may come before anybody knows whose phones there are.
func TestChannelsBeforeTheFirstReading(t *testing.T) {
	begin := time.Unix(1_700_000_000, 0)
	l := newLedger(time.UTC)
	l.beginStates(StatesKept{}, nil, chronicleRoom)
	for _, name := range []string{"CHANNEL_ANSWER", "CHANNEL_HANGUP"} {
		l.take(event(t, begin, "Event-Name: "+name, "Unique-ID: x", "Channel-Presence-ID: 0000%40d"), begin)
	}
	if spans, _, lost := l.page(begin, time.Hour); len(spans) > 0 || lost > 0 {
		t.Errorf("%v, %d lost", spans, lost)
	}
}

// BenchmarkStatesOfEvents takes the events of 500 agents whose states are kept: one agent's own, and the answer of a phone, which may be
// anybody's.
func BenchmarkStatesOfEvents(b *testing.B) {
	for _, tt := range []struct {
		name  string
		lines []string
	}{
		{"state", []string{"Event-Name: CUSTOM", "Event-Subclass: callcenter%3A%3Ainfo", "CC-Action: agent-state-change"}},
		{"channel", []string{"Event-Name: CHANNEL_HANGUP", "Unique-ID: x"}},
	} {
		b.Run(tt.name, func(b *testing.B) {
			begin := time.Unix(1_700_000_000, 0)
			l, names := keptLedger(500, begin)
			now := begin
			for i := 0; b.Loop(); i++ {
				now = now.Add(20 * time.Millisecond) // each agent's every ten seconds
				state := []string{"Receiving", "Waiting"}[i/500%2]
				l.take(event(b, now, append(tt.lines, "CC-Agent: "+names[i%500], "CC-Agent-State: "+state)...), now)
				if i%50 == 0 {
					l.page(now, time.Hour*1e6)
				}
			}
		})
	}
}
