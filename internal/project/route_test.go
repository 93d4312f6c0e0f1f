package project_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/fault"
	"callgate/internal/project"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// withProjects is a service that has two projects.
func withProjects(t testing.TB, s *store.Store) *project.Service {
	t.Helper()
	p := project.New(s, project.Options{Zone: time.UTC})
	for _, one := range []project.Project{
		{ID: "one", Name: "One", Zone: "Europe/Berlin", Numbers: []string{"+4930100", "4930200", "4930300"}, Queues: []string{"first", "second"}, SLSeconds: 20, Record: true},
		{ID: "two", Name: "Two", Numbers: []string{"4930100", "7"}, SLSeconds: 20},
	} {
		if err := p.Add(t.Context(), one); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// TestLookup: which project and route a dialled number gives.
func TestLookup(t *testing.T) {
	p := withProjects(t, storetest.Open(t, storetest.SQLite(t), store.Options{}))
	type found struct{ project, number, route, step string }
	look := func(dialled string) found {
		m := p.Lookup(dialled)
		_, _, step := m.Plan.Start(time.Now())
		if m.Record != (m.Project == "one") {
			t.Errorf("%s is recorded: %v", dialled, m.Record)
		}
		return found{m.Project, m.Number, m.Route, step.String()}
	}
	check := func(name string, want map[string]found) {
		t.Helper()
		for dialled, w := range want {
			if got := look(dialled); got != w {
				t.Errorf("%s: %q is %+v, want %+v", name, dialled, got, w)
			}
		}
	}
	nobody := found{"", "", "", "continue"}
	check("without routes", map[string]found{
		"+4930100": {"one", "+4930100", "", "queue:first"}, "4930100": {"two", "4930100", "", "continue"}, // exactly goes first
		"4930200": {"one", "4930200", "", "queue:first"}, "+4930200": {"one", "4930200", "", "queue:first"}, "+7": {"two", "7", "", "continue"},
		"": nobody, "+": nobody, "++7": nobody, "493020": nobody, "4930200 ": nobody, "${system(id)}": nobody, strings.Repeat("4", 1<<16): nobody,
	})
	for _, r := range []project.Route{
		{Name: "std", Open: "hangup:UNALLOCATED_NUMBER"},
		{Name: "rest", Project: "one"},
		{Name: "night", Project: "one", Numbers: []string{"4930300"}, Open: "queue:night"},
	} {
		if err := p.AddRoute(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	check("with routes", map[string]found{
		"+4930100": {"one", "+4930100", "rest", "queue:first"}, "4930300": {"one", "4930300", "night", "queue:night"}, "7": {"two", "7", "", "continue"},
		"5": {"", "", "std", "hangup:UNALLOCATED_NUMBER"},
	})
	if err := p.Remove(t.Context(), "one", nil); err != nil {
		t.Fatal(err)
	}
	check("a project removed", map[string]found{"4930300": {"", "", "std", "hangup:UNALLOCATED_NUMBER"}, "+4930100": {"two", "4930100", "", "continue"}})
	if got := p.Routes(); len(got) != 1 || got[0].Name != "std" {
		t.Errorf("its routes are still there: %+v", got)
	}
}

// TestLookupSpelled: a number is found however it is spelled, by the countries of the installation and of the projects,
// and its owner and its normal form are told.
func TestLookupSpelled(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t), store.Options{})
	std := "RU"
	p := project.New(s, project.Options{Country: func() string { return std }})
	for _, one := range []project.Project{
		{ID: "one", Name: "One", Numbers: []string{"84951234567", "+78001112233", "1001", "4930200300"}, SLSeconds: 20},
		{ID: "two", Name: "Two", Country: "UA", Numbers: []string{"0501234567"}, SLSeconds: 20},
	} {
		if err := p.Add(t.Context(), one); err != nil {
			t.Fatal(err)
		}
	}
	type found struct{ project, number string }
	check := func(name string, want map[string]found) {
		t.Helper()
		for dialled, w := range want {
			project, given := p.Owner(dialled)
			if got, m := (found{project, given}), p.Lookup(dialled); got != w || m.Project != w.project || m.Number != w.number {
				t.Errorf("%s: %q belongs to %+v and goes by %q, want %+v", name, dialled, got, m.Project, w)
			}
		}
	}
	line, free, kyiv := found{"one", "84951234567"}, found{"one", "+78001112233"}, found{"two", "0501234567"}
	check("Russia", map[string]found{
		"84951234567": line, "74951234567": line, "+74951234567": line, "4951234567": line, "+7 (495) 123-45-67": line, "81074951234567": line,
		"88001112233": free, "8001112233": free, "8001112234": {}, "1001": {"one", "1001"}, "+1001": {"one", "1001"}, "01001": {}, "*1001": {},
		"0501234567": kyiv, "+380501234567": kyiv, "380501234567": kyiv, "810380501234567": kyiv, "501234567": kyiv, "": {},
		"4930200300": {"one", "4930200300"}, "84930200300": {"one", "4930200300"}, "+4930200300": {"one", "4930200300"}, // the last as it stands, but for the +
	})
	for _, tt := range []struct{ project, number, want string }{
		{"one", "8 495 123-45-67", "+74951234567"}, {"", "84951234567", "+74951234567"}, {"none", "84951234567", "+74951234567"}, {"two", "84951234567", "84951234567"},
		{"two", "0501234567", "+380501234567"}, {"one", "0501234567", "0501234567"}, {"one", "1001", "1001"},
	} {
		if got := p.Normal(tt.project, tt.number); got != tt.want {
			t.Errorf("%s of project %q is %q, want %q", tt.number, tt.project, got, tt.want)
		}
	}
	for id, want := range map[string]string{"one": "+7495", "": "+7495", "two": "8495"} {
		if got := p.Beginnings(id, "8495"); !slices.Contains(got, want) || id == "two" && slices.Contains(got, "+7495") {
			t.Errorf("8495 of project %q may be %q, want %q", id, got, want)
		}
	}
	// The installation moves: nothing of the projects has changed.
	follow(t, p, s)
	std = "DE"
	follow(t, p, s)
	check("Germany", map[string]found{"84951234567": line, "+78001112233": free, "88001112233": {}, "4951234567": {}, "030200300": {"one", "4930200300"}, "0501234567": kyiv})
	if got := p.Normal("one", "030200300"); got != "+4930200300" {
		t.Errorf("got %s", got)
	}
}

// TestPlan: what a route does when it is open, closed, and after a queue.
func TestPlan(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t), store.Options{})
	p := withProjects(t, s)
	if err := p.AddRoute(t.Context(), project.Route{Name: "r", Project: "one", Hours: "Mon-Fri 09:00-18:00", Announce: "a.wav", ClosedAnnounce: "tone_stream://%(100,0,440)",
		Closed: "transfer:100", Timeout: "queue:second", NoAgents: "hangup", Failed: "bridge:user/1", Keys: map[string]string{"2": "continue", "1": "queue:second"}}); err != nil {
		t.Fatal(err)
	}
	plan := p.Lookup("+4930100").Plan
	// 08:30 in the project's zone on a Monday in summer, 09:30 in the installation's is another matter.
	if open, announce, step := plan.Start(time.Date(2026, 5, 4, 7, 30, 0, 0, time.UTC)); !open || announce != "a.wav" || step.String() != "queue:first" {
		t.Errorf("open: %v %s %s", open, announce, step)
	}
	if open, announce, step := plan.Start(time.Date(2026, 5, 4, 16, 30, 0, 0, time.UTC)); open || announce != "tone_stream://%(100,0,440)" || step.String() != "transfer:100" {
		t.Errorf("closed: %v %s %s", open, announce, step)
	}
	for want, got := range map[string]string{"queue:second": plan.Timeout().String(), "hangup:NORMAL_CLEARING": plan.NoAgents().String(), "bridge:user/1": plan.Failed().String(),
		"12": plan.Keys(), "continue": plan.Key("2").String() + plan.Key("9").String()[8:]} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	// What another version has written and this one does not know is left out; the rest is used.
	if err := s.KeepRoute(t.Context(), "r", func(old *project.Route) (project.Route, error) {
		r := *old
		r.Hours, r.Announce, r.Timeout, r.Keys = "from tomorrow", "${x}", "play:music", map[string]string{"1": "voicemail:1"}
		return r, nil
	}); err != nil {
		t.Fatal(err)
	}
	follow(t, p, s)
	plan = p.Lookup("+4930100").Plan
	if open, announce, step := plan.Start(time.Date(2026, 5, 3, 7, 30, 0, 0, time.UTC)); !open || announce != "" || step.String() != "queue:first" ||
		plan.Timeout().Verb != project.Continue || plan.Key("1").Verb != project.Continue || plan.Failed().String() != "bridge:user/1" {
		t.Errorf("a route of another version: %v %q %v %+v", open, announce, step, plan)
	}
}

