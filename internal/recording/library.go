// Package recording knows the sound files of calls: where they lie, whether they are whole, how long they are kept, and which of
// them have been copied to an object store. FreeSWITCH writes them into its own folder; we read the same folder,
// perhaps mounted elsewhere, or are sent them, so every path that a switch names is first turned into one below our root.
// Nothing outside that root is ever opened, written or deleted, whatever a request, a CDR or a symbolic link says.
//
// What is known of each recording is an Entry in the Store. Events tell of it (Listen), a look at the file settles it, and where events
// were missed CDRs and the configured template find it. The goroutines of Run settle, copy and delete, that of Write saves; the queue
// before it is bounded and what it cannot hold is counted. A Library may be used from any goroutine.
package recording

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callgate/internal/backlog"
	"callgate/internal/fault"
)

// Plan is how recordings are handled just now.
type Plan struct {
	Template string // where a recording lies that nothing else tells of; empty for nowhere
	// KeepDays says after how many days recordings of a project are deleted, 0 for never; "" is calls of no project.
	KeepDays func(project string) int
	S3       S3 // without an endpoint nothing is copied
}

// Options say where recordings lie and who knows of them.
type Options struct {
	Root       string            // the folder we read
	SwitchDir  string            // the same folder as the switches name it, absolute
	SwitchDirs map[string]string // per switch, where it differs from SwitchDir
	Switches   []string          // their names
	Store      Store
	Plan       func() Plan           // asked whenever it is needed; nil is the zero Plan
	Zone       *time.Location        // of the dates in the template; nil is UTC
	Now        func() time.Time      // time.Now
	Logger     *slog.Logger          // nil discards
	Registerer prometheus.Registerer // nil keeps the metrics private
}

// Library finds and opens recordings, and looks after them. Make it with New; Run does the looking after.
type Library struct {
	o     Options
	root  *os.Root
	dirs  []string // every name the root has on a switch, cleaned
	byDir map[string]string
	std   string

	facts     *backlog.Backlog[Fact]
	unsettled chan struct{} // capacity 1: there is something to settle
	uncopied  chan struct{} // capacity 1: there is something to copy
	storing   sync.Mutex    // one delivery at a time is put into its place
	objects   objectClient
	metrics   *metrics
}

// The results of Open that are counted.
const (
	found      = "found"
	missing    = "missing"
	unfinished = "unfinished"
)

