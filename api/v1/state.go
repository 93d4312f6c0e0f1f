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
		Description: "Each state begins when the one before ended, on each switch that has the agent; what nobody watched is `unknown`. from and to are about when it went on; without from a day before to, without to up to now.",
		Errors:      []int{http.StatusNotFound}}, agentsSee, f.agentStates)
}

// AgentState is what an agent did for a time. Times are by the clock of callgate.
type AgentState struct {
	Switch  string     `json:"switch"`
	State   string     `json:"state" enum:"unknown,logged_out,talking,ringing,outside,pause,wrap_up,ready,not_ready"`
	Reason  string     `json:"reason" doc:"Of a pause, where one was given through callgate. Long numbers in it are hidden from users without the right numbers/see."`
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

func (f *Face) agentStates(ctx context.Context, who *asker, in *struct {
	ByName
	Span
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	Cursor string `query:"cursor" maxLength:"1024" doc:"next of the page before; what else is asked for stays the same."`
}) (*agentStates, error) {
	if in.Name == "" {
		return nil, fault.New(fault.EmptyField, "name")
	}
	if in.Switch != "" && !slices.Contains(f.o.Switches, in.Switch) {
		return nil, fault.New(fault.NotFound, "Switch")
	}
	if err := f.seesAgent(who, in.Switch, in.Name, false); err != nil {
		return nil, err
	}
	from, to, _, err := f.span(&in.Span)
	if err != nil {
		return nil, err
	}
	if to == 0 {
		to = time.Now().Add(time.Minute).UnixMicro() // of replicas whose clocks differ
	}
	if from == 0 {
		from = to - listSpan.Microseconds()
	}
	q := report.AgentSpanQuery{Agent: in.Name, Switch: in.Switch, From: from, To: to, Limit: in.Limit}
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
	out, numbers := &agentStates{}, who.May("numbers", "see")
	out.Body.States = make([]AgentState, len(all))
	for i, s := range all {
		out.Body.States[i] = AgentState{Switch: s.Switch, State: s.State, Reason: report.ShownText(s.Reason, numbers), Started: micro(s.Started),
			Ended: given(micro(s.Ended)), Watched: given(micro(s.Watched))}
	}
	if len(all) == in.Limit {
		last := all[len(all)-1]
		out.Body.Next = strconv.FormatInt(last.Started, 10) + "." + last.Switch
	}
	return out, nil
}
