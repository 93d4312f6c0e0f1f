package history

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"callgate/esl"
	"callgate/internal/backlog"
)

const (
	// Grace is how long after its hangup was noted a leg without a CDR is no gap yet: the CDR may be on its way through
	// a spool folder, or in a transaction.
	Grace = 30 * time.Second
	// KeepGaps is how long gaps are kept.
	KeepGaps = 90 * 24 * time.Hour
	// maxGaps is how many gaps are kept: with so many no CDR comes at all, and one more tells nothing.
	maxGaps = 1_000_000

	sweepPause = time.Minute
	sweepSteps = 20 // of a store in one sweep

	hangupRoom    = 20_000 // hangups that wait to be looked at, some 10 MB
	hangupCompany = time.Second
)

// GapQuery asks for legs that ended and whose CDRs have not come, those that ended last first.
type GapQuery struct {
	From, To int64  // microseconds since 1970 UTC, of the end; From is in, To is not
	Noted    int64  // before that
	Switch   string // empty is any
	Projects []string
	After    GapPlace // those behind it
	Limit    int
}

// GapPlace is a place in an answer; the zero one is before the first.
type GapPlace struct {
	Ended     int64
	Core, Leg string
}

// Place is the hangup's.
func (h *Hangup) Place() GapPlace { return GapPlace{h.Ended, h.Core, h.Leg} }

// GapStore keeps hangups whose CDRs are not there.
type GapStore interface {
	// SaveHangups keeps those legs whose CDR is not there; of those that are Dialled only where the core is known to post
	// such. It learns that from legs that are Telling and whose CDR is there.
	SaveHangups(ctx context.Context, all []Hangup) error
	// Gaps returns a page of what a query asks for.
	Gaps(ctx context.Context, q GapQuery) ([]Hangup, error)
	// SweepGaps looks at some of those that are kept, the ones after a place, and forgets which have a CDR or ended
	// before that time. It returns where to go on, the zero place at the end.
	SweepGaps(ctx context.Context, before int64, after GapPlace) (next GapPlace, err error)
	// CountGaps counts by switch what was noted before that time.
	CountGaps(ctx context.Context, noted int64) (map[string]int, error)
}

// Witness is told by the switches of every leg that they end, and keeps those whose CDR does not come. What nobody tells
// it, it does not know: a switch tells nobody while the link to it is down, and events can be lost.
type Witness struct {
	o       WitnessOptions
	hangups *backlog.Backlog[Hangup]
	place   GapPlace // where the next sweep goes on; Run's

	mu    sync.Mutex
	since map[string]time.Time // by switch: when events were last missed
	full  bool

	witnessed *prometheus.CounterVec
	gaps      *prometheus.GaugeVec
}

// WitnessOptions are a Witness's surroundings. All but Logger and Registerer are needed.
type WitnessOptions struct {
	Store        GapStore
	Surroundings Surroundings
	Links        []Link
	Now          func() time.Time
	Logger       *slog.Logger
	Registerer   prometheus.Registerer
}

// Link is the link to a switch.
type Link interface {
	Name() string
	CoreUUID() string // of the running instance; empty before the first connection
	Since() time.Time // when it came up; zero while it is down
}

// NewWitness makes a Witness. Write, Run, and Listen for each switch are to be run.
func NewWitness(o WitnessOptions) *Witness {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	f := promauto.With(o.Registerer)
	w := &Witness{o: o, since: map[string]time.Time{},
		hangups: backlog.New(hangupRoom, hangupCompany, o.Store.SaveHangups, backlog.Options{Facts: "hangups", Metric: "callgate_cdr_hangup",
			Registerer: o.Registerer, Logger: o.Logger}),
		witnessed: f.NewCounterVec(prometheus.CounterOpts{Name: "callgate_cdr_witnessed_total",
			Help: "Legs whose end a switch told of and of which it owes a CDR."}, []string{"switch"}),
		gaps: f.NewGaugeVec(prometheus.GaugeOpts{Name: "callgate_cdr_gaps",
			Help: "Legs of the last 90 days whose end a switch told of and whose CDR has not come. Every process counts the same ones."}, []string{"switch"}),
	}
	for _, l := range o.Links {
		w.witnessed.WithLabelValues(l.Name())
		w.gaps.WithLabelValues(l.Name())
	}
	return w
}

// Write looks at what Listen is told until ctx ends, then at what is left, as Backlog.Run does. It ends after Listen, and
// may be called once.
func (w *Witness) Write(ctx context.Context) error { return w.hangups.Run(ctx) }

// Listen takes the events of the named switch until ctx ends. The subscription is closed then.
func (w *Witness) Listen(ctx context.Context, switchName string, events *esl.Subscription) error {
	defer events.Close()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-events.Lost():
			w.mu.Lock()
			w.since[switchName] = w.o.Now()
			w.mu.Unlock()
		case e, ok := <-events.C:
			if !ok {
				<-ctx.Done()
				return nil
			}
			w.hear(switchName, e)
		}
	}
}

func (w *Witness) hear(switchName string, e *esl.Event) {
	h, due := newHangup(switchName, e, w.o.Now().UnixMicro(), w.o.Surroundings)
	if !due {
		return
	}
	w.witnessed.WithLabelValues(switchName).Inc()
	w.mu.Lock()
	full := w.full
	w.mu.Unlock()
	if !full {
		w.hangups.Put(h)
	}
}

// Run forgets, every minute, what is no gap any more, and counts what is, until ctx ends. It may be called once.
func (w *Witness) Run(ctx context.Context) error {
	for {
		if err := w.sweep(ctx); err != nil && ctx.Err() == nil {
			w.o.Logger.Warn("gaps are not swept", "error", err)
		}
		select {
		case <-time.After(sweepPause):
		case <-ctx.Done():
			return nil
		}
	}
}

func (w *Witness) sweep(ctx context.Context) error {
	now := w.o.Now()
	for range sweepSteps {
		var err error
		if w.place, err = w.o.Store.SweepGaps(ctx, now.Add(-KeepGaps).UnixMicro(), w.place); err != nil {
			return err
		}
		if w.place == (GapPlace{}) {
			break
		}
	}
	count, err := w.o.Store.CountGaps(ctx, now.Add(-Grace).UnixMicro())
	if err != nil {
		return err
	}
	total := 0
	for _, n := range count {
		total += n
	}
	for _, l := range w.o.Links {
		w.gaps.WithLabelValues(l.Name()).Set(float64(count[l.Name()]))
	}
	w.mu.Lock()
	w.full = total >= maxGaps
	w.mu.Unlock()
	return nil
}

// Watch is since when a switch has told this process of every leg that it ended; the zero time while it tells nothing.
type Watch struct {
	Switch string
	Since  time.Time
}

// Watches are those of all switches.
func (w *Witness) Watches() []Watch {
	all := make([]Watch, len(w.o.Links))
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, l := range w.o.Links {
		all[i] = Watch{l.Name(), l.Since()}
		if missed := w.since[l.Name()]; !all[i].Since.IsZero() && missed.After(all[i].Since) {
			all[i].Since = missed
		}
	}
	return all
}
