package report_test

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

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"callgate/internal/fault"
	"callgate/internal/report"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shelf keeps what it is given, unless it is told to fail.
type shelf struct {
	mu      sync.Mutex
	kept    []string // request ids
	batches []int
	tries   int
	fail    func(batch []report.Request) error
	takes   time.Duration
}

func (s *shelf) SaveRequests(ctx context.Context, batch []report.Request) error {
	s.mu.Lock()
	fail, takes := s.fail, s.takes
	s.tries++
	s.mu.Unlock()
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		return fault.Wrap(fault.StorageDown, ctx.Err(), "save")
	}
	if fail != nil {
		if err := fail(batch); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches = append(s.batches, len(batch))
	for _, r := range batch {
		s.kept = append(s.kept, r.RequestID)
	}
	return nil
}

func (s *shelf) set(fail func([]report.Request) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = fail
}

func down([]report.Request) error { return fault.New(fault.StorageDown, "") }

// running is a log whose Run goes on in the background.
type running struct {
	*report.RequestLog
	metrics *prometheus.Registry
	stop    context.CancelFunc
	ended   chan error
}

func run(s report.RequestStore) *running {
	r := &running{metrics: prometheus.NewRegistry(), ended: make(chan error, 1)}
	r.RequestLog = report.NewRequestLog(s, report.RequestLogOptions{Registerer: r.metrics})
	var ctx context.Context
	ctx, r.stop = context.WithCancel(context.Background())
	go func() { r.ended <- r.Run(ctx) }()
	return r
}

// dropped is the number of requests dropped for a reason.
func (r *running) dropped(t *testing.T, reason string) int {
	t.Helper()
	families, err := r.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "callgate_report_requests_dropped_total" && m.GetLabel()[0].GetValue() == reason {
				return int(m.GetCounter().GetValue())
			}
		}
	}
	t.Fatalf("no metric for %s", reason)
	return 0
}

func (r *running) add(t *testing.T, from, to int) {
	for i := from; i < to; i++ {
		r.Add(t.Context(), report.Request{RequestID: fmt.Sprint(i)})
	}
}

func numbers(from, to int) (all []string) {
	for i := from; i < to; i++ {
		all = append(all, fmt.Sprint(i))
	}
	return all
}

func wantKept(t *testing.T, s *shelf, want []string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if diff := cmp.Diff(want, s.kept); diff != "" {
		t.Errorf("kept mismatch (-want, +got):\n%s", diff)
	}
}

func TestBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		l := run(s)
		l.add(t, 0, 600)
		synctest.Wait()
		time.Sleep(4 * time.Millisecond) // the batch window is not over
		synctest.Wait()
		wantKept(t, s, numbers(0, 512))
		time.Sleep(time.Millisecond)
		synctest.Wait()
		wantKept(t, s, numbers(0, 600))
		if !slices.Equal(s.batches, []int{256, 256, 88}) {
			t.Errorf("batches %v", s.batches)
		}
		l.stop()
		if err := <-l.ended; err != nil {
			t.Error(err)
		}
	})
}

func TestFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{takes: 3 * time.Millisecond}
		l := run(s)
		for i := range 10 {
			l.add(t, 10*i, 10*i+10)
			if err := l.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			wantKept(t, s, numbers(0, 10*i+10))
		}
		if err := l.Flush(t.Context()); err != nil { // nothing new
			t.Error(err)
		}
		s.takes = time.Second
		l.add(t, 100, 101)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if err := l.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a slow store: %v", err)
		}
		l.stop()
		<-l.ended
		if err := l.Flush(t.Context()); !errors.Is(err, fault.New(fault.StorageDown, "")) {
			t.Errorf("after the end: %v", err)
		}
	})
}

func TestStoreDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{fail: down}
		l := run(s)
		l.add(t, 0, 300)
		time.Sleep(time.Minute)
		if err := l.Flush(t.Context()); !errors.Is(err, fault.New(fault.StorageDown, "")) {
			t.Errorf("flush: %v", err)
		}
		if s.tries < 10 || s.tries > 30 {
			t.Errorf("tried %d times in a minute", s.tries)
		}
		l.add(t, 300, 400)
		s.set(nil)
		time.Sleep(5 * time.Second)
		if err := l.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		wantKept(t, s, numbers(0, 400))
		l.stop()
		<-l.ended
	})
}

func TestFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{fail: down}
		l := run(s)
		l.add(t, 0, 256) // in hand
		synctest.Wait()
		l.add(t, 256, 256+4096) // queued
		start := time.Now()
		l.Add(t.Context(), report.Request{RequestID: "waits"})
		if took := time.Since(start); took != 100*time.Millisecond {
			t.Errorf("waited %v for room", took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		start = time.Now()
		l.Add(ctx, report.Request{RequestID: "does not wait"})
		if took := time.Since(start); took != 0 {
			t.Errorf("waited %v with a context that is over", took)
		}
		if got := l.dropped(t, "full"); got != 2 {
			t.Errorf("counted %d drops", got)
		}
		time.Sleep(150 * time.Millisecond) // the attempts are at 0, 100, 300 ms: the next is 50 ms away
		s.set(nil)
		go l.Add(t.Context(), report.Request{RequestID: "finds room"})
		time.Sleep(10 * time.Second)
		wantKept(t, s, append(numbers(0, 256+4096), "finds room"))
		l.stop()
		<-l.ended
	})
}

func TestRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{fail: func(batch []report.Request) error {
			if slices.ContainsFunc(batch, func(r report.Request) bool { return r.RequestID == "7" }) {
				return errors.New("cannot digest")
			}
			return nil
		}}
		l := run(s)
		l.add(t, 0, 10)
		if err := l.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		wantKept(t, s, slices.Concat(numbers(0, 7), numbers(8, 10)))
		l.add(t, 7, 8) // alone
		if err := l.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		if err := l.Flush(t.Context()); err != nil {
			t.Errorf("a refused request makes the store look down: %v", err)
		}
		if got := l.dropped(t, "refused"); got != 2 {
			t.Errorf("counted %d", got)
		}
		l.stop()
		<-l.ended
	})
}

// A batch that is being saved one by one when the log stops goes on where it was.
func TestStopAmongSingleSaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{fail: func(batch []report.Request) error {
			if len(batch) > 1 {
				return errors.New("cannot digest")
			}
			if batch[0].RequestID == "5" {
				return down(batch)
			}
			return nil
		}}
		l := run(s)
		l.add(t, 0, 10)
		time.Sleep(20 * time.Millisecond)
		wantKept(t, s, numbers(0, 5))
		s.set(nil)
		l.stop()
		if err := <-l.ended; err != nil {
			t.Error(err)
		}
		wantKept(t, s, numbers(0, 10))
	})
}

func TestStop(t *testing.T) {
	for _, tt := range []struct {
		name    string
		takes   time.Duration
		fail    func([]report.Request) error
		count   int
		kept    int
		within  time.Duration
		wantErr bool
	}{
		{"idle", 0, nil, 0, 0, 0, false},
		{"queued", time.Millisecond, nil, 2000, 2000, time.Second, false},
		{"slow", time.Second, nil, 1000, 1000, 5 * time.Second, false},
		{"too slow", 1500 * time.Millisecond, nil, 2000, 3 * 256, 8 * time.Second, true},
		{"hanging", time.Hour, nil, 1000, 0, 8 * time.Second, true},
		{"down", 0, down, 1000, 0, 8 * time.Second, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &shelf{takes: tt.takes, fail: tt.fail}
				l := run(s)
				l.add(t, 0, tt.count)
				synctest.Wait()
				start := time.Now()
				l.stop()
				err := <-l.ended
				if (err != nil) != tt.wantErr || time.Since(start) > tt.within {
					t.Errorf("ended with %v after %v, want within %v", err, time.Since(start), tt.within)
				}
				wantKept(t, s, numbers(0, tt.kept))
				if got := l.dropped(t, "stopped"); got != tt.count-tt.kept {
					t.Errorf("counted %d lost, want %d", got, tt.count-tt.kept)
				}
				start = time.Now()
				l.add(t, 0, 3)
				if got := l.dropped(t, "stopped"); got != tt.count-tt.kept+3 || time.Since(start) != 0 {
					t.Errorf("after the end: counted %d, waited %v", got, time.Since(start))
				}
			})
		})
	}
}

// Every request is either kept once or counted as dropped, whoever adds while the log stops. The moment that matters
// is short, hence the many rounds.
func TestAddWhileStopping(t *testing.T) {
	for range 300 {
		s := &shelf{}
		l := run(s)
		var wg sync.WaitGroup
		started := make(chan struct{}, 8)
		for w := range 8 {
			wg.Go(func() {
				for i := range 40 {
					if i == 5 {
						started <- struct{}{}
					}
					l.Add(context.Background(), report.Request{RequestID: fmt.Sprint(w, ".", i)})
				}
			})
		}
		<-started
		l.stop()
		if err := <-l.ended; err != nil {
			t.Error(err)
		}
		wg.Wait()
		kept := slices.Clone(s.kept)
		slices.Sort(kept)
		if len(slices.Compact(kept)) != len(s.kept) {
			t.Fatal("something was kept twice")
		}
		if dropped := l.dropped(t, "stopped") + l.dropped(t, "full"); len(s.kept)+dropped != 320 {
			t.Fatalf("%d kept and %d dropped, want 320 together", len(s.kept), dropped)
		}
	}
}

func TestRequestLogOnDatabase(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t), store.Options{})
	l := run(s)
	at := time.Date(2022, 11, 24, 12, 0, 0, 0, time.UTC)
	for i := range 700 {
		l.Add(t.Context(), report.Request{Code: 200, At: at, RequestID: fmt.Sprint(i), Body: `{"login":"a","password":"hunter22"}`})
	}
	if err := l.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	i := 0
	for r, err := range s.Requests(t.Context(), at, at.Add(time.Second), true) {
		if err != nil {
			t.Fatal(err)
		}
		if r.RequestID != fmt.Sprint(i) || r.ID != int64(i+1) || r.Body != `{"login":"a","password":"***"}` {
			t.Fatalf("request %d is %+v", i, r)
		}
		i++
	}
	if i != 700 {
		t.Errorf("%d requests", i)
	}
	l.stop()
	if err := <-l.ended; err != nil {
		t.Error(err)
	}
}

func BenchmarkAdd(b *testing.B) {
	l := run(storetest.Open(b, storetest.SQLite(b), store.Options{}))
	r := report.Request{Body: `{"called_number":"89990001122","caller_number":"84950001122","sip":"101"}` + strings.Repeat(" ", 100)}
	for b.Loop() {
		l.Add(b.Context(), r)
	}
	if err := l.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	l.stop()
	<-l.ended
}
