package sms

import (
	"context"
	"errors"
	"fmt"
	"time"

	"callgate/internal/outside/gateway"
)

const (
	pollTime  = 5 * time.Second
	pollMost  = 100
	pollTurns = 20 // of so many messages each, before others have theirs
	firstPoll = 30 * time.Second
)

// nextPoll is when a provider is asked again about a message that it took at a time; the zero time for never.
func nextPoll(sent, now time.Time) time.Time {
	switch age := now.Sub(sent); {
	case age < 5*time.Minute:
		return now.Add(firstPoll)
	case age < time.Hour:
		return now.Add(5 * time.Minute)
	case age < 72*time.Hour:
		return now.Add(time.Hour)
	default:
		return time.Time{}
	}
}

// Heard keeps what a provider says of messages that it has taken.
func (s *Service) Heard(ctx context.Context, provider string, all ...gateway.Receipt) error {
	came, unknown, err := s.o.Store.SaveReceipts(ctx, provider, s.o.Now(), all)
	for state, n := range came {
		s.metrics.messages.WithLabelValues(provider, string(state)).Add(float64(n))
	}
	s.metrics.early.Add(float64(unknown))
	if err != nil {
		return fmt.Errorf("keep receipts: %w", err)
	}
	return nil
}

// pollAll asks providers what became of messages, until ctx ends.
func (s *Service) pollAll(ctx context.Context) {
	tick := time.NewTicker(pollTime)
	defer tick.Stop()
	for {
		for _, l := range s.o.Carriers.current.Load().lines {
			if p := l.poller(); p != nil {
				if err := s.poll(ctx, l.name, p); err != nil && ctx.Err() == nil {
					s.o.Logger.Warn("it is not known what became of messages; tried again", "provider", l.name, "error", err)
				}
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// poll asks a provider about what is due. Many may be: those that were sent in half a minute.
func (s *Service) poll(ctx context.Context, name string, p Poller) error {
	for range pollTurns {
		if more, err := s.pollSome(ctx, name, p); err != nil || !more {
			return err
		}
	}
	return nil
}

func (s *Service) pollSome(ctx context.Context, name string, p Poller) (more bool, err error) {
	now := s.o.Now()
	due, err := s.o.Store.DueMessages(ctx, name, now, func(sent time.Time) time.Time { return nextPoll(sent, now) }, pollMost)
	if err != nil || len(due) == 0 {
		return false, err
	}
	about := make([]gateway.Asked, len(due))
	for i, m := range due {
		about[i] = gateway.Asked{ID: m.TheirID, Number: m.Number}
	}
	asking, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	all, err := p.States(asking, about)
	return len(due) == pollMost, errors.Join(err, s.Heard(ctx, name, all...))
}
