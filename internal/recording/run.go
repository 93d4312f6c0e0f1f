package recording

import (
	"context"
	"sync"
	"time"
)

// Run settles recordings, copies and deletes them until ctx ends. A failure is news once, and is tried again.
// It may be called again when it has returned. Of several processes one runs it at a time; should two, leases and revisions keep them apart.
func (l *Library) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { l.repeat(ctx, "settle", l.unsettled, settleTime, 0, l.Settle) })
	wg.Go(func() { l.repeat(ctx, "copy", l.uncopied, copyTime, 0, l.Copy) })
	wg.Go(func() {
		l.repeat(ctx, "expire", nil, expireTime, expirePause, func(ctx context.Context) (bool, error) {
			l.sweep()
			return l.Expire(ctx)
		})
	})
	wg.Wait()
	return nil
}

// repeat runs pass now, on every hint and every interval; after one that left something to do, it runs again after pause.
func (l *Library) repeat(ctx context.Context, part string, hint <-chan struct{}, interval, pause time.Duration,
	pass func(context.Context) (bool, error)) {
	for failing := false; ; {
		more, err := pass(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			l.o.Logger.Warn("recordings are not looked after", "part", part, "error", err)
		case err == nil && failing:
			l.o.Logger.Info("recordings are looked after again", "part", part)
		}
		failing = err != nil
		wait, hints := interval, hint
		if more && err == nil {
			wait = pause
		} else if failing {
			hints = nil // what failed is not helped by more of it
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-hints:
		case <-timer.C:
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}
