package callcenter

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// read asks one switch for its whole contact centre. Queues and tiers come from the text tables: JSON tier
// lists are quadratic inside FreeSWITCH, and JSON queue lists lack the counters. Agents and members come from
// the JSON API, where a "|" in a contact does no harm.
//
// Source: mod_callcenter.c cc_config_api_function, json_callcenter_config_function.
func read(ctx context.Context, link Link) (*Snapshot, error) {
	s := &Snapshot{Switch: link.Name()}
	rows, err := readTable(ctx, link, "queue list", "record_template")
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		s.Queues = append(s.Queues, queueFrom(row))
	}
	if rows, err = readTable(ctx, link, "tier list", ""); err != nil {
		return nil, err
	}
	for _, row := range rows {
		s.Tiers = append(s.Tiers, tierFrom(row))
	}
	if rows, err = readJSON(ctx, link, "agent list"); err != nil {
		return nil, err
	}
	for _, row := range rows {
		s.Agents = append(s.Agents, row)
	}
	if rows, err = readJSON(ctx, link, "member list"); err != nil {
		return nil, err
	}
	for _, row := range rows {
		s.Members = append(s.Members, row)
	}
	return s, nil
}

func readTable(ctx context.Context, link Link, list, greedy string) ([]map[string]string, error) {
	text, err := link.API(ctx, "callcenter_config", strings.Fields(list)...)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", list, err)
	}
	rows, err := parseTable(text, greedy)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", list, err)
	}
	return rows, nil
}

func readJSON(ctx context.Context, link Link, list string) ([]map[string]string, error) {
	text, err := link.API(ctx, "json", `{"command":"callcenter_config","data":{"arguments":"`+list+`"}}`)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", list, err)
	}
	var reply struct {
		Status   string
		Message  string
		Response []map[string]any
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber() // numbers keep the text FreeSWITCH wrote
	if err := dec.Decode(&reply); err != nil {
		return nil, fmt.Errorf("read %s: %w", list, err)
	}
	if reply.Status != "success" {
		return nil, fmt.Errorf("read %s: FreeSWITCH answers %q: %s", list, reply.Status, reply.Message)
	}
	rows := make([]map[string]string, len(reply.Response))
	for i, columns := range reply.Response {
		rows[i] = make(map[string]string, len(columns))
		for name, value := range columns {
			if value != nil {
				rows[i][name] = fmt.Sprint(value)
			}
		}
	}
	return rows, nil
}
