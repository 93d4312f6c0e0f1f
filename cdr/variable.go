package cdr

import "bytes"

// variables are the channel variables that a Record is read from: the first element of each name, 0 where there is none.
type variables struct {
	uuid, direction, hangupCause, hangupDisposition                                  int32
	start, startEpoch, answer, answerEpoch, end, endEpoch, bridged, holdSeconds      int32
	bridgeUUID, lastBridgeTo, originatingLeg, originator, callUUID                   int32
	loopbackLeg, loopbackFrom, loopbackOther                                         int32
	side, queue, agent, agentType, member, memberLeg                                 int32
	joined, answered, terminated, canceled, queueCause, cancelReason, queueRecording int32
	call, project, number, user, recording                                           int32

	execute int32 // the first that runs an application on an event
}

// executes is how the names of variables begin that run an application on an event. Source: switch_channel.c
// switch_channel_execute_on.
const executes = "execute_on_"

// note notes element v, which is a variable of that name.
func (k *variables) note(v int32, name []byte) {
	if first := k.named(name); first != nil && *first == 0 {
		*first = v
	}
}

// named returns the place of a variable, nil if no Record is read from it.
func (k *variables) named(name []byte) *int32 {
	switch string(name) {
	case "uuid":
		return &k.uuid
	case "direction":
		return &k.direction
	case "hangup_cause":
		return &k.hangupCause
	case "sip_hangup_disposition":
		return &k.hangupDisposition
	case "start_uepoch":
		return &k.start
	case "start_epoch":
		return &k.startEpoch
	case "answer_uepoch":
		return &k.answer
	case "answer_epoch":
		return &k.answerEpoch
	case "end_uepoch":
		return &k.end
	case "end_epoch":
		return &k.endEpoch
	case "bridge_uepoch":
		return &k.bridged
	case "hold_accum_seconds":
		return &k.holdSeconds
	case "bridge_uuid":
		return &k.bridgeUUID
	case "last_bridge_to":
		return &k.lastBridgeTo
	case "originating_leg_uuid":
		return &k.originatingLeg
	case "originator":
		return &k.originator
	case "call_uuid":
		return &k.callUUID
	case "loopback_leg":
		return &k.loopbackLeg
	case "other_loopback_from_uuid":
		return &k.loopbackFrom
	case "other_loopback_leg_uuid":
		return &k.loopbackOther
	case "cc_side":
		return &k.side
	case "cc_queue":
		return &k.queue
	case "cc_agent":
		return &k.agent
	case "cc_agent_type":
		return &k.agentType
	case "cc_member_uuid":
		return &k.member
	case "cc_member_session_uuid":
		return &k.memberLeg
	case "cc_queue_joined_epoch":
		return &k.joined
	case "cc_queue_answered_epoch":
		return &k.answered
	case "cc_queue_terminated_epoch":
		return &k.terminated
	case "cc_queue_canceled_epoch":
		return &k.canceled
	case "cc_cause":
		return &k.queueCause
	case "cc_cancel_reason":
		return &k.cancelReason
	case "cc_record_filename":
		return &k.queueRecording
	case "callgate_call":
		return &k.call
	case "callgate_project":
		return &k.project
	case "callgate_number":
		return &k.number
	case "callgate_user":
		return &k.user
	case "callgate_recording":
		return &k.recording
	}
	if bytes.HasPrefix(name, []byte(executes)) {
		return &k.execute
	}
	return nil
}
