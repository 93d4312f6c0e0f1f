package esltest

import "strings"

// NoDialString is a User.DialString that makes the account have none.
const NoDialString = "-"

const sofiaCaps = "1=1;2=1;3=1;4=1;5=1;6=1;8=1;9=1;10=1"

// endpoint makes a leg of the kind the dial string names, or says why not.
func (s *Switch) endpoint(t target, id string, p *profile) (*channel, string) {
	switch t.endpoint {
	case "sofia":
		return s.sofia(t.address, id, p)
	case "loopback":
		number, rest, _ := strings.Cut(t.address, "/")
		context, dialplan, _ := strings.Cut(rest, "/")
		if number == "" {
			return nil, "DESTINATION_OUT_OF_ORDER"
		}
		return s.loopback(number, context, dialplan, id, p), ""
	case "null":
		c := s.newOutbound(s.freeID(id), "null/"+t.address)
		c.leg = &nullLeg{c}
		p.destination, p.calleeNumber = t.address, t.address
		c.set("channel_name", c.name)
		c.setProfile(p)
		return c, ""
	}
	return nil, "CHAN_NOT_IMPLEMENTED"
}

// freeID is the id that was asked for, or a random one when it is taken:
// endpoints that rename their session afterwards do not fail for it.
func (s *Switch) freeID(id string) string {
	if id == "" || s.sessions[id] != nil {
		return s.newUUID()
	}
	return id
}

func (s *Switch) newOutbound(id, name string) *channel {
	c := s.newChannel(false, id, name)
	c.set("direction", "outbound")
	c.set("is_outbound", "true")
	c.set("uuid", c.uuid)
	c.set("call_uuid", c.uuid)
	c.setInt("session_id", int64(c.sessionID))
	return c
}

// sofia makes a SIP leg: profile/user@host[:port] or gateway/name/number.
func (s *Switch) sofia(address, id string, p *profile) (*channel, string) {
	if id == "" {
		id = s.newUUID()
	} else if s.sessions[id] != nil {
		return nil, "DESTINATION_OUT_OF_ORDER"
	}
	profileName, rest, ok := strings.Cut(address, "/")
	if !ok || rest == "" {
		return nil, "INVALID_URL"
	}
	gateway, user, host := "", "", ""
	if profileName == "gateway" {
		var number string
		gateway, number, ok = strings.Cut(rest, "/")
		g := s.gateway(gateway)
		switch {
		case !ok:
			return nil, "INVALID_URL"
		case g == nil:
			return nil, "INVALID_GATEWAY"
		case g.Down:
			return nil, "GATEWAY_DOWN"
		}
		user, host, profileName, rest = number, g.Addr, "external", number
	} else {
		if profileName != s.cfg.SIPProfile {
			return nil, "INVALID_PROFILE"
		}
		rest = strings.TrimPrefix(rest, "sip:")
		if user, host, ok = strings.Cut(rest, "@"); !ok {
			return nil, "USER_NOT_REGISTERED"
		}
		host, _, _ = strings.Cut(host, ";")
	}
	c := s.newOutbound(id, "sofia/"+profileName+"/"+rest)
	l := s.newSIPLeg(c)
	l.toUser, l.toHost, l.gateway = user, host, gateway
	if gateway != "" {
		calls := s.trunks[gateway]
		calls.out++
		s.trunks[gateway] = calls
	}
	l.addr = host
	if !strings.Contains(host, ":") {
		l.addr = host + ":5060"
	}
	l.phone = s.phone(l.addr, user)
	c.leg = l
	c.caps = sofiaCaps
	c.set("sip_local_network_addr", l.localIP())
	c.set("sip_gateway_name", gateway)
	c.set("sip_profile_name", profileName)
	c.set("video_media_flow", "disabled")
	c.set("text_media_flow", "disabled")
	c.set("channel_name", c.name)
	c.set("sip_destination_url", "sip:"+user+"@"+host)
	p.destination, p.calleeNumber = user, user
	p.name, p.number = sanitized(p.name), sanitized(p.number)
	c.setProfile(p)
	return c, ""
}

