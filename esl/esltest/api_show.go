package esltest

import (
	"cmp"
	"strconv"
	"strings"
	"time"
)

// channelRow is what "show channels" says about one channel. Its 38 columns
// carry the prefix when they describe the other leg of a call.
func (c *channel) row(prefix string) []cell {
	p := c.profile
	first := p
	for first.previous != nil {
		first = first.previous
	}
	direction := "outbound"
	if c.inbound {
		direction = "inbound"
	}
	bits := ""
	if c.codecRate != "" {
		bits = strconv.Itoa(8 * atoi(c.codecRate))
	}
	callUUID, callee, calleeDirection := c.get("call_uuid"), p, ""
	switch {
	case c.partner != nil:
		calleeDirection = "SEND"
		if c.inbound {
			callee = c.partner.profile
		}
		// CHANNEL_BRIDGE gives both rows the call of the leg that bridges.
		if b := c.bridge; b != nil {
			callUUID = cmp.Or(b.originator.get("call_uuid"), b.originator.uuid)
		}
	case c.inbound:
		callUUID = ""
	case c.dialledBy != "":
		callUUID = c.dialledBy
	}
	at := p.times.created
	t := func(name, value string) cell { return cell{name: prefix + name, value: value} }
	return []cell{
		t("uuid", c.uuid), t("direction", direction), t("created", at.Format(time.DateTime)),
		t("created_epoch", seconds(at.Unix())), t("name", c.name), t("state", stateNames[c.running]),
		t("cid_name", p.name), t("cid_num", p.number), t("ip_addr", p.networkAddr), t("dest", p.destination),
		t("application", c.executed[0]), t("application_data", c.executed[1]),
		t("dialplan", p.dialplan), t("context", p.context), t("read_codec", c.codec), t("read_rate", c.codecRate),
		t("read_bit_rate", bits), t("write_codec", c.codec), t("write_rate", c.codecRate), t("write_bit_rate", bits),
		t("secure", ""), t("hostname", c.s.cfg.Hostname), t("presence_id", c.get("presence_id")), t("presence_data", ""),
		t("accountcode", c.get("accountcode")), t("callstate", c.callState), t("callee_name", callee.calleeName),
		t("callee_num", callee.calleeNumber), t("callee_direction", calleeDirection), t("call_uuid", callUUID),
		t("sent_callee_name", c.get("last_sent_callee_id_name")), t("sent_callee_num", c.get("last_sent_callee_id_number")),
		t("initial_cid_name", first.name), t("initial_cid_num", first.number), t("initial_ip_addr", first.networkAddr),
		t("initial_dest", first.destination), t("initial_dialplan", first.dialplan), t("initial_context", first.context),
	}
}

// callColumns are the columns of basic_calls for one leg.
const callColumns = " uuid direction created created_epoch name state cid_name cid_num ip_addr dest presence_id" +
	" presence_data accountcode callstate callee_name callee_num callee_direction call_uuid hostname sent_callee_name" +
	" sent_callee_num "

func pick(row []cell, prefix string) []cell {
	var out []cell
	for _, c := range row {
		if strings.Contains(callColumns, " "+strings.TrimPrefix(c.name, prefix)+" ") {
			out = append(out, c)
		}
	}
	return out
}

// calls is one row for every bridged pair or lonely channel.
func (s *Switch) calls(bridgedOnly bool) (rows [][]cell) {
	for _, c := range s.order {
		other := c.partner
		if c.profile == nil || other != nil && c.bridge != nil && c.bridge.originator != c || bridgedOnly && other == nil {
			continue
		}
		row := pick(c.row(""), "")
		epoch := ""
		if other != nil {
			row = append(row, pick(other.row("b_"), "b_")...)
			epoch = seconds(c.profile.times.bridged.Unix())
		} else {
			for _, x := range pick(c.row("b_"), "b_") {
				row = append(row, cell{name: x.name})
			}
		}
		rows = append(rows, append(row, cell{name: "call_created_epoch", value: epoch}))
	}
	return rows
}

func (s *Switch) registrations() (rows [][]cell) {
	for _, u := range s.cfg.Users {
		if u.Registered == "" {
			continue
		}
		host, port := hostOf(u.Registered), portOf(u.Registered)
		t := func(name, value string) cell { return cell{name: name, value: value} }
		rows = append(rows, []cell{
			t("reg_user", u.ID), t("realm", u.Domain), t("token", "reg-"+u.ID+"@"+u.Domain),
			t("url", "sofia/"+s.cfg.SIPProfile+"/sip:"+u.ID+"@"+u.Registered), t("expires", seconds(s.started.Unix()+3600)),
			t("network_ip", host), t("network_port", port), t("network_proto", "udp"),
			t("hostname", s.cfg.Hostname), t("metadata", ""),
		})
	}
	return rows
}

// apiShow prints channels, calls or registrations as a table, a count or JSON.
func (s *Switch) apiShow(arg string) string {
	words := strings.Fields(arg)
	what, as := "", ""
	if len(words) > 0 {
		what = strings.ToLower(words[0])
	}
	count, like := false, ""
	for i, w := range words {
		switch {
		case strings.EqualFold(w, "count"):
			count = true
		case strings.EqualFold(w, "as") && i+1 < len(words):
			as = strings.ToLower(words[i+1])
		case strings.EqualFold(w, "like") && i+1 < len(words):
			like = words[i+1]
		}
	}
	var rows [][]cell
	switch what {
	case "channels":
		for _, c := range s.order {
			if c.profile != nil {
				rows = append(rows, c.row(""))
			}
		}
	case "calls":
		rows = s.calls(false)
	case "bridged_calls":
		rows = s.calls(true)
	case "registrations":
		rows = s.registrations()
	default:
		return "-USAGE: codec|endpoint|application|api|dialplan|file|timer|calls [count]|channels [count|like <match string>]|calls|registrations [count]\n"
	}
	if like != "" {
		rows = matchingRows(rows, like)
	}
	n := strconv.Itoa(len(rows))
	switch {
	case as == "json" && count:
		return `{"row_count":` + n + `,"rows":[]}` + "\n"
	case as == "json" && len(rows) == 0:
		return `{"row_count": 0}` + "\n"
	case as == "json":
		return `{"row_count":` + n + `,"rows":` + jsonRows(rows) + "}\n"
	case count:
		return "\n" + n + " total.\n"
	}
	var b strings.Builder
	for i, row := range rows {
		if i == 0 {
			writeRow(&b, row, func(c cell) string { return c.name })
		}
		writeRow(&b, row, func(c cell) string { return c.value })
	}
	return b.String() + "\n" + n + " total.\n"
}

func matchingRows(rows [][]cell, like string) (out [][]cell) {
	for _, row := range rows {
		for _, c := range row {
			if strings.Contains(strings.ToLower(c.value), strings.ToLower(strings.Trim(like, "%'"))) {
				out = append(out, row)
				break
			}
		}
	}
	return out
}

func writeRow(b *strings.Builder, row []cell, f func(cell) string) {
	for i, c := range row {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(f(c))
	}
	b.WriteByte('\n')
}
