package v1

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"callgate/internal/fault"
	"callgate/internal/outside/mail"
	"callgate/internal/report"
)

// Schedules are the reports that are mailed by themselves; report.Schedules has them.
type Schedules interface {
	List(ctx context.Context) ([]report.Schedule, error)
	Get(ctx context.Context, id string) (report.Schedule, error)
	Add(ctx context.Context, n report.Schedule) (report.Schedule, error)
	// Change may call change twice.
	Change(ctx context.Context, id string, change func(n *report.Schedule) error) (report.Schedule, error)
	Remove(ctx context.Context, id string, allow func(old *report.Schedule) error) error
	RunNow(ctx context.Context, id, by string) (report.Run, error)
	Runs(ctx context.Context, id string, before time.Time, limit int) ([]report.Run, error)
}

// Post hands messages in; mail.Client does.
type Post interface {
	Send(ctx context.Context, m *mail.Message, taken func(ctx context.Context) error) (mail.Receipt, error)
}

const (
	reportsSchedule right = "reports/schedule"
	// reportsScheduleAll is about the schedules of others.
	reportsScheduleAll right = "reports/scheduleall"
	mailTest           right = "mail/test"
)

// testTime is how long a test mail may take.
const testTime = time.Minute

// schedules are the operations on scheduled reports.
func (f *Face) schedules() {
	const path, one = "/report-schedules", "/report-schedules/{id}"
	others := "Those of others need the right `" + string(reportsScheduleAll) + "` as well, and no limit to projects."
	gone := []int{http.StatusNotFound}
	operation(f, huma.Operation{OperationID: "list-report-schedules", Method: http.MethodGet, Path: path, Summary: "Scheduled reports",
		Description: "Those of others are there with the right `" + string(reportsScheduleAll) + "`, for who is not limited to projects."}, reportsSchedule, f.listSchedules)
	operation(f, huma.Operation{OperationID: "add-report-schedule", Method: http.MethodPost, Path: path, Summary: "Have a report mailed by itself",
		Description: "Who adds it owns it: what is in the report is what he may see when it is made. It is made once at once, of a day without calls, to see whether it can be.",
		Errors:      gone}, reportsSchedule, f.addSchedule)
	operation(f, huma.Operation{OperationID: "get-report-schedule", Method: http.MethodGet, Path: one, Summary: "One scheduled report", Description: others, Errors: gone}, reportsSchedule, f.getSchedule)
	operation(f, huma.Operation{OperationID: "change-report-schedule", Method: http.MethodPatch, Path: one, Summary: "Change what is given of a scheduled report",
		Description: others + " Who changes more than whether it is active owns it from then on.", Errors: gone}, reportsSchedule, f.changeSchedule)
	operation(f, huma.Operation{OperationID: "delete-report-schedule", Method: http.MethodDelete, Path: one, Summary: "Remove a scheduled report, with its log",
		Description: others, Errors: gone}, reportsSchedule, f.deleteSchedule)
	operation(f, huma.Operation{OperationID: "run-report-schedule", Method: http.MethodPost, Path: one + "/run", Summary: "Have a report made and mailed now",
		Description: others + " It begins within two seconds; the log tells how it went. 409 says that one has not come to its end.",
		Errors:      append([]int{http.StatusConflict}, gone...)}, reportsSchedule, f.runSchedule)
	operation(f, huma.Operation{OperationID: "list-report-runs", Method: http.MethodGet, Path: one + "/runs", Summary: "The log of a scheduled report, the latest first",
		Description: others, Errors: gone}, reportsSchedule, f.listRuns)
	operation(f, huma.Operation{OperationID: "test-mail", Method: http.MethodPost, Path: "/test-mail", Summary: "Send a test mail",
		Description: "By the settings `smtp.…` as they are. The answer tells how it went, in at most a minute."}, mailTest, f.testMail)
}

// ReportSchedule is a report that is mailed by itself.
type ReportSchedule struct {
	ID string `json:"id"`
	ScheduleFields
	Owner     string     `json:"owner" doc:"The user who owns it, and by whose rights it is made."`
	Next      *time.Time `json:"next,omitempty" doc:"When it comes next; not there while it is not active."`
	ChangedAt time.Time  `json:"changed_at"`
	ChangedBy string     `json:"changed_by"`
}

