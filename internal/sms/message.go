// Package sms is text messages: what was asked to be sent, and what became of it. It is not where messages are kept, nor
// HTTP, and it writes neither a text nor a number to the process log. Calls block on the Store; the package owns no
// goroutines, and its types may be used from any.
package sms

import (
	"regexp"
	"time"
	"unicode/utf8"

	"callgate/internal/outside/gateway"
)

// Message is one text message that somebody asked to send, and what has become of it.
type Message struct {
	ID         int64 // given by the Store, growing
	At         time.Time
	Phone      string // as it was given
	Number     string // the same as a provider gets it: E.164 where the country's plan has it, else what can be dialled of it
	Originator string // whom it shows as its sender; "" is whatever the provider shows
	Text       string
	Project    string // the one it is for, if any
	Session    string // the sender's own mark
	Key        string // the sender's own: of two messages of a user with the same key the second is none; "" is no key
	UserID     int64
	Valid      time.Duration // of one that is new: Until is so long after At; 0 leaves Until as it is
	Until      time.Time     // after that it is not sent any more
	Waits      bool          // who asked waits for the answer: it is tried once, at once
	Encoding   Encoding
	Parts      int // that it is sent in

	State    State
	Result   Result
	Reason   string    // why it is not sent, or not delivered, for the administrator only
	Provider string    // who has it, or is being asked
	TheirID  string    // the provider's for it
	Attempts int       // how often all providers were asked
	Due      time.Time // when it is tried next; of a Sent one when the provider is asked what became of it, zero for never
	Sent     time.Time // when a provider took it
	Ended    time.Time // when its state became final

	Owner string    // whose process has it in hand
	Lease time.Time // until when
	Began time.Time // when the provider was asked; zero before. What ends with the process is unknown from then on
}

// State is how far a message has come.
type State string

// The states. From Sent on it goes by what the provider says, if it says anything.
const (
	Accepted  State = "accepted" // kept, and to be sent
	Queued    State = "queued"   // in the hand of a process
	Sent      State = "sent"     // a provider has taken it
	Delivered State = "delivered"
	Failed    State = "failed"  // no provider takes it, or it could not be delivered
	Expired   State = "expired" // not sent, or not delivered, in time
	Uncertain State = "unknown" // a provider was asked, and nobody knows whether it took it: it is not sent again
)

// States are all of them, in the order in which a message comes to them.
func States() []State { return []State{Accepted, Queued, Sent, Delivered, Failed, Expired, Uncertain} }

// Final tells whether nobody works at a message of that state any more.
func (s State) Final() bool { return s != Accepted && s != Queued && s != Sent }

// Result is what the sender is told, as the documented API says it. Once there is one it stays.
type Result string

// The results. There is none while it is not known.
const (
	OK    Result = "OK"    // a provider has taken the message
	Error Result = "error" // none has, or nobody knows
)

// The longest text is what 255 parts hold, the most that a message can be split into, of 153 characters each.
// Source: 3GPP TS 23.040, 9.2.3.24.1.
const (
	maxText = 255 * 153
	maxMark = 255
)

var phoneForm = regexp.MustCompile(`^\+?[0-9 ()-]{5,24}$`)

// IsPhone tells whether a text has the form of a phone number that a message can be sent to.
func IsPhone(text string) bool { return phoneForm.MatchString(text) }

// IsText tells whether a text is no longer than a message can be.
func IsText(text string) bool { return utf8.RuneCountInString(text) <= maxText }

// IsMark tells whether a text is no longer than an originator or a session can be, 255 characters.
func IsMark(text string) bool { return utf8.RuneCountInString(text) <= maxMark }

// Why a message is not sent, where no provider says it.
const (
	OptedOut    = "who it is for does not want messages"
	Interrupted = "callgate ended meanwhile"
)

// StateOf is a state as providers name it; final is false while the message is on its way.
func StateOf(s gateway.State) (state State, final bool) {
	switch s {
	case gateway.Delivered:
		return Delivered, true
	case gateway.Failed:
		return Failed, true
	case gateway.Expired:
		return Expired, true
	default:
		return Sent, false
	}
}
