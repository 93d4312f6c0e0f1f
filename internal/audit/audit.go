// Package audit says who changes what an administrator sets, and what such a change looks like when it is kept. Who
// it is travels with the context, so that a change can be kept with it in the transaction that makes it. It knows
// nothing of HTTP, SQL or of what is changed, and owns no goroutines.
package audit

import (
	"context"
	"encoding/json"
	"time"
)

// Actor is who changes something. The zero value is callgate itself.
type Actor struct {
	UserID  int64  // 0 when it is no user of the API
	Login   string // of the user, or how the machine calls whoever runs a command
	Address string // where the request came from, without a port; empty for a command
	Request string // the id under which the process log knows the request; empty for a command
}

type actorKey struct{}

// By returns a context whose changes are made by the actor.
func By(ctx context.Context, a Actor) context.Context { return context.WithValue(ctx, actorKey{}, a) }

// Who is the actor of a context: callgate itself when none was named.
func Who(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return a
}

// Entry is one change as it is kept. Secrets are not in it, only that they were changed.
type Entry struct {
	ID     int64
	At     time.Time
	Actor  Actor
	Kind   string          // of what was changed, such as "user"
	Name   string          // which one: its login, its key, its id
	Before json.RawMessage // an object, or nil when it was not there
	After  json.RawMessage // an object, or nil when it is not there any more
}

// Query says which entries are wanted; the zero value of a field is no condition.
type Query struct {
	From, To   time.Time // From is in, To is not
	Kind, Name string
	Login      string // of who made the change
	Before     int64  // the id of an entry: those before it
	Limit      int    // at most so many; not 0
}
