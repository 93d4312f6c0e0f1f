package v1

import (
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/fault"
	"callgate/internal/project"
	"callgate/internal/report"
)

// Routes keeps the routes of inbound calls; project.Service is one.
type Routes interface {
	Routes() []project.Route
	PutRoute(ctx context.Context, r project.Route, allow func(old *project.Route) error) error
	RemoveRoute(ctx context.Context, name string, allow func(old project.Route) error) error
}

// The rights to routes. Changing announcements and dial strings needs switchTexts as well.
const (
	routesSee    right = "routes/see"
	routesChange right = "routes/change"
)

// routes are the operations on routes of inbound calls.
func (f *Face) routes() {
	operation(f, huma.Operation{OperationID: "list-routes", Method: http.MethodGet, Path: "/routes",
		Summary: "Routes of inbound calls, in the order they were made"}, routesSee, f.listRoutes)
	operation(f, huma.Operation{OperationID: "get-route", Method: http.MethodGet, Path: "/route", Summary: "One route", Errors: []int{http.StatusNotFound}}, routesSee, f.getRoute)
	operation(f, huma.Operation{OperationID: "put-route", Method: http.MethodPut, Path: "/routes",
		Summary: "Make a route, or put it in the place of the one of that name", Errors: []int{http.StatusNotFound},
		Description: "Changing announcements, or steps that begin with bridge: or transfer:, needs the right `switch/texts` as well: FreeSWITCH executes them, and an extension may lead anywhere."},
		routesChange, f.putRoute)
	operation(f, huma.Operation{OperationID: "delete-route", Method: http.MethodDelete, Path: "/routes",
		Summary: "Delete a route", Errors: []int{http.StatusNotFound}}, routesChange, f.deleteRoute)
}

// RouteFields are what a route says. Steps are queue:NAME, bridge:DIALSTRING, transfer:EXT[@CONTEXT], hangup:CAUSE or
// continue.
type RouteFields struct {
	Project        string            `json:"project,omitempty" doc:"Its project's id. Empty is the default route: of calls to numbers that nobody has."`
	Numbers        []string          `json:"numbers,omitempty" doc:"Numbers of the project; none is all that no other route names. Hidden from users without the right numbers/see." nullable:"false"`
	Hours          string            `json:"hours,omitempty" doc:"When it is open, by the clock of the project's zone, such as Mon-Fri 09:00-18:00; 2026-12-31 closed. Empty is always."`
	Announce       string            `json:"announce,omitempty" doc:"Played when open. Needs the right switch/texts as well."`
	ClosedAnnounce string            `json:"closed_announce,omitempty" doc:"Played when closed. Needs the right switch/texts as well."`
	Open           string            `json:"open,omitempty" doc:"Step when open; empty is the project's first queue. Long numbers in dial strings and transfers are hidden from users without the right numbers/see."`
	Closed         string            `json:"closed,omitempty" doc:"Step when closed; empty is continue, as for those that follow."`
	Timeout        string            `json:"timeout,omitempty" doc:"Step after a queue in which the caller waited too long."`
	NoAgents       string            `json:"no_agents,omitempty" doc:"Step after a queue that had no agents for too long."`
	Failed         string            `json:"failed,omitempty" doc:"Step after a queue that there is not, or a bridge that reached nobody."`
	Keys           map[string]string `json:"keys,omitempty" doc:"Steps after a queue that the caller left by a key."`
}

// Route is a route of inbound calls.
type Route struct {
	Name string `json:"name"`
	RouteFields
}

func routeView(r project.Route, numbers bool) Route {
	show := func(step string) string {
		if s, err := project.ParseStep(step); !numbers && (err != nil || s.Verb == project.Bridge || s.Verb == project.Transfer) {
			return report.ShownText(step, numbers)
		}
		return step
	}
	v := Route{Name: r.Name, RouteFields: RouteFields{Project: r.Project, Hours: r.Hours, Announce: report.ShownText(r.Announce, numbers),
		ClosedAnnounce: report.ShownText(r.ClosedAnnounce, numbers), Open: show(r.Open), Closed: show(r.Closed), Timeout: show(r.Timeout),
		NoAgents: show(r.NoAgents), Failed: show(r.Failed)}}
	for _, number := range r.Numbers {
		v.Numbers = append(v.Numbers, report.ShownNumber(number, numbers))
	}
	for key, step := range r.Keys {
		if v.Keys == nil {
			v.Keys = map[string]string{}
		}
		v.Keys[key] = show(step)
	}
	return v
}

// wholeRoute is all of a route.
func wholeRoute(r *project.Route) Route { return routeView(*r, true) }

type routeList struct{ Body []Route }

func (f *Face) listRoutes(_ context.Context, who *asker, _ *struct{}) (*routeList, error) {
	numbers := who.May("numbers", "see")
	out := &routeList{Body: []Route{}}
	for _, r := range f.o.Routes.Routes() {
		if who.Sees(r.Project) {
			out.Body = append(out.Body, routeView(r, numbers))
		}
	}
	return out, nil
}

// ByRoute names a route.
type ByRoute struct {
	Name string `query:"name" required:"true"`
}

func (f *Face) getRoute(_ context.Context, who *asker, in *ByRoute) (*single[Route], error) {
	all := f.o.Routes.Routes()
	i := slices.IndexFunc(all, func(r project.Route) bool { return r.Name == in.Name })
	if i < 0 || !who.Sees(all[i].Project) {
		return nil, fault.New(fault.NotFound, "Route")
	}
	return singly(f, routeView(all[i], who.May("numbers", "see")), wholeRoute(&all[i]))
}

func (f *Face) putRoute(ctx context.Context, who *asker, in *struct {
	ByRoute
	KnownOrNew
	Body RouteFields
}) (*single[Route], error) {
	b := in.Body
	if err := f.mayTell(ctx, who, b.Numbers...); err != nil {
		return nil, err
	}
	r := project.Route{Name: in.Name, Project: b.Project, Numbers: b.Numbers, Hours: b.Hours, Announce: b.Announce,
		ClosedAnnounce: b.ClosedAnnounce, Open: b.Open, Closed: b.Closed, Timeout: b.Timeout, NoAgents: b.NoAgents,
		Failed: b.Failed, Keys: b.Keys}
	err := f.o.Routes.PutRoute(ctx, r, func(old *project.Route) error {
		if !who.Sees(r.Project) || old != nil && !who.Sees(old.Project) {
			return fault.New(fault.Denied, "")
		}
		if err := asKnown(f, &in.KnownOrNew, "Route", wholeRoute)(old); err != nil {
			return err
		}
		if old == nil {
			old = &project.Route{}
		}
		if slices.Equal(r.Texts(), old.Texts()) {
			return nil
		}
		if err := f.mayTell(ctx, who, r.Texts()...); err != nil {
			return err
		}
		return f.may(ctx, who, switchTexts)
	})
	if err != nil {
		return nil, err
	}
	return singly(f, wholeRoute(&r), wholeRoute(&r)) // it is what he has sent
}

func (f *Face) deleteRoute(ctx context.Context, who *asker, in *struct {
	ByRoute
	Known
}) (*struct{ Body Route }, error) {
	out := &struct{ Body Route }{}
	err := f.o.Routes.RemoveRoute(ctx, in.Name, func(old project.Route) error {
		if !who.Sees(old.Project) {
			return fault.New(fault.Denied, "")
		}
		out.Body = routeView(old, who.May("numbers", "see"))
		return in.holds(f, "Route", wholeRoute(&old))
	})
	return out, err
}
