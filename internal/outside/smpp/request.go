package smpp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/linxGnu/gosmpp/pdu"
)

// What is known of a request that has no answer.
var (
	errNotSent = errors.New("not sent")              // the SMSC has not got all of it
	errLost    = errors.New("it may have been sent") // the SMSC may have it
)

// request is a PDU that wants an answer. It is settled once: by the answer, by time, by a write that failed, or by the end of
// the link.
type request struct {
	octets []byte
	number uint32
	placed bool        // it has a place in the window, which is given back when it is settled
	last   error       // with it the link ends, once it is written; nil for none
	end    *time.Timer // of the time that an answer may take; nil until it is written
	done   chan answer // capacity 1
	heard  func(frame) // is told the answer before what comes behind it is read; may be nil, and must not block
}

type answer struct {
	frame frame
	err   error
}

// ask sends a PDU and waits for the answer, or for the end of ctx. The error is errNotSent or errLost. A placed one gives its
// place in the window back, also when nobody waits for it any more; and heard is told what comes then.
func (l *link) ask(ctx context.Context, p pdu.PDU, placed bool, heard func(frame)) (frame, error) {
	number := l.number()
	r := &request{octets: marshal(p, number), number: number, placed: placed, done: make(chan answer, 1), heard: heard}
	err := l.hand(ctx, r)
	if err != nil {
		if placed {
			<-l.window
		}
		return frame{}, fmt.Errorf("%w: %w", errNotSent, err)
	}
	select {
	case a := <-r.done:
		return a.frame, a.err
	case <-ctx.Done():
	}
	select {
	case a := <-r.done: // both came
		return a.frame, a.err
	default:
		return frame{}, fmt.Errorf("%w: %w", errLost, context.Cause(ctx))
	}
}

// hand gives a request, or an answer of ours, to the writer. When it fails nothing of it is written.
func (l *link) hand(ctx context.Context, r *request) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	select {
	case l.out <- r:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-l.dead:
		return l.cause()
	}
}

// write sends what is handed to it until the link ends.
func (l *link) write() {
	for {
		select {
		case r := <-l.out:
			if r.done != nil && !l.file(r) {
				return
			}
			err := l.conn.SetWriteDeadline(time.Now().Add(l.patience))
			if err == nil {
				_, err = l.conn.Write(r.octets)
			}
			if err != nil {
				if r.done != nil { // the SMSC has a part of it at most
					l.settle(r.number, answer{err: fmt.Errorf("%w: %w", errNotSent, plain(err))})
				}
				l.fail(err)
				return
			}
			if r.last != nil {
				l.fail(r.last)
				return
			}
			if r.done != nil {
				l.await(r)
			}
		case <-l.dead:
			return
		}
	}
}

// file puts a request down before it is written, for an answer may be faster than we are. It fails when the link has ended.
func (l *link) file(r *request) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended != nil {
		l.conclude(r, answer{err: fmt.Errorf("%w: %w", errNotSent, l.ended)})
		return false
	}
	l.filed[r.number] = r
	return true
}

// await bounds the time that the answer to a request may take. Until it is written the write has a time of its own, and what is
// cut off then is not sent.
func (l *link) await(r *request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.filed[r.number] != r {
		return // it is answered
	}
	r.end = time.AfterFunc(l.patience, func() {
		l.settle(r.number, answer{err: fmt.Errorf("%w: there was no answer in %v", errLost, l.patience)})
	})
}

// settle tells whoever waits what came of a request. It returns false when there is none of that number any more.
func (l *link) settle(number uint32, a answer) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.filed[number]
	if r == nil {
		return false
	}
	delete(l.filed, number)
	l.conclude(r, a)
	return true
}

func (l *link) conclude(r *request, a answer) {
	if r.end != nil {
		r.end.Stop()
	}
	if r.placed {
		<-l.window
	}
	if a.err == nil && r.heard != nil {
		r.heard(a.frame)
	}
	r.done <- a
}

// enter waits for a place in the window.
func (l *link) enter(ctx context.Context) error {
	select {
	case l.window <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-l.dead:
		return l.cause()
	}
}
