package report

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"slices"
	"time"

	"callgate/internal/fault"
)

// Reader is who a report is made for, with what he may see now.
type Reader struct {
	Login    string
	Projects []string // nil for all
	Numbers  bool     // whether he sees phone numbers
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
	Write      func(w io.Writer) error
}

// Renderer makes reports of one kind as files.
type Renderer interface {
	// Check answers fault.WrongField to parameters and formats that there are none of.
	Check(parameters url.Values, format string) error
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
	RemoveSchedule(ctx context.Context, id string) error
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
	all, err := s.List(ctx)
	if err != nil {
		return Schedule{}, err
	}
	i := slices.IndexFunc(all, func(s Schedule) bool { return s.ID == id })
	if i < 0 {
		return Schedule{}, errGone
	}
	return all[i], nil
}

// Add adds a schedule and returns it as it is kept. What is wrong is fault.WrongField.
func (s *Schedules) Add(ctx context.Context, n Schedule) (Schedule, error) {
	all, err := s.List(ctx)
	if err != nil {
		return Schedule{}, err
	}
	if len(all) >= MaxSchedules {
		return Schedule{}, fault.New(fault.TooMany, fmt.Sprintf("there are %d schedules", len(all)))
	}
	n.ID = s.o.NewID()
	if err := s.complete(&n); err != nil {
		return Schedule{}, err
	}
	return n, s.o.Store.AddSchedule(ctx, n)
}

// complete checks a schedule that somebody has changed, and says when it comes next.
func (s *Schedules) complete(n *Schedule) error {
	if err := n.check(s.o.Renderers); err != nil {
		return err
	}
	n.ChangedAt, n.Next = s.o.Now(), time.Time{}
	if n.Active {
		zone, err := zoneOf(n.Zone, s.o.Zone)
		if err != nil {
			return err
		}
		n.Next, _ = n.after(n.ChangedAt, zone)
	}
	return nil
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

// Change keeps what change makes of a schedule and returns it. It comes next by what it says then, counted from now.
func (s *Schedules) Change(ctx context.Context, id string, change func(n *Schedule) error) (changed Schedule, err error) {
	err = s.o.Store.ChangeSchedule(ctx, id, func(n *Schedule) error {
		if err := change(n); err != nil {
			return err
		}
		n.ID = id
		err := s.complete(n)
		changed = *n
		return err
	})
	return changed, err
}

// Remove removes a schedule and its log.
func (s *Schedules) Remove(ctx context.Context, id string) error {
	return s.o.Store.RemoveSchedule(ctx, id)
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
