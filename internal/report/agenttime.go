package report

import "time"

// AgentTimeQuery asks how long agents did what.
type AgentTimeQuery struct {
	Spans    []Span
	Switches []string // none is all
	Agents   []string // none is all
}

// AgentTime is how long an agent did one thing, by one switch, within a span of a query.
type AgentTime struct {
	Span   int // its index in the query
	Switch string
	Agent  string
	State  string // a callcenter.Activity
	Reason string // of a pause, where one was given here
	Time   time.Duration
}

// AgentSpanQuery asks for the spans of an agent's states that touch a time, the newest first.
type AgentSpanQuery struct {
	Agent    string
	Switch   string // empty is any
	From, To int64  // microseconds since 1970 UTC; From is in, To is not
	After    AgentSpanPlace
	Limit    int
}

// AgentSpanPlace is a place in an answer; the zero one is before the first.
type AgentSpanPlace struct {
	Started int64
	Switch  string
}

// AgentSpan is a time in which an agent did one thing. Times are microseconds since 1970 UTC by our clock.
type AgentSpan struct {
	Switch  string
	State   string // a callcenter.Activity
	Reason  string
	Started int64
	Ended   int64 // 0 while it goes on
	Watched int64 // until when that is known, of one that goes on
}
