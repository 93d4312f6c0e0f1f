package app

import (
	"context"
	"time"

	"callgate/internal/setting"
)

// prunePause is between two looks for what of agents is kept no more.
const prunePause = time.Hour

// pruneAgents deletes what agents did, and which statuses they were given, once its time is over, until ctx ends.
func (a *App) pruneAgents(ctx context.Context) error {
	for ctx.Err() == nil {
		pause := prunePause
		if days := a.settings.Integer(setting.AgentsKeepDays); days > 0 {
			n, err := a.store.PruneAgents(ctx, time.Now().AddDate(0, 0, -days))
			if err != nil && ctx.Err() == nil {
				a.logger.Warn("old states of agents are not deleted; tried again", "error", err)
				pause = time.Minute
			}
			if n > 0 {
				a.logger.Info("old states of agents deleted", "count", n)
			}
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
	return nil
}
