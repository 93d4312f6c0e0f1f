package esltest

import (
	"slices"
	"strings"
	"time"
)

// offering is one member offered to one agent: the thread that dials the agent,
// bridges the two and watches the call.
type offering struct {
	cc                        *callcenter
	queue, strategy, template string
	noAnswerStatus            string
	m                         *member
	a                         *agent
	status, kind              string // as they were
	noAnswers                 int
	joined                    int64
	name, number, session     string // the member's
	called, answered          int64
}

const agentOriginateTimeout = 60

func (o *offering) run() {
	cc, s := o.cc, o.cc.s
	state, bridged := "Ready", false
	caller := s.locate(o.session)
	if caller == nil {
		if o.m.state != "Abandoned" {
			o.m.state, o.m.session, o.m.gone = "Abandoned", "", s.epoch()
		}
		o.finish(state, bridged)
		return
	}
	caller.hold()
	defer caller.release()
	cc.announce(siteOffering, nil, "CC-Queue", o.queue, "CC-Action", "agent-offering", "CC-Agent", o.a.name,
		"CC-Agent-Type", o.kind, "CC-Agent-System", instance, "CC-Member-UUID", o.m.uuid,
		"CC-Member-Session-UUID", o.session, "CC-Member-CID-Name", o.name, "CC-Member-CID-Number", o.number,
		"CC-Member-DNIS", caller.profile.rdnis)
	life := s.life
	leg, cause := o.dial(caller)
	if s.stopped || s.life != life {
		return
	}
	if leg == nil {
		state = o.failed(cause)
		o.finish(state, false)
		return
	}
	leg.hold()
	defer leg.release()
	bridged = o.talk(caller, leg)
	if s.stopped || s.life != life {
		return
	}
	o.finish(state, bridged)
}

// dial rings the agent.
func (o *offering) dial(caller *channel) (*channel, string) {
	s := o.cc.s
	if strings.EqualFold(o.kind, "uuid-standby") {
		if leg := s.locate(o.a.uuid); leg != nil {
			return leg, "NONE"
		}
		o.cc.setStatus(o.a, "Logged Out")
		o.a.uuid = ""
		return nil, "NONE"
	}
	name, number := caller.get("effective_caller_id_name"), caller.get("effective_caller_id_number")
	if name == "" {
		name = o.name
	}
	if number == "" {
		number = o.number
	}
	name = caller.get("cc_outbound_cid_name_prefix") + name
	vars := s.begin(siteOfferVars, "REQUEST_PARAMS").headers
	vars.add("cc_queue", o.queue)
	vars.add("cc_queue_joined_epoch", seconds(o.joined))
	vars.add("cc_member_uuid", o.m.uuid)
	vars.add("cc_member_session_uuid", o.session)
	vars.add("cc_member_pre_answer_uuid", o.m.uuid)
	vars.add("cc_agent", o.a.name)
	vars.add("cc_agent_type", o.kind)
	vars.add("cc_side", "agent")
	vars.add("loopback_bowout", "false")
	vars.add("loopback_bowout_on_execute", "false")
	vars.add("ignore_early_media", "true")
	for v := range strings.SplitSeq(caller.get("cc_export_vars"), ",") {
		if value := caller.get(v); value != "" {
			vars.set(v, value)
		}
	}
	o.called = s.epoch()
	w := caller.waiting
	if w != nil {
		w.connecting = true
		defer func() {
			w.connecting = false
			caller.changed.fire()
		}()
	}
	dial := s.expand(o.a.contact, caller)
	return s.originate(origination{dial: dial, timeout: agentOriginateTimeout, name: name, number: number, vars: vars})
}

// failed is an agent who did not answer; it returns the tier's next state.
func (o *offering) failed(cause string) string {
	cc, s, a := o.cc, o.cc.s, o.a
	state := "Ready"
	if o.m.serving == a.name {
		if o.m.state == "Trying" {
			o.m.state = "Waiting"
		}
		o.m.serving, o.m.servingSystem = "", ""
	}
	delay := 0
	switch cause {
	case "LOSE_RACE", "ORIGINATOR_CANCEL":
	case "NORMAL_CIRCUIT_CONGESTION", "USER_BUSY":
		delay = a.busyDelay
	case "CALL_REJECTED":
		delay = a.rejectDelay
	case "USER_NOT_REGISTERED":
		delay = 5
	default:
		delay, state = a.noAnswerDelay, "No Answer"
		a.noAnswers++
		if a.maxNoAnswer > 0 && o.noAnswers+1 >= a.maxNoAnswer {
			cc.announce(siteMaxNoAnswer, nil, "CC-Agent", a.name, "CC-Action", "agent-max-no-answer",
				"CC-Agent-No-Answer-Count", seconds(int64(a.maxNoAnswer)), "CC-Agent-No-Answer-Status", o.noAnswerStatus,
				"CC-Member-UUID", o.m.uuid, "CC-Member-Session-UUID", o.session)
			cc.setStatus(a, o.noAnswerStatus)
		}
	}
	if delay > 0 {
		a.readyTime = s.epoch() + int64(delay)
	}
	cc.announce(siteAgentFail, nil, "CC-Queue", o.queue, "CC-Action", "bridge-agent-fail", "CC-Hangup-Cause", cause,
		"CC-Agent", a.name, "CC-Agent-System", instance, "CC-Agent-Called-Time", seconds(o.called),
		"CC-Agent-Aborted-Time", seconds(s.epoch()), "CC-Member-UUID", o.m.uuid, "CC-Member-Session-UUID", o.session,
		"CC-Member-CID-Name", o.name, "CC-Member-CID-Number", o.number, "CC-Member-Joined-Time", seconds(o.joined))
	return state
}

