package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

func TestInspect(t *testing.T) {
	inspect := func(t *testing.T, url string) store.Inspection {
		t.Helper()
		in, err := store.Inspect(t.Context(), url, 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		return in
	}
	for name, url := range map[string]string{"SQLite": storetest.NoSQLite(t), "PostgreSQL": storetest.EmptyPostgres(t)} {
		t.Run(name, func(t *testing.T) {
			s, err := store.OpenAt(t.Context(), url, 3)
			if err != nil {
				t.Fatal(err)
			}
			s.Close()
			old := inspect(t, url)
			if old.Pending == 0 || old.Unknown != 0 || old.Missing {
				t.Errorf("an older one: %+v", old)
			}
			if again := inspect(t, url); again != old {
				t.Errorf("looking changed %+v to %+v", old, again)
			}
			s, err = store.Open(t.Context(), url, store.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if got := inspect(t, url); got != (store.Inspection{}) {
				t.Errorf("one that is open: %+v", got)
			}
			if err := s.Exec(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, ?)", true); err != nil {
				t.Fatal(err)
			}
			if got := inspect(t, url); got != (store.Inspection{Unknown: 1}) {
				t.Errorf("one of a later version: %+v", got)
			}
		})
	}
	t.Chdir(t.TempDir())
	storetest.Open(t, "sqlite:relative.db", store.Options{})
	if got := inspect(t, "sqlite:relative.db"); got != (store.Inspection{}) {
		t.Errorf("a relative path: %+v", got)
	}
	path := filepath.Join(t.TempDir(), "none.db")
	if got := inspect(t, "sqlite:"+path); !got.Missing {
		t.Errorf("no file: %+v", got)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("looking has made the file")
	}
	if err := os.WriteFile(path, []byte("nothing like a database, but long enough to be looked at"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Inspect(t.Context(), "sqlite:"+path, time.Second); err == nil {
		t.Error("a file that is no database passes")
	}
	if _, err := store.Inspect(t.Context(), "postgres://u:secret@127.0.0.1:1/x?sslmode=disable", time.Second); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("no server: %v", err)
	}
}
