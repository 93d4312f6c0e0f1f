package history

import "slices"

// Disposition is how a call ended.
type Disposition string

// The dispositions.
const (
	Answered    Disposition = "answered"    // somebody talked with the caller
	Abandoned   Disposition = "abandoned"   // it was in a queue and left all of them unanswered
	NoAnswer    Disposition = "no_answer"   // rang somebody directly, who did not answer in time, or was called off
	Busy        Disposition = "busy"        // who was rung was busy
	Rejected    Disposition = "rejected"    // who was rung declined
	Failed      Disposition = "failed"      // could not be put through
	Unconnected Disposition = "unconnected" // ended before it came to a queue or rang anybody
)

// Party is who ended a call.
type Party string

// The parties.
const (
	ByCaller Party = "caller" // of the first leg
	ByAgent  Party = "agent"  // of a queue
	ByCallee Party = "callee" // another one who was rung
	BySwitch Party = "switch" // nobody: a time ran out, or a dialplan came to its end
	ByNobody Party = ""       // not known
)

// Call is one call: all its legs. Times are microseconds since 1970 UTC, 0 is never; spans are whole seconds.
type Call struct {
	UUID   string // of the leg that began it
	Switch string // of that leg
	Core   string // of that leg: its switch's running instance

	Started, Answered, Ended int64  // Answered: when the first two parties talked
	Direction                string // "inbound": the caller rang us; "outbound"
	Begun                    bool   // the leg that began it is known; without it the call counts nowhere

	Project string
	Number  string // the project's own number that it is about, normalised

	Caller, Called           string // normalised
	CallerGiven, CalledGiven string // as the switch had them
	CallerName               string
	User                     string // who ordered it
	Account                  string // of a call outside of queues: our side of it, by its account on the switch

	Disposition Disposition
	HungUp      Party
	Cause       string // FreeSWITCH's, of the first leg

	Wait, Talk, Hold, Wrap int64 // over all visits, talk without any: with whoever was rung; wait from the first join
	Duration               int64 // from Started to Ended
	Recordings             []string

	Visits []Visit // in the order of joining
	Legs   []*Leg  // in the order of their start
	// Counted is false for a call whose time lay beyond what its project keeps when it came: its figures were reckoned
	// long ago.
	Counted bool
}

// Numbers are all numbers that the call was about, normalised.
func (c *Call) Numbers() []string {
	var all []string
	add := func(n string) {
		if isNumber(n) && !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	for _, l := range c.Legs {
		add(l.CallerNormal)
		add(l.CalledNormal)
		add(l.OwnNumber)
	}
	return all
}

// isNumber tells a number from a name.
func isNumber(text string) bool {
	digits := 0
	for i := range len(text) {
		switch b := text[i]; {
		case b >= '0' && b <= '9':
			digits++
		case b == '*', b == '#', b == '+' && i == 0:
		default:
			return false
		}
	}
	return digits > 0 && len(text) <= 33
}

// Queues are the queues that the call was in.
func (c *Call) Queues() []string {
	var all []string
	for _, v := range c.Visits {
		if !slices.Contains(all, v.Queue) {
			all = append(all, v.Queue)
		}
	}
	return all
}

// Agents are the agents who answered the call, or were rung for it, and the user who ordered it.
func (c *Call) Agents() []string {
	var all []string
	add := func(name string) {
		if name != "" && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	add(c.User)
	for _, v := range c.Visits {
		add(v.Agent)
		for _, a := range v.Attempts {
			add(a.Agent)
		}
	}
	for _, l := range c.Legs {
		add(l.Agent)
	}
	return all
}
