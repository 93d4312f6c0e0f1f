package v1

import (
	"slices"

	"callgate/internal/callcenter"
)

// serves tells whether a queue serves one of some projects, none being all.
func serves(all Projects, projects []string, queue string) bool {
	return len(projects) == 0 || slices.ContainsFunc(projects, func(id string) bool {
		p, err := all.Get(id)
		return err == nil && slices.Contains(p.Queues, queue)
	})
}

// servedBy tells whether an agent has a tier in a queue that serves one of some projects, none being all.
func servedBy(all Projects, projects []string, tiers []callcenter.Tier, agent string) bool {
	return len(projects) == 0 || slices.ContainsFunc(tiers, func(t callcenter.Tier) bool {
		return t.Agent == agent && serves(all, projects, t.Queue)
	})
}
