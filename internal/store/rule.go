package store

import (
	"context"
	"strings"

	"github.com/jmoiron/sqlx"

	"callgate/internal/call"
	"callgate/internal/fault"
)

type ruleRow struct {
	Scope      string `db:"scope"`
	Subject    string `db:"subject"`
	Allow      string `db:"allow"`
	Deny       string `db:"deny"`
	MinLength  int    `db:"min_length"`
	MaxLength  int    `db:"max_length"`
	Concurrent int    `db:"concurrent"`
	Daily      int    `db:"daily"`
	Codes      bool   `db:"codes"`
	At         int64  `db:"changed_at"`
	By         string `db:"changed_by"`
}

const selectRules = `SELECT scope, subject, allow, deny, min_length, max_length, concurrent, daily, codes, changed_at, changed_by
	FROM destination_rules `

func (r ruleRow) rule() call.Rule {
	return call.Rule{Scope: call.Scope{Kind: r.Scope, Of: r.Subject}, Allow: lines(r.Allow), Deny: lines(r.Deny), MinLength: r.MinLength,
		MaxLength: r.MaxLength, Concurrent: r.Concurrent, Daily: r.Daily, Codes: r.Codes, At: fromMicros(r.At), By: r.By}
}

// Rules implements call.RuleStore.
func (s *Store) Rules(ctx context.Context) ([]call.Rule, error) {
	var rows []ruleRow
	if err := s.all(ctx, "read destination rules", &rows, selectRules+`ORDER BY scope, subject`); err != nil {
		return nil, err
	}
	all := make([]call.Rule, len(rows))
	for i, r := range rows {
		all[i] = r.rule()
	}
	return all, nil
}

// auditRule keeps a change of a rule with the change.
func (s *Store) auditRule(ctx context.Context, tx *sqlx.Tx, of call.Scope, change func() error) error {
	return s.audited(ctx, tx, "destination", of.String(), row(ctx, tx, `SELECT allow, deny, min_length, max_length, concurrent, daily, codes
		FROM destination_rules WHERE scope = ? AND subject = ?`, of.Kind, clean(of.Of)), change)
}

// SetRule implements call.RuleStore.
func (s *Store) SetRule(ctx context.Context, of call.Scope, change func(*call.Rule) error) error {
	return s.inTurn(ctx, Destinations, "set a destination rule", func(ctx context.Context, tx *sqlx.Tx) error {
		return s.auditRule(ctx, tx, of, func() error { return setRule(ctx, tx, of, change) })
	})
}

// oneRule reads a rule in a transaction, an empty one of that scope when there is none.
func oneRule(ctx context.Context, tx *sqlx.Tx, of call.Scope) (r call.Rule, there bool, err error) {
	var row ruleRow
	err = tx.GetContext(ctx, &row, tx.Rebind(selectRules+`WHERE scope = ? AND subject = ?`), of.Kind, clean(of.Of))
	there = err == nil
	if isNoRows(err) {
		err = nil
	}
	r = row.rule()
	r.Scope = of
	return r, there, err
}

func setRule(ctx context.Context, tx *sqlx.Tx, of call.Scope, change func(*call.Rule) error) error {
	r, _, err := oneRule(ctx, tx, of)
	if err != nil {
		return err
	}
	if err := change(&r); err != nil {
		return err
	}
	_, err = exec(ctx, tx, `INSERT INTO destination_rules
			(scope, subject, allow, deny, min_length, max_length, concurrent, daily, codes, changed_at, changed_by)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (scope, subject) DO UPDATE SET allow = excluded.allow, deny = excluded.deny, min_length = excluded.min_length,
			max_length = excluded.max_length, concurrent = excluded.concurrent, daily = excluded.daily, codes = excluded.codes,
			changed_at = excluded.changed_at, changed_by = excluded.changed_by`,
		of.Kind, clean(of.Of), strings.Join(r.Allow, "\n"), strings.Join(r.Deny, "\n"), r.MinLength, r.MaxLength, r.Concurrent, r.Daily,
		r.Codes, micros(r.At), clean(r.By))
	return err
}

// RemoveRule implements call.RuleStore.
func (s *Store) RemoveRule(ctx context.Context, of call.Scope, allow func(old *call.Rule) error) error {
	return s.inTurn(ctx, Destinations, "remove a destination rule", func(ctx context.Context, tx *sqlx.Tx) error {
		return s.auditRule(ctx, tx, of, func() error {
			old, there, err := oneRule(ctx, tx, of)
			if err == nil && !there {
				err = fault.New(fault.NotFound, "Rule")
			}
			if err == nil {
				err = allow(&old)
			}
			if err == nil {
				_, err = exec(ctx, tx, `DELETE FROM destination_rules WHERE scope = ? AND subject = ?`, of.Kind, clean(of.Of))
			}
			return err
		})
	})
}

// CountCall implements call.RuleStore. The rows are taken in the order given, which is the same for every call, so
// that two of them wait for each other and never both for ever.
func (s *Store) CountCall(ctx context.Context, day string, caps []call.Cap) (over *call.Cap, err error) {
	full := false // the transaction is ended by an error then
	err = s.change(ctx, "count a call", func(ctx context.Context, tx *sqlx.Tx) error {
		for i, c := range caps {
			n, err := exec(ctx, tx, `INSERT INTO originate_days (day, scope, subject, calls) VALUES (?, ?, ?, 1)
				ON CONFLICT (day, scope, subject) DO UPDATE SET calls = originate_days.calls + 1 WHERE originate_days.calls < ?`,
				day, c.Kind, clean(c.Of), c.Limit)
			if err != nil {
				return err
			}
			if n == 0 {
				over, full = &caps[i], true
				return fault.New(fault.TooMany, "")
			}
		}
		// Days are compared as text; yesterday is kept, for a zone may have been changed.
		_, err := exec(ctx, tx, `DELETE FROM originate_days WHERE day < ?`, dayBefore(day))
		return err
	})
	if full {
		return over, nil
	}
	return nil, err
}
