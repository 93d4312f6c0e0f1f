package report

import (
	"cmp"
	"context"
	"slices"
	"time"

	"callgate/internal/fault"
)

// MaxRows is how many rows a report may have.
const MaxRows = 50_000

// Query asks for a report of the time from From on and before To. The clocks of From's zone count. Lists that are nil ask
// for all, empty ones for none.
type Query struct {
	From, To time.Time // quarter hours
	Interval Interval
	Projects []string
	Numbers  []string // normalised
	Queues   []string
	Agents   []string
	Service  Service
}

// Row are the figures of a span.
type Row struct {
	FigureRow
	Waited
	Time Span
}

// Add adds o.
func (r *Row) Add(o *Row) {
	r.Figures.Add(o.Figures)
	r.InTime, r.LostInTime, r.Short = r.InTime+o.InTime, r.LostInTime+o.LostInTime, r.Short+o.Short
	r.Known, r.ShortKnown = r.Known && o.Known, r.ShortKnown && o.ShortKnown
}

// Total is the sum of rows, over the whole time of a query.
func (q *Query) Total(rows []Row) Row {
	all := Row{Time: Span{q.From.UnixMicro(), q.To.UnixMicro()}, Waited: Waited{Known: true, ShortKnown: true}}
	for i := range rows {
		all.Add(&rows[i])
	}
	return all
}

// Previous is the same query of the time before; see [Previous].
func (q *Query) Previous() Query {
	before := *q
	before.From, before.To = Previous(q.From, q.To)
	return before
}

// Reports makes reports of the figures that are kept. It may be used from any goroutine.
type Reports struct {
	store Store
}

// Store keeps all that reports are made of.
type Store interface {
	FigureStore
	EndingStore
	AgentTimeStore
}

// NewReports makes Reports.
func NewReports(store Store) *Reports { return &Reports{store} }

// Figures returns the rows of a query, in order of span, project, number, queue and agent; none for spans without calls.
// More than MaxRows are fault.WrongField "interval".
func (r *Reports) Figures(ctx context.Context, q Query, level Level, by By) ([]Row, error) {
	spans, err := Split(q.From, q.To, q.Interval)
	if err != nil {
		return nil, err
	}
	fq := FigureQuery{Spans: spans, Level: level, Projects: q.Projects, Numbers: q.Numbers, Queues: q.Queues, Agents: q.Agents, By: by, Most: MaxRows}
	found, err := r.store.Figures(ctx, fq)
	if err != nil {
		return nil, err
	}
	rows := make([]Row, len(found))
	for i, f := range found {
		rows[i] = Row{FigureRow: f, Time: spans[f.Span]}
	}
	if level == OfAgents {
		return rows, nil
	}
	return rows, r.wait(ctx, fq, q.Service, rows)
}

// Cell is an hour of a weekday.
type Cell struct {
	Weekday time.Weekday
	Hour    int // as clocks show it, 0 to 23
	Times   int // how often it came in the time of the query
	Row     Row
}

// HeatMap folds the hours of a query's time by weekday, Monday first, and hour. Hours that did not come are left out.
func (r *Reports) HeatMap(ctx context.Context, q Query, level Level) ([]Cell, error) {
	q.Interval = Hour
	spans, err := Split(q.From, q.To, q.Interval)
	if errorOf(err, "interval") {
		err = wrong("to", "want no more than %d hours", MaxSpans)
	}
	if err != nil {
		return nil, err
	}
	rows, err := r.Figures(ctx, q, level, By{})
	if err != nil {
		return nil, err
	}
	type place struct {
		day  time.Weekday
		hour int
	}
	cells, last := map[place]*Cell{}, place{-1, -1}
	at := make([]*Cell, len(spans))
	for i, s := range spans {
		t := time.UnixMicro(s.From).In(q.From.Location())
		p := place{t.Weekday(), t.Hour()}
		if cells[p] == nil {
			cells[p] = &Cell{Weekday: t.Weekday(), Hour: t.Hour(), Row: Row{Waited: Waited{Known: true, ShortKnown: true}}}
		}
		if at[i] = cells[p]; p != last { // where clocks are put back, an hour that is shown twice came once
			at[i].Times++
		}
		last = p
	}
	for i := range rows {
		at[rows[i].Span].Row.Add(&rows[i])
	}
	all := make([]Cell, 0, len(cells))
	for _, c := range cells {
		all = append(all, *c)
	}
	slices.SortFunc(all, func(a, b Cell) int {
		return cmp.Or(cmp.Compare(ISOWeekday(a.Weekday), ISOWeekday(b.Weekday)), cmp.Compare(a.Hour, b.Hour))
	})
	return all, nil
}

func errorOf(err error, field string) bool {
	failure, _ := fault.Of(err)
	return failure.Kind == fault.WrongField && failure.Subject == field
}

// Ended is how many calls of a span ended in one way.
type Ended struct {
	EndingRow
	Time Span
}

// Endings returns how calls ended, by span, the most first. More than MaxRows are fault.WrongField "interval".
func (r *Reports) Endings(ctx context.Context, q Query) ([]Ended, error) {
	spans, err := Split(q.From, q.To, q.Interval)
	if err != nil {
		return nil, err
	}
	found, err := r.store.Endings(ctx, FigureQuery{Spans: spans, Projects: q.Projects, Numbers: q.Numbers, Most: MaxRows})
	if err != nil {
		return nil, err
	}
	all := make([]Ended, len(found))
	for i, e := range found {
		all[i] = Ended{e, spans[e.Span]}
	}
	return all, nil
}

// TooMany is what a store answers to a query with more rows than FigureQuery.Most.
func (q *FigureQuery) TooMany() error {
	return wrong("interval", "there would be more than %d rows", q.Most)
}
