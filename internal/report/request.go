// Package report is what the contact centre is told about itself. Here lies the request log, from which the reports
// on requests are read, and what of a request may be kept and shown.
//
// The request log is not on the way of an answer: RequestLog.Add puts a request at the end of a block in memory, and
// one goroutine, the one in RequestLog.Run, which the caller starts and waits for, saves the block every twentieth of
// a second. Memory is bounded; when it stays full, requests are dropped and counted. A process that is killed loses
// what was added since the last save.
package report

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"callgate/internal/backlog"
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
	Why       string // why it was refused, a fault.Why; empty in what versions before the 27th migration kept
	Reason    string // the same in words, for the administrator only
	RequestID string
	Project   string // the project that the request named, if any
}

// Passed tells whether the request was answered with a status of the 200s.
func (r Request) Passed() bool { return r.Code >= 200 && r.Code <= 299 }

// RequestStore keeps requests.
type RequestStore interface {
	// SaveRequests keeps all blocks, in this order, or none, and gives their requests the next ids. It does not hold
	// on to the documents. fault.StorageDown says that trying again may help.
	SaveRequests(ctx context.Context, blocks []Block) error
}

const (
	blockBytes    = 4 << 20                // of one block; with the one being saved there are two
	saveInterval  = 50 * time.Millisecond  // how long the first of a block waits for company
	fullWait      = 100 * time.Millisecond // how long Add waits for room
	keptCapacity  = 1 << 20                // a buffer that grew beyond this in a burst is not kept
	firstCapacity = 64 << 10
)

// RequestLogOptions of a RequestLog. The zero value of every field is a safe default.
type RequestLogOptions struct {
	Registerer prometheus.Registerer
	Logger     *slog.Logger
}

// RequestLog writes requests to a store, many in one transaction. It may be used from any goroutine.
type RequestLog struct {
	store   RequestStore
	writer  *backlog.Writer
	blocks  prometheus.Counter
	failing atomic.Bool // the last attempt to save found the store down

	stopped chan struct{} // closed when nothing more is let in

	mu      sync.Mutex
	filling Block
	since   time.Time     // when the first request was put into filling
	flushes []chan error  // who waits for filling to be saved; each is told once
	room    chan struct{} // closed when filling becomes empty again
	work    chan struct{} // capacity 1: there is something to save, or someone waits
	urgent  chan struct{} // capacity 1: filling is to be saved without waiting
	closed  bool          // nothing is let in any more
}

// NewRequestLog makes a log that begins to write when Run is called; until then it keeps in memory what it can.
func NewRequestLog(store RequestStore, o RequestLogOptions) *RequestLog {
	l := &RequestLog{
		store: store, stopped: make(chan struct{}),
		room: make(chan struct{}), work: make(chan struct{}, 1), urgent: make(chan struct{}, 1),
		blocks: promauto.With(o.Registerer).NewCounter(prometheus.CounterOpts{
			Name: "callgate_report_request_blocks_written_total", Help: "Transactions in which requests were written.",
		}),
	}
	l.writer = backlog.NewWriter(l.queued, backlog.Options{Facts: "requests", Metric: "callgate_report_request",
		Registerer: o.Registerer, Logger: o.Logger})
	return l
}

func (l *RequestLog) queued() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.filling.Count
}

// Add takes a request; its body goes through Redact first. When the block is full it waits for room a tenth of a
// second, or until ctx ends, and then drops the request and counts it. After Run has ended it drops at once.
func (l *RequestLog) Add(ctx context.Context, r Request) {
	r.Body = Redact(r.Body)
	if reason := l.put(ctx, r); reason != "" {
		l.writer.Drop(reason, 1)
	}
}

func (l *RequestLog) put(ctx context.Context, r Request) (dropped string) {
	room, closed := l.tryPut(r)
	if room == nil {
		return ""
	}
	patience := time.NewTimer(fullWait)
	defer patience.Stop()
	for !closed {
		select {
		case <-room:
		case <-patience.C:
			return backlog.Full
		case <-ctx.Done():
			return backlog.Full
		case <-l.stopped:
			return backlog.Stopped
		}
		if room, closed = l.tryPut(r); room == nil {
			return ""
		}
	}
	return backlog.Stopped
}

// tryPut returns nil when the request was added, else what to wait for before trying again.
func (l *RequestLog) tryPut(r Request) (room <-chan struct{}, closed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return l.room, true
	}
	if len(l.filling.Document)+r.size() > blockBytes {
		signal(l.urgent)
		return l.room, false
	}
	if l.filling.Count == 0 {
		l.since = time.Now()
		signal(l.work)
	}
	l.filling.Add(r)
	return nil, false
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // it is set already
	}
}

