package dialplan

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"callgate/internal/fault"
)

const (
	bookRoom     = 20_000 // decisions that wait to be written, some 8 MB
	bookBatch    = 500    // decisions in one transaction
	bookInterval = 50 * time.Millisecond
	firstRetry   = 100 * time.Millisecond
	longestRetry = 5 * time.Second
	// The attempt in hand and the rest together: a stop takes no longer than eight seconds.
	saveTimeout = 4 * time.Second
	stopTimeout = 4 * time.Second
)

// BookOptions of a Book. The zero value of every field is a safe default.
type BookOptions struct {
	Registerer prometheus.Registerer
	Logger     *slog.Logger
}

// Book writes decisions to a store, many in one transaction, and holds up nobody: Add only puts a decision into memory.
// What is there is written within a tenth of a second. While the store is down up to 20,000 decisions wait for it; those
// that come then are dropped and counted. It may be used from any goroutine.
type Book struct {
	store DecisionStore
	log   *slog.Logger
	work  chan struct{} // capacity 1: there is something to save

	mu      sync.Mutex
	waiting []Decision // those being saved among them
	closed  bool       // nothing is let in any more

	written  prometheus.Counter
	dropped  *prometheus.CounterVec
	failures prometheus.Counter
}

// NewBook makes a Book that begins to write when Run is called.
func NewBook(store DecisionStore, o BookOptions) *Book {
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	f := promauto.With(o.Registerer)
	b := &Book{store: store, log: o.Logger, work: make(chan struct{}, 1),
		written: f.NewCounter(prometheus.CounterOpts{
			Name: "callgate_dialplan_decisions_written_total", Help: "Decisions about calls written to the database.",
		}),
		dropped: f.NewCounterVec(prometheus.CounterOpts{
			Name: "callgate_dialplan_decisions_dropped_total", Help: "Decisions that did not reach the database.",
		}, []string{"reason"}),
		failures: f.NewCounter(prometheus.CounterOpts{
			Name: "callgate_dialplan_decision_failures_total", Help: "Failed attempts to write decisions.",
		}),
	}
	for _, reason := range []string{"full", "refused", "stopped"} {
		b.dropped.WithLabelValues(reason)
	}
	f.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "callgate_dialplan_decisions_queued", Help: "Decisions waiting to be written.",
	}, func() float64 { return float64(b.queued()) })
	return b
}

func (b *Book) queued() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.waiting)
}

// Add takes a decision and gives it an ID. It never blocks.
func (b *Book) Add(d Decision) {
	if reason := b.put(d); reason != "" {
		b.dropped.WithLabelValues(reason).Inc()
	}
}

func (b *Book) put(d Decision) (dropped string) {
	id, err := uuid.NewV7() // grows with the time within one process
	if err != nil {
		id = uuid.UUID{} // without random numbers nothing else works either
	}
	d.ID = id.String()
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.closed:
		return "stopped"
	case len(b.waiting) >= bookRoom:
		return "full"
	}
	b.waiting = append(b.waiting, d)
	select {
	case b.work <- struct{}{}:
	default: // it is set already
	}
	return ""
}

// Run writes until ctx ends, then writes what there is, for at most four seconds, and returns nil; what could not be
// written by then is an error. What fails because the store is down is tried again, with pauses that grow to five
// seconds; what the store refuses otherwise is dropped and counted. Run may be called once.
func (b *Book) Run(ctx context.Context) error {
	for {
		select {
		case <-b.work:
		case <-ctx.Done():
			return b.finish()
		}
		select { // for company
		case <-time.After(bookInterval):
		case <-ctx.Done():
		}
		if err := b.saveAll(ctx); err != nil { // only when told to stop
			return b.finish()
		}
	}
}

// finish lets nothing more in and writes what there is.
func (b *Book) finish() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	if err := b.saveAll(ctx); err != nil {
		lost := b.queued()
		b.dropped.WithLabelValues("stopped").Add(float64(lost))
		return fmt.Errorf("%d decisions lost: %w", lost, err)
	}
	return nil
}

// saveAll writes all that waits. It fails only when ctx has ended.
func (b *Book) saveAll(ctx context.Context) error {
	pause := firstRetry
	for {
		b.mu.Lock()
		batch := b.waiting[:min(len(b.waiting), bookBatch)]
		b.mu.Unlock()
		if len(batch) == 0 {
			return nil
		}
		err := b.attempt(ctx, batch)
		if failure, _ := fault.Of(err); err != nil && (failure.Kind == fault.StorageDown || ctx.Err() != nil) {
			if ctx.Err() != nil {
				return err
			}
			b.log.Warn("decisions: store is down", "queued", b.queued(), "error", err)
			select {
			case <-time.After(pause):
			case <-ctx.Done():
				return err
			}
			pause = min(2*pause, longestRetry)
			continue
		}
		if err != nil {
			b.dropped.WithLabelValues("refused").Add(float64(len(batch)))
			b.log.Error("decisions refused", "decisions", len(batch), "error", err)
		} else {
			b.written.Add(float64(len(batch)))
		}
		pause = firstRetry
		b.mu.Lock()
		b.waiting = append([]Decision(nil), b.waiting[len(batch):]...) // the batch's memory is free again
		b.mu.Unlock()
	}
}

// attempt saves a batch once. The end of ctx does not cut it short, a deadline does.
func (b *Book) attempt(ctx context.Context, batch []Decision) error {
	within := saveTimeout
	if end, ok := ctx.Deadline(); ok {
		within = min(within, time.Until(end))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
	defer cancel()
	if err := b.store.SaveDecisions(ctx, batch); err != nil {
		b.failures.Inc()
		return fmt.Errorf("write decisions: %w", err)
	}
	return nil
}
