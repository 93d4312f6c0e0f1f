package store

import (
	"context"
	"math"
	"time"

	"github.com/jmoiron/sqlx"

	"callgate/internal/history"
)

// soon is how long ago a call cannot have begun that any project has done with: a day, less what clocks may differ.
const soon = 12 * 3600 * 1_000_000 // microseconds

// oneJoins runs a transaction while no other joins legs into calls, and tells for how long it kept them from it.
func (s *Store) oneJoins(ctx context.Context, attempted string, f func(ctx context.Context, tx *sqlx.Tx) error) (held time.Duration, err error) {
	var began time.Time
	err = s.change(ctx, attempted, func(ctx context.Context, tx *sqlx.Tx) error {
		if err := s.onPostgres(ctx, tx, intakeLock); err != nil {
			return err
		}
		began = time.Now()
		return f(ctx, tx)
	})
	return time.Since(began), err
}

// KeepSince implements history.Attic.
func (s *Store) KeepSince(ctx context.Context, h history.Horizons) error {
	projects, err := s.CallProjects(ctx)
	if err != nil {
		return err
	}
	given := map[string]int64{"": h.Others}
	for _, p := range projects {
		given[p] = h.Of(p)
	}
	for p, since := range h.Projects {
		given[clean(p)] = since
	}
	_, err = s.oneJoins(ctx, "keep from when on calls are kept", func(ctx context.Context, tx *sqlx.Tx) error {
		var project []string
		var since []int64
		for p, us := range given {
			if us > 0 {
				project, since = append(project, p), append(since, us)
			}
		}
		return s.insert(ctx, tx, "kept_calls", `ON CONFLICT (project) DO UPDATE SET since = excluded.since WHERE kept_calls.since < excluded.since`,
			columns{{"project", project}, {"since", since}})
	})
	return err
}

// KeptSince tells from when on the calls of each project are all there: of those before that, the figures are all
// that can be relied on.
func (s *Store) KeptSince(ctx context.Context) (history.Horizons, error) {
	var rows []keptSince
	if err := s.all(ctx, "read from when on calls are kept", &rows, selectKept); err != nil {
		return history.Horizons{}, err
	}
	h := history.Horizons{Projects: make(map[string]int64, len(rows))}
	for _, r := range rows {
		h.Projects[r.Project] = r.Since
	}
	return h, nil
}

type keptSince struct {
	Project string `db:"project"`
	Since   int64  `db:"since"`
}

const selectKept = `SELECT project, since FROM kept_calls`

// readKept reads for the calls of some legs from when on they are counted. Calls of today always are.
func (s *Store) readKept(ctx context.Context, tx *sqlx.Tx, fresh []*freshLeg) (map[string]int64, error) {
	late, now := false, micros(s.now())
	for _, f := range fresh {
		late = late || f.doc.Leg.Began() < now-soon
	}
	if !late {
		return nil, nil
	}
	return readSince(ctx, tx)
}

// readSince reads from when on calls of projects are all there.
func readSince(ctx context.Context, tx *sqlx.Tx) (map[string]int64, error) {
	var rows []keptSince
	if err := tx.SelectContext(ctx, &rows, selectKept); err != nil {
		return nil, err
	}
	since := make(map[string]int64, len(rows))
	for _, r := range rows {
		since[r.Project] = r.Since
	}
	return since, nil
}

// reckoned tells whether a call has been counted, and deleted, before: it began before its project's calls are all there,
// and is none of those that wait to be deleted. Legs that count nothing by themselves may have come again.
func (w *callWriter) reckoned(g *group, made *keptCall) bool {
	since := w.since[clean(made.call.Project)]
	for _, f := range g.fresh {
		if f.doc.Leg.Project == made.call.Project {
			since = max(since, f.doc.Since)
		}
	}
	for _, c := range g.calls {
		if c.counted && c.call.Begun && c.place.Started < since {
			return false
		}
	}
	return made.place.Started < since
}

// CallProjects implements history.Attic. It leaps through the index from each project to the next.
func (s *Store) CallProjects(ctx context.Context) ([]string, error) {
	var all []string
	err := s.all(ctx, "read the projects of calls", &all, `WITH RECURSIVE kept (project) AS (
		SELECT MIN(project) FROM calls
		UNION ALL SELECT (SELECT MIN(c.project) FROM calls c WHERE c.project > kept.project)
		FROM kept WHERE kept.project IS NOT NULL) SELECT project FROM kept WHERE project IS NOT NULL`)
	return all, err
}

// PruneCalls implements history.Attic.
func (s *Store) PruneCalls(ctx context.Context, p history.Prune) (done history.Pruned, err error) {
	query, args := `SELECT started, id, facts FROM calls WHERE started >= ? AND started < ? AND (started, id) > (?, ?)`,
		[]any{p.After.Started, p.Before, p.After.Started, p.After.ID}
	if p.Project != nil {
		query, args = query+` AND project = ?`, append(args, clean(*p.Project))
	}
	query, args = query+` ORDER BY started, id LIMIT ?`, append(args, p.Limit)
	done.Held, err = s.oneJoins(ctx, "delete old calls", func(ctx context.Context, tx *sqlx.Tx) error {
		w := callWriter{terms: map[term]int{}}
		var legs []*history.Leg
		if err := s.query(ctx, tx, tx.Rebind(query), args, func(scan func(...any) error) error {
			k := &keptCall{}
			var facts []byte
			if err := scan(&k.place.Started, &k.place.ID, &facts); err != nil {
				return err
			}
			known, err := s.unpackLegs(facts)
			if err != nil {
				return err
			}
			done.Looked, done.Last, k.call = done.Looked+1, k.place, history.Join(known)
			if p.Gone == nil || p.Gone(k.call) {
				done.Calls++
				w.forget(k)
				legs = append(legs, known...)
			}
			return nil
		}); err != nil || done.Calls == 0 {
			return err
		}
		if done.Documents, err = s.removeDocuments(ctx, tx, legs); err != nil {
			return err
		}
		return s.writeCalls(ctx, tx, &w)
	})
	if err != nil {
		return history.Pruned{}, err
	}
	return done, nil
}

