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

	"callgate/internal/fault"
	"callgate/internal/report"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// shelf keeps what it is given, unless it is told to fail.
type shelf struct {
	mu      sync.Mutex
	kept    []string // request ids
	batches []int    // requests of each save
	tries   int
	fail    func() error
	takes   time.Duration
}

func (s *shelf) SaveRequests(ctx context.Context, blocks []report.Block) error {
	var ids []string
	for _, b := range blocks {
		for r, err := range b.All() {
			if err != nil {
				return err
			}
			ids = append(ids, r.RequestID)
		}
	}
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
		if err := fail(); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches = append(s.batches, len(ids))
	s.kept = append(s.kept, ids...)
	return nil
}

func (s *shelf) set(fail func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = fail
}

func down() error { return fault.New(fault.StorageDown, "") }

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

func TestBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{takes: 80 * time.Millisecond}
		l := run(s)
		l.add(t, 0, 600)
		time.Sleep(49 * time.Millisecond) // not yet
		synctest.Wait()
		if s.tries != 0 {
			t.Error("saved at once")
		}
		l.add(t, 600, 700)
		time.Sleep(time.Millisecond) // the first block is being saved
		synctest.Wait()
		l.add(t, 700, 800)
		time.Sleep(80 * time.Millisecond) // it is, and the second has waited long enough meanwhile
		synctest.Wait()
		wantKept(t, s, numbers(0, 700))
		time.Sleep(80 * time.Millisecond)
		synctest.Wait()
		wantKept(t, s, numbers(0, 800))
		if !slices.Equal(s.batches, []int{700, 100}) {
			t.Errorf("saved %v", s.batches)
		}
		l.stop()
		if err := <-l.ended; err != nil {
			t.Error(err)
		}
	})
}

// A block that is full is saved before its time.
func TestFullBlockIsUrgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		l := run(s)
		start := time.Now()
		for i := range 3000 {
			l.Add(t.Context(), large(i))
		}
		synctest.Wait()
		if took := time.Since(start); took != 0 {
			t.Errorf("waited %v for room", took)
		}
		if len(s.batches) != 2 || s.batches[0] < 1000 || s.batches[1] < 1000 {
			t.Errorf("saved %v, want two full blocks", s.batches)
		}
		l.stop()
		<-l.ended
		wantKept(t, s, numbers(0, 3000))
	})
}

// large is a request with as much of a body as is kept.
func large(id int) report.Request {
	return report.Request{RequestID: fmt.Sprint(id), Body: strings.Repeat("x", 4096)}
}

func TestFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{takes: 3 * time.Millisecond}
		l := run(s)
		start := time.Now()
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
		if took := time.Since(start); took != 10*3*time.Millisecond {
			t.Errorf("ten flushes of a store that takes 3 ms took %v", took)
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
		start := time.Now()
		if err := l.Flush(t.Context()); !errors.Is(err, fault.New(fault.StorageDown, "")) || time.Since(start) != 0 {
			t.Errorf("flush: %v after %v", err, time.Since(start))
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

// Who waits for a save that then fails is told so, also while an earlier block is in hand.
func TestFlushOfAStoreThatGoesDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{takes: time.Second}
		l := run(s)
		l.add(t, 0, 1)
		time.Sleep(100 * time.Millisecond) // in hand
		s.set(down)
		l.add(t, 1, 2)
		errs := make(chan error, 2)
		for range 2 {
			go func() { errs <- l.Flush(t.Context()) }()
		}
		start := time.Now()
		for range 2 {
			if err := <-errs; !errors.Is(err, fault.New(fault.StorageDown, "")) || time.Since(start) > 2*time.Second {
				t.Errorf("got %v after %v", err, time.Since(start))
			}
		}
		s.set(nil)
		time.Sleep(5 * time.Second)
		wantKept(t, s, numbers(0, 2))
		l.stop()
		<-l.ended
	})
}

func TestFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{fail: down}
		l := run(s)
		l.add(t, 0, 256)
		time.Sleep(50 * time.Millisecond) // in hand
		synctest.Wait()
		next, start := 256, time.Now()
		for l.dropped(t, "full") == 0 {
			l.Add(t.Context(), large(next))
			next++
		}
		next--
		if took := time.Since(start); took != 100*time.Millisecond || next < 256+1000 {
			t.Errorf("%d fitted in, and the next waited %v for room", next-256, took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		start = time.Now()
		l.Add(ctx, large(-2))
		if took := time.Since(start); took != 0 {
			t.Errorf("waited %v with a context that is over", took)
		}
		if got := l.dropped(t, "full"); got != 2 {
			t.Errorf("counted %d drops", got)
		}
		time.Sleep(150 * time.Millisecond) // the attempts are at 0, 100, 300 ms: the next is 50 ms away
		s.set(nil)
		go l.Add(t.Context(), large(next))
		time.Sleep(10 * time.Second)
		wantKept(t, s, numbers(0, next+1))
		l.stop()
		<-l.ended
	})
}

func TestRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{fail: func() error { return errors.New("cannot digest") }}
		l := run(s)
		l.add(t, 0, 10)
		if err := l.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		s.set(nil)
		l.add(t, 10, 20)
		if err := l.Flush(t.Context()); err != nil {
			t.Errorf("a refused block makes the store look down: %v", err)
		}
		wantKept(t, s, numbers(10, 20))
		if got := l.dropped(t, "refused"); got != 10 {
			t.Errorf("counted %d", got)
		}
		l.stop()
		<-l.ended
	})
}

func TestStop(t *testing.T) {
	for _, tt := range []struct {
		name    string
		takes   time.Duration
		fail    func() error
		count   int
		kept    int
		within  time.Duration
		wantErr bool
	}{
		{"idle", 0, nil, 0, 0, 0, false},
		{"queued", time.Millisecond, nil, 2000, 2000, time.Second, false},
		{"slow", 3 * time.Second, nil, 1000, 1000, 6 * time.Second, false},
		{"too slow", 4500 * time.Millisecond, nil, 2000, 0, 8 * time.Second, true},
		{"hanging", time.Hour, nil, 1000, 0, 8 * time.Second, true},
		{"down", 0, down, 1000, 0, 8 * time.Second, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &shelf{takes: tt.takes, fail: tt.fail}
				l := run(s)
				l.add(t, 0, tt.count/2)
				time.Sleep(60 * time.Millisecond) // these are in hand, or saved
				l.add(t, tt.count/2, tt.count)
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
	// The clock jumps by a day within a block: what is of one day is found there.
	for i := range 10 {
		l.Add(t.Context(), report.Request{Code: 200, At: at.AddDate(0, 0, i%2+1)})
	}
	if err := l.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	i = 0
	for r, err := range s.Requests(t.Context(), at.AddDate(0, 0, 1), at.AddDate(0, 0, 1).Add(time.Second), true) {
		if err != nil || r.ID != int64(701+2*i) {
			t.Fatalf("request %d of a day is %+v, %v", i, r, err)
		}
		i++
	}
	if i != 5 {
		t.Errorf("%d requests of a day, want 5", i)
	}
	l.stop()
	if err := <-l.ended; err != nil {
		t.Error(err)
	}
}

func BenchmarkAdd(b *testing.B) {
	for _, tt := range []struct{ name, body string }{
		{"order", `{"called_number":"89990001122","caller_number":"84950001122","sip":"101"}`},
		{"login", `{"login":"anna","password":"hunter22"}`},
		{"Cyrillic", `{"phone":"89990001122","message":"Ваш заказ готов"}`},
	} {
		b.Run(tt.name, func(b *testing.B) {
			l := run(storetest.Open(b, storetest.SQLite(b), store.Options{}))
			r := report.Request{Body: tt.body, Module: "contact", Action: "add", Code: 200, At: time.Now(), UserID: 1, Login: "anna",
				RequestID: "0123456789abcdef"}
			b.ReportAllocs()
			for b.Loop() {
				l.Add(b.Context(), r)
			}
			if err := l.Flush(b.Context()); err != nil {
				b.Fatal(err)
			}
			l.stop()
			<-l.ended
		})
	}
}
