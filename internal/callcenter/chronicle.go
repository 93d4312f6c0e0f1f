package callcenter

import (
	"slices"
	"time"
)

const (
	// chronicleRoom is how many spans may wait to be written, some 20 MB: those of 500 agents for half an hour.
	chronicleRoom = 100_000
	// reasonSlack is how much later than the status that it is about FreeSWITCH may say that the status has changed.
	reasonSlack = 2 * time.Second
)

// chronicle is the history of agents' states of a switch while it is written here. It belongs to a ledger, whose lock
// guards it and whose proofs move it: what an event or a reading tells holds at its time, and nothing is told of a time
// after the last of them. So when the link breaks, it is known from when on nobody watched.
type chronicle struct {
	agents map[string]*chapter // those who are there, and those who were
	notes  map[string]AgentStatus
	phones map[string][]string // who has an account, by the last reading
	calls  map[string]string   // accounts by channel; a channel may be told of before the first reading
	done   []AgentSpan         // over, and not handed on yet
	room   int
	lost   int // how many there was no room for: what is kept is not what was seen any more
}

// chapter is what an agent does now. Of one who is not there any more it has no activity, and Started is when he went.
type chapter struct {
	AgentSpan
	until   time.Time // when it ends by itself
	unsaved bool
}

// beginStates begins to write the history of states, from what is kept.
func (l *ledger) beginStates(kept StatesKept, notes []AgentStatus, room int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := &chronicle{agents: make(map[string]*chapter, len(kept.Last)), notes: map[string]AgentStatus{}, calls: map[string]string{},
		room: room + 2*len(kept.Last)} // the beginning itself may end two of each
	l.states = k
	if l.last != nil {
		l.indexPhones()
	}
	for _, n := range notes {
		k.notes[n.Agent] = n
	}
	for _, span := range kept.Last {
		c := &chapter{AgentSpan: span}
		k.agents[span.Agent] = c
		if span.Ended != 0 {
			c.Before.Add(span.Activity, span.Ended-span.Started)
			c.Activity, c.Started = "", span.Ended
		}
	}
	// Whoever wrote before knew what goes on until then; this process may have watched by itself since, or begins to.
	l.known = later(l.known, time.UnixMicro(kept.Watched))
	if l.sighted && l.known.UnixMicro() <= kept.Watched {
		l.noteAll(l.known)
		return
	}
	k.blind(kept.Watched)
	l.noteAll(l.known)
}

// endStates ends that.
func (l *ledger) endStates() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.states = nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// linked is told since when the link has been up: what was before, nobody has seen.
func (l *ledger) linked(since, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !since.Equal(l.since) {
		l.since = since
		l.lose(now)
	}
}

// missed is told that events may have been missed.
func (l *ledger) missed(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lose(now)
}

// lose says that what goes on is not known until a reading that begins later.
func (l *ledger) lose(now time.Time) {
	l.lostAt = now
	if !l.sighted {
		return
	}
	if l.states != nil {
		l.settleAll(l.known)
		l.states.blind(l.known.UnixMicro())
	}
	l.sighted = false
}

// sight says that a reading tells what goes on.
func (l *ledger) sight(s *Snapshot) {
	l.last = s
	if l.since.IsZero() || s.Taken.Before(l.lostAt) {
		return
	}
	l.sighted, l.known = true, later(l.known, s.Taken)
	if l.states != nil {
		l.indexPhones()
	}
	l.noteAll(l.known)
}

// proof is the time of an event by our clock, up to which what is known holds; the zero time when it proves nothing.
func (l *ledger) proof(at, now time.Time) time.Time {
	if !l.sighted {
		return time.Time{}
	}
	if at.IsZero() {
		at = now
	} else if at = at.Add(l.clock.offset()); at.After(now) {
		at = now
	}
	l.known = later(l.known, at)
	return l.known
}

// noteAll takes down what everybody does, and who is not there any more.
func (l *ledger) noteAll(at time.Time) {
	if l.states == nil || !l.sighted {
		return
	}
	for name, c := range l.states.agents {
		if l.last.byName[name] == nil && c.Activity != "" {
			l.states.end(c, at.UnixMicro())
		}
	}
	for name := range l.last.byName {
		l.note(at, name)
	}
}

// note takes down what agents do at a time.
func (l *ledger) note(at time.Time, agents ...string) {
	if l.states == nil || !l.sighted {
		return
	}
	for _, name := range agents {
		if l.last.byName[name] != nil && l.agents[name] != nil {
			l.noteOne(at, name)
		}
	}
}

func (l *ledger) noteOne(at time.Time, name string) {
	c := l.states.agents[name]
	if c == nil {
		c = &chapter{AgentSpan: AgentSpan{Agent: name}}
		l.states.agents[name] = c
	}
	is, until := l.activity(name, at)
	reason := ""
	if is == ActivityPause {
		reason = l.reason(name)
	}
	l.states.enter(c, is, reason, at.UnixMicro())
	c.until = until
}

