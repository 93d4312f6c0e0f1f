package esltest

import "slices"

// tierset is the tiers in the order they were made, indexed: every offer asks
// for those of a queue and those of an agent.
type tierset struct {
	all            []*tier
	pairs          map[[2]string]*tier // by queue and agent
	queues, agents map[string][]*tier
}

func newTierset() tierset {
	return tierset{pairs: map[[2]string]*tier{}, queues: map[string][]*tier{}, agents: map[string][]*tier{}}
}

func (ts *tierset) get(queue, agent string) *tier { return ts.pairs[[2]string{queue, agent}] }

func (ts *tierset) add(t *tier) {
	ts.all = append(ts.all, t)
	ts.pairs[[2]string{t.queue, t.agent}] = t
	ts.queues[t.queue] = append(ts.queues[t.queue], t)
	ts.agents[t.agent] = append(ts.agents[t.agent], t)
}

func (ts *tierset) remove(t *tier) {
	same := func(x *tier) bool { return x == t }
	ts.all = slices.DeleteFunc(ts.all, same)
	delete(ts.pairs, [2]string{t.queue, t.agent})
	ts.queues[t.queue] = slices.DeleteFunc(ts.queues[t.queue], same)
	ts.agents[t.agent] = slices.DeleteFunc(ts.agents[t.agent], same)
}

// sorted is the tiers as "tier list" shows them.
func (ts *tierset) sorted() []*tier {
	list := slices.Clone(ts.all)
	slices.SortStableFunc(list, func(a, b *tier) int {
		if a.level != b.level {
			return a.level - b.level
		}
		return a.position - b.position
	})
	return list
}
