package dialplan_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"callgate/dialplan"
	"callgate/internal/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shelf keeps decisions in memory, or fails.
type shelf struct {
	mu      sync.Mutex
	fails   error
	hangs   time.Duration
	batches []int
	kept    []dialplan.Decision
}

func (s *shelf) SaveDecisions(ctx context.Context, all []dialplan.Decision) error {
	s.mu.Lock()
	hangs, fails := s.hangs, s.fails
	s.mu.Unlock()
	select {
	case <-time.After(hangs):
	case <-ctx.Done():
		return fault.Wrap(fault.StorageDown, ctx.Err(), "save")
	}
	if fails != nil {
		return fails
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches = append(s.batches, len(all))
	s.kept = append(s.kept, all...)
	return nil
}

func (s *shelf) set(fails error, hangs time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails, s.hangs = fails, hangs
}

func (s *shelf) details() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, d := range s.kept {
		all = append(all, d.Detail)
	}
	return all
}

// library runs a book in a bubble; stop ends it.
func library(t *testing.T, f func(t *testing.T, b *dialplan.Book, s *shelf, dropped func(string) float64, stop func() error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, registry := &shelf{}, prometheus.NewRegistry()
		b := dialplan.NewBook(s, dialplan.BookOptions{Registerer: registry})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- b.Run(ctx) }()
		var once sync.Once
		var err error
		stop := func() error {
			cancel()
			once.Do(func() { err = <-done })
			return err
		}
		defer stop()
		f(t, b, s, func(reason string) float64 { return dropped(t, registry, reason) }, stop)
	})
}

func dropped(t *testing.T, r *prometheus.Registry, reason string) float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if f.GetName() == "callgate_dialplan_decisions_dropped_total" && l.GetValue() == reason {
					return m.GetCounter().GetValue()
				}
			}
		}
	}
	t.Fatalf("no metric of %s", reason)
	return 0
}

func add(b *dialplan.Book, from, to int) {
	for i := from; i < to; i++ {
		b.Add(dialplan.Decision{Detail: fmt.Sprint(i)})
	}
}

func wantDetails(t *testing.T, s *shelf, from, to int) {
	t.Helper()
	got := s.details()
	for i := range max(len(got), to-from) {
		if i >= len(got) || got[i] != fmt.Sprint(from+i) {
			t.Fatalf("%d kept, the %d. is not %d", len(got), i, from+i)
		}
	}
}

var down = fault.New(fault.StorageDown, "")

// TestBook: what is added is written soon, in order, many at a time, and nobody waits for it.
func TestBook(t *testing.T) {
	library(t, func(t *testing.T, b *dialplan.Book, s *shelf, dropped func(string) float64, _ func() error) {
		s.set(nil, 10*time.Millisecond)
		start := time.Now()
		add(b, 0, 1200)
		if took := time.Since(start); took != 0 {
			t.Errorf("adding took %v", took)
		}
		time.Sleep(100 * time.Millisecond)
		wantDetails(t, s, 0, 1200)
		if got := fmt.Sprint(s.batches); got != "[500 500 200]" {
			t.Errorf("batches of %s", got)
		}
		seen, last := map[string]bool{}, ""
		for _, d := range s.kept {
			if seen[d.ID] || d.ID <= last {
				t.Fatalf("id %s after %s", d.ID, last)
			}
			seen[d.ID], last = true, d.ID
		}
		add(b, 1200, 1201)
		time.Sleep(100 * time.Millisecond)
		wantDetails(t, s, 0, 1201)
	})
}

// TestBookOutlivesAnOutage: what came while the store was down is written when it is back, up to the bound.
func TestBookOutlivesAnOutage(t *testing.T) {
	library(t, func(t *testing.T, b *dialplan.Book, s *shelf, dropped func(string) float64, _ func() error) {
		s.set(down, 0)
		add(b, 0, 10)
		time.Sleep(time.Minute)
		add(b, 10, 20_100)
		if got := dropped("full"); got != 100 {
			t.Errorf("%v dropped", got)
		}
		s.set(nil, 0)
		time.Sleep(6 * time.Second)
		wantDetails(t, s, 0, 20_000)
		add(b, 20_000, 20_010)
		time.Sleep(time.Second)
		wantDetails(t, s, 0, 20_010)
	})
}

// TestBookRefused: what the store will never take does not stand in the way of what follows.
func TestBookRefused(t *testing.T) {
	library(t, func(t *testing.T, b *dialplan.Book, s *shelf, dropped func(string) float64, _ func() error) {
		s.set(errors.New("no such table"), 0)
		add(b, 0, 10)
		time.Sleep(time.Second)
		s.set(nil, 0)
		add(b, 10, 20)
		time.Sleep(time.Second)
		wantDetails(t, s, 10, 20)
		if got := dropped("refused"); got != 10 {
			t.Errorf("%v dropped", got)
		}
	})
}

// TestBookStops: a stop writes what there is, and gives up in time where it cannot.
func TestBookStops(t *testing.T) {
	library(t, func(t *testing.T, b *dialplan.Book, s *shelf, dropped func(string) float64, stop func() error) {
		add(b, 0, 700)
		if err := stop(); err != nil {
			t.Error(err)
		}
		wantDetails(t, s, 0, 700)
		add(b, 700, 701)
		if got := dropped("stopped"); got != 1 {
			t.Errorf("%v dropped after the stop", got)
		}
	})
	for _, tt := range []struct {
		name  string
		fails error
		hangs time.Duration
	}{{"down", down, 0}, {"silent", nil, time.Hour}} {
		t.Run(tt.name, func(t *testing.T) {
			library(t, func(t *testing.T, b *dialplan.Book, s *shelf, dropped func(string) float64, stop func() error) {
				s.set(tt.fails, tt.hangs)
				add(b, 0, 700)
				time.Sleep(time.Second)
				start := time.Now()
				err := stop()
				if err == nil || !strings.Contains(err.Error(), "700 decisions lost") || dropped("stopped") != 700 {
					t.Errorf("%v, %v dropped", err, dropped("stopped"))
				}
				if took := time.Since(start); took > 8*time.Second {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}
