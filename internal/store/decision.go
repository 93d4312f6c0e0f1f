package store

import (
	"context"
	"strings"

	"github.com/jmoiron/sqlx"

	"callgate/dialplan"
)

type decisionRow struct {
	ID      string `db:"id"`
	At      int64  `db:"at"`
	Switch  string `db:"switch_name"`
	Core    string `db:"core_uuid"`
	Call    string `db:"call_uuid"`
	Number  string `db:"number"`
	Project string `db:"project"`
	Route   string `db:"route"`
	Step    string `db:"step"`
	Detail  string `db:"detail"`
}

// decisionRows is how many rows one statement inserts; SQLite takes 32,766 values.
const decisionRows = 100

// SaveDecisions implements dialplan.DecisionStore.
func (s *Store) SaveDecisions(ctx context.Context, all []dialplan.Decision) error {
	return s.change(ctx, "save decisions", func(ctx context.Context, tx *sqlx.Tx) error {
		for len(all) > 0 {
			n := min(len(all), decisionRows)
			values := make([]any, 0, n*10)
			for _, d := range all[:n] {
				values = append(values, d.ID, micros(d.At), clean(d.Switch), clean(d.Core), clean(d.Call), clean(d.Number),
					clean(d.Project), clean(d.Route), string(d.Step), clean(d.Detail))
			}
			if _, err := exec(ctx, tx, `INSERT INTO decisions (id, at, switch_name, core_uuid, call_uuid, number, project, route, step, detail)
				VALUES `+strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?, ?, ?, ?, ?, ?, ?),", n), ",")+` ON CONFLICT (id) DO NOTHING`, values...); err != nil {
				return err
			}
			all = all[n:]
		}
		return nil
	})
}

// Decisions lists decisions, the oldest first; what was made at the same microsecond by the id. What is written late,
// after the database was down, stands at the time it was made.
func (s *Store) Decisions(ctx context.Context, q dialplan.DecisionQuery) ([]dialplan.Decision, error) {
	from, after := micros(q.From), micros(q.After.At)
	query := `SELECT * FROM decisions WHERE at >= ? AND at < ? AND (at > ? OR at = ? AND id > ?)`
	args := []any{max(from, after), micros(q.To), after, after, q.After.ID}
	if q.Call != "" {
		query += ` AND call_uuid = ?`
		args = append(args, clean(q.Call))
	}
	projects, values := ofProjects(q.Projects)
	var rows []decisionRow
	if err := s.some(ctx, "read decisions", &rows, query+projects+` ORDER BY at, id LIMIT ?`, append(append(args, values...), q.Limit)...); err != nil {
		return nil, err
	}
	all := make([]dialplan.Decision, len(rows))
	for i, r := range rows {
		all[i] = dialplan.Decision{ID: r.ID, At: fromMicros(r.At), Switch: r.Switch, Core: r.Core, Call: r.Call, Number: r.Number,
			Project: r.Project, Route: r.Route, Step: dialplan.Step(r.Step), Detail: r.Detail}
	}
	return all, nil
}
