package v1

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"callgate/dialplan"
	"callgate/internal/fault"
	"callgate/internal/history"
	"callgate/internal/report"
)

// Decisions knows what was decided about inbound calls.
type Decisions interface {
	Decisions(ctx context.Context, q dialplan.DecisionQuery) ([]dialplan.Decision, error)
}

// decisions are the operations on what was decided about inbound calls.
func (f *Face) decisions() {
	operation(f, huma.Operation{OperationID: "list-decisions", Method: http.MethodGet, Path: "/decisions",
		Summary: "What was decided about inbound calls, the oldest first", Description: "from must be given."}, callsSee, f.listDecisions)
}

// Decision is one step of an inbound call.
type Decision struct {
	At      time.Time `json:"at"`
	Switch  string    `json:"switch" doc:"unknown when it is none that is configured."`
	Core    string    `json:"core_uuid" doc:"Which run of the switch."`
	Call    string    `json:"call" doc:"The caller's channel."`
	Number  string    `json:"number" doc:"The number that was dialled; hidden from users without the right numbers/see."`
	Project string    `json:"project" doc:"Empty when nobody has the number."`
	Route   string    `json:"route" doc:"Empty when the project has none."`
	Step    string    `json:"step" doc:"arrived, route, record, announce, queue, bridge, transfer, hangup, answered, after:timeout, after:no_agents, after:key, after:failed, continue, ended or failed."`
	Detail  string    `json:"detail" doc:"The queue, cause, key or dial string of the step, or why it was taken. Long numbers in it are hidden from users without the right numbers/see."`
}

type decisionList struct {
	Body struct {
		Decisions []Decision `json:"decisions" nullable:"false"`
		Next      string     `json:"next,omitempty" doc:"What to give as after for those that follow; there are none without it."`
	}
}

func (f *Face) listDecisions(ctx context.Context, who *asker, in *struct {
	Span
	Call  string `query:"call" doc:"Only of the call with this channel."`
	After string `query:"after" doc:"Only those that follow; next of an earlier answer."`
	Limit int    `query:"limit" default:"100" minimum:"1" maximum:"1000"`
}) (*decisionList, error) {
	from, to, _, err := f.span(&in.Span)
	if err == nil && from == 0 {
		err = &fault.Error{Kind: fault.EmptyField, Subject: "from", Err: errors.New("give a time")}
	}
	if err != nil {
		return nil, err
	}
	q := dialplan.DecisionQuery{From: micro(from), To: micro(to), Call: in.Call, Projects: who.Projects, Limit: in.Limit}
	if q.To.IsZero() {
		q.To = time.Now().Add(time.Minute) // of switches and replicas whose clocks differ
	}
	if in.After != "" {
		at, id, _ := strings.Cut(in.After, ".")
		us, err := strconv.ParseInt(at, 10, 64)
		if err != nil || id == "" {
			return nil, &fault.Error{Kind: fault.WrongField, Subject: "after", Err: errors.New("want next of an earlier answer")}
		}
		q.After = dialplan.Cursor{At: time.UnixMicro(us), ID: id}
	}
	all, err := f.o.Decisions.Decisions(ctx, q)
	if err != nil {
		return nil, err
	}
	numbers := who.May("numbers", "see")
	out := &decisionList{}
	out.Body.Decisions = make([]Decision, len(all))
	for i, d := range all {
		out.Body.Decisions[i] = Decision{At: d.At, Switch: cmp.Or(d.Switch, history.UnknownSwitch), Core: d.Core, Call: d.Call, Number: report.ShownNumber(d.Number, numbers), Project: d.Project,
			Route: d.Route, Step: string(d.Step), Detail: report.ShownText(d.Detail, numbers)}
	}
	if len(all) == in.Limit {
		last := all[len(all)-1].Cursor()
		out.Body.Next = strconv.FormatInt(last.At.UnixMicro(), 10) + "." + last.ID
	}
	return out, nil
}
