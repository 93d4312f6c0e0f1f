package report_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"callgate/internal/account"
	"callgate/internal/fault"
	"callgate/internal/outside/mail"
	"callgate/internal/outside/mail/mailtest"
	"callgate/internal/report"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// office is an installation whose reports are mailed: a database, a mail server and a clock.
type office struct {
	t      *testing.T
	server *mailtest.Server
	log    bytes.Buffer

	mu     sync.Mutex
	now    time.Time
	reader func() (report.Reader, error)
	render func(o report.Order) (report.File, error)
	user   int64
	ids    int
}

// newOffice opens an installation at eight in the morning in Moscow.
func newOffice(t *testing.T, s *store.Store) *office {
	t.Helper()
	o := &office{t: t, server: mailtest.New(t, mailtest.Options{}), now: time.Date(2026, 11, 27, 5, 0, 0, 0, time.UTC)}
	o.reader = func() (report.Reader, error) { return report.Reader{Login: "anna", Projects: []string{"1111"}}, nil }
	o.render = func(order report.Order) (report.File, error) {
		text := fmt.Sprintf("%s %s %s %v %v %s %s", order.First, order.Last, order.Zone, order.Reader.Projects, order.Reader.Rights, order.Format, order.Parameters.Encode())
		return report.File{Name: "report.csv", Type: "text/csv", Write: func(w io.Writer) error { _, err := io.WriteString(w, text); return err }}, nil
	}
	var err error
	if o.user, err = s.AddUser(t.Context(), account.User{Login: "anna", Status: account.Active}, "x"); err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *office) clock() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.now
}

func (o *office) wait(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = o.now.Add(d)
}

// Render implements report.Renderer.
func (o *office) Render(_ context.Context, order report.Order) (report.File, error) {
	return o.render(order)
}

// Reader implements report.Owners.
func (o *office) Reader(_ context.Context, id int64) (report.Reader, error) {
	if id != o.user {
		return report.Reader{}, report.Gone("another user")
	}
	return o.reader()
}

func (o *office) renderers() map[string]report.Renderer {
	return map[string]report.Renderer{"centre": o}
}

func (o *office) schedules(s report.ScheduleStore) *report.Schedules {
	return report.NewSchedules(report.SchedulesOptions{Store: s, Owners: o, Renderers: o.renderers(), Zone: time.UTC, Now: o.clock,
		NewID: func() string { o.ids++; return fmt.Sprintf("s%d", o.ids) }})
}

// scheduler is one process that has the duty. A nil post is the mail server.
func (o *office) scheduler(s report.ScheduleStore, post report.Post) *report.Scheduler {
	if post == nil {
		settings := o.server.Settings()
		settings.Timeout = 20 * time.Second
		post = mail.New(mail.Options{Server: func() mail.Server { return settings }})
	}
	return report.NewScheduler(report.SchedulerOptions{Store: s, Owners: o, Renderers: o.renderers(), Post: post, Zone: time.UTC, Now: o.clock,
		Logger: slog.New(slog.NewTextHandler(&o.log, nil))})
}

// daily is a schedule that comes at nine in the morning.
func (o *office) daily() report.Schedule {
	return report.Schedule{Name: "Отчёт КЦ", Report: "centre", Parameters: url.Values{"project": {"1111"}}, Format: "csv", Period: report.Yesterday, Every: report.Daily,
		At: "09:00", Zone: "Europe/Moscow", To: []string{"a@example.com", "b@example.com"}, Owner: o.user, Active: true, ChangedBy: "anna"}
}

func (o *office) add(s report.ScheduleStore, n report.Schedule) report.Schedule {
	o.t.Helper()
	added, err := o.schedules(s).Add(o.t.Context(), n)
	if err != nil {
		o.t.Fatal(err)
	}
	return added
}

// turn lets a scheduler look until there is nothing to do.
func (o *office) turn(s *report.Scheduler) {
	o.t.Helper()
	for more := true; more; {
		var err error
		if more, err = s.Turn(o.t.Context()); err != nil {
			o.t.Fatal(err)
		}
	}
}

