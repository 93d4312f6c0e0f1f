package sms

import (
	"context"
	"errors"
)

// groupLength is how many wishes share a transaction at most.
const groupLength = 256

// group lets those who want something written wait for a transaction that they share: while one is written, others come
// together for the next.
type group[T, R any] struct {
	queue chan wish[T, R]
	over  chan struct{}
	write func(ctx context.Context, all []T) ([]R, error) // of each what came of it, in order
}

type wish[T, R any] struct {
	what T
	done chan granted[R]
}

type granted[R any] struct {
	result R
	err    error
}

// errStopped is the answer to who comes after the end.
var errStopped = errors.New("sending has stopped")

func newGroup[T, R any](write func(context.Context, []T) ([]R, error)) *group[T, R] {
	return &group[T, R]{queue: make(chan wish[T, R], groupLength), over: make(chan struct{}), write: write}
}

// do waits until what is written. When ctx ends before, it may be written all the same.
func (g *group[T, R]) do(ctx context.Context, what T) (result R, err error) {
	w := wish[T, R]{what, make(chan granted[R], 1)}
	select {
	case g.queue <- w:
	case <-g.over:
		return result, errStopped
	case <-ctx.Done():
		return result, ctx.Err()
	}
	select {
	case got := <-w.done:
		return got.result, got.err
	case <-g.over:
		select {
		case got := <-w.done:
			return got.result, got.err
		default:
			return result, errStopped
		}
	case <-ctx.Done():
		return result, ctx.Err()
	}
}

// run writes until ctx ends, and then what is there. It may be called once.
func (g *group[T, R]) run(ctx context.Context) {
	defer close(g.over)
	for {
		var all []wish[T, R]
		select {
		case w := <-g.queue:
			all = append(all, w)
		case <-ctx.Done():
			if len(g.queue) == 0 {
				return
			}
		}
		for len(all) < groupLength && len(g.queue) > 0 {
			all = append(all, <-g.queue)
		}
		what := make([]T, len(all))
		for i, w := range all {
			what[i] = w.what
		}
		results, err := g.write(context.WithoutCancel(ctx), what)
		for i, w := range all {
			got := granted[R]{err: err}
			if err == nil {
				got.result = results[i]
			}
			w.done <- got
		}
	}
}
