package sms_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"callgate/internal/outside/gateway"
	"callgate/internal/sms"
)

// TestTakeOver: what another process had in hand when its lease was over is sent, unless a provider was asked already.
func TestTakeOver(t *testing.T) {
	for _, tt := range []struct {
		name  string
		m     sms.Message
		want  sms.State
		times int
	}{
		{"no provider was asked", sms.Message{}, sms.Sent, 1},
		{"one was", sms.Message{Began: time.Unix(1, 0)}, sms.Uncertain, 0},
		{"who asked waited", sms.Message{Waits: true}, sms.Failed, 0},
		{"who asked waited, and one was asked", sms.Message{Waits: true, Began: time.Unix(1, 0)}, sms.Uncertain, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, c := newBook(), answers(taken)
				tt.m.ID, tt.m.State, tt.m.Owner, tt.m.Lease = 1, sms.Queued, "other", time.Now().Add(time.Minute)
				b.kept[1] = tt.m
				start(t, options(b, map[string]sms.Carrier{"a": c}))
				time.Sleep(time.Minute - time.Second)
				if kept := b.of(1); kept.State != sms.Queued || c.times() != 0 {
					t.Errorf("before the lease is over: %+v, asked %d times", kept, c.times())
				}
				time.Sleep(5 * time.Second)
				if kept := b.of(1); kept.State != tt.want || c.times() != tt.times {
					t.Errorf("after it: %s, asked %d times; want %s, %d", kept.State, c.times(), tt.want, tt.times)
				}
			})
		})
	}
}

// TestLostHand: who finds that another has a message in hand does not send it.
func TestLostHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c := newBook(), answers(taken)
		b.fails = func(what string) error {
			if what == "save" {
				for id, m := range b.kept { // it was away for longer than its lease
					m.Owner = "other"
					b.kept[id] = m
				}
			}
			return nil
		}
		s := start(t, options(b, map[string]sms.Carrier{"a": c}))
		if _, err := s.Accept(t.Context(), asked); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if kept := b.of(1); c.times() != 0 || kept.Owner != "other" {
			t.Errorf("%+v, asked %d times", kept, c.times())
		}
	})
}

// TestBegan: before a provider is asked it is kept, durably, that it is, and who has the message in hand for how long.
func TestBegan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBook()
		look := func(name string) *carrier {
			return &carrier{answer: func(_ context.Context, _ int, x gateway.Text) gateway.Sent {
				if m := b.of(x.ID); m.State != sms.Queued || m.Provider != name || !m.Began.Equal(time.Now()) || m.Lease.Sub(m.Began) < 30*time.Second || m.Owner == "" {
					t.Errorf("%s is asked while %+v is kept", name, m)
				}
				time.Sleep(time.Second)
				return later
			}}
		}
		s := start(t, options(b, map[string]sms.Carrier{"a": look("a"), "b": look("b")}))
		if _, err := s.Accept(t.Context(), asked); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Send(t.Context(), asked); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
	})
}

// slow is a book that saves for the first time only after a while.
type slow struct {
	*book
	again atomic.Bool
}

func (s *slow) SaveMessages(ctx context.Context, all []sms.Message) ([]bool, error) {
	if !s.again.Swap(true) {
		time.Sleep(8 * time.Second)
	}
	return s.book.SaveMessages(ctx, all)
}

// TestSlowStore: where it is recorded too late that a provider is being asked it was not asked, and nobody takes it for asked.
func TestSlowStore(t *testing.T) {
	for _, tt := range []struct {
		name  string
		begin func(ctx context.Context, s *sms.Service) (sms.Message, error)
		want  sms.State
		times int
	}{
		{"who asked waits", func(ctx context.Context, s *sms.Service) (sms.Message, error) { return s.Send(ctx, asked) }, sms.Failed, 0},
		{"nobody waits", func(ctx context.Context, s *sms.Service) (sms.Message, error) { return s.Accept(ctx, asked) }, sms.Sent, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, c := newBook(), answers(taken)
				o := options(b, map[string]sms.Carrier{"a": c})
				o.Store = &slow{book: b}
				if _, err := tt.begin(t.Context(), start(t, o)); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Hour)
				if kept := b.of(1); kept.State != tt.want || c.times() != tt.times {
					t.Errorf("%s: %s; asked %d times, want %s, %d", kept.State, kept.Reason, c.times(), tt.want, tt.times)
				}
			})
		})
	}
}

