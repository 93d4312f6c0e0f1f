package esltest

// markHold notes that the other side put this leg on hold, or took it off.
func (c *channel) markHold(on bool) {
	if c.holding == on {
		return
	}
	c.holding = on
	now := c.s.now()
	t := c.profile.times
	name := "CHANNEL_UNHOLD"
	if on {
		name = "CHANNEL_HOLD"
		t.lastHold = now
		c.holds = append(c.holds, hold{on: now, uuid: c.bridgedTo})
		c.setCallState("HELD")
	} else {
		last := &c.holds[len(c.holds)-1]
		last.off = now
		t.holdAccum += now.Sub(last.on)
		c.setCallState("UNHELD")
		c.setCallState("ACTIVE")
	}
	e := c.s.begin(siteHold, name)
	c.describe(e)
	c.s.fire(e)
}

// Marks that the other side's progress leaves; each fires its event before the
// call state changes, as FreeSWITCH does.

func (c *channel) markRinging() {
	if c.has(cfRingReady) || c.has(cfEarlyMedia) || c.has(cfAnswered) || c.down() {
		return
	}
	c.flags[cfRingReady] = 1
	c.profile.times.progress = c.s.now()
	e := c.s.begin(siteRingReady, "CHANNEL_PROGRESS")
	c.describe(e)
	c.s.fire(e)
	c.setCallState("RINGING")
	c.executeOn("execute_on_ring")
	c.changed.fire()
}

func (c *channel) markEarly() {
	if c.has(cfEarlyMedia) || c.has(cfAnswered) || c.down() {
		return
	}
	c.flags[cfEarlyMedia] = 1
	c.profile.times.progressMedia = c.s.now()
	e := c.s.begin(sitePreAnswer, "CHANNEL_PROGRESS_MEDIA")
	c.describe(e)
	c.s.fire(e)
	c.setCallState("EARLY")
	c.executeOn("execute_on_media")
	c.executeOn("execute_on_pre_answer")
	c.changed.fire()
}

func (c *channel) markAnswered() {
	if c.has(cfAnswered) || c.down() {
		return
	}
	c.flags[cfAnswered] = 1
	c.profile.times.answered = c.s.now()
	e := c.s.begin(siteAnswer, "CHANNEL_ANSWER")
	c.describe(e)
	c.s.fire(e)
	c.set("endpoint_disposition", "ANSWER")
	c.setCallState("ACTIVE")
	c.executeOn("execute_on_answer")
	c.changed.fire()
}
