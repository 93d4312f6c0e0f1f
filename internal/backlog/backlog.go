// Package backlog writes facts to the database behind the back of who tells them: Put only puts one into memory, and
// Run, which the caller starts and waits for, writes what is there, many in one transaction. Memory is bounded; what
// does not fit is dropped and counted. It is no journal: a process that is killed loses what was not written yet.
//
// A Backlog is built on a Writer, which is also for who makes batches of his own. Turns are for writing that one process
// of several does at a time.
package backlog

import (
	"context"
	"sync"
	"time"
)

const batchLength = 256 // facts in one transaction; with some statements each they must fit into attemptTime

// Backlog keeps facts until they are written, in the order in which they came. It may be used from any goroutine.
type Backlog[T any] struct {
	room    int
	company time.Duration
	save    func(context.Context, []T) error
	writer  *Writer
	work    chan struct{} // capacity 1: there is something to write

	mu      sync.Mutex
	waiting []T  // those being written among them
	closed  bool // nothing is let in any more
}

// New makes a Backlog with room for so many facts, of which the first waits so long for company. save keeps all that it is
// given or none, and does not hold on to the slice; fault.StorageDown says that trying again may help. Run calls it, one
// call at a time.
func New[T any](room int, company time.Duration, save func(context.Context, []T) error, o Options) *Backlog[T] {
	b := &Backlog[T]{room: room, company: company, save: save, work: make(chan struct{}, 1)}
	b.writer = NewWriter(b.queued, o)
	return b
}

func (b *Backlog[T]) queued() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.waiting)
}

// Put takes a fact, or says false and counts it as dropped: when the backlog is full, and once Run stops. It never blocks.
func (b *Backlog[T]) Put(fact T) bool {
	reason := b.put(fact)
	if reason != "" {
		b.writer.Drop(reason, 1)
	}
	return reason == ""
}

func (b *Backlog[T]) put(fact T) (dropped string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.closed:
		return Stopped
	case len(b.waiting) >= b.room:
		return Full
	}
	b.waiting = append(b.waiting, fact)
	select {
	case b.work <- struct{}{}:
	default: // it is set already
	}
	return ""
}

// Run writes until ctx ends, then writes what there is, within StopTime, and returns nil; what could not be written by
// then is an error, and counted. Writer.Write says what becomes of a batch that fails. Run may be called once.
func (b *Backlog[T]) Run(ctx context.Context) error {
	for {
		select {
		case <-b.work:
		case <-ctx.Done():
			return b.finish()
		}
		select {
		case <-time.After(b.company):
		case <-ctx.Done():
		}
		if err := b.write(ctx); err != nil { // only when told to stop
			return b.finish()
		}
	}
}

// finish lets nothing more in and writes what there is.
func (b *Backlog[T]) finish() error {
	ctx, cancel := context.WithTimeout(context.Background(), StopTime)
	defer cancel()
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	if err := b.write(ctx); err != nil {
		return b.writer.Lost(b.queued(), err)
	}
	return nil
}

// write writes all that waits. It fails only when ctx has ended.
func (b *Backlog[T]) write(ctx context.Context) error {
	for {
		b.mu.Lock()
		n := min(len(b.waiting), batchLength)
		batch := b.waiting[:n:n]
		b.mu.Unlock()
		if n == 0 {
			return nil
		}
		if err := b.writer.Write(ctx, n, func(ctx context.Context) error { return b.save(ctx, batch) }); err != nil {
			return err
		}
		b.mu.Lock()
		clear(batch) // what the facts point to is free before their slots are
		b.waiting = b.waiting[n:]
		b.mu.Unlock()
	}
}
