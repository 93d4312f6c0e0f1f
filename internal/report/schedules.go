package report

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"time"

	"callgate/internal/fault"
)

// Reader is who a report is made for, with what he may see now.
type Reader struct {
	ID       int64
	Login    string
	Rights   []string // as MODULE/ACTION
	Projects []string // none is all
}

// Gone is why somebody has no reports any more. What comes for him stops.
type Gone string

// Error is the reason.
func (g Gone) Error() string { return string(g) }

// Owners know who may have reports.
type Owners interface {
	// Reader is the user of that id with what he may see now. The error is Gone when he may have none until somebody changes
	// that, and fault.Denied when reports are switched off.
	Reader(ctx context.Context, id int64) (Reader, error)
}

// Order asks for a report as a file.
type Order struct {
	Reader      Reader
	Parameters  url.Values
	Format      string
	First, Last Date // both included
	Zone        *time.Location
}

// File is a report.
type File struct {
	Name, Type string
	Write      func(w io.Writer) error // may fail as Render may
}

// Renderer makes reports of one kind as files. Parameters and formats that there are none of are fault.WrongField, what the
// reader may not see fault.Denied or fault.NotFound.
type Renderer interface {
	Render(ctx context.Context, o Order) (File, error)
}

// ScheduleStore keeps schedules and their runs. A database that is down is fault.StorageDown; what is not there is
// fault.NotFound "Schedule".
type ScheduleStore interface {
	// Schedules lists all schedules by name.
	Schedules(ctx context.Context) ([]Schedule, error)
	AddSchedule(ctx context.Context, s Schedule) error
	// ChangeSchedule keeps what change makes of a schedule, unless change has an objection. Between the two nobody else
	// changes it.
	ChangeSchedule(ctx context.Context, id string, change func(s *Schedule) error) error
	// RemoveSchedule removes a schedule and its runs.
	RemoveSchedule(ctx context.Context, id string, allow func(old *Schedule) error) error
	// PlanRuns adds runs of a schedule and sets when it comes next, if that is still what s says.
	PlanRuns(ctx context.Context, s Schedule, next time.Time, runs []Run) error
	// AddRun adds a run, unless another of the schedule is not over: fault.Unfinished "Run".
	AddRun(ctx context.Context, r Run) error
	// OpenRuns are the runs that are not over, but for those that wait longer than until that time, by when they are to be tried.
	OpenRuns(ctx context.Context, at time.Time, limit int) ([]Run, error)
	// SaveRun keeps what has become of a run, if it is still in its attempts-th attempt and, where from names a state, in that.
	SaveRun(ctx context.Context, r Run, attempts int, from RunState) (saved bool, err error)
	// Runs lists a schedule's runs due before a time, the latest first.
	Runs(ctx context.Context, schedule string, before time.Time, limit int) ([]Run, error)
	// PurgeRuns removes runs that were over before a time.
	PurgeRuns(ctx context.Context, before time.Time) error
}

// SchedulesOptions are the collaborators of Schedules; all are needed.
type SchedulesOptions struct {
	Store     ScheduleStore
	Owners    Owners
	Renderers map[string]Renderer
	Zone      *time.Location // of schedules that have none
	Now       func() time.Time
	NewID     func() string
}

// Schedules are the scheduled reports as people see and change them. It may be used from any goroutine.
type Schedules struct{ o SchedulesOptions }

// NewSchedules makes Schedules.
func NewSchedules(o SchedulesOptions) *Schedules { return &Schedules{o} }

// List lists the schedules by name.
func (s *Schedules) List(ctx context.Context) ([]Schedule, error) { return s.o.Store.Schedules(ctx) }

// Get finds a schedule.
func (s *Schedules) Get(ctx context.Context, id string) (Schedule, error) {
	return findSchedule(ctx, s.o.Store, id)
}

func findSchedule(ctx context.Context, in ScheduleStore, id string) (Schedule, error) {
	all, err := in.Schedules(ctx)
	if err != nil {
		return Schedule{}, err
	}
	i := slices.IndexFunc(all, func(s Schedule) bool { return s.ID == id })
	if i < 0 {
		return Schedule{}, errGone
	}
	return all[i], nil
}

