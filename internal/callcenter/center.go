// Package callcenter keeps what mod_callcenter knows of queues, tiers, agents and members in memory: one
// immutable Snapshot per switch, replaced as a whole. Events only say when to look; what is so is read from
// FreeSWITCH. A Center owns one goroutine per switch while Run runs. Reading a snapshot never blocks and never
// asks FreeSWITCH; a failed reading keeps the last one and lets it age.
package callcenter

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callgate/esl"
	"callgate/internal/fault"
)

// Link is the link to one FreeSWITCH.
type Link interface {
	Name() string
	API(ctx context.Context, name string, args ...string) (string, error)
}

const (
	// minPause keeps readings to at most five a second, whatever the event rate.
	minPause = 200 * time.Millisecond
	// restFactor is how many times longer than a reading the pause after it is: FreeSWITCH answers lists while
	// it holds the module's lock, and at most a tenth of its time shall be ours.
	restFactor = 9
	// readTime bounds one reading.
	readTime = 10 * time.Second
)

// Options are a Center's collaborators and times.
type Options struct {
	Links      []Link        // in the order their queues and tiers are shown
	Interval   time.Duration // between readings when nothing announces a change: tier changes emit no event
	MaxAge     time.Duration // how old a snapshot may be and still be served
	Now        func() time.Time
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// Center holds the snapshots. All methods may be called from any goroutine.
type Center struct {
	o        Options
	watches  []*watch
	answered atomic.Pointer[answers]
	metrics  *metrics
}

// watch is one switch and what it last said.
type watch struct {
	link  Link
	last  atomic.Pointer[Snapshot]
	dirty chan struct{} // capacity 1: any number of hints make one reading
}

// New makes a Center; nothing is read before Run.
func New(o Options) *Center {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	c := &Center{o: o}
	for _, link := range o.Links {
		c.watches = append(c.watches, &watch{link: link, dirty: make(chan struct{}, 1)})
	}
	c.metrics = newMetrics(o.Registerer, c)
	return c
}

// Hint says that the named switch's contact centre may have changed, or that its link has come up. It never
// blocks.
func (c *Center) Hint(switchName string) {
	for _, w := range c.watches {
		if w.link.Name() == switchName {
			select {
			case w.dirty <- struct{}{}:
			default: // a reading is due anyway
			}
		}
	}
}

// Run reads every switch at once, then whenever hinted, and at the latest every interval, until ctx ends.
func (c *Center) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, w := range c.watches {
		wg.Go(func() { c.follow(ctx, w) })
	}
	wg.Wait()
	return nil
}

func (c *Center) follow(ctx context.Context, w *watch) {
	failing := false
	for {
		began := c.o.Now()
		err := c.refresh(ctx, w, began)
		took := c.o.Now().Sub(began)
		if ctx.Err() != nil {
			return
		}
		c.metrics.read(w.link.Name(), err, took)
		if lost := errors.Is(err, esl.ErrDown); !lost && (err != nil) != failing { // a change is news, a lost link was
			failing = err != nil
			if failing {
				c.o.Logger.Warn("reading the contact centre fails, the last snapshot is kept", "switch", w.link.Name(), "error", err)
			} else {
				c.o.Logger.Info("reading the contact centre works", "switch", w.link.Name())
			}
		}
		rest := max(minPause, restFactor*took)
		if !wait(ctx, rest, nil) || !wait(ctx, max(0, c.o.Interval-took-rest), w.dirty) {
			return
		}
	}
}

// wait pauses for d or until woken; false when ctx has ended.
func wait(ctx context.Context, d time.Duration, woken <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-woken:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

func (c *Center) refresh(ctx context.Context, w *watch, began time.Time) error {
	ctx, stop := context.WithTimeout(ctx, readTime)
	defer stop()
	s, err := read(ctx, w.link)
	if err != nil {
		return err
	}
	s.Taken = began
	w.last.Store(s)
	return nil
}

// Snapshots returns the last snapshot of each switch that is not older than MaxAge.
func (c *Center) Snapshots() []*Snapshot {
	now := c.o.Now()
	var fresh []*Snapshot
	for _, w := range c.watches {
		if s := w.last.Load(); s != nil && now.Sub(s.Taken) <= c.o.MaxAge {
			fresh = append(fresh, s)
		}
	}
	return fresh
}

// Answer is a documented answer from memory. JSON is shared: it must not be written to.
type Answer struct {
	JSON []byte
	Age  time.Duration // of the oldest snapshot in it
}

// Queues returns all queues; fault.SwitchDown when no switch has been read lately.
func (c *Center) Queues() (Answer, error) {
	return c.answer(func(a *answers) ([]byte, string) { return a.queues, "" })
}

// Queue returns an array of the queue of that name, or fault.NotFound about "Queue".
func (c *Center) Queue(name string) (Answer, error) {
	return c.answer(func(a *answers) ([]byte, string) { return a.queue[name], "Queue" })
}

// Tiers returns all tiers.
func (c *Center) Tiers() (Answer, error) {
	return c.answer(func(a *answers) ([]byte, string) { return a.tiers, "" })
}

// TiersOf returns the tiers of one queue, or fault.NotFound about "Tier".
func (c *Center) TiersOf(queue string) (Answer, error) {
	return c.answer(func(a *answers) ([]byte, string) { return a.tiersOfQueue[queue], "Tier" })
}

func (c *Center) answer(pick func(*answers) (body []byte, subject string)) (Answer, error) {
	fresh := c.Snapshots()
	if len(fresh) == 0 {
		return Answer{}, fault.New(fault.SwitchDown, "")
	}
	a := c.answered.Load()
	if a == nil || !slices.Equal(a.of, fresh) {
		// Two requests may both encode after a change; they encode the same.
		a = encode(fresh)
		c.answered.Store(a)
	}
	body, subject := pick(a)
	if body == nil {
		return Answer{}, fault.New(fault.NotFound, subject)
	}
	oldest := fresh[0].Taken
	for _, s := range fresh[1:] {
		if s.Taken.Before(oldest) {
			oldest = s.Taken
		}
	}
	return Answer{JSON: body, Age: c.o.Now().Sub(oldest)}, nil
}
