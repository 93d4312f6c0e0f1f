package app_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"callgate/cdr"
	"callgate/esl/esltest"
	"callgate/internal/app"
	"callgate/internal/store/storetest"
)

// importOnce imports what is in a folder, as callgate cdr import does.
func importOnce(t *testing.T, database, dir string, o cdr.SpoolOptions) (tally cdr.Tally) {
	t.Helper()
	if err := app.Administer(t.Context(), on(database), nil, func(a *app.Administration) (err error) {
		tally, err = cdr.NewSpool(dir, a.DeliverCDR, o).Once(t.Context())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return tally
}

// TestSpooledCDRs: nobody answers when the switch posts its CDRs. They come in all the same, in every encoding; and
// replayed, by the watcher and by hand, they are all known.
func TestSpooledCDRs(t *testing.T) {
	t.Parallel() // it mostly waits
	all := []struct {
		name, encode string
		url          func(testing.TB) string
	}{
		{"textxml", "textxml", storetest.SQLite}, {"true-postgres", "true", storetest.Postgres},
		{"true", "true", storetest.SQLite}, {"false", "false", storetest.SQLite}, {"base64", "base64", storetest.SQLite},
	}
	if testing.Short() {
		all = all[:2]
	}
	for _, tt := range all {
		t.Run(tt.name, func(t *testing.T) {
			spool := t.TempDir()
			l := newLand(t, tt.url(t), func(c *esltest.Config) {
				c.CDR = esltest.CDRConfig{URL: "http://" + freeAddr(t) + "/cdr", Encode: tt.encode, ErrLogDir: spool}
			})
			h := l.build(t, func(c *app.Config) { c.CDRSpoolDir = spool })
			h.ready()
			h.signIn()
			id := callID(t, h.call("/contact/add", manual(t, "add.request.json")))
			eventually(t, "CDR", func() bool { return h.call("/contact/cdr", `{"id":"`+id+`"}`).status == http.StatusOK })
			var done []string
			eventually(t, "two files in done/", func() bool {
				done, _ = filepath.Glob(filepath.Join(spool, "done", "*", "*.cdr.xml"))
				return len(done) == 2
			})
			stored := regexp.MustCompile(`callgate_cdr_spool_imported_total\{result="stored"\} 2\n`)
			if metrics := h.get("/metrics").body; !stored.MatchString(metrics) {
				t.Error("the metrics do not tell of two files")
			}

			replay := t.TempDir()
			for _, file := range done {
				if err := os.WriteFile(filepath.Join(replay, filepath.Base(file)), readFile(t, file), 0o600); err != nil {
					t.Fatal(err)
				}
				if err := os.Rename(file, filepath.Join(spool, filepath.Base(file))); err != nil {
					t.Fatal(err)
				}
			}
			eventually(t, "the watcher to take them again", func() bool {
				return strings.Contains(h.get("/metrics").body, `callgate_cdr_spool_imported_total{result="duplicate"} 2`+"\n")
			})
			if got := importOnce(t, l.database, replay, cdr.SpoolOptions{}); got != (cdr.Tally{Duplicate: 2}) {
				t.Errorf("imported by hand: %+v", got)
			}
		})
	}
}

// TestSpoolKilled kills a process again and again while it takes files in. Each CDR is there in the end, and once.
func TestSpoolKilled(t *testing.T) {
	t.Parallel() // it mostly waits
	files := 3000
	if testing.Short() {
		files = 500
	}
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			spool, database := t.TempDir(), db.url(t)
			old := time.Now().Add(-time.Hour)
			for i := range files {
				path := filepath.Join(spool, fmt.Sprintf("a_leg%04d.cdr.xml", i))
				body := fmt.Sprintf("<cdr core-uuid=%q><variables><uuid>leg%04d</uuid></variables></cdr>", "core", i)
				if err := os.WriteFile(path, []byte(body), 0o644); err != nil {
					t.Fatal(err)
				}
				if err := os.Chtimes(path, old, old); err != nil {
					t.Fatal(err)
				}
			}
			count := func(pattern string) int {
				all, err := filepath.Glob(filepath.Join(spool, pattern))
				if err != nil {
					t.Fatal(err)
				}
				return len(all)
			}
			const killed = 5
			for i := range killed {
				s := &served{Database: database, Recordings: t.TempDir(), Switch: freeAddr(t), Spool: spool}
				s.start(t)
				eventually(t, "some files to be taken", func() bool { return count("done/*/*.cdr.xml") > (i+1)*files/(2*killed) })
				if err := s.end(os.Kill); err == nil {
					t.Error("it ended by itself")
				}
			}
			left := count("*.cdr.xml")
			if left == 0 || left+count("done/*/*.cdr.xml") != files {
				t.Fatalf("%d files are left, %d done", left, count("done/*/*.cdr.xml"))
			}
			got := importOnce(t, database, spool, cdr.SpoolOptions{})
			t.Logf("killed %d times; of %d files that were left %d had been saved", killed, left, got.Duplicate)
			if got.Stored+got.Duplicate != left {
				t.Errorf("the rest: %+v, want %d", got, left)
			}
			day := filepath.Join(spool, "done", time.Now().UTC().Format(time.DateOnly))
			if again := importOnce(t, database, day, cdr.SpoolOptions{InPlace: true}); again != (cdr.Tally{Duplicate: files}) {
				t.Errorf("all once more: %+v, want them known", again)
			}
		})
	}
}

// TestCDRMetricsInDocs: the metrics and variables of the spool that docs/cdr.md names are those there are.
func TestCDRMetricsInDocs(t *testing.T) {
	document := string(readFile(t, "../../docs/cdr.md"))
	h := newLand(t, storetest.SQLite(t), nil).build(t, func(c *app.Config) { c.CDRSpoolDir = t.TempDir() })
	metrics := h.get("/metrics").body
	for _, name := range regexp.MustCompile(`(?m)^# TYPE (callgate_cdr_spool_\S+)`).FindAllStringSubmatch(metrics, -1) {
		if !strings.Contains(document, "`"+name[1]) {
			t.Errorf("docs/cdr.md does not tell of %s", name[1])
		}
	}
	for _, name := range regexp.MustCompile("`(callgate_cdr_spool_[a-z_]+)").FindAllStringSubmatch(document, -1) {
		if !strings.Contains(metrics, "# TYPE "+name[1]+" ") {
			t.Errorf("there is no %s", name[1])
		}
	}
	readme := string(readFile(t, "../../README.md"))
	for _, name := range []string{"CALLGATE_CDR_SPOOL_DIR", "CALLGATE_CDR_SPOOL_KEEP_DAYS", "docs/cdr.md"} {
		if !strings.Contains(readme, name) {
			t.Errorf("the README does not tell of %s", name)
		}
	}
}