// runs are a schedule's, the latest first.
func (o *office) runs(s report.ScheduleStore, id string) []report.Run {
	o.t.Helper()
	all, err := s.Runs(o.t.Context(), id, time.Time{}, 100)
	if err != nil {
		o.t.Fatal(err)
	}
	return all
}

// one wants one run.
func (o *office) one(s report.ScheduleStore, id string) report.Run {
	o.t.Helper()
	all := o.runs(s, id)
	if len(all) != 1 {
		o.t.Fatalf("%d runs: %+v", len(all), all)
	}
	return all[0]
}

// quiet looks whether the process log tells an address or a subject.
func (o *office) quiet() {
	o.t.Helper()
	for _, secret := range []string{"@", "Отчёт", "\\u041e"} {
		if strings.Contains(o.log.String(), secret) {
			o.t.Errorf("the process log has %q in it:\n%s", secret, &o.log)
		}
	}
}

func day(t *testing.T, text string) report.Date {
	t.Helper()
	d, err := report.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestScheduledReport: a report comes when it is due, once, to everybody, with what its owner may see.
func TestScheduledReport(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		o := newOffice(t, s)
		n, off := o.add(s, o.daily()), o.daily()
		off.Active, off.Name = false, "off"
		if off = o.add(s, off); !off.Next.IsZero() {
			t.Errorf("what is not active is due at %s", off.Next)
		}
		p := o.scheduler(s, nil)
		o.turn(p)
		if got := o.runs(s, n.ID); len(got) != 0 {
			t.Fatalf("an hour before its time: %+v", got)
		}
		o.wait(time.Hour)
		o.turn(p)
		o.turn(p)
		run := o.one(s, n.ID)
		at := time.Date(2026, 11, 27, 6, 0, 0, 0, time.UTC)
		want := report.Run{Schedule: n.ID, Due: at, First: day(t, "2026-11-26"), Last: day(t, "2026-11-26"), State: report.Sent, Attempts: 1,
			Started: at, Ended: at, Accepted: n.To}
		if diff := cmp.Diff(want, run, cmpopts.IgnoreFields(report.Run{}, "Bytes")); diff != "" {
			t.Errorf("the log (-want, +got):\n%s", diff)
		}
		mails := o.server.Mails()
		if len(mails) != 1 || !slices.Equal(mails[0].To, n.To) || int64(len(mails[0].Body)) != run.Bytes {
			t.Fatalf("mailed: %+v; the log says %d bytes", mails, run.Bytes)
		}
		for _, part := range []string{"Message-ID: <report.s1.", "=?UTF-8?q?=D0=9E=D1=82=D1=87=D1=91=D1=82_=D0=9A=D0=A6:_2026-11-26?=", `filename="report.csv"`} {
			if !strings.Contains(mails[0].Body, part) {
				t.Errorf("no %s in %s", part, mails[0].Body)
			}
		}
		o.wait(24 * time.Hour)
		o.turn(p)
		if got := len(o.server.Mails()); got != 2 {
			t.Errorf("mailed %d on two days", got)
		}
		o.quiet()
	})
}

// TestRetry: while the mail server refuses for now a report is tried again, for some hours.
func TestRetry(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		o := newOffice(t, s)
		n, p := o.add(s, o.daily()), o.scheduler(s, nil)
		o.server.Play(mailtest.Script{Sender: func(string) error { return mailtest.Refusal(451, "busy, reports@example.com") }})
		o.wait(time.Hour)
		o.turn(p)
		run := o.one(s, n.ID)
		if run.State != report.Waiting || run.Attempts != 1 || run.Retry.Sub(o.clock()) != time.Minute || !strings.Contains(run.Error, "451 busy") {
			t.Fatalf("refused for now: %+v", run)
		}
		o.wait(59 * time.Second)
		o.turn(p)
		if again := o.one(s, n.ID); again.Attempts != 1 {
			t.Fatalf("tried too soon: %+v", again)
		}
		o.server.Play(mailtest.Script{})
		o.wait(time.Second)
		o.turn(p)
		if run = o.one(s, n.ID); run.State != report.Sent || run.Attempts != 2 || run.Error != "" || len(o.server.Mails()) != 1 {
			t.Fatalf("taken the second time: %+v", run)
		}

		o.server.Play(mailtest.Script{Message: func(net.Conn, mailtest.Mail) error { return mailtest.Refusal(452, "full") }})
		o.wait(23 * time.Hour)
		for range 20 * 60 {
			o.wait(time.Minute)
			o.turn(p)
		}
		run = o.runs(s, n.ID)[0]
		if run.State != report.Failed || run.Attempts < 8 || run.Ended.Sub(run.Started) > 4*time.Hour || run.Ended.Sub(run.Started) < 3*time.Hour {
			t.Errorf("refused all day: %+v", run)
		}
		if len(o.server.Mails()) != 1 {
			t.Errorf("the server has %d", len(o.server.Mails()))
		}
		o.quiet()
	})
}

