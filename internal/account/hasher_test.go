package account

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"callgate/internal/fault"
)

// queue is a hasher at which many wait.
type queue struct {
	*hasher
	t      *testing.T
	served []string // by address, as their turns came
	turned map[string]int
	free   []func() // who computes a hash, the first in front
}

// come has so many from an address ask for a turn.
func (q *queue) come(ctx context.Context, address string, count int) {
	for range count {
		go func() {
			done, err := q.turn(ctx, address)
			q.mu.Lock()
			defer q.mu.Unlock()
			switch {
			case err == nil:
				q.served, q.free = append(q.served, address), append(q.free, done)
			case errors.Is(err, fault.New(fault.TooMany, "")), errors.Is(err, context.Canceled):
				q.turned[address]++
			default:
				q.t.Error(err)
			}
		}()
		synctest.Wait()
	}
}

// done ends so many hashes.
func (q *queue) done(count int) {
	for range count {
		done := q.free[0]
		q.free = q.free[1:]
		done()
		synctest.Wait()
	}
}

// TestHashTurns: two hashes at once, so many wait, and those of one address only as long as nobody else comes.
func TestHashTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &queue{hasher: newHasher(rand.Reader, hashMemory, newMetrics(nil)), t: t, turned: map[string]int{}}
		q.come(t.Context(), "crm", hashesAtOnce+hashesQueued+1)
		if len(q.served) != hashesAtOnce || q.turned["crm"] != 1 || q.waiting != hashesQueued {
			t.Fatalf("%d have their turn, %d wait, %d were turned away", len(q.served), q.waiting, q.turned["crm"])
		}
		q.come(t.Context(), "anna", 1)
		if q.turned["crm"] != 2 || q.turned["anna"] != 0 || q.waiting != hashesQueued {
			t.Errorf("turned away: %v, %d wait", q.turned, q.waiting)
		}
		q.done(2)
		if !slices.Equal(q.served[hashesAtOnce:], []string{"crm", "anna"}) {
			t.Errorf("served after that: %q", q.served[hashesAtOnce:])
		}

		ctx, cancel := context.WithCancel(t.Context())
		q.come(ctx, "boris", 3)
		cancel()
		synctest.Wait()
		if q.turned["boris"] != 3 || q.lines["boris"] != nil || slices.Contains(q.order, "boris") {
			t.Errorf("who is gone still waits: %v, %q", q.turned, q.order)
		}
		before := len(q.served)
		for i := range 40 {
			q.come(t.Context(), fmt.Sprint("guesser", i), 10)
		}
		if q.waiting != hashesQueued || q.turned["anna"] != 0 {
			t.Errorf("%d wait, turned away: %v", q.waiting, q.turned)
		}
		most, least := 0, hashesQueued
		for _, line := range q.lines {
			most, least = max(most, len(line)), min(least, len(line))
		}
		if len(q.lines) != 41 || most > least+1 {
			t.Errorf("%d addresses wait, one with %d and one with %d", len(q.lines), least, most)
		}
		q.done(41)
		if seen := slices.Compact(slices.Sorted(slices.Values(q.served[before:]))); len(seen) != 41 {
			t.Errorf("%d addresses in 41 turns", len(seen))
		}
		for len(q.free) > 0 {
			q.done(1)
		}
		if q.running != 0 || q.waiting != 0 || len(q.lines) != 0 || len(q.order) != 0 {
			t.Errorf("%d run, %d wait, %v %q", q.running, q.waiting, q.lines, q.order)
		}
	})
}
