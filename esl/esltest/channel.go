package esltest

import (
	"strconv"
	"time"
)

// channel is one leg of a call: a session with its thread.
type channel struct {
	s         *Switch
	uuid      string
	name      string
	inbound   bool
	sessionID int
	vars      headers
	flags     [flagCount]uint8
	caps      string

	state     state // where it is to be
	running   state // where it is
	callState string
	cause     string // of the hangup; "" while it lives
	changed   signal
	launched  bool // it has a thread
	done      bool // destroyed

	profile      *profile
	profileCount int
	lastOther    string // originator or originatee, whichever came last
	codec        string // "" until media is up
	codecRate    string

	leg         leg // its endpoint's side; nil for none
	pending     *extension
	onRouting   bool // an originate waits for it: routing means consuming media
	bridge      *bridging
	partner     *channel // while bridged
	queue       []command
	events      []*Event // sent to it, until park fires them or its controller gets them
	diverted    bool     // to the controller
	eventLock   bool
	stack       int // applications running in one another
	breaking    bool
	moving      bool // transferred or redirected: whatever runs has to end
	readers     int  // others who need it kept, as with a session's read lock
	recordings  []*recording
	playing     []string
	appLog      []appEntry
	holds       []hold
	holding     bool
	muted       bool
	listeners   int // who eavesdrop
	mediaStart  time.Time
	spoke       time.Duration // media sent, by playing
	parked      bool
	controlled  bool
	shouldBreak bool      // callcenter_break
	waiting     *waiting  // in a queue
	bridgedTo   string    // uuid, for the hold record
	executed    [2]string // what "show channels" has for application and data
	dialledBy   string    // uuid of the leg that dials this one
}

type appEntry struct {
	name, data string
	at         time.Time
}

type hold struct {
	on, off time.Time
	uuid    string
}

// leg is what a channel's endpoint does.
type leg interface {
	start()                      // the channel's thread begins
	answer() bool                // local answer; false when the leg cannot
	preAnswer() bool             // local early media
	hangup()                     // the channel has been hung up: tell the other side, set variables
	display(name, number string) // tell the other side whom it talks to
	unroutable() bool            // an outbound leg without dialplan
}

// newChannel makes a session. It has no thread yet (see launch).
func (s *Switch) newChannel(inbound bool, id, name string) *channel {
	s.stats.session(s.now(), len(s.sessions)+1)
	c := &channel{
		s: s, uuid: id, name: name, inbound: inbound, sessionID: s.stats.total,
		callState: "DOWN", state: csNew, running: csNew,
	}
	c.flags[cfAlways] = 1
	if !inbound {
		c.flags[cfOutbound] = 1
	}
	s.sessions[id] = c
	s.order = append(s.order, c)
	return c
}

// locate finds a session; one that has been hung up is not found any more.
func (s *Switch) locate(id string) *channel {
	if c := s.sessions[id]; c != nil && c.up() {
		return c
	}
	return nil
}

func (c *channel) get(name string) string { return c.vars.get(name) }

// set writes a variable: it moves to the end of the list; "" removes it.
func (c *channel) set(name, value string) { c.vars.set(name, value) }

func (c *channel) setInt(name string, n int64) { c.set(name, strconv.FormatInt(n, 10)) }

func (c *channel) has(f flag) bool { return c.flags[f] != 0 }

func (c *channel) down() bool { return c.state >= csHangup }

// up is an established, living leg.
func (c *channel) up() bool { return !c.down() && !c.done }

// ready is whether what runs on the channel may go on.
func (c *channel) ready() bool { return c.up() && !c.moving && !c.s.stopped }

// hold and release keep a session from being destroyed while somebody else
// still looks at it.
func (c *channel) hold() { c.readers++ }

func (c *channel) release() {
	c.readers--
	c.changed.fire()
}

// describe adds the channel, its profiles and its variables to an event.
func (c *channel) describe(e *Event) {
	c.describeBasic(e)
	for _, v := range c.vars {
		e.headers = append(e.headers, header{name: "variable_" + v.name, value: v.value, array: v.array})
	}
}

func (c *channel) describeBasic(e *Event) {
	h := &e.headers
	direction := "outbound"
	if c.inbound {
		direction = "inbound"
	}
	h.add("Channel-State", stateNames[min(c.running, csReporting)])
	if c.running == csDestroy {
		(*h)[len(*h)-1].value = stateNames[csDestroy]
	}
	h.add("Channel-Call-State", c.callState)
	h.add("Channel-State-Number", strconv.Itoa(int(c.state)))
	h.add("Channel-Name", c.name)
	h.add("Unique-ID", c.uuid)
	h.add("Call-Direction", direction)
	h.add("Presence-Call-Direction", direction)
	h.add("Channel-HIT-Dialplan", strconv.FormatBool(c.inbound || c.has(cfDialplan)))
	h.add("Channel-Presence-ID", c.get("presence_id"))
	if id := c.get("call_uuid"); id != "" {
		h.add("Channel-Call-UUID", id)
	} else {
		h.add("Channel-Call-UUID", c.uuid)
	}
	h.add("Answer-State", c.answerState())
	h.add("Hangup-Cause", c.cause)
	if c.codec != "" {
		bits := strconv.Itoa(8 * atoi(c.codecRate))
		if c.codec == "L16" {
			bits = strconv.Itoa(16 * atoi(c.codecRate))
		}
		for _, way := range []string{"Read", "Write"} {
			h.add("Channel-"+way+"-Codec-Name", c.codec)
			h.add("Channel-"+way+"-Codec-Rate", c.codecRate)
			h.add("Channel-"+way+"-Codec-Bit-Rate", bits)
		}
	}
	p := c.profile
	if p == nil {
		return
	}
	p.describe(h, "Caller")
	switch {
	case p.originator != nil && c.lastOther == "originator":
		h.add("Other-Type", "originator")
		p.originator.describe(h, "Other-Leg")
	case p.originatee != nil && c.lastOther == "originatee":
		h.add("Other-Type", "originatee")
		p.originatee.describe(h, "Other-Leg")
	}
}

func (c *channel) answerState() string {
	switch {
	case c.down():
		return "hangup"
	case c.has(cfAnswered):
		return "answered"
	case c.has(cfEarlyMedia):
		return "early"
	}
	return "ringing"
}
