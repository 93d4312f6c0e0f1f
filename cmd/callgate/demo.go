package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"callgate/esl/esltest"
	"callgate/internal/account"
	"callgate/internal/app"
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

  API       http://%[1]s
  log-in    %[2]s / %[3]s   all rights
            %[4]s / %[3]s      sees queues and tiers only
  folder    %[5]s   removed at the end

Try it (more lines in README.md):

  curl http://%[1]s/auth/login -d '{"login":"%[2]s","password":"%[3]s"}'

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
	c.OutboundAddr = "127.0.0.1:0"
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
		_, err = in.Accounts.Add(ctx, demoManager, demoPassword, []account.Right{{Module: "contact", Action: "queues"},
			{Module: "contact", Action: "tiers"}, {Module: "contact", Action: "tier"}}, nil)
		return err
	}); err != nil {
		return err
	}
	// Every request would be a line between the reader and what is printed here.
	quiet := slog.New(slog.NewTextHandler(w.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	a, err := app.New(ctx, c, app.Options{Logger: quiet})
	if err != nil {
		return err
	}
	fmt.Fprintf(w.out, demoText, a.Addr(), demoLogin, demoPassword, demoManager, folder)
	return runDemo(ctx, a, sw)
}

// runDemo runs callgate on the switch; callgate stops first, then the switch under it.
func runDemo(ctx context.Context, a *app.App, sw *esltest.Switch) error {
	under, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var below errgroup.Group
	below.Go(func() error { return sw.Run(under) })
	above, running := errgroup.WithContext(ctx)
	above.Go(func() error { return a.Run(running) })
	above.Go(func() error { return demoTraffic(running, sw) })
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

const (
	demoPhones  = "127.0.0.1:5070" // pretend SIP phones; nothing listens there
	demoNetwork = "127.0.0.1:5080" // the pretend public network
)

// demoSwitch is the contact centre of the user's manual: its queues, agents and tiers.
func demoSwitch(c app.Config) esltest.Config {
	queue := func(name, strategy, score string, discard, wait int, noWait bool) esltest.Queue {
		return esltest.Queue{Name: name + "@default", Strategy: strategy, MOH: "local_stream://moh", TimeBaseScore: score,
			TierRuleWaitSecond: 300, TierRuleWaitMultiply: true, TierRuleNoAgentNoWait: noWait,
			DiscardAbandonedAfter: discard, MaxWaitNoAgent: wait}
	}
	o := esltest.Config{
		Password: demoSecret, Hostname: "demo", RecordingsDir: c.RecordingsDir,
		CDR: esltest.CDRConfig{URL: "http://" + c.HTTPAddr + "/cdr", User: c.CDRUser, Password: c.CDRPassword, Retries: 2},
		Queues: []esltest.Queue{
			queue("support2", "longest-idle-agent", "system", 60, 120, false),
			queue("sales", "agent-with-least-talk-time", "queue", 14400, 120, false),
			queue("support", "longest-idle-agent", "system", 60, 0, true),
		},
		Tiers: []esltest.Tier{
			{Queue: "support2@default", Agent: "1000@default"},
			{Queue: "sales@default", Agent: "1001@default"},
			{Queue: "support@default", Agent: "1001@default"},
		},
		Phones: []esltest.Phone{
			{Addr: demoPhones, AnswerAfter: 1500 * time.Millisecond},
			{Addr: demoNetwork, AnswerAfter: time.Second, HangupAfter: 5 * time.Second},
		},
		Extensions: []esltest.Extension{
			{Name: "queue", Match: `^q_(\w+)$`, Apps: []esltest.App{
				{Name: "answer"}, {Name: "record_session", Data: c.RecordingsDir + "/${uuid}.wav"},
				{Name: "callcenter", Data: "$1@default"}}},
			{Name: "public number", Match: `^(\+?\d{5,})$`, Apps: []esltest.App{
				{Name: "set", Data: "hangup_after_bridge=true"}, {Name: "bridge", Data: "sofia/internal/$1@" + demoNetwork}}},
		},
	}
	for _, agent := range []string{"1000", "1001"} {
		o.Agents = append(o.Agents, esltest.Agent{Name: agent + "@default", Contact: "user/" + agent, Status: "Available",
			MaxNoAnswer: 3, WrapUp: 3})
	}
	for _, account := range []string{"1000", "1001", "1234"} {
		o.Users = append(o.Users, esltest.User{ID: account, DialString: "sofia/internal/${dialed_user}@" + demoPhones})
	}
	return o
}

// demoTraffic lets customers ring the queues every few seconds, more than the agents can take, until ctx ends.
func demoTraffic(ctx context.Context, sw *esltest.Switch) error {
	queues := []string{"q_support2", "q_sales", "q_support"}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second + rand.N(5*time.Second)):
		}
		if _, err := sw.Call(esltest.Call{
			Number:      fmt.Sprintf("8900%07d", rand.IntN(1e7)),
			Extension:   queues[rand.IntN(len(queues))],
			HangupAfter: 5*time.Second + rand.N(25*time.Second),
		}); err != nil {
			continue // the switch is full, or stopping as we are
		}
	}
}
