package store

import (
	"context"
	"strings"

	"github.com/jmoiron/sqlx"

	"callgate/internal/fault"
	"callgate/internal/project"
)

// projectRow is a project with its lists folded into one row, so that one statement sees all of one moment.
type projectRow struct {
	ID        string `db:"id"`
	Name      string `db:"name"`
	Zone      string `db:"zone"`
	Country   string `db:"country"`
	SLSeconds int    `db:"sl_seconds"`
	Record    bool   `db:"record"`
	KeepDays  int    `db:"keep_recordings_days"`
	KeepCDRs  int    `db:"keep_cdrs_days"`
	SMSHours  string `db:"sms_hours"`
	Numbers   string `db:"numbers"` // a line each: neither holds a line break
	Queues    string `db:"queues"`
}

const selectProjects = `SELECT id, name, zone, country, sl_seconds, record, keep_recordings_days, keep_cdrs_days, sms_hours,
	COALESCE((SELECT string_agg(n.number, '
' ORDER BY n.position) FROM project_numbers n WHERE n.project = p.id), '') AS numbers,
	COALESCE((SELECT string_agg(q.queue, '
' ORDER BY q.position) FROM project_queues q WHERE q.project = p.id), '') AS queues
	FROM projects p `

func (r projectRow) project() project.Project {
	return project.Project{ID: r.ID, Name: r.Name, Zone: r.Zone, Country: r.Country, SLSeconds: r.SLSeconds, Record: r.Record, KeepRecordingsDays: r.KeepDays,
		SMSHours: r.SMSHours, KeepCDRsDays: r.KeepCDRs, Numbers: lines(r.Numbers), Queues: lines(r.Queues)}
}

func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// Projects implements project.Store.
func (s *Store) Projects(ctx context.Context) ([]project.Project, error) {
	var rows []projectRow
	if err := s.all(ctx, "read projects", &rows, selectProjects+`ORDER BY p.position`); err != nil {
		return nil, err
	}
	return projects(rows), nil
}

func projects(rows []projectRow) []project.Project {
	all := make([]project.Project, len(rows))
	for i, r := range rows {
		all[i] = r.project()
	}
	return all
}

// auditProject keeps a change of a project with the change.
func (s *Store) auditProject(ctx context.Context, tx *sqlx.Tx, id string, change func() error) error {
	return s.audited(ctx, tx, "project", id, row(ctx, tx, selectProjects+`WHERE p.id = ?`, clean(id)), change)
}

// otherProjects are all but that one, in a transaction.
func otherProjects(ctx context.Context, tx *sqlx.Tx, id string) ([]project.Project, error) {
	var rows []projectRow
	err := tx.SelectContext(ctx, &rows, tx.Rebind(selectProjects+`WHERE p.id <> ? ORDER BY p.position`), id)
	return projects(rows), err
}

// AddProject implements project.Store.
func (s *Store) AddProject(ctx context.Context, p project.Project, allow func(others []project.Project) error) error {
	return s.inTurn(ctx, Projects, "add a project", func(ctx context.Context, tx *sqlx.Tx) error {
		return s.auditProject(ctx, tx, p.ID, func() error { return addProject(ctx, tx, p, allow) })
	})
}

func addProject(ctx context.Context, tx *sqlx.Tx, p project.Project, allow func(others []project.Project) error) error {
	added, err := exec(ctx, tx, `INSERT INTO projects (id, position, name, zone, country, sl_seconds, record, keep_recordings_days, keep_cdrs_days, sms_hours)
			SELECT CAST(? AS TEXT), COALESCE(MAX(position), 0) + 1, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS INTEGER), CAST(? AS BOOLEAN), CAST(? AS INTEGER), CAST(? AS INTEGER), CAST(? AS TEXT)
			FROM projects WHERE true
			ON CONFLICT (id) DO NOTHING`, p.ID, p.Name, p.Zone, p.Country, p.SLSeconds, p.Record, p.KeepRecordingsDays, p.KeepCDRsDays, p.SMSHours)
	if err == nil && added == 0 {
		err = fault.New(fault.Conflict, "Project")
	}
	if err != nil {
		return err
	}
	others, err := otherProjects(ctx, tx, p.ID)
	if err == nil {
		err = allow(others)
	}
	if err != nil {
		return err
	}
	return insertProjectLists(ctx, tx, p)
}

// ChangeProject implements project.Store.
func (s *Store) ChangeProject(ctx context.Context, id string, change func(p *project.Project, others []project.Project) error) error {
	return s.inTurn(ctx, Projects, "change a project", func(ctx context.Context, tx *sqlx.Tx) error {
		return s.auditProject(ctx, tx, id, func() error { return changeProject(ctx, tx, id, change) })
	})
}

// oneProject reads a project in a transaction.
func oneProject(ctx context.Context, tx *sqlx.Tx, id string) (project.Project, error) {
	var row projectRow
	err := tx.GetContext(ctx, &row, tx.Rebind(selectProjects+`WHERE p.id = ?`), clean(id))
	if isNoRows(err) {
		err = fault.New(fault.NotFound, "Project")
	}
	return row.project(), err
}

func changeProject(ctx context.Context, tx *sqlx.Tx, id string, change func(p *project.Project, others []project.Project) error) error {
	p, err := oneProject(ctx, tx, id)
	if err != nil {
		return err
	}
	id = p.ID
	others, err := otherProjects(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := change(&p, others); err != nil {
		return err
	}
	p.ID = id
	if _, err := exec(ctx, tx, `UPDATE projects SET name = ?, zone = ?, country = ?, sl_seconds = ?, record = ?, keep_recordings_days = ?, keep_cdrs_days = ?, sms_hours = ? WHERE id = ?`,
		p.Name, p.Zone, p.Country, p.SLSeconds, p.Record, p.KeepRecordingsDays, p.KeepCDRsDays, p.SMSHours, p.ID); err != nil {
		return err
	}
	for _, table := range []string{"project_numbers", "project_queues"} {
		if _, err := exec(ctx, tx, `DELETE FROM `+table+` WHERE project = ?`, p.ID); err != nil {
			return err
		}
	}
	return insertProjectLists(ctx, tx, p)
}

func insertProjectLists(ctx context.Context, tx *sqlx.Tx, p project.Project) error {
	for i, number := range p.Numbers {
		var owner string
		err := tx.GetContext(ctx, &owner, tx.Rebind(`SELECT project FROM project_numbers WHERE number = ?`), number)
		if err == nil {
			return project.Taken(number, owner)
		}
		if !isNoRows(err) {
			return err
		}
		if _, err := exec(ctx, tx, `INSERT INTO project_numbers (number, project, position) VALUES (?, ?, ?)`, number, p.ID, i); err != nil {
			return err
		}
	}
	for i, queue := range p.Queues {
		if _, err := exec(ctx, tx, `INSERT INTO project_queues (project, queue, position) VALUES (?, ?, ?)`, p.ID, queue, i); err != nil {
			return err
		}
	}
	return checkRouted(ctx, tx, p.ID)
}

// RemoveProject implements project.Store.
func (s *Store) RemoveProject(ctx context.Context, id string, allow func(old project.Project) error) error {
	return s.inTurn(ctx, Projects, "remove a project", func(ctx context.Context, tx *sqlx.Tx) error {
		return s.auditProject(ctx, tx, id, func() error {
			old, err := oneProject(ctx, tx, id)
			if err == nil {
				err = allow(old)
			}
			if err == nil {
				_, err = exec(ctx, tx, `DELETE FROM projects WHERE id = ?`, old.ID)
			}
			return err
		})
	})
}
