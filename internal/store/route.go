package store

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"callgate/internal/fault"
	"callgate/internal/project"
)

// routeRow is a route with its numbers folded into one row, as projectRow is.
type routeRow struct {
	Name           string         `db:"name"`
	Project        sql.NullString `db:"project"`
	Hours          string         `db:"hours"`
	Announce       string         `db:"announce"`
	ClosedAnnounce string         `db:"closed_announce"`
	Open           string         `db:"step_open"`
	Closed         string         `db:"step_closed"`
	Timeout        string         `db:"step_timeout"`
	NoAgents       string         `db:"step_no_agents"`
	Failed         string         `db:"step_failed"`
	Keys           string         `db:"step_keys"`
	Numbers        string         `db:"numbers"`
}

const selectRoutes = `SELECT name, project, hours, announce, closed_announce, step_open, step_closed, step_timeout,
	step_no_agents, step_failed, step_keys,
	COALESCE((SELECT string_agg(n.number, '
' ORDER BY n.position) FROM route_numbers n WHERE n.route = r.name), '') AS numbers
	FROM routes r `

func (r routeRow) route() project.Route {
	route := project.Route{Name: r.Name, Project: r.Project.String, Numbers: lines(r.Numbers), Hours: r.Hours,
		Announce: r.Announce, ClosedAnnounce: r.ClosedAnnounce, Open: r.Open, Closed: r.Closed,
		Timeout: r.Timeout, NoAgents: r.NoAgents, Failed: r.Failed}
	for _, line := range lines(r.Keys) {
		key, step, _ := strings.Cut(line, " ")
		if route.Keys == nil {
			route.Keys = map[string]string{}
		}
		route.Keys[key] = step
	}
	return route
}

// Routes implements project.Store.
func (s *Store) Routes(ctx context.Context) ([]project.Route, error) {
	var rows []routeRow
	if err := s.all(ctx, "read routes", &rows, selectRoutes+`ORDER BY r.position`); err != nil {
		return nil, err
	}
	all := make([]project.Route, len(rows))
	for i, r := range rows {
		all[i] = r.route()
	}
	return all, nil
}

// auditRoute keeps a change of a route with the change.
func (s *Store) auditRoute(ctx context.Context, tx *sqlx.Tx, name string, change func() error) error {
	return s.audited(ctx, tx, "route", name, row(ctx, tx, selectRoutes+`WHERE r.name = ?`, clean(name)), change)
}

// KeepRoute implements project.Store.
func (s *Store) KeepRoute(ctx context.Context, name string, make func(old *project.Route) (project.Route, error)) error {
	return s.inTurn(ctx, Projects, "keep a route", func(ctx context.Context, tx *sqlx.Tx) error {
		return s.auditRoute(ctx, tx, name, func() error { return keepRoute(ctx, tx, name, make) })
	})
}

// oneRoute reads a route in a transaction, nil when there is none.
func oneRoute(ctx context.Context, tx *sqlx.Tx, name string) (*project.Route, error) {
	var row routeRow
	switch err := tx.GetContext(ctx, &row, tx.Rebind(selectRoutes+`WHERE r.name = ?`), clean(name)); {
	case isNoRows(err):
		return nil, nil
	case err != nil:
		return nil, err
	}
	r := row.route()
	return &r, nil
}

func keepRoute(ctx context.Context, tx *sqlx.Tx, name string, make func(old *project.Route) (project.Route, error)) error {
	old, err := oneRoute(ctx, tx, name)
	if err != nil {
		return err
	}
	r, err := make(old)
	if err != nil {
		return err
	}
	if old != nil {
		r.Name = old.Name
	}
	if err := upsertRoute(ctx, tx, r); err != nil {
		return err
	}
	return insertRouteNumbers(ctx, tx, r)
}

