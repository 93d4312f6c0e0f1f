package sms

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"callgate/internal/outside/gateway"
)

const (
	claimTime = 30 * time.Second      // a message is in hand until a provider is asked,
	leaseTime = askTime + claimTime/2 // and then until it has answered
	lookTime  = time.Second           // between two looks whether something is due
	inHand    = 128                   // messages at once
	patience  = 5 * time.Second       // for a turn of a provider
	stopTime  = 4 * time.Second       // for answers, once Run is told to stop
	saveTime  = 5 * time.Second
	mostDelay = 30 * time.Minute // before all providers are asked again
)

// Run sends what is due, and asks what became of what is sent, until ctx ends; then it waits for the answers that are on
// their way, not for long, and returns nil. It may be called once.
func (s *Service) Run(ctx context.Context) error {
	writing, stop := context.WithCancel(context.WithoutCancel(ctx))
	var writers sync.WaitGroup
	writers.Go(func() { s.adding.run(writing) })
	writers.Go(func() { s.saving.run(writing) })
	defer func() {
		stop()
		writers.Wait()
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
		defer cancel()
		if err := s.saveRest(last); err != nil {
			s.mu.Lock() // who waits for an answer may still have one
			defer s.mu.Unlock()
			s.o.Logger.Error("what became of messages is not recorded", "messages", len(s.unsaved), "error", err)
		}
	}()

	asking, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var carriers, work sync.WaitGroup
	carriers.Go(func() { s.o.Carriers.run(asking) })
	defer carriers.Wait()
	defer cancel()
	defer work.Wait()
	end := context.AfterFunc(ctx, func() { time.AfterFunc(stopTime, cancel) })
	defer end()
	work.Go(func() { s.pollAll(ctx) })
	room := make(chan struct{}, inHand)
	tick := time.NewTicker(lookTime)
	defer tick.Stop()
	for failing := false; ; {
		more, err := s.look(ctx, func(m Message) {
			room <- struct{}{}
			work.Go(func() {
				s.work(asking, m)
				if <-room; len(room) == inHand/2 {
					s.rouse()
				}
			})
		}, inHand-len(room))
		if err != nil && !failing && ctx.Err() == nil {
			s.o.Logger.Warn("messages wait, the store is down", "error", err)
		}
		failing = err != nil
		if more && !failing {
			continue
		}
		select {
		case <-tick.C:
		case <-s.wake:
		case <-ctx.Done():
			return nil
		}
	}
}

// look takes what is due in hand, and tells whether there may be more.
func (s *Service) look(ctx context.Context, each func(Message), room int) (more bool, err error) {
	if err := s.saveRest(ctx); err != nil { // before it counts as unknown
		return false, err
	}
	now := s.o.Now()
	if now.Sub(s.returned) >= lookTime {
		returned, err := s.o.Store.ReturnMessages(ctx, now)
		if err != nil {
			return false, err
		}
		s.returned = now
		for state, n := range returned {
			s.metrics.messages.WithLabelValues("", string(state)).Add(float64(n))
		}
	}
	if _, err := s.o.Carriers.lines(); err != nil || room < inHand/2 { // what nobody could send waits
		return false, nil
	}
	// Each time another hand: what was written of a message when it was in hand before, and comes late, is not about this time.
	s.hands++
	all, err := s.o.Store.ClaimMessages(ctx, fmt.Sprint(s.o.Owner, " ", s.hands), now, now.Add(claimTime), room)
	if err != nil {
		return false, err
	}
	for _, m := range all {
		if m.State != Queued {
			s.metrics.messages.WithLabelValues("", string(m.State)).Inc()
			continue
		}
		each(m)
	}
	return len(all) == room, nil
}

// work does what there is to do for a message in hand.
func (s *Service) work(ctx context.Context, m Message) {
	now := s.o.Now()
	if m.late(now) {
		s.expire(ctx, m)
		return
	}
	if until := s.o.Quiet(m.Project, now); !until.IsZero() {
		s.giveBack(ctx, m, until, "it is quiet hours")
		return
	}
	lines, err := s.o.Carriers.lines()
	if err != nil {
		s.giveBack(ctx, m, now.Add(s.o.RetryAfter()), err.Error())
		return
	}
	s.ask(ctx, m, lines)
}

// late tells whether nobody needs a message any more.
func (m *Message) late(now time.Time) bool { return !m.Until.IsZero() && !now.Before(m.Until) }

// expire ends a message that nobody needs any more.
func (s *Service) expire(ctx context.Context, m Message) Message {
	m.State, m.Result, m.Provider, m.Began, m.Ended = Expired, Error, "", time.Time{}, s.o.Now()
	s.finish(ctx, m)
	return m
}

