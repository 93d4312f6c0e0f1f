package store

import (
	"context"
	"math"
	"slices"
	"strings"

	"callgate/internal/fault"
	"callgate/internal/history"
)

// someMatches is how many calls a prefix may match to be sorted; with more the calls are read by time, and soon one of
// them is a match.
const someMatches = 100_000

// matchesAtOnce is how many of them are looked at.
const matchesAtOnce = 2000

// afterAll comes after whatever follows the beginning of a number.
const afterAll = "\U0010FFFF"

// callOf returns the call that a leg belongs to, the last one when several do; nil when there is none. A leg whose own
// CDR never came belongs to the call of the legs that name it.
func (s *Store) callOf(ctx context.Context, leg string) (*keptCall, error) {
	if leg == "" {
		return nil, nil
	}
	for _, kind := range [...]int64{byLeg, byPeer} {
		var row callRow
		found, err := s.one(ctx, "read a call", &row, `SELECT c.started, c.id, c.counted, c.facts FROM call_terms t
			JOIN calls c ON c.started = t.started AND c.id = t.call WHERE t.kind = ? AND t.value = ? ORDER BY t.started DESC, t.call DESC LIMIT 1`,
			kind, clean(leg))
		if found {
			return s.keptCall(row)
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

type callRow struct {
	Started int64  `db:"started"`
	ID      int64  `db:"id"`
	Counted bool   `db:"counted"`
	Facts   []byte `db:"facts"`
}

func (s *Store) keptCall(row callRow) (*keptCall, error) {
	legs, err := s.unpackLegs(row.Facts)
	if err != nil {
		return nil, err
	}
	k := &keptCall{place: history.Cursor{Started: row.Started, ID: row.ID}, counted: row.Counted, call: history.Join(legs)}
	return k, nil
}

func (k *keptCall) found() history.Found {
	f := history.Found{Call: *k.call, Place: k.place}
	f.Counted = k.counted
	return f
}

// Call implements history.Archive.
func (s *Store) Call(ctx context.Context, leg string, projects []string) (history.Found, error) {
	k, err := s.callOf(ctx, leg)
	if err != nil {
		return history.Found{}, err
	}
	if k == nil || len(projects) > 0 && !slices.Contains(projects, k.call.Project) {
		return history.Found{}, fault.New(fault.NotFound, "Call")
	}
	return k.found(), nil
}

// Calls implements history.Archive. What narrows the search most drives it, in the order of time, so that a page costs
// as much as it holds; the rest is looked at call by call.
func (s *Store) Calls(ctx context.Context, q history.Query) ([]history.Found, error) {
	if len(q.Beginnings) > 0 && q.ID == "" {
		return s.prefixed(ctx, q)
	}
	var where clause
	from, started, id := `FROM call_terms t JOIN calls c ON c.started = t.started AND c.id = t.call`, "t.started", "t.call"
	rest := q
	drive := func(kind int64, by *string) {
		where.add(`t.kind = ? AND t.value = ?`, kind, clean(*by))
		*by = ""
	}
	switch {
	case q.ID != "":
		drive(byLeg, &rest.ID)
	case q.Number != "":
		drive(byNumber, &rest.Number)
	case q.Agent != "":
		drive(byAgent, &rest.Agent)
	case q.Queue != "":
		drive(byQueue, &rest.Queue)
	default:
		from, started, id = `FROM calls c`, "c.started", "c.id"
	}
	where.span(q, started, id)
	where.filter(rest)
	return s.foundCalls(ctx, `SELECT c.started, c.id, c.counted, c.facts `+from+` WHERE `+where.text+` ORDER BY `+started+` DESC, `+id+
		` DESC LIMIT ?`, append(where.args, q.Limit))
}

func (s *Store) foundCalls(ctx context.Context, query string, args []any) ([]history.Found, error) {
	var found []callRow
	if err := s.some(ctx, "search calls", &found, query, args...); err != nil {
		return nil, err
	}
	all := make([]history.Found, 0, len(found))
	for _, row := range found {
		k, err := s.keptCall(row)
		if err != nil {
			return nil, err
		}
		all = append(all, k.found())
	}
	return all, nil
}

// prefixed searches by beginnings of numbers. Where few calls match they are sorted; where many do, one of them is soon
// among the calls in the order of time.
func (s *Store) prefixed(ctx context.Context, q history.Query) ([]history.Found, error) {
	rest := q
	rest.Beginnings = nil
	all := []history.Found{}
	for {
		var matches clause
		for _, beginning := range q.Beginnings {
			var where clause
			where.add(`t.kind = 2 AND t.value >= ? AND t.value < ?`, clean(beginning), clean(beginning)+afterAll)
			where.span(q, "t.started", "t.call")
			if matches.text != "" {
				matches.text += ` UNION ALL `
			}
			matches.text += `SELECT * FROM (SELECT t.started, t.call FROM call_terms t WHERE ` + where.text + ` LIMIT ?) AS matching`
			matches.args = append(append(matches.args, where.args...), someMatches+1)
		}
		var rows []struct {
			Started int64 `db:"started"`
			ID      int64 `db:"call"`
			Matches int   `db:"matches"`
		}
		if err := s.some(ctx, "search calls", &rows, `WITH found AS (`+matches.text+`) SELECT started, call, (SELECT COUNT(*) FROM found) AS matches
			FROM found ORDER BY started DESC, call DESC LIMIT ?`, append(matches.args, matchesAtOnce)...); err != nil {
			return nil, err
		}
		if len(rows) > 0 && rows[0].Matches > someMatches {
			rest.After, rest.Limit = q.After, q.Limit-len(all)
			more, err := s.readPrefixed(ctx, rest, q.Beginnings)
			return append(all, more...), err
		}
		var places []history.Cursor
		for _, r := range rows {
			places = append(places, history.Cursor{Started: r.Started, ID: r.ID})
		}
		rest.Limit = q.Limit - len(all)
		found, err := s.callsAt(ctx, rest, slices.Compact(places))
		if all = append(all, found...); err != nil || len(all) == q.Limit || len(rows) < matchesAtOnce {
			return all, err
		}
		q.After = places[len(places)-1]
	}
}

// readPrefixed reads calls in the order of time until enough have a number with one of the beginnings.
func (s *Store) readPrefixed(ctx context.Context, q history.Query, beginnings []string) ([]history.Found, error) {
	all, limit := []history.Found{}, q.Limit
	begins := func(n string) bool {
		return slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(n, b) })
	}
	q.Limit = history.MaxPage / 2
	for {
		page, err := s.Calls(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, f := range page {
			if slices.ContainsFunc(f.Numbers(), begins) {
				all = append(all, f)
			}
			if len(all) == limit {
				return all, nil
			}
		}
		if len(page) < q.Limit {
			return all, nil
		}
		q.After = page[len(page)-1].Place
	}
}

// callsAt reads those of some calls that match, the first ones.
func (s *Store) callsAt(ctx context.Context, q history.Query, places []history.Cursor) ([]history.Found, error) {
	all := []history.Found{}
	for len(places) > 0 && len(all) < q.Limit {
		n := min(len(places), 200)
		var where clause
		where.add(`(` + strings.Repeat(`c.started = ? AND c.id = ? OR `, n-1) + `c.started = ? AND c.id = ?)`)
		for _, p := range places[:n] {
			where.args = append(where.args, p.Started, p.ID)
		}
		where.filter(q)
		found, err := s.foundCalls(ctx, `SELECT c.started, c.id, c.counted, c.facts FROM calls c WHERE `+where.text+
			` ORDER BY c.started DESC, c.id DESC LIMIT ?`, append(where.args, q.Limit-len(all)))
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
		places = places[n:]
	}
	return all, nil
}

// clause is a condition with its values.
type clause struct {
	text string
	args []any
}

func (c *clause) add(text string, args ...any) {
	if c.text != "" {
		c.text += " AND "
	}
	c.text += text
	c.args = append(c.args, args...)
}

// span adds when the calls began, and where the page begins.
func (c *clause) span(q history.Query, started, id string) {
	to := q.To
	if to == 0 {
		to = math.MaxInt64
	}
	if q.After != (history.Cursor{}) {
		to = min(to, q.After.Started+1)
	}
	c.add(started+` >= ? AND `+started+` < ?`, q.From, to)
	if q.After != (history.Cursor{}) {
		c.add(`(`+started+` < ? OR `+id+` < ?)`, q.After.Started, q.After.ID)
	}
}

// term adds that the call is found by a value too.
func (c *clause) term(kind int64, value string) {
	c.add(`EXISTS (SELECT 1 FROM call_terms o WHERE o.kind = ? AND o.value = ? AND o.started = c.started AND o.call = c.id)`, kind, clean(value))
}

// filter adds what a call has to be like, its id apart.
func (c *clause) filter(q history.Query) {
	if len(q.Projects) > 0 {
		c.in("c.project", q.Projects)
	}
	var dispositions []string
	for _, d := range q.Dispositions {
		dispositions = append(dispositions, string(d))
	}
	if len(dispositions) > 0 {
		c.in("c.disposition", dispositions)
	}
	if q.Direction != "" {
		c.add(`c.direction = ?`, clean(q.Direction))
	}
	if q.Switch != nil {
		c.add(`c.switch_name = ?`, clean(*q.Switch))
	}
	if q.MinDuration > 0 {
		c.add(`c.duration >= ?`, q.MinDuration)
	}
	if q.MaxDuration > 0 {
		c.add(`c.duration <= ?`, q.MaxDuration)
	}
	if q.Recorded != nil {
		c.add(`c.recorded = ?`, *q.Recorded)
	}
	if q.Number != "" {
		c.term(byNumber, q.Number)
	}
	if len(q.Beginnings) > 0 {
		var args []any
		for _, b := range q.Beginnings {
			args = append(args, clean(b), clean(b)+afterAll)
		}
		c.add(`EXISTS (SELECT 1 FROM call_terms o WHERE o.kind = 2 AND (`+strings.Repeat(`o.value >= ? AND o.value < ? OR `, len(q.Beginnings)-1)+
			`o.value >= ? AND o.value < ?) AND o.started = c.started AND o.call = c.id)`, args...)
	}
	if q.Queue != "" {
		c.term(byQueue, q.Queue)
	}
	if q.Agent != "" {
		c.term(byAgent, q.Agent)
	}
}

func (c *clause) in(column string, values []string) {
	var args []any
	for _, v := range values {
		args = append(args, clean(v))
	}
	c.add(column+` IN (?`+strings.Repeat(", ?", len(values)-1)+`)`, args...)
}