// TestRouteProcesses: what one process does to routes the other knows after a look.
func TestRouteProcesses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		one, two := withProjects(t, s), project.New(open(), project.Options{})
		whole := project.Route{Name: "whole", Project: "one", Numbers: []string{"4930300", "+4930100"}, Hours: "Mon 09:00-18:00\n2026-12-31 closed", Announce: "a.wav",
			ClosedAnnounce: "silence_stream://100", Open: "queue:Линия 1", Closed: "hangup:USER_BUSY", Timeout: "continue", NoAgents: "transfer:1@x", Failed: "bridge:user/1",
			Keys: map[string]string{"1": "queue:Линия 1", "*": "hangup:USER_BUSY"}}
		bare := project.Route{Name: "bare", Project: "two"}
		std := project.Route{Name: "std", Open: "continue"}
		changed := whole
		changed.Numbers, changed.Hours, changed.Keys = nil, "", nil
		none, text, numbers, left := []string{}, "", []string{"7"}, []string{"+4930100"}
		notFound := fault.New(fault.NotFound, "Route")
		wrong := fault.New(fault.WrongField, "number")
		for _, step := range []struct {
			name string
			do   func() error
			fail error
			want []project.Route
		}{
			{"nothing yet", func() error { return nil }, nil, []project.Route{}},
			{"all fields", func() error { return one.AddRoute(ctx, whole) }, nil, []project.Route{whole}},
			{"hardly any", func() error { return one.AddRoute(ctx, bare) }, nil, []project.Route{whole, bare}},
			{"default route", func() error { return one.AddRoute(ctx, std) }, nil, []project.Route{whole, bare, std}},
			{"a second default route", func() error { return one.AddRoute(ctx, project.Route{Name: "x"}) }, wrong, []project.Route{whole, bare, std}},
			{"the name again", func() error { return one.AddRoute(ctx, std) }, fault.New(fault.Conflict, "Route"), []project.Route{whole, bare, std}},
			{"a project that is none", func() error { return one.AddRoute(ctx, project.Route{Name: "x", Project: "three"}) },
				fault.New(fault.NotFound, "Project"), []project.Route{whole, bare, std}},
			{"a number of another project", func() error { return one.SetRoute(ctx, "whole", project.RouteChange{Numbers: &numbers}) }, wrong, []project.Route{whole, bare, std}},
			{"a number of another route", func() error {
				return one.AddRoute(ctx, project.Route{Name: "x", Project: "one", Numbers: []string{"4930200", "4930300"}})
			}, wrong, []project.Route{whole, bare, std}},
			{"the rest twice", func() error { return one.AddRoute(ctx, project.Route{Name: "x", Project: "two"}) }, wrong, []project.Route{whole, bare, std}},
			{"a project loses a number that a route names", func() error { return one.Set(ctx, "one", project.Change{Numbers: &left}, nil) }, wrong, []project.Route{whole, bare, std}},
			{"change only what is given", func() error {
				return one.SetRoute(ctx, "whole", project.RouteChange{Numbers: &none, Hours: &text, Keys: &map[string]string{}})
			}, nil, []project.Route{changed, bare, std}},
			{"now it may", func() error { return one.Set(ctx, "one", project.Change{Numbers: &left}, nil) }, nil, []project.Route{changed, bare, std}},
			{"change one that is none", func() error { return one.SetRoute(ctx, "x", project.RouteChange{Hours: &text}) }, notFound, []project.Route{changed, bare, std}},
			{"put in its place", func() error { return one.PutRoute(ctx, whole, func(*project.Route) error { return nil }) }, wrong, []project.Route{changed, bare, std}},
			{"not allowed", func() error { return one.PutRoute(ctx, std, func(*project.Route) error { return notFound }) }, notFound, []project.Route{changed, bare, std}},
			{"remove", func() error { return one.RemoveRoute(ctx, "bare", nil) }, nil, []project.Route{changed, std}},
			{"remove again", func() error { return one.RemoveRoute(ctx, "bare\x00", nil) }, notFound, []project.Route{changed, std}},
			{"the project goes", func() error { return one.Remove(ctx, "one", nil) }, nil, []project.Route{std}},
		} {
			t.Run(step.name, func(t *testing.T) {
				if err := step.do(); !errors.Is(err, step.fail) || (err == nil) != (step.fail == nil) {
					t.Fatalf("got %v, want %v", err, step.fail)
				} else if err != nil && (strings.Contains(err.Error(), "4930") || strings.Contains(err.Error(), "+49")) {
					t.Errorf("a whole number is told: %v", err)
				}
				follow(t, one, s)
				follow(t, two, s)
				for _, p := range []*project.Service{one, two} {
					if diff := cmp.Diff(step.want, p.Routes()); diff != "" {
						t.Errorf("mismatch (-want, +got):\n%s", diff)
					}
				}
			})
		}
	})
}

