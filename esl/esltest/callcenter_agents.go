package esltest

import (
	"slices"
	"strconv"
	"strings"
)

func (cc *callcenter) configAgent(verb string, argv []string) (string, error) {
	need := map[string]int{"add": 2, "del": 1, "reload": 1, "set": 3, "get": 2}[verb]
	if len(argv) < need {
		return "", errInvalid
	}
	if cc.s.faults.sqlFails("agents") {
		switch verb {
		case "set", "get":
			return "", errAgentUnknown
		case "add", "del", "reload":
			return ok, nil
		}
	}
	switch verb {
	case "add":
		return ok, cc.agentAdd(argv[0], argv[1])
	case "del":
		cc.agentDel(argv[0])
		return ok, nil
	case "reload":
		for _, a := range cc.s.cfg.Agents {
			if a.Name == argv[0] {
				cc.loadAgent(a)
			}
		}
		return ok, nil
	case "set":
		return ok, cc.agentSet(argv[0], argv[2], argv[1])
	case "get":
		return cc.agentGet(strings.ToLower(argv[0]), argv[1])
	case "list":
		if len(argv) > 1 {
			return "", errInvalid
		}
		if len(argv) == 0 {
			return cc.table("agents", agentRows(cc.agents)), nil
		}
		var one []*agent
		if a := cc.agent(argv[0]); a != nil {
			one = append(one, a)
		}
		return cc.table("agents", agentRows(one)), nil
	}
	return "", nil
}

func agentRows(list []*agent) [][]cell {
	rows := make([][]cell, 0, len(list))
	for _, a := range list {
		rows = append(rows, a.row())
	}
	return rows
}

func (cc *callcenter) agentAdd(name, kind string) error {
	if !strings.EqualFold(kind, "callback") && !strings.EqualFold(kind, "uuid-standby") {
		return errAgentType
	}
	if cc.agent(name) != nil {
		return errAgentExists
	}
	a := &agent{name: name, kind: kind, status: "Logged Out", state: "Waiting"}
	cc.agents = append(cc.agents, a)
	cc.agentNamed[name] = a
	cc.announce(siteAgentAdd, nil, "CC-Agent", name, "CC-Agent-Type", kind, "CC-Action", "agent-add")
	return nil
}

// agentDel removes an agent and his tiers.
func (cc *callcenter) agentDel(name string) {
	if a := cc.agent(name); a != nil {
		cc.agents = slices.DeleteFunc(cc.agents, func(x *agent) bool { return x == a })
		delete(cc.agentNamed, name)
	}
	for _, t := range slices.Clone(cc.tiers.agents[name]) {
		cc.tiers.remove(t)
	}
}

func (cc *callcenter) agentGet(key, name string) (string, error) {
	a := cc.agent(name)
	if a == nil {
		return "", errAgentUnknown
	}
	var value, header string
	switch key {
	case "status":
		value, header = a.status, "CC-Agent-Status"
	case "state":
		value, header = a.state, "CC-Agent-State"
	case "uuid":
		value, header = a.uuid, "CC-Agent-UUID"
	default:
		return "", errAgentKey
	}
	cc.announce(siteAgentGet, nil, "CC-Agent", name, "CC-Action", "agent-"+key+"-get", header, value)
	return clip(value, 63), nil
}

// agentSet changes one field. Status and state are compared without regard to
// case but kept as they were typed.
func (cc *callcenter) agentSet(key, value, name string) error {
	a := cc.agent(name)
	if a == nil {
		return errAgentUnknown
	}
	number := atoi(value)
	switch strings.ToLower(key) {
	case "status":
		if !known(agentStatuses, value) {
			return errAgentStatus
		}
		cc.setStatus(a, value)
	case "state":
		if !known(agentStates, value) {
			return errAgentState
		}
		cc.setState(a, value)
	case "state_if_waiting":
		if !known(agentStates, value) {
			return errAgentState
		}
		if a.state != "Waiting" || a.status != "Available" && a.status != "Available (On Demand)" {
			return errAgentUnknown
		}
		a.state = value
		cc.announce(siteAgentState, nil, "CC-Agent", name, "CC-Action", "agent-state-change", "CC-Agent-State", value)
	case "uuid":
		a.uuid, a.hasUUID = value, true
	case "contact":
		cc.setContact(a, value)
	case "type":
		if !strings.EqualFold(value, "callback") && !strings.EqualFold(value, "uuid-standby") {
			return errAgentTypeSet
		}
		a.kind = value
	case "ready_time":
		a.readyTime, _ = strconv.ParseInt(value, 10, 64)
	case "reject_delay_time":
		a.rejectDelay = number
	case "busy_delay_time":
		a.busyDelay = number
	case "no_answer_delay_time":
		a.noAnswerDelay = number
	case "max_no_answer":
		a.maxNoAnswer = number
	case "wrap_up_time":
		a.wrapUp = number
	default:
		return errAgentKey
	}
	return nil
}

// setStatus announces a change even when there is none. Becoming available
// zeroes the counters, anything else cancels what is ringing.
func (cc *callcenter) setStatus(a *agent, status string) {
	available := strings.EqualFold(status, "Available")
	if !available || a.status != status {
		a.status, a.statusChange = status, cc.s.epoch()
		if available {
			a.talkTime, a.answered, a.noAnswers = 0, 0, 0
		} else {
			cc.cancelOffers(a.name)
		}
	}
	cc.announce(siteAgentStatus, nil, "CC-Agent", a.name, "CC-Action", "agent-status-change", "CC-Agent-Status", status)
}

func (cc *callcenter) setContact(a *agent, contact string) {
	a.contact, a.hasContact = contact, true
	cc.announce(siteContact, nil, "CC-Agent", a.name, "CC-Action", "agent-contact-change", "CC-Agent-Contact", contact)
}

func (cc *callcenter) setState(a *agent, state string) {
	a.state = state
	if strings.EqualFold(state, "Receiving") {
		a.offered = cc.s.epoch()
	}
	cc.announce(siteAgentState, nil, "CC-Agent", a.name, "CC-Action", "agent-state-change", "CC-Agent-State", state)
}

// cancelOffers stops the ringing for an agent who is not available any more.
func (cc *callcenter) cancelOffers(name string) {
	for _, m := range cc.members {
		if m.serving == name && m.state != "Answered" {
			cc.s.hangupMatching("cc_member_pre_answer_uuid", m.uuid, "ORIGINATOR_CANCEL")
			return
		}
	}
}
