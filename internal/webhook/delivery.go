package webhook

import (
	"math/rand/v2"
	"time"
)

// State is what has become of a delivery.
type State string

// The states.
const (
	Waiting   State = "waiting"   // for its turn, or to be tried again
	Sending   State = "sending"   // a process has it in hand
	Delivered State = "delivered" // the endpoint said that it has it
	Failed    State = "failed"    // it was tried for a day in vain, or will never be taken
)

// Delivery is an event on its way to an endpoint.
type Delivery struct {
	Endpoint string
	Event    Event
	State    State
	Made     time.Time
	Due      time.Time // when it is tried next
	Until    time.Time // after which it is not tried any more
	Ended    time.Time
	Attempts int       // since it was made, or replayed
	Log      []Attempt // of all attempts the last ones, in their order
	Hand     string    // who has it in hand
	Lease    time.Time // and until when
}

// Attempt is one time that a delivery was tried.
type Attempt struct {
	At     time.Time     `json:"at"`
	Status int           `json:"status,omitempty"` // of HTTP; 0 when there was no answer
	Error  string        `json:"error,omitempty"`
	Took   time.Duration `json:"took"`
	Answer string        `json:"answer,omitempty"` // its beginning; of all but the last attempt it is not kept
}

const (
	maxLog    = 50   // attempts that are kept of a delivery: more than a day has
	maxAnswer = 1024 // bytes that are kept of an answer

	tryTime    = 24 * time.Hour // how long a delivery is tried
	firstRetry = 10 * time.Second
	lastRetry  = time.Hour
)

// backOff is how long a delivery waits after so many attempts: ten seconds, twice as long each time, an hour at most, and
// up to a fifth less, so that those that failed together do not come together again.
func backOff(attempts int) time.Duration {
	d := min(firstRetry<<min(attempts-1, 10), lastRetry)
	return d - rand.N(d/5)
}

// tried notes an attempt.
func (d *Delivery) tried(a Attempt) {
	d.Attempts++
	if n := len(d.Log); n > 0 {
		d.Log[n-1].Answer = ""
	}
	d.Log = append(d.Log, a)
	d.Log = d.Log[max(0, len(d.Log)-maxLog):]
}

// end is what becomes of a delivery that will not be tried any more.
func (d *Delivery) end(state State, now time.Time) {
	d.State, d.Ended, d.Due, d.Lease = state, now, time.Time{}, time.Time{}
}

// wait has a delivery tried again later, or gives it up when its time is over then.
func (d *Delivery) wait(pause time.Duration, now time.Time) {
	due := now.Add(pause)
	if due.After(d.Until) {
		d.end(Failed, now)
		return
	}
	d.State, d.Due, d.Lease = Waiting, due, time.Time{}
}
