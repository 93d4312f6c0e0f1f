package store_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/fault"
	"callgate/internal/project"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

func TestProjects(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s, other := t.Context(), open(), open()
		first := project.Project{ID: "b", Name: "Первый", Zone: "Europe/Moscow", Numbers: []string{"78001", "+7"}, SLSeconds: 30, Record: true,
			Queues: []string{"z@default", "a queue"}}
		second := project.Project{ID: "a", Name: "n", Numbers: []string{"1"}, Queues: []string{"z@default"}, SLSeconds: 20}
		third := project.Project{ID: "c", Name: "n", SLSeconds: 20, KeepRecordingsDays: project.KeepAsSet}
		change := func(id string, change func(*project.Project)) func() error {
			return func() error {
				return s.ChangeProject(ctx, id, func(p *project.Project) error { change(p); return nil })
			}
		}
		conflict, notFound := fault.New(fault.Conflict, "Project"), fault.New(fault.NotFound, "Project")
		changed := second
		changed.Name, changed.Numbers, changed.Queues, changed.KeepRecordingsDays = "m", []string{"2", "1"}, nil, 30
		for _, step := range []struct {
			name  string
			do    func() error
			fails error
			want  []project.Project
		}{
			{"none", func() error { return nil }, nil, []project.Project{}},
			{"one", func() error { return s.AddProject(ctx, first) }, nil, []project.Project{first}},
			{"a second, in the order made", func() error { return s.AddProject(ctx, second) }, nil, []project.Project{first, second}},
			{"its id again", func() error { return other.AddProject(ctx, project.Project{ID: "b", Name: "x"}) }, conflict, []project.Project{first, second}},
			{"a number of another", func() error { return other.AddProject(ctx, project.Project{ID: "c", Numbers: []string{"9", "+7"}}) },
				project.Taken("+7", "b"), []project.Project{first, second}},
			{"a third", func() error { return s.AddProject(ctx, third) }, nil, []project.Project{first, second, third}},
			{"a change", change("a", func(p *project.Project) {
				p.ID, p.Name, p.Numbers, p.Queues, p.KeepRecordingsDays = "elsewhere", changed.Name, changed.Numbers, nil, 30
			}), nil, []project.Project{first, changed, third}},
			{"a change to a number of another", change("a", func(p *project.Project) { p.Numbers = []string{"78001"} }),
				project.Taken("78001", "b"), []project.Project{first, changed, third}},
			{"an objection", func() error { return s.ChangeProject(ctx, "a", func(*project.Project) error { return conflict }) },
				conflict, []project.Project{first, changed, third}},
			{"a change of none", change("x\x00", func(*project.Project) {}), notFound, []project.Project{first, changed, third}},
			{"removed", func() error { return s.RemoveProject(ctx, "b") }, nil, []project.Project{changed, third}},
			{"removed again", func() error { return s.RemoveProject(ctx, "b") }, notFound, []project.Project{changed, third}},
			{"its numbers are free, it comes last", func() error { return s.AddProject(ctx, first) }, nil, []project.Project{changed, third, first}},
		} {
			t.Run(step.name, func(t *testing.T) {
				if err := step.do(); !errors.Is(err, step.fails) {
					t.Errorf("got %v, want %v", err, step.fails)
				}
				got, err := other.Projects(ctx)
				if diff := cmp.Diff(step.want, got); diff != "" || err != nil {
					t.Errorf("%v, mismatch (-want, +got):\n%s", err, diff)
				}
			})
		}
	})
}
