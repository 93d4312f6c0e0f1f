package v1_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	v1 "callgate/api/v1"
	"callgate/internal/account"
	"callgate/internal/fault"
	"callgate/internal/report"
)

// allowed lets everybody do what his rights say.
type allowed struct{}

func (allowed) Authenticate(context.Context, string, func() string) (*account.Identity, error) {
	return nil, errors.New("asked from outside")
}

func (allowed) Authorize(_ context.Context, id *account.Identity, module, action string, _ ...string) (*account.Identity, error) {
	if !id.May(module, action) {
		return nil, fault.New(fault.Denied, "")
	}
	return id, nil
}

func renderers(t *testing.T, l *ledger) map[string]report.Renderer {
	return v1.Renderers(v1.Options{Accounts: allowed{}, Reports: report.NewReports(l), CentreReport: report.NewCentre(l, shops{}, moscow(t)), Projects: shops{},
		Normal: normal, Zone: moscow(t)})
}

// order is of the fourth of May by somebody who sees all.
func order(t *testing.T) report.Order {
	d := report.Date{Year: 2026, Month: time.May, Day: 4}
	return report.Order{Reader: report.Reader{ID: 1, Login: "anna", Rights: []string{"*/*"}}, Format: "csv", First: d, Last: d, Zone: moscow(t)}
}

// rendered is what a renderer writes.
func rendered(t *testing.T, r report.Renderer, o report.Order) (report.File, []byte, error) {
	t.Helper()
	file, err := r.Render(t.Context(), o)
	if err != nil {
		return file, nil, err
	}
	var b bytes.Buffer
	err = file.Write(&b)
	return file, b.Bytes(), err
}

// TestMailedReports: every report of the face can be mailed, and is what a client of the face gets.
func TestMailedReports(t *testing.T) {
	t.Parallel()
	l := day(t)
	all, c := renderers(t, l), l.tell(t)
	for _, name := range []string{"queues", "agents", "numbers", "heatmap", "causes", "centre"} {
		if all[name] == nil {
			t.Fatalf("%s cannot be mailed", name)
		}
		file, got, err := rendered(t, all[name], order(t))
		want := c.get("all", path("/reports/"+name, "from", "2026-05-04", "to", "2026-05-04", "format", "csv")).body
		if err != nil || string(got) != want || strings.Count(want, "\r\n") < 2 {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, got, want)
		}
		if file.Name != name+"-2026-05-04.csv" || file.Type != "text/csv; charset=utf-8" {
			t.Errorf("%s is %s, %s", name, file.Name, file.Type)
		}
	}
	if len(all) != 6 {
		t.Errorf("%d can be mailed", len(all))
	}
	o := order(t)
	o.Format, o.Last = "xlsx", o.First.Add(6)
	file, got, err := rendered(t, all["centre"], o)
	if err != nil || file.Name != "centre-2026-05-04-2026-05-10.xlsx" {
		t.Fatal(file.Name, err)
	}
	book, err := excelize.OpenReader(bytes.NewReader(got))
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := book.GetRows(book.GetSheetName(0)); err != nil || len(rows) < 4 {
		t.Errorf("%v %v", rows, err)
	}
}

// TestMailedByRights: what is in a report is what its owner may see.
func TestMailedByRights(t *testing.T) {
	t.Parallel()
	all := renderers(t, day(t))
	for _, tt := range []struct {
		name     string
		rights   []string
		projects []string
		want     []string // project and number of each row
		err      error
	}{
		{"all", []string{"reports/see", "numbers/see"}, nil, []string{"bank " + bankNumber, "shop " + shopNumber}, nil},
		{"without numbers", []string{"reports/see"}, nil, []string{"bank *****", "shop *****"}, nil},
		{"one project", []string{"reports/*"}, []string{"bank"}, []string{"bank *****"}, nil},
		{"no right", []string{"numbers/see"}, nil, nil, fault.New(fault.Denied, "")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := order(t)
			o.Reader.Rights, o.Reader.Projects = tt.rights, tt.projects
			_, text, err := rendered(t, all["numbers"], o)
			if !errors.Is(err, tt.err) || (err == nil) != (tt.err == nil) {
				t.Fatalf("got %v", err)
			}
			if err != nil {
				return
			}
			rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, row := range rows[1:] {
				got = append(got, row[2]+" "+row[3])
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want, +got):\n%s", diff)
			}
		})
	}
}

// TestMailedParameters: what a report cannot be asked with is refused with the reason.
func TestMailedParameters(t *testing.T) {
	t.Parallel()
	all := renderers(t, day(t))
	for _, tt := range []struct {
		name, report string
		parameters   url.Values
		format       string
		want         error
		says         string
	}{
		{"good ones", "queues", url.Values{"project": {"shop", "bank"}, "interval": {"hour"}, "threshold": {"30"}}, "csv", nil, ""},
		{"compared", "numbers", url.Values{"compare": {"previous"}}, "xlsx", nil, ""},
		{"unknown one", "queues", url.Values{"quueue": {"sales"}}, "csv", fault.New(fault.WrongField, "parameters"), "quueue"},
		{"wrong value", "queues", url.Values{"interval": {"minute"}}, "csv", fault.New(fault.WrongField, "parameters"), "interval"},
		{"unknown project", "centre", url.Values{"project": {"nobody"}}, "csv", fault.New(fault.NotFound, "Project"), ""},
		{"another time", "centre", url.Values{"from": {"2026-01-01"}}, "csv", fault.New(fault.WrongField, "parameters"), "from"},
		{"another format", "centre", nil, "json", fault.New(fault.WrongField, "format"), "csv"},
		{"lines", "centre", nil, "ndjson", fault.New(fault.WrongField, "format"), "csv"},
		{"no format", "centre", nil, "", fault.New(fault.WrongField, "format"), "csv"},
		{"line break", "queues", url.Values{"queue": {"a\r\nX: y"}}, "csv", nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := order(t)
			o.Parameters, o.Format = tt.parameters, tt.format
			before := tt.parameters.Encode()
			_, _, err := rendered(t, all[tt.report], o)
			if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v", err)
			}
			if tt.parameters.Encode() != before {
				t.Errorf("the parameters are %v", tt.parameters)
			}
		})
	}
}

// full takes no more than some bytes.
type full struct{ left int }

func (f *full) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, errors.New("full")
	}
	return len(b), nil
}

// TestMailedNowhere: a report that has no place, or whose figures are not to be had, says so.
func TestMailedNowhere(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"csv", "xlsx"} {
		o := order(t)
		o.Format = format
		file, err := renderers(t, day(t))["centre"].Render(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if err := file.Write(&full{100}); err == nil || !strings.Contains(err.Error(), "full") {
			t.Errorf("%s: %v", format, err)
		}
	}
	l := day(t)
	l.busy, l.deleted = report.MaxCallsRead+1, true
	o := order(t)
	o.Parameters = url.Values{"threshold": {"23"}}
	if _, _, err := rendered(t, renderers(t, l)["queues"], o); !errors.Is(err, fault.New(fault.WrongField, "threshold")) {
		t.Errorf("too many calls to read: %v", err)
	}
}
