package v1

import (
	"slices"

	"callgate/internal/callcenter"
	"callgate/internal/fault"
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
	return slices.ContainsFunc(s.of(name), func(queue string) bool { return s.queue(projects, queue) })
}

// of are the queues of an agent.
func (s *sight) of(agent string) []string {
	if s.queues == nil {
		s.queues = map[string][]string{}
		for _, t := range s.tiers {
			s.queues[t.Agent] = append(s.queues[t.Agent], t.Queue)
		}
	}
	return s.queues[agent]
}

// seesQueue is fault.NotFound for who is limited to projects that a queue does not serve.
func (f *Face) seesQueue(who *asker, name, what string) error {
	if s := (&sight{all: f.o.Projects}); !s.queue(who.Projects, name) {
		return fault.New(fault.NotFound, what)
	}
	return nil
}

// seesAgent is fault.NotFound for who is limited to projects none of which an agent serves on a switch, or any, and where he has
// to have it for himself fault.Denied if it serves others too.
func (f *Face) seesAgent(who *asker, switchName, name string, alone bool) error {
	if len(who.Projects) == 0 {
		return nil
	}
	seen := false
	for _, l := range f.o.Board.Live() {
		if switchName != "" && l.Switch != switchName {
			continue
		}
		s := &sight{all: f.o.Projects, tiers: l.Tiers}
		if !s.agent(who.Projects, name) {
			continue
		}
		seen = true
		if alone && slices.ContainsFunc(s.of(name), func(queue string) bool { return !s.queue(who.Projects, queue) }) {
			return &fault.Error{Kind: fault.Denied, Subject: "the agent serves queues of others too"}
		}
	}
	if !seen {
		return fault.New(fault.NotFound, "Agent")
	}
	return nil
}
