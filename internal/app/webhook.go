package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"callgate/internal/account"
	"callgate/internal/callcenter"
	"callgate/internal/fault"
	"callgate/internal/project"
	"callgate/internal/setting"
	"callgate/internal/store"
	"callgate/internal/webhook"
)

// newHooks makes what tells other systems what happens. center and around may be nil where it does not run.
func newHooks(st *store.Store, accounts *account.Service, projects *project.Service, settings *setting.Service, center *callcenter.Center,
	around webhook.Numbering, logger *slog.Logger, metrics prometheus.Registerer) *webhook.Service {
	return webhook.New(webhook.Options{Store: st, Owner: hookOwners{accounts, projects}.owner, Numbering: around, Hand: uuid.NewString(), NewID: uuid.NewString,
		NewSecret: func() string { return "whsec_" + rand.Text() + rand.Text() }, Now: time.Now, Registerer: metrics, Logger: logger,
		Reach:         func() string { return settings.Text(setting.WebhooksPrivate) },
		AgentProjects: func(switchName, agent string) []string { return agentProjects(center, projects, switchName, agent) }})
}

// agentProjects are the projects in whose queues an agent is.
func agentProjects(center *callcenter.Center, projects *project.Service, switchName, agent string) (all []string) {
	queues := map[string]bool{}
	for _, s := range center.Snapshots() {
		for _, t := range s.Tiers {
			if s.Switch == switchName && t.Agent == agent {
				queues[t.Queue] = true
			}
		}
	}
	for _, p := range projects.List() {
		if slices.ContainsFunc(p.Queues, func(q string) bool { return queues[q] }) {
			all = append(all, p.ID)
		}
	}
	return all
}

// hookOwners tell what owners of webhooks may see.
type hookOwners struct {
	accounts *account.Service
	projects *project.Service
}

// owner is a webhook.Options.Owner. Whoever runs commands on the machine may see all.
func (o hookOwners) owner(ctx context.Context, id int64) (webhook.Owner, error) {
	who := &account.Identity{Login: "command line", Rights: []account.Right{{Module: account.Any, Action: account.Any}}}
	if id != 0 {
		u, err := o.accounts.Find(ctx, id)
		if errors.Is(err, fault.New(fault.NotFound, "")) {
			return webhook.Owner{}, webhook.Gone("its owner is not there")
		}
		if err != nil {
			return webhook.Owner{}, err
		}
		who = u.Identity()
		switch {
		case u.Status != account.Active:
			return webhook.Owner{}, webhook.Gone(fmt.Sprintf("its owner %s is %s", u.Login, u.Status))
		case !who.May(webhook.Test.Right()):
			return webhook.Owner{}, webhook.Gone(fmt.Sprintf("its owner %s has no right webhooks/edit", u.Login))
		}
	}
	// What an administrator has switched off, for all or for some projects, is told nobody.
	seers, off := map[webhook.Kind]*account.Identity{}, map[string]bool{}
	for _, k := range webhook.Kinds {
		module, action := k.Right()
		seer, err := o.accounts.Authorize(ctx, who, module, action)
		switch denied := errors.Is(err, fault.New(fault.Denied, "")); {
		case err != nil && (!denied || k == webhook.Test):
			return webhook.Owner{}, err
		case denied:
			continue
		}
		seers[k] = seer
		for _, p := range o.projects.List() {
			if _, err := o.accounts.Authorize(ctx, who, module, action, p.ID); err != nil {
				off[string(k)+" "+p.ID] = true
			}
		}
	}
	return webhook.Owner{Login: who.Login, Numbers: who.May("numbers", "see"),
		May:  func(k webhook.Kind) bool { return seers[k] != nil },
		Sees: func(k webhook.Kind, p string) bool { return seers[k].Sees(p) && !off[string(k)+" "+p] }}, nil
}

// tellOthers makes what tells other systems what happens, and has it follow who they are.
func (a *App) tellOthers(ctx context.Context, around webhook.Numbering, metrics prometheus.Registerer) error {
	a.hooks = newHooks(a.store, a.accounts, a.projects, a.settings, a.center, around, a.logger, metrics)
	a.changes.followers = append(a.changes.followers, follower{store.Webhooks, a.hooks.Follow})
	return a.changes.look(ctx)
}
