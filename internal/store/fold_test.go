package store_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/history"
	"callgate/internal/report"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// fold sums up all figures of before a time.
func fold(t *testing.T, s *store.Store, before time.Time) (folds int) {
	t.Helper()
	for next := int64(0); ; folds++ {
		var err error
		if next, _, err = s.FoldFigures(t.Context(), next, before.UnixMicro()); err != nil {
			t.Fatal(err)
		}
		if next == 0 {
			return folds
		}
	}
}

// TestFoldFigures: sums are what is read of a day, they are not read any more when one of their figures changes, and they
// are made once.
func TestFoldFigures(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		const hour = 3600
		for i, began := range []int{0, 60, 2 * hour, 5 * hour, 8 * hour, 14 * hour, 14*hour + 1} {
			save(t, s, lost(string(rune('a'+i)), "queue1", began, 10+i))
		}
		begin := at(0).Truncate(3 * time.Hour)
		q := report.FigureQuery{Level: report.OfQueues, By: report.By{Queue: true}}
		for day := range 2 {
			q.Spans = append(q.Spans, report.Span{From: begin.Add(-time.Duration(day)*15*time.Minute).AddDate(0, 0, day).UnixMicro(), To: begin.Add(-15*time.Minute).AddDate(0, 0, day+1).UnixMicro()})
		}
		figures := func() []report.FigureRow {
			t.Helper()
			rows, err := s.Figures(t.Context(), q)
			must(t, err)
			return rows
		}
		longest := func(want int64) {
			t.Helper()
			if rows := figures(); len(rows) != 1 || rows[0].LostLongest != want {
				t.Errorf("got %+v, want the longest wait to be %d", rows, want)
			}
		}
		want := figures()
		if n := fold(t, s, begin.Add(9*time.Hour-1)); n != 2 {
			t.Errorf("summed up %d spans, want 2", n)
		}
		if n := fold(t, s, begin.Add(24*time.Hour)); n != 2 {
			t.Errorf("summed up %d spans more, want 2", n)
		}
		if diff := cmp.Diff(want, figures()); diff != "" {
			t.Errorf("of sums (-want, +got):\n%s", diff)
		}
		must(t, s.Exec(t.Context(), `UPDATE folded_rollups SET lost_longest = 1000`))
		longest(1000)
		if n, err := s.WrongFigures(t.Context()); n != 4 || err != nil {
			t.Errorf("%d are wrong, %v; want the 4 spans", n, err)
		}
		save(t, s, lost("late", "queue1", 14*hour+2, 70))
		must(t, s.Exec(t.Context(), `UPDATE folded_rollups SET lost_longest = 60 WHERE lost_longest = 1000`))
		longest(70)
		if _, err := s.RebuildFigures(t.Context(), store.Rebuild{To: begin.AddDate(0, 0, 2).UnixMicro(), Mend: true}); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Count(t.Context(), `SELECT COUNT(*) FROM folds`); n != 0 || err != nil {
			t.Errorf("%d sums are good, %v; want none", n, err)
		}
		want[0].Queued, want[0].Lost, want[0].LostWait, want[0].LostLongest = want[0].Queued+1, want[0].Lost+1, want[0].LostWait+70, 70
		want[0].LostIn[7]++
		for range 2 {
			if diff := cmp.Diff(want, figures()); diff != "" {
				t.Errorf("after a rebuild (-want, +got):\n%s", diff)
			}
			fold(t, s, begin.AddDate(0, 0, 1))
		}
		if n, err := s.WrongFigures(t.Context()); n != 0 || err != nil {
			t.Errorf("%d are wrong at the end, %v", n, err)
		}
	})
}

// TestRebuildFolds: a rebuild sees what is off in sums, and they are read no more.
func TestRebuildFolds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		saveRandom(t, s, rand.New(rand.NewPCG(1, 2)), 40)
		for _, spoil := range []string{`UPDATE folded_rollups SET inbound = inbound + 1`, `DELETE FROM folded_rollups WHERE agent <> ''`,
			`INSERT INTO folded_rollups SELECT * FROM folded_rollups WHERE queue <> ''`, `UPDATE folded_endings SET calls = calls + 1`, `DELETE FROM folded_endings`} {
			fold(t, s, at(9*3600))
			if n, err := s.WrongFigures(t.Context()); n != 0 || err != nil {
				t.Errorf("before %s %d are wrong, %v", spoil, n, err)
			}
			must(t, s.Exec(t.Context(), spoil))
			if n, err := s.RebuildFigures(t.Context(), store.Rebuild{To: at(48 * 3600).UnixMicro(), Mend: true}); n == 0 || err != nil {
				t.Errorf("after %s nothing is wrong, %v", spoil, err)
			}
			if n, err := s.WrongFigures(t.Context()); n != 0 || err != nil {
				t.Errorf("after %s and a rebuild %d are wrong, %v", spoil, n, err)
			}
		}
	})
}

// TestFoldedReports: whatever is summed up, a report of a level and of spans has what it has of the figures themselves.
func TestFoldedReports(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		random, s := rand.New(rand.NewPCG(seed, 1)), open()
		saveRandom(t, s, random, 60)
		fold(t, s, at(9*3600))
		var folds []string
		for range 5 {
			q := report.FigureQuery{Level: report.Level(random.IntN(3)), By: report.By{Project: random.IntN(2) == 0, Number: random.IntN(2) == 0, Agent: random.IntN(2) == 0}}
			for from := at(-6 * 3600).UnixMicro(); from < at(9*3600).UnixMicro(); {
				from -= from % history.Quarter
				to := from + history.Quarter*(1+random.Int64N(40))
				q.Spans = append(q.Spans, report.Span{From: from, To: to})
				from = to + history.Quarter*random.Int64N(3)
			}
			folded, err := s.Figures(t.Context(), q)
			must(t, err)
			foldedEndings, err := s.Endings(t.Context(), q)
			must(t, err)
			folds, err = s.Dump(t.Context(), `SELECT * FROM folds`)
			must(t, err)
			must(t, s.Exec(t.Context(), `DELETE FROM folds`))
			plain, err := s.Figures(t.Context(), q)
			must(t, err)
			if diff := cmp.Diff(plain, folded); diff != "" || len(plain) == 0 {
				t.Errorf("%+v (-plain, +folded):\n%s", q, diff)
			}
			endings, err := s.Endings(t.Context(), q)
			must(t, err)
			if diff := cmp.Diff(endings, foldedEndings); diff != "" || len(endings) == 0 {
				t.Errorf("endings of %+v (-plain, +folded):\n%s", q, diff)
			}
			fold(t, s, at(9*3600))
		}
		if len(folds) < 2 {
			t.Errorf("summed up are %q", folds)
		}
	})
}
