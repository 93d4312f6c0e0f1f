package esltest

import (
	"slices"
	"strings"
)

// ListFault is what is wrong with lists of mod_callcenter. Its zero value is
// nothing.
type ListFault struct {
	// Fails makes the SQL statement fail, as when its table is gone. The module
	// says so in its log alone: the list ends after KeepRows rows, with "+OK" or
	// "success" all the same; counts are 0, and "agent get", "agent set" and "tier
	// set" find nobody. Queues are in memory and cannot fail. (cc_config_api_function,
	// json_callcenter_config_function: neither looks at what
	// cc_execute_sql_callback returns.)
	Fails    bool
	KeepRows int

	// Columns changes the columns of a table: it gets their names and returns
	// those of another version of FreeSWITCH or of a database that was upgraded,
	// in their order. What it adds holds "x". The JSON list of queues, which comes
	// from no table, stays as it is.
	Columns func(names []string) []string

	Half bool   // the answer breaks off in its middle, in a proper frame
	Text string // printed instead of the answer
}

// SpoilList makes the lists of "agents", "tiers", "members" or "queues", text and
// JSON, whole ones and those of one queue, come out wrong until it is called with
// the zero fault. Calls go on as if nothing were wrong. (A status in small
// letters needs no fault: "agent set status" keeps it as it was typed.)
func (s *Switch) SpoilList(list string, f ListFault) {
	s.fault(func(faults *faults) {
		if faults.lists == nil {
			faults.lists = map[string]ListFault{}
		}
		faults.lists[list] = f
	})
}

// listOf is which list a command prints; "" is none.
func listOf(words []string) string {
	at := func(i int, word string) bool { return i < len(words) && strings.EqualFold(words[i], word) }
	switch {
	case !at(1, "list"):
	case at(0, "agent"):
		return "agents"
	case at(0, "tier"):
		return "tiers"
	case at(0, "member"):
		return "members"
	case at(0, "queue") && len(words) == 2:
		return "queues"
	case at(0, "queue"):
		return strings.ToLower(words[2])
	}
	return ""
}

func (f *faults) sqlFails(list string) bool { return f.lists[list].Fails }

// spoilRows applies what is due to the rows of a list.
func (f *faults) spoilRows(list string, rows [][]cell) [][]cell {
	fault := f.lists[list]
	if fault.Fails && list != "queues" {
		rows = rows[:min(len(rows), max(fault.KeepRows, 0))]
	}
	if fault.Columns == nil || len(rows) == 0 {
		return rows
	}
	var names []string
	for _, c := range rows[0] {
		names = append(names, c.name)
	}
	wanted := fault.Columns(slices.Clone(names))
	out := make([][]cell, 0, len(rows))
	for _, row := range rows {
		changed := make([]cell, 0, len(wanted))
		for _, name := range wanted {
			c := cell{name: name, value: "x"}
			if i := slices.Index(names, name); i >= 0 {
				c = row[i]
			}
			changed = append(changed, c)
		}
		out = append(out, changed)
	}
	return out
}

// spoilText applies what is due to an answer that holds a list.
func (f *faults) spoilText(list, answer string) string {
	switch fault := f.lists[list]; {
	case fault.Text != "":
		return fault.Text
	case fault.Half:
		return answer[:len(answer)/2]
	}
	return answer
}
