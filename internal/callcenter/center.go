// Package callcenter keeps what mod_callcenter knows of queues, tiers, agents and members in memory: one immutable
// Snapshot per switch, replaced as a whole, and a ledger of what events tell between two snapshots and beyond them.
// Events of FreeSWITCH get lost, and much changes without one; so every snapshot audits the ledger.
//
// A Center owns one goroutine per switch while Run runs, and the caller one more per Listen, Keep, Record and WriteStates. Reading never blocks for
// longer than a lock is held for, and never asks FreeSWITCH; a failed reading keeps the last snapshot and lets it age.
package callcenter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callgate/esl"
	"callgate/internal/backlog"
	"callgate/internal/fault"
)

// Link is the link to one FreeSWITCH.
type Link interface {
	Name() string
	// CoreUUID names the run of the switch: another value means that it was restarted.
	CoreUUID() string
	Since() time.Time // when it came up; zero while it is down
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
	Links      []Link               // in the order their queues and tiers are shown
	Interval   func() time.Duration // between readings when nothing announces a change: tier changes emit no event
	MaxAge     func() time.Duration // how old a snapshot may be and still be served
	Zone       *time.Location       // in which today is today; nil is the machine's
	Memory     Memory               // nil forgets today's figures when the process ends
	States     StateBook            // nil keeps no history of agents' states
	StateRoom  int                  // how much of it may wait for the database, in spans; 100,000
	Changed    func()               // called whenever what Live tells may be other; must not block; may be nil
	Now        func() time.Time
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// Center holds the snapshots. All methods may be called from any goroutine.
type Center struct {
	o          Options
	watches    []*watch
	publishing sync.Mutex // one at a time encodes
	board      atomic.Pointer[board]
	stopped    chan struct{}
	metrics    *metrics
	states     *backlog.Writer
}

// watch is one switch and what it last said.
type watch struct {
	link   Link
	last   atomic.Pointer[Snapshot]
	ledger *ledger
	dirty  chan struct{} // capacity 1: any number of hints make one reading
	begun  chan struct{} // closed when today's figures are there to be added to
	turns  backlog.Turns // to write states

	mu      sync.Mutex
	waiting []chan error // who wants a reading that begins later than now
}

// New makes a Center; nothing is read before Run.
func New(o Options) *Center {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Changed == nil {
		o.Changed = func() {}
	}
	if o.Zone == nil {
		o.Zone = time.Local
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.StateRoom == 0 {
		o.StateRoom = chronicleRoom
	}
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	c := &Center{o: o, stopped: make(chan struct{})}
	for _, link := range o.Links {
		c.watches = append(c.watches, &watch{link: link, ledger: newLedger(o.Zone), dirty: make(chan struct{}, 1), begun: make(chan struct{}), turns: backlog.NewTurns()})
	}
	c.metrics = newMetrics(o.Registerer, c)
	for _, w := range c.watches {
		w.ledger.tallies.switchName, w.ledger.tallies.metrics = w.link.Name(), c.metrics.queues
	}
	c.states = backlog.NewWriter(c.statesWaiting, backlog.Options{Facts: "states of agents", Metric: "callgate_agent_state", Registerer: o.Registerer,
		Logger: o.Logger})
	return c
}

// Hint says that the named switch's contact centre may have changed, or that its link has come up. It never
// blocks.
func (c *Center) Hint(switchName string) {
	if w := c.watch(switchName); w != nil {
		w.hint()
	}
}

func (c *Center) watch(switchName string) *watch {
	for _, w := range c.watches {
		if w.link.Name() == switchName {
			return w
		}
	}
	return nil
}

func (w *watch) hint() {
	select {
	case w.dirty <- struct{}{}:
	default: // a reading is due anyway
	}
}

// Refresh waits for a reading of the switch that begins after the call, so that what was written to the switch
// before is seen by whoever asks after. It keeps to the pace of all readings, which on a large switch is seconds.
// The error is that of the reading; fault.NotFound about "Switch" when there is no such switch.
func (c *Center) Refresh(ctx context.Context, switchName string) error {
	w := c.watch(switchName)
	if w == nil {
		return fault.New(fault.NotFound, "Switch")
	}
	done := make(chan error, 1)
	w.mu.Lock()
	w.waiting = append(w.waiting, done)
	w.mu.Unlock()
	w.hint()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("refresh the contact centre: %w", ctx.Err())
	case <-c.stopped:
		return fault.Wrap(fault.SwitchDown, errors.New("callgate is stopping"), "refresh the contact centre")
	}
}

// Run reads every switch at once, then whenever hinted, and at the latest every interval, until ctx ends. It may be
// called once.
func (c *Center) Run(ctx context.Context) error {
	defer close(c.stopped)
	var wg sync.WaitGroup
	for _, w := range c.watches {
		wg.Go(func() {
			c.remember(ctx, w)
			close(w.begun)
			c.follow(ctx, w)
		})
	}
	wg.Wait()
	return nil
}

func (c *Center) follow(ctx context.Context, w *watch) {
	failing := false
	for {
		w.mu.Lock()
		waiting := w.waiting
		w.waiting = nil
		w.mu.Unlock()
		w.ledger.linked(w.link.Since(), c.o.Now())
		began := c.o.Now()
		err := c.refresh(ctx, w, began, len(waiting) > 0)
		took := c.o.Now().Sub(began)
		if ctx.Err() != nil {
			return
		}
		for _, done := range waiting {
			done <- err
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
		if !wait(ctx, rest, nil) || !wait(ctx, max(0, c.o.Interval()-took-rest), w.dirty) {
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

// errEmptied is a list without rows where there were some. FreeSWITCH prints "+OK" alone as well when its database
// fails, and no other of its answers tells the two apart.
var errEmptied = errors.New("a list of agents or tiers is empty all at once, as it is when FreeSWITCH's database fails")

// refresh reads one switch. ours says that the reading follows a change that was made here.
func (c *Center) refresh(ctx context.Context, w *watch, began time.Time, ours bool) error {
	ctx, stop := context.WithTimeout(ctx, readTime)
	defer stop()
	last := w.last.Load()
	s, err := read(ctx, w.link, last)
	if err != nil {
		return err
	}
	s.Taken = began
	// Who deletes the last agent or tier here shall see that it is gone; anybody else after MaxAge, when the old
	// snapshot would not be served any more.
	if s.emptied(last, ours) && began.Sub(last.Taken) <= c.o.MaxAge() {
		return errEmptied
	}
	if last != nil && last.Core != s.Core {
		c.o.Logger.Info("the switch was restarted", "switch", s.Switch)
		c.metrics.restarts.WithLabelValues(s.Switch).Inc()
	}
	outside, err := readOutside(ctx, w.link)
	if err != nil {
		c.metrics.outsideFailures.WithLabelValues(s.Switch).Inc() // without a core database there is no list; the rest is good
	}
	s.outside = outside
	w.last.Store(s)
	c.publish()
	w.ledger.linked(w.link.Since(), c.o.Now())
	c.metrics.corrected(s.Switch, w.ledger.audit(s, c.o.Now()))
	c.o.Changed()
	return nil
}

// Snapshots returns the last snapshot of each switch that is not older than MaxAge.
func (c *Center) Snapshots() []*Snapshot {
	now := c.o.Now()
	var fresh []*Snapshot
	for _, w := range c.watches {
		if s := c.fresh(w, now); s != nil {
			fresh = append(fresh, s)
		}
	}
	return fresh
}

// fresh is the last snapshot of a switch, or nil when it is older than MaxAge.
func (c *Center) fresh(w *watch, now time.Time) *Snapshot {
	s := w.last.Load()
	if s == nil || now.Sub(s.Taken) > c.o.MaxAge() {
		return nil
	}
	return s
}
