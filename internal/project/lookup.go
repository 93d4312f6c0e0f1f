package project

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"callgate/internal/fault"
)

// Match is what is known of a number that was dialled.
type Match struct {
	Project string // its id; "" when nobody has the number
	Number  string // as the project has it; "" when nobody has the number
	Route   string // its name; "" when the project has none, or there is no default route
	Record  bool   // whether the project's calls are to be recorded
	Plan    *Plan
}

// table answers Lookup. It is immutable.
type table struct {
	byNumber  map[string]*Match
	byNormal  map[string]*Match   // as the project's country has it
	byDigits  map[string]*Match   // without the + before them
	std       Match               // numbers that nobody has
	countries []*Country          // the installation's, then those of projects, each once
	own       map[string]*Country // by the id of a project that has another one than the installation
}

// newTable reads all routes. A route that cannot be read in part, and a number that two projects have, is told to the log.
func newTable(projects []Project, routes []Route, std string, zone *time.Location, log *slog.Logger) *table {
	t := &table{byNumber: map[string]*Match{}, byNormal: map[string]*Match{}, byDigits: map[string]*Match{},
		countries: []*Country{countryOf(Project{}, std)}, own: map[string]*Country{}}
	read := func(r *Route, p Project) *Plan {
		plan, err := r.plan(p, zone)
		if err != nil {
			log.Error("a route is not used as it stands", "route", r.Name, "project", p.ID, "error", err)
		}
		return plan
	}
	named, rest := map[string]*Route{}, map[string]*Route{} // by number, and by project
	for i := range routes {
		r := &routes[i]
		if len(r.Numbers) == 0 {
			rest[r.Project] = r
		}
		for _, n := range r.Numbers {
			named[n] = r
		}
	}
	none := &Route{}
	nobodys := rest[""]
	if nobodys == nil {
		nobodys = none
	}
	t.std = Match{Route: nobodys.Name, Plan: read(nobodys, Project{})}
	for _, p := range projects {
		country := countryOf(p, std)
		if country != t.countries[0] {
			t.own[p.ID] = country
		}
		if !slices.Contains(t.countries, country) {
			t.countries = append(t.countries, country)
		}
		plans := map[*Route]*Plan{}
		for _, n := range p.Numbers {
			r := named[n]
			if r == nil || r.Project != p.ID {
				r = rest[p.ID]
			}
			if r == nil {
				r = none
			}
			if plans[r] == nil {
				plans[r] = read(r, p)
			}
			m := &Match{Project: p.ID, Number: n, Route: r.Name, Record: p.Record, Plan: plans[r]}
			t.byNumber[n] = m
			normal := country.Normal(n)
			if first := t.byNormal[normal]; first == nil {
				t.byNormal[normal] = m
			} else if first.Project != p.ID {
				log.Warn("two projects have one number in two spellings: where neither is dialled it is the first one's",
					"first", first.Project, "second", p.ID)
			}
			if t.byDigits[digits(n)] == nil {
				t.byDigits[digits(n)] = m
			}
		}
	}
	return t
}

func digits(number string) string { return strings.TrimPrefix(number, "+") }

// countryOf is by which country the numbers of a project are read, std being the installation's. One that another version
// has written and this one does not know is NoCountry.
func countryOf(p Project, std string) *Country {
	if p.Country != "" {
		std = p.Country
	}
	if c, ok := FindCountry(std); ok {
		return c
	}
	return &countries[0]
}

// Lookup finds what is to be done with a call to that number: exactly as a project has it, else as Normal has it by the
// installation's country or by one of the projects', else with or without the + before it, else by the default route. It
// takes no lock and asks nobody.
func (s *Service) Lookup(dialled string) Match {
	t := s.current.Load().table
	if m := t.byNumber[dialled]; m != nil {
		return *m
	}
	for _, country := range t.countries {
		if m := t.byNormal[country.Normal(dialled)]; m != nil {
			return *m
		}
	}
	if m := t.byDigits[digits(dialled)]; m != nil {
		return *m
	}
	return t.std
}

// Owner is the project that has a number, found as Lookup finds it, and the number as the project has it; both are empty
// when nobody has. It takes no lock and asks nobody.
func (s *Service) Owner(number string) (projectID, given string) {
	m := s.Lookup(number)
	return m.Project, m.Number
}

// Normal writes a number as E.164 does, by the country of that project; "", and one that does not exist, stand for the
// installation's. It is what two spellings of a number have in common; see Country.Normal. It takes no lock and asks nobody.
func (s *Service) Normal(projectID, number string) string {
	return s.current.Load().table.country(projectID).Normal(number)
}

