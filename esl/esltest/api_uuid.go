package esltest

import (
	"slices"
	"strings"
)

const (
	noChannel = "-ERR No such channel!\n"
	uuidUsage = "-USAGE: <uuid> <other_uuid>\n"
)

func (s *Switch) apiKill(arg string) string {
	id, cause, _ := strings.Cut(arg, " ")
	if id == "" {
		return "-USAGE: <uuid> [cause]\n"
	}
	c := s.locate(id)
	if c == nil {
		return noChannel
	}
	c.hangup(causeOr(cause, "NORMAL_CLEARING"))
	return "+OK\n"
}

func (s *Switch) apiBridge(arg string) string {
	argv := separate(arg, ' ', 4)
	if len(argv) < 2 {
		return uuidUsage
	}
	if argv[0] == argv[1] && s.locate(argv[0]) != nil {
		return "+OK " + argv[1] + "\n" // and nothing comes of it
	}
	for _, other := range argv[1:min(len(argv), 3)] {
		if s.bridgeUUIDs(s.locate(argv[0]), s.locate(other)) {
			return "+OK " + other + "\n"
		}
	}
	return "-ERR Invalid uuid\n"
}

func (s *Switch) apiTransfer(arg string) string {
	argv := separate(arg, ' ', 5)
	if len(argv) < 2 {
		return "-USAGE: <uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]\n"
	}
	c := s.locate(argv[0])
	if c == nil {
		return noChannel
	}
	which, rest := "", argv[1:]
	if strings.HasPrefix(rest[0], "-") {
		which, rest = strings.ToLower(rest[0]), rest[1:]
	}
	rest = append(rest, "", "", "")
	other := c.partner
	switch {
	case which == "-bleg" && other != nil:
		c = other
	case which == "-both" && other != nil:
		other.transfer(rest[0], rest[1], rest[2])
	}
	if !c.transfer(rest[0], rest[1], rest[2]) {
		return "-ERR\n"
	}
	return "+OK\n"
}

func (s *Switch) apiRecord(arg string) string {
	const usage = "-USAGE: <uuid> [start|stop|mask|unmask] <path> [<limit>] [<recording_vars>]\n"
	argv := separate(arg, ' ', 5)
	if len(argv) < 3 {
		return usage
	}
	c := s.locate(argv[0])
	if c == nil {
		return "-ERR Cannot locate session!\n"
	}
	limit := 0
	if len(argv) > 3 {
		limit = atoi(argv[3])
	}
	done, verb := false, strings.ToLower(argv[1])
	switch verb {
	case "start":
		if c.record(argv[2], limit) {
			return "+OK Success\n"
		}
		return "-ERR Cannot record session!\n"
	case "stop":
		if c.stopRecording(argv[2]) {
			return "+OK Success\n"
		}
		return "-ERR Cannot stop record session!\n"
	case "pause":
		done = c.pauseRecording(argv[2], true)
	case "resume":
		done = c.pauseRecording(argv[2], false)
	case "mask", "unmask":
		done = slices.ContainsFunc(c.recordings, func(r *recording) bool { return r.path == argv[2] })
	default:
		return usage
	}
	if done {
		return "+OK Success\n"
	}
	return "-ERR Cannot " + verb + " recording session!\n"
}

func (s *Switch) apiGetVar(arg string) string {
	argv := separate(arg, ' ', 4)
	if len(argv) < 2 {
		return "-USAGE: <uuid> <var>\n"
	}
	c := s.locate(argv[0])
	if c == nil {
		return noChannel
	}
	if v := s.variable(argv[1], c); v != "" {
		return v
	}
	return "_undef_"
}

func (s *Switch) apiSetVar(arg string) string {
	argv := separate(arg, ' ', 3)
	if len(argv) < 2 {
		return "-USAGE: <uuid> <var> [value]\n"
	}
	c := s.locate(argv[0])
	if c == nil {
		return noChannel
	}
	c.set(argv[1], strings.Join(argv[2:], " "))
	return "+OK\n"
}

func (s *Switch) apiDump(arg string) string {
	argv := separate(arg, ' ', 2)
	if len(argv) < 1 {
		return "-USAGE: <uuid> [format]\n"
	}
	c := s.locate(argv[0])
	if c == nil {
		return noChannel
	}
	e := s.begin(siteDump, "CHANNEL_DATA")
	c.describe(e)
	word := strings.Join(argv[1:], "")
	if strings.EqualFold(word, "plain") { // its own form, unlike without the word
		return e.text(func(b *strings.Builder, v string) { b.WriteString("[" + v + "]") })
	}
	f, _ := formatOf(word)
	return f.body(e)
}

func (s *Switch) apiBroadcast(arg string) string {
	argv := separate(arg, ' ', 3)
	if len(argv) < 2 {
		return "-USAGE: <uuid> <path> [aleg|bleg|holdb|both]\n"
	}
	c := s.locate(argv[0])
	if c == nil {
		return noChannel
	}
	name, data, ok := strings.Cut(argv[1], "::")
	if !ok {
		name, data = "playback", argv[1]
	}
	name, cause, hang := strings.Cut(name, "!")
	which := "aleg"
	if len(argv) > 2 {
		which = strings.ToLower(argv[2])
	}
	send := func(to *channel) {
		if to == nil {
			return
		}
		to.enqueue(executeCommand(name, data))
		if hang {
			to.enqueue(executeCommand("hangup", cause))
		}
	}
	if which != "bleg" {
		send(c)
	}
	if which == "bleg" || which == "both" {
		send(c.partner)
	}
	return "+OK Message sent\n"
}

func (s *Switch) apiBreak(arg string) string {
	argv := separate(arg, ' ', 2)
	if len(argv) == 0 {
		return "-USAGE: <uuid> [all]\n"
	}
	c := s.locate(argv[0])
	if c == nil {
		return "-ERR No such channel " + argv[0] + "!\n"
	}
	if len(argv) > 1 && strings.EqualFold(argv[1], "all") {
		c.queue = nil
	}
	if c.stack > 0 {
		c.breaking = true
		c.changed.fire()
	}
	return "+OK\n"
}

func (s *Switch) apiHold(arg string) string {
	argv := separate(arg, ' ', 4)
	if len(argv) == 0 {
		return "-USAGE: [off|toggle] <uuid> [<display>]\n-ERR Operation failed\n"
	}
	on, id := true, argv[0]
	if word := strings.ToLower(argv[0]); (word == "off" || word == "toggle") && len(argv) > 1 {
		id, on = argv[1], false
		if c := s.locate(id); word == "toggle" && c != nil {
			on = !c.holding
		}
	}
	// A call that is not there, or not answered, is no failure; one that is so already is.
	if c := s.locate(id); c != nil && c.has(cfAnswered) {
		if c.holding == on {
			return "-ERR Operation failed\n"
		}
		c.markHold(on)
	}
	return "+OK Success\n"
}

func (s *Switch) apiPark(arg string) string {
	if arg == "" {
		return "-USAGE: <uuid>\n"
	}
	c := s.locate(arg)
	if c == nil {
		return noChannel
	}
	c.leaveBridge()
	c.onRouting = false
	c.redirect(csPark)
	return "+OK\n"
}

func (s *Switch) apiAnswer(arg string) string {
	c := s.locate(arg)
	if c == nil {
		return noChannel
	}
	c.answer()
	return "+OK\n"
}
