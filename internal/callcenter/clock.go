package callcenter

import "time"

// clock estimates how far a switch's clock is from ours, from the times that its events carry. An event comes later
// than it was fired, never earlier, so the smallest difference seen lately is the nearest to the truth.
type clock struct {
	now, before time.Duration // the smallest of this window and of the one before
	has         uint8         // how many of the two are there
	until       time.Time     // the end of this window
}

// clockWindow is how long one estimate is kept: it holds a few heartbeats, which come every 20 s.
const clockWindow = time.Minute

// seen takes an event that was fired at a time of the switch's clock and came at one of ours.
func (c *clock) seen(fired, came time.Time) {
	if fired.IsZero() {
		return
	}
	ahead := came.Sub(fired)
	if !came.Before(c.until) {
		c.before, c.has = c.now, min(c.has+1, 2)
		c.now, c.until = ahead, came.Add(clockWindow)
	}
	c.now = min(c.now, ahead)
}

// offset is what must be added to a time of the switch's clock to have it by ours; 0 while nothing is known.
func (c *clock) offset() time.Duration {
	if c.has == 2 {
		return min(c.now, c.before)
	}
	return c.now
}
