package callcenter

import (
	"testing"
	"time"
)

// TestAccount: a counter that runs ahead of the events, or behind them, is believed when it stays so for a second.
func TestAccount(t *testing.T) {
	begin := time.Unix(1_000_000, 0)
	type step struct {
		at      time.Duration
		events  int // since the step before
		counter int
		want    int // missed
	}
	for _, tt := range []struct {
		name  string
		steps []step
	}{
		{"in step", []step{{0, 0, 7, 0}, {time.Second, 2, 9, 0}, {5 * time.Second, 1, 10, 0}}},
		{"the counter is a moment late", []step{{0, 0, 0, 0}, {time.Second, 1, 0, 0}, {1200 * time.Millisecond, 0, 1, 0}, {9 * time.Second, 0, 1, 0}}},
		{"the event is a moment late", []step{{0, 0, 0, 0}, {time.Second, 0, 1, 0}, {1200 * time.Millisecond, 1, 1, 0}, {9 * time.Second, 0, 1, 0}}},
		{"an event was lost", []step{{0, 0, 0, 0}, {time.Second, 0, 1, 0}, {1500 * time.Millisecond, 0, 1, 0}, {2 * time.Second, 0, 1, 1}, {9 * time.Second, 0, 1, 0}}},
		{"two were lost, one after the other", []step{{0, 0, 0, 0}, {time.Second, 0, 1, 0}, {3 * time.Second, 0, 2, 0}, {4 * time.Second, 0, 2, 2}}},
		{"one counted too often", []step{{0, 0, 0, 0}, {time.Second, 1, 0, 0}, {5 * time.Second, 0, 0, -1}, {9 * time.Second, 0, 0, 0}}},
		{"the counter begins anew", []step{{0, 0, 9, 0}, {time.Second, 0, 0, 0}, {2 * time.Second, 1, 1, 0}, {9 * time.Second, 0, 1, 0}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var a account
			for _, s := range tt.steps {
				for range s.events {
					a.count()
				}
				if got := a.audit(s.counter, begin.Add(s.at)); got != s.want {
					t.Errorf("at %v: %d missed, want %d", s.at, got, s.want)
				}
			}
		})
	}
}

// TestOffset: of the times that events take to come, the shortest of the last one to two minutes counts.
func TestOffset(t *testing.T) {
	var c clock
	begin := time.Unix(1_000_000, 0)
	if got := c.offset(); got != 0 {
		t.Errorf("at first %v", got)
	}
	for _, tt := range []struct {
		came, late, want time.Duration // late: how much later than by the switch's clock
	}{
		{0, 5 * time.Second, 5 * time.Second},
		{10 * time.Second, 3 * time.Second, 3 * time.Second},
		{20 * time.Second, 9 * time.Second, 3 * time.Second},
		{70 * time.Second, 8 * time.Second, 3 * time.Second},  // a new window, the one before still counts
		{140 * time.Second, 9 * time.Second, 8 * time.Second}, // and no longer
		{150 * time.Second, -time.Second, -time.Second},
	} {
		came := begin.Add(tt.came)
		c.seen(came.Add(-tt.late), came)
		if got := c.offset(); got != tt.want {
			t.Errorf("after %v: %v, want %v", tt.came, got, tt.want)
		}
	}
	c.seen(time.Time{}, begin.Add(151*time.Second))
	if got := c.offset(); got != -time.Second {
		t.Errorf("an event without a time: %v", got)
	}
}

// TestOwnChannel: the channel that an agent serves a queue with is no outside call.
func TestOwnChannel(t *testing.T) {
	calls := outsideCalls{"1000": {{uuid: "standby"}}}
	a := Agent{Contact: "user/1000", UUID: "standby"}
	if calls.of(&a, nil) {
		t.Error("the channel on standby counts")
	}
	calls["1000"] = append(calls["1000"], phoneCall{uuid: "another"})
	if !calls.of(&a, nil) {
		t.Error("another channel does not count")
	}
	if calls.of(&a, map[string]time.Time{"another": {}}) {
		t.Error("a channel that is over counts")
	}
}
