package project_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/fault"
	"callgate/internal/project"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// follow lets a service look as the running process does.
func follow(t *testing.T, p *project.Service, s *store.Store) {
	t.Helper()
	revisions, err := s.Revisions(t.Context())
	if err == nil {
		err = p.Follow(t.Context(), revisions[store.Projects])
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestTwoProcesses: what one process does the other knows after a look, in the order the projects were made.
func TestTwoProcesses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		one, two := project.New(s, project.Options{}), project.New(open(), project.Options{})
		first := project.Project{ID: "9876", Name: "First", Zone: "Europe/Moscow", Numbers: []string{"78001112233"},
			Queues: []string{"support@default", "sales@default"}, SLSeconds: 20}
		second := project.Project{ID: "1111", Name: "Second", Queues: []string{"sales@default"}, SLSeconds: 30, Record: true}
		renamed := first
		renamed.Name, renamed.Numbers = "Renamed", nil
		name, none, taken := "Renamed", []string{}, []string{"1", "78001112233"}
		notFound := fault.New(fault.NotFound, "Project")
		for _, step := range []struct {
			name string
			do   func() error
			want []project.Project
			fail error
		}{
			{"nothing yet", func() error { return nil }, []project.Project{}, nil},
			{"add", func() error { return one.Add(ctx, first) }, []project.Project{first}, nil},
			{"add a second", func() error { return one.Add(ctx, second) }, []project.Project{first, second}, nil},
			{"its id again", func() error { return one.Add(ctx, second) }, []project.Project{first, second}, fault.New(fault.Conflict, "Project")},
			{"a number of another", func() error { return one.Set(ctx, "1111", project.Change{Numbers: &taken}) },
				[]project.Project{first, second}, fault.New(fault.Conflict, "number")},
			{"change only what is given", func() error { return one.Set(ctx, "9876", project.Change{Name: &name, Numbers: &none}) },
				[]project.Project{renamed, second}, nil},
			{"change one that is none", func() error { return one.Set(ctx, "x", project.Change{Name: &name}) },
				[]project.Project{renamed, second}, notFound},
			{"remove", func() error { return one.Remove(ctx, "9876") }, []project.Project{second}, nil},
			{"remove again", func() error { return one.Remove(ctx, "9876") }, []project.Project{second}, notFound},
		} {
			t.Run(step.name, func(t *testing.T) {
				if err := step.do(); !errors.Is(err, step.fail) || (err == nil) != (step.fail == nil) {
					t.Fatalf("got %v, want %v", err, step.fail)
				}
				follow(t, one, s)
				follow(t, two, s)
				for _, p := range []*project.Service{one, two} {
					if diff := cmp.Diff(step.want, p.List()); diff != "" {
						t.Errorf("mismatch (-want, +got):\n%s", diff)
					}
				}
			})
		}
		if got, err := two.Get("1111"); err != nil || got.Name != "Second" {
			t.Errorf("got %v, %v", got, err)
		}
		if _, err := two.Get("9876"); !errors.Is(err, notFound) {
			t.Errorf("a removed project: %v", err)
		}
	})
}

func TestConflictNamesTheOwner(t *testing.T) {
	s := project.New(storetest.Open(t, storetest.SQLite(t), store.Options{}), project.Options{})
	if err := s.Add(t.Context(), project.Project{ID: "9876", Name: "a", Numbers: []string{"78001112233"}, SLSeconds: 20}); err != nil {
		t.Fatal(err)
	}
	err := s.Add(t.Context(), project.Project{ID: "1111", Name: "b", Numbers: []string{"1", "78001112233"}, SLSeconds: 20})
	if err == nil || !strings.Contains(err.Error(), "…2233 belongs to project 9876") || strings.Contains(err.Error(), "78001112233") {
		t.Errorf("got %v", err)
	}
	if got := s.List(); len(got) != 1 {
		t.Errorf("half of it was kept: %v", got)
	}
}

