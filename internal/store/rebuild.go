package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"callgate/internal/history"
	"callgate/internal/report"
)

const day = 24 * 3600 * 1_000_000 // microseconds

// Rebuild says what figures are to be compared with the calls that are kept.
type Rebuild struct {
	From, To int64 // of the quarter hours, microseconds since 1970 UTC; From is in, To is not
	Mend     bool  // keep what the calls say
}

// RebuildFigures makes figures anew from the calls, day by day, leaping over those without any, and returns of how many
// keys the kept ones were others. Those of days from which calls have been deleted cannot be made anew, and are left
// alone. The intake waits while a day is mended.
func (s *Store) RebuildFigures(ctx context.Context, r Rebuild) (wrong int, err error) {
	for at := r.From - mod(r.From, day); at < r.To; at += day {
		var next *int64 // the first time from then on of which there may be figures
		if _, err := s.one(ctx, "look for calls and figures", &next, `SELECT MIN(x) FROM (SELECT MIN(started) AS x FROM calls WHERE started >= ?
			UNION ALL SELECT MIN(quarter) FROM rollups WHERE quarter >= ? UNION ALL SELECT MIN(quarter) FROM endings WHERE quarter >= ?) AS times`,
			at-reach, at, at); err != nil || next == nil {
			return wrong, err
		}
		if at = max(at, *next-mod(*next, day)); at >= r.To {
			break
		}
		n, err := s.rebuildDay(ctx, r, at)
		if err != nil {
			return wrong, err
		}
		wrong += n
	}
	return wrong, nil
}

func mod(a, b int64) int64 { return (a%b + b) % b }

// rebuildTime bounds the work for a day.
const rebuildTime = 10 * time.Minute

// rebuildDay does the quarter hours of a day. It looks first, at one moment's state and in nobody's way; only what has to
// be mended is looked at again while the intake waits.
func (s *Store) rebuildDay(ctx context.Context, r Rebuild, at int64) (wrong int, err error) {
	ctx, cancel := context.WithTimeout(ctx, rebuildTime)
	defer cancel()
	from, to := max(r.From, at), min(r.To, at+day)
	err = s.transact(ctx, s.read, "compare figures", func(ctx context.Context, tx *sqlx.Tx) error {
		if err := s.onPostgres(ctx, tx, oneMoment+`; `+unhurried); err != nil {
			return err
		}
		c, err := s.compareFigures(ctx, tx, from, to)
		wrong = c.wrong()
		return err
	})
	if err != nil || wrong == 0 || !r.Mend {
		return wrong, err
	}
	err = s.transact(ctx, s.write, "rebuild figures", func(ctx context.Context, tx *sqlx.Tx) error {
		if err := s.onPostgres(ctx, tx, unhurried+`; `+intakeLock); err != nil {
			return err
		}
		c, err := s.compareFigures(ctx, tx, from, to)
		if err != nil {
			return err
		}
		wrong = c.wrong()
		changes := map[history.Key]*change{}
		for _, key := range c.bad {
			if f := c.made[key]; f != nil {
				changes[key] = &change{}
				changes[key].add(*f)
			}
		}
		for _, key := range c.bad {
			c.folds[foldOf(key.Quarter)] = true
		}
		if err := s.remove(ctx, tx, "rollups", keyColumns(c.bad)); err != nil {
			return err
		}
		if err := s.together(ctx, tx, func(to *writes) error {
			return errors.Join(addFigures(to, changes), addEndings(to, c.endings), unfold(to, maps.Keys(c.folds)))
		}); err != nil {
			return err
		}
		return s.dropEndings(ctx, tx, c.endings)
	})
	return wrong, err
}

// unhurried lets the statements of a transaction take their time.
const unhurried = `SET LOCAL statement_timeout = 0`

// comparison is what the calls of a span say, and where something else is kept.
type comparison struct {
	made    map[history.Key]*history.Figures
	bad     []history.Key          // of which other figures are kept
	endings map[history.Ending]int // by how many calls more than are kept ended so
	folds   map[int64]bool         // of which other sums are kept than those of the figures that are
}

func (c *comparison) wrong() int { return len(c.bad) + len(c.endings) + len(c.folds) }

