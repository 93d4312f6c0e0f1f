package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// granter grants a duty as a test wants it.
type granter struct {
	mu     sync.Mutex
	refuse error
	lose   context.CancelCauseFunc // of who has the duty now
	grants int
}

func (g *granter) hold(ctx context.Context, _ string, work func(context.Context) error) error {
	g.mu.Lock()
	if err := g.refuse; err != nil {
		g.mu.Unlock()
		return err
	}
	g.grants++
	held, lose := context.WithCancelCause(ctx)
	g.lose = lose
	g.mu.Unlock()
	err := work(held)
	if cause := context.Cause(held); ctx.Err() == nil && cause != nil {
		return cause
	}
	return err
}

// TestDuty: a duty is worked at while it is held, waited for again when it is lost, and given up by who is not fit for it.
func TestDuty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		g, fit := &granter{refuse: errors.New("database down")}, true
		d := newDuties(g.hold, slog.New(slog.NewTextHandler(&log, nil)), prometheus.NewPedanticRegistry())
		var causes []error
		working, broken := 0, make(chan error, 1)
		p := d.part("switch:main", func() bool { g.mu.Lock(); defer g.mu.Unlock(); return fit }, part{"works", func(ctx context.Context) error {
			working++
			defer func() { working-- }()
			select {
			case <-ctx.Done():
				causes = append(causes, context.Cause(ctx))
				return nil
			case err := <-broken:
				return err
			}
		}}, part{"others", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }})
		ended := make(chan error, 1)
		go func() { ended <- p.run(t.Context()) }()
		change := func(f func()) { g.mu.Lock(); f(); g.mu.Unlock() }
		check := func(what string, after time.Duration, want int) {
			t.Helper()
			time.Sleep(after)
			synctest.Wait()
			if held := testutil.ToFloat64(d.held.WithLabelValues("switch:main")); working != want || held != float64(want) {
				t.Errorf("%s: %d work, held %v, want %d", what, working, held, want)
			}
		}
		check("refused", 5*time.Second, 0)
		change(func() { g.refuse = nil })
		check("granted", time.Second, 1)
		lost := errors.New("lost")
		change(func() { g.refuse = lost; g.lose(lost) })
		check("lost", time.Second, 0)
		change(func() { g.refuse = nil })
		check("had again", time.Second, 1)
		change(func() { fit = false })
		check("unfit for a moment", unfitTime-dutyPause, 1)
		change(func() { fit = true })
		check("fit again", 2*unfitTime, 1)
		change(func() { fit = false })
		check("unfit for long", unfitTime+2*dutyPause, 0)
		check("still", time.Minute, 0)
		change(func() { fit = true })
		check("fit at last", time.Second, 1)
		broken <- errors.New("broken")
		if err := <-ended; err == nil || err.Error() != "works: broken" {
			t.Errorf("ended with %v, want what its work failed with", err)
		}
		if g.grants != 3 || len(causes) != 2 || !errors.Is(causes[0], lost) || !errors.Is(causes[1], context.Canceled) {
			t.Errorf("granted %d times, ended by %v", g.grants, causes)
		}
		if got := strings.Count(log.String(), "is not to be had"); got != 2 {
			t.Errorf("told of failures %d times, want one for each:\n%s", got, &log)
		}
	})
}

// TestWorkThatEnds: no work of a duty may end by itself, and one that is told to stop has not failed.
func TestWorkThatEnds(t *testing.T) {
	for _, tt := range []struct {
		name string
		work func(ctx context.Context) error
		stop bool
		want string
	}{
		{"ends by itself", func(context.Context) error { return nil }, false, "x: ended by itself"},
		{"told to stop", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				if tt.stop {
					time.AfterFunc(time.Second, stop)
				}
				if err := runAll(ctx, []part{{"x", tt.work}}); errText(err) != tt.want {
					t.Errorf("got %v, want %q", err, tt.want)
				}
			})
		})
	}
}
