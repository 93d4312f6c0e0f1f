package esltest

import (
	"strings"
	"time"
)

// setTimes writes the derived variables that CDRs and CHANNEL_HANGUP_COMPLETE
// carry. The order is FreeSWITCH's.
func (c *channel) setTimes() {
	t := c.profile.times
	c.set("digits_dialed", "none")
	stamp := func(name string, at time.Time) {
		if !at.IsZero() {
			c.set(name+"_stamp", at.Format(time.DateTime))
		}
	}
	stamp("start", t.created)
	stamp("profile_start", t.profileCreated)
	stamp("answer", t.answered)
	stamp("bridge", t.bridged)
	stamp("hold", t.lastHold)
	stamp("progress", t.progress)
	stamp("progress_media", t.progressMedia)
	if len(c.holds) > 0 {
		parts := make([]string, len(c.holds))
		for i, h := range c.holds {
			parts[i] = "{" + micros(h.on) + "," + micros(h.off) + "}"
		}
		c.set("hold_events", "{"+strings.Join(parts, ",")+"}")
	}
	stamp("end", t.hungup)
	epoch := func(name string, at time.Time) {
		var sec, usec int64
		if !at.IsZero() {
			sec, usec = at.Unix(), at.UnixMicro()
		}
		c.setInt(name+"_epoch", sec)
		c.setInt(name+"_uepoch", usec)
	}
	epoch("start", t.created)
	epoch("profile_start", t.profileCreated)
	epoch("answer", t.answered)
	epoch("bridge", t.bridged)
	epoch("last_hold", t.lastHold)
	c.setInt("hold_accum_seconds", int64(t.holdAccum/time.Second))
	c.setInt("hold_accum_usec", t.holdAccum.Microseconds())
	c.setInt("hold_accum_ms", t.holdAccum.Milliseconds())
	epoch("resurrect", t.resurrected)
	epoch("progress", t.progress)
	epoch("progress_media", t.progressMedia)
	epoch("end", t.hungup)
	if n := len(c.appLog); n > 0 {
		c.set("last_app", c.appLog[n-1].name)
		c.set("last_arg", c.appLog[n-1].data)
	}
	if p := c.profile; p.name != "" {
		c.set("caller_id", `"`+p.name+`" <`+p.number+`>`)
	} else {
		c.set("caller_id", p.number)
	}
	for _, unit := range []struct {
		prefix, suffix string
		size           int64
	}{{"", "sec", 1e6}, {"m", "msec", 1e3}, {"u", "usec", 1}} {
		// FreeSWITCH subtracts what it has rounded down to the unit.
		span := func(from, to time.Time) int64 {
			if from.IsZero() || to.IsZero() {
				return 0
			}
			return to.UnixMicro()/unit.size - from.UnixMicro()/unit.size
		}
		c.setInt(unit.prefix+"duration", span(t.created, t.hungup))
		c.setInt("bill"+unit.suffix, span(t.answered, t.hungup))
		c.setInt("progress"+unit.suffix, span(t.created, t.progress))
		c.setInt("answer"+unit.suffix, span(t.created, t.answered))
		c.setInt("wait"+unit.suffix, span(t.created, t.bridged))
		c.setInt("progress_media"+unit.suffix, span(t.created, t.progressMedia))
		flow := int64(0)
		if !t.answered.IsZero() {
			flow = span(t.created, t.hungup)
		}
		c.setInt("flow_bill"+unit.suffix, flow)
	}
}

// timetable holds when things happened to a channel, for one caller profile.
type timetable struct {
	profileCreated, created, answered, progress, progressMedia, hungup,
	transferred, resurrected, bridged, lastHold time.Time
	holdAccum time.Duration
}
