package cdr

import (
	"crypto/sha256"
	"strings"
)

// Bounds of what a Record says. FreeSWITCH's own bound for a channel's uuid is 256 bytes [switch_apr.h].
const (
	maxID         = 256
	maxWord       = 256 // any other text
	maxRecordings = 32
	maxPeers      = 32
	maxQueues     = 32
	maxPath       = 4096               // bytes of a recording's path; a longer one is left out
	maxTime       = 253402300799999999 // the last microsecond of the year 9999
	microseconds  = 1_000_000          // of a second
	maxEpoch      = maxTime / microseconds
)

// Record is one leg's CDR. Every string in it is bounded and valid UTF-8 without control characters (U+FFFD stands for
// those), whatever the document holds; what the document does not say is zero. As JSON, in which it is kept, it has the names of
// its fields; Raw and Digest are not in it.
type Record struct {
	Leg  string `json:",omitzero"` // the channel's uuid; empty if neither sender nor document named one
	ALeg bool   `json:",omitzero"` // it came as a_<uuid>; failed agent rings do too, so this does not mean "the customer's leg"

	CoreUUID   string `json:",omitzero"` // the running FreeSWITCH process
	SwitchName string `json:",omitzero"` // as FreeSWITCH calls itself

	// Call is the id that the legs of one call share: the uuid of the leg that began it. See [Parse] for the rule.
	Call string `json:",omitzero"`

	Direction          string `json:",omitzero"` // "inbound" or "outbound", as seen by FreeSWITCH
	Start, Answer, End int64  `json:",omitzero"` // microseconds since 1970 UTC; 0 is never or unknown
	HangupCause        string `json:",omitzero"` // FreeSWITCH's name for it, as NORMAL_CLEARING

	// Recordings are the paths, in FreeSWITCH's own file system, that the document says this leg was recorded to. A file
	// need not exist: FreeSWITCH names it before it opens it, deletes empty ones, and lists applications it never ran.
	// They come from outside: check them against the recordings' root.
	Recordings []string `json:",omitzero"`

	// Peers are the other legs that the document says this one was bridged to. Where FreeSWITCH is told to post no B
	// legs (log-b-leg=false), nothing else names them.
	Peers []string `json:",omitzero"`

	// How the leg took part in a queue, by mod_callcenter's variables (cc_…), which speak of its last queue only. Epochs
	// are whole seconds since 1970 UTC. TerminatedEpoch is often missing, being set by another thread after the hangup: End
	// stands for it then.
	Side            string `json:",omitzero"` // "member" or "agent"; the only mark of an agent's unanswered ring, which comes as a_ too
	Queue, Agent    string `json:",omitzero"`
	AgentType       string `json:",omitzero"` // "callback" or "uuid-standby"
	Member          string `json:",omitzero"` // cc_member_uuid: one stay of one caller in one queue, the same on all legs of it
	MemberLeg       string `json:",omitzero"` // cc_member_session_uuid: on an agent's leg, the caller's
	JoinedEpoch     int64  `json:",omitzero"`
	AnsweredEpoch   int64  `json:",omitzero"`
	TerminatedEpoch int64  `json:",omitzero"`
	CanceledEpoch   int64  `json:",omitzero"`
	QueueCause      string `json:",omitzero"` // cc_cause: "answered" or "cancel"
	CancelReason    string `json:",omitzero"` // cc_cancel_reason: NONE, TIMEOUT, NO_AGENT_TIMEOUT, BREAK_OUT, EXIT_WITH_KEY
	// Queues are the queues that the leg entered, in order, as far as app_log tells: applications named callcenter. One
	// that does not exist is among them. Source: mod_callcenter.c callcenter_function.
	Queues []QueueEntry `json:",omitzero"`

	Caller, CallerName string `json:",omitzero"` // caller_id_number and _name of the oldest callflow
	Called             string `json:",omitzero"` // destination_number of the oldest callflow
	Bridged            int64  `json:",omitzero"` // when it was first bridged, microseconds; 0 is never
	HoldSeconds        int64  `json:",omitzero"` // hold_accum_seconds
	HangupDisposition  string `json:",omitzero"` // sip_hangup_disposition: send_bye, recv_bye, send_cancel, recv_cancel, send_refuse, recv_refuse
	LoopbackHalf       string `json:",omitzero"` // loopback_leg: "A" or "B"
	Dialled            bool   `json:",omitzero"` // it has an originator's profile: another leg dialled it, or was bridged to it

	// Variables that callgate sets, decoded: the owner of the call, the number it came to, who ordered it. What callgate
	// has percent-encoded FreeSWITCH leaves as it is. Source: switch_utils.c switch_url_encode_opt.
	Project, Number, User string `json:",omitzero"`

	Readable bool     `json:",omitzero"` // a <cdr> with something in it was found; else only Leg, ALeg, Call, Raw and Digest are set
	Damaged  bool     `json:",omitzero"` // not well-formed, or over a limit of the reader: read as far as possible; always if not Readable
	Raw      []byte   `json:"-"`         // the XML as FreeSWITCH made it; if none was found, the body as it came
	Digest   [32]byte `json:"-"`         // SHA-256 of Raw: the same document has the same digest however it was sent
}

// QueueEntry is one run of the application callcenter.
type QueueEntry struct {
	Queue string `json:",omitzero"`
	At    int64  `json:",omitzero"` // microseconds since 1970 UTC
}

// Parse reads a CDR as mod_xml_cdr posts it or leaves it in its folders, in any of its encodings. The id is what the
// sender named it, [a_]<uuid> (in a folder: the file's name without ".cdr.xml"). It never fails; see Record.Readable.
// The Record may keep body, which must not change afterwards. Safe for concurrent use.
//
// An id that cannot be a channel's (empty, over 256 bytes, control characters in it) is replaced by the one
// in the document: variables/uuid, else the caller_profile's of the newest callflow. If there is none either, Leg is
// what can be kept of the id.
//
// Record.Call is the first of these that the document names, else the leg's own uuid:
//
//  1. callgate_call, a variable for calls whose legs know better than FreeSWITCH;
//  2. cc_member_session_uuid: an agent's leg, and its unanswered attempts, belong to the caller in the queue;
//  3. originating_leg_uuid, originator: the leg that dialled this one;
//  4. the originator_caller_profile of the oldest callflow that has one: the leg this one was first bridged to;
//  5. on the B half of a loopback channel, other_loopback_from_uuid, else other_loopback_leg_uuid;
//  6. call_uuid, which FreeSWITCH sets when it dials or bridges and resets to the leg's own when a bridge ends.
//
// What it cannot know, because one document speaks of one leg: a leg dialled by a leg that was itself dialled names its
// immediate parent, so that chains (attended transfers, a member that is some other call's B leg) need joining once
// more, Call of the parent for Call; and the leg of an agent who waits in one channel for many callers
// (uuid-standby) names only the last of them.
func Parse(id string, body []byte) *Record {
	r := &Record{Raw: document(body)}
	r.Digest = sha256.Sum256(r.Raw)
	t := read(r.Raw)
	d := newDetails(&t)
	r.Readable, r.Damaged = d != nil, d == nil || d.damaged

	var named string
	named, r.ALeg = strings.CutPrefix(id, "a_")
	r.Leg = clean([]byte(named), maxID)
	if d != nil {
		if r.Leg == "" || r.Leg != named {
			r.Leg = clean(first(d.value(d.uuid), d.text(d.newest(), "caller_profile", "uuid"), []byte(r.Leg)), maxID)
		}
		d.fill(r)
	}
	if r.Call == "" {
		r.Call = r.Leg
	}
	return r
}