// TestSomeAreRefused: those who are refused for now get it later, those who are taken get it once.
func TestSomeAreRefused(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t), store.Options{})
	o := newOffice(t, s)
	d := o.daily()
	d.To = []string{"grey@example.com", "a@example.com", "gone@example.com"}
	n, p := o.add(s, d), o.scheduler(s, nil)
	grey := true
	o.server.Play(mailtest.Script{Recipient: func(to string) error {
		switch {
		case to == "grey@example.com" && grey:
			return mailtest.Refusal(450, "later")
		case to == "gone@example.com":
			return mailtest.Refusal(550, "unknown")
		}
		return nil
	}})
	o.wait(time.Hour)
	o.turn(p)
	if r := o.one(s, n.ID); r.State != report.Waiting || !slices.Equal(r.Pending, []string{"grey@example.com"}) || !slices.Equal(r.Accepted, []string{"a@example.com"}) {
		t.Fatalf("first: %+v", r)
	}
	grey = false
	o.wait(time.Minute)
	o.turn(p)
	if r := o.one(s, n.ID); r.State != report.Sent || !slices.Equal(r.Accepted, []string{"a@example.com", "grey@example.com"}) ||
		r.Error != "gone@example.com: 550 unknown" || len(r.Pending) != 0 {
		t.Fatalf("then: %+v", r)
	}
	mails := o.server.Mails()
	if len(mails) != 2 || !slices.Equal(mails[0].To, []string{"a@example.com"}) || !slices.Equal(mails[1].To, []string{"grey@example.com"}) {
		t.Errorf("mailed %+v", mails)
	}
	o.quiet()
}

// TestUnknownOutcome: what the mail server may have taken is never sent again, and the log says that nobody knows.
func TestUnknownOutcome(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		o := newOffice(t, s)
		n, p := o.add(s, o.daily()), o.scheduler(s, nil)
		times := 0
		o.server.Play(mailtest.Script{Message: func(c net.Conn, _ mailtest.Mail) error { times++; _ = c.Close(); return nil }})
		o.wait(time.Hour)
		for range 20 * 60 {
			o.turn(p)
			o.wait(time.Minute)
		}
		if r := o.one(s, n.ID); r.State != report.Failed || r.Attempts != 1 || !strings.Contains(r.Error, "not known whether") || times != 1 {
			t.Errorf("given %d times: %+v", times, r)
		}
	})
}

// post sends what it is told.
type post func(ctx context.Context, m *mail.Message, taken func(context.Context) error) (mail.Receipt, error)

func (p post) Send(ctx context.Context, m *mail.Message, taken func(context.Context) error) (mail.Receipt, error) {
	return p(ctx, m, taken)
}

// TestTakeover: who takes over makes what had not been given to the mail server, and nothing else.
func TestTakeover(t *testing.T) {
	for _, tt := range []struct {
		state report.RunState
		want  report.RunState
		mails int
	}{{report.Waiting, report.Sent, 1}, {report.Making, report.Sent, 1}, {report.Sending, report.Failed, 0}, {report.Sent, report.Sent, 0}} {
		t.Run(string(tt.state), func(t *testing.T) {
			s := storetest.Open(t, storetest.SQLite(t), store.Options{})
			o := newOffice(t, s)
			n := o.add(s, o.daily())
			run, err := o.schedules(s).RunNow(t.Context(), n.ID, "anna")
			if err != nil {
				t.Fatal(err)
			}
			run.State, run.Attempts, run.Started, run.Retry = tt.state, 1, o.clock(), time.Time{}
			if tt.state.Over() {
				run.Ended = o.clock()
			}
			if saved, err := s.SaveRun(t.Context(), run, 0, report.Waiting); !saved || err != nil {
				t.Fatal(saved, err)
			}
			o.turn(o.scheduler(s, nil))
			if r := o.one(s, n.ID); r.State != tt.want || len(o.server.Mails()) != tt.mails {
				t.Errorf("%d mailed: %+v", len(o.server.Mails()), r)
			}
		})
	}
}

