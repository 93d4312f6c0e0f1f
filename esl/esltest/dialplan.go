package esltest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// extension is a list of applications on its way through a channel.
type extension struct {
	name, number string
	apps         []App
	next         int // the application to run next
}

// rest is what a new caller profile inherits: only what has not been run yet.
func (x *extension) rest() *extension {
	return &extension{name: x.name, number: x.number, apps: x.apps[x.next:]}
}

func checkExtensions(list []Extension) error {
	for _, x := range list {
		if _, err := regexp.Compile(x.Match); err != nil {
			return fmt.Errorf("extension %s: %w", x.Name, err)
		}
		for _, also := range x.Also {
			if _, err := regexp.Compile(also.Match); err != nil {
				return fmt.Errorf("extension %s: %w", x.Name, err)
			}
		}
	}
	return nil
}

// hunt finds the channel's extension for a number, and what its expression matched.
func (s *Switch) hunt(c *channel, context, number string) (*extension, []string) {
	for _, x := range s.cfg.Extensions {
		if x.Context != context {
			continue
		}
		match := regexp.MustCompile(x.Match).FindStringSubmatch(number)
		unmet := func(also Condition) bool { return !regexp.MustCompile(also.Match).MatchString(s.expand(also.Field, c)) }
		if match == nil || slices.ContainsFunc(x.Also, unmet) {
			continue
		}
		out := &extension{name: x.Name, number: number}
		for _, a := range x.Apps {
			out.apps = append(out.apps, App{a.Name, substitute(a.Data, match)})
		}
		return out, match
	}
	return nil, nil
}

// substitute puts $0…$9 into an application's argument.
func substitute(data string, match []string) string {
	for i := min(len(match), 10) - 1; i >= 0; i-- {
		data = strings.ReplaceAll(data, "$"+strconv.Itoa(i), match[i])
	}
	return data
}

// route is CS_ROUTING: find the extension, or give up.
func (c *channel) route() {
	if c.onRouting {
		c.setState(csConsumeMedia)
		return
	}
	c.set("call_uuid", c.uuid)
	p := c.profile
	if x := c.pending; x != nil {
		c.pending = nil
		c.setExtension(x)
		c.setState(csExecute)
		return
	}
	if c.inbound {
		c.setCallState("RINGING")
	}
	switch strings.ToLower(p.dialplan) {
	case "xml":
		x, match := c.s.hunt(c, p.context, p.destination)
		if x == nil {
			c.hangup("NO_ROUTE_DESTINATION")
			return
		}
		if len(match) > 1 {
			c.set("DP_MATCH", joinArray(match))
		}
		c.setExtension(x)
		c.setState(csExecute)
	case "inline":
		x := &extension{name: "inline", number: p.destination}
		for _, part := range separate(p.destination, ',', 128) {
			name, data, _ := strings.Cut(part, ":")
			x.apps = append(x.apps, App{name, data})
		}
		c.setExtension(x)
		c.setState(csExecute)
	default:
		if c.leg.unroutable() {
			c.setState(csConsumeMedia)
		} else {
			c.hangup("NO_ROUTE_DESTINATION")
		}
	}
}

// setExtension installs what is to be executed. A leg that was dialled turns
// into one that dials: its caller ids are swapped.
func (c *channel) setExtension(x *extension) {
	if !c.inbound && !c.has(cfDialplan) {
		c.flip()
		c.flags[cfDialplan] = 1
	}
	c.profile.extension = x
}

// runExtension is CS_EXECUTE: run application after application, then hang up.
func (c *channel) runExtension() {
	c.set("call_uuid", c.uuid)
	x := c.profile.extension
	if x == nil {
		c.hangup("NORMAL_CLEARING")
		return
	}
	for c.state == csExecute && c.ready() && x.next < len(x.apps) {
		app := x.apps[x.next]
		x.next++
		if !c.execute(app.Name, app.Data, "", "") {
			return
		}
	}
	if c.state == csExecute && c.ready() {
		c.hangup("NORMAL_CLEARING")
	}
}

// transfer sends the channel to another extension, with a new caller profile.
func (c *channel) transfer(number, dialplan, context string) bool {
	if c.down() {
		return false
	}
	forwards := 70
	if v := c.get("max_forwards"); v != "" {
		forwards = atoi(v) - 1
	}
	if forwards <= 0 {
		c.hangup("EXCHANGE_ROUTING_ERROR")
		return false
	}
	c.setInt("max_forwards", int64(forwards))
	c.flags[cfOriginating], c.flags[cfVideoBreak] = 0, 1
	c.onRouting = false
	old := c.profile
	if dialplan == "" {
		if dialplan = old.dialplan; dialplan == "" || strings.EqualFold(dialplan, "inline") {
			dialplan = "XML"
		}
	}
	if context == "" {
		context = old.context
	}
	p := old.clone(c.s.newUUID())
	p.dialplan, p.context, p.destination, p.rdnis = dialplan, context, number, old.destination
	c.set("signal_bond", "")
	if other := c.partner; other != nil {
		other.set("signal_bond", "")
	}
	c.setProfile(p)
	c.moving = true
	p.transferSource = fmt.Sprintf("%d:%s:bl_xfer:%s/%s/%s", c.s.epoch(), p.id, number, context, dialplan)
	c.vars.push("transfer_history", p.transferSource)
	c.set("transfer_source", p.transferSource)
	c.leaveBridge()
	c.redirect(csRouting)
	return true
}

// redirect sends the thread to a state even when it is there already.
func (c *channel) redirect(to state) {
	if c.down() {
		return
	}
	c.moving = true
	if c.running == to {
		c.running = csNew
	}
	c.setState(to)
}