// forget deletes a call, and leaves its figures.
func (w *callWriter) forget(k *keptCall) {
	w.gone = append(w.gone, k.place)
	for t := range k.terms() {
		w.terms[t]--
	}
}

// removeDocuments deletes the documents of legs: all of a leg's, that which was shown and others. A uuid that came again
// later was another leg's.
func (s *Store) removeDocuments(ctx context.Context, tx *sqlx.Tx, legs []*history.Leg) (int, error) {
	var leg []string
	var from, to []int64
	first, last := int64(math.MaxInt64), int64(math.MinInt64)
	for _, l := range legs {
		a, b := l.Start-reach, l.Start+reach
		if l.Leg == "" || l.Start < history.FirstTime { // the others of that uuid, and of that time, may be anybody's
			a, b = l.Start, l.Start
		}
		leg, from, to = append(leg, clean(l.Leg)), append(from, a), append(to, b)
		first, last = min(first, a), max(last, b)
	}
	given := columns{{"leg", leg}, {"first", from}, {"last", to}}
	if s.postgres() {
		statement, err := s.prepareIn(ctx, tx, `DELETE FROM cdrs t USING `+given.unnest(0)+
			` WHERE t.leg = given.leg AND t.started BETWEEN given.first AND given.last AND t.started BETWEEN $4 AND $5`)
		if err != nil {
			return 0, err
		}
		return affected(ctx, statement, append(given.arrays(), first, last))
	}
	statement, err := s.prepareIn(ctx, tx, `DELETE FROM cdrs WHERE leg = ? AND started BETWEEN ? AND ?`)
	total := 0
	for i := 0; i < len(leg) && err == nil; i++ {
		var n int
		n, err = affected(ctx, statement, given.at(i))
		total += n
	}
	return total, err
}

func affected(ctx context.Context, statement *sqlx.Stmt, args []any) (int, error) {
	result, err := statement.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// PruneUnread implements history.Attic.
func (s *Store) PruneUnread(ctx context.Context, before int64, limit int) (unreadable, untimed int, held time.Duration, err error) {
	held, err = s.oneJoins(ctx, "delete old CDRs", func(ctx context.Context, tx *sqlx.Tx) error {
		n, err := exec(ctx, tx, `DELETE FROM unreadable_cdrs WHERE (leg, a_leg, digest) IN
			(SELECT leg, a_leg, digest FROM unreadable_cdrs WHERE received < ? ORDER BY received LIMIT ?)`, before, limit)
		if err != nil {
			return err
		}
		unreadable = int(n)
		n, err = exec(ctx, tx, `DELETE FROM cdrs WHERE started < 1262304000000000 AND (leg, a_leg, digest, started) IN
			(SELECT leg, a_leg, digest, started FROM cdrs WHERE started < 1262304000000000 AND received < ? ORDER BY received LIMIT ?)`, before, limit)
		untimed = int(n)
		return err
	})
	return unreadable, untimed, held, err
}

// PruneTerms implements history.Attic.
func (s *Store) PruneTerms(ctx context.Context, after history.TermCursor, limit int) (next history.TermCursor, deleted int, err error) {
	var rows []struct {
		Kind    int64  `db:"kind"`
		Value   string `db:"value"`
		Started int64  `db:"started"`
		Call    int64  `db:"call"`
		Known   bool   `db:"known"`
	}
	if err := s.all(ctx, "read what calls are found by", &rows, `SELECT t.kind, t.value, t.started, t.call,
		EXISTS (SELECT 1 FROM calls c WHERE c.started = t.started AND c.id = t.call) AS known FROM call_terms t
		WHERE (t.kind, t.value, t.started, t.call) > (?, ?, ?, ?) ORDER BY t.kind, t.value, t.started, t.call LIMIT ?`,
		after.Kind, after.Value, after.Call.Started, after.Call.ID, limit); err != nil {
		return after, 0, err
	}
	_, err = s.oneJoins(ctx, "delete what calls were found by", func(ctx context.Context, tx *sqlx.Tx) error {
		for _, r := range rows {
			if r.Known {
				continue
			}
			n, err := exec(ctx, tx, `DELETE FROM call_terms WHERE kind = ? AND value = ? AND started = ? AND call = ?
				AND NOT EXISTS (SELECT 1 FROM calls c WHERE c.started = call_terms.started AND c.id = call_terms.call)`,
				r.Kind, r.Value, r.Started, r.Call)
			if err != nil {
				return err
			}
			deleted += int(n)
		}
		return nil
	})
	if err != nil || len(rows) < limit {
		return history.TermCursor{}, deleted, err
	}
	last := rows[len(rows)-1]
	return history.TermCursor{Kind: last.Kind, Value: last.Value, Call: history.Cursor{Started: last.Started, ID: last.Call}}, deleted, nil
}