// New opens the root, making the folder when it is not there yet.
func New(o Options) (*Library, error) {
	if err := os.MkdirAll(o.Root, 0o750); err != nil {
		return nil, fmt.Errorf("make recordings folder: %w", err)
	}
	root, err := os.OpenRoot(o.Root)
	if err != nil {
		return nil, fmt.Errorf("open recordings folder: %w", err)
	}
	if o.Plan == nil {
		o.Plan = func() Plan { return Plan{} }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	l := &Library{o: o, root: root, byDir: map[string]string{}, std: path.Clean(o.SwitchDir),
		unsettled: make(chan struct{}, 1), uncopied: make(chan struct{}, 1), metrics: newMetrics(o.Registerer)}
	// Facts wait for no company: who asks for a recording looks at its file at once.
	l.facts = backlog.New(queueLength, 0, l.save, backlog.Options{Facts: "facts about recordings", Metric: "callgate_recording_fact",
		Registerer: o.Registerer, Logger: o.Logger})
	l.dirs = append(l.dirs, l.std)
	for name, dir := range o.SwitchDirs {
		l.byDir[name] = path.Clean(dir)
		l.dirs = append(l.dirs, l.byDir[name])
	}
	slices.SortFunc(l.dirs, func(a, b string) int { return len(b) - len(a) }) // one may lie below another
	return l, nil
}

// Close gives the root back. Nothing may use the Library then.
func (l *Library) Close() error {
	l.objects.close()
	return l.root.Close()
}

// Path is where the named switch is to write the recording of a call, absolute in the switch's own tree.
func (l *Library) Path(switchName, id string) string { return l.onSwitch(switchName, id+".wav") }

// onSwitch is the path of a name of our folder in the switch's own tree.
func (l *Library) onSwitch(switchName, name string) string {
	dir, ok := l.byDir[switchName]
	if !ok {
		dir = l.std
	}
	return path.Join(dir, name)
}

// File is an open recording. The caller closes it.
type File struct {
	io.ReadSeekCloser
	Name     string // "<id>.wav" of the id asked for
	Size     int64  // bytes
	Modified time.Time
	Entry    Entry // what is known of it
}

// plainID is what may name a file by itself: no separators, no leading dot.
var plainID = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$`)

// Find tells of the recording of the call that leg belongs to, whatever its state: one that can be had before one that is
// still being written, that before one that is gone. None is fault.NotFound about "ID".
func (l *Library) Find(ctx context.Context, leg string) (Entry, error) {
	e, known, err := l.find(ctx, leg)
	if err == nil && !known {
		err = fault.New(fault.NotFound, "ID")
	}
	return e, err
}

// Open opens the recording of the call that leg belongs to: what the call's CDRs name first, then what the index knows, then a
// file named for one of its legs, then one where the template says. None, an unreadable or empty one, or one outside
// the root is fault.NotFound about "ID"; one that is not whole yet is fault.Unfinished about it.
func (l *Library) Open(ctx context.Context, leg string) (*File, error) {
	e, _, err := l.find(ctx, leg)
	if err != nil {
		return nil, err
	}
	if e.State == Writing || e.State == Closed {
		l.metrics.opens.WithLabelValues(unfinished).Inc()
		return nil, &fault.Error{Kind: fault.Unfinished, Subject: "ID", RetryAfter: quietTime / 6}
	}
	f, err := l.openEntry(ctx, e)
	if err != nil {
		l.metrics.opens.WithLabelValues(missing).Inc()
		return nil, err
	}
	f.Name = path.Base(leg) + ".wav"
	l.metrics.opens.WithLabelValues(found).Inc()
	return f, nil
}

// openEntry opens what find has found.
func (l *Library) openEntry(ctx context.Context, e Entry) (*File, error) {
	if !e.offered() {
		return nil, fault.New(fault.NotFound, "ID")
	}
	if e.InFolder {
		if f, info, err := l.open(e.Name); err == nil {
			return &File{ReadSeekCloser: f, Size: info.Size(), Modified: info.ModTime(), Entry: e}, nil
		}
	}
	if e.Object == "" {
		return nil, fault.New(fault.NotFound, "ID")
	}
	return l.openObject(ctx, e)
}

// find looks through all that may be the recording of the call. known is false when there is nothing at all.
func (l *Library) find(ctx context.Context, leg string) (best Entry, known bool, err error) {
	paths, legs, err := l.o.Store.RecordingPaths(ctx, leg)
	if err != nil {
		return best, false, fmt.Errorf("find recording: %w", err)
	}
	subject := leg
	if len(legs) > 0 {
		subject = legs[0] // of which there is a CDR
	}
	about, _, err := l.o.Store.RecordedLeg(ctx, subject)
	if err != nil {
		return best, false, fmt.Errorf("find recording: %w", err)
	}
	if !slices.Contains(legs, leg) {
		legs = append([]string{leg}, legs...)
	}
	names, fromCDR := l.names(paths, legs, about)
	entries, err := l.o.Store.Recordings(ctx, legs, names)
	if err != nil {
		return best, false, fmt.Errorf("find recording: %w", err)
	}
	for _, c := range candidates(names, fromCDR, entries) {
		e, ok, err := l.consider(ctx, c)
		if err != nil {
			return best, false, fmt.Errorf("find recording: %w", err)
		}
		if !ok {
			continue
		}
		if c.State == "" {
			e.Leg, e.Project = leg, about.Project
		}
		if !known || rank(e) > rank(best) {
			best, known = e, true
		}
		if rank(e) == 2 {
			break
		}
	}
	return best, known, nil
}

func rank(e Entry) int {
	switch {
	case e.offered():
		return 2
	case e.State == Writing || e.State == Closed:
		return 1
	}
	return 0
}

// names are those of files that may be the call's: by its CDRs, which are the first fromCDR, by its legs and by the template.
func (l *Library) names(paths, legs []string, about Leg) (names []string, fromCDR int) {
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, p := range paths {
		if name, ok := l.local(p); ok && isWave(name) {
			add(name)
		}
	}
	fromCDR = len(names)
	for _, id := range legs {
		if plainID.MatchString(id) {
			add(id + ".wav")
		}
	}
	template := l.o.Plan().Template
	if template == "" {
		return names, fromCDR
	}
	for _, id := range legs {
		for _, name := range l.expand(template, id, about) {
			add(name)
		}
	}
	return names, fromCDR
}

// expand fills the template in, once for each switch and each of the days that the call touched.
func (l *Library) expand(template, id string, about Leg) []string {
	if !plainID.MatchString(id) || strings.Contains(template, "{project}") && !plainID.MatchString(about.Project) {
		return nil
	}
	days := []string{""}
	if strings.Contains(template, "{date}") {
		first, last := about.Started.In(l.o.Zone).Format(time.DateOnly), about.Ended.In(l.o.Zone).Format(time.DateOnly)
		if about.Started.IsZero() {
			return nil
		}
		if days[0] = first; last > first {
			days = append(days, last)
		}
	}
	switches := []string{""}
	if strings.Contains(template, "{switch}") {
		switches = l.o.Switches
	}
	var names []string
	for _, s := range switches {
		for _, day := range days {
			name := strings.NewReplacer("{uuid}", id, "{date}", day, "{project}", about.Project, "{switch}", s).Replace(template)
			if filepath.IsLocal(name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// candidates puts in order what may be the recording: names of which the index knows are its entries, of others an
// Entry with nothing but its name. What CDRs name goes first, then what only the index knows.
func candidates(names []string, fromCDR int, entries []Entry) []Entry {
	var all []Entry
	used := make([]bool, len(entries))
	take := func(match func(Entry) bool) (any bool) {
		for i, e := range entries {
			if !used[i] && match(e) {
				all, used[i], any = append(all, e), true, true
			}
		}
		return any
	}
	for i, name := range names {
		if i == fromCDR {
			take(func(Entry) bool { return true })
		}
		if !take(func(e Entry) bool { return e.Name == name }) && !slices.ContainsFunc(all, func(e Entry) bool { return e.Name == name }) {
			all = append(all, Entry{Name: name})
		}
	}
	take(func(Entry) bool { return true })
	return all
}

// consider looks what a candidate is right now; ok is false when there is nothing.
func (l *Library) consider(ctx context.Context, c Entry) (e Entry, ok bool, err error) {
	switch c.State {
	case "":
		k, now := l.glance(c.Name), l.o.Now()
		if !k.there {
			return c, false, nil
		}
		e = Entry{Name: c.Name, At: k.modified, Stopped: k.modified, State: Closed}
		if k.wave.Bytes == 0 && !k.quiet(now) {
			return e, true, nil // its first sound may be on the way
		}
		if e = judge(e, k, false, now); e.State == Empty {
			l.metrics.settled.WithLabelValues(string(Empty)).Inc()
		}
		return e, true, nil
	case Writing, Closed, Lost:
		e, err = l.settle(ctx, c)
		return e, true, err
	}
	if c.offered() && c.InFolder && c.Object == "" && !l.glance(c.Name).there {
		c.State = Lost // for this answer: it may come back
	}
	return c, true, nil
}

// local turns a path in a switch's tree into one below our root.
func (l *Library) local(switchPath string) (string, bool) {
	clean := path.Clean(switchPath)
	for _, dir := range l.dirs {
		if rest, ok := strings.CutPrefix(clean, strings.TrimSuffix(dir, "/")+"/"); ok && filepath.IsLocal(rest) {
			return filepath.FromSlash(rest), true
		}
	}
	return "", false
}

// open opens a regular file below the root.
func (l *Library) open(name string) (*os.File, fs.FileInfo, error) {
	// Without O_NONBLOCK a named pipe in the folder would hold the request for ever.
	f, err := l.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("open recording: %w", err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		_ = f.Close()
		return nil, nil, fmt.Errorf("open recording: %w", err)
	}
	return f, info, nil
}
