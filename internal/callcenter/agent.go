package callcenter

import (
	"strings"
	"time"
)

// Status is what an agent, or who manages him, has chosen.
type Status string

// The statuses of mod_callcenter.
const (
	LoggedOut Status = "Logged Out"
	Available Status = "Available"
	OnDemand  Status = "Available (On Demand)" // one call, then Idle until he says that he is ready
	OnBreak   Status = "On Break"
)

// State is what an agent is doing by mod_callcenter's account.
type State string

// The states of mod_callcenter. Wrap-up is none of them: the agent reads Waiting while it lasts.
const (
	Waiting     State = "Waiting"
	Receiving   State = "Receiving" // his phone rings
	InQueueCall State = "In a queue call"
	Idle        State = "Idle"
	Reserved    State = "Reserved"
)

// Statuses are all that mod_callcenter accepts.
var Statuses = [...]Status{LoggedOut, Available, OnDemand, OnBreak}

// States are all that mod_callcenter accepts.
var States = [...]State{Waiting, Receiving, InQueueCall, Idle, Reserved}

// ParseStatus finds the status that text means, whatever the case of its letters. ok is false when there is none;
// the text is returned then as it is.
func ParseStatus(text string) (s Status, ok bool) { return spelled(Statuses[:], text) }

// ParseState does the same for states.
func ParseState(text string) (s State, ok bool) { return spelled(States[:], text) }

func spelled[T ~string](known []T, text string) (T, bool) {
	for _, k := range known {
		if strings.EqualFold(string(k), text) {
			return k, true
		}
	}
	return T(text), false
}

// Agent is one agent of one switch. Times are by the switch's clock, in whole seconds; the zero time is never.
type Agent struct {
	Name    string
	Type    string // callback or uuid-standby
	Contact string
	UUID    string // of his channel while he is in a queue call, or on standby
	Status  Status
	State   State
	// Misspelled: FreeSWITCH holds the status or state in letters of another case. It accepts that, and then never
	// offers the agent a call. Status and State are as they were meant.
	Misspelled                        bool
	misspelledStatus, misspelledState bool

	MaxNoAnswer, NoAnswers                          int
	WrapUp, RejectDelay, BusyDelay, NoAnswerDelay   time.Duration
	BridgeStart, BridgeEnd, Offered, StatusAt, Rest time.Time // Rest: no call is offered before, after one that he did not take
	Answered                                        int       // calls since he last became Available
	TalkTime                                        time.Duration
	ExternalCalls                                   int // what a dialplan reports with callcenter_track
}

// LoggedIn tells whether the agent counts as logged in.
func (a *Agent) LoggedIn() bool {
	return a.Status == Available || a.Status == OnDemand || a.Status == OnBreak
}

// WrapUpEnd is when the wrap-up after the last call ends, or ended. FreeSWITCH offers a call only in the second after.
//
// Source: mod_callcenter.c agents_callback.
func (a *Agent) WrapUpEnd() time.Time {
	if a.BridgeEnd.IsZero() {
		return time.Time{}
	}
	return a.BridgeEnd.Add(a.WrapUp)
}

// Ready tells whether FreeSWITCH could offer the agent a call at a time of its clock. It knows nothing of calls
// outside the queues that no dialplan reports.
//
// Source: mod_callcenter.c agents_callback.
func (a *Agent) Ready(now time.Time) bool {
	now = now.Truncate(time.Second) // it counts whole seconds
	return (a.Status == Available || a.Status == OnDemand) && a.State == Waiting && !a.Misspelled && a.ExternalCalls <= 0 &&
		a.WrapUpEnd().Before(now) && !a.Rest.After(now)
}

func (a *Agent) setStatus(text string) {
	a.Status, _ = ParseStatus(text)
	a.misspelledStatus = string(a.Status) != text
	a.Misspelled = a.misspelledStatus || a.misspelledState
}

func (a *Agent) setState(text string) {
	a.State, _ = ParseState(text)
	a.misspelledState = string(a.State) != text
	a.Misspelled = a.misspelledStatus || a.misspelledState
}
