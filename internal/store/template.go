package store

import (
	"context"

	"github.com/jmoiron/sqlx"

	"callgate/internal/fault"
	"callgate/internal/sms"
)

type templateRow struct {
	Name      string `db:"name"`
	Project   string `db:"project"`
	Text      string `db:"text"`
	ChangedAt int64  `db:"changed_at"`
	ChangedBy string `db:"changed_by"`
}

func (r templateRow) template() sms.Template {
	return sms.Template{Name: r.Name, Project: r.Project, Text: r.Text, ChangedAt: fromMicros(r.ChangedAt), ChangedBy: r.ChangedBy}
}

const oneTemplate = `SELECT name, project, text, changed_at, changed_by FROM sms_templates WHERE name = ?`

// Templates implements sms.TemplateStore.
func (s *Store) Templates(ctx context.Context) ([]sms.Template, error) {
	var rows []templateRow
	if err := s.all(ctx, "read templates", &rows, `SELECT name, project, text, changed_at, changed_by FROM sms_templates ORDER BY name`); err != nil {
		return nil, err
	}
	all := make([]sms.Template, len(rows))
	for i, r := range rows {
		all[i] = r.template()
	}
	return all, nil
}

// Template implements sms.TemplateStore.
func (s *Store) Template(ctx context.Context, name string) (sms.Template, error) {
	var row templateRow
	found, err := s.one(ctx, "read a template", &row, oneTemplate, clean(name))
	if err == nil && !found {
		err = fault.New(fault.NotFound, "Template")
	}
	return row.template(), err
}

// changeTemplates runs a transaction beside which nobody else changes a template. It begins with the one of a name, nil when
// there is none.
func (s *Store) changeTemplates(ctx context.Context, attempted, name string, f func(ctx context.Context, tx *sqlx.Tx, old *sms.Template) error) error {
	return s.change(ctx, attempted, func(ctx context.Context, tx *sqlx.Tx) error {
		if err := s.onPostgres(ctx, tx, `LOCK TABLE sms_templates IN SHARE ROW EXCLUSIVE MODE`); err != nil {
			return err
		}
		return s.audited(ctx, tx, "sms template", name, row(ctx, tx, `SELECT project, text FROM sms_templates WHERE name = ?`, clean(name)), func() error {
			var row templateRow
			switch err := tx.GetContext(ctx, &row, tx.Rebind(oneTemplate), clean(name)); {
			case isNoRows(err):
				return f(ctx, tx, nil)
			case err != nil:
				return err
			}
			old := row.template()
			return f(ctx, tx, &old)
		})
	})
}

// KeepTemplate implements sms.TemplateStore.
func (s *Store) KeepTemplate(ctx context.Context, t sms.Template, allow func(old *sms.Template) error) error {
	return s.changeTemplates(ctx, "keep a template", t.Name, func(ctx context.Context, tx *sqlx.Tx, old *sms.Template) error {
		if err := allow(old); err != nil {
			return err
		}
		_, err := exec(ctx, tx, `INSERT INTO sms_templates (name, project, text, changed_at, changed_by) VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE
			SET project = excluded.project, text = excluded.text, changed_at = excluded.changed_at, changed_by = excluded.changed_by`,
			clean(t.Name), clean(t.Project), clean(t.Text), micros(t.ChangedAt), clean(t.ChangedBy))
		return err
	})
}

// RemoveTemplate implements sms.TemplateStore.
func (s *Store) RemoveTemplate(ctx context.Context, name string, allow func(old *sms.Template) error) error {
	return s.changeTemplates(ctx, "remove a template", name, func(ctx context.Context, tx *sqlx.Tx, old *sms.Template) error {
		if old == nil {
			return fault.New(fault.NotFound, "Template")
		}
		if err := allow(old); err != nil {
			return err
		}
		_, err := exec(ctx, tx, `DELETE FROM sms_templates WHERE name = ?`, clean(name))
		return err
	})
}
