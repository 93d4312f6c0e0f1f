// Package report is what the contact centre is told about itself. Here lies the request log, from which the reports
// on requests are read.
//
// The request log is not on the way of an answer: RequestLog.Add hands over to one writer goroutine, the one in
// RequestLog.Run, which the caller starts and waits for. Its queue is bounded; when it stays full, requests are
// dropped and counted.
package report

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"callgate/internal/fault"
)

// Request is one request to the documented API, as its reports show it.
type Request struct {
	ID        int64  // given by the store, in the order of RequestLog.Add
	Body      string // as Redact leaves it
	Module    string
	Action    string
	Code      int    // HTTP status of the answer
	Error     string // the error text of the answer, empty when it passed
	At        time.Time
	UserID    int64 // 0 when unknown
	Login     string
	Reason    string // why it was refused, for the administrator only
	RequestID string
}

// Passed tells whether the request was answered with a status of the 200s.
func (r Request) Passed() bool { return r.Code >= 200 && r.Code <= 299 }

// RequestStore keeps requests.
type RequestStore interface {
	// SaveRequests keeps all of them, in this order, or none. fault.StorageDown says that trying again may help.
	SaveRequests(ctx context.Context, requests []Request) error
}

const (
	requestQueue  = 4096
	requestBatch  = 256
	batchWindow   = 5 * time.Millisecond   // how long the first of a batch waits for company
	queueFullWait = 100 * time.Millisecond // how long Add waits for room
	firstRetry    = 100 * time.Millisecond
	longestRetry  = 5 * time.Second
	// The attempt in hand and the rest of the queue together: a stop takes no longer than eight seconds.
	saveTimeout = 4 * time.Second
	stopTimeout = 4 * time.Second
)

// RequestLogOptions of a RequestLog. The zero value of every field is a safe default.
type RequestLogOptions struct {
	Registerer prometheus.Registerer
	Logger     *slog.Logger
}

// RequestLog writes requests to a store, many in one transaction. It may be used from any goroutine.
type RequestLog struct {
	store   RequestStore
	log     *slog.Logger
	queue   chan entry
	failing atomic.Bool // the last attempt to save found the store down

	adding   sync.RWMutex  // held for reading while something is put into the queue
	stopping chan struct{} // closed when Run is told to stop: nothing enters the queue any more
	stopped  chan struct{} // closed when Run is over

	written  prometheus.Counter
	dropped  *prometheus.CounterVec
	failures prometheus.Counter
}

// entry is a request, or with flushed set a Flush that waits for all before it.
type entry struct {
	request Request
	flushed chan struct{}
}

// NewRequestLog makes a log that begins to write when Run is called; until then it queues.
func NewRequestLog(store RequestStore, o RequestLogOptions) *RequestLog {
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	f := promauto.With(o.Registerer)
	l := &RequestLog{
		store: store, log: o.Logger, queue: make(chan entry, requestQueue),
		stopping: make(chan struct{}), stopped: make(chan struct{}),
		written: f.NewCounter(prometheus.CounterOpts{
			Name: "callgate_report_requests_written_total", Help: "Requests written to the request log.",
		}),
		dropped: f.NewCounterVec(prometheus.CounterOpts{
			Name: "callgate_report_requests_dropped_total", Help: "Requests that did not reach the request log.",
		}, []string{"reason"}),
		failures: f.NewCounter(prometheus.CounterOpts{
			Name: "callgate_report_request_failures_total", Help: "Failed attempts to write to the request log.",
		}),
	}
	for _, reason := range []string{"full", "refused", "stopped"} {
		l.dropped.WithLabelValues(reason)
	}
	f.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "callgate_report_requests_queued", Help: "Requests waiting to be written to the request log.",
	}, func() float64 { return float64(len(l.queue)) })
	return l
}

// Add queues a request; its body goes through Redact first. When the queue is full it waits for room a tenth of a
// second, or until ctx ends, and then drops the request and counts it. After Run has ended it drops at once.
func (l *RequestLog) Add(ctx context.Context, r Request) {
	r.Body = Redact([]byte(r.Body))
	if reason := l.put(ctx, r); reason != "" {
		l.dropped.WithLabelValues(reason).Inc()
	}
}

func (l *RequestLog) put(ctx context.Context, r Request) (dropped string) {
	l.adding.RLock()
	defer l.adding.RUnlock()
	if l.isStopping() {
		return "stopped"
	}
	select {
	case l.queue <- entry{request: r}:
		return ""
	default:
	}
	patience := time.NewTimer(queueFullWait)
	defer patience.Stop()
	select {
	case l.queue <- entry{request: r}:
		return ""
	case <-patience.C:
	case <-ctx.Done():
	case <-l.stopping:
		return "stopped"
	}
	return "full"
}

// Flush waits until every request that was added before is in the store, or was given up for good. While the store
// is failing it does not wait but answers fault.StorageDown.
func (l *RequestLog) Flush(ctx context.Context) error {
	e := entry{flushed: make(chan struct{})}
	if err := l.mark(ctx, e); err != nil {
		return err
	}
	select {
	case <-e.flushed:
		return nil
	case <-l.stopped:
		return l.unflushed(errors.New("the log has stopped"))
	case <-ctx.Done():
		return l.unflushed(ctx.Err())
	}
}

