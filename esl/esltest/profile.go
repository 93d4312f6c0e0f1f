package esltest

import "strconv"

// profile is a caller profile: who calls whom, as one stretch of a call sees it.
// A transfer or an uuid_bridge puts a new one in front.
type profile struct {
	id, cloneOf                      string // of the profile itself
	index                            int
	inbound                          bool
	answering                        bool // shown to the other leg as the one that was called
	username, dialplan, context      string
	name, number                     string // caller
	origName, origNumber             string
	calleeName, calleeNumber         string
	networkAddr, ani, rdnis          string
	destination, uuid, source        string
	transferSource, chanName         string
	hasDevice                        bool // a leg dialled with [..] carries an (empty) device id
	times                            *timetable
	originator, originatee, previous *profile
	extension                        *extension
}

func (p *profile) clone(id string) *profile {
	n := *p
	n.id, n.cloneOf = id, p.id
	n.times, n.previous, n.originator, n.originatee, n.extension = nil, nil, nil, nil, nil
	n.transferSource, n.index = "", 0
	return &n
}

// describe adds the profile to an event under prefix ("Caller", "Other-Leg").
func (p *profile) describe(h *headers, prefix string) {
	direction := "outbound"
	if p.inbound {
		direction = "inbound"
	}
	add := func(name, value string) { h.add(prefix+"-"+name, value) }
	add("Direction", direction)
	if p.answering {
		add("Logical-Direction", "inbound")
	} else {
		add("Logical-Direction", direction)
	}
	add("Username", p.username)
	add("Dialplan", p.dialplan)
	add("Caller-ID-Name", p.name)
	add("Caller-ID-Number", p.number)
	if p.name != "" {
		add("Orig-Caller-ID-Name", p.origName)
	}
	if p.number != "" {
		add("Orig-Caller-ID-Number", p.origNumber)
	}
	add("Callee-ID-Name", p.calleeName)
	add("Callee-ID-Number", p.calleeNumber)
	add("Network-Addr", p.networkAddr)
	add("ANI", p.ani)
	add("Destination-Number", p.destination)
	add("Unique-ID", p.uuid)
	add("Source", p.source)
	add("Transfer-Source", p.transferSource)
	add("Context", p.context)
	add("RDNIS", p.rdnis)
	add("Channel-Name", p.chanName)
	if p.index > 0 {
		add("Profile-Index", strconv.Itoa(p.index))
	}
	if t := p.times; t != nil {
		add("Profile-Created-Time", micros(t.profileCreated))
		add("Channel-Created-Time", micros(t.created))
		add("Channel-Answered-Time", micros(t.answered))
		add("Channel-Progress-Time", micros(t.progress))
		add("Channel-Progress-Media-Time", micros(t.progressMedia))
		add("Channel-Hangup-Time", micros(t.hungup))
		add("Channel-Transfer-Time", micros(t.transferred))
		add("Channel-Resurrect-Time", micros(t.resurrected))
		add("Channel-Bridged-Time", micros(t.bridged))
		add("Channel-Last-Hold", micros(t.lastHold))
		add("Channel-Hold-Accum", strconv.FormatInt(t.holdAccum.Microseconds(), 10))
	}
	add("Screen-Bit", "true")
	add("Privacy-Hide-Name", "false")
	add("Privacy-Hide-Number", "false")
}

// setProfile puts p in front of the channel's profiles.
func (c *channel) setProfile(p *profile) {
	now := c.s.now()
	p.inbound, p.uuid, p.chanName = c.inbound, c.uuid, c.name
	if p.context == "" {
		p.context = "default"
	}
	p.times = &timetable{profileCreated: now, created: now}
	if old := c.profile; old != nil {
		old.times.transferred = now
		t := p.times
		t.answered, t.progress, t.progressMedia = old.times.answered, old.times.progress, old.times.progressMedia
		t.created, t.hungup = old.times.created, old.times.hungup
		if old.extension != nil {
			p.extension = old.extension.rest()
		}
	}
	p.previous = c.profile
	c.profileCount++
	p.index = c.profileCount
	c.profile = p
}

// flip swaps caller and callee: a leg that was dialled now does the dialling.
func (c *channel) flip() {
	p := c.profile
	name, number := p.name, p.number
	c.set("pre_transfer_caller_id_name", name)
	p.name, p.calleeName = p.calleeName, name
	c.set("pre_transfer_caller_id_number", number)
	p.number, p.calleeNumber = p.calleeNumber, number
	c.set("channel_cid_flipped", "yes")
	e := c.s.begin(siteFlip, "CALL_UPDATE")
	e.headers.add("Direction", "RECV")
	c.describe(e)
	c.s.fire(e)
}
