package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"callgate/cdr"
	"callgate/internal/callcenter"
	"callgate/internal/fault"
	"callgate/internal/history"
	"callgate/internal/project"
	"callgate/internal/setting"
	"callgate/internal/store"
)

// surroundings tell what is known about what a CDR mentions.
type surroundings struct {
	projects *project.Service
	center   *callcenter.Center
	cores    *history.Cores
	settings *setting.Service
}

// Owner implements history.Surroundings.
func (s surroundings) Owner(number string) string {
	owner, _ := s.projects.Owner(number)
	return owner
}

// Normal implements history.Surroundings.
func (s surroundings) Normal(project, number string) string {
	return s.projects.Normal(project, number)
}

// Switch implements history.Surroundings.
func (s surroundings) Switch(core string) string { return s.cores.Switch(core) }

// WrapUp implements history.Surroundings: that switch's word goes before the others'.
func (s surroundings) WrapUp(switchName, agent string) (seconds int64, known bool) {
	for _, snapshot := range s.center.Snapshots() {
		a, ok := snapshot.Agent(agent)
		if ok && (!known || snapshot.Switch == switchName) {
			seconds, known = int64(a.WrapUp.Seconds()), true
		}
	}
	return seconds, known
}

// CountedSince implements history.Surroundings.
func (s surroundings) CountedSince(project string) int64 {
	return history.Horizon(time.Now(), keepDays(s.projects, s.settings, project))
}

// keepDays is for how many days a project's calls are kept just now; 0 is for ever.
func keepDays(projects *project.Service, settings *setting.Service, id string) int {
	if p, err := projects.Get(id); err == nil && p.KeepCDRsDays != project.KeepAsSet {
		return p.KeepCDRsDays
	}
	return settings.Integer(setting.CDRKeepDays)
}

// horizons are from when on calls are kept just now.
func (a *App) horizons() history.Horizons {
	now := time.Now()
	h := history.Horizons{Projects: map[string]int64{}, Others: history.Horizon(now, keepDays(a.projects, a.settings, ""))}
	for _, p := range a.projects.List() {
		h.Projects[p.ID] = history.Horizon(now, keepDays(a.projects, a.settings, p.ID))
	}
	return h
}

// moveOldCDRs moves what an earlier version kept. The newest come first, and all are found before long.
func (a *App) moveOldCDRs(ctx context.Context) error {
	for ctx.Err() == nil {
		more, unopened, err := a.store.MoveOldCDRs(ctx, a.intake.Document)
		if len(unopened) > 0 {
			for i, leg := range unopened {
				unopened[i] = cdr.Loggable(leg)
			}
			a.logger.Error("old CDRs cannot be opened, and are kept among the unreadable ones", "legs", unopened)
		}
		switch {
		case err != nil && ctx.Err() == nil:
			a.logger.Error("old CDRs are not moved", "error", err)
			fallthrough
		case !more:
			pause := time.Hour // a process of the earlier version may still be there
			if err != nil {
				pause = time.Second
			}
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
		}
	}
	return nil
}

// documents shows stored CDRs as they came, and as the documented JSON.
type documents struct{ store *store.Store }

// CDRJSON implements legacy.CDRs.
func (d documents) CDRJSON(ctx context.Context, leg string, numbers bool) ([]byte, error) {
	raw, err := d.CDRXML(ctx, leg)
	if err != nil {
		return nil, err
	}
	show := cdr.AppendJSONWithoutNumbers
	if numbers {
		show = cdr.AppendJSON
	}
	body, err := show(nil, raw)
	if errors.Is(err, cdr.ErrNoDocument) {
		// It was kept, but there is nothing in it that could be shown.
		return nil, fault.New(fault.NotFound, "ID")
	}
	return body, err
}

// Project implements legacy.CDRs.
func (d documents) Project(ctx context.Context, leg string) (string, error) {
	found, err := d.store.Call(ctx, leg, nil)
	if failure, _ := fault.Of(err); failure.Kind == fault.NotFound {
		return "", nil
	}
	return found.Project, err
}

// CDRXML implements v1.CDRs.
func (d documents) CDRXML(ctx context.Context, leg string) ([]byte, error) {
	raw, ok, err := d.store.CDR(ctx, leg)
	if err != nil {
		return nil, fmt.Errorf("find CDR: %w", err)
	}
	if !ok {
		return nil, fault.New(fault.NotFound, "ID")
	}
	return raw, nil
}
