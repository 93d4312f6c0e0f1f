package store

import (
	"context"
	"slices"

	"github.com/jmoiron/sqlx"

	"callgate/internal/history"
	"callgate/internal/report"
)

// ended adds that so many calls more have ended like one.
func (w *callWriter) ended(c *history.Call, n int) {
	if e, ok := c.Ending(); ok {
		w.endings[cleanEnding(e)] += n
	}
}

// cleanEnding is an ending as it is kept.
func cleanEnding(e history.Ending) history.Ending {
	e.Project, e.Number, e.Direction, e.Cause = clean(e.Project), clean(e.Number), clean(e.Direction), clean(e.Cause)
	return e
}

// endingNames are what endings are told apart by, apart from their quarter hour.
const endingNames = "project, number, direction, disposition, hung_up_by, cause"

// addEndings adds to how many calls have ended like that.
func addEndings(to *writes, endings map[history.Ending]int) error {
	var all []history.Ending
	var calls []int64
	for e, n := range endings {
		if n != 0 {
			all, calls = append(all, e), append(calls, int64(n))
		}
	}
	return to.insert("endings", `ON CONFLICT (quarter, `+endingNames+`) DO UPDATE SET calls = endings.calls + excluded.calls`, endingColumns(all, calls))
}

// dropEndings deletes those of which there may be none any more.
func (s *Store) dropEndings(ctx context.Context, tx *sqlx.Tx, endings map[history.Ending]int) error {
	var fewer []history.Ending
	for e, n := range endings {
		if n < 0 {
			fewer = append(fewer, e)
		}
	}
	if len(fewer) == 0 {
		return nil
	}
	return s.remove(ctx, tx, "endings", endingColumns(fewer, make([]int64, len(fewer))))
}

func endingColumns(all []history.Ending, calls []int64) columns {
	var quarter []int64
	var project, number, direction, disposition, hungUp, cause []string
	for _, e := range all {
		quarter, project, number = append(quarter, e.Quarter), append(project, e.Project), append(number, e.Number)
		direction, disposition = append(direction, e.Direction), append(disposition, string(e.Disposition))
		hungUp, cause = append(hungUp, string(e.HungUp)), append(cause, e.Cause)
	}
	return columns{{"quarter", quarter}, {"project", project}, {"number", number}, {"direction", direction}, {"disposition", disposition},
		{"hung_up_by", hungUp}, {"cause", cause}, {"calls", calls}}
}

// endings reads those of a span from a table.
func (s *Store) endings(ctx context.Context, tx *sqlx.Tx, table, condition string, from, to int64) (map[history.Ending]int, error) {
	all := map[history.Ending]int{}
	err := s.query(ctx, tx, tx.Rebind(`SELECT quarter, `+endingNames+`, calls FROM `+table+` WHERE quarter >= ? AND quarter < ?`+condition), []any{from, to}, func(scan func(...any) error) error {
		var e history.Ending
		var calls int
		err := scan(&e.Quarter, &e.Project, &e.Number, &e.Direction, &e.Disposition, &e.HungUp, &e.Cause, &calls)
		all[e] += calls
		return err
	})
	return all, err
}

// Endings implements report.EndingStore.
func (s *Store) Endings(ctx context.Context, q report.FigureQuery) ([]report.EndingRow, error) {
	if len(q.Spans) == 0 {
		return nil, nil
	}
	var where clause
	where.add(inStretch)
	where.among("r.project", q.Projects, s)
	where.among("r.number", q.Numbers, s)
	const parts = "g.span, r.direction, r.disposition, r.hung_up_by, r.cause"
	sums := map[report.EndingRow]int64{}
	if err := s.readSums(ctx, "read how calls ended", q.Spans, parts+", CAST(SUM(r.calls) AS BIGINT)", "endings", where.text, parts, where.args,
		func(scan func(...any) error) error {
			var r report.EndingRow
			var calls int64
			if err := scan(&r.Span, &r.Direction, &r.Disposition, &r.HungUp, &r.Cause, &calls); err != nil {
				return err
			}
			if sums[r] == 0 && q.Most > 0 && len(sums) == q.Most {
				return q.TooMany()
			}
			sums[r] += calls
			return nil
		}); err != nil {
		return nil, err
	}
	rows := make([]report.EndingRow, 0, len(sums))
	for row, calls := range sums {
		row.Calls = calls
		rows = append(rows, row)
	}
	slices.SortFunc(rows, report.EndingRow.Compare)
	return rows, nil
}
