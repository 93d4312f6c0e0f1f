package v1

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/callcenter"
	"callgate/internal/fault"
	"callgate/internal/report"
)

// queues are the operations on queues that run.
func (f *Face) queues() {
	missing, all := []int{http.StatusNotFound}, "Only for who is not limited to projects. "
	operation(f, huma.Operation{OperationID: "list-queues", Method: http.MethodGet, Path: "/queues", Summary: "Queues as they run now",
		Errors: missing},
		queuesSee, f.listQueues)
	operation(f, huma.Operation{OperationID: "list-callers", Method: http.MethodGet, Path: "/queues/callers", Summary: "Callers who wait now",
		Errors: missing},
		queuesSee, f.listCallers)
	operation(f, huma.Operation{OperationID: "list-switches", Method: http.MethodGet, Path: "/switches", Summary: "Switches, and what is known of their clocks and readings"},
		queuesSee, f.listSwitches)
	operation(f, huma.Operation{OperationID: "load-queue", Method: http.MethodPost, Path: "/queues/load", Summary: "Load a queue",
		Description: all + callcenter.LoadWarning, Errors: missing}, queuesChange, f.load(false))
	operation(f, huma.Operation{OperationID: "reload-queue", Method: http.MethodPost, Path: "/queues/reload", Summary: "Load a queue anew",
		Description: all + callcenter.LoadWarning, Errors: missing}, queuesChange, f.load(true))
	operation(f, huma.Operation{OperationID: "unload-queue", Method: http.MethodPost, Path: "/queues/unload", Summary: "Unload a queue",
		Description: callcenter.UnloadWarning, Errors: missing}, queuesChange, f.unload)
}

type queueList struct {
	Age  int `header:"Age" doc:"Seconds since the oldest reading in the answer."`
	Body []Queue
}

func (f *Face) listQueues(_ context.Context, who *asker, in *OnSwitch) (*queueList, error) {
	all, age, err := rows(f.o, in.Switch, func(l *callcenter.Live) []Queue {
		views, sees := make([]Queue, 0, len(l.Queues)), &sight{all: f.o.Projects}
		for _, q := range l.Queues {
			if sees.queue(who.Projects, q.Name) {
				views = append(views, queueView(l.Switch, q))
			}
		}
		return views
	})
	return &queueList{Age: age, Body: all}, err
}

type callerList struct {
	Age  int `header:"Age" doc:"Seconds since the oldest reading in the answer."`
	Body []Caller
}

func (f *Face) listCallers(_ context.Context, who *asker, in *struct {
	OnSwitch
	Queue string `query:"queue" doc:"Only callers of this queue."`
}) (*callerList, error) {
	numbers := who.May("numbers", "see")
	all, age, err := rows(f.o, in.Switch, func(l *callcenter.Live) []Caller {
		views, sees := []Caller{}, &sight{all: f.o.Projects}
		for _, m := range l.Waiting {
			if (in.Queue == "" || m.Queue == in.Queue) && sees.queue(who.Projects, m.Queue) {
				views = append(views, Caller{Switch: l.Switch, Queue: m.Queue, Number: report.ShownNumber(m.Number, numbers), UUID: m.Session,
					Joined: unix(m.Joined), Waited: m.Waited.Seconds()})
			}
		}
		return views
	})
	slices.SortStableFunc(all, func(a, b Caller) int { return cmp.Compare(b.Waited, a.Waited) })
	return &callerList{Age: age, Body: all}, err
}

type switchList struct{ Body []Switch }

func (f *Face) listSwitches(context.Context, *asker, *struct{}) (*switchList, error) {
	list := &switchList{Body: make([]Switch, len(f.o.Switches))}
	for i, name := range f.o.Switches {
		list.Body[i].Name = name
	}
	for _, l := range f.o.Board.Live() {
		if i := slices.Index(f.o.Switches, l.Switch); i >= 0 {
			list.Body[i] = Switch{Name: l.Switch, Known: true, Core: l.Core, Age: time.Since(l.Taken).Seconds(), ClockOffset: l.Offset.Seconds()}
		}
	}
	return list, nil
}

type confirmed struct {
	ByName
	Confirm bool `query:"confirm" doc:"Must be true: loading resets more than the queue."`
}

func (f *Face) load(reload bool) func(context.Context, *asker, *confirmed) (*doneAnswer, error) {
	return func(ctx context.Context, who *asker, in *confirmed) (*doneAnswer, error) {
		if err := allProjects(who, ""); err != nil {
			return nil, err
		}
		if !in.Confirm {
			return nil, &fault.Error{Kind: fault.EmptyField, Subject: "confirm", Err: fmt.Errorf("say confirm=true: %s", callcenter.LoadWarning)}
		}
		return done(f.o.Centre.LoadQueue(ctx, in.Switch, in.Name, reload))
	}
}

func (f *Face) unload(ctx context.Context, who *asker, in *ByName) (*doneAnswer, error) {
	if err := f.seesQueue(who, in.Name, "Queue"); err != nil {
		return nil, err
	}
	return done(f.o.Centre.UnloadQueue(ctx, in.Switch, in.Name))
}
