package esltest

import (
	"errors"
	"strings"
	"time"
)

// invite is a call that comes in from outside, or from ourselves.
type invite struct {
	user, display, host string // From
	to, toAddr          string
	addr                string // where it came from
	contact, agent      string
	callID, fromTag     string
	branch, sdp         string
	mediaIP, mediaPort  string
	peer                *sipLeg
}

// receiveInvite makes the inbound leg of a call and lets it into the dialplan.
func (s *Switch) receiveInvite(i invite) *channel {
	sipProfile := s.cfg.SIPProfile
	c := s.newChannel(true, s.newUUID(), "sofia/"+sipProfile+"/"+i.user+"@"+i.host)
	l := s.newSIPLeg(c)
	l.peer, l.addr, l.userAgent = i.peer, i.addr, i.agent
	l.fromUser, l.fromHost, l.shown = i.user, i.host, i.display
	l.toUser, l.toHost, l.callID, l.fromTag = i.to, i.toAddr, i.callID, i.fromTag
	l.toTag, l.remotePort, l.remoteSDP = s.newTag(), i.mediaPort, i.sdp
	if i.peer != nil {
		i.peer.peer, l.cseq = l, i.peer.cseq
	}
	c.leg = l
	c.flags[cfVerboseSDP], c.flags[cfDTLSOK] = 1, 1
	c.caps = sofiaCaps

	number, _, _ := strings.Cut(i.user, ";") // a parameter of the URI
	number = callerName(number)
	name := callerName(i.display)
	if name == "" {
		name = number
	}
	from := i.user + "@" + i.host
	network, port := hostOf(i.addr), portOf(i.addr)
	c.set("direction", "inbound")
	c.set("uuid", c.uuid)
	c.set("call_uuid", c.uuid)
	c.setInt("session_id", int64(c.sessionID))
	c.set("sip_from_user", i.user)
	c.set("sip_from_uri", from)
	c.set("sip_from_host", i.host)
	c.set("video_media_flow", "disabled")
	c.set("audio_media_flow", "disabled")
	c.set("text_media_flow", "disabled")
	c.set("channel_name", c.name)
	c.set("sip_call_id", i.callID)
	c.set("sip_local_network_addr", l.localIP())
	c.set("sip_network_ip", network)
	c.set("sip_network_port", port)
	c.setInt("sip_invite_stamp", s.now().UnixMicro())
	c.set("sip_received_ip", network)
	c.set("sip_received_port", port)
	c.set("sip_via_protocol", "udp")
	c.set("sip_from_user_stripped", strings.TrimPrefix(i.user, "+"))
	c.set("sip_from_tag", i.fromTag)
	c.set("sofia_profile_name", sipProfile)
	c.set("sofia_profile_url", "sip:mod_sofia@"+s.cfg.SIPAddr)
	c.set("recovery_profile_name", sipProfile)
	if i.peer != nil { // FreeSWITCH itself always says who calls
		c.set("sip_Remote-Party-ID", party(i.display, from, "")+";party=calling;screen=yes;privacy=off")
		c.set("sip_cid_type", "rpid")
	}
	c.set("sip_full_via", "SIP/2.0/UDP "+network+";rport="+port+";branch="+i.branch)
	if !hasVariable(i.display) {
		c.set("sip_from_display", i.display)
		c.set("sip_full_from", party(i.display, from, i.fromTag))
	}
	c.set("sip_full_to", party("", i.to+"@"+i.toAddr, ""))
	c.set("sip_allow", sipAllow)
	c.set("sip_req_user", i.to)
	c.set("sip_req_port", portOf(i.toAddr))
	c.set("sip_req_uri", i.to+"@"+i.toAddr)
	c.set("sip_req_host", hostOf(i.toAddr))
	c.set("sip_to_user", i.to)
	c.set("sip_to_port", portOf(i.toAddr))
	c.set("sip_to_uri", i.to+"@"+i.toAddr)
	c.set("sip_to_host", hostOf(i.toAddr))
	c.set("sip_contact_user", i.contact)
	c.set("sip_contact_port", port)
	c.set("sip_contact_uri", i.contact+"@"+i.addr)
	c.set("sip_contact_host", network)
	c.set("rtp_use_codec_string", s.cfg.CodecPrefs)
	c.set("sip_user_agent", i.agent)
	c.set("sip_via_host", network)
	c.set("sip_via_rport", port)
	c.set("max_forwards", "70")
	c.set("presence_id", from)
	c.set("switch_r_sdp", i.sdp)
	c.set("ep_codec_string", codecNames(2))
	c.set("endpoint_disposition", "DELAYED NEGOTIATION")
	c.setProfile(&profile{
		id: s.newUUID(), username: number, dialplan: "XML", context: s.cfg.SIPContext, name: name, number: number,
		origName: name, origNumber: number, networkAddr: network, ani: number, destination: i.to, source: "mod_sofia",
	})
	c.launch()
	return c
}

