package callcenter

import (
	"strconv"
	"time"
)

// account compares what was counted from events with one of FreeSWITCH's counters, which begin at zero whenever it
// likes.
type account struct {
	counted int
	begun   bool
	begin   int // the counter when counted was 0
	last    int // the counter as it was last read
	off     int // by how much the counter was ahead at the last audit
	since   time.Time
}

func (a *account) count()   { a.counted++ }
func (a *account) uncount() { a.counted-- }

// restart forgets the counter: it is about to begin at zero.
func (a *account) restart() { a.begun = false }

// patience is how long the counter and the events must differ in the same way before the counter is believed: an
// event and its counter are some milliseconds apart.
const patience = time.Second

// audit takes the counter as it was read and returns how many were missed, or counted too often when negative.
func (a *account) audit(counter int, now time.Time) (missed int) {
	if !a.begun || counter < a.last {
		a.begun, a.begin, a.last, a.off = true, counter-a.counted, counter, 0
		return 0
	}
	a.last = counter
	off := counter - a.begin - a.counted
	switch {
	case off == 0:
		a.off = 0
	case off != a.off:
		a.off, a.since = off, now
	case now.Sub(a.since) >= patience:
		a.counted += off
		a.off = 0
		return off
	}
	return 0
}

// audit compares what is known with a reading, takes over what the reading knows better and returns how many
// corrections of each kind that made. What an event said after the reading had begun is newer than the reading. A
// difference counts as a correction only when no event comes to explain it before the next audit.
func (l *ledger) audit(s *Snapshot, now time.Time) map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn(now)
	corrections := map[string]int{}
	for d := range l.doubts {
		corrections[d.kind]++
	}
	clear(l.doubts)
	first := l.core == "" // there is nothing yet that could be wrong
	if restarted := l.core != s.Core; restarted {
		l.core = s.Core
		clear(l.visits)
	}
	doubted := func(kind, name string) {
		if !first {
			l.doubts[doubt{kind, name}] = struct{}{}
		}
	}
	l.auditAgents(s, now, doubted, corrections)
	l.auditMembers(s, doubted)
	for _, q := range s.Queues {
		book := l.queue(q.Name)
		if n := book.answered.audit(atoi(q.CallsAnswered), now); n != 0 {
			corrections[doubtAnswered]++
			book.today.Answered = max(0, book.today.Answered+n)
			book.today.Unseen += max(0, n)
		}
		if n := book.abandoned.audit(atoi(q.CallsAbandoned), now); n != 0 {
			corrections[doubtAbandoned]++
			book.today.Abandoned = max(0, book.today.Abandoned+n)
			book.today.Unseen += max(0, n)
		}
	}
	return corrections
}

func (l *ledger) auditAgents(s *Snapshot, now time.Time, doubted func(kind, name string), corrections map[string]int) {
	known := make(map[string]bool, len(s.Agents))
	for i := range s.Agents {
		row := &s.Agents[i]
		known[row.Name] = true
		a := l.agents[row.Name]
		if a == nil {
			a = &agentNews{status: row.Status, state: row.State}
			l.agents[row.Name] = a
		}
		if a.statusAt.Before(s.Taken) {
			if a.status != row.Status {
				doubted(doubtStatus, row.Name)
			}
			a.status, a.misspelledStatus = row.Status, row.Misspelled
		}
		if a.stateAt.Before(s.Taken) {
			if a.state != row.State {
				doubted(doubtState, row.Name)
			}
			a.state, a.misspelledState = row.State, row.Misspelled
		}
		if a.bridgeAt.Before(s.Taken) {
			a.bridgeEnd = row.BridgeEnd
		}
		if n := a.answered.audit(row.Answered, now); n != 0 {
			corrections[doubtAnswered]++
			a.today.Answered = max(0, a.today.Answered+n)
		}
	}
	for name, a := range l.agents {
		if !known[name] && a.statusAt.Before(s.Taken) && a.stateAt.Before(s.Taken) {
			delete(l.agents, name) // deleted, of which there is no event
		}
	}
}

func (l *ledger) auditMembers(s *Snapshot, doubted func(kind, name string)) {
	there := make(map[string]bool, len(s.Members))
	for i := range s.Members {
		m := &s.Members[i]
		v := l.visits[m.UUID]
		if v != nil && !v.at.Before(s.Taken) {
			there[m.UUID] = true
			continue
		}
		if m.State == MemberAbandoned {
			continue
		}
		there[m.UUID] = true
		if v == nil || v.over {
			doubted(doubtMember, m.UUID)
			v = &visit{}
			l.visits[m.UUID] = v
		}
		v.queue, v.session, v.number, v.joined = m.Queue, m.Session, m.Number, m.Joined
		switch {
		case m.State == MemberAnswered && v.talking.IsZero():
			doubted(doubtMember, m.UUID)
			v.agent, v.connecting, v.talking = m.Agent, false, m.Bridged
		case m.Waits() && !v.talking.IsZero():
			doubted(doubtMember, m.UUID)
			v.agent, v.connecting, v.talking = "", false, time.Time{}
		}
	}
	for id, v := range l.visits {
		if there[id] || !v.at.Before(s.Taken) {
			continue
		}
		if !v.over {
			doubted(doubtMember, id)
		}
		delete(l.visits, id)
	}
}

// atoi is 0 for what is no number, as FreeSWITCH reads its own columns.
func atoi(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}
