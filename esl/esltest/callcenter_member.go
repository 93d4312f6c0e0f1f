package esltest

import (
	"strings"
	"time"
)

// waiting is a caller inside the callcenter application.
type waiting struct {
	queue      string
	since      int64
	cancel     string // why the wait was ended: TIMEOUT, NO_AGENT_TIMEOUT, EXIT_WITH_KEY
	connecting bool   // an agent is being dialled
}

// application is the dialplan application callcenter, on the member's thread.
func (cc *callcenter) application(c *channel, arg string) {
	s := cc.s
	name := append(separate(arg, ' ', 6), "")[0]
	q := cc.queue(name)
	if q == nil {
		return
	}
	c.answer()
	if c.down() {
		return
	}
	w := &waiting{queue: name, since: s.epoch()}
	c.waiting = w
	number, caller := c.profile.number, c.profile.name
	m := cc.resumable(q, number)
	resumed := m != nil
	if m == nil {
		m = &member{uuid: s.newUUID(), queue: name, number: number, name: caller, joined: w.since}
	}
	c.set("cc_side", "member")
	c.set("cc_member_uuid", m.uuid)
	c.set("cc_agent_found", "")
	c.set("cc_agent_bridged", "")
	answered := c.profile.times.answered.Unix()
	score := atoi(c.get("cc_base_score"))
	if strings.EqualFold(q.TimeBaseScore, "system") {
		score += int(s.epoch() - answered)
	}
	c.set("cc_queue_joined_epoch", seconds(s.epoch()))
	c.set("cc_queue", name)
	identity := []string{"CC-Member-UUID", m.uuid, "CC-Member-Session-UUID", c.uuid,
		"CC-Member-CID-Name", caller, "CC-Member-CID-Number", number}
	action := "member-queue-start"
	if resumed {
		action = "member-queue-resume"
		m.rejoined = s.epoch()
	} else {
		m.system, m.baseScore = answered, score
		if strategy := strings.ToLower(q.Strategy); strategy == "ring-all" || strategy == "ring-progressively" {
			m.serving = strategy
		}
		cc.members = append(cc.members, m)
	}
	m.session, m.state = c.uuid, "Waiting"
	cc.announce(siteQueueStart, c, append([]string{"CC-Queue", name, "CC-Action", action}, identity...)...)
	cc.announceCount(name)
	s.spawn(func() { cc.watch(c, w) })

	// Music is heard, not seen: only the end of the wait matters.
	for c.ready() && w.cancel == "" && !isTrue(c.get("cc_agent_bridged")) {
		s.await(forever, func() bool {
			return !c.ready() || w.cancel != "" || isTrue(c.get("cc_agent_bridged")) || c.canWork()
		}, &c.changed, nil)
		if c.ready() && w.cancel == "" {
			c.work()
		}
	}
	c.waiting = nil
	if s.stopped || c.done {
		return
	}
	found := isTrue(c.get("cc_agent_bridged")) || isTrue(c.get("cc_agent_found"))
	c.flags[cfBreak] = 2
	if w.cancel == "" && !found {
		w.cancel = "BREAK_OUT"
	}
	c.set("cc_agent_found", "")
	if c.down() || w.cancel != "" {
		if w.cancel == "" {
			w.cancel = "NONE"
		}
		m.state, m.session, m.gone = "Abandoned", "", s.epoch()
		s.hangupMatching("cc_member_pre_answer_uuid", m.uuid, "ORIGINATOR_CANCEL")
		cc.announce(siteQueueEnd, c, append([]string{"CC-Queue", name, "CC-Action", "member-queue-end",
			"CC-Member-Leaving-Time", seconds(s.epoch()), "CC-Member-Joined-Time", seconds(w.since),
			"CC-Cause", "Cancel", "CC-Cancel-Reason", w.cancel}, identity...)...)
		c.set("cc_queue_canceled_epoch", seconds(s.epoch()))
		c.set("cc_cause", "cancel")
		c.set("cc_cancel_reason", w.cancel)
		if q := cc.queue(name); q != nil {
			q.abandoned++
		}
	} else {
		c.set("cc_cause", "answered")
		if q := cc.queue(name); q != nil {
			q.answered++
		}
	}
	cc.announceCount(name)
}

// press is a key that the member presses: one of cc_exit_keys ends the wait.
func (w *waiting) press(c *channel, digit string) {
	if w.cancel == "" && strings.Contains(c.get("cc_exit_keys"), digit) {
		c.set("cc_exit_key", digit)
		w.cancel = "EXIT_WITH_KEY"
		c.changed.fire()
	}
}

// track is the dialplan application callcenter_track: while the call lives it
// counts as one of the agent's own, outside the queues.
func (cc *callcenter) track(c *channel, name string) {
	if _, err := cc.agentGet("status", name); err != nil {
		return
	}
	c.set("cc_tracked_agent", name)
	a := cc.agent(name)
	a.external++
	life := cc.s.life
	cc.s.spawn(func() {
		if cc.s.await(forever, c.down, &c.changed, nil) && cc.s.life == life {
			a.external--
		}
	})
}

// resumable finds the place a caller had before, if the queue lets it be taken
// up again.
func (cc *callcenter) resumable(q *queue, number string) *member {
	if !q.AbandonedResumeAllowed {
		return nil
	}
	var found *member
	for _, m := range cc.members {
		if m.queue == q.Name && m.number == number && m.state == "Abandoned" && (found == nil || m.gone > found.gone) {
			found = m
		}
	}
	return found
}

// watch looks every half second whether the member has waited too long.
func (cc *callcenter) watch(c *channel, w *waiting) {
	for c.ready() && c.waiting == w && w.cancel == "" {
		q := cc.queue(w.queue)
		if q == nil {
			return
		}
		now := cc.s.epoch()
		if q.MaxWaitTime > 0 && now-w.since >= int64(q.MaxWaitTime) {
			// One more chance for a caller whose agent is ringing.
			cc.s.await(forever, func() bool { return !w.connecting || !c.ready() || c.waiting != w }, &c.changed, nil)
			if c.ready() && c.waiting == w && !c.has(cfBridged) {
				w.cancel = "TIMEOUT"
			}
		}
		if limit := int64(q.MaxWaitNoAgent); limit > 0 && q.lastAgentCheck > q.lastAgentExist && w.since <= q.lastAgentCheck {
			if q.lastAgentCheck-q.lastAgentExist >= limit && q.lastAgentCheck-w.since >= limit+int64(q.MaxWaitNoAgentReached) {
				w.cancel = "NO_AGENT_TIMEOUT"
			}
		}
		if w.cancel != "" {
			c.changed.fire()
			return
		}
		cc.s.await(500*time.Millisecond, func() bool { return !c.ready() || c.waiting != w }, &c.changed, nil)
		if cc.s.stopped {
			return
		}
	}
}