// giveBack lets a message wait.
func (s *Service) giveBack(ctx context.Context, m Message, due time.Time, reason string) {
	m.State, m.Due, m.Reason, m.Began, m.Lease = Accepted, due, reason, time.Time{}, time.Time{}
	s.save(ctx, m)
}

// ask asks one provider after the other to take a message, until one has, or nobody knows whether it has.
func (s *Service) ask(ctx context.Context, m Message, lines []*line) Message {
	var reasons []string
	asked, later := false, false
	wait := mostDelay
	for _, l := range lines {
		t, b := l.reserve(ctx, s.o.Now, patience)
		if b != nil {
			reasons, later, wait = append(reasons, l.name+": "+b.reason), true, min(wait, max(b.wait, firstBar))
			continue
		}
		if m.late(s.o.Now()) { // after waiting for a turn, or for the answer of another
			t.leave()
			return s.expire(ctx, m)
		}
		m.Provider, m.Began, m.Lease = l.name, s.o.Now(), s.o.Now().Add(leaseTime)
		if !s.save(ctx, m) { // somebody else has it, or nobody can say that it is being sent
			t.leave()
			return s.unasked(m)
		}
		sent := s.hand(ctx, &t, m)
		asked = true
		if sent.Outcome == gateway.Refused || sent.Outcome == gateway.Later {
			reasons = append(reasons, l.name+": "+sent.Reason)
			later = later || sent.Outcome == gateway.Later
			continue
		}
		m.came(l, sent, s.o.Now())
		s.finish(ctx, m)
		return m
	}
	m.Reason, m.Began = strings.Join(reasons, "; "), time.Time{}
	if asked {
		m.Attempts++
		wait = s.backOff(m.Attempts)
	}
	now := s.o.Now()
	switch due := now.Add(wait); {
	case !later || m.Waits:
		m.State, m.Result, m.Ended = Failed, Error, now
	default:
		m.State, m.Due = Accepted, due
	}
	if m.State == Accepted {
		m.Provider = ""
	}
	s.finish(ctx, m)
	return m
}

// unasked lets a message be as if no provider had been asked, when that could not be recorded. Where the store was only slow,
// and records it yet, it would count as one that a provider may have.
func (s *Service) unasked(m Message) Message {
	now := s.o.Now()
	m.Reason, m.Provider, m.Began, m.Lease = "it could not be recorded that it is being sent", "", time.Time{}, time.Time{}
	if m.State, m.Due = Accepted, now.Add(s.o.RetryAfter()); m.Waits {
		m.State, m.Result, m.Due, m.Ended = Failed, Error, time.Time{}, now
	}
	s.keepLater(m)
	return m
}

// hand hands a message over.
func (s *Service) hand(ctx context.Context, t *turn, m Message) gateway.Sent {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	began := s.o.Now()
	sent := t.carrier.Send(ctx, gateway.Text{ID: m.ID, Number: m.Number, From: m.Originator, Text: m.Text, Until: m.Until})
	now := s.o.Now()
	t.over(now, sent)
	s.metrics.took.WithLabelValues(t.name).Observe(now.Sub(began).Seconds())
	return sent
}

// backOff is how long a message waits after so many attempts.
func (s *Service) backOff(attempts int) time.Duration {
	d := min(s.o.RetryAfter()<<min(attempts-1, 10), mostDelay)
	return d/2 + rand.N(d/2)
}

// save keeps a message that is in hand, and tells whether it still is.
func (s *Service) save(ctx context.Context, m Message) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	ok, err := s.saving.do(ctx, m)
	return ok && err == nil
}

// finish keeps what has become of a message, which is in hand no more. What cannot be kept now is kept as soon as the store
// is back.
func (s *Service) finish(ctx context.Context, m Message) {
	s.metrics.messages.WithLabelValues(m.Provider, string(m.State)).Inc()
	m.Lease = time.Time{}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	if _, err := s.saving.do(ctx, m); err != nil {
		s.keepLater(m)
	}
}

// keepLater leaves what has become of a message to saveRest.
func (s *Service) keepLater(m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unsaved = append(s.unsaved, m)
}

// saveRest keeps what could not be kept when it was known.
func (s *Service) saveRest(ctx context.Context) error {
	s.mu.Lock()
	rest := s.unsaved
	s.mu.Unlock()
	if len(rest) == 0 {
		return nil
	}
	if _, err := s.o.Store.SaveMessages(ctx, rest); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unsaved = s.unsaved[len(rest):]
	return nil
}
