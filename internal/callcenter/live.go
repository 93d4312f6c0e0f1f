package callcenter

import (
	"time"

	"callgate/internal/fault"
)

// Live is what is known of one switch right now: its last snapshot, brought up to date with its events. Times are by
// our clock.
type Live struct {
	Switch  string
	Core    string        // which run of the switch it is
	Taken   time.Time     // when the snapshot under it was taken
	Offset  time.Duration // what was added to the switch's times
	Agents  []LiveAgent
	Queues  []LiveQueue
	Tiers   []Tier
	Waiting []LiveMember // in no particular order
}

// LiveAgent is an agent with what he is doing.
type LiveAgent struct {
	Agent
	Ready   bool
	Outside bool      // on a call that is not a queue's
	WrapUp  time.Time // when his wrap-up ends; the zero time when he has none
	Talk    *Talk     // nil when he is in no queue call
	Today   AgentDay
}

// Talking tells whether the agent is in a call.
func (a *LiveAgent) Talking() bool { return a.State == InQueueCall || a.Outside || a.ExternalCalls > 0 }

// Talk is a call between an agent and a member of a queue.
type Talk struct {
	Queue, Member, Session, Number string
	Since                          time.Time
}

// LiveQueue is a queue with what goes on in it.
type LiveQueue struct {
	Queue
	Waiting, Talking int
	Longest          time.Duration // how long the first of those who wait has waited
	Offered          int           // callers who joined today: answered, abandoned or still waiting
	Today            QueueDay
}

// LiveMember is a caller who waits.
type LiveMember struct {
	Queue, UUID, Session, Number string
	Joined                       time.Time
	Waited                       time.Duration
}

// Live returns what is known of every switch whose snapshot is not older than MaxAge.
func (c *Center) Live() []*Live {
	now := c.o.Now()
	var all []*Live
	for _, w := range c.watches {
		if s := c.fresh(w, now); s != nil {
			all = append(all, w.ledger.live(s, now))
		}
	}
	return all
}

// live brings a snapshot up to date.
func (l *ledger) live(s *Snapshot, now time.Time) *Live {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn(now)
	offset := l.clock.offset()
	v := &Live{Switch: s.Switch, Core: s.Core, Taken: s.Taken, Offset: offset, Tiers: s.Tiers, Agents: make([]LiveAgent, len(s.Agents)),
		Queues: make([]LiveQueue, len(s.Queues)), Waiting: []LiveMember{}}
	talks := map[string]*Talk{}
	queues := make(map[string]*LiveQueue, len(s.Queues))
	for i, q := range s.Queues {
		v.Queues[i].Queue = q
		queues[q.Name] = &v.Queues[i]
		if book := l.queues[q.Name]; book != nil {
			v.Queues[i].Today = book.Today
			v.Queues[i].Offered = book.Today.Answered + book.Today.Abandoned
		}
	}
	for id, m := range l.visits {
		q := queues[m.queue]
		switch {
		case m.over || q == nil:
		case !m.talking.IsZero():
			q.Talking++
			talks[m.agent] = &Talk{Queue: m.queue, Member: id, Session: m.session, Number: m.number, Since: m.talking.Add(offset)}
		default:
			one := LiveMember{Queue: m.queue, UUID: id, Session: m.session, Number: m.number, Joined: m.joined.Add(offset)}
			one.Waited = max(0, now.Sub(one.Joined))
			q.Waiting++
			if l.joinedToday(m, now) {
				q.Offered++
			}
			q.Longest = max(q.Longest, one.Waited)
			v.Waiting = append(v.Waiting, one)
		}
	}
	for i := range s.Agents {
		a := l.liveAgent(s, &s.Agents[i], now)
		a.Talk = talks[a.Name]
		v.Agents[i] = a
	}
	return v
}

// liveAgent brings an agent up to date.
func (l *ledger) liveAgent(s *Snapshot, row *Agent, now time.Time) LiveAgent {
	a := LiveAgent{Agent: *row}
	offset := l.clock.offset()
	if news := l.agents[row.Name]; news != nil {
		a.Agent, a.Today = news.row, news.Today
	}
	a.Outside = a.State != InQueueCall && (s.outside.of(&a.Agent, l.over) || l.begun.of(&a.Agent, l.over))
	a.Ready = a.Agent.Ready(now.Add(-offset)) && !a.Outside
	if end := a.WrapUpEnd().Add(offset); !a.BridgeEnd.IsZero() && a.Agent.WrapUp > 0 && end.After(now) {
		a.WrapUp = end
	}
	for _, t := range []*time.Time{&a.BridgeStart, &a.BridgeEnd, &a.Offered, &a.StatusAt, &a.Rest} {
		if !t.IsZero() {
			*t = t.Add(offset)
		}
	}
	return a
}

// Stat counts the agents of some queues, each once. LoggedIn is always Ready + NotReady + Talking.
type Stat struct{ LoggedIn, Ready, NotReady, Talking int }

// Online counts the agents who serve at least one of the queues, and tells the age of the oldest snapshot in it. An
// agent who is known to several switches counts once, as the switch has him on which he does the most. It fails with
// fault.SwitchDown when no switch has been read lately.
func (c *Center) Online(queues []string) (Stat, time.Duration, error) {
	now := c.o.Now()
	var age time.Duration
	var found bool
	busiest := map[string]doing{}
	for _, w := range c.watches {
		s := c.fresh(w, now)
		if s == nil {
			continue
		}
		found, age = true, max(age, now.Sub(s.Taken))
		w.ledger.online(s, queues, now, busiest)
	}
	if !found {
		return Stat{}, 0, fault.New(fault.SwitchDown, "")
	}
	var stat Stat
	for _, d := range busiest {
		switch d {
		case talks:
			stat.Talking++
		case ready:
			stat.Ready++
		case notReady:
			stat.NotReady++
		case away:
			continue
		}
		stat.LoggedIn++
	}
	return stat, age, nil
}

// doing is what an agent does, in the order in which one thing outweighs another.
type doing int

const (
	away doing = iota // not logged in, or not there
	notReady
	ready
	talks
)

func (l *ledger) online(s *Snapshot, queues []string, now time.Time, busiest map[string]doing) {
	l.mu.Lock()
	defer l.mu.Unlock()
	seen := map[string]bool{}
	for _, queue := range queues {
		for _, name := range s.serving[queue] {
			if seen[name] {
				continue
			}
			seen[name] = true
			row, ok := s.byName[name]
			if !ok {
				continue // a tier outlived its agent
			}
			busiest[name] = max(busiest[name], l.doing(s, row, now))
		}
	}
}

func (l *ledger) doing(s *Snapshot, row *Agent, now time.Time) doing {
	a := l.liveAgent(s, row, now)
	switch {
	case !a.LoggedIn():
		return away
	case a.Talking():
		return talks
	case a.Ready:
		return ready
	}
	return notReady
}
