package esltest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// apiJSON is the command json: it prints the request with the outcome added.
func (s *Switch) apiJSON(arg string) string {
	if arg == "" {
		return "-ERR No JSON supplied.\n"
	}
	var request struct {
		Command string           `json:"command"`
		Data    *json.RawMessage `json:"data"`
	}
	var echo bytes.Buffer
	if json.Compact(&echo, []byte(arg)) != nil || json.Unmarshal([]byte(arg), &request) != nil ||
		!strings.HasSuffix(echo.String(), "}") {
		return "-ERR Parse error.\n"
	}
	//nolint:misspell // FreeSWITCH's own spelling
	outcome := `"status":"error","message":"Invalid request or non-existant command","response":null`
	list := ""
	if request.Data != nil {
		response, done := "", false
		switch request.Command {
		case "callcenter_config":
			response, list, done = s.cc.jsonConfig(*request.Data)
		case "status":
			response, done = s.jsonStatus(), true
		default:
			response = "?"
		}
		switch {
		case done:
			outcome = `"status":"success","response":` + response
		case response != "?":
			outcome = `"status":"error","message":"The command returned an error","response":` + response
		}
	}
	body := strings.TrimSuffix(echo.String(), "}")
	if body != "{" {
		body += ","
	}
	return s.faults.spoilText(list, body+outcome+"}\n")
}

// jsonConfig answers the lists of the JSON API, of which list is one; it reads only.
func (cc *callcenter) jsonConfig(raw []byte) (response, list string, done bool) {
	var data struct {
		Arguments string `json:"arguments"`
		Queue     string `json:"queue_name"`
	}
	if json.Unmarshal(raw, &data) != nil {
		return "null", "", false
	}
	arguments := strings.ToLower(data.Arguments)
	if strings.HasPrefix(arguments, "queue list ") && data.Queue == "" {
		return `{"error":"Missing data attribute: queue_name"}`, "", false
	}
	var rows [][]cell
	list = listOf(strings.Fields(arguments))
	switch arguments {
	case "agent list":
		rows = agentRows(cc.agents)
	case "tier list":
		rows = tierRows(cc.tiers.sorted())
	case "member list":
		rows = cc.memberRows(cc.byScore())
	case "queue list":
		return cc.jsonQueues(), list, true
	case "queue list agents", "queue list members", "queue list tiers":
		rows, _ = cc.queueRows([]string{strings.TrimPrefix(arguments, "queue list "), data.Queue})
	default:
		return "null", "", false
	}
	return jsonRows(cc.s.faults.spoilRows(list, rows)), list, true
}

func jsonRows(rows [][]cell) string {
	var b strings.Builder
	b.WriteByte('[')
	for i, row := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		jsonRow(&b, row)
	}
	b.WriteByte(']')
	return b.String()
}

func jsonRow(b *strings.Builder, row []cell) {
	b.WriteByte('{')
	first := true
	for _, c := range row {
		if c.null {
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		jsonString(b, c.name)
		b.WriteByte(':')
		jsonString(b, c.value)
	}
	b.WriteByte('}')
}

// jsonQueues mixes numbers and strings, and leaves out what is not set.
func (cc *callcenter) jsonQueues() string {
	var b strings.Builder
	b.WriteByte('[')
	for i, q := range cc.hashed() {
		if i > 0 {
			b.WriteByte(',')
		}
		first := true
		text := func(name, value string) {
			if value == "" {
				return
			}
			if !first {
				b.WriteByte(',')
			}
			first = false
			jsonString(&b, name)
			b.WriteByte(':')
			jsonString(&b, value)
		}
		number := func(name string, n int) { b.WriteString(`,"` + name + `":` + strconv.Itoa(n)) }
		b.WriteByte('{')
		text("name", q.Name)
		text("strategy", q.Strategy)
		text("moh_sound", q.MOH)
		text("time_base_score", q.TimeBaseScore)
		text("tier_rules_apply", strconv.FormatBool(q.TierRulesApply))
		number("tier_rule_wait_second", q.TierRuleWaitSecond)
		text("tier_rule_wait_multiply_level", strconv.FormatBool(q.TierRuleWaitMultiply))
		text("tier_rule_no_agent_no_wait", strconv.FormatBool(q.TierRuleNoAgentNoWait))
		number("discard_abandoned_after", q.DiscardAbandonedAfter)
		text("abandoned_resume_allowed", strconv.FormatBool(q.AbandonedResumeAllowed))
		number("max_wait_time", q.MaxWaitTime)
		number("max_wait_time_with_no_agent", q.MaxWaitNoAgent)
		number("max_wait_time_with_no_agent_time_reached", q.MaxWaitNoAgentReached)
		text("record_template", q.RecordTemplate)
		text("skip_agents_with_external_calls", strconv.FormatBool(!q.OfferDuringExternalCalls))
		text("agent_no_answer_status", q.AgentNoAnswerStatus)
		b.WriteByte('}')
	}
	b.WriteByte(']')
	return b.String()
}

func (s *Switch) jsonStatus() string {
	now := s.now()
	s.stats.tick(now)
	rate, count := s.stats.fiveMinutes()
	us := now.Sub(s.started).Microseconds()
	part := func(size, mod int64) int64 { return us / size % mod }
	var version strings.Builder
	jsonString(&version, s.cfg.Version+" "+s.cfg.BuildFor)
	return fmt.Sprintf(`{"systemStatus":"ready","uptime":{"years":%d,"days":%d,"hours":%d,"minutes":%d,"seconds":%d,`+
		`"milliseconds":%d,"microseconds":%d},"version":%s,"sessions":{"count":{"total":%d,"active":%d,"peak":%d,`+
		`"peak5Min":%d,"limit":%d},"rate":{"current":%d,"max":%d,"peak":%d,"peak5Min":%d}},`+
		`"idleCPU":{"used":0,"allowed":%v},"stackSizeKB":{"current":240,"max":8192}}`,
		us/(365*24*3600e6), part(24*3600e6, 365), part(3600e6, 24), part(60e6, 60), part(1e6, 60), part(1e3, 1000), part(1, 1000),
		version.String(), s.stats.total, len(s.sessions), s.stats.peak, count, s.cfg.MaxSessions,
		s.stats.last, s.cfg.SessionsRate, s.stats.rate, rate, idleCPU)
}
