package esltest

import (
	"net"
	"strconv"
	"strings"
	"time"
)

// sipHop is how long a SIP message is on its way.
const sipHop = time.Millisecond

// displayDelay is how long after a bridge the other party's name is sent on.
const displayDelay = 200 * time.Millisecond

// sipLeg is a leg of the pretended SIP stack. Its other side is a phone, a
// customer outside (nobody), or another leg of this very switch when it calls
// its own address.
type sipLeg struct {
	s *Switch
	c *channel

	peer  *sipLeg // the other half of a call to ourselves
	phone *Phone
	addr  string // host:port of the other side

	fromUser, fromHost, shown string
	toUser, toHost            string
	callID, fromTag, toTag    string
	branch                    string
	cseq                      string
	userAgent                 string // of the other side
	ownAgent                  bool   // the other side speaks as FreeSWITCH does
	contactUser               string
	gateway                   string

	localPort, remotePort string
	sdpID                 int64
	remoteSDP             string
	responded             bool
	gotBye, refused       bool
	ended                 bool
	seen                  *Ring // by the phone; nil: nobody there
}

func (s *Switch) newSIPLeg(c *channel) *sipLeg {
	s.sipSeq++
	return &sipLeg{
		s: s, c: c, localPort: s.newPort(), sdpID: s.epoch() - 18000 - int64(s.random(1)[0]),
		branch: "z9hG4bK" + s.newTag(), cseq: strconv.Itoa(int(s.started.Unix()/16%100000000) + s.sipSeq),
	}
}

func (l *sipLeg) localIP() string { return hostOf(l.s.cfg.SIPAddr) }

func hostOf(addr string) string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	return host
}

func portOf(addr string) string {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "5060"
	}
	return port
}

// visibleName is what is left of a display name on the other side: a quotation
// mark ends the quoted string, so only the last quoted part survives.
func visibleName(name string) string {
	if parts := strings.Split(name, `"`); len(parts) > 2 {
		return parts[len(parts)-2]
	}
	return name
}

func party(display, uri, tag string) string {
	out := "<sip:" + uri + ">"
	if display != "" {
		out = `"` + display + `" ` + out
	}
	if tag != "" {
		out += ";tag=" + tag
	}
	return out
}

// start sends the INVITE of a leg that calls out.
func (l *sipLeg) start() {
	if l.c.inbound {
		return
	}
	c, ip := l.c, l.localIP()
	c.flags[cfVerboseSDP], c.flags[cfDTLSOK] = 1, 1
	c.flags[cfOriginating] = 1
	p := c.profile
	l.fromUser, l.shown, l.fromHost = p.number, visibleName(p.name), ip
	l.callID, l.fromTag = l.s.newUUID(), l.s.newTag()
	c.set("rtp_use_codec_string", l.s.cfg.CodecPrefs)
	c.set("local_media_ip", ip)
	c.set("local_media_port", l.localPort)
	c.set("advertised_media_ip", ip)
	c.set("audio_media_flow", "sendrecv")
	c.set("rtp_local_sdp_str", l.sdp(ip, true, true))
	c.set("sip_outgoing_contact_uri", "<sip:mod_sofia@"+l.s.cfg.SIPAddr+">")
	c.set("sip_req_uri", l.toUser+"@"+l.toHost)
	c.set("sip_to_host", l.toHost)
	c.set("sip_from_host", l.fromHost)
	c.set("sofia_profile_name", l.s.cfg.SIPProfile)
	c.set("recovery_profile_name", l.s.cfg.SIPProfile)
	c.set("sofia_profile_url", "sip:mod_sofia@"+l.s.cfg.SIPAddr)
	l.s.after(sipHop, l.arrive)
}

