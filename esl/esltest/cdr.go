package esltest

import (
	"strconv"
	"strings"
)

// cdr writes the document of mod_xml_cdr about a channel: two blanks for each
// level, variables percent-encoded, everything else escaped for XML.
func (c *channel) cdr() string {
	w := &xmlWriter{}
	w.b.WriteString("<?xml version=\"1.0\"?>\n")
	direction := "outbound"
	if c.inbound {
		direction = "inbound"
	}
	w.open("cdr", "core-uuid", c.s.coreUUID, "switchname", c.s.cfg.Hostname)
	w.open("channel_data")
	w.text("state", stateNames[c.state])
	w.text("direction", direction)
	w.text("state_number", strconv.Itoa(int(c.state)))
	w.text("flags", c.flagList())
	w.text("caps", c.caps)
	w.close("channel_data")
	c.writeStats(w)
	w.open("variables")
	for _, v := range c.vars {
		if v.array == nil {
			w.text(v.name, urlEncode(v.value))
		}
		for _, part := range v.array {
			w.text(v.name, urlEncode(part))
		}
	}
	w.close("variables")
	if len(c.appLog) > 0 {
		w.open("app_log")
		for _, a := range c.appLog {
			w.empty("application", "app_name", a.name, "app_data", a.data, "app_stamp", micros(a.at))
		}
		w.close("app_log")
	}
	if len(c.holds) > 0 {
		w.open("hold-record")
		for _, h := range c.holds {
			attr := []string{"on", micros(h.on), "off", micros(h.off)}
			if h.uuid != "" {
				attr = append(attr, "bridged-to", h.uuid)
			}
			w.empty("hold", attr...)
		}
		w.close("hold-record")
	}
	for p := c.profile; p != nil; p = p.previous {
		p.writeCallflow(w)
	}
	w.close("cdr")
	return w.b.String()
}

func (c *channel) flagList() string {
	var parts []string
	for i, v := range c.flags {
		if v > 0 {
			parts = append(parts, strconv.Itoa(i)+"="+strconv.Itoa(int(v)))
		}
	}
	return strings.Join(parts, ";")
}

func (c *channel) writeStats(w *xmlWriter) {
	l, isSIP := c.leg.(*sipLeg)
	var m media
	up := false
	if isSIP {
		m, up = l.media()
	}
	if !up {
		w.text("call-stats", "")
		return
	}
	in, out := m.fields()
	w.open("call-stats")
	w.open("audio")
	for _, side := range []struct {
		name   string
		fields [][2]string
	}{{"inbound", in}, {"outbound", out}} {
		w.open(side.name)
		for _, f := range side.fields {
			w.text(f[0], f[1])
		}
		w.close(side.name)
	}
	w.close("audio")
	w.close("call-stats")
}

func (p *profile) writeCallflow(w *xmlWriter) {
	var attr []string
	add := func(name, value string) {
		if value != "" {
			attr = append(attr, name, value)
		}
	}
	add("dialplan", p.dialplan)
	add("unique-id", p.id)
	add("clone-of", p.cloneOf)
	add("profile_index", strconv.Itoa(p.index))
	w.open("callflow", attr...)
	if x := p.extension; x != nil {
		x.write(w)
	}
	w.open("caller_profile")
	p.writeFields(w)
	if o := p.originator; o != nil {
		w.open("originator")
		w.open("originator_caller_profile")
		o.writeFields(w)
		w.close("originator_caller_profile")
		w.close("originator")
	}
	if o := p.originatee; o != nil {
		w.open("originatee")
		w.open("originatee_caller_profile")
		o.writeFields(w)
		w.close("originatee_caller_profile")
		w.close("originatee")
	}
	w.close("caller_profile")
	t := p.times
	w.open("times")
	w.text("created_time", micros(t.created))
	w.text("profile_created_time", micros(t.profileCreated))
	w.text("progress_time", micros(t.progress))
	w.text("progress_media_time", micros(t.progressMedia))
	w.text("answered_time", micros(t.answered))
	w.text("bridged_time", micros(t.bridged))
	w.text("last_hold_time", micros(t.lastHold))
	w.text("hold_accum_time", strconv.FormatInt(t.holdAccum.Microseconds(), 10))
	w.text("hangup_time", micros(t.hungup))
	w.text("resurrect_time", micros(t.resurrected))
	w.text("transfer_time", micros(t.transferred))
	w.close("times")
	w.close("callflow")
}

func (x *extension) write(w *xmlWriter) {
	attr := []string{"name", x.name, "number", x.number}
	if x.next < len(x.apps) {
		attr = append(attr, "current_app", x.apps[x.next].Name)
	}
	if len(x.apps) == 0 {
		w.empty("extension", attr...)
		return
	}
	w.open("extension", attr...)
	for i, a := range x.apps {
		var mark []string
		if i == x.next {
			mark = []string{"last_executed", "true"}
		}
		w.empty("application", append(mark, "app_name", a.Name, "app_data", a.Data)...)
	}
	w.close("extension")
}

func (p *profile) writeFields(w *xmlWriter) {
	w.text("username", p.username)
	w.text("dialplan", p.dialplan)
	w.text("caller_id_name", p.name)
	w.text("caller_id_number", p.number)
	w.text("callee_id_name", p.calleeName)
	w.text("callee_id_number", p.calleeNumber)
	w.text("ani", p.ani)
	w.text("aniii", "")
	w.text("network_addr", p.networkAddr)
	w.text("rdnis", p.rdnis)
	w.text("destination_number", p.destination)
	w.text("uuid", p.uuid)
	w.text("source", p.source)
	if p.transferSource != "" {
		w.text("transfer_source", p.transferSource)
	}
	w.text("context", p.context)
	w.text("chan_name", p.chanName)
	if p.hasDevice {
		w.text("device_id", "")
	}
}

// xmlWriter writes indented elements, one on a line. Names are taken verbatim,
// whatever a variable is called: that can make the document ill-formed, as
// FreeSWITCH's are then.
type xmlWriter struct {
	b     strings.Builder
	depth int
}

func (w *xmlWriter) tag(name string, attr []string) {
	w.b.WriteString(strings.Repeat("  ", w.depth) + "<" + name)
	for i := 0; i+1 < len(attr); i += 2 {
		w.b.WriteString(" " + attr[i] + `="`)
		xmlText(&w.b, attr[i+1], true)
		w.b.WriteByte('"')
	}
	w.b.WriteByte('>')
}

func (w *xmlWriter) open(name string, attr ...string) {
	w.tag(name, attr)
	w.b.WriteByte('\n')
	w.depth++
}

func (w *xmlWriter) close(name string) {
	w.depth--
	w.b.WriteString(strings.Repeat("  ", w.depth) + "</" + name + ">\n")
}

func (w *xmlWriter) empty(name string, attr ...string) {
	w.tag(name, attr)
	w.b.WriteString("</" + name + ">\n")
}

func (w *xmlWriter) text(name, value string) {
	w.tag(name, nil)
	xmlText(&w.b, value, false)
	w.b.WriteString("</" + name + ">\n")
}
