package v1

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"callgate/internal/fault"
	"callgate/internal/history"
	"callgate/internal/project"
	"callgate/internal/report"
)

// Reports are made of figures; report.Reports makes them.
type Reports interface {
	Figures(ctx context.Context, q report.Query, level report.Level, by report.By) ([]report.Row, error)
	Agents(ctx context.Context, q report.Query) ([]report.AgentRow, error)
	HeatMap(ctx context.Context, q report.Query, level report.Level) ([]report.Cell, error)
	Endings(ctx context.Context, q report.Query) ([]report.Ended, error)
}

// CentreReport makes the contact-centre report; report.Centre does.
type CentreReport interface {
	Report(ctx context.Context, first, last report.Date, projects []string) ([]report.CentreRow, error)
}

// Projects are those of the contact centre; project.Service has them.
type Projects interface {
	// Get finds a project, or fault.NotFound "Project".
	Get(id string) (project.Project, error)
}

const reportsSee right = "reports/see"

// ReportFilter is what every report can be asked for by.
type ReportFilter struct {
	Span
	Project []string `query:"project,explode" maxItems:"100" doc:"One of these."`
	Compare string   `query:"compare" enum:"previous" doc:"previous: tell of the time before as well, which is as long by the calendar."`
	Format  string   `query:"format" enum:"json,csv,xlsx" default:"json"`
}

// ByInterval is how a report is divided.
type ByInterval struct {
	Interval string `query:"interval" enum:"quarter,hour,day,week,month,whole" default:"day" doc:"Weeks begin on Monday. whole: not at all."`
}

// ByService is what the service level is.
type ByService struct {
	Threshold int64  `query:"threshold" minimum:"1" maximum:"3600" doc:"In time is who waited less than so many seconds. Without it the threshold of the project where there is one only, else 20."`
	SL        string `query:"sl" enum:"answered,offered,offered_less_short,answered_and_late_lost,lost_in_time_kept" default:"answered" doc:"Who was answered in time, of: those answered; those offered; those offered without short abandons; those offered without the abandoned in time; or with the abandoned in time, of those offered."`
	Short     int64  `query:"short" minimum:"1" maximum:"3600" default:"5" doc:"A short abandon is who was abandoned and waited less than so many seconds."`
}

// ByNumbers are numbers of projects.
type ByNumbers struct {
	Number []string `query:"number,explode" maxItems:"100" doc:"One of these, the projects' own, in any spelling. Needs the right numbers/see."`
}

// ByQueues are queues.
type ByQueues struct {
	Queue []string `query:"queue,explode" maxItems:"100" doc:"One of these."`
}

// Report is what is told of a time, and of the one before.
type Report[R any] struct {
	Zone      string `json:"zone"`
	Interval  string `json:"interval,omitempty"`
	Threshold int64  `json:"threshold,omitempty" doc:"Of the service level, in seconds."`
	SL        string `json:"sl,omitempty" doc:"Which service level it is."`
	Short     int64  `json:"short,omitempty" doc:"Of short abandons, in seconds."`
	ReportTime[R]
	Previous *ReportTime[R] `json:"previous,omitempty" doc:"The time before."`
}

// ReportTime are the rows of a time.
type ReportTime[R any] struct {
	From  time.Time `json:"from"`
	To    time.Time `json:"to" doc:"Not in it."`
	Rows  []R       `json:"rows" nullable:"false" doc:"There are none of what had no calls."`
	Total R         `json:"total" doc:"Of all rows together."`
}

// reportQuery is a report that somebody asks for, and may see.
type reportQuery struct {
	report.Query
	compare bool
	format  string
	numbers bool
	sl      report.ServiceLevel
}

// reportQuery reads a filter as who means it.
func (f *Face) reportQuery(ctx context.Context, who *asker, in *ReportFilter, interval string, numbers []string) (*reportQuery, error) {
	from, to, zone, err := f.span(&in.Span)
	if err != nil {
		return nil, err
	}
	q := &reportQuery{compare: in.Compare != "", format: in.Format, numbers: who.May("numbers", "see")}
	q.Interval = report.Interval(interval)
	for _, end := range [...]struct {
		name string
		us   int64
		to   *time.Time
	}{{"from", from, &q.From}, {"to", to, &q.To}} {
		*end.to = time.UnixMicro(end.us).In(zone)
		switch {
		case end.us == 0:
			return nil, &fault.Error{Kind: fault.EmptyField, Subject: end.name, Err: errors.New("give a day, or a quarter hour")}
		case end.us%history.Quarter != 0:
			return nil, wrongParameter(end.name, "figures are kept by the quarter hour: want one")
		case end.to.Year() > 9999:
			return nil, wrongParameter(end.name, "want a time before the year 10000")
		}
	}
	if before, _ := report.Previous(q.From, q.To); q.compare && before.Year() < 1970 {
		return nil, wrongParameter("compare", "the time before would begin before 1970")
	}
	if q.Projects, err = f.reportProjects(who, in.Project); err != nil {
		return nil, err
	}
	for _, text := range numbers {
		if err := f.mayAskForNumbers(ctx, who); err != nil {
			return nil, err
		}
		if strings.TrimSpace(text) == "" || strings.HasSuffix(text, "*") {
			return nil, wrongParameter("number", "want a whole number")
		}
		number, _, err := f.number(q.Projects, text)
		if err != nil {
			return nil, err
		}
		q.Numbers = append(q.Numbers, number)
	}
	return q, nil
}

