package backlog_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"callgate/internal/backlog"
	"callgate/internal/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shelf keeps facts in memory, or fails.
type shelf struct {
	mu      sync.Mutex
	fails   error
	hangs   time.Duration
	tries   int
	batches []int
	kept    []int
}

func (s *shelf) save(ctx context.Context, all []int) error {
	s.mu.Lock()
	hangs, fails := s.hangs, s.fails
	s.tries++
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
	s.fails, s.hangs, s.tries = fails, hangs, 0
}

func (s *shelf) tried() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tries
}

// want tells whether just the numbers of the range are kept, in order, each once.
func (s *shelf) want(t *testing.T, from, to int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range max(len(s.kept), to-from) {
		if i >= len(s.kept) || s.kept[i] != from+i {
			t.Fatalf("%d kept, the %d. is not %d", len(s.kept), i, from+i)
		}
	}
}

const room = 20_000

// running is a backlog whose Run goes on in the background.
type running struct {
	*backlog.Backlog[int]
	metrics *prometheus.Registry
	stop    context.CancelFunc
	ended   chan error
}

func run(s *shelf) *running {
	r := &running{metrics: prometheus.NewRegistry(), ended: make(chan error, 1)}
	r.Backlog = backlog.New(room, 50*time.Millisecond, s.save, backlog.Options{Facts: "facts", Metric: "test_fact", Registerer: r.metrics})
	var ctx context.Context
	ctx, r.stop = context.WithCancel(context.Background())
	go func() { r.ended <- r.Run(ctx) }()
	return r
}

// put puts the numbers of the range and returns how many were taken.
func (r *running) put(from, to int) (taken int) {
	for i := from; i < to; i++ {
		if r.Put(i) {
			taken++
		}
	}
	return taken
}

func (r *running) end(t *testing.T) {
	t.Helper()
	r.stop()
	if err := <-r.ended; err != nil {
		t.Error(err)
	}
}

// counted holds the metrics against what became of the facts.
func (r *running) counted(t *testing.T, written, full, refused, stopped int) {
	t.Helper()
	want := fmt.Sprintf(`# HELP test_facts_dropped_total How many facts did not reach the database.
# TYPE test_facts_dropped_total counter
test_facts_dropped_total{reason="full"} %d
test_facts_dropped_total{reason="refused"} %d
test_facts_dropped_total{reason="stopped"} %d
# HELP test_facts_written_total How many facts were written to the database.
# TYPE test_facts_written_total counter
test_facts_written_total %d
`, full, refused, stopped, written)
	if err := testutil.GatherAndCompare(r.metrics, strings.NewReader(want), "test_facts_dropped_total", "test_facts_written_total"); err != nil {
		t.Error(err)
	}
}

// waits holds the metrics against what waits, and how often writing failed.
func (r *running) waits(t *testing.T, queued, failures int) {
	t.Helper()
	want := fmt.Sprintf(`# HELP test_fact_failures_total Failed attempts to write facts.
# TYPE test_fact_failures_total counter
test_fact_failures_total %d
# HELP test_facts_queued How many facts wait to be written.
# TYPE test_facts_queued gauge
test_facts_queued %d
`, failures, queued)
	if err := testutil.GatherAndCompare(r.metrics, strings.NewReader(want), "test_fact_failures_total", "test_facts_queued"); err != nil {
		t.Error(err)
	}
}

var down = fault.New(fault.StorageDown, "")

// TestWritten: what is put is written soon, in order, many at a time, and nobody waits for it.
func TestWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{hangs: 10 * time.Millisecond}
		b := run(s)
		start := time.Now()
		b.put(0, 1000)
		time.Sleep(49 * time.Millisecond) // not yet
		synctest.Wait()
		if s.tried() != 0 {
			t.Error("no company was awaited")
		}
		before := time.Now()
		b.put(1000, 1200)
		if took := time.Since(before); took != 0 {
			t.Errorf("putting took %v", took)
		}
		time.Sleep(100*time.Millisecond - time.Since(start))
		synctest.Wait()
		s.want(t, 0, 1200)
		if !slices.Equal(s.batches, []int{256, 256, 256, 256, 176}) {
			t.Errorf("batches of %v", s.batches)
		}
		b.put(1200, 1201)
		time.Sleep(100 * time.Millisecond)
		s.want(t, 0, 1201)
		b.end(t)
		b.counted(t, 1201, 0, 0, 0)
	})
}

