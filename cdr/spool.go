package cdr

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	suffix = ".cdr.xml" // of mod_xml_cdr's file names

	settleTime = 2 * time.Second // how long a file must have been left alone
	patience   = time.Minute     // the same for one that reads as cut off
	pollTime   = time.Second     // between two looks at the folder
	mostWait   = time.Minute     // between two looks while files cannot be delivered

	deliverTime  = 30 * time.Second // for one file
	retryTime    = time.Minute      // until a file that failed by itself is tried again; doubles
	longestRetry = time.Hour

	inFlight  = 16 // files delivered at a time, so that they share transactions
	dirBatch  = 256
	maxSights = 10_000 // files remembered; others wait until these are done with
	maxNamed  = 100    // names told to the log that are not ours
	maxLogged = 10     // files of one look told to the log
)

// ErrRefused is wrapped by what Deliver returns when it is this file that cannot be taken: others may be.
var ErrRefused = errors.New("refused")

// errChanged says that a file was written while it was looked at.
var errChanged = errors.New("written meanwhile")

// SpoolFile is a CDR that lay in a folder.
type SpoolFile struct {
	ID     string // [a_]<uuid>, its name without ".cdr.xml"
	Body   []byte // as it lay there, in mod_xml_cdr's encoding, without "cdr="
	Record *Record
}

// Deliver hands on what a file holds. It returns nil once that is durable where it went, or was before; duplicate says
// the latter, where it can be told. It is called from several goroutines at once. After an error that does not wrap
// ErrRefused all files wait.
type Deliver func(ctx context.Context, f *SpoolFile) (duplicate bool, err error)

// SpoolOptions says how a Spool works.
type SpoolOptions struct {
	KeepDays   int                   // after how many days what is in done/ is deleted; 0 is never
	InPlace    bool                  // leave the files where they are: for Once alone
	Registerer prometheus.Registerer // nil is one that nobody sees
	Log        *slog.Logger          // nil is none
}

// Spool takes CDRs out of a folder in which mod_xml_cdr left them, its err-log-dir or log-dir, in whatever encoding. A
// file that was delivered goes to done/, in a folder for each day (UTC); one in which no CDR can be read, or that is
// over MaxBody, to bad/. Nothing else is touched: no subfolder, no symbolic link, no other name.
//
// FreeSWITCH writes a file under its final name and ignores how that went, so that a file may be read half written, and
// may be cut off for ever, as on a full disk. One that was left alone for two seconds is taken; if it is cut off, after a
// minute and a second look, as far as it can be read. Times of other machines are not relied upon.
//
// A file stays until it is delivered: whatever ends the process, it is delivered again, so delivery must be idempotent.
// Several may work on one folder.
//
// Source: mod_xml_cdr.c my_on_reporting.
type Spool struct {
	dir      string
	deliver  Deliver
	o        SpoolOptions
	metrics  *spoolMetrics
	watching bool            // Run is at work, which cannot remember all that ever comes
	looks    int             // how many there were
	named    map[string]bool // names told to the log

	mu     sync.Mutex
	sights map[string]sight // files seen and not done with
}

// NewSpool returns a Spool of a folder, which need not be there yet.
func NewSpool(dir string, deliver Deliver, o SpoolOptions) *Spool {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Spool{dir: dir, deliver: deliver, o: o, metrics: newSpoolMetrics(o.Registerer), sights: map[string]sight{}, named: map[string]bool{}}
}

// Tally counts what became of files.
type Tally struct {
	Stored    int // delivered; where it cannot be told, duplicates too
	Duplicate int // delivered before
	Bad       int // no CDR could be read
	Failed    int // not delivered, or not moved: still there, to be tried again
}

// Run watches the folder until ctx ends, and then returns nil once what it started has ended. It may be called once.
func (s *Spool) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { s.watch(ctx) })
	wg.Go(func() { s.expire(ctx) })
	wg.Wait()
	return nil
}

// watch looks at the folder again and again.
func (s *Spool) watch(ctx context.Context) {
	s.watching = true
	for failures := 0; ; {
		tally, err := s.look(ctx, nil)
		if ctx.Err() != nil {
			return
		}
		if tally != (Tally{}) && err == nil {
			s.o.Log.Info("CDRs taken from a folder", "folder", s.dir, "stored", tally.Stored, "duplicate", tally.Duplicate,
				"bad", tally.Bad, "failed", tally.Failed)
		}
		wait := pollTime
		switch {
		case err != nil:
			if failures == 0 {
				s.o.Log.Warn("CDRs wait in their folder", "folder", s.dir, "error", err)
			}
			wait = min(pollTime<<min(failures, 10), mostWait)
			failures++
		case failures > 0:
			s.o.Log.Info("CDRs are taken from their folder again", "folder", s.dir)
			failures = 0
		}
		if !pause(ctx, wait) {
			return
		}
	}
}

// pause waits; it says false when ctx ends before.
func pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// Once takes what is in the folder now, or the files named, and waits for those that are not complete yet. The error is
// what kept files from being taken that are then still there; a Tally with Failed says the same of single files. Not
// together with Run.
func (s *Spool) Once(ctx context.Context, names ...string) (total Tally, err error) {
	for _, name := range names {
		if !strings.HasSuffix(name, suffix) || strings.HasPrefix(name, ".") {
			return total, fmt.Errorf("%s is not named [a_]<uuid>%s: what it is called says whose CDR it is", name, suffix)
		}
	}
	for patient := time.Now().Add(2 * patience); ; {
		tally, err := s.look(ctx, names)
		total = Tally{total.Stored + tally.Stored, total.Duplicate + tally.Duplicate, total.Bad + tally.Bad, total.Failed + tally.Failed}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return total, err
		}
		if names = s.unfinished(); len(names) == 0 {
			return total, nil
		}
		if time.Now().After(patient) {
			return total, fmt.Errorf("files are still being written: %d", len(names))
		}
		pause(ctx, settleTime)
	}
}

// unfinished are the files that were not complete when they were seen.
func (s *Spool) unfinished() (names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, seen := range s.sights {
		if seen.tries == 0 {
			names = append(names, name)
		}
	}
	return names
}

// each calls f with every entry of a folder, of which only some are in memory at a time.
func each(root *os.Root, name string, f func(fs.DirEntry)) error {
	dir, err := root.Open(name)
	if err != nil {
		return err
	}
	defer dir.Close()
	for {
		entries, err := dir.ReadDir(dirBatch)
		for _, e := range entries {
			f(e)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// ours says whether a name may be that of a CDR, and tells the log once of one that is not.
func (s *Spool) ours(e fs.DirEntry) bool {
	name := e.Name()
	switch {
	case strings.HasPrefix(name, "."), e.IsDir() && (name == doneDir || name == badDir):
		return false
	case e.Type().IsRegular() && strings.HasSuffix(name, suffix):
		return true
	case s.named[name] || len(s.named) >= maxNamed:
		return false
	}
	s.named[name] = true
	s.o.Log.Warn("what is no CDR file is left alone", "folder", s.dir, "name", longDigits.ReplaceAllString(name, "…"), "type", e.Type().String())
	return false
}

// A name that is not FreeSWITCH's may hold a phone number.
var longDigits = regexp.MustCompile(`\d{7,}`)
