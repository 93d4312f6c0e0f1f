package cdr

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
	"time"
)

// sight is what is remembered of a file that is not done with.
type sight struct {
	size     int64
	modified time.Time
	since    time.Time // since when it is seen like this, by our own clock
	cut      bool      // it reads as cut off, or is too large to be read
	handed   bool      // it was delivered, but could not be moved
	tries    int       // that failed
	due      time.Time // of the next try
	look     int       // the last that saw it
}

// same says whether the file is still as it was.
func (s sight) same(info fs.FileInfo) bool {
	return s.size == info.Size() && s.modified.Equal(info.ModTime())
}

// atRest says whether nobody writes the file any more.
func (s sight) atRest(now time.Time) bool {
	quiet, age := now.Sub(s.since), now.Sub(s.modified)
	if s.cut {
		return quiet >= patience || quiet >= settleTime && age >= patience
	}
	return quiet >= settleTime || age >= settleTime
}

// take delivers a file and moves it.
func (l *look) take(ctx context.Context, name string, seen sight) {
	to := l.done
	if !seen.handed {
		body, err := l.read(name, seen)
		if err != nil {
			l.failed(name, seen, err)
			return
		}
		f := &SpoolFile{ID: strings.TrimSuffix(name, suffix), Body: body}
		if len(body) <= MaxBody {
			f.Record = Parse(f.ID, body)
		}
		if cutOff(f.Record) && !seen.cut {
			seen.cut = true
			l.remember(name, seen)
			return
		}
		if f.Record == nil || !f.Record.Readable {
			to = badDir
		}
		if !l.hand(ctx, name, seen, f, to) {
			return
		}
		seen.handed = to == l.done
	}
	if err := l.move(name, to, seen); err != nil {
		l.failed(name, seen, err)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.sights, name)
	if to == badDir {
		l.tally.Bad++
		l.metrics.imported.WithLabelValues(spoolBad).Inc()
		l.note("no CDR can be read in a file", name, nil)
	}
	if !l.o.InPlace && l.waiting > 0 { // one that came during this look was not counted
		l.waiting--
		l.metrics.files.Set(float64(l.waiting))
	}
}

// cutOff says whether there may be more to come of what was read of a file; nil is too large. What is ill-formed is not
// cut off by that: FreeSWITCH writes such documents too.
func cutOff(r *Record) bool {
	return r == nil || !r.Readable || r.Damaged && !bytes.HasSuffix(bytes.TrimSpace(r.Raw), []byte("</cdr>"))
}

// hand delivers a file that is not bad. It says false when the file stays.
func (l *look) hand(ctx context.Context, name string, seen sight, f *SpoolFile, to string) bool {
	if !l.o.InPlace {
		if err := l.folders(); err != nil { // before, lest everything be delivered again and again
			l.stop(fmt.Errorf("make folders: %w", err))
			return false
		}
	}
	if to == badDir {
		return true
	}
	bounded, cancel := context.WithTimeout(ctx, deliverTime)
	defer cancel()
	duplicate, err := l.deliver(bounded, f)
	switch {
	case err != nil && ctx.Err() != nil:
		return false
	case errors.Is(err, ErrRefused):
		l.failed(name, seen, err)
		return false
	case err != nil:
		l.stop(err)
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if duplicate {
		l.tally.Duplicate++
		l.metrics.imported.WithLabelValues(spoolDuplicate).Inc()
	} else {
		l.tally.Stored++
		l.metrics.imported.WithLabelValues(spoolStored).Inc()
	}
	return true
}

// stop lets nothing more be delivered in this look.
func (l *look) stop(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.metrics.imported.WithLabelValues(spoolFailed).Inc()
	l.tally.Failed++
	if l.err == nil {
		l.err = err
	}
}

// failed leaves a file for later, and others to be taken now.
func (l *look) failed(name string, seen sight, err error) {
	switch {
	case errors.Is(err, fs.ErrNotExist): // somebody else was quicker
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.sights, name)
		return
	case errors.Is(err, errChanged):
		l.remember(name, sight{size: -1, modified: seen.modified, look: l.number}) // as nothing is: the next look will tell
		return
	}
	seen.due = time.Now().Add(min(retryTime<<min(seen.tries, 10), longestRetry))
	seen.tries++
	l.remember(name, seen)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tally.Failed++
	l.metrics.imported.WithLabelValues(spoolFailed).Inc()
	if seen.tries == 1 {
		l.note("a CDR stays in its folder", name, err)
	}
}

// remember notes how a file was seen.
func (l *look) remember(name string, seen sight) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sights[name] = seen
}

// note tells the log of a file, of so many in a look. Under mu.
func (l *look) note(what, name string, err error) {
	if l.logged++; l.logged > maxLogged {
		return
	}
	args := []any{"folder", l.dir, "file", name}
	if err != nil {
		args = append(args, "error", err)
	}
	l.o.Log.Warn(what, args...)
}

// read reads a file that must be as it was seen, and of one that is too large one byte more than MaxBody.
func (l *look) read(name string, seen sight) ([]byte, error) {
	// Without O_NONBLOCK a named pipe would hold us for ever.
	f, err := l.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	unchanged := func() error {
		info, err := f.Stat()
		if err == nil && (!info.Mode().IsRegular() || !seen.same(info)) {
			err = errChanged
		}
		return err
	}
	if err := unchanged(); err != nil {
		return nil, err
	}
	body := make([]byte, min(seen.size, MaxBody+1))
	if _, err := io.ReadFull(f, body); errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return nil, errChanged
	} else if err != nil {
		return nil, err
	}
	return body, unchanged()
}

// move moves a file that must be as it was seen. It never replaces another one: where there is one of that name, what
// is in the file becomes part of the name.
func (l *look) move(name, dir string, seen sight) error {
	if l.o.InPlace {
		return nil
	}
	to := path.Join(dir, name)
	_, err := l.root.Lstat(to)
	if err == nil {
		var digest string
		digest, err = l.digest(name)
		to = path.Join(dir, strings.TrimSuffix(name, suffix)+"."+digest+suffix)
	} else if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil {
		return err
	}
	if err := l.root.Rename(name, to); err != nil {
		return err
	}
	// FreeSWITCH empties a file as it opens it [mod_xml_cdr.c my_on_reporting, O_TRUNC], and by this name it cannot any
	// more: if the file is as it was, it was delivered as it is.
	info, err := l.root.Lstat(to)
	if err != nil || seen.same(info) {
		return nil
	}
	if _, err := l.root.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s was written twice while it was moved: its first form is %s, not delivered", name, to)
	}
	return errors.Join(l.root.Rename(to, name), errChanged)
}

// digest names the bytes of a file.
func (l *look) digest(name string) (string, error) {
	f, err := l.root.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)[:6]), nil
}
