package history

// VisitOutcome is how a stay in a queue ended.
type VisitOutcome string

// The outcomes. All but the first are lost.
const (
	Served   VisitOutcome = "answered"
	Left     VisitOutcome = "abandoned" // the caller hung up
	TimedOut VisitOutcome = "timeout"   // max-wait-time
	NoAgents VisitOutcome = "no_agents" // max-wait-time-with-no-agent
	ExitKey  VisitOutcome = "key"       // the caller pressed an exit key
	Moved    VisitOutcome = "moved"     // went on to something else for a reason that the CDR does not keep
)

// Visit is one stay of a call in a queue. Epochs are whole seconds since 1970 UTC.
type Visit struct {
	Queue  string
	Member string // cc_member_uuid; empty where only app_log tells of the stay

	Joined, Answered, Left int64 // epochs; Answered 0: it was not
	Outcome                VisitOutcome
	Agent, AgentLeg        string // who answered

	Wait, Talk, Hold, Wrap int64 // seconds
	WrapKnown              bool
	Attempts               []Attempt
}

// Attempt is one ring at an agent for a visit.
type Attempt struct {
	Agent, Leg string
	Started    int64  // microseconds
	Answered   bool   // and talked with the caller
	Cause      string // FreeSWITCH's, of the agent's leg
}
