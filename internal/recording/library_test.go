package recording_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"callgate/internal/fault"
	"callgate/internal/recording"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

func TestOpen(t *testing.T) {
	s := newShelf(t, func(s *shelf, o *recording.Options) {
		s.store = storetest.Open(t, storetest.SQLite(t), store.Options{})
		outside := filepath.Join(filepath.Dir(s.root), "secret.wav")
		o.Store = calls{s.store, map[string][2][]string{
			"b-leg":   {nil, []string{"b-leg", "a-leg"}},
			"named":   {[]string{"/var/rec/2026/11/x.wav"}, nil},
			"other":   {[]string{"/mnt/rec/2026/11/x.wav"}, nil},
			"gone":    {[]string{"/var/rec/gone.wav", "/var/rec/2026/11/x.wav"}, nil},
			"foreign": {[]string{"/etc/passwd", outside}, nil},
			"climber": {[]string{"/var/rec/../../secret.wav", "/var/rec/a/../../../secret.wav"}, []string{"../secret"}},
			"text":    {[]string{"/var/rec/notes.txt"}, nil},
			"root":    {[]string{"/var/rec"}, nil},
		}}
	})
	byName, byCDR := wav(time.Second), wav(2*time.Second)
	outside := filepath.Join(filepath.Dir(s.root), "secret.wav")
	s.write("../secret.wav", wav(3*time.Second), time.Hour)
	s.write("a-leg.wav", byName, time.Hour)
	s.write("2026/11/x.wav", byCDR, time.Hour)
	s.write("notes.txt", []byte("notes"), time.Hour)
	if err := os.Mkdir(filepath.Join(s.root, "folder.wav"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(s.root, "link.wav")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(s.root, "pipe.wav"), 0o644); err != nil {
		t.Fatal(err)
	}

	for _, tt := range []struct {
		name, id string
		want     []byte
	}{
		{"file named for the leg", "a-leg", byName},
		{"other leg of the call", "b-leg", byName},
		{"path named by a CDR", "named", byCDR},
		{"path of a switch with its own folder", "other", byCDR},
		{"first path gone, second there", "gone", byCDR},
		{"unknown", "nobody", nil},
		{"path outside the root", "foreign", nil},
		{"CDR path that climbs", "climber", nil},
		{"id that climbs", "../secret", nil},
		{"id with an absolute path", outside[:len(outside)-4], nil},
		{"id with a separator", "2026/11/x", nil},
		{"symbolic link out of the root", "link", nil},
		{"folder", "folder", nil},
		{"named pipe", "pipe", nil},
		{"not a sound file", "text", nil},
		{"the root itself", "root", nil},
		{"dots", "..", nil},
		{"NUL", "a-leg.wav\x00", nil},
		{"empty", "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := s.Open(t.Context(), tt.id)
			if tt.want == nil {
				if !errors.Is(err, fault.New(fault.NotFound, "ID")) {
					t.Fatalf("got %v %v, want Wrong ID", f, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			got, err := io.ReadAll(f)
			if err != nil || !bytes.Equal(got, tt.want) || f.Size != int64(len(got)) || f.Name != tt.id+".wav" {
				t.Errorf("got %d bytes, %d, %q, %v, want %d", len(got), f.Size, f.Name, err, len(tt.want))
			}
		})
	}
}

func TestPath(t *testing.T) {
	s := newShelf(t, nil)
	for _, tt := range []struct{ name, want string }{
		{"main", "/var/rec/u.wav"},
		{"two", "/mnt/rec/u.wav"},
	} {
		if got := s.Path(tt.name, "u"); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

// TestWhole: what is not whole is not offered, and said to be on its way; what has no sound is not there.
func TestWhole(t *testing.T) {
	const leg = "leg"
	notFound, waits := fault.New(fault.NotFound, "ID"), fault.New(fault.Unfinished, "ID")
	for _, tt := range []struct {
		name    string
		prepare func(*shelf)
		fails   error // nil when it is offered
		state   recording.State
	}{
		{"no event, whole", func(s *shelf) { s.write("leg.wav", wav(time.Second), 0) }, nil, recording.Complete},
		{"no event, being written", func(s *shelf) { s.write("leg.wav", unfinished(time.Second), 5*time.Second) }, waits, recording.Closed},
		{"no event, just begun", func(s *shelf) { s.write("leg.wav", wav(0), 0) }, waits, recording.Closed},
		{"no event, left by a switch that died", func(s *shelf) { s.write("leg.wav", unfinished(time.Second), time.Hour) }, nil, recording.Complete},
		{"no event, no sound", func(s *shelf) { s.write("leg.wav", wav(0), time.Hour) }, notFound, recording.Empty},
		{"no event, nothing in it", func(s *shelf) { s.write("leg.wav", nil, time.Hour) }, notFound, recording.Empty},
		{"no event, no sound file", func(s *shelf) { s.write("leg.wav", []byte("hello"), time.Hour) }, notFound, recording.Empty},
		{"begun, file looks whole", func(s *shelf) { s.tell(start(leg, 0)); s.write("leg.wav", wav(time.Second), 0) }, waits, recording.Writing},
		{"begun, paused for long", func(s *shelf) { s.tell(start(leg, 0)); s.write("leg.wav", unfinished(time.Second), time.Hour) }, waits, recording.Writing},
		{"begun, file never came", func(s *shelf) { s.tell(start(leg, 0)) }, waits, recording.Writing},
		{"begun, call over: the stop was missed", func(s *shelf) {
			s.tell(start(leg, 0))
			s.hangUp(leg)
			s.write("leg.wav", wav(time.Second), 0)
		}, nil, recording.Complete},
		{"begun, quiet and whole: stop and CDR were missed", func(s *shelf) { s.tell(start(leg, 0)); s.write("leg.wav", wav(time.Second), time.Hour) }, nil, recording.Complete},
		{"begun yesterday, never heard of again", func(s *shelf) {
			s.tell(start(leg, -25*time.Hour))
			s.write("leg.wav", unfinished(time.Second), time.Hour)
		}, nil, recording.Complete},
		{"stopped", func(s *shelf) { s.tell(start(leg, 0), stop(leg, time.Second)); s.write("leg.wav", wav(time.Second), 0) }, nil, recording.Complete},
		{"stopped, file still on its way", func(s *shelf) { s.tell(start(leg, 0), stop(leg, time.Second)) }, waits, recording.Closed},
		{"stopped, half of the file is here", func(s *shelf) {
			s.tell(stop(leg, 0))
			s.write("leg.wav", wav(time.Second)[:8000], 0)
		}, waits, recording.Closed},
		{"stopped long ago, no file", func(s *shelf) { s.tell(start(leg, -3*time.Hour), stop(leg, -2*time.Hour)) }, notFound, recording.Lost},
		{"lost, then it came", func(s *shelf) {
			s.tell(start(leg, -3*time.Hour), stop(leg, -2*time.Hour))
			s.settle()
			s.write("leg.wav", wav(time.Second), 0)
		}, nil, recording.Complete},
		{"stopped, no sound", func(s *shelf) { s.tell(stop(leg, 0)); s.write("leg.wav", wav(0), 0) }, notFound, recording.Empty},
		{"discarded by the switch", func(s *shelf) {
			f := stop(leg, time.Second)
			f.Cause = "input-too-short"
			s.tell(start(leg, 0), f)
		}, notFound, recording.Empty},
		{"begun anew under its name", func(s *shelf) {
			s.tell(start(leg, 0), stop(leg, time.Second))
			s.write("leg.wav", wav(time.Second), 0)
			s.settle()
			s.tell(start(leg, 2*time.Second))
		}, waits, recording.Writing},
		{"known, then deleted by hand", func(s *shelf) {
			s.tell(stop(leg, 0))
			s.write("leg.wav", wav(time.Second), 0)
			s.settle()
			if err := os.Remove(filepath.Join(s.root, "leg.wav")); err != nil {
				s.t.Fatal(err)
			}
		}, notFound, recording.Lost},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newShelf(t, nil)
			tt.prepare(s)
			f, err := s.Open(t.Context(), leg)
			if !errors.Is(err, tt.fails) || (err == nil) != (tt.fails == nil) {
				t.Fatalf("got %v, want %v", err, tt.fails)
			}
			if err == nil {
				defer f.Close()
				if got, err := io.ReadAll(f); err != nil || len(got) != len(wav(time.Second)) || f.Entry.Duration != time.Second {
					t.Errorf("%d bytes, %v, %v", len(got), err, f.Entry.Duration)
				}
			}
			e, err := s.Find(t.Context(), leg)
			if err != nil || e.State != tt.state {
				t.Errorf("it is said to be %q, %v; want %q", e.State, err, tt.state)
			}
		})
	}
}

// TestTemplate: a recording that neither an event nor its CDR tells of is found where the template says, and only below the root.
func TestTemplate(t *testing.T) {
	for _, tt := range []struct {
		name, template, file, leg string
		zone                      *time.Location
		found                     bool
	}{
		{"uuid", "calls/{uuid}.wav", "calls/leg.wav", "leg", nil, true},
		{"date", "{date}/{uuid}.wav", "2026-11-26/leg.wav", "leg", nil, true},
		{"date of another zone", "{date}/{uuid}.wav", "2026-11-27/leg.wav", "leg", time.FixedZone("", 12*3600), true},
		{"switch", "{switch}/{uuid}.wav", "two/leg.wav", "leg", nil, true},
		{"project with a blank names no folder", "{project}/{uuid}.wav", "9 876/leg.wav", "leg", nil, false},
		{"no CDR, no date", "{date}/{uuid}.wav", "2026-11-26/unknown.wav", "unknown", nil, false},
		{"no CDR", "calls/{uuid}.wav", "calls/unknown.wav", "unknown", nil, true},
		{"a way out", "calls/{uuid}.wav", "secret.wav", "../secret", nil, false},
		{"none", "", "calls/leg.wav", "leg", nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newShelf(t, func(_ *shelf, o *recording.Options) { o.Zone = tt.zone })
			s.plan.Template = tt.template
			s.hangUp("leg")
			s.write(tt.file, wav(time.Second), time.Hour)
			f, err := s.Open(t.Context(), tt.leg)
			if (err == nil) != tt.found {
				t.Fatalf("got %v", err)
			}
			if err == nil {
				f.Close()
			}
		})
	}
}

// TestNestedFolders: a switch may have our folder below what another has for its name.
func TestNestedFolders(t *testing.T) {
	for range 10 { // whatever the order in which they are read
		s := newShelf(t, func(_ *shelf, o *recording.Options) {
			o.SwitchDirs = map[string]string{"one": "/data", "two": "/data/rec/two", "three": "/data/rec"}
		})
		s.write("leg.wav", wav(time.Second), time.Hour)
		s.hangUp("x", "/data/rec/two/leg.wav")
		f, err := s.Open(t.Context(), "x")
		if err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
	}
}
