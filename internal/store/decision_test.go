package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/dialplan"
	"callgate/internal/fault"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// TestDecisions: decisions come back whole, by time, page by page, and each once however often it is saved.
func TestDecisions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s, other := t.Context(), open(), open()
		must(t, s.SaveDecisions(ctx, nil))
		var all []dialplan.Decision
		for i := range 250 { // several to a moment, more than one statement takes
			all = append(all, dialplan.Decision{ID: fmt.Sprintf("%04d", i), At: at(i / 3).Add(time.Microsecond), Switch: "main", Core: "c", Call: fmt.Sprint("call", i%2),
				Number: "+7800", Project: []string{"one", "two", ""}[i%3], Route: "Маршрут", Step: dialplan.Queued, Detail: "q@default"})
		}
		must(t, s.SaveDecisions(ctx, all[100:]))
		must(t, other.SaveDecisions(ctx, all[:150])) // late, and some of them again
		whole := dialplan.DecisionQuery{From: at(0), To: at(1000), Limit: 1000}
		some := func(keep func(int, dialplan.Decision) bool) (some []dialplan.Decision) {
			for i, d := range all {
				if keep(i, d) {
					some = append(some, d)
				}
			}
			return some
		}
		with := func(change func(*dialplan.DecisionQuery)) dialplan.DecisionQuery { q := whole; change(&q); return q }
		for _, tt := range []struct {
			name  string
			query dialplan.DecisionQuery
			want  []dialplan.Decision
		}{
			{"all", whole, all},
			{"start included, stop not", with(func(q *dialplan.DecisionQuery) { q.From, q.To = all[30].At, all[60].At }), all[30:60]},
			{"none", with(func(q *dialplan.DecisionQuery) { q.From = at(500) }), nil},
			{"stop before start", with(func(q *dialplan.DecisionQuery) { q.From, q.To = at(50), at(10) }), nil},
			{"of one call", with(func(q *dialplan.DecisionQuery) { q.Call = "call1" }), some(func(i int, _ dialplan.Decision) bool { return i%2 == 1 })},
			{"of no call", with(func(q *dialplan.DecisionQuery) { q.Call = "x\x00" }), nil},
			{"of projects", with(func(q *dialplan.DecisionQuery) { q.Projects = []string{"one", "two"} }), some(func(i int, _ dialplan.Decision) bool { return i%3 != 2 })},
			{"behind one, within its moment", with(func(q *dialplan.DecisionQuery) { q.After, q.Limit = all[4].Cursor(), 7 }), all[5:12]},
			{"behind one that is before the start", with(func(q *dialplan.DecisionQuery) { q.From, q.After, q.Limit = all[30].At, all[4].Cursor(), 7 }), all[30:37]},
		} {
			t.Run(tt.name, func(t *testing.T) {
				got, err := other.Decisions(ctx, tt.query)
				if len(got) == 0 {
					got = nil
				}
				if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
					t.Errorf("%v, mismatch (-want, +got):\n%s", err, diff)
				}
			})
		}
		var pages []dialplan.Decision
		for q := with(func(q *dialplan.DecisionQuery) { q.Limit = 7 }); ; {
			page, err := s.Decisions(ctx, q)
			must(t, err)
			if len(page) == 0 {
				break
			}
			pages = append(pages, page...)
			q.After = page[len(page)-1].Cursor()
		}
		if diff := cmp.Diff(all, pages); diff != "" {
			t.Errorf("page by page: mismatch (-want, +got):\n%s", diff)
		}
		// What no column takes is kept with marks in its place.
		must(t, s.SaveDecisions(ctx, []dialplan.Decision{{ID: "x", At: at(2000), Number: "\xff\x00", Detail: "a\x00b"}}))
		got, err := s.Decisions(ctx, dialplan.DecisionQuery{From: at(2000), To: at(2001), Limit: 1})
		if err != nil || len(got) != 1 || got[0].Detail != "a\uFFFDb" {
			t.Errorf("got %+v, %v", got, err)
		}
		must(t, s.Close())
		wantKind(t, "closed", s.SaveDecisions(ctx, all), fault.StorageDown)
		_, err = s.Decisions(ctx, whole)
		wantKind(t, "closed", err, fault.StorageDown)
	})
}
