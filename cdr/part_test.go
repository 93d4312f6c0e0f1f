package cdr_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callgate/cdr"
)

// callflow returns a callflow of that caller profile and those times.
func callflow(profile, times string) string {
	return "<callflow><caller_profile>" + profile + "</caller_profile><times>" + times + "</times></callflow>\n"
}

// TestParsePart reads how a leg took part in a call: what the call model joins legs by.
func TestParsePart(t *testing.T) {
	const originator = "<originator><originator_caller_profile><uuid>a</uuid><caller_id_number>2</caller_id_number></originator_caller_profile></originator>"
	long := strings.Repeat("й", 129) // 258 bytes
	for _, test := range []struct {
		name, variables, rest string
		want                  cdr.Record
	}{
		{"nothing", "<cc_agent_bridged>true</cc_agent_bridged>", callflow("", ""), cdr.Record{}},
		{"member", "<cc_side>member</cc_side><cc_queue>a%40b</cc_queue><cc_agent>1001%40b</cc_agent><cc_member_uuid>m</cc_member_uuid>" +
			"<cc_queue_joined_epoch>1</cc_queue_joined_epoch><cc_queue_answered_epoch>2</cc_queue_answered_epoch>" +
			"<cc_queue_terminated_epoch>3</cc_queue_terminated_epoch><cc_cause>answered</cc_cause>", "",
			cdr.Record{Side: "member", Queue: "a@b", Agent: "1001@b", Member: "m", JoinedEpoch: 1, AnsweredEpoch: 2, TerminatedEpoch: 3, QueueCause: "answered"}},
		{"member gone", "<cc_queue_canceled_epoch>4</cc_queue_canceled_epoch><cc_cause>cancel</cc_cause><cc_cancel_reason>NO_AGENT_TIMEOUT</cc_cancel_reason>", "",
			cdr.Record{CanceledEpoch: 4, QueueCause: "cancel", CancelReason: "NO_AGENT_TIMEOUT"}},
		{"agent", "<cc_side>agent</cc_side><cc_agent_type>uuid-standby</cc_agent_type><cc_member_session_uuid>a</cc_member_session_uuid>", "",
			cdr.Record{Side: "agent", AgentType: "uuid-standby", MemberLeg: "a", Call: "a"}},
		{"no side", "<cc_side>Agent</cc_side>", "", cdr.Record{}},
		{"the first of each name", "<cc_queue></cc_queue><cc_queue>b</cc_queue><cc_agent>a</cc_agent><cc_agent>b</cc_agent>", "", cdr.Record{Agent: "a"}},
		{"no epochs", "<cc_queue_joined_epoch>-1</cc_queue_joined_epoch><cc_queue_answered_epoch>1x</cc_queue_answered_epoch>" +
			"<cc_queue_terminated_epoch>253402300800</cc_queue_terminated_epoch><cc_queue_canceled_epoch></cc_queue_canceled_epoch>" +
			"<hold_accum_seconds>99999999999999999999</hold_accum_seconds>", "", cdr.Record{}},
		{"held, and hung up by the other side", "<hold_accum_seconds>42</hold_accum_seconds><sip_hangup_disposition>recv_bye</sip_hangup_disposition>", "",
			cdr.Record{HoldSeconds: 42, HangupDisposition: "recv_bye"}},
		{"loopback", "<loopback_leg>A</loopback_leg>", "", cdr.Record{LoopbackHalf: "A"}},
		{"no loopback", "<loopback_leg>C</loopback_leg>", "", cdr.Record{}},

		{"oldest caller", "", callflow("<caller_id_number>3</caller_id_number><destination_number>4</destination_number>", "") +
			"<x/>" + callflow("<caller_id_name>Р &amp; %41</caller_id_name><caller_id_number>1</caller_id_number><destination_number>2</destination_number>", ""),
			cdr.Record{Caller: "1", CallerName: "Р & %41", Called: "2"}},
		{"only callflows count", "", callflow("<destination_number>2</destination_number>", "") + "<other><caller_profile><destination_number>3</destination_number></caller_profile></other>",
			cdr.Record{Called: "2"}},
		{"first bridge of several callflows", "<bridge_uepoch>1</bridge_uepoch>", callflow("", "<bridged_time>30</bridged_time>") + callflow("", "<bridged_time>20</bridged_time>") +
			callflow("", "<bridged_time>0</bridged_time>"), cdr.Record{Bridged: 20}},
		{"bridged, by the variable", "<bridge_uepoch>10</bridge_uepoch>", callflow("", "<bridged_time>0</bridged_time>"), cdr.Record{Bridged: 10}},
		{"dialled", "", callflow("", "") + callflow(originator, "") + callflow("", ""), cdr.Record{Dialled: true, Call: "a"}},
		{"dialled by nobody known", "", callflow("<originator><originator_caller_profile/></originator>", ""), cdr.Record{Dialled: true}},
		{"dialled others", "", callflow("<originatee><originatee_caller_profile><uuid>b</uuid></originatee_caller_profile><other><uuid>c</uuid></other>"+
			"<originatee_caller_profile><uuid>d</uuid></originatee_caller_profile></originatee>", ""), cdr.Record{Peers: []string{"b", "d"}}},

		// esl.Escape writes %5C for a backslash; FreeSWITCH leaves that as it is, so that one decoding gives the id.
		{"ours", `<callgate_project>a%5Cb%24%7Bx%7D</callgate_project><callgate_number>%2B78001234567</callgate_number><callgate_user>%D0%B8%20%2541</callgate_user>`, "",
			cdr.Record{Project: `a\b${x}`, Number: "+78001234567", User: "и %41"}},

		{"queues", "", "<app_log><application app_name='callcenter' app_data='a@d' app_stamp='11'></application><application app_name='answer' app_data='' app_stamp='12'/>" +
			"<other app_name='callcenter' app_data='x'/><application app_name='callcenter' app_data=\" b&amp;c more\" app_stamp='x'/><application app_name='callcenter' app_data=''/></app_log>" +
			"<callflow><extension><application app_name='callcenter' app_data='listed'/></extension></callflow>",
			cdr.Record{Queues: []cdr.QueueEntry{{Queue: "a@d", At: 11}, {Queue: "b&c"}}}},

		{"hostile", "<cc_queue>a%0Ab%FF</cc_queue><cc_agent>" + long + "</cc_agent><callgate_user>%00</callgate_user><cc_member_uuid>" + long + "</cc_member_uuid>",
			"<app_log><application app_name='callcenter' app_data='" + long + "'/></app_log>" + callflow("<caller_id_name>"+long+"</caller_id_name><caller_id_number>a&#10;b</caller_id_number>", ""),
			cdr.Record{Queue: "a\uFFFDb\uFFFD", Agent: long[:256], User: "\uFFFD", Member: long[:256], Queues: []cdr.QueueEntry{{Queue: long[:256]}},
				CallerName: long[:256], Caller: "a\uFFFDb"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := cdr.Parse("leg", document(test.variables, test.rest))
			test.want.Leg, test.want.CoreUUID, test.want.SwitchName, test.want.Readable = "leg", "core", "fs", true
			if test.want.Call == "" {
				test.want.Call = "leg"
			}
			test.want.Raw, test.want.Digest = got.Raw, got.Digest
			if diff := cmp.Diff(&test.want, got); diff != "" {
				t.Errorf("mismatch (-want, +got):\n%s", diff)
			}
		})
	}
}

func TestParseQueuesBounded(t *testing.T) {
	got := cdr.Parse("leg", document("", "<app_log>"+strings.Repeat("<application app_name='callcenter' app_data='q'/>", 100)+"</app_log>")).Queues
	if len(got) != 32 {
		t.Errorf("got %d queues, want 32", len(got))
	}
}