// TestHands: a message that is tried again is in another hand, so that nothing of the time before is taken for now: it would
// let the message be sent while it is being sent.
func TestHands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBook()
		s := start(t, options(b, map[string]sms.Carrier{"a": answers(later, later, taken)}))
		if _, err := s.Accept(t.Context(), asked); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		stale := b.of(1)
		if stale.Owner = b.hands[0]; stale.State != sms.Sent || len(b.hands) != 3 || b.hands[0] == b.hands[1] || b.hands[1] == b.hands[2] {
			t.Fatalf("%+v, in the hands %q", stale, b.hands)
		}
		stale.State = sms.Accepted
		if saved, err := b.SaveMessages(t.Context(), []sms.Message{stale}); saved[0] || err != nil {
			t.Errorf("what comes late is kept, %v", err)
		}
	})
}

// TestStop: a stop waits for the answer that is on its way, but not for long; then nobody knows.
func TestStop(t *testing.T) {
	for _, tt := range []struct {
		name string
		took time.Duration
		want sms.State
	}{{"an answer", 3 * time.Second, sms.Sent}, {"none", time.Hour, sms.Uncertain}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBook()
				c := &carrier{answer: func(ctx context.Context, _ int, _ gateway.Text) gateway.Sent {
					select {
					case <-time.After(tt.took):
						return taken
					case <-ctx.Done():
						return lost
					}
				}}
				s := sms.New(options(b, map[string]sms.Carrier{"a": c}))
				ctx, stop := context.WithCancel(t.Context())
				done := make(chan error)
				go func() { done <- s.Run(ctx) }()
				if _, err := s.Accept(t.Context(), asked); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				stop()
				began := time.Now()
				if err := <-done; err != nil || time.Since(began) > 5*time.Second {
					t.Errorf("it took %v, %v", time.Since(began), err)
				}
				if kept := b.of(1); kept.State != tt.want {
					t.Errorf("got %+v, want %s", kept, tt.want)
				}
				if _, err := s.Accept(t.Context(), asked); err == nil {
					t.Error("a message is accepted after the end")
				}
			})
		})
	}
}

// TestStoreDown: what a provider took is recorded once the store is back, and not sent again.
func TestStoreDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBook()
		var down bool
		b.fails = func(string) error {
			if down {
				return errors.New("down")
			}
			return nil
		}
		c := &carrier{answer: func(context.Context, int, gateway.Text) gateway.Sent {
			b.mu.Lock()
			down = true
			b.mu.Unlock()
			return taken
		}}
		s := start(t, options(b, map[string]sms.Carrier{"a": c}))
		if _, err := s.Accept(t.Context(), asked); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		b.mu.Lock()
		down = false
		b.mu.Unlock()
		time.Sleep(time.Hour)
		if kept := b.of(1); kept.State != sms.Sent || c.times() != 1 {
			t.Errorf("got %+v, asked %d times", kept, c.times())
		}
	})
}

// TestLeftAlone: a provider that fails again and again is asked rarely, and as before once it takes messages.
func TestLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBook()
		var mu sync.Mutex
		well := false
		c := &carrier{answer: func(context.Context, int, gateway.Text) gateway.Sent {
			mu.Lock()
			defer mu.Unlock()
			if well {
				return taken
			}
			return later
		}}
		s := start(t, options(b, map[string]sms.Carrier{"a": c}))
		for range 100 {
			if _, err := s.Accept(t.Context(), asked); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(10 * time.Minute)
		if n := c.times(); n < 10 || n > 50 { // the first at once, then seconds, then once a minute
			t.Errorf("asked %d times", n)
		}
		mu.Lock()
		well = true
		mu.Unlock()
		time.Sleep(time.Hour)
		b.mu.Lock()
		defer b.mu.Unlock()
		for id, m := range b.kept {
			if m.State != sms.Sent {
				t.Errorf("message %d: %+v", id, m)
			}
		}
	})
}

// TestPace: a provider gets no more than it bears, all at once or a second, and who waits for a turn of it is not sent twice.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBook()
		var mu sync.Mutex
		var at []time.Time
		most, now := 0, 0
		c := &carrier{answer: func(context.Context, int, gateway.Text) gateway.Sent {
			mu.Lock()
			at = append(at, time.Now())
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(200 * time.Millisecond)
			mu.Lock()
			now--
			mu.Unlock()
			return taken
		}}
		o := options(b, nil)
		o.Carriers = sms.NewCarriers(sms.CarriersOptions{Store: shelf{{Name: "a", Pace: sms.Pace{PerSecond: 10, AtOnce: 3}}},
			Order: func() []string { return []string{"a"} }, Logger: quiet(),
			Build: func(sms.Provider, func(context.Context, gateway.Receipt) error) (sms.Carrier, error) { return c, nil }})
		if err := o.Carriers.Follow(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		s := start(t, o)
		const count = 300
		for range count {
			if _, err := s.Accept(t.Context(), asked); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(3 * time.Minute)
		mu.Lock()
		defer mu.Unlock()
		if len(at) != count || most > 3 {
			t.Fatalf("asked %d times, %d at once", len(at), most)
		}
		slices.SortFunc(at, time.Time.Compare)
		for i := 10; i < count; i++ {
			if d := at[i].Sub(at[i-10]); d < time.Second-time.Millisecond {
				t.Errorf("11 messages within %v", d)
			}
		}
		if took := at[count-1].Sub(at[0]); took > time.Minute {
			t.Errorf("it took %v", took)
		}
	})
}

