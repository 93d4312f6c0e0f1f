package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"callgate/internal/history"
)

const (
	// reach is how far apart, in microseconds, the legs of one call may begin: a uuid that comes again later is another call's.
	reach = 2 * 24 * 3600 * 1_000_000
	// maxLegs is how many legs a call may have. Those that come beyond it are calls of their own.
	maxLegs = 256
)

// The kinds of call_terms.
const (
	byLeg int64 = iota + 1
	byNumber
	byQueue
	byAgent
	byPeer
)

// freshLeg is a leg that was not known before this transaction.
type freshLeg struct {
	doc     *history.Document
	outcome *history.Outcome
}

// at is when a leg began, as near as its document tells.
func at(l *history.Leg) int64 {
	for _, t := range [...]int64{l.Start, l.Answer, l.End} {
		if t > 0 {
			return t
		}
	}
	return l.Received
}

// keptCall is a call as it is in the database.
type keptCall struct {
	place   history.Cursor
	counted bool
	call    *history.Call
}

// terms are all that a call is found by.
func (k *keptCall) terms() map[term]bool {
	all := map[term]bool{}
	add := func(kind int64, values ...string) {
		for _, v := range values {
			if v = clean(v); v != "" {
				all[term{kind, v, k.place}] = true
			}
		}
	}
	for _, l := range k.call.Legs {
		names := l.Names()
		add(byLeg, names...)
		for _, p := range l.Peers { // of a queue's caller: an agent whose leg may serve others too
			if !slices.Contains(names, p) && !slices.ContainsFunc(k.call.Legs, func(o *history.Leg) bool { return o.Leg == p }) {
				add(byPeer, p)
			}
		}
	}
	add(byNumber, k.call.Numbers()...)
	add(byQueue, k.call.Queues()...)
	add(byAgent, k.call.Agents()...)
	return all
}

type term struct {
	kind  int64
	value string
	call  history.Cursor
}

// joinLegs makes calls of legs, together with what is known of them already, and keeps the figures right. The legs of
// one call may come in any order, in any number of transactions, to any process: one at a time is joined.
func (s *Store) joinLegs(ctx context.Context, tx *sqlx.Tx, fresh []*freshLeg) error {
	if len(fresh) == 0 {
		return nil
	}
	if s.postgres() {
		if _, err := tx.ExecContext(ctx, intakeLock); err != nil {
			return err
		}
	}
	if err := s.nameRecordings(ctx, tx, fresh); err != nil {
		return err
	}
	groups, err := s.groupLegs(ctx, tx, fresh)
	if err != nil {
		return err
	}
	if err := s.readCalls(ctx, tx, groups); err != nil {
		return err
	}
	w := callWriter{figures: map[history.Key]*change{}, terms: map[term]int{}}
	for _, g := range groups {
		w.join(g)
	}
	return s.writeCalls(ctx, tx, &w)
}

// group is some legs that belong together, and the calls that they belong to.
type group struct {
	fresh []*freshLeg
	calls []*keptCall
}

// groupLegs finds out which of the legs belong together, and to which known calls: those that share a name.
func (s *Store) groupLegs(ctx context.Context, tx *sqlx.Tx, fresh []*freshLeg) ([]*group, error) {
	var names []string
	seen := map[string]bool{}
	from, to := at(fresh[0].doc.Leg), at(fresh[0].doc.Leg)
	for _, f := range fresh {
		from, to = min(from, at(f.doc.Leg)), max(to, at(f.doc.Leg))
		for _, n := range f.doc.Leg.Names() {
			if n = clean(n); !seen[n] {
				seen[n] = true
				names = append(names, n)
			}
		}
	}
	known := map[string][]history.Cursor{}
	err := s.findTerms(ctx, tx, byLeg, names, from-reach, to+reach, func(value string, place history.Cursor) {
		known[value] = append(known[value], place)
	})
	if err != nil {
		return nil, err
	}
	// Union-find: every leg and every call is in the group of its root.
	parent := make([]int, len(fresh))
	calls := map[history.Cursor]int{}
	var places []history.Cursor
	root := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	for i := range fresh {
		parent[i] = i
	}
	latest := map[string]int{}
	for i, f := range fresh {
		for _, n := range f.doc.Leg.Names() {
			n = clean(n)
			if other, ok := latest[n]; ok && near(at(fresh[other].doc.Leg), at(f.doc.Leg)) {
				parent[root(i)] = root(other)
			}
			latest[n] = i
			// A name is in several calls only where they would be too large together: the last one may have room.
			var place history.Cursor
			for _, k := range known[n] {
				if near(k.Started, at(f.doc.Leg)) && k.ID > place.ID {
					place = k
				}
			}
			if place.ID == 0 {
				continue
			}
			c, ok := calls[place]
			if !ok {
				c = len(parent)
				calls[place], places, parent = c, append(places, place), append(parent, c)
			}
			parent[root(i)] = root(c)
		}
	}
	byRoot := map[int]*group{}
	var groups []*group
	at := func(i int) *group {
		g := byRoot[root(i)]
		if g == nil {
			g = &group{}
			byRoot[root(i)] = g
			groups = append(groups, g)
		}
		return g
	}
	for i, f := range fresh {
		at(i).fresh = append(at(i).fresh, f)
	}
	for _, place := range places {
		g := at(calls[place])
		g.calls = append(g.calls, &keptCall{place: place})
	}
	return groups, nil
}

