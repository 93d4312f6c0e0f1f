package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"callgate/internal/account"
	"callgate/internal/app"
	"callgate/internal/fault"
)

type userKeyCmd struct {
	Add    userKeyAddCmd    `cmd:"" help:"Make a key for a machine and print it; it is not told again."`
	List   userKeyListCmd   `cmd:"" help:"List a user's keys."`
	Remove userKeyRemoveCmd `cmd:"" help:"Remove a key; it opens nothing at once."`
}

type userKeyAddCmd struct {
	Login   string   `arg:"" help:"The login of the user whom the key belongs to."`
	Name    string   `arg:"" help:"What it is called."`
	Right   []string `name:"right" noenv:"" required:"" sep:"none" placeholder:"MODULE/ACTION" help:"A right, no wider than the user's. May be repeated."`
	Project []string `name:"project" noenv:"" sep:"none" placeholder:"ID" help:"A project whose data it may see; without it, all of the user's. May be repeated."`
	Network []string `name:"network" noenv:"" sep:"none" placeholder:"NET" help:"Where requests may come from, such as 192.0.2.0/24; without it, anywhere. May be repeated."`
	Days    int      `name:"days" noenv:"" placeholder:"N" help:"Days after which it expires; without it, never."`
}

// Run makes the key.
func (k *userKeyAddCmd) Run(ctx context.Context, f *flags, w *outside) error {
	rights, err := parseRights(k.Right)
	if err != nil {
		return err
	}
	networks, err := account.ParseNetworks(k.Network)
	if err != nil {
		return usageError{err}
	}
	key := account.Key{Name: k.Name, Rights: rights, Projects: k.Project, Networks: networks}
	if k.Days != 0 {
		key.Expires = time.Now().AddDate(0, 0, k.Days)
	}
	return administer(ctx, f, w, func(a *app.Administration) error {
		_, text, err := a.Accounts.AddKey(ctx, nil, k.Login, key)
		if err == nil {
			fmt.Fprintln(w.out, text)
		}
		return err
	})
}

// keysOf finds a user's keys.
func keysOf(ctx context.Context, a *app.Administration, login string) ([]account.Key, error) {
	users, err := a.Accounts.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, u := range users {
		if u.Login == login && u.Status != account.Deleted {
			return a.Accounts.Keys(ctx, u.ID)
		}
	}
	return nil, fault.New(fault.NotFound, "Login")
}

type userKeyListCmd struct {
	Login string `arg:"" help:"The user's login."`
}

// Run prints a table of keys.
func (k *userKeyListCmd) Run(ctx context.Context, f *flags, w *outside) error {
	return administer(ctx, f, w, func(a *app.Administration) error {
		keys, err := keysOf(ctx, a, k.Login)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(w.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(table, "NAME\tEXPIRES\tUSED\tNETWORKS\tPROJECTS\tRIGHTS")
		for _, key := range keys {
			var networks, rights []string
			for _, n := range key.Networks {
				networks = append(networks, n.String())
			}
			for _, r := range key.Rights {
				rights = append(rights, r.String())
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", key.Name, dayOr(key.Expires, "never"), dayOr(key.Used, "-"), orDash(networks), orDash(key.Projects), strings.Join(rights, " "))
		}
		return table.Flush()
	})
}

// dayOr writes a day, or another word for no time.
func dayOr(t time.Time, none string) string {
	if t.IsZero() {
		return none
	}
	return t.Local().Format(time.DateOnly)
}

type userKeyRemoveCmd struct {
	Login string `arg:"" help:"The user's login."`
	Name  string `arg:"" help:"What the key is called."`
}

// Run removes the key.
func (k *userKeyRemoveCmd) Run(ctx context.Context, f *flags, w *outside) error {
	return administer(ctx, f, w, func(a *app.Administration) error {
		keys, err := keysOf(ctx, a, k.Login)
		if err != nil {
			return err
		}
		for _, key := range keys {
			if key.Name == k.Name {
				return a.Accounts.RemoveKey(ctx, nil, k.Login, key.ID)
			}
		}
		return fault.New(fault.NotFound, "Key")
	})
}
