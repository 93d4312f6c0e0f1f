package sms

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"callgate/internal/outside/gateway"
)

// Carrier is a provider as it is reached.
type Carrier interface {
	// Send hands a message over. It takes no longer than ctx.
	Send(ctx context.Context, t gateway.Text) gateway.Sent
}

// Poller is a Carrier that can be asked what became of messages.
type Poller interface {
	// States asks about messages. What the provider knows nothing of is left out; what was learned before a failure counts.
	States(ctx context.Context, asked []gateway.Asked) ([]gateway.Receipt, error)
	// Facts has how many it can ask about with one request: where that is 0, none.
	Facts() gateway.Facts
}

const (
	failuresInRow = 5 // after so many a provider is left alone
	firstBar      = time.Second
	longestBar    = time.Minute
	askTime       = 30 * time.Second // for an answer of a provider
	usualWindow   = 16
)

// Pace is what a provider bears.
type Pace struct {
	PerSecond float64 // messages; 0 is any number
	AtOnce    int     // messages whose answers are waited for; 0 is 16
}

// line is a Carrier with what it is spared. It may be used from any goroutine.
type line struct {
	name    string
	carrier Carrier
	rate    *rate.Limiter
	window  chan struct{} // messages whose answers are waited for

	mu       sync.Mutex
	failures int  // in a row
	bars     int  // in a row, each twice as long as the one before
	trying   bool // a message tries whether it is any better
	barred   time.Time
}

// turn is a message's with a line.
type turn struct {
	*line
	tries bool // whether it is any better
}

func newLine(name string, c Carrier, p Pace) *line {
	l := &line{name: name, carrier: c, rate: rate.NewLimiter(rate.Inf, 1), window: make(chan struct{}, usualWindow)}
	if p.PerSecond > 0 {
		l.rate = rate.NewLimiter(rate.Limit(p.PerSecond), 1) // evenly: more at once would be more in the second after it
	}
	if p.AtOnce > 0 {
		l.window = make(chan struct{}, p.AtOnce)
	}
	return l
}

// poller is the Carrier, if it can be asked what became of messages.
func (l *line) poller() Poller {
	if p, ok := l.carrier.(Poller); ok && p.Facts().States > 0 {
		return p
	}
	return nil
}

// close lets go of what is not in use.
func (l *line) close() {
	if c, ok := l.carrier.(interface{ Close() }); ok {
		c.Close()
	}
}

// busy is why a line cannot be used, and for how long.
type busy struct {
	reason string
	wait   time.Duration
}

// reserve takes a turn on a line within a time, and until ctx ends; over gives it back.
func (l *line) reserve(ctx context.Context, now func() time.Time, patience time.Duration) (turn, *busy) {
	t := turn{line: l}
	if b := t.alone(now(), false); b != nil {
		return t, b
	}
	asked := now()
	place := l.rate.ReserveN(asked, 1)
	wait := place.DelayFrom(asked)
	if wait > patience {
		place.CancelAt(asked)
		return t, &busy{"takes no more messages a second", wait}
	}
	ctx, cancel := context.WithTimeout(ctx, patience+time.Millisecond)
	defer cancel()
	pause := time.NewTimer(wait)
	defer pause.Stop()
	select {
	case <-pause.C:
	case <-ctx.Done():
		return t, &busy{"takes no more messages a second", firstBar}
	}
	select {
	case l.window <- struct{}{}:
	case <-ctx.Done():
		return t, &busy{"takes no more messages at once", firstBar}
	}
	b := t.alone(now(), true) // by what others have heard meanwhile
	if b != nil {
		<-l.window
	}
	return t, b
}

// alone tells whether a line is to be left alone. When that is over one message tries whether it is any better.
func (t *turn) alone(now time.Time, begin bool) *busy {
	t.mu.Lock()
	defer t.mu.Unlock()
	if wait := t.barred.Sub(now); wait > 0 {
		return &busy{"is left alone after failures", wait}
	}
	if t.trying {
		return &busy{"is being tried after failures", firstBar}
	}
	if begin && t.bars > 0 {
		t.tries, t.trying = true, true
	}
	return nil
}

// leave ends a turn in which the Carrier was asked nothing: it says nothing of it either.
func (t *turn) leave() {
	<-t.window
	t.mu.Lock()
	defer t.mu.Unlock()
	t.trying = t.trying && !t.tries
}

// over ends a turn with an answer.
func (t *turn) over(now time.Time, s gateway.Sent) {
	<-t.window
	t.mu.Lock()
	defer t.mu.Unlock()
	t.trying = t.trying && !t.tries
	switch s.Outcome {
	case gateway.Taken, gateway.Refused:
		t.failures, t.bars = 0, 0
	default:
		// What was asked before the line was barred says nothing new.
		if t.failures++; t.tries || t.bars == 0 && t.failures >= failuresInRow {
			t.barred = now.Add(min(firstBar<<min(t.bars, 10), longestBar))
			t.bars++
		}
	}
	if wait := min(s.Wait, longestBar); wait > 0 && t.barred.Before(now.Add(wait)) {
		t.barred = now.Add(wait)
	}
}
