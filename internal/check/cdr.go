package check

import (
	"context"
	"fmt"
	"net/url"
	"strings"
)

const (
	// longTimeout is how many seconds a finished call may wait for one post; CHANNEL_HANGUP_COMPLETE waits with it.
	longTimeout = 15
	// longTries is the same for all tries.
	longTries = 90
)

// cdr sees that CDRs come to us, with our credentials, and that none is lost or keeps a call.
//
// Source: mod_xml_cdr.c mod_xml_cdr_load, my_on_reporting.
func (x *examination) cdr(ctx context.Context) {
	conf, ok := x.locate(ctx, "configuration", "configuration", "name", "xml_cdr.conf")
	if !ok {
		return
	}
	set := conf.params()
	before := len(x.found)
	x.cdrTarget(set)
	x.cdrCredentials(set)
	x.cdrTimes(set)
	if dir := set.get("err-log-dir"); dir == "" {
		x.advise("no err-log-dir: what cannot be posted goes to FreeSWITCH's log folder, where a log rotation may delete it", "set err-log-dir to a folder of its own")
	} else if answer, ok := x.ask(ctx, "file_exists", dir); ok && strings.HasPrefix(dir, "/") && answer == "false" {
		x.wrong("the folder "+dir+" of err-log-dir is not there: CDRs that cannot be posted are lost", "make it, writable for FreeSWITCH, then reload mod_xml_cdr")
	}
	if isTrue(set.get("disable-100-continue")) {
		x.advise("disable-100-continue makes FreeSWITCH send every CDR under a wrong Content-Type", "remove it")
	}
	if b := set.get("log-b-leg"); b != "" && !isTrue(b) {
		x.wrong("log-b-leg is off: agents' legs are missing, and with them talk and hold", "set log-b-leg to true")
	}
	if !isTrue(set.get("prefix-a-leg")) {
		x.advise("prefix-a-leg is off: a leg that dialled cannot be told from one that was dialled", "set prefix-a-leg to true")
	}
	if len(x.found) == before {
		x.ok("leads to our /cdr with our credentials; " + strings.TrimSpace(fmt.Sprintf("timeout %d s, %d retries, encode %s", set.number("timeout"), set.number("retries"), set.get("encode"))))
	}
}

// cdrTarget looks at the addresses. More than one are taken in turn: after a failure all CDRs go to the next.
func (x *examination) cdrTarget(set params) {
	urls := set.each("url")
	ours := 0
	var why string
	for _, text := range urls {
		if why = x.notOurs(text, "/cdr"); why == "" {
			ours++
		}
	}
	fix := "set url to " + x.base() + "/cdr, or to what leads there"
	switch {
	case len(urls) == 0:
		x.wrong("no url: CDRs are not posted", fix)
	case ours == 0:
		x.wrong("the url does not lead to us: "+why, fix)
	case ours < len(urls):
		x.advise(fmt.Sprintf("%d of %d urls do not lead to us, and FreeSWITCH stays with the next one after a failure", len(urls)-ours, len(urls)), fix)
	}
}

// base is what URLs of ours begin with.
func (e *Expected) base() string {
	if e.TLS {
		return "https://" + e.HTTPAddr
	}
	return "http://" + e.HTTPAddr
}

// notOurs says why a URL is not that of our path, empty when it is. Where a proxy stands between, only the path tells.
func (x *examination) notOurs(text, path string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "":
		return "it cannot be read"
	case u.Scheme != "http" && u.Scheme != "https":
		return "it is neither http nor https"
	case strings.TrimSuffix(u.Path, "/") != path:
		return fmt.Sprintf("its path is %.40q, not %s", u.Path, path)
	case isLoopback(u.Hostname()) && !isLoopback(hostOf(x.SwitchAddr)):
		return "it names the switch's own machine, and callgate is on another"
	case isLoopback(u.Hostname()) && u.Port() != portOf(x.HTTPAddr):
		return fmt.Sprintf("its port is %.8q, not %s", u.Port(), portOf(x.HTTPAddr))
	case u.Port() == portOf(x.HTTPAddr) && !strings.HasPrefix(x.base(), u.Scheme+":"):
		return "it begins with " + u.Scheme + "://, and callgate is told otherwise by CALLGATE_TLS_CERT"
	case !isLoopback(u.Hostname()) && isLoopback(hostOf(x.HTTPAddr)) && u.Port() == portOf(x.HTTPAddr):
		return "it names the network, and callgate listens on " + hostOf(x.HTTPAddr) + " (CALLGATE_HTTP_ADDR)"
	}
	return ""
}