// indexPhones prepares for the next channels: there are many, and few are agents'.
func (l *ledger) indexPhones() {
	k := l.states
	k.phones, k.calls = make(map[string][]string, len(l.last.Agents)), map[string]string{}
	for i := range l.last.Agents {
		for account := range l.last.Agents[i].accounts() {
			k.phones[account] = append(k.phones[account], l.last.Agents[i].Name)
		}
	}
	for _, calls := range []outsideCalls{l.last.outside, l.begun} {
		for account, all := range calls {
			for _, call := range all {
				k.calls[call.uuid] = account
			}
		}
	}
}

// ownersOf are the agents whose phone a channel is that is answered, or hangs up: then account is empty.
func (l *ledger) ownersOf(channel, account string) []string {
	k := l.states
	switch {
	case k == nil:
		return nil
	case account == "":
		account = k.calls[channel]
		delete(k.calls, channel)
	case len(k.calls) >= maxVisits:
		clear(k.calls)
		fallthrough
	default:
		k.calls[channel] = account
	}
	return k.phones[account]
}

// reason is why an agent is on break, as far as it was said here.
func (l *ledger) reason(name string) string {
	n, since := l.states.notes[name], l.agents[name].row.StatusAt.Add(l.clock.offset())
	if n.Status != string(OnBreak) || n.At.Add(reasonSlack).Before(since) {
		return ""
	}
	return n.Reason
}

// settleAll takes down what has ended by itself by a time. It comes before every change: that may say something else of the
// time before.
func (l *ledger) settleAll(at time.Time) {
	if l.states == nil {
		return
	}
	for name := range l.states.agents {
		l.settle(at, name)
	}
}

func (l *ledger) settle(at time.Time, agents ...string) {
	if l.states == nil || !l.sighted {
		return
	}
	for _, name := range agents {
		for c := l.states.agents[name]; c != nil && !c.until.IsZero() && !c.until.After(at); {
			due := c.until
			c.until = time.Time{}
			l.note(due, name)
		}
	}
}

// told takes up which statuses were set here, and why.
func (l *ledger) told(notes []AgentStatus) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range notes {
		if old, ok := l.states.notes[n.Agent]; ok && !n.At.After(old.At) {
			continue
		}
		l.states.notes[n.Agent] = n
		c := l.states.agents[n.Agent]
		if c == nil || c.Activity != ActivityPause || l.agents[n.Agent] == nil {
			continue
		}
		reason := l.reason(n.Agent)
		if c.Reason == "" && !n.At.After(time.UnixMicro(c.Started).Add(reasonSlack)) {
			c.unsaved = c.unsaved || reason != "" // it is this pause that it was said of
			c.Reason = reason
		}
		l.states.enter(c, ActivityPause, reason, n.At.UnixMicro())
	}
}

// page is what has come to pass since the last one, the spans of each agent together and in their order, and until when
// that is known. lost is how many spans there was no room for.
func (l *ledger) page(now time.Time, maxAge time.Duration) (spans []AgentSpan, watched int64, lost int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sighted && now.Sub(l.last.Taken) > maxAge {
		l.lose(now) // events alone do not tell everything
	}
	l.settleAll(l.known)
	k := l.states
	watched = l.known.UnixMicro()
	spans, k.done = k.done, nil
	for _, c := range k.agents {
		if c.unsaved {
			c.unsaved = false
			spans = append(spans, c.AgentSpan)
		}
		if c.Activity != "" {
			watched = max(watched, c.Started)
		}
	}
	slices.SortFunc(spans, func(a, b AgentSpan) int { return compareSpans(&a, &b) })
	return spans, watched, k.lost
}

// waiting is how many spans have not been handed on.
func (l *ledger) waiting() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.states == nil {
		return 0
	}
	return len(l.states.done)
}

// enter begins a span, and ends the one before, unless that says the same.
func (k *chronicle) enter(c *chapter, is Activity, reason string, at int64) {
	if c.Activity == is && c.Reason == reason {
		return
	}
	k.end(c, at)
	c.Activity, c.Reason, c.unsaved = is, reason, true
}

// end ends what an agent does. No span is shorter than a microsecond, whatever clocks do: its start is its name.
func (k *chronicle) end(c *chapter, at int64) {
	at = max(at, c.Started+1)
	if c.Activity != "" {
		span := c.AgentSpan
		span.Ended = at
		if k.lost > 0 || len(k.done) >= k.room {
			k.lost += len(k.done) + 1
			k.done = nil
		} else {
			k.done = append(k.done, span)
		}
		c.Before.Add(c.Activity, at-c.Started)
	}
	c.Activity, c.Reason, c.Started, c.until, c.unsaved = "", "", at, time.Time{}, false
}

// blind says that from a time on nobody watches.
func (k *chronicle) blind(at int64) {
	for _, c := range k.agents {
		if c.Activity != "" {
			k.enter(c, ActivityUnknown, "", at)
		}
	}
}
