package history

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"callgate/cdr"
	"callgate/internal/fault"
)

const (
	batchLength = 256                  // documents of one transaction
	company     = 3 * time.Millisecond // how long a batch waits for those that are about to join it
	saveTime    = 4 * time.Second      // FreeSWITCH, as we ship its configuration, waits five for the answer
)

// Outcome is what became of a document. In each of them it is durable.
type Outcome uint8

// The outcomes.
const (
	Stored    Outcome = iota + 1 // new
	Duplicate                    // known, nothing changed
	Conflict                     // new, but there is another document of the same leg
)

// String names the outcome for metrics.
func (o Outcome) String() string {
	return [...]string{"none", "stored", "duplicate", "conflict"}[min(o, Conflict)]
}

// Document is a CDR on its way into the database.
type Document struct {
	Record   *cdr.Record
	Leg      *Leg   // nil when the record cannot be read
	Packed   []byte // Record.Raw as it is kept
	Received int64  // microseconds since 1970 UTC
	// Since is from when on calls of the leg's project are counted: what began before was reckoned long ago.
	Since int64
}

// Store keeps documents, all of those that it is given or none, with the calls and figures that follow from them. It
// must not be given more than one batch at a time by one Intake.
type Store interface {
	SaveCDRs(ctx context.Context, all []*Document) ([]Outcome, error)
	// Pack makes of a document what is kept of it. It may be called from any goroutine.
	Pack(raw []byte) []byte
}

// Intake takes CDRs in: whoever saves one waits for a transaction that it shares with others. It implements cdr.Sink.
type Intake struct {
	store   Store
	around  Surroundings
	now     func() time.Time
	queue   chan *entry
	coming  atomic.Int64 // documents on their way to who takes them from the queue
	down    atomic.Bool  // the last batch failed
	probing atomic.Bool  // one document is trying whether the storage is back
	closed  chan struct{}
	metrics *intakeMetrics
}

// entry is a document that waits.
type entry struct {
	doc     *Document
	outcome Outcome
	err     error
	done    chan struct{}
}

// IntakeOptions are an Intake's surroundings. All but Registerer are needed.
type IntakeOptions struct {
	Store        Store
	Surroundings Surroundings
	Now          func() time.Time
	Registerer   prometheus.Registerer
}

// NewIntake makes an Intake. Nothing is saved before Run runs.
func NewIntake(o IntakeOptions) *Intake {
	return &Intake{store: o.Store, around: o.Surroundings, now: o.Now, queue: make(chan *entry, 4*batchLength),
		closed: make(chan struct{}), metrics: newIntakeMetrics(o.Registerer)}
}

// Save implements cdr.Sink. Its failures are fault.StorageDown: while storage is down all but one document, which tries
// whether it is back, are refused at once. How many may wait is for who calls to say.
func (i *Intake) Save(ctx context.Context, r *cdr.Record) error {
	_, err := i.Keep(ctx, r)
	return err
}

// Keep is Save, and tells what became of the record.
func (i *Intake) Keep(ctx context.Context, r *cdr.Record) (Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, saveTime)
	defer cancel()
	if i.down.Load() {
		if !i.probing.CompareAndSwap(false, true) {
			i.metrics.refused.Inc()
			return 0, fault.New(fault.StorageDown, "")
		}
		defer i.probing.Store(false)
	}
	e, err := i.enqueue(ctx, r)
	if err != nil {
		return 0, err
	}
	select {
	case <-e.done:
		return e.outcome, e.err
	case <-ctx.Done(): // it may still be saved, which does no harm
		return 0, fault.Wrap(fault.StorageDown, ctx.Err(), "save a CDR")
	case <-i.closed:
	}
	select { // unless it was written after all
	case <-e.done:
		return e.outcome, e.err
	default:
		return 0, stopping()
	}
}

// enqueue puts a record where Run takes it from.
func (i *Intake) enqueue(ctx context.Context, r *cdr.Record) (*entry, error) {
	i.coming.Add(1)
	queued := false
	defer func() {
		if !queued { // else who takes it knows that it has come
			i.coming.Add(-1)
		}
	}()
	e := &entry{doc: i.Document(r, i.now()), done: make(chan struct{})}
	select {
	case i.queue <- e:
		queued = true
		return e, nil
	case <-i.closed:
		return nil, stopping()
	case <-ctx.Done():
		return nil, fault.Wrap(fault.StorageDown, ctx.Err(), "save a CDR")
	}
}

func stopping() error {
	return fault.Wrap(fault.StorageDown, errors.New("stopping"), "save a CDR")
}

// Coming tells that so many documents more, or fewer, are on their way to Save: a batch waits for them, a little.
func (i *Intake) Coming(documents int64) { i.coming.Add(documents) }

