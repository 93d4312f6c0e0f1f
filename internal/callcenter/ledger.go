package callcenter

import (
	"strconv"
	"sync"
	"time"

	"callgate/esl"
)

// ledger keeps what one switch's events tell and its lists do not, or not yet: what an agent is doing since the last
// reading, who talks to whom, and what today has brought. Every reading goes through audit, which puts right what
// events did not say: those that were lost, and changes of which FreeSWITCH fires none.
type ledger struct {
	zone *time.Location // in which a day is a day

	mu      sync.Mutex
	clock   clock
	day     int64 // days since 1970 in zone
	agents  map[string]*agentNews
	visits  map[string]*visit // of members who are in a queue, or were until lately
	queues  map[string]*queueBook
	tallies tallies              // the queues for Prometheus
	doubts  map[doubt]struct{}   // what the last audit changed without an event that says so
	begun   outsideCalls         // calls of phones that the next list of channels may not have yet
	over    map[string]time.Time // channels that the next list may still have, by our clock
	core    string
	audited bool
	touched bool // since the day was saved

	states  *chronicle // nil where nobody keeps the history of states
	last    *Snapshot  // of the last audit
	since   time.Time  // of the link being up
	lostAt  time.Time  // when it was noticed last that something may have been missed
	sighted bool       // a reading has begun since, and events have been heard
	known   time.Time  // until when what is known holds
}

// agentNews is what is known of an agent: of his row what events tell of, and today's figures. Each part has the time,
// by our clock, at which an event told it; the zero time when a reading did.
type agentNews struct {
	row                                    Agent
	statusAt, stateAt, contactAt, bridgeAt time.Time
	agentBook
}

// agentBook is what today brought an agent.
type agentBook struct {
	Today    AgentDay
	Answered account
}

// visit is a member in a queue.
type visit struct {
	queue, session, number string
	joined                 time.Time // the switch's clock
	agent                  string    // who was connected with him
	connecting             bool      // the agent has answered, and no event has told yet that the two are bridged
	talking                time.Time // since when, the switch's clock
	over                   bool      // kept until a reading that began later, which does not bring him back
	at                     time.Time // our clock: the last event; the zero time when only a reading told
}

// queueBook is what today brought a queue.
type queueBook struct {
	Today               QueueDay
	Answered, Abandoned account
}

// doubt is something that a reading told and no event.
type doubt struct{ kind, name string }

// The kinds of corrections that an audit counts.
const (
	doubtStatus    = "agent_status"
	doubtState     = "agent_state"
	doubtMember    = "member"
	doubtAnswered  = "answered"
	doubtAbandoned = "abandoned"
)

// maxVisits bounds what is remembered of members and channels while readings fail: a reading drops those who are over.
const maxVisits = 100_000

func newLedger(zone *time.Location) *ledger {
	return &ledger{zone: zone, agents: map[string]*agentNews{}, visits: map[string]*visit{}, queues: map[string]*queueBook{},
		doubts: map[doubt]struct{}{}, begun: outsideCalls{}, over: map[string]time.Time{}, tallies: tallies{metrics: newQueueMetrics(), known: map[string]*tally{}}}
}

// take folds one event in, and returns what must be added to the switch's clock to have ours. Events must come in the
// switch's order.
func (l *ledger) take(e *esl.Event, now time.Time) (offset time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clock.seen(e.Time(), now)
	at := l.proof(e.Time(), now)
	switch {
	case e.Subclass() == Subclass:
		agent := e.Get("CC-Agent")
		l.settle(at, agent)
		l.fold(e, now)
		l.note(at, agent)
	case e.Name() == channelAnswer:
		if len(l.begun) >= maxVisits {
			clear(l.begun)
		}
		call := phoneCall{uuid: e.Get("Unique-ID"), at: now}
		if account, domain := phoneOf(e.Get("Channel-Name"), e.Get("Channel-Presence-ID")); account != "" {
			call.domain = domain
			owners := l.ownersOf(call.uuid, account)
			l.settle(at, owners...)
			l.begun[account] = append(l.begun[account], call)
			l.note(at, owners...)
		}
	case e.Name() == channelHangup:
		owners := l.ownersOf(e.Get("Unique-ID"), "")
		l.settle(at, owners...)
		if len(l.over) >= maxVisits {
			clear(l.over)
		}
		l.over[e.Get("Unique-ID")] = now
		l.note(at, owners...)
	}
	return l.clock.offset()
}

