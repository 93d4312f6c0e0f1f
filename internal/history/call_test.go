package history_test

import (
	"testing"

	"callgate/cdr"
	"callgate/internal/history"
)

// at is a time of the made-up legs: so many seconds after the call began, in microseconds.
func at(s int64) int64 { return (1_700_000_000 + s) * 1e6 }

// secondOf is the same as an epoch.
func secondOf(s int64) int64 { return 1_700_000_000 + s }

// leg makes one of what its CDR says.
func leg(r cdr.Record) *history.Leg {
	if r.Start == 0 {
		r.Start = at(0)
	}
	return &history.Leg{Record: r, Received: at(1000), CallerNormal: "+" + r.Caller, CalledNormal: "+" + r.Called}
}

func TestDisposition(t *testing.T) {
	caller := cdr.Record{Leg: "caller", Direction: "inbound", End: at(9), HangupCause: "NORMAL_CLEARING"}
	order := cdr.Record{Leg: "order", Direction: "outbound", Answer: at(2), End: at(9), User: "olga", HangupCause: "NORMAL_CLEARING"}
	rung := func(cause string) *history.Leg {
		return leg(cdr.Record{Leg: "rung-" + cause, Call: "caller", Direction: "outbound", Dialled: true, Start: at(3), End: at(8), HangupCause: cause})
	}
	of := func(r cdr.Record, change func(*cdr.Record)) *history.Leg { change(&r); return leg(r) }
	for _, c := range []struct {
		name string
		legs []*history.Leg
		want history.Disposition
	}{
		{"nobody was rung", []*history.Leg{leg(caller)}, history.Unconnected},
		{"turned away by the dialplan", []*history.Leg{of(caller, func(r *cdr.Record) { r.HangupCause = "CALL_REJECTED" })}, history.Unconnected},
		{"talked", []*history.Leg{leg(caller), of(rung("NORMAL_CLEARING").Record, func(r *cdr.Record) { r.Bridged = at(5) })}, history.Answered},
		{"talked with one whose CDR is not posted", []*history.Leg{of(caller, func(r *cdr.Record) { r.Bridged = at(5) })}, history.Answered},
		{"busy", []*history.Leg{leg(caller), rung("USER_BUSY")}, history.Busy},
		{"no answer", []*history.Leg{leg(caller), rung("NO_ANSWER")}, history.NoAnswer},
		{"no answer from the far end", []*history.Leg{leg(caller), rung("NO_USER_RESPONSE")}, history.NoAnswer},
		{"rang too long", []*history.Leg{leg(caller), rung("ALLOTTED_TIMEOUT")}, history.NoAnswer},
		{"called off", []*history.Leg{leg(caller), rung("ORIGINATOR_CANCEL")}, history.NoAnswer},
		{"rejected", []*history.Leg{leg(caller), rung("CALL_REJECTED")}, history.Rejected},
		{"not there", []*history.Leg{leg(caller), rung("USER_NOT_REGISTERED")}, history.Failed},
		{"one busy, one did not answer", []*history.Leg{leg(caller), rung("USER_BUSY"), rung("NO_ANSWER")}, history.NoAnswer},
		{"one busy, one not there", []*history.Leg{leg(caller), rung("USER_NOT_REGISTERED"), rung("USER_BUSY")}, history.Busy},
		{"left the queue, and nobody answered elsewhere", []*history.Leg{of(caller, func(r *cdr.Record) {
			r.Side, r.Member, r.Queue, r.JoinedEpoch, r.CanceledEpoch, r.QueueCause = "member", "m", "sales", secondOf(1), secondOf(2), "cancel"
		}), rung("NO_ANSWER")}, history.Abandoned},
		{"left the queue, and talked elsewhere", []*history.Leg{of(caller, func(r *cdr.Record) {
			r.Side, r.Member, r.Queue, r.JoinedEpoch, r.CanceledEpoch, r.QueueCause = "member", "m", "sales", secondOf(1), secondOf(2), "cancel"
		}), of(rung("NORMAL_CLEARING").Record, func(r *cdr.Record) { r.Bridged = at(5) })}, history.Answered},
		{"an order whose own account is busy", []*history.Leg{of(order, func(r *cdr.Record) { r.Answer, r.HangupCause = 0, "USER_BUSY" })}, history.Busy},
		{"an order, and the other side rejects", []*history.Leg{leg(order), rung("CALL_REJECTED")}, history.Rejected},
		{"an order that went nowhere", []*history.Leg{leg(order)}, history.Unconnected},
		{"only an agent who talked is known", []*history.Leg{leg(cdr.Record{Leg: "agent", Side: "agent", Agent: "anna", Direction: "outbound", Bridged: at(3), End: at(5)})}, history.Answered},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := history.Join(c.legs).Disposition; got != c.want {
				t.Errorf("call is %q, want %q", got, c.want)
			}
		})
	}
}

