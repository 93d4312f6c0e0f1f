package check

import (
	"context"
	"fmt"
	"strings"
)

// dialplan sees that calls come to us and that no caller is left alone when we are not there, and where calls go that we make.
// It sees the dialplan in the files, not one that comes by mod_xml_curl call by call.
//
// Source: mod_event_socket.c socket_function; mod_dialplan_xml.c dialplan_hunt.
func (x *examination) dialplan(ctx context.Context) {
	section, ok := x.locate(ctx, "dialplan")
	if !ok {
		return
	}
	contexts := map[string]bool{}
	handsOver := 0
	before := len(x.found)
	for _, c := range section.all("context") {
		contexts[c.attr("name")] = true
		for _, extension := range c.all("extension") {
			where := "extension " + extension.attr("name") + " of " + c.attr("name")
			handsOver += x.handOvers(where, extension)
		}
	}
	switch {
	case handsOver == 0:
		x.advise("no extension hands calls to us (socket "+x.OutboundAddr+" async full)", "install dialplan/callgate.xml, unless calls are routed without callgate")
	case len(x.found) == before:
		x.ok(fmt.Sprintf("%d extensions hand calls to us, each with a fallback", handsOver))
	}
	x.outContext(contexts)
}

// handOvers looks at each socket application in an extension that is meant for us, and counts them.
func (x *examination) handOvers(where string, extension element) (n int) {
	var actions []element
	for _, condition := range extension.all("condition") {
		for _, a := range condition.Children {
			if name := a.XMLName.Local; name == "action" || name == "anti-action" {
				actions = append(actions, a)
			}
		}
	}
	resume := false
	for i, a := range actions {
		application, data := strings.ToLower(a.attr("application")), a.attr("data")
		if name, value, _ := strings.Cut(data, "="); (application == "set" || application == "export") && strings.TrimSpace(name) == "socket_resume" {
			resume = isTrue(strings.TrimSpace(value))
		}
		words := strings.Fields(data)
		if application != "socket" || len(words) == 0 || !x.leadsToUs(words[0]) {
			continue
		}
		n++
		async, full := has(words[1:], "async"), has(words[1:], "full")
		if i == len(actions)-1 {
			x.wrong(where+" has nothing after socket: when callgate is not there the caller is cut off", "put a fallback after it, as in dialplan/callgate.xml")
		}
		switch {
		case async && !resume:
			x.wrong(where+" hands over with async and without socket_resume=true: a callgate that dies at the wrong moment leaves the caller parked for ever",
				"set socket_resume=true before socket")
		case !async && resume:
			x.wrong(where+" sets socket_resume and hands over without async: the caller hangs in the air when callgate goes", "write async full after the address")
		}
		if !async || !full {
			x.advise(where+" hands over without async or full: callgate hears less of the call and cannot act while an application runs", "write async full after the address")
		}
	}
	return n
}

// leadsToUs compares a socket application's host[:port][/path][|…] with our address; a port is 8084 unless one is written.
func (x *examination) leadsToUs(hosts string) bool {
	for host := range strings.SplitSeq(hosts, "|") {
		host, _, _ = strings.Cut(host, "/")
		port := "8084"
		if i := strings.LastIndexByte(host, ':'); i >= 0 {
			port = host[i+1:]
		}
		if port == portOf(x.OutboundAddr) {
			return true
		}
	}
	return false
}

func has(words []string, want string) bool {
	for _, w := range words {
		if strings.EqualFold(w, want) {
			return true
		}
	}
	return false
}

// outContext looks at where calls go that callgate makes: the setting's words are EXTENSION DIALPLAN CONTEXT.
func (x *examination) outContext(contexts map[string]bool) {
	words := strings.Fields(x.Then)
	if len(words) != 3 || !strings.EqualFold(words[1], "XML") || strings.ContainsAny(words[2], "{$") {
		return // an application, or what cannot be told in advance
	}
	const fix = "install dialplan/callgate-out.xml, then: callgate settings set originate.then '{called_number} XML callgate-out'"
	switch name := words[2]; {
	case !contexts[name] && !contexts["global"]:
		x.wrong("calls that callgate makes go to the context "+name+", which is not there: they end with NO_ROUTE_DESTINATION", fix)
	case name != "callgate-out":
		x.advise("calls that callgate makes go to the context "+name+": a right to the API is a right to all that it dials", fix)
	default:
		x.ok("calls that callgate makes go to the context " + name)
	}
}
