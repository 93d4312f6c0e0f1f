package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"callgate/internal/history"
)

// figureNames are the columns of rollups that hold figures, in the order of history.Figures.Values.
func figureNames() []string {
	names := strings.Fields(`inbound outbound unqueued talked queued answered lost offered missed
		answered_wait lost_wait answered_longest lost_longest talk hold held wrap wrap_unknown minutes`)
	for _, kind := range [...]string{"answered", "lost"} {
		for _, t := range history.Thresholds() {
			names = append(names, fmt.Sprintf("%s_in_%d", kind, t))
		}
	}
	return names
}

// longest tells which of the figures are no sums but the greatest of all.
func longest(name string) bool { return strings.HasSuffix(name, "_longest") }

// change is what a transaction does to the figures of a key: a difference, but the longest waits that came and went.
type change struct {
	sum      history.Figures
	took     bool     // something was subtracted
	answered [2]int64 // the longest waits that came, and that went
	lost     [2]int64
}

func (w *callWriter) change(key history.Key) *change {
	key = cleanKey(key)
	c := w.figures[key]
	if c == nil {
		c = &change{}
		w.figures[key] = c
	}
	return c
}

func (c *change) add(f history.Figures) {
	c.accumulate(f, 1)
	c.answered[0], c.lost[0] = max(c.answered[0], f.AnsweredLongest), max(c.lost[0], f.LostLongest)
}

func (c *change) subtract(f history.Figures) {
	c.accumulate(f, -1)
	c.took = true
	c.answered[1], c.lost[1] = max(c.answered[1], f.AnsweredLongest), max(c.lost[1], f.LostLongest)
}

func (c *change) accumulate(f history.Figures, sign int64) {
	given := f.Values()
	for i, sum := range c.sum.Values() {
		*sum += sign * *given[i]
	}
}

// figureColumns are what statements about figures are made of.
type figureColumns struct {
	names []string
	add   string // ON CONFLICT …
}

func newFigureColumns() figureColumns {
	c := figureColumns{names: figureNames()}
	set := make([]string, len(c.names))
	for i, name := range c.names {
		if longest(name) {
			set[i] = fmt.Sprintf("%[1]s = CASE WHEN excluded.%[1]s > rollups.%[1]s THEN excluded.%[1]s ELSE rollups.%[1]s END", name)
		} else {
			set[i] = fmt.Sprintf("%[1]s = rollups.%[1]s + excluded.%[1]s", name)
		}
	}
	c.add = "ON CONFLICT (quarter, project, number, queue, agent) DO UPDATE SET " + strings.Join(set, ", ")
	return c
}

// addFigures adds changes to the figures that are kept.
func addFigures(to *writes, changes map[history.Key]*change) error {
	var keys []history.Key
	for key, c := range changes {
		c.sum.AnsweredLongest, c.sum.LostLongest = c.answered[0], c.lost[0]
		if !c.sum.IsZero() {
			keys = append(keys, key)
		}
	}
	given := keyColumns(keys)
	values := make([][]int64, len(to.s.figureColumns.names))
	for _, key := range keys {
		for i, v := range changes[key].sum.Values() {
			values[i] = append(values[i], *v)
		}
	}
	for i, name := range to.s.figureColumns.names {
		given = append(given, column{name, values[i]})
	}
	return to.insert("rollups", to.s.figureColumns.add, given)
}

// cleanKey is a key as it is kept.
func cleanKey(k history.Key) history.Key {
	return history.Key{Quarter: k.Quarter, Project: clean(k.Project), Number: clean(k.Number), Queue: clean(k.Queue), Agent: clean(k.Agent)}
}

func keyColumns(keys []history.Key) columns {
	var quarter []int64
	var project, number, queue, agent []string
	for _, k := range keys {
		quarter = append(quarter, k.Quarter)
		project, number = append(project, k.Project), append(number, k.Number)
		queue, agent = append(queue, k.Queue), append(agent, k.Agent)
	}
	return columns{{"quarter", quarter}, {"project", project}, {"number", number}, {"queue", queue}, {"agent", agent}}
}

// mendFigures does what sums cannot: figures that are all zero again go, and where the longest wait may have gone it is
// looked for among the calls.
func (s *Store) mendFigures(ctx context.Context, tx *sqlx.Tx, changes map[history.Key]*change) error {
	var taken []history.Key
	for key, c := range changes {
		if c.took && slices.ContainsFunc(c.sum.Values(), func(v *int64) bool { return *v < 0 }) {
			taken = append(taken, key)
		}
		if c.answered[1] > c.answered[0] || c.lost[1] > c.lost[0] {
			if err := s.findLongest(ctx, tx, key); err != nil {
				return err
			}
		}
	}
	if len(taken) == 0 {
		return nil
	}
	given := keyColumns(taken)
	for _, name := range s.figureColumns.names {
		given = append(given, column{name, make([]int64, len(taken))})
	}
	return s.remove(ctx, tx, "rollups", given)
}

// findLongest sets the longest waits of a key anew. A call may begin well before it comes to a queue.
func (s *Store) findLongest(ctx context.Context, tx *sqlx.Tx, key history.Key) error {
	var found history.Figures
	err := s.countedCalls(ctx, tx, key.Quarter-reach, key.Quarter+history.Quarter, &key.Project, func(k *keptCall) error {
		var f history.Figures
		for made, figures := range k.call.Figures() {
			if cleanKey(made) == key {
				f.Add(figures)
			}
		}
		found.AnsweredLongest, found.LostLongest = max(found.AnsweredLongest, f.AnsweredLongest), max(found.LostLongest, f.LostLongest)
		return nil
	})
	if err != nil {
		return err
	}
	_, err = exec(ctx, tx, `UPDATE rollups SET answered_longest = ?, lost_longest = ?
		WHERE quarter = ? AND project = ? AND number = ? AND queue = ? AND agent = ?`, found.AnsweredLongest, found.LostLongest,
		key.Quarter, key.Project, key.Number, key.Queue, key.Agent)
	return err
}

// countedCalls gives the calls of a project, or with nil of all, that began in a span and whose figures are kept.
func (s *Store) countedCalls(ctx context.Context, tx *sqlx.Tx, from, to int64, project *string, each func(*keptCall) error) error {
	query, args := `SELECT started, id, facts FROM calls WHERE started >= ? AND started < ? AND counted`, []any{from, to}
	if project != nil {
		query, args = query+` AND project = ?`, append(args, clean(*project))
	}
	return s.query(ctx, tx, tx.Rebind(query), args, func(scan func(...any) error) error {
		k := &keptCall{counted: true}
		var facts []byte
		if err := scan(&k.place.Started, &k.place.ID, &facts); err != nil {
			return err
		}
		legs, err := s.unpackLegs(facts)
		if err != nil {
			return err
		}
		k.call = history.Join(legs)
		return each(k)
	})
}
