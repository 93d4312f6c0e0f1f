package cdr_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"callgate/cdr"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// archive is where files are delivered to: it keeps each document once, or fails.
type archive struct {
	mu      sync.Mutex
	kept    map[string]*cdr.Record // by id and digest
	order   []string               // ids, as they came
	tries   int
	flying  int
	most    int // that were in flight
	err     error
	refuses map[string]bool              // ids
	after   func(f *cdr.SpoolFile) error // what happens when it is kept
	during  func(context.Context)
}

func (a *archive) deliver(ctx context.Context, f *cdr.SpoolFile) (duplicate bool, err error) {
	a.mu.Lock()
	a.tries++
	a.flying++
	a.most = max(a.most, a.flying)
	a.mu.Unlock()
	if a.during != nil {
		a.during(ctx)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.flying--
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if a.err != nil {
		return false, a.err
	}
	if a.refuses[f.ID] {
		return false, fmt.Errorf("save: %w", cdr.ErrRefused)
	}
	key := fmt.Sprintf("%s %x", f.ID, f.Record.Digest)
	if a.kept == nil {
		a.kept = map[string]*cdr.Record{}
	}
	if _, duplicate = a.kept[key]; !duplicate {
		a.kept[key] = f.Record
		a.order = append(a.order, f.ID)
	}
	if a.after != nil {
		return duplicate, a.after(f)
	}
	return duplicate, nil
}

func (a *archive) set(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.err = err
}

func (a *archive) tried() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.tries
}

// ids are those of the documents kept, sorted.
func (a *archive) ids() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return strings.Join(slices.Sorted(slices.Values(a.order)), " ")
}

// doc is a small CDR.
func doc(id string) string {
	return "<?xml version=\"1.0\"?>\n<cdr core-uuid=\"c\"><variables><uuid>" + id + "</uuid></variables></cdr>\n"
}

// lay writes a file that is so old by the test's clock.
func lay(t testing.TB, dir, name, body string, age time.Duration) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(body), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Time{}, time.Now().Add(-age)); err != nil {
		t.Fatal(err)
	}
}

// tree lists a folder's files, a day's folder as DAY.
func tree(t testing.TB, dir string) string {
	t.Helper()
	var all []string
	day := time.Now().UTC().Format(time.DateOnly)
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(dir, path)
			all = append(all, strings.ReplaceAll(name, day, "DAY"))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}

// watch runs a Spool until the test stops it.
func watch(s *cdr.Spool) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			panic(err)
		}
	}
}

// left is a capture's body as mod_xml_cdr leaves it in err-log-dir.
func left(t testing.TB, name string) (id string, body []byte) {
	t.Helper()
	req, body := capture(t, name)
	return req.URL.Query().Get("uuid"), bytes.TrimPrefix(body, []byte("cdr="))
}

// TestSpoolTakesCaptures takes every capture, each in its own encoding and in the others, twice.
func TestSpoolTakesCaptures(t *testing.T) {
	for _, tt := range []struct {
		name   string
		encode func(capture []byte, xml []byte) []byte
	}{
		{"as it was sent", func(capture, _ []byte) []byte { return capture }},
		{"true", func(_, xml []byte) []byte {
			var b bytes.Buffer
			for _, c := range xml { // every sign that is no letter or digit, as switch_url_encode_opt does, and some more
				if 'a' <= c && c <= 'z' {
					b.WriteByte(c)
				} else {
					fmt.Fprintf(&b, "%%%02x", c)
				}
			}
			return b.Bytes()
		}},
		{"base64", func(_, xml []byte) []byte { return []byte(base64.StdEncoding.EncodeToString(xml)) }},
		{"textxml and false", func(_, xml []byte) []byte { return xml }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, a := t.TempDir(), &archive{}
			want := map[string]*cdr.Record{}
			for _, round := range []cdr.Tally{{Stored: 15}, {Duplicate: 15}} {
				for _, name := range captures(t) {
					id, body := left(t, name)
					r := parsed(t, name)
					lay(t, dir, id+".cdr.xml", string(tt.encode(body, r.Raw)), time.Hour)
					want[fmt.Sprintf("%s %x", id, r.Digest)] = r
				}
				got, err := cdr.NewSpool(dir, a.deliver, cdr.SpoolOptions{}).Once(t.Context())
				if got != round || err != nil {
					t.Fatalf("got %+v, %v, want %+v", got, err, round)
				}
			}
			if diff := cmp.Diff(want, a.kept); diff != "" {
				t.Errorf("mismatch (-want, +got):\n%s", diff)
			}
			// The second time each name was there: the same bytes take the name that tells what is in them.
			if files := strings.Fields(tree(t, dir)); len(files) != 30 || !strings.HasPrefix(files[0], "done/DAY/") {
				t.Errorf("the folder holds %d files: %.300s", len(files), files)
			}
		})
	}
}

