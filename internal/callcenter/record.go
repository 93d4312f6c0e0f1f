package callcenter

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"time"

	"callgate/internal/backlog"
)

// The times of Record.
const (
	pageTime  = time.Second      // between two transactions
	watchTime = 5 * time.Second  // between two marks until when it is known what goes on, when nothing changes
	noteSlack = 30 * time.Second // how late a process may keep the status it has set, and how far its clock may be off
	noteReach = 24 * time.Hour   // how old the reason of a pause may be that was begun before
	pageSpans = 2000             // in one transaction
)

func compareSpans(a, b *AgentSpan) int {
	return cmp.Or(cmp.Compare(a.Agent, b.Agent), cmp.Compare(a.Started, b.Started))
}

// Record has WriteStates write what the agents of the named switch do until ctx ends. Of several processes that follow a switch
// one at a time does. When ctx ends for a cause of its own, it is somebody else's turn already: nothing is
// written any more, and Record does not wait for a database that does not answer. Else all is written when it returns.
func (c *Center) Record(ctx context.Context, switchName string) error {
	w := c.watch(switchName)
	if w == nil || c.o.States == nil {
		<-ctx.Done()
		return nil
	}
	w.turns.Take(ctx)
	return nil
}

// WriteStates keeps the history of what the agents of the named switch do, while Record runs, until ctx ends; it ends after
// Record. What was kept before goes on; the time in which nobody knew, the link having been down among others, is unknown. A database
// that is down costs nothing as long as there is room for what happens meanwhile; else that time is unknown, too, and counted.
func (c *Center) WriteStates(ctx context.Context, switchName string) error {
	w := c.watch(switchName)
	if w == nil || c.o.States == nil {
		<-ctx.Done()
		return nil
	}
	w.turns.Run(ctx, func(ctx context.Context) { c.write(ctx, w) })
	return nil
}

// write writes in a turn.
func (c *Center) write(ctx context.Context, w *watch) {
	for failing := false; ctx.Err() == nil; wait(ctx, pageTime, nil) {
		err := c.record(ctx, w)
		if err != nil && !failing && !backlog.Taken(ctx) {
			c.o.Logger.Warn("the states of agents are not kept", "switch", w.link.Name(), "error", err)
		}
		failing = err != nil
	}
}

// errNotKept is a page that the database does not have.
var errNotKept = errors.New("what was seen is not kept: that time is unknown")

// record begins with what is kept, and goes on until the turn ends or what is kept is not what was seen any more.
func (c *Center) record(ctx context.Context, w *watch) error {
	writer, name := rand.Text(), w.link.Name()
	kept, err := c.o.States.BeginAgentStates(ctx, name, writer)
	if err != nil {
		return err
	}
	noted := c.o.Now().Add(-noteSlack)
	notes, err := c.o.States.AgentStatusesSince(ctx, name, c.o.Now().Add(-noteReach))
	if err != nil {
		return err
	}
	w.ledger.beginStates(kept, notes, c.o.StateRoom)
	defer w.ledger.endStates()
	for marked := kept.Watched; ; {
		running := wait(ctx, pageTime, nil)
		if backlog.Taken(ctx) {
			return nil
		}
		looking, stop := context.WithTimeout(context.WithoutCancel(ctx), rememberTime)
		now := c.o.Now()
		notes, err := c.o.States.AgentStatusesSince(looking, name, noted)
		stop()
		if err == nil { // else the next look finds them
			w.ledger.told(notes)
			noted = now.Add(-noteSlack)
		}
		spans, watched, lost := w.ledger.page(now, c.o.MaxAge())
		if lost > 0 {
			c.states.Drop(backlog.Full, lost+len(spans))
			return errNotKept
		}
		if len(spans) == 0 && running && watched-marked < watchTime.Microseconds() {
			continue
		}
		switch ok, err := c.keep(ctx, w, writer, spans, watched); {
		case err != nil:
			return c.states.Lost(len(spans), err)
		case !ok:
			return errNotKept
		case !running:
			return nil
		}
		marked = watched
	}
}

// keep keeps a page, all spans of an agent in one transaction, and with the last until when it is known what goes on.
func (c *Center) keep(ctx context.Context, w *watch, writer string, spans []AgentSpan, watched int64) (ok bool, err error) {
	for {
		part, mark := spans, watched
		if len(spans) > pageSpans {
			n := pageSpans
			for n < len(spans) && spans[n].Agent == spans[n-1].Agent {
				n++
			}
			if part = spans[:n]; n < len(spans) {
				mark = 0
			}
		}
		spans = spans[len(part):]
		ok = false
		if err := c.states.Write(ctx, len(part), func(ctx context.Context) error {
			err := c.o.States.SaveAgentStates(ctx, w.link.Name(), writer, part, mark)
			ok = err == nil
			return err
		}); err != nil || !ok || len(spans) == 0 {
			return ok, err
		}
	}
}

// statesWaiting is how many spans wait to be written.
func (c *Center) statesWaiting() (n int) {
	for _, w := range c.watches {
		n += w.ledger.waiting()
	}
	return n
}
