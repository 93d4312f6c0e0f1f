package legacy

import (
	"bytes"
	"context"
	"time"

	"callgate/internal/callcenter"
	"callgate/internal/fault"
)

// OnlineStat knows how many agents each project has just now.
type OnlineStat interface {
	// Get counts those of one project, or answers fault.NotFound "Project".
	Get(ctx context.Context, project string) (callcenter.Stat, time.Duration, error)
	// All counts those of all projects that sees allows, in the order they are shown.
	All(ctx context.Context, sees func(project string) bool) ([]callcenter.ProjectStat, time.Duration, error)
}

// onlinestat is the module that counts agents.
func (f *Face) onlinestat() {
	f.actions[path{"onlinestat", "get"}] = action{run: f.statOfProject}
	f.actions[path{"onlinestat", "all"}] = action{run: f.statOfAll}
}

// statJSON is a callcenter.Stat as the documented API shows it.
type statJSON struct {
	LoggedIn int `json:"cntLoggedIn"`
	Ready    int `json:"cntReady"`
	NotReady int `json:"cntNotReady"`
	Talking  int `json:"cntTalking"`
}

func (f *Face) statOfProject(ctx context.Context, q *request) (answer, error) {
	id, err := q.required("project_id")
	if err != nil {
		return answer{}, err
	}
	if !q.who.Sees(id) { // whether it exists is no business of his
		return answer{}, fault.New(fault.NotFound, "Project")
	}
	stat, age, err := f.o.OnlineStat.Get(ctx, id)
	if err != nil {
		return answer{}, err
	}
	return answer{json: marshal(statJSON(stat)), age: age, dated: true}, nil
}

func (f *Face) statOfAll(ctx context.Context, q *request) (answer, error) {
	all, age, err := f.o.OnlineStat.All(ctx, q.who.Sees)
	if err != nil {
		return answer{}, err
	}
	var b bytes.Buffer // a map would put the projects in an order of its own
	b.WriteByte('{')
	for i, p := range all {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(marshal(p.Project))
		b.WriteByte(':')
		b.Write(marshal(statJSON(p.Stat)))
	}
	b.WriteByte('}')
	return answer{json: b.Bytes(), age: age, dated: true}, nil
}