func TestHungUp(t *testing.T) {
	for _, c := range []struct {
		name, first string
		firstEnd    int64
		talked      bool
		other, side string
		otherEnd    int64
		want        history.Party
	}{
		{name: "the caller", first: "recv_bye", talked: true, other: "send_bye", want: history.ByCaller},
		{name: "the caller, before anybody answered", first: "recv_cancel", want: history.ByCaller},
		{name: "who was to order, by refusing", first: "recv_refuse", want: history.ByCaller},
		{name: "the one rung", first: "send_bye", talked: true, other: "recv_bye", want: history.ByCallee},
		{name: "the agent", first: "send_bye", talked: true, other: "recv_bye", side: "agent", want: history.ByAgent},
		{name: "the agent, and then the switch", first: "send_bye", firstEnd: 14, talked: true, other: "recv_bye", side: "agent", otherEnd: 9, want: history.BySwitch},
		{name: "the switch, both", first: "send_bye", talked: true, other: "send_bye", want: history.BySwitch},
		{name: "the switch, one alone", first: "send_bye", want: history.BySwitch},
		{name: "the switch, after one that only rang", first: "send_refuse", other: "recv_refuse", want: history.BySwitch},
		{name: "not known of a caller that is no SIP", want: history.ByNobody},
		{name: "not known of an agent that is no SIP", first: "send_bye", talked: true, side: "agent", want: history.ByNobody},
	} {
		t.Run(c.name, func(t *testing.T) {
			first := cdr.Record{Leg: "caller", Direction: "inbound", End: at(max(c.firstEnd, 9)), HangupDisposition: c.first}
			other := cdr.Record{Leg: "other", Call: "caller", Direction: "outbound", Dialled: true, Side: c.side, Agent: "anna", Start: at(1), End: at(max(c.otherEnd, 9)),
				HangupDisposition: c.other}
			if c.talked {
				first.Bridged, other.Bridged = at(3), at(3)
			}
			legs := []*history.Leg{leg(first)}
			if c.other != "" || c.talked {
				legs = append(legs, leg(other))
			}
			if got := history.Join(legs).HungUp; got != c.want {
				t.Errorf("hung up by %q, want %q", got, c.want)
			}
		})
	}
	if got := history.Join([]*history.Leg{leg(cdr.Record{Leg: "caller", Direction: "inbound", Bridged: at(3), HangupDisposition: "send_bye"})}).HungUp; got != history.ByNobody {
		t.Errorf("without the CDR of who talked it is %q, want nobody", got)
	}
}

// What begins a call: who it is about, and whether it counts.
func TestBeginning(t *testing.T) {
	caller := leg(cdr.Record{Leg: "caller", Direction: "inbound", Start: at(5), Caller: "7916", Called: "7495"})
	standing := leg(cdr.Record{Leg: "standing", Direction: "outbound", Start: at(0), Called: "1001"})
	order := leg(cdr.Record{Leg: "order", Direction: "outbound", Start: at(0), Caller: "7495", Called: "1001", User: "olga"})
	dialled := leg(cdr.Record{Leg: "dialled", Call: "order", Direction: "outbound", Start: at(3), Caller: "7495", Called: "7917", Dialled: true})
	agent := leg(cdr.Record{Leg: "agent", Call: "caller", Direction: "outbound", Start: at(6), Side: "agent", MemberLeg: "caller", Member: "m", Queue: "sales", Agent: "anna"})
	half := leg(cdr.Record{Leg: "half", Call: "caller", Direction: "inbound", Start: at(1), LoopbackHalf: "B"})
	asking := leg(cdr.Record{Leg: "asking", Call: "asking", Direction: "inbound", Start: at(7), Caller: "1001", Called: "1002"})
	for _, c := range []struct {
		name                           string
		legs                           []*history.Leg
		uuid, direction, from, to, who string
		begun                          bool
	}{
		{"a caller", []*history.Leg{caller}, "caller", "inbound", "+7916", "+7495", "", true},
		{"a caller after an agent's leg", []*history.Leg{agent, caller}, "caller", "inbound", "+7916", "+7495", "", true},
		{"a caller behind a loopback", []*history.Leg{half, caller}, "caller", "inbound", "+7916", "+7495", "", true},
		{"a caller bridged to one that stood there", []*history.Leg{standing, caller}, "caller", "inbound", "+7916", "+7495", "1001", true},
		{"a caller before who was asked back", []*history.Leg{asking, caller}, "caller", "inbound", "+7916", "+7495", "", true},
		{"an order", []*history.Leg{dialled, order}, "order", "outbound", "+7495", "+7917", "1001", true},
		{"an order before who was asked back", []*history.Leg{asking, dialled, order}, "order", "outbound", "+7495", "+7917", "1001", true},
		{"an order alone", []*history.Leg{order}, "order", "outbound", "+7495", "+1001", "1001", true},
		{"an agent alone", []*history.Leg{agent}, "caller", "outbound", "+", "+", "", false},
		{"one that was dialled, alone", []*history.Leg{dialled}, "dialled", "outbound", "+7495", "+7917", "", false},
		{"nothing", nil, "", "", "", "", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := history.Join(c.legs)
			if got.UUID != c.uuid || got.Direction != c.direction || got.Caller != c.from || got.Called != c.to || got.Account != c.who || got.Begun != c.begun {
				t.Errorf("call is %s, %s from %s to %s of account %q, begun %v; want %s, %s from %s to %s of account %q, begun %v", got.UUID, got.Direction,
					got.Caller, got.Called, got.Account, got.Begun, c.uuid, c.direction, c.from, c.to, c.who, c.begun)
			}
			if n := len(got.Figures()); n > 0 != c.begun {
				t.Errorf("it counts for %d keys", n)
			}
		})
	}
}

