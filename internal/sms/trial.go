package sms

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"callgate/internal/fault"
	"callgate/internal/outside/gateway"
)

// Trial is what came of a message that was to show whether a provider works.
type Trial struct {
	Message int64 // its id; 0 when it was none because the provider could not be asked
	gateway.Sent
	Took time.Duration
}

// Try sends a message, whose fields its caller has checked, through one provider, whether messages go through it or not, and
// tells what it answered. The message is a real one, and is kept like any other. Try fails with fault.NotFound "Provider",
// with fault.OutsideDown for a provider that cannot be used, and when the message cannot be kept; then nothing was sent. The
// end of ctx does not end it once the message is kept. The Service need not run: what of a provider has to be run is run for
// the time, and may take ten seconds to be ready.
func (s *Service) Try(ctx context.Context, provider string, m Message) (Trial, error) {
	now := s.o.Carriers.current.Load()
	if _, known := now.known[provider]; !known {
		return Trial{}, fault.New(fault.NotFound, "Provider")
	}
	l := now.lines[provider]
	if l == nil {
		return Trial{}, fault.Wrap(fault.OutsideDown, errors.New("it cannot be used as it is set"), "try provider "+provider)
	}
	turn, b := l.reserve(ctx, s.o.Now, patience)
	if b != nil {
		return Trial{Sent: gateway.Sent{Outcome: gateway.Later, Reason: b.reason, Wait: b.wait}}, nil
	}
	m = s.prepare(m)
	m.State, m.Waits, m.Provider, m.Owner, m.Began, m.Lease = Queued, true, provider, s.o.Owner, m.At, m.At.Add(leaseTime)
	kept, err := s.o.Store.AddMessages(ctx, []Message{m})
	if err != nil || kept[0].State != Queued {
		turn.leave()
	}
	switch {
	case err != nil:
		return Trial{}, fmt.Errorf("record a message: %w", err)
	case kept[0].State != Queued:
		return Trial{Message: kept[0].ID, Sent: gateway.Sent{Outcome: gateway.Refused, Reason: kept[0].Reason}}, nil
	}
	m = kept[0]
	ctx = context.WithoutCancel(ctx) // the provider may have it by then
	began := s.o.Now()
	sent := s.try(ctx, &turn, m)
	t := Trial{Message: m.ID, Sent: sent, Took: s.o.Now().Sub(began)}
	m.came(l, sent, s.o.Now())
	s.metrics.messages.WithLabelValues(provider, string(m.State)).Inc()
	if _, err := s.o.Store.SaveMessages(ctx, []Message{m}); err != nil {
		s.o.Logger.Error("what became of a message is not recorded", "message", m.ID, "state", string(m.State), "error", err)
	}
	return t, nil
}

const (
	readyTime = 10 * time.Second // for a provider that has to be run first
	readyWait = 200 * time.Millisecond
)

// try hands a message over. A provider that has to be run, and is not, is run meanwhile: it says Later until it is ready.
func (s *Service) try(ctx context.Context, t *turn, m Message) gateway.Sent {
	r, ok := t.carrier.(runner)
	if !ok || s.o.Carriers.running.Load() {
		return s.hand(ctx, t, m)
	}
	running, stop := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer stop()
	work.Go(func() {
		if err := r.Run(running); err != nil {
			s.o.Logger.Error("a provider of messages is given up", "provider", t.name, "error", err)
		}
	})
	sent := s.hand(ctx, t, m)
	for until := s.o.Now().Add(readyTime); sent.Outcome == gateway.Later && s.o.Now().Before(until); {
		time.Sleep(readyWait)
		again := turn{line: newLine(t.name, t.carrier, Pace{})} // nobody else uses it, nor is it left alone
		again.window <- struct{}{}
		sent = s.hand(ctx, &again, m)
	}
	return sent
}

// came sets what has come of asking a provider, when no other is asked.
func (m *Message) came(l *line, sent gateway.Sent, now time.Time) {
	m.Lease = time.Time{}
	switch sent.Outcome {
	case gateway.Taken:
		m.State, m.Result, m.Reason, m.TheirID, m.Sent, m.Due = Sent, OK, "", sent.ID, now, time.Time{}
		if l.poller() != nil && sent.ID != "" {
			m.Due = nextPoll(now, now)
		}
		return
	case gateway.Unknown:
		m.State = Uncertain
	default:
		m.State = Failed
	}
	m.Result, m.Reason, m.Ended = Error, l.name+": "+sent.Reason, now
}