func near(a, b int64) bool { return a-b <= reach && b-a <= reach }

// findTerms gives the calls that are found by any of these values.
func (s *Store) findTerms(ctx context.Context, tx *sqlx.Tx, kind int64, values []string, from, to int64, each func(value string, place history.Cursor)) error {
	scan := func(scan func(...any) error) error {
		var value string
		var place history.Cursor
		err := scan(&value, &place.Started, &place.ID)
		if err == nil {
			each(value, place)
		}
		return err
	}
	const query = `SELECT value, started, call FROM call_terms WHERE kind = `
	if s.postgres() {
		return s.query(ctx, tx, query+`$1 AND value = ANY($2) AND started BETWEEN $3 AND $4`, append([]any{kind, textArray(values)}, from, to), scan)
	}
	statement, err := s.prepareIn(ctx, tx, query+`? AND value = ? AND started BETWEEN ? AND ?`)
	if err != nil {
		return err
	}
	for _, v := range values {
		if err := scanRows(ctx, statement, []any{kind, v, from, to}, scan); err != nil {
			return err
		}
	}
	return nil
}

// readCalls reads the known calls of the groups.
func (s *Store) readCalls(ctx context.Context, tx *sqlx.Tx, groups []*group) error {
	var started, ids []int64
	at := map[history.Cursor]*keptCall{}
	for _, g := range groups {
		for _, c := range g.calls {
			started, ids = append(started, c.place.Started), append(ids, c.place.ID)
			at[c.place] = c
		}
	}
	if len(ids) == 0 {
		return nil
	}
	scan := func(scan func(...any) error) error {
		var place history.Cursor
		var counted bool
		var facts []byte
		if err := scan(&place.Started, &place.ID, &counted, &facts); err != nil {
			return err
		}
		legs, err := s.unpackLegs(facts)
		if err != nil {
			return err
		}
		c := at[place]
		c.counted, c.call = counted, history.Join(legs)
		return nil
	}
	given := columns{{"started", started}, {"id", ids}}
	var err error
	if s.postgres() {
		err = s.query(ctx, tx, `SELECT c.started, c.id, c.counted, c.facts FROM `+given.unnest()+` JOIN calls c ON c.started = given.started AND c.id = given.id`,
			given.arrays(), scan)
	} else {
		var statement *sqlx.Stmt
		statement, err = s.prepareIn(ctx, tx, `SELECT started, id, counted, facts FROM calls WHERE started = ? AND id = ?`)
		for i := 0; i < len(ids) && err == nil; i++ {
			err = scanRows(ctx, statement, given.at(i), scan)
		}
	}
	if err != nil {
		return err
	}
	for _, g := range groups { // a term without its call would be a fault of ours: it must not lose a leg
		g.calls = slices.DeleteFunc(g.calls, func(c *keptCall) bool { return c.call == nil })
	}
	return nil
}

func (s *Store) unpackLegs(facts []byte) ([]*history.Leg, error) {
	raw, err := s.packer.open(facts)
	if err != nil {
		return nil, err
	}
	var legs []*history.Leg
	if err := json.Unmarshal(raw, &legs); err != nil {
		return nil, fmt.Errorf("read the legs of a call: %w", err)
	}
	return legs, nil
}

// callWriter collects what a transaction does to calls, terms and figures.
type callWriter struct {
	gone    []history.Cursor
	again   []*freshLeg // whose leg had a document before
	put     []*keptCall
	fresh   int          // of put, how many have no id yet
	terms   map[term]int // more than 0 is to be inserted, less to be deleted
	figures map[history.Key]*change
}

// join makes one call of a group.
func (w *callWriter) join(g *group) {
	total := len(g.fresh)
	for _, c := range g.calls {
		total += len(c.call.Legs)
	}
	if total > maxLegs {
		g.calls = nil
		for len(g.fresh) > maxLegs {
			w.join(&group{fresh: g.fresh[:maxLegs]})
			g.fresh = g.fresh[maxLegs:]
		}
	}
	var legs []*history.Leg
	at := map[string]int{}
	add := func(l *history.Leg) (again bool) {
		i, known := at[l.Leg]
		if !known || l.Leg == "" {
			at[l.Leg] = len(legs)
			legs = append(legs, l)
			return false
		}
		if l.Supersedes(legs[i]) {
			legs[i] = l
		}
		return true
	}
	made := &keptCall{counted: true}
	for _, c := range g.calls {
		for _, l := range c.call.Legs {
			add(l)
		}
		made.counted = made.counted && c.counted
		if made.place.ID == 0 || c.place.ID < made.place.ID {
			made.place.ID = c.place.ID
		}
	}
	for _, f := range g.fresh {
		if add(f.doc.Leg) {
			w.again = append(w.again, f)
		}
	}
	made.call = history.Join(legs)
	made.place.Started = made.call.Started
	if made.place.Started <= 0 {
		made.place.Started = at0(legs)
	}
	if len(g.calls) == 0 {
		made.counted = made.place.Started >= g.fresh[0].doc.Since
	}
	w.replace(g.calls, made)
}

