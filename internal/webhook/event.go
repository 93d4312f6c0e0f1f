package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"callgate/cdr"
)

// Kind is what happened.
type Kind string

// The kinds.
const (
	CallStarted    Kind = "call.started"    // somebody rang us, or a call was ordered
	CallAnswered   Kind = "call.answered"   // the first two parties hear each other
	CallEnded      Kind = "call.ended"      // it is over, and how
	CallMissed     Kind = "call.missed"     // somebody rang us and nobody talked with him
	RecordingReady Kind = "recording.ready" // it is whole, and to be had
	AgentState     Kind = "agent.state"     // an agent does something else
	SMSStatus      Kind = "sms.status"      // a text message came to another state
	Test           Kind = "webhook.test"    // somebody tries an endpoint
)

// Kinds are all that an endpoint can ask for, and Test, which comes unasked.
var Kinds = [...]Kind{CallStarted, CallAnswered, CallEnded, CallMissed, RecordingReady, AgentState, SMSStatus, Test}

// Right is what whoever hears of events of a kind needs: that of seeing the same otherwise.
func (k Kind) Right() (module, action string) {
	switch k {
	case RecordingReady:
		return "recordings", "see"
	case AgentState:
		return "agents", "see"
	case SMSStatus:
		return "sms", "list"
	case Test:
		return "webhooks", "edit"
	default:
		return "calls", "see"
	}
}

// Event is something that happened.
type Event struct {
	ID      string // the same whoever tells of it
	Kind    Kind
	At      time.Time
	Project string // whose it is; empty for nobody's
	Data    json.RawMessage
	Settles time.Duration // how long it may still change before it is sent
}

// NewEvent makes an event of a kind. key tells it from all others of the kind, and is the same for everybody who tells of it.
func NewEvent(kind Kind, at time.Time, project string, data Data, key ...any) Event {
	name := []byte(kind)
	for _, k := range key {
		name = fmt.Append(name, "\n", k)
	}
	sum := sha256.Sum256(name)
	raw, _ := json.Marshal(data) // of texts and numbers
	return Event{ID: "evt_" + hex.EncodeToString(sum[:16]), Kind: kind, At: at.UTC(), Project: project, Data: raw}
}

// Data is what an event tells.
type Data interface {
	// hidden is it without phone numbers.
	hidden() Data
}

// Call is what is told of a call. What is not known, or not yet, is not there.
type Call struct {
	ID          string     `json:"call_id"` // the leg that began it
	Switch      string     `json:"switch,omitempty"`
	Direction   string     `json:"direction,omitempty"`
	Project     string     `json:"project,omitempty"`
	Number      string     `json:"number,omitempty"` // the project's own
	Caller      string     `json:"caller,omitempty"`
	Called      string     `json:"called,omitempty"`
	Queue       string     `json:"queue,omitempty"`
	Agent       string     `json:"agent,omitempty"`
	User        string     `json:"user,omitempty"` // who ordered it
	Started     *time.Time `json:"started,omitempty"`
	Answered    *time.Time `json:"answered,omitempty"`
	Ended       *time.Time `json:"ended,omitempty"`
	Disposition string     `json:"disposition,omitempty"`
	HungUpBy    string     `json:"hung_up_by,omitempty"`
	Cause       string     `json:"cause,omitempty"`
	Wait        *int64     `json:"wait,omitempty"` // seconds, as the next two
	Talk        *int64     `json:"talk,omitempty"`
	Duration    *int64     `json:"duration,omitempty"`
	Recorded    *bool      `json:"recorded,omitempty"`
}

func (c Call) hidden() Data {
	c.Number, c.Caller, c.Called = hideNumber(c.Number), hideNumber(c.Caller), hideNumber(c.Called)
	return c
}

// Recording is what is told of a recording.
type Recording struct {
	Leg      string    `json:"leg_id"` // by which it is to be had
	Switch   string    `json:"switch,omitempty"`
	Project  string    `json:"project,omitempty"`
	Started  time.Time `json:"started"`
	Duration float64   `json:"duration"` // seconds
	Size     int64     `json:"size"`     // bytes
}

func (r Recording) hidden() Data { return r }

// Agent is what is told of an agent.
type Agent struct {
	Switch string    `json:"switch"`
	Name   string    `json:"agent"`
	State  string    `json:"state"`
	Reason string    `json:"reason,omitempty"`
	Since  time.Time `json:"since"`
}

func (a Agent) hidden() Data {
	a.Reason = hideText(a.Reason)
	return a
}

// Message is what is told of a text message.
type Message struct {
	ID       int64  `json:"id"`
	Phone    string `json:"phone"`
	State    string `json:"state"`
	Result   string `json:"result,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Provider string `json:"provider,omitempty"`
	Project  string `json:"project,omitempty"`
	Session  string `json:"session,omitempty"`
	Parts    int    `json:"parts"`
}

func (m Message) hidden() Data {
	m.Phone, m.Reason = hideNumber(m.Phone), hideText(m.Reason)
	return m
}

// Trial is what a test tells.
type Trial struct {
	Webhook string `json:"webhook"`
	AskedBy string `json:"asked_by"`
}

func (t Trial) hidden() Data { return t }

func hideNumber(number string) string {
	if number == "" {
		return ""
	}
	return cdr.Hidden
}

func hideText(text string) string { return string(cdr.AppendHidden(nil, []byte(text))) }

// Body is what is sent of an event, with phone numbers or without.
func (e *Event) Body(numbers bool) ([]byte, error) {
	var data any = e.Data
	if !numbers {
		open, err := e.open()
		if err != nil {
			return nil, err
		}
		data = open.hidden()
	}
	body, err := json.Marshal(struct {
		ID   string    `json:"id"`
		Kind Kind      `json:"type"`
		At   time.Time `json:"timestamp"`
		Data any       `json:"data"`
	}{e.ID, e.Kind, e.At, data})
	if err != nil {
		return nil, fmt.Errorf("write an event: %w", err)
	}
	return body, nil
}

// open reads what an event tells.
func (e *Event) open() (Data, error) {
	family, _, _ := strings.Cut(string(e.Kind), ".")
	switch family {
	case "call":
		return read[Call](e)
	case "recording":
		return read[Recording](e)
	case "agent":
		return read[Agent](e)
	case "sms":
		return read[Message](e)
	}
	return read[Trial](e)
}

func read[T Data](e *Event) (Data, error) {
	var data T
	if err := json.Unmarshal(e.Data, &data); err != nil {
		return nil, fmt.Errorf("read an event: %w", err)
	}
	return data, nil
}
