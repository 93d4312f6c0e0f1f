package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/fault"
	"callgate/internal/report"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

func collect(t *testing.T, s *store.Store, from, to time.Time, passed bool) []report.Request {
	t.Helper()
	var all []report.Request
	for r, err := range s.Requests(t.Context(), from, to, passed) {
		must(t, err)
		all = append(all, r)
	}
	return all
}

// blocks packs requests, so many into a block.
func blocks(per int, requests ...report.Request) (all []report.Block) {
	for i, r := range requests {
		if i%per == 0 {
			all = append(all, report.Block{})
		}
		all[len(all)-1].Add(r)
	}
	return all
}

func TestRequests(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		if got := collect(t, s, at(0), at(100), true); len(got) != 0 {
			t.Errorf("an empty log holds %v", got)
		}
		full := report.Request{Body: `{"имя":"Анна"}`, Module: "contact", Action: "add", Code: 200, At: at(0).Add(123456 * time.Microsecond),
			UserID: 7, Login: "anna", Reason: "none", RequestID: "r1", Project: "1111"}
		refused := report.Request{Body: "x\x00", Code: 405, Error: "Access denied!", At: at(1)}
		must(t, s.SaveRequests(t.Context(), nil))
		must(t, s.SaveRequests(t.Context(), blocks(2, full, refused)))

		full.ID, refused.ID = 1, 2
		for passed, want := range map[bool]report.Request{true: full, false: refused} {
			if diff := cmp.Diff([]report.Request{want}, collect(t, s, at(0), at(100), passed)); diff != "" {
				t.Errorf("passed %v: mismatch (-want, +got):\n%s", passed, diff)
			}
		}
	})
}

func TestRequestsAreWhole(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		// More than a page of blocks, the clock going backwards on the way, every third refused.
		const count = 1750
		batch := make([]report.Request, count)
		for i := range batch {
			batch[i] = report.Request{Code: 200, At: at(1000 - i%700), RequestID: fmt.Sprint(i)}
			if i%3 == 0 {
				batch[i].Code = 404
			}
		}
		must(t, s.SaveRequests(t.Context(), blocks(2, batch[:1000]...)))
		must(t, s.SaveRequests(t.Context(), blocks(300, batch[1000:]...)))
		for _, tt := range []struct {
			name     string
			from, to int
			passed   bool
		}{
			{"all that passed", 0, 2000, true},
			{"all that did not", 0, 2000, false},
			{"start included, stop not", 400, 700, true},
			{"one second", 900, 901, true},
			{"none", 2000, 3000, true},
			{"stop before start", 700, 400, true},
		} {
			t.Run(tt.name, func(t *testing.T) {
				var want, got []string
				for _, r := range batch {
					if !r.At.Before(at(tt.from)) && r.At.Before(at(tt.to)) && r.Passed() == tt.passed {
						want = append(want, r.RequestID)
					}
				}
				last := int64(0)
				for _, r := range collect(t, s, at(tt.from), at(tt.to), tt.passed) {
					got = append(got, r.RequestID)
					if r.ID <= last {
						t.Fatalf("id %d after %d", r.ID, last)
					}
					last = r.ID
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("mismatch (-want, +got):\n%s", diff)
				}
			})
		}
		for _, tt := range []struct {
			name     string
			from, to int
			before   int64
		}{
			{"all", 0, 2000, 0}, {"start included, stop not", 400, 700, 0}, {"before one", 0, 2000, 1301}, {"before one in a time", 400, 700, 900}, {"before the first", 0, 2000, 1},
			{"before one that is none", 0, 2000, 99999}, {"none", 2000, 3000, 0}, {"stop before start", 700, 400, 0},
		} {
			t.Run("newest first: "+tt.name, func(t *testing.T) {
				var want, got []string
				for i := len(batch) - 1; i >= 0; i-- {
					if r := batch[i]; !r.At.Before(at(tt.from)) && r.At.Before(at(tt.to)) && (tt.before == 0 || int64(i+1) < tt.before) {
						want = append(want, r.RequestID)
					}
				}
				for r, err := range s.NewestRequests(t.Context(), at(tt.from), at(tt.to), tt.before) {
					must(t, err)
					got = append(got, r.RequestID)
					if fmt.Sprint(r.ID-1) != r.RequestID {
						t.Fatalf("id %d of %s", r.ID, r.RequestID)
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("mismatch (-want, +got):\n%s", diff)
				}
			})
		}
		seen := 0
		for range s.Requests(t.Context(), at(0), at(2000), true) {
			if seen++; seen == 3 {
				break
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for _, err := range s.Requests(ctx, at(0), at(2000), true) {
			if err == nil {
				t.Error("a request after the end of the context")
			}
			seen++
		}
		if seen != 4 {
			t.Errorf("%d yields, want three requests and one error", seen)
		}
		must(t, s.Exec(t.Context(), `UPDATE request_blocks SET requests = requests + 1 WHERE first_id = 1001`))
		seen = 0
		for _, err := range s.Requests(t.Context(), at(0), at(2000), false) {
			if err != nil {
				seen = -seen
			} else {
				seen++
			}
		}
		if want := -(1000/3 + 1 + 300/3); seen != want {
			t.Errorf("a damaged block: %d, want %d requests and then an error", seen, want)
		}
	})
}

// A consumer that takes its time holds no connection, and what would fill a page many times over comes page by page.
func TestReadersOfRequestsHoldNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		random := rand.NewChaCha8([32]byte{})
		body := make([]byte, 200_000)
		const count = 20
		for i := range count {
			_, _ = random.Read(body) // does not pack well
			must(t, s.SaveRequests(t.Context(), blocks(1, report.Request{Code: 200, At: at(i), Body: strings.ToValidUTF8(string(body), "?")})))
		}
		seen := 0
		for _, err := range s.Requests(t.Context(), at(0), at(count), true) {
			must(t, err)
			seen++
			if n := s.InUse(); n != 0 {
				t.Fatalf("%d connections are held while a request is looked at", n)
			}
		}
		if seen != count {
			t.Errorf("%d requests, want %d", seen, count)
		}
	})
}

func TestSaveRequestsIsAllOrNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		must(t, s.Exec(t.Context(), `CREATE UNIQUE INDEX only_once ON request_blocks (earliest)`))
		r := report.Request{Code: 200, At: at(1)}
		wantKind(t, "a block twice", s.SaveRequests(t.Context(), blocks(1, r, r)), fault.Conflict)
		if got := collect(t, s, at(0), at(2), true); len(got) != 0 {
			t.Errorf("%d requests of a failed save were kept", len(got))
		}
		must(t, s.SaveRequests(t.Context(), blocks(1, r)))
		if got := collect(t, s, at(0), at(2), true); len(got) != 1 || got[0].ID != 1 {
			t.Errorf("after a failed save: %+v", got)
		}
	})
}

// Whoever reads up to an id has seen all below it, however many processes write: ids grow in the order of commits.
func TestRequestIDs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		const writers, each = 3, 40
		reader := open()
		var wg sync.WaitGroup
		for w := range writers {
			s := open()
			wg.Go(func() {
				for i := range each {
					b := blocks(5, make([]report.Request, 1+i%5)...)
					if err := s.SaveRequests(context.Background(), b); err != nil {
						t.Errorf("writer %d: %v", w, err)
					}
				}
			})
		}
		done := make(chan struct{})
		go func() { wg.Wait(); close(done) }()
		seen := 0
		for over := false; !over; {
			select {
			case <-done:
				over = true
			default:
			}
			all := collect(t, reader, time.Time{}, at(0), false)
			for i, r := range all {
				if r.ID != int64(i+1) {
					t.Fatalf("request %d has id %d", i+1, r.ID)
				}
			}
			if len(all) < seen {
				t.Fatalf("%d requests, then %d", seen, len(all))
			}
			seen = len(all)
		}
		if want := writers * each * 3; seen != want {
			t.Errorf("%d requests, want %d", seen, want)
		}
	})
}

// TestRowsBecomeBlocks: what an older version wrote, one row a request, is found with its ids as before, by several
// processes that start at once.
func TestRowsBecomeBlocks(t *testing.T) {
	t.Parallel()
	for _, database := range []struct {
		name    string
		address func(testing.TB) string
	}{{"sqlite", storetest.NoSQLite}, {"postgres", storetest.EmptyPostgres}} {
		t.Run(database.name, func(t *testing.T) {
			address := database.address(t)
			old, err := store.OpenAt(t.Context(), address, 3)
			must(t, err)
			var want []report.Request
			for i := range 2500 {
				r := report.Request{ID: int64(i + 1), At: at(i), Module: "contact", Action: "tier", Code: 200, Body: `{"имя":"Анна"}`,
					UserID: 7, Login: "anna", RequestID: fmt.Sprint(i)}
				switch {
				case i >= 2400: // after a day
					r.At = r.At.AddDate(0, 0, 1)
				case i >= 2000: // some ids were never used
					r.ID += 50
				}
				if i >= 2400 {
					r.ID += 70
				}
				want = append(want, r)
				must(t, old.Exec(t.Context(), `INSERT INTO requests (id, at, module, action, code, error, body, user_id, login, reason,
					request_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, r.ID, r.At.UnixMicro(), r.Module, r.Action, r.Code, r.Error,
					r.Body, r.UserID, r.Login, r.Reason, r.RequestID))
			}
			must(t, old.Close())
			var wg sync.WaitGroup
			for range 3 {
				wg.Go(func() {
					s, err := store.Open(context.Background(), address, store.Options{})
					if err != nil {
						t.Errorf("open: %v", err)
						return
					}
					_ = s.Close()
				})
			}
			wg.Wait()
			s := storetest.Open(t, address, store.Options{})
			if diff := cmp.Diff(want, collect(t, s, at(0), at(1000).AddDate(0, 0, 3), true)); diff != "" {
				t.Errorf("mismatch (-want, +got):\n%s", diff)
			}
			must(t, s.SaveRequests(t.Context(), blocks(1, report.Request{Code: 200, At: at(1).AddDate(1, 0, 0)})))
			if got := collect(t, s, at(0).AddDate(1, 0, 0), at(2).AddDate(1, 0, 0), true); len(got) != 1 || got[0].ID != 2571 {
				t.Errorf("the next request is %+v, want id 2571", got)
			}
		})
	}
}
