package call

import (
	"errors"
	"sync"
	"time"

	"callgate/internal/fault"
)

// Limits bound the calls that are made here; 0 is no bound.
type Limits struct {
	Concurrent int // calls up at a time, on all switches
	PerSecond  int // calls that this process begins within any second
}

// made is a call that was ordered here.
type made struct {
	login, project string
	until          time.Time // when to forget it; the zero time while the order is under way
}

// flying are the orders that the list of live calls may not have yet.
type flying struct {
	mu     sync.Mutex
	byCall map[string]made
	begun  []time.Time // of the last second
}

const (
	// settleTime is how much later than its answer a call may show up in the list of live calls.
	settleTime = 5 * time.Second
	// fullRetry is when to come back for a place.
	fullRetry = 5 * time.Second
)

// begin enters an order, unless a limit or the concurrent calls of a rule stand against it.
func (f *flying) begin(id string, m made, limits Limits, rules []Rule, live *Live, now time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.begun) > 0 && now.Sub(f.begun[0]) >= time.Second {
		f.begun = f.begun[1:]
	}
	if limits.PerSecond > 0 && len(f.begun) >= limits.PerSecond {
		return &fault.Error{Kind: fault.TooMany, RetryAfter: time.Second - now.Sub(f.begun[0]), Err: errors.New("as many calls as may begin within a second")}
	}
	var all map[string]made // counted only where there is something to hold against it
	count := func(s Scope) (n int) {
		if all == nil {
			all = f.up(live, now)
		}
		for _, m := range all {
			if s.has(m.login, m.project) {
				n++
			}
		}
		return n
	}
	if limits.Concurrent > 0 && count(Scope{Kind: ForAll}) >= limits.Concurrent {
		return &fault.Error{Kind: fault.TooMany, RetryAfter: fullRetry, Err: errors.New("as many calls as may be up")}
	}
	for _, r := range rules {
		if r.Concurrent > 0 && count(r.Scope) >= r.Concurrent {
			return &fault.Error{Kind: fault.TooMany, RetryAfter: fullRetry, Err: errors.New("as many calls up as the rule " + r.String() + " allows")}
		}
	}
	if limits.PerSecond > 0 {
		f.begun = append(f.begun, now)
	}
	f.byCall[id] = m
	return nil
}

// up are the calls ordered here, by this process or another, that are up or under way.
func (f *flying) up(live *Live, now time.Time) map[string]made {
	all := live.made()
	for id, m := range f.byCall {
		if !m.until.IsZero() && now.After(m.until) {
			delete(f.byCall, id)
			continue
		}
		all[id] = m
	}
	return all
}

// end tells what became of an order. One that was answered counts a little longer, until the list of live calls has it.
func (f *flying) end(id string, answered bool, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m, ok := f.byCall[id]; ok && answered {
		m.until = now.Add(settleTime)
		f.byCall[id] = m
		for other, m := range f.byCall { // nobody may ever count them
			if !m.until.IsZero() && now.After(m.until) {
				delete(f.byCall, other)
			}
		}
		return
	}
	delete(f.byCall, id)
}
