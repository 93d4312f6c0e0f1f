package sms

import (
	"context"
	"errors"
	"fmt"
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

// Try sends a message, whose fields its caller has checked, through one provider, whether it is one that others are sent
// through or not, and tells what it answered. The message is a real one, which is kept like any other; it can be told apart
// by nothing. It takes no longer than the provider may take for an answer, whether ctx ends or not. It fails with
// fault.NotFound "Provider", with fault.OutsideDown for a provider that cannot be used, and when the message cannot be kept;
// then nothing was sent. The Service need not run.
func (s *Service) Try(ctx context.Context, provider string, m Message) (Trial, error) {
	now := s.o.Carriers.current.Load()
	if _, known := now.known[provider]; !known {
		return Trial{}, fault.New(fault.NotFound, "Provider")
	}
	l := now.lines[provider]
	if l == nil {
		return Trial{}, fault.Wrap(fault.OutsideDown, errors.New("it cannot be used as it is set"), "try provider "+provider)
	}
	if b := l.reserve(ctx, s.o.Now, patience); b != nil {
		return Trial{Sent: gateway.Sent{Outcome: gateway.Later, Reason: b.reason, Wait: b.wait}}, nil
	}
	m = s.prepare(m)
	m.State, m.Waits, m.Provider, m.Owner, m.Began, m.Lease = Queued, true, provider, s.o.Owner, m.At, m.At.Add(leaseTime)
	kept, err := s.o.Store.AddMessages(ctx, []Message{m})
	if err != nil || kept[0].State != Queued {
		l.release(s.o.Now(), gateway.Sent{Outcome: gateway.Refused})
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
	sent := s.hand(ctx, l, m)
	t := Trial{Message: m.ID, Sent: sent, Took: s.o.Now().Sub(began)}
	m.came(l, sent, s.o.Now())
	s.metrics.messages.WithLabelValues(provider, string(m.State)).Inc()
	if _, err := s.o.Store.SaveMessages(ctx, []Message{m}); err != nil {
		s.o.Logger.Error("what became of a message is not recorded", "message", m.ID, "state", string(m.State), "error", err)
	}
	return t, nil
}

// came sets what has come of asking a provider, when no other is asked.
func (m *Message) came(l *line, sent gateway.Sent, now time.Time) {
	m.Lease = time.Time{}
	switch sent.Outcome {
	case gateway.Taken:
		m.State, m.Result, m.TheirID, m.Sent = Sent, OK, sent.ID, now
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
