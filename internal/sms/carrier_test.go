package sms_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callgate/internal/outside/gateway"
	"callgate/internal/sms"
)

// paced are options of a service with one provider, a, that bears so much.
func paced(t *testing.T, b *book, c sms.Carrier, p sms.Pace) sms.Options {
	t.Helper()
	o := options(b, nil)
	o.Carriers = sms.NewCarriers(sms.CarriersOptions{Store: shelf{{Name: "a", Pace: p}}, Order: func() []string { return []string{"a"} }, Logger: quiet(),
		Build: func(sms.Provider, func(context.Context, gateway.Receipt) error) (sms.Carrier, error) { return c, nil }})
	if err := o.Carriers.Follow(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	return o
}

// TestTurnUnused: a provider that is to be tried after failures is not well because somebody who had a turn did not ask it.
func TestTurnUnused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, down := newBook(), answers(later), false
		b.fails = func(what string) error {
			if down && what == "add" {
				return errors.New("down")
			}
			return nil
		}
		s := sms.New(paced(t, b, c, sms.Pace{}))
		try := func(want int) {
			t.Helper()
			if _, err := s.Try(t.Context(), "a", asked); (err != nil) != down || c.times() != want {
				t.Errorf("%v; it was asked %d times, want %d", err, c.times(), want)
			}
		}
		for i := range 5 {
			try(i + 1)
		}
		try(5)
		time.Sleep(2 * time.Second)
		down = true
		try(5)
		down = false
		try(6)
		try(6)
		time.Sleep(3 * time.Second)
		try(7)
	})
}

// TestTurns: after failures one message tries whether a provider is any better, whoever waits for a turn hears of what others
// have heard meanwhile, and a provider that wants to be left alone is.
func TestTurns(t *testing.T) {
	slowly := func(ctx context.Context, _ int, _ gateway.Text) gateway.Sent { time.Sleep(time.Second); return later }
	for _, tt := range []struct {
		name   string
		pace   sms.Pace
		before []gateway.Sent // answers, one after the other
		pause  time.Duration
		want   int // how often it is asked by three at once after that
	}{
		{"well", sms.Pace{}, []gateway.Sent{taken}, 0, 3},
		{"some failures", sms.Pace{}, []gateway.Sent{later, later, later, later}, 0, 3},
		{"left alone", sms.Pace{}, []gateway.Sent{later, later, later, later, later}, 0, 0},
		{"one tries", sms.Pace{}, []gateway.Sent{later, later, lost, later, later}, 2 * time.Second, 1},
		{"the one before fails", sms.Pace{AtOnce: 1}, []gateway.Sent{later, later, lost, later}, 0, 1},
		{"it wants to be left alone", sms.Pace{}, []gateway.Sent{{Outcome: gateway.Later, Wait: 20 * time.Second}}, 19 * time.Second, 0},
		{"it wanted to be left alone", sms.Pace{}, []gateway.Sent{{Outcome: gateway.Later, Wait: 20 * time.Second}}, 21 * time.Second, 3},
		{"for too long", sms.Pace{}, []gateway.Sent{{Outcome: gateway.Later, Wait: time.Hour}}, 61 * time.Second, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &carrier{}
				s := sms.New(paced(t, newBook(), c, tt.pace))
				try := func() {
					if _, err := s.Try(t.Context(), "a", asked); err != nil {
						t.Error(err)
					}
				}
				for _, answer := range tt.before {
					c.answer = func(context.Context, int, gateway.Text) gateway.Sent { return answer }
					try()
				}
				time.Sleep(tt.pause)
				c.answer = slowly
				var work sync.WaitGroup
				for range 3 {
					work.Go(try)
				}
				work.Wait()
				if n := c.times() - len(tt.before); n != tt.want {
					t.Errorf("asked %d times, want %d", n, tt.want)
				}
			})
		})
	}
}

// TestTurnTooLate: a message whose time is over while it waits for its turn is not sent.
func TestTurnTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c := newBook(), answers(taken)
		s := start(t, paced(t, b, c, sms.Pace{PerSecond: .25}))
		m := asked
		m.Valid = 2 * time.Second
		for range 2 {
			if _, err := s.Accept(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		states := []sms.State{b.of(1).State, b.of(2).State}
		if slices.Sort(states); c.times() != 1 || !slices.Equal(states, []sms.State{sms.Expired, sms.Sent}) {
			t.Errorf("%q, asked %d times", states, c.times())
		}
	})
}