// offset is what must be added to the switch's clock to have ours.
func (l *ledger) offset() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.clock.offset()
}

// fold knows what mod_callcenter's events mean.
//
// Source: mod_callcenter.c; where each action is fired stands in cc_agent_update, outbound_agent_thread_run and
// callcenter_function.
func (l *ledger) fold(e *esl.Event, now time.Time) {
	l.turn(now)
	l.touched = true
	agent, queue, member := e.Get("CC-Agent"), e.Get("CC-Queue"), e.Get("CC-Member-UUID")
	switch e.Get("CC-Action") {
	case "agent-status-change":
		a := l.agent(agent)
		was := a.row.Status
		a.row.setStatus(e.Get("CC-Agent-Status"))
		a.statusAt = now
		if a.row.Status != was {
			a.row.StatusAt = e.Time().Truncate(time.Second)
		}
		if a.row.Status == Available && was != Available {
			a.Answered.zero() // FreeSWITCH zeroes his counters then
		}
		delete(l.doubts, doubt{doubtStatus, agent})
	case "agent-state-change":
		a := l.agent(agent)
		a.row.setState(e.Get("CC-Agent-State"))
		a.stateAt = now
		delete(l.doubts, doubt{doubtState, agent})
		if a.row.State == InQueueCall {
			l.bridged(agent, e.Time(), now)
		}
	case "agent-contact-change":
		a := l.agent(agent)
		a.row.Contact, a.contactAt = e.Get("CC-Agent-Contact"), now
	case "agent-offering":
		l.agent(agent).Today.Offered++
	case "bridge-agent-start":
		v := l.visit(queue, member, now)
		v.session, v.number = e.Get("CC-Member-Session-UUID"), e.Get("CC-Member-CID-Number")
		v.join(e)
		v.agent, v.connecting = agent, true
	case "bridge-agent-fail":
		if e.Get("CC-Hangup-Cause") != "LOSE_RACE" { // of those rung at once another was quicker
			l.agent(agent).Today.Missed++
		}
	case "bridge-agent-end":
		l.bridgeEnd(e, agent, l.visit(queue, member, now), now)
	case "member-queue-start", "member-queue-resume":
		v := l.visit(queue, member, now)
		v.session, v.number = e.Get("CC-Member-Session-UUID"), e.Get("CC-Member-CID-Number")
		v.joined, v.over = e.Time().Truncate(time.Second), false
	case "member-queue-end":
		v := l.visit(queue, member, now)
		v.join(e)
		if e.Get("CC-Cause") == "Cancel" {
			l.abandon(v, seconds(e, "CC-Member-Leaving-Time"), now, leaving(e))
		}
		v.over, v.connecting, v.talking = true, false, time.Time{}
	}
}

