package report

import (
	"context"
	"fmt"
	"slices"

	"callgate/internal/fault"
	"callgate/internal/history"
)

// ServiceLevel is which share of calls the service level is. Callers who were answered in time are in all of them.
type ServiceLevel string

// The service levels.
const (
	OfAnswered            ServiceLevel = "answered"               // of those answered, as the contact-centre report has it
	OfOffered             ServiceLevel = "offered"                // of all that entered a queue
	OfOfferedLessShort    ServiceLevel = "offered_less_short"     // of those without short abandons
	OfAnsweredAndLateLost ServiceLevel = "answered_and_late_lost" // of those without the ones lost in time
	LostInTimeKept        ServiceLevel = "lost_in_time_kept"      // with those lost in time, of all that entered a queue
)

// Service is by which waits calls are told apart, in seconds: a call waited less.
type Service struct{ Threshold, Short int64 }

// Waited is how many of a row waited less than the seconds of Service. Known is false where calls have been deleted
// that would have to be counted.
type Waited struct {
	InTime, LostInTime, Short int64
	Known, ShortKnown         bool
}

// Level is the service level in per cent, nil when there is none.
func (r *Row) Level(of ServiceLevel) *float64 {
	n, all := r.InTime, r.Queued
	switch of {
	case OfAnswered:
		all = r.Answered
	case OfOffered:
	case OfOfferedLessShort:
		if all -= r.Short; !r.ShortKnown {
			return nil
		}
	case OfAnsweredAndLateLost:
		all -= r.LostInTime
	case LostInTimeKept:
		n += r.LostInTime
	default:
		return nil
	}
	if !r.Known {
		return nil
	}
	return Percent(n, all)
}

// MaxCallsRead is how many calls are read, at most, to find out who waited less than a time that figures do not tell.
const MaxCallsRead = 200_000

// wait counts in each row who waited less than the seconds of q.
func (r *Reports) wait(ctx context.Context, fq FigureQuery, s Service, rows []Row) error {
	for _, limit := range [...]struct {
		name    string
		seconds int64
		set     func(w *Waited, answered, lost int64, known bool)
	}{
		{"threshold", s.Threshold, func(w *Waited, answered, lost int64, known bool) {
			w.InTime, w.LostInTime, w.Known = answered, lost, known
		}},
		{"short", s.Short, func(w *Waited, _, lost int64, known bool) { w.Short, w.ShortKnown = lost, known }},
	} {
		if limits := history.Thresholds(); slices.Contains(limits[:], limit.seconds) {
			for i := range rows {
				answered, _ := rows[i].Within(limit.seconds)
				lost, _ := rows[i].LostWithin(limit.seconds)
				limit.set(&rows[i].Waited, answered, lost, true)
			}
			continue
		}
		if len(rows) == 0 {
			continue
		}
		if err := r.readable(ctx, fq, limit.name); err != nil {
			return err
		}
		found, err := r.store.Within(ctx, fq, limit.seconds)
		if err != nil {
			return err
		}
		counted := map[FigureRow]history.Figures{}
		for _, f := range found {
			sums := f.Figures
			f.Figures = history.Figures{}
			counted[f] = sums
		}
		for i := range rows {
			key := rows[i].FigureRow
			key.Figures = history.Figures{}
			n := counted[key]
			// Who has come in between is in n already.
			limit.set(&rows[i].Waited, min(n.Answered, rows[i].Answered), min(n.Lost, rows[i].Lost), n.Queued >= rows[i].Answered+rows[i].Lost)
		}
	}
	return nil
}

// readable refuses to read more calls than anybody would wait for.
func (r *Reports) readable(ctx context.Context, fq FigureQuery, name string) error {
	all, err := r.store.Figures(ctx, FigureQuery{Spans: []Span{{fq.Spans[0].From, fq.Spans[len(fq.Spans)-1].To}}, Level: OfNumbers, Projects: fq.Projects})
	if err != nil {
		return err
	}
	if len(all) > 0 && all[0].Inbound+all[0].Outbound > MaxCallsRead {
		return &fault.Error{Kind: fault.WrongField, Subject: name, Err: fmt.Errorf("in a time with more than %d calls want one of %v", MaxCallsRead, history.Thresholds())}
	}
	return nil
}
