package outside

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// ReportForm says how an outside report system is asked for the contact-centre report, and where in its answer what is.
type ReportForm struct {
	Path    string // below the server's URL
	Request string // a Template with {start} and {stop}: the first and the last day, as 2022-11-10
	Rows    string // the path to the array of rows; empty when the answer is that array
	Fields  string // as CheckFields takes it: where a field has another name than the report's key
}

// ReportView is what somebody may see of a report.
type ReportView struct {
	Sees    func(project string) bool
	Numbers bool
}

// Report asks an outside report system.
type Report struct {
	client *Client
	form   func() ReportForm
}

// NewReport makes a Report that asks by the client, in the form that holds when it is asked.
func NewReport(c *Client, form func() ReportForm) *Report { return &Report{c, form} }

// Rows asks for the days from start to stop, such as 2022-11-10, both included, and shows of it what may be seen, in
// the report's order.
//
// Rows of other projects are left out, and then the total of everything is too: it would tell of them, and figures
// that are rounded cannot be summed anew. But where one day of one project is all that is left, its total is that of
// everything. Failures are fault.OutsideDown.
func (r *Report) Rows(ctx context.Context, start, stop string, view ReportView) ([]ReportRow, error) {
	form := r.form()
	fields, err := fieldsOf(form.Fields)
	if err != nil {
		return nil, fmt.Errorf("fields of %s: %w", r.client.o.Name, err)
	}
	q := question{path: form.Path, limit: maxReport, reading: strings.Join([]string{form.Rows, form.Fields}, "\n"),
		message: fill(form.Request, "{start}", start, "{stop}", stop)}
	rows, _, err := ask(ctx, r.client, q, func(body io.Reader) ([]ReportRow, error) { return readRows(body, form.Rows, fields) })
	if err != nil {
		return nil, err
	}
	return view.of(rows), nil
}

// of copies what may be seen of rows, which others see too.
func (v ReportView) of(all []ReportRow) []ReportRow {
	rows := make([]ReportRow, 0, len(all))
	whole, subtotals := true, 0
	mask := hidden
	for _, row := range all {
		switch {
		case row.grand(): // it stands last
			if whole && len(rows) > 0 {
				rows = append(rows, row)
			}
			continue
		case !v.Sees(row.project()):
			whole = false
			continue
		case row.number() == total:
			subtotals++
		case !v.Numbers:
			row.values[numberColumn] = &mask
		}
		rows = append(rows, row)
	}
	if last := len(rows) - 1; !whole && subtotals == 1 && rows[0].group() == rows[last].group() {
		rows = append(rows, rows[last].asGrand())
	}
	return rows
}