// TestHolderThatSleeps: a process that had the duty, and goes on when another has it, mails nothing a second time, and what it
// has mailed is in the log.
func TestHolderThatSleeps(t *testing.T) {
	for _, tt := range []struct {
		name        string
		after       bool // it sleeps after it has been kept that the server may have the message
		want        report.RunState
		between     report.RunState
		first, both int // mails
	}{{"before the message", false, report.Sent, report.Sent, 1, 1}, {"after the message", true, report.Sent, report.Failed, 0, 1}} {
		t.Run(tt.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, open func() *store.Store) {
				s := open()
				o := newOffice(t, s)
				n := o.add(s, o.daily())
				asleep, awake := make(chan struct{}), make(chan struct{})
				settings := o.server.Settings()
				settings.Timeout = time.Minute
				real := mail.New(mail.Options{Server: func() mail.Server { return settings }})
				sleeper := o.scheduler(s, post(func(ctx context.Context, m *mail.Message, taken func(context.Context) error) (mail.Receipt, error) {
					return real.Send(ctx, m, func(ctx context.Context) error {
						if tt.after {
							if err := taken(ctx); err != nil {
								return err
							}
						}
						close(asleep)
						<-awake
						if tt.after {
							return nil
						}
						return taken(ctx)
					})
				}))
				o.wait(time.Hour)
				done := make(chan error)
				go func() { _, err := sleeper.Turn(t.Context()); done <- err }()
				<-asleep
				o.turn(o.scheduler(open(), nil))
				if r := o.one(s, n.ID); r.State != tt.between || len(o.server.Mails()) != tt.first {
					t.Errorf("meanwhile %d mailed: %+v", len(o.server.Mails()), r)
				}
				close(awake)
				if err := <-done; err != nil {
					t.Error(err)
				}
				o.turn(o.scheduler(s, nil))
				if r := o.one(s, n.ID); r.State != tt.want || len(o.server.Mails()) != tt.both {
					t.Errorf("in the end %d mailed: %+v", len(o.server.Mails()), r)
				}
			})
		})
	}
}

// flaky is a store that cannot keep how runs end.
type flaky struct {
	report.ScheduleStore
	down bool
}

func (f *flaky) SaveRun(ctx context.Context, r report.Run, attempts int, from report.RunState) (bool, error) {
	if f.down && r.State.Over() {
		return false, fault.New(fault.StorageDown, "")
	}
	return f.ScheduleStore.SaveRun(ctx, r, attempts, from)
}

// TestDatabaseGone: a report that was mailed when the database was down is known to be when it is back.
func TestDatabaseGone(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t), store.Options{})
	o := newOffice(t, s)
	n, f := o.add(s, o.daily()), &flaky{s, true}
	p := o.scheduler(f, nil)
	o.wait(time.Hour)
	o.turn(p)
	if r := o.one(s, n.ID); r.State != report.Sending {
		t.Fatalf("while it is down: %+v", r)
	}
	if _, err := p.Turn(t.Context()); !errors.Is(err, fault.New(fault.StorageDown, "")) {
		t.Errorf("a look while it is down: %v", err)
	}
	f.down = false
	o.turn(p)
	if r := o.one(s, n.ID); r.State != report.Sent || len(o.server.Mails()) != 1 {
		t.Errorf("%d mailed: %+v", len(o.server.Mails()), r)
	}
}

