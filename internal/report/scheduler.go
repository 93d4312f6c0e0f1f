package report

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"callgate/internal/backlog"
	"callgate/internal/fault"
	"callgate/internal/outside/mail"
)

// Post hands messages in; mail.Client does. See there.
type Post interface {
	Send(ctx context.Context, m *mail.Message, taken func(ctx context.Context) error) (mail.Receipt, error)
}

// SchedulerOptions are the collaborators of a Scheduler; all are needed but for the last two.
type SchedulerOptions struct {
	Store      ScheduleStore
	Owners     Owners
	Renderers  map[string]Renderer
	Post       Post
	Zone       *time.Location // of schedules that have none
	Now        func() time.Time
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// Scheduler makes scheduled reports and mails them. Of all processes on a database one runs at a time: who has the duty.
//
// What a run has come to is kept before the next step is taken, so that who takes over knows: a run whose message may
// have reached the mail server is not made again. Of a message that the server has and does not answer to nobody can tell
// whether it was taken; such a run fails, and says so.
type Scheduler struct {
	o       SchedulerOptions
	runs    *prometheus.CounterVec
	turns   backlog.Turns
	unsaved []unsaved // what could not be kept for want of a database
	purged  time.Time
}

// unsaved is what has become of a run in an attempt.
type unsaved struct {
	run      Run
	attempts int
}

const (
	// lookInterval is how soon a run begins that is due.
	lookInterval = 2 * time.Second
	// together is how many runs are made at the same time.
	together = 2
	// MaxFile is the largest report that is mailed, in bytes: most servers take a third more, which is what it becomes.
	MaxFile       = 16 << 20
	purgeInterval = time.Hour
	keepTime      = 2 * time.Second // that keeping what has become of a run may take
	maxMissed     = 5000            // that are counted
	maxError      = 2000            // bytes
)

// NewScheduler makes a Scheduler.
func NewScheduler(o SchedulerOptions) *Scheduler {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Scheduler{o: o, turns: backlog.NewTurns(), runs: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "callgate_report_mail_runs_total", Help: "Runs of scheduled reports that are over, by how they ended.",
	}, []string{"state"})}
	for _, state := range []RunState{Sent, Failed, Skipped} {
		s.runs.WithLabelValues(string(state))
	}
	if o.Registerer != nil {
		o.Registerer.MustRegister(s.runs)
	}
	return s
}

// Duty has Run make what is due until ctx ends. When that ends for a cause of its own it is somebody else's turn already, and
// Duty does not wait for a database that does not answer; else nothing is under way any more when it returns.
func (s *Scheduler) Duty(ctx context.Context) error {
	s.turns.Take(ctx)
	return nil
}

// Run makes what is due, while Duty runs, until ctx ends; it ends after Duty. When the database is down it waits.
func (s *Scheduler) Run(ctx context.Context) error {
	s.turns.Run(ctx, s.work)
	return nil
}

