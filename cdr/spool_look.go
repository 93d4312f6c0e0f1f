package cdr

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"sync"
	"time"
)

const (
	doneDir = "done"
	badDir  = "bad"
)

// look is one look at the folder.
type look struct {
	*Spool
	root    *os.Root
	number  int
	done    string         // the day's folder for what was delivered
	folders func() error   // makes the folders that files go to
	flying  sync.WaitGroup // files that are being delivered
	slots   chan struct{}  // bounds them
	skipped time.Time      // the oldest of the files that were not looked at closer

	// Under Spool.mu.
	tally   Tally
	err     error // why nothing is delivered any more
	waiting int   // files, as far as known
	logged  int
}

// look takes the files that are complete, of those named or, if none is, of all.
func (s *Spool) look(ctx context.Context, names []string) (Tally, error) {
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return Tally{}, fmt.Errorf("open the folder: %w", err)
	}
	defer root.Close()
	s.looks++
	l := &look{Spool: s, root: root, number: s.looks, done: path.Join(doneDir, time.Now().UTC().Format(time.DateOnly)),
		slots: make(chan struct{}, inFlight)}
	l.folders = sync.OnceValue(func() error { return errors.Join(root.MkdirAll(l.done, 0o750), root.MkdirAll(badDir, 0o750)) })
	if len(names) == 0 {
		err = l.all(ctx)
	}
	for _, name := range names {
		l.consider(ctx, name)
	}
	l.flying.Wait()
	if err != nil {
		return l.tally, fmt.Errorf("read the folder: %w", err)
	}
	if len(names) == 0 && ctx.Err() == nil {
		l.end()
	}
	return l.tally, l.err
}

// all considers every file of the folder.
func (l *look) all(ctx context.Context) error {
	if err := each(l.root, ".", func(e fs.DirEntry) {
		if l.ours(e) {
			l.waiting++
		}
	}); err != nil {
		return err
	}
	l.metrics.files.Set(float64(l.waiting))
	return each(l.root, ".", func(e fs.DirEntry) {
		if ctx.Err() == nil && l.ours(e) {
			l.consider(ctx, e.Name())
		}
	})
}

// end forgets what is not there any more and says how old the oldest file is that is.
func (l *look) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	oldest := l.skipped
	for name, seen := range l.sights {
		if seen.look != l.number {
			delete(l.sights, name)
		} else {
			oldest = earlier(oldest, seen.modified)
		}
	}
	l.metrics.oldest(oldest)
}

// earlier is the earlier of two times, of which the zero one is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// consider looks at one file, and begins to take it when it is complete. It blocks while enough files are in flight.
func (l *look) consider(ctx context.Context, name string) {
	info, err := l.root.Lstat(name)
	l.mu.Lock()
	seen, known := l.sights[name]
	if err != nil || !info.Mode().IsRegular() {
		delete(l.sights, name) // somebody else was quicker
		l.mu.Unlock()
		return
	}
	if l.err != nil || !known && l.watching && len(l.sights) >= maxSights {
		l.skipped = earlier(l.skipped, info.ModTime())
		l.mu.Unlock()
		return
	}
	now := time.Now()
	if !known || !seen.same(info) {
		seen = sight{size: info.Size(), modified: info.ModTime(), since: now}
	}
	seen.look = l.number
	l.sights[name] = seen
	l.mu.Unlock()
	if !seen.atRest(now) || now.Before(seen.due) {
		return
	}
	select {
	case l.slots <- struct{}{}:
	case <-ctx.Done():
		return
	}
	l.flying.Go(func() {
		defer func() { <-l.slots }()
		l.take(ctx, name, seen)
	})
}