func upsertRoute(ctx context.Context, tx *sqlx.Tx, r project.Route) error {
	if r.Project != "" {
		var id string
		err := tx.GetContext(ctx, &id, tx.Rebind(`SELECT id FROM projects WHERE id = ?`), clean(r.Project))
		if isNoRows(err) {
			return fault.New(fault.NotFound, "Project")
		}
		if err != nil {
			return err
		}
	}
	keys := ""
	for _, key := range slices.Sorted(maps.Keys(r.Keys)) {
		keys += "\n" + key + " " + r.Keys[key]
	}
	_, err := exec(ctx, tx, `INSERT INTO routes (name, position, project, hours, announce, closed_announce, step_open, step_closed,
			step_timeout, step_no_agents, step_failed, step_keys)
		SELECT CAST(? AS TEXT), COALESCE(MAX(position), 0) + 1, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT),
			CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT)
		FROM routes WHERE true
		ON CONFLICT (name) DO UPDATE SET project = excluded.project, hours = excluded.hours, announce = excluded.announce,
			closed_announce = excluded.closed_announce, step_open = excluded.step_open, step_closed = excluded.step_closed,
			step_timeout = excluded.step_timeout, step_no_agents = excluded.step_no_agents, step_failed = excluded.step_failed,
			step_keys = excluded.step_keys`,
		r.Name, sql.NullString{String: r.Project, Valid: r.Project != ""}, r.Hours, r.Announce, r.ClosedAnnounce, r.Open, r.Closed,
		r.Timeout, r.NoAgents, r.Failed, strings.TrimPrefix(keys, "\n"))
	return err
}

// insertRouteNumbers replaces a route's numbers. Only the project's own may be named, each by one route, and one route
// has those that are left.
func insertRouteNumbers(ctx context.Context, tx *sqlx.Tx, r project.Route) error {
	if _, err := exec(ctx, tx, `DELETE FROM route_numbers WHERE route = ?`, r.Name); err != nil {
		return err
	}
	if len(r.Numbers) == 0 {
		var other string
		err := tx.GetContext(ctx, &other, tx.Rebind(`SELECT name FROM routes r WHERE COALESCE(project, '') = ? AND name <> ?
			AND NOT EXISTS (SELECT 1 FROM route_numbers n WHERE n.route = r.name) LIMIT 1`), r.Project, r.Name)
		if err == nil {
			return project.Routed("", other)
		}
		if !isNoRows(err) {
			return err
		}
	}
	for i, number := range r.Numbers {
		var is struct {
			Its   bool   `db:"its"`
			Route string `db:"route"`
		}
		err := tx.GetContext(ctx, &is, tx.Rebind(`SELECT EXISTS (SELECT 1 FROM project_numbers WHERE number = ? AND project = ?) AS its,
			COALESCE((SELECT route FROM route_numbers WHERE number = ?), '') AS route`), number, r.Project, number)
		switch {
		case err != nil:
			return err
		case !is.Its:
			return project.NotIts(number, r.Project)
		case is.Route != "":
			return project.Routed(number, is.Route)
		}
		if _, err := exec(ctx, tx, `INSERT INTO route_numbers (number, route, position) VALUES (?, ?, ?)`, number, r.Name, i); err != nil {
			return err
		}
	}
	return nil
}

// checkRouted refuses to take a number from a project that one of its routes names.
func checkRouted(ctx context.Context, tx *sqlx.Tx, id string) error {
	var left struct {
		Number string `db:"number"`
		Route  string `db:"route"`
	}
	err := tx.GetContext(ctx, &left, tx.Rebind(`SELECT n.number, n.route FROM route_numbers n JOIN routes r ON r.name = n.route
		WHERE r.project = ? AND NOT EXISTS (SELECT 1 FROM project_numbers p WHERE p.number = n.number AND p.project = r.project)
		ORDER BY n.number LIMIT 1`), id)
	if isNoRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return project.StillRouted(left.Number, left.Route)
}

// RemoveRoute implements project.Store.
func (s *Store) RemoveRoute(ctx context.Context, name string, allow func(old project.Route) error) error {
	return s.inTurn(ctx, Projects, "remove a route", func(ctx context.Context, tx *sqlx.Tx) error {
		return s.auditRoute(ctx, tx, name, func() error {
			old, err := oneRoute(ctx, tx, name)
			if err == nil && old == nil {
				err = fault.New(fault.NotFound, "Route")
			}
			if err == nil {
				err = allow(*old)
			}
			if err == nil {
				_, err = exec(ctx, tx, `DELETE FROM routes WHERE name = ?`, old.Name)
			}
			return err
		})
	})
}