// arrive is the INVITE at the other side.
func (l *sipLeg) arrive() {
	if l.c.down() {
		return
	}
	switch {
	case l.addr == l.s.cfg.SIPAddr:
		l.ownAgent, l.userAgent = true, l.s.userAgent()
		l.s.receiveInvite(invite{
			user: l.fromUser, display: l.shown, host: l.fromHost, to: l.toUser, toAddr: l.toHost,
			addr: l.s.cfg.SIPAddr, contact: "mod_sofia", agent: l.userAgent,
			callID: l.callID, fromTag: l.fromTag, branch: l.branch, sdp: l.sdp(l.localIP(), true, false),
			mediaPort: l.localPort, mediaIP: l.localIP(), peer: l,
		})
	case l.phone != nil:
		l.seen = l.ringing()
		l.s.spawn(l.ring)
	default:
		l.refuse(503, false)
	}
}

// response notes what the first answer from the other side says about it.
func (l *sipLeg) response() {
	if l.responded {
		return
	}
	l.responded = true
	c := l.c
	host, port := hostOf(l.addr), portOf(l.addr)
	c.profile.networkAddr = host
	c.set("sip_local_network_addr", l.localIP())
	c.set("sip_reply_host", host)
	c.set("sip_reply_port", port)
	c.set("sip_network_ip", host)
	c.set("sip_network_port", port)
	c.set("sip_user_agent", l.userAgent)
	via, transport, contact := "SIP/2.0/UDP "+l.localIP()+";rport;branch="+l.branch, "UDP", "<sip:"+l.addr+";transport=UDP>"
	user := l.contactUser
	if user == "" {
		user = "nobody"
	} else {
		contact = "<sip:" + user + "@" + l.addr + ";transport=UDP>"
	}
	if l.ownAgent {
		user, transport = l.toUser, "udp"
		contact = "<sip:" + user + "@" + l.addr + ";transport=udp>"
		via = "SIP/2.0/UDP " + l.localIP() + ";rport=" + portOf(l.s.cfg.SIPAddr) + ";branch=" + l.branch
		c.set("sip_allow", sipAllow)
	}
	c.set("sip_recover_contact", contact)
	c.set("sip_full_via", via)
	c.set("sip_recover_via", via)
	c.set("sip_from_display", l.shown)
	c.set("sip_full_from", party(l.shown, l.fromUser+"@"+l.fromHost, l.fromTag))
	c.set("sip_full_to", party("", l.toUser+"@"+l.toHost, l.toTag))
	c.set("sip_from_user", l.fromUser)
	c.set("sip_from_uri", l.fromUser+"@"+l.fromHost)
	c.set("sip_from_host", l.fromHost)
	c.set("sip_to_user", l.toUser)
	c.set("sip_to_port", portOf(l.toHost))
	c.set("sip_to_uri", l.toUser+"@"+l.toHost)
	c.set("sip_to_host", hostOf(l.toHost))
	c.set("sip_contact_params", "transport="+transport)
	c.set("sip_contact_user", user)
	c.set("sip_contact_port", port)
	c.set("sip_contact_uri", user+"@"+l.addr)
	c.set("sip_contact_host", host)
	c.set("sip_to_tag", l.toTag)
	c.set("sip_from_tag", l.fromTag)
	c.set("sip_cseq", l.cseq)
	c.set("sip_call_id", l.callID)
}

const sipAllow = "INVITE, ACK, BYE, CANCEL, OPTIONS, MESSAGE, INFO, UPDATE, REGISTER, REFER, NOTIFY, PUBLISH, SUBSCRIBE"

// accepted is the 200 OK (or, with early, a 183) from the other side.
func (l *sipLeg) accepted(remoteIP string) {
	if l.c.down() {
		return
	}
	l.takeSDP(remoteIP)
	l.c.flags[cfMediaAck] = 1
	if l.seen != nil {
		l.seen.Answered = true
	}
	l.c.markAnswered()
}

func (l *sipLeg) takeSDP(remoteIP string) {
	l.response()
	if l.c.codec == "" {
		l.c.set("switch_r_sdp", l.remoteSDP)
		l.c.set("ep_codec_string", codecNames(1))
	}
	l.negotiate(remoteIP)
}

