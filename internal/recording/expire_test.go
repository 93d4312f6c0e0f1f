package recording_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"callgate/internal/recording"
)

const day = 24 * time.Hour

// TestExpire: what is deleted is what the index knows, of projects whose time is over, and nothing else.
func TestExpire(t *testing.T) {
	registry := prometheus.NewRegistry()
	s := newShelf(t, func(_ *shelf, o *recording.Options) { o.Registerer = registry })
	s.plan.KeepDays = func(project string) int { return map[string]int{"": 10, "month": 30, "ever": 0}[project] }
	record := func(leg, project string, ago time.Duration) {
		a, b := start(leg, -ago), stop(leg, -ago+time.Second)
		a.Project, b.Project = project, project
		s.tell(a, b)
		s.write(leg+".wav", wav(time.Second), ago)
	}
	record("old", "", 11*day)
	record("young", "", 9*day)
	record("month", "month", 31*day)
	record("weeks", "month", 20*day)
	record("ever", "ever", 1000*day)
	record("written", "", 11*day)
	record("gone", "", 11*day)
	s.tell(start("going", -11*day))
	s.write("going.wav", unfinished(time.Second), 11*day)
	s.write("unknown.wav", wav(time.Second), 100*day)
	s.hangUp("going-none")
	s.settle()
	s.tell(start("going", -11*day+time.Hour)) // it goes on
	s.touch("written.wav", time.Hour)         // somebody writes it
	if err := os.Remove(filepath.Join(s.root, "gone.wav")); err != nil {
		t.Fatal(err)
	}
	if more, err := s.Expire(t.Context()); more || err != nil {
		t.Fatalf("%v, %v", more, err)
	}
	want := []string{"ever.wav", "going.wav", "unknown.wav", "weeks.wav", "written.wav", "young.wav"}
	if got := s.files(); !slices.Equal(got, want) {
		t.Errorf("left %q, want %q", got, want)
	}
	for leg, state := range map[string]recording.State{"old": recording.Deleted, "month": recording.Deleted, "gone": recording.Deleted,
		"young": recording.Complete, "ever": recording.Complete, "written": recording.Complete, "going": recording.Writing} {
		if e := s.entry(leg); e.State != state || (state == recording.Deleted) != e.Deleted.Equal(noon) {
			t.Errorf("%s is %q, deleted %v", leg, e.State, e.Deleted)
		}
	}
	counted := func() string {
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() == "callgate_recording_expired_total" {
				text := ""
				for _, m := range f.GetMetric() {
					text += fmt.Sprintf("%s %v ", m.GetLabel()[0].GetValue(), m.GetCounter().GetValue())
				}
				return text
			}
		}
		return "none"
	}
	if got := counted(); got != "deleted 3 failed 0 spared 1 " {
		t.Errorf("counted %s", got)
	}
	if n := testutil.CollectAndCount(registry, "callgate_recording_expired_bytes_total"); n != 1 {
		t.Errorf("%d counters of bytes", n)
	}
	// Again: nothing is left to do, and what was spared is left alone for a day.
	if more, err := s.Expire(t.Context()); more || err != nil || counted() != "deleted 3 failed 0 spared 1 " {
		t.Errorf("%v, %v, %s", more, err, counted())
	}
	if _, err := s.Open(t.Context(), "old"); err == nil {
		t.Error("a deleted one is offered")
	}
}

// TestExpireStaysInside: a link in the place of a file, or of its folder, leads to no deletion outside.
func TestExpireStaysInside(t *testing.T) {
	s := newShelf(t, nil)
	s.plan.KeepDays = func(string) int { return 1 }
	outside := filepath.Join(filepath.Dir(s.root), "outside")
	s.write("../outside/file.wav", wav(time.Second), 10*day)
	for _, name := range []string{"file.wav", "dir/file.wav", "folder.wav"} {
		s.write(name, wav(time.Second), 10*day)
		f := stop("x", -10*day)
		f.Path, f.Name, f.Leg = "/var/rec/"+name, name, name
		s.tell(f)
	}
	s.settle()
	for _, name := range []string{"file.wav", "dir", "folder.wav"} {
		if err := os.RemoveAll(filepath.Join(s.root, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(outside, "file.wav"), filepath.Join(s.root, "file.wav")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(s.root, "dir")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(s.root, "folder.wav"), 0o755); err != nil {
		t.Fatal(err)
	}
	s.touch("folder.wav", 10*day)
	if _, err := s.Expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(outside, "file.wav")); err != nil {
		t.Errorf("the file outside: %v", err)
	}
	for _, name := range []string{"dir/file.wav", "folder.wav"} {
		if e := s.entry(name); e.State == recording.Deleted {
			t.Errorf("%s is said to be deleted", name)
		}
	}
	if !s.there("folder.wav") || !s.there("file.wav") {
		t.Error("what is no file is gone")
	}
}

// TestExpirePace: one pass deletes a bounded number.
func TestExpirePace(t *testing.T) {
	s := newShelf(t, nil)
	s.plan.KeepDays = func(string) int { return 1 }
	var facts []recording.Fact
	for i := range 60 {
		leg := fmt.Sprintf("leg%d", i)
		facts = append(facts, stop(leg, -10*day))
		s.write(leg+".wav", wav(time.Millisecond), 10*day)
	}
	s.tell(facts...)
	s.settle()
	for _, left := range []int{10, 0} {
		if more, err := s.Expire(t.Context()); more != (left > 0) || err != nil {
			t.Errorf("%v, %v", more, err)
		}
		if got := len(s.files()); got != left {
			t.Errorf("left %d, want %d", got, left)
		}
	}
}
