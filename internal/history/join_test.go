package history_test

import (
	"testing"

	"callgate/cdr"
	"callgate/internal/history"
)

// The manual's table: two answered calls and nine that never reached the queue.
func TestFiguresOfTheManual(t *testing.T) {
	const start = 1_700_000_100
	var sum history.Figures
	add := func(legs ...*history.Leg) {
		for k, f := range history.Join(legs).Figures() {
			if k.Queue == "" && k.Agent == "" {
				sum.Add(f)
			}
		}
	}
	answered := func(id string, wait, talk, hold, wrap int64) {
		joined := int64(start + 2)
		caller := &history.Leg{Record: cdr.Record{Leg: id, Direction: "inbound", Start: start * 1e6, End: (joined + wait + talk) * 1e6, Side: "member", Queue: "support",
			Member: "m" + id, JoinedEpoch: joined, AnsweredEpoch: joined + wait, TerminatedEpoch: joined + wait + talk, QueueCause: "answered", Agent: "anna"},
			Wrap: wrap, WrapKnown: true}
		agent := &history.Leg{Record: cdr.Record{Leg: "a" + id, Call: id, Direction: "outbound", Start: (joined + 1) * 1e6, Bridged: (joined + wait) * 1e6,
			End: (joined + wait + talk) * 1e6, Side: "agent", Queue: "support", Member: "m" + id, MemberLeg: id, Agent: "anna", AgentType: "callback", JoinedEpoch: joined,
			HoldSeconds: hold, Dialled: true}, Wrap: wrap, WrapKnown: true}
		add(caller, agent)
	}
	answered("1", 11, 75, 0, 3)
	answered("2", 27, 90, 42, 10)
	for range 9 {
		add(&history.Leg{Record: cdr.Record{Leg: "x", Direction: "inbound", Start: start * 1e6, End: (start + 5) * 1e6, HangupCause: "NORMAL_CLEARING"}})
	}
	want := history.Figures{Inbound: 11, Unqueued: 9, Queued: 2, Answered: 2, Offered: 2, AnsweredWait: 38, AnsweredLongest: 27,
		Talk: 165, Hold: 42, Held: 1, Wrap: 13, Minutes: 2 + 2, AnsweredIn: [11]int64{2: 1, 4: 1}}
	if sum != want {
		t.Errorf("figures are %+v, want %+v", sum, want)
	}
}
