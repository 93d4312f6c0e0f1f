package v1

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// exportBuffer is how much of a text goes out at a time, in bytes.
const exportBuffer = 32 << 10

// column is one of the forms for people.
type column struct {
	name  string
	value any // a string, an int64, a *float64, a bool, or a time.Time; nil and the zero time are an empty cell
}

// callTable is of calls, named as the search names them.
func callTable() tabular[Call] {
	return tabular[Call]{"Calls", func(c *Call) []column {
		all := columns(c)
		return all[:]
	}}
}

// columns are a call's, named as the search names them.
func columns(c *Call) [27]column {
	return [...]column{
		{"uuid", c.UUID}, {"switch", c.Switch}, {"direction", c.Direction}, {"started", c.Started}, {"answered", c.Answered}, {"ended", c.Ended},
		{"caller", c.Caller}, {"called", c.Called}, {"caller_given", c.CallerGiven}, {"called_given", c.CalledGiven}, {"caller_name", c.CallerName},
		{"user", c.User}, {"account", c.Account}, {"project", c.Project}, {"number", c.Number}, {"queues", strings.Join(c.Queues, ", ")}, {"agents", strings.Join(c.Agents, ", ")},
		{"disposition", c.Disposition}, {"hung_up_by", c.HungUpBy}, {"cause", c.Cause}, {"wait", c.Wait}, {"talk", c.Talk}, {"hold", c.Hold},
		{"wrap_up", c.WrapUp}, {"duration", c.Duration}, {"recorded", c.Recorded}, {"legs", int64(c.Legs)},
	}
}

// csvExport writes RFC 4180, in UTF-8 with the mark by which Excel knows it.
type csvExport[R any] struct {
	of    tabular[R]
	out   *bufio.Writer
	rows  *csv.Writer
	zone  *time.Location
	cells []string // of the row that is written
}

func newCSV[R any](w io.Writer, zone *time.Location, of tabular[R]) (exporter[R], error) {
	e := &csvExport[R]{of: of, out: bufio.NewWriterSize(w, exportBuffer), zone: zone}
	e.rows = csv.NewWriter(e.out)
	e.rows.UseCRLF = true
	_, _ = e.out.WriteString("\ufeff") // a failure shows in the next write
	for _, column := range of.columns(new(R)) {
		e.cells = append(e.cells, column.name)
	}
	return e, e.rows.Write(e.cells)
}

func (e *csvExport[R]) Write(row *R) error {
	for i, column := range e.of.columns(row) {
		e.cells[i] = e.cell(column.value)
	}
	return e.rows.Write(e.cells)
}

func (e *csvExport[R]) cell(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case int64:
		return strconv.FormatInt(v, 10)
	case *float64:
		if v == nil {
			return ""
		}
		return strconv.FormatFloat(*v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return v.In(e.zone).Format(time.DateTime)
	}
	return harmless(value.(string))
}

func (e *csvExport[R]) End() error {
	if e.rows.Flush(); e.rows.Error() != nil {
		return e.rows.Error()
	}
	return e.out.Flush()
}

func (e *csvExport[R]) Close() error { return nil }

// plainNumber is what a spreadsheet may take for a number, and no more.
var plainNumber = regexp.MustCompile(`^[+-]?[0-9]+$`)

// harmless keeps a spreadsheet from running a text that a caller may have thought out, as his name.
func harmless(text string) string {
	if text == "" || !strings.ContainsRune("=+-@\t\r", rune(text[0])) || plainNumber.MatchString(text) {
		return text
	}
	return "'" + text
}

// ndjsonExport writes a line for each row.
type ndjsonExport[R any] struct {
	out   *bufio.Writer
	lines *json.Encoder
}

func newNDJSON[R any](w io.Writer) exporter[R] {
	e := &ndjsonExport[R]{out: bufio.NewWriterSize(w, exportBuffer)}
	e.lines = json.NewEncoder(e.out)
	e.lines.SetEscapeHTML(false)
	return e
}

func (e *ndjsonExport[R]) Write(row *R) error { return e.lines.Encode(row) }

func (e *ndjsonExport[R]) End() error { return e.out.Flush() }

func (e *ndjsonExport[R]) Close() error { return nil }
