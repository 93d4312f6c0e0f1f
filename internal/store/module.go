package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"callgate/internal/account"
	"callgate/internal/fault"
)

type moduleRow struct {
	Module    string `db:"module"`
	Action    string `db:"action"`
	Project   string `db:"project"`
	Enabled   bool   `db:"enabled"`
	Since     int64  `db:"since"`
	ChangedAt int64  `db:"changed_at"`
	ChangedBy string `db:"changed_by"`

	NextEnabled bool   `db:"next_enabled"`
	NextFrom    int64  `db:"next_from"`
	NextAt      int64  `db:"next_at"`
	NextBy      string `db:"next_by"`
}

func (r moduleRow) module() account.Module {
	m := account.Module{Name: r.Module, Action: r.Action, Project: r.Project, On: r.Enabled, Since: fromMicros(r.Since), At: fromMicros(r.ChangedAt), By: r.ChangedBy}
	if r.NextFrom != 0 {
		m.Next = &account.Pending{On: r.NextEnabled, From: fromMicros(r.NextFrom), At: fromMicros(r.NextAt), By: r.NextBy}
	}
	return m
}

const selectModules = `SELECT module, action, project, enabled, since, changed_at, changed_by, next_enabled, next_from, next_at, next_by FROM modules`

// SetModule implements account.Store.
func (s *Store) SetModule(ctx context.Context, m account.Module) error {
	return s.changeModule(ctx, "switch a module", m, func(now *account.Module) error {
		if m.Since.After(m.At) {
			now.Next = &account.Pending{On: m.On, From: m.Since, At: m.At, By: m.By}
		} else {
			*now, now.Next = m, nil
		}
		return nil
	})
}

// KeepModule implements account.Store.
func (s *Store) KeepModule(ctx context.Context, m account.Module) error {
	return s.changeModule(ctx, "keep a module as it is", m, func(now *account.Module) error {
		if now.Next == nil {
			return fault.New(fault.NotFound, "Switch")
		}
		now.Next = nil
		return nil
	})
}

// changeModule changes what is known of an action for a project, as it stands at m.At.
func (s *Store) changeModule(ctx context.Context, attempted string, m account.Module, change func(now *account.Module) error) error {
	m.Name, m.Action, m.Project = clean(m.Name), clean(m.Action), clean(m.Project)
	read := func(ctx context.Context, tx *sqlx.Tx) (now account.Module, known bool, err error) {
		var rows []moduleRow
		err = tx.SelectContext(ctx, &rows, tx.Rebind(selectModules+` WHERE module = ? AND action = ? AND project = ?`), m.Name, m.Action, m.Project)
		if err != nil || rows == nil {
			return account.Module{Name: m.Name, Action: m.Action, Project: m.Project, On: true}, false, err
		}
		return rows[0].module().Now(m.At), true, nil
	}
	return s.inTurn(ctx, Accounts, attempted, func(ctx context.Context, tx *sqlx.Tx) error {
		return s.audited(ctx, tx, "module", account.SwitchName(m.Name, m.Action, m.Project), func() (any, error) {
			now, known, err := read(ctx, tx)
			if err != nil || !known {
				return nil, err
			}
			return shownModule(now), nil
		}, func() error {
			now, _, err := read(ctx, tx)
			if err != nil {
				return err
			}
			if err := change(&now); err != nil {
				return err
			}
			var next account.Pending
			if now.Next != nil {
				next = *now.Next
			}
			_, err = exec(ctx, tx, `INSERT INTO modules (module, action, project, enabled, since, changed_at, changed_by, next_enabled, next_from, next_at, next_by)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (module, action, project) DO UPDATE SET
				enabled = excluded.enabled, since = excluded.since, changed_at = excluded.changed_at, changed_by = excluded.changed_by,
				next_enabled = excluded.next_enabled, next_from = excluded.next_from, next_at = excluded.next_at, next_by = excluded.next_by`,
				m.Name, m.Action, m.Project, now.On, micros(now.Since), micros(now.At), clean(now.By), next.On, micros(next.From), micros(next.At), clean(next.By))
			return err
		})
	})
}

// shownModule is a module in the audit log. Who switched it, and when, stands beside.
func shownModule(m account.Module) any {
	type state struct {
		On   bool       `json:"on"`
		From *time.Time `json:"from,omitempty"`
		Next any        `json:"next,omitempty"`
	}
	shown := state{On: m.On}
	if m.Next != nil {
		shown.Next = state{On: m.Next.On, From: &m.Next.From}
	}
	return shown
}

// Modules implements account.Store.
func (s *Store) Modules(ctx context.Context) ([]account.Module, error) {
	var rows []moduleRow
	if err := s.all(ctx, "read modules", &rows, selectModules+` ORDER BY module, action, project`); err != nil {
		return nil, err
	}
	modules := make([]account.Module, len(rows))
	for i, r := range rows {
		modules[i] = r.module()
	}
	return modules, nil
}