func TestFollowReadsOnlyWhatIsNew(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t), store.Options{})
	p := project.New(s, project.Options{})
	if err := p.Add(t.Context(), project.Project{ID: "1", Name: "a", SLSeconds: 20}); err != nil {
		t.Fatal(err)
	}
	follow(t, p, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := p.Follow(t.Context(), 1); err != nil {
		t.Errorf("read again: %v", err)
	}
	if err := p.Follow(t.Context(), 2); !errors.Is(err, fault.New(fault.StorageDown, "")) || len(p.List()) != 1 {
		t.Errorf("got %v, %v", err, p.List())
	}
}

func TestRefused(t *testing.T) {
	long := strings.Repeat("x", 65)
	for _, tt := range []struct {
		name   string
		change func(*project.Project)
		want   string // the field, "" for none
	}{
		{"all in order", func(*project.Project) {}, ""},
		{"the installation's zone", func(p *project.Project) { p.Zone = "" }, ""},
		{"no id", func(p *project.Project) { p.ID = "" }, "id"},
		{"id with a blank", func(p *project.Project) { p.ID = "a b" }, "id"},
		{"id with a no-break space", func(p *project.Project) { p.ID = "a\u00a0b" }, "id"},
		{"id too long", func(p *project.Project) { p.ID = long }, "id"},
		{"id with a control character", func(p *project.Project) { p.ID = "a\x00" }, "id"},
		{"no name", func(p *project.Project) { p.Name = " " }, "name"},
		{"name with a tab", func(p *project.Project) { p.Name = "a\tb" }, "name"},
		{"name too long", func(p *project.Project) { p.Name = strings.Repeat("я", 129) }, "name"},
		{"no such zone", func(p *project.Project) { p.Zone = "Europe/Moskow" }, "zone"},
		{"the machine's own zone", func(p *project.Project) { p.Zone = "Local" }, "zone"},
		{"zone that is a path", func(p *project.Project) { p.Zone = "../../etc/passwd" }, "zone"},
		{"number with a letter", func(p *project.Project) { p.Numbers = []string{"1", "8a"} }, "number"},
		{"number with a plus inside", func(p *project.Project) { p.Numbers = []string{"7+8"} }, "number"},
		{"number too long", func(p *project.Project) { p.Numbers = []string{strings.Repeat("1", 33)} }, "number"},
		{"number with a line break", func(p *project.Project) { p.Numbers = []string{"1\n"} }, "number"},
		{"number twice", func(p *project.Project) { p.Numbers = []string{"1", "2", "1"} }, "number"},
		{"too many numbers", func(p *project.Project) { p.Numbers = make([]string, 1001) }, "number"},
		{"empty queue", func(p *project.Project) { p.Queues = []string{""} }, "queue"},
		{"queue with a line break", func(p *project.Project) { p.Queues = []string{"a\nb"} }, "queue"},
		{"queue that is not UTF-8", func(p *project.Project) { p.Queues = []string{"a\xff"} }, "queue"},
		{"queue twice", func(p *project.Project) { p.Queues = []string{"a", "a"} }, "queue"},
		{"no threshold", func(p *project.Project) { p.SLSeconds = 0 }, "sl_seconds"},
		{"threshold of a day", func(p *project.Project) { p.SLSeconds = 86400 }, "sl_seconds"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := project.New(storetest.Open(t, storetest.SQLite(t), store.Options{}), project.Options{})
			p := project.Project{ID: "9876", Name: "Проект 1", Zone: "Asia/Vladivostok", Numbers: []string{"+78001112233"},
				Queues: []string{"a queue@default"}, SLSeconds: 20}
			tt.change(&p)
			err := s.Add(t.Context(), p)
			if tt.want == "" && err != nil || tt.want != "" && !errors.Is(err, fault.New(fault.WrongField, tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if kept := len(s.List()) == 1; kept != (tt.want == "") {
				t.Errorf("kept %v", kept)
			}
		})
	}
}
