package call

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
)

// State is what a live call does.
type State string

// The states. A call that is over is not live.
const (
	Ringing State = "ringing" // or not even that yet
	Early   State = "early"   // unanswered, with sound
	Active  State = "active"
	Held    State = "held"
)

// The variables by which channels tell what is known here of their call. Values of the last two are percent-encoded.
const (
	callVariable    = "callgate_call"
	userVariable    = "callgate_user"
	projectVariable = "callgate_project"
)

// Call is one live channel: one party's leg.
type Call struct {
	UUID, Switch string
	Inbound      bool // the party rang us
	State        State
	Caller       string // numbers as the switch shows them now
	Callee       string
	Since        time.Time // by our clock where an event told of it, else by the switch's
	Answered     time.Time // zero before
	With         string    // the UUID of the leg it is bridged with
	Order        string    // the id of the call it was ordered under here
	User         string    // who ordered it
	Project      string
	Queue        string // while in a queue, or ringing an agent for one
	Agent        string
	Recordings   []string // the paths that are being written, by the switch's own file system

	name     string // the channel's
	known    bool   // its variables have been read
	absent   bool   // the switch did not know it when it was asked about
	sequence uint64 // of the last event about it
	touched  time.Time
	doubts   [kinds]bool // what the last audit saw otherwise
}

// Link is what Live needs of the link to a switch.
type Link interface {
	Name() string
	Ready() bool
	CoreUUID() string
	API(ctx context.Context, name string, args ...string) (string, error)
}

// LiveOptions are what Live works with. The zero value of every field but Links is a safe default.
type LiveOptions struct {
	Links      []Link
	Changed    func() // called whenever what List tells may be other; must not block
	Now        func() time.Time
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

const (
	// maxCalls bounds what is kept of one switch. What is beyond is counted, and seen by an audit when there is room.
	maxCalls = 20_000
	// auditInterval is the longest pause between two audits.
	auditInterval = 10 * time.Second
	// doubtPause is the shortest before what an audit doubts is looked at again.
	doubtPause = 300 * time.Millisecond
	// downPause is that before an audit that failed is tried again.
	downPause = time.Second
	// auditShare is how many times longer than an audit the pause after it is.
	auditShare = 9
	// auditTime bounds one audit.
	auditTime = 30 * time.Second
	// goneTime is how long a call that is over is remembered: FreeSWITCH's table shows it until its CDR is posted.
	goneTime = time.Minute
)

// Live knows the calls that are up on every switch. Events tell of them, and audits against FreeSWITCH's own table put
// right what events did not tell: what they differ in is believed when a second look says so too. Run audits, Listen
// takes events; both run for every switch as long as the process. Reading waits for neither.
type Live struct {
	o       LiveOptions
	metrics *liveMetrics
	watches []*watch
}

// watch is what is known of one switch.
type watch struct {
	link Link
	o    *LiveOptions
	m    *liveMetrics
	look chan struct{} // wants an audit

	mu      sync.Mutex
	calls   map[string]*Call
	gone    map[string]time.Time // when calls that are over ended, or were last seen in the table
	core    string               // the run of the switch that they belong to
	adopt   bool                 // events were missed: what the table has and we do not is news, no doubt
	audited time.Time            // when the last good audit began; zero while there has been none since the link was lost
	heard   time.Time            // when the switch last told anything
}

// NewLive makes a Live that knows no call.
func NewLive(o LiveOptions) *Live {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Changed == nil {
		o.Changed = func() {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	l := &Live{o: o}
	for _, link := range o.Links {
		l.watches = append(l.watches, &watch{link: link, o: &l.o, look: make(chan struct{}, 1), adopt: true,
			calls: map[string]*Call{}, gone: map[string]time.Time{}})
	}
	l.metrics = newLiveMetrics(o.Registerer, l)
	for _, w := range l.watches {
		w.m = l.metrics
	}
	return l
}

// Run audits every switch until ctx ends.
func (l *Live) Run(ctx context.Context) error {
	var all errgroup.Group
	for _, w := range l.watches {
		all.Go(func() error { w.run(ctx); return nil })
	}
	return all.Wait()
}

func (l *Live) watch(name string) *watch {
	i := slices.IndexFunc(l.watches, func(w *watch) bool { return w.link.Name() == name })
	if i < 0 {
		return nil
	}
	return l.watches[i]
}

// Listing is the calls of one switch.
type Listing struct {
	Switch string
	Age    time.Duration // 0 while events come; else since the switch last told anything
	Known  bool          // it has been looked at since the process started
	Calls  []Call        // the oldest first
}

// List lists the calls of all switches.
func (l *Live) List() []Listing {
	all := make([]Listing, len(l.watches))
	for i, w := range l.watches {
		all[i] = w.list()
	}
	return all
}

func (w *watch) list() Listing {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := Listing{Switch: w.link.Name(), Known: !w.heard.IsZero(), Calls: make([]Call, 0, len(w.calls))}
	if w.audited.IsZero() || !w.link.Ready() {
		list.Age = w.o.Now().Sub(w.heard)
	}
	if !list.Known {
		list.Age = 0
	}
	for _, c := range w.calls {
		list.Calls = append(list.Calls, c.copy())
	}
	slices.SortFunc(list.Calls, func(a, b Call) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.UUID, b.UUID))
	})
	return list
}

