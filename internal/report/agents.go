package report

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// AgentTimeStore keeps what agents do.
type AgentTimeStore interface {
	// AgentTimes tells how long agents did what, by span, switch, agent and activity.
	AgentTimes(ctx context.Context, q AgentTimeQuery) ([]AgentTime, error)
}

// AgentRow is what an agent did in a span.
type AgentRow struct {
	Row
	Times AgentTimes
}

// AgentTimes is how long an agent did what. Where he is on several switches at once each of them counts.
type AgentTimes struct {
	Ready    time.Duration // could be offered a call
	Ringing  time.Duration
	Busy     time.Duration            // in calls of queues and others, and in wrap-up
	NotReady time.Duration            // neither these nor paused: resting after a call not taken
	Unknown  time.Duration            // nobody watched
	Pauses   map[string]time.Duration // by reason; "" without one
}

// Paused is how long all pauses were.
func (t *AgentTimes) Paused() (all time.Duration) {
	for _, d := range t.Pauses {
		all += d
	}
	return all
}

// Occupancy is for how much of the time in which he was there for calls he was busy, in per cent; nil without any.
func (t *AgentTimes) Occupancy() *float64 {
	return Percent(t.Busy.Microseconds(), (t.Busy + t.Ringing + t.Ready + t.NotReady).Microseconds())
}

// Add adds o.
func (t *AgentTimes) Add(o *AgentTimes) {
	t.Ready, t.Ringing, t.Busy, t.NotReady, t.Unknown = t.Ready+o.Ready, t.Ringing+o.Ringing, t.Busy+o.Busy, t.NotReady+o.NotReady, t.Unknown+o.Unknown
	for reason, d := range o.Pauses {
		t.pause(reason, d)
	}
}

func (t *AgentTimes) pause(reason string, d time.Duration) {
	if t.Pauses == nil {
		t.Pauses = map[string]time.Duration{}
	}
	t.Pauses[reason] += d
}

// add adds what the history of states calls so; having logged out is none of it.
func (t *AgentTimes) add(a *AgentTime) {
	switch a.State {
	case "ready":
		t.Ready += a.Time
	case "ringing":
		t.Ringing += a.Time
	case "talking", "outside", "wrap_up":
		t.Busy += a.Time
	case "not_ready":
		t.NotReady += a.Time
	case "pause":
		t.pause(a.Reason, a.Time)
	case "unknown":
		t.Unknown += a.Time
	}
}

// spansAtOnce is of how many spans the times are read at once: an agent's are found at both ends of each.
const spansAtOnce = 100

// Agents returns what agents did, in order of span and agent, those who were logged out and had no calls left out. Where
// projects or queues are asked for it tells of those who had calls of theirs in the time of the query, and how long they
// did what is not told apart by these. More than MaxRows are fault.WrongField "interval".
func (r *Reports) Agents(ctx context.Context, q Query) ([]AgentRow, error) {
	figures, err := r.Figures(ctx, q, OfAgents, By{Agent: true})
	if err != nil {
		return nil, err
	}
	type place struct {
		span  int
		agent string
	}
	var rows []AgentRow
	at := map[place]int{}
	row := func(p place, span Span) *AgentRow {
		i, known := at[p]
		if !known {
			i = len(rows)
			at[p] = i
			rows = append(rows, AgentRow{Row: Row{FigureRow: FigureRow{Span: p.span, Agent: p.agent}, Time: span}})
		}
		return &rows[i]
	}
	for _, f := range figures {
		row(place{f.Span, f.Agent}, f.Time).Row = f
	}
	agents := q.Agents
	if q.Projects != nil || q.Queues != nil {
		agents = []string{}
		for _, f := range figures {
			agents = append(agents, f.Agent)
		}
		slices.Sort(agents)
		agents = slices.Compact(agents)
	}
	if agents != nil && len(agents) == 0 {
		return rows, nil
	}
	spans, err := Split(q.From, q.To, q.Interval)
	if err != nil {
		return nil, err
	}
	for first := 0; first < len(spans); first += spansAtOnce {
		some := spans[first:min(first+spansAtOnce, len(spans))]
		times, err := r.store.AgentTimes(ctx, AgentTimeQuery{Spans: some, Agents: agents})
		if err != nil {
			return nil, err
		}
		for _, t := range times {
			if t.State != "logged_out" {
				row(place{first + t.Span, t.Agent}, some[t.Span]).Times.add(&t)
			}
		}
		if len(rows) > MaxRows {
			return nil, (&FigureQuery{Most: MaxRows}).TooMany()
		}
	}
	slices.SortFunc(rows, func(a, b AgentRow) int { return cmp.Or(cmp.Compare(a.Span, b.Span), cmp.Compare(a.Agent, b.Agent)) })
	return rows, nil
}
