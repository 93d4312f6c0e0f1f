package esltest

import "strings"

// apiAudio mutes what a leg's party says (read) or hears (write). It says +OK
// whatever came of it, and gives a leg that rings early media.
func (s *Switch) apiAudio(arg string) string {
	const usage = "-USAGE: <uuid> [start [read|write] [mute|level <level>]|stop]\n"
	argv := strings.Split(arg, " ")
	if len(argv) < 2 {
		return usage
	}
	c := s.locate(argv[0])
	if c == nil {
		return noChannel
	}
	if strings.EqualFold(argv[1], "stop") {
		c.muted = false
		return "+OK\n"
	}
	if !strings.EqualFold(argv[1], "start") || len(argv) < 5 || !strings.EqualFold(argv[2], "read") && !strings.EqualFold(argv[2], "write") {
		return usage
	}
	if word := strings.ToLower(argv[3]); word != "mute" && word != "level" {
		return usage
	}
	c.preAnswer()
	c.muted = c.codec != ""
	return "+OK\n"
}

// apiSendDTMF sends the digits of a text, and passes over what is none.
func (s *Switch) apiSendDTMF(arg string) string {
	argv := separate(arg, ' ', 2)
	if len(argv) < 2 {
		return "-USAGE: <uuid> <dtmf_data>\n"
	}
	if s.locate(argv[0]) == nil {
		return "-ERR Cannot locate session!\n"
	}
	digits, _, _ := strings.Cut(argv[1], "@")
	if !strings.ContainsAny(digits, "0123456789*#ABCDabcdFfWw") {
		return "-ERR Operation failed\n"
	}
	return "+OK " + argv[0] + " sent DTMF " + argv[1] + ".\n"
}

// apiBugs lists what listens in on a leg's media, in what looks like XML.
func (s *Switch) apiBugs(arg string) string {
	if arg == "" {
		return "-USAGE: <uuid>\n"
	}
	c := s.locate(arg)
	if c == nil {
		return "-ERR no reply\n" // it prints nothing
	}
	var b strings.Builder
	b.WriteString("<media-bugs>\n")
	bug := func(function, target string) {
		b.WriteString(" <media-bug>\n  <function>" + function + "</function>\n  <target>" + target + "</target>\n" +
			"  <thread-locked>0</thread-locked>\n </media-bug>\n")
	}
	for _, r := range c.recordings {
		bug("session_record", r.path)
	}
	if c.muted {
		bug("audio", "mute")
	}
	for range c.listeners {
		bug("eavesdrop", c.uuid)
	}
	b.WriteString("</media-bugs>\n")
	return b.String()
}

// eavesdrop hears another leg until one of the two is over. Without media on
// both sides it ends at once.
func (c *channel) eavesdrop(arg string) {
	target := c.s.locate(arg)
	if target == nil || target == c || target.codec == "" || c.codec == "" {
		return
	}
	c.preAnswer()
	target.listeners++
	for c.ready() && target.up() && !c.breaking {
		c.s.await(forever, func() bool { return !c.ready() || !target.up() || c.breaking || c.canWork() }, &c.changed, &target.changed)
		if c.ready() && target.up() {
			c.work()
		}
	}
	target.listeners--
}
