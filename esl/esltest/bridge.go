package esltest

import (
	"fmt"
	"strings"
	"time"
)

// bridging is two legs talking. The originator's thread runs it; the other leg
// exchanges media until it is over.
type bridging struct {
	originator, other *channel
	over              bool
}

func (b *bridging) end() {
	b.over = true
	b.originator.changed.fire()
	b.other.changed.fire()
}

// leaveBridge lets a leg go whose other half stays.
func (c *channel) leaveBridge() {
	if c.bridge != nil {
		c.bridge.end()
	}
}

// bridgeUUIDs makes two running legs talk, as uuid_bridge does: both get a new
// caller profile and their threads are called away from what they do.
func (s *Switch) bridgeUUIDs(a, b *channel) bool {
	if a == nil || b == nil || a == b || a.down() || b.down() || a.codec == "" && b.codec == "" {
		return false
	}
	if a.codec == "" {
		a, b = b, a
	}
	if !a.inbound && !a.has(cfDialplan) {
		a.flip()
		a.flags[cfDialplan] = 1
	}
	if !b.inbound {
		b.flags[cfDialplan] = 0
	}
	a.leaveBridge()
	b.leaveBridge()
	for _, x := range [][2]*channel{{a, b}, {b, a}} {
		x[0].set("bridge_channel", x[1].name)
		x[0].set("bridge_uuid", x[1].uuid)
		x[0].set("signal_bond", x[1].uuid)
	}
	for _, x := range []*channel{b, a} {
		x.set("original_destination_number", x.profile.destination)
		x.set("original_caller_id_name", x.profile.name)
		x.set("original_caller_id_number", x.profile.number)
	}
	b.setProfile(b.profile.clone(s.newUUID()))
	a.setProfile(a.profile.clone(s.newUUID()))
	introduce(a, b)
	a.profile.calleeName, a.profile.calleeNumber = b.profile.calleeName, b.profile.calleeNumber
	b.profile.name, b.profile.number = a.profile.name, a.profile.number
	for _, x := range [][2]*channel{{a, b}, {b, a}} {
		p := x[0].profile
		p.transferSource = fmt.Sprintf("%d:%s:uuid_br:%s", s.epoch(), p.id, x[1].uuid)
		x[0].vars.push("transfer_history", p.transferSource)
		x[0].set("transfer_source", p.transferSource)
		x[0].flags[cfOriginating] = 0
		x[0].onRouting = false
	}
	pair := &bridging{originator: a, other: b}
	a.bridge, b.bridge = pair, pair
	a.redirect(csHibernate)
	b.redirect(csHibernate)
	return true
}

// introduce gives each leg a picture of the other, which events show as
// Other-Leg and CDRs as originator and originatee.
func introduce(a, b *channel) {
	caller := a.profile.clone("")
	caller.times = &timetable{}
	b.profile.originator, b.lastOther = caller, "originator"
	callee := b.profile.clone("")
	callee.originator = nil
	callee.answering = true
	times := *b.profile.times
	callee.times = &times
	a.profile.originatee, a.lastOther = callee, "originatee"
}

// softExecute is where uuid_bridge leaves the originator.
func (c *channel) softExecute() {
	b := c.bridge
	if b == nil || b.originator != c {
		return
	}
	s := c.s
	s.await(10*time.Second, func() bool {
		return b.other.down() || b.other.running == csReset || b.over || !c.ready()
	}, &c.changed, &b.other.changed)
	switch {
	case s.stopped || c.down():
		b.end()
		return
	case b.other.down() || b.over:
		c.bridge = nil
		c.hangup("DESTINATION_OUT_OF_ORDER")
		return
	}
	for _, x := range [][2]*channel{{c, b.other}, {b.other, c}} {
		x[0].executed = [2]string{"uuid_bridge", x[1].uuid}
		e := s.begin(siteUUIDBridge, "CHANNEL_EXECUTE")
		x[0].describe(e)
		e.headers.add("Application", "uuid_bridge")
		e.headers.add("Application-Data", x[1].uuid)
		s.fire(e)
	}
	c.talk(b)
	if c.state == csSoftExecute && c.ready() {
		c.setState(csExecute)
	}
}

