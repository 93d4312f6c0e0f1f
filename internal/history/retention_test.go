package history_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/history"
)

func TestHorizon(t *testing.T) {
	now := time.Date(2026, 3, 1, 23, 30, 0, 0, time.FixedZone("", -3600)) // the next day already, UTC
	for _, tt := range []struct {
		name string
		days int
		want int64
	}{
		{"for ever", 0, 0},
		{"less than nothing", -1, 0},
		{"a day", 1, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).UnixMicro()},
		{"more days", 30, time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC).UnixMicro()},
	} {
		if got := history.Horizon(now, tt.days); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, time.UnixMicro(got).UTC(), time.UnixMicro(tt.want).UTC())
		}
	}
}

func TestHorizons(t *testing.T) {
	for _, tt := range []struct {
		name                 string
		horizons             history.Horizons
		first, known, others int64
	}{
		{"none", history.Horizons{}, 0, 0, 0},
		{"others", history.Horizons{Others: 5}, 5, 5, 5},
		{"a project for longer", history.Horizons{Others: 5, Projects: map[string]int64{"a": 3}}, 3, 3, 5},
		{"a project for less", history.Horizons{Others: 5, Projects: map[string]int64{"a": 7, "b": 6}}, 5, 7, 5},
		{"a project for ever", history.Horizons{Others: 5, Projects: map[string]int64{"a": 0}}, 0, 0, 5},
		{"others for ever", history.Horizons{Projects: map[string]int64{"a": 7}}, 0, 7, 0},
	} {
		h := tt.horizons
		if h.First() != tt.first || h.Of("a") != tt.known || h.Of("") != tt.others {
			t.Errorf("%s: got %d, %d, %d, want %d, %d, %d", tt.name, h.First(), h.Of("a"), h.Of(""), tt.first, tt.known, tt.others)
		}
	}
}

// pretendAttic notes what it is asked for. Each project of calls has so many that are over.
type pretendAttic struct {
	mu      sync.Mutex // of what TestKeeperRun changes while a Keeper runs
	calls   map[string]int
	edge    int64 // of the months that can be dropped
	fails   string
	held    time.Duration
	did     []string
	pruning func()
	most    int
}

func (a *pretendAttic) do(format string, args ...any) error {
	step := fmt.Sprintf(format, args...)
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.did) == 0 || a.did[len(a.did)-1] != step {
		a.did = append(a.did, step)
	}
	if a.fails != "" && strings.HasPrefix(step, a.fails) {
		return errors.New("in use")
	}
	return nil
}

func (a *pretendAttic) MakeMonths(_ context.Context, since int64) error {
	return a.do("make months from %d", since)
}

func (a *pretendAttic) KeepSince(_ context.Context, h history.Horizons) error {
	return a.do("keep since %d", h.First())
}

func (a *pretendAttic) CallProjects(context.Context) (all []string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for p := range a.calls {
		all = append(all, p)
	}
	slices.Sort(all)
	return all, nil
}

func (a *pretendAttic) OldMonths(context.Context, int64) (int64, error) { return a.edge, nil }

func (a *pretendAttic) DropMonths(_ context.Context, before int64) (int, error) {
	return 2, a.do("drop months before %d", before)
}

func (a *pretendAttic) PruneCalls(_ context.Context, p history.Prune) (done history.Pruned, err error) {
	if p.Project == nil {
		return done, nil
	}
	if a.pruning != nil {
		a.pruning()
	}
	a.most = max(a.most, p.Limit)
	if p.Before <= history.FirstTime+year {
		return done, a.do("prune %s before the edge", *p.Project)
	}
	a.mu.Lock()
	n, held := min(a.calls[*p.Project], p.Limit), a.held
	a.calls[*p.Project] -= n
	a.mu.Unlock()
	time.Sleep(held) // of the test's own time
	return history.Pruned{Looked: n, Calls: n, Documents: 2 * n, Last: p.After, Held: held}, a.do("prune %s", *p.Project)
}

func (a *pretendAttic) PruneUnread(_ context.Context, before int64, _ int) (int, int, time.Duration, error) {
	return 0, 0, 0, a.do("prune unread before %d", before)
}

func (a *pretendAttic) FoldFigures(_ context.Context, from, before int64) (next int64, held time.Duration, err error) {
	if err := a.do("sum up before %d", before); err != nil || from == 3 {
		return 0, 0, err
	}
	return from + 1, a.held, nil
}

func (a *pretendAttic) PruneTerms(context.Context, history.TermCursor, int) (history.TermCursor, int, error) {
	return history.TermCursor{}, 0, a.do("prune terms")
}

const year = 365 * 24 * 3600 * 1_000_000

// old is a horizon, and older one further back.
const (
	old   = history.FirstTime + 3*year
	older = history.FirstTime + 2*year
)

