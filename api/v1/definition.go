package v1

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/callcenter"
	"callgate/internal/fault"
)

// definitions are the operations on queues as data.
func (f *Face) definitions() {
	operation(f, huma.Operation{OperationID: "list-queue-definitions", Method: http.MethodGet, Path: "/queue-definitions",
		Summary: "Queues as they are configured here"}, queuesSee, f.listDefinitions)
	const path = "/queue-definition"
	operation(f, huma.Operation{OperationID: "get-queue-definition", Method: http.MethodGet, Path: path,
		Summary: "One queue as it is configured here", Errors: []int{http.StatusNotFound}}, queuesSee, f.getDefinition)
	operation(f, huma.Operation{OperationID: "put-queue-definition", Method: http.MethodPut, Path: path,
		Summary: "Configure a queue", Errors: []int{http.StatusConflict, http.StatusNotFound},
		Description: "Changing moh_sound, announce_sound or record_template needs the right `switch/texts` as well: FreeSWITCH executes them."},
		queuesChange, f.putDefinition)
	operation(f, huma.Operation{OperationID: "delete-queue-definition", Method: http.MethodDelete, Path: path,
		Summary: "Forget a queue", Errors: []int{http.StatusNotFound}}, queuesChange, f.deleteDefinition)
}

// QueueDefinition is a queue as data.
type QueueDefinition struct {
	Hostname  string                 `json:"hostname" doc:"switchname of the FreeSWITCH it is for; empty for all."`
	Name      string                 `json:"name"`
	Params    callcenter.QueueParams `json:"params" doc:"What is left out has FreeSWITCH's own default."`
	ChangedAt time.Time              `json:"changed_at"`
	ChangedBy string                 `json:"changed_by"`
}

func definitionView(d *callcenter.QueueDefinition) QueueDefinition {
	return QueueDefinition{Hostname: d.Hostname, Name: d.Name, Params: d.Params, ChangedAt: d.At, ChangedBy: d.By}
}

type definitionList struct{ Body []QueueDefinition }

func (f *Face) listDefinitions(ctx context.Context, who *asker, _ *struct{}) (*definitionList, error) {
	all, err := f.o.Centre.QueueDefinitions(ctx)
	if err != nil {
		return nil, err
	}
	out, sees := &definitionList{Body: make([]QueueDefinition, 0, len(all))}, &sight{all: f.o.Projects}
	for i := range all {
		if sees.queue(who.Projects, all[i].Name) {
			out.Body = append(out.Body, definitionView(&all[i]))
		}
	}
	return out, nil
}

// ByDefinition names a definition.
type ByDefinition struct {
	Hostname string `query:"hostname" doc:"switchname of the FreeSWITCH it is for; empty for all."`
	Name     string `query:"name" required:"true"`
}

func (f *Face) getDefinition(ctx context.Context, who *asker, in *ByDefinition) (*single[QueueDefinition], error) {
	if err := f.seesQueue(who, in.Name, "Queue"); err != nil {
		return nil, err
	}
	all, err := f.o.Centre.QueueDefinitions(ctx)
	i := slices.IndexFunc(all, func(d callcenter.QueueDefinition) bool { return d.Hostname == in.Hostname && d.Name == in.Name })
	if err == nil && i < 0 {
		err = fault.New(fault.NotFound, "Queue")
	}
	if err != nil {
		return nil, err
	}
	return singly(f, definitionView(&all[i]), definitionView(&all[i]))
}

// todo says what has to be done for a change of a definition to run.
type todo struct {
	Body struct {
		Next string `json:"next" doc:"What has to be done for it to run."`
	}
}

func (f *Face) putDefinition(ctx context.Context, who *asker, in *struct {
	ByDefinition
	KnownOrNew
	Body callcenter.QueueParams
}) (*todo, error) {
	if err := f.seesQueue(who, in.Name, "Queue"); err != nil {
		return nil, err
	}
	d := callcenter.QueueDefinition{Hostname: in.Hostname, Name: in.Name, Params: in.Body, By: who.Login}
	if err := f.o.Centre.DefineQueue(ctx, d, func(old *callcenter.QueueDefinition) error {
		if err := asKnown(f, &in.KnownOrNew, "Queue", definitionView)(old); err != nil {
			return err
		}
		if old == nil {
			old = &callcenter.QueueDefinition{}
		}
		if in.Body.SameTexts(old.Params) {
			return nil
		}
		return f.may(ctx, who, switchTexts)
	}); err != nil {
		return nil, err
	}
	return next("The definition is kept. A switch runs by it after POST " + Base + "/queues/load, or /queues/reload for a queue that runs. " +
		callcenter.LoadWarning), nil
}

func (f *Face) deleteDefinition(ctx context.Context, who *asker, in *struct {
	ByDefinition
	Known
}) (*todo, error) {
	if err := f.seesQueue(who, in.Name, "Queue"); err != nil {
		return nil, err
	}
	if err := f.o.Centre.RemoveQueue(ctx, in.Hostname, in.Name, asKnown(f, &in.Known, "Queue", definitionView)); err != nil {
		return nil, err
	}
	return next("The definition is gone. A queue that runs by it goes on until POST " + Base + "/queues/unload."), nil
}

func next(text string) *todo {
	t := &todo{}
	t.Body.Next = text
	return t
}