func (s *Switch) gateway(name string) *Gateway {
	for i := range s.cfg.Gateways {
		if s.cfg.Gateways[i].Name == name {
			return &s.cfg.Gateways[i]
		}
	}
	return nil
}

// phone finds who listens at an address: the entry for that user, else one for
// any user.
func (s *Switch) phone(addr, user string) *Phone {
	var found *Phone
	for i := range s.cfg.Phones {
		if p := &s.cfg.Phones[i]; p.Addr == addr && (p.User == user || p.User == "" && found == nil) {
			found = p
			if p.User == user {
				return p
			}
		}
	}
	return found
}

// nullLeg answers at once and hears nothing.
type nullLeg struct{ c *channel }

func (l *nullLeg) start() {
	l.c.setCodec("L16")
	l.c.s.after(0, l.c.markAnswered)
}
func (l *nullLeg) answer() bool           { return true }
func (l *nullLeg) preAnswer() bool        { return true }
func (l *nullLeg) hangup()                {}
func (l *nullLeg) display(string, string) {}
func (l *nullLeg) unroutable() bool       { return true }

// loopbackLeg is one half of a call that goes straight back into the dialplan.
type loopbackLeg struct {
	s    *Switch
	c    *channel
	a    bool
	peer *loopbackLeg
	vars headers // for the other half
	app  *extension
}

func (s *Switch) loopback(number, context, dialplan, id string, p *profile) *channel {
	c := s.newOutbound(s.freeID(id), "loopback/"+number+"-a")
	l := &loopbackLeg{s: s, c: c, a: true}
	c.leg = l
	l.codec()
	c.set("channel_name", c.name)
	if rest, ok := strings.CutPrefix(number, "app="); ok {
		name, data, _ := strings.Cut(rest, ":")
		l.app = &extension{name: name, number: name, apps: []App{{name, data}}}
	}
	p.destination, p.source, p.dialplan = number, "mod_loopback", "xml"
	if dialplan != "" {
		p.dialplan = dialplan
	}
	if context == "" {
		context = "default"
	}
	p.context = context
	p.calleeNumber = context // it takes the last part of the address for the number
	c.setProfile(p)
	return c
}

func (l *loopbackLeg) codec() {
	c := l.c
	c.codec, c.codecRate = "L16", "8000"
	c.set("read_codec", "L16")
	c.set("read_rate", "8000")
	c.set("write_codec", "L16")
	c.set("write_rate", "8000")
}

// start of the first half makes the second.
func (l *loopbackLeg) start() {
	l.c.flags[cfMediaSet], l.c.flags[cfAudio] = 1, 1
	if !l.a {
		return
	}
	s := l.s
	l.c.flags[cfAcceptCNG] = 1
	c := s.newChannel(true, s.newUUID(), "loopback/"+l.c.profile.destination+"-b")
	b := &loopbackLeg{s: s, c: c, peer: l}
	l.peer, c.leg = b, b
	c.pending = l.app
	c.set("direction", "inbound")
	c.set("uuid", c.uuid)
	c.setInt("session_id", int64(c.sessionID))
	c.set("channel_name", c.name)
	b.codec()
	p := l.c.profile.clone(s.newUUID())
	p.hasDevice = l.c.profile.hasDevice
	c.setProfile(p)
	for _, v := range l.vars {
		c.set(v.name, v.value)
	}
	l.c.set("other_loopback_leg_uuid", c.uuid)
	c.set("other_loopback_leg_uuid", l.c.uuid)
	l.c.set("loopback_leg", "A")
	c.set("loopback_leg", "B")
	c.launch()
}

func (l *loopbackLeg) answer() bool {
	l.c.markAnswered()
	if !l.a && l.peer != nil {
		l.peer.c.markAnswered()
	}
	return true
}

func (l *loopbackLeg) preAnswer() bool {
	l.c.markEarly()
	if !l.a && l.peer != nil {
		l.peer.c.markEarly()
	}
	return true
}

func (l *loopbackLeg) hangup() {
	l.c.set("is_loopback", "1")
	if l.peer != nil {
		l.peer.c.hangup(l.c.cause)
	}
}

func (l *loopbackLeg) display(string, string) {}
func (l *loopbackLeg) unroutable() bool       { return l.a }