// ScheduleFields are what can be said of a scheduled report.
type ScheduleFields struct {
	Name       string              `json:"name" doc:"It is in the subject."`
	Report     string              `json:"report" doc:"The last part of a path below /reports, such as centre."`
	Parameters map[string][]string `json:"parameters,omitempty" doc:"What that path is asked with, but for from, to, zone and format."`
	Format     string              `json:"format" enum:"csv,xlsx"`
	Period     string              `json:"period" enum:"yesterday,last_week,last_month" doc:"What it is of, counted from the day on which it comes. Weeks begin on Monday."`
	Every      string              `json:"every" enum:"daily,weekly,monthly"`
	Weekday    int                 `json:"weekday,omitempty" minimum:"0" maximum:"7" doc:"Of weekly ones: 1 is Monday, 7 Sunday."`
	MonthDay   int                 `json:"month_day,omitempty" minimum:"0" maximum:"31" doc:"Of monthly ones; in a month that has not so many days its last one."`
	At         string              `json:"at" doc:"HH:MM. A time that clocks skip is when they do so; one that they show twice is the first."`
	Zone       string              `json:"zone,omitempty" doc:"IANA's name of the time zone whose clocks count; the installation's without it."`
	To         []string            `json:"to" nullable:"false" minItems:"1" maxItems:"50" doc:"Addresses."`
	Active     bool                `json:"active"`
}

func scheduleView(n *report.Schedule) ReportSchedule {
	v := ReportSchedule{ID: n.ID, Owner: n.OwnerLogin, ChangedAt: n.ChangedAt, ChangedBy: n.ChangedBy, ScheduleFields: ScheduleFields{Name: n.Name, Report: n.Report,
		Parameters: n.Parameters, Format: n.Format, Period: string(n.Period), Every: string(n.Every), Weekday: n.Weekday, MonthDay: n.MonthDay, At: n.At, Zone: n.Zone,
		To: n.To, Active: n.Active}}
	if !n.Next.IsZero() {
		v.Next = &n.Next
	}
	return v
}

// wholeSchedule is what can be changed of a schedule: when it comes next it says itself.
func wholeSchedule(n *report.Schedule) ReportSchedule {
	v := scheduleView(n)
	v.Next = nil
	return v
}

type scheduleList struct{ Body []ReportSchedule }

func (f *Face) listSchedules(ctx context.Context, who *asker, _ *struct{}) (*scheduleList, error) {
	all, err := f.o.Schedules.List(ctx)
	if err != nil {
		return nil, err
	}
	others := f.othersSchedules(ctx, who) == nil
	out := &scheduleList{Body: []ReportSchedule{}}
	for i := range all {
		if others || all[i].Owner == who.UserID {
			out.Body = append(out.Body, scheduleView(&all[i]))
		}
	}
	return out, nil
}