func seconds(e *esl.Event, header string) time.Time {
	n, err := strconv.ParseInt(e.Get(header), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return epoch(n)
}

func (l *ledger) agent(name string) *agentNews {
	a := l.agents[name]
	if a == nil {
		a = &agentNews{}
		l.agents[name] = a
	}
	return a
}

func (l *ledger) queue(name string) *queueBook {
	q := l.queues[name]
	if q == nil {
		q = &queueBook{}
		l.queues[name] = q
	}
	return q
}

// visit finds what an event of the member is about.
func (l *ledger) visit(queue, member string, now time.Time) *visit {
	v := l.visits[member]
	if v == nil {
		if len(l.visits) >= maxVisits {
			clear(l.visits) // the next reading brings back those who are there
		}
		v = &visit{queue: queue}
		l.visits[member] = v
	}
	v.at = now
	delete(l.doubts, doubt{doubtMember, member})
	return v
}

// join takes the time of joining from an event that carries it.
func (v *visit) join(e *esl.Event) {
	if at := seconds(e, "CC-Member-Joined-Time"); !at.IsZero() {
		v.joined = at
	}
}

// bridged is when the agent and the member he was connected with hear each other: FreeSWITCH counts the call as
// answered at this moment, not when the agent picks up, who may be listening to an announcement until then.
func (l *ledger) bridged(agent string, at, now time.Time) {
	for _, v := range l.visits {
		if v.agent == agent && v.connecting && !v.over {
			v.at = now
			l.answer(v, at.Truncate(time.Second), now)
			return
		}
	}
}

func (l *ledger) answer(v *visit, at, now time.Time) {
	v.connecting, v.talking = false, at
	q, a := l.queue(v.queue), l.agent(v.agent)
	q.Answered.count()
	a.Answered.count()
	l.tallies.of(v.queue).answer(v, at)
	if !l.joinedToday(v, now) {
		return
	}
	a.Today.Answered++
	q.Today.Answered++
	wait := max(0, at.Sub(v.joined))
	q.Today.AnsweredWait += wait
	q.Today.LongestWait = max(q.Today.LongestWait, wait)
}

// abandon counts a caller who left unanswered. FreeSWITCH takes for one, too, who hung up in the moment of the bridge.
func (l *ledger) abandon(v *visit, at, now time.Time, why string) {
	q := l.queue(v.queue)
	if !v.talking.IsZero() && !v.connecting {
		q.Answered.uncount()
		l.tallies.of(v.queue).unanswer()
		if l.joinedToday(v, now) {
			q.Today.Answered = max(0, q.Today.Answered-1)
			q.Today.AnsweredWait = max(0, q.Today.AnsweredWait-max(0, v.talking.Sub(v.joined)))
		}
	}
	q.Abandoned.count()
	l.tallies.of(v.queue).leave(v, at, why)
	if !l.joinedToday(v, now) {
		return
	}
	q.Today.Abandoned++
	wait := max(0, at.Sub(v.joined))
	q.Today.AbandonedWait += wait
	q.Today.LongestWait = max(q.Today.LongestWait, wait)
}

// bridgeEnd ends the agent's part of a call: his wrap-up begins. The caller may still be talking to somebody else.
func (l *ledger) bridgeEnd(e *esl.Event, agent string, v *visit, now time.Time) {
	v.join(e)
	if e.Get("CC-Agent-Bridged") == "false" {
		v.agent, v.connecting = "", false // the caller had gone, or the agent's phone
		return
	}
	if v.talking.IsZero() { // the event of the bridge was lost
		v.agent = agent
		l.answer(v, seconds(e, "CC-Agent-Answered-Time"), now)
	}
	end := seconds(e, "CC-Bridge-Terminated-Time")
	a := l.agent(agent)
	if !v.talking.IsZero() {
		a.Today.Talk += max(0, end.Sub(v.talking))
		l.tallies.of(v.queue).talk(v, end, a.row.WrapUp)
	}
	a.row.BridgeEnd, a.bridgeAt = end, now
	v.over = true
}

// turn begins a new day when midnight has passed.
func (l *ledger) turn(now time.Time) {
	day := l.dayOf(now)
	if day == l.day {
		return
	}
	l.day, l.touched = day, true
	for _, a := range l.agents {
		a.Today = AgentDay{}
	}
	for _, q := range l.queues {
		q.Today = QueueDay{}
	}
}

func (l *ledger) dayOf(at time.Time) int64 {
	y, m, d := at.In(l.zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400
}

// joinedToday tells whether a visit belongs to today's figures. A day's books close at midnight: of those who wait
// then, the new day counts neither the joining nor the end.
func (l *ledger) joinedToday(v *visit, now time.Time) bool {
	return l.dayOf(v.joined.Add(l.clock.offset())) == l.dayOf(now)
}
