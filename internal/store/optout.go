package store

import (
	"context"
	"strings"

	"github.com/jmoiron/sqlx"

	"callgate/internal/fault"
	"callgate/internal/sms"
)

type optOutRow struct {
	Number  string `db:"number"`
	Project string `db:"project"`
	At      int64  `db:"at"`
	By      string `db:"by"`
}

func (r optOutRow) optOut() sms.OptOut {
	return sms.OptOut{Number: r.Number, Project: r.Project, At: fromMicros(r.At), By: r.By}
}

// auditOptOut keeps a change of an opt-out with the change. It is known by its number, and the project after it.
func (s *Store) auditOptOut(ctx context.Context, tx *sqlx.Tx, number, project string, change func() error) error {
	return s.audited(ctx, tx, "sms opt-out", strings.TrimSpace(number+" "+project), row(ctx, tx, `SELECT number, project FROM sms_optouts WHERE number = ? AND project = ?`,
		clean(number), clean(project)), change)
}

// AddOptOut implements sms.OptOutStore.
func (s *Store) AddOptOut(ctx context.Context, o sms.OptOut) (kept sms.OptOut, stopped int, err error) {
	err = s.change(ctx, "add an opt-out", func(ctx context.Context, tx *sqlx.Tx) error {
		return s.auditOptOut(ctx, tx, o.Number, o.Project, func() error {
			var row optOutRow
			// Setting what stands there already makes it return the row of before.
			if err := tx.GetContext(ctx, &row, tx.Rebind(`INSERT INTO sms_optouts (number, project, at, by) VALUES (?, ?, ?, ?)
			ON CONFLICT (number, project) DO UPDATE SET number = excluded.number RETURNING number, project, at, by`),
				clean(o.Number), clean(o.Project), micros(o.At), clean(o.By)); err != nil {
				return err
			}
			kept = row.optOut()
			n, err := exec(ctx, tx, `UPDATE sms SET state = 'failed', result = 'error', reason = ?, ended = ?, due = 0
			WHERE state = 'accepted' AND number = ? AND (? = '' OR project = ?)`, sms.OptedOut, micros(o.At), row.Number, row.Project, row.Project)
			stopped = int(n)
			return err
		})
	})
	return kept, stopped, err
}

// RemoveOptOut implements sms.OptOutStore.
func (s *Store) RemoveOptOut(ctx context.Context, number, project string) error {
	return s.change(ctx, "remove an opt-out", func(ctx context.Context, tx *sqlx.Tx) error {
		return s.auditOptOut(ctx, tx, number, project, func() error {
			n, err := exec(ctx, tx, `DELETE FROM sms_optouts WHERE number = ? AND project = ?`, clean(number), clean(project))
			if err == nil && n == 0 {
				err = fault.New(fault.NotFound, "Opt-out")
			}
			return err
		})
	})
}

// OptOuts implements sms.OptOutStore.
func (s *Store) OptOuts(ctx context.Context, q sms.OptOutQuery) ([]sms.OptOut, error) {
	var where clause
	where.add(`(number, project) > (?, ?)`, clean(q.After.Number), clean(q.After.Project))
	if q.Number != "" {
		where.add(`number = ?`, clean(q.Number))
	}
	if len(q.Projects) > 0 {
		where.in("project", q.Projects)
	}
	var rows []optOutRow
	if err := s.some(ctx, "read opt-outs", &rows, `SELECT number, project, at, by FROM sms_optouts WHERE `+where.text+` ORDER BY number, project LIMIT ?`,
		append(where.args, q.Limit)...); err != nil {
		return nil, err
	}
	all := make([]sms.OptOut, len(rows))
	for i, r := range rows {
		all[i] = r.optOut()
	}
	return all, nil
}