func unset(c chan struct{}) {
	select {
	case <-c:
	default:
	}
}

// Flush waits until every request that was added before is in the store, or was given up for good. While the store
// is failing it does not wait but answers fault.StorageDown.
func (l *RequestLog) Flush(ctx context.Context) error {
	done := make(chan error, 1)
	l.mu.Lock()
	if l.closed || l.failing.Load() {
		l.mu.Unlock()
		return unflushed(fault.New(fault.StorageDown, ""))
	}
	l.flushes = append(l.flushes, done)
	signal(l.work)
	signal(l.urgent)
	l.mu.Unlock()
	select {
	case err := <-done:
		return unflushed(err)
	case <-ctx.Done():
		return unflushed(ctx.Err())
	}
}

func unflushed(cause error) error {
	if cause == nil {
		return nil
	}
	return fmt.Errorf("flush the request log: %w", cause)
}

// swap takes what has been added, and who waits for it, and leaves an empty block that uses the given memory. With
// last nothing is let in after it.
func (l *RequestLog) swap(memory []byte, last bool) (full Block, flushes []chan error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	full, flushes = l.filling, l.flushes
	l.filling, l.flushes = Block{Document: memory[:0]}, nil
	close(l.room)
	l.room = make(chan struct{})
	unset(l.work)
	unset(l.urgent)
	l.closed = l.closed || last
	return full, flushes
}

// answer tells the flushes how it went; of a failure also those that have come since, which wait for a later block.
func (l *RequestLog) answer(flushes []chan error, err error) {
	if err != nil {
		l.mu.Lock()
		flushes = append(flushes, l.flushes...)
		l.flushes = nil
		l.mu.Unlock()
	}
	for _, f := range flushes {
		f <- err
	}
}

// Run writes until ctx ends, then writes what there is, for at most four seconds, and returns nil; what could not be
// written by then is an error. A block that fails because the store is down is kept and tried again, with pauses
// that grow to five seconds, while the next fills up behind it. A block that the store refuses otherwise is dropped
// and counted. A block whose commit succeeded but whose answer was lost is written twice. Run may be called once.
func (l *RequestLog) Run(ctx context.Context) error {
	memory := make([]byte, 0, firstCapacity)
	for l.wait(ctx) {
		block, flushes := l.swap(memory, false)
		if err := l.save(ctx, block, flushes); err != nil { // only when told to stop
			return l.finish(block)
		}
		if memory = block.Document; cap(memory) > keptCapacity {
			memory = make([]byte, 0, firstCapacity)
		}
	}
	return l.finish(Block{})
}

// wait returns when there is something to save; false when ctx has ended.
func (l *RequestLog) wait(ctx context.Context) bool {
	select {
	case <-l.work:
	case <-ctx.Done():
		return false
	}
	l.mu.Lock()
	left := saveInterval - time.Since(l.since)
	l.mu.Unlock()
	if left <= 0 { // it filled up while the one before was being saved
		return ctx.Err() == nil
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.urgent:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

// finish lets nothing more in and writes the block in hand and what there is besides.
func (l *RequestLog) finish(inHand Block) error {
	ctx, cancel := context.WithTimeout(context.Background(), backlog.StopTime)
	defer cancel()
	last, flushes := l.swap(nil, true)
	close(l.stopped)
	lost := inHand.Count + last.Count
	err := l.save(ctx, inHand, nil)
	if err == nil {
		lost = last.Count
		err = l.save(ctx, last, flushes)
	} else {
		l.answer(flushes, err)
	}
	if err != nil {
		return l.writer.Lost(lost, err)
	}
	return nil
}

// save writes a block and tells who waits for it. It fails only when ctx has ended. Nobody waits longer than for the
// first failure.
func (l *RequestLog) save(ctx context.Context, b Block, flushes []chan error) error {
	var err error
	if b.Count > 0 {
		blocks := b.split()
		err = l.writer.Write(ctx, b.Count, func(ctx context.Context) error {
			err := l.store.SaveRequests(ctx, blocks)
			failure, _ := fault.Of(err)
			down := failure.Kind == fault.StorageDown
			l.failing.Store(down)
			if down {
				l.answer(flushes, err)
				flushes = nil
			}
			if err == nil {
				l.blocks.Inc()
			}
			return err
		})
	}
	l.answer(flushes, err)
	return err
}
