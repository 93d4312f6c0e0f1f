package callcenter

import (
	"fmt"
	"slices"
	"strings"
)

// table is the text form of a callcenter_config list: a header line, rows, "+OK". Columns are found by header name,
// because their order is that of FreeSWITCH's table and differs between versions; an empty list is "+OK" alone.
//
// Source: mod_callcenter.c list_result_callback and the queue list of cc_config_api_function.
type table struct {
	header []string
	rows   [][]string
}

// parseTable reads a table. FreeSWITCH does not escape "|": a row with more cells than the header goes through mend,
// which puts together what belongs together or returns nil.
func parseTable(text string, mend func(header, cells []string) []string) (*table, error) {
	body, ok := strings.CutSuffix(text, "+OK\n")
	if !ok {
		return nil, fmt.Errorf("callcenter_config table of %d bytes does not end in +OK", len(text))
	}
	if body == "" {
		return &table{}, nil
	}
	if !strings.HasSuffix(body, "\n") {
		return nil, fmt.Errorf("callcenter_config table of %d bytes is cut in a row", len(text))
	}
	lines := strings.Count(body, "\n")
	head, body, _ := strings.Cut(body, "\n")
	t := &table{header: strings.Split(head, "|"), rows: make([][]string, 0, lines-1)}
	width := len(t.header)
	cells := make([]string, 0, (lines-1)*width) // one piece of memory for all rows
	for body != "" {
		var line string
		line, body, _ = strings.Cut(body, "\n")
		begin := len(cells)
		for more := true; more; {
			var c string
			c, line, more = strings.Cut(line, "|")
			cells = append(cells, c)
		}
		row := cells[begin:]
		if len(row) > width {
			row = mend(t.header, slices.Clone(row))
			cells = append(cells[:begin], row...)
		}
		if len(row) != width {
			return nil, fmt.Errorf("callcenter_config row %d does not have the %d columns of its header", len(t.rows)+1, width)
		}
		t.rows = append(t.rows, cells[begin:len(cells):len(cells)])
	}
	return t, nil
}

// column returns what reads the cells of a column; of one that is not there, nothing.
func (t *table) column(name string) func(row []string) string {
	i := slices.Index(t.header, name)
	if i < 0 {
		return func([]string) string { return "" }
	}
	return func(row []string) string { return row[i] }
}

// greedy mends a row by giving all surplus cells to one column, the one whose text an operator writes freely.
func greedy(column string) func(header, cells []string) []string {
	return func(header, cells []string) []string {
		i, surplus := slices.Index(header, column), len(cells)-len(header)
		if i < 0 {
			return nil
		}
		joined := strings.Join(cells[i:i+surplus+1], "|")
		return slices.Replace(cells, i, i+surplus+1, joined)
	}
}

// tierMender mends rows of tiers whose names hold "|": the rest of such a row is plain, and the queue is one of those
// that exist.
func tierMender(queues []Queue) func(header, cells []string) []string {
	return func(header, cells []string) []string {
		surplus := len(cells) - len(header)
		if len(header) < 2 || header[0] != "queue" || header[1] != "agent" {
			return nil
		}
		for inQueue := range surplus + 1 {
			queue, agent := strings.Join(cells[:inQueue+1], "|"), strings.Join(cells[inQueue+1:surplus+2], "|")
			if slices.ContainsFunc(queues, func(q Queue) bool { return q.Name == queue }) {
				return append([]string{queue, agent}, cells[surplus+2:]...)
			}
		}
		return nil
	}
}
