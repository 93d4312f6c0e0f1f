package recording_test

import (
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"callgate/cdr"
	"callgate/internal/recording"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// noon is when the tests take place.
var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// shelf is a library over a folder and a database, with a clock that stands.
type shelf struct {
	*recording.Library
	t     *testing.T
	root  string
	store *store.Store
	now   time.Time
	plan  recording.Plan
}

// newShelf makes one on SQLite; change may say more, such as another store.
func newShelf(t *testing.T, change func(*shelf, *recording.Options)) *shelf {
	t.Helper()
	s := &shelf{t: t, root: filepath.Join(t.TempDir(), "recordings"), now: noon}
	o := recording.Options{Root: s.root, SwitchDir: "/var/rec", SwitchDirs: map[string]string{"two": "/mnt/rec/"},
		Switches: []string{"main", "two"}, Plan: func() recording.Plan { return s.plan }, Now: func() time.Time { return s.now }}
	if change != nil {
		change(s, &o)
	}
	if o.Store == nil {
		s.store = storetest.Open(t, storetest.SQLite(t), store.Options{Now: func() time.Time { return s.now }})
		o.Store = s.store
	}
	l, err := recording.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	s.Library = l
	return s
}

// write puts a file into the folder, last written so long ago.
func (s *shelf) write(name string, content []byte, ago time.Duration) {
	s.t.Helper()
	file := filepath.Join(s.root, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o644); err != nil {
		s.t.Fatal(err)
	}
	s.touch(name, ago)
}

func (s *shelf) touch(name string, ago time.Duration) {
	s.t.Helper()
	at := s.now.Add(-ago)
	if err := os.Chtimes(filepath.Join(s.root, name), at, at); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shelf) there(name string) bool {
	_, err := os.Lstat(filepath.Join(s.root, name))
	return err == nil
}

// tell saves facts.
func (s *shelf) tell(facts ...recording.Fact) {
	s.t.Helper()
	if err := s.store.SaveRecordingFacts(s.t.Context(), facts); err != nil {
		s.t.Fatal(err)
	}
}

// start and stop are the facts of events so long after noon.
func start(leg string, after time.Duration) recording.Fact {
	return recording.Fact{Told: recording.Started, Switch: "main", Path: "/var/rec/" + leg + ".wav", Name: leg + ".wav", Leg: leg, At: noon.Add(after)}
}

func stop(leg string, after time.Duration) recording.Fact {
	f := start(leg, after)
	f.Told, f.Cause = recording.Stopped, "success-silence"
	return f
}

// hangUp keeps a CDR of a leg.
func (s *shelf) hangUp(leg string, paths ...string) {
	s.t.Helper()
	r := &cdr.Record{Leg: leg, Call: leg, Start: noon.UnixMicro(), End: noon.Add(time.Minute).UnixMicro(), Recordings: paths, Readable: true,
		Project: "9 876"}
	copy(r.Digest[:], leg)
	if _, err := storetest.SaveCDR(s.t.Context(), s.store, r); err != nil {
		s.t.Fatal(err)
	}
}

// settle looks at everything once.
func (s *shelf) settle() {
	s.t.Helper()
	if _, err := s.Settle(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// entry is what is known of the recording of a leg; there must be one at most.
func (s *shelf) entry(leg string) recording.Entry {
	s.t.Helper()
	all, err := s.store.Recordings(s.t.Context(), []string{leg}, nil)
	if err != nil || len(all) > 1 {
		s.t.Fatalf("%v, %v", all, err)
	}
	if len(all) == 0 {
		return recording.Entry{}
	}
	return all[0]
}

// wav is a whole file of 8 kHz, 16 bit, mono.
func wav(length time.Duration) []byte { return wavOf(length, nil) }

// wavOf is one whose head is changed.
func wavOf(length time.Duration, change func(head []byte)) []byte {
	sound := int(length.Milliseconds()) * 16
	b := slices.Concat([]byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x00\x00\x00\x00"))
	binary.LittleEndian.PutUint32(b[4:], uint32(36+sound))
	binary.LittleEndian.PutUint32(b[40:], uint32(sound))
	if change != nil {
		change(b)
	}
	body := make([]byte, sound)
	for i := range body {
		body[i] = byte(i * 7)
	}
	return append(b, body...)
}

// unfinished is the file of a recording that goes on, as FreeSWITCH writes it: its head is that of the beginning.
func unfinished(length time.Duration) []byte {
	return wavOf(length, func(b []byte) {
		binary.LittleEndian.PutUint32(b[4:], 8)
		binary.LittleEndian.PutUint32(b[40:], 0)
	})
}

// calls is a store that names paths and legs of its own.
type calls struct {
	recording.Store
	named map[string][2][]string
}

func (c calls) RecordingPaths(_ context.Context, leg string) (paths, legs []string, err error) {
	return c.named[leg][0], c.named[leg][1], nil
}
