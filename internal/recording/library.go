// Package recording finds the sound files of calls. FreeSWITCH writes them into its own folder; we read the same
// folder, perhaps mounted elsewhere, so every path that a switch names is first turned into one below our root.
// Nothing outside that root is ever opened, whatever a request, a CDR or a symbolic link says.
//
// The package owns no goroutines; a Library may be used from any goroutine.
package recording

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callgate/internal/fault"
)

// Index knows which paths and which legs belong to the call of a leg.
type Index interface {
	// RecordingPaths returns the paths, as the switch wrote them, that any leg of leg's call names, and that
	// call's legs, leg's own first. An unknown leg is no error: it has none.
	RecordingPaths(ctx context.Context, leg string) (paths, legs []string, err error)
}

// Options say where recordings lie.
type Options struct {
	Root       string            // the folder we read
	SwitchDir  string            // the same folder as the switches name it, absolute
	SwitchDirs map[string]string // per switch, where it differs from SwitchDir
	Index      Index
	Registerer prometheus.Registerer // nil keeps the metric private
}

// Library opens recordings.
type Library struct {
	root  *os.Root
	dirs  []string // every name the root has on a switch, cleaned
	byDir map[string]string
	std   string
	index Index
	opens *prometheus.CounterVec
}

// found and missing are the results that are counted.
const found, missing = "found", "missing"

// New opens the root, making the folder when it is not there yet.
func New(o Options) (*Library, error) {
	if err := os.MkdirAll(o.Root, 0o750); err != nil {
		return nil, fmt.Errorf("make recordings folder: %w", err)
	}
	root, err := os.OpenRoot(o.Root)
	if err != nil {
		return nil, fmt.Errorf("open recordings folder: %w", err)
	}
	l := &Library{root: root, index: o.Index, byDir: map[string]string{}, std: path.Clean(o.SwitchDir),
		opens: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "callgate_recording_opens_total", Help: "Recordings asked for, by result: found, missing.",
		}, []string{"result"})}
	for _, result := range []string{found, missing} {
		l.opens.WithLabelValues(result)
	}
	if o.Registerer != nil {
		o.Registerer.MustRegister(l.opens)
	}
	l.dirs = append(l.dirs, l.std)
	for name, dir := range o.SwitchDirs {
		l.byDir[name] = path.Clean(dir)
		l.dirs = append(l.dirs, l.byDir[name])
	}
	return l, nil
}

// Close gives the root back.
func (l *Library) Close() error { return l.root.Close() }

// Path is where the named switch is to write the recording of a call, absolute in the switch's own tree.
func (l *Library) Path(switchName, id string) string {
	dir, ok := l.byDir[switchName]
	if !ok {
		dir = l.std
	}
	return path.Join(dir, id+".wav")
}

// File is an open recording. The caller closes it.
type File struct {
	*os.File
	Name     string // "<id>.wav" of the id asked for
	Size     int64  // bytes
	Modified time.Time
}

// plainID is what may name a file by itself: no separators, no leading dot.
var plainID = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$`)

// Open finds the recording of the call that leg belongs to: what the call's CDRs name first, then a file named
// for one of its legs. None, an unreadable one, or one outside the root is fault.NotFound about "ID".
func (l *Library) Open(ctx context.Context, leg string) (*File, error) {
	paths, legs, err := l.index.RecordingPaths(ctx, leg)
	if err != nil {
		return nil, fmt.Errorf("find recording: %w", err)
	}
	var names []string
	for _, p := range paths {
		if name, ok := l.local(p); ok && strings.EqualFold(path.Ext(name), ".wav") {
			names = append(names, name)
		}
	}
	for _, id := range append([]string{leg}, legs...) {
		if plainID.MatchString(id) {
			names = append(names, id+".wav")
		}
	}
	for _, name := range names {
		f, err := l.open(name)
		if err != nil {
			continue // not there, unreadable, or a way out of the root: the next candidate may still be good
		}
		f.Name = path.Base(leg) + ".wav"
		l.opens.WithLabelValues(found).Inc()
		return f, nil
	}
	l.opens.WithLabelValues(missing).Inc()
	return nil, fault.New(fault.NotFound, "ID")
}

// local turns a path in a switch's tree into one below our root.
func (l *Library) local(switchPath string) (string, bool) {
	clean := path.Clean(switchPath)
	for _, dir := range l.dirs {
		if rest, ok := strings.CutPrefix(clean, strings.TrimSuffix(dir, "/")+"/"); ok {
			return filepath.FromSlash(rest), filepath.IsLocal(rest)
		}
	}
	return "", false
}

func (l *Library) open(name string) (*File, error) {
	// Without O_NONBLOCK a named pipe in the folder would hold the request for ever.
	f, err := l.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open recording: %w", err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("open recording: %w", err)
	}
	return &File{File: f, Size: info.Size(), Modified: info.ModTime()}, nil
}
