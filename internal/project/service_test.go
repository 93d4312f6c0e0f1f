package project_test

import (
	"errors"
	"fmt"
	"log/slog"
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
			Queues: []string{"support@default", "sales@default"}, SLSeconds: 20, SMSHours: "Mon-Sun 09:00-21:00"}
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
			{"a number of another", func() error { return one.Set(ctx, "1111", project.Change{Numbers: &taken}, nil) },
				[]project.Project{first, second}, fault.New(fault.Conflict, "number")},
			{"change only what is given", func() error { return one.Set(ctx, "9876", project.Change{Name: &name, Numbers: &none}, nil) },
				[]project.Project{renamed, second}, nil},
			{"change one that is none", func() error { return one.Set(ctx, "x", project.Change{Name: &name}, nil) },
				[]project.Project{renamed, second}, notFound},
			{"remove", func() error { return one.Remove(ctx, "9876", nil) }, []project.Project{second}, nil},
			{"remove again", func() error { return one.Remove(ctx, "9876", nil) }, []project.Project{second}, notFound},
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

// TestSpellings: a number that another project has is refused in whatever spelling, by the country of each.
func TestSpellings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		var log strings.Builder
		p := project.New(s, project.Options{Country: func() string { return "RU" }, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		add := func(id, country string, numbers ...string) func() error {
			return func() error {
				return p.Add(t.Context(), project.Project{ID: id, Name: "n", Country: country, Numbers: numbers, SLSeconds: 20})
			}
		}
		set := func(id string, c project.Change) func() error {
			return func() error { return p.Set(t.Context(), id, c, nil) }
		}
		name, kazakh, german, none := "m", "KZ", "DE", project.NoCountry
		taken := fault.New(fault.Conflict, "number")
		for _, step := range []struct {
			name string
			do   func() error
			fail error
		}{
			{"the first", add("one", "", "+74951234567", "84951234568"), nil},
			{"with the trunk prefix", add("x", "", "84951234567"), taken},
			{"without anything", add("x", "", "1", "4951234567"), taken},
			{"without the plus, by another country", add("x", "KZ", "74951234567"), taken},
			{"the same", add("x", "", "+74951234567"), taken},
			{"what is another number in another country", add("two", "DE", "4951234567"), nil},
			{"to a country where it is the same", set("two", project.Change{Country: &kazakh}), taken},
			{"to one where it is none", set("two", project.Change{Country: &none}), nil},
			{"by a change of numbers", set("two", project.Change{Numbers: &[]string{"+74951234568"}}), taken},
			{"in one project twice", set("one", project.Change{Numbers: &[]string{"+74951234567", "84951234567", "84951234568"}}), nil},
			{"and back", set("two", project.Change{Country: &german}), nil},
			// As an older version could make it.
			{"twins", func() error {
				return s.AddProject(t.Context(), project.Project{ID: "twin", Name: "n", Numbers: []string{"74951234567"}, SLSeconds: 20}, func([]project.Project) error { return nil })
			}, nil},
			{"a twin is changed", set("twin", project.Change{Name: &name}), nil},
			{"it is spelled otherwise", set("twin", project.Change{Numbers: &[]string{"4951234567"}}), taken}, // as two has it
			{"it gets another of theirs", set("twin", project.Change{Numbers: &[]string{"74951234567", "74951234568"}}), taken},
		} {
			t.Run(step.name, func(t *testing.T) {
				if err := step.do(); !errors.Is(err, step.fail) || (err == nil) != (step.fail == nil) {
					t.Errorf("got %v, want %v", err, step.fail)
				} else if err != nil && strings.Contains(err.Error(), "495123") {
					t.Errorf("a whole number is told: %v", err)
				}
			})
		}
		follow(t, p, s)
		if got := log.String(); !strings.Contains(got, "first=one second=twin") || strings.Contains(got, "first=one second=one") || strings.Contains(got, "495123") {
			t.Errorf("the log says %s", got)
		}
		for number, want := range map[string]string{"+74951234567": "one", "4951234567": "two", "74951234567": "twin", "8 495 123-45-67": "one"} {
			if got, given := p.Owner(number); got != want {
				t.Errorf("%s belongs to %q as %q, want %q", number, got, given, want)
			}
		}
	})
}

// TestSpellingsAtOnce: of two processes that add a number in two spellings at the same time one is refused.
func TestSpellingsAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		russia := project.Options{Country: func() string { return "RU" }}
		one, two := project.New(open(), russia), project.New(open(), russia)
		for round := range 20 {
			failed := make(chan error)
			for p, number := range map[*project.Service]string{one: "8495%07d", two: "+7495%07d"} {
				go func() {
					number = fmt.Sprintf(number, round)
					failed <- p.Add(t.Context(), project.Project{ID: number, Name: "n", Numbers: []string{number}, SLSeconds: 20})
				}()
			}
			if first, second := <-failed, <-failed; (first == nil) == (second == nil) || !errors.Is(errors.Join(first, second), fault.New(fault.Conflict, "number")) {
				t.Fatalf("round %d: %v, %v", round, first, second)
			}
		}
	})
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
		{"another country", func(p *project.Project) { p.Country = "KZ" }, ""},
		{"a country that is not known", func(p *project.Project) { p.Country = project.NoCountry }, ""},
		{"no such country", func(p *project.Project) { p.Country = "XX" }, "country"},
		{"country in small letters", func(p *project.Project) { p.Country = "ru" }, "country"},
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
		{"hours that are none", func(p *project.Project) { p.SMSHours = "always" }, "sms_hours"},
		{"hours that never come", func(p *project.Project) { p.SMSHours = "Mon-Sun closed" }, "sms_hours"},
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
