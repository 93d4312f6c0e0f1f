package history_test

import (
	"fmt"
	"math/rand/v2"

	"callgate/cdr"
	"callgate/internal/history"
)

// played is a made-up call: its legs as FreeSWITCH would post them, and what they ought to become.
type played struct {
	legs        []*history.Leg
	visits      []history.Visit // Outcome Moved where nothing that is posted says more
	disposition history.Disposition
	hungUp      history.Party
}

// player makes up calls. Its clock counts microseconds.
type player struct {
	*rand.Rand
	calls, legs int
	now         int64
}

func (p *player) id(kind string) string {
	p.legs++
	return fmt.Sprintf("%s-%d-%d", kind, p.calls, p.legs)
}

// pass lets some seconds go by, and returns the second that it is then.
func (p *player) pass(least, most int64) int64 {
	p.now += least*1e6 + p.Int64N((most-least)*1e6+1)
	return p.now / 1e6
}

// call plays a whole one from somebody who rings a number.
func (p *player) call() played {
	p.calls++
	p.now = 1_700_000_000e6 + p.Int64N(86400e6)
	caller := &history.Leg{Record: cdr.Record{Leg: p.id("caller"), ALeg: true, Direction: "inbound", Start: p.now, Caller: "79165550001", Called: "74951110001",
		HangupCause: "NORMAL_CLEARING", HangupDisposition: "send_bye"}, Received: 1, Project: "9876", OwnNumber: "+74951110001"}
	caller.Call = caller.Leg
	c := played{legs: []*history.Leg{caller}, hungUp: history.BySwitch}
	p.pass(0, 3)
	for n := p.IntN(4); n > 0 && c.queue(p, caller); n-- {
	}
	served := false
	for _, v := range c.visits {
		served = served || v.Outcome == history.Served
	}
	if caller.End == 0 {
		if len(c.visits) == 0 || p.IntN(3) == 0 {
			c.direct(p, caller)
			served = served || c.disposition == history.Answered
		}
		if caller.End == 0 {
			p.pass(2, 5)
			caller.End = p.now
		}
	}
	switch {
	case served:
		c.disposition = history.Answered
	case len(c.visits) > 0:
		c.disposition = history.Abandoned
	case c.disposition == "":
		c.disposition = history.Unconnected
	}
	return c
}

// queue plays a stay, and tells whether the caller went on from there.
func (c *played) queue(p *player, caller *history.Leg) bool {
	name := [...]string{"sales", "support", "billing"}[p.IntN(3)]
	caller.Queues = append(caller.Queues, cdr.QueueEntry{Queue: name, At: p.now})
	joined := p.pass(0, 0)
	v := history.Visit{Queue: name, Member: p.id("member"), Joined: joined}
	// What mod_callcenter's callcenter_function overwrites; the rest stays as it was.
	caller.Side, caller.Queue, caller.Member, caller.JoinedEpoch = "member", name, v.Member, joined
	p.pass(1, 4)
	for range p.IntN(3) {
		l := c.ring(p, caller, &v)
		l.HangupCause = [...]string{"USER_BUSY", "NO_ANSWER", "CALL_REJECTED"}[p.IntN(3)]
		p.pass(0, 9)
		l.End = p.now
		v.Attempts = append(v.Attempts, history.Attempt{Agent: l.Agent, Leg: l.Leg, Started: l.Start, Cause: l.HangupCause})
		p.pass(1, 3)
	}
	if p.IntN(2) == 0 {
		return c.answer(p, caller, &v)
	}
	v.Left = p.pass(0, 30)
	v.Wait = v.Left - v.Joined
	caller.CanceledEpoch, caller.QueueCause = v.Left, "cancel"
	for i := range c.visits { // only the last reason stays
		if o := &c.visits[i].Outcome; *o != history.Served {
			*o = history.Moved
		}
	}
	reason := p.IntN(4)
	caller.CancelReason = [...]string{"BREAK_OUT", "TIMEOUT", "NO_AGENT_TIMEOUT", "EXIT_WITH_KEY"}[reason]
	v.Outcome = [...]history.VisitOutcome{history.Left, history.TimedOut, history.NoAgents, history.ExitKey}[reason]
	c.visits = append(c.visits, v)
	if reason == 0 {
		caller.End, caller.HangupDisposition, c.hungUp = p.now, "recv_bye", history.ByCaller
		return false
	}
	p.pass(0, 2)
	return true
}

// ring makes an agent's leg.
func (c *played) ring(p *player, caller *history.Leg, v *history.Visit) *history.Leg {
	l := &history.Leg{Record: cdr.Record{Leg: p.id("agent"), ALeg: true, Call: caller.Leg, Direction: "outbound", Start: p.now, Side: "agent", Queue: v.Queue,
		Member: v.Member, MemberLeg: caller.Leg, JoinedEpoch: v.Joined, Agent: [...]string{"anna", "boris"}[p.IntN(2)], AgentType: "callback"},
		Received: 1, WrapKnown: p.IntN(4) > 0}
	if l.WrapKnown {
		l.Wrap = p.Int64N(20)
	}
	c.legs = append(c.legs, l)
	return l
}

