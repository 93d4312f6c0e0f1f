package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"callgate/internal/account"
	"callgate/internal/fault"
	"callgate/internal/history"
	"callgate/internal/recording"
	"callgate/internal/report"
	"callgate/internal/setting"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

var (
	_ account.Store       = (*store.Store)(nil)
	_ report.RequestStore = (*store.Store)(nil)
	_ recording.Store     = (*store.Store)(nil)
	_ history.Store       = (*store.Store)(nil)
	_ history.Archive     = (*store.Store)(nil)
	_ history.Attic       = (*store.Store)(nil)
	_ history.GapStore    = (*store.Store)(nil)
	_ history.CoreStore   = (*store.Store)(nil)
)

func TestMain(m *testing.M) { storetest.Main(m) }

// kind is the kind of failure, and whether there is one at all.
func kind(err error) string {
	if err == nil {
		return "none"
	}
	failure, _ := fault.Of(err)
	return failure.Kind.String()
}

func wantKind(t *testing.T, what string, err error, want fault.Kind) {
	t.Helper()
	if kind(err) != want.String() {
		t.Errorf("%s: got %v (%s), want %s", what, err, kind(err), want)
	}
}

// always has no objection.
func always[T any](T) error { return nil }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, url string }{
		{"nothing", ""},
		{"other scheme", "mysql://u:secret@h/db"},
		{"no path", "sqlite:"},
		{"memory", "sqlite::memory:"},
		{"missing folder", "sqlite:" + filepath.Join(t.TempDir(), "none", "x.db")},
		{"a folder", "sqlite:" + t.TempDir()},
		{"unreadable URL", "postgres://u:secret@h:port/db"},
		{"nobody listens", "postgres://u:secret@127.0.0.1:1/db?sslmode=disable"},
		{"bad parameter", "postgres://u:secret@h/db?sslmode=secret"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := store.Open(t.Context(), tt.url, store.Options{})
			if err == nil {
				_ = s.Close()
				t.Fatal("opened")
			}
			if strings.Contains(err.Error(), "u:secret") {
				t.Errorf("the failure tells the password: %v", err)
			}
		})
	}
}

func TestSQLiteFileIsItsOwners(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a b%20#?.db") // nothing in a path has a meaning
	s := storetest.Open(t, "sqlite:"+path, store.Options{})
	must(t, putSetting(t.Context(), s, setting.Stored{Key: "k", Value: "v"}))
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("%s has mode %o, want 600", filepath.Base(name), got)
		}
	}
}

func TestReopen(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		id, err := s.AddUser(ctx, anna(), "hash")
		must(t, err)
		token := account.Token{Hash: [32]byte{1}, UserID: id, Issued: at(0), Expires: at(60)}
		_, err = s.AddToken(ctx, token, "hash", 5)
		must(t, err)
		must(t, s.SetModule(ctx, account.Module{Name: "sms", Action: "*", At: at(1), By: "root"}))
		must(t, putSetting(ctx, s, setting.Stored{Key: "k", Value: "v", At: at(2), By: "anna"}))
		must(t, s.SaveRequests(ctx, blocks(1, report.Request{Module: "sms", Action: "send", Code: 200, At: at(3)})))
		save(t, s, record("leg", "call", "<cdr/>"))
		must(t, s.Close())
		must(t, s.Close()) // a second time does no harm
		wantKind(t, "ping a closed store", s.Ping(ctx), fault.StorageDown)

		s = open()
		must(t, s.Ping(ctx))
		u, _, err := s.TokenUser(ctx, token.Hash, at(1))
		must(t, err)
		modules, err := s.Modules(ctx)
		must(t, err)
		settings, err := s.Settings(ctx)
		must(t, err)
		requests := collect(t, s, at(0), at(10), true)
		raw, ok, err := s.CDR(ctx, "leg")
		must(t, err)
		if u.Login != "anna" || len(modules) != 1 || len(settings) != 1 || len(requests) != 1 || !ok || string(raw) != "<cdr/>" {
			t.Errorf("after a restart: user %q, modules %v, settings %v, requests %v, cdr %q", u.Login, modules, settings, requests, raw)
		}
	})
}

// Processes that start at once must not trip over each other's migrations.
func TestOpenAtOnce(t *testing.T) {
	t.Parallel()
	for _, database := range []struct {
		name    string
		address func(testing.TB) string
	}{{"sqlite", storetest.NoSQLite}, {"postgres", storetest.EmptyPostgres}} {
		t.Run(database.name, func(t *testing.T) {
			address := database.address(t)
			var wg sync.WaitGroup
			for i := range 4 {
				wg.Go(func() {
					s, err := store.Open(context.Background(), address, store.Options{})
					if err != nil {
						t.Errorf("open: %v", err)
						return
					}
					defer s.Close()
					if err := putSetting(context.Background(), s, setting.Stored{Key: fmt.Sprint(i), Value: "v"}); err != nil {
						t.Errorf("write: %v", err)
					}
				})
			}
			wg.Wait()
			all, err := storetest.Open(t, address, store.Options{}).Settings(t.Context())
			if len(all) != 4 || err != nil {
				t.Errorf("got %v, %v, want four settings", all, err)
			}
		})
	}
}

// A SQLite file that another process is writing to is waited for, and then is a database that is down.
func TestSQLiteBusy(t *testing.T) {
	t.Parallel()
	address := storetest.SQLite(t)
	s := storetest.Open(t, address, store.Options{Timeout: 200 * time.Millisecond})
	other := storetest.Open(t, address, store.Options{})
	release, err := other.HoldWriter(t.Context())
	must(t, err)
	err = putSetting(t.Context(), s, setting.Stored{Key: "k", Value: "v"})
	wantKind(t, "write to a busy file", err, fault.StorageDown)
	if _, err := s.Settings(t.Context()); err != nil {
		t.Errorf("readers do not wait for a writer: %v", err)
	}
	must(t, release())
	must(t, putSetting(t.Context(), s, setting.Stored{Key: "k", Value: "v"}))
}

func TestCancelledIsNotDown(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.Users(ctx)
		if !errors.Is(err, context.Canceled) || kind(err) != fault.Internal.String() {
			t.Errorf("got %v (%s), want a cancelled context of no kind", err, kind(err))
		}
		past, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		_, err = s.Users(past)
		wantKind(t, "no time left", err, fault.StorageDown)
	})
}

// A PostgreSQL that goes silent, rather than away, must not hold its callers.
func TestPostgresFallsSilent(t *testing.T) {
	address, link := storetest.Through(t, storetest.Postgres(t))
	s := storetest.Open(t, address, store.Options{Timeout: 300 * time.Millisecond})
	must(t, s.Ping(t.Context()))

	link.Freeze()
	start := time.Now()
	_, err := s.Users(t.Context())
	wantKind(t, "a silent server", err, fault.StorageDown)
	if took := time.Since(start); took > 8*time.Second {
		t.Errorf("gave up after %v", took)
	}

	link.Thaw()
	deadline := time.Now().Add(20 * time.Second)
	for s.Ping(t.Context()) != nil {
		if time.Now().After(deadline) {
			t.Fatal("never recovered")
		}
	}
	if _, err := s.Users(t.Context()); err != nil {
		t.Errorf("after it came back: %v", err)
	}
}

// at is a moment in the tests' own time.
func at(seconds int) time.Time {
	return time.Date(2022, 11, 24, 12, 0, 0, 0, time.UTC).Add(time.Duration(seconds) * time.Second)
}
