package history

import (
	"cmp"
	"slices"
)

// Bounds of what is made of documents from outside.
const (
	maxSpan       = 10 * 366 * 24 * 60 * 60 // seconds: longer ones are slips of a clock
	maxEpoch      = 253402300799            // the last second of the year 9999
	second        = 1_000_000               // microseconds
	maxVisits     = 256
	maxRecordings = 64
)

// Join makes a call of its legs, in any order; of each leg there is one, the one that supersedes the others. The same
// legs make the same call. Whether it is Counted is for whoever keeps it to say.
func Join(legs []*Leg) *Call {
	legs = slices.Clone(legs)
	slices.SortStableFunc(legs, func(a, b *Leg) int {
		return cmp.Or(cmp.Compare(a.Began(), b.Began()), cmp.Compare(a.Leg, b.Leg), cmp.Compare(a.Received, b.Received))
	})
	c := &Call{Legs: legs}
	if len(legs) == 0 {
		return c
	}
	j := newJoin(legs)
	c.Begun = j.first != nil
	c.Visits = j.visits()
	j.identify(c)
	j.time(c)
	c.Disposition = j.disposition(c)
	c.HungUp = j.hungUp()
	if len(c.Visits) == 0 {
		c.Account = j.account()
	}
	return c
}

// join is the legs of one call, told apart by what they are.
type join struct {
	legs  []*Leg
	first *Leg // that began the call; nil where it is not known
	shown *Leg // first, else who stands for it
	// others were dialled by the call, or bridged to it: no agents of a queue, no halves of a loopback channel, nobody
	// behind those.
	others []*Leg
	agents []*Leg // of queues, halves of loopback channels too
	behind []*Leg // dialled by half a loopback channel: their cause says more than its
	stays  []*stay
}

func newJoin(legs []*Leg) *join {
	j := &join{legs: legs}
	halves := map[string]bool{}
	for _, l := range legs {
		if l.LoopbackHalf != "" {
			halves[l.Leg] = true
		}
	}
	member := ""
	for _, l := range legs {
		switch {
		case l.isAgent():
			j.agents = append(j.agents, l)
			member = cmp.Or(member, l.MemberLeg)
		case l.LoopbackHalf != "":
		case l.begins():
			if j.first == nil || l.arrived() && !j.first.arrived() {
				j.first = l
			}
		}
	}
	for _, l := range legs {
		switch {
		case l == j.first || l.isAgent() || l.LoopbackHalf != "":
		case halves[l.Call]:
			j.behind = append(j.behind, l)
		default:
			j.others = append(j.others, l)
		}
		if j.first == nil && j.shown == nil && l.Leg == member {
			j.shown = l
		}
	}
	j.shown = cmp.Or(j.first, j.shown, legs[0])
	j.stays = j.findStays()
	return j
}

// identify says whose call it is, and between whom.
func (j *join) identify(c *Call) {
	l := j.shown
	c.UUID, c.Switch, c.Core = l.Leg, l.Switch, l.CoreUUID
	if j.first == nil {
		for _, a := range j.agents {
			if a.MemberLeg != "" {
				c.UUID = a.MemberLeg
				break
			}
		}
	}
	c.Direction, c.Project, c.Number = l.Direction, l.Project, l.OwnNumber
	c.Caller, c.CallerGiven, c.CallerName = l.CallerNormal, l.Caller, l.CallerName
	c.Called, c.CalledGiven, c.Cause = l.CalledNormal, l.Called, l.HangupCause
	if to := j.dialled(); l.Direction == "outbound" && to != nil {
		// What began it rang who ordered it; where that was to go, the next leg says.
		c.Called, c.CalledGiven = to.CalledNormal, to.Called
	}
	for _, l := range j.legs {
		c.User = cmp.Or(c.User, l.User)
		for _, path := range l.Recordings {
			if len(c.Recordings) < maxRecordings && !slices.Contains(c.Recordings, path) {
				c.Recordings = append(c.Recordings, path)
			}
		}
	}
}

// time sums up.
func (j *join) time(c *Call) {
	c.Started = j.shown.Began()
	for _, l := range j.legs {
		if l.AgentType != standby || l == j.shown {
			c.Ended = max(c.Ended, moment(l.End))
		}
	}
	c.Duration = span(c.Started/second, c.Ended/second)
	if with := j.partner(); with != nil {
		c.Answered = moment(with.Bridged)
	}
	for _, s := range j.stays {
		if s.Outcome != Served {
			continue
		}
		at := s.Answered * second
		if s.by != nil && moment(s.by.Bridged)/second == s.Answered {
			at = s.by.Bridged
		}
		if c.Answered == 0 || at < c.Answered {
			c.Answered = max(at, c.Started)
		}
	}
	for _, v := range c.Visits {
		c.Talk, c.Hold, c.Wrap = c.Talk+v.Talk, c.Hold+v.Hold, c.Wrap+v.Wrap
	}
	if len(c.Visits) == 0 && c.Answered != 0 {
		c.Talk = span(c.Answered/second, c.Ended/second)
	}
	c.Wait = c.wait()
}

// Began is when a leg started, or the earliest that is known of it, or when its CDR came; microseconds since 1970 UTC.
func (l *Leg) Began() int64 {
	return cmp.Or(moment(l.Start), moment(l.Answer), moment(l.Bridged), moment(l.End), moment(l.Received))
}

func (l *Leg) isAgent() bool { return l.Side == "agent" }

// talked tells whether a leg was ever bridged. Half a loopback channel is bridged to what it dialled, which is not yet to
// talk with the other half.
func (l *Leg) talked() bool { return l.LoopbackHalf == "" && moment(l.Bridged) != 0 }

// begins tells whether a leg can begin a call: nobody dialled it.
func (l *Leg) begins() bool { return l.Direction == "inbound" || !l.Dialled }

// arrived tells whether a leg goes before others that can begin a call: somebody rang us, or ordered the call. The other
// ones may have stood there for long.
func (l *Leg) arrived() bool { return l.Direction == "inbound" || l.User != "" }

// moment is a time in microseconds, 0 if it cannot be one.
func moment(us int64) int64 {
	if us < 0 || us/second > maxEpoch {
		return 0
	}
	return us
}

// epoch is a time in seconds, 0 if it cannot be one.
func epoch(s int64) int64 {
	if s < 0 || s > maxEpoch {
		return 0
	}
	return s
}

// span is the seconds between two epochs.
func span(from, to int64) int64 { return seconds(to - from) }

// seconds is a span as it may be.
func seconds(s int64) int64 { return min(max(s, 0), maxSpan) }
