package callcenter

import (
	"context"
	"time"
)

// Activity is what an agent does, as the history of his states has it.
type Activity string

// The activities, in the order in which one outweighs another. An agent who logs out in a call has logged out, as
// everywhere here.
const (
	ActivityUnknown   Activity = "unknown" // nobody watched
	ActivityLoggedOut Activity = "logged_out"
	ActivityTalking   Activity = "talking"   // in a queue's call
	ActivityRinging   Activity = "ringing"   // a queue's call is offered
	ActivityOutside   Activity = "outside"   // in a call that is not a queue's
	ActivityPause     Activity = "pause"     // On Break
	ActivityWrapUp    Activity = "wrap_up"   // after a queue's call; the next one, a pause or logging out cut it short
	ActivityReady     Activity = "ready"     // could be offered a call
	ActivityNotReady  Activity = "not_ready" // the rest: resting after a call not taken, idle after one on demand, misspelled
)

// Activities are all there are.
var Activities = [...]Activity{ActivityUnknown, ActivityLoggedOut, ActivityTalking, ActivityRinging, ActivityOutside, ActivityPause, ActivityWrapUp, ActivityReady, ActivityNotReady}

// ActivityTimes are microseconds, in the order of Activities.
type ActivityTimes [len(Activities)]int64

// Add adds microseconds to one of them.
func (t *ActivityTimes) Add(is Activity, us int64) {
	for i, a := range Activities {
		if a == is {
			t[i] += us
		}
	}
}

// AgentSpan is a time in which an agent did one thing. Of an agent on a switch each begins where the one before ended, as long
// as the agent exists. Times are microseconds since 1970 UTC by our clock.
type AgentSpan struct {
	Agent          string
	Activity       Activity
	Reason         string // of a pause, where it was given here
	Started, Ended int64  // Ended is 0 while it goes on
	// Before is what all spans of the agent before this one come to, so that the times of a period are a difference.
	Before ActivityTimes
}

// StatesKept is what is kept of a switch's agents.
type StatesKept struct {
	Watched int64       // until when it is known what goes on; 0 is never
	Last    []AgentSpan // the last of each agent
}

// StateBook keeps the history of agents' states.
type StateBook interface {
	// BeginAgentStates makes the writer the only one whose states of the switch are taken, and returns what is kept.
	BeginAgentStates(ctx context.Context, switchName, writer string) (StatesKept, error)
	// SaveAgentStates keeps spans, each by its agent and its start in the place of an earlier version, and until when it
	// is known what goes on; an earlier time changes nothing. It keeps all or nothing, and may be repeated. It is
	// fault.Conflict when another writer has begun.
	SaveAgentStates(ctx context.Context, switchName, writer string, spans []AgentSpan, watched int64) error
	// AgentStatusesSince lists the changes of statuses that were made here, by whichever process, the oldest first.
	AgentStatusesSince(ctx context.Context, switchName string, since time.Time) ([]AgentStatus, error)
}

// activity is what an agent of the last reading does at a time of our clock, and when that ends by itself; the zero time
// when it does not. FreeSWITCH offers a call only in the second after a wrap-up; by the history the agent is ready at its end.
func (l *ledger) activity(name string, at time.Time) (is Activity, until time.Time) {
	a := l.liveAgent(l.last, l.last.byName[name], at)
	switch {
	case !a.LoggedIn():
		return ActivityLoggedOut, until
	case a.State == InQueueCall:
		return ActivityTalking, until
	case a.State == Receiving && a.Status != OnBreak: // until the two hear each other, though his phone has answered
		return ActivityRinging, until
	case a.Talking():
		return ActivityOutside, until
	case a.Status == OnBreak:
		return ActivityPause, until
	case !a.WrapUp.IsZero():
		return ActivityWrapUp, a.WrapUp
	case a.Rest.After(at):
		return ActivityNotReady, a.Rest
	}
	if row := l.agents[name].row; row.Ready(at.Add(time.Second - l.clock.offset())) {
		return ActivityReady, until
	}
	return ActivityNotReady, until
}