func (x *examination) cdrCredentials(set params) {
	const fix = "make cred CALLGATE_CDR_USER:CALLGATE_CDR_PASSWORD"
	switch scheme := strings.ToLower(set.get("auth-scheme")); {
	case x.CDRPassword == "":
		x.wrong("CALLGATE_CDR_PASSWORD is not set: every CDR is refused", "set it, and the same in cred of xml_cdr.conf.xml")
	case set.get("cred") == "":
		x.wrong("no cred: every CDR is refused", fix)
	case set.get("cred") != x.CDRUser+":"+x.CDRPassword:
		x.wrong("cred is not what callgate expects: every CDR is refused", fix)
	case strings.HasPrefix(scheme, "=") && scheme != "=basic":
		x.wrong("auth-scheme leaves out basic, the only one that callgate knows", "remove auth-scheme")
	case placeholders[x.CDRPassword]:
		x.advise("the password of cred is one that everybody knows", "choose another, in xml_cdr.conf.xml and in CALLGATE_CDR_PASSWORD")
	}
}

// cdrTimes looks at what becomes of a call while we are down or slow.
func (x *examination) cdrTimes(set params) {
	timeout, retries, delay := set.number("timeout"), set.number("retries"), set.number("delay")
	if retries > 0 && delay == 0 {
		delay = 5
	}
	switch {
	case timeout <= 0:
		x.wrong("no timeout: a server that hangs keeps finished calls for ever", "set timeout to 5")
	case timeout > longTimeout:
		x.advise(fmt.Sprintf("a finished call waits up to %d s for one post", timeout), "set timeout to 5")
	case (retries+1)*timeout+retries*delay > longTries:
		x.advise(fmt.Sprintf("a finished call waits up to %d s while callgate is down", (retries+1)*timeout+retries*delay), "set retries to 2 and delay to 5")
	}
	if retries <= 0 {
		x.advise("no retries: a CDR that is not taken at once goes to err-log-dir", "set retries to 2 and delay to 5")
	}
}

// xmlCurl sees that mod_xml_curl, where it asks us, can.
//
// Source: mod_xml_curl.c do_config.
func (x *examination) xmlCurl(ctx context.Context) {
	answer, ok := x.ask(ctx, "module_exists", "mod_xml_curl")
	if !ok || answer != "true" {
		return
	}
	conf, ok := x.locate(ctx, "configuration", "configuration", "name", "xml_curl.conf")
	if !ok {
		return
	}
	asked := false
	for _, b := range conf.all("binding") {
		set := b.params()
		u, err := url.Parse(set.get("gateway-url"))
		if err != nil || strings.TrimSuffix(u.Path, "/") != "/xml" {
			continue // somebody else's
		}
		asked = true
		before := len(x.found)
		if why := x.notOurs(set.get("gateway-url"), "/xml"); why != "" {
			x.wrong("the gateway-url does not lead to us: "+why, "set it to "+x.base()+"/xml")
		}
		if x.XMLPassword == "" {
			x.wrong("CALLGATE_XML_PASSWORD is not set: every request is refused", "set it, and the same in gateway-credentials")
		} else if set.get("gateway-credentials") != x.XMLUser+":"+x.XMLPassword {
			x.wrong("gateway-credentials are not what callgate expects: every request is refused", "make them CALLGATE_XML_USER:CALLGATE_XML_PASSWORD")
		}
		if set.number("timeout") <= 0 {
			x.wrong("no timeout: a server that hangs would hang FreeSWITCH's reading of all configuration", "set timeout to 5")
		}
		if len(x.found) == before {
			x.ok("asks our /xml with our credentials")
		}
	}
	if !asked && x.XMLPassword != "" {
		x.advise("no binding asks our /xml: queues defined in callgate are not seen", "install xml_curl.conf.xml, or unset CALLGATE_XML_PASSWORD")
	}
}
