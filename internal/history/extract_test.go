package history_test

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"callgate/cdr"
)

// extract fills in what package cdr declares of a leg and does not read yet.
func extract(r *cdr.Record, body string) {
	_, rest, _ := strings.Cut(body, "<variables>")
	variables, rest, _ := strings.Cut(rest, "</variables>")
	text := func(in, name string) string {
		_, v, found := strings.Cut(in, "<"+name+">")
		if !found {
			return ""
		}
		v, _, _ = strings.Cut(v, "<")
		v, _ = url.PathUnescape(v)
		return v
	}
	v := func(name string) string { return text(variables, name) }
	n := func(s string) int64 { i, _ := strconv.ParseInt(s, 10, 64); return i }
	r.Side, r.Queue, r.Agent, r.AgentType, r.Member, r.MemberLeg = v("cc_side"), v("cc_queue"), v("cc_agent"), v("cc_agent_type"), v("cc_member_uuid"), v("cc_member_session_uuid")
	r.JoinedEpoch, r.AnsweredEpoch, r.TerminatedEpoch, r.CanceledEpoch = n(v("cc_queue_joined_epoch")), n(v("cc_queue_answered_epoch")), n(v("cc_queue_terminated_epoch")), n(v("cc_queue_canceled_epoch"))
	r.QueueCause, r.CancelReason, r.HoldSeconds = v("cc_cause"), v("cc_cancel_reason"), n(v("hold_accum_seconds"))
	r.HangupDisposition, r.LoopbackHalf = v("sip_hangup_disposition"), v("loopback_leg")
	r.Project, r.Number, r.User = v("callgate_project"), v("callgate_number"), v("callgate_user")
	r.Dialled = strings.Contains(body, "<originator_caller_profile>")
	log, _, _ := strings.Cut(rest, "</app_log>")
	r.Queues = nil
	for _, m := range regexp.MustCompile(`<application app_name="callcenter" app_data="([^"]*)" app_stamp="(\d+)"`).FindAllStringSubmatch(log, -1) {
		r.Queues = append(r.Queues, cdr.QueueEntry{Queue: m[1], At: n(m[2])})
	}
	flows := strings.Split(rest, "<callflow ")[1:]
	r.Bridged = 0
	for i := range flows {
		flow := flows[len(flows)-1-i]
		if at := n(text(flow, "bridged_time")); at != 0 && r.Bridged == 0 {
			r.Bridged = at
		}
	}
	_, profile, _ := strings.Cut(flows[len(flows)-1], "<caller_profile>")
	r.Caller, r.CallerName, r.Called = text(profile, "caller_id_number"), text(profile, "caller_id_name"), text(profile, "destination_number")
}
