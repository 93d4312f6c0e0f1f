package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"callgate/internal/app"
	"callgate/internal/call"
)

// destinationCmd is about where calls may go. Every rule that applies to a call must allow it: the one for all, that of
// the user, that of the call's project.
type destinationCmd struct {
	List   destinationListCmd   `cmd:"" help:"List the rules."`
	Set    destinationSetCmd    `cmd:"" help:"Make a rule, or change what is given of it and leave the rest; prefixes are replaced as a whole."`
	Remove destinationRemoveCmd `cmd:"" help:"Remove a rule."`
}

type destinationListCmd struct{}

// Run prints a table of rules.
func (destinationListCmd) Run(ctx context.Context, f *flags, w *outside) error {
	return administer(ctx, f, w, func(a *app.Administration) error {
		table := tabwriter.NewWriter(w.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(table, "FOR\tALLOW\tDENY\tLENGTH\tCONCURRENT\tDAILY\tCODES")
		for _, r := range a.Destinations.List() {
			codes := "no"
			if r.Codes {
				codes = "yes"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s to %s\t%s\t%s\t%s\n", r.Scope, orDash(r.Allow), orDash(r.Deny), limit(r.MinLength), limit(r.MaxLength),
				limit(r.Concurrent), limit(r.Daily), codes)
		}
		return table.Flush()
	})
}

// limit shows a limit, of which 0 is none.
func limit[N int | float64](n N) string {
	if n == 0 {
		return "any"
	}
	return fmt.Sprint(n)
}

type destinationSetCmd struct {
	For        string   `arg:"" name:"for" help:"all, user:LOGIN or project:ID."`
	Allow      []string `name:"allow" noenv:"" sep:"none" placeholder:"PREFIX" help:"What numbers may begin with, without +, in the place of all before. May be repeated; an empty one for any number."`
	Deny       []string `name:"deny" noenv:"" sep:"none" placeholder:"PREFIX" help:"What they may not begin with; the longest that fits decides. May be repeated; an empty one for none."`
	MinLength  *int     `name:"min-length" noenv:"" placeholder:"N" help:"The fewest signs of a number, without +; 0 for any."`
	MaxLength  *int     `name:"max-length" noenv:"" placeholder:"N" help:"The most; 0 for any."`
	Concurrent *int     `name:"concurrent" noenv:"" placeholder:"N" help:"The most calls up at a time; 0 for any."`
	Daily      *int     `name:"daily" noenv:"" placeholder:"N" help:"The most calls begun on a day; 0 for any."`
	Codes      *bool    `name:"codes" noenv:"" negatable:"" help:"Numbers with * or # may be called, or with --no-codes not."`
}

// Run makes or changes the rule.
func (d *destinationSetCmd) Run(ctx context.Context, f *flags, w *outside) error {
	of, err := call.ParseScope(d.For)
	if err != nil {
		return usageError{err}
	}
	change := call.RuleChange{Allow: given(d.Allow), Deny: given(d.Deny), MinLength: d.MinLength, MaxLength: d.MaxLength,
		Concurrent: d.Concurrent, Daily: d.Daily, Codes: d.Codes}
	if change == (call.RuleChange{}) {
		return usageError{errors.New("nothing to change is given")}
	}
	return administer(ctx, f, w, func(a *app.Administration) error { return a.Destinations.Set(ctx, of, change, "command line", nil) })
}

type destinationRemoveCmd struct {
	For string `arg:"" name:"for" help:"all, user:LOGIN or project:ID."`
}

// Run removes the rule.
func (d *destinationRemoveCmd) Run(ctx context.Context, f *flags, w *outside) error {
	of, err := call.ParseScope(d.For)
	if err != nil {
		return usageError{err}
	}
	return administer(ctx, f, w, func(a *app.Administration) error { return a.Destinations.Remove(ctx, of, "command line", nil) })
}