// answer plays a stay that an agent answers, and tells whether he handed the caller on.
func (c *played) answer(p *player, caller *history.Leg, v *history.Visit) bool {
	l := c.ring(p, caller, v)
	v.Agent, v.AgentLeg, v.Outcome = l.Agent, l.Leg, history.Served
	v.Answered = p.pass(0, 9)
	l.Dialled, l.ALeg, l.Answer, l.Bridged, l.HangupCause = true, false, p.now, p.now, "NORMAL_CLEARING"
	caller.Agent, caller.AnsweredEpoch, caller.QueueCause = l.Agent, v.Answered, "answered"
	if caller.Bridged == 0 {
		caller.Bridged = p.now
	}
	v.Left = p.pass(1, 200)
	l.End = p.now
	v.Wait, v.Talk = v.Answered-v.Joined, v.Left-v.Answered
	if p.IntN(3) == 0 {
		l.HoldSeconds = p.Int64N(v.Talk + 1)
		v.Hold = l.HoldSeconds
	}
	v.Wrap, v.WrapKnown = l.Wrap, l.WrapKnown
	v.Attempts = append(v.Attempts, history.Attempt{Agent: l.Agent, Leg: l.Leg, Started: l.Start, Answered: true, Cause: l.HangupCause})
	c.visits = append(c.visits, *v)
	switch p.IntN(3) {
	case 0: // the caller hangs up; the agent's thread comes too late to say when
		caller.End, caller.HangupDisposition, l.HangupDisposition, c.hungUp = p.now, "recv_bye", "send_bye", history.ByCaller
	case 1:
		caller.End, l.HangupDisposition, c.hungUp = p.now, "recv_bye", history.ByAgent
	default:
		l.HangupDisposition = "recv_bye"
		caller.TerminatedEpoch = v.Left
		p.pass(1, 2)
		return true
	}
	return false
}

// direct has the caller put through to an account.
func (c *played) direct(p *player, caller *history.Leg) {
	if p.IntN(3) == 0 {
		return
	}
	l := &history.Leg{Record: cdr.Record{Leg: p.id("callee"), Call: caller.Leg, Direction: "outbound", Start: p.now, Dialled: true, Called: "1001"}, Received: 1}
	c.legs = append(c.legs, l)
	p.pass(1, 9)
	if how := p.IntN(4); how < 3 {
		l.HangupCause = [...]string{"USER_BUSY", "NO_ANSWER", "CALL_REJECTED"}[how]
		c.disposition = [...]history.Disposition{history.Busy, history.NoAnswer, history.Rejected}[how]
		l.End = p.now
		return
	}
	c.disposition = history.Answered
	l.Answer, l.Bridged, l.HangupCause = p.now, p.now, "NORMAL_CLEARING"
	if caller.Bridged == 0 {
		caller.Bridged = p.now
	}
	p.pass(1, 100)
	l.End, l.HangupDisposition, caller.End, c.hungUp = p.now, "recv_bye", p.now, history.ByCallee
}

// manual are the calls behind the user's manual's table of a day.
func manual() []*history.Call {
	answered := func(id string, wait, talk, hold, wrap int64) *history.Call {
		caller := leg(cdr.Record{Leg: id, Direction: "inbound", End: at(2 + wait + talk), Side: "member", Queue: "support", Member: "m" + id, JoinedEpoch: secondOf(2),
			AnsweredEpoch: secondOf(2 + wait), QueueCause: "answered", Agent: "anna", Queues: []cdr.QueueEntry{{Queue: "support", At: at(2)}}})
		agent := leg(cdr.Record{Leg: "agent" + id, Call: id, Direction: "outbound", Start: at(3), Bridged: at(2 + wait), End: at(2 + wait + talk), Side: "agent",
			Queue: "support", Member: "m" + id, MemberLeg: id, Agent: "anna", AgentType: "callback", JoinedEpoch: secondOf(2), HoldSeconds: hold, Dialled: true})
		agent.Wrap, agent.WrapKnown = wrap, true
		return history.Join([]*history.Leg{caller, agent})
	}
	calls := []*history.Call{answered("1", 11, 75, 0, 3), answered("2", 27, 90, 42, 10)}
	for range 9 {
		calls = append(calls, history.Join([]*history.Leg{leg(cdr.Record{Leg: "away", Direction: "inbound", End: at(5), HangupCause: "NORMAL_CLEARING"})}))
	}
	return calls
}
