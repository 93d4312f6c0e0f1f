package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callgate/internal/setting"
	"callgate/internal/store"
	"callgate/internal/webhook"
)

// prunePause is how long nothing is deleted between two looks.
const prunePause = time.Hour

// aged is what is deleted once it is older than a setting says, in days; 0 is never.
type aged struct {
	name, setting string // without a setting the time is prune's own
	prune         func(ctx context.Context, before time.Time) (deleted int64, err error)
}

// pruner deletes what is old. Calls and recordings have keepers of their own, as they are kept by project.
type pruner struct {
	*App
	all     []aged
	deleted *prometheus.CounterVec
}

func (a *App) newPruner(r prometheus.Registerer) *pruner {
	p := &pruner{App: a, deleted: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "callgate_pruned_total", Help: "What was deleted because it was old, by what it was.",
	}, []string{"what"})}
	r.MustRegister(p.deleted)
	of := func(log store.Log, setting string) aged {
		return aged{string(log), setting, func(ctx context.Context, before time.Time) (int64, error) { return a.store.Prune(ctx, log, before) }}
	}
	p.all = []aged{{"states of agents", setting.AgentsKeepDays, a.store.PruneAgents}, of(store.RequestLog, setting.RequestsKeepDays),
		of(store.AuditLog, setting.AuditKeepDays), of(store.Decisions, setting.DecisionsKeepDays), of(store.Messages, setting.SMSKeepDays),
		{"tokens and sign-ins", "", func(ctx context.Context, _ time.Time) (int64, error) { return a.accounts.Prune(ctx) }},
		{"deliveries of webhooks", setting.WebhooksKeepDays, func(ctx context.Context, before time.Time) (int64, error) {
			return a.store.PruneWebhooks(ctx, before, webhook.MaxKept)
		}}}
	for _, o := range p.all {
		p.deleted.WithLabelValues(o.name)
	}
	return p
}

// Run deletes until ctx ends. What fails is tried again a minute later, and does not keep the others from it.
func (p *pruner) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		pause := prunePause
		for _, o := range p.all {
			days := 0
			if o.setting != "" {
				if days = p.settings.Integer(o.setting); days == 0 {
					continue
				}
			}
			n, err := o.prune(ctx, time.Now().AddDate(0, 0, -days))
			p.deleted.WithLabelValues(o.name).Add(float64(n))
			if err != nil && ctx.Err() == nil {
				p.logger.Warn("what is old is not deleted; tried again", "what", o.name, "error", err)
				pause = time.Minute
			}
			if n > 0 {
				p.logger.Info("what is old was deleted", "what", o.name, "count", n)
			}
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
	return nil
}
