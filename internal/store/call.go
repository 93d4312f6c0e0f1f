package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/jmoiron/sqlx"

	"callgate/internal/history"
	"callgate/internal/webhook"
)

const (
	// reach is how far apart, in microseconds, the legs of one call may begin: a uuid that comes again later is another call's.
	reach = history.Reach
	// maxLegs is how many legs a call may have, by their weight. Those that come beyond it are calls of their own.
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
	names   []string // of the leg, as they are kept
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
// one call may come in any order, in any number of transactions, to any process: one at a time is joined. New calls get
// ids from firstID on.
func (s *Store) joinLegs(ctx context.Context, tx *sqlx.Tx, fresh []*freshLeg, firstID int64) error {
	if len(fresh) == 0 {
		return nil
	}
	groups, err := s.groupLegs(ctx, tx, fresh)
	if err != nil {
		return err
	}
	w := callWriter{fresh: fresh, next: firstID, figures: map[history.Key]*change{}, endings: map[history.Ending]int{}, terms: map[term]int{}}
	if s.tells(webhook.CallEnded) || s.tells(webhook.CallMissed) {
		w.news = &callNews{now: s.now(), ended: s.tells(webhook.CallEnded), missed: s.tells(webhook.CallMissed), changed: map[string]webhook.Event{}}
	}
	if w.since, err = s.readKept(ctx, tx, fresh); err != nil {
		return err
	}
	for _, g := range groups {
		w.join(g)
	}
	if err := s.writeCalls(ctx, tx, &w); err != nil || w.news == nil {
		return err
	}
	return s.tellCalls(ctx, tx, w.news)
}

// group is some legs that belong together, and the calls that they belong to.
type group struct {
	fresh []*freshLeg
	calls []*keptCall
}

// groupLegs finds out which of the legs belong together, and to which known calls: those that share a name.
func (s *Store) groupLegs(ctx context.Context, tx *sqlx.Tx, fresh []*freshLeg) ([]*group, error) {
	known, err := s.callsNamed(ctx, tx, fresh)
	if err != nil {
		return nil, err
	}
	// Union-find: every leg and every call is in the group of its root.
	parent := make([]int, len(fresh))
	node := map[*keptCall]int{}
	var calls []*keptCall
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
		for _, n := range f.names {
			if other, ok := latest[n]; ok && near(fresh[other].doc.Leg.Began(), f.doc.Leg.Began()) {
				parent[root(i)] = root(other)
			}
			latest[n] = i
			c := known[n]
			if c == nil || !near(c.place.Started, f.doc.Leg.Began()) {
				continue
			}
			if _, ok := node[c]; !ok {
				node[c] = len(parent)
				calls, parent = append(calls, c), append(parent, len(parent))
			}
			parent[root(i)] = root(node[c])
		}
	}
	byRoot := map[int]*group{}
	var groups []*group
	of := func(i int) *group {
		g := byRoot[root(i)]
		if g == nil {
			g = &group{}
			byRoot[root(i)] = g
			groups = append(groups, g)
		}
		return g
	}
	for i, f := range fresh {
		of(i).fresh = append(of(i).fresh, f)
	}
	for _, c := range calls {
		of(node[c]).calls = append(of(node[c]).calls, c)
	}
	return groups, nil
}

func near(a, b int64) bool { return a-b <= reach && b-a <= reach }

// callsNamed are the known calls that have the legs' names, by name. A name is in several calls only where they would be
// too large together: the last one may have room.
func (s *Store) callsNamed(ctx context.Context, tx *sqlx.Tx, fresh []*freshLeg) (map[string]*keptCall, error) {
	var names []string
	var from, to []int64
	index := map[string]int{}
	for _, f := range fresh {
		for _, n := range f.names {
			i, ok := index[n]
			if !ok {
				i = len(names)
				index[n], names, from, to = i, append(names, n), append(from, math.MaxInt64), append(to, 0)
			}
			from[i], to[i] = min(from[i], f.doc.Leg.Began()-reach), max(to[i], f.doc.Leg.Began()+reach)
		}
	}
	known, read := map[string]*keptCall{}, map[history.Cursor]*keptCall{}
	scan := func(scan func(...any) error) error {
		var name string
		var row callRow
		if err := scan(&name, &row.Started, &row.ID, &row.Counted, &row.Facts); err != nil {
			return err
		}
		place := history.Cursor{Started: row.Started, ID: row.ID}
		if read[place] == nil {
			k, err := s.keptCall(row)
			if err != nil {
				return err
			}
			read[place] = k
		}
		known[name] = read[place]
		return nil
	}
	given := columns{{"name", names}, {"since", from}, {"until", to}}
	if s.postgres() {
		return known, s.query(ctx, tx, `SELECT given.name, c.started, c.id, c.counted, c.facts FROM `+given.unnest(0)+`
			CROSS JOIN LATERAL (SELECT started, call FROM call_terms WHERE kind = 1 AND value = given.name AND started BETWEEN given.since AND given.until
				ORDER BY started DESC, call DESC LIMIT 1) t
			JOIN calls c ON c.started = t.started AND c.id = t.call`, given.arrays(), scan)
	}
	return known, s.inChunks(given, func(values string, args []any) error {
		statement, err := s.prepareIn(ctx, tx, `WITH given (name, since, until) AS (VALUES `+values+`)
			SELECT given.name, c.started, c.id, c.counted, c.facts FROM given JOIN calls c ON (c.started, c.id) = (SELECT started, call FROM call_terms
				WHERE kind = 1 AND value = given.name AND started BETWEEN given.since AND given.until ORDER BY started DESC, call DESC LIMIT 1)`)
		if err != nil {
			return err
		}
		return scanRows(ctx, statement, args, scan)
	})
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
	fresh   []*freshLeg
	gone    []history.Cursor
	again   []*freshLeg // whose leg had a document before
	put     []*keptCall
	next    int64        // the id of the next new call
	terms   map[term]int // more than 0 is to be inserted, less to be deleted
	figures map[history.Key]*change
	endings map[history.Ending]int
	since   map[string]int64 // from when on calls are all there, by project
	news    *callNews        // nil where nobody wants to hear of calls
}

