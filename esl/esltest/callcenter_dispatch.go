package esltest

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// dispatch is the thread that gives waiting members to agents.
func (cc *callcenter) dispatch() {
	for cc.s.sleep(100 * time.Millisecond) {
		for _, m := range cc.byScore() {
			cc.serve(m)
		}
	}
}

// serve tries to find an agent for one member.
func (cc *callcenter) serve(m *member) {
	ringing := m.serving == "ring-all" || m.serving == "ring-progressively"
	switch {
	case m.state == "Waiting", m.state == "Abandoned", m.state == "Trying" && ringing:
	default:
		return
	}
	q := cc.queue(m.queue)
	if q == nil {
		return
	}
	now := cc.s.epoch()
	if m.state == "Abandoned" {
		since := m.gone
		if since == 0 {
			since = m.joined
		}
		if since+int64(q.DiscardAbandonedAfter) < now {
			cc.members = slices.DeleteFunc(cc.members, func(x *member) bool { return x == m })
		}
		return
	}
	strategy := strings.ToLower(q.Strategy)
	all := strategy == "ring-all" || strategy == "ring-progressively"
	if all {
		m.state = "Trying"
	}
	c := cc.s.locate(m.session)
	if strategy == "ring-progressively" && c != nil {
		delay := q.RingProgressivelyDelay
		if delay == 0 {
			delay = 10
		}
		if last := atoi(c.get("cc_last_originated_call")); last > 0 && now < int64(last+delay) && !isTrue(c.get("cc_agent_found")) {
			return
		}
	}
	found := false
	level, ready := 0, 0
	for _, t := range cc.candidates(q, strategy, c) {
		found = true
		a := cc.agent(t.agent)
		if q.TierRulesApply && t.level > level {
			waited := now - m.joined
			switch {
			case q.TierRuleNoAgentNoWait && ready == 0:
			case q.TierRuleWaitMultiply && waited >= int64(t.level*q.TierRuleWaitSecond),
				!q.TierRuleWaitMultiply && waited >= int64(q.TierRuleWaitSecond):
				ready = 0
			default:
				cc.checked(q, true, now)
				return
			}
			level = t.level
		}
		ready++
		if !cc.offerable(q, t, a, now) {
			continue
		}
		if all {
			if m.serving != strategy {
				break
			}
		} else if m.state == "Waiting" {
			m.serving, m.servingSystem, m.state = a.name, instance, "Trying"
		}
		cc.offer(q, m, a, t, strategy)
		if strategy != "ring-all" {
			break
		}
	}
	cc.checked(q, found, now)
	if !found && strategy == "top-down" && c != nil {
		c.set("cc_last_agent_tier_position", "")
		c.set("cc_last_agent_tier_level", "")
	}
}

// checked notes when an agent was last seen for the queue, whatever his state.
func (cc *callcenter) checked(q *queue, found bool, now int64) {
	q.lastAgentCheck = now
	if found {
		q.lastAgentExist = now
	}
}

// offerable is whether an agent can be given a call right now.
func (cc *callcenter) offerable(q *queue, t *tier, a *agent, now int64) bool {
	return (t.state == "Ready" || t.state == "No Answer") && a.state == "Waiting" &&
		a.bridgeEnd < now-int64(a.wrapUp) && a.readyTime <= now && a.status != "On Break" &&
		(q.OfferDuringExternalCalls || a.external == 0)
}

// candidates are the tiers of agents who are logged in, in the order in which
// the queue's strategy asks them. An agent on a break is among them: he counts
// as existing.
func (cc *callcenter) candidates(q *queue, strategy string, c *channel) []*tier {
	var out []*tier
	for _, t := range cc.tiers.queues[q.Name] {
		a := cc.agent(t.agent)
		if a != nil && (a.status == "Available" || a.status == "Available (On Demand)" || a.status == "On Break") {
			out = append(out, t)
		}
	}
	agentOf := func(t *tier) *agent { return cc.agent(t.agent) }
	by := func(t *tier) []int64 {
		a, level, position := agentOf(t), int64(t.level), int64(t.position)
		switch strategy {
		case "longest-idle-agent":
			return []int64{level, a.bridgeEnd, position}
		case "agent-with-least-talk-time":
			return []int64{level, int64(a.talkTime), position}
		case "agent-with-fewest-calls":
			return []int64{level, int64(a.answered), position}
		case "ring-all", "ring-progressively":
			return []int64{level, position}
		case "random":
			return []int64{level, rand.Int64()}
		case "round-robin":
			return []int64{cc.afterLast(q, t), level, position, a.offered}
		case "top-down":
			return []int64{topDown(c, t), level, position, a.offered}
		}
		return []int64{level, position, a.offered}
	}
	keys := make(map[*tier][]int64, len(out))
	for _, t := range out {
		keys[t] = by(t)
	}
	slices.SortStableFunc(out, func(a, b *tier) int { return slices.Compare(keys[a], keys[b]) })
	if strategy == "top-down" {
		out = slices.DeleteFunc(out, func(t *tier) bool { return keys[t][0] > 2 })
	}
	return out
}

// afterLast puts the tiers behind the last agent who was offered a call first.
func (cc *callcenter) afterLast(q *queue, t *tier) int64 {
	var last *tier
	for _, x := range cc.tiers.queues[q.Name] {
		if a := cc.agent(x.agent); a != nil && a.offered > 0 &&
			(last == nil || a.offered > cc.agent(last.agent).offered) {
			last = x
		}
	}
	if last != nil && t.level == last.level && t.position > last.position {
		return 1
	}
	return 2
}

// topDown goes on behind the agent this member was last offered to; 3 is past.
func topDown(c *channel, t *tier) int64 {
	level, position := 0, 0
	if c != nil {
		level, position = atoi(c.get("cc_last_agent_tier_level")), atoi(c.get("cc_last_agent_tier_position"))
	}
	switch {
	case t.level == level && t.position > position:
		return 1
	case t.level > level:
		return 2
	}
	return 3
}

// offer starts the thread that dials an agent for a member.
func (cc *callcenter) offer(q *queue, m *member, a *agent, t *tier, strategy string) {
	if c := cc.s.locate(m.session); c != nil {
		switch strategy {
		case "ring-progressively":
			c.set("cc_last_originated_call", seconds(cc.s.epoch()))
		case "top-down":
			c.setInt("cc_last_agent_tier_position", int64(t.position))
			c.setInt("cc_last_agent_tier_level", int64(t.level))
		}
	}
	o := &offering{cc: cc, queue: q.Name, strategy: strategy, template: q.RecordTemplate,
		noAnswerStatus: q.AgentNoAnswerStatus, m: m, a: a, status: a.status, kind: a.kind,
		noAnswers: a.noAnswers, joined: m.joined, name: m.name, number: m.number, session: m.session}
	cc.setState(a, "Receiving")
	for _, x := range cc.tiers.agents[a.name] {
		if x.queue == q.Name {
			x.state = "Offering"
		} else if x.state == "Ready" {
			x.state = "Standby"
		}
	}
	cc.s.spawn(o.run)
}
