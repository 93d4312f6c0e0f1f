package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"callgate/esl"
	"callgate/esl/esltest"
)

// demoCenter is the people of the demonstration: agents, who change by commands over an Event Socket as a real
// shift would change them, and customers. Every demonstration shows much the same day.
type demoCenter struct {
	sw     *esltest.Switch
	link   *esl.Client // of its own: nothing here goes through callgate
	logger *slog.Logger

	mu   sync.Mutex
	away map[string]int // agents of a queue who are on a break or logged out
}

// Run lets them live until ctx ends.
func (d *demoCenter) Run(ctx context.Context) error {
	d.away = map[string]int{}
	for _, a := range demoAgents {
		for _, q := range a.queues {
			if a.status != "Available" {
				d.away[q]++
			}
		}
	}
	people, ctx := errgroup.WithContext(ctx)
	people.Go(func() error { return d.link.Run(ctx) })
	people.Go(func() error { d.customers(ctx, dice(0)); return nil })
	for i, a := range demoAgents {
		people.Go(func() error { d.agent(ctx, a, dice(uint64(i)+1)); return nil })
	}
	return people.Wait()
}

// dice are one person's, so that nobody's day depends on when another one threw.
func dice(person uint64) *rand.Rand {
	//nolint:gosec // nothing secret: it shall be the same again
	return rand.New(rand.NewPCG(0, person))
}

// agent is the day of one agent, told in minutes: work, breaks, now and then somebody to ring, a shift that ends.
func (d *demoCenter) agent(ctx context.Context, a demoAgent, r *rand.Rand) {
	status, stay := a.status, between(r, 5, 60) // what he does first began before anybody looked
	if status == "Available" {
		stay = between(r, 15, 240)
	}
	for pass(ctx, stay) {
		switch {
		case status == "Available" && !d.mayLeave(a.queues):
			stay = between(r, 5, 20)
			continue
		case status == "Available":
			status, stay = "On Break", between(r, 45, 75) // longer than a call takes that goes on meanwhile
		case status == "On Break" && r.IntN(3) == 0:
			status, stay = "Logged Out", between(r, 30, 90)
		case status == "On Break" && r.IntN(2) == 0:
			d.ring(ctx, a.account, r) // while no caller can be given to him
			fallthrough
		default:
			status, stay = "Available", between(r, 80, 240)
			d.back(a.queues)
		}
		_, err := d.link.API(ctx, "callcenter_config", "agent", "set", "status", a.account+"@default", "'"+status+"'")
		if err != nil && ctx.Err() == nil {
			d.logger.Warn("an agent cannot change", "error", err) // he tries the next thing when it is time
		}
	}
}

// mayLeave lets an agent go while half of the agents of each of his queues stay, and one at least.
func (d *demoCenter) mayLeave(queues []string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, q := range queues {
		all := 0
		for _, a := range demoAgents {
			if slices.Contains(a.queues, q) {
				all++
			}
		}
		if all-d.away[q]-1 < max(1, all/2) {
			return false
		}
	}
	for _, q := range queues {
		d.away[q]++
	}
	return true
}

// back is the end of that.
func (d *demoCenter) back(queues []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, q := range queues {
		d.away[q]--
	}
}

// ring is a call that an agent makes from his phone, past the queues.
func (d *demoCenter) ring(ctx context.Context, account string, r *rand.Rand) {
	call, err := d.sw.Call(esltest.Call{Number: account, Extension: fmt.Sprintf("8495%07d", r.IntN(1e7)), HangupAfter: between(r, 15, 40)})
	if err != nil {
		return // the switch is full, or stopping as we are
	}
	select {
	case <-call.Done():
	case <-ctx.Done():
	}
}

// customers ring every few seconds, somewhat more than the agents can take.
func (d *demoCenter) customers(ctx context.Context, r *rand.Rand) {
	var called []string
	for _, l := range demoLines {
		for range l.share {
			called = append(called, l.number)
		}
	}
	for n := 0; ; n++ {
		pause, patience := between(r, 2, 5), between(r, 40, 110) // patience ends a call, too
		if r.IntN(4) == 0 {
			patience = between(r, 6, 18)
		}
		if n < 12 { // whoever looks at once shall see something, of calls that are over too
			pause, patience = pause/2, patience/6
		}
		if !pass(ctx, pause) {
			return
		}
		//nolint:errcheck // the switch is full, or stopping as we are
		d.sw.Call(esltest.Call{Number: fmt.Sprintf("8900%07d", r.IntN(1e7)), Extension: called[r.IntN(len(called))], HangupAfter: patience})
	}
}

// pass waits and tells whether ctx still lives.
func pass(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// between throws a time from so many seconds to so many.
func between(r *rand.Rand, from, to int) time.Duration {
	return time.Duration(from)*time.Second + time.Duration(r.Int64N(int64(time.Duration(to-from)*time.Second)))
}
