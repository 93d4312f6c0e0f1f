package sms_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"callgate/internal/fault"
	"callgate/internal/outside/gateway"
	"callgate/internal/sms"
)

// TestTry: a provider is asked once, whatever it answers, and what it answered is told and kept.
func TestTry(t *testing.T) {
	hang := &carrier{answer: func(ctx context.Context, _ int, _ gateway.Text) gateway.Sent { <-ctx.Done(); return lost }}
	for _, tt := range []struct {
		name    string
		carrier sms.Carrier
		want    gateway.Sent
		kept    sms.State
		result  sms.Result
		reason  string
		took    time.Duration
	}{
		{"taken", answers(taken, refused), taken, sms.Sent, sms.OK, "", 0},
		{"refused", answers(refused, taken), refused, sms.Failed, sms.Error, "b: a bad number", 0},
		{"not now", answers(later, taken), later, sms.Failed, sms.Error, "b: no money", 0},
		{"nobody knows", answers(lost, taken), lost, sms.Uncertain, sms.Error, "b: no answer", 0},
		{"no answer in time", hang, lost, sms.Uncertain, sms.Error, "b: no answer", 30 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, other := newBook(), answers(taken)
				s := sms.New(options(b, map[string]sms.Carrier{"a": other, "b": tt.carrier})) // it need not run
				ctx, stop := context.WithCancel(t.Context())
				defer time.AfterFunc(time.Second, stop).Stop() // the client goes
				got, err := s.Try(ctx, "b", asked)
				if got.Sent != tt.want || got.Took != tt.took || got.Message != 1 || err != nil {
					t.Errorf("got %+v, %v", got, err)
				}
				kept := b.of(1)
				if kept.State != tt.kept || kept.Result != tt.result || kept.Reason != tt.reason || kept.Provider != "b" || kept.TheirID != tt.want.ID || kept.Number != "89190000000" ||
					kept.Ended.IsZero() != (tt.kept == sms.Sent) || kept.Sent.IsZero() == (tt.kept == sms.Sent) {
					t.Errorf("kept %+v", kept)
				}
				if again, err := s.Try(t.Context(), "b", asked); tt.carrier != hang && (again.Message != 2 || err != nil) {
					t.Errorf("once more: %+v, %v", again, err)
				}
				if other.times() != 0 {
					t.Error("another was asked")
				}
			})
		})
	}
}

// TestTryNobody: who cannot be asked gets nothing, and nothing is kept of it.
func TestTryNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c := newBook(), answers(later)
		down := false
		b.fails = func(what string) error {
			if down && what == "add" {
				return errors.New("down")
			}
			return nil
		}
		o := options(b, nil)
		o.Carriers = sms.NewCarriers(sms.CarriersOptions{Store: shelf{{Name: "a"}, {Name: "broken"}}, Order: func() []string { return nil }, Logger: quiet(),
			Build: func(p sms.Provider, _ func(context.Context, gateway.Receipt) error) (sms.Carrier, error) {
				if p.Name == "broken" {
					return nil, errors.New("it cannot be built")
				}
				return c, nil
			}})
		if err := o.Carriers.Follow(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		s := sms.New(o)
		if _, err := s.Try(t.Context(), "broken", asked); !errors.Is(err, fault.New(fault.OutsideDown, "")) {
			t.Errorf("one that cannot be used: %v", err)
		}
		if _, err := s.Try(t.Context(), "b", asked); !errors.Is(err, fault.New(fault.NotFound, "Provider")) {
			t.Errorf("unknown: %v", err)
		}
		down = true
		for range 20 { // each turn is given back
			if _, err := s.Try(t.Context(), "a", asked); err == nil {
				t.Error("sent though it cannot be kept")
			}
		}
		down = false
		for range 5 {
			if _, err := s.Try(t.Context(), "a", asked); err != nil {
				t.Error(err)
			}
		}
		if got, err := s.Try(t.Context(), "a", asked); got.Outcome != gateway.Later || got.Message != 0 || got.Wait == 0 || err != nil {
			t.Errorf("one that is left alone: %+v, %v", got, err)
		}
		if len(b.kept) != 5 || c.times() != 5 {
			t.Errorf("%d are kept, it was asked %d times", len(b.kept), c.times())
		}
	})
}

// bound is a carrier that has to be run, and takes messages a while after that.
type bound struct {
	*carrier
	since chan time.Time
}

func (b *bound) Run(ctx context.Context) error {
	b.since <- time.Now()
	<-ctx.Done()
	<-b.since
	return nil
}

// TestTryRuns: a provider that has to be run is run for the time, and asked until it is ready, unless it runs already.
func TestTryRuns(t *testing.T) {
	for _, tt := range []struct {
		name    string
		takes   time.Duration
		runs    bool
		want    gateway.Outcome
		longest time.Duration
	}{
		{"ready soon", 3 * time.Second, false, gateway.Taken, 4 * time.Second},
		{"never ready", time.Hour, false, gateway.Later, 11 * time.Second},
		{"running and ready", time.Second, true, gateway.Taken, 0},
		{"running and not ready", time.Hour, true, gateway.Later, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &bound{since: make(chan time.Time, 1)}
				b.carrier = &carrier{answer: func(context.Context, int, gateway.Text) gateway.Sent {
					select {
					case at := <-b.since:
						b.since <- at
						if time.Since(at) >= tt.takes {
							return taken
						}
					default:
					}
					return later
				}}
				kept := newBook()
				o := options(kept, map[string]sms.Carrier{"a": b})
				s := sms.New(o)
				if tt.runs {
					s = start(t, o)
					time.Sleep(2 * time.Second)
				}
				began := time.Now()
				got, err := s.Try(t.Context(), "a", asked)
				if took := time.Since(began); got.Outcome != tt.want || took > tt.longest || got.Took != took || err != nil {
					t.Errorf("after %v: %+v, %v", took, got, err)
				}
				if want := (map[gateway.Outcome]sms.State{gateway.Taken: sms.Sent, gateway.Later: sms.Failed})[tt.want]; kept.of(1).State != want {
					t.Errorf("kept %+v", kept.of(1))
				}
				if !tt.runs && len(b.since) != 0 {
					t.Error("it still runs")
				}
			})
		})
	}
}