// Call is a customer who rings the switch from outside.
type Call struct {
	Number    string // the customer's
	Name      string // display name
	Extension string // what is dialled
	// HangupAfter is how long the customer stays, from ringing on, by the
	// switch's clock; 0 is until the switch hangs up.
	HangupAfter time.Duration
	From        string // host:port of the customer's trunk; "" is 127.0.0.1:5090
	UserAgent   string
}

// Caller is a call under way that a customer made.
type Caller struct {
	s    *Switch
	c    *channel
	leg  *sipLeg
	done chan struct{}
}

// Call lets a customer ring. It fails when the switch has stopped or is full.
func (s *Switch) Call(call Call) (*Caller, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return nil, errors.New("esltest: the switch has stopped")
	}
	if s.control.paused {
		return nil, errors.New("esltest: the switch is paused")
	}
	if len(s.sessions) >= s.cfg.MaxSessions {
		return nil, errors.New("esltest: too many sessions")
	}
	from := call.From
	if from == "" {
		from = "127.0.0.1:5090"
	}
	host, port := hostOf(from), s.newPort()
	sdp := "v=0" + crlf + "o=- 1 1 IN IP4 " + host + crlf + "s=-" + crlf + "c=IN IP4 " + host + crlf + "t=0 0" + crlf +
		"m=audio " + port + " RTP/AVP 0 8 101" + crlf + "a=rtpmap:0 PCMU/8000" + crlf + "a=rtpmap:8 PCMA/8000" + crlf +
		"a=rtpmap:101 telephone-event/8000" + crlf
	c := s.receiveInvite(invite{
		user: call.Number, display: visibleName(call.Name), host: host, to: call.Extension, toAddr: s.cfg.SIPAddr,
		addr: from, contact: call.Number, agent: call.UserAgent, callID: s.newUUID(), fromTag: s.newTag(),
		branch: "z9hG4bK" + s.newTag(), sdp: sdp, mediaIP: host, mediaPort: port,
	})
	out := &Caller{s: s, c: c, leg: c.leg.(*sipLeg), done: make(chan struct{})}
	limit := forever
	if call.HangupAfter > 0 {
		limit = call.HangupAfter
	}
	s.wg.Add(1)
	go func() { // not by serve, which may come too late to begin: somebody waits for Done
		defer s.wg.Done()
		defer close(out.done)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.await(limit, c.down, &c.changed, nil)
		out.leg.leave()
		s.await(forever, func() bool { return c.done }, &c.changed, nil)
	}()
	return out, nil
}

// leave is the customer hanging up.
func (l *sipLeg) leave() {
	switch {
	case l.c.down():
	case l.c.has(cfAnswered):
		l.bye()
	default:
		l.gotBye = true
		l.c.set("sip_hangup_disposition", "recv_cancel")
		l.c.hangup("ORIGINATOR_CANCEL")
	}
}

// UUID is the channel's.
func (c *Caller) UUID() string { return c.c.uuid }

// Refused is the SIP status with which the switch refused the call; 0 when it
// answered, or has not decided.
func (c *Caller) Refused() int {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if !c.c.down() || c.c.has(cfAnswered) || c.leg.gotBye {
		return 0
	}
	return sipStatus(c.c.cause)
}

// Hangup makes the customer hang up now.
func (c *Caller) Hangup() {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.leg.leave()
}

// Press lets the customer press a key of 0123456789*#. A queue that he waits in looks at it; nothing else here does.
func (c *Caller) Press(digit byte) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.s.stopped || c.c.down() {
		return
	}
	e := c.s.begin(siteDTMF, "DTMF")
	c.c.describe(e)
	e.headers.add("DTMF-Digit", string(digit))
	e.headers.add("DTMF-Duration", "2000")
	e.headers.add("DTMF-Source", "RTP")
	c.s.fire(e)
	if c.c.waiting != nil {
		c.c.waiting.press(c.c, string(digit))
	}
}

// Done is closed when the call's channel is gone, or the switch.
func (c *Caller) Done() <-chan struct{} { return c.done }
