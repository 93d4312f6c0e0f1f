package webhook

import (
	"context"
	"strconv"
	"strings"
	"time"

	"callgate/cdr"
	"callgate/esl"
	"callgate/internal/history"
)

// Subclass is that of the events by which mod_callcenter tells which agent a caller is connected with.
const Subclass = "callcenter::info"

const (
	channelCreate = "CHANNEL_CREATE"
	channelBridge = "CHANNEL_BRIDGE"
)

// SwitchEvents are the other events that Listen makes use of.
func SwitchEvents() []string { return []string{channelCreate, channelBridge} }

const (
	maxText     = 256    // bytes that are taken of any text of an event
	maxAnswered = 10_000 // callers of queues of whom it is remembered which agent answers
)

// Numbering tells what is known here of numbers.
type Numbering = history.Surroundings

// Listen takes the events of the named switch until ctx ends, and closes the subscription then. Every process listens: what
// several tell of is kept once, and what one misses the others have. What all miss nobody tells of.
func (s *Service) Listen(ctx context.Context, switchName string, events *esl.Subscription) error {
	defer events.Close()
	e := ear{switchName: switchName, around: s.o.Numbering, answers: map[string]answer{}}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-events.Lost():
		case event, ok := <-events.C:
			if !ok {
				<-ctx.Done()
				return nil
			}
			wanted := s.current.Load().wanted
			if !wanted[CallStarted] && !wanted[CallAnswered] {
				continue
			}
			if told, ok := e.hear(event); ok && wanted[told.Kind] {
				s.heard.Put(told)
			}
		}
	}
}

// ear makes events of those of a switch.
type ear struct {
	switchName string
	around     Numbering
	answers    map[string]answer // by the caller's channel
}

// answer is which agent of which queue has answered.
type answer struct{ agent, queue string }

// hear reads an event; ok is false when there is nothing to tell.
func (l *ear) hear(e *esl.Event) (told Event, ok bool) {
	text := func(name string) string {
		v := e.Get(name)
		return strings.ToValidUTF8(v[:min(len(v), maxText)], "\uFFFD")
	}
	kind := CallStarted
	switch e.Name() {
	case "CUSTOM":
		// Source: mod_callcenter.c outbound_agent_thread_run: the agent has answered, and is bridged with the member next. What
		// it sets on the member's channel may come too late for the event of the bridge.
		if e.Get("CC-Action") == "bridge-agent-start" {
			if len(l.answers) >= maxAnswered {
				clear(l.answers)
			}
			l.answers[text("CC-Member-Session-UUID")] = answer{text("CC-Agent"), text("CC-Queue")}
		}
		return told, false
	case channelBridge:
		kind = CallAnswered
	case channelCreate:
	default:
		return told, false
	}
	id, created := text("Unique-ID"), microseconds(e.Get("Caller-Channel-Created-Time"))
	if id == "" || created.IsZero() || !begins(e) {
		return told, false
	}
	// The owner of a number goes before what the call was ordered for, as where CDRs are taken in.
	leg := history.NewLeg(&cdr.Record{Direction: text("Call-Direction"), Caller: text("Caller-Caller-ID-Number"), Called: text("Caller-Destination-Number"),
		Number: text("variable_callgate_number"), Project: text("variable_callgate_project")}, created.UnixMicro(), l.around)
	data := Call{ID: id, Switch: l.switchName, Direction: leg.Direction, Project: leg.Project, Number: leg.OwnNumber, Caller: leg.CallerNormal,
		Called: leg.CalledNormal, User: esl.Unescape(text("variable_callgate_user")), Started: &created}
	at := created
	if kind == CallAnswered {
		if at = microseconds(e.Get("Event-Date-Timestamp")); at.IsZero() {
			return told, false
		}
		data.Answered = &at
		by := l.answers[id]
		delete(l.answers, id)
		data.Agent, data.Queue = by.agent, by.queue
	}
	return NewEvent(kind, at, leg.Project, data, id, created.UnixMicro()), true
}

// begins tells whether a channel begins a call: nobody dialled it, no queue rings an agent with it, and it is not half of a
// loopback channel.
func begins(e *esl.Event) bool {
	if strings.HasPrefix(e.Get("Channel-Name"), "loopback/") || e.Get("variable_cc_side") == "agent" {
		return false
	}
	return e.Get("Call-Direction") == "inbound" || e.Get("Other-Type") != "originator" && e.Get("variable_originator") == ""
}

func microseconds(text string) time.Time {
	us, err := strconv.ParseInt(text, 10, 64)
	if err != nil || us <= 0 || us > 253402300799_000_000 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