func TestRouteRefused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*project.Route)
		want   string // the field, "" for none
	}{
		{"all in order", func(*project.Route) {}, ""},
		{"no name", func(r *project.Route) { r.Name = "" }, "name"},
		{"name with a blank", func(r *project.Route) { r.Name = "a b" }, "name"},
		{"name that is code", func(r *project.Route) { r.Name = "${a}" }, "name"},
		{"name with a backslash", func(r *project.Route) { r.Name = `a\b` }, "name"},
		{"number that is none", func(r *project.Route) { r.Numbers = []string{"4930200", "x"} }, "number"},
		{"number twice", func(r *project.Route) { r.Numbers = []string{"4930200", "4930200"} }, "number"},
		{"too many numbers", func(r *project.Route) { r.Numbers = make([]string, 1001) }, "number"},
		{"default route with numbers", func(r *project.Route) { r.Project, r.Numbers = "", []string{"1"} }, "number"},
		{"hours", func(r *project.Route) { r.Hours = "always" }, "hours"},
		{"announcement that is code", func(r *project.Route) { r.Announce = "${system(id)}.wav" }, "announce"},
		{"tone that fills the memory", func(r *project.Route) { r.Announce = "tone_stream://l=-1;%(100,0,440)" }, "announce"},
		{"tone that fills the memory after all", func(r *project.Route) { r.Announce = "tone_stream://%(100,0,440);L=99999" }, "announce"},
		{"tone of weeks", func(r *project.Route) { r.Announce = "tone_stream://%(9999999,0,440)" }, "announce"},
		{"tone far too often", func(r *project.Route) { r.ClosedAnnounce = "tone_stream://%(100,0,440);loops=99999" }, "closed_announce"},
		{"announcement without an end", func(r *project.Route) { r.Announce = "tone_stream://%(100,0,440);loops=-1" }, "announce"},
		{"announcement of a stream", func(r *project.Route) { r.Announce = "local_stream://moh" }, "announce"},
		{"announcement outside", func(r *project.Route) { r.Announce = "../x.wav" }, "announce"},
		{"announcement by an address", func(r *project.Route) { r.ClosedAnnounce = "http://x/a.wav" }, "closed_announce"},
		{"silence without an end", func(r *project.Route) { r.ClosedAnnounce = "silence_stream://-1" }, "closed_announce"},
		{"open", func(r *project.Route) { r.Open = "queue:" }, "open"},
		{"closed", func(r *project.Route) { r.Closed = "hangup:NOW" }, "closed"},
		{"timeout", func(r *project.Route) { r.Timeout = "x" }, "timeout"},
		{"no agents", func(r *project.Route) { r.NoAgents = "x" }, "no_agents"},
		{"failed", func(r *project.Route) { r.Failed = "x" }, "failed"},
		{"key that is none", func(r *project.Route) { r.Keys = map[string]string{"A": "continue"} }, "keys"},
		{"two keys", func(r *project.Route) { r.Keys = map[string]string{"12": "continue"} }, "keys"},
		{"key without a step", func(r *project.Route) { r.Keys = map[string]string{"1": ""} }, "keys"},
		{"key with a wrong step", func(r *project.Route) { r.Keys = map[string]string{"1": "bridge:x"} }, "keys"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := withProjects(t, storetest.Open(t, storetest.SQLite(t), store.Options{}))
			r := project.Route{Name: "r", Project: "one", Numbers: []string{"4930200"}, Hours: "Mon 09:00-18:00", Announce: "/s/a-1.wav", ClosedAnnounce: "ivr/b.wav", Open: "queue:q"}
			tt.change(&r)
			err := s.AddRoute(t.Context(), r)
			if tt.want == "" && err != nil || tt.want != "" && !errors.Is(err, fault.New(fault.WrongField, tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if kept := len(s.Routes()) == 1; kept != (tt.want == "") {
				t.Errorf("kept %v", kept)
			}
		})
	}
}

