package history

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Horizons say from when on calls are kept, microseconds since 1970 UTC; 0 is ever.
type Horizons struct {
	Projects map[string]int64
	Others   int64 // of calls of no project, and of those that are not among Projects
}

// Of is that of a project.
func (h Horizons) Of(project string) int64 {
	if since, known := h.Projects[project]; known {
		return since
	}
	return h.Others
}

// First is the time before which no call is kept, whosever it is; 0 when some are kept for ever.
func (h Horizons) First() int64 {
	first := h.Others
	for _, since := range h.Projects {
		first = min(first, since)
	}
	return first
}

// forEver tells whether all calls are.
func (h Horizons) forEver() bool {
	for _, since := range h.Projects {
		if since > 0 {
			return false
		}
	}
	return h.Others == 0
}

func (h Horizons) equal(other Horizons) bool {
	return h.Others == other.Others && maps.Equal(h.Projects, other.Projects)
}

// Horizon is from when on calls are kept for so many days: a midnight, UTC, so that all processes agree for a day. So
// a call is kept for up to a day longer. 0 days is ever.
func Horizon(now time.Time, days int) int64 {
	if days <= 0 {
		return 0
	}
	return now.UTC().Truncate(24*time.Hour).AddDate(0, 0, -days).UnixMicro()
}

// FirstTime and LastTime bound the starts of calls that can be true. Calls from outside go by when their CDRs came.
const FirstTime = 1262304000 * second // 2010

// LastTime is how far a switch's clock may be ahead.
func LastTime(now time.Time) int64 { return now.AddDate(0, 1, 0).UnixMicro() }

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

// Attic is where calls are kept, and deleted: each method in a transaction of its own, which leaves nothing half done. Two
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
}

// The times of a Keeper.
const (
	passTime   = time.Hour        // between two passes
	retryTime  = 5 * time.Minute  // after one that failed
	policyLook = 20 * time.Second // between two looks whether something else is to be kept
)

