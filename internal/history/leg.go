package history

import (
	"slices"

	"callgate/cdr"
)

// Leg is one leg of a call: what its CDR says, and what was known here when it came. The latter is kept with it, so that
// the same legs make the same call whenever they are joined again.
type Leg struct {
	cdr.Record // Raw and Digest are not kept with it

	Received int64  `json:",omitzero"` // microseconds since 1970 UTC
	Switch   string `json:",omitzero"` // as it is configured here; empty when its core was not known

	Project      string `json:",omitzero"` // the owner of Number, or for a leg that we dialled, of the call's order
	OwnNumber    string `json:",omitzero"` // the project's number that the call is about, normalised; empty when nobody's
	CallerNormal string `json:",omitzero"` // Caller, normalised
	CalledNormal string `json:",omitzero"` // where the call went: callgate_number, else Called, normalised

	Wrap      int64 `json:",omitzero"` // seconds of wrap-up of Agent
	WrapKnown bool  `json:",omitzero"`
}

// Surroundings is what is known here about what a CDR mentions. It is asked for every CDR, and must not block.
type Surroundings interface {
	// Owner is the project that a number belongs to, in whatever spelling; empty is none.
	Owner(number string) (project string)
	// Normal is the number in E.164 as a project writes numbers; what is none stays as it is.
	Normal(project, number string) string
	// Switch is the configured name of the switch whose running instance has this core-uuid; empty when none has.
	Switch(core string) string
	// WrapUp is an agent's wrap-up time; false when nobody knows the agent.
	WrapUp(switchName, agent string) (seconds int64, known bool)
	// CountedSince is from when on a project's calls are counted, microseconds since 1970 UTC: older ones have been
	// reckoned, and deleted.
	CountedSince(project string) int64
}

// NewLeg reads a record in its surroundings.
func NewLeg(r *cdr.Record, received int64, s Surroundings) *Leg {
	l := &Leg{Record: *r, Received: received, Switch: s.Switch(r.CoreUUID)}
	l.Raw, l.Digest = nil, [32]byte{}
	called := l.Called
	if l.Number != "" {
		called = l.Number
	}
	// The number's owner goes before what the call was ordered for: a number belongs to one.
	own := called
	if l.Direction == "outbound" {
		own = l.Caller
	}
	if l.Number != "" {
		own = l.Number
	}
	l.Project = s.Owner(own)
	if l.Project != "" {
		l.OwnNumber = s.Normal(l.Project, own)
	} else {
		l.Project = l.Record.Project
	}
	l.CallerNormal, l.CalledNormal = s.Normal(l.Project, l.Caller), s.Normal(l.Project, called)
	if l.Agent != "" {
		l.Wrap, l.WrapKnown = s.WrapUp(l.Switch, l.Agent)
	}
	return l
}

// Names are the ids by which the leg is tied to others: its own, that of the call it says it is part of, those of the
// legs it was bridged to. Two kinds of legs know too many others. An agent's standing leg (uuid-standby) serves many
// callers, so it names none of them, and a caller in a queue does not name the agents that he was bridged to, for one of
// them may be such: agents name him. And a stay's id is no name: mod_callcenter gives it again to a caller who rings anew
// and resumes his place (abandoned-resume-allowed).
func (l *Leg) Names() []string {
	all := make([]string, 0, 3+len(l.Peers))
	add := func(name string) {
		if name != "" && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	add(l.Leg)
	if l.AgentType == standby {
		return all
	}
	add(l.Call)
	add(l.MemberLeg)
	if l.Side != "member" {
		for _, p := range l.Peers {
			add(p)
		}
	}
	return all
}

// standby is the type of an agent who waits in one leg for many callers.
const standby = "uuid-standby"

// Supersedes tells whether l is shown, and counted, in the place of other, a CDR of the same leg: one that came as a_
// goes before one that did not, else the newer one.
func (l *Leg) Supersedes(other *Leg) bool {
	if l.ALeg != other.ALeg {
		return l.ALeg
	}
	return l.Received >= other.Received
}
