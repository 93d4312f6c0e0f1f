package cdr

import "bytes"

// holding says what a field of a CDR holds: an element, a channel variable or an attribute.
type holding uint8

const (
	anything holding = iota // on no list: read as mixed is
	whole                   // a number, or a name or address that may show one: hidden whatever it looks like
	mixed                   // a text in which numbers may stand, such as a URI, a dial string or a path
	never                   // digits that are no number, such as a time or an address on the network
)

// numberFields is what is known of elements and channel variables by their names. Those whose names end or begin as
// in neverEnds and neverBegins are never numbers, unless they stand here.
//
// Source: switch_caller.c, switch_channel.c, switch_ivr_originate.c, sofia.c, sofia_glue.c, mod_callcenter.c.
var numberFields = map[string]holding{
	// Whom a call came from and went to.
	"ani": whole, "aniii": whole, "caller_id": whole, "caller_id_name": whole, "caller_id_number": whole, "callee_id_name": whole,
	"callee_id_number": whole, "cid_name": whole, "cid_number": whole, "destination_number": whole, "dnis": whole, "rdnis": whole, "username": whole,
	"digits_dialed": whole, "effective_ani": whole, "effective_aniii": whole, "effective_callee_id_name": whole, "effective_callee_id_number": whole,
	"effective_caller_id_name": whole, "effective_caller_id_number": whole, "initial_callee_id_name": whole, "initial_callee_id_number": whole,
	"last_sent_callee_id_name": whole, "last_sent_callee_id_number": whole, "number_alias": whole, "original_caller_id_name": whole,
	"original_caller_id_number": whole, "original_destination_number": whole, "origination_ani": whole, "origination_aniii": whole,
	"origination_callee_id_name": whole, "origination_callee_id_number": whole, "origination_caller_id_name": whole,
	"origination_caller_id_number": whole, "outbound_caller_id_name": whole, "outbound_caller_id_number": whole, "pre_transfer_caller_id_name": whole,
	"pre_transfer_caller_id_number": whole, "att_xfer_callee_id_name": whole, "att_xfer_callee_id_number": whole, "att_xfer_destination_number": whole,
	"transfer_destination": whole, "callgate_number": whole,
	"sip_from_user": whole, "sip_from_user_stripped": whole, "sip_from_display": whole, "sip_from_comment": whole, "sip_full_from": whole,
	"sip_to_user": whole, "sip_to_display": whole, "sip_to_comment": whole, "sip_full_to": whole, "sip_req_user": whole, "sip_request_user": whole,
	"sip_callee_id_name": whole, "sip_callee_id_number": whole, "sip_force_full_from": whole, "sip_force_full_to": whole,
	"sip_handle_full_from": whole, "sip_handle_full_to": whole, "sip_invite_full_from": whole, "sip_invite_full_to": whole, "sip_number_alias": whole,
	"sip_P-Asserted-Identity": whole, "sip_P-Preferred-Identity": whole, "sip_Remote-Party-ID": whole, "sip_Diversion": whole,
	"sip_History-Info": whole, "sip_h_Diversion": whole, "sip_h_History-Info": whole, "sip_h_P-Asserted-Identity": whole,
	"sip_h_P-Preferred-Identity": whole, "sip_h_Remote-Party-ID": whole, "sip_referred_by_cid": whole, "sip_referred_by_user_stripped": whole,

	// Texts with numbers in them.
	"accountcode": mixed, "api_after_bridge": mixed, "api_before_bridge": mixed, "api_hangup_hook": mixed, "api_reporting_hook": mixed,
	"audio_spool_path": mixed, "bridge_channel": mixed, "bridge_to": mixed, "callgate_recording": mixed, "callgate_user": mixed, "cc_agent": mixed,
	"cc_outbound_cid_name_prefix": mixed, "cc_queue": mixed, "cc_record_filename": mixed, "chan_name": mixed, "channel_name": mixed,
	"current_application_data": mixed, "current_application_response": mixed, "device_id": mixed, "dialed_domain": mixed, "dialed_user": mixed,
	"DP_MATCH": mixed, "exec_after_bridge_arg": mixed, "export_vars": mixed, "last_arg": mixed, "loopback_app_arg": mixed,
	"origination_channel_name": mixed, "originate_causes": mixed, "originated_legs": mixed, "presence_data": mixed, "presence_id": mixed,
	"project_id": mixed, "RECORD_ARTIST": mixed, "RECORD_COMMENT": mixed, "RECORD_TITLE": mixed, "record_artist": mixed, "record_comment": mixed,
	"record_post_process_exec_api": mixed, "record_post_process_exec_app": mixed, "record_title": mixed, "referred_by": mixed,
	"requested_user_name": mixed, "sip_auth_uri": mixed, "sip_auth_username": mixed, "sip_contact_uri": mixed, "sip_contact_user": mixed,
	"sip_destination_url": mixed, "sip_from_uri": mixed, "sip_full_route": mixed, "sip_gateway": mixed, "sip_invite_from_uri": mixed,
	"sip_invite_record_route": mixed, "sip_invite_req_uri": mixed, "sip_invite_route_uri": mixed, "sip_invite_to_uri": mixed,
	"sip_outgoing_contact_uri": mixed, "sip_recover_contact": mixed, "sip_redirect_dialstring": mixed, "sip_redirected_by": mixed,
	"sip_redirected_to": mixed, "sip_refer_to": mixed, "sip_req_uri": mixed, "sip_route_uri": mixed, "sip_to_uri": mixed,
	"sip_user_location": mixed, "sofia_record_file": mixed, "transfer_fallback_extension": mixed, "transfer_history": mixed,
	"transfer_source": mixed, "transfer_to": mixed, "user_name": mixed,

	// Digits that are no number.
	"billmsec": never, "billusec": never, "answerusec": never, "uduration": never, "mduration": never, "waitusec": never, "progressusec": never,
	"progress_mediausec": never, "flow_billmsec": never, "flow_billusec": never, "hold_accum_ms": never, "hold_accum_usec": never, "hold_events": never,
	"Core-UUID": never, "uuid": never, "session_id": never, "last_bridge_to": never, "originator": never, "signal_bond": never,
	"originate_signal_bond": never, "signal_bridge_to": never, "callgate_call": never, "caps": never, "flags": never, "network_addr": never,
	"sip_call_id": never, "sip_cseq": never, "sip_from_tag": never, "sip_full_via": never, "sip_recover_via": never, "sip_to_tag": never,
	"sip_user_agent": never, "switch_l_sdp": never, "switch_m_sdp": never, "switch_r_sdp": never, "ep_codec_string": never, "record_file_size": never,
	"record_ms": never, "record_samples": never, "largest_jb_size": never, "read_rate": never, "write_rate": never,
}

// attributeFields is the same of attributes.
var attributeFields = map[string]holding{
	"number": whole, "name": mixed, // an extension's: what was dialled, and what the dialplan calls it
	"app_data": mixed, "current_app": mixed, "switchname": mixed,
	"app_stamp": never, "on": never, "off": never, "core-uuid": never, "unique-id": never, "clone-of": never, "bridged-to": never,
}

// neverEnds and neverBegins are how the names of fields end and begin that are never numbers.
var neverEnds = [...]string{"_epoch", "_uepoch", "_stamp", "_time", "_uuid", "_ip", "_port", "_codec", "_bytes", "_count", "_variance"}
var neverBegins = [...]string{"rtp_", "Event-", "FreeSWITCH-", "playback_"}

// holds says what an element or a channel variable of that name holds.
func holds(name []byte) holding {
	if h, ok := numberFields[string(name)]; ok {
		return h
	}
	for _, end := range neverEnds {
		if bytes.HasSuffix(name, []byte(end)) {
			return never
		}
	}
	for _, beginning := range neverBegins {
		if bytes.HasPrefix(name, []byte(beginning)) {
			return never
		}
	}
	return anything
}
