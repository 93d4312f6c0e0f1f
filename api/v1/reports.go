package v1

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/report"
)

// reports are the operations on figures of calls that are over.
func (f *Face) reports() {
	reportOperation[queueReport, QueueRow](f, "queues", "Queues: each stay of a caller in one, by when he joined", "", f.reportQueues)
	reportOperation[agentReport, AgentRow](f, "agents", "Agents: rings, calls, and what they did", "", f.reportAgents)
	reportOperation[numberReport, NumberRow](f, "numbers", "Numbers: each call once, by when it began", "", f.reportNumbers)
	reportOperation[heatReport, HeatRow](f, "heatmap", "Calls by weekday and hour",
		"Calls by when they began; where queues are named, stays in these by when the caller joined.", f.reportHeatMap)
	reportOperation[causeReport, CauseRow](f, "causes", "How calls ended, by when they began", "", f.reportCauses)
	reportOperation[ReportFilter, CentreRow](f, "centre", "The contact-centre report, of the calls that callgate knows",
		"from and to are days, of the clocks of each project.", f.reportCentre)
}

// figureRows makes rows of figures.
func figureRows[R any](f *Face, level report.Level, by report.By, row func(r *report.Row) R) func(ctx context.Context, q report.Query) ([]R, R, error) {
	return func(ctx context.Context, q report.Query) ([]R, R, error) {
		found, err := f.o.Reports.Figures(ctx, q, level, by)
		rows := make([]R, len(found))
		for i := range found {
			rows[i] = row(&found[i])
		}
		total := q.Total(found)
		return rows, row(&total), err
	}
}

type queueReport struct {
	ReportFilter
	ByInterval
	ByService
	ByQueues
	ByNumbers
}

func (f *Face) reportQueues(ctx context.Context, who *asker, in *queueReport) (*huma.StreamResponse, error) {
	q, err := f.reportQuery(ctx, who, &in.ReportFilter, in.Interval, in.Number)
	if err != nil {
		return nil, err
	}
	f.service(q, &in.ByService)
	q.Queues = in.Queue
	return answer(ctx, f, who, q, "queues", figureRows(f, report.OfQueues, report.By{Queue: true}, func(r *report.Row) QueueRow {
		return QueueRow{ReportSpan: q.span(r.Time), Queue: r.Queue, ServiceFigures: serviceFigures(r, q.sl)}
	}))
}

type agentReport struct {
	ReportFilter
	ByInterval
	ByQueues
	Agent []string `query:"agent,explode" maxItems:"100" doc:"One of these."`
}

func (f *Face) reportAgents(ctx context.Context, who *asker, in *agentReport) (*huma.StreamResponse, error) {
	q, err := f.reportQuery(ctx, who, &in.ReportFilter, in.Interval, nil)
	if err != nil {
		return nil, err
	}
	q.Queues, q.Agents = in.Queue, in.Agent
	return answer(ctx, f, who, q, "agents", func(ctx context.Context, asked report.Query) ([]AgentRow, AgentRow, error) {
		found, err := f.o.Reports.Agents(ctx, asked)
		rows, total := make([]AgentRow, len(found)), report.AgentRow{Row: asked.Total(nil)}
		for i := range found {
			rows[i] = q.agentRow(&found[i])
			total.Add(&found[i].Row)
			total.Times.Add(&found[i].Times)
		}
		return rows, q.agentRow(&total), err
	})
}

type numberReport struct {
	ReportFilter
	ByInterval
	ByService
	ByNumbers
}

func (f *Face) reportNumbers(ctx context.Context, who *asker, in *numberReport) (*huma.StreamResponse, error) {
	q, err := f.reportQuery(ctx, who, &in.ReportFilter, in.Interval, in.Number)
	if err != nil {
		return nil, err
	}
	f.service(q, &in.ByService)
	return answer(ctx, f, who, q, "numbers", figureRows(f, report.OfNumbers, report.By{Project: true, Number: true}, func(r *report.Row) NumberRow {
		return NumberRow{ReportSpan: q.span(r.Time), Project: r.Project, Number: report.ShownNumber(r.Number, q.numbers), Inbound: r.Inbound, Outbound: r.Outbound,
			Unqueued: r.Unqueued, Talked: r.Talked, ServiceFigures: serviceFigures(r, q.sl)}
	}))
}

