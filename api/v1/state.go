package v1

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/fault"
	"callgate/internal/report"
)

// States knows what agents did.
type States interface {
	AgentSpans(ctx context.Context, q report.AgentSpanQuery) ([]report.AgentSpan, error)
}

// states are the operations on what agents did.
func (f *Face) states() {
	operation(f, huma.Operation{OperationID: "agent-states", Method: http.MethodGet, Path: "/agents/states", Summary: "What an agent did, the newest first",
		Description: "Each state begins when the one before ended, on each switch that has the agent; what nobody watched is `unknown`.",
		Errors:      []int{http.StatusNotFound}}, agentsSee, f.agentStates)
}

// AgentState is what an agent did for a time. Times are by the clock of callgate.
type AgentState struct {
	Switch  string     `json:"switch"`
	State   string     `json:"state" enum:"unknown,logged_out,talking,ringing,outside,pause,wrap_up,ready,not_ready"`
	Reason  string     `json:"reason" doc:"Of a pause, where one was given through callgate."`
	Started time.Time  `json:"started"`
	Ended   *time.Time `json:"ended,omitempty" doc:"Not there while it goes on."`
	Watched *time.Time `json:"watched,omitempty" doc:"Until when that is known, while it goes on."`
}

type agentStates struct {
	Body struct {
		States []AgentState `json:"states" nullable:"false"`
		Next   string       `json:"next" doc:"The cursor of the next page; empty when there is none."`
	}
}

func (f *Face) agentStates(ctx context.Context, _ *asker, in *struct {
	ByName
	From   time.Time `query:"from" doc:"What went on then or later; a day before to."`
	To     time.Time `query:"to" doc:"What began before; now."`
	Limit  int       `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	Cursor string    `query:"cursor" maxLength:"1024" doc:"next of the page before; what else is asked for stays the same."`
}) (*agentStates, error) {
	if in.Name == "" {
		return nil, fault.New(fault.EmptyField, "name")
	}
	if in.Switch != "" && !slices.Contains(f.o.Switches, in.Switch) {
		return nil, fault.New(fault.NotFound, "Switch")
	}
	if in.To.IsZero() {
		in.To = time.Now().Add(time.Minute) // of replicas whose clocks differ
	}
	if in.From.IsZero() {
		in.From = in.To.Add(-listSpan)
	}
	q := report.AgentSpanQuery{Agent: in.Name, Switch: in.Switch, From: in.From.UnixMicro(), To: in.To.UnixMicro(), Limit: in.Limit}
	if in.Cursor != "" {
		started, name, ok := strings.Cut(in.Cursor, ".")
		us, err := strconv.ParseInt(started, 10, 64)
		if err != nil || !ok {
			return nil, &fault.Error{Kind: fault.WrongField, Subject: "cursor", Err: errors.New("want the next of an answer")}
		}
		q.After = report.AgentSpanPlace{Started: us, Switch: name}
	}
	all, err := f.o.States.AgentSpans(ctx, q)
	if err != nil {
		return nil, err
	}
	at := func(us int64) *time.Time {
		if us == 0 {
			return nil
		}
		t := time.UnixMicro(us).UTC()
		return &t
	}
	out := &agentStates{}
	out.Body.States = make([]AgentState, len(all))
	for i, s := range all {
		out.Body.States[i] = AgentState{Switch: s.Switch, State: s.State, Reason: s.Reason, Started: *at(s.Started), Ended: at(s.Ended), Watched: at(s.Watched)}
	}
	if len(all) == in.Limit {
		last := all[len(all)-1]
		out.Body.Next = strconv.FormatInt(last.Started, 10) + "." + last.Switch
	}
	return out, nil
}