// Add adds a schedule and returns it as it is kept. What is wrong is fault.WrongField; to find that out its report is made once,
// of a day without calls.
func (s *Schedules) Add(ctx context.Context, n Schedule) (Schedule, error) {
	all, err := s.List(ctx)
	if err != nil {
		return Schedule{}, err
	}
	if len(all) >= MaxSchedules {
		return Schedule{}, fault.New(fault.TooMany, fmt.Sprintf("there are %d schedules", len(all)))
	}
	n.ID = s.o.NewID()
	if err := s.try(ctx, &n); err != nil {
		return Schedule{}, err
	}
	if err := s.complete(&n); err != nil {
		return Schedule{}, err
	}
	return n, s.o.Store.AddSchedule(ctx, n)
}

// complete says of a schedule that somebody has changed when it comes next.
func (s *Schedules) complete(n *Schedule) error {
	n.ChangedAt, n.Next = s.o.Now().UTC().Truncate(time.Microsecond), time.Time{}
	if n.Active {
		zone, err := zoneOf(n.Zone, s.o.Zone)
		if err != nil {
			return err
		}
		next, _ := n.after(n.ChangedAt, zone)
		n.Next = next.UTC()
	}
	return nil
}

// try checks a schedule, and makes its report of a day of which there is nothing to tell.
func (s *Schedules) try(ctx context.Context, n *Schedule) error {
	if err := n.check(); err != nil {
		return err
	}
	renderer := s.o.Renderers[n.Report]
	if renderer == nil {
		return wrong("report", "%.40q is none that can be mailed", n.Report)
	}
	reader, err := s.o.Owners.Reader(ctx, n.Owner)
	if gone, ok := errors.AsType[Gone](err); ok {
		return &fault.Error{Kind: fault.Denied, Err: gone}
	}
	if err != nil {
		return err
	}
	zone, err := zoneOf(n.Zone, s.o.Zone)
	if err != nil {
		return err
	}
	day := Date{2001, time.January, 2}
	file, err := renderer.Render(ctx, Order{Reader: reader, Parameters: n.Parameters, Format: n.Format, First: day, Last: day, Zone: zone})
	if err != nil {
		return err
	}
	return file.Write(io.Discard)
}

// zoneOf is the zone of that name, or other where there is none.
func zoneOf(name string, other *time.Location) (*time.Location, error) {
	if name == "" {
		return other, nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%q is no zone on this machine", name)
	}
	return zone, nil
}

// Change keeps what change makes of a schedule, as Add does, and returns it. It comes next by what it says then, counted from
// now. change may be called twice.
func (s *Schedules) Change(ctx context.Context, id string, change func(n *Schedule) error) (Schedule, error) {
	n, err := s.Get(ctx, id)
	if err != nil {
		return Schedule{}, err
	}
	if err := change(&n); err != nil {
		return Schedule{}, err
	}
	if err := s.try(ctx, &n); err != nil {
		return Schedule{}, err
	}
	err = s.o.Store.ChangeSchedule(ctx, id, func(kept *Schedule) error {
		if err := change(kept); err != nil {
			return err
		}
		if err := kept.check(); err != nil { // somebody else has changed something meanwhile
			return err
		}
		err := s.complete(kept)
		n = *kept
		return err
	})
	return n, err
}

// Remove removes a schedule and its log, unless allow has an objection.
func (s *Schedules) Remove(ctx context.Context, id string, allow func(old *Schedule) error) error {
	return s.o.Store.RemoveSchedule(ctx, id, allow)
}

// RunNow asks for a schedule's report as if it came now, whether or not it is active; who has the duty makes it. One that is
// not over yet is fault.Unfinished "Run".
func (s *Schedules) RunNow(ctx context.Context, id, by string) (Run, error) {
	n, err := s.Get(ctx, id)
	if err != nil {
		return Run{}, err
	}
	zone, err := zoneOf(n.Zone, s.o.Zone)
	if err != nil {
		return Run{}, err
	}
	now := s.o.Now()
	r := newRun(&n, now, DateOf(now.In(zone)), now)
	r.By = by
	return r, s.o.Store.AddRun(ctx, r)
}

// newRun is a run of a schedule that waits for its turn.
func newRun(n *Schedule, due time.Time, day Date, now time.Time) Run {
	r := Run{Schedule: n.ID, Due: due.UTC().Truncate(time.Microsecond), State: Waiting, Retry: now, Pending: n.To}
	r.First, r.Last = n.Period.days(day)
	return r
}

// Runs lists a schedule's runs due before a time, the latest first; the zero time is the end of all.
func (s *Schedules) Runs(ctx context.Context, id string, before time.Time, limit int) ([]Run, error) {
	return s.o.Store.Runs(ctx, id, before, limit)
}