// Document is a record, received then, as it is given to the store. It may be called from any goroutine.
func (i *Intake) Document(r *cdr.Record, received time.Time) *Document {
	d := &Document{Record: r, Packed: i.store.Pack(r.Raw), Received: received.UnixMicro()}
	if r.Readable {
		d.Leg = NewLeg(r, d.Received, i.around)
		d.Since = i.around.CountedSince(d.Leg.Project)
		if d.Leg.Switch == "" {
			i.metrics.unknownCore.Inc()
		}
	}
	return d
}

// Run saves until ctx ends, then what is there, and returns nil. It may be called once.
func (i *Intake) Run(ctx context.Context) error {
	defer close(i.closed)
	for {
		select {
		case e := <-i.queue:
			i.commit(ctx, i.gather(ctx, e))
		case <-ctx.Done():
			for {
				select {
				case e := <-i.queue:
					i.commit(ctx, i.gather(ctx, e))
				default:
					return nil
				}
			}
		}
	}
}

// gather takes what waits, and for a few milliseconds what is about to.
func (i *Intake) gather(ctx context.Context, first *entry) []*entry {
	i.coming.Add(-1)
	batch := append(make([]*entry, 0, 64), first)
	var late <-chan time.Time
	for len(batch) < batchLength {
		select {
		case e := <-i.queue:
			i.coming.Add(-1)
			batch = append(batch, e)
			continue
		default:
		}
		if i.coming.Load() == 0 {
			break
		}
		if late == nil {
			timer := time.NewTimer(company)
			defer timer.Stop()
			late = timer.C
		}
		select {
		case e := <-i.queue:
			i.coming.Add(-1)
			batch = append(batch, e)
			continue
		case <-late:
		case <-ctx.Done():
		}
		break
	}
	return batch
}

// commit saves a batch and answers everybody in it. When storage is down, what waits behind it is answered too.
func (i *Intake) commit(ctx context.Context, batch []*entry) {
	err := i.save(context.WithoutCancel(ctx), batch)
	down := isDown(err)
	i.down.Store(down)
	for _, e := range batch {
		close(e.done)
	}
	for down {
		select {
		case e := <-i.queue:
			i.coming.Add(-1)
			e.err = err
			close(e.done)
		default:
			return
		}
	}
}

// save saves a batch. Where the database refuses it for a reason that lies in a document, the others are saved without
// that one. It returns the failure of the storage itself.
func (i *Intake) save(ctx context.Context, batch []*entry) error {
	docs := make([]*Document, len(batch))
	for n, e := range batch {
		docs[n] = e.doc
	}
	began := i.now()
	limited, cancel := context.WithTimeout(ctx, saveTime)
	outcomes, err := i.store.SaveCDRs(limited, docs)
	cancel()
	switch {
	case err == nil:
		i.metrics.batch.Observe(float64(len(batch)))
		i.metrics.commit.Observe(i.now().Sub(began).Seconds())
		for n, e := range batch {
			e.outcome = outcomes[n]
		}
		return nil
	case isDown(err) || len(batch) == 1:
		for _, e := range batch {
			e.err = err
		}
		return err
	}
	half := len(batch) / 2
	return errors.Join(i.save(ctx, batch[:half]), i.save(ctx, batch[half:]))
}

func isDown(err error) bool { return errors.Is(err, fault.New(fault.StorageDown, "")) }

// intakeMetrics are the intake's figures.
type intakeMetrics struct {
	batch, commit prometheus.Histogram
	refused       prometheus.Counter
	unknownCore   prometheus.Counter
}

func newIntakeMetrics(r prometheus.Registerer) *intakeMetrics {
	if r == nil {
		r = prometheus.NewRegistry()
	}
	f := promauto.With(r)
	m := &intakeMetrics{
		batch: f.NewHistogram(prometheus.HistogramOpts{Name: "callgate_cdr_batch_documents", Help: "CDRs that were saved in one transaction.",
			Buckets: []float64{1, 2, 4, 8, 16, 32, 64, 128, 256}}),
		commit: f.NewHistogram(prometheus.HistogramOpts{Name: "callgate_cdr_commit_duration_seconds", Help: "Time to save a batch of CDRs.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5}}),
		refused: f.NewCounter(prometheus.CounterOpts{Name: "callgate_cdr_refused_total",
			Help: "CDRs refused at once because the storage is down."}),
		unknownCore: f.NewCounter(prometheus.CounterOpts{Name: "callgate_cdr_unknown_core_total",
			Help: "CDRs from an instance of FreeSWITCH that belongs to none of the configured switches."}),
	}
	return m
}