// An account is told from a number outside, for which no figures are kept.
func TestAccount(t *testing.T) {
	for called, want := range map[string]string{"1001": "1001", "anna.k": "anna.k", "sip-17": "sip-17", "79161234567": "", "+7916": "", "": "", "1234567": "", "a b": "",
		"8-916-123-45-67": "", "8.916.1234567": "", "7_9161234567": "", "10-01": "10-01", "sip1234567": "sip1234567"} {
		c := history.Join([]*history.Leg{leg(cdr.Record{Leg: "caller", Direction: "inbound"}),
			leg(cdr.Record{Leg: "rung", Call: "caller", Direction: "outbound", Dialled: true, Bridged: at(2), End: at(9), Called: called})})
		if c.Account != want {
			t.Errorf("account of %q is %q, want %q", called, c.Account, want)
		}
		f := c.Figures()[history.Key{Quarter: at(0) - at(0)%history.Quarter, Agent: want}]
		if f.Inbound != 1 || f.Talked != 1 || want != "" && f.Talk != 7 {
			t.Errorf("figures of %q are %+v", want, f)
		}
	}
}

// With log-b-leg=false no answered agent's leg is posted: the caller's own has to do.
func TestWithoutAgentsLegs(t *testing.T) {
	caller := leg(cdr.Record{Leg: "caller", Direction: "inbound", End: at(60), Side: "member", Queue: "support", Member: "m2", JoinedEpoch: secondOf(40), Agent: "anna",
		AnsweredEpoch: secondOf(11), TerminatedEpoch: secondOf(39), CanceledEpoch: secondOf(60), QueueCause: "cancel", CancelReason: "BREAK_OUT", HoldSeconds: 4,
		Queues: []cdr.QueueEntry{{Queue: "sales", At: at(3)}, {Queue: "none", At: at(40) - 9_000}, {Queue: "support", At: at(40)}}})
	caller.Wrap, caller.WrapKnown = 7, true
	c := history.Join([]*history.Leg{caller})
	if len(c.Visits) != 2 || c.Disposition != history.Answered {
		t.Fatalf("call is %q, visits are %+v", c.Disposition, c.Visits)
	}
	if v := c.Visits[0]; v.Queue != "sales" || v.Outcome != history.Served || v.Agent != "anna" || v.Wait != 8 || v.Talk != 28 || v.Hold != 4 || v.Wrap != 7 {
		t.Errorf("first visit is %+v", v)
	}
	if v := c.Visits[1]; v.Queue != "support" || v.Outcome != history.Left || v.Wait != 20 || v.Agent != "" {
		t.Errorf("second visit is %+v", v)
	}
	checkFigures(t, c)
}

// No queue of that name: mod_callcenter sets nothing.
func TestUnknownQueue(t *testing.T) {
	c := history.Join([]*history.Leg{leg(cdr.Record{Leg: "caller", Direction: "inbound", End: at(60), Queues: []cdr.QueueEntry{{Queue: "none", At: at(1)}, {Queue: "neither", At: at(9)}}})})
	if len(c.Visits) != 0 || c.Disposition != history.Unconnected {
		t.Errorf("call is %q, visits are %+v", c.Disposition, c.Visits)
	}
}

// A call begins to be talked with the first who is bridged; an agent who stands there for hours does not make it longer.
func TestTimes(t *testing.T) {
	c := history.Join([]*history.Leg{
		leg(cdr.Record{Leg: "caller", Direction: "inbound", Bridged: at(2), End: at(60)}),
		leg(cdr.Record{Leg: "second", Call: "caller", Direction: "outbound", Dialled: true, Start: at(20), Bridged: at(25), End: at(61), Called: "1002"}),
		leg(cdr.Record{Leg: "first", Call: "caller", Direction: "outbound", Dialled: true, Start: at(1), Bridged: at(3), End: at(20), Called: "1001"}),
		leg(cdr.Record{Leg: "standing", Side: "agent", AgentType: "uuid-standby", Direction: "inbound", Start: at(-900), End: at(9000)}),
	})
	if c.Started != at(0) || c.Answered != at(3) || c.Ended != at(61) || c.Duration != 61 || c.Talk != 58 || c.Account != "1001" {
		t.Errorf("call of %q began at %d, was answered at %d, ended at %d: %d s, %d s of talk", c.Account, c.Started, c.Answered, c.Ended, c.Duration, c.Talk)
	}
}
