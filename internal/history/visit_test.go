package history_test

import (
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"callgate/cdr"
	"callgate/internal/history"
)

// Where legs contradict each other, or say too little.
func TestVisits(t *testing.T) {
	member := func(change func(*cdr.Record)) *history.Leg {
		r := cdr.Record{Leg: "caller", Direction: "inbound", End: at(60), Side: "member", Queue: "support", Member: "m2", JoinedEpoch: secondOf(20), QueueCause: "cancel",
			CanceledEpoch: secondOf(60), CancelReason: "BREAK_OUT"}
		change(&r)
		return leg(r)
	}
	agent := func(id, member, name string, started, bridged, end int64) *history.Leg {
		r := cdr.Record{Leg: id, Call: "caller", Direction: "outbound", Start: at(started), End: at(end), Side: "agent", Queue: "support", Agent: name, AgentType: "callback",
			Member: member, MemberLeg: "caller", JoinedEpoch: secondOf(20)}
		if member == "m1" {
			r.Queue, r.JoinedEpoch = "sales", secondOf(1)
		}
		if bridged != 0 {
			r.Bridged = at(bridged)
		}
		return leg(r)
	}
	lost := history.Visit{Queue: "support", Joined: 20, Left: 60, Wait: 40, Outcome: history.Left}
	for _, c := range []struct {
		name string
		legs []*history.Leg
		want []history.Visit // epochs from the call's start
	}{
		{"answered by one of two", []*history.Leg{member(func(r *cdr.Record) { r.QueueCause, r.Agent, r.AnsweredEpoch = "answered", "anna", secondOf(25) }),
			agent("a", "m2", "anna", 21, 25, 60), agent("b", "m2", "boris", 22, 26, 26)},
			[]history.Visit{{Queue: "support", Joined: 20, Answered: 25, Left: 60, Wait: 5, Talk: 35, Outcome: history.Served, Agent: "anna", AgentLeg: "a"}}},
		{"answered by one whose thread could not say so", []*history.Leg{member(func(r *cdr.Record) { r.QueueCause = "answered" }), agent("a", "m2", "anna", 21, 25, 60)},
			[]history.Visit{{Queue: "support", Joined: 20, Answered: 25, Left: 60, Wait: 5, Talk: 35, Outcome: history.Served, Agent: "anna", AgentLeg: "a"}}},
		{"answered by the second ring of the same", []*history.Leg{member(func(r *cdr.Record) { r.QueueCause, r.Agent, r.AnsweredEpoch = "answered", "anna", secondOf(35) }),
			agent("a", "m2", "anna", 21, 0, 25), agent("b", "m2", "anna", 30, 35, 59)},
			[]history.Visit{{Queue: "support", Joined: 20, Answered: 35, Left: 59, Wait: 15, Talk: 24, Outcome: history.Served, Agent: "anna", AgentLeg: "b"}}},
		{"hung up in the moment of the answer", []*history.Leg{member(func(r *cdr.Record) { r.CancelReason, r.Agent, r.AnsweredEpoch = "NONE", "anna", secondOf(60) }),
			agent("a", "m2", "anna", 55, 60, 60)}, []history.Visit{lost}},
		{"let go, and then transferred", []*history.Leg{member(func(r *cdr.Record) {
			r.QueueCause, r.Agent, r.AnsweredEpoch, r.TerminatedEpoch = "answered", "anna", secondOf(25), secondOf(40)
		}),
			agent("a", "m2", "anna", 21, 25, 60)},
			[]history.Visit{{Queue: "support", Joined: 20, Answered: 25, Left: 40, Wait: 5, Talk: 15, Outcome: history.Served, Agent: "anna", AgentLeg: "a"}}},
		{"the first agent's phone went late", []*history.Leg{member(func(r *cdr.Record) {
			r.QueueCause, r.Agent, r.AnsweredEpoch, r.TerminatedEpoch = "answered", "boris", secondOf(25), secondOf(30)
		}),
			agent("a", "m1", "anna", 2, 5, 30), agent("b", "m2", "boris", 21, 25, 60)},
			[]history.Visit{{Queue: "sales", Joined: 1, Answered: 5, Left: 20, Wait: 4, Talk: 15, Outcome: history.Served, Agent: "anna", AgentLeg: "a"},
				{Queue: "support", Joined: 20, Answered: 25, Left: 60, Wait: 5, Talk: 35, Outcome: history.Served, Agent: "boris", AgentLeg: "b"}}},
		{"held by the caller, counted once", []*history.Leg{member(func(r *cdr.Record) {
			r.QueueCause, r.Agent, r.AnsweredEpoch, r.HoldSeconds = "answered", "boris", secondOf(25), 3
		}),
			agent("a", "m1", "anna", 2, 5, 20), agent("b", "m2", "boris", 21, 25, 60)},
			[]history.Visit{{Queue: "sales", Joined: 1, Answered: 5, Left: 20, Wait: 4, Talk: 15, Outcome: history.Served, Agent: "anna", AgentLeg: "a"},
				{Queue: "support", Joined: 20, Answered: 25, Left: 60, Wait: 5, Talk: 35, Hold: 3, Outcome: history.Served, Agent: "boris", AgentLeg: "b"}}},
		{"cut off", []*history.Leg{member(func(r *cdr.Record) { r.QueueCause, r.CanceledEpoch, r.CancelReason = "", 0, "" })}, []history.Visit{lost}},
		{"transferred out, and lived on", []*history.Leg{member(func(r *cdr.Record) { r.CanceledEpoch = secondOf(50) })},
			[]history.Visit{{Queue: "support", Joined: 20, Left: 50, Wait: 30, Outcome: history.Moved}}},
		{"app_log a second early", []*history.Leg{member(func(r *cdr.Record) {
			r.Queues = []cdr.QueueEntry{{Queue: "support", At: at(19)}, {Queue: "none", At: at(61)}}
		})},
			[]history.Visit{lost}},
		{"into queues that are none afterwards", []*history.Leg{member(func(r *cdr.Record) {
			r.CanceledEpoch, r.CancelReason = secondOf(30), "TIMEOUT"
			r.Queues = []cdr.QueueEntry{{Queue: "support", At: at(20)}, {Queue: "none", At: at(40)}, {Queue: "neither", At: at(50)}}
		})}, []history.Visit{{Queue: "support", Joined: 20, Left: 30, Wait: 10, Outcome: history.TimedOut}}},
		{"a place resumed, and then another queue", []*history.Leg{member(func(r *cdr.Record) {
			r.Queues = []cdr.QueueEntry{{Queue: "sales", At: at(7)}, {Queue: "support", At: at(20)}}
		}),
			func() *history.Leg { l := agent("a", "m1", "anna", 8, 0, 9); l.JoinedEpoch = secondOf(-500); return l }()},
			[]history.Visit{{Queue: "sales", Joined: 7, Left: 20, Wait: 13, Outcome: history.Moved}, lost}},
		{"only agents are known", []*history.Leg{agent("a", "m2", "anna", 21, 0, 25), agent("b", "m2", "boris", 26, 30, 55)},
			[]history.Visit{{Queue: "support", Joined: 20, Answered: 30, Left: 55, Wait: 10, Talk: 25, Outcome: history.Served, Agent: "boris", AgentLeg: "b"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := history.Join(c.legs).Visits
			for i := range got {
				for _, e := range []*int64{&got[i].Joined, &got[i].Answered, &got[i].Left} {
					if *e != 0 {
						*e -= secondOf(0)
					}
				}
			}
			if diff := gocmp.Diff(c.want, got, cmpopts.IgnoreFields(history.Visit{}, "Member", "Attempts")); diff != "" {
				t.Errorf("visits (-want +got):\n%s", diff)
			}
		})
	}
}

// Somebody behind an agent's loopback who answers too late has talked with nobody.
func TestAnsweredTooLate(t *testing.T) {
	c := history.Join([]*history.Leg{
		leg(cdr.Record{Leg: "caller", Direction: "inbound", End: at(9), Side: "member", Queue: "sales", Member: "m", JoinedEpoch: secondOf(1), QueueCause: "cancel",
			CanceledEpoch: secondOf(9), CancelReason: "BREAK_OUT"}),
		leg(cdr.Record{Leg: "half-a", Call: "caller", Direction: "outbound", Start: at(2), End: at(9), Side: "agent", Queue: "sales", Member: "m", MemberLeg: "caller", Agent: "lena", LoopbackHalf: "A"}),
		leg(cdr.Record{Leg: "half-b", Call: "caller", Direction: "inbound", Start: at(2), End: at(9), Side: "agent", Queue: "sales", Member: "m", MemberLeg: "caller", Agent: "lena", LoopbackHalf: "B", Bridged: at(9)}),
		leg(cdr.Record{Leg: "behind", Call: "half-b", Direction: "outbound", Start: at(2), End: at(10), Dialled: true, Bridged: at(9)}),
	})
	if c.Disposition != history.Abandoned || len(c.Visits) != 1 || len(c.Visits[0].Attempts) != 1 || c.Visits[0].Attempts[0].Leg != "half-a" {
		t.Errorf("call is %q, visits are %+v", c.Disposition, c.Visits)
	}
}

// A document that speaks of more stays than a call can have.
func TestTooManyVisits(t *testing.T) {
	caller := leg(cdr.Record{Leg: "caller", Direction: "inbound", End: at(9000), Side: "member", Queue: "sales", Member: "m", JoinedEpoch: secondOf(8000)})
	for i := range int64(1000) {
		caller.Queues = append(caller.Queues, cdr.QueueEntry{Queue: "sales", At: at(2 * i)})
	}
	if n := len(history.Join([]*history.Leg{caller}).Visits); n != 256 {
		t.Errorf("it has %d visits, want the first 256", n)
	}
}
