package store

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"callgate/internal/fault"
	"callgate/internal/report"
)

type scheduleRow struct {
	ID         string `db:"id"`
	Name       string `db:"name"`
	Report     string `db:"report"`
	Parameters string `db:"parameters"`
	Format     string `db:"format"`
	Period     string `db:"period"`
	Every      string `db:"every"`
	Weekday    int    `db:"weekday"`
	MonthDay   int    `db:"month_day"`
	At         string `db:"at"`
	Zone       string `db:"zone"`
	Recipients string `db:"recipients"`
	Owner      int64  `db:"owner"`
	OwnerLogin string `db:"owner_login"`
	Active     bool   `db:"active"`
	Next       int64  `db:"next"`
	ChangedAt  int64  `db:"changed_at"`
	ChangedBy  string `db:"changed_by"`
}

const selectSchedules = `SELECT id, name, report, parameters, format, period, every, weekday, month_day, at, zone, recipients, owner, active, next,
	changed_at, changed_by, (SELECT login FROM users WHERE users.id = owner) AS owner_login FROM report_schedules `

func (r scheduleRow) schedule() report.Schedule {
	parameters, _ := url.ParseQuery(r.Parameters) // was encoded
	return report.Schedule{ID: r.ID, Name: r.Name, Report: r.Report, Parameters: parameters, Format: r.Format, Period: report.Period(r.Period),
		Every: report.Every(r.Every), Weekday: r.Weekday, MonthDay: r.MonthDay, At: r.At, Zone: r.Zone, To: lines(r.Recipients), Owner: r.Owner,
		OwnerLogin: r.OwnerLogin, Active: r.Active, Next: fromMicros(r.Next), ChangedAt: fromMicros(r.ChangedAt), ChangedBy: r.ChangedBy}
}

// Schedules implements report.ScheduleStore.
func (s *Store) Schedules(ctx context.Context) ([]report.Schedule, error) {
	var rows []scheduleRow
	if err := s.all(ctx, "read scheduled reports", &rows, selectSchedules+`ORDER BY name, id`); err != nil {
		return nil, err
	}
	all := make([]report.Schedule, len(rows))
	for i, r := range rows {
		all[i] = r.schedule()
	}
	return all, nil
}

// saveSchedule runs a query that takes all of a schedule, its id last.
func saveSchedule(ctx context.Context, tx *sqlx.Tx, query string, n *report.Schedule) error {
	touched, err := exec(ctx, tx, query, clean(n.Name), clean(n.Report), n.Parameters.Encode(), clean(n.Format), string(n.Period), string(n.Every), n.Weekday,
		n.MonthDay, n.At, n.Zone, strings.Join(n.To, "\n"), n.Owner, n.Active, micros(n.Next), micros(n.ChangedAt), clean(n.ChangedBy), clean(n.ID))
	if err == nil && touched == 0 {
		err = fault.New(fault.NotFound, "Schedule")
	}
	return err
}

// auditSchedule keeps a change of a scheduled report with the change.
func (s *Store) auditSchedule(ctx context.Context, tx *sqlx.Tx, id string, change func() error) error {
	return s.audited(ctx, tx, "schedule", id, row(ctx, tx, `SELECT name, report, parameters, format, period, every, weekday, month_day, at, zone, recipients, owner,
		active FROM report_schedules WHERE id = ?`, clean(id)), change)
}

// AddSchedule implements report.ScheduleStore.
func (s *Store) AddSchedule(ctx context.Context, n report.Schedule) error {
	return s.change(ctx, "add a scheduled report", func(ctx context.Context, tx *sqlx.Tx) error {
		return s.auditSchedule(ctx, tx, n.ID, func() error {
			return saveSchedule(ctx, tx, `INSERT INTO report_schedules (name, report, parameters, format, period, every, weekday, month_day, at, zone,
				recipients, owner, active, next, changed_at, changed_by, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, &n)
		})
	})
}

// lockSchedule reads a schedule that nobody else changes before the end of the transaction.
func (s *Store) lockSchedule(ctx context.Context, tx *sqlx.Tx, id string) (report.Schedule, error) {
	lock := ""
	if s.postgres() {
		lock = ` FOR UPDATE`
	}
	var row scheduleRow
	err := tx.GetContext(ctx, &row, tx.Rebind(selectSchedules+`WHERE id = ?`+lock), clean(id))
	if isNoRows(err) {
		err = fault.New(fault.NotFound, "Schedule")
	}
	return row.schedule(), err
}

// ChangeSchedule implements report.ScheduleStore.
func (s *Store) ChangeSchedule(ctx context.Context, id string, change func(*report.Schedule) error) error {
	return s.change(ctx, "change a scheduled report", func(ctx context.Context, tx *sqlx.Tx) error {
		n, err := s.lockSchedule(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := change(&n); err != nil {
			return err
		}
		return s.auditSchedule(ctx, tx, id, func() error {
			return saveSchedule(ctx, tx, `UPDATE report_schedules SET name = ?, report = ?, parameters = ?, format = ?, period = ?, every = ?, weekday = ?,
				month_day = ?, at = ?, zone = ?, recipients = ?, owner = ?, active = ?, next = ?, changed_at = ?, changed_by = ? WHERE id = ?`, &n)
		})
	})
}

// RemoveSchedule implements report.ScheduleStore.
func (s *Store) RemoveSchedule(ctx context.Context, id string, allow func(old *report.Schedule) error) error {
	return s.change(ctx, "remove a scheduled report", func(ctx context.Context, tx *sqlx.Tx) error {
		return s.auditSchedule(ctx, tx, id, func() error {
			old, err := s.lockSchedule(ctx, tx, id)
			if err == nil {
				err = allow(&old)
			}
			if err == nil {
				_, err = exec(ctx, tx, `DELETE FROM report_schedules WHERE id = ?`, old.ID)
			}
			return err
		})
	})
}

// PlanRuns implements report.ScheduleStore.
func (s *Store) PlanRuns(ctx context.Context, n report.Schedule, next time.Time, runs []report.Run) error {
	return s.change(ctx, "plan a scheduled report", func(ctx context.Context, tx *sqlx.Tx) error {
		touched, err := exec(ctx, tx, `UPDATE report_schedules SET next = ? WHERE id = ? AND next = ? AND active`, micros(next), clean(n.ID), micros(n.Next))
		if err != nil || touched == 0 {
			return err
		}
		for _, r := range runs {
			if _, err := addRun(ctx, tx, r); err != nil {
				return err
			}
		}
		return nil
	})
}
