package v1

import (
	"slices"

	"callgate/internal/callcenter"
)

// sight is what users who are limited to projects see of a contact centre: the queues that serve those, and the agents who have
// a tier in such a queue. It is for one goroutine.
type sight struct {
	all    Projects
	tiers  []callcenter.Tier
	queues map[string][]string // of each agent, once it was asked for
}

// queue tells whether a queue serves one of some projects, none being all.
func (s *sight) queue(projects []string, name string) bool {
	return len(projects) == 0 || slices.ContainsFunc(projects, func(id string) bool {
		p, err := s.all.Get(id)
		return err == nil && slices.Contains(p.Queues, name)
	})
}

// agent tells whether an agent serves one of some projects, none being all.
func (s *sight) agent(projects []string, name string) bool {
	if len(projects) == 0 {
		return true
	}
	if s.queues == nil {
		s.queues = map[string][]string{}
		for _, t := range s.tiers {
			s.queues[t.Agent] = append(s.queues[t.Agent], t.Queue)
		}
	}
	return slices.ContainsFunc(s.queues[name], func(queue string) bool { return s.queue(projects, queue) })
}
