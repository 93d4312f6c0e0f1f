package esltest

import (
	"slices"
	"strconv"
	"strings"
)

func (cc *callcenter) configQueue(verb string, argv []string) (string, error) {
	need := map[string]int{"load": 1, "unload": 1, "reload": 1}[verb]
	if len(argv) < need {
		return "", errInvalid
	}
	switch verb {
	case "load", "reload":
		if cc.loadQueue(argv[0]) == nil {
			return "", errQueueNotKnown
		}
		return ok, nil
	case "unload":
		cc.unload(argv[0])
		return ok, nil
	case "list":
		if len(argv) == 0 {
			return cc.queueTable(), nil
		}
		rows, err := cc.queueRows(argv)
		if err != nil {
			return "", err
		}
		return cc.table(strings.ToLower(argv[0]), rows), nil
	case "count":
		if len(argv) == 0 {
			return strconv.Itoa(len(cc.queues)) + "\n", nil
		}
		if strings.EqualFold(argv[0], "members") && len(argv) < 2 {
			return "0\n", nil
		}
		rows, err := cc.queueRows(argv)
		if err != nil {
			return "", err
		}
		if cc.s.faults.sqlFails(strings.ToLower(argv[0])) {
			rows = nil
		}
		return strconv.Itoa(len(rows)) + "\n", nil
	}
	return "", nil
}

// queueRows is what "queue list agents|members|tiers" selects.
func (cc *callcenter) queueRows(argv []string) (rows [][]cell, err error) {
	at := func(i int) string {
		if i < len(argv) {
			return argv[i]
		}
		return ""
	}
	name := at(1)
	switch strings.ToLower(argv[0]) {
	case "agents":
		rows = agentRows(slices.DeleteFunc(cc.inQueue(name), func(a *agent) bool {
			return len(argv) > 2 && a.status != at(2) || len(argv) > 3 && a.state != at(3)
		}))
	case "members":
		list := cc.byScore()
		if len(argv) > 1 {
			list = slices.DeleteFunc(list, func(m *member) bool { return m.queue != name })
		} else {
			slices.SortStableFunc(list, func(a, b *member) int { return strings.Compare(a.queue, b.queue) })
		}
		rows = cc.memberRows(list)
	case "tiers":
		rows = tierRows(cc.tiers.queues[name])
	default:
		return nil, errInvalid
	}
	return rows, nil
}

// queueTable has its header even without a row.
func (cc *callcenter) queueTable() string {
	var rows [][]cell
	for _, q := range cc.hashed() {
		rows = append(rows, q.row())
	}
	if len(rows) > 0 {
		return cc.table("queues", rows)
	}
	var names []string
	for _, c := range (&queue{}).row() {
		names = append(names, c.name)
	}
	return strings.Join(names, "|") + "\n" + ok
}

func (q *queue) row() []cell {
	text := func(name, value string) cell { return cell{name: name, value: value} }
	yes := func(name string, v bool) cell { return text(name, strconv.FormatBool(v)) }
	count := func(name string, n int) cell { return number(name, int64(n)) }
	return []cell{
		text("name", q.Name), text("strategy", q.Strategy), text("moh_sound", q.MOH), text("time_base_score", q.TimeBaseScore),
		yes("tier_rules_apply", q.TierRulesApply), count("tier_rule_wait_second", q.TierRuleWaitSecond),
		yes("tier_rule_wait_multiply_level", q.TierRuleWaitMultiply), yes("tier_rule_no_agent_no_wait", q.TierRuleNoAgentNoWait),
		count("discard_abandoned_after", q.DiscardAbandonedAfter), yes("abandoned_resume_allowed", q.AbandonedResumeAllowed),
		count("max_wait_time", q.MaxWaitTime), count("max_wait_time_with_no_agent", q.MaxWaitNoAgent),
		count("max_wait_time_with_no_agent_time_reached", q.MaxWaitNoAgentReached), text("record_template", q.RecordTemplate),
		count("calls_answered", q.answered), count("calls_abandoned", q.abandoned),
		count("ring_progressively_delay", q.RingProgressivelyDelay),
		yes("skip_agents_with_external_calls", !q.OfferDuringExternalCalls), text("agent_no_answer_status", q.AgentNoAnswerStatus),
	}
}
