package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"callgate/internal/store"
)

// How soon a change that another process made takes effect here, at the latest. Where changes are announced that is
// for when nothing is heard.
const (
	lookInterval      = 250 * time.Millisecond
	announcedInterval = 500 * time.Millisecond
)

// follower keeps something of the database in memory. Follow is told the revision that it has there, after every
// look; it reads again when it knows another.
type follower struct {
	topic  string
	follow func(ctx context.Context, revision int64) error
}

// changes looks what other processes, and commands beside this one, changed in the database.
type changes struct {
	revisions func(ctx context.Context) (map[string]int64, error)
	followers []follower
	interval  time.Duration
	hints     chan struct{} // capacity 1: any number of announcements make one look
	logger    *slog.Logger
}

// newChanges looks into a store for those who keep something of it in memory.
func newChanges(s *store.Store, logger *slog.Logger, followers ...follower) *changes {
	c := &changes{revisions: s.Revisions, followers: followers, interval: lookInterval, hints: make(chan struct{}, 1), logger: logger}
	if s.Announces() {
		c.interval = announcedInterval
	}
	return c
}

// hint says that there may be something new. It never blocks.
func (c *changes) hint() {
	select {
	case c.hints <- struct{}{}:
	default: // a look is due anyway
	}
}

// look lets every follower catch up, and returns the first failure.
func (c *changes) look(ctx context.Context) error {
	revisions, err := c.revisions(ctx)
	if err != nil {
		return err
	}
	for _, f := range c.followers {
		if e := f.follow(ctx, revisions[f.topic]); e != nil && err == nil {
			err = fmt.Errorf("follow the %s: %w", f.topic, e)
		}
	}
	return err
}

// Run looks on every hint and every interval until ctx ends. A failure is news once, and is tried again at the next look.
func (c *changes) Run(ctx context.Context) error {
	tick := time.NewTicker(c.interval)
	defer tick.Stop()
	for failing := false; ; {
		err := c.look(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !failing:
			c.logger.Warn("changes in the database are not seen, what is known stays in use", "error", err)
		case err == nil && failing:
			c.logger.Info("changes in the database are seen again")
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-c.hints:
		case <-tick.C:
		}
	}
}
