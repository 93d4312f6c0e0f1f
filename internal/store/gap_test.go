package store_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/history"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

const hour = 3600 * 1_000_000

// ended makes a hangup of a leg that began at(0), as record makes its CDR.
func ended(core, leg string, end int) history.Hangup {
	return history.Hangup{Core: core, Leg: leg, Switch: "main", Project: "9876", Direction: "inbound", Cause: "NORMAL_CLEARING", Side: "member",
		Queue: "q", Agent: "a", Caller: "8919", Called: "7495", Started: at(0).UnixMicro(), Answered: at(1).UnixMicro(), Ended: at(end).UnixMicro(),
		Noted: at(end + 1).UnixMicro()}
}

func dialled(core, leg string, telling bool) history.Hangup {
	h := ended(core, leg, 10)
	h.Dialled, h.Telling = true, telling
	return h
}

func everyGap() history.GapQuery {
	return history.GapQuery{To: math.MaxInt64, Noted: math.MaxInt64, Limit: 100}
}

// gaps lists the legs of an answer.
func gaps(t testing.TB, s *store.Store, change func(q *history.GapQuery)) (legs []string) {
	t.Helper()
	q := everyGap()
	if change != nil {
		change(&q)
	}
	all, err := s.Gaps(t.Context(), q)
	must(t, err)
	for _, h := range all {
		legs = append(legs, h.Leg)
	}
	return legs
}

func wantGaps(t testing.TB, s *store.Store, what string, want ...string) {
	t.Helper()
	got := gaps(t, s, nil)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%s: gaps are %q, want %q", what, got, want)
	}
}

// TestGap: a leg is a gap while it has no CDR, whichever of the two comes first.
func TestGap(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		save(t, s, record("there", "there", "<there/>"))
		unreadable := record("unreadable", "", "junk")
		unreadable.Readable = false
		save(t, s, unreadable)
		timeless := record("timeless", "timeless", "<timeless/>")
		timeless.Start = 0
		save(t, s, timeless)
		named := record("caller", "caller", "<caller/>")
		named.Peers = []string{"named"}
		save(t, s, named)
		reused := record("reused", "reused", "<old/>")
		reused.Start -= 90 * 24 * hour
		save(t, s, reused)
		first := ended("core", "missing", 10)
		odd := ended("core", "od\x00d\xff", 11)
		for range 2 { // as another process would
			must(t, s.SaveHangups(ctx, []history.Hangup{first, ended("core", "there", 5), ended("core", "unreadable", 6), ended("core", "timeless", 6),
				ended("core", "named", 7), ended("core", "reused", 8), odd, first}))
		}
		must(t, s.SaveHangups(ctx, []history.Hangup{ended("core", "unreadable later", 6), ended("core", "timeless later", 6)}))
		must(t, s.SaveHangups(ctx, nil))
		wantGaps(t, s, "at first", "missing", "named", "od\uFFFDd\uFFFD", "reused", "timeless later", "unreadable later")
		unreadable.Leg, timeless.Leg = "unreadable later", "timeless later"
		save(t, s, unreadable)
		save(t, s, timeless)
		wantGaps(t, s, "those have come in their ways", "missing", "named", "od\uFFFDd\uFFFD", "reused")
		all, err := s.Gaps(ctx, everyGap())
		must(t, err)
		if !cmp.Equal(all[1], first) {
			t.Errorf("kept otherwise: %s", cmp.Diff(first, all[1]))
		}
		again := first
		again.Cause = "OTHER"
		must(t, s.SaveHangups(ctx, []history.Hangup{again, ended("other core", "missing", 12)}))
		wantGaps(t, s, "the uuid on another core", "missing", "missing", "named", "od\uFFFDd\uFFFD", "reused")

		save(t, s, record("missing", "missing", "<late/>"))
		save(t, s, record("od\x00d\xff", "odd", "<odd/>"))
		wantGaps(t, s, "the CDR has come", "named", "reused")
		if n, err := s.CountGaps(ctx, math.MaxInt64); n["main"] != 7 || err != nil {
			t.Errorf("before the sweep there are %v, %v", n, err)
		}
		if next, err := s.SweepGaps(ctx, 0, history.GapPlace{}); next != (history.GapPlace{}) || err != nil {
			t.Errorf("swept up to %+v, %v", next, err)
		}
		if n, err := s.CountGaps(ctx, math.MaxInt64); n["main"] != 2 || err != nil {
			t.Errorf("after the sweep there are %v, %v", n, err)
		}
		if n, err := s.CountGaps(ctx, at(9).UnixMicro()); n["main"] != 1 || err != nil {
			t.Errorf("noted before there are %v, %v", n, err)
		}
		if _, err := s.SweepGaps(ctx, at(8).UnixMicro(), history.GapPlace{}); err != nil {
			t.Error(err)
		}
		wantGaps(t, s, "the older are forgotten", "reused")
	})
}

