package esltest

import (
	"strconv"
	"strings"
	"time"
)

// application is what a dialplan application does, given its expanded argument.
type application func(c *channel, arg string)

// findApplication knows the applications that are pretended here.
func findApplication(name string) (canonical string, run application) {
	switch n := strings.ToLower(name); n {
	case "answer":
		return n, func(c *channel, _ string) { c.answer() }
	case "pre_answer":
		return n, func(c *channel, _ string) { c.preAnswer() }
	case "ring_ready":
		return n, func(c *channel, _ string) {
			c.flags[cfRingReady] = 1
			if c.profile.times.progress.IsZero() {
				c.profile.times.progress = c.s.now()
			}
		}
	case "set":
		return n, func(c *channel, arg string) { c.setVariable(arg, false) }
	case "export":
		return n, func(c *channel, arg string) { c.setVariable(arg, true) }
	case "multiset":
		return n, func(c *channel, arg string) {
			for _, part := range separate(arg, ' ', 128) {
				c.setVariable(part, false)
			}
		}
	case "unset":
		return n, func(c *channel, arg string) { c.set(arg, "") }
	case "hangup":
		return n, func(c *channel, arg string) { c.hangup(causeOr(arg, "NORMAL_CLEARING")) }
	case "sleep":
		return n, func(c *channel, arg string) { c.pause(time.Duration(atoi(arg)) * time.Millisecond) }
	case "park":
		return n, func(c *channel, _ string) { c.park() }
	case "playback":
		return n, (*channel).playback
	case "record_session":
		return n, func(c *channel, arg string) {
			c.preAnswer()
			path, limit, _ := strings.Cut(arg, " +")
			c.record(path, atoi(limit))
		}
	case "stop_record_session":
		return n, func(c *channel, arg string) { c.stopRecording(arg) }
	case "bridge":
		return n, (*channel).bridgeTo
	case "transfer":
		return n, func(c *channel, arg string) {
			p := append(separate(arg, ' ', 4), "", "", "")
			if strings.HasPrefix(p[0], "-") {
				p = p[1:]
			}
			c.transfer(p[0], p[1], p[2])
		}
	case "eavesdrop":
		return n, (*channel).eavesdrop
	case "socket":
		return n, (*channel).socket
	case "callcenter":
		return n, func(c *channel, arg string) { c.s.cc.application(c, arg) }
	case "callcenter_track":
		return n, func(c *channel, arg string) { c.s.cc.track(c, arg) }
	case "log", "info", "sched_hangup", "privacy", "noop", "event":
		return n, func(*channel, string) {}
	case "echo":
		return n, func(c *channel, _ string) { c.pause(forever) }
	}
	return "", nil
}

// execute runs one application on the channel's own thread and announces its
// start and end, with an id and a label that whoever asked for it may give. It is
// false when there is no such application.
func (c *channel) execute(name, data, id, label string) bool {
	canonical, run := findApplication(name)
	if run == nil {
		c.s.cfg.Logger.Warn("no such application", "application", name)
		c.hangup("DESTINATION_OUT_OF_ORDER")
		return false
	}
	s := c.s
	if id == "" {
		id = s.newUUID()
	}
	arg := s.expand(data, c)
	c.appLog = append(c.appLog, appEntry{canonical, arg, s.now()})
	c.set("current_application", canonical)
	c.set("current_application_data", arg)
	c.set("current_application_response", "")
	c.executed = [2]string{canonical, arg}
	e := s.begin(siteExecute, "CHANNEL_EXECUTE")
	c.describe(e)
	e.headers.add("Application", canonical)
	e.headers.add("Application-Data", arg)
	e.headers.add("Application-UUID", id)
	e.headers.add("Application-UUID-Name", label)
	s.fire(e)
	c.breaking = false
	c.flags[cfBreak] = 0
	c.set("current_application", canonical)
	c.stack++
	run(c, arg)
	c.stack--
	if s.stopped || c.done {
		return false
	}
	response := c.get("current_application_response")
	if response == "" {
		response = "_none_"
	}
	e = s.begin(siteExecuted, "CHANNEL_EXECUTE_COMPLETE")
	c.describe(e)
	e.headers.add("Application", canonical)
	e.headers.add("Application-Data", arg)
	e.headers.add("Application-Response", response)
	e.headers.add("Application-UUID", id)
	e.headers.add("Application-UUID-Name", label)
	s.fire(e)
	return true
}

// executeOn runs what variables that start with prefix ask for
// (execute_on_answer='record_session /p'): "::" after the name queues it.
func (c *channel) executeOn(prefix string) {
	for _, v := range c.vars.clone() {
		if !strings.HasPrefix(v.name, prefix) {
			continue
		}
		name, arg, later := strings.Cut(v.value, "::")
		if !later {
			if i := strings.IndexAny(v.value, " :"); i >= 0 {
				name, arg = v.value[:i], v.value[i+1:]
			} else {
				name, arg = v.value, ""
			}
		}
		if later {
			c.queue = append(c.queue, executeCommand(name, arg))
			continue
		}
		c.execute(name, arg, "", "")
	}
}

func (c *channel) answer() {
	if c.down() || c.has(cfAnswered) {
		return
	}
	c.leg.answer()
}

func (c *channel) preAnswer() {
	if c.down() || c.has(cfEarlyMedia) || c.has(cfAnswered) {
		return
	}
	c.leg.preAnswer()
}

