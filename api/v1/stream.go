package v1

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/prometheus/client_golang/prometheus"

	"callgate/api/stream"
	"callgate/internal/fault"
)

// NewStream makes what streams are told by, which wants to be run and hinted at.
func NewStream(o StreamOptions, metrics prometheus.Registerer) *stream.Hub {
	return stream.New(stream.Options{Look: o.look, Registerer: metrics})
}

// topicRights are the rights to topics, in the order of their snapshots.
var topicRights = [...]struct {
	topic string
	right right
}{{queuesTopic, queuesSee}, {agentsTopic, agentsSee}, {callsTopic, callsSee}}

// streams is the operation that tells of changes.
func (f *Face) streams() {
	operation(f, huma.Operation{OperationID: "stream", Method: http.MethodGet, Path: "/stream", Summary: "Changes as they happen, as Server-Sent Events",
		Description: "First a `snapshot` for each topic of each switch, then `queue`, `agent` and `call`, each with the whole object as the lists have it, and `gone` for " +
			"what is there, or to be seen, no more. `stale` says that a topic of a switch may be otherwise by now, `fresh` that it is known again. Who comes back with " +
			"Last-Event-ID is told what he has missed, of the last minute; where that is not known, as by another replica, `reset` says that all that was told before is " +
			"void, and snapshots follow. An object is told of at most ten times a second. A comment comes every 15 seconds in which nothing else does. The stream ends within two seconds when the token or a right ends, " +
			"or what may be seen becomes another: who comes back begins anew. 429 says that a user has 20 streams, or all users 5000. Rights: " +
			"`queues/see`, `agents/see`, `calls/see`, each for its topic; numbers are hidden without `numbers/see`.",
		Responses: map[string]*huma.Response{"200": {Description: "The stream.", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: f.streamSchema()}}}}},
		"", f.stream)
}

func (f *Face) stream(ctx context.Context, who *asker, in *struct {
	Topics []string `query:"topics" enum:"queues,agents,calls" doc:"Without it all for which there is a right."`
	Once   bool     `query:"once" doc:"End when all there is, or what was missed, has been told."`
	Last   string   `header:"Last-Event-ID" doc:"The id of the last event that was received."`
}) (*huma.StreamResponse, error) {
	viewer, err := f.viewer(ctx, who, in.Topics)
	if err != nil {
		return nil, err
	}
	client, err := f.o.Stream.Join(who.UserID, *viewer, in.Last)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		defer client.Leave()
		c := humagin.Unwrap(ctx)
		h := c.Writer.Header()
		h.Set("Content-Type", "text/event-stream")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Accel-Buffering", "no") // nginx would keep it back
		err := client.Serve(c.Request.Context(), c.Writer, in.Once, func(now context.Context) error {
			return f.still(huma.WithContext(ctx, now), who, viewer, in.Topics)
		})
		if !errors.Is(err, context.Canceled) { // that the client has gone is how streams end
			who.cause = err
		}
	}}, nil
}

// viewer is what somebody sees of the topics that he asks for, of all that he may when he asks for none.
func (f *Face) viewer(ctx context.Context, who *asker, asked []string) (*stream.Viewer, error) {
	v := &stream.Viewer{Numbers: who.May("numbers", "see")}
	var denied error
	for _, t := range topicRights {
		if len(asked) > 0 && !slices.Contains(asked, t.topic) {
			continue
		}
		one := *who // whose projects may be fewer for this right
		switch err := f.may(ctx, &one, t.right); {
		case err == nil:
			v.Topics = append(v.Topics, stream.Topic{Name: t.topic, Projects: one.Projects})
		case len(asked) > 0 || !errors.Is(err, fault.New(fault.Denied, "")):
			return nil, err
		default:
			denied = err
		}
	}
	if len(v.Topics) == 0 {
		return nil, denied
	}
	return v, nil
}

// errOther is that somebody may see other things than when he came.
var errOther = errors.New("what may be seen has changed")

// still looks again whether somebody may see what he is shown, and nothing else.
func (f *Face) still(ctx huma.Context, came *asker, was *stream.Viewer, asked []string) error {
	who := &asker{request: came.request, client: came.client}
	if err := f.admit(ctx, who, ""); err != nil {
		return err
	}
	v, err := f.viewer(ctx.Context(), who, asked)
	if err == nil && !v.Same(was) {
		err = fault.Wrap(fault.Denied, errOther, "stream")
	}
	return err
}