// TestSpoolWaits holds when a file is taken against how it came.
func TestSpoolWaits(t *testing.T) {
	whole := doc("u")
	cut := whole[:len(whole)-9]
	for _, tt := range []struct {
		name  string
		write func(t *testing.T, dir string)
		later map[time.Duration]string // what is written over it, and when
		want  time.Duration            // when it is in done/ or bad/, seconds from the beginning
		place string
	}{
		{"old", func(t *testing.T, dir string) { lay(t, dir, "u.cdr.xml", whole, time.Hour) }, nil, 0, "done/DAY/u.cdr.xml"},
		{"just written", func(t *testing.T, dir string) { lay(t, dir, "u.cdr.xml", whole, 0) }, nil, 2, "done/DAY/u.cdr.xml"},
		{"written by a clock that is ahead", func(t *testing.T, dir string) { lay(t, dir, "u.cdr.xml", whole, -time.Hour) }, nil, 2, "done/DAY/u.cdr.xml"},
		{"whole and ill-formed", func(t *testing.T, dir string) {
			lay(t, dir, "u.cdr.xml", strings.Replace(whole, "<uuid>", "<weird/name>1</weird/name><uuid>", 1), 0)
		}, nil, 2, "done/DAY/u.cdr.xml"},
		{"cut off just now", func(t *testing.T, dir string) { lay(t, dir, "u.cdr.xml", cut, 0) }, nil, 60, "done/DAY/u.cdr.xml"},
		{"cut off long ago", func(t *testing.T, dir string) { lay(t, dir, "u.cdr.xml", cut, time.Hour) }, nil, 2, "done/DAY/u.cdr.xml"},
		{"cut off by a clock that is ahead", func(t *testing.T, dir string) { lay(t, dir, "u.cdr.xml", cut, -time.Hour) }, nil, 60, "done/DAY/u.cdr.xml"},
		{"goes on in time", func(t *testing.T, dir string) { lay(t, dir, "u.cdr.xml", cut, 0) },
			map[time.Duration]string{30: whole}, 32, "done/DAY/u.cdr.xml"},
		{"goes on, and is cut off again", func(t *testing.T, dir string) { lay(t, dir, "u.cdr.xml", whole[:50], 0) },
			map[time.Duration]string{30: cut}, 90, "done/DAY/u.cdr.xml"},
		{"empty", func(t *testing.T, dir string) { lay(t, dir, "u.cdr.xml", "", 0) }, nil, 60, "bad/u.cdr.xml"},
		{"empty, and filled in time", func(t *testing.T, dir string) { lay(t, dir, "u.cdr.xml", "", 0) },
			map[time.Duration]string{59: whole}, 61, "done/DAY/u.cdr.xml"},
		{"no CDR", func(t *testing.T, dir string) { lay(t, dir, "u.cdr.xml", "hello", time.Hour) }, nil, 2, "bad/u.cdr.xml"},
		{"too large", func(t *testing.T, dir string) {
			lay(t, dir, "u.cdr.xml", whole, time.Hour)
			if err := os.Truncate(filepath.Join(dir, "u.cdr.xml"), cdr.MaxBody+1); err != nil {
				t.Fatal(err)
			}
		}, nil, 60, "bad/u.cdr.xml"},
		{"a folder that comes later", func(t *testing.T, dir string) {
			if err := os.Remove(dir); err != nil {
				t.Fatal(err)
			}
			time.AfterFunc(30*time.Second, func() {
				if err := os.Mkdir(dir, 0o755); err != nil {
					t.Error(err)
				}
				lay(t, dir, "u.cdr.xml", whole, time.Hour)
			})
		}, nil, 31, "done/DAY/u.cdr.xml"}, // looks at 0 1 3 7 15 31
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "spool")
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) {
				tt.write(t, dir)
				for at, body := range tt.later {
					time.AfterFunc(at*time.Second, func() { lay(t, dir, "u.cdr.xml", body, 0) })
				}
				stop := watch(cdr.NewSpool(dir, (&archive{}).deliver, cdr.SpoolOptions{}))
				defer stop()
				time.Sleep(tt.want*time.Second - time.Millisecond)
				if tt.want > 0 {
					synctest.Wait()
					if _, err := os.Stat(filepath.Join(dir, strings.ReplaceAll(tt.place, "DAY", time.Now().UTC().Format(time.DateOnly)))); err == nil {
						t.Error("it is taken too soon")
					}
				}
				time.Sleep(2 * time.Millisecond)
				synctest.Wait()
				if got := tree(t, dir); got != tt.place {
					t.Errorf("after %d s the folder holds %s, want %s", tt.want, got, tt.place)
				}
			})
		})
	}
}

