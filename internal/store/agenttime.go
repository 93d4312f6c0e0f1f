package store

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"callgate/internal/callcenter"
	"callgate/internal/report"
)

// staleWatch is for how long nobody may have said until when it is known what goes on, before the time since counts as
// unknown. Less is on its way.
const staleWatch = 30 * time.Second

// agentAt is an agent at an edge: his row of that moment, or the first after it.
type agentAt struct {
	agentStateRow
	Edge    int64 `db:"edge"`
	Watched int64 `db:"watched"`
}

// end is when the span ends, as far as is known. An unknown one goes on being so.
func (r *agentAt) end(now int64) int64 {
	switch {
	case r.Ended != 0:
		return r.Ended
	case r.State == string(callcenter.ActivityUnknown):
		return max(now, r.Started)
	}
	return max(r.Watched, r.Started)
}

// times are what the agent's spans come to from the first one that is kept up to the edge.
func (r *agentAt) times(now int64) callcenter.ActivityTimes {
	times := r.before()
	edge, end := min(r.Edge, now), r.end(now)
	if edge <= r.Started {
		return times
	}
	times.Add(callcenter.Activity(r.State), min(edge, end)-r.Started)
	if r.Ended == 0 && edge > end && now-end > staleWatch.Microseconds() {
		times.Add(callcenter.ActivityUnknown, edge-end)
	}
	return times
}

// AgentTimes tells how long agents did what, by span, switch, agent and activity. Its cost grows with the agents and the spans, not with
// what lies between. Of agents that are on more than one switch each switch tells its own.
func (s *Store) AgentTimes(ctx context.Context, q report.AgentTimeQuery) ([]report.AgentTime, error) {
	if len(q.Spans) == 0 {
		return nil, nil
	}
	now := micros(s.now())
	rows, err := s.agentsAt(ctx, q)
	if err != nil {
		return nil, err
	}
	type key struct{ name, agent string }
	at := map[key]map[int64]*agentAt{}
	var agents []key
	for i := range rows {
		r := &rows[i]
		k := key{r.Switch, r.Agent}
		if at[k] == nil {
			at[k] = make(map[int64]*agentAt, 2*len(q.Spans))
			agents = append(agents, k)
		}
		at[k][r.Edge] = r
	}
	slices.SortFunc(agents, func(a, b key) int { return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.agent, b.agent)) })
	reasons, err := s.reasonTimes(ctx, q)
	if err != nil {
		return nil, err
	}
	var all []report.AgentTime
	for n, span := range q.Spans {
		for _, k := range agents {
			from, to := at[k][span.From], at[k][span.To]
			begin, times := from.times(now), to.times(now)
			given := reasons[reasonKey{n, k.name, k.agent}]
			// Pauses were summed up that began in the span. What of one is after it goes; of one from before it comes.
			if from.Reason != "" && from.Started < span.From {
				given = addReason(given, from.Reason, max(0, min(from.end(now), span.To)-span.From))
			}
			if to.Reason != "" && to.Started >= span.From && to.Started < span.To {
				given = addReason(given, to.Reason, min(0, min(span.To, now)-to.end(now)))
			}
			for i, is := range callcenter.Activities {
				us := times[i] - begin[i]
				if is == callcenter.ActivityPause {
					for _, r := range given {
						us -= r.us
						all = appendTime(all, n, k.name, k.agent, is, r.reason, r.us)
					}
				}
				all = appendTime(all, n, k.name, k.agent, is, "", us)
			}
		}
	}
	return all, nil
}

func appendTime(all []report.AgentTime, span int, name, agent string, is callcenter.Activity, reason string, us int64) []report.AgentTime {
	if us <= 0 {
		return all
	}
	return append(all, report.AgentTime{Span: span, Switch: name, Agent: agent, State: string(is), Reason: reason, Time: time.Duration(us) * time.Microsecond})
}

// agentsAt finds all agents at all edges of a query.
func (s *Store) agentsAt(ctx context.Context, q report.AgentTimeQuery) ([]agentAt, error) {
	var edges []int64
	for _, span := range q.Spans {
		edges = append(edges, span.From, span.To)
	}
	slices.Sort(edges)
	edges = slices.Compact(edges)
	args := make([]any, len(edges))
	for i, at := range edges {
		args[i] = at
	}
	var where clause
	where.add("TRUE")
	where.agents("a", q)
	var rows []agentAt
	err := s.some(ctx, "read the states of agents", &rows, `WITH edges (edge) AS (VALUES (CAST(? AS BIGINT))`+strings.Repeat(", (?)", len(edges)-1)+`)
		SELECT `+agentStateColumns+`, e.edge, w.watched FROM watched_agents a CROSS JOIN edges e
		JOIN agent_states s ON s.switch_name = a.switch_name AND s.agent = a.agent AND s.started = COALESCE(
			(SELECT MAX(i.started) FROM agent_states i WHERE i.switch_name = a.switch_name AND i.agent = a.agent AND i.started <= e.edge),
			(SELECT MIN(f.started) FROM agent_states f WHERE f.switch_name = a.switch_name AND f.agent = a.agent AND f.started > e.edge))
		JOIN agent_watches w ON w.switch_name = a.switch_name WHERE `+where.text, append(args, where.args...)...)
	return rows, err
}

