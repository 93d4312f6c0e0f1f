package recording

import (
	"context"
	"time"
)

// State is how far a recording has come.
type State string

// The states. A recording begins as Writing, or as Closed when its beginning was not seen, and goes down this list; a file that
// is written anew under its old name begins anew.
const (
	Writing   State = "recording" // the switch writes it, as far as is known
	Closed    State = "closed"    // the switch has closed it; its file is awaited, or to be looked at
	Complete  State = "complete"  // its file is here and whole
	Uploading State = "uploading" // a process is copying it to the object store, until Due
	Uploaded  State = "uploaded"  // verified in the object store
	Empty     State = "empty"     // there is no sound in it
	Lost      State = "lost"      // its file never came
	Deleted   State = "deleted"   // its time was over
)

// Entry is what is known of one recording: one path on one switch.
type Entry struct {
	Path   string // as the switch wrote it
	Switch string // as it is configured here; empty while only a CDR told of the recording
	Name   string // below our folder; empty when Path is not one of ours
	Leg    string // the channel that was recorded
	// Project is what the channel variable callgate_project said.
	Project string

	At               time.Time // when it began, as near as is known; it is listed and kept by it
	Started, Stopped time.Time // by the switch's clock; zero when no event told
	Duration         time.Duration
	Size             int64  // bytes
	Digest           string // SHA-256, hexadecimal, where it was computed
	Cause            string // why it ended: FreeSWITCH's Record-Completion-Cause

	State    State
	InFolder bool      // its file is in our folder
	Object   string    // its key in the object store
	Attempts int       // failed ones of what the state waits for
	Due      time.Time // when it is to be looked at again, zero for never; of Uploading when the lease ends
	Deleted  time.Time
	Revision int64 // grows with every change
}

// offered tells whether it is whole and somewhere to be had.
func (e *Entry) offered() bool {
	return e.State == Complete || e.State == Uploading || e.State == Uploaded
}

// Told says how a Fact became known.
type Told uint8

// The ways.
const (
	Started   Told = iota + 1 // RECORD_START
	Stopped                   // RECORD_STOP: the switch has closed the file
	Delivered                 // its file came here whole, from the switch
	Named                     // a CDR names it, and no event told of it
	Restarted                 // the switch has started at At: no recording of before goes on
)

// Fact is something that became known of a recording.
type Fact struct {
	Told               Told
	Path, Switch, Name string
	Leg, Project       string
	At                 time.Time // when it happened, by the switch's clock where the switch told
	Ended              time.Time // of Named: the end of the call
	Cause              string    // of Stopped
	Size               int64     // of Delivered, as the next three
	Duration           time.Duration
	Digest             string
	Cut                bool // its head is that of a recording that nobody has closed
}

// discarded are the causes with which FreeSWITCH deletes the file. Source: switch_ivr_async.c record_callback.
var discarded = [...]string{"empty-file", "input-too-short"}

// Apply makes of an entry, which is the zero Entry when none is known, what it is after the fact, and tells whether
// that is a change. Facts come late, in any order and, where several processes hear a switch, more than once.
func (f Fact) Apply(e *Entry, now time.Time) (changed bool) {
	fresh := e.State == ""
	if fresh {
		*e = Entry{Path: f.Path, Name: f.Name, Leg: f.Leg, Project: f.Project, At: f.At}
	}
	if e.Switch == "" {
		e.Switch = f.Switch
	}
	switch f.Told {
	case Started:
		return f.start(e, now)
	case Stopped:
		told := e.Cause != "" || f.Cause == "" // else its end was only concluded, and later than it was
		if !fresh && (f.At.Before(e.Started) || !f.At.After(e.Stopped) && told) {
			return false // of an earlier recording of that name, or known
		}
		e.Stopped, e.Cause = f.At, f.Cause
		e.Leg, e.Project = or(e.Leg, f.Leg), or(e.Project, f.Project)
		if fresh || e.State == Writing {
			e.State, e.Due, e.Attempts = Closed, now, 0
		}
		for _, cause := range discarded {
			if f.Cause == cause && e.State == Closed {
				e.State, e.Due = Empty, time.Time{}
			}
		}
	case Delivered:
		if !fresh && e.Digest == f.Digest && (e.offered() || e.State == Empty || e.State == Deleted) {
			return false
		}
		e.Size, e.Duration, e.Digest, e.InFolder = f.Size, f.Duration, f.Digest, true
		e.Object, e.Deleted, e.Attempts = "", time.Time{}, 0
		e.State, e.Due = Complete, now
		if f.Duration == 0 {
			e.State, e.Due = Empty, time.Time{}
		}
	case Named:
		if !fresh {
			return false
		}
		e.Stopped, e.State, e.Due = f.Ended, Closed, now
	}
	return true
}

