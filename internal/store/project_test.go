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
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s, other := t.Context(), open(), open()
		first := project.Project{ID: "b", Name: "Первый", Zone: "Europe/Moscow", Country: "KZ", Numbers: []string{"78001", "+7"}, SLSeconds: 30, Record: true,
			Queues: []string{"z@default", "a queue"}}
		second := project.Project{ID: "a", Name: "n", Numbers: []string{"1"}, Queues: []string{"z@default"}, SLSeconds: 20}
		third := project.Project{ID: "c", Name: "n", SLSeconds: 20, KeepRecordingsDays: project.KeepAsSet, KeepCDRsDays: 365}
		anyway := func([]project.Project) error { return nil }
		change := func(id string, change func(*project.Project)) func() error {
			return func() error {
				return s.ChangeProject(ctx, id, func(p *project.Project, _ []project.Project) error { change(p); return nil })
			}
		}
		conflict, notFound := fault.New(fault.Conflict, "Project"), fault.New(fault.NotFound, "Project")
		unless := func(others []project.Project, want ...project.Project) error {
			if diff := cmp.Diff(want, others); diff != "" {
				t.Errorf("the others: mismatch (-want, +got):\n%s", diff)
			}
			return conflict
		}
		changed := second
		changed.Name, changed.Country, changed.Numbers, changed.Queues, changed.KeepRecordingsDays = "m", "RU", []string{"2", "1"}, nil, 30
		changed.KeepCDRsDays = project.KeepAsSet
		for _, step := range []struct {
			name  string
			do    func() error
			fails error
			want  []project.Project
		}{
			{"none", func() error { return nil }, nil, []project.Project{}},
			{"one", func() error { return s.AddProject(ctx, first, anyway) }, nil, []project.Project{first}},
			{"a second, in the order made", func() error { return s.AddProject(ctx, second, anyway) }, nil, []project.Project{first, second}},
			{"its id again", func() error { return other.AddProject(ctx, project.Project{ID: "b", Name: "x"}, anyway) }, conflict, []project.Project{first, second}},
			{"a number of another", func() error {
				return other.AddProject(ctx, project.Project{ID: "c", Numbers: []string{"9", "+7"}}, anyway)
			},
				project.Taken("+7", "b"), []project.Project{first, second}},
			{"a third", func() error { return s.AddProject(ctx, third, anyway) }, nil, []project.Project{first, second, third}},
			{"a change", change("a", func(p *project.Project) {
				p.ID, p.Name, p.Country, p.Numbers, p.Queues, p.KeepRecordingsDays = "elsewhere", "m", "RU", changed.Numbers, nil, 30
				p.KeepCDRsDays = project.KeepAsSet
			}), nil, []project.Project{first, changed, third}},
			{"a change to a number of another", change("a", func(p *project.Project) { p.Numbers = []string{"78001"} }),
				project.Taken("78001", "b"), []project.Project{first, changed, third}},
			{"an objection", func() error {
				return s.ChangeProject(ctx, "a", func(_ *project.Project, others []project.Project) error { return unless(others, first, third) })
			}, conflict, []project.Project{first, changed, third}},
			{"a change of none", change("x\x00", func(*project.Project) {}), notFound, []project.Project{first, changed, third}},
			{"an objection to a new one", func() error {
				return s.AddProject(ctx, project.Project{ID: "d"}, func(others []project.Project) error { return unless(others, first, changed, third) })
			}, conflict, []project.Project{first, changed, third}},
			{"an objection to its removal", func() error {
				return s.RemoveProject(ctx, "b", func(old project.Project) error { return unless([]project.Project{old}, first) })
			}, conflict, []project.Project{first, changed, third}},
			{"removed", func() error { return s.RemoveProject(ctx, "b", always) }, nil, []project.Project{changed, third}},
			{"removed again", func() error { return s.RemoveProject(ctx, "b", always) }, notFound, []project.Project{changed, third}},
			{"its numbers are free, it comes last", func() error { return s.AddProject(ctx, first, anyway) }, nil, []project.Project{changed, third, first}},
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
