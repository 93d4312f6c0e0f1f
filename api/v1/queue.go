package v1

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/callcenter"
	"callgate/internal/fault"
)

// queues are the operations on queues that run.
func (f *Face) queues() {
	operation(f, huma.Operation{OperationID: "list-queues", Method: http.MethodGet, Path: "/queues", Summary: "Queues as they run now"},
		queuesSee, f.listQueues)
	missing := []int{http.StatusNotFound}
	operation(f, huma.Operation{OperationID: "load-queue", Method: http.MethodPost, Path: "/queues/load", Summary: "Load a queue",
		Description: callcenter.LoadWarning, Errors: missing}, queuesChange, f.load(false))
	operation(f, huma.Operation{OperationID: "reload-queue", Method: http.MethodPost, Path: "/queues/reload", Summary: "Load a queue anew",
		Description: callcenter.LoadWarning, Errors: missing}, queuesChange, f.load(true))
	operation(f, huma.Operation{OperationID: "unload-queue", Method: http.MethodPost, Path: "/queues/unload", Summary: "Unload a queue",
		Description: callcenter.UnloadWarning, Errors: missing}, queuesChange, f.unload)
}

type queueList struct {
	Age  int `header:"Age" doc:"Seconds since the oldest reading in the answer."`
	Body []Queue
}

func (f *Face) listQueues(_ context.Context, _ *asker, in *OnSwitch) (*queueList, error) {
	all, age, err := rows(f.o.Board, in.Switch, func(s *callcenter.Snapshot) []Queue {
		views := make([]Queue, len(s.Queues))
		for i, q := range s.Queues {
			views[i] = Queue{s.Switch, q}
		}
		return views
	})
	return &queueList{Age: age, Body: all}, err
}

type confirmed struct {
	ByName
	Confirm bool `query:"confirm" doc:"Must be true: loading resets more than the queue."`
}

func (f *Face) load(reload bool) func(context.Context, *asker, *confirmed) (*doneAnswer, error) {
	return func(ctx context.Context, _ *asker, in *confirmed) (*doneAnswer, error) {
		if !in.Confirm {
			return nil, &fault.Error{Kind: fault.EmptyField, Subject: "confirm", Err: errors.New(callcenter.LoadWarning + " Say confirm=true.")}
		}
		return done(f.o.Centre.LoadQueue(ctx, in.Switch, in.Name, reload))
	}
}

func (f *Face) unload(ctx context.Context, _ *asker, in *ByName) (*doneAnswer, error) {
	return done(f.o.Centre.UnloadQueue(ctx, in.Switch, in.Name))
}
