package report

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"callgate/internal/history"
	"callgate/internal/project"
)

// Projects are the projects of the contact centre.
type Projects interface {
	List() []project.Project
	// Normal writes a number as figures are kept for it.
	Normal(projectID, number string) string
}

// Centre makes the contact-centre report of the calls that callgate knows. It may be used from any goroutine.
type Centre struct {
	store    FigureStore
	projects Projects
	zone     *time.Location // of projects that have none
}

// NewCentre makes a Centre; the zone is the installation's.
func NewCentre(store FigureStore, projects Projects, zone *time.Location) *Centre {
	return &Centre{store, projects, zone}
}

// Part is what a row of the contact-centre report is about.
type Part uint8

// The parts.
const (
	OfNumber   Part = iota // a number on a day
	OfProject              // all numbers of a project on a day
	OfEveryone             // all of the report
)

// CentreRow is a row of the contact-centre report. Rows are recomputed from sums, never from rows.
type CentreRow struct {
	Part    Part
	Day     Date   // by the project's clock; not OfEveryone
	Project string // not OfEveryone
	Number  string // as the project has it; OfNumber
	InTime  int64  // calls answered in less than the project's threshold of the service level
	history.Figures
}

// Report returns the rows from one day to another, both included, of the projects listed, nil for all: by day, project and
// number, with a row for each project after its numbers and one for all at the end; none when there were no calls.
// What came to numbers of no project is left out.
func (c *Centre) Report(ctx context.Context, first, last Date, projects []string) ([]CentreRow, error) {
	known, ok, err := c.store.FigureTimes(ctx)
	if err != nil || !ok {
		return nil, err
	}
	var rows []CentreRow
	for name, group := range c.zones(projects) {
		zone, err := zoneOf(name, c.zone)
		if err != nil { // it was checked when it was set, on another machine perhaps
			zone = c.zone
		}
		some, err := c.read(ctx, first, last, known, zone, group)
		if err != nil {
			return nil, err
		}
		rows = append(rows, some...)
	}
	slices.SortFunc(rows, func(a, b CentreRow) int {
		return cmp.Or(strings.Compare(a.Day.String(), b.Day.String()), strings.Compare(a.Project, b.Project), strings.Compare(a.Number, b.Number))
	})
	return totalled(rows), nil
}

// zones are the projects that are asked for by the name of the zone that their days are counted in.
func (c *Centre) zones(ids []string) map[string][]project.Project {
	groups := map[string][]project.Project{}
	for _, p := range c.projects.List() {
		if ids == nil || slices.Contains(ids, p.ID) {
			groups[p.Zone] = append(groups[p.Zone], p)
		}
	}
	return groups
}

// read returns the rows of numbers of some projects whose days are counted in one zone, for days that have figures.
func (c *Centre) read(ctx context.Context, first, last Date, known Span, zone *time.Location, group []project.Project) ([]CentreRow, error) {
	if begin := DateOf(time.UnixMicro(known.From).In(zone)); first.Before(begin) {
		first = begin
	}
	if end := DateOf(time.UnixMicro(known.To).In(zone)); end.Before(last) {
		last = end
	}
	var days []Date
	q := FigureQuery{Level: OfNumbers, By: By{Project: true, Number: true}}
	for d := first; !last.Before(d); d = d.Add(1) {
		days, q.Spans = append(days, d), append(q.Spans, Span{d.Begins(zone).UnixMicro(), d.Add(1).Begins(zone).UnixMicro()})
	}
	type own struct{ project, number string }
	threshold, given := map[string]int64{}, map[own]string{}
	for _, p := range group {
		q.Projects, threshold[p.ID] = append(q.Projects, p.ID), int64(p.SLSeconds)
		for _, n := range p.Numbers {
			given[own{p.ID, c.projects.Normal(p.ID, n)}] = n
		}
	}
	found, err := c.store.Figures(ctx, q)
	if err != nil {
		return nil, err
	}
	late, err := c.within(ctx, q, threshold)
	if err != nil {
		return nil, err
	}
	var rows []CentreRow
	for _, f := range found {
		if f.Inbound == 0 {
			continue
		}
		row := CentreRow{Day: days[f.Span], Project: f.Project, Number: cmp.Or(given[own{f.Project, f.Number}], f.Number), Figures: f.Figures}
		in, exact := f.Within(threshold[f.Project])
		if !exact { // of calls that have been deleted it is known at least who waited less than a threshold that figures tell
			in = max(in, late[FigureRow{Span: f.Span, Project: f.Project, Number: f.Number}])
		}
		row.InTime = in
		rows = append(rows, row)
	}
	return rows, nil
}

// within counts, for projects whose threshold the figures do not tell, what was answered in time.
func (c *Centre) within(ctx context.Context, q FigureQuery, threshold map[string]int64) (map[FigureRow]int64, error) {
	others := map[int64][]string{}
	for id, seconds := range threshold {
		if limits := history.Thresholds(); !slices.Contains(limits[:], seconds) {
			others[seconds] = append(others[seconds], id)
		}
	}
	counts := map[FigureRow]int64{}
	for seconds, ids := range others {
		q.Projects = ids
		rows, err := c.store.Within(ctx, q, seconds)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			counts[FigureRow{Span: r.Span, Project: r.Project, Number: r.Number}] = r.Answered
		}
	}
	return counts, nil
}

// totalled adds the rows of projects and of everyone.
func totalled(rows []CentreRow) []CentreRow {
	var all []CentreRow
	everyone := CentreRow{Part: OfEveryone}
	for i, row := range rows {
		if i == 0 || rows[i-1].Day != row.Day || rows[i-1].Project != row.Project {
			all = append(all, CentreRow{Part: OfProject, Day: row.Day, Project: row.Project})
		}
		subtotal := &all[len(all)-1]
		for _, sum := range [...]*CentreRow{subtotal, &everyone} {
			sum.Add(row.Figures)
			sum.InTime += row.InTime
		}
		all = slices.Insert(all, len(all)-1, row)
	}
	if len(all) > 0 {
		all = append(all, everyone)
	}
	return all
}
