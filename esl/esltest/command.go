package esltest

import (
	"strconv"
	"strings"
)

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// handle runs one command and returns its reply; answered means that whatever
// there was to say has been written already.
func (c *conn) handle(cmd command) (reply string, answered bool) {
	line := cmd.line
	if hasPrefixFold(line, "exit") || hasPrefixFold(line, "...") {
		c.closing = true
		return "+OK bye", false
	}
	if !c.authed {
		return c.authenticate(line), false
	}
	if hasPrefixFold(line, "filter ") {
		return c.filter(strings.TrimLeft(cut(line[7:]), " ")), false
	}
	if c.session != nil && hasPrefixFold(line, "resume") {
		c.resume = true
		c.session.set("socket_resume", "true")
		return "+OK", false
	}
	if c.session != nil || hasPrefixFold(line, "myevents ") {
		switch {
		case hasPrefixFold(line, "connect"):
			c.connected, c.since = true, c.s.now()
			c.session.changed.fire()
			c.frame(c.connectReply())
			return "", true
		case c.session != nil && hasPrefixFold(line, "getvar"):
			_, name, _ := strings.Cut(cut(line), " ")
			return c.s.variable(name, c.session), false
		case hasPrefixFold(line, "myevents"):
			return c.myEvents(line), false
		}
	}
	switch {
	case hasPrefixFold(line, "divert_events"):
		return c.divert(strings.TrimLeft(cut(line[13:]), " ")), false
	case hasPrefixFold(line, "sendmsg"):
		return c.sendMessage(strings.TrimLeft(cut(line[7:]), " "), cmd)
	case c.outbound && !c.full:
		return "", false
	case hasPrefixFold(line, "sendevent"):
		return c.sendEvent(strings.TrimLeft(cut(line[9:]), " \t"), cmd), false
	case hasPrefixFold(line, "api "):
		return c.api(cut(line[4:]), cmd.headers)
	case hasPrefixFold(line, "bgapi "):
		return c.backgroundAPI(cut(line[6:]), cmd.headers), false
	case hasPrefixFold(line, "log"):
		return "+OK log level " + strings.TrimLeft(cut(line[3:]), " ") + " [7]", false
	case hasPrefixFold(line, "linger"):
		return c.setLinger(cut(line[6:])), false
	case hasPrefixFold(line, "nolinger"):
		if c.session == nil {
			return "-ERR not controlling a session", false
		}
		c.linger = -2
		return "+OK will not linger", false
	case hasPrefixFold(line, "nolog"):
		return "-ERR not loging", false
	case hasPrefixFold(line, "event"):
		return c.subscribe(cut(line)), false
	case hasPrefixFold(line, "nixevent"):
		return c.unsubscribe(cut(line)), false
	case hasPrefixFold(line, "noevents"):
		if !c.events {
			return "-ERR not listening for events", false
		}
		c.events, c.all = false, false
		clear(c.names)
		clear(c.custom)
		return "+OK no longer listening for events", false
	}
	return "", false
}

func (c *conn) authenticate(line string) string {
	switch {
	case hasPrefixFold(line, "auth "):
		if cut(line[5:]) == c.s.cfg.Password {
			c.authed = true
			return "+OK accepted"
		}
	case hasPrefixFold(line, "userauth "):
		user, rest, _ := strings.Cut(cut(line[9:]), "@")
		domain, password, _ := strings.Cut(rest, ":")
		if u := c.s.user(user, domain); u != nil && u.Password != "" && u.Password == password {
			c.authed = true
			return "~Reply-Text: +OK accepted\nAllowed-Events: all\nAllowed-API: all\nAllowed-LOG: true\n\n"
		}
	default:
		return ""
	}
	c.closing = true
	return "-ERR invalid"
}

func (c *conn) divert(word string) string {
	switch {
	case c.session == nil:
		return "-ERR not controlling a session."
	case word == "":
		return "-ERR missing value."
	}
	c.session.diverted = strings.EqualFold(word, "on")
	if c.session.diverted {
		return "+OK events diverted"
	}
	c.session.changed.fire()
	return "+OK events not diverted"
}

// takeDiverted queues the events that were sent to the channel, whatever the
// client has asked for otherwise.
func (c *conn) takeDiverted() {
	ch := c.session
	if ch == nil || !ch.diverted || !c.events || !ch.up() {
		return
	}
	for _, e := range ch.events {
		c.offer(c.format.frame(e))
	}
	ch.events = nil
}

