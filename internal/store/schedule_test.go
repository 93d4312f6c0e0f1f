package store_test

import (
	"errors"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/account"
	"callgate/internal/fault"
	"callgate/internal/report"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// schedule is one with everything in it, of a new user.
func schedule(t *testing.T, s *store.Store) report.Schedule {
	t.Helper()
	owner, err := s.AddUser(t.Context(), account.User{Login: "анна", Status: account.Active}, "x")
	if err != nil {
		t.Fatal(err)
	}
	return report.Schedule{ID: "s1", Name: "Отчёт", Report: "queues", Parameters: url.Values{"queue": {"a&b", "c\nd"}, "sl": {"offered"}}, Format: "csv",
		Period: report.LastWeek, Every: report.Monthly, MonthDay: 31, At: "09:00", Zone: "Europe/Moscow", To: []string{"a@example.com", "b@example.com"},
		Owner: owner, OwnerLogin: "анна", Active: true, Next: at(100), ChangedAt: at(1), ChangedBy: "анна"}
}

func run(due int) report.Run {
	d := report.Date{Year: 2026, Month: time.November, Day: 26}
	return report.Run{Schedule: "s1", Due: at(due), First: d, Last: d.Add(1), By: "борис", State: report.Waiting, Retry: at(due), Pending: []string{"a@example.com", "b@example.com"}}
}

func TestSchedules(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		want := schedule(t, s)
		must(t, s.AddSchedule(ctx, want))
		objection := errors.New("no")
		if err := s.ChangeSchedule(ctx, "s1", func(n *report.Schedule) error {
			if diff := cmp.Diff(want, *n); diff != "" {
				t.Errorf("to be changed (-want, +got):\n%s", diff)
			}
			n.Name = "other"
			return objection
		}); !errors.Is(err, objection) {
			t.Errorf("an objection: %v", err)
		}
		want.Every, want.Weekday, want.MonthDay, want.Parameters = report.Weekly, 7, 0, url.Values{}
		must(t, s.ChangeSchedule(ctx, "s1", func(n *report.Schedule) error { *n = want; return nil }))
		if all, err := s.Schedules(ctx); err != nil || cmp.Diff([]report.Schedule{want}, all) != "" {
			t.Errorf("%v, (-want, +got):\n%s", err, cmp.Diff([]report.Schedule{want}, all))
		}
		gone := fault.New(fault.NotFound, "Schedule")
		for what, err := range map[string]error{"change": s.ChangeSchedule(ctx, "s2", func(*report.Schedule) error { return nil }), "remove": s.RemoveSchedule(ctx, "s2", always),
			"run": s.AddRun(ctx, report.Run{Schedule: "s2", Due: at(1)})} {
			if !errors.Is(err, gone) {
				t.Errorf("%s what is not there: %v", what, err)
			}
		}
		must(t, s.AddRun(ctx, run(1)))
		must(t, s.RemoveSchedule(ctx, "s1", always))
		if open, err := s.OpenRuns(ctx, at(1000), 10); len(open) != 0 || err != nil {
			t.Errorf("runs of what is removed: %+v %v", open, err)
		}
	})
}

func TestRuns(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		n := schedule(t, s)
		must(t, s.AddSchedule(ctx, n))
		// Only who knows when it was due plans it on.
		other := n
		other.Next = at(99)
		must(t, s.PlanRuns(ctx, other, at(200), []report.Run{run(99)}))
		must(t, s.PlanRuns(ctx, n, at(200), []report.Run{run(100)}))
		must(t, s.PlanRuns(ctx, n, at(300), []report.Run{run(101)}))
		all, err := s.Schedules(ctx)
		if err != nil || !all[0].Next.Equal(at(200)) {
			t.Errorf("due next at %v, %v", all, err)
		}
		if got, err := s.OpenRuns(ctx, at(99), 10); len(got) != 0 || err != nil {
			t.Errorf("before its time: %+v %v", got, err)
		}
		got, err := s.OpenRuns(ctx, at(100), 10)
		if diff := cmp.Diff([]report.Run{run(100)}, got); diff != "" || err != nil {
			t.Fatalf("%v, (-want, +got):\n%s", err, diff)
		}
		r := got[0]
		r.State, r.Attempts, r.Started, r.Retry, r.Error, r.Bytes = report.Making, 1, at(101), time.Time{}, "почему", 77
		r.Accepted, r.Refused, r.Pending = []string{"a@example.com"}, []string{"b@example.com: 550 no"}, nil
		for _, tt := range []struct {
			name     string
			attempts int
			from     report.RunState
			want     bool
		}{{"another attempt", 1, "", false}, {"another state", 0, report.Making, false}, {"as it is", 0, report.Waiting, true}, {"again", 0, "", false}, {"any state", 1, "", true}} {
			if saved, err := s.SaveRun(ctx, r, tt.attempts, tt.from); saved != tt.want || err != nil {
				t.Errorf("%s: %v %v", tt.name, saved, err)
			}
		}
		if got, err := s.Runs(ctx, "s1", time.Time{}, 10); err != nil || cmp.Diff([]report.Run{r}, got) != "" {
			t.Errorf("%v, (-want, +got):\n%s", err, cmp.Diff([]report.Run{r}, got))
		}
		if err := s.AddRun(ctx, run(500)); !errors.Is(err, fault.New(fault.Unfinished, "Run")) {
			t.Errorf("while one is not over: %v", err)
		}
		r.State, r.Ended = report.Sent, at(102)
		if saved, err := s.SaveRun(ctx, r, 1, ""); !saved || err != nil {
			t.Fatal(saved, err)
		}
		must(t, s.AddRun(ctx, run(500)))
		if got, err := s.Runs(ctx, "s1", at(500), 10); len(got) != 1 || err != nil || !got[0].Due.Equal(at(100)) {
			t.Errorf("before the last: %+v %v", got, err)
		}
		must(t, s.PurgeRuns(ctx, at(102)))
		must(t, s.PurgeRuns(ctx, at(1000)))
		if got, err := s.Runs(ctx, "s1", time.Time{}, 10); len(got) != 1 || err != nil || !got[0].Due.Equal(at(500)) {
			t.Errorf("of what is not over nothing is removed: %+v %v", got, err)
		}
	})
}

// TestAskedForOnce: of all who ask for a report at the same moment, by two processes, one gets it.
func TestAskedForOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, one, two := t.Context(), open(), open()
		must(t, one.AddSchedule(ctx, schedule(t, one)))
		var added atomic.Int32
		var all sync.WaitGroup
		for i := range 20 {
			s := []*store.Store{one, two}[i%2]
			all.Go(func() {
				switch err := s.AddRun(ctx, run(100+i)); {
				case err == nil:
					added.Add(1)
				case !errors.Is(err, fault.New(fault.Unfinished, "Run")):
					t.Error(err)
				}
			})
		}
		all.Wait()
		if added.Load() != 1 {
			t.Errorf("%d got it", added.Load())
		}
	})
}
