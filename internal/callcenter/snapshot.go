package callcenter

import (
	"time"
)

// Queue is one row of `callcenter_config queue list`. Every value is FreeSWITCH's own text; a column that this
// FreeSWITCH does not have is empty. The fields stand in the order the documented API shows them.
type Queue struct {
	Name                    string `json:"name"`
	Strategy                string `json:"strategy"`
	MOHSound                string `json:"moh_sound"`
	TimeBaseScore           string `json:"time_base_score"`
	TierRulesApply          string `json:"tier_rules_apply"`
	TierRuleWaitSecond      string `json:"tier_rule_wait_second"`
	TierRuleWaitMultiply    string `json:"tier_rule_wait_multiply_level"`
	TierRuleNoAgentNoWait   string `json:"tier_rule_no_agent_no_wait"`
	DiscardAbandonedAfter   string `json:"discard_abandoned_after"`
	AbandonedResumeAllowed  string `json:"abandoned_resume_allowed"`
	MaxWaitTime             string `json:"max_wait_time"`
	MaxWaitTimeNoAgent      string `json:"max_wait_time_with_no_agent"`
	MaxWaitNoAgentReached   string `json:"max_wait_time_with_no_agent_time_reached"`
	RecordTemplate          string `json:"record_template"` // "(null)" when there is none
	CallsAnswered           string `json:"calls_answered"`
	CallsAbandoned          string `json:"calls_abandoned"`
	RingProgressivelyDelay  string `json:"ring_progressively_delay"`
	SkipAgentsExternalCalls string `json:"skip_agents_with_external_calls"`
	AgentNoAnswerStatus     string `json:"agent_no_answer_status"`
}

func queuesFrom(t *table) []Queue {
	queues := make([]Queue, len(t.rows))
	for _, c := range []struct {
		name string
		of   func(*Queue) *string
	}{
		{"name", func(q *Queue) *string { return &q.Name }},
		{"strategy", func(q *Queue) *string { return &q.Strategy }},
		{"moh_sound", func(q *Queue) *string { return &q.MOHSound }},
		{"time_base_score", func(q *Queue) *string { return &q.TimeBaseScore }},
		{"tier_rules_apply", func(q *Queue) *string { return &q.TierRulesApply }},
		{"tier_rule_wait_second", func(q *Queue) *string { return &q.TierRuleWaitSecond }},
		{"tier_rule_wait_multiply_level", func(q *Queue) *string { return &q.TierRuleWaitMultiply }},
		{"tier_rule_no_agent_no_wait", func(q *Queue) *string { return &q.TierRuleNoAgentNoWait }},
		{"discard_abandoned_after", func(q *Queue) *string { return &q.DiscardAbandonedAfter }},
		{"abandoned_resume_allowed", func(q *Queue) *string { return &q.AbandonedResumeAllowed }},
		{"max_wait_time", func(q *Queue) *string { return &q.MaxWaitTime }},
		{"max_wait_time_with_no_agent", func(q *Queue) *string { return &q.MaxWaitTimeNoAgent }},
		{"max_wait_time_with_no_agent_time_reached", func(q *Queue) *string { return &q.MaxWaitNoAgentReached }},
		{"record_template", func(q *Queue) *string { return &q.RecordTemplate }},
		{"calls_answered", func(q *Queue) *string { return &q.CallsAnswered }},
		{"calls_abandoned", func(q *Queue) *string { return &q.CallsAbandoned }},
		{"ring_progressively_delay", func(q *Queue) *string { return &q.RingProgressivelyDelay }},
		{"skip_agents_with_external_calls", func(q *Queue) *string { return &q.SkipAgentsExternalCalls }},
		{"agent_no_answer_status", func(q *Queue) *string { return &q.AgentNoAnswerStatus }},
	} {
		value := t.column(c.name)
		for i, row := range t.rows {
			*c.of(&queues[i]) = value(row)
		}
	}
	for i := range queues {
		if queues[i].RecordTemplate == "" {
			queues[i].RecordTemplate = "(null)" // what older FreeSWITCH printed and the documented API promises
		}
	}
	return queues
}

// Tier ties an agent to a queue.
type Tier struct {
	Queue    string `json:"queue"`
	Agent    string `json:"agent"`
	State    string `json:"state"`
	Level    string `json:"level"`
	Position string `json:"position"`
}

func tiersFrom(t *table) []Tier {
	tiers := make([]Tier, len(t.rows))
	queue, agent, state, level, position := t.column("queue"), t.column("agent"), t.column("state"), t.column("level"), t.column("position")
	for i, row := range t.rows {
		tiers[i] = Tier{Queue: queue(row), Agent: agent(row), State: state(row), Level: level(row), Position: position(row)}
	}
	return tiers
}

// Snapshot is what one switch said of its contact centre at one moment. It is immutable.
type Snapshot struct {
	Switch  string
	Core    string    // which run of the switch said it: another value means that it was restarted
	Taken   time.Time // when the reading began: nothing in it is older
	Queues  []Queue   // in FreeSWITCH's own order
	Tiers   []Tier
	Agents  []Agent
	Members []Member

	outside outsideCalls

	serving map[string][]string // the agents of a queue
	byName  map[string]*Agent
	text    struct{ queues, tiers string }
}

// Agent is the agent of that name; false when there was none.
func (s *Snapshot) Agent(name string) (Agent, bool) {
	a, ok := s.byName[name]
	if !ok {
		return Agent{}, false
	}
	return *a, true
}

// emptied tells whether a list that had rows has none any more. FreeSWITCH prints the same when its database fails. Where
// one change of ours came between, the last agent may be gone, or the tiers of the last who had any.
func (s *Snapshot) emptied(last *Snapshot, ours bool) bool {
	if last == nil || last.Core != s.Core {
		return false
	}
	agents, servers := len(last.Agents), 0
	if len(s.Tiers) == 0 {
		servers = last.servers()
	}
	if len(s.Agents) > 0 {
		agents = 0
	}
	if ours {
		agents, servers = agents-1, servers-1
	}
	return agents > 0 || servers > 0
}

// servers is how many agents serve a queue.
func (s *Snapshot) servers() int {
	names := map[string]bool{}
	for _, t := range s.Tiers {
		names[t.Agent] = true
	}
	return len(names)
}
