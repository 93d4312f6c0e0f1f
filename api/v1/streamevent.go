package v1

import (
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// The data of events that are none of the lists' objects, as a client sees them.

// Standing is how well a topic of a switch is known.
type Standing struct {
	Switch string     `json:"switch"`
	Since  *time.Time `json:"since,omitempty" doc:"As of when it was so, while it is stale and that is known."`
	Stale  bool       `json:"stale" doc:"It may be otherwise by now: the link to the switch is down, or it cannot be read."`
}

// QueueSnapshot is all queues of a switch that are to be seen.
type QueueSnapshot struct {
	Topic string `json:"topic" enum:"queues"`
	Standing
	Rows []Queue `json:"rows" nullable:"false"`
}

// AgentSnapshot is all agents of a switch that are to be seen.
type AgentSnapshot struct {
	Topic string `json:"topic" enum:"agents"`
	Standing
	Rows []Agent `json:"rows" nullable:"false"`
}

// CallSnapshot is all legs of a switch that are up and to be seen.
type CallSnapshot struct {
	Topic string `json:"topic" enum:"calls"`
	Standing
	Rows []LiveCall `json:"rows" nullable:"false"`
}

// Gone is what is there, or to be seen, no more.
type Gone struct {
	Topic  string `json:"topic" enum:"queues,agents,calls"`
	Switch string `json:"switch"`
	ID     string `json:"id" doc:"The name of a queue or agent, the UUID of a leg."`
}

// Stale is a topic of a switch that may be otherwise by now.
type Stale struct {
	Topic  string     `json:"topic" enum:"queues,agents,calls"`
	Switch string     `json:"switch"`
	Since  *time.Time `json:"since,omitempty" doc:"As of when it is known."`
}

// Fresh is a topic of a switch that is known again.
type Fresh struct {
	Topic  string `json:"topic" enum:"queues,agents,calls"`
	Switch string `json:"switch"`
}

// Reset has nothing.
type Reset struct{}

// streamSchema describes the events, one component for each, and their sum, for clients that are generated.
func (f *Face) streamSchema() *huma.Schema {
	registry := f.api.OpenAPI().Components.Schemas
	sum := &huma.Schema{Description: "One event. The lines of a stream are its fields; data is JSON on one line.",
		Discriminator: &huma.Discriminator{PropertyName: "event"}}
	for _, e := range []struct {
		name, event string
		data        []any
	}{
		{"SnapshotEvent", "snapshot", []any{QueueSnapshot{}, AgentSnapshot{}, CallSnapshot{}}},
		{"QueueEvent", "queue", []any{Queue{}}}, {"AgentEvent", "agent", []any{Agent{}}}, {"CallEvent", "call", []any{LiveCall{}}},
		{"GoneEvent", "gone", []any{Gone{}}}, {"StaleEvent", "stale", []any{Stale{}}}, {"FreshEvent", "fresh", []any{Fresh{}}},
		{"ResetEvent", "reset", []any{Reset{}}},
	} {
		data := &huma.Schema{}
		for _, d := range e.data {
			data.OneOf = append(data.OneOf, registry.Schema(reflect.TypeOf(d), true, ""))
		}
		if len(data.OneOf) == 1 {
			data = data.OneOf[0]
		}
		one := &huma.Schema{Type: huma.TypeObject, Required: []string{"id", "event", "data"}, Properties: map[string]*huma.Schema{
			"id": {Type: huma.TypeString, Description: "For Last-Event-ID."}, "event": {Type: huma.TypeString, Enum: []any{e.event}}, "data": data}}
		registry.Map()[e.name] = one
		ref := "#/components/schemas/" + e.name
		sum.OneOf = append(sum.OneOf, &huma.Schema{Ref: ref})
		if sum.Discriminator.Mapping == nil {
			sum.Discriminator.Mapping = map[string]string{}
		}
		sum.Discriminator.Mapping[e.event] = ref
	}
	registry.Map()["StreamEvent"] = sum
	return &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Ref: "#/components/schemas/StreamEvent"}}
}