// start applies a Started.
func (f Fact) start(e *Entry, now time.Time) (changed bool) {
	switch {
	case e.State != "" && !f.At.After(e.Started):
		return false // known, or of an earlier recording of that name
	case e.State == "" || !e.Started.IsZero() || !e.Stopped.IsZero() && f.At.After(e.Stopped):
		// The first, or a new one under an old name: what was there is overwritten.
		*e = Entry{Path: e.Path, Switch: e.Switch, Name: f.Name, Leg: f.Leg, Project: f.Project, At: f.At, Started: f.At,
			State: Writing, Due: now.Add(quietTime), Revision: e.Revision}
	default: // its end, or its file, was quicker than this
		e.Started, e.At = f.At, f.At
		e.Leg, e.Project = or(f.Leg, e.Leg), or(f.Project, e.Project)
	}
	return true
}

// End makes of an entry that is still written, though the switch that wrote it is gone, one whose file is to be looked at.
func (e *Entry) End(now time.Time) {
	e.State, e.Stopped, e.Due, e.Attempts = Closed, now, now, 0
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// Leg is what its CDR tells of a channel.
type Leg struct {
	Project        string
	Started, Ended time.Time
}

// Query asks for a page of recordings, the newest first.
type Query struct {
	From, To time.Time // From <= At < To
	Projects []string  // none for all
	Before   *Entry    // the last one of the page before; At, Path and Switch count
	Limit    int
}

// Store keeps entries, and knows which legs and paths a call has. Its failures are fault.StorageDown when trying again may help.
type Store interface {
	// RecordingPaths returns the paths, as the switch wrote them, that any leg of leg's call names, and that
	// call's legs, leg's own first. An unknown leg is no error: it has none.
	RecordingPaths(ctx context.Context, leg string) (paths, legs []string, err error)
	// RecordedLeg tells what the CDR of a leg says; ok is false while there is none, which is while the call goes on.
	RecordedLeg(ctx context.Context, leg string) (l Leg, ok bool, err error)

	// SaveRecordingFacts applies facts in their order, all or none; Restarted to all that the switch wrote before, by End.
	SaveRecordingFacts(ctx context.Context, facts []Fact) error
	// Recordings returns the entries of those legs, and those of that name in our folder, the newest first.
	Recordings(ctx context.Context, legs, names []string) ([]Entry, error)
	// ListRecordings returns a page.
	ListRecordings(ctx context.Context, q Query) ([]Entry, error)
	// DueRecordings returns entries in one of the states that are due at now, the first due first.
	DueRecordings(ctx context.Context, states []State, now time.Time, limit int) ([]Entry, error)
	// ChangeRecording keeps e unless somebody changed it since its Revision was read: then it says false.
	ChangeRecording(ctx context.Context, e Entry) (changed bool, err error)

	// UnknownRecordings returns recordings that CDRs received before that time name and of which nothing is known, beginning where the
	// last MarkRecordings ended; mark is where this one ends, 0 when there was nothing. MarkRecordings is told both.
	UnknownRecordings(ctx context.Context, before time.Time, limit int) (facts []Fact, mark int64, err error)
	MarkRecordings(ctx context.Context, before time.Time, mark int64) error

	// RecordingProjects are the projects that have recordings which are not deleted; "" stands for none.
	RecordingProjects(ctx context.Context) ([]string, error)
	// ExpiredRecordings returns entries of the project that began before that time, have a file or an object and are no
	// longer written, the oldest first. Entries put off beyond now are not among them.
	ExpiredRecordings(ctx context.Context, project string, before, now time.Time, limit int) ([]Entry, error)
}
