package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"callgate/internal/fault"
)

// Module says that somebody switched a module, or one action of it, on or off, for all or for one project. What was never
// switched is on.
type Module struct {
	Name    string
	Action  string // Any for the module as a whole
	Project string // empty for all
	On      bool
	Since   time.Time // from when on
	At      time.Time // when it was said
	By      string    // who said it: a login, or command line
	Next    *Pending  // what holds in its place later, nil when nothing is to come
}

// Pending is what somebody said that is to hold from a time on.
type Pending struct {
	On   bool
	From time.Time
	At   time.Time
	By   string
}

// Now is the module as it stands at a time: what was to come has come then. Nobody has to write that down.
func (m Module) Now(now time.Time) Module {
	if n := m.Next; n != nil && !now.Before(n.From) {
		m.On, m.Since, m.At, m.By, m.Next = n.On, n.From, n.At, n.By, nil
	}
	return m
}

// SwitchName is how an action that was switched, for a project or for all, is called in the audit log.
func SwitchName(module, action, project string) string {
	name := module + "/" + action
	if project != "" {
		name += " " + project
	}
	return name
}

// ParseSwitchName takes such a name apart.
func ParseSwitchName(name string) (module, action, project string) {
	name, project, _ = strings.Cut(name, " ")
	module, action, _ = strings.Cut(name, "/")
	return module, action, project
}

// longestWait is how far ahead a module can be switched.
const longestWait = 366 * 24 * time.Hour

// SetModule switches an action on or off for all, or with an action of "" or Any the module as a whole, at once.
func (s *Service) SetModule(ctx context.Context, module, action string, on bool, by string) error {
	return s.Switch(ctx, Module{Name: module, Action: action, On: on, By: by})
}

// Switch switches an action on or off, or with an action of "" or Any the module as a whole: for one project or for all,
// from Since on, or at once where that is zero or over. An action and its module, a project and all of them are kept apart:
// what is switched off by itself stays off when the whole goes off and on again.
//
// It takes effect with the next request, and within a second in every other process on the same database. It forgets what
// was to come of the same action and project. Of the module only the name, action, project, state, Since and By are looked
// at.
func (s *Service) Switch(ctx context.Context, m Module) error {
	if err := m.complete(s.now()); err != nil {
		return err
	}
	err := s.store.SetModule(ctx, m)
	s.memory.changed()
	if err != nil {
		return fmt.Errorf("switch %s/%s: %w", m.Name, m.Action, err)
	}
	state := "off"
	if m.On {
		state = "on"
	}
	s.metrics.switches.WithLabelValues(state).Inc()
	s.log.Info("module switched", "module", m.Name, "action", m.Action, "project", m.Project, "state", state, "from", m.Since, "by", m.By)
	return nil
}

// Keep forgets what was to come of an action: it stays as it is. It is fault.NotFound "Switch" when nothing is to come.
func (s *Service) Keep(ctx context.Context, module, action, project, by string) error {
	m := Module{Name: module, Action: action, Project: project, By: by}
	if err := m.complete(s.now()); err != nil {
		return err
	}
	err := s.store.KeepModule(ctx, m)
	s.memory.changed()
	if err != nil {
		return fmt.Errorf("keep %s/%s: %w", m.Name, m.Action, err)
	}
	s.log.Info("module stays as it is", "module", m.Name, "action", m.Action, "project", m.Project, "by", by)
	return nil
}

// complete checks what is to be switched, and fills in what is not said.
func (m *Module) complete(now time.Time) error {
	if m.Action == "" {
		m.Action = Any
	}
	if m.At, m.Next = now, nil; !m.Since.After(now) {
		m.Since = now
	}
	switch {
	case !word(m.Name):
		return wrong("module", "want letters and digits")
	case m.Action != Any && !word(m.Action):
		return wrong("action", "want letters and digits")
	case m.Since.Sub(now) > longestWait:
		return wrong("from", "want a time within a year")
	case m.Project != "":
		return checkProjects([]string{m.Project})
	}
	return nil
}

// Modules lists what was ever switched, by module, action and project, as it stands now.
func (s *Service) Modules(ctx context.Context) ([]Module, error) {
	modules, err := s.store.Modules(ctx)
	if err != nil {
		return nil, fmt.Errorf("read modules: %w", err)
	}
	for i := range modules {
		modules[i] = modules[i].Now(s.now())
	}
	return modules, nil
}

// switches are what was ever switched, to be looked up.
type switches map[switchKey]Module

type switchKey struct{ module, action, project string }

func newSwitches(modules []Module) switches {
	all := make(switches, len(modules))
	for _, m := range modules {
		all[switchKey{m.Name, m.Action, m.Project}] = m
	}
	return all
}

// off finds what switches an action off for a project, or for all: nil when nothing does.
func (s switches) off(module, action, project string, now time.Time) error {
	if len(s) == 0 {
		return nil
	}
	for _, a := range [...]string{Any, action} {
		m, ok := s[switchKey{module, a, project}]
		if m = m.Now(now); ok && !m.On {
			return m.refusal()
		}
	}
	return nil
}

// refusal is the failure of what is called while it is off. Who calls is told what, the log also since when and by whom.
func (m Module) refusal() error {
	what, why, whom := m.Name+"/"+m.Action, fault.SwitchedOff, "for all"
	if m.Action == Any {
		what = m.Name
	}
	what += " is switched off"
	if m.Project != "" {
		why, whom = fault.ProjectOff, "for project "+m.Project
		what += " " + whom
	}
	return &fault.Error{Kind: fault.Denied, Why: why, Subject: what, Err: fmt.Errorf("%s since %s by %s", whom, m.Since.UTC().Format(time.DateTime+" UTC"), m.By)}
}

// Available answers fault.Denied, with the reason, when an action is switched off for all, or its module is.
func (s *Service) Available(ctx context.Context, module, action string) error {
	all, err := s.switched(ctx)
	if err != nil {
		return err
	}
	return all.off(module, action, "", s.now())
}

// Authorize tells as whom the identity may do an action: as itself, or with fewer projects where the action is switched off
// for some of its projects. It answers fault.Denied, with the reason, when the identity has no right to the action, or it is
// switched off for all, for a project that is named, or for every project of the identity; fault.PasswordDue while a user has to
// change his password. The projects are those that the request names; empty ones are none.
func (s *Service) Authorize(ctx context.Context, id *Identity, module, action string, named ...string) (*Identity, error) {
	if id != nil && id.MustChange {
		return nil, fault.New(fault.PasswordDue, "")
	}
	if !id.May(module, action) {
		return nil, &fault.Error{Kind: fault.Denied, Why: fault.NoRight, Err: errors.New("no right " + module + "/" + action)}
	}
	all, err := s.switched(ctx)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return id, nil
	}
	now := s.now()
	if err := all.off(module, action, "", now); err != nil {
		return nil, err
	}
	for _, project := range named {
		if err := all.off(module, action, project, now); err != nil {
			return nil, err
		}
	}
	var on []string
	for _, project := range id.Projects {
		if refusal := all.off(module, action, project, now); refusal == nil {
			on = append(on, project)
		} else if err == nil {
			err = refusal
		}
	}
	switch {
	case len(on) == len(id.Projects):
		return id, nil
	case on == nil: // of none it would see all
		return nil, err
	}
	left := *id
	left.Projects = on
	return &left, nil
}