func (f *Face) getSchedule(ctx context.Context, who *asker, in *BySchedule) (*single[ReportSchedule], error) {
	if err := f.mayTouch(ctx, who, *in); err != nil {
		return nil, err
	}
	n, err := f.o.Schedules.Get(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return singly(f, scheduleView(&n), wholeSchedule(&n))
}

func (f *Face) addSchedule(ctx context.Context, who *asker, in *struct {
	Body struct {
		ScheduleFields
		Active *bool `json:"active,omitempty" doc:"true without it."`
	}
}) (*single[ReportSchedule], error) {
	b := &in.Body
	n, err := f.o.Schedules.Add(ctx, report.Schedule{Name: b.Name, Report: b.Report, Parameters: b.Parameters, Format: b.Format, Period: report.Period(b.Period),
		Every: report.Every(b.Every), Weekday: b.Weekday, MonthDay: b.MonthDay, At: b.At, Zone: b.Zone, To: b.To, Owner: who.UserID, OwnerLogin: who.Login,
		Active: b.Active == nil || *b.Active, ChangedBy: who.Login})
	if err != nil {
		return nil, err
	}
	return singly(f, scheduleView(&n), wholeSchedule(&n))
}

// BySchedule names a scheduled report.
type BySchedule struct {
	ID string `path:"id" maxLength:"64"`
}

// mayTouch tells whether a schedule is there, and who may have to do with it.
func (f *Face) mayTouch(ctx context.Context, who *asker, by BySchedule) error {
	n, err := f.o.Schedules.Get(ctx, by.ID)
	if err == nil && n.Owner != who.UserID {
		err = f.othersSchedules(ctx, who)
	}
	return err
}

// othersSchedules refuses those who have to do with their own only. Who is limited to projects is one of them.
func (f *Face) othersSchedules(ctx context.Context, who *asker) error {
	if len(who.Projects) > 0 {
		return fault.New(fault.Denied, "")
	}
	return f.may(ctx, who, reportsScheduleAll)
}

// ScheduleChange is what to change of a scheduled report; lists are replaced as a whole.
type ScheduleChange struct {
	Name       *string              `json:"name,omitempty"`
	Report     *string              `json:"report,omitempty"`
	Parameters *map[string][]string `json:"parameters,omitempty"`
	Format     *string              `json:"format,omitempty" enum:"csv,xlsx"`
	Period     *string              `json:"period,omitempty" enum:"yesterday,last_week,last_month"`
	Every      *string              `json:"every,omitempty" enum:"daily,weekly,monthly"`
	Weekday    *int                 `json:"weekday,omitempty" minimum:"0" maximum:"7"`
	MonthDay   *int                 `json:"month_day,omitempty" minimum:"0" maximum:"31"`
	At         *string              `json:"at,omitempty"`
	Zone       *string              `json:"zone,omitempty"`
	To         *[]string            `json:"to,omitempty" maxItems:"50"`
	Active     *bool                `json:"active,omitempty"`
}

func (f *Face) changeSchedule(ctx context.Context, who *asker, in *struct {
	BySchedule
	Known
	Body ScheduleChange
}) (*single[ReportSchedule], error) {
	if err := f.mayTouch(ctx, who, in.BySchedule); err != nil {
		return nil, err
	}
	c := in.Body
	if c == (ScheduleChange{}) {
		return nil, errNoChange
	}
	onlyActive := c == ScheduleChange{Active: c.Active}
	n, err := f.o.Schedules.Change(ctx, in.ID, func(n *report.Schedule) error {
		if err := in.holds(f, "Schedule", wholeSchedule(n)); err != nil {
			return err
		}
		if !onlyActive {
			n.Owner, n.OwnerLogin = who.UserID, who.Login
		}
		n.ChangedBy = who.Login
		change(&n.Name, c.Name)
		change(&n.Report, c.Report)
		change(&n.Format, c.Format)
		change((*string)(&n.Period), c.Period)
		change((*string)(&n.Every), c.Every)
		change(&n.Weekday, c.Weekday)
		change(&n.MonthDay, c.MonthDay)
		change(&n.At, c.At)
		change(&n.Zone, c.Zone)
		change(&n.To, c.To)
		change(&n.Active, c.Active)
		if c.Parameters != nil {
			n.Parameters = url.Values(*c.Parameters)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return singly(f, scheduleView(&n), wholeSchedule(&n))
}

// change sets a field to what is given.
func change[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

func (f *Face) deleteSchedule(ctx context.Context, who *asker, in *struct {
	BySchedule
	Known
}) (*scheduleList, error) {
	if err := f.mayTouch(ctx, who, in.BySchedule); err != nil {
		return nil, err
	}
	if err := f.o.Schedules.Remove(ctx, in.ID, asKnown(f, &in.Known, "Schedule", wholeSchedule)); err != nil {
		return nil, err
	}
	return f.listSchedules(ctx, who, nil)
}

// ReportRun is one time that a scheduled report came, or was asked for.
type ReportRun struct {
	Due      time.Time  `json:"due"`
	First    string     `json:"first" doc:"The first day of what it is of."`
	Last     string     `json:"last" doc:"The last one."`
	AskedBy  string     `json:"asked_by" doc:"Who asked for it; empty when its time had come."`
	State    string     `json:"state" enum:"waiting,making,sending,sent,failed,skipped" doc:"waiting: for its turn, or to be tried again. sending: the mail server may have it."`
	Attempts int        `json:"attempts"`
	Retry    *time.Time `json:"retry,omitempty" doc:"When one that waits is tried."`
	Started  *time.Time `json:"started,omitempty" doc:"The first attempt."`
	Ended    *time.Time `json:"ended,omitempty"`
	Error    string     `json:"error" doc:"Why it failed, was skipped or waits; of one that was sent, who did not get it."`
	Bytes    int64      `json:"bytes" doc:"Of the last message."`
	Pending  []string   `json:"pending" nullable:"false" doc:"Addresses that the mail server has not taken yet."`
	Accepted []string   `json:"accepted" nullable:"false" doc:"Those that it has."`
	Refused  []string   `json:"refused" nullable:"false" doc:"Those that it will not, with its reasons."`
}

func runView(r *report.Run) ReportRun {
	return ReportRun{Due: r.Due, First: r.First.String(), Last: r.Last.String(), AskedBy: r.By, State: string(r.State), Attempts: r.Attempts, Retry: given(r.Retry),
		Started: given(r.Started), Ended: given(r.Ended), Error: r.Error, Bytes: r.Bytes, Pending: append([]string{}, r.Pending...),
		Accepted: append([]string{}, r.Accepted...), Refused: append([]string{}, r.Refused...)}
}

// given is a time, nil for none.
func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

type oneRun struct{ Body ReportRun }

func (f *Face) runSchedule(ctx context.Context, who *asker, in *BySchedule) (*oneRun, error) {
	if err := f.mayTouch(ctx, who, *in); err != nil {
		return nil, err
	}
	r, err := f.o.Schedules.RunNow(ctx, in.ID, who.Login)
	if err != nil {
		return nil, err
	}
	return &oneRun{runView(&r)}, nil
}

type runList struct {
	Body struct {
		Runs []ReportRun `json:"runs" nullable:"false"`
		Next *time.Time  `json:"next,omitempty" doc:"What to give as before for those that follow; there are none without it."`
	}
}

func (f *Face) listRuns(ctx context.Context, who *asker, in *struct {
	BySchedule
	Before time.Time `query:"before" doc:"Only those that were due before; next of an earlier answer."`
	Limit  int       `query:"limit" default:"100" minimum:"1" maximum:"1000"`
}) (*runList, error) {
	if err := f.mayTouch(ctx, who, in.BySchedule); err != nil {
		return nil, err
	}
	all, err := f.o.Schedules.Runs(ctx, in.ID, in.Before, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &runList{}
	out.Body.Runs = make([]ReportRun, len(all))
	for i := range all {
		out.Body.Runs[i] = runView(&all[i])
	}
	if len(all) == in.Limit {
		out.Body.Next = &all[len(all)-1].Due
	}
	return out, nil
}

type mailResult struct {
	Body struct {
		Result string `json:"result" enum:"taken,refused,temporary,unknown" doc:"temporary: trying again may help. unknown: the mail server has it and did not say whether it took it."`
		Error  string `json:"error" doc:"Why it was not taken."`
		Bytes  int64  `json:"bytes"`
	}
}

func (f *Face) testMail(ctx context.Context, who *asker, in *struct {
	Body struct {
		To string `json:"to" doc:"An address."`
	}
}) (*mailResult, error) {
	if err := mail.CheckAddress(in.Body.To); err != nil {
		return nil, &fault.Error{Kind: fault.WrongField, Subject: "to", Err: err}
	}
	ctx, stop := context.WithTimeout(ctx, testTime)
	defer stop()
	m := &mail.Message{ID: "test." + uuid.NewString(), At: time.Now(), To: []string{in.Body.To}, Subject: "callgate: test",
		Text: "Scheduled reports will come the way that this message came.\n\nAsked for by " + who.Login + ".\n"}
	receipt, err := f.o.Post.Send(ctx, m, func(context.Context) error { return nil })
	out := &mailResult{}
	out.Body.Result, out.Body.Bytes = "taken", receipt.Bytes
	failure, failed := errors.AsType[*mail.Error](err)
	if err != nil && !failed {
		return nil, err
	}
	if failed {
		reasons := []string{failure.Error()}
		for _, r := range receipt.Refused {
			reasons = append(reasons, r.Reason)
		}
		out.Body.Result = map[mail.Outcome]string{mail.Refused: "refused", mail.Temporary: "temporary", mail.Unknown: "unknown"}[failure.Outcome]
		out.Body.Error = strings.Join(reasons, "; ")
	}
	return out, nil
}
