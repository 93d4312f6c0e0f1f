package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"callgate/internal/account"
	"callgate/internal/app"
	"callgate/internal/fault"
	"callgate/internal/webhook"
)

// webhookCmd is about where events are sent.
type webhookCmd struct {
	List   webhookListCmd   `cmd:"" help:"List where events are sent."`
	Add    webhookAddCmd    `cmd:"" help:"Have events sent to an address. Prints the secret by which the receiver knows us, which is not shown again."`
	Remove webhookRemoveCmd `cmd:"" help:"Send nothing there any more."`
	Replay webhookReplayCmd `cmd:"" help:"Send again what was sent, or could not be."`
}

type webhookListCmd struct{}

// Run prints a table of endpoints.
func (webhookListCmd) Run(ctx context.Context, f *flags, w *outside) error {
	return administer(ctx, f, w, func(a *app.Administration) error {
		all, err := a.Webhooks.List(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(w.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(table, "ID\tNAME\tURL\tEVENTS\tPROJECTS\tOWNER\tSTATE")
		for _, e := range all {
			kinds := make([]string, len(e.Events))
			for i, k := range e.Events {
				kinds[i] = string(k)
			}
			state := "active"
			switch {
			case !e.Active:
				state = "off: " + e.Reason
			case e.Failures > 0:
				state = fmt.Sprintf("active, %d failures in a row", e.Failures)
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", e.ID, e.Name, e.URL, strings.Join(kinds, ","), orDash(e.Projects), or(e.OwnerLogin, "-"), state)
		}
		return table.Flush()
	})
}

type webhookAddCmd struct {
	Name    string   `arg:"" help:"What people call it."`
	URL     string   `arg:"" name:"url" help:"https://HOST/… or http://HOST/…"`
	Event   []string `name:"event" required:"" noenv:"" placeholder:"KIND" help:"What to send, such as call.ended. May be repeated."`
	Project []string `name:"project" noenv:"" placeholder:"ID" help:"Of which project. May be repeated; without it of all."`
	User    string   `name:"user" noenv:"" placeholder:"LOGIN" help:"By whose rights it is decided what is sent; without it everything is, phone numbers included."`
}

// Run adds an endpoint.
func (c *webhookAddCmd) Run(ctx context.Context, f *flags, w *outside) error {
	return administer(ctx, f, w, func(a *app.Administration) error {
		e := webhook.Endpoint{Name: c.Name, URL: c.URL, Projects: c.Project, Numbers: true, ChangedBy: "command line"}
		for _, k := range c.Event {
			e.Events = append(e.Events, webhook.Kind(k))
		}
		for _, p := range c.Project {
			if _, err := a.Projects.Get(p); err != nil {
				return fmt.Errorf("%s: %w", p, err)
			}
		}
		if c.User != "" {
			users, err := a.Accounts.List(ctx)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(users, func(u account.User) bool { return u.Login == c.User })
			if i < 0 {
				return fault.New(fault.NotFound, "User")
			}
			e.Owner, e.OwnerLogin = users[i].ID, users[i].Login
		}
		e, err := a.Webhooks.Add(ctx, e)
		if err != nil {
			return err
		}
		fmt.Fprintln(w.out, "id", e.ID)
		fmt.Fprintln(w.out, "secret", e.Secret)
		return nil
	})
}

// findWebhook finds an endpoint by its id, or by a name that only one has.
func findWebhook(ctx context.Context, a *app.Administration, text string) (string, error) {
	all, err := a.Webhooks.List(ctx)
	if err != nil {
		return "", err
	}
	var found []string
	for _, e := range all {
		if e.ID == text {
			return e.ID, nil
		}
		if e.Name == text {
			found = append(found, e.ID)
		}
	}
	switch len(found) {
	case 0:
		return "", fault.New(fault.NotFound, "Webhook")
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("%d webhooks are called %s: say which by its id", len(found), text)
}

type webhookRemoveCmd struct {
	ID string `arg:"" name:"id" help:"As webhook list shows it, or the name where only one has it."`
}

// Run removes an endpoint.
func (c *webhookRemoveCmd) Run(ctx context.Context, f *flags, w *outside) error {
	return administer(ctx, f, w, func(a *app.Administration) error {
		id, err := findWebhook(ctx, a, c.ID)
		if err != nil {
			return err
		}
		return a.Webhooks.Remove(ctx, id)
	})
}

type webhookReplayCmd struct {
	ID    string        `arg:"" name:"id" help:"As webhook list shows it, or the name where only one has it."`
	Event string        `name:"event" noenv:"" placeholder:"ID" help:"The event to send again, whatever became of it."`
	Last  time.Duration `name:"last" noenv:"" placeholder:"24h" help:"Or all of that time that failed or wait to be tried again."`
}

// Run has deliveries sent again by who serves.
func (c *webhookReplayCmd) Run(ctx context.Context, f *flags, w *outside) error {
	if (c.Event == "") == (c.Last <= 0) {
		return usageError{errors.New("want --event or --last")}
	}
	return administer(ctx, f, w, func(a *app.Administration) error {
		id, err := findWebhook(ctx, a, c.ID)
		if err != nil {
			return err
		}
		n, err := a.Webhooks.Replay(ctx, id, c.Event, time.Now().Add(-c.Last))
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(w.out, n, "deliveries are sent again")
		return err
	})
}
