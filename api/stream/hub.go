// Package stream tells many clients of what changes, as Server-Sent Events: first all there is, then each change, and to one
// that comes back what it has missed. It looks at what there is, compares it with what it saw before, and writes down
// each difference once for each kind of viewer, whoever many of that kind there are. It knows nothing of what rows are,
// and of HTTP how to write to a client.
//
// A Hub owns no goroutines: Run is the caller's, and so is each client's. Nobody waits for a client: what one was not
// told yet lies in the bounded memory that all of its kind share.
package stream

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// pause is the shortest between two looks: so much later than a change it is told at the most, and so seldom an object
	// that keeps changing.
	pause = 50 * time.Millisecond
	// restShare is how many times longer than a look the pause after it is at least.
	restShare = 3
	// lookInterval is the longest between two looks: some things change with time alone.
	lookInterval = 250 * time.Millisecond
	// sweepInterval is the longest until a change of whose something is takes effect where the thing itself is unchanged.
	sweepInterval = time.Second
)

// Viewer is who looks on. Those who may see the same are of one kind.
type Viewer struct {
	Topics  []Topic // in the order of their snapshots
	Numbers bool
}

// Topic is one that somebody looks at.
type Topic struct {
	Name     string
	Projects []string // whose things of that topic he sees; none: all
}

// Same tells whether two viewers see the same.
func (v *Viewer) Same(other *Viewer) bool { return v.key() == other.key() }

// Forms is how many forms a row may have.
const Forms = 4

// Row is an object as it is at one moment. It is immutable.
type Row interface {
	// ID tells it from others of its topic and switch.
	ID() string
	// Same tells whether an older row of that ID shows the same.
	Same(old Row) bool
	// Moves tells whether it shows another thing from moment to moment, of which Same takes no notice.
	Moves() bool
	// Form is the form, below Forms, in which it is shown to who sees things of these projects, none being all, and numbers
	// or not; ok is false when it is not.
	Form(projects []string, numbers bool) (form int, ok bool)
	// View is what is encoded, as JSON, in a form.
	View(form int) any
}

// Sheet is what is known of a topic of one switch.
type Sheet struct {
	Topic  string
	Event  string // that tells of a row
	Switch string
	Stale  bool      // it may be otherwise by now
	As     time.Time // as of when it was so; zero when that is not known
	Rows   []Row     // nil, of what is stale: those of the look before
}

// Options are what a Hub works with; Look is needed.
type Options struct {
	// Look is what there is now of some topics, a sheet for each of them and each switch, always in the same order. It is
	// called by one goroutine at a time, and must not block.
	Look       func(topics map[string]bool) []Sheet
	Registerer prometheus.Registerer
}

// Hub is what clients are told by. Its methods may be called from any goroutine.
type Hub struct {
	o       Options
	epoch   string // tells the places in this Hub's events from those in another's
	hints   chan struct{}
	metrics *metrics

	mu      sync.RWMutex
	stopped bool
	kinds   map[string]*kind
	sheets  []*sheet
	watched map[string]bool // the topics of the last look
	looks   uint64
	swept   time.Time
	place   uint64 // of the last event
	clients map[*Client]struct{}
	users   map[int64]int // how many each has
}

// New makes a Hub without clients.
func New(o Options) *Hub {
	var epoch [6]byte
	_, _ = rand.Read(epoch[:]) // which never fails
	h := &Hub{o: o, epoch: hex.EncodeToString(epoch[:]), hints: make(chan struct{}, 1), kinds: map[string]*kind{}, watched: map[string]bool{},
		place: unfinished, clients: map[*Client]struct{}{}, users: map[int64]int{}}
	h.metrics = newMetrics(o.Registerer, h)
	return h
}

// Hint says that something may have changed. It never blocks.
func (h *Hub) Hint() {
	select {
	case h.hints <- struct{}{}:
	default: // a look is due anyway
	}
}

// Run looks until ctx ends, and then ends all streams. It may be called once.
func (h *Hub) Run(ctx context.Context) error {
	defer h.stop()
	tick := time.NewTicker(lookInterval)
	defer tick.Stop()
	rest := time.NewTimer(0)
	defer rest.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-rest.C:
		}
		select {
		case <-ctx.Done():
			return nil
		case <-h.hints:
		case <-tick.C:
		}
		rest.Reset(max(pause, restShare*h.turn()))
	}
}

// turn looks, where somebody would be told, and returns how long that took, without the wait for others to let it.
func (h *Hub) turn() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	h.forget(now)
	if len(h.kinds) > 0 {
		h.look(now)
	}
	return time.Since(now)
}

// stop ends all streams, those whose clients do not read included.
func (h *Hub) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stopped = true
	for c := range h.clients {
		c.breakOff()
	}
	for _, k := range h.kinds {
		close(k.more)
	}
	clear(h.kinds)
}