// TestMissed: what nobody made in its time is made once, if it is not a day late.
func TestMissed(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*report.Schedule)
		down   time.Duration
		want   []string // state and day of each run, the latest first
	}{
		{"some hours", nil, 6 * time.Hour, []string{"sent 2026-11-26"}},
		{"almost a day", nil, time.Hour + 24*time.Hour - time.Second, []string{"sent 2026-11-26"}},
		{"a day", nil, time.Hour + 24*time.Hour, []string{"sent 2026-11-27", "skipped 2026-11-26"}},
		{"four days", nil, 4*24*time.Hour + 2*time.Hour, []string{"sent 2026-11-30", "skipped 2026-11-26"}},
		{"weekly, some hours", func(n *report.Schedule) { n.Every, n.Weekday = report.Weekly, 5 }, 6 * time.Hour, []string{"sent 2026-11-26"}},
		{"weekly, two days", func(n *report.Schedule) { n.Every, n.Weekday = report.Weekly, 5 }, 50 * time.Hour, []string{"skipped 2026-11-26"}},
		{"twenty years", nil, 20 * 365 * 24 * time.Hour, []string{"skipped 2026-11-26"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := storetest.Open(t, storetest.SQLite(t), store.Options{})
			o := newOffice(t, s)
			d := o.daily()
			if tt.change != nil {
				tt.change(&d)
			}
			n := o.add(s, d)
			o.wait(tt.down)
			o.turn(o.scheduler(s, nil))
			var got []string
			for _, r := range o.runs(s, n.ID) {
				got = append(got, fmt.Sprintf("%s %s", r.State, r.First))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want, +got):\n%s", diff)
			}
			all, err := s.Schedules(t.Context())
			if err != nil || !all[0].Next.After(o.clock()) {
				t.Errorf("due next at %s: %v", all[0].Next, err)
			}
		})
	}
}

// TestNotMade: a report that is not made is in the log with the reason, and is tried again only where that may help.
func TestNotMade(t *testing.T) {
	for _, tt := range []struct {
		name   string
		reader func() (report.Reader, error)
		render func(report.Order) (report.File, error)
		post   report.Post
		want   report.RunState
		error  string
		active bool
	}{
		{"owner gone", func() (report.Reader, error) { return report.Reader{}, report.Gone("its owner anna is disabled") }, nil, nil,
			report.Skipped, "its owner anna is disabled; the schedule is stopped", false},
		{"reports switched off", func() (report.Reader, error) {
			return report.Reader{}, &fault.Error{Kind: fault.Denied, Err: errors.New("switched off")}
		}, nil, nil, report.Skipped, "switched off", true},
		{"database down", nil, func(report.Order) (report.File, error) { return report.File{}, fault.New(fault.StorageDown, "") }, nil,
			report.Waiting, "make the report: storage unavailable", true},
		{"outside system down", nil, func(report.Order) (report.File, error) { return report.File{}, fault.New(fault.OutsideDown, "") }, nil,
			report.Waiting, "make the report: outside system unavailable", true},
		{"project gone", nil, func(report.Order) (report.File, error) { return report.File{}, fault.New(fault.NotFound, "Project") }, nil,
			report.Failed, "make the report: not found Project", true},
		{"broken on the way", nil, func(report.Order) (report.File, error) {
			return report.File{Write: func(io.Writer) error { return errors.New("broken") }}, nil
		}, nil, report.Failed, "write the report: broken", true},
		{"too large", nil, func(report.Order) (report.File, error) {
			return report.File{Write: func(w io.Writer) error {
				for {
					if _, err := w.Write(make([]byte, 1<<20)); err != nil {
						return err
					}
				}
			}}, nil
		}, nil, report.Failed, "write the report: the report has more than 16 MiB, which is not mailed", true},
		{"no mail server", nil, nil, mail.New(mail.Options{Server: func() mail.Server { return mail.Server{} }}), report.Failed, "no mail server is set", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := storetest.Open(t, storetest.SQLite(t), store.Options{})
			o := newOffice(t, s)
			n := o.add(s, o.daily())
			if tt.reader != nil {
				o.reader = tt.reader
			}
			if tt.render != nil {
				o.render = tt.render
			}
			o.wait(time.Hour)
			p := o.scheduler(s, tt.post)
			o.turn(p)
			if r := o.one(s, n.ID); r.State != tt.want || r.Error != tt.error || len(o.server.Mails()) != 0 {
				t.Errorf("%d mailed: %+v", len(o.server.Mails()), r)
			}
			all, err := s.Schedules(t.Context())
			if err != nil || all[0].Active != tt.active || all[0].Next.IsZero() == tt.active {
				t.Errorf("%+v, %v", all, err)
			}
			o.quiet()
		})
	}
}

