package store

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"callgate/internal/history"
	"callgate/internal/report"
)

// foldOf is the span of history.Fold that a time lies in.
func foldOf(at int64) int64 { return at - mod(at, history.Fold) }

// FoldFigures implements history.Attic.
func (s *Store) FoldFigures(ctx context.Context, from, before int64) (next int64, held time.Duration, err error) {
	for at := from; ; {
		var quarter *int64
		if _, err := s.one(ctx, "look for figures to sum up", &quarter, `SELECT MIN(quarter) FROM rollups WHERE quarter >= ? AND quarter < ?`,
			at, before); err != nil || quarter == nil {
			return 0, 0, err
		}
		fold := foldOf(*quarter)
		if at = fold + history.Fold; at > before {
			return 0, 0, nil
		}
		var folded int64
		if ok, err := s.one(ctx, "look for figures to sum up", &folded, `SELECT started FROM folds WHERE started = ?`, fold); err != nil {
			return 0, 0, err
		} else if ok {
			continue
		}
		held, err = s.fold(ctx, fold)
		return at, held, err
	}
}

// fold sums up the figures of a span, while they cannot change.
func (s *Store) fold(ctx context.Context, at int64) (held time.Duration, err error) {
	names := strings.Join(s.figureColumns.names, ", ")
	return s.oneJoins(ctx, "sum up figures", func(ctx context.Context, tx *sqlx.Tx) error {
		for _, query := range [...]string{
			`DELETE FROM folded_rollups WHERE quarter = ?`,
			fmt.Sprintf(`INSERT INTO folded_rollups (quarter, project, number, queue, agent, %s) SELECT CAST(? AS BIGINT), project, number, queue, agent, %s
				FROM rollups WHERE quarter >= ? AND quarter < ? GROUP BY project, number, queue, agent ORDER BY agent <> '', queue <> ''`, names, s.figureColumns.sums),
			`DELETE FROM folded_endings WHERE quarter = ?`,
			fmt.Sprintf(`INSERT INTO folded_endings (quarter, %[1]s, calls) SELECT CAST(? AS BIGINT), %[1]s, SUM(calls) FROM endings
				WHERE quarter >= ? AND quarter < ? GROUP BY %[1]s`, endingNames),
			`DELETE FROM folds WHERE started = ?`,
			`INSERT INTO folds (started) VALUES (?)`,
		} {
			args := []any{at}
			if strings.Contains(query, "SELECT") {
				args = append(args, at, at+history.Fold)
			}
			if _, err := exec(ctx, tx, query, args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// unfold says that sums are good no more which figures of some quarter hours, that change, are part of.
func unfold(to *writes, quarters iter.Seq[int64]) error {
	var started []int64
	for quarter := range quarters {
		if fold := foldOf(quarter); fold < micros(to.s.now())-soon && !slices.Contains(started, fold) { // later ones have not been summed up
			started = append(started, fold)
		}
	}
	return to.remove("folds", columns{{"started", started}})
}

// stretch is a time of a span of a query, for which the figures of quarter hours are read or, where there are, their sums.
type stretch struct {
	report.Span
	of int
}

// readSums reads the sums of spans from a table of figures of quarter hours, and from that of their sums: selected is what
// is selected of its rows, r, for each stretch of time, g, that is in condition; group is by what.
func (s *Store) readSums(ctx context.Context, attempted string, spans []report.Span, selected, table, condition, group string, args []any,
	each func(scan func(...any) error) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return s.transact(ctx, s.read, attempted, func(ctx context.Context, tx *sqlx.Tx) error {
		if err := s.onPostgres(ctx, tx, oneMoment); err != nil {
			return err
		}
		folds, err := s.folds(ctx, tx, spans)
		if err != nil {
			return err
		}
		quarters, folded := divide(spans, folds)
		for _, from := range [...]struct {
			table string
			of    []stretch
		}{{table, quarters}, {"folded_" + table, folded}} {
			if len(from.of) == 0 {
				continue
			}
			// The stretches are outside: each is one of an index.
			query := `SELECT ` + selected + ` FROM (` + s.stretches() + `) AS g CROSS JOIN ` + from.table + ` r WHERE ` + condition + ` GROUP BY ` + group
			if s.postgres() { // which would sort the rows of all stretches together otherwise, on the disk
				query = `SELECT f.* FROM (` + s.stretches() + `) AS g CROSS JOIN LATERAL (SELECT ` + selected + ` FROM ` + from.table + ` r WHERE ` + condition + ` GROUP BY ` + group + `) AS f`
			}
			if err := s.query(ctx, tx, query, append([]any{bounds(from.of)}, args...), each); err != nil {
				return err
			}
		}
		return nil
	})
}

// folds lists, in order, which spans of Fold have been summed up, of those that a query could use.
func (s *Store) folds(ctx context.Context, tx *sqlx.Tx, spans []report.Span) (all []int64, err error) {
	if !slices.ContainsFunc(spans, func(s report.Span) bool { return s.To-s.From >= history.Fold }) {
		return nil, nil
	}
	err = s.query(ctx, tx, tx.Rebind(`SELECT started FROM folds WHERE started >= ? AND started < ? ORDER BY started`),
		[]any{spans[0].From, spans[len(spans)-1].To}, func(scan func(...any) error) error {
			var started int64
			err := scan(&started)
			all = append(all, started)
			return err
		})
	return all, err
}

// divide divides spans by which spans of Fold have been summed up, in order.
func divide(spans []report.Span, folds []int64) (quarters, folded []stretch) {
	add := func(all []stretch, of int, from, to int64) []stretch {
		if n := len(all) - 1; n >= 0 && all[n].of == of && all[n].To == from {
			all[n].To = to
			return all
		}
		if from < to {
			all = append(all, stretch{report.Span{From: from, To: to}, of})
		}
		return all
	}
	next := 0
	for i, span := range spans {
		at := span.From
		for ; next < len(folds) && folds[next]+history.Fold <= span.To; next++ {
			if fold := folds[next]; fold >= at {
				quarters = add(quarters, i, at, fold)
				at = fold + history.Fold
				folded = add(folded, i, fold, at)
			}
		}
		quarters = add(quarters, i, at, span.To)
	}
	return quarters, folded
}

// inStretch is the condition for rows, r, of a stretch, g.
const inStretch = `r.quarter >= g.since AND r.quarter < g.until`

// stretches are those of a query, whose parameter is bounds.
func (s *Store) stretches() string {
	if s.postgres() {
		return `SELECT (value->>0)::bigint AS span, (value->>1)::bigint AS since, (value->>2)::bigint AS until FROM jsonb_array_elements(?::jsonb)`
	}
	return `SELECT json_extract(value, '$[0]') AS span, json_extract(value, '$[1]') AS since, json_extract(value, '$[2]') AS until FROM json_each(?)`
}

func bounds(stretches []stretch) string {
	all := make([][3]int64, len(stretches))
	for i, s := range stretches {
		all[i] = [...]int64{int64(s.of), s.From, s.To}
	}
	return asJSON(all)
}
