package history

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// The times of a Keeper.
const (
	passTime   = time.Hour        // between two passes
	retryTime  = 5 * time.Minute  // after one that failed
	policyLook = 20 * time.Second // between two looks whether something else is to be kept
	foldAge    = 24 * time.Hour   // of figures that are summed up: later than that few change
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
// those to come, and sums up old figures. One at a time is enough; two do no harm.
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
	return errors.Join(room, k.fold(ctx, h))
}

func (k *Keeper) fold(ctx context.Context, h Horizons) error {
	before := k.o.Now().Add(-foldAge).UnixMicro()
	for at := int64(0); ; {
		next, held, err := k.o.Attic.FoldFigures(ctx, at, before)
		if err != nil || next == 0 {
			return err
		}
		at = next
		if err := k.pause(ctx, h, held); err != nil {
			return err
		}
	}
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
	k.pace.adjust(held)
	return k.pause(ctx, h, held)
}

// pause is rest after a step whose size is always the same.
func (k *Keeper) pause(ctx context.Context, h Horizons, held time.Duration) error {
	k.metrics.held.Observe(held.Seconds())
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
