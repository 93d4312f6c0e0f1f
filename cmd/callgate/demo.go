package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"callgate/esl"
	"callgate/esl/esltest"
	"callgate/internal/account"
	"callgate/internal/app"
	"callgate/internal/call"
	"callgate/internal/setting"
	"callgate/internal/sms"
)

// demoCmd shows the main job without a FreeSWITCH: a pretend one inside this process, reached over its Event
// Socket as a real one would be, posting its CDRs over HTTP. Everything it writes is removed at the end.
type demoCmd struct{}

const (
	// The first account is the user's manual's own example, so that what the manual prints can be pasted.
	demoLogin, demoPassword = "API_test_2", "API_test_2"
	demoManager             = "manager"
	demoSecret              = "demo-only" // between the parts of this process
)

const demoText = `callgate demo: a pretend FreeSWITCH with live calls; nothing outside this machine is touched.

  panel     http://%[1]s/panel/
  API       http://%[1]s
  log-in    %[2]s / %[3]s   all rights
            %[4]s / %[3]s      sees the work and its reports, changes nothing
  folder    %[5]s   removed at the end

Try it (more lines in README.md), and again after some seconds: twelve agents and their callers come and go. The last line tells of calls that are over.

  TOKEN=$(curl -s http://%[1]s/auth/login -d '{"login":"%[2]s","password":"%[3]s"}' | cut -d'"' -f4)
  curl -s http://%[1]s/onlinestat/all -H "Authorization: Bearer $TOKEN"; echo
  curl -s http://%[1]s/api/v1/agents -H "Authorization: Bearer $TOKEN"; echo
  curl -s http://%[1]s/api/v1/calls/live -H "Authorization: Bearer $TOKEN"; echo
  curl -s "http://%[1]s/api/v1/decisions?from=%[6]s" -H "Authorization: Bearer $TOKEN"; echo
  curl -s "http://%[1]s/api/v1/calls?from=%[6]s" -H "Authorization: Bearer $TOKEN"; echo

Ctrl-C stops it.
`

