package esltest

import "time"

// launch starts the channel's thread.
func (c *channel) launch() {
	c.state, c.launched = csInit, true
	c.s.spawn(c.run)
}

// run is the session's thread: it walks through the states until the end.
func (c *channel) run() {
	for c.state != csDestroy && !c.s.stopped && !c.done {
		if c.running == c.state {
			c.s.await(forever, func() bool { return c.running != c.state || len(c.queue) > 0 || c.done }, &c.changed, nil)
			if len(c.queue) > 0 && c.running == c.state && !c.done {
				c.work()
			}
			continue
		}
		c.moving = false
		c.setRunning(c.state)
		switch c.running {
		case csInit:
			c.leg.start()
			if c.state == csInit {
				c.state = csRouting
			}
			e := c.s.begin(siteRun, "CHANNEL_CREATE")
			c.describe(e)
			c.s.fire(e)
		case csRouting:
			c.route()
		case csExecute:
			c.runExtension()
		case csSoftExecute:
			c.softExecute()
		case csExchangeMedia:
			c.exchangeMedia()
		case csPark:
			c.park()
			if c.state == csPark && c.ready() {
				c.hangup("NORMAL_CLEARING")
			}
		case csHibernate:
			c.setState(csReset)
		case csReset:
			if c.bridge != nil && c.bridge.originator == c {
				c.setState(csSoftExecute)
			}
		case csHangup:
			c.finish()
		}
	}
	if c.done || c.s.stopped {
		c.closeFiles()
		return
	}
	c.s.await(forever, func() bool { return c.readers == 0 }, &c.changed, nil)
	if c.s.stopped || c.done {
		return
	}
	c.setRunning(csDestroy)
	e := c.s.begin(siteDestroy, "CHANNEL_DESTROY")
	c.describe(e)
	c.s.fire(e)
	c.remove()
}

func (c *channel) remove() {
	c.done = true
	s := c.s
	if s.sessions[c.uuid] == c {
		delete(s.sessions, c.uuid)
	}
	for i, x := range s.order {
		if x == c {
			s.order = append(s.order[:i], s.order[i+1:]...)
			break
		}
	}
	c.changed.fire()
}

// vanish is the end without any of its ceremony (a crash).
func (c *channel) vanish() {
	c.done, c.state, c.cause = true, csDestroy, "CRASH"
	c.moving = true
	c.changed.fire()
}

// hangup ends the leg; the first cause counts. CHANNEL_HANGUP is fired at once,
// by whoever hangs up; the rest is done by the channel's own thread.
func (c *channel) hangup(cause string) {
	if c.down() || c.done {
		return
	}
	if c.holding {
		c.markHold(false)
	}
	c.state, c.cause = csHangup, cause
	if p := c.partner; p != nil {
		if !p.down() {
			p.set("last_bridge_hangup_cause", cause)
		}
		if c.bridge != nil && c.bridge.originator == c {
			c.set("last_bridge_role", "originator")
		} else {
			c.set("last_bridge_role", "originatee")
		}
	}
	e := c.s.begin(siteHangup, "CHANNEL_HANGUP")
	c.describe(e)
	c.s.fire(e)
	if !c.launched { // it never got a thread
		c.running = csInit
		c.launched = true
		c.s.spawn(c.run)
	}
	c.changed.fire()
	if p := c.partner; p != nil {
		p.changed.fire()
	}
}

// finish is what the thread does in CS_HANGUP and CS_REPORTING.
func (c *channel) finish() {
	c.profile.times.hungup = c.s.now()
	c.stopRecordings()
	c.flags[cfTimestampSet] = 1
	c.set("hangup_cause", c.cause)
	c.setInt("hangup_cause_q850", int64(q850(c.cause)))
	c.setTimes()
	c.leg.hangup()
	c.setCallState("HANGUP")
	c.state = csReporting
	c.setRunning(csReporting)
	c.flags[cfReporting] = 1
	c.report()
	// Reporting takes long enough for a bridge to be torn down meanwhile.
	c.s.await(time.Second, func() bool { return c.partner == nil }, &c.changed, nil)
	if c.s.stopped || c.done {
		return
	}
	e := c.s.begin(siteHangupComplete, "CHANNEL_HANGUP_COMPLETE")
	e.headers.add("Hangup-Cause", c.cause)
	c.describe(e)
	c.s.fire(e)
	c.state = csDestroy
	c.changed.fire()
}