// refuse is a final answer other than 200 from the other side.
func (l *sipLeg) refuse(status int, reached bool) {
	c := l.c
	if c.down() {
		return
	}
	l.refused = true
	cause, phrase := sipCause(status)
	if reached {
		l.response()
	} else {
		c.set("sip_call_id", l.callID)
		c.set("sip_local_network_addr", l.localIP())
		c.set("sip_reply_port", "0")
		c.set("sip_network_port", "0")
	}
	c.set("sip_hangup_disposition", "recv_refuse")
	c.setInt("sip_invite_failure_status", int64(status))
	c.set("sip_invite_failure_phrase", phrase)
	c.setInt("sip_term_status", int64(status))
	c.set("proto_specific_hangup_cause", "sip:"+strconv.Itoa(status))
	c.setInt("sip_term_cause", int64(causes[cause]))
	c.hangup(cause)
}

// bye is the other side hanging up.
func (l *sipLeg) bye() {
	c := l.c
	if c.down() {
		return
	}
	l.gotBye = true
	c.setInt("sip_term_status", 200)
	c.set("proto_specific_hangup_cause", "sip:200")
	c.setInt("sip_term_cause", 16)
	c.set("sip_user_agent", l.userAgent)
	c.set("sip_hangup_disposition", "recv_bye")
	c.hangup("NORMAL_CLEARING")
}

// preAnswer is local early media on a leg that called us.
func (l *sipLeg) preAnswer() bool {
	if !l.c.inbound {
		return false
	}
	l.open()
	l.c.set("rtp_local_sdp_str", l.sdp(l.localIP(), false, true))
	l.tellPeer(func(p *sipLeg) {
		p.takeSDP(l.localIP())
		p.c.markEarly()
	})
	return true
}

// open negotiates and marks early media; an answer goes through it as well.
func (l *sipLeg) open() {
	l.negotiate(hostOf(l.addr))
	l.c.flags[cfVideoBreak] = 1
	l.c.set("endpoint_disposition", "EARLY MEDIA")
	l.c.markEarly()
}

// answer accepts a call that came in.
func (l *sipLeg) answer() bool {
	c := l.c
	if !c.inbound {
		return false
	}
	if !c.has(cfEarlyMedia) {
		l.open()
	}
	c.set("rtp_local_sdp_str", l.sdp(l.localIP(), false, true))
	c.markAnswered()
	if l.peer == nil {
		l.s.after(2*sipHop, l.acknowledged)
		return true
	}
	l.tellPeer(func(p *sipLeg) {
		// The answer brings our name for the number that was called.
		p.c.profile.calleeName, p.c.profile.calleeNumber = l.toUser, l.toUser
		p.accepted(l.localIP())
		l.s.after(sipHop, l.acknowledged)
	})
	return true
}

// tellPeer sends a response to the calling half.
func (l *sipLeg) tellPeer(f func(p *sipLeg)) {
	p := l.peer
	if p == nil {
		return
	}
	answer := l.sdp(l.s.cfg.IPv4, false, false)
	l.s.after(sipHop, func() {
		if p.c.down() {
			return
		}
		p.toTag, p.remotePort, p.remoteSDP = l.toTag, l.localPort, answer
		f(p)
	})
}

// acknowledged is the ACK to our answer.
func (l *sipLeg) acknowledged() {
	c := l.c
	if c.down() {
		return
	}
	c.flags[cfMediaAck] = 1
	c.set("sip_to_tag", l.toTag)
	c.set("sip_from_tag", l.fromTag)
	c.set("sip_cseq", l.cseq)
	c.set("sip_call_id", l.callID)
	c.set("sip_full_via", "SIP/2.0/UDP "+hostOf(l.addr)+";rport="+portOf(l.addr)+";branch=z9hG4bK"+l.s.newTag())
	if !hasVariable(l.shown) {
		c.set("sip_from_display", l.shown)
		c.set("sip_full_from", party(l.shown, l.fromUser+"@"+l.fromHost, l.fromTag))
	}
	c.set("sip_full_to", party("", l.toUser+"@"+l.toHost, l.toTag))
}

