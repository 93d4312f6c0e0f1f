package store

import (
	"context"
	"fmt"
	"iter"
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

// quarters are those whose figures or endings change, each perhaps several times.
func (w *callWriter) quarters() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for key := range w.figures {
			if !yield(key.Quarter) {
				return
			}
		}
		for ending := range w.endings {
			if !yield(ending.Quarter) {
				return
			}
		}
	}
}

func (c *change) add(f history.Figures) {
	c.sum.Add(f)
	c.answered[0], c.lost[0] = max(c.answered[0], f.AnsweredLongest), max(c.lost[0], f.LostLongest)
}

func (c *change) subtract(f history.Figures) {
	c.sum.Sub(f) // what of the longest waits is stale, mendFigures finds out
	c.took = true
	c.answered[1], c.lost[1] = max(c.answered[1], f.AnsweredLongest), max(c.lost[1], f.LostLongest)
}

// figureColumns are what statements about figures are made of.
type figureColumns struct {
	names []string
	add   string // ON CONFLICT …
	sums  string // what is selected of several rows
}

func newFigureColumns() figureColumns {
	c := figureColumns{names: figureNames()}
	set, sums := make([]string, len(c.names)), make([]string, len(c.names))
	for i, name := range c.names {
		sums[i] = "CAST(SUM(" + name + ") AS BIGINT)"
		if longest(name) {
			sums[i] = "MAX(" + name + ")"
			set[i] = fmt.Sprintf("%[1]s = CASE WHEN excluded.%[1]s > rollups.%[1]s THEN excluded.%[1]s ELSE rollups.%[1]s END", name)
		} else {
			set[i] = fmt.Sprintf("%[1]s = rollups.%[1]s + excluded.%[1]s", name)
		}
	}
	c.sums = strings.Join(sums, ", ")
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
			if err := s.findLongest(ctx, tx, key, c); err != nil {
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

const sameKey = ` WHERE quarter = ? AND project = ? AND number = ? AND queue = ? AND agent = ?`

// findLongest sets the longest waits of a key anew, unless one that is longer than what went is still there. It reads no
// more calls than can have waited then: whoever posts a CDR waits for it.
func (s *Store) findLongest(ctx context.Context, tx *sqlx.Tx, key history.Key, c *change) error {
	var answered, lost int64
	err := tx.QueryRowContext(ctx, tx.Rebind(`SELECT answered_longest, lost_longest FROM rollups`+sameKey),
		key.Quarter, key.Project, key.Number, key.Queue, key.Agent).Scan(&answered, &lost)
	if isNoRows(err) || err == nil && (c.answered[1] <= c.answered[0] || c.answered[1] < answered) && (c.lost[1] <= c.lost[0] || c.lost[1] < lost) {
		return nil
	}
	if err != nil {
		return err
	}
	var where clause
	from := `FROM calls c`
	where.add(`c.project = ? AND c.counted`, key.Project)
	if key.Queue == "" {
		where.add(`c.started >= ? AND c.started < ?`, key.Quarter, key.Quarter+history.Quarter)
	} else { // a call may begin well before it comes to a queue
		from = `FROM call_terms t JOIN calls c ON c.started = t.started AND c.id = t.call`
		kind, value := byQueue, key.Queue
		if key.Agent != "" {
			kind, value = byAgent, key.Agent
		}
		where.add(`t.kind = ? AND t.value = ? AND t.started >= ? AND t.started < ?`, kind, value, key.Quarter-reach, key.Quarter+history.Quarter)
	}
	var found history.Figures
	err = s.countedCalls(ctx, tx, from+` WHERE `+where.text, where.args, func(k *keptCall) error {
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
	_, err = exec(ctx, tx, `UPDATE rollups SET answered_longest = ?, lost_longest = ?`+sameKey, found.AnsweredLongest, found.LostLongest,
		key.Quarter, key.Project, key.Number, key.Queue, key.Agent)
	return err
}

// countedCalls gives calls whose figures are kept; from is the rest of the query, in which they are c.
func (s *Store) countedCalls(ctx context.Context, tx *sqlx.Tx, from string, args []any, each func(*keptCall) error) error {
	return s.query(ctx, tx, tx.Rebind(`SELECT c.started, c.id, c.facts `+from), args, func(scan func(...any) error) error {
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
