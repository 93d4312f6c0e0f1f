package app_test

import (
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"callgate/esl/esltest"
)

// TestNoRequestIsForgotten ends a process that is under load. Stopped in order it leaves every request that it has
// answered in the log; killed, all but the last ones. How long a moment that is BenchmarkKilled measures: on a machine
// that is busy with other tests the disk alone may take longer.
func TestNoRequestIsForgotten(t *testing.T) {
	t.Parallel() // it mostly waits
	load := 2 * time.Second
	if testing.Short() {
		load = time.Second
	}
	for i, db := range databases {
		for j, tt := range []struct {
			name string
			with os.Signal
			lost time.Duration // before the end, what may be lost
		}{
			{"stopped", syscall.SIGTERM, 0},
			{"killed", syscall.SIGKILL, 3 * time.Second},
		} {
			if testing.Short() && i != j { // each of both kinds once
				continue
			}
			t.Run(db.name+"/"+tt.name, func(t *testing.T) {
				answered, missing, lost := endUnderLoad(t, db.url(t), tt.with, load)
				t.Logf("%d answered, %d not in the log, the oldest of them %v before the end", answered, missing, lost)
				if lost > tt.lost || tt.lost == 0 && missing > 0 || answered < 50 {
					t.Errorf("want at most those of the last %v", tt.lost)
				}
			})
		}
	}
}

// BenchmarkKilled kills a process under load and reports what of its request log was lost: the limit is 200 ms.
func BenchmarkKilled(b *testing.B) {
	for _, db := range databases {
		b.Run(db.name, func(b *testing.B) {
			var worst time.Duration
			for b.Loop() {
				_, _, lost := endUnderLoad(b, db.url(b), syscall.SIGKILL, time.Second)
				worst = max(worst, lost)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(worst.Milliseconds()), "lost-ms,limit-200")
		})
	}
}

// endUnderLoad sends a process requests for a while and then a signal. It tells how many it answered, how many of those
// are not in its request log, and how long before the end the oldest of these was answered.
func endUnderLoad(tb testing.TB, database string, with os.Signal, load time.Duration) (answers, missing int, lost time.Duration) {
	tb.Helper()
	sw, err := esltest.New(manualSwitch())
	if err != nil {
		tb.Fatal(err)
	}
	runUntilCleanup(tb, "switch", sw.Run)
	s := &served{Database: database, Recordings: filepath.Clean(tb.TempDir()), Switch: sw.Addr()}
	s.start(tb)
	token := s.signIn(tb)

	type answered struct {
		number int64
		at     time.Time
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	all := make([][]answered, 4)
	for i := range all {
		c := s.call(tb, "/contact/tiers", token, &next)
		wg.Go(func() {
			for {
				number, _, err := c.do()
				if err != nil {
					return // the process has gone
				}
				all[i] = append(all[i], answered{number, time.Now()})
			}
		})
	}
	<-time.After(load)
	ended := time.Now()
	if err := s.end(with); err != nil && with != syscall.SIGKILL {
		tb.Errorf("the process ended with %v", err)
	}
	wg.Wait()
	found := numbersLogged(tb, database)
	for _, a := range all {
		for _, r := range a {
			answers++
			switch found[r.number] {
			case 1:
			case 0:
				missing++
				lost = max(lost, ended.Sub(r.at))
			default:
				tb.Errorf("request %d is %d times in the log", r.number, found[r.number])
			}
		}
	}
	return answers, missing, lost
}