// display sends the other party's name on, a moment after the bridge.
func (l *sipLeg) display(name, number string) {
	l.s.after(displayDelay, func() {
		if l.c.down() {
			return
		}
		l.c.set("last_sent_callee_id_name", name)
		l.c.set("last_sent_callee_id_number", number)
		if l.peer == nil {
			return
		}
		if p := l.peer.c.profile; l.peer.c.has(cfDialplan) {
			p.name, p.number = name, number
		} else {
			p.calleeName, p.calleeNumber = name, number
		}
	})
}

// hangup tells the other side, and writes what is known at the end.
func (l *sipLeg) hangup() {
	c := l.c
	l.ended = true
	if l.gateway != "" && !c.has(cfAnswered) {
		calls := l.s.trunks[l.gateway]
		calls.failed++
		l.s.trunks[l.gateway] = calls
	}
	switch {
	case c.has(cfAnswered):
		if !l.gotBye {
			c.set("sip_hangup_disposition", "send_bye")
		}
	case l.refused || l.gotBye:
	case c.inbound:
		c.set("sip_hangup_disposition", "send_refuse")
	default:
		if l.seen != nil {
			l.seen.Cancelled = true
		}
		c.set("sip_hangup_disposition", "send_cancel")
		c.set("sip_invite_failure_status", "487")
		c.set("sip_invite_failure_phrase", "CANCEL")
	}
	if p := l.peer; p != nil {
		cause := c.cause
		l.s.after(sipHop, func() { p.peerGone(cause) })
	}
	l.setStats()
}

// peerGone is the BYE, CANCEL or refusal of the other half.
func (l *sipLeg) peerGone(cause string) {
	c := l.c
	switch {
	case c.down():
	case c.has(cfAnswered):
		l.bye()
	case c.inbound:
		l.gotBye = true
		c.set("sip_hangup_disposition", "recv_cancel")
		c.hangup("ORIGINATOR_CANCEL")
	default:
		l.refuse(sipStatus(cause), true)
	}
}

// sipStatus is the SIP status of a cause, on a call that was not answered
// (hangup_cause_to_sip).
func sipStatus(cause string) int {
	switch cause {
	case "UNALLOCATED_NUMBER", "NO_ROUTE_TRANSIT_NET", "NO_ROUTE_DESTINATION":
		return 404
	case "USER_BUSY":
		return 486
	case "NO_USER_RESPONSE":
		return 408
	case "CALL_REJECTED":
		return 603
	case "NUMBER_CHANGED", "REDIRECTION_TO_NEW_DESTINATION":
		return 410
	case "DESTINATION_OUT_OF_ORDER", "INVALID_PROFILE":
		return 502
	case "INVALID_NUMBER_FORMAT", "INVALID_URL", "INVALID_GATEWAY":
		return 484
	case "FACILITY_REJECTED", "FACILITY_NOT_IMPLEMENTED", "SERVICE_NOT_IMPLEMENTED":
		return 501
	case "REQUESTED_CHAN_UNAVAIL", "NORMAL_CIRCUIT_CONGESTION", "NETWORK_OUT_OF_ORDER", "NORMAL_TEMPORARY_FAILURE",
		"SWITCH_CONGESTION", "GATEWAY_DOWN", "BEARERCAPABILITY_NOTAVAIL":
		return 503
	case "OUTGOING_CALL_BARRED", "INCOMING_CALL_BARRED", "BEARERCAPABILITY_NOTAUTH":
		return 403
	case "BEARERCAPABILITY_NOTIMPL", "INCOMPATIBLE_DESTINATION":
		return 488
	case "RECOVERY_ON_TIMER_EXPIRE":
		return 504
	case "ORIGINATOR_CANCEL":
		return 487
	case "EXCHANGE_ROUTING_ERROR":
		return 483
	}
	return 480
}

func (l *sipLeg) unroutable() bool { return !l.c.inbound }