// agents adds whom a query is about.
func (c *clause) agents(table string, q report.AgentTimeQuery) {
	if len(q.Switches) > 0 {
		c.in(table+".switch_name", q.Switches)
	}
	if len(q.Agents) > 0 {
		c.in(table+".agent", q.Agents)
	}
}

type reasonKey struct {
	span        int
	name, agent string
}

type reasonTime struct {
	reason string
	us     int64
}

func addReason(given []reasonTime, reason string, us int64) []reasonTime {
	for i := range given {
		if given[i].reason == reason {
			given[i].us += us
			return given
		}
	}
	return append(given, reasonTime{reason, us})
}

// reasonTimes sums up the pauses of a reason that began in each span of a query, to their ends.
func (s *Store) reasonTimes(ctx context.Context, q report.AgentTimeQuery) (map[reasonKey][]reasonTime, error) {
	args := make([]any, 0, 3*len(q.Spans))
	for n, span := range q.Spans {
		args = append(args, n, span.From, span.To)
	}
	var where clause
	where.add("s.reason <> ''")
	where.agents("s", q)
	var rows []struct {
		Span   int    `db:"n"`
		Switch string `db:"switch_name"`
		Agent  string `db:"agent"`
		Reason string `db:"reason"`
		Time   int64  `db:"us"`
	}
	if err := s.some(ctx, "read the pauses of agents", &rows, `WITH spans (n, began, over) AS (VALUES (CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT))`+
		strings.Repeat(", (?, ?, ?)", len(q.Spans)-1)+`)
		SELECT p.n, s.switch_name, s.agent, s.reason,
		CAST(SUM(CASE WHEN s.ended > 0 THEN s.ended WHEN w.watched > s.started THEN w.watched ELSE s.started END - s.started) AS BIGINT) AS us
		FROM spans p JOIN agent_states s ON s.started >= p.began AND s.started < p.over JOIN agent_watches w ON w.switch_name = s.switch_name
		WHERE `+where.text+` GROUP BY p.n, s.switch_name, s.agent, s.reason ORDER BY p.n, s.switch_name, s.agent, s.reason`,
		append(args, where.args...)...); err != nil {
		return nil, err
	}
	all := map[reasonKey][]reasonTime{}
	for _, r := range rows {
		k := reasonKey{r.Span, r.Switch, r.Agent}
		all[k] = append(all[k], reasonTime{r.Reason, r.Time})
	}
	return all, nil
}

// AgentSpans lists spans of an agent, the newest first.
func (s *Store) AgentSpans(ctx context.Context, q report.AgentSpanQuery) ([]report.AgentSpan, error) {
	var watches []struct {
		Switch  string `db:"switch_name"`
		Watched int64  `db:"watched"`
	}
	if err := s.all(ctx, "read who watches agents", &watches, `SELECT switch_name, watched FROM agent_watches`); err != nil {
		return nil, err
	}
	var all []report.AgentSpan
	for _, w := range watches {
		if q.Switch != "" && w.Switch != clean(q.Switch) {
			continue
		}
		to := q.To
		if q.After != (report.AgentSpanPlace{}) {
			if to = min(to, q.After.Started); w.Switch > q.After.Switch {
				to++ // the same moment on a switch that comes later
			}
		}
		var rows []agentStateRow
		if err := s.all(ctx, "read the states of an agent", &rows, `SELECT `+agentStateColumns+` FROM agent_states s WHERE s.switch_name = ? AND s.agent = ?
			AND s.started < ? AND s.started >= COALESCE((SELECT MAX(f.started) FROM agent_states f WHERE f.switch_name = ? AND f.agent = ? AND f.started <= ?), ?)
			AND (s.ended = 0 OR s.ended > ?) ORDER BY s.started DESC LIMIT ?`,
			w.Switch, clean(q.Agent), to, w.Switch, clean(q.Agent), q.From, q.From, q.From, q.Limit); err != nil {
			return nil, err
		}
		for _, r := range rows {
			span := report.AgentSpan{Switch: w.Switch, State: r.State, Reason: r.Reason, Started: r.Started, Ended: r.Ended}
			if r.Ended == 0 {
				span.Watched = max(w.Watched, r.Started)
			}
			all = append(all, span)
		}
	}
	slices.SortFunc(all, func(a, b report.AgentSpan) int {
		return cmp.Or(cmp.Compare(b.Started, a.Started), cmp.Compare(a.Switch, b.Switch))
	})
	return all[:min(len(all), q.Limit)], nil
}
