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
	return webhook.New(webhook.Options{Store: st, Owner: hookOwners{accounts}.owner, Numbering: around, Hand: uuid.NewString(), NewID: uuid.NewString,
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
type hookOwners struct{ accounts *account.Service }

// owner is a webhook.Options.Owner. Whoever runs commands on the machine may see all.
func (o hookOwners) owner(ctx context.Context, id int64) (webhook.Owner, error) {
	on := map[webhook.Kind]bool{} // by the modules that an administrator has switched off
	for _, k := range webhook.Kinds {
		module, action := k.Right()
		err := o.accounts.Available(ctx, module, action)
		if err != nil && !errors.Is(err, fault.New(fault.Denied, "")) {
			return webhook.Owner{}, err
		}
		on[k] = err == nil
	}
	if !on[webhook.Test] {
		return webhook.Owner{}, &fault.Error{Kind: fault.Denied, Err: errors.New("webhooks/edit is switched off")}
	}
	if id == 0 {
		return webhook.Owner{Login: "command line", Numbers: true, May: func(k webhook.Kind) bool { return on[k] }}, nil
	}
	all, err := o.accounts.List(ctx)
	if err != nil {
		return webhook.Owner{}, err
	}
	i := slices.IndexFunc(all, func(u account.User) bool { return u.ID == id })
	if i < 0 {
		return webhook.Owner{}, webhook.Gone("its owner is not there")
	}
	u := all[i]
	who := &account.Identity{UserID: u.ID, Login: u.Login, Rights: u.Rights, Projects: u.Projects}
	switch {
	case u.Status != account.Active:
		return webhook.Owner{}, webhook.Gone(fmt.Sprintf("its owner %s is %s", u.Login, u.Status))
	case !who.May("webhooks", "edit"):
		return webhook.Owner{}, webhook.Gone(fmt.Sprintf("its owner %s has no right webhooks/edit", u.Login))
	}
	return webhook.Owner{Login: u.Login, Projects: u.Projects, Numbers: who.May("numbers", "see"), May: func(k webhook.Kind) bool { return on[k] && who.May(k.Right()) }}, nil
}

// tellOthers makes what tells other systems what happens, and has it follow who they are.
func (a *App) tellOthers(ctx context.Context, around webhook.Numbering, metrics prometheus.Registerer) error {
	a.hooks = newHooks(a.store, a.accounts, a.projects, a.settings, a.center, around, a.logger, metrics)
	a.changes.followers = append(a.changes.followers, follower{store.Webhooks, a.hooks.Follow})
	return a.changes.look(ctx)
}
