package backlog

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"callgate/internal/fault"
)

// StopTime is for what is left when Run is told to stop. With the attempt in hand a stop takes twice as long at most.
const StopTime = 4 * time.Second

const (
	attemptTime  = 4 * time.Second
	firstRetry   = 100 * time.Millisecond
	longestRetry = 5 * time.Second
)

// Why facts are dropped, as the metric says it.
const (
	Full    = "full"    // there was no room
	Refused = "refused" // the store will never take them
	Stopped = "stopped" // the process ended before they were written
)

// Options name the facts. Registerer and Logger may be nil: the metrics are private then, and nothing is logged.
type Options struct {
	Facts      string // as the log and errors call them: "decisions"
	Metric     string // what the metrics begin with, for one fact: "callgate_dialplan_decision" makes …_decisions_written_total
	Registerer prometheus.Registerer
	Logger     *slog.Logger
}

// Writer writes batches of facts to a store and counts what becomes of them. It may be used from any goroutine.
type Writer struct {
	facts    string
	log      *slog.Logger
	queued   func() int
	written  prometheus.Counter
	dropped  *prometheus.CounterVec
	failures prometheus.Counter
}

// NewWriter makes a Writer; queued tells the metrics and the log how many facts wait.
func NewWriter(queued func() int, o Options) *Writer {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	f := promauto.With(o.Registerer)
	w := &Writer{facts: o.Facts, log: o.Logger, queued: queued,
		written: f.NewCounter(prometheus.CounterOpts{
			Name: o.Metric + "s_written_total", Help: "How many " + o.Facts + " were written to the database.",
		}),
		dropped: f.NewCounterVec(prometheus.CounterOpts{
			Name: o.Metric + "s_dropped_total", Help: "How many " + o.Facts + " did not reach the database.",
		}, []string{"reason"}),
		failures: f.NewCounter(prometheus.CounterOpts{
			Name: o.Metric + "_failures_total", Help: "Failed attempts to write " + o.Facts + ".",
		}),
	}
	for _, reason := range []string{Full, Refused, Stopped} {
		w.dropped.WithLabelValues(reason)
	}
	f.NewGaugeFunc(prometheus.GaugeOpts{
		Name: o.Metric + "s_queued", Help: "How many " + o.Facts + " wait to be written.",
	}, func() float64 { return float64(queued()) })
	return w
}

// Write writes a batch of n facts by save: while it says fault.StorageDown again and again, with pauses that grow to
// five seconds. What it refuses otherwise is dropped and counted. Write fails only when ctx has ended. A batch whose commit
// succeeded but whose answer was lost is saved twice.
func (w *Writer) Write(ctx context.Context, n int, save func(context.Context) error) error {
	for pause := firstRetry; ; pause = min(2*pause, longestRetry) {
		err := w.attempt(ctx, save)
		if err == nil {
			w.written.Add(float64(n))
			return nil
		}
		if ctx.Err() != nil {
			return err
		}
		if failure, _ := fault.Of(err); failure.Kind != fault.StorageDown {
			w.Drop(Refused, n)
			w.log.Error(w.facts+" are refused", "count", n, "error", err)
			return nil
		}
		w.log.Warn(w.facts+" wait, the store is down", "queued", w.queued(), "error", err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return err
		}
	}
}

// attempt saves a batch once. The end of ctx does not cut it short: half a commit would leave us not knowing whether to
// write the batch again. A deadline of ctx does.
func (w *Writer) attempt(ctx context.Context, save func(context.Context) error) error {
	within := attemptTime
	if end, ok := ctx.Deadline(); ok {
		within = min(within, time.Until(end))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
	defer cancel()
	if err := save(ctx); err != nil {
		w.failures.Inc()
		return fmt.Errorf("write %s: %w", w.facts, err)
	}
	return nil
}

// Drop counts n facts that are not written, for one of the reasons above.
func (w *Writer) Drop(reason string, n int) { w.dropped.WithLabelValues(reason).Add(float64(n)) }

// Lost counts n facts that a stop leaves unwritten, and makes the error of it.
func (w *Writer) Lost(n int, cause error) error {
	w.Drop(Stopped, n)
	return fmt.Errorf("%d %s lost: %w", n, w.facts, cause)
}
