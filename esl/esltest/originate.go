package esltest

import (
	"slices"
	"strings"
	"time"
)

// origination is one attempt to reach somebody.
type origination struct {
	dial    string
	caller  *channel // nil for the originate command
	timeout int      // seconds
	name    string   // caller id to show, unless the dial string says otherwise
	number  string
	vars    headers // beside those of the dial string
}

// originate dials until somebody answers. It returns the leg, or the cause of
// the failure.
func (s *Switch) originate(o origination) (*channel, string) {
	vars, groups, ok := splitDial(o.dial)
	if !ok {
		return nil, "DESTINATION_OUT_OF_ORDER"
	}
	all := o.vars.clone()
	for _, v := range vars {
		all.set(v.name, v.value)
	}
	name, number := o.name, o.number
	if o.caller != nil {
		if v := o.caller.get("effective_caller_id_name"); v != "" {
			name = v
		}
		if v := o.caller.get("effective_caller_id_number"); v != "" {
			number = v
		}
		exported := strings.Split(o.caller.get("export_vars"), ",")
		for _, v := range exported {
			if value := o.caller.get(v); value != "" {
				all.set(v, value)
			}
		}
	}
	if name != "" && all.get("origination_caller_id_name") == "" {
		all.add("origination_caller_id_name", name)
	}
	if number != "" && all.get("origination_caller_id_number") == "" {
		all.add("origination_caller_id_number", number)
	}
	retries := max(atoi(all.get("originate_retries")), 1)
	pause := max(time.Duration(atoi(all.get("originate_retry_sleep_ms")))*time.Millisecond, time.Second)
	if v := all.get("originate_timeout"); v != "" {
		o.timeout = atoi(v)
	}
	cause := "DESTINATION_OUT_OF_ORDER"
	life := s.life
	for try := range retries {
		if try > 0 && !s.sleep(pause) {
			break
		}
		for _, group := range groups {
			if s.life != life {
				return nil, "CRASH"
			}
			var c *channel
			if c, cause = s.dialGroup(o, all, group); c != nil {
				return c, "SUCCESS"
			}
			if o.caller != nil && !o.caller.ready() {
				return nil, "ORIGINATOR_CANCEL"
			}
		}
	}
	return nil, cause
}

// dialGroup rings legs together and keeps the first that answers.
func (s *Switch) dialGroup(o origination, vars headers, group []target) (*channel, string) {
	var legs []*channel
	cause := "DESTINATION_OUT_OF_ORDER"
	for _, t := range s.resolve(group, vars, 0) {
		if len(s.sessions) >= s.cfg.MaxSessions || s.control.paused {
			cause = "DESTINATION_OUT_OF_ORDER"
			break
		}
		c, failure := s.makeLeg(o, t)
		if c == nil {
			cause = failure
			continue
		}
		legs = append(legs, c)
	}
	if len(legs) == 0 {
		return nil, cause
	}
	ignoreEarly := isTrue(vars.get("ignore_early_media"))
	ringReady := isTrue(vars.get("return_ring_ready")) && len(legs) == 1
	progress := &signal{}
	for _, c := range legs {
		c.changed.also = progress
		c.hold()
		c.launch()
		if t := atoi(c.get("leg_timeout")); t > 0 {
			s.after(time.Duration(t)*time.Second, func() {
				if !c.has(cfAnswered) && c.onRouting {
					c.hangup("ALLOTTED_TIMEOUT")
				}
			})
		}
	}
	won := func() *channel {
		for _, c := range legs {
			if c.up() && (c.has(cfAnswered) || c.has(cfEarlyMedia) && !ignoreEarly || ringReady && c.has(cfRingReady)) &&
				c.running == csConsumeMedia {
				return c
			}
		}
		return nil
	}
	settled := func() bool {
		return won() != nil || !slices.ContainsFunc(legs, (*channel).up) || o.caller != nil && !o.caller.ready()
	}
	limit := forever
	if o.timeout > 0 {
		limit = time.Duration(o.timeout) * time.Second
	}
	var callerChange *signal
	if o.caller != nil {
		callerChange = &o.caller.changed
	}
	inTime := s.await(limit, settled, progress, callerChange)
	winner := won()
	for _, c := range legs {
		c.changed.also = nil
		c.release()
		switch {
		case c == winner:
			c.onRouting = false
			c.flags[cfOriginating] = 0
		case winner != nil:
			c.hangup("LOSE_RACE")
		case !inTime:
			c.hangup("NO_ANSWER")
			cause = "NO_ANSWER"
		case c.up(): // the caller gave up
			c.hangup("ORIGINATOR_CANCEL")
			cause = "ORIGINATOR_CANCEL"
		default:
			cause = c.cause
		}
	}
	return winner, cause
}

