package callcenter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Memory keeps today's figures where they outlive the process.
type Memory interface {
	// Day returns what SaveDay kept last for the switch; nil when it never did.
	Day(ctx context.Context, switchName string) ([]byte, error)
	SaveDay(ctx context.Context, switchName string, document []byte) error
}

// saveInterval is how much of today's detail a crash may cost; how many calls there were, FreeSWITCH's counters tell.
const (
	saveInterval = 30 * time.Second
	rememberTime = 3 * time.Second // bounds one look into the memory
)

// QueueDay is what a day has brought a queue so far. Callers who are waiting, or joined before midnight, are in none
// of it.
type QueueDay struct {
	Answered, Abandoned int // Abandoned: left unanswered, for whatever reason
	// Waits of those whose events were seen. Unseen are answered or abandoned callers of whom only FreeSWITCH's
	// counters told.
	AnsweredWait, AbandonedWait, LongestWait time.Duration
	Unseen                                   int
}

// AgentDay is what a day has brought an agent so far.
type AgentDay struct {
	Offered, Answered, Missed int
	Talk                      time.Duration // of calls that have ended
}

// dayDocument is a ledger's day as it is kept.
type dayDocument struct {
	Day    int64
	Core   string
	Queues map[string]*queueBook
	Agents map[string]*agentBook
}

// remember takes up what was kept of today.
func (c *Center) remember(ctx context.Context, w *watch) {
	if c.o.Memory == nil {
		return
	}
	ctx, stop := context.WithTimeout(ctx, rememberTime)
	defer stop()
	saved, err := c.o.Memory.Day(ctx, w.link.Name())
	if err == nil && saved != nil {
		err = w.ledger.restore(saved, c.o.Now())
	}
	if err != nil {
		c.o.Logger.Warn("today's figures of the contact centre begin anew", "switch", w.link.Name(), "error", err)
	}
}

// Keep saves today's figures of the named switch every so often and, when ctx ends, for the last time. Of several
// processes that follow a switch each counts, and one at a time keeps: it begins with what the one before has kept, and takes up what
// that has heard and it has not. When ctx ends for a cause of its own, it is somebody else's turn already, and nothing is saved.
func (c *Center) Keep(ctx context.Context, switchName string) error {
	w := c.watch(switchName)
	if w == nil || c.o.Memory == nil {
		<-ctx.Done()
		return nil
	}
	select {
	case <-w.begun:
	case <-ctx.Done():
		return nil
	}
	c.remember(ctx, w)
	for running := true; running; {
		running = wait(ctx, saveInterval, nil)
		if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
			return nil
		}
		document := w.ledger.document()
		if document == nil {
			continue
		}
		saving, stop := context.WithTimeout(context.WithoutCancel(ctx), rememberTime)
		err := c.o.Memory.SaveDay(saving, switchName, document)
		stop()
		if err != nil {
			w.ledger.unsaved()
			c.o.Logger.Warn("today's figures of the contact centre are not saved", "switch", switchName, "error", err)
		}
	}
	return nil
}

// document is today as it is kept; nil when nothing has changed since the last time.
func (l *ledger) document() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.touched {
		return nil
	}
	l.touched = false
	d := dayDocument{Day: l.day, Core: l.core, Queues: l.queues, Agents: map[string]*agentBook{}}
	for name, a := range l.agents {
		d.Agents[name] = &a.agentBook
	}
	document, err := json.Marshal(d)
	if err != nil {
		panic(err) // plain numbers and texts: a programming error
	}
	return document
}

// unsaved says that the last document was not kept.
func (l *ledger) unsaved() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.touched = true
}

// restore takes up a day that was kept. Of each queue and agent the book stands that has seen more: what was heard here
// since it was kept is in no other, and what was missed here may be in that one. What neither has seen an audit finds.
func (l *ledger) restore(document []byte, now time.Time) error {
	var d dayDocument
	if err := json.Unmarshal(document, &d); err != nil {
		return fmt.Errorf("read today's figures: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn(now)
	if d.Day != l.day {
		return nil
	}
	if l.core == "" {
		l.core = d.Core
	}
	for name, q := range d.Queues {
		if q == nil || l.queues[name] != nil && l.queues[name].seen() >= q.seen() {
			continue
		}
		if d.Core != l.core { // the switch was restarted since
			q.zero()
		}
		l.queues[name] = q
	}
	for name, a := range d.Agents {
		if a != nil && (l.agents[name] == nil || l.agents[name].seen() < a.seen()) {
			l.agent(name).agentBook = *a
		}
	}
	return nil
}

// seen is how many ends of visits events told of.
func (q *queueBook) seen() int { return q.Today.Answered + q.Today.Abandoned - q.Today.Unseen }

// seen is how much events told of.
func (a *agentBook) seen() int {
	return a.Today.Offered + a.Today.Missed + int(a.Today.Talk/time.Second)
}
