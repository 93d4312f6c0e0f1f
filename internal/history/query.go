package history

import (
	"context"

	"callgate/internal/fault"
)

// MaxPage is the most calls of one answer.
const MaxPage = 1000

// Query asks for calls, the newest first. At least one of From, To, Number and ID must be there, so that nobody reads
// years by mistake.
type Query struct {
	From, To int64 // microseconds since 1970 UTC, of the start; From is in, To is not; 0 is open

	ID     string // of any leg of the call
	Number string // normalised: the call's, or any that one of its legs came from or went to
	// Beginnings are asked for in the place of Number: one of its numbers begins with one of these.
	Beginnings []string

	Projects     []string // one of these; none is all
	Queue        string   // visited
	Agent        string   // answered or was rung
	Dispositions []Disposition
	Direction    string
	Switch       *string // nil is any

	MinDuration, MaxDuration int64 // seconds, both in; 0 is open
	Recorded                 *bool

	After Cursor // the calls behind it
	Limit int    // up to MaxPage
}

// Cursor is a place in an answer; the zero one is before the first call.
type Cursor struct {
	Started int64
	ID      int64
}

// Found is a call with its place among all.
type Found struct {
	Call
	Place Cursor
}

// Check answers fault.WrongField or fault.EmptyField with what is wrong.
func (q *Query) Check() error {
	switch {
	case q.From == 0 && q.To == 0 && q.Number == "" && len(q.Beginnings) == 0 && q.ID == "":
		return fault.New(fault.EmptyField, "from")
	case q.From < 0 || q.To < 0 || q.To != 0 && q.To <= q.From:
		return fault.New(fault.WrongField, "to")
	case q.MinDuration < 0 || q.MaxDuration < 0 || q.MaxDuration != 0 && q.MaxDuration < q.MinDuration:
		return fault.New(fault.WrongField, "max_duration")
	case q.Limit < 1 || q.Limit > MaxPage:
		return fault.New(fault.WrongField, "limit")
	}
	return nil
}

// Archive is where calls are kept.
type Archive interface {
	// Calls returns a page of what a checked Query asks for.
	Calls(ctx context.Context, q Query) ([]Found, error)
	// Call returns the call that a leg belongs to, one of these projects', none being all; fault.NotFound "Call".
	Call(ctx context.Context, leg string, projects []string) (Found, error)
}