func (c *conn) setLinger(rest string) string {
	if c.session == nil {
		return "-ERR not controlling a session"
	}
	if len(rest) > 1 && rest[0] == ' ' {
		c.linger = atoi(rest[1:])
		return "+OK will linger " + strconv.Itoa(c.linger) + " seconds"
	}
	c.linger = -1
	return "+OK will linger"
}

// sendMessage queues work on a channel; on the socket of a channel in sync mode
// it does the work at once. When the queue is full the connection ends and the
// reply is lost.
func (c *conn) sendMessage(id string, cmd command) (reply string, answered bool) {
	target := c.session
	if id == "" {
		id = cmd.headers.get("session-id")
	}
	if target == nil || id != "" && id != target.uuid {
		if target = c.s.locate(id); target == nil {
			return "-ERR invalid session id [" + id + "]", false
		}
	} else if !c.async && !isTrue(cmd.headers.get("async")) {
		target.perform(cmd)
		return "+OK", false
	}
	if !target.enqueue(cmd) {
		c.closing = true
		return "", true
	}
	return "+OK", false
}

func (c *conn) sendEvent(name string, cmd command) string {
	id := c.s.newUUID()
	e := &Event{Name: "CLONE", headers: cmd.headers, body: cmd.body}
	e.headers.del("Content-Length")
	if known, ok := eventName(name); ok {
		e.Name = known
		if known == "CUSTOM" {
			e.Subclass = e.headers.get("Event-Subclass")
		}
	}
	own := e.headers
	e.headers = headers{{name: "Command", value: "sendevent " + name}}
	e.headers = append(e.headers, own...)
	e.headers.add("Event-UUID", id)
	if ch := c.s.locate(own.get("Unique-ID")); ch != nil && len(ch.events) < maxSessionQueue {
		ch.events = append(ch.events, e) // for the channel's own thread, or its controller
		ch.changed.fire()
		return "+OK " + id
	}
	c.s.stamp(e, siteSendEvent)
	c.s.fire(e)
	return "+OK " + id
}

// api runs a command in the connection's own thread.
func (c *conn) api(text string, h headers) (string, bool) {
	name, arg, _ := strings.Cut(text, " ")
	out := c.s.execute(name, arg, isTrue(h.get("console_execute")))
	if out == "" {
		out = "-ERR no reply\n"
	}
	c.frame("Content-Type: api/response\nContent-Length: " + strconv.Itoa(len(out)) + "\n\n" + out)
	return "", true
}

// backgroundAPI runs a command in a thread of its own, which announces the
// result to everybody who listens for BACKGROUND_JOB.
func (c *conn) backgroundAPI(text string, h headers) string {
	s := c.s
	name, arg, hasArg := strings.Cut(text, " ")
	job := clip(h.get("Job-UUID"), 255)
	if job == "" {
		job = s.newUUID()
	}
	owner := ""
	if c.session != nil {
		owner = c.session.uuid
	}
	life := s.life
	s.spawn(func() {
		out := s.execute(name, arg, false)
		if s.life != life || s.stopped {
			return
		}
		e := s.begin(siteJob, "BACKGROUND_JOB")
		e.headers.add("Job-UUID", job)
		e.headers.add("Job-Owner-UUID", owner)
		e.headers.add("Job-Command", name)
		if hasArg {
			e.headers.add("Job-Command-Arg", arg)
		}
		e.body = out
		s.fire(e)
	})
	return "~Reply-Text: +OK Job-UUID: " + job + "\nJob-UUID: " + job + "\n\n"
}

// connectReply is the whole channel as one block; its own status stands near
// the end, encoded like everything else.
func (c *conn) connectReply() string {
	e := c.s.begin(siteConnect, "CHANNEL_DATA")
	c.session.profile.describe(&e.headers, "Channel")
	c.session.describe(e)
	mode, control := "static", "single-channel"
	if c.async {
		mode = "async"
	}
	if c.full {
		control = "full"
	}
	e.headers.add("Content-Type", "command/reply")
	e.headers.add("Reply-Text", "+OK\n")
	e.headers.add("Socket-Mode", mode)
	e.headers.add("Control", control)
	return e.plain()
}
