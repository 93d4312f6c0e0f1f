package store

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"callgate/internal/fault"
	"callgate/internal/report"
)

type runRow struct {
	Schedule string `db:"schedule"`
	Due      int64  `db:"due"`
	First    string `db:"first_day"`
	Last     string `db:"last_day"`
	AskedBy  string `db:"asked_by"`
	State    string `db:"state"`
	Attempts int    `db:"attempts"`
	Retry    int64  `db:"retry"`
	Started  int64  `db:"started"`
	Ended    int64  `db:"ended"`
	Error    string `db:"error"`
	Bytes    int64  `db:"bytes"`
	Pending  string `db:"pending"`
	Accepted string `db:"accepted"`
	Refused  string `db:"refused"`
}

const selectRuns = `SELECT schedule, due, first_day, last_day, asked_by, state, attempts, retry, started, ended, error, bytes, pending, accepted, refused
	FROM report_runs `

func runs(rows []runRow) ([]report.Run, error) {
	all := make([]report.Run, len(rows))
	for i, r := range rows {
		first, err := report.ParseDate(r.First)
		if err != nil {
			return nil, err
		}
		last, err := report.ParseDate(r.Last)
		if err != nil {
			return nil, err
		}
		all[i] = report.Run{Schedule: r.Schedule, Due: fromMicros(r.Due), First: first, Last: last, By: r.AskedBy, State: report.RunState(r.State),
			Attempts: r.Attempts, Retry: fromMicros(r.Retry), Started: fromMicros(r.Started), Ended: fromMicros(r.Ended), Error: r.Error, Bytes: r.Bytes,
			Pending: lines(r.Pending), Accepted: lines(r.Accepted), Refused: lines(r.Refused)}
	}
	return all, nil
}

// addRun adds a run, unless it is there.
func addRun(ctx context.Context, tx *sqlx.Tx, r report.Run) (added int64, err error) {
	return exec(ctx, tx, `INSERT INTO report_runs (schedule, due, first_day, last_day, asked_by, state, attempts, retry, started, ended, error, bytes, pending,
		accepted, refused) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (schedule, due) DO NOTHING`,
		clean(r.Schedule), micros(r.Due), r.First.String(), r.Last.String(), clean(r.By), string(r.State), r.Attempts, micros(r.Retry), micros(r.Started),
		micros(r.Ended), clean(r.Error), r.Bytes, strings.Join(r.Pending, "\n"), strings.Join(r.Accepted, "\n"), clean(strings.Join(r.Refused, "\n")))
}

// AddRun implements report.ScheduleStore.
func (s *Store) AddRun(ctx context.Context, r report.Run) error {
	return s.change(ctx, "add a run of a scheduled report", func(ctx context.Context, tx *sqlx.Tx) error {
		if _, err := s.lockSchedule(ctx, tx, r.Schedule); err != nil {
			return err
		}
		var open int
		if err := tx.GetContext(ctx, &open, tx.Rebind(`SELECT COUNT(*) FROM report_runs WHERE schedule = ? AND ended = 0`), clean(r.Schedule)); err != nil {
			return err
		}
		added := int64(0)
		if open == 0 {
			var err error
			if added, err = addRun(ctx, tx, r); err != nil {
				return err
			}
		}
		if added == 0 {
			return fault.New(fault.Unfinished, "Run")
		}
		return nil
	})
}

// OpenRuns implements report.ScheduleStore.
func (s *Store) OpenRuns(ctx context.Context, at time.Time, limit int) ([]report.Run, error) {
	var rows []runRow
	if err := s.all(ctx, "read runs of scheduled reports", &rows, selectRuns+`WHERE ended = 0 AND retry <= ? ORDER BY due, schedule LIMIT ?`, micros(at), limit); err != nil {
		return nil, err
	}
	return runs(rows)
}

// SaveRun implements report.ScheduleStore.
func (s *Store) SaveRun(ctx context.Context, r report.Run, attempts int, from report.RunState) (saved bool, err error) {
	err = s.change(ctx, "save a run of a scheduled report", func(ctx context.Context, tx *sqlx.Tx) error {
		n, err := exec(ctx, tx, `UPDATE report_runs SET state = ?, attempts = ?, retry = ?, started = ?, ended = ?, error = ?, bytes = ?, pending = ?,
			accepted = ?, refused = ? WHERE schedule = ? AND due = ? AND attempts = ? AND (state = ? OR CAST(? AS TEXT) = '')`,
			string(r.State), r.Attempts, micros(r.Retry), micros(r.Started), micros(r.Ended), clean(r.Error), r.Bytes, strings.Join(r.Pending, "\n"),
			strings.Join(r.Accepted, "\n"), clean(strings.Join(r.Refused, "\n")), clean(r.Schedule), micros(r.Due), attempts, string(from), string(from))
		saved = n > 0
		return err
	})
	return saved && err == nil, err
}

// Runs implements report.ScheduleStore.
func (s *Store) Runs(ctx context.Context, schedule string, before time.Time, limit int) ([]report.Run, error) {
	until := micros(before)
	if before.IsZero() {
		until = math.MaxInt64
	}
	var rows []runRow
	if err := s.all(ctx, "read the log of a scheduled report", &rows, selectRuns+`WHERE schedule = ? AND due < ? ORDER BY due DESC LIMIT ?`,
		clean(schedule), until, limit); err != nil {
		return nil, err
	}
	return runs(rows)
}

// PurgeRuns implements report.ScheduleStore.
func (s *Store) PurgeRuns(ctx context.Context, before time.Time) error {
	return s.change(ctx, "remove old runs of scheduled reports", func(ctx context.Context, tx *sqlx.Tx) error {
		_, err := exec(ctx, tx, `DELETE FROM report_runs WHERE ended <> 0 AND ended < ?`, micros(before))
		return err
	})
}
