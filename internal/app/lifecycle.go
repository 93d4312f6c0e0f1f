package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// stopTime bounds the whole stop: a supervisor that sends SIGTERM waits 10 seconds before it kills.
const stopTime = 9 * time.Second

// part is one long-lived piece of the process.
type part struct {
	name string
	run  func(ctx context.Context) error
}

// runStages starts the stages in order, each needing those before it, and runs until ctx ends or a part fails.
// Then it stops them from the last to the first, waiting for each before it touches the next, so that nothing
// sees what it stands on taken away. One clock bounds the stop; a part that does not heed it is named in the
// error and left behind.
func runStages(ctx context.Context, logger *slog.Logger, stages ...[]part) error {
	type running struct {
		stop context.CancelFunc
		done chan struct{}
		left *remaining
	}
	failed := make(chan error, 1) // the first failure counts, the rest follow from it
	var mu sync.Mutex
	var all []error
	started := make([]running, len(stages))
	for i, stage := range stages {
		stageCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
		left := &remaining{names: map[string]bool{}}
		var wg sync.WaitGroup
		for _, p := range stage {
			left.add(p.name)
			wg.Go(func() {
				defer left.remove(p.name)
				err := p.run(stageCtx)
				if err == nil && stageCtx.Err() == nil {
					err = errors.New("ended by itself")
				}
				if err == nil || errors.Is(err, context.Canceled) && stageCtx.Err() != nil {
					return
				}
				err = fmt.Errorf("%s: %w", p.name, err)
				mu.Lock()
				all = append(all, err)
				mu.Unlock()
				select {
				case failed <- err:
				default:
				}
			})
		}
		done := make(chan struct{})
		go func() { wg.Wait(); close(done) }() // waited for below, or named as left behind
		started[i] = running{stop, done, left}
	}
	select {
	case <-ctx.Done():
		logger.Info("stopping")
	case err := <-failed:
		logger.Error("stopping", "error", err)
	}
	clock := time.NewTimer(stopTime)
	defer clock.Stop()
	for i := len(started) - 1; i >= 0; i-- {
		started[i].stop()
		select {
		case <-started[i].done:
		case <-clock.C:
			clock.Reset(0) // the clock has struck for the stages below too
			mu.Lock()
			all = append(all, fmt.Errorf("not stopped in %v: %s", stopTime, started[i].left))
			mu.Unlock()
		}
	}
	mu.Lock()
	defer mu.Unlock()
	return errors.Join(all...)
}

// remaining is the set of parts that still run.
type remaining struct {
	mu    sync.Mutex
	names map[string]bool
}

func (r *remaining) add(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names[name] = true
}

func (r *remaining) remove(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.names, name)
}

// String lists the names.
func (r *remaining) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for name := range r.names {
		all = append(all, name)
	}
	return strings.Join(all, ", ")
}
