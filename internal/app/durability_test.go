package app_test

import (
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestNoRequestIsForgotten ends a process that is under load. Stopped in order it leaves every request that it has
// answered in the log; killed, every one that it had answered 200 ms before.
func TestNoRequestIsForgotten(t *testing.T) {
	for _, db := range databases {
		for _, tt := range []struct {
			name string
			with os.Signal
			lost time.Duration // before the end, what may be lost
		}{
			{"stopped", syscall.SIGTERM, 0},
			{"killed", syscall.SIGKILL, 200 * time.Millisecond},
		} {
			t.Run(db.name+"/"+tt.name, func(t *testing.T) {
				l := newLand(t, db.url(t), nil)
				s := &served{Database: l.database, Recordings: filepath.Dir(l.recordings), Switch: l.sw.Addr()}
				s.start(t)
				token := s.signIn(t)

				type answered struct {
					number int64
					at     time.Time
				}
				var next, count atomic.Int64
				var wg sync.WaitGroup
				all := make([][]answered, 4)
				for i := range all {
					c := s.call(t, "/contact/tiers", token, &next)
					wg.Go(func() {
						for {
							number, _, err := c.do()
							if err != nil {
								return // the process has gone
							}
							all[i] = append(all[i], answered{number, time.Now()})
							count.Add(1)
						}
					})
				}
				began := time.Now()
				eventually(t, "load", func() bool { return count.Load() > 3000 && time.Since(began) > 700*time.Millisecond })
				ended := time.Now()
				if err := s.end(tt.with); err != nil && tt.lost == 0 {
					t.Errorf("the process ended with %v", err)
				}
				wg.Wait()
				found := numbersLogged(t, l.database)
				missing, old := 0, 0
				for _, a := range all {
					for _, r := range a {
						if tt.lost > 0 && r.at.After(ended.Add(-tt.lost)) {
							continue
						}
						old++
						if found[r.number] != 1 {
							missing++
						}
					}
				}
				t.Logf("%d answered, %d in the log, %d had to be there", count.Load(), len(found), old)
				if missing > 0 || old < 1000 {
					t.Errorf("of %d requests that have to be in the log %d are not there once", old, missing)
				}
			})
		}
	}
}