// TestSchedulerStop: a process that is stopped while it makes a report leaves it to the next, which mails it once.
func TestSchedulerStop(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t), store.Options{})
	o := newOffice(t, s)
	n := o.add(s, o.daily())
	ctx, stop := context.WithCancel(t.Context())
	o.server.Play(mailtest.Script{Recipient: func(string) error { stop(); <-ctx.Done(); return nil }})
	o.wait(time.Hour)
	done := make(chan error)
	p := o.scheduler(s, nil)
	running, end := context.WithCancel(t.Context())
	var works sync.WaitGroup
	works.Go(func() {
		if err := p.Run(running); err != nil {
			t.Error(err)
		}
	})
	defer works.Wait()
	defer end()
	go func() { done <- p.Duty(ctx) }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it does not end")
	}
	if r := o.one(s, n.ID); r.State != report.Waiting || len(o.server.Mails()) != 0 {
		t.Fatalf("%d mailed: %+v", len(o.server.Mails()), r)
	}
	o.server.Play(mailtest.Script{})
	o.turn(o.scheduler(s, nil))
	if r := o.one(s, n.ID); r.State != report.Sent || len(o.server.Mails()) != 1 {
		t.Errorf("%d mailed: %+v", len(o.server.Mails()), r)
	}
}

// TestDutyLost: who has lost the duty does not wait for a database that does not answer.
func TestDutyLost(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t), store.Options{})
	o := newOffice(t, s)
	o.add(s, o.daily())
	o.wait(time.Hour)
	stuck, answer := make(chan struct{}), make(chan struct{})
	p := o.scheduler(&silent{s, stuck, answer}, nil)
	running, end := context.WithCancel(t.Context())
	var works sync.WaitGroup
	works.Go(func() {
		if err := p.Run(running); err != nil {
			t.Error(err)
		}
	})
	ctx, lose := context.WithCancelCause(t.Context())
	done := make(chan error)
	go func() { done <- p.Duty(ctx) }()
	<-stuck
	lose(errors.New("lost"))
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it waits")
	}
	close(answer)
	end()
	works.Wait()
	if len(o.server.Mails()) != 0 {
		t.Error("mailed all the same")
	}
}

// silent is a store that does not answer for a while.
type silent struct {
	report.ScheduleStore
	asked, answer chan struct{}
}

func (s *silent) OpenRuns(ctx context.Context, at time.Time, limit int) ([]report.Run, error) {
	close(s.asked)
	<-s.answer
	return s.ScheduleStore.OpenRuns(context.WithoutCancel(ctx), at, limit)
}

// TestRunNow: a report can be asked for at any time, one after the other, active or not.
func TestRunNow(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		o := newOffice(t, s)
		d := o.daily()
		d.Active = false
		n := o.add(s, d)
		all := o.schedules(s)
		run, err := all.RunNow(t.Context(), n.ID, "boris")
		if err != nil || run.By != "boris" || run.State != report.Waiting {
			t.Fatalf("%+v %v", run, err)
		}
		o.wait(time.Second)
		if _, err := all.RunNow(t.Context(), n.ID, "boris"); !errors.Is(err, fault.New(fault.Unfinished, "Run")) {
			t.Errorf("twice: %v", err)
		}
		if _, err := all.RunNow(t.Context(), "none", "boris"); !errors.Is(err, fault.New(fault.NotFound, "Schedule")) {
			t.Errorf("of none: %v", err)
		}
		o.turn(o.scheduler(s, nil))
		if _, err := all.RunNow(t.Context(), n.ID, "boris"); err != nil || len(o.server.Mails()) != 1 {
			t.Errorf("when it is over: %v, %d mailed", err, len(o.server.Mails()))
		}
		if err := all.Remove(t.Context(), n.ID, func(*report.Schedule) error { return nil }); err != nil {
			t.Error(err)
		}
		o.turn(o.scheduler(s, nil))
		if len(o.server.Mails()) != 1 || len(o.runs(s, n.ID)) != 0 {
			t.Errorf("removed: %d mailed, %+v", len(o.server.Mails()), o.runs(s, n.ID))
		}
	})
}
