package store_test

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"callgate/internal/setting"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// listen has a store listen until the test is over, and returns what tells of changes.
func listen(t *testing.T, s *store.Store) (changed <-chan struct{}) {
	changed, _ = listening(t, s)
	return changed
}

func listening(t *testing.T, s *store.Store) (changed <-chan struct{}, end func()) {
	t.Helper()
	c := make(chan struct{}, 100)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Listen(ctx, func() { c <- struct{}{} }) }()
	end = sync.OnceFunc(func() {
		stop()
		must(t, wait(t, "the end of listening", done))
	})
	t.Cleanup(end)
	return c, end
}

// heard waits until a change by another store is heard of, making one every so often.
func heard(t *testing.T, by *store.Store, changed <-chan struct{}) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for i := 0; ; i++ {
		must(t, putSetting(t.Context(), by, setting.Stored{Key: "knock", Value: strconv.Itoa(i)}))
		select {
		case <-changed:
			return
		case <-time.After(50 * time.Millisecond):
		case <-deadline:
			t.Fatal("nothing was heard in 20 s")
		}
	}
}

// quiet waits until what has been announced is heard.
func quiet(changed <-chan struct{}) {
	for {
		select {
		case <-changed:
		case <-time.After(200 * time.Millisecond):
			return
		}
	}
}

// TestListen: a change is heard of by another store, with its transaction and at once.
func TestListen(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	s, other := storetest.Open(t, address, store.Options{}), storetest.Open(t, address, store.Options{})
	if !s.Announces() {
		t.Error("PostgreSQL announces")
	}
	changed := listen(t, s)
	heard(t, other, changed)
	quiet(changed)
	var took []time.Duration
	for i := range 50 {
		before := revisions(t.Context(), t, s)[store.Settings]
		began := time.Now()
		must(t, putSetting(t.Context(), other, setting.Stored{Key: "k", Value: strconv.Itoa(i)}))
		wait(t, "a change", changed)
		took = append(took, time.Since(began))
		if after := revisions(t.Context(), t, s)[store.Settings]; after <= before {
			t.Fatal("it was announced before it could be seen")
		}
	}
	slices.Sort(took)
	t.Logf("from the change to its being heard of: median %v, longest %v", took[25], took[49])
	if took[25] > 500*time.Millisecond { // who looks, looks once in a second
		t.Error("that is no faster than looking")
	}
}

// TestListenAgain: after a connection was lost, whether it was closed or vanished, whoever listens looks at once, and
// hears again.
func TestListenAgain(t *testing.T) {
	for _, tt := range []struct {
		name string
		lose func(t *testing.T, l *storetest.Link, other *store.Store)
	}{
		{"closed", func(t *testing.T, _ *storetest.Link, other *store.Store) {
			must(t, other.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%LISTEN "callgate%' AND pid <> pg_backend_pid() AND datname = current_database()`))
		}},
		{"vanished", func(t *testing.T, l *storetest.Link, _ *store.Store) {
			l.Freeze()
			time.AfterFunc(6*time.Second, l.Thaw)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			address := storetest.Postgres(t)
			through, link := storetest.Through(t, address)
			s, other := storetest.Open(t, through, store.Options{}), storetest.Open(t, address, store.Options{})
			changed := listen(t, s)
			heard(t, other, changed)
			quiet(changed)
			tt.lose(t, link, other)
			lost := time.Now()
			wait(t, "to be told to look", changed)
			t.Logf("told to look after %v", time.Since(lost))
			quiet(changed)
			heard(t, other, changed)
		})
	}
}

// TestListenStops: listening ends when it is told to, though the database has fallen silent.
func TestListenStops(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	through, link := storetest.Through(t, address)
	changed, end := listening(t, storetest.Open(t, through, store.Options{}))
	heard(t, storetest.Open(t, address, store.Options{}), changed)
	link.Freeze()
	<-time.After(1100 * time.Millisecond) // it waits for an answer now
	began := time.Now()
	end()
	took := time.Since(began)
	t.Logf("stopped after %v", took)
	if took > 6*time.Second {
		t.Error("the rest of the process has to stop as well")
	}
}

// TestListenOnSQLite: a file announces nothing, and listening to it ends all the same.
func TestListenOnSQLite(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.SQLite(t), store.Options{})
	if s.Announces() {
		t.Error("SQLite announces")
	}
	changed := listen(t, s)
	must(t, putSetting(t.Context(), s, setting.Stored{Key: "k", Value: "v"}))
	select {
	case <-changed:
		t.Error("a SQLite file announced something")
	case <-time.After(100 * time.Millisecond):
	}
}
