package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"callgate/internal/account"
	"callgate/internal/app"
)

type userCmd struct {
	Add     userAddCmd    `cmd:"" help:"Add a user; the password is read from standard input."`
	List    userListCmd   `cmd:"" help:"List users, their state and rights."`
	Set     userSetCmd    `cmd:"" help:"Change what is given of a user, and leave the rest; rights and projects are replaced as a whole."`
	Passwd  userPasswdCmd `cmd:"" help:"Give a user another password, read from standard input; its tokens end."`
	Disable userStatusCmd `cmd:"" help:"Disable a user; its tokens end at once."`
	Enable  userStatusCmd `cmd:"" help:"Enable a disabled user."`
	Remove  userStatusCmd `cmd:"" help:"Remove a user; its name stays in old reports."`
	Key     userKeyCmd    `cmd:"" help:"Add, list and remove keys: what a machine carries in the place of a user's token."`
}

type userAddCmd struct {
	Login   string   `arg:"" help:"The user's login."`
	Right   []string `name:"right" noenv:"" required:"" sep:"none" placeholder:"MODULE/ACTION" help:"A right, * for any module or action; also numbers/see, recordings/listen. May be repeated."`
	Project []string `name:"project" noenv:"" sep:"none" placeholder:"ID" help:"A project whose data the user may see. May be repeated; without it, all."`
}

// Run adds the user.
func (u *userAddCmd) Run(ctx context.Context, f *flags, w *outside) error {
	rights, err := parseRights(u.Right)
	if err != nil {
		return err
	}
	password, err := readPassword(w)
	if err != nil {
		return err
	}
	return administer(ctx, f, w, func(a *app.Administration) error {
		_, err := a.Accounts.Add(ctx, u.Login, password, rights, u.Project)
		return err
	})
}

// parseRights reads what was given with --right.
func parseRights(texts []string) (rights []account.Right, err error) {
	for _, text := range texts {
		r, err := account.ParseRight(text)
		if err != nil {
			return nil, usageError{fmt.Errorf("%q: %w", text, err)}
		}
		rights = append(rights, r)
	}
	return rights, nil
}

type userSetCmd struct {
	Login      string   `arg:"" help:"The user's login."`
	Right      []string `name:"right" noenv:"" sep:"none" placeholder:"MODULE/ACTION" help:"The rights, in the place of all it had. May be repeated; an empty one for none."`
	Project    []string `name:"project" noenv:"" sep:"none" placeholder:"ID" help:"The projects whose data the user may see, in the place of all it had. May be repeated; an empty one for all there are."`
	MustChange *bool    `name:"must-change" noenv:"" negatable:"" help:"Let the user do nothing before it has changed its password, which programs cannot; or with --no-must-change do not."`
	NoTOTP     bool     `name:"no-totp" noenv:"" help:"Take away an authenticator that the user has lost."`
}

// Run changes the user.
func (u *userSetCmd) Run(ctx context.Context, f *flags, w *outside) error {
	e := account.Edit{Projects: given(u.Project), MustChange: u.MustChange}
	if texts := given(u.Right); texts != nil {
		rights, err := parseRights(*texts)
		if err != nil {
			return err
		}
		e.Rights = &rights
	}
	if u.NoTOTP {
		e.TOTP = new(bool)
	}
	if e == (account.Edit{}) {
		return usageError{errors.New("nothing to change is given")}
	}
	return administer(ctx, f, w, func(a *app.Administration) error {
		_, err := a.Accounts.Change(ctx, nil, u.Login, e)
		return err
	})
}

type userListCmd struct{}

// Run prints a table of users.
func (userListCmd) Run(ctx context.Context, f *flags, w *outside) error {
	return administer(ctx, f, w, func(a *app.Administration) error {
		users, err := a.Accounts.List(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(w.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(table, "LOGIN\tSTATUS\tRIGHTS\tPROJECTS")
		for _, u := range users {
			rights := make([]string, len(u.Rights))
			for i, r := range u.Rights {
				rights[i] = r.String()
			}
			projects := strings.Join(u.Projects, " ")
			if projects == "" {
				projects = "all"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", u.Login, u.Status, strings.Join(rights, " "), projects)
		}
		return table.Flush()
	})
}

type userPasswdCmd struct {
	Login string `arg:"" help:"The user's login."`
}

// Run changes the password.
func (u *userPasswdCmd) Run(ctx context.Context, f *flags, w *outside) error {
	password, err := readPassword(w)
	if err != nil {
		return err
	}
	return administer(ctx, f, w, func(a *app.Administration) error {
		return a.Accounts.SetPassword(ctx, u.Login, password)
	})
}

// userStatusCmd is disable, enable and remove, told apart by the command's own name.
type userStatusCmd struct {
	Login string `arg:"" help:"The user's login."`
}

// Run sets the status that the command is named for.
func (u *userStatusCmd) Run(ctx context.Context, f *flags, w *outside, command commandName) error {
	status := map[commandName]account.Status{
		"disable": account.Inactive, "enable": account.Active, "remove": account.Deleted,
	}[command]
	return administer(ctx, f, w, func(a *app.Administration) error {
		return a.Accounts.SetStatus(ctx, u.Login, status)
	})
}
