package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"callgate/internal/app"
	"callgate/internal/setting"
)

// settingsCmd is about what changes while callgate runs; what it is told at its start are flags.
type settingsCmd struct {
	List settingsListCmd `cmd:"" help:"List the settings: the values in use, and where they come from."`
	Get  settingsGetCmd  `cmd:"" help:"Print the value in use of one setting; of a secret only whether it is set."`
	Set  settingsSetCmd  `cmd:"" help:"Change a setting; it takes effect within a second."`

	Unset settingsUnsetCmd `cmd:"" help:"Put a setting back to its first value, or to the default."`
}

type settingsListCmd struct{}

// Run prints a table of settings, and below it what stands in the database and is not used.
func (settingsListCmd) Run(ctx context.Context, f *flags, w *outside) error {
	return administer(ctx, f, w, func(a *app.Administration) error {
		all := a.Settings.List()
		table := tabwriter.NewWriter(w.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(table, "KEY\tVALUE\tFROM\tACCEPTS")
		for _, e := range all {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", e.Key, e.Value, e.Source, e.Accepts())
		}
		if err := table.Flush(); err != nil {
			return err
		}
		for _, e := range all {
			if e.Refused != nil {
				fmt.Fprintf(w.out, "\n%s: what %s set in the database is not used: %v\n", e.Key, e.By, e.Refused)
			}
		}
		return nil
	})
}

type settingsGetCmd struct {
	Key string `arg:"" help:"The setting's key."`
}

// Run prints the value.
func (s *settingsGetCmd) Run(ctx context.Context, f *flags, w *outside) error {
	return administer(ctx, f, w, func(a *app.Administration) error {
		e, err := a.Settings.Get(s.Key)
		if err == nil {
			_, err = fmt.Fprintln(w.out, e.Value)
		}
		return err
	})
}

type settingsSetCmd struct {
	Key   string `arg:"" help:"The setting's key."`
	Value string `arg:"" help:"Its new value; - reads one line from standard input, as secrets must be."`
}

// Run changes the setting.
func (s *settingsSetCmd) Run(ctx context.Context, f *flags, w *outside) error {
	return administer(ctx, f, w, func(a *app.Administration) error {
		e, err := a.Settings.Get(s.Key)
		if err != nil {
			return err
		}
		value := s.Value
		if value == "-" {
			if value, err = readSecret(w, "Value"); err != nil {
				return err
			}
		} else if e.Kind == setting.Secret {
			return usageError{errors.New(s.Key + " is a secret: give it on standard input, with - in the place of the value")}
		}
		return a.Settings.Set(ctx, s.Key, value, "command line")
	})
}

type settingsUnsetCmd struct {
	Key string `arg:"" help:"The setting's key."`
}

// Run puts the setting back.
func (s *settingsUnsetCmd) Run(ctx context.Context, f *flags, w *outside) error {
	return administer(ctx, f, w, func(a *app.Administration) error {
		return a.Settings.Change(ctx, setting.Change{Unset: []string{s.Key}, By: "command line"})
	})
}