func (c *Call) copy() Call {
	one := *c
	one.Recordings = slices.Clone(c.Recordings)
	return one
}

// Get finds a call by its UUID.
func (l *Live) Get(uuid string) (Call, bool) {
	for _, w := range l.watches {
		w.mu.Lock()
		c := w.calls[uuid]
		if c != nil {
			found := c.copy()
			w.mu.Unlock()
			return found, true
		}
		w.mu.Unlock()
	}
	return Call{}, false
}

// blind tells whether no switch has been heard of yet.
func (l *Live) blind() bool {
	for _, w := range l.watches {
		w.mu.Lock()
		known := !w.heard.IsZero()
		w.mu.Unlock()
		if known {
			return false
		}
	}
	return len(l.watches) > 0
}

// made are the calls that were ordered here, by this process or another, by the id of the order.
func (l *Live) made() map[string]made {
	all := map[string]made{}
	for _, w := range l.watches {
		w.mu.Lock()
		for _, c := range w.calls {
			if c.Order != "" {
				all[c.Order] = made{login: c.User, project: c.Project}
			}
		}
		w.mu.Unlock()
	}
	return all
}

// end forgets a call that is over. It needs the lock.
func (w *watch) end(uuid string, now time.Time) {
	w.part(w.calls[uuid])
	delete(w.calls, uuid)
	w.gone[uuid] = now
	if len(w.gone) > maxCalls {
		w.forget(now)
	}
}

// forget drops what ended long ago, and when that is not enough, everything. It needs the lock.
func (w *watch) forget(now time.Time) {
	maps.DeleteFunc(w.gone, func(_ string, at time.Time) bool { return now.Sub(at) > goneTime })
	if len(w.gone) > maxCalls {
		clear(w.gone)
	}
}

// add makes room for a new call; nil when there is none. It needs the lock.
func (w *watch) add(uuid string, now time.Time) *Call {
	if len(w.calls) >= maxCalls {
		w.m.untracked.WithLabelValues(w.link.Name()).Inc()
		return nil
	}
	c := &Call{UUID: uuid, Switch: w.link.Name(), State: Ringing, Since: now}
	w.calls[uuid] = c
	return c
}

// bridge tells that two legs talk with each other, or with "" that one talks with nobody. With a leg that is not known it
// talks when an audit has found that. It needs the lock.
func (w *watch) bridge(a, b string) {
	if a == b || w.calls[a] == nil || w.calls[b] == nil {
		for _, uuid := range [2]string{a, b} {
			w.part(w.calls[uuid])
		}
		return
	}
	if w.calls[a].With == b && w.calls[b].With == a {
		return
	}
	w.part(w.calls[a])
	w.part(w.calls[b])
	w.calls[a].With, w.calls[b].With = b, a
}

// part takes a call from whom it talks with. It needs the lock.
func (w *watch) part(c *Call) {
	if c == nil {
		return
	}
	if other := w.calls[c.With]; other != nil && other.With == c.UUID {
		other.With = ""
	}
	c.With = ""
}
