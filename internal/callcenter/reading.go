package callcenter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// read asks one switch for its whole contact centre. Queues and tiers come from the text tables: JSON tier lists are
// quadratic inside FreeSWITCH, and JSON queue lists lack the counters. Agents and members come from the JSON API,
// where a "|" in a contact does no harm. What is the same as in the last snapshot is taken from there.
//
// Source: mod_callcenter.c cc_config_api_function, json_callcenter_config_function.
func read(ctx context.Context, link Link, last *Snapshot) (*Snapshot, error) {
	s := &Snapshot{Switch: link.Name(), Core: link.CoreUUID()}
	var err error
	if s.text.queues, err = list(ctx, link, "queue list"); err != nil {
		return nil, err
	}
	if s.text.tiers, err = list(ctx, link, "tier list"); err != nil {
		return nil, err
	}
	if last != nil && s.text == last.text {
		s.Queues, s.Tiers, s.serving = last.Queues, last.Tiers, last.serving
	} else if err = s.parse(); err != nil {
		return nil, err
	}
	agents, err := readJSON[agentRow](ctx, link, "agent list")
	if err != nil {
		return nil, err
	}
	s.Agents, s.byName = make([]Agent, len(agents)), make(map[string]*Agent, len(agents))
	for i := range agents {
		s.Agents[i] = agents[i].agent()
		s.byName[s.Agents[i].Name] = &s.Agents[i]
	}
	members, err := readJSON[memberRow](ctx, link, "member list")
	if err != nil {
		return nil, err
	}
	s.Members = make([]Member, len(members))
	for i := range members {
		s.Members[i] = members[i].member()
	}
	if core := link.CoreUUID(); core != s.Core {
		if s.Core != "" {
			return nil, errRestarted
		}
		s.Core = core // the first question had waited for the first connection
	}
	return s, nil
}

var errRestarted = errors.New("the switch was restarted while it was read")

// list asks for a list in its text form.
func list(ctx context.Context, link Link, name string) (string, error) {
	text, err := link.API(ctx, "callcenter_config", strings.Fields(name)...)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	return text, nil
}

// parse reads the texts of queues and tiers.
func (s *Snapshot) parse() error {
	queues, err := parseTable(s.text.queues, greedy("record_template"))
	if err != nil {
		return fmt.Errorf("read queue list: %w", err)
	}
	s.Queues = queuesFrom(queues)
	tiers, err := parseTable(s.text.tiers, tierMender(s.Queues))
	if err != nil {
		return fmt.Errorf("read tier list: %w", err)
	}
	s.Tiers = tiersFrom(tiers)
	s.serving = make(map[string][]string, len(s.Queues))
	for _, t := range s.Tiers {
		s.serving[t.Queue] = append(s.serving[t.Queue], t.Agent)
	}
	return nil
}

// readJSON asks for a list by the JSON API. An answer without the list is a failure, an empty list is none.
func readJSON[Row any](ctx context.Context, link Link, list string) ([]Row, error) {
	text, err := link.API(ctx, "json", `{"command":"callcenter_config","data":{"arguments":"`+list+`"}}`)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", list, err)
	}
	var reply struct {
		Status   string
		Message  string
		Response *[]Row
	}
	if err := json.Unmarshal([]byte(text), &reply); err != nil {
		return nil, fmt.Errorf("read %s: %w", list, err)
	}
	if reply.Status != "success" || reply.Response == nil {
		return nil, fmt.Errorf("read %s: FreeSWITCH answers %.40q: %.100s", list, reply.Status, reply.Message)
	}
	return *reply.Response, nil
}

// cell is a column of a JSON list: a string in most lists and versions, a number or a truth value in others; NULL is
// left out.
type cell string