// TestSpoolLeavesAlone: what is not a CDR file stays as it is, and the log says so once.
func TestSpoolLeavesAlone(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	lay(t, outside, "secret", doc("secret"), time.Hour)
	lay(t, dir, "notes.txt", doc("x"), time.Hour)
	lay(t, dir, "79161234567.wav", doc("x"), time.Hour)
	lay(t, dir, ".u.cdr.xml", doc("x"), time.Hour)
	for _, folder := range []string{"2026-11-26-10-00-00", "x.cdr.xml"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
		lay(t, filepath.Join(dir, folder), "v.cdr.xml", doc("v"), time.Hour)
	}
	if err := os.Symlink(filepath.Join(outside, "secret"), filepath.Join(dir, "w.cdr.xml")); err != nil {
		t.Fatal(err)
	}
	before, a := tree(t, dir), &archive{}
	var logged bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		stop := watch(cdr.NewSpool(dir, a.deliver, cdr.SpoolOptions{KeepDays: 1, Log: slog.New(slog.NewTextHandler(&logged, nil))}))
		time.Sleep(time.Hour)
		stop()
	})
	if got := tree(t, dir); got != before || a.tries > 0 {
		t.Errorf("the folder holds %s (%d tries)\nwant %s", got, a.tries, before)
	}
	if got := strings.Count(logged.String(), "\n"); got != 5 || strings.Contains(logged.String(), "79161234567") {
		t.Errorf("the log has %d lines:\n%s", got, &logged)
	}
}

// TestSpoolBacksOff: while nothing can be delivered all files wait, ever longer, and none is lost.
func TestSpoolBacksOff(t *testing.T) {
	dir, a := t.TempDir(), &archive{err: errors.New("database is down")}
	var logged bytes.Buffer
	registry := prometheus.NewRegistry()
	synctest.Test(t, func(t *testing.T) {
		for i := range 100 {
			lay(t, dir, fmt.Sprintf("u%02d.cdr.xml", i), doc("u"), time.Hour)
		}
		stop := watch(cdr.NewSpool(dir, a.deliver, cdr.SpoolOptions{Registerer: registry, Log: slog.New(slog.NewTextHandler(&logged, nil))}))
		time.Sleep(time.Hour)
		synctest.Wait()
		if tries := a.tried(); tries < 60 || tries > 70*16 {
			t.Errorf("%d tries in an hour", tries)
		}
		wants(t, registry, "callgate_cdr_spool_files", 100)
		wants(t, registry, "callgate_cdr_spool_oldest_seconds", 2*3600)
		a.set(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		stop()
		wants(t, registry, "callgate_cdr_spool_files", 0)
		wants(t, registry, "callgate_cdr_spool_oldest_seconds", 0)
	})
	if len(a.order) != 100 || strings.Count(tree(t, dir), "done/") != 100 {
		t.Errorf("%d are kept, and the folder holds %s", len(a.order), tree(t, dir))
	}
	if got := strings.Count(logged.String(), "\n"); got != 3 {
		t.Errorf("the log has %d lines:\n%s", got, &logged)
	}
}

// wants compares a gauge, or a counter of one series.
func wants(t *testing.T, registry *prometheus.Registry, name string, want float64, labels ...string) {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if family.GetName() != name || len(labels) > 0 && m.GetLabel()[0].GetValue() != labels[0] {
				continue
			}
			if got := m.GetGauge().GetValue() + m.GetCounter().GetValue(); got < want-61 || got > want+61 || want < 1000 && got != want {
				t.Errorf("%s %v is %v, want %v", name, labels, got, want)
			}
			return
		}
	}
	t.Errorf("no %s %v", name, labels)
}

