package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"callgate/internal/fault"
)

// Module says that an administrator switched a module, or one action of it, on or off. What was never switched is
// on.
type Module struct {
	Name   string
	Action string // Any for the module as a whole
	On     bool
	At     time.Time
	By     string // who switched it: a login, or the name of the machine's user
}

// SetModule switches an action on or off, or with an action of "" or Any the module as a whole. The two are kept
// apart: an action switched off by itself stays off when its module goes off and on again. It takes effect with
// the next request, and within a second in every other process on the same database.
func (s *Service) SetModule(ctx context.Context, module, action string, on bool, by string) error {
	if action == "" {
		action = Any
	}
	if !word(module) {
		return wrong("module", "want letters and digits")
	}
	if action != Any && !word(action) {
		return wrong("action", "want letters and digits")
	}
	m := Module{Name: module, Action: action, On: on, At: s.now(), By: by}
	err := s.store.SetModule(ctx, m)
	s.memory.changed()
	if err != nil {
		return fmt.Errorf("switch %s/%s: %w", module, action, err)
	}
	state := "off"
	if on {
		state = "on"
	}
	s.metrics.switches.WithLabelValues(state).Inc()
	s.log.Info("module switched", "module", module, "action", action, "state", state, "by", by)
	return nil
}

// Modules lists what was ever switched, by module and action.
func (s *Service) Modules(ctx context.Context) ([]Module, error) {
	modules, err := s.store.Modules(ctx)
	if err != nil {
		return nil, fmt.Errorf("read modules: %w", err)
	}
	return modules, nil
}

// Available tells whether neither the action nor its module is switched off.
func (s *Service) Available(ctx context.Context, module, action string) (bool, error) {
	modules, err := s.switched(ctx)
	if err != nil {
		return false, err
	}
	for _, m := range modules {
		if !m.On && m.Name == module && (m.Action == Any || m.Action == action) {
			return false, nil
		}
	}
	return true, nil
}

// Authorize answers fault.Denied, with the reason as its cause, unless the identity has the right to the action
// and the action is available; fault.PasswordDue while a user has to change his password.
func (s *Service) Authorize(ctx context.Context, id *Identity, module, action string) error {
	if id != nil && id.MustChange {
		return fault.New(fault.PasswordDue, "")
	}
	if !id.May(module, action) {
		return &fault.Error{Kind: fault.Denied, Err: errors.New("no right")}
	}
	on, err := s.Available(ctx, module, action)
	if err != nil {
		return err
	}
	if !on {
		return &fault.Error{Kind: fault.Denied, Err: errors.New("switched off")}
	}
	return nil
}