func (l *RequestLog) mark(ctx context.Context, e entry) error {
	l.adding.RLock()
	defer l.adding.RUnlock()
	if l.failing.Load() || l.isStopping() {
		return l.unflushed(errors.New("not being written"))
	}
	select {
	case l.queue <- e:
		return nil
	case <-l.stopping:
		return l.unflushed(errors.New("the log is stopping"))
	case <-ctx.Done():
		return l.unflushed(ctx.Err())
	}
}

func (l *RequestLog) unflushed(cause error) error {
	if l.failing.Load() || l.isStopping() {
		return fault.Wrap(fault.StorageDown, cause, "flush the request log")
	}
	return fmt.Errorf("flush the request log: %w", cause)
}

func (l *RequestLog) isStopping() bool {
	select {
	case <-l.stopping:
		return true
	default:
		return false
	}
}

// Run writes until ctx ends, then writes what is queued, for at most four seconds, and returns nil; what could not
// be written by then is an error. A batch that fails because the store is down is kept and tried again, with pauses
// that grow to five seconds, while the queue fills up behind it. Of a batch that the store refuses otherwise, the
// requests are tried one by one, so that one bad request takes no other with it. A batch whose commit succeeded but
// whose answer was lost is written twice. Run may be called once.
func (l *RequestLog) Run(ctx context.Context) error {
	defer close(l.stopped)
	for ctx.Err() == nil {
		batch, marks := l.collect(ctx)
		if rest, err := l.save(ctx, batch); err != nil { // only when told to stop
			return l.finish(rest, marks)
		}
		flushed(marks)
	}
	return l.finish(nil, nil)
}

// finish lets nothing more in and writes the batch in hand and all that is queued.
func (l *RequestLog) finish(batch []Request, marks []chan struct{}) error {
	close(l.stopping)
	l.adding.Lock() // whoever is still in the middle of adding is through after this
	defer l.adding.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	for {
		rest, err := l.save(ctx, batch)
		if err != nil {
			lost := len(rest)
			for len(l.queue) > 0 {
				if e := <-l.queue; e.flushed == nil {
					lost++
				}
			}
			l.dropped.WithLabelValues("stopped").Add(float64(lost))
			return fmt.Errorf("%d requests lost: %w", lost, err)
		}
		flushed(marks)
		if len(l.queue) == 0 {
			return nil
		}
		batch, marks = l.collect(ctx)
	}
}

// collect waits for a request and gathers what comes within the batch window. A Flush ends the batch at once.
func (l *RequestLog) collect(ctx context.Context) (batch []Request, marks []chan struct{}) {
	var full <-chan time.Time // nil until there is a first
	for len(batch) < requestBatch {
		select {
		case e := <-l.queue:
			if e.flushed != nil {
				return batch, append(marks, e.flushed)
			}
			batch = append(batch, e.request)
			if full == nil {
				window := time.NewTimer(batchWindow)
				defer window.Stop()
				full = window.C
			}
		case <-full:
			return batch, nil
		case <-ctx.Done():
			return batch, nil
		}
	}
	return batch, nil
}

// save writes a batch. It fails only when ctx has ended, and then returns what is not written yet.
func (l *RequestLog) save(ctx context.Context, batch []Request) (rest []Request, err error) {
	for pause := firstRetry; len(batch) > 0; pause = min(2*pause, longestRetry) {
		err := l.attempt(ctx, batch)
		if err == nil {
			return nil, nil
		}
		if ctx.Err() != nil {
			return batch, err
		}
		if failure, _ := fault.Of(err); failure.Kind != fault.StorageDown {
			return l.saveEach(ctx, batch, err)
		}
		l.log.Warn("request log: store is down", "queued", len(l.queue), "error", err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return batch, err
		}
	}
	return nil, nil
}

// saveEach finds out which request of a batch the store refuses, and drops that one.
func (l *RequestLog) saveEach(ctx context.Context, batch []Request, refusal error) (rest []Request, err error) {
	if len(batch) == 1 {
		l.dropped.WithLabelValues("refused").Inc()
		l.log.Error("request log: request refused", "request_id", batch[0].RequestID, "error", refusal)
		return nil, nil
	}
	for i := range batch {
		if _, err := l.save(ctx, batch[i:i+1]); err != nil {
			return batch[i:], err
		}
	}
	return nil, nil
}

// attempt saves a batch once. The end of ctx does not cut it short: half a commit would leave us not knowing
// whether to write the batch again. A deadline of ctx does.
func (l *RequestLog) attempt(ctx context.Context, batch []Request) error {
	within := saveTimeout
	if end, ok := ctx.Deadline(); ok {
		within = min(within, time.Until(end))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
	defer cancel()
	if err := l.store.SaveRequests(ctx, batch); err != nil {
		failure, _ := fault.Of(err)
		l.failing.Store(failure.Kind == fault.StorageDown)
		l.failures.Inc()
		return fmt.Errorf("write the request log: %w", err)
	}
	l.failing.Store(false)
	l.written.Add(float64(len(batch)))
	return nil
}

func flushed(marks []chan struct{}) {
	for _, m := range marks {
		close(m)
	}
}