// join makes one call of a group.
func (w *callWriter) join(g *group) {
	if w.tooMany(g) {
		return
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
	if len(g.calls) == 0 {
		made.place.ID = w.next
		w.next++
	}
	made.counted = made.counted && !w.reckoned(g, made)
	w.replace(g.calls, made)
}

// tooMany makes several calls of a group that has more legs than a call may have, and tells whether it has. A leg that
// comes again stays in the call that it is in.
func (w *callWriter) tooMany(g *group) bool {
	of, total := map[string]*keptCall{}, 0
	for _, c := range g.calls {
		for _, l := range c.call.Legs {
			of[l.Leg] = c
			total += weight(l)
		}
	}
	delete(of, "")
	again := map[*keptCall][]*freshLeg{}
	var fresh []*freshLeg
	for _, f := range g.fresh {
		if c := of[f.doc.Leg.Leg]; c != nil {
			again[c] = append(again[c], f)
			continue
		}
		fresh = append(fresh, f)
		total += weight(f.doc.Leg)
	}
	if total <= maxLegs || len(g.calls)+len(fresh) == 1 {
		return false
	}
	for c, legs := range again {
		w.join(&group{fresh: legs, calls: []*keptCall{c}})
	}
	first, sum := 0, 0
	for i, f := range fresh {
		if sum += weight(f.doc.Leg); sum > maxLegs && i > first {
			w.join(&group{fresh: fresh[first:i]})
			first, sum = i, weight(f.doc.Leg)
		}
	}
	if first < len(fresh) {
		w.join(&group{fresh: fresh[first:]})
	}
	return true
}

// weight is for how many legs one stands that says more than any call needs: all legs of a call are read and written
// together, and as text they have to stay within maxDocument.
func weight(l *history.Leg) int {
	bytes := 0
	for _, path := range l.Recordings {
		bytes += len(path)
	}
	for _, p := range l.Peers {
		bytes += len(p)
	}
	for _, q := range l.Queues {
		bytes += len(q.Queue)
	}
	return 1 + bytes/2048
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
			w.ended(c.call, -1)
		}
	}
	if made.counted {
		for key, f := range made.call.Figures() {
			w.change(key).add(f)
		}
		w.ended(made.call, 1)
	}
	w.put = append(w.put, made)
	if w.news != nil {
		w.news.tell(old, made)
	}
	for t := range made.terms() {
		w.terms[t]++
	}
}

// writeCalls writes what was collected.
func (s *Store) writeCalls(ctx context.Context, tx *sqlx.Tx, w *callWriter) error {
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
	err := s.together(ctx, tx, func(to *writes) error {
		var started, ids []int64
		for _, place := range w.gone {
			started, ids = append(started, place.Started), append(ids, place.ID)
		}
		return errors.Join(nameRecordings(to, w.fresh), to.remove("calls", columns{{"started", started}, {"id", ids}}), s.putCalls(to, w.put),
			putTerms(to, w.terms), addFigures(to, w.figures), addEndings(to, w.endings), unfold(to, w.quarters()))
	})
	if err == nil {
		err = s.dropEndings(ctx, tx, w.endings)
	}
	if err != nil {
		return err
	}
	return s.mendFigures(ctx, tx, w.figures)
}

// idBlock is how many ids of calls a process takes at once.
const idBlock = 1000

// callIDs are ids that no other process gives to a call.
type callIDs struct {
	mu         sync.Mutex
	next, left int64
}

// reserveIDs returns the first of so many ids in a row.
func (s *Store) reserveIDs(ctx context.Context, n int64) (int64, error) {
	s.ids.mu.Lock()
	defer s.ids.mu.Unlock()
	if s.ids.left < n {
		take := max(idBlock, n)
		err := s.change(ctx, "take ids for calls", func(ctx context.Context, tx *sqlx.Tx) error {
			return tx.GetContext(ctx, &s.ids.next, tx.Rebind(`UPDATE call_ids SET next = next + ? RETURNING next`), take)
		})
		if err != nil {
			s.ids.left = 0
			return 0, err
		}
		s.ids.next, s.ids.left = s.ids.next-take, take
	}
	first := s.ids.next
	s.ids.next, s.ids.left = s.ids.next+n, s.ids.left-n
	return first, nil
}

func (s *Store) putCalls(to *writes, all []*keptCall) error {
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
		facts = append(facts, s.packer.packLegs(legs))
	}
	return to.insert("calls", `ON CONFLICT (started, id) DO UPDATE SET project = excluded.project, switch_name = excluded.switch_name,
		direction = excluded.direction, disposition = excluded.disposition, duration = excluded.duration, recorded = excluded.recorded,
		counted = excluded.counted, facts = excluded.facts`,
		columns{{"started", started}, {"id", id}, {"project", project}, {"switch_name", name}, {"direction", direction},
			{"disposition", disposition}, {"duration", duration}, {"recorded", recorded}, {"counted", counted}, {"facts", facts}})
}

func putTerms(to *writes, terms map[term]int) error {
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
	if err := to.remove("call_terms", list(-1)); err != nil {
		return err
	}
	return to.insert("call_terms", "ON CONFLICT DO NOTHING", list(1))
}