// work makes what is due until ctx ends.
func (s *Scheduler) work(ctx context.Context) {
	tick := time.NewTicker(lookInterval)
	defer tick.Stop()
	for failing := false; ; {
		more, err := s.turn(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil && !failing {
			s.o.Logger.Warn("scheduled reports are not looked after", "error", err)
		}
		failing = err != nil
		if more {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// turn plans what is due and makes what is planned, some of it: more tells whether there may be more.
func (s *Scheduler) turn(ctx context.Context) (more bool, err error) {
	for len(s.unsaved) > 0 {
		if _, err := s.o.Store.SaveRun(ctx, s.unsaved[0].run, s.unsaved[0].attempts, ""); err != nil {
			return false, err
		}
		s.unsaved = s.unsaved[1:]
	}
	if err := s.plan(ctx); err != nil {
		return false, err
	}
	open, err := s.o.Store.OpenRuns(ctx, s.o.Now(), together)
	if err != nil {
		return false, err
	}
	all := errgroup.Group{}
	left := make([]*unsaved, len(open))
	for i, r := range open {
		all.Go(func() (err error) { left[i], err = s.attempt(ctx, r); return err })
	}
	err = all.Wait()
	for _, u := range left {
		if u != nil {
			s.unsaved = append(s.unsaved, *u)
		}
	}
	if err != nil {
		return false, err
	}
	if now := s.o.Now(); now.Sub(s.purged) >= purgeInterval {
		if err := s.o.Store.PurgeRuns(ctx, now.Add(-keepRuns)); err != nil {
			return false, err
		}
		s.purged = now
	}
	return len(open) == together, nil
}

// plan makes runs of the schedules that are due.
func (s *Scheduler) plan(ctx context.Context) error {
	all, err := s.o.Store.Schedules(ctx)
	if err != nil {
		return err
	}
	now := s.o.Now()
	for _, n := range all {
		if !n.Active || n.Next.After(now) {
			continue
		}
		zone, err := zoneOf(n.Zone, s.o.Zone)
		if err != nil {
			s.o.Logger.Error("a scheduled report does not come", "schedule", n.ID, "error", err)
			continue
		}
		next, runs := due(&n, now, zone)
		if err := s.o.Store.PlanRuns(ctx, n, next, runs); err != nil {
			return err
		}
	}
	return nil
}

// due are the runs that a schedule has by now, and when it comes next. What is too late, as after a time in which nobody had
// the duty, is one run that is skipped, whatever number of times it is; of what is not too late the last is made.
func due(n *Schedule, now time.Time, zone *time.Location) (next time.Time, runs []Run) {
	var missed []Run
	next, day := n.after(n.Next.Add(-time.Microsecond), zone)
	for len(missed) < maxMissed && !next.After(now) {
		missed = append(missed, newRun(n, next, day, now))
		next, day = n.after(next, zone)
	}
	if !next.After(now) {
		next, _ = n.after(now, zone)
	}
	if last := len(missed) - 1; last >= 0 && now.Sub(missed[last].Due) < late {
		runs, missed = missed[last:], missed[:last]
	}
	if len(missed) > 0 {
		r := missed[0]
		why := "nobody made it in time"
		if len(missed) > 1 {
			why += fmt.Sprintf(", nor the %d that came after it until %s", len(missed)-1, missed[len(missed)-1].Due.In(zone).Format("2006-01-02 15:04"))
		}
		r.end(now, Skipped, why)
		runs = append(runs, r)
	}
	return next, runs
}

// attempt goes on with a run. What could not be kept of it is returned; an error says that nothing has been done.
func (s *Scheduler) attempt(ctx context.Context, r Run) (*unsaved, error) {
	was := r.Attempts
	if r.State == Sending { // by who had the duty before
		r.end(s.o.Now(), Failed, "it is not known whether the mail server took it: the process that gave it the message ended. It is not sent again")
		return s.keep(ctx, r, was), nil
	}
	r.State, r.Attempts, r.Retry = Making, was+1, time.Time{}
	if r.Started.IsZero() {
		r.Started = s.o.Now()
	}
	if saved, err := s.o.Store.SaveRun(ctx, r, was, ""); err != nil || !saved {
		return nil, err
	}
	s.mail(ctx, &r)
	if len(r.Error) > maxError {
		r.Error = strings.ToValidUTF8(r.Error[:maxError], "") + "…"
	}
	return s.keep(ctx, r, r.Attempts), nil
}

// keep keeps what has become of a run, whether or not ctx has ended.
func (s *Scheduler) keep(ctx context.Context, r Run, attempts int) *unsaved {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), keepTime)
	defer stop()
	saved, err := s.o.Store.SaveRun(ctx, r, attempts, "")
	if r.State.Over() && (saved || err != nil) {
		s.runs.WithLabelValues(string(r.State)).Inc()
		// Neither its name, which is a subject, nor the error, in which servers repeat addresses.
		s.o.Logger.Info("scheduled report", "schedule", r.Schedule, "due", r.Due, "state", r.State, "attempts", r.Attempts, "bytes", r.Bytes)
	}
	if err != nil {
		s.o.Logger.Warn("what has become of a scheduled report is not kept yet", "schedule", r.Schedule, "error", err)
		return &unsaved{r, attempts}
	}
	return nil
}

// mail makes the report of a run and hands it in.
func (s *Scheduler) mail(ctx context.Context, r *Run) {
	m, err := s.message(ctx, r)
	if err == nil {
		err = s.send(ctx, r, m)
	}
	failure, _ := fault.Of(err)
	letter, sent := errors.AsType[*mail.Error](err)
	gone, stopped := errors.AsType[Gone](err)
	now := s.o.Now()
	switch {
	case err == nil:
	case stopped:
		r.end(now, Skipped, string(gone)+"; the schedule is stopped")
		s.stop(ctx, r)
	case sent && letter.Outcome == mail.Unknown:
		r.end(now, Failed, "it is not known whether the mail server took it: "+err.Error()+". It is not sent again")
	case ctx.Err() != nil: // nothing has gone out, and somebody will take over
		r.State, r.Retry = Waiting, now
		r.Error = "callgate was stopped"
	case failure.Kind == fault.Denied && failure.Err != nil:
		r.end(now, Skipped, failure.Err.Error())
	case sent && letter.Outcome == mail.Temporary, failure.Kind == fault.StorageDown, failure.Kind == fault.OutsideDown, failure.Kind == fault.TooMany:
		r.again(now, err.Error())
	default:
		r.end(now, Failed, err.Error())
	}
}

// stop stops the schedule of a run.
func (s *Scheduler) stop(ctx context.Context, r *Run) {
	if err := s.o.Store.ChangeSchedule(ctx, r.Schedule, func(n *Schedule) error {
		n.Active, n.Next = false, time.Time{}
		return nil
	}); err != nil { // the next run finds the same
		s.o.Logger.Warn("a schedule is not stopped", "schedule", r.Schedule, "error", err)
	}
}

// message makes the message of a run.
func (s *Scheduler) message(ctx context.Context, r *Run) (*mail.Message, error) {
	n, err := findSchedule(ctx, s.o.Store, r.Schedule)
	if err != nil {
		return nil, err
	}
	if !n.Active && r.By == "" {
		return nil, &fault.Error{Kind: fault.Denied, Err: errors.New("the schedule is not active any more")}
	}
	reader, err := s.o.Owners.Reader(ctx, n.Owner)
	if err != nil {
		return nil, err
	}
	zone, err := zoneOf(n.Zone, s.o.Zone)
	if err != nil {
		return nil, err
	}
	renderer := s.o.Renderers[n.Report]
	if renderer == nil {
		return nil, fmt.Errorf("this version knows no report %q", n.Report)
	}
	file, err := renderer.Render(ctx, Order{Reader: reader, Parameters: n.Parameters, Format: n.Format, First: r.First, Last: r.Last, Zone: zone})
	if err != nil {
		return nil, fmt.Errorf("make the report: %w", err)
	}
	var content limited
	if err := file.Write(&content); err != nil {
		return nil, fmt.Errorf("write the report: %w", err)
	}
	days := of(r.First, r.Last)
	return &mail.Message{ID: "report." + r.Schedule + "." + strconv.FormatInt(r.Due.UnixMicro(), 36), At: s.o.Now(), To: r.Pending, Subject: n.Name + ": " + days,
		Text:       n.Name + "\n" + days + "\n\nMade by callgate, of what " + reader.Login + " may see.\n",
		Attachment: &mail.Attachment{Name: file.Name, Type: file.Type, Content: bytes.NewReader(content.Bytes())}}, nil
}

// limited keeps what is written, up to MaxFile.
type limited struct{ bytes.Buffer }

// Write implements io.Writer.
func (l *limited) Write(b []byte) (int, error) {
	if l.Len()+len(b) > MaxFile {
		return 0, fmt.Errorf("the report has more than %d MiB, which is not mailed", MaxFile>>20)
	}
	return l.Buffer.Write(b)
}

// errTaken is a run that somebody else goes on with.
var errTaken = errors.New("another process has taken over")

// send hands a message in. Before it does it is kept that the server may have it.
func (s *Scheduler) send(ctx context.Context, r *Run, m *mail.Message) error {
	receipt, err := s.o.Post.Send(ctx, m, func(ctx context.Context) error {
		given := *r
		given.State = Sending
		saved, err := s.o.Store.SaveRun(ctx, given, r.Attempts, Making)
		if err == nil && !saved {
			err = errTaken
		}
		return err
	})
	r.Accepted = append(r.Accepted, receipt.Accepted...)
	r.Pending = slices.DeleteFunc(slices.Clone(r.Pending), func(to string) bool { return slices.Contains(receipt.Accepted, to) })
	why := slices.Clone(r.Refused)
	for _, f := range receipt.Refused {
		reason := f.To + ": " + f.Reason
		if why = append(why, reason); !f.Temporary {
			r.Refused = append(r.Refused, reason)
			r.Pending = slices.DeleteFunc(r.Pending, func(to string) bool { return to == f.To })
		}
	}
	reasons := strings.Join(why, "; ")
	if err != nil && reasons != "" {
		return fmt.Errorf("%w: %s", err, reasons)
	}
	if err != nil {
		return err
	}
	r.Bytes = receipt.Bytes
	if now := s.o.Now(); len(r.Pending) > 0 {
		r.again(now, reasons)
	} else {
		r.end(now, Sent, reasons)
	}
	return nil
}
