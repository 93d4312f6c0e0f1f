// Package project knows the projects of a contact centre: whose number is whose, which queues serve whom, what
// is counted how, and by which route a call to a number goes. It is not where projects are kept: it says what it needs of a Store.
//
// The projects are held in memory; reading them takes no lock and asks nobody. Follow brings in what other processes
// changed. The package owns no goroutines.
package project

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"callgate/internal/fault"
)

// Store keeps projects. Between the steps of one method no other process changes any.
type Store interface {
	// Projects lists all projects in the order they were made.
	Projects(ctx context.Context) ([]Project, error)
	// AddProject adds a project, unless allow, which sees all others, has an objection; fault.Conflict when its id, or one of
	// its numbers as it is written (Taken), is in use.
	AddProject(ctx context.Context, p Project, allow func(others []Project) error) error
	// ChangeProject keeps what change makes of a project, all but its id, unless change, which sees all others, has an
	// objection; fault.NotFound "Project" when there is none, fault.Conflict (Taken) when another has one of its numbers as
	// it is written.
	ChangeProject(ctx context.Context, id string, change func(p *Project, others []Project) error) error
	// RemoveProject removes a project and its routes, unless allow has an objection; fault.NotFound "Project" when there is none.
	RemoveProject(ctx context.Context, id string, allow func(old Project) error) error
	// Routes lists all routes in the order they were made.
	Routes(ctx context.Context) ([]Route, error)
	// KeepRoute keeps what make makes of the route of that name, all but its name, unless make has an objection; old is nil
	// when there is none yet. fault.NotFound "Project" when there is no such project; NotIts, or Routed, about a number
	// that is not the project's, or another route's.
	KeepRoute(ctx context.Context, name string, make func(old *Route) (Route, error)) error
	// RemoveRoute removes a route, unless allow has an objection; fault.NotFound "Route" when there is none.
	RemoveRoute(ctx context.Context, name string, allow func(old Route) error) error
}

// Options of a Service. The zero value of every field is a safe default.
type Options struct {
	Logger *slog.Logger   // discards
	Zone   *time.Location // the installation's; time.Local
	// Country is the installation's country just now, by a code that FindCountry knows; NoCountry.
	Country func() string
}

// Service answers for the projects. It may be used from any goroutine.
type Service struct {
	store   Store
	log     *slog.Logger
	zone    *time.Location
	country func() string
	loading sync.Mutex // an older reading never replaces a newer one
	current atomic.Pointer[snapshot]
}

// snapshot is all projects as they were at one moment. It is immutable.
type snapshot struct {
	revision int64  // of the database, or unread
	country  string // the installation's
	all      []Project
	byID     map[string]Project
	routes   []Route
	table    *table
}

const unread = -1

// New makes a Service that knows no project before Follow.
func New(store Store, o Options) *Service {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Zone == nil {
		o.Zone = time.Local
	}
	if o.Country == nil {
		o.Country = func() string { return NoCountry }
	}
	s := &Service{store: store, log: o.Logger, zone: o.Zone, country: o.Country}
	s.current.Store(&snapshot{revision: unread, table: newTable(nil, nil, NoCountry, s.zone, s.log)})
	return s
}

// Follow reads the projects again when what is in memory is not of that revision, or the installation's country has
// changed. When it fails what is known stays in use.
func (s *Service) Follow(ctx context.Context, revision int64) error {
	if now := s.current.Load(); now.revision == revision && now.country == s.country() {
		return nil
	}
	return s.load(ctx, revision)
}

func (s *Service) load(ctx context.Context, revision int64) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	all, err := s.store.Projects(ctx)
	if err != nil {
		return fmt.Errorf("read projects: %w", err)
	}
	routes, err := s.store.Routes(ctx)
	if err != nil {
		return fmt.Errorf("read routes: %w", err)
	}
	country := s.country()
	now := &snapshot{revision: revision, country: country, all: all, byID: make(map[string]Project, len(all)), routes: routes,
		table: newTable(all, routes, country, s.zone, s.log)}
	for _, p := range all {
		now.byID[p.ID] = p
	}
	s.current.Store(now)
	return nil
}

// reload makes a change of this process known to it; the revision stays unknown, so that Follow reads again.
func (s *Service) reload(ctx context.Context) error { return s.load(ctx, s.current.Load().revision) }