// talk runs a bridge on the originator's thread until one of the two leaves.
func (c *channel) talk(b *bridging) {
	s, peer := c.s, b.other
	c.bridge, peer.bridge = b, b
	for _, x := range []*channel{c, peer} {
		x.flags[cfMediaBridgeTTL], x.flags[cfAutoflushBridge], x.flags[cfVideoBreak] = 1, 1, 1
	}
	if peer.has(cfAnswered) && !c.has(cfAnswered) {
		c.answer()
	}
	peer.set("call_uuid", c.uuid)
	now := s.now()
	c.profile.times.bridged, peer.profile.times.bridged = now, now
	e := s.begin(siteBridge, "CHANNEL_BRIDGE")
	e.headers.add("Bridge-A-Unique-ID", c.uuid)
	e.headers.add("Bridge-B-Unique-ID", peer.uuid)
	c.describe(e)
	s.fire(e)
	for _, x := range [][2]*channel{{c, peer}, {peer, c}} {
		me, other := x[0], x[1]
		me.set("last_bridge_to", other.uuid)
		me.set("bridge_channel", other.name)
		me.set("bridge_uuid", other.uuid)
		me.set("signal_bond", other.uuid)
		me.partner, me.bridgedTo = other, other.uuid
		me.flags[cfBridged] = 1
	}
	c.leg.display(peer.profile.calleeName, peer.profile.calleeNumber)
	peer.leg.display(c.profile.name, c.profile.number)
	peer.setState(csExchangeMedia)
	c.changed.fire()
	c.executeOn("execute_on_bridge")
	for c.ready() && !b.over && !peer.down() {
		s.await(forever, func() bool { return !c.ready() || b.over || peer.down() || c.canWork() }, &c.changed, &peer.changed)
		if c.ready() && !b.over && !peer.down() {
			c.work()
		}
	}
	b.end()
	s.await(forever, func() bool { return peer.running != csExchangeMedia || peer.bridge != b || peer.done }, &peer.changed, nil)
	if s.stopped || c.done {
		return
	}
	if c.cause != "" {
		peer.set("bridge_hangup_cause", c.cause)
	}
	if peer.cause != "" {
		c.set("bridge_hangup_cause", peer.cause)
	}
	peer.set("call_uuid", peer.uuid)
	e = s.begin(siteUnbridge, "CHANNEL_UNBRIDGE")
	e.headers.add("Bridge-A-Unique-ID", c.uuid)
	e.headers.add("Bridge-B-Unique-ID", peer.uuid)
	c.describe(e)
	s.fire(e)
	for _, pair := range [][2]*channel{{c, peer}, {peer, c}} {
		x := pair[0]
		if x.partner == pair[1] { // else it talks with somebody else by now
			x.flags[cfBridged] = 0
			x.partner = nil
		}
		if x.bridge == b {
			x.bridge = nil
		}
		x.changed.fire()
	}
	c.afterBridge(peer)
}

// afterBridge decides what becomes of a caller whose other party has gone.
func (c *channel) afterBridge(peer *channel) {
	if !c.ready() {
		return
	}
	cause := peer.cause
	if cause == "" {
		cause = "NORMAL_CLEARING"
	}
	switch after := c.get("transfer_after_bridge"); {
	case isTrue(c.get("park_after_bridge")):
		c.redirect(csPark)
	case after != "":
		p := append(strings.Split(after, ":"), "", "")
		c.transfer(p[0], p[1], p[2])
	case isTrue(c.get("hangup_after_bridge")) || strings.EqualFold(c.get("hangup_after_bridge"), "explicit"):
		c.hangup(cause)
	}
}

// exchangeMedia is the other leg's part of a bridge.
func (c *channel) exchangeMedia() {
	b := c.bridge
	if b == nil {
		c.hangup("DESTINATION_OUT_OF_ORDER")
		return
	}
	for c.ready() && !b.over {
		c.s.await(forever, func() bool { return !c.ready() || b.over || c.canWork() }, &c.changed, nil)
		if c.ready() && !b.over {
			c.work()
		}
	}
	b.end()
	c.flags[cfBridged] = 0
	if !c.ready() || c.state != csExchangeMedia {
		return
	}
	switch after := c.get("transfer_after_bridge"); {
	case isTrue(c.get("park_after_bridge")):
		c.setState(csPark)
	case after != "":
		p := append(strings.Split(after, ":"), "", "")
		c.transfer(p[0], p[1], p[2])
	default:
		c.hangup("NORMAL_CLEARING")
	}
}

// bridgeTo is the bridge application: dial, then talk.
func (c *channel) bridgeTo(dial string) {
	peer, cause := c.s.originate(origination{dial: dial, caller: c, timeout: 60})
	if c.s.stopped || c.done {
		return
	}
	if peer == nil {
		c.set("originate_disposition", cause)
		if !c.ready() {
			return
		}
		if v := c.get("continue_on_fail"); isTrue(v) || v != "" && strings.Contains(","+v+",", ","+cause+",") {
			return
		}
		c.hangup(cause)
		return
	}
	c.set("originate_disposition", "SUCCESS")
	c.set("DIALSTATUS", "SUCCESS")
	introduce(c, peer)
	c.talk(&bridging{originator: c, other: peer})
}
