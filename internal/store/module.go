package store

import (
	"context"

	"github.com/jmoiron/sqlx"

	"callgate/internal/account"
)

// SetModule implements account.Store.
func (s *Store) SetModule(ctx context.Context, m account.Module) error {
	return s.revision(ctx, Accounts, "switch a module", func(ctx context.Context, tx *sqlx.Tx) error {
		return s.audited(ctx, tx, "module", m.Name+"/"+m.Action, func() (any, error) {
			var on []bool
			if err := tx.SelectContext(ctx, &on, tx.Rebind(`SELECT enabled FROM modules WHERE module = ? AND action = ? AND project = ''`), clean(m.Name), clean(m.Action)); err != nil || on == nil {
				return nil, err
			}
			return map[string]bool{"on": on[0]}, nil
		}, func() error {
			_, err := exec(ctx, tx, `INSERT INTO modules (module, action, project, enabled, since, changed_at, changed_by) VALUES (?, ?, '', ?, ?, ?, ?)
				ON CONFLICT (module, action, project) DO UPDATE SET
				enabled = excluded.enabled, since = excluded.since, changed_at = excluded.changed_at, changed_by = excluded.changed_by`,
				clean(m.Name), clean(m.Action), m.On, micros(m.At), micros(m.At), clean(m.By))
			return err
		})
	})
}

// Modules implements account.Store.
func (s *Store) Modules(ctx context.Context) ([]account.Module, error) {
	var rows []struct {
		Module  string `db:"module"`
		Action  string `db:"action"`
		Enabled bool   `db:"enabled"`
		At      int64  `db:"changed_at"`
		By      string `db:"changed_by"`
	}
	err := s.all(ctx, "read modules", &rows,
		`SELECT module, action, enabled, changed_at, changed_by FROM modules ORDER BY module, action`)
	if err != nil {
		return nil, err
	}
	modules := make([]account.Module, len(rows))
	for i, r := range rows {
		modules[i] = account.Module{Name: r.Module, Action: r.Action, On: r.Enabled, At: fromMicros(r.At), By: r.By}
	}
	return modules, nil
}
