package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/jmoiron/sqlx"

	"callgate/internal/history"
	"callgate/internal/report"
)

// levels are the conditions for figures of a level, as the indexes have them.
var levels = [...]string{report.OfNumbers: `r.queue = '' AND r.agent = ''`, report.OfQueues: `r.queue <> '' AND r.agent = ''`, report.OfAgents: `r.agent <> ''`}

// Figures implements report.FigureStore.
func (s *Store) Figures(ctx context.Context, q report.FigureQuery) ([]report.FigureRow, error) {
	if len(q.Spans) == 0 {
		return nil, nil
	}
	var where clause
	where.add(inStretch)
	where.add(levels[q.Level])
	where.among("r.project", q.Projects, s)
	where.among("r.number", q.Numbers, s)
	where.among("r.queue", q.Queues, s)
	where.among("r.agent", q.Agents, s)
	parts, group := []string{"g.span"}, "g.span"
	for _, c := range [...]struct {
		name string
		by   bool
	}{{"project", q.By.Project}, {"number", q.By.Number}, {"queue", q.By.Queue}, {"agent", q.By.Agent}} {
		if c.by {
			parts, group = append(parts, "r."+c.name), group+", r."+c.name
		} else {
			parts = append(parts, "''")
		}
	}
	sums := map[report.FigureRow]*history.Figures{}
	if err := s.readSums(ctx, "read figures", q.Spans, strings.Join(append(parts, s.figureColumns.sums), ", "), "rollups", where.text, group, where.args,
		func(scan func(...any) error) error {
			var r report.FigureRow
			var f history.Figures
			into := []any{&r.Span, &r.Project, &r.Number, &r.Queue, &r.Agent}
			for _, v := range f.Values() {
				into = append(into, v)
			}
			if err := scan(into...); err != nil || f.IsZero() {
				return err
			}
			if sums[r] != nil {
				sums[r].Add(f)
				return nil
			}
			if q.Most > 0 && len(sums) == q.Most {
				return q.TooMany()
			}
			sums[r] = &f
			return nil
		}); err != nil {
		return nil, err
	}
	rows := make([]report.FigureRow, 0, len(sums))
	for row, f := range sums {
		row.Figures = *f
		rows = append(rows, row)
	}
	slices.SortFunc(rows, report.FigureRow.Compare)
	return rows, nil
}

// oneMoment lets a transaction of PostgreSQL see one moment's state, as those of SQLite do.
const oneMoment = `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY`

// among adds that a column is one of a list; nil is no condition.
func (c *clause) among(column string, list []string, s *Store) {
	if list == nil {
		return
	}
	values := make([]string, len(list))
	for i, v := range list {
		values[i] = clean(v)
	}
	if s.postgres() {
		c.add(column+` IN (SELECT jsonb_array_elements_text(?::jsonb))`, asJSON(values))
	} else {
		c.add(column+` IN (SELECT value FROM json_each(?))`, asJSON(values))
	}
}

// asJSON is a value, which JSON can hold, as a parameter.
func asJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("marshal a parameter: %v", err))
	}
	return string(text)
}

// scan gives each row of a query that is the same each time but for its parameters.
func (s *Store) scan(ctx context.Context, attempted, query string, args []any, each func(scan func(...any) error) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	statement, err := s.prepare(ctx, query)
	if err == nil {
		err = scanRows(ctx, statement, args, each)
	}
	return s.failed(err, attempted)
}

// Within implements report.FigureStore.
func (s *Store) Within(ctx context.Context, q report.FigureQuery, seconds int64) ([]report.FigureRow, error) {
	if len(q.Spans) == 0 {
		return nil, nil
	}
	var where clause
	where.add(`c.counted AND c.started >= ? AND c.started < ?`, q.Spans[0].From-reach, q.Spans[len(q.Spans)-1].To)
	where.among("c.project", q.Projects, s)
	sums := map[report.FigureRow][3]int64{} // of answered, of lost, of all
	err := s.transact(ctx, s.read, "count what did not wait long", func(ctx context.Context, tx *sqlx.Tx) error {
		if err := s.onPostgres(ctx, tx, `SET TRANSACTION READ ONLY; `+unhurried); err != nil {
			return err
		}
		return s.countedCalls(ctx, tx, `FROM calls c WHERE `+where.text, where.args, func(k *keptCall) error {
			for key, waits := range k.call.Waits() {
				key = cleanKey(key)
				span := sort.Search(len(q.Spans), func(i int) bool { return q.Spans[i].To > key.Quarter })
				if span == len(q.Spans) || key.Quarter < q.Spans[span].From || !asks(q, key) {
					continue
				}
				row := report.FigureRow{Span: span}
				for _, by := range [...]struct {
					by    bool
					to    *string
					value string
				}{{q.By.Project, &row.Project, key.Project}, {q.By.Number, &row.Number, key.Number}, {q.By.Queue, &row.Queue, key.Queue}, {q.By.Agent, &row.Agent, key.Agent}} {
					if by.by {
						*by.to = by.value
					}
				}
				sum := sums[row]
				for i, waits := range [...][]int64{waits.Answered, waits.Lost} {
					for _, wait := range waits {
						if wait < seconds {
							sum[i]++
						}
					}
					sum[2] += int64(len(waits))
				}
				sums[row] = sum
			}
			return nil
		})
	})
	rows := make([]report.FigureRow, 0, len(sums))
	for row, n := range sums {
		row.Answered, row.Lost, row.Queued = n[0], n[1], n[2]
		rows = append(rows, row)
	}
	slices.SortFunc(rows, report.FigureRow.Compare)
	return rows, err
}

// asks tells whether a query is for the figures of a key, whatever its time.
func asks(q report.FigureQuery, key history.Key) bool {
	level := report.OfNumbers
	switch {
	case key.Agent != "":
		level = report.OfAgents
	case key.Queue != "":
		level = report.OfQueues
	}
	in := func(list []string, value string) bool { return list == nil || slices.Contains(list, value) }
	return level == q.Level && in(q.Projects, key.Project) && in(q.Numbers, key.Number) && in(q.Queues, key.Queue) && in(q.Agents, key.Agent)
}

// FigureTimes implements report.FigureStore.
func (s *Store) FigureTimes(ctx context.Context) (report.Span, bool, error) {
	var first, last *int64
	// Asked for both at once, SQLite reads them all.
	err := s.scan(ctx, "read when figures begin", `SELECT (SELECT MIN(quarter) FROM rollups), (SELECT MAX(quarter) FROM rollups)`, nil, func(scan func(...any) error) error {
		return scan(&first, &last)
	})
	if err != nil || first == nil {
		return report.Span{}, false, err
	}
	return report.Span{From: *first, To: *last + history.Quarter}, true, nil
}
