package app

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"callgate/cdr"
	"callgate/internal/account"
	"callgate/internal/call"
	"callgate/internal/project"
	"callgate/internal/setting"
	"callgate/internal/sms"
	"callgate/internal/store"
	"callgate/internal/webhook"
)

// Administration is what an administrator changes in a database.
type Administration struct {
	Accounts     *account.Service
	Projects     *project.Service
	Settings     *setting.Service
	Destinations *call.Rules
	Messages     *sms.Service // which does not run
	Carriers     *sms.Carriers
	Webhooks     *webhook.Service // which does not run
	DeliverCDR   cdr.Deliver
	store        *store.Store
}

// Administer runs do on the configured database and closes it again. A process that serves on the same database
// sees every change within a second.
func Administer(ctx context.Context, c Config, logger *slog.Logger, do func(*Administration) error) (err error) {
	st, err := c.openStore(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	var a *Administration
	a = &Administration{store: st,
		Accounts:     account.New(st, account.Options{Logger: logger}),
		Projects:     project.New(st, project.Options{Logger: logger, Country: func() string { return a.Settings.Text(setting.NumbersCountry) }}),
		Destinations: call.NewRules(st, call.RulesOptions{Logger: logger}),
	}
	if a.Settings, err = setting.New(st, setting.Options{First: c.Settings, Logger: logger}); err != nil {
		return err
	}
	a.Messages, a.Carriers = newTexting(st, a.Projects, a.Settings, logger, nil)
	defer func() { a.Carriers.Close() }()
	a.Webhooks = newHooks(st, a.Accounts, a.Projects, a.Settings, nil, nil, logger, nil)
	now := &changes{revisions: st.Revisions, followers: []follower{{store.Settings, a.Settings.Follow}, {store.Projects, a.Projects.Follow},
		{store.Destinations, a.Destinations.Follow}, {store.Carriers, a.Carriers.Follow}}}
	if err := now.look(ctx); err != nil {
		return err
	}
	deliver, stop := startIntake(ctx, st, a.Projects, a.Settings)
	defer func() { err = errors.Join(err, stop()) }()
	a.DeliverCDR = deliver
	return do(a)
}

// RebuildFigures compares the figures of the days from, which is in, and to, which is not, with the calls that are kept,
// and with mend sets them right. It returns of how many quarter hours, projects, numbers, queues and agents they were
// wrong.
func (a *Administration) RebuildFigures(ctx context.Context, from, to time.Time, mend bool) (wrong int, err error) {
	return a.store.RebuildFigures(ctx, store.Rebuild{From: from.UnixMicro(), To: to.UnixMicro(), Mend: mend})
}
