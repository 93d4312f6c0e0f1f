package esltest

import (
	"fmt"
	"strconv"
	"strings"
)

// profileState is one line of a SIP profile.
type profileState struct{ name, data, state string }

func (s *Switch) profiles() []profileState {
	name, ip := s.cfg.SIPProfile, hostOf(s.cfg.SIPAddr)
	busy := 0
	for _, c := range s.order {
		if _, ok := c.leg.(*sipLeg); ok {
			busy++
		}
	}
	state := fmt.Sprintf("RUNNING (%d)", busy)
	out := []profileState{{name, "sip:mod_sofia@" + s.cfg.SIPAddr, state}}
	if s.cfg.WSPort > 0 {
		out = append(out, profileState{name, fmt.Sprintf("sip:mod_sofia@%s:%d;transport=ws", ip, s.cfg.WSPort), state + " (WS)"})
	}
	if s.cfg.WSSPort > 0 {
		out = append(out, profileState{name, fmt.Sprintf("sips:mod_sofia@%s:%d;transport=wss", ip, s.cfg.WSSPort), state + " (WSS)"})
	}
	return out
}

// apiSofia answers status and xmlstatus.
func (s *Switch) apiSofia(arg string) string {
	words := append(strings.Fields(strings.ToLower(arg)), "", "", "")
	switch words[0] {
	case "xmlstatus":
		if words[1] == "gateway" {
			return s.xmlGateways(words[2])
		}
		return s.xmlStatus()
	case "status":
		return s.textStatus()
	}
	return "-ERR Unknown command!\n"
}

const xmlLatin1 = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n"

func (s *Switch) xmlStatus() string {
	var b strings.Builder
	item := func(tag, name, kind, data, state string) {
		b.WriteString("<" + tag + ">\n<name>" + name + "</name>\n<type>" + kind + "</type>\n<data>" + data +
			"</data>\n<state>" + state + "</state>\n</" + tag + ">\n")
	}
	b.WriteString(xmlLatin1 + "<profiles>\n")
	for _, alias := range s.cfg.SIPAlias {
		item("alias", alias, "alias", s.cfg.SIPProfile, "ALIASED")
	}
	for _, p := range s.profiles() {
		item("profile", p.name, "profile", p.data, p.state)
	}
	for _, g := range s.cfg.Gateways {
		item("gateway", "external::"+g.Name, "gateway", "sip:"+g.Name+"@"+g.Addr, gatewayState(g))
	}
	b.WriteString("</profiles>\n")
	return b.String()
}

func gatewayState(g Gateway) string {
	if g.Down {
		return "FAIL_WAIT"
	}
	return "NOREG"
}

// trunk counts the calls of a gateway.
type trunk struct{ out, failed int }

// xmlGateways is the gateways, or one, in FreeSWITCH's elements and their order.
func (s *Switch) xmlGateways(only string) string {
	if only != "" && s.gateway(only) == nil {
		return "Invalid Gateway!\n"
	}
	var b strings.Builder
	b.WriteString(xmlLatin1)
	if only == "" {
		b.WriteString("<gateways>\n")
	}
	for _, g := range s.cfg.Gateways {
		if only != "" && g.Name != only {
			continue
		}
		status := "UP"
		if g.Down {
			status = "DOWN"
		}
		b.WriteString("  <gateway>\n")
		for _, e := range [...][2]string{
			{"name", g.Name}, {"profile", "external"}, {"scheme", "Digest"}, {"realm", "sip:" + g.Addr}, {"username", g.Name},
			{"password", "no"}, {"from", "&lt;sip:" + g.Name + "@" + g.Addr + ";transport=udp&gt;"},
			{"contact", "&lt;sip:gw+" + g.Name + "@" + s.cfg.SIPAddr + ";transport=udp;gw=" + g.Name + "&gt;"}, {"exten", g.Name},
			{"to", "sip:" + g.Name + "@" + g.Addr}, {"proxy", "sip:" + g.Addr}, {"context", s.cfg.SIPContext}, {"expires", "3600"},
			{"freq", "3600"}, {"ping", "0"}, {"pingfreq", "0"}, {"pingmin", "1"}, {"pingcount", "0"}, {"pingmax", "1"}, {"pingtime", "0.00"},
			{"pinging", "0"}, {"state", gatewayState(g)}, {"status", status},
			{"uptime-usec", strconv.FormatInt(s.now().Sub(s.started).Microseconds(), 10)}, {"calls-in", "0"},
			{"calls-out", strconv.Itoa(s.trunks[g.Name].out)}, {"failed-calls-in", "0"}, {"failed-calls-out", strconv.Itoa(s.trunks[g.Name].failed)},
		} {
			b.WriteString("    <" + e[0] + ">" + e[1] + "</" + e[0] + ">\n")
		}
		b.WriteString("  </gateway>\n")
	}
	if only == "" {
		b.WriteString("</gateways>\n")
	}
	return b.String()
}

func (s *Switch) textStatus() string {
	const rule = "=================================================================================================\n"
	var b strings.Builder
	line := func(name, kind, data, state string) {
		fmt.Fprintf(&b, "%25s\t%s\t  %40s\t%s\n", name, kind, data, state)
	}
	line("Name", "   Type", "Data", "State")
	b.WriteString(rule)
	n := 0
	for _, p := range s.profiles() {
		line(p.name, "profile", p.data, p.state)
		n++
	}
	for _, alias := range s.cfg.SIPAlias {
		line(alias, "  alias", s.cfg.SIPProfile, "ALIASED")
	}
	for _, g := range s.cfg.Gateways {
		line("external::"+g.Name, "gateway", "sip:"+g.Name+"@"+g.Addr, gatewayState(g))
	}
	b.WriteString(rule)
	fmt.Fprintf(&b, "%d profile%s %d alias%s\n", n, plural(n, "", "s"), len(s.cfg.SIPAlias), plural(len(s.cfg.SIPAlias), "", "es"))
	return b.String()
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// apiSofiaContact says how to reach an account: [profile/]user[@domain].
func (s *Switch) apiSofiaContact(arg string) string {
	if i := strings.IndexByte(arg, '/'); i >= 0 {
		arg = arg[i+1:]
	}
	id, domain, ok := strings.Cut(arg, "@")
	if !ok {
		domain = s.globals.get("domain")
	}
	if u := s.user(id, domain); u != nil && u.Registered != "" {
		return "sofia/" + s.cfg.SIPProfile + "/sip:" + u.ID + "@" + u.Registered
	}
	return "error/user_not_registered"
}