func TestKeeperPass(t *testing.T) {
	for _, tt := range []struct {
		name     string
		horizons history.Horizons
		edge     int64
		fails    string
		want     []string
	}{
		{"for ever", history.Horizons{Projects: map[string]int64{"a": 0}}, 0, "", []string{"make months from 0", "sum up before yesterday"}},
		{"one project", history.Horizons{Projects: map[string]int64{"a": old}}, 0, "",
			[]string{"make months from 0", "keep since 0", "prune a", "prune terms", "sum up before yesterday"}},
		{"all", history.Horizons{Others: old}, 0, "", []string{"make months from N", "keep since N", "prune ", "prune a", "prune unread before N", "prune terms", "sum up before yesterday"}},
		{"months too", history.Horizons{Others: old}, history.FirstTime + year, "", []string{"make months from N", "keep since N", "prune ", "prune a",
			"drop months before N", "prune  before the edge", "prune a before the edge", "prune unread before N", "prune terms", "sum up before yesterday"}},
		{"months that are in use", history.Horizons{Others: old}, history.FirstTime + year, "drop",
			[]string{"make months from N", "keep since N", "prune ", "prune a", "drop months before N"}},
		{"no room for a month", history.Horizons{Others: old}, 0, "make",
			[]string{"make months from N", "keep since N", "prune ", "prune a", "prune unread before N", "prune terms", "sum up before yesterday"}},
		{"figures that cannot be summed up", history.Horizons{}, 0, "sum", []string{"make months from 0", "sum up before yesterday"}},
		{"not to be said what is kept", history.Horizons{Others: old}, 0, "keep", []string{"make months from N", "keep since N"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				now := time.Now()
				a := &pretendAttic{calls: map[string]int{"": 1, "a": 1000}, edge: tt.edge, fails: tt.fails}
				k := history.NewKeeper(history.KeeperOptions{Attic: a, Horizons: func() history.Horizons { return tt.horizons }, Now: func() time.Time { return now },
					Logger: slog.New(slog.DiscardHandler)})
				if err := k.Pass(t.Context(), tt.horizons); (err != nil) != (tt.fails != "") {
					t.Errorf("got %v", err)
				}
				for i, step := range a.did {
					step = strings.Replace(step, fmt.Sprint(int64(old)), "N", 1)
					a.did[i] = strings.Replace(step, fmt.Sprint(now.Add(-24*time.Hour).UnixMicro()), "yesterday", 1)
				}
				if diff := cmp.Diff(tt.want, a.did); diff != "" {
					t.Errorf("steps mismatch (-want, +got):\n%s", diff)
				}
			})
		})
	}
}

// TestKeeperPace: where steps take long they are made small, and most of the time is left to others.
func TestKeeperPace(t *testing.T) {
	for _, tt := range []struct {
		name        string
		held        time.Duration
		most, least int // the size of steps
	}{
		{"fast", time.Millisecond, 500, 400},
		{"slow", 40 * time.Millisecond, 16, 16},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &pretendAttic{calls: map[string]int{"": 20_000}, held: tt.held}
				h, steps := history.Horizons{Others: old}, 0
				a.pruning = func() { steps++ }
				k := history.NewKeeper(history.KeeperOptions{Attic: a, Horizons: func() history.Horizons { return h }, Now: time.Now,
					Logger: slog.New(slog.DiscardHandler)})
				began := time.Now()
				if err := k.Pass(t.Context(), h); err != nil || a.calls[""] != 0 {
					t.Errorf("%d are left, %v", a.calls[""], err)
				}
				if busy := time.Duration(steps) * tt.held; busy > time.Since(began)/4+2*tt.held {
					t.Errorf("busy for %v of %v", busy, time.Since(began))
				}
				if a.most > tt.most || a.most < tt.least {
					t.Errorf("steps of up to %d", a.most)
				}
			})
		})
	}
}

// TestKeeperRun: a pass at the start, every hour, five minutes after one that failed, and soon after something else is to
// be kept; what was to be deleted a moment ago is not when it is to be kept now.
func TestKeeperRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		a := &pretendAttic{calls: map[string]int{}}
		h := history.Horizons{}
		var log strings.Builder
		change := func(f func()) { a.mu.Lock(); defer a.mu.Unlock(); f() }
		k := history.NewKeeper(history.KeeperOptions{Attic: a, Horizons: func() history.Horizons { a.mu.Lock(); defer a.mu.Unlock(); return h }, Now: time.Now,
			Logger: slog.New(slog.NewTextHandler(&log, nil))})
		done := make(chan error)
		go func() { done <- k.Run(ctx) }()
		passes := func(what string, after time.Duration, want int) {
			t.Helper()
			time.Sleep(after)
			synctest.Wait()
			a.mu.Lock()
			defer a.mu.Unlock()
			n := 0
			for _, step := range a.did {
				if strings.HasPrefix(step, "make") {
					n++
				}
			}
			if n != want {
				t.Errorf("%s: %d passes, want %d: %v", what, n, want, a.did)
			}
			a.did = nil
		}
		passes("at the start", time.Millisecond, 1)
		passes("in the first hour", 59*time.Minute, 0)
		passes("after an hour", 2*time.Minute, 1)
		change(func() { h = history.Horizons{Others: older} })
		passes("after a change", 21*time.Second, 1)
		change(func() { a.fails, h = "make", history.Horizons{Others: old} })
		passes("after a change that fails", 21*time.Second, 1)
		passes("in the next five minutes", 4*time.Minute, 0)
		passes("after five minutes", 90*time.Second, 1)
		if n := strings.Count(log.String(), "\n"); n != 1 {
			t.Errorf("the log says %q", log.String())
		}
		change(func() { a.fails = "" })
		passes("after five minutes, well", 6*time.Minute, 1)

		// The operator changes his mind in the midst of it.
		change(func() {
			a.calls[""], a.held = 1_000_000, 10*time.Millisecond
			h = history.Horizons{Others: old + 1}
		})
		time.Sleep(40 * time.Second)
		left := 0
		change(func() { h, left = history.Horizons{}, a.calls[""] })
		time.Sleep(time.Hour)
		synctest.Wait()
		a.mu.Lock()
		if left == 1_000_000 || a.calls[""] < left-500 {
			t.Errorf("%d were left when they were to be kept, and %d at last", left, a.calls[""])
		}
		a.mu.Unlock()
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
