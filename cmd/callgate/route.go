package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"callgate/internal/app"
	"callgate/internal/project"
)

type routeCmd struct {
	Add    routeAddCmd    `cmd:"" help:"Add a route: what becomes of calls to numbers of a project."`
	List   routeListCmd   `cmd:"" help:"List the routes in the order they were made."`
	Set    routeSetCmd    `cmd:"" help:"Change what is given of a route, and leave the rest; an empty value takes it away."`
	Remove routeRemoveCmd `cmd:"" help:"Remove a route; its numbers go by the project's other route, or to its first queue."`
}

// routeFlags are what both add and set take. Steps are queue:NAME, bridge:DIALSTRING, transfer:EXT[@CONTEXT],
// hangup:CAUSE or continue.
type routeFlags struct {
	Number         []string `name:"number" noenv:"" sep:"none" placeholder:"NUM" help:"A number of the project; without any, all that no other route names. May be repeated."`
	Hours          *string  `name:"hours" noenv:"" placeholder:"TEXT" help:"When it is open, such as 'Mon-Fri 09:00-18:00; 2026-12-31 closed'; without, always."`
	Announce       *string  `name:"announce" noenv:"" placeholder:"SOUND" help:"Play this file or tone when open."`
	ClosedAnnounce *string  `name:"closed-announce" noenv:"" placeholder:"SOUND" help:"Play this file or tone when closed."`
	Open           *string  `name:"open" noenv:"" placeholder:"STEP" help:"What to do when open: queue:NAME, bridge:DIALSTRING, transfer:EXT[@CONTEXT], hangup:CAUSE or continue; without, the project's first queue."`
	Closed         *string  `name:"closed" noenv:"" placeholder:"STEP" help:"What to do when closed; without, continue, as for those that follow."`
	Timeout        *string  `name:"timeout" noenv:"" placeholder:"STEP" help:"What to do after a queue in which the caller waited too long."`
	NoAgents       *string  `name:"no-agents" noenv:"" placeholder:"STEP" help:"What to do after a queue that had no agents for too long."`
	Failed         *string  `name:"failed" noenv:"" placeholder:"STEP" help:"What to do after a queue that there is not, or a bridge that reached nobody."`
	Key            []string `name:"key" noenv:"" sep:"none" placeholder:"KEY=STEP" help:"What to do when the caller leaves a queue by that key. May be repeated."`
}

// change is what is given.
func (f *routeFlags) change() (project.RouteChange, error) {
	c := project.RouteChange{Numbers: given(f.Number), Hours: f.Hours, Announce: f.Announce, ClosedAnnounce: f.ClosedAnnounce,
		Open: f.Open, Closed: f.Closed, Timeout: f.Timeout, NoAgents: f.NoAgents, Failed: f.Failed}
	if list := given(f.Key); list != nil {
		keys := map[string]string{}
		for _, pair := range *list {
			key, step, found := strings.Cut(pair, "=")
			if _, twice := keys[key]; !found || twice {
				return c, usageError{fmt.Errorf("--key %q: want KEY=STEP, each key once", pair)}
			}
			keys[key] = step
		}
		c.Keys = &keys
	}
	return c, nil
}

type routeAddCmd struct {
	Name    string `arg:"" name:"name" help:"The route's name."`
	Project string `name:"project" noenv:"" placeholder:"ID" help:"Its project; without, it is the default route: of calls to numbers that nobody has."`
	routeFlags
}

// Run adds the route.
func (r *routeAddCmd) Run(ctx context.Context, f *flags, w *outside) error {
	c, err := r.change()
	if err != nil {
		return err
	}
	return administer(ctx, f, w, func(a *app.Administration) error {
		return a.Projects.AddRoute(ctx, c.Apply(project.Route{Name: r.Name, Project: r.Project}))
	})
}

type routeListCmd struct{}

// Run prints what each route says.
func (routeListCmd) Run(ctx context.Context, f *flags, w *outside) error {
	return administer(ctx, f, w, func(a *app.Administration) error {
		table := tabwriter.NewWriter(w.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(table, "NAME\tPROJECT\tNUMBERS\tHOURS\tOPEN\tCLOSED\tOTHERWISE")
		for _, r := range a.Projects.Routes() {
			of, numbers := r.Project, orDash(r.Numbers)
			if of == "" {
				of, numbers = "(default)", "(nobody's)"
			} else if len(r.Numbers) == 0 {
				numbers = "(the rest)"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Name, of, numbers, or(strings.ReplaceAll(r.Hours, "\n", "; "), "always"),
				announced(r.Announce, or(r.Open, "(first queue)")), announced(r.ClosedAnnounce, or(r.Closed, string(project.Continue))), otherwise(r))
		}
		return table.Flush()
	})
}

func or(text, empty string) string {
	if text == "" {
		return empty
	}
	return text
}

func announced(sound, step string) string {
	if sound == "" {
		return step
	}
	return sound + ", " + step
}

// otherwise are the steps after a queue that are set.
func otherwise(r project.Route) string {
	var all []string
	for _, s := range [][2]string{{"timeout", r.Timeout}, {"no agents", r.NoAgents}, {"failed", r.Failed}} {
		if s[1] != "" {
			all = append(all, s[0]+" "+s[1])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(r.Keys)) {
		all = append(all, key+" "+r.Keys[key])
	}
	return orDash(all)
}

type routeSetCmd struct {
	Name string `arg:"" name:"name" help:"The route's name."`
	routeFlags
}

// Run changes the route.
func (r *routeSetCmd) Run(ctx context.Context, f *flags, w *outside) error {
	c, err := r.change()
	if err != nil {
		return err
	}
	if c == (project.RouteChange{}) {
		return usageError{errors.New("nothing to change is given")}
	}
	return administer(ctx, f, w, func(a *app.Administration) error { return a.Projects.SetRoute(ctx, r.Name, c) })
}

type routeRemoveCmd struct {
	Name string `arg:"" name:"name" help:"The route's name."`
}

// Run removes the route.
func (r *routeRemoveCmd) Run(ctx context.Context, f *flags, w *outside) error {
	return administer(ctx, f, w, func(a *app.Administration) error { return a.Projects.RemoveRoute(ctx, r.Name, nil) })
}
