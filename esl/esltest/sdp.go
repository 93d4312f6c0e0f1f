package esltest

import (
	"strconv"
	"strings"
)

const crlf = "\r\n"

// sdp writes a session description. An offer names every codec, an answer one;
// on the wire our answers carry the machine's own address as origin, and
// "sendrecv", the default, is lost.
func (l *sipLeg) sdp(origin string, offer, direction bool) string {
	ip := l.localIP()
	id := strconv.FormatInt(l.sdpID, 10) + " " + strconv.FormatInt(l.sdpID+1, 10)
	out := "v=0" + crlf + "o=FreeSWITCH " + id + " IN IP4 " + origin + crlf + "s=FreeSWITCH" + crlf +
		"c=IN IP4 " + ip + crlf + "t=0 0" + crlf
	if offer {
		out += "m=audio " + l.localPort + " RTP/AVP 0 8 101" + crlf + "a=rtpmap:0 PCMU/8000" + crlf + "a=rtpmap:8 PCMA/8000" + crlf
	} else {
		out += "m=audio " + l.localPort + " RTP/AVP 0 101" + crlf + "a=rtpmap:0 PCMU/8000" + crlf
	}
	out += "a=rtpmap:101 telephone-event/8000" + crlf + "a=fmtp:101 0-15" + crlf + "a=ptime:20" + crlf
	if direction {
		out += "a=sendrecv" + crlf
	}
	return out
}

// phoneSDP is the answer of a simple phone.
func (l *sipLeg) phoneSDP() string {
	user := l.phone.SDPOrigin
	if user == "" {
		user = "-"
	}
	host := hostOf(l.phone.Addr)
	id := strconv.FormatInt(l.sdpID, 10)
	return "v=0" + crlf + "o=" + user + " " + id + " " + id + " IN IP4 " + host + crlf + "s=-" + crlf + "c=IN IP4 " + host + crlf +
		"t=0 0" + crlf + "m=audio " + l.remotePort + " RTP/AVP 0" + crlf + "a=rtpmap:0 PCMU/8000" + crlf
}

func codecNames(n int) string {
	all := []string{"CORE_PCM_MODULE.PCMU@8000h@20i@64000b", "CORE_PCM_MODULE.PCMA@8000h@20i@64000b"}
	return strings.Join(all[:n], ",")
}
