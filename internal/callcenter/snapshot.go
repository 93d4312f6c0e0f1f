package callcenter

import (
	"bytes"
	"encoding/json"
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

func queueFrom(row map[string]string) Queue {
	template := row["record_template"]
	if template == "" {
		template = "(null)" // what older FreeSWITCH printed and the documented API promises
	}
	return Queue{
		Name: row["name"], Strategy: row["strategy"], MOHSound: row["moh_sound"], TimeBaseScore: row["time_base_score"],
		TierRulesApply: row["tier_rules_apply"], TierRuleWaitSecond: row["tier_rule_wait_second"],
		TierRuleWaitMultiply:  row["tier_rule_wait_multiply_level"],
		TierRuleNoAgentNoWait: row["tier_rule_no_agent_no_wait"], DiscardAbandonedAfter: row["discard_abandoned_after"],
		AbandonedResumeAllowed: row["abandoned_resume_allowed"], MaxWaitTime: row["max_wait_time"],
		MaxWaitTimeNoAgent:    row["max_wait_time_with_no_agent"],
		MaxWaitNoAgentReached: row["max_wait_time_with_no_agent_time_reached"], RecordTemplate: template,
		CallsAnswered: row["calls_answered"], CallsAbandoned: row["calls_abandoned"],
		RingProgressivelyDelay:  row["ring_progressively_delay"],
		SkipAgentsExternalCalls: row["skip_agents_with_external_calls"], AgentNoAnswerStatus: row["agent_no_answer_status"],
	}
}

// Tier ties an agent to a queue.
type Tier struct {
	Queue    string `json:"queue"`
	Agent    string `json:"agent"`
	State    string `json:"state"`
	Level    string `json:"level"`
	Position string `json:"position"`
}

func tierFrom(row map[string]string) Tier {
	return Tier{Queue: row["queue"], Agent: row["agent"], State: row["state"], Level: row["level"], Position: row["position"]}
}

// Agent is a row of the JSON agent list, by FreeSWITCH's column names. A column that is NULL is absent.
type Agent map[string]string

// Member is a row of the JSON member list, in the same way.
type Member map[string]string

// Snapshot is what one switch said of its contact centre at one moment. It is immutable.
type Snapshot struct {
	Switch  string
	Taken   time.Time // when the reading began: nothing in it is older
	Queues  []Queue   // in FreeSWITCH's own order
	Tiers   []Tier
	Agents  []Agent
	Members []Member
}

// answers are the documented answers, encoded once for a set of snapshots and served to every request. Slices
// handed out are shared and must not be written to.
type answers struct {
	of           []*Snapshot
	queues       []byte
	queue        map[string][]byte
	tiers        []byte
	tiersOfQueue map[string][]byte
}

// encode merges snapshots in the order given. A queue or tier that several switches have is shown once, as the
// first of them has it: the documented answers have no place for a switch's name.
func encode(of []*Snapshot) *answers {
	a := &answers{of: of, queue: map[string][]byte{}, tiersOfQueue: map[string][]byte{}}
	queues, tiers := []Queue{}, []Tier{}
	byQueue := map[string][]Tier{}
	seen := map[[2]string]bool{}
	for _, s := range of {
		for _, q := range s.Queues {
			if _, dup := a.queue[q.Name]; !dup {
				a.queue[q.Name] = marshal([]Queue{q})
				queues = append(queues, q)
			}
		}
		for _, t := range s.Tiers {
			if key := [2]string{t.Queue, t.Agent}; !seen[key] {
				seen[key] = true
				tiers = append(tiers, t)
				byQueue[t.Queue] = append(byQueue[t.Queue], t)
			}
		}
	}
	a.queues, a.tiers = marshal(queues), marshal(tiers)
	for name, of := range byQueue {
		a.tiersOfQueue[name] = marshal(of)
	}
	return a
}

// marshal encodes plain structs of strings, which cannot fail, without HTML escaping and without a final newline.
func marshal(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // only strings in there: a programming error
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
