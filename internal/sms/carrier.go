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
	failures int // in a row
	barred   time.Time
}

func newLine(name string, c Carrier, p Pace) *line {
	l := &line{name: name, carrier: c, rate: rate.NewLimiter(rate.Inf, 1), window: make(chan struct{}, usualWindow)}
	if p.PerSecond > 0 {
		l.rate = rate.NewLimiter(rate.Limit(p.PerSecond), max(1, int(p.PerSecond)))
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

// reserve takes a turn on a line within a time, and until ctx ends; release gives it back.
func (l *line) reserve(ctx context.Context, now func() time.Time, patience time.Duration) *busy {
	if b := l.alone(now(), false); b != nil {
		return b
	}
	asked := now()
	turn := l.rate.ReserveN(asked, 1)
	wait := turn.DelayFrom(asked)
	if wait > patience {
		turn.CancelAt(asked)
		return &busy{"takes no more messages a second", wait}
	}
	ctx, cancel := context.WithTimeout(ctx, patience+time.Millisecond)
	defer cancel()
	pause := time.NewTimer(wait)
	defer pause.Stop()
	select {
	case <-pause.C:
	case <-ctx.Done():
		return &busy{"takes no more messages a second", firstBar}
	}
	select {
	case l.window <- struct{}{}:
	case <-ctx.Done():
		return &busy{"takes no more messages at once", firstBar}
	}
	b := l.alone(now(), true) // by what others have heard meanwhile
	if b != nil {
		<-l.window
	}
	return b
}

// alone tells whether a line is to be left alone. When that is over, one tries whether it is any better.
func (l *line) alone(now time.Time, try bool) *busy {
	l.mu.Lock()
	defer l.mu.Unlock()
	if wait := l.barred.Sub(now); wait > 0 {
		return &busy{"is left alone after failures", wait}
	}
	if try && l.failures >= failuresInRow {
		l.barred = now.Add(askTime)
	}
	return nil
}

// release gives a turn back after an answer.
func (l *line) release(now time.Time, s gateway.Sent) {
	<-l.window
	l.mu.Lock()
	defer l.mu.Unlock()
	l.barred = time.Time{}
	switch s.Outcome {
	case gateway.Taken, gateway.Refused:
		l.failures = 0
	default:
		if l.failures++; l.failures >= failuresInRow {
			l.barred = now.Add(min(firstBar<<min(l.failures-failuresInRow, 10), longestBar))
		}
	}
	if wait := min(s.Wait, longestBar); wait > 0 && l.barred.Before(now.Add(wait)) {
		l.barred = now.Add(wait)
	}
}