// List lists all projects in the order they were made. What it returns is shared and must not be written to.
func (s *Service) List() []Project { return s.current.Load().all }

// Get finds a project, or fault.NotFound "Project". Its lists are shared and must not be written to.
func (s *Service) Get(id string) (Project, error) {
	p, ok := s.current.Load().byID[id]
	if !ok {
		return Project{}, fault.New(fault.NotFound, "Project")
	}
	return p, nil
}

// QueuesOf are the queues that serve some projects.
func (s *Service) QueuesOf(projects []string) (names []string) {
	for _, p := range s.List() {
		if slices.Contains(projects, p.ID) {
			names = append(names, p.Queues...)
		}
	}
	return names
}

// Add adds a project. An id that is in use is fault.Conflict "Project", a number that another project has, in whatever
// spelling, fault.Conflict "number"; what is wrong with the values is fault.WrongField.
func (s *Service) Add(ctx context.Context, p Project) error {
	if err := p.check(); err != nil {
		return err
	}
	if err := s.store.AddProject(ctx, p, func(others []Project) error { return s.free(Project{}, p, others) }); err != nil {
		return err // the store has said what was attempted
	}
	s.log.Info("project added", "project", p.ID)
	return s.reload(ctx)
}

// Change is what to change of a project; nil leaves a field as it is. A list is replaced as a whole.
type Change struct {
	Name, Zone, Country *string
	Numbers, Queues     *[]string
	SMSHours            *string
	SLSeconds           *int
	Record              *bool

	KeepRecordingsDays, KeepCDRsDays *int
}

// Apply is the project with the changes.
func (c Change) Apply(p Project) Project {
	set(&p.Name, c.Name)
	set(&p.Zone, c.Zone)
	set(&p.Country, c.Country)
	set(&p.SMSHours, c.SMSHours)
	set(&p.Numbers, c.Numbers)
	set(&p.Queues, c.Queues)
	set(&p.SLSeconds, c.SLSeconds)
	set(&p.Record, c.Record)
	set(&p.KeepRecordingsDays, c.KeepRecordingsDays)
	set(&p.KeepCDRsDays, c.KeepCDRsDays)
	return p
}

// Set changes a project, unless allow, which may be nil, has an objection; it fails as Add does, and with fault.NotFound
// "Project" when there is none.
func (s *Service) Set(ctx context.Context, id string, c Change, allow func(old Project) error) error {
	err := s.store.ChangeProject(ctx, id, func(p *Project, others []Project) error {
		old := *p
		if err := allowed(allow)(old); err != nil {
			return err
		}
		*p = c.Apply(old)
		if err := p.check(); err != nil {
			return err
		}
		return s.free(old, *p, others)
	})
	if err != nil {
		return err // the store has said what was attempted
	}
	s.log.Info("project changed", "project", id)
	return s.reload(ctx)
}

// free refuses a number that another project has in whatever spelling. What the project had before it keeps: an older
// version did not look, and another country of the installation can make two of one number.
func (s *Service) free(old, p Project, others []Project) error {
	std := s.country()
	owners := map[string]string{}
	for _, o := range others {
		country := countryOf(o, std)
		for _, n := range o.Numbers {
			owners[country.Normal(n)] = o.ID
		}
	}
	country := countryOf(old, std)
	for _, n := range old.Numbers {
		delete(owners, country.Normal(n))
	}
	country = countryOf(p, std)
	for _, n := range p.Numbers {
		if owner, taken := owners[country.Normal(n)]; taken {
			return Taken(n, owner)
		}
	}
	return nil
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// allowed is an objection that may be nil.
func allowed[T any](allow func(old T) error) func(old T) error {
	if allow == nil {
		return func(T) error { return nil }
	}
	return allow
}

// Remove removes a project and its routes, unless allow, which may be nil, has an objection; its numbers are free again.
// fault.NotFound "Project" when there is none.
func (s *Service) Remove(ctx context.Context, id string, allow func(old Project) error) error {
	if err := s.store.RemoveProject(ctx, id, allowed(allow)); err != nil {
		return err // the store has said what was attempted
	}
	s.log.Info("project removed", "project", id)
	return s.reload(ctx)
}