// TestOutage: what came while the store was down is written when it is back, in order, each once, up to the bound.
func TestOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{fails: down}
		b := run(s)
		b.put(0, 10)
		time.Sleep(time.Minute)
		tries := s.tried()
		if tries < 10 || tries > 30 {
			t.Errorf("tried %d times in a minute", tries)
		}
		if taken := b.put(10, room+100); taken != room-10 {
			t.Errorf("took %d, want %d", taken, room-10)
		}
		b.waits(t, room, tries)
		s.set(nil, 0)
		time.Sleep(6 * time.Second)
		s.want(t, 0, room)
		b.put(room, room+10)
		time.Sleep(time.Second)
		s.want(t, 0, room+10)
		b.waits(t, 0, tries)
		b.end(t)
		b.counted(t, room+10, 100, 0, 0)
	})
}

// TestRefused: what the store will never take does not stand in the way of what follows.
func TestRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{fails: errors.New("no such table")}
		b := run(s)
		b.put(0, 10)
		time.Sleep(time.Second)
		if s.tried() != 1 {
			t.Errorf("tried %d times", s.tried())
		}
		s.set(nil, 0)
		b.put(10, 20)
		time.Sleep(time.Second)
		s.want(t, 10, 20)
		b.end(t)
		b.counted(t, 10, 0, 10, 0)
	})
}

// TestStop: a stop writes what there is, and gives up in time where it cannot.
func TestStop(t *testing.T) {
	for _, tt := range []struct {
		name    string
		fails   error
		hangs   time.Duration
		kept    int
		refused int
		within  time.Duration
		want    string // the error
	}{
		{"in order", nil, 0, 500, 0, 0, ""},
		{"slow", nil, 3 * time.Second, 500, 0, 6 * time.Second, ""},
		{"refused", errors.New("no such table"), 0, 0, 500, 0, ""},
		{"down", down, 0, 0, 0, 4 * time.Second, "500 facts lost: write facts: storage unavailable"},
		{"slow and down", down, 1500 * time.Millisecond, 0, 0, 5500 * time.Millisecond, "500 facts lost: write facts: storage unavailable"},
		{"silent", nil, time.Hour, 0, 0, 8 * time.Second, "500 facts lost: write facts: storage unavailable"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &shelf{fails: tt.fails, hangs: tt.hangs}
				b := run(s)
				b.put(0, 250)
				time.Sleep(60 * time.Millisecond) // these are in hand, written or refused
				b.put(250, 500)
				start := time.Now()
				b.stop()
				err := <-b.ended
				if (err != nil) != (tt.want != "") || err != nil && !strings.HasPrefix(err.Error(), tt.want) {
					t.Errorf("ended with %v, want %q", err, tt.want)
				}
				if took := time.Since(start); took > tt.within {
					t.Errorf("it took %v", took)
				}
				s.want(t, 0, tt.kept)
				if taken := b.put(0, 3); taken != 0 {
					t.Errorf("took %d after the end", taken)
				}
				b.counted(t, tt.kept, 0, tt.refused, 500-tt.kept-tt.refused+3)
			})
		})
	}
}

// TestPutWhileStopping: every fact is kept once or dropped and counted, whoever puts it while the backlog stops. The moment
// that matters is short, hence the many rounds.
func TestPutWhileStopping(t *testing.T) {
	for range 300 {
		s := &shelf{}
		b := run(s)
		var wg sync.WaitGroup
		started := make(chan struct{}, 8)
		taken := make([]int, 8)
		for w := range 8 {
			wg.Go(func() {
				taken[w] = b.put(40*w, 40*w+5)
				started <- struct{}{}
				taken[w] += b.put(40*w+5, 40*w+40)
			})
		}
		<-started
		b.end(t)
		wg.Wait()
		all := 0
		for _, n := range taken {
			all += n
		}
		slices.Sort(s.kept)
		if len(s.kept) != all || len(slices.Compact(s.kept)) != all {
			t.Fatalf("%d kept, %d taken", len(s.kept), all)
		}
		b.counted(t, all, 0, 0, 320-all)
	}
}
