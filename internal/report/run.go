package report

import "time"

// RunState is what has become of a run.
type RunState string

// The states. The last three are the end of it.
const (
	Waiting RunState = "waiting" // for its turn, or to be tried again
	Making  RunState = "making"  // the report is being made, and agreed upon with the mail server
	Sending RunState = "sending" // the mail server is being given the message: from here on it may have it
	Sent    RunState = "sent"
	Failed  RunState = "failed"
	Skipped RunState = "skipped"
)

// Over tells whether the state is an end.
func (s RunState) Over() bool { return s == Sent || s == Failed || s == Skipped }

// Run is one time that a schedule came, or that somebody asked for its report.
type Run struct {
	Schedule    string // its id
	Due         time.Time
	First, Last Date   // of the time that the report is of
	By          string // the login of who asked for it; "" when the schedule came
	State       RunState
	Attempts    int
	Retry       time.Time // when it is tried next, of a run that waits
	Started     time.Time // the first attempt
	Ended       time.Time
	Error       string   // why it failed, was skipped or waits; who did not get it, of one that was sent
	Bytes       int64    // of the message
	Pending     []string // recipients that the mail server has not taken yet
	Accepted    []string // those that it has
	Refused     []string // those that it never will, with its reasons
}

const (
	// patience is how long a run is tried, from its first attempt on.
	patience = 4 * time.Hour
	// late is how long after its time a run is still made.
	late = 24 * time.Hour
	// keepRuns is how long runs are kept.
	keepRuns = 400 * 24 * time.Hour
)

// pause is how long to wait after so many attempts.
func pause(attempts int) time.Duration {
	if attempts > 5 {
		return 30 * time.Minute
	}
	return time.Minute << (attempts - 1)
}

// again puts a run off that could not be made, while there is patience left, else ends it.
func (r *Run) again(now time.Time, why string) {
	r.Error = why
	if r.Retry = now.Add(pause(r.Attempts)); r.Retry.Sub(r.Started) <= patience {
		r.State = Waiting
		return
	}
	r.State = Failed
	if len(r.Accepted) > 0 {
		r.State = Sent
	}
	r.Retry, r.Ended = time.Time{}, now
}

// end ends a run.
func (r *Run) end(now time.Time, s RunState, why string) {
	r.State, r.Error, r.Retry, r.Ended = s, why, time.Time{}, now
}