// UnmarshalJSON implements json.Unmarshaler.
func (c *cell) UnmarshalJSON(raw []byte) error {
	switch {
	case len(raw) > 1 && raw[0] == '"':
		var s string
		err := json.Unmarshal(raw, &s)
		*c = cell(s)
		return err
	case raw[0] == '{' || raw[0] == '[':
		return fmt.Errorf("a column holds %.20q", raw)
	case string(raw) != "null":
		*c = cell(raw)
	}
	return nil
}

// number is 0 for what is none: FreeSWITCH reads its columns in the same way.
func (c cell) number() int {
	n, err := strconv.Atoi(string(c))
	if err != nil {
		return 0
	}
	return n
}

func (c cell) seconds() time.Duration { return time.Duration(c.number()) * time.Second }

func (c cell) time() time.Time { return epoch(int64(c.number())) }

// epoch is a time in seconds as FreeSWITCH writes it, where 0 is never.
func epoch(seconds int64) time.Time {
	if seconds <= 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0)
}

type agentRow struct {
	Name          cell `json:"name"`
	UUID          cell `json:"uuid"`
	Type          cell `json:"type"`
	Contact       cell `json:"contact"`
	Status        cell `json:"status"`
	State         cell `json:"state"`
	MaxNoAnswer   cell `json:"max_no_answer"`
	WrapUp        cell `json:"wrap_up_time"`
	RejectDelay   cell `json:"reject_delay_time"`
	BusyDelay     cell `json:"busy_delay_time"`
	NoAnswerDelay cell `json:"no_answer_delay_time"`
	BridgeStart   cell `json:"last_bridge_start"`
	BridgeEnd     cell `json:"last_bridge_end"`
	Offered       cell `json:"last_offered_call"`
	StatusChange  cell `json:"last_status_change"`
	NoAnswers     cell `json:"no_answer_count"`
	Answered      cell `json:"calls_answered"`
	TalkTime      cell `json:"talk_time"`
	ReadyTime     cell `json:"ready_time"`
	ExternalCalls cell `json:"external_calls_count"`
}

func (r *agentRow) agent() Agent {
	a := Agent{
		Name: string(r.Name), UUID: string(r.UUID), Type: string(r.Type), Contact: string(r.Contact),
		MaxNoAnswer: r.MaxNoAnswer.number(), NoAnswers: r.NoAnswers.number(),
		WrapUp: r.WrapUp.seconds(), RejectDelay: r.RejectDelay.seconds(), BusyDelay: r.BusyDelay.seconds(),
		NoAnswerDelay: r.NoAnswerDelay.seconds(), BridgeStart: r.BridgeStart.time(), BridgeEnd: r.BridgeEnd.time(),
		Offered: r.Offered.time(), StatusAt: r.StatusChange.time(), Rest: r.ReadyTime.time(),
		Answered: r.Answered.number(), TalkTime: r.TalkTime.seconds(), ExternalCalls: r.ExternalCalls.number(),
	}
	a.setStatus(string(r.Status))
	a.setState(string(r.State))
	return a
}

type memberRow struct {
	Queue     cell `json:"queue"`
	UUID      cell `json:"uuid"`
	Session   cell `json:"session_uuid"`
	Number    cell `json:"cid_number"`
	Name      cell `json:"cid_name"`
	Joined    cell `json:"joined_epoch"`
	Rejoined  cell `json:"rejoined_epoch"`
	Bridged   cell `json:"bridge_epoch"`
	Abandoned cell `json:"abandoned_epoch"`
	BaseScore cell `json:"base_score"`
	Serving   cell `json:"serving_agent"`
	State     cell `json:"state"`
}

func (r *memberRow) member() Member {
	return Member{Queue: string(r.Queue), UUID: string(r.UUID), Session: string(r.Session), Number: string(r.Number),
		Name: string(r.Name), State: MemberState(r.State), Agent: string(r.Serving), BaseScore: r.BaseScore.number(),
		Joined: r.Joined.time(), Rejoined: r.Rejoined.time(), Bridged: r.Bridged.time(), Abandoned: r.Abandoned.time()}
}
