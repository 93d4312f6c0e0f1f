package esl

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// The two uses of a connection, as metrics and log name them.
const (
	useEvents   = "events"
	useCommands = "commands"
)

// Run keeps the link up until ctx ends, says good-bye to the switch, waits for its goroutines and returns nil. It fails
// at once, with ErrArgument, when the options can never work. A client is run once.
func (c *Client) Run(ctx context.Context) error {
	if err := c.opts.check(); err != nil {
		return fmt.Errorf("event socket link %s: %w", c.opts.Name, err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { c.supervise(ctx, useEvents, c.serveEvents) })
	for range c.opts.PoolSize {
		wg.Go(func() { c.supervise(ctx, useCommands, c.serveCommands) })
	}
	wg.Wait()
	c.change(func() { c.failure = errors.New("stopped") })
	return nil
}

// supervise makes a connection again and again. serve returns why one could not be made or did not last, and calls up
// when it is in use.
func (c *Client) supervise(ctx context.Context, use string, serve func(ctx context.Context, up func()) error) {
	log := c.opts.Logger.With("switch", c.opts.Name, "connection", use)
	pause := backoff{random: c.opts.Rand}
	lastFailure, connected := "", false
	for {
		began := time.Now()
		err := serve(ctx, func() {
			if connected {
				c.metrics.reconnects.WithLabelValues(use).Inc()
			}
			connected, lastFailure = true, ""
			log.Info("event socket connection up")
		})
		if ctx.Err() != nil {
			return
		}
		c.change(func() { c.failure = err })
		c.metrics.failures.WithLabelValues(use, failureReason(err)).Inc()
		wait := pause.next(time.Since(began))
		if failureReason(err) != lastFailure { // a switch that stays down is news once; the text may hold a port of ours
			log.Warn("event socket connection down", "error", err, "retry_in", wait)
		}
		lastFailure = failureReason(err)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// serveEvents makes the event connection and serves it until it fails.
func (c *Client) serveEvents(ctx context.Context, up func()) error {
	err := c.serve(ctx, c.receive, func(ctx context.Context, cn *conn) error {
		f, err := cn.do(ctx, subscribeMessage(c.opts.Events, c.opts.Subclasses))
		if err == nil {
			_, err = result(f)
		}
		if err != nil {
			return fmt.Errorf("subscribe to events: %w", err)
		}
		up()
		c.employ(cn, func() { c.events = cn })
		if !c.awaitReady(ctx) {
			return nil
		}
		c.subs.signalLost()
		if c.opts.OnUp != nil {
			c.opts.OnUp(ctx, c)
		}
		return nil
	})
	// Only now that nothing can be written to the connection any more is every job known that it leaves behind.
	c.jobs.endAll(err)
	return err
}

// serveCommands makes one connection of the pool and serves it until it fails.
func (c *Client) serveCommands(ctx context.Context, up func()) error {
	nobody := func(run []*Event) {
		for range run {
			c.skip("other_type")
		}
	}
	return c.serve(ctx, nobody, func(ctx context.Context, cn *conn) error {
		// A first command proves that commands work, and tells one start of the switch from another.
		message, err := apiMessage("global_getvar", []string{"core_uuid"})
		if err != nil {
			return err
		}
		f, err := cn.do(ctx, message)
		if err != nil {
			return fmt.Errorf("first command: %w", err)
		}
		up()
		c.employ(cn, func() {
			if id, err := result(f); err == nil {
				c.coreUUID = strings.TrimSpace(id)
			}
			c.pool = append(c.pool, cn)
		})
		return nil
	})
}

// serve makes a connection and serves it until it fails or ctx ends. prepare runs beside it with a context that ends
// with the connection, and an error of it ends the connection.
func (c *Client) serve(ctx context.Context, onEvents func([]*Event), prepare func(context.Context, *conn) error) error {
	sock, frames, err := c.connect(ctx)
	if err != nil {
		return err
	}
	var cn *conn
	cn = newConn(sock, frames, connOptions{
		timeout: c.opts.CommandTimeout, ping: c.opts.PingInterval, places: pipeline,
		onEvents: onEvents, onLinger: func() {}, onSkip: c.skip, // the connections of a client belong to no call
		onEnd: func(error) { c.retire(cn) }, // at once: nobody shall be given a connection that has ended
	})
	within, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() {
		if err := prepare(within, cn); err != nil {
			cn.fail(err)
		}
	})
	return cn.run(ctx, func() { c.retire(cn) })
}

// employ puts a connection into service, unless it has been retired before it came to that.
func (c *Client) employ(cn *conn, f func()) {
	c.change(func() {
		if !cn.retired {
			f()
		}
	})
}

// retire takes a connection out of service: no new command goes to it.
func (c *Client) retire(cn *conn) {
	c.change(func() {
		cn.retired = true
		if c.events == cn {
			c.events = nil
		}
		c.pool = slices.DeleteFunc(c.pool, func(other *conn) bool { return other == cn })
	})
}

// receive takes events from the reader of the event connection. It never blocks.
func (c *Client) receive(run []*Event) {
	for _, e := range run {
		c.metrics.event(e.Name())
		if e.Name() == backgroundJob {
			c.jobs.receive(e)
		}
	}
	c.subs.publish(run)
	const interval = 100 * time.Millisecond // looking at every event would cost more than receiving it
	now := c.opts.Now()
	if now.Sub(c.sampled) < interval {
		return
	}
	c.sampled = now
	if at := run[len(run)-1].Time(); !at.IsZero() {
		c.metrics.lag.Observe(max(now.Sub(at), 0).Seconds())
	}
}

func (c *Client) skip(reason string) { c.metrics.skipped.WithLabelValues(reason).Inc() }

// change applies f to the fields that mu guards and draws the conclusions.
func (c *Client) change(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
	switch ready := c.events != nil && len(c.pool) > 0; {
	case ready && c.since.IsZero():
		c.since = c.opts.Now()
		c.metrics.up.Set(1)
	case !ready:
		c.since = time.Time{}
		c.metrics.up.Set(0)
	}
	close(c.changed)
	c.changed = make(chan struct{})
}

// awaitReady blocks until the client is ready; it returns false if ctx ended first.
func (c *Client) awaitReady(ctx context.Context) bool {
	for {
		c.mu.Lock()
		ready, changed := !c.since.IsZero(), c.changed
		c.mu.Unlock()
		if ready {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}
