package recording_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"callgate/internal/fault"
	"callgate/internal/recording"
)

// files are all files of the folder.
func (s *shelf) files() (all []string) {
	s.t.Helper()
	err := filepath.WalkDir(s.root, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(s.root, path)
			all = append(all, name)
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

func (s *shelf) receive(name string, content []byte) (bool, error) {
	return s.Receive(s.t.Context(), "main", name, int64(len(content)), 1<<20, bytes.NewReader(content))
}

func TestReceive(t *testing.T) {
	s := newShelf(t, nil)
	s.tell(start("leg", 0), stop("leg", time.Second))
	if created, err := s.receive("leg.wav", wav(time.Second)); !created || err != nil {
		t.Fatalf("%v, %v", created, err)
	}
	e := s.entry("leg")
	if e.State != recording.Complete || e.Duration != time.Second || e.Size != int64(len(wav(time.Second))) || !e.Started.Equal(noon) || e.Path != "/var/rec/leg.wav" {
		t.Errorf("%+v", e)
	}
	if created, err := s.receive("leg.wav", wav(time.Second)); created || err != nil {
		t.Errorf("again: %v, %v", created, err)
	}
	if got := s.entry("leg"); got != e {
		t.Errorf("again changed it: %+v", got)
	}
	if created, err := s.receive("leg.wav", wav(2*time.Second)); created || !errors.Is(err, fault.New(fault.Conflict, "Recording")) {
		t.Errorf("another under its name: %v, %v", created, err)
	}
	if got := s.files(); len(got) != 1 || got[0] != "leg.wav" {
		t.Errorf("left %q", got)
	}
	f, err := s.Open(t.Context(), "leg")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, wav(time.Second)) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	// The switch records anew under the name: now another one is right.
	s.now = noon.Add(time.Hour)
	s.touch("leg.wav", time.Hour)
	s.tell(start("leg", 30*time.Minute), stop("leg", 31*time.Minute))
	if created, err := s.receive("leg.wav", wav(2*time.Second)); !created || err != nil {
		t.Errorf("the new one: %v, %v", created, err)
	}
	if e := s.entry("leg"); e.Duration != 2*time.Second || e.State != recording.Complete {
		t.Errorf("%+v", e)
	}
}

// TestReceiveBeforeTheEnd: a file that is sent while it is being written is refused, or gives way to the whole one.
func TestReceiveBeforeTheEnd(t *testing.T) {
	s := newShelf(t, nil)
	s.tell(start("leg", 0))
	if created, err := s.receive("leg.wav", unfinished(time.Second)); created || !errors.Is(err, fault.New(fault.Unfinished, "Recording")) {
		t.Errorf("known to be written: %v, %v", created, err)
	}
	if created, err := s.receive("unheard.wav", unfinished(time.Second)); !created || err != nil {
		t.Errorf("not known to be written: %v, %v", created, err)
	}
	if created, err := s.receive("unheard.wav", wav(2*time.Second)); !created || err != nil {
		t.Errorf("the whole: %v, %v", created, err)
	}
	if e := s.entry("unheard"); e.Duration != 2*time.Second {
		t.Errorf("%+v", e)
	}
	if created, err := s.receive("unheard.wav", unfinished(time.Second)); created || !errors.Is(err, fault.New(fault.Conflict, "")) {
		t.Errorf("the old one again: %v, %v", created, err)
	}
}

// TestReceiveWithoutEvents: an upload is found though the link was down, with the project of its CDR, in a folder of its own.
func TestReceiveWithoutEvents(t *testing.T) {
	s := newShelf(t, nil)
	s.hangUp("leg")
	if created, err := s.receive("2026/11/leg.wav", wav(time.Second)); !created || err != nil {
		t.Fatalf("%v, %v", created, err)
	}
	if e := s.entry("leg"); e.Project != "9 876" || e.State != recording.Complete || !e.At.Equal(noon.Add(-time.Second)) {
		t.Errorf("%+v", e)
	}
	if _, err := s.receive("empty.wav", wav(0)); err != nil {
		t.Error(err)
	}
	if e := s.entry("empty"); e.State != recording.Empty {
		t.Errorf("%+v", e)
	}
	s.write("mine.wav", wav(time.Second), 0) // of a folder that the switch shares
	if _, err := s.receive("mine.wav", wav(2*time.Second)); !errors.Is(err, fault.New(fault.Conflict, "Recording")) {
		t.Errorf("over a file that nobody knows: %v", err)
	}
}

func TestReceiveRefuses(t *testing.T) {
	s := newShelf(t, nil)
	outside := filepath.Join(filepath.Dir(s.root), "outside")
	if err := os.Mkdir(outside, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(s.root, "away")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(outside, "x.wav"), filepath.Join(s.root, "link.wav")); err != nil {
		t.Fatal(err)
	}
	good := wav(time.Second)
	wrong := fault.New(fault.WrongField, "name")
	for _, tt := range []struct {
		name, sw, file string
		body           io.Reader
		size           int64
		want           error // nil for any
	}{
		{"unknown switch", "third", "a.wav", bytes.NewReader(good), -1, fault.New(fault.NotFound, "Switch")},
		{"no name", "main", "", bytes.NewReader(good), -1, wrong},
		{"a way up", "main", "../a.wav", bytes.NewReader(good), -1, wrong},
		{"a way up inside", "main", "a/../../a.wav", bytes.NewReader(good), -1, wrong},
		{"absolute", "main", "/a.wav", bytes.NewReader(good), -1, wrong},
		{"hidden", "main", ".a.wav", bytes.NewReader(good), -1, wrong},
		{"a temporary one", "main", ".upload-x.wav", bytes.NewReader(good), -1, wrong},
		{"hidden folder", "main", ".git/a.wav", bytes.NewReader(good), -1, wrong},
		{"NUL", "main", "a\x00.wav", bytes.NewReader(good), -1, wrong},
		{"line break", "main", "a\n.wav", bytes.NewReader(good), -1, wrong},
		{"back-slash", "main", `a\b.wav`, bytes.NewReader(good), -1, wrong},
		{"another kind", "main", "a.sh", bytes.NewReader(good), -1, wrong},
		{"too deep", "main", "a/b/c/d/e.wav", bytes.NewReader(good), -1, wrong},
		{"too long", "main", strings.Repeat("x", 200) + ".wav", bytes.NewReader(good), -1, wrong},
		{"said to be too large", "main", "a.wav", bytes.NewReader(nil), 1 << 21, fault.New(fault.TooLarge, "")},
		{"too large", "main", "a.wav", bytes.NewReader(make([]byte, 1<<21)), -1, fault.New(fault.TooLarge, "")},
		{"too short", "main", "a.wav", bytes.NewReader(good[:1000]), int64(len(good)), io.ErrUnexpectedEOF},
		{"cut off", "main", "a.wav", io.MultiReader(bytes.NewReader(good[:1000]), broken{}), int64(len(good)), errBroken},
		{"no sound file", "main", "a.wav", strings.NewReader("<?php"), -1, fault.New(fault.WrongField, "file")},
		{"through a link out of the folder", "main", "away/a.wav", bytes.NewReader(good), -1, nil},
		{"over a link out of the folder", "main", "link.wav", bytes.NewReader(good), -1, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			created, err := s.Receive(t.Context(), tt.sw, tt.file, tt.size, 1<<20, tt.body)
			if created || err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("got %v, %v; want %v", created, err, tt.want)
			}
		})
	}
	if got := s.files(); len(got) != 2 {
		t.Errorf("left %q", got)
	}
	if got, err := os.ReadDir(outside); len(got) != 0 || err != nil {
		t.Errorf("outside: %v, %v", got, err)
	}
	if all, err := s.store.ListRecordings(t.Context(), recording.Query{To: noon.Add(time.Hour), Limit: 10}); len(all) != 0 || err != nil {
		t.Errorf("indexed %v, %v", all, err)
	}
}

var errBroken = errors.New("the line is broken")

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errBroken }
