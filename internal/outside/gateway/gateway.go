// Package gateway hands text messages to those who carry them, and hears what became of them: over HTTP as data describes
// each provider, or into a log. It is not where messages are kept, nor does it decide whether one is sent again: it says
// what it knows. It writes neither a text nor a number anywhere but to the provider. Calls block for as long as their
// context lets them; what is made may be used from any goroutine.
package gateway

import "time"

// Text is a message as a provider gets it.
type Text struct {
	ID     int64     // ours, never the same for another message
	Number string    // E.164 with its plus sign, or what can be dialled where it is none
	From   string    // whom it shows as its sender; "" is whatever the provider shows
	Text   string    // valid UTF-8
	Until  time.Time // after that nobody needs it any more; zero is whatever the provider thinks
}

// Outcome is what is known of a message that was handed over.
type Outcome uint8

// The outcomes.
const (
	Unknown Outcome = iota // whether the provider has it: it may have been sent, and nobody may send it again
	Taken                  // the provider has it
	Refused                // the provider has not got it, and would not take it another time
	Later                  // the provider has not got it, and may take it another time
)

// Sent is what came of handing a message over.
type Sent struct {
	Outcome Outcome
	ID      string        // the provider's for it, when it is Taken and the provider names one
	Reason  string        // when it is not Taken: for the administrator, without text, number or secret
	Wait    time.Duration // when it is Later: how long the provider wants to be left alone, 0 when it does not say
}

// State is how far a message has come that a provider took.
type State uint8

// The states.
const (
	OnItsWay State = iota
	Delivered
	Failed  // it will not be delivered
	Expired // it was not delivered in time
)

// Receipt is what a provider says about a message that it took.
type Receipt struct {
	ID     string // the provider's
	State  State
	Reason string // of Failed, in the provider's words or codes; "" when it says none
}

// Asked is a message that a provider took, and is asked about.
type Asked struct {
	ID     string // the provider's
	Number string // as it was in the Text, for providers that want to hear it too
}

// Answer is what a provider wants to hear when it has said what it had to.
type Answer struct {
	Type string // of the content; "" for none
	Text string
}
