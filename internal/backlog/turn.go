package backlog

import (
	"context"
	"errors"
)

// Turns lets one process of several write: who has the turn is decided elsewhere, and the writing is not held up by that, nor
// holds it up. The zero value is not usable.
type Turns struct{ next chan turn }

// turn is the time in which it is this process that writes. done is closed when nothing is under way any more.
type turn struct {
	ctx  context.Context //nolint:containedctx // the turn lasts as long
	done chan struct{}
}

// NewTurns makes Turns.
func NewTurns() Turns { return Turns{make(chan turn)} }

// Taken tells whether it is somebody else's turn already: the context of a turn has ended for a cause of its own.
func Taken(ctx context.Context) bool {
	cause := context.Cause(ctx)
	return cause != nil && !errors.Is(cause, context.Canceled)
}

// Take has Run work until ctx ends. When the turn is Taken it does not wait for a database that does not answer; else
// nothing is under way any more when it returns.
func (t Turns) Take(ctx context.Context) {
	mine := turn{ctx, make(chan struct{})}
	select {
	case t.next <- mine:
	case <-ctx.Done():
		return
	}
	<-ctx.Done()
	if !Taken(ctx) {
		<-mine.done
	}
}

// Run calls work with the context of each turn that Take takes, one after the other, until ctx ends; it is to end after
// Take.
func (t Turns) Run(ctx context.Context, work func(ctx context.Context)) {
	for {
		select {
		case <-ctx.Done():
			return
		case mine := <-t.next:
			work(mine.ctx)
			close(mine.done)
		}
	}
}