// TestSpoolRefused: one file that is refused keeps no other waiting, is tried again ever more seldom, and is taken
// when it can be.
func TestSpoolRefused(t *testing.T) {
	dir, a := t.TempDir(), &archive{refuses: map[string]bool{"u1": true}}
	var logged bytes.Buffer
	registry := prometheus.NewRegistry()
	synctest.Test(t, func(t *testing.T) {
		for i := range 5 {
			lay(t, dir, fmt.Sprintf("u%d.cdr.xml", i), doc("u"), time.Hour)
		}
		stop := watch(cdr.NewSpool(dir, a.deliver, cdr.SpoolOptions{Registerer: registry, Log: slog.New(slog.NewTextHandler(&logged, nil))}))
		time.Sleep(6 * time.Hour)
		synctest.Wait()
		if got := a.ids(); got != "u0 u2 u3 u4" {
			t.Errorf("kept are %s", got)
		}
		if tries := a.tried() - 4; tries != 11 { // after 0 1 3 7 15 31 minutes, then hourly
			t.Errorf("%d tries in six hours", tries)
		}
		wants(t, registry, "callgate_cdr_spool_files", 1)
		wants(t, registry, "callgate_cdr_spool_imported_total", float64(a.tried()-4), "failed")
		wants(t, registry, "callgate_cdr_spool_imported_total", 4, "stored")
		a.mu.Lock()
		a.refuses = nil
		a.mu.Unlock()
		time.Sleep(time.Hour)
		synctest.Wait()
		stop()
	})
	if got := a.ids(); got != "u0 u1 u2 u3 u4" {
		t.Errorf("kept are %s", got)
	}
	if got := strings.Count(logged.String(), "a CDR stays"); got != 1 {
		t.Errorf("the log says it %d times:\n%s", got, &logged)
	}
}