// Beginnings are how numbers begin, as Normal writes them, whose beginning somebody has typed; see Country.Beginnings. It
// takes no lock and asks nobody.
func (s *Service) Beginnings(projectID, typed string) []string {
	return s.current.Load().table.country(projectID).Beginnings(typed)
}

// country is by which a project's numbers are read.
func (t *table) country(projectID string) *Country {
	if own := t.own[projectID]; own != nil {
		return own
	}
	return t.countries[0]
}

// Routes lists all routes in the order they were made. What it returns is shared and must not be written to.
func (s *Service) Routes() []Route { return s.current.Load().routes }

// AddRoute adds a route. A name that is in use is fault.Conflict "Route", a project that does not exist fault.NotFound
// "Project"; what is wrong with the values, or with numbers that are not the project's or another route's, is
// fault.WrongField.
func (s *Service) AddRoute(ctx context.Context, r Route) error {
	return s.keepRoute(ctx, r.Name, func(old *Route) (Route, error) {
		if old != nil {
			return r, fault.New(fault.Conflict, "Route")
		}
		return r, nil
	})
}

// PutRoute adds a route, or puts it in the place of the one of its name, unless allow has an objection; old is nil for a
// new one. It fails as AddRoute does.
func (s *Service) PutRoute(ctx context.Context, r Route, allow func(old *Route) error) error {
	return s.keepRoute(ctx, r.Name, func(old *Route) (Route, error) { return r, allow(old) })
}

// RouteChange is what to change of a route; nil leaves a field as it is. A list is replaced as a whole.
type RouteChange struct {
	Numbers                         *[]string
	Hours, Announce, ClosedAnnounce *string
	Open, Closed                    *string
	Timeout, NoAgents, Failed       *string
	Keys                            *map[string]string
}

// Apply is the route with the changes.
func (c RouteChange) Apply(r Route) Route {
	set(&r.Numbers, c.Numbers)
	set(&r.Hours, c.Hours)
	set(&r.Announce, c.Announce)
	set(&r.ClosedAnnounce, c.ClosedAnnounce)
	set(&r.Open, c.Open)
	set(&r.Closed, c.Closed)
	set(&r.Timeout, c.Timeout)
	set(&r.NoAgents, c.NoAgents)
	set(&r.Failed, c.Failed)
	set(&r.Keys, c.Keys)
	return r
}

// SetRoute changes a route; it fails as AddRoute does, and with fault.NotFound "Route" when there is none.
func (s *Service) SetRoute(ctx context.Context, name string, c RouteChange) error {
	return s.keepRoute(ctx, name, func(old *Route) (Route, error) {
		if old == nil {
			return Route{}, fault.New(fault.NotFound, "Route")
		}
		return c.Apply(*old), nil
	})
}

func (s *Service) keepRoute(ctx context.Context, name string, make func(old *Route) (Route, error)) error {
	err := s.store.KeepRoute(ctx, name, func(old *Route) (Route, error) {
		r, err := make(old)
		if err == nil {
			err = r.check()
		}
		return r, err
	})
	if err != nil {
		return err // the store has said what was attempted
	}
	s.log.Info("route kept", "route", name)
	return s.reload(ctx)
}

// RemoveRoute removes a route, unless allow, which may be nil, has an objection; its numbers go by the project's other one
// again. fault.NotFound "Route" when there is none.
func (s *Service) RemoveRoute(ctx context.Context, name string, allow func(old Route) error) error {
	if err := s.store.RemoveRoute(ctx, name, allowed(allow)); err != nil {
		return err // the store has said what was attempted
	}
	s.log.Info("route removed", "route", name)
	return s.reload(ctx)
}

// NoSMSUntil is until when no text messages are sent for a project, at least, if it is so at a time; the zero time if they are.
func (s *Service) NoSMSUntil(id string, at time.Time) time.Time {
	p, err := s.Get(id)
	if err != nil || p.SMSHours == "" {
		return time.Time{}
	}
	hours, err := ParseHours(p.SMSHours)
	zone, bad := s.zone, error(nil)
	if p.Zone != "" {
		zone, bad = time.LoadLocation(p.Zone)
	}
	if err != nil || bad != nil { // they were checked when they were set
		return time.Time{}
	}
	switch next := hours.next(at.In(zone)); {
	case next.IsZero(): // holidays: somebody may look again later
		return at.AddDate(0, 0, 7)
	case next.After(at):
		return next
	}
	return time.Time{}
}
