package v1_test

import (
	"context"
	"slices"
	"testing"

	v1 "callgate/api/v1"
	"callgate/internal/fault"
	"callgate/internal/history"
	"callgate/internal/project"
	"callgate/internal/report"
)

// ledger keeps figures of calls in memory, and answers as the store has to.
type ledger struct {
	calls   []history.Call
	times   []report.AgentTime // of every span
	deleted bool               // the calls, not their figures
	busy    int64              // calls that came in beside these
}

// Figures implements report.FigureStore.
func (l *ledger) Figures(_ context.Context, q report.FigureQuery) ([]report.FigureRow, error) {
	sums := map[report.FigureRow]history.Figures{}
	for i := range l.calls {
		for key, f := range l.calls[i].Figures() {
			if row, ok := l.row(q, key); ok {
				sum := sums[row]
				sum.Add(f)
				sums[row] = sum
			}
		}
	}
	if l.busy > 0 && len(q.Spans) == 1 && q.Level == report.OfNumbers {
		sums[report.FigureRow{}] = history.Figures{Inbound: l.busy}
	}
	var rows []report.FigureRow
	for row, sum := range sums {
		row.Figures = sum
		rows = append(rows, row)
	}
	if q.Most > 0 && len(rows) > q.Most {
		return nil, q.TooMany()
	}
	slices.SortFunc(rows, report.FigureRow.Compare)
	return rows, nil
}

// Within implements report.FigureStore.
func (l *ledger) Within(_ context.Context, q report.FigureQuery, seconds int64) ([]report.FigureRow, error) {
	if l.deleted {
		return nil, nil
	}
	sums := map[report.FigureRow][3]int64{}
	for i := range l.calls {
		for key, waits := range l.calls[i].Waits() {
			row, ok := l.row(q, key)
			if !ok {
				continue
			}
			sum := sums[row]
			for which, some := range [...][]int64{waits.Answered, waits.Lost} {
				for _, wait := range some {
					if sum[2]++; wait < seconds {
						sum[which]++
					}
				}
			}
			sums[row] = sum
		}
	}
	var rows []report.FigureRow
	for row, n := range sums {
		row.Answered, row.Lost, row.Queued = n[0], n[1], n[2]
		rows = append(rows, row)
	}
	slices.SortFunc(rows, report.FigureRow.Compare)
	return rows, nil
}

// row is where a key is counted.
func (l *ledger) row(q report.FigureQuery, key history.Key) (report.FigureRow, bool) {
	level := report.OfNumbers
	switch {
	case key.Agent != "":
		level = report.OfAgents
	case key.Queue != "":
		level = report.OfQueues
	}
	span := spanOf(q.Spans, key.Quarter)
	if span < 0 || level != q.Level || !among(q.Projects, key.Project) || !among(q.Numbers, key.Number) || !among(q.Queues, key.Queue) || !among(q.Agents, key.Agent) {
		return report.FigureRow{}, false
	}
	row := report.FigureRow{Span: span, Project: key.Project, Number: key.Number, Queue: key.Queue, Agent: key.Agent}
	for text, by := range map[*string]bool{&row.Project: q.By.Project, &row.Number: q.By.Number, &row.Queue: q.By.Queue, &row.Agent: q.By.Agent} {
		if !by {
			*text = ""
		}
	}
	return row, true
}

func spanOf(spans []report.Span, at int64) int {
	return slices.IndexFunc(spans, func(s report.Span) bool { return s.From <= at && at < s.To })
}

func among(list []string, value string) bool { return list == nil || slices.Contains(list, value) }

// FigureTimes implements report.FigureStore.
func (l *ledger) FigureTimes(context.Context) (report.Span, bool, error) {
	times := report.Span{}
	for _, c := range l.calls {
		quarter := c.Started - c.Started%history.Quarter
		if times.From == 0 || quarter < times.From {
			times.From = quarter
		}
		times.To = max(times.To, quarter+history.Quarter)
	}
	return times, len(l.calls) > 0, nil
}

// Endings implements report.EndingStore.
func (l *ledger) Endings(_ context.Context, q report.FigureQuery) ([]report.EndingRow, error) {
	counts := map[report.EndingRow]int64{}
	for i := range l.calls {
		e, ok := l.calls[i].Ending()
		span := spanOf(q.Spans, e.Quarter)
		if !ok || span < 0 || !among(q.Projects, e.Project) || !among(q.Numbers, e.Number) {
			continue
		}
		e.Quarter, e.Project, e.Number = 0, "", ""
		counts[report.EndingRow{Span: span, Ending: e}]++
	}
	var rows []report.EndingRow
	for row, n := range counts {
		row.Calls = n
		rows = append(rows, row)
	}
	slices.SortFunc(rows, report.EndingRow.Compare)
	return rows, nil
}

// AgentTimes implements report.AgentTimeStore.
func (l *ledger) AgentTimes(_ context.Context, q report.AgentTimeQuery) ([]report.AgentTime, error) {
	var all []report.AgentTime
	for span := range q.Spans {
		for _, t := range l.times {
			if len(q.Agents) == 0 || slices.Contains(q.Agents, t.Agent) {
				t.Span = span
				all = append(all, t)
			}
		}
	}
	return all, nil
}

// shops are two projects.
type shops struct{}

// List implements report.Projects.
func (shops) List() []project.Project {
	return []project.Project{{ID: "shop", Numbers: []string{"8 495 111-22-33"}, SLSeconds: 30}, {ID: "bank", Zone: "Asia/Omsk", SLSeconds: 10}}
}

// Normal implements report.Projects.
func (shops) Normal(projectID, number string) string { return normal(projectID, number) }

// Get implements v1.Projects.
func (s shops) Get(id string) (project.Project, error) {
	for _, p := range s.List() {
		if p.ID == id {
			return p, nil
		}
	}
	return project.Project{}, fault.New(fault.NotFound, "Project")
}

// tell is a client of a face that makes reports of a ledger.
func (l *ledger) tell(t testing.TB) *client {
	t.Helper()
	return clientOf(t, engine(t, v1.Options{Reports: report.NewReports(l), CentreReport: report.NewCentre(l, shops{}, moscow(t)), Projects: shops{}}))
}