// TestSpoolCollision: no file in done/ or bad/ is ever replaced by another.
func TestSpoolCollision(t *testing.T) {
	dir, a := t.TempDir(), &archive{}
	held := map[string]int{}
	synctest.Test(t, func(t *testing.T) {
		for _, body := range []string{doc("one"), doc("two"), doc("one"), "no CDR", "nor this"} {
			lay(t, dir, "u.cdr.xml", body, time.Hour)
			if _, err := cdr.NewSpool(dir, a.deliver, cdr.SpoolOptions{}).Once(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range strings.Fields(strings.ReplaceAll(tree(t, dir), "DAY", time.Now().UTC().Format(time.DateOnly))) {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			held[string(text)]++
		}
	})
	want := map[string]int{doc("one"): 2, doc("two"): 1, "no CDR": 1, "nor this": 1}
	if diff := cmp.Diff(want, held); diff != "" || len(a.order) != 2 {
		t.Errorf("%d kept, mismatch (-want, +got):\n%s", len(a.order), diff)
	}
}

// TestSpoolRewritten: FreeSWITCH writes another CDR of the same uuid while the first is being delivered. Both are.
func TestSpoolRewritten(t *testing.T) {
	dir, a := t.TempDir(), &archive{}
	synctest.Test(t, func(t *testing.T) {
		lay(t, dir, "u.cdr.xml", doc("one"), time.Hour)
		a.after = func(*cdr.SpoolFile) error {
			a.after = nil
			lay(t, dir, "u.cdr.xml", doc("two"), time.Minute)
			return nil
		}
		got, err := cdr.NewSpool(dir, a.deliver, cdr.SpoolOptions{}).Once(t.Context())
		if got != (cdr.Tally{Stored: 2}) || err != nil || len(a.kept) != 2 || tree(t, dir) != "done/DAY/u.cdr.xml" {
			t.Errorf("got %+v, %v, and %s", got, err, tree(t, dir))
		}
	})
}

// TestSpoolNotMoved: what is delivered and cannot be moved is not delivered again.
func TestSpoolNotMoved(t *testing.T) {
	dir, a := t.TempDir(), &archive{}
	synctest.Test(t, func(t *testing.T) {
		lay(t, dir, "u.cdr.xml", doc("u"), time.Hour)
		done := filepath.Join(dir, "done", time.Now().UTC().Format(time.DateOnly))
		sum := sha256.Sum256([]byte(doc("u")))
		for _, name := range []string{"u.cdr.xml", fmt.Sprintf("u.%x.cdr.xml", sum[:6])} {
			if err := os.MkdirAll(filepath.Join(done, name, "in the way"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		stop := watch(cdr.NewSpool(dir, a.deliver, cdr.SpoolOptions{}))
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		if err := os.RemoveAll(done); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(done, 0o755); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		stop()
		if got := tree(t, dir); got != "done/DAY/u.cdr.xml" || a.tries != 1 {
			t.Errorf("the folder holds %s, after %d tries", got, a.tries)
		}
	})
}

// TestSpoolDies ends the work at every point, and lets another go on: every document is kept, and once.
func TestSpoolDies(t *testing.T) {
	died := errors.New("killed")
	for _, tt := range []struct {
		name string
		die  func(a *archive)
		want cdr.Tally // of who goes on
	}{
		{"before a file is saved", func(a *archive) { a.err = died }, cdr.Tally{Stored: 30}},
		{"when one is saved, and not moved", func(a *archive) { a.after = func(*cdr.SpoolFile) error { return died } }, cdr.Tally{}},
		{"when some are moved", func(a *archive) {
			a.after = func(*cdr.SpoolFile) error {
				if len(a.order) > 20 {
					return died
				}
				return nil
			}
		}, cdr.Tally{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, a := t.TempDir(), &archive{}
			for i := range 30 {
				lay(t, dir, fmt.Sprintf("u%02d.cdr.xml", i), doc("u"), time.Hour)
			}
			tt.die(a)
			first, err := cdr.NewSpool(dir, a.deliver, cdr.SpoolOptions{}).Once(t.Context())
			if !errors.Is(err, died) {
				t.Fatal(err)
			}
			saved := len(a.order)
			a.err, a.after = nil, nil
			got, err := cdr.NewSpool(dir, a.deliver, cdr.SpoolOptions{}).Once(t.Context())
			want := cdr.Tally{Stored: 30 - saved, Duplicate: saved - first.Stored}
			if got != want || err != nil || len(a.order) != 30 {
				t.Errorf("got %+v, %v, want %+v; %d kept", got, err, want, len(a.order))
			}
			if done := strings.Count(tree(t, dir), "done/"); done != 30 {
				t.Errorf("%d files in done/", done)
			}
		})
	}
}

// TestSpoolTwo lets two work on one folder.
func TestSpoolTwo(t *testing.T) {
	dir, a := t.TempDir(), &archive{}
	for i := range 500 {
		lay(t, dir, fmt.Sprintf("u%03d.cdr.xml", i), doc("u"), time.Hour)
	}
	var wg sync.WaitGroup
	for range 2 {
		s := cdr.NewSpool(dir, a.deliver, cdr.SpoolOptions{})
		wg.Go(func() {
			if tally, err := s.Once(t.Context()); err != nil || tally.Failed+tally.Bad > 0 {
				t.Errorf("%+v, %v", tally, err)
			}
		})
	}
	wg.Wait()
	if got := tree(t, dir); len(a.order) != 500 || strings.Count(got, "done/DAY/") != 500 || len(strings.Fields(got)) != 500 {
		t.Errorf("%d kept, the folder holds %s", len(a.order), got)
	}
}

// TestSpoolManyAtOnce: files share what is done at a time, within bounds.
func TestSpoolManyAtOnce(t *testing.T) {
	dir, a := t.TempDir(), &archive{during: func(context.Context) { time.Sleep(time.Second) }}
	synctest.Test(t, func(t *testing.T) {
		for i := range 160 {
			lay(t, dir, fmt.Sprintf("u%03d.cdr.xml", i), doc("u"), time.Hour)
		}
		began := time.Now()
		got, err := cdr.NewSpool(dir, a.deliver, cdr.SpoolOptions{}).Once(t.Context())
		if took := time.Since(began); got.Stored != 160 || err != nil || a.most != 16 || took != 10*time.Second {
			t.Errorf("%+v, %v; %d at once, in %v", got, err, a.most, took)
		}
	})
}

// TestSpoolFoldersInTheWay: where files cannot be moved, they are not delivered again and again.
func TestSpoolFoldersInTheWay(t *testing.T) {
	dir, a := t.TempDir(), &archive{}
	lay(t, dir, "done", "a file", time.Hour)
	var logged bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		lay(t, dir, "u.cdr.xml", doc("u"), time.Hour)
		stop := watch(cdr.NewSpool(dir, a.deliver, cdr.SpoolOptions{Log: slog.New(slog.NewTextHandler(&logged, nil))}))
		time.Sleep(time.Hour)
		synctest.Wait()
		if a.tried() > 0 {
			t.Errorf("%d tries", a.tried())
		}
		if err := os.Remove(filepath.Join(dir, "done")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		stop()
		if got := tree(t, dir); got != "done/DAY/u.cdr.xml" || strings.Count(logged.String(), "CDRs wait") != 1 {
			t.Errorf("the folder holds %s, and the log says\n%s", got, &logged)
		}
	})
}

// TestSpoolInPlace takes single files, and leaves them where they are.
func TestSpoolInPlace(t *testing.T) {
	dir, a := t.TempDir(), &archive{}
	lay(t, dir, "u.cdr.xml", doc("u"), time.Hour)
	lay(t, dir, "v.cdr.xml", doc("v"), time.Hour)
	lay(t, dir, "w.cdr.xml", "no CDR", time.Hour)
	before := tree(t, dir)
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			name  string
			files []string
			want  cdr.Tally
			err   string
		}{
			{"one", []string{"u.cdr.xml"}, cdr.Tally{Stored: 1}, ""},
			{"all", nil, cdr.Tally{Stored: 1, Duplicate: 1, Bad: 1}, ""},
			{"another name", []string{"u.xml"}, cdr.Tally{}, "not named"},
		} {
			got, err := cdr.NewSpool(dir, a.deliver, cdr.SpoolOptions{InPlace: true}).Once(t.Context(), tt.files...)
			if got != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: got %+v, %v, want %+v %q", tt.name, got, err, tt.want, tt.err)
			}
		}
	})
	if got := tree(t, dir); got != before {
		t.Errorf("the folder holds %s, want %s", got, before)
	}
}

