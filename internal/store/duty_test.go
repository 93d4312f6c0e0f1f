package store_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"callgate/internal/fault"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// holder is somebody who holds a duty, or waits for it.
type holder struct {
	began chan time.Time // when it had the duty
	ended chan error     // why its work ended: the cause
	stop  context.CancelFunc
	done  chan error // what Hold returned
}

// hold has s hold a duty until stop. holders counts those who work.
func hold(t *testing.T, s *store.Store, name string, holders *atomic.Int32) *holder {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	h := &holder{began: make(chan time.Time, 1), ended: make(chan error, 1), stop: stop, done: make(chan error, 1)}
	go func() {
		h.done <- s.Hold(ctx, name, func(ctx context.Context) error {
			if holders.Add(1) > 1 {
				t.Error("two hold the duty at once")
			}
			h.began <- time.Now()
			<-ctx.Done()
			holders.Add(-1)
			h.ended <- context.Cause(ctx)
			return nil
		})
	}()
	return h
}

// wait is what comes on c.
func wait[T any](t *testing.T, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(10 * time.Second):
		t.Fatalf("%s: not within 10 s", what)
		panic("unreachable")
	}
}

// TestHold: a duty is one store's at a time, and the next one's when that gives it back.
func TestHold(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		one, two := open(), open()
		var holders atomic.Int32
		first := hold(t, one, "switch:main", &holders)
		wait(t, "the first", first.began)
		second := hold(t, two, "switch:main", &holders)
		another := hold(t, one, "switch:other", new(atomic.Int32)) // which is none of the second's business
		wait(t, "another duty", another.began)
		another.stop()
		must(t, wait(t, "another's end", another.done))
		select {
		case <-second.began:
			t.Fatal("the second has the duty as well")
		case <-time.After(700 * time.Millisecond): // it has asked at least twice
		}
		first.stop()
		if cause := wait(t, "the end of the first", first.ended); !errors.Is(cause, context.Canceled) {
			t.Errorf("a duty that was given back was lost: %v", cause)
		}
		must(t, wait(t, "the first's return", first.done))
		must(t, one.Close()) // on SQLite a process keeps what it has
		wait(t, "the second", second.began)
		second.stop()
		must(t, wait(t, "the second's return", second.done))

		waits := hold(t, two, "switch:main", &holders)
		wait(t, "the duty again", waits.began)
		waits.stop()
		must(t, wait(t, "its end", waits.done))
		failure := errors.New("broken")
		if err := two.Hold(t.Context(), "switch:main", func(context.Context) error { return failure }); !errors.Is(err, failure) {
			t.Errorf("got %v, want what the work returned", err)
		}
	})
}

// TestWaitingForADutyEnds: who stops while another has the duty has not failed.
func TestWaitingForADutyEnds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		var holders atomic.Int32
		first := hold(t, open(), "installation", &holders)
		wait(t, "the first", first.began)
		second := hold(t, open(), "installation", &holders)
		second.stop()
		must(t, wait(t, "the end of the wait", second.done))
		first.stop()
		must(t, wait(t, "the first's return", first.done))
	})
}

// TestDutyLost: whose session is ended has lost the duty and is told so; another can have it.
func TestDutyLost(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	one, two := storetest.Open(t, address, store.Options{}), storetest.Open(t, address, store.Options{})
	var holders atomic.Int32
	first := hold(t, one, "installation", &holders)
	wait(t, "the first", first.began)
	second := hold(t, two, "installation", &holders)
	must(t, two.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`))
	ended := time.Now()
	if cause := wait(t, "the end of the first", first.ended); cause == nil || errors.Is(cause, context.Canceled) {
		t.Errorf("it was lost for %v", cause)
	}
	wantKind(t, "the first's return", wait(t, "the first's return", first.done), fault.StorageDown)
	t.Logf("given up %v after the session's end", time.Since(ended))
	t.Logf("taken over %v after it", wait(t, "the second", second.began).Sub(ended))
	second.stop()
	must(t, wait(t, "the second's return", second.done))
}

// TestVanishedHolder: of a holder whose packets all get lost nobody hears that it is gone. It stops by itself, and
// only then PostgreSQL lets another have the duty, in less than five seconds.
func TestVanishedHolder(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	through, link := storetest.Through(t, address)
	one, two := storetest.Open(t, through, store.Options{}), storetest.Open(t, address, store.Options{})
	var holders atomic.Int32
	first := hold(t, one, "installation", &holders)
	wait(t, "the first", first.began)
	second := hold(t, two, "installation", &holders)
	link.Freeze()
	frozen := time.Now()
	if cause := wait(t, "the end of the first", first.ended); cause == nil || errors.Is(cause, context.Canceled) {
		t.Errorf("it was lost for %v", cause)
	}
	gaveUp := time.Since(frozen)
	took := wait(t, "the second", second.began).Sub(frozen)
	t.Logf("given up after %v, taken over after %v", gaveUp, took)
	if gaveUp > 3*time.Second || took > 5*time.Second {
		t.Error("want less than 3 s, so that there is a second to stop in, and less than 5 s")
	}
	link.Thaw()
	wantKind(t, "the first's return", wait(t, "the first's return", first.done), fault.StorageDown)
	second.stop()
	must(t, wait(t, "the second's return", second.done))
}

// TestDutyOfASharedSession: within one session everybody has every lock, and a pooler that pools transactions may give
// one session to two processes. The second is refused.
func TestDutyOfASharedSession(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Postgres(t), store.Options{})
	var second error
	must(t, s.HoldShared(t.Context(), "installation",
		func(_ context.Context, next func() error) error { second = next(); return nil },
		func(context.Context, func() error) error { t.Error("two hold the duty at once"); return nil }))
	if second == nil || !strings.Contains(second.Error(), "pool sessions") {
		t.Errorf("got %v, want to be told that the session is shared", second)
	}
}
