package cdr

import (
	"slices"
)

// details is a tree whose root is a <cdr>, with the places at hand that a Record is read from.
type details struct {
	*tree
	variables
	flows  []int32 // the callflows, the newest first, as FreeSWITCH puts them; never empty: 0 stands for none
	appLog int32
}

// newDetails returns t's details, or nil if t is not a <cdr> with something in it.
func newDetails(t *tree) *details {
	if len(t.elements) == 1 || string(t.name(1)) != "cdr" || t.elements[1].child == 0 {
		return nil
	}
	d := &details{tree: t, appLog: t.find(1, "app_log")}
	for v := t.elements[t.find(1, "variables")].child; v != 0; v = t.elements[v].next {
		d.note(v, t.name(v))
	}
	for flow := t.find(1, "callflow"); flow != 0; flow = t.following(flow, "callflow") {
		d.flows = append(d.flows, flow)
	}
	if len(d.flows) == 0 {
		d.flows = []int32{0}
	}
	return d
}

// newest and oldest are callflows; they may be one, or 0.
func (d *details) newest() int32 { return d.flows[0] }
func (d *details) oldest() int32 { return d.flows[len(d.flows)-1] }

// fill sets what the document says, r.Leg apart.
func (d *details) fill(r *Record) {
	r.CoreUUID = clean(d.attribute(1, "core-uuid"), maxID)
	r.SwitchName = clean(d.attribute(1, "switchname"), maxWord)
	r.Call = clean(d.callID(), maxID)
	r.Direction = oneOf(string(first(d.text(1, "channel_data", "direction"), d.value(d.direction))), "inbound", "outbound")
	r.Start = d.moment(d.start, "created_time", d.startEpoch)
	r.Answer = d.moment(d.answer, "answered_time", d.answerEpoch)
	r.End = d.moment(d.end, "hangup_time", d.endEpoch)
	r.HangupCause = d.word(d.hangupCause)
	r.Recordings = d.recordings(r.Leg)
	r.Peers = d.peers(r.Leg)

	r.Side = oneOf(d.word(d.side), "member", "agent")
	r.Queue, r.Agent, r.AgentType = d.word(d.queue), d.word(d.agent), d.word(d.agentType)
	r.Member, r.MemberLeg = clean(d.value(d.member), maxID), clean(d.value(d.memberLeg), maxID)
	r.JoinedEpoch, r.AnsweredEpoch = d.seconds(d.joined), d.seconds(d.answered)
	r.TerminatedEpoch, r.CanceledEpoch = d.seconds(d.terminated), d.seconds(d.canceled)
	r.QueueCause, r.CancelReason = d.word(d.queueCause), d.word(d.cancelReason)
	r.Queues = d.queues()

	profile := d.find(d.oldest(), "caller_profile")
	r.Caller = clean(d.text(profile, "caller_id_number"), maxWord)
	r.CallerName = clean(d.text(profile, "caller_id_name"), maxWord)
	r.Called = clean(d.text(profile, "destination_number"), maxWord)
	r.Bridged = d.firstBridge()
	r.HoldSeconds = d.seconds(d.holdSeconds)
	r.HangupDisposition = d.word(d.hangupDisposition)
	r.LoopbackHalf = oneOf(d.word(d.loopbackLeg), "A", "B")
	r.Dialled = d.originatorProfile() != 0

	r.Project, r.Number, r.User = d.word(d.project), d.word(d.number), d.word(d.user)
}

// peers returns the other legs that a leg was bridged to, each once: the last one is in variables
// [switch_ivr_multi_threaded_bridge], those it dialled are in the callflows.
func (d *details) peers(leg string) []string {
	var legs []string
	add := func(uuid []byte) {
		if peer := clean(uuid, maxID); peer != "" && peer != leg && len(legs) < maxPeers && !slices.Contains(legs, peer) {
			legs = append(legs, peer)
		}
	}
	add(d.value(d.bridgeUUID))
	add(d.value(d.lastBridgeTo))
	for _, flow := range d.flows {
		list := d.at(flow, "caller_profile", "originatee")
		const profile = "originatee_caller_profile"
		for e := d.find(list, profile); e != 0; e = d.following(e, profile) {
			add(d.text(e, "uuid"))
		}
	}
	return legs
}

// callID returns the uuid of the leg that began the call by the rule that [Parse] documents; empty if only the leg
// itself can be it.
func (d *details) callID() []byte {
	other := first(d.value(d.call), d.value(d.memberLeg), d.value(d.originatingLeg), d.value(d.originator))
	if len(other) == 0 {
		other = d.text(d.originatorProfile(), "uuid")
	}
	if len(other) == 0 && string(d.value(d.loopbackLeg)) == "B" {
		other = first(d.value(d.loopbackFrom), d.value(d.loopbackOther))
	}
	return first(other, d.value(d.callUUID))
}

// originatorProfile returns the originator's profile in the oldest callflow that has one, preferably one with a uuid.
func (d *details) originatorProfile() int32 {
	var found int32
	for _, flow := range d.flows {
		profile := d.at(flow, "caller_profile", "originator", "originator_caller_profile")
		if profile != 0 && (found == 0 || len(d.text(profile, "uuid")) > 0) {
			found = profile
		}
	}
	return found
}

// queues returns the queues that the applications that ran led into.
func (d *details) queues() []QueueEntry {
	var all []QueueEntry
	for e := d.find(d.appLog, "application"); e != 0 && len(all) < maxQueues; e = d.following(e, "application") {
		if string(d.attribute(e, "app_name")) != "callcenter" {
			continue
		}
		if queue := clean([]byte(firstArgument(string(d.attribute(e, "app_data")))), maxWord); queue != "" {
			all = append(all, QueueEntry{queue, natural(d.attribute(e, "app_stamp"), maxTime)})
		}
	}
	return all
}

// firstBridge returns when the leg was first bridged, in microseconds: by the callflows, else by the variable, which
// speaks of the newest callflow only.
func (d *details) firstBridge() int64 {
	var earliest int64
	for _, flow := range d.flows {
		if us := natural(d.text(flow, "times", "bridged_time"), maxTime); us > 0 && (earliest == 0 || us < earliest) {
			earliest = us
		}
	}
	if earliest == 0 {
		earliest = natural(d.value(d.bridged), maxTime)
	}
	return earliest
}

// moment returns a time in microseconds: from the variables, else from the newest callflow's times, else from the
// variable in whole seconds. The stamps are of no use, they have no zone.
func (d *details) moment(variable int32, time string, epoch int32) int64 {
	if us := natural(d.value(variable), maxTime); us > 0 {
		return us
	}
	if us := natural(d.text(d.newest(), "times", time), maxTime); us > 0 {
		return us
	}
	return d.seconds(epoch) * microseconds
}

// seconds returns a variable that counts seconds.
func (d *details) seconds(variable int32) int64 { return natural(d.value(variable), maxEpoch) }

// word returns a variable whose value is a short text.
func (d *details) word(variable int32) string { return clean(d.value(variable), maxWord) }

// value returns the value of a channel variable.
func (d *details) value(variable int32) []byte { return unpercent(d.text(variable)) }