// TestSpoolExpires: what was delivered is kept so many days, and nothing else in done/ is ever deleted.
func TestSpoolExpires(t *testing.T) {
	for _, tt := range []struct {
		name string
		days int
		want string
	}{
		{"for ever", 0, "done/1999-12-01/a.cdr.xml done/1999-12-30/b.cdr.xml done/1999-12-31/c.cdr.xml done/1999-12-31/note done/notes/d.cdr.xml"},
		{"a day", 1, "done/1999-12-31/c.cdr.xml done/1999-12-31/note done/notes/d.cdr.xml"},
		{"a month", 31, "done/1999-12-01/a.cdr.xml done/1999-12-30/b.cdr.xml done/1999-12-31/c.cdr.xml done/1999-12-31/note done/notes/d.cdr.xml"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for _, name := range strings.Fields("done/1999-12-01/a.cdr.xml done/1999-12-30/b.cdr.xml done/1999-12-31/c.cdr.xml done/1999-12-31/note done/notes/d.cdr.xml") {
				if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
					t.Fatal(err)
				}
				lay(t, dir, name, "x", 0)
			}
			synctest.Test(t, func(t *testing.T) { // whose clock begins with the year 2000
				time.Sleep(23 * time.Hour)
				stop := watch(cdr.NewSpool(dir, (&archive{}).deliver, cdr.SpoolOptions{KeepDays: tt.days}))
				time.Sleep(time.Minute)
				synctest.Wait()
				if got := tree(t, dir); got != tt.want {
					t.Errorf("got  %s\nwant %s", got, tt.want)
				}
				if tt.days == 1 {
					time.Sleep(time.Hour)
					synctest.Wait()
					if got, want := tree(t, dir), "done/1999-12-31/note done/notes/d.cdr.xml"; got != want {
						t.Errorf("the next day: got %s want %s", got, want)
					}
				}
				stop()
			})
		})
	}
}

// TestSpoolStops in the middle of a look.
func TestSpoolStops(t *testing.T) {
	dir := t.TempDir()
	a := &archive{during: func(ctx context.Context) {
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}}
	registry := prometheus.NewRegistry()
	synctest.Test(t, func(t *testing.T) {
		for i := range 100 {
			lay(t, dir, fmt.Sprintf("u%02d.cdr.xml", i), doc("u"), time.Hour)
		}
		stop := watch(cdr.NewSpool(dir, a.deliver, cdr.SpoolOptions{Registerer: registry}))
		time.Sleep(1500 * time.Millisecond)
		began := time.Now()
		stop()
		if took := time.Since(began); took > 0 {
			t.Errorf("it took %v", took)
		}
	})
	if n := len(a.order); n != 16 || strings.Count(tree(t, dir), "done/") != n {
		t.Errorf("%d kept, and the folder holds %s", n, tree(t, dir))
	}
	if n := testutil.CollectAndCount(registry, "callgate_cdr_spool_imported_total"); n != 4 {
		t.Errorf("%d results are counted, want 4", n)
	}
	wants(t, registry, "callgate_cdr_spool_imported_total", 0, "failed")
}