// TestGapOfADialledLeg: B legs are missed where their core is known to post such.
func TestGapOfADialledLeg(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		must(t, s.SaveCore(ctx, "core", "main"))
		hangups := func(all ...history.Hangup) {
			t.Helper()
			must(t, s.SaveHangups(ctx, all))
		}
		save(t, s, record("a", "a", "<a/>"))
		save(t, s, record("maybe", "maybe", "<maybe/>"))
		hangups(ended("core", "a", 10), dialled("core", "b1", true), dialled("core", "maybe", false))
		wantGaps(t, s, "none of them was ever posted")
		save(t, s, record("b2", "b2", "<b2/>"))
		hangups(dialled("core", "b2", true), dialled("core", "b3", true), dialled("core", "b4", false), dialled("other", "b5", true))
		wantGaps(t, s, "one was", "b3", "b4")
		hangups(dialled("core", "b6", true))
		wantGaps(t, s, "and that is known for ever", "b3", "b4", "b6")
		must(t, s.SaveCore(ctx, "core", "main"))
		save(t, s, record("b7", "b7", "<b7/>"))
		hangups(dialled("new", "b7", true), dialled("core", "b8", true))
		wantGaps(t, s, "even when the core is kept again", "b3", "b4", "b6", "b8")
		names, err := s.Cores(ctx)
		must(t, err)
		if want := map[string]string{"core": "main", "new": "main"}; !cmp.Equal(names, want) {
			t.Errorf("cores are %v", names)
		}
		must(t, s.SaveCore(ctx, "core", "renamed"))
		if names, err = s.Cores(ctx); names["core"] != "renamed" || err != nil {
			t.Errorf("cores are %v, %v", names, err)
		}
	})
}

func TestGapQuery(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		var all []history.Hangup
		for i, leg := range []string{"e", "d", "b", "c", "a"} { // the end of d, b and c is the same
			h := ended("core", leg, []int{1, 2, 2, 2, 3}[i])
			h.Core = map[string]string{"c": "a core"}[leg] + h.Core
			all = append(all, h)
		}
		all[0].Project, all[1].Project, all[4].Switch = "1111", "", "other"
		must(t, s.SaveHangups(t.Context(), all))
		for _, tt := range []struct {
			name   string
			change func(q *history.GapQuery)
			want   string
		}{
			{"all", nil, "acbde"},
			{"from", func(q *history.GapQuery) { q.From = at(2).UnixMicro() }, "acbd"},
			{"to", func(q *history.GapQuery) { q.To = at(3).UnixMicro() }, "cbde"},
			{"noted", func(q *history.GapQuery) { q.Noted = at(3).UnixMicro() }, "e"},
			{"a switch", func(q *history.GapQuery) { q.Switch = "other" }, "a"},
			{"a project", func(q *history.GapQuery) { q.Projects = []string{"9876"} }, "acb"},
			{"two projects", func(q *history.GapQuery) { q.Projects = []string{"9876", "1111", "' OR 1=1 --"} }, "acbe"},
			{"no such project", func(q *history.GapQuery) { q.Projects = []string{"x"} }, ""},
		} {
			if got := strings.Join(gaps(t, s, tt.change), ""); got != tt.want {
				t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
			}
		}
		var read []string
		for after := (history.GapPlace{}); ; {
			q := everyGap()
			q.Limit, q.After = 2, after
			page, err := s.Gaps(t.Context(), q)
			must(t, err)
			for _, h := range page {
				read = append(read, h.Leg)
				after = h.Place()
			}
			if len(page) < q.Limit {
				break
			}
		}
		if got := strings.Join(read, ""); got != "acbde" {
			t.Errorf("page by page: %q", got)
		}
	})
}

// TestSweepGaps: a sweep goes through all rows, however many, and takes only what it is to.
func TestSweepGaps(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		var all []history.Hangup
		for i := range 2500 {
			all = append(all, ended(fmt.Sprintf("core%d", i%3), fmt.Sprintf("leg%04d", i), 10))
		}
		for batch := range slices.Chunk(all, 250) {
			must(t, s.SaveHangups(ctx, batch))
		}
		for i := 0; i < 2500; i += 100 {
			leg := fmt.Sprintf("leg%04d", i)
			save(t, s, record(leg, leg, leg))
		}
		steps, place := 0, history.GapPlace{}
		for ; steps == 0 || place != (history.GapPlace{}); steps++ {
			var err error
			place, err = s.SweepGaps(ctx, 0, place)
			must(t, err)
		}
		if n, err := s.CountGaps(ctx, math.MaxInt64); n["main"] != 2475 || err != nil || steps != 3 {
			t.Errorf("%v are left after %d steps, %v", n, steps, err)
		}
	})
}

// TestGapsOfTwo: two processes keep the same hangups at the same time, while CDRs come.
func TestGapsOfTwo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, stores := t.Context(), []*store.Store{open(), open()}
		var all []history.Hangup
		for i := range 200 {
			all = append(all, ended("core", fmt.Sprintf("leg%03d", i), 10))
		}
		var working sync.WaitGroup
		for n, s := range stores {
			working.Go(func() {
				own := slices.Clone(all)
				if n == 1 {
					slices.Reverse(own)
				}
				for batch := range slices.Chunk(own, 50) {
					if err := s.SaveHangups(ctx, batch); err != nil {
						t.Error(err)
					}
					if _, err := s.SweepGaps(ctx, 0, history.GapPlace{}); err != nil {
						t.Error(err)
					}
				}
			})
			working.Go(func() {
				for i := n; i < 200; i += 4 {
					leg := fmt.Sprintf("leg%03d", i)
					if _, err := storetest.SaveCDR(ctx, s, record(leg, leg, leg)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		working.Wait()
		if got := gaps(t, stores[0], func(q *history.GapQuery) { q.Limit = 1000 }); len(got) != 100 {
			t.Errorf("%d gaps", len(got))
		}
	})
}