func (c *channel) setVariable(arg string, export bool) {
	name, value, _ := strings.Cut(arg, "=")
	if rest, ok := strings.CutPrefix(name, "nolocal:"); ok {
		name = rest
	}
	c.set(name, value)
	if export {
		list := c.get("export_vars")
		if list != "" {
			list += ","
		}
		c.set("export_vars", list+name)
	}
}

// pause lets time pass while messages are worked on; it ends early when the
// channel has to go elsewhere. It reports how long it took.
func (c *channel) pause(d time.Duration) time.Duration {
	s := c.s
	start := s.now()
	for {
		left := d
		if d >= 0 {
			if left = d - s.now().Sub(start); left <= 0 {
				break
			}
		}
		s.await(left, func() bool { return !c.ready() || c.breaking || c.canWork() }, &c.changed, nil)
		if !c.ready() || c.breaking {
			break
		}
		c.work()
	}
	return s.now().Sub(start)
}

// park is an application without an end of its own: it works on messages until
// the channel is hung up, transferred or, under an outbound socket, let go.
func (c *channel) park() {
	if c.controlled || c.state == csReset {
		return
	}
	s := c.s
	limit := forever
	cause := "NORMAL_CLEARING"
	if v := c.get("park_timeout"); v != "" {
		seconds, named, ok := strings.Cut(v, ":")
		if ok {
			cause = causeOr(named, cause)
		}
		limit = time.Duration(atoi(seconds)) * time.Second
		c.set("park_timeout", "")
		c.set("park_after_bridge", "")
	}
	c.controlled, c.parked = true, true
	c.changed.fire()
	e := s.begin(sitePark, "CHANNEL_PARK")
	c.describe(e)
	s.fire(e)
	start := s.now()
	for c.ready() && c.parked && c.controlled {
		left := limit
		if limit >= 0 {
			if left = limit - s.now().Sub(start); left <= 0 {
				c.hangup(cause)
				break
			}
		}
		s.await(left, func() bool {
			return !c.ready() || !c.parked || !c.controlled || c.canWork() || len(c.events) > 0 && !c.diverted
		}, &c.changed, nil)
		if c.ready() {
			c.work()
		}
		for ; len(c.events) > 0 && !c.diverted && !s.stopped; c.events = c.events[1:] {
			c.describe(c.events[0])
			s.fire(c.events[0])
		}
	}
	c.controlled, c.parked = false, false
	if s.stopped || c.done {
		return
	}
	e = s.begin(siteUnpark, "CHANNEL_UNPARK")
	c.describe(e)
	s.fire(e)
}

// maxSessionQueue is how many messages, and how many events, wait for a channel.
const maxSessionQueue = 256

// enqueue is sendmsg to another thread's channel; false when there is no room.
func (c *channel) enqueue(cmd command) bool {
	if len(c.queue) >= maxSessionQueue {
		return false
	}
	c.queue = append(c.queue, cmd)
	c.changed.fire()
	return true
}

// canWork is whether a queued message may be looked at now: while one with
// event-lock runs, the others wait.
func (c *channel) canWork() bool { return len(c.queue) > 0 && !c.eventLock }

// work performs queued messages, each of which becomes an event afterwards.
func (c *channel) work() {
	for c.canWork() && c.up() && !c.s.stopped {
		cmd := c.queue[0]
		c.queue = c.queue[1:]
		c.perform(cmd)
		if c.s.stopped || c.done || c.codec == "" {
			continue // without media the park loop keeps it to itself
		}
		e := &Event{Name: "PRIVATE_COMMAND", body: cmd.body}
		e.headers.add("Command", cmd.line)
		e.headers = append(e.headers, cmd.headers...)
		e.headers.del("Content-Length")
		c.s.stamp(e, sitePrivate)
		c.describe(e)
		c.s.fire(e)
	}
}

func executeCommand(name, arg string) command {
	var h headers
	h.add("call-command", "execute")
	h.add("execute-app-name", name)
	h.add("execute-app-arg", arg)
	return command{headers: h}
}

// perform does what one sendmsg asks for, on the channel's thread.
func (c *channel) perform(cmd command) {
	h := cmd.headers
	if isTrue(h.get("event-lock")) && !c.eventLock {
		c.eventLock = true
		defer func() { c.eventLock = false }()
	}
	switch strings.ToLower(h.get("call-command")) {
	case "execute":
		arg := h.get("execute-app-arg")
		if arg == "" && strings.EqualFold(h.get("content-type"), "text/plain") {
			arg = cmd.body
		}
		name := h.get("execute-app-name")
		if name == "" {
			return
		}
		loops := 1
		if v := h.get("loops"); v != "" {
			loops = atoi(v)
		}
		for i := 0; i < loops || loops < 0; i++ {
			start := c.s.now()
			c.set("current_loop", strconv.Itoa(i+1))
			c.set("total_loops", strconv.Itoa(loops))
			if !c.execute(name, arg, h.get("Event-UUID"), h.get("Event-UUID-Name")) {
				break
			}
			if !c.ready() || c.breaking || c.s.now().Sub(start) < 500*time.Millisecond {
				break
			}
		}
		c.set("current_loop", "")
		c.set("total_loops", "")
	case "hangup":
		c.hangup(causeOr(h.get("hangup-cause"), "NORMAL_CLEARING"))
	case "xferext":
		var apps []App
		for _, x := range h {
			if strings.EqualFold(x.name, "application") {
				name, data, _ := strings.Cut(x.value, " ")
				apps = append(apps, App{name, data})
			}
		}
		c.pending = &extension{name: "xferext", number: "xferext", apps: apps}
		c.redirect(csRouting)
	}
}