// KeeperOptions are a Keeper's surroundings. All but Registerer are needed.
type KeeperOptions struct {
	Attic      Attic
	Horizons   func() Horizons // must not block
	Now        func() time.Time
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// Keeper deletes calls and CDRs whose time is over, in steps so small that the intake does not notice, and makes room for
// those to come. One at a time is enough; two do no harm.
type Keeper struct {
	o       KeeperOptions
	pace    pace
	term    TermCursor
	metrics *keeperMetrics
}

// NewKeeper makes a Keeper.
func NewKeeper(o KeeperOptions) *Keeper {
	return &Keeper{o: o, pace: pace{size: 16}, metrics: newKeeperMetrics(o.Registerer)}
}

// Run passes at once, every hour, and soon after it is to keep something else, until ctx ends; then it returns nil.
func (k *Keeper) Run(ctx context.Context) error {
	tick := time.NewTicker(policyLook)
	defer tick.Stop()
	var kept Horizons
	for next, failing := (time.Time{}), false; ; {
		h := k.o.Horizons()
		if now := k.o.Now(); !now.Before(next) || !h.equal(kept) {
			err := k.Pass(ctx, h)
			switch {
			case ctx.Err() != nil:
				return nil
			case errors.Is(err, errOther):
				continue
			case err != nil && !failing:
				k.o.Logger.Warn("old calls are not deleted, or there is no room for a month; tried again", "error", err)
			}
			kept, failing = h, err != nil
			next = now.Add(passTime)
			if failing {
				next = now.Add(retryTime)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// errOther ends a pass in whose midst something else is to be kept.
var errOther = errors.New("what is kept has changed")

// Pass does once all there is to do.
func (k *Keeper) Pass(ctx context.Context, h Horizons) error {
	first := h.First()
	room := k.o.Attic.MakeMonths(ctx, first)
	if !h.forEver() {
		if err := k.prune(ctx, h, first); err != nil {
			return errors.Join(err, room)
		}
	}
	if room == nil {
		k.metrics.passed.Set(float64(k.o.Now().Unix()))
	}
	return room
}

func (k *Keeper) prune(ctx context.Context, h Horizons, first int64) error {
	if err := k.o.Attic.KeepSince(ctx, h); err != nil {
		return err
	}
	edge, err := k.o.Attic.OldMonths(ctx, first)
	if err != nil {
		return err
	}
	if err := k.pruneProjects(ctx, h, max(edge, FirstTime), math.MaxInt64); err != nil {
		return err
	}
	if edge > 0 {
		n, err := k.o.Attic.DropMonths(ctx, first)
		k.count(prunedMonths, n)
		if err != nil {
			return err
		}
		if err := k.pruneProjects(ctx, h, FirstTime, edge); err != nil {
			return err
		}
	}
	// Calls whose time cannot be true.
	late := func(c *Call) bool {
		last := int64(0)
		for _, l := range c.Legs {
			last = max(last, l.Received)
		}
		return last < h.Of(c.Project)
	}
	for _, span := range [...]struct{ from, to int64 }{{math.MinInt64, FirstTime}, {LastTime(k.o.Now()), math.MaxInt64}} {
		if err := k.pruneCalls(ctx, h, Prune{After: Cursor{Started: span.from}, Before: span.to, Gone: late}); err != nil {
			return err
		}
	}
	return errors.Join(k.pruneUnread(ctx, h, first), k.pruneTerms(ctx, h))
}

// pruneProjects deletes what each project keeps no more of the calls that began in a span.
func (k *Keeper) pruneProjects(ctx context.Context, h Horizons, from, to int64) error {
	projects, err := k.o.Attic.CallProjects(ctx)
	if err != nil {
		return err
	}
	for _, p := range projects {
		if err := k.pruneCalls(ctx, h, Prune{Project: &p, After: Cursor{Started: from}, Before: min(to, h.Of(p))}); err != nil {
			return err
		}
	}
	return nil
}

func (k *Keeper) pruneCalls(ctx context.Context, h Horizons, p Prune) error {
	for p.After.Started < p.Before {
		p.Limit = k.pace.size
		done, err := k.o.Attic.PruneCalls(ctx, p)
		if err != nil {
			return err
		}
		k.count(prunedCalls, done.Calls)
		k.count(prunedCDRs, done.Documents)
		if done.Looked < p.Limit {
			return nil
		}
		p.After = done.Last
		if err := k.rest(ctx, h, done.Held); err != nil {
			return err
		}
	}
	return nil
}

func (k *Keeper) pruneUnread(ctx context.Context, h Horizons, before int64) error {
	for before > 0 {
		limit := k.pace.size
		unreadable, untimed, held, err := k.o.Attic.PruneUnread(ctx, before, limit)
		if err != nil {
			return err
		}
		k.count(prunedUnreadable, unreadable)
		k.count(prunedCDRs, untimed)
		if unreadable < limit && untimed < limit {
			return nil
		}
		if err := k.rest(ctx, h, held); err != nil {
			return err
		}
	}
	return nil
}

// pruneTerms looks at some terms, from where the last pass has come to.
func (k *Keeper) pruneTerms(ctx context.Context, h Horizons) error {
	const page, pages = 1000, 100
	for range pages {
		next, deleted, err := k.o.Attic.PruneTerms(ctx, k.term, page)
		if err != nil {
			return err
		}
		k.count(prunedTerms, deleted)
		k.term = next
		if next == (TermCursor{}) {
			return nil
		}
		if err := k.rest(ctx, h, 0); err != nil {
			return err
		}
	}
	return nil
}

// rest leaves the database to others for three times what a step took, and ends the pass when something else is to be
// kept than when it began.
func (k *Keeper) rest(ctx context.Context, h Horizons, held time.Duration) error {
	k.metrics.held.Observe(held.Seconds())
	k.pace.adjust(held)
	pause := time.NewTimer(max(3*held, 5*time.Millisecond))
	defer pause.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-pause.C:
	}
	if !h.equal(k.o.Horizons()) {
		return errOther
	}
	return nil
}

func (k *Keeper) count(what string, n int) { k.metrics.pruned.WithLabelValues(what).Add(float64(n)) }
