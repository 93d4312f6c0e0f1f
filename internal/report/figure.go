package report

import (
	"cmp"
	"context"

	"callgate/internal/history"
)

// Level is what figures are of.
type Level uint8

// The levels. See [history.Key].
const (
	OfNumbers Level = iota // calls on numbers, each once however many queues it saw
	OfQueues               // visits of queues
	OfAgents               // agents' shares of those, and of calls outside of queues
)

// By says by what figures are told apart, apart from their span.
type By struct{ Project, Number, Queue, Agent bool }

// FigureQuery asks for figures. Lists that are nil ask for all, empty ones for none.
type FigureQuery struct {
	Spans    []Span // in order, none reaching into the next
	Level    Level
	Projects []string
	Numbers  []string // normalised
	Queues   []string
	Agents   []string
	By       By
	Most     int // rows; 0 is no limit. Of more the answer is TooMany
}

// FigureRow are the sums of a span. What they are not told apart by is empty.
type FigureRow struct {
	Span                          int // index of FigureQuery.Spans
	Project, Number, Queue, Agent string
	history.Figures
}

// Compare orders rows by span, project, number, queue and agent.
func (r FigureRow) Compare(o FigureRow) int {
	return cmp.Or(cmp.Compare(r.Span, o.Span), cmp.Compare(r.Project, o.Project), cmp.Compare(r.Number, o.Number), cmp.Compare(r.Queue, o.Queue),
		cmp.Compare(r.Agent, o.Agent))
}

// FigureStore reads figures.
type FigureStore interface {
	// Figures reads the sums that are not empty, in order of FigureRow.Compare.
	Figures(ctx context.Context, q FigureQuery) ([]FigureRow, error)
	// Within counts what was answered and what was lost in less than so many seconds, by the calls themselves: for waits
	// that history.Thresholds does not know. Only Answered and Lost of the figures are set, of those that are not both 0.
	Within(ctx context.Context, q FigureQuery, seconds int64) ([]FigureRow, error)
	// FigureTimes is the beginning of the first and of the last quarter hour that has figures; ok is false without any.
	FigureTimes(ctx context.Context) (span Span, ok bool, err error)
}

// EndingRow is how many calls of a span ended in one way.
type EndingRow struct {
	Span int // index of FigureQuery.Spans
	history.Ending
	Calls int64
}

// Compare orders rows by span, the most calls first.
func (r EndingRow) Compare(o EndingRow) int {
	return cmp.Or(cmp.Compare(r.Span, o.Span), cmp.Compare(o.Calls, r.Calls), cmp.Compare(r.Cause, o.Cause), cmp.Compare(r.Disposition, o.Disposition),
		cmp.Compare(r.HungUp, o.HungUp), cmp.Compare(r.Direction, o.Direction))
}

// EndingStore reads how calls ended.
type EndingStore interface {
	// Endings counts calls by their direction, disposition, cause and who hung up, in order of EndingRow.Compare. Of the
	// query it heeds Spans, Projects and Numbers.
	Endings(ctx context.Context, q FigureQuery) ([]EndingRow, error)
}