// Run serves until a signal comes.
func (demoCmd) Run(ctx context.Context, f *flags, w *outside) (err error) {
	folder, err := os.MkdirTemp("", "callgate-demo-")
	if err != nil {
		return fmt.Errorf("make the demo's folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	c := app.Default()
	if c.HTTPAddr, err = freeAddr(ctx, f.HTTPAddr); err != nil {
		return err
	}
	c.DatabaseURL = "sqlite:" + filepath.Join(folder, "callgate.db")
	if c.OutboundAddr, err = freeAddr(ctx, "127.0.0.1:0"); err != nil {
		return err
	}
	c.RecordingsDir = filepath.Join(folder, "recordings")
	c.CDRPassword = demoSecret
	if err := os.Mkdir(c.RecordingsDir, 0o700); err != nil {
		return fmt.Errorf("make the recordings folder: %w", err)
	}
	sw, err := esltest.New(demoSwitch(c))
	if err != nil {
		return fmt.Errorf("build the pretend switch: %w", err)
	}
	defer sw.Close()
	c.Switches = []app.Switch{{Name: "demo", Addr: sw.Addr(), Password: demoSecret}}
	if err := app.Administer(ctx, c, slog.New(slog.DiscardHandler), func(in *app.Administration) error {
		_, err := in.Accounts.Add(ctx, demoLogin, demoPassword, []account.Right{{Module: account.Any, Action: account.Any}}, nil)
		if err != nil {
			return err
		}
		watches := append(demoSees("calls", "queues", "agents", "tiers", "reports", "recordings", "projects", "numbers"),
			account.Right{Module: "calls", Action: "search"}, account.Right{Module: "recordings", Action: "listen"},
			account.Right{Module: "contact", Action: "queues"}, account.Right{Module: "contact", Action: "tiers"}, account.Right{Module: "contact", Action: "tier"})
		if _, err = in.Accounts.Add(ctx, demoManager, demoPassword, watches, nil); err != nil {
			return err
		}
		for _, p := range demoProjects() {
			if err := in.Projects.Add(ctx, p); err != nil {
				return err
			}
		}
		for _, r := range demoRoutes() {
			if err := in.Projects.AddRoute(ctx, r); err != nil {
				return err
			}
		}
		if err := demoPeople(ctx, in.Accounts); err != nil {
			return err
		}
		// Nobody calls abroad.
		if err := in.Destinations.Set(ctx, call.Scope{Kind: call.ForAll}, call.RuleChange{Deny: &[]string{"810"}}, "demo", nil); err != nil {
			return err
		}
		// Text messages are taken, and sent to nobody.
		if err := in.Carriers.Set(ctx, "log", "demo", func(p *sms.Provider) error { p.Kind = sms.Log; return nil }); err != nil {
			return err
		}
		if err := in.Settings.Set(ctx, setting.WebhooksPrivate, "127.0.0.0/8", "demo"); err != nil {
			return err
		}
		return in.Settings.Set(ctx, setting.SMSProvider, "log", "demo")
	}); err != nil {
		return err
	}
	// Every request would be a line between the reader and what is printed here.
	quiet := slog.New(slog.NewTextHandler(w.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	a, err := app.New(ctx, c, app.Options{Logger: quiet, Version: version})
	if err != nil {
		return err
	}
	fmt.Fprintf(w.out, demoText, a.Addr(), demoLogin, demoPassword, demoManager, folder, time.Now().Format(time.DateOnly))
	link := esl.NewClient(esl.Options{Name: "agents", Addr: sw.Addr(), Password: demoSecret, Logger: quiet})
	past := &demoPast{cdr: demoSwitch(c).CDR, link: link, logger: quiet, now: time.Now(), folder: c.RecordingsDir}
	return runDemo(ctx, a, sw, &demoCenter{sw: sw, link: link, logger: quiet}, past, &demoOffice{a.Addr(), quiet})
}

// demoPeople are some more users, of whom one sees one project only and one is locked out, a program's key, and an action that goes off
// for a project tomorrow.
func demoPeople(ctx context.Context, accounts *account.Service) error {
	if _, err := accounts.Add(ctx, "supervisor", demoPassword, append(demoSees("calls", "queues", "agents", "reports", "recordings"),
		account.Right{Module: "calls", Action: "search"}, account.Right{Module: "recordings", Action: "listen"}), []string{"1111"}); err != nil {
		return err
	}
	if _, err := accounts.Add(ctx, "smirnova", demoPassword, demoSees("queues", "agents"), nil); err != nil {
		return err
	}
	inactive := account.Inactive
	if _, err := accounts.Change(ctx, nil, "smirnova", account.Edit{Status: &inactive}); err != nil {
		return err
	}
	if _, _, err := accounts.AddKey(ctx, nil, demoManager, account.Key{Name: "CRM", Rights: []account.Right{{Module: "contact", Action: "queues"}}}); err != nil {
		return err
	}
	return accounts.Switch(ctx, account.Module{Name: "report", Action: "demoReport", Project: "5566", Since: time.Now().Add(24 * time.Hour), By: demoLogin})
}

// demoSees are the rights to see what some modules have.
func demoSees(modules ...string) (rights []account.Right) {
	for _, m := range modules {
		rights = append(rights, account.Right{Module: m, Action: "see"})
	}
	return rights
}

// runDemo runs callgate on the switch and what goes on in it; they stop first, then the switch under them.
func runDemo(ctx context.Context, a *app.App, sw *esltest.Switch, center *demoCenter, past *demoPast, office *demoOffice) error {
	under, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var below errgroup.Group
	below.Go(func() error { return sw.Run(under) })
	above, running := errgroup.WithContext(ctx)
	above.Go(func() error { return a.Run(running) })
	above.Go(func() error { return center.Run(running) })
	above.Go(func() error { return past.Run(running) })
	above.Go(func() error { return office.Run(running) })
	err := above.Wait()
	stop()
	return errors.Join(err, below.Wait())
}

// freeAddr is addr, or when that is taken a free port beside it: a demonstration shall not fail over a port.
func freeAddr(ctx context.Context, addr string) (string, error) {
	listen := (&net.ListenConfig{}).Listen
	l, err := listen(ctx, "tcp", addr)
	if err != nil {
		if l, err = listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
			return "", fmt.Errorf("find a free port: %w", err)
		}
	}
	defer l.Close()
	return l.Addr().String(), nil
}
