package dialplan

import (
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Decision is one step of a call that was handed over.
type Decision struct {
	ID      string // sorts by time within one process; given by the Book
	At      time.Time
	Switch  string // "" when the call's switch is none that callgate is linked to
	Core    string // which run of the switch
	Call    string // uuid of the call's channel
	Number  string // as a project has it, else as it was dialled
	Project string // "" when nobody has the number
	Route   string // "" when the project has none
	Step    Step
	Detail  string // the queue, cause, key …; see the Step
}

// Step is what was decided, or happened.
type Step string

// The steps. A call that reached a queue has Queue without AfterFailed right behind it.
const (
	Arrived       Step = "arrived"
	Routed        Step = "route"           // detail: open or closed
	Recorded      Step = "record"          // before recording starts
	Announced     Step = "announce"        // detail: what went wrong
	Queued        Step = "queue"           // before it is entered; detail: its name
	Bridged       Step = "bridge"          // before anybody is rung; detail: the dial string
	Transferred   Step = "transfer"        // detail: extension[@context]
	HungUp        Step = "hangup"          // by us; detail: cause
	Answered      Step = "answered"        // by an agent, whose name is the detail, or at the other end of a bridge
	AfterTimeout  Step = "after:timeout"   // the queue's max-wait-time
	AfterNoAgents Step = "after:no_agents" // the queue's max-wait-time-with-no-agent
	AfterKey      Step = "after:key"       // detail: the key
	AfterFailed   Step = "after:failed"    // no such queue, or nobody answered a bridge; detail: why
	Continued     Step = "continue"        // given back to the dialplan; detail: why, when no route says so
	Ended         Step = "ended"           // the caller hung up; detail: in what
	Failed        Step = "failed"          // detail: what did not work
)

// DecisionQuery asks for decisions, the oldest first.
type DecisionQuery struct {
	From, To time.Time // From <= At < To
	Projects []string  // none is all
	Call     string    // "" is every call
	After    Cursor    // the zero value is the beginning
	Limit    int
}

// Cursor is a place in the list: that of a decision which has been read.
type Cursor struct {
	At time.Time
	ID string
}

// Cursor is the decision's place in the list.
func (d Decision) Cursor() Cursor { return Cursor{d.At, d.ID} }

// DecisionStore keeps decisions.
type DecisionStore interface {
	// SaveDecisions keeps all or none; one whose ID is known already is not kept again. fault.StorageDown says that trying
	// again may help.
	SaveDecisions(ctx context.Context, all []Decision) error
}

const maxText = 128 // characters of a text from outside

// plain is text from outside as it may be kept: bounded and printable.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text[:min(len(text), maxText*utf8.UTFMax)])
	if utf8.RuneCountInString(text) > maxText {
		text = string([]rune(text)[:maxText])
	}
	return text
}