// reportProjects are those that are told of: the ones named, which must be there for who asks, else all that he may see.
func (f *Face) reportProjects(who *asker, named []string) ([]string, error) {
	for _, id := range named {
		if !who.Sees(id) {
			return nil, fault.New(fault.NotFound, "Project")
		}
		if _, err := f.o.Projects.Get(id); err != nil {
			return nil, err
		}
	}
	if len(named) > 0 {
		return named, nil
	}
	if len(who.Projects) > 0 {
		return who.Projects, nil
	}
	return nil, nil
}

// service sets what the service level is.
func (f *Face) service(q *reportQuery, in *ByService) {
	q.sl, q.Service = report.ServiceLevel(in.SL), report.Service{Threshold: in.Threshold, Short: in.Short}
	if q.Service.Threshold != 0 {
		return
	}
	q.Service.Threshold = project.DefaultSLSeconds
	if len(q.Projects) == 1 {
		if p, err := f.o.Projects.Get(q.Projects[0]); err == nil {
			q.Service.Threshold = int64(p.SLSeconds)
		}
	}
}

// reportOperation adds a report: R is its row, I what it can be asked for by.
func reportOperation[I, R any](f *Face, name, summary, description string, run func(ctx context.Context, who *asker, in *I) (*huma.StreamResponse, error)) {
	content := map[string]*huma.MediaType{"application/json": {Schema: f.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Report[R]](), true, "")}}
	for _, format := range [...]string{"csv", "xlsx"} {
		content[exportTypes[format]] = &huma.MediaType{Schema: &huma.Schema{Type: "string"}}
	}
	operation(f, huma.Operation{OperationID: "report-" + name, Method: http.MethodGet, Path: "/reports/" + name, Summary: summary,
		Description: description + " csv and xlsx have the rows, with the same names, and times in zone; where two times are compared a column `period` before them. " +
			"They are files as those of /calls/export are, and count among them.",
		Errors:    []int{http.StatusNotFound, http.StatusHTTPVersionNotSupported},
		Responses: map[string]*huma.Response{"200": {Description: "The report.", Content: content}}}, reportsSee, run)
}

// answer makes the report of a time, and of the one before where it is asked for, and writes it.
func answer[R any](ctx context.Context, f *Face, who *asker, q *reportQuery, name string, make func(ctx context.Context, q report.Query) (rows []R, total R, err error)) (*huma.StreamResponse, error) {
	of := func(q report.Query) (ReportTime[R], error) {
		rows, total, err := make(ctx, q)
		if rows == nil {
			rows = []R{}
		}
		return ReportTime[R]{From: q.From, To: q.To, Rows: rows, Total: total}, err
	}
	zone := q.From.Location()
	r := Report[R]{Zone: zone.String(), Interval: string(q.Interval), Threshold: q.Service.Threshold, SL: string(q.sl), Short: q.Service.Short}
	var err error
	if r.ReportTime, err = of(q.Query); err != nil {
		return nil, err
	}
	if q.compare {
		before, err := of(q.Previous())
		if err != nil {
			return nil, err
		}
		r.Previous = &before
	}
	if q.format != "json" {
		return f.file(who, name, q.format, zone, func(c *gin.Context) error {
			return export(c, q.format, zone, reportTable[R](name, q.compare), r.each())
		})
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		c := humagin.Unwrap(ctx)
		c.Writer.Header().Set("Content-Type", "application/json")
		out := json.NewEncoder(patient{c.Writer})
		out.SetEscapeHTML(false)
		if err := out.Encode(&r); err != nil { // the client has gone
			_ = c.Error(err)
		}
	}}, nil
}

// periodRow is a row of one of two times.
type periodRow[R any] struct {
	Period string `json:"period"`
	Row    R
}

// each yields the rows of the time, and of the one before.
func (r *Report[R]) each() iter.Seq2[*periodRow[R], error] {
	return func(yield func(*periodRow[R], error) bool) {
		for _, row := range r.Rows {
			if !yield(&periodRow[R]{"current", row}, nil) {
				return
			}
		}
		if r.Previous == nil {
			return
		}
		for _, row := range r.Previous.Rows {
			if !yield(&periodRow[R]{"previous", row}, nil) {
				return
			}
		}
	}
}

// reportTable shows rows by their fields, under the names that these have in JSON.
func reportTable[R any](name string, periods bool) tabular[periodRow[R]] {
	return tabular[periodRow[R]]{name, func(row *periodRow[R]) []column {
		var all []column
		if periods {
			all = append(all, column{"period", row.Period})
		}
		return fields(all, reflect.ValueOf(&row.Row).Elem())
	}}
}

// fields adds those of a struct, and of structs in it.
func fields(all []column, v reflect.Value) []column {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous {
			all = fields(all, v.Field(i))
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		var value any
		switch v := v.Field(i).Interface().(type) {
		case int:
			value = int64(v)
		case *int64:
			if v != nil {
				value = *v
			}
		case Pauses:
			value = v.String()
		default:
			value = v
		}
		all = append(all, column{name, value})
	}
	return all
}