// at0 is when the earliest of some legs began.
func at0(legs []*history.Leg) int64 {
	first := at(legs[0])
	for _, l := range legs[1:] {
		first = min(first, at(l))
	}
	return first
}

// replace puts a call in the place of others.
func (w *callWriter) replace(old []*keptCall, made *keptCall) {
	for _, c := range old {
		if c.place != made.place {
			w.gone = append(w.gone, c.place)
		}
		for t := range c.terms() {
			w.terms[t]--
		}
		if c.counted {
			for key, f := range c.call.Figures() {
				w.change(key).subtract(f)
			}
		}
	}
	if made == nil {
		return
	}
	if made.counted {
		for key, f := range made.call.Figures() {
			w.change(key).add(f)
		}
	}
	w.put = append(w.put, made)
	if made.place.ID == 0 {
		w.fresh++
		return // its terms are made when it has an id
	}
	for t := range made.terms() {
		w.terms[t]++
	}
}

// writeCalls writes what was collected.
func (s *Store) writeCalls(ctx context.Context, tx *sqlx.Tx, w *callWriter) error {
	if err := s.numberCalls(ctx, tx, w); err != nil {
		return err
	}
	for _, f := range w.again {
		var documents int
		if err := tx.GetContext(ctx, &documents, tx.Rebind(`SELECT COUNT(*) FROM cdrs WHERE leg = ? AND a_leg = ?`),
			clean(f.doc.Record.Leg), f.doc.Record.ALeg); err != nil {
			return err
		}
		if documents > 1 {
			*f.outcome = history.Conflict
		}
	}
	var started, ids []int64
	for _, place := range w.gone {
		started, ids = append(started, place.Started), append(ids, place.ID)
	}
	if err := s.remove(ctx, tx, "calls", columns{{"started", started}, {"id", ids}}); err != nil {
		return err
	}
	if err := s.putCalls(ctx, tx, w.put); err != nil {
		return err
	}
	if err := s.putTerms(ctx, tx, w.terms); err != nil {
		return err
	}
	return s.addFigures(ctx, tx, w.figures)
}

// numberCalls gives ids to new calls.
func (s *Store) numberCalls(ctx context.Context, tx *sqlx.Tx, w *callWriter) error {
	if w.fresh == 0 {
		return nil
	}
	var next int64
	if err := tx.GetContext(ctx, &next, tx.Rebind(`UPDATE call_ids SET next = next + ? RETURNING next`), w.fresh); err != nil {
		return err
	}
	for _, c := range w.put {
		if c.place.ID == 0 {
			c.place.ID = next - int64(w.fresh)
			w.fresh--
			for t := range c.terms() {
				w.terms[t]++
			}
		}
	}
	return nil
}

func (s *Store) putCalls(ctx context.Context, tx *sqlx.Tx, all []*keptCall) error {
	var started, id, duration []int64
	var project, name, direction, disposition []string
	var recorded, counted []bool
	var facts [][]byte
	for _, k := range all {
		legs, err := json.Marshal(k.call.Legs)
		if err != nil {
			return fmt.Errorf("write the legs of a call: %w", err)
		}
		started, id, duration = append(started, k.place.Started), append(id, k.place.ID), append(duration, k.call.Duration)
		project, name = append(project, clean(k.call.Project)), append(name, clean(k.call.Switch))
		direction, disposition = append(direction, k.call.Direction), append(disposition, string(k.call.Disposition))
		recorded, counted = append(recorded, len(k.call.Recordings) > 0), append(counted, k.counted)
		facts = append(facts, s.packer.legs.EncodeAll(legs, nil))
	}
	return s.insert(ctx, tx, "calls", `ON CONFLICT (started, id) DO UPDATE SET project = excluded.project, switch_name = excluded.switch_name,
		direction = excluded.direction, disposition = excluded.disposition, duration = excluded.duration, recorded = excluded.recorded,
		counted = excluded.counted, facts = excluded.facts`,
		columns{{"started", started}, {"id", id}, {"project", project}, {"switch_name", name}, {"direction", direction},
			{"disposition", disposition}, {"duration", duration}, {"recorded", recorded}, {"counted", counted}, {"facts", facts}})
}

func (s *Store) putTerms(ctx context.Context, tx *sqlx.Tx, terms map[term]int) error {
	list := func(sign int) columns {
		var kind, started, call []int64
		var value []string
		for t, n := range terms {
			if n*sign > 0 {
				kind, value = append(kind, t.kind), append(value, t.value)
				started, call = append(started, t.call.Started), append(call, t.call.ID)
			}
		}
		return columns{{"kind", kind}, {"value", value}, {"started", started}, {"call", call}}
	}
	if err := s.remove(ctx, tx, "call_terms", list(-1)); err != nil {
		return err
	}
	return s.insert(ctx, tx, "call_terms", "ON CONFLICT DO NOTHING", list(1))
}
