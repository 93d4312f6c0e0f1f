package v1

import (
	"testing"
	"time"
)

func TestRates(t *testing.T) {
	t.Parallel()
	r, began := newRates(nil), time.Unix(1000, 0)
	rate := Rate{PerSecond: 2, Burst: 3}
	for i, step := range []struct {
		name        string
		user        int64
		at          time.Duration
		left        int
		reset, wait time.Duration
	}{
		{"the first", 1, 0, 2, 500 * time.Millisecond, 0},
		{"the second", 1, 0, 1, time.Second, 0},
		{"another user", 2, 0, 2, 500 * time.Millisecond, 0},
		{"the last", 1, 0, 0, 1500 * time.Millisecond, 0},
		{"too much", 1, 0, 0, 1500 * time.Millisecond, 500 * time.Millisecond},
		{"still", 1, 250 * time.Millisecond, 0, 1250 * time.Millisecond, 250 * time.Millisecond},
		{"one has come", 1, 500 * time.Millisecond, 0, 1500 * time.Millisecond, 0},
		{"a clock that goes back", 1, 0, 0, 1500 * time.Millisecond, 500 * time.Millisecond},
		{"after a long time", 1, time.Hour, 2, 500 * time.Millisecond, 0},
	} {
		left, reset, wait := r.take(step.user, rate, began.Add(step.at))
		if left != step.left || reset != step.reset || wait != step.wait {
			t.Errorf("%d %s: %d, %v, %v; want %d, %v, %v", i, step.name, left, reset, wait, step.left, step.reset, step.wait)
		}
	}
	if len(r.buckets) != 1 {
		t.Errorf("%d users are remembered", len(r.buckets))
	}
	// What is smaller now holds for who had more.
	if left, _, _ := r.take(1, Rate{PerSecond: 2, Burst: 1}, began.Add(time.Hour)); left != 0 {
		t.Errorf("%d are left of one", left)
	}
}
