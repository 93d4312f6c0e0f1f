package callcenter

import "time"

// Member is a caller in a queue. Times are by the switch's clock, in whole seconds; the zero time is never.
type Member struct {
	Queue   string
	UUID    string // mod_callcenter's own id of the visit
	Session string // the caller's channel
	Number  string
	Name    string
	State   MemberState
	Agent   string // who serves him; the name of the strategy where all agents are rung at once
	Joined  time.Time
	// Rejoined, Bridged and Abandoned are when he came back, was answered and left.
	Rejoined, Bridged, Abandoned time.Time
	BaseScore                    int
}

// MemberState is what mod_callcenter holds of a caller.
type MemberState string

// The states of a caller. An abandoned one stays in the list until discard-abandoned-after has passed: he is gone.
const (
	MemberWaiting   MemberState = "Waiting"
	MemberTrying    MemberState = "Trying" // a phone rings for him
	MemberAnswered  MemberState = "Answered"
	MemberAbandoned MemberState = "Abandoned"
)

// Waits tells whether the caller is there and not yet answered.
func (m *Member) Waits() bool { return m.State == MemberWaiting || m.State == MemberTrying }
