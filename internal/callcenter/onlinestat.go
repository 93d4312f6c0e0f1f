package callcenter

import (
	"context"
	"time"

	"callgate/internal/fault"
	"callgate/internal/outside"
	"callgate/internal/project"
)

// Online counts the live agents of queues, each once; age is that of what it knows. Center implements it.
type Online interface {
	Online(queues []string) (stat Stat, age time.Duration, err error)
}

// Projects knows the projects, in the order they were made.
type Projects interface {
	List() []project.Project
	Get(id string) (project.Project, error)
}

// Proxy is an outside system that counts agents in our place.
type Proxy interface {
	Get(ctx context.Context, project string) (outside.Stat, time.Duration, error)
	All(ctx context.Context) ([]outside.ProjectStat, time.Duration, error)
}

// OnlineStatOptions are an OnlineStat's collaborators; all of them are needed.
type OnlineStatOptions struct {
	Proxied  func() bool // whether the outside system is asked; with every question
	Online   Online
	Projects Projects
	Proxy    Proxy
}

// OnlineStat tells how many agents each project has just now, counted here or by an outside system. Its methods
// block on the latter only, and may be called from any goroutine.
type OnlineStat struct{ o OnlineStatOptions }

// NewOnlineStat makes an OnlineStat.
func NewOnlineStat(o OnlineStatOptions) *OnlineStat { return &OnlineStat{o} }

// ProjectStat is the Stat of one project.
type ProjectStat struct {
	Project string
	Stat    Stat
}

// Get counts the agents of one project, and tells how old that is. fault.NotFound "Project" when there is none of
// that id; fault.SwitchDown or fault.OutsideDown when nobody can tell.
func (o *OnlineStat) Get(ctx context.Context, id string) (Stat, time.Duration, error) {
	if !project.Possible(id) { // nor is it anything to bother an outside system with
		return Stat{}, 0, fault.New(fault.NotFound, "Project")
	}
	if o.o.Proxied() {
		stat, age, err := o.o.Proxy.Get(ctx, id)
		return Stat(stat), age, err
	}
	p, err := o.o.Projects.Get(id)
	if err != nil {
		return Stat{}, 0, err
	}
	return o.o.Online.Online(p.Queues)
}

// All counts the agents of all projects that sees allows: in the order they were made, or that of the outside system.
// The age is that of the oldest count.
func (o *OnlineStat) All(ctx context.Context, sees func(project string) bool) ([]ProjectStat, time.Duration, error) {
	var all []ProjectStat
	if o.o.Proxied() {
		stats, age, err := o.o.Proxy.All(ctx)
		for _, s := range stats {
			if sees(s.Project) {
				all = append(all, ProjectStat{s.Project, Stat(s.Stat)})
			}
		}
		return all, age, err
	}
	var oldest time.Duration
	for _, p := range o.o.Projects.List() {
		if !sees(p.ID) {
			continue
		}
		stat, age, err := o.o.Online.Online(p.Queues)
		if err != nil {
			return nil, 0, err
		}
		all, oldest = append(all, ProjectStat{p.ID, stat}), max(oldest, age)
	}
	return all, oldest, nil
}
