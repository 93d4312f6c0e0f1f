package check

import (
	"context"
	"net"
	"net/netip"
	"strings"
)

// strangers are addresses that belong to nobody; a list that lets all of them in lets everybody in.
var strangers = [...]string{"192.0.2.1", "198.51.100.77", "203.0.113.254"}

// eventSocket sees who may log in to the switch. That we may is known already.
//
// Source: mod_event_socket.c config (all lists must pass; without one loopback.auto), mod_commands.c acl_function.
func (x *examination) eventSocket(ctx context.Context) {
	conf, ok := x.locate(ctx, "configuration", "configuration", "name", "event_socket.conf")
	if !ok {
		return
	}
	set := conf.params()
	listen := set.get("listen-ip")
	if listen == "" {
		listen = "127.0.0.1"
	}
	public := !isLoopback(listen)
	before := len(x.found)
	if placeholders[x.Password] {
		text, fix := "the password is one that everybody knows", "choose another, in event_socket.conf.xml and in CALLGATE_SWITCHES"
		if public {
			x.wrong(text, fix)
		} else {
			x.advise(text, fix)
		}
	}
	configured := set.get("password")
	if configured == "" {
		configured = "ClueCon"
	}
	if configured != x.Password {
		x.advise("event_socket.conf has another password than the one that is in use: after the next start of the module callgate is locked out",
			"make both the same, then reload mod_event_socket")
	}
	if public {
		x.accessLists(ctx, listen, set.each("apply-inbound-acl"))
	}
	if len(x.found) == before {
		x.ok("logged in; listens on " + listen)
	}
}

// accessLists tries whether strangers get through all lists of a socket that listens to the network.
func (x *examination) accessLists(ctx context.Context, listen string, lists []string) {
	if len(lists) == 0 {
		x.advise("listens on "+listen+" and no apply-inbound-acl is set: what that means differs between versions", "name a list in event_socket.conf.xml")
		return
	}
	for _, list := range lists {
		if strings.ContainsAny(list, " '\\") {
			x.unknown("the access list "+list+" cannot be asked for", "")
			return
		}
		for _, address := range strangers {
			answer, ok := x.ask(ctx, "acl", address, list)
			switch {
			case !ok:
				return
			case answer == "false":
				return // one list that keeps somebody out
			case answer != "true":
				x.unknown("acl "+address+" "+list, answer)
				return
			}
		}
	}
	x.wrong("listens on "+listen+" and its access lists let everybody in", "let only callgate's address through (acl.conf.xml, then reloadacl), or listen on 127.0.0.1")
}

// isLoopback tells whether a host is this machine alone.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.IsLoopback()
}

// hostOf is the host of host:port.
func hostOf(addr string) string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	return host
}

// portOf is the port of host:port, empty when there is none.
func portOf(addr string) string {
	_, port, _ := net.SplitHostPort(addr)
	return port
}