// compareFigures makes the figures of a span from the calls, and finds out of what others are kept.
func (s *Store) compareFigures(ctx context.Context, tx *sqlx.Tx, from, to int64) (c comparison, err error) {
	c.made, c.endings = map[history.Key]*history.Figures{}, map[history.Ending]int{}
	if err := s.countedCalls(ctx, tx, `FROM calls c WHERE c.started >= ? AND c.started < ? AND c.counted`, []any{from - reach, to + history.Quarter}, func(k *keptCall) error {
		for key, f := range k.call.Figures() {
			if key.Quarter < from || key.Quarter >= to {
				continue
			}
			key = cleanKey(key)
			if c.made[key] == nil {
				c.made[key] = &history.Figures{}
			}
			c.made[key].Add(f)
		}
		if e, ok := k.call.Ending(); ok && e.Quarter >= from && e.Quarter < to {
			c.endings[cleanEnding(e)]++
		}
		return nil
	}); err != nil {
		return c, err
	}
	kept, err := s.figures(ctx, tx, "rollups", "", from, to)
	if err != nil {
		return c, err
	}
	for key, f := range c.made {
		if kept[key] != *f {
			c.bad = append(c.bad, key)
		}
	}
	for key := range kept {
		if c.made[key] == nil {
			c.bad = append(c.bad, key)
		}
	}
	ended, err := s.endings(ctx, tx, "endings", "", from, to)
	if err != nil {
		return c, err
	}
	if c.folds, err = s.wrongFolds(ctx, tx, from, to, kept, ended); err != nil {
		return c, err
	}
	for e, n := range ended {
		c.endings[e] -= n
	}
	since, err := readSince(ctx, tx)
	gone := func(project string, quarter int64) bool { return since[project] > 0 && quarter < since[project]+reach }
	c.bad = slices.DeleteFunc(c.bad, func(key history.Key) bool { return gone(key.Project, key.Quarter) })
	maps.DeleteFunc(c.endings, func(e history.Ending, n int) bool { return n == 0 || gone(e.Project, e.Quarter) })
	return c, err
}

// wrongFolds finds the spans of Fold in a time whose sums are not those of the figures and endings of that time.
func (s *Store) wrongFolds(ctx context.Context, tx *sqlx.Tx, from, to int64, figures map[history.Key]history.Figures, endings map[history.Ending]int) (map[int64]bool, error) {
	folds, err := s.folds(ctx, tx, []report.Span{{From: from, To: to}})
	if err != nil {
		return nil, err
	}
	const good = ` AND quarter IN (SELECT started FROM folds)`
	sums, err := s.figures(ctx, tx, "folded_rollups", good, from, to)
	if err != nil {
		return nil, err
	}
	ended, err := s.endings(ctx, tx, "folded_endings", good, from, to)
	if err != nil {
		return nil, err
	}
	wrong, whole := map[int64]bool{}, map[int64]bool{}
	for _, fold := range folds {
		whole[fold] = fold+history.Fold <= to
	}
	made := map[history.Key]history.Figures{}
	for key, f := range figures {
		if key.Quarter = foldOf(key.Quarter); whole[key.Quarter] {
			sum := made[key]
			sum.Add(f)
			made[key] = sum
		}
	}
	for e, n := range endings {
		e.Quarter = foldOf(e.Quarter)
		ended[e] -= n
	}
	for key, f := range sums {
		if made[key] != f {
			wrong[key.Quarter] = true
		}
		delete(made, key)
	}
	for key := range made {
		wrong[key.Quarter] = true
	}
	for e, n := range ended {
		if n != 0 {
			wrong[e.Quarter] = true
		}
	}
	maps.DeleteFunc(wrong, func(fold int64, _ bool) bool { return !whole[fold] })
	return wrong, nil
}

// figures reads the figures of a span from a table.
func (s *Store) figures(ctx context.Context, tx *sqlx.Tx, table, condition string, from, to int64) (map[history.Key]history.Figures, error) {
	all := map[history.Key]history.Figures{}
	err := s.query(ctx, tx, tx.Rebind(`SELECT quarter, project, number, queue, agent, `+strings.Join(s.figureColumns.names, ", ")+
		` FROM `+table+` WHERE quarter >= ? AND quarter < ?`+condition), []any{from, to}, func(scan func(...any) error) error {
		var k history.Key
		var f history.Figures
		into := []any{&k.Quarter, &k.Project, &k.Number, &k.Queue, &k.Agent}
		for _, v := range f.Values() {
			into = append(into, v)
		}
		if err := scan(into...); err != nil {
			return fmt.Errorf("read figures: %w", err)
		}
		sum := all[k] // sums have no key that would keep out a second row
		sum.Add(f)
		all[k] = sum
		return nil
	})
	return all, err
}

// WrongFigures is how many keys have other figures than the calls that are kept give.
func (s *Store) WrongFigures(ctx context.Context) (int, error) {
	return s.RebuildFigures(ctx, Rebuild{To: math.MaxInt64 - reach})
}
