package esltest

import (
	"fmt"
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
		return table(rows), nil
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

func (cc *callcenter) queueTable() string {
	var b strings.Builder
	b.WriteString("name|strategy|moh_sound|time_base_score|tier_rules_apply|tier_rule_wait_second|" +
		"tier_rule_wait_multiply_level|tier_rule_no_agent_no_wait|discard_abandoned_after|abandoned_resume_allowed|" +
		"max_wait_time|max_wait_time_with_no_agent|max_wait_time_with_no_agent_time_reached|record_template|" +
		"calls_answered|calls_abandoned|ring_progressively_delay|skip_agents_with_external_calls|agent_no_answer_status\n")
	for _, q := range cc.hashed() {
		fmt.Fprintf(&b, "%s|%s|%s|%s|%t|%d|%t|%t|%d|%t|%d|%d|%d|%s|%d|%d|%d|%t|%s\n",
			q.Name, q.Strategy, q.MOH, q.TimeBaseScore, q.TierRulesApply, q.TierRuleWaitSecond, q.TierRuleWaitMultiply,
			q.TierRuleNoAgentNoWait, q.DiscardAbandonedAfter, q.AbandonedResumeAllowed, q.MaxWaitTime, q.MaxWaitNoAgent,
			q.MaxWaitNoAgentReached, q.RecordTemplate, q.answered, q.abandoned, q.RingProgressivelyDelay,
			!q.OfferDuringExternalCalls, q.AgentNoAnswerStatus)
	}
	return b.String() + ok
}
