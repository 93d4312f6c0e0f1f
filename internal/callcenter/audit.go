package callcenter

import (
	"maps"
	"slices"
	"strconv"
	"time"
)

// account compares what was counted from events with one of FreeSWITCH's counters, which begin at zero whenever it
// likes.
type account struct {
	Counted int
	Begun   bool
	Begin   int // the counter when Counted was 0
	Last    int // the counter as it was last read
	off     int // by how much the counter was ahead at the last audit
	since   time.Time
}

func (a *account) count()   { a.Counted++ }
func (a *account) uncount() { a.Counted-- }

// zero is told that the counter begins at zero in this moment, or did so unseen: then what it shows is missed.
func (a *account) zero() { a.Begun, a.Begin, a.Last, a.off = true, -a.Counted, 0, 0 }

// patience is how long the counter and the events must differ in the same way before the counter is believed: an
// event and its counter are some milliseconds apart.
const patience = time.Second

// audit takes the counter as it was read and returns how many were missed, or counted too often when negative.
func (a *account) audit(counter int, now time.Time) (missed int) {
	if !a.Begun || counter < a.Last {
		a.Begun, a.Begin, a.Last, a.off = true, counter-a.Counted, counter, 0
		return 0
	}
	a.Last = counter
	off := counter - a.Begin - a.Counted
	switch {
	case off == 0:
		a.off = 0
	case off != a.off:
		a.off, a.since = off, now
	case now.Sub(a.since) >= patience:
		a.Counted += off
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
	l.settleAll(later(l.known, s.Taken))
	defer l.sight(s)
	corrections := map[string]int{}
	for d := range l.doubts {
		corrections[d.kind]++
	}
	clear(l.doubts)
	first := !l.audited // there is nothing yet that could be wrong
	l.audited = true
	if l.core != "" && l.core != s.Core {
		clear(l.visits)
		l.zero()
	}
	l.core = s.Core
	doubted := func(kind, name string) {
		if !first {
			l.doubts[doubt{kind, name}] = struct{}{}
		}
	}
	l.auditAgents(s, now, doubted, corrections)
	l.auditMembers(s, doubted)
	l.auditChannels(s)
	for _, q := range s.Queues {
		book, tally := l.queue(q.Name), l.tallies.of(q.Name)
		if n := book.Answered.audit(atoi(q.CallsAnswered), now); n != 0 {
			l.touched = true
			corrections[doubtAnswered]++
			book.Today.Answered = max(0, book.Today.Answered+n)
			book.Today.unseen(n)
			tally.unseenAnswers(n)
		}
		if n := book.Abandoned.audit(atoi(q.CallsAbandoned), now); n != 0 {
			l.touched = true
			corrections[doubtAbandoned]++
			book.Today.Abandoned = max(0, book.Today.Abandoned+n)
			book.Today.unseen(n)
			tally.unseenLosses(n)
		}
	}
	return corrections
}

// unseen takes over by how many callers the counters correct the events. Where they take some back, an event has come after all
// that was given up, so late that its caller was counted twice.
func (d *QueueDay) unseen(n int) { d.Unseen = max(0, d.Unseen+n) }

// zero begins all accounts anew: a restarted switch counts from zero.
func (l *ledger) zero() {
	for _, q := range l.queues {
		q.zero()
	}
	// An agent's counter outlives a restart: it stands in the database.
}

func (q *queueBook) zero() {
	q.Answered.zero()
	q.Abandoned.zero()
}

func (l *ledger) auditAgents(s *Snapshot, now time.Time, doubted func(kind, name string), corrections map[string]int) {
	known := make(map[string]bool, len(s.Agents))
	for i := range s.Agents {
		row := &s.Agents[i]
		known[row.Name] = true
		a := l.agents[row.Name]
		if a == nil {
			a = &agentNews{row: *row}
			l.agents[row.Name] = a
		}
		told := a.row
		read := told.Name != "" // else events told of him before any reading did
		a.row = *row
		if a.statusAt.Before(s.Taken) {
			if read && told.Status != row.Status {
				doubted(doubtStatus, row.Name)
			}
		} else {
			a.row.Status, a.row.StatusAt, a.row.misspelledStatus = told.Status, told.StatusAt, told.misspelledStatus
		}
		if a.stateAt.Before(s.Taken) {
			if read && told.State != row.State {
				doubted(doubtState, row.Name)
			}
		} else {
			a.row.State, a.row.misspelledState = told.State, told.misspelledState
		}
		a.row.Misspelled = a.row.misspelledStatus || a.row.misspelledState
		if !a.contactAt.Before(s.Taken) {
			a.row.Contact = told.Contact
		}
		if !a.bridgeAt.Before(s.Taken) {
			a.row.BridgeEnd = told.BridgeEnd
		}
		if n := a.Answered.audit(row.Answered, now); n != 0 {
			l.touched = true
			corrections[doubtAnswered]++
			a.Today.Answered = max(0, a.Today.Answered+n)
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
			v.agent, v.talking = m.Agent, m.Bridged // still connecting, if he was: the event that counts him may be on its way
		case m.Waits() && !v.talking.IsZero():
			doubted(doubtMember, m.UUID)
			v.agent, v.connecting, v.talking = "", false, time.Time{}
		}
	}
	for id, v := range l.visits {
		if there[id] || !v.at.Before(s.Taken) {
			continue
		}
		if v.over {
			delete(l.visits, id)
			continue
		}
		doubted(doubtMember, id)
		v.over, v.at = true, s.Taken.Add(patience) // the event of his end may be on its way, and must not find a stranger
	}
}

// lag is how long FreeSWITCH may take to write into its list of channels what an event has told.
const lag = 3 * time.Second

// auditChannels forgets what a list of channels knows by now.
func (l *ledger) auditChannels(s *Snapshot) {
	settled := s.Taken.Add(-lag)
	for account, calls := range l.begun {
		calls = slices.DeleteFunc(calls, func(c phoneCall) bool { return c.at.Before(settled) })
		if l.begun[account] = calls; len(calls) == 0 {
			delete(l.begun, account)
		}
	}
	maps.DeleteFunc(l.over, func(_ string, at time.Time) bool { return at.Before(settled) })
}

// atoi is 0 for what is no number, as FreeSWITCH reads its own columns.
func atoi(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}
