package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
)

// installation is the duty of what is to be done once for all switches; "switch:NAME" that of one switch.
const installation = "installation"

const (
	// dutyPause is between two attempts to have a duty, when the database is down or the duty was lost.
	dutyPause = 500 * time.Millisecond
	// unfitTime is how long a holder may be unfit: a link that was cut is back sooner.
	unfitTime = 3 * time.Second
)

// duties are the works of which one process of all on the database does each at a time.
type duties struct {
	// hold waits until the duty is ours, and runs work until that returns or the duty is lost: then the context of
	// work ends for a cause of its own.
	hold   func(ctx context.Context, name string, work func(ctx context.Context) error) error
	logger *slog.Logger
	held   *prometheus.GaugeVec
}

func newDuties(hold func(context.Context, string, func(context.Context) error) error, logger *slog.Logger, r prometheus.Registerer) *duties {
	d := &duties{hold: hold, logger: logger, held: prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "callgate_duty_held", Help: "Whether this process has the duty: of all processes on a database one has, or none for a moment.",
	}, []string{"duty"})}
	r.MustRegister(d.held)
	return d
}

// part is one that does the works while this process has the duty and waits while another has. All works of a duty go
// into one part: two parts would compete. A work that fails fails it; a duty that is lost, or cannot be had, is waited
// for again. fit tells whether this process could do the works just now, so that another may have the duty when not; nil
// is always.
func (d *duties) part(name string, fit func() bool, works ...part) part {
	held := d.held.WithLabelValues(name)
	failing := false
	work := func(ctx context.Context) error {
		held.Set(1)
		defer held.Set(0)
		d.logger.Info("this process has the duty", "duty", name)
		failing = false
		defer d.logger.Info("this process has the duty no more", "duty", name)
		return runAll(ctx, works)
	}
	return part{"duty " + name, func(ctx context.Context) error {
		tick := time.NewTicker(dutyPause)
		defer tick.Stop()
		for {
			var broken error
			if fit == nil || fit() {
				turn, end := context.WithCancel(ctx)
				var watch sync.WaitGroup
				watch.Go(func() { unfit(turn, fit, end) })
				err := d.hold(turn, name, func(ctx context.Context) error { broken = work(ctx); return nil })
				end()
				watch.Wait()
				if err != nil && !failing {
					failing = true
					d.logger.Warn("the duty is not to be had, or was lost", "duty", name, "error", err)
				}
			}
			if broken != nil {
				return broken
			}
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
			}
		}
	}}
}

// unfit calls end when this process has been unfit for some time, and returns when ctx ends.
func unfit(ctx context.Context, fit func() bool, end func()) {
	if fit == nil {
		return
	}
	tick := time.NewTicker(dutyPause)
	defer tick.Stop()
	for last := time.Now(); ; {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			if fit() {
				last = now
			} else if now.Sub(last) >= unfitTime {
				end()
				return
			}
		}
	}
}

// runAll runs works until ctx ends. The first that fails, or ends by itself, ends the others and is the error.
func runAll(ctx context.Context, works []part) error {
	all, within := errgroup.WithContext(ctx)
	for _, w := range works {
		all.Go(func() error {
			err := w.run(within)
			if ctx.Err() != nil {
				return nil
			}
			if err == nil && within.Err() == nil {
				err = errors.New("ended by itself")
			}
			if err != nil {
				err = fmt.Errorf("%s: %w", w.name, err)
			}
			return err
		})
	}
	return all.Wait()
}
