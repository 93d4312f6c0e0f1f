package history

import (
	"context"
	"time"
)

// Prune says which calls are to be deleted: those that began before, from a place on, in the order of time.
type Prune struct {
	Project *string // of this one; nil is of any
	After   Cursor
	Before  int64
	Limit   int
	Gone    func(*Call) bool // of those only; nil is all
}

// Pruned is what became of it.
type Pruned struct {
	Looked    int // at so many calls
	Calls     int // so many of them are deleted,
	Documents int // with so many CDRs
	Last      Cursor
	Held      time.Duration // how long others could not save CDRs
}

// TermCursor is a place among all that calls are found by.
type TermCursor struct {
	Kind  int64
	Value string
	Call  Cursor
}

// Attic is where calls are kept, and deleted, and figures: each method in a transaction of its own, which leaves nothing half done. Two
// processes may do the same at the same time. Figures stay: they outlive the calls.
type Attic interface {
	// MakeMonths makes room for this month and the next ones, and moves there what had none, but from since on.
	MakeMonths(ctx context.Context, since int64) error
	// KeepSince says that calls from before are not all there any more: those that come from now on are not counted. It
	// is never taken back.
	KeepSince(ctx context.Context, h Horizons) error
	// CallProjects are the projects that have calls, "" among them.
	CallProjects(ctx context.Context) ([]string, error)
	// OldMonths is from when on calls have to be deleted one by one before DropMonths can drop what was before; 0 when
	// there is nothing that DropMonths would drop.
	OldMonths(ctx context.Context, before int64) (edge int64, err error)
	// DropMonths drops months as a whole that no call kept has to do with, and tells how many. It rather fails than
	// lets others wait.
	DropMonths(ctx context.Context, before int64) (int, error)
	// PruneCalls deletes calls with their CDRs and all that they are found by.
	PruneCalls(ctx context.Context, p Prune) (Pruned, error)
	// PruneUnread deletes CDRs that came before and could not be read, or whose time cannot be true and that no call has.
	PruneUnread(ctx context.Context, before int64, limit int) (unreadable, untimed int, held time.Duration, err error)
	// PruneTerms deletes what is left of calls that are gone, among so many terms; the next place is zero at the end.
	PruneTerms(ctx context.Context, after TermCursor, limit int) (next TermCursor, deleted int, err error)
	// FoldFigures sums up the first span of Fold from a time on that has figures and is not summed up, and is over before
	// another time. next is where to go on, 0 when there was none; held is for how long others could not save CDRs.
	FoldFigures(ctx context.Context, from, before int64) (next int64, held time.Duration, err error)
}
