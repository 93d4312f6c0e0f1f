package v1

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/fault"
)

// routeTrials is the operation that tells where a call would go.
func (f *Face) routeTrials() {
	operation(f, huma.Operation{OperationID: "try-route", Method: http.MethodGet, Path: "/route-trial", Summary: "Where a call to a number would go",
		Description: "At a time, by the routes as they are now; nobody is called. Needs the right `numbers/see` as well. For who is limited to projects there are their numbers only.",
		Errors:      []int{http.StatusNotFound}}, routesSee, f.tryRoute)
}

// RouteTrial is where a call would go. Steps are those of routes.
type RouteTrial struct {
	FoundNumber
	At       time.Time         `json:"at" doc:"When, by the clock that counts."`
	Zone     string            `json:"zone" doc:"IANA's name of that clock's zone; empty for the installation's, where it has none."`
	Open     bool              `json:"open" doc:"The route is open then."`
	Announce string            `json:"announce" doc:"Played first; empty when nothing is."`
	Step     string            `json:"step" doc:"What is done then."`
	Timeout  string            `json:"timeout" doc:"What is done, after a queue, with a caller who waited too long."`
	NoAgents string            `json:"no_agents" doc:"With one for whom it had no agents for too long."`
	Failed   string            `json:"failed" doc:"When there is no such queue, or a bridge reached nobody."`
	Keys     map[string]string `json:"keys" doc:"With one who left the queue by a key."`
}

func (f *Face) tryRoute(ctx context.Context, who *asker, in *struct {
	ByNumber
	At string `query:"at" maxLength:"64" doc:"RFC 3339, or YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS by the clock that counts for the number; now without it."`
}) (*struct{ Body RouteTrial }, error) {
	if err := f.mayAskForNumbers(ctx, who); err != nil {
		return nil, err
	}
	m := f.o.ProjectBook.Lookup(in.Number)
	if !who.Sees(m.Project) {
		return nil, fault.New(fault.NotFound, "Number")
	}
	zone, at := m.Plan.Zone(), time.Now()
	if in.At != "" {
		us, err := moment("at", in.At, zone, false)
		if err != nil {
			return nil, err
		}
		at = time.UnixMicro(us)
	}
	t := RouteTrial{FoundNumber: f.found(in.Number, m), At: at.In(zone), Zone: zone.String(), Timeout: m.Plan.Timeout().String(), NoAgents: m.Plan.NoAgents().String(),
		Failed: m.Plan.Failed().String(), Keys: map[string]string{}}
	if zone == time.Local {
		t.Zone = ""
	}
	open, announce, step := m.Plan.Start(at)
	t.Open, t.Announce, t.Step = open, announce, step.String()
	for _, key := range m.Plan.Keys() {
		t.Keys[string(key)] = m.Plan.Key(string(key)).String()
	}
	return &struct{ Body RouteTrial }{t}, nil
}
