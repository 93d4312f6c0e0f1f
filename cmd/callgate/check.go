package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"text/tabwriter"
	"unicode"

	"callgate/dialplan/freeswitch"
	"callgate/internal/app"
	"callgate/internal/check"
)

type checkCmd struct {
	JSON      bool   `name:"json" noenv:"" help:"Print the findings as JSON."`
	ProbeCall bool   `name:"probe-call" noenv:"" help:"Let each switch make a call of one second to nobody, to see it recorded. No CDR comes of it."`
	Print     string `name:"print" noenv:"" placeholder:"FILE" help:"Print one of the files that are installed on FreeSWITCH, and check nothing; - lists them."`
}

// Run prints what was found, a line each. It fails when something has to be changed.
func (c *checkCmd) Run(ctx context.Context, f *flags, w *outside) error {
	if c.Print != "" {
		return c.print(w)
	}
	config, err := f.config()
	if err != nil {
		return err
	}
	found, err := app.Check(ctx, config, app.CheckOptions{ProbeCall: c.ProbeCall})
	if err != nil {
		return usageError{err}
	}
	if err := c.show(w, found); err != nil {
		return err
	}
	wrong := 0
	for _, one := range found {
		if one.Level == check.Wrong {
			wrong++
		}
	}
	if wrong > 0 {
		return fmt.Errorf("to be changed: %d", wrong)
	}
	return nil
}

func (c *checkCmd) show(w *outside, found []check.Finding) error {
	if c.JSON {
		out := json.NewEncoder(w.out)
		out.SetEscapeHTML(false)
		return out.Encode(found)
	}
	table := tabwriter.NewWriter(w.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "LEVEL\tWHERE\tWHAT")
	for _, one := range found {
		text := one.Text
		if one.Fix != "" {
			text += " -> " + one.Fix
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", one.Level, one.Where, printable(text))
	}
	return table.Flush()
}

// printable is a line that does to a terminal what it shows: parts of it come from the switch.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, strings.Join(strings.Fields(text), " "))
}

// print writes a shipped file, or their names.
func (c *checkCmd) print(w *outside) error {
	if c.Print == "-" {
		return fs.WalkDir(freeswitch.Files(), ".", func(name string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				_, err = fmt.Fprintln(w.out, name)
			}
			return err
		})
	}
	text, err := fs.ReadFile(freeswitch.Files(), c.Print)
	if err != nil {
		return usageError{errors.New("no such file is shipped; callgate check --print - lists them")}
	}
	_, err = w.out.Write(text)
	return err
}