// asking is a carrier that can be asked what became of messages.
type asking struct {
	*carrier
	states func(about []gateway.Asked) ([]gateway.Receipt, error)
}

func (a *asking) States(_ context.Context, about []gateway.Asked) ([]gateway.Receipt, error) {
	return a.states(about)
}

func (*asking) Facts() gateway.Facts { return gateway.Facts{States: 10} }

// TestReceipts: what a provider says of a message is kept, when it is asked too, and when it says so before its answer is
// known here.
func TestReceipts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBook()
		var s *sms.Service
		hasty := &carrier{answer: func(ctx context.Context, _ int, _ gateway.Text) gateway.Sent {
			if err := s.Heard(ctx, "a", gateway.Receipt{ID: "their-1", State: gateway.Delivered}); err != nil {
				t.Error(err)
			}
			return taken
		}}
		s = start(t, options(b, map[string]sms.Carrier{"a": hasty}))
		m, err := s.Accept(t.Context(), asked)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if kept := b.of(m.ID); kept.State != sms.Delivered {
			t.Errorf("heard before: %+v", kept)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		b := newBook()
		var mu sync.Mutex
		times := 0
		slow := &asking{answers(taken), func(about []gateway.Asked) ([]gateway.Receipt, error) {
			mu.Lock()
			defer mu.Unlock()
			switch times++; {
			case len(about) != 1 || about[0] != gateway.Asked{ID: "their-1", Number: "89190000000"}:
				t.Errorf("asked about %q", about)
			case times == 1:
				return nil, errors.New("down")
			case times < 30:
				return []gateway.Receipt{{ID: "their-1"}}, nil
			}
			return []gateway.Receipt{{ID: "their-1", State: gateway.Failed, Reason: "absent"}}, nil
		}}
		s := start(t, options(b, map[string]sms.Carrier{"a": slow}))
		m, err := s.Accept(t.Context(), asked)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(4 * 24 * time.Hour)
		mu.Lock()
		defer mu.Unlock()
		if kept := b.of(m.ID); kept.State != sms.Failed || kept.Reason != "absent" || times != 30 || slow.times() != 1 {
			t.Errorf("%+v after %d questions", kept, times)
		}
	})
}

// session is a carrier that has to be run, and notes when it begins and ends.
type session struct {
	*carrier
	name string
	note func(string)
}

func (s *session) Run(ctx context.Context) error {
	s.note(s.name + " begins")
	<-ctx.Done()
	time.Sleep(time.Second)
	s.note(s.name + " ends")
	return nil
}

// TestSessionsOneByOne: a provider that is set anew is run when what was run before has ended.
func TestSessionsOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var notes []string
		kept := &shelf{{Name: "a", ChangedAt: time.Unix(1, 0)}}
		o := options(newBook(), nil)
		o.Carriers = sms.NewCarriers(sms.CarriersOptions{Store: kept, Order: func() []string { return []string{"a"} }, Logger: quiet(),
			Build: func(p sms.Provider, _ func(context.Context, gateway.Receipt) error) (sms.Carrier, error) {
				return &session{answers(taken), p.ChangedAt.UTC().Format("05"), func(what string) {
					mu.Lock()
					defer mu.Unlock()
					notes = append(notes, what)
				}}, nil
			}})
		follow := func(revision int64) {
			t.Helper()
			if err := o.Carriers.Follow(t.Context(), revision); err != nil {
				t.Fatal(err)
			}
			time.Sleep(5 * time.Second)
		}
		follow(1)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- sms.New(o).Run(ctx) }()
		time.Sleep(time.Second)
		(*kept)[0].ChangedAt = time.Unix(2, 0)
		follow(2)
		follow(3) // nothing has changed
		*kept = nil
		follow(4)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		if want := []string{"01 begins", "01 ends", "02 begins", "02 ends"}; !slices.Equal(notes, want) {
			t.Errorf("got %q, want %q", notes, want)
		}
	})
}
