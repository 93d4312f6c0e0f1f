package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"

	"callgate/internal/app"
	"callgate/internal/project"
)

type projectCmd struct {
	Add    projectAddCmd    `cmd:"" help:"Add a project."`
	List   projectListCmd   `cmd:"" help:"List the projects in the order they were made."`
	Set    projectSetCmd    `cmd:"" help:"Change what is given of a project, and leave the rest; numbers and queues are replaced as a whole."`
	Remove projectRemoveCmd `cmd:"" help:"Remove a project; its numbers are free again."`
}

type projectAddCmd struct {
	ID        string   `arg:"" name:"id" help:"The project's id, as the API knows it."`
	Name      string   `name:"name" noenv:"" required:"" help:"Its name."`
	Number    []string `name:"number" noenv:"" sep:"none" placeholder:"NUM" help:"A number that customers call; it belongs to one project. May be repeated."`
	Queue     []string `name:"queue" noenv:"" sep:"none" placeholder:"QUEUE" help:"A queue whose agents serve it, such as support@default; it may serve several. May be repeated."`
	Zone      string   `name:"zone" noenv:"" placeholder:"ZONE" help:"The time zone of its days, such as Europe/Moscow; without it the installation's."`
	Country   string   `name:"country" noenv:"" placeholder:"CODE" help:"The country by whose numbering plan its numbers are read, such as RU; without it the setting numbers.country holds."`
	SLSeconds int      `name:"sl-seconds" noenv:"" default:"${sl_seconds}" placeholder:"N" help:"A call answered in less counts for the service level."`
	Record    bool     `name:"record" noenv:"" help:"Record its calls."`
	KeepDays  int      `name:"keep-recordings-days" noenv:"" default:"-1" placeholder:"N" help:"Days after which its recordings are deleted; 0 for never. Without it the setting recordings.keep_days holds."`
	SMSHours  string   `name:"sms-hours" noenv:"" placeholder:"TEXT" help:"When text messages are sent for it, such as 'Mon-Sun 09:00-21:00', by its zone; without, always."`
	KeepCDRs  int      `name:"keep-cdrs-days" noenv:"" default:"-1" placeholder:"N" help:"Days after which its CDRs and calls are deleted; 0 for never. Without it the setting cdr.keep_days holds."`
}

// Run adds the project.
func (p *projectAddCmd) Run(ctx context.Context, f *flags, w *outside) error {
	return administer(ctx, f, w, func(a *app.Administration) error {
		return a.Projects.Add(ctx, project.Project{ID: p.ID, Name: p.Name, Numbers: p.Number, Queues: p.Queue, Zone: p.Zone, Country: p.Country,
			SLSeconds: p.SLSeconds, Record: p.Record, KeepRecordingsDays: p.KeepDays, KeepCDRsDays: p.KeepCDRs, SMSHours: p.SMSHours})
	})
}

type projectListCmd struct{}

// Run prints a table of projects.
func (projectListCmd) Run(ctx context.Context, f *flags, w *outside) error {
	return administer(ctx, f, w, func(a *app.Administration) error {
		table := tabwriter.NewWriter(w.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(table, "ID\tNAME\tZONE\tSL\tRECORD\tRECORDINGS\tCDRS\tCOUNTRY\tNUMBERS\tQUEUES")
		for _, p := range a.Projects.List() {
			record := "no"
			if p.Record {
				record = "yes"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%ds\t%s\t%s\t%s\t%s\t%s\t%s\n", p.ID, p.Name, cmp.Or(p.Zone, "(installation's)"), p.SLSeconds, record,
				kept(p.KeepRecordingsDays), kept(p.KeepCDRsDays), cmp.Or(p.Country, "(installation's)"), orDash(p.Numbers), orDash(p.Queues))
		}
		return table.Flush()
	})
}

// kept says for how long recordings or CDRs are kept.
func kept(days int) string {
	switch days {
	case 0:
		return "for ever"
	case project.KeepAsSet:
		return "(installation's)"
	}
	return strconv.Itoa(days) + "d"
}

func orDash(list []string) string {
	if len(list) == 0 {
		return "-"
	}
	return strings.Join(list, ", ")
}

type projectSetCmd struct {
	ID        string   `arg:"" name:"id" help:"The project's id."`
	Name      *string  `name:"name" noenv:"" help:"Another name."`
	Number    []string `name:"number" noenv:"" sep:"none" placeholder:"NUM" help:"The numbers, in the place of all it had. May be repeated; an empty one for none."`
	Queue     []string `name:"queue" noenv:"" sep:"none" placeholder:"QUEUE" help:"The queues, in the place of all it had. May be repeated; an empty one for none."`
	Zone      *string  `name:"zone" noenv:"" placeholder:"ZONE" help:"Another time zone; empty for the installation's."`
	Country   *string  `name:"country" noenv:"" placeholder:"CODE" help:"Another country; empty for what the setting numbers.country says."`
	SLSeconds *int     `name:"sl-seconds" noenv:"" placeholder:"N" help:"Another threshold of the service level."`
	Record    *bool    `name:"record" noenv:"" negatable:"" help:"Record its calls, or with --no-record do not."`
	KeepDays  *int     `name:"keep-recordings-days" noenv:"" placeholder:"N" help:"Days after which its recordings are deleted; 0 for never, -1 for what the setting recordings.keep_days says."`
	SMSHours  *string  `name:"sms-hours" noenv:"" placeholder:"TEXT" help:"When text messages are sent for it; empty for always."`
	KeepCDRs  *int     `name:"keep-cdrs-days" noenv:"" placeholder:"N" help:"Days after which its CDRs and calls are deleted; 0 for never, -1 for what the setting cdr.keep_days says."`
}

// Run changes the project.
func (p *projectSetCmd) Run(ctx context.Context, f *flags, w *outside) error {
	change := project.Change{Name: p.Name, Zone: p.Zone, Country: p.Country, Numbers: given(p.Number), Queues: given(p.Queue), SLSeconds: p.SLSeconds, Record: p.Record,
		KeepRecordingsDays: p.KeepDays, KeepCDRsDays: p.KeepCDRs, SMSHours: p.SMSHours}
	if change == (project.Change{}) {
		return usageError{errors.New("nothing to change is given")}
	}
	return administer(ctx, f, w, func(a *app.Administration) error { return a.Projects.Set(ctx, p.ID, change, nil) })
}

// given is a repeated flag: nil when it was not given, and no value when its only one was empty.
func given(list []string) *[]string {
	switch {
	case len(list) == 0:
		return nil
	case len(list) == 1 && list[0] == "":
		return &[]string{}
	}
	return &list
}

type projectRemoveCmd struct {
	ID string `arg:"" name:"id" help:"The project's id."`
}

// Run removes the project.
func (p *projectRemoveCmd) Run(ctx context.Context, f *flags, w *outside) error {
	return administer(ctx, f, w, func(a *app.Administration) error { return a.Projects.Remove(ctx, p.ID, nil) })
}