// memory is a store that only lists.
type memory struct {
	project.Store
	projects []project.Project
	routes   []project.Route
}

func (m *memory) Projects(context.Context) ([]project.Project, error) { return m.projects, nil }
func (m *memory) Routes(context.Context) ([]project.Route, error)     { return m.routes, nil }

// BenchmarkDecision decides calls of a thousand projects with ten numbers each, every one of them with a route of its own:
// numbers dialled as the project has them, in other spellings, by another country than the installation's, and nobody's.
func BenchmarkDecision(b *testing.B) {
	m := &memory{}
	var dialled []string
	for i := range 1000 {
		p := project.Project{ID: fmt.Sprint(i), Country: "RU", Zone: []string{"Europe/Berlin", "Asia/Vladivostok", ""}[i%3], Queues: []string{"q"}}
		for j := range 10 {
			n := fmt.Sprintf("800%07d", i*10+j)
			p.Numbers = append(p.Numbers, "7"+n)
			m.routes = append(m.routes, project.Route{Name: n, Project: p.ID, Numbers: []string{"7" + n}, Hours: "Mon-Fri 09:00-13:00,14:00-18:00; Sat 22:00-06:00; 2026-12-31 closed",
				Closed: "hangup", Timeout: "queue:w", Keys: map[string]string{"1": "continue"}})
			dialled = append(dialled, n)
		}
		m.projects = append(m.projects, p)
	}
	m.routes = append(m.routes, project.Route{Name: "nobody"})
	for _, bb := range []struct{ name, installation, before string }{
		{"given", "RU", "7"}, {"plus", "RU", "+7"}, {"trunk", "RU", "8"}, {"elsewhere", "US", "8"}, {"nobody", "US", "1"},
	} {
		b.Run(bb.name, func(b *testing.B) {
			s := project.New(m, project.Options{Country: func() string { return bb.installation }})
			begin := time.Now()
			if err := s.Follow(b.Context(), 1); err != nil {
				b.Fatal(err)
			}
			load := time.Since(begin)
			spelled := make([]string, len(dialled))
			for i, n := range dialled {
				spelled[i] = bb.before + n
			}
			at := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
			for i := 0; b.Loop(); i++ {
				match := s.Lookup(spelled[i%len(spelled)])
				if _, _, step := match.Plan.Start(at.Add(time.Duration(i) * time.Minute)); (match.Route == "nobody") != (bb.name == "nobody") || step.Verb == "" {
					b.Fatal("not decided")
				}
			}
			b.ReportMetric(float64(load.Microseconds())/1000, "ms/load")
		})
	}
}
