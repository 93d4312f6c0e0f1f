package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/fault"
	"callgate/internal/history"
	"callgate/internal/report"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// saveRandom saves random calls, leg by leg in any order and some twice, while figures are summed up, and returns what they
// are.
func saveRandom(t *testing.T, s *store.Store, random *rand.Rand, calls int) (joined []*history.Call) {
	t.Helper()
	var all []*history.Document
	for _, records := range randomCalls(random, calls) {
		var legs []*history.Leg
		for _, r := range records {
			d := storetest.Document(s, r, at(0))
			d.Leg = history.NewLeg(r, d.Received, around{})
			all, legs = append(all, d), append(legs, d.Leg)
		}
		joined = append(joined, history.Join(legs))
	}
	all = append(all, all[:len(all)/4]...)
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for some := range slices.Chunk(all, 1+random.IntN(30)) {
		if _, err := s.SaveCDRs(t.Context(), some); err != nil {
			t.Fatal(err)
		}
		if random.IntN(4) == 0 {
			fold(t, s, at(random.IntN(7*3600)))
		}
	}
	return joined
}

// waits are what a report tells of a span of a queue.
type waits struct{ Offered, Answered, InTime, LostInTime, Short int64 }

// TestReportsOfRandomCalls: whatever the calls, in whatever batches their legs come, and whatever the thresholds and the
// interval, a report of queues has what follows from each visit by itself, and of endings what follows from each call.
func TestReportsOfRandomCalls(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 1))
		s := open()
		calls := saveRandom(t, s, random, 120)
		zone, err := time.LoadLocation("Australia/Lord_Howe")
		must(t, err)
		for range 4 {
			q := report.Query{From: at(-3600).In(zone), To: at(7 * 3600), Interval: [...]report.Interval{report.Quarter, report.Hour, report.Day, report.Whole}[random.IntN(4)],
				Service: report.Service{Threshold: 1 + random.Int64N(200), Short: [...]int64{5, 7, 10}[random.IntN(3)]}}
			spans, err := report.Split(q.From, q.To, q.Interval)
			must(t, err)
			span := func(us int64) int {
				return slices.IndexFunc(spans, func(s report.Span) bool { return s.From <= us && us < s.To })
			}
			want, ends := map[string]waits{}, map[string]int64{}
			for _, c := range calls {
				ends[fmt.Sprint(span(c.Started), c.Direction, c.Disposition, c.HungUp, c.Cause)]++
				for _, v := range c.Visits {
					key := fmt.Sprint(span(max(v.Joined*1e6, c.Started)), v.Queue)
					w := want[key]
					w.Offered++
					switch answered := v.Outcome == history.Served; {
					case answered:
						w.Answered++
						if v.Wait < q.Service.Threshold {
							w.InTime++
						}
					default:
						if v.Wait < q.Service.Threshold {
							w.LostInTime++
						}
						if v.Wait < q.Service.Short {
							w.Short++
						}
					}
					want[key] = w
				}
			}
			rows, err := report.NewReports(s).Figures(t.Context(), q, report.OfQueues, report.By{Queue: true})
			must(t, err)
			got := map[string]waits{}
			for _, r := range rows {
				got[fmt.Sprint(r.Span, r.Queue)] = waits{r.Queued, r.Answered, r.InTime, r.LostInTime, r.Short}
				if !r.Known || !r.ShortKnown || r.Time != spans[r.Span] {
					t.Errorf("%+v", r)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("by %s, %+v: queues mismatch (-want, +got):\n%s", q.Interval, q.Service, diff)
			}
			ended, err := report.NewReports(s).Endings(t.Context(), q)
			must(t, err)
			told := map[string]int64{}
			for _, e := range ended {
				told[fmt.Sprint(e.Span, e.Direction, e.Disposition, e.HungUp, e.Cause)] = e.Calls
			}
			if diff := cmp.Diff(ends, told); diff != "" {
				t.Errorf("by %s: endings mismatch (-want, +got):\n%s", q.Interval, diff)
			}
			fold(t, s, at(random.IntN(7*3600)))
		}
	})
}

// TestRebuildEndings: a rebuild sees what is off in how calls ended, and sets it right; calls that were known before it was
// counted, too.
func TestRebuildEndings(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		saveRandom(t, s, rand.New(rand.NewPCG(1, 2)), 40)
		want, err := s.Dump(t.Context(), `SELECT * FROM endings`)
		must(t, err)
		for _, spoil := range []string{`DELETE FROM endings`, `UPDATE endings SET calls = calls + 1`,
			`INSERT INTO endings SELECT quarter, project, number, direction, disposition, hung_up_by, 'NONE_SUCH', 3 FROM endings`} {
			must(t, s.Exec(t.Context(), spoil))
			if n, err := s.WrongFigures(t.Context()); n == 0 || err != nil {
				t.Errorf("after %s nothing is wrong, %v", spoil, err)
			}
			if _, err := s.RebuildFigures(t.Context(), store.Rebuild{To: at(48 * 3600).UnixMicro(), Mend: true}); err != nil {
				t.Fatal(err)
			}
			got, err := s.Dump(t.Context(), `SELECT * FROM endings`)
			must(t, err)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("after %s and a rebuild (-want, +got):\n%s", spoil, diff)
			}
		}
		if len(want) < 3 {
			t.Errorf("only %q", want)
		}
	})
}

// TestTooManyRows: a store gives up before it has more rows than are wanted.
func TestTooManyRows(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		save(t, s, lost("one", "queue1", 0, 10))
		save(t, s, lost("two", "queue2", 0, 10))
		q := report.FigureQuery{Spans: []report.Span{{From: at(-3600).UnixMicro(), To: at(3600).UnixMicro()}}, Level: report.OfQueues, By: report.By{Queue: true}, Most: 2}
		if rows, err := s.Figures(t.Context(), q); len(rows) != 2 || err != nil {
			t.Errorf("%d rows, %v", len(rows), err)
		}
		q.Most = 1
		if _, err := s.Figures(t.Context(), q); !isWrong(err, "interval") {
			t.Errorf("figures: %v", err)
		}
		r := lost("three", "queue2", 0, 10)
		r.HangupCause = "RECOVERY_ON_TIMER_EXPIRE"
		save(t, s, r)
		if _, err := s.Endings(t.Context(), q); !isWrong(err, "interval") {
			t.Errorf("endings: %v", err)
		}
		q.Projects = []string{"nobody's"}
		if rows, err := s.Endings(t.Context(), q); len(rows) != 0 || err != nil {
			t.Errorf("endings of nobody: %v, %v", rows, err)
		}
	})
}

func isWrong(err error, field string) bool {
	failure, _ := fault.Of(err)
	return failure.Kind == fault.WrongField && failure.Subject == field
}
