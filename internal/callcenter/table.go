package callcenter

import (
	"fmt"
	"strings"
)

// parseTable reads the text form of a callcenter_config list: a header line, rows, "+OK". Columns are found by
// header name, because their order is the order of FreeSWITCH's table and differs between versions; an empty
// list is "+OK" alone. FreeSWITCH does not escape "|": when a row has more cells than the header, the surplus
// belongs to the column named greedy, the one whose text an operator writes freely.
//
// Source: mod_callcenter.c list_result_callback and the queue list of cc_config_api_function.
func parseTable(text, greedy string) ([]map[string]string, error) {
	body, ok := strings.CutSuffix(text, "+OK\n")
	if !ok {
		return nil, fmt.Errorf("callcenter_config table of %d bytes does not end in +OK", len(text))
	}
	if body == "" {
		return nil, nil
	}
	lines := strings.Split(strings.TrimSuffix(body, "\n"), "\n")
	header := strings.Split(lines[0], "|")
	wide := -1
	for i, name := range header {
		if name == greedy {
			wide = i
		}
	}
	rows := make([]map[string]string, 0, len(lines)-1)
	for n, line := range lines[1:] {
		cells := strings.Split(line, "|")
		if surplus := len(cells) - len(header); surplus > 0 && wide >= 0 {
			joined := strings.Join(cells[wide:wide+surplus+1], "|")
			cells = append(append(cells[:wide:wide], joined), cells[wide+surplus+1:]...)
		}
		if len(cells) != len(header) {
			return nil, fmt.Errorf("callcenter_config row %d has %d cells for %d columns", n+1, len(cells), len(header))
		}
		row := make(map[string]string, len(header))
		for i, name := range header {
			row[name] = cells[i]
		}
		rows = append(rows, row)
	}
	return rows, nil
}
