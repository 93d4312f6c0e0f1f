package esltest

import "strings"

func (cc *callcenter) configTier(verb string, argv []string) (string, error) {
	need := map[string]int{"add": 2, "set": 4, "del": 2, "reload": 1}[verb]
	if len(argv) < need {
		return "", errInvalid
	}
	switch verb {
	case "add":
		level, position := 1, 1
		if len(argv) > 2 {
			level = atoi(argv[2])
		}
		if len(argv) > 3 {
			position = atoi(argv[3])
		}
		switch {
		case cc.queue(argv[0]) == nil:
			return "", errQueueUnknown
		case cc.agent(argv[1]) == nil:
			return "", errAgentUnknown
		case cc.tier(argv[0], argv[1]) != nil:
			return "", errTierExists
		}
		cc.tiers.add(&tier{argv[0], argv[1], "Ready", level, position})
		return ok, nil
	case "set":
		return ok, cc.tierSet(argv[0], argv[1], argv[2], argv[3])
	case "del":
		if t := cc.tier(argv[0], argv[1]); t != nil {
			cc.tiers.remove(t)
		}
		return ok, nil
	case "reload":
		all, one := strings.EqualFold(argv[0], "all"), ""
		if len(argv) > 1 {
			one = argv[1]
		}
		found := false
		for _, t := range cc.s.cfg.Tiers {
			if all || strings.EqualFold(t.Queue, argv[0]) && (one == "" || strings.EqualFold(t.Agent, one)) {
				cc.loadTier(t)
				found = true
			}
		}
		if !found {
			return "", errUnknown
		}
		return ok, nil
	case "list":
		return cc.table("tiers", tierRows(cc.tiers.sorted())), nil
	}
	return "", nil
}

func tierRows(list []*tier) [][]cell {
	rows := make([][]cell, 0, len(list))
	for _, t := range list {
		rows = append(rows, t.row())
	}
	return rows
}

func (cc *callcenter) tierSet(key, queue, agent, value string) error {
	t := cc.tier(queue, agent)
	switch {
	case t == nil || cc.s.faults.sqlFails("tiers"):
		return errUnknown
	case cc.agent(agent) == nil || cc.s.faults.sqlFails("agents"):
		return errAgentUnknown
	case cc.queue(queue) == nil:
		return errAgentUnknown // sic
	}
	switch strings.ToLower(key) {
	case "state":
		if !known(tierStates, value) {
			return errTierState
		}
		t.state = value
	case "level":
		t.level = atoi(value)
	case "position":
		t.position = atoi(value)
	default:
		return errTierKey
	}
	return nil
}