type heatReport struct {
	ReportFilter
	ByService
	ByQueues
	ByNumbers
}

func (f *Face) reportHeatMap(ctx context.Context, who *asker, in *heatReport) (*huma.StreamResponse, error) {
	q, err := f.reportQuery(ctx, who, &in.ReportFilter, "", in.Number)
	if err != nil {
		return nil, err
	}
	f.service(q, &in.ByService)
	q.Queues = in.Queue
	level := report.OfNumbers
	if len(in.Queue) > 0 {
		level = report.OfQueues
	}
	row := func(r *report.Row) HeatRow {
		return HeatRow{Inbound: r.Inbound, ServiceFigures: serviceFigures(r, q.sl)}
	}
	return answer(ctx, f, who, q, "heatmap", func(ctx context.Context, q report.Query) ([]HeatRow, HeatRow, error) {
		cells, err := f.o.Reports.HeatMap(ctx, q, level)
		rows, found := make([]HeatRow, len(cells)), make([]report.Row, len(cells))
		for i := range cells {
			c := &cells[i]
			rows[i], found[i] = row(&c.Row), c.Row
			rows[i].Weekday, rows[i].Hour, rows[i].Times = report.ISOWeekday(c.Weekday), c.Hour, c.Times
		}
		total := q.Total(found)
		return rows, row(&total), err
	})
}

type causeReport struct {
	ReportFilter
	ByInterval
	ByNumbers
}

func (f *Face) reportCauses(ctx context.Context, who *asker, in *causeReport) (*huma.StreamResponse, error) {
	q, err := f.reportQuery(ctx, who, &in.ReportFilter, in.Interval, in.Number)
	if err != nil {
		return nil, err
	}
	return answer(ctx, f, who, q, "causes", func(ctx context.Context, asked report.Query) ([]CauseRow, CauseRow, error) {
		ended, err := f.o.Reports.Endings(ctx, asked)
		total := CauseRow{ReportSpan: ReportSpan{asked.From, asked.To}}
		calls := map[int]int64{} // of each span
		for _, e := range ended {
			calls[e.Span] += e.Calls
			total.Calls += e.Calls
		}
		total.Share = report.Percent(total.Calls, total.Calls)
		rows := make([]CauseRow, len(ended))
		for i, e := range ended {
			rows[i] = CauseRow{ReportSpan: q.span(e.Time), Cause: e.Cause, Disposition: string(e.Disposition), HungUpBy: string(e.HungUp), Direction: e.Direction,
				Calls: e.Calls, Share: report.Percent(e.Calls, calls[e.Span])}
		}
		return rows, total, err
	})
}

func (f *Face) reportCentre(ctx context.Context, who *asker, in *ReportFilter) (*huma.StreamResponse, error) {
	for name, text := range map[string]string{"from": in.From, "to": in.To} {
		if _, err := report.ParseDate(text); err != nil {
			return nil, wrongParameter(name, "want a day, YYYY-MM-DD")
		}
	}
	if in.Zone != "" {
		return nil, wrongParameter("zone", "the days are those of each project's own clocks")
	}
	q, err := f.reportQuery(ctx, who, in, "", nil) // each project counts days by its own clocks: here they only stand for days
	if err != nil {
		return nil, err
	}
	return answer(ctx, f, who, q, "centre", func(ctx context.Context, asked report.Query) ([]CentreRow, CentreRow, error) {
		found, err := f.o.CentreReport.Report(ctx, report.DateOf(asked.From), report.DateOf(asked.To.Add(-time.Microsecond)), asked.Projects)
		rows := make([]CentreRow, len(found))
		for i := range found {
			rows[i] = centreRow(&found[i], q.numbers)
		}
		total := centreRow(&report.CentreRow{Part: report.OfEveryone}, true)
		if len(rows) > 0 {
			total = rows[len(rows)-1]
		}
		return rows, total, err
	})
}
