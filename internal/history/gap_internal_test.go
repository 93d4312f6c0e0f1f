package history

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// shelf is a GapStore that keeps all hangups.
type shelf struct {
	mu     sync.Mutex
	fails  error
	kept   []string
	swept  []string // from where, and before when
	counts map[string]int
}

func (s *shelf) SaveHangups(_ context.Context, all []Hangup) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range all {
		s.kept = append(s.kept, h.Leg)
	}
	return s.fails
}

func (s *shelf) Gaps(context.Context, GapQuery) ([]Hangup, error) { return nil, nil }

// SweepGaps leads from the beginning over "one" and "two" to the end.
func (s *shelf) SweepGaps(_ context.Context, before int64, after GapPlace) (GapPlace, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.swept = append(s.swept, after.Leg+" "+time.UnixMicro(before).UTC().Format(time.DateOnly))
	next := map[string]string{"": "one", "one": "two", "two": ""}[after.Leg]
	return GapPlace{Leg: next}, s.fails
}

func (s *shelf) CountGaps(_ context.Context, noted int64) (map[string]int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.swept = append(s.swept, "count "+time.UnixMicro(noted).UTC().Format(time.TimeOnly))
	return s.counts, nil
}

// wire is a Link.
type wire struct {
	name  string
	mu    sync.Mutex
	core  string
	since time.Time
}

func (w *wire) Name() string { return w.name }

func (w *wire) CoreUUID() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.core
}

func (w *wire) Since() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.since
}

func (w *wire) set(core string, since time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.core, w.since = core, since
}

// TestWitness: what is due reaches the store, the rest does not; every minute is swept, all in steps, and counted.
func TestWitness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the clock begins with the year 2000
		s, metrics := &shelf{counts: map[string]int{"main": 3, "gone": 1}}, prometheus.NewRegistry()
		w := NewWitness(WitnessOptions{Store: s, Surroundings: village{}, Links: []Link{&wire{name: "main"}, &wire{name: "other"}}, Now: time.Now, Registerer: metrics})
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = w.Run(ctx) })
		running.Go(func() { _ = w.Write(ctx) })
		w.hear("main", hangup(t, "Unique-ID", "a"))
		w.hear("main", hangup(t, "Unique-ID", "b", "variable_process_cdr", "false"))
		w.hear("main", hangup(t, "Unique-ID", "c"))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if !cmp.Equal(s.kept, []string{"a", "c"}) {
			t.Errorf("kept %q", s.kept)
		}
		want := []string{" 1999-10-03", "one 1999-10-03", "two 1999-10-03", "count 23:59:30"}
		if !cmp.Equal(s.swept, want) {
			t.Errorf("swept %q", s.swept)
		}
		if err := testutil.GatherAndCompare(metrics, strings.NewReader(`
# HELP callgate_cdr_gaps Legs of the last 90 days whose end a switch told of and whose CDR has not come. Every process counts the same ones.
# TYPE callgate_cdr_gaps gauge
callgate_cdr_gaps{switch="main"} 3
callgate_cdr_gaps{switch="other"} 0
# HELP callgate_cdr_witnessed_total Legs whose end a switch told of and of which it owes a CDR.
# TYPE callgate_cdr_witnessed_total counter
callgate_cdr_witnessed_total{switch="main"} 2
callgate_cdr_witnessed_total{switch="other"} 0
`), "callgate_cdr_gaps", "callgate_cdr_witnessed_total"); err != nil {
			t.Error(err)
		}

		// A sweep that fails goes on where it was; so many gaps that one more tells nothing are not added to.
		s.mu.Lock()
		s.swept, s.fails = nil, errors.New("down")
		s.mu.Unlock()
		time.Sleep(time.Minute)
		synctest.Wait()
		if !cmp.Equal(s.swept, []string{" 1999-10-03"}) {
			t.Errorf("swept %q", s.swept)
		}
		s.mu.Lock()
		s.fails, s.counts = nil, map[string]int{"main": maxGaps}
		s.mu.Unlock()
		time.Sleep(time.Minute)
		w.hear("main", hangup(t, "Unique-ID", "d"))
		time.Sleep(2 * time.Second)
		s.mu.Lock()
		s.counts = nil
		s.mu.Unlock()
		time.Sleep(time.Minute)
		w.hear("main", hangup(t, "Unique-ID", "e"))
		stop()
		running.Wait()
		if !cmp.Equal(s.kept, []string{"a", "c", "e"}) {
			t.Errorf("kept %q", s.kept)
		}
	})
}

// TestSweepInSteps: one sweep looks at so much only, and the next goes on there.
func TestSweepInSteps(t *testing.T) {
	s := &endless{}
	w := NewWitness(WitnessOptions{Store: s, Surroundings: village{}, Now: time.Now})
	for range 2 {
		if err := w.sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if s.steps != 2*sweepSteps || w.place.Ended != 2*sweepSteps {
		t.Errorf("%d steps to %+v", s.steps, w.place)
	}
}

// endless has more gaps than a sweep looks at.
type endless struct {
	shelf
	steps int
}

func (s *endless) SweepGaps(_ context.Context, _ int64, after GapPlace) (GapPlace, error) {
	s.steps++
	return GapPlace{Ended: after.Ended + 1}, nil
}

func TestWatches(t *testing.T) {
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	up, missed, down := &wire{name: "up", since: at(10)}, &wire{name: "missed", since: at(10)}, &wire{name: "down"}
	w := NewWitness(WitnessOptions{Store: &shelf{}, Surroundings: village{}, Links: []Link{up, missed, down}, Now: time.Now})
	w.since = map[string]time.Time{"up": at(5), "missed": at(20), "down": at(20)}
	if got, want := w.Watches(), []Watch{{"up", at(10)}, {"missed", at(20)}, {"down", time.Time{}}}; !cmp.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}
