package store_test

import (
	"context"
	"fmt"
	"strings"
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

func TestRequests(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		if got := collect(t, s, at(0), at(100), true); len(got) != 0 {
			t.Errorf("an empty log holds %v", got)
		}
		full := report.Request{Body: `{"имя":"Анна"}`, Module: "contact", Action: "add", Code: 200, At: at(0).Add(123456 * time.Microsecond),
			UserID: 7, Login: "anna", Reason: "none", RequestID: "r1"}
		refused := report.Request{Body: "\x00\xffx", Module: strings.Repeat("ю", 1000), Code: 405, Error: "Access denied!", At: at(1)}
		must(t, s.SaveRequests(t.Context(), nil))
		must(t, s.SaveRequests(t.Context(), []report.Request{full, refused}))

		full.ID = 1
		if diff := cmp.Diff([]report.Request{full}, collect(t, s, at(0), at(100), true)); diff != "" {
			t.Errorf("mismatch (-want, +got):\n%s", diff)
		}
		refused.ID, refused.Body, refused.Module = 2, "\uFFFD\uFFFDx", strings.Repeat("ю", 512)
		if diff := cmp.Diff([]report.Request{refused}, collect(t, s, at(0), at(100), false)); diff != "" {
			t.Errorf("mismatch (-want, +got):\n%s", diff)
		}
	})
}

func TestRequestsAreWhole(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		// More than a page, the clock going backwards on the way, every third refused.
		const count = 1750
		batch := make([]report.Request, count)
		for i := range batch {
			batch[i] = report.Request{Code: 200, At: at(1000 - i%700), RequestID: fmt.Sprint(i)}
			if i%3 == 0 {
				batch[i].Code = 404
			}
		}
		must(t, s.SaveRequests(t.Context(), batch[:1000]))
		must(t, s.SaveRequests(t.Context(), batch[1000:]))
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
	})
}

func TestSaveRequestsIsAllOrNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		must(t, s.Exec(t.Context(), `CREATE UNIQUE INDEX only_once ON requests (request_id)`))
		batch := make([]report.Request, 700)
		for i := range batch {
			batch[i] = report.Request{Code: 200, At: at(1), RequestID: fmt.Sprint(i)}
		}
		batch[650].RequestID = "0"
		wantKind(t, "a request twice", s.SaveRequests(t.Context(), batch), fault.Conflict)
		if got := collect(t, s, at(0), at(2), true); len(got) != 0 {
			t.Errorf("%d requests of a failed batch were kept", len(got))
		}
	})
}