// resolve replaces accounts by what their dial strings say.
func (s *Switch) resolve(group []target, vars headers, depth int) []target {
	var out []target
	for _, t := range group {
		t.ovars = vars
		if t.endpoint != "user" || depth > 5 {
			out = append(out, t)
			continue
		}
		id, domain, ok := strings.Cut(t.address, "@")
		if !ok {
			domain = s.globals.get("domain")
		}
		u := s.user(id, domain)
		failed := func(cause string) { out = append(out, target{endpoint: "error", address: cause}) }
		if u == nil {
			failed("SUBSCRIBER_ABSENT")
			continue
		}
		if u.DialString == NoDialString {
			failed("MANDATORY_IE_MISSING")
			continue
		}
		dial := u.DialString
		if dial == "" {
			dial = "${sofia_contact(${dialed_user}@${dialed_domain})}"
		}
		dial = strings.NewReplacer("${dialed_user}", id, "${dialed_domain}", domain).Replace(dial)
		inner, groups, ok := splitDial(s.expand(dial, nil))
		if !ok {
			failed("DESTINATION_OUT_OF_ORDER")
			continue
		}
		all := vars.clone()
		for _, v := range inner {
			all.set(v.name, v.value)
		}
		all.set("dialed_user", id)
		all.set("dialed_domain", domain)
		if !strings.Contains(dial, "presence_id=") {
			all.set("presence_id", id+"@"+domain)
		}
		for _, v := range t.vars {
			all.set(v.name, v.value)
		}
		out = append(out, s.resolve(groups[0], all, depth+1)...)
	}
	return out
}

func (s *Switch) user(id, domain string) *User {
	for i := range s.cfg.Users {
		if u := &s.cfg.Users[i]; u.ID == id && strings.EqualFold(u.Domain, domain) {
			return u
		}
	}
	return nil
}

// makeLeg creates the channel of one leg, not yet running, with its variables.
func (s *Switch) makeLeg(o origination, t target) (*channel, string) {
	if t.endpoint == "error" {
		return nil, causeOr(t.address, "NORMAL_CLEARING")
	}
	look := func(name string) string {
		if v := t.vars.get(name); v != "" {
			return v
		}
		return t.ovars.get(name)
	}
	p := &profile{
		id: s.newUUID(), cloneOf: s.newUUID(), context: "default", source: "src/switch_ivr_originate.c",
		name: look("origination_caller_id_name"), number: look("origination_caller_id_number"),
		calleeName: "Outbound Call", hasDevice: len(t.vars) > 0,
	}
	if o.caller != nil {
		from := o.caller.profile
		if p.name == "" && p.number == "" {
			p.name, p.number = from.name, from.number
		}
		p.context, p.source, p.dialplan = from.context, from.source, from.dialplan
	}
	if p.number == "" {
		p.number = "0000000000"
	}
	p.origName, p.origNumber, p.ani = p.name, p.number, p.number
	c, cause := s.endpoint(t, look("origination_uuid"), p)
	if c == nil {
		return nil, cause
	}
	loop, _ := c.leg.(*loopbackLeg)
	vars := append(t.vars.clone(), t.ovars...)
	if loop != nil {
		// What is said to a loopback is meant for whatever it reaches.
		loop.vars = append(t.ovars.clone(), t.vars...)
	} else {
		for _, v := range vars {
			c.set(v.name, v.value)
		}
	}
	early := "true"
	if isTrue(look("ignore_early_media")) {
		early = "false"
	}
	c.set("originate_early_media", early)
	c.set("originate_endpoint", t.endpoint)
	c.onRouting = true
	e := s.begin(siteOutgoing, "CHANNEL_OUTGOING")
	c.describeBasic(e)
	s.fire(e)
	e = s.begin(siteOriginate, "CHANNEL_ORIGINATE")
	c.describe(e)
	s.fire(e)
	if o.caller != nil {
		c.dialledBy = o.caller.uuid
		introduce(o.caller, c)
		c.profile.originator.calleeName, c.profile.originator.calleeNumber = "", ""
	}
	return c, ""
}
