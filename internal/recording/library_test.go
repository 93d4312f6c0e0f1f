package recording_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"callgate/internal/fault"
	"callgate/internal/recording"
)

type index map[string][2][]string

func (i index) RecordingPaths(_ context.Context, leg string) (paths, legs []string, err error) {
	return i[leg][0], i[leg][1], nil
}

func TestOpen(t *testing.T) {
	base := t.TempDir()
	root, outside := filepath.Join(base, "recordings"), filepath.Join(base, "secret.wav")
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(outside, "secret")
	write(filepath.Join(root, "a-leg.wav"), "by name")
	write(filepath.Join(root, "2026/11/x.wav"), "by cdr")
	write(filepath.Join(root, "notes.txt"), "notes")
	if err := os.Mkdir(filepath.Join(root, "folder.wav"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(root, "link.wav")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(root, "pipe.wav"), 0o644); err != nil {
		t.Fatal(err)
	}
	l, err := recording.New(recording.Options{
		Root: root, SwitchDir: "/var/rec", SwitchDirs: map[string]string{"two": "/mnt/rec/"},
		Index: index{
			"b-leg":   {nil, []string{"b-leg", "a-leg"}},
			"named":   {[]string{"/var/rec/2026/11/x.wav"}, nil},
			"other":   {[]string{"/mnt/rec/2026/11/x.wav"}, nil},
			"gone":    {[]string{"/var/rec/gone.wav", "/var/rec/2026/11/x.wav"}, nil},
			"foreign": {[]string{"/etc/passwd", outside}, nil},
			"climber": {[]string{"/var/rec/../../secret.wav", "/var/rec/a/../../../secret.wav"}, []string{"../secret"}},
			"text":    {[]string{"/var/rec/notes.txt"}, nil},
			"root":    {[]string{"/var/rec"}, nil},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()

	for _, tt := range []struct{ name, id, want string }{
		{"file named for the leg", "a-leg", "by name"},
		{"other leg of the call", "b-leg", "by name"},
		{"path named by a CDR", "named", "by cdr"},
		{"path of a switch with its own folder", "other", "by cdr"},
		{"first path gone, second there", "gone", "by cdr"},
		{"unknown", "nobody", ""},
		{"path outside the root", "foreign", ""},
		{"CDR path that climbs", "climber", ""},
		{"id that climbs", "../secret", ""},
		{"id with an absolute path", outside[:len(outside)-4], ""},
		{"id with a separator", "2026/11/x", ""},
		{"symbolic link out of the root", "link", ""},
		{"folder", "folder", ""},
		{"named pipe", "pipe", ""},
		{"not a sound file", "text", ""},
		{"the root itself", "root", ""},
		{"dots", "..", ""},
		{"NUL", "a-leg.wav\x00", ""},
		{"empty", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := l.Open(t.Context(), tt.id)
			if tt.want == "" {
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
			if err != nil || string(got) != tt.want || f.Size != int64(len(got)) || f.Name != tt.id+".wav" {
				t.Errorf("got %q %d %q %v, want %q", got, f.Size, f.Name, err, tt.want)
			}
		})
	}
}

func TestPath(t *testing.T) {
	l, err := recording.New(recording.Options{Root: t.TempDir(), SwitchDir: "/var/rec/",
		SwitchDirs: map[string]string{"two": "/mnt/rec"}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, tt := range []struct{ name, want string }{
		{"one", "/var/rec/u.wav"},
		{"two", "/mnt/rec/u.wav"},
	} {
		if got := l.Path(tt.name, "u"); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}
