package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"callgate/internal/account"
	"callgate/internal/app"
)

type moduleCmd struct {
	List moduleListCmd   `cmd:"" help:"List the modules and actions of the API, and what of them is switched off, or will be."`
	On   moduleSwitchCmd `cmd:"" help:"Switch a module, or one action of it, on."`
	Off  moduleSwitchCmd `cmd:"" help:"Switch a module, or one action of it, off: who calls it is refused."`
	Keep moduleKeepCmd   `cmd:"" help:"Forget what was to come of a module or action: it stays as it is."`
}

// namedModule is the module or action that a command is about, for all or for one project.
type namedModule struct {
	Name    string `arg:"" name:"module" placeholder:"MODULE[/ACTION]" help:"The module, such as contact, or one of its actions, such as contact/add."`
	Project string `name:"project" noenv:"" placeholder:"ID" help:"Only for this project: for requests that name it, and for users who are limited to it."`
}

// find takes the name apart. What the API does not have, and a project that is none, are refused.
func (n *namedModule) find(a *app.Administration) (module, action string, err error) {
	module, action, _ = strings.Cut(n.Name, "/")
	if action = cmp.Or(action, account.Any); n.Project != "" {
		if _, err := a.Projects.Get(n.Project); err != nil {
			return "", "", err
		}
	}
	if _, ok := account.FindAction(module, action); !ok {
		return "", "", fmt.Errorf("there is no module or action %s that could be switched; callgate module list shows them", n.Name)
	}
	return module, action, nil
}

type moduleSwitchCmd struct {
	namedModule
	From string `name:"from" noenv:"" placeholder:"TIME" help:"From when on, such as '2026-12-01 18:00' by the clock of --time-zone, 2026-12-01T18:00:00+03:00, or +2h; without it at once."`
}

// Run switches the module or action.
func (m *moduleSwitchCmd) Run(ctx context.Context, f *flags, w *outside, command commandName) error {
	from, err := f.moment(m.From)
	if err != nil {
		return usageError{fmt.Errorf("from: %w", err)}
	}
	return administer(ctx, f, w, func(a *app.Administration) error {
		module, action, err := m.find(a)
		if err != nil {
			return err
		}
		return a.Accounts.Switch(ctx, account.Module{Name: module, Action: action, Project: m.Project, On: command == "on", Since: from, By: "command line"})
	})
}

// moment reads a time, by the clock of the installation where it names no zone, or from now; an empty text is the zero time.
func (f *flags) moment(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	zone, err := f.zone()
	if err != nil {
		return time.Time{}, err
	}
	if wait, ok := strings.CutPrefix(text, "+"); ok {
		if d, err := time.ParseDuration(wait); err == nil && d >= 0 {
			return time.Now().Add(d), nil
		}
	}
	for _, form := range [...]string{time.RFC3339, time.DateTime, "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(form, text, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("want a time such as 2026-12-01 18:00, or +2h, not %q", text)
}

// zone is in which times are given and shown.
func (f *flags) zone() (*time.Location, error) {
	if f.TimeZone == "" {
		return time.Local, nil
	}
	return time.LoadLocation(f.TimeZone)
}

type moduleKeepCmd struct{ namedModule }

// Run forgets what was to come.
func (m *moduleKeepCmd) Run(ctx context.Context, f *flags, w *outside) error {
	return administer(ctx, f, w, func(a *app.Administration) error {
		module, action, err := m.find(a)
		if err != nil {
			return err
		}
		return a.Accounts.Keep(ctx, module, action, m.Project, "command line")
	})
}

type moduleListCmd struct{}

// Run prints a table of modules and actions, a row more for each project for which something was switched.
func (moduleListCmd) Run(ctx context.Context, f *flags, w *outside) error {
	zone, err := f.zone()
	if err != nil {
		return usageError{fmt.Errorf("time zone: %w", err)}
	}
	return administer(ctx, f, w, func(a *app.Administration) error {
		switched, err := a.Accounts.Modules(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(w.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(table, "MODULE\tPROJECT\tSTATE\tTO COME\tWHAT")
		for _, k := range account.Catalogue() {
			moduleRows(table, k.Name, account.Any, k.Title.English, switched, zone)
			for _, action := range k.Actions {
				if !action.Right {
					moduleRows(table, k.Name, action.Name, action.Title.English, switched, zone)
				}
			}
		}
		return table.Flush()
	})
}

// moduleRows prints how an action is switched: for all first.
func moduleRows(table *tabwriter.Writer, module, action, title string, switched []account.Module, zone *time.Location) {
	name := strings.TrimSuffix(module+"/"+action, "/"+account.Any)
	of := []account.Module{{On: true}}
	for _, m := range switched {
		switch {
		case m.Name != module || m.Action != action:
		case m.Project == "":
			of[0] = m
		default:
			of = append(of, m)
		}
	}
	for _, m := range of {
		state, next := word(m.On), "-"
		if !m.Since.IsZero() {
			state += " since " + m.Since.In(zone).Format(time.DateTime) + " by " + m.By
		}
		if n := m.Next; n != nil {
			next = word(n.On) + " from " + n.From.In(zone).Format(time.DateTime) + " by " + n.By
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", name, cmp.Or(m.Project, "-"), state, next, title)
	}
}

func word(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
