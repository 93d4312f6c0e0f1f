package recording

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"callgate/internal/fault"
)

// deliveredName is what a switch may call a recording: a path of at most four plain names.
var deliveredName = regexp.MustCompile(`^([A-Za-z0-9_-][A-Za-z0-9._-]{0,127}/){0,3}[A-Za-z0-9_-][A-Za-z0-9._-]{0,123}\.wav$`)

// temporary is what names of files begin with that are still arriving. Nothing else reads them.
const (
	temporary     = ".upload-"
	temporaryTime = 24 * time.Hour // after which one is what a dead process left
)

// Receive takes a recording that the named switch sends: it is written beside its place, forced to the disk, and put into its place as a
// whole or not at all. name is the name below the switch's folder of recordings, or the path on the switch without the first slash. created is false when the very same recording is here already; then nothing changes. It
// fails with fault.NotFound "Switch", fault.WrongField "name", fault.TooLarge over limit bytes, fault.WrongField "file" when it is no WAV file, fault.Conflict
// "Recording" when another recording has that name, and fault.Unfinished "Recording" when the switch is still writing it. size is -1 when the sender does not say.
func (l *Library) Receive(ctx context.Context, switchName, name string, size, limit int64, body io.Reader) (created bool, err error) {
	created, err = l.receive(ctx, switchName, name, size, limit, body)
	result := "stored"
	if failure, known := fault.Of(err); err != nil && known && failure.Kind != fault.StorageDown {
		result = "refused"
	} else if err != nil {
		result = "failed"
	} else if !created {
		result = "known"
	}
	l.metrics.deliveries.WithLabelValues(result).Inc()
	return created, err
}

func (l *Library) receive(ctx context.Context, switchName, name string, size, limit int64, body io.Reader) (created bool, err error) {
	if below, ok := strings.CutPrefix("/"+name, strings.TrimSuffix(l.onSwitch(switchName, ""), "/")+"/"); ok {
		name = below // the switch says where it lies there, not what we call it
	}
	switch {
	case !slices.Contains(l.o.Switches, switchName):
		return false, fault.New(fault.NotFound, "Switch")
	case !deliveredName.MatchString(name):
		return false, fault.New(fault.WrongField, "name")
	case size > limit:
		return false, fault.New(fault.TooLarge, "")
	}
	temp := temporary + rand.Text()
	defer func() {
		if e := l.root.Remove(temp); e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, fmt.Errorf("delete a temporary file: %w", e))
		}
	}()
	f, err := l.root.OpenFile(temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return false, fmt.Errorf("receive a recording: %w", err)
	}
	fact, err := l.take(f, size, limit, body)
	if e := f.Close(); err == nil && e != nil {
		err = fmt.Errorf("receive a recording: %w", e)
	}
	if err != nil {
		return false, err
	}
	fact.Told, fact.Switch, fact.Name, fact.Path = Delivered, switchName, filepath.FromSlash(name), l.onSwitch(switchName, name)
	if err := l.about(ctx, &fact); err != nil {
		return false, err
	}
	l.storing.Lock()
	defer l.storing.Unlock()
	if created, err = l.place(ctx, temp, fact); err != nil {
		return false, err
	}
	if err := l.o.Store.SaveRecordingFacts(ctx, []Fact{fact}); err != nil {
		return false, fmt.Errorf("index a received recording: %w", err)
	}
	signal(l.uncopied)
	return created, nil
}

// take writes what comes to f, to the disk, and tells of it.
func (l *Library) take(f *os.File, size, limit int64, body io.Reader) (Fact, error) {
	got, err := io.Copy(f, io.LimitReader(body, limit+1))
	if err == nil && size >= 0 && got < size && got <= limit {
		err = io.ErrUnexpectedEOF
	}
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return Fact{}, fmt.Errorf("receive a recording: %w", err)
	}
	if got > limit {
		return Fact{}, fault.New(fault.TooLarge, "")
	}
	w, err := readWave(f, got)
	if errors.Is(err, errNoWave) {
		return Fact{}, &fault.Error{Kind: fault.WrongField, Subject: "file", Err: err}
	}
	if err != nil {
		return Fact{}, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return Fact{}, fmt.Errorf("receive a recording: %w", err)
	}
	sums, _, err := digest(f)
	return Fact{Size: got, Duration: w.Duration, Digest: sums.sha256, Cut: !w.Whole}, err
}

// about adds what the name, and the CDR that may have come already, tell of a recording.
func (l *Library) about(ctx context.Context, f *Fact) error {
	leg := strings.TrimSuffix(path.Base(filepath.ToSlash(f.Name)), ".wav")
	f.At = l.o.Now().Add(-f.Duration)
	f.Leg = leg
	about, ok, err := l.o.Store.RecordedLeg(ctx, leg)
	if err != nil {
		return fmt.Errorf("receive a recording: %w", err)
	}
	if ok {
		f.Project = about.Project
	}
	return nil
}

// place puts a file into its place, unless it is there already.
func (l *Library) place(ctx context.Context, temp string, f Fact) (created bool, err error) {
	known, err := l.o.Store.Recordings(ctx, nil, []string{f.Name})
	if err != nil {
		return false, fmt.Errorf("receive a recording: %w", err)
	}
	for _, e := range known {
		if e.Digest == f.Digest && e.State != Writing && e.State != Closed && e.State != Lost {
			return false, nil // here, in the object store, or deleted in its time
		}
		if f.Cut && e.State == Writing {
			return false, fault.New(fault.Unfinished, "Recording")
		}
	}
	there, info, err := l.open(f.Name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return false, &fault.Error{Kind: fault.Conflict, Subject: "Recording", Err: err}
	default:
		sums, _, err := digest(there)
		old, _ := readWave(there, info.Size()) // of what cannot be read nothing is whole
		_ = there.Close()
		if err != nil {
			return false, err
		}
		if sums.sha256 == f.Digest {
			return false, nil
		}
		// What was sent before its end gives way to the whole, and what the switch has begun anew since to the new one.
		renewed := !old.Whole && !f.Cut
		for _, e := range known {
			renewed = renewed || e.Switch == f.Switch && !e.offered() && info.ModTime().Before(e.Started)
		}
		if !renewed {
			return false, fault.New(fault.Conflict, "Recording")
		}
	}
	if dir := filepath.Dir(f.Name); dir != "." {
		if err := l.root.MkdirAll(dir, 0o750); err != nil {
			return false, fmt.Errorf("receive a recording: %w", err)
		}
	}
	if err := l.root.Rename(temp, f.Name); err != nil {
		return false, fmt.Errorf("receive a recording: %w", err)
	}
	return true, l.syncFolder(filepath.Dir(f.Name))
}

// syncFolder forces the names in a folder to the disk.
func (l *Library) syncFolder(name string) error {
	dir, err := l.root.Open(name)
	if err != nil {
		return fmt.Errorf("receive a recording: %w", err)
	}
	defer dir.Close()
	if err := dir.Sync(); err != nil {
		return fmt.Errorf("receive a recording: %w", err)
	}
	return nil
}
