package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	v1 "callgate/api/v1"
	"callgate/internal/account"
	"callgate/internal/fault"
	"callgate/internal/outside/mail"
	"callgate/internal/report"
	"callgate/internal/setting"
)

// owners tell who may have reports mailed.
type owners struct{ accounts *account.Service }

// Reader implements report.Owners.
func (o owners) Reader(ctx context.Context, id int64) (report.Reader, error) {
	u, err := o.accounts.Find(ctx, id)
	if errors.Is(err, fault.New(fault.NotFound, "")) {
		return report.Reader{}, report.Gone("its owner is not there")
	}
	if err != nil {
		return report.Reader{}, err
	}
	if u.Status != account.Active {
		return report.Reader{}, report.Gone(fmt.Sprintf("its owner %s is %s", u.Login, u.Status))
	}
	who := u.Identity()
	r := report.Reader{ID: u.ID, Login: u.Login, Projects: u.Projects}
	for _, action := range [...]string{"schedule", "see"} {
		if !who.May("reports", action) {
			return report.Reader{}, report.Gone(fmt.Sprintf("its owner %s has no right reports/%s", u.Login, action))
		}
		if err := o.accounts.Available(ctx, "reports", action); err != nil {
			return report.Reader{}, err
		}
	}
	for _, right := range u.Rights {
		r.Rights = append(r.Rights, right.String())
	}
	return r, nil
}

// mailServer is where mail is handed in just now.
func (a *App) mailServer() mail.Server { return mailServer(a.settings) }

func mailServer(v values) mail.Server {
	return mail.Server{Host: v.Text(setting.SMTPHost), Port: v.Integer(setting.SMTPPort), Security: v.Text(setting.SMTPSecurity),
		Login: v.Text(setting.SMTPLogin), Password: v.Text(setting.SMTPPassword), From: v.Text(setting.SMTPFrom), Timeout: v.Duration(setting.SMTPTimeout)}
}

// scheduled adds what mails reports to the options of a face that has all that reports need.
func (a *App) scheduled(o *v1.Options, options report.SchedulerOptions) {
	renderers := v1.Renderers(*o)
	post := mail.New(mail.Options{Server: a.mailServer})
	options.Store, options.Owners, options.Renderers, options.Post = a.store, owners{a.accounts}, renderers, post
	a.scheduler = report.NewScheduler(options)
	o.Post = post
	o.Schedules = report.NewSchedules(report.SchedulesOptions{Store: a.store, Owners: options.Owners, Renderers: renderers, Zone: options.Zone, Now: options.Now,
		NewID: uuid.NewString})
}