// talk is the call of the two, from the agent's answer to its end.
func (o *offering) talk(caller, leg *channel) (bridged bool) {
	cc, s, a := o.cc, o.cc.s, o.a
	leg.set("cc_member_pre_answer_uuid", "")
	if o.strategy == "ring-all" || o.strategy == "ring-progressively" {
		if o.m.serving != o.strategy || o.m.state != "Trying" { // another agent was faster
			leg.hangup("LOSE_RACE")
			return false
		}
		o.m.serving, o.m.servingSystem = a.name, instance
		s.hangupMatching("cc_member_pre_answer_uuid", o.m.uuid, "LOSE_RACE")
	}
	o.answered = s.epoch()
	identity := []string{"CC-Member-UUID", o.m.uuid, "CC-Member-Session-UUID", o.session,
		"CC-Member-CID-Name", o.name, "CC-Member-CID-Number", o.number}
	head := []string{"CC-Agent", a.name, "CC-Agent-System", instance, "CC-Agent-UUID", leg.uuid}
	times := []string{"CC-Agent-Called-Time", seconds(o.called), "CC-Agent-Answered-Time", seconds(o.answered)}
	joined := []string{"CC-Member-Joined-Time", seconds(o.joined)}
	cc.announce(siteAgentStart, leg, slices.Concat([]string{"CC-Queue", o.queue, "CC-Action", "bridge-agent-start"},
		head, times, joined, identity, []string{"CC-Member-DNIS", caller.profile.rdnis})...)
	if o.template != "" {
		path := s.expand(o.template, caller)
		caller.set("cc_record_filename", path)
		caller.record(path, 0)
	}
	caller.set("cc_agent_found", "true")
	caller.set("cc_agent_uuid", leg.uuid)
	bridged = s.bridgeUUIDs(caller, leg)
	if bridged {
		bridged = s.await(3*time.Second, func() bool { return leg.has(cfBridged) || leg.down() }, &leg.changed, nil) && leg.has(cfBridged)
	}
	if s.stopped || caller.done {
		return false
	}
	switch {
	case bridged:
		caller.set("cc_agent_bridged", "true")
		leg.set("cc_agent_bridged", "true")
		o.m.state, o.m.bridged = "Answered", s.epoch()
		caller.set("cc_agent", a.name)
		caller.set("cc_queue_answered_epoch", seconds(s.epoch()))
		a.uuid, a.hasUUID = leg.uuid, true
		a.bridgeStart = s.epoch()
		a.answered++
		a.noAnswers = 0
		if t := cc.tier(o.queue, a.name); t != nil {
			t.state = "Active Inbound"
		}
		cc.setState(a, "In a queue call")
	case caller.down():
		leg.set("cc_agent_bridged", "false")
		caller.set("cc_agent_bridged", "false")
		o.m.state, o.m.session, o.m.gone = "Abandoned", "", s.epoch()
		leg.hangup("ORIGINATOR_CANCEL")
	default:
		o.m.state = "Waiting"
	}
	// The module looks every 100 ms whether the agent is still there.
	for bridged && leg.up() && !leg.shouldBreak && s.sleep(100*time.Millisecond) {
		if strings.EqualFold(o.kind, "uuid-standby") && !leg.has(cfBridged) {
			break
		}
	}
	// It sees the end only after the leg's own thread has done with it, unless
	// that takes long (a slow CDR server). The limit is real time, so that a fast
	// clock does not change the order of events.
	over := func(c *channel) bool { return c.state == csDestroy || c.done || !c.down() }
	limit := time.Duration(float64(100*time.Millisecond) * s.cfg.Speed)
	s.await(limit, func() bool { return over(leg) && over(caller) }, &leg.changed, &caller.changed)
	if s.stopped || caller.done {
		return false
	}
	leg.shouldBreak = false
	ended := []string{"CC-Bridge-Terminated-Time", seconds(s.epoch())}
	cc.announce(siteAgentEnd, leg, slices.Concat(
		[]string{"CC-Queue", o.queue, "CC-Action", "bridge-agent-end", "CC-Hangup-Cause", "SUCCESS"}, head,
		[]string{"CC-Agent-Bridged", map[bool]string{true: "true", false: "false"}[bridged]}, times, joined, ended, identity)...)
	if !bridged {
		return false
	}
	now := s.epoch()
	caller.set("cc_queue_terminated_epoch", seconds(now))
	if !strings.EqualFold(o.kind, "uuid-standby") {
		a.uuid = ""
	}
	a.bridgeEnd = now
	a.talkTime += int(now - a.bridgeStart)
	cc.members = slices.DeleteFunc(cc.members, func(x *member) bool { return x == o.m })
	cc.announce(siteMemberEnd, caller, slices.Concat(
		[]string{"CC-Queue", o.queue, "CC-Action", "member-queue-end", "CC-Hangup-Cause", "SUCCESS", "CC-Cause", "Terminated"},
		head, times, []string{"CC-Member-Leaving-Time", seconds(now)}, joined, identity)...)
	return true
}

// finish makes the agent available again.
func (o *offering) finish(state string, bridged bool) {
	cc := o.cc
	for _, t := range cc.tiers.agents[o.a.name] {
		switch {
		case t.queue == o.queue && (t.state == "Active Inbound" || t.state == "Standby" || t.state == "Offering"):
			t.state = state
		case t.queue != o.queue && t.state == "Standby":
			t.state = "Ready"
		}
	}
	if cc.agent(o.a.name) == nil { // deleted meanwhile
		return
	}
	if bridged && o.status == "Available (On Demand)" {
		cc.setState(o.a, "Idle")
	} else {
		cc.setState(o.a, "Waiting")
	}
}
