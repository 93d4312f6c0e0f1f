package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"callgate/api"
	"callgate/internal/app"
	"callgate/internal/outside/gateway"
	"callgate/internal/sms"
)

type smsCmd struct {
	Provider smsProviderCmd `cmd:"" help:"List and change who carries text messages; the setting sms.provider says who of them is asked."`
	Presets  smsPresetsCmd  `cmd:"" help:"List the descriptions of providers that come with callgate, and what they need."`
}

type smsProviderCmd struct {
	List   smsProviderListCmd   `cmd:"" help:"List the providers; of secret values only whether they are set."`
	Set    smsProviderSetCmd    `cmd:"" help:"Make a provider, or change what is given of it and leave the rest."`
	Test   smsProviderTestCmd   `cmd:"" help:"Send a real message through a provider, and say what it answers. Exit code 1 when it does not take it."`
	Remove smsProviderRemoveCmd `cmd:"" help:"Forget a provider."`
}

type smsProviderListCmd struct{}

// Run prints a table of providers.
func (smsProviderListCmd) Run(ctx context.Context, f *flags, w *outside) error {
	return administer(ctx, f, w, func(a *app.Administration) error {
		table := tabwriter.NewWriter(w.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(table, "NAME\tKIND\tASKED\tPER SECOND\tAT ONCE\tVALUES\tRECEIPTS")
		for _, p := range a.Carriers.List() {
			kind, asked, receipts := string(p.Kind), "no", "-"
			if p.Preset != "" {
				kind += ", " + p.Preset
			}
			if p.Place > 0 {
				asked = strconv.Itoa(p.Place)
			}
			if !p.Usable {
				asked += ", cannot be used"
			}
			if p.Err != nil {
				asked += ": " + p.Err.Error()
			}
			if p.Kind == sms.HTTP && p.Secret != "" {
				receipts = api.ReceiptsPath + p.Name + "/" + p.Secret
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", p.Name, kind, asked, limit(p.Pace.PerSecond), cmp.Or(p.Pace.AtOnce, sms.UsualAtOnce), shownValues(p), receipts)
		}
		return table.Flush()
	})
}

// shownValues are a provider's values, of secret ones only that they are set.
func shownValues(p sms.Listed) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(p.Values)) {
		value := p.Values[name]
		if slices.Contains(p.Secrets(), name) {
			value = "(set)"
		}
		all = append(all, name+"="+value)
	}
	return orDash(all)
}

type smsProviderSetCmd struct {
	Name        string   `arg:"" name:"name" help:"The provider's name: small letters, digits, - and _."`
	Kind        *string  `name:"kind" noenv:"" placeholder:"KIND" help:"How it is reached: http, smpp, or log, which takes every message and sends none."`
	Preset      *string  `name:"preset" noenv:"" placeholder:"NAME" help:"Of http: the description that comes with callgate; see callgate sms presets."`
	Description *string  `name:"description" noenv:"" placeholder:"FILE" help:"A file that says in JSON how it is asked and what its answers mean."`
	Set         []string `name:"set" noenv:"" sep:"none" placeholder:"NAME=VALUE" help:"A value that it needs; an empty one for none, - for one line of standard input, as secrets must be. May be repeated."`
	SetFile     []string `name:"set-file" noenv:"" sep:"none" placeholder:"NAME=FILE" help:"The same, from the first line of a file. May be repeated."`
	PerSecond   *float64 `name:"per-second" noenv:"" placeholder:"N" help:"The most messages that it is given a second; 0 for any number."`
	AtOnce      *int     `name:"at-once" noenv:"" placeholder:"N" help:"The most messages whose answers are waited for; 0 for 16."`
}

// Run makes or changes the provider.
func (s *smsProviderSetCmd) Run(ctx context.Context, f *flags, w *outside) error {
	values, told, err := s.values(w)
	if err != nil {
		return err
	}
	var description json.RawMessage
	if s.Description != nil {
		if description, err = os.ReadFile(*s.Description); err != nil {
			return fmt.Errorf("read the description: %w", err)
		}
	}
	if s.Kind == nil && s.Preset == nil && s.Description == nil && len(values) == 0 && s.PerSecond == nil && s.AtOnce == nil {
		return usageError{errors.New("nothing to change is given")}
	}
	return administer(ctx, f, w, func(a *app.Administration) error {
		return a.Carriers.Set(ctx, s.Name, "command line", func(p *sms.Provider) error {
			s.become(p, description)
			secrets := p.Secrets()
			for name, value := range values {
				if slices.Contains(secrets, name) && told[name] {
					return usageError{fmt.Errorf("%s is a secret: give it on standard input, with - in the place of the value, or with --set-file", name)}
				}
				if p.Values[name] = value; value == "" {
					delete(p.Values, name)
				}
			}
			if s.PerSecond != nil {
				p.Pace.PerSecond = *s.PerSecond
			}
			if s.AtOnce != nil {
				p.Pace.AtOnce = *s.AtOnce
			}
			return nil
		})
	})
}

// become makes it another provider, as far as that is given. A preset takes the place of a description, and the other way
// round.
func (s *smsProviderSetCmd) become(p *sms.Provider, description json.RawMessage) {
	kind, preset, described := p.Kind, p.Preset, p.Description
	switch {
	case s.Preset != nil && s.Description != nil: // which is refused
		preset, described = *s.Preset, description
	case s.Preset != nil:
		preset, described = *s.Preset, nil
	case s.Description != nil:
		preset, described = "", description
	}
	switch {
	case s.Kind != nil:
		kind = sms.Kind(*s.Kind)
	case kind == "" && (s.Preset != nil || s.Description != nil):
		kind = sms.HTTP
	}
	p.Become(kind, preset, described)
}

// values reads those that are given; told are those that stood on the command line, where every user of the machine could
// read them.
func (s *smsProviderSetCmd) values(w *outside) (values map[string]string, told map[string]bool, err error) {
	values, told = map[string]string{}, map[string]bool{}
	asked := ""
	for i, pair := range slices.Concat(s.Set, s.SetFile) {
		name, value, found := strings.Cut(pair, "=")
		if _, twice := values[name]; !found || name == "" || twice {
			return nil, nil, usageError{fmt.Errorf("%.40q: want NAME=VALUE, each name once", name)}
		}
		switch {
		case i >= len(s.Set):
			text, err := os.ReadFile(value)
			if err != nil {
				return nil, nil, fmt.Errorf("read the value of %s: %w", name, err)
			}
			value, _, _ = strings.Cut(string(text), "\n")
			value = strings.TrimSuffix(value, "\r")
		case value == "-" && asked != "":
			return nil, nil, usageError{fmt.Errorf("%s and %s are both asked for: give one of them with --set-file", asked, name)}
		case value == "-":
			asked = name
			if value, err = readSecret(w, name); err != nil {
				return nil, nil, err
			}
		default:
			told[name] = value != ""
		}
		values[name] = value
	}
	return values, told, nil
}

type smsProviderTestCmd struct {
	Name       string `arg:"" name:"name" help:"The provider's name."`
	Phone      string `name:"phone" noenv:"" required:"" placeholder:"NUMBER" help:"Who gets the message."`
	Text       string `name:"text" noenv:"" default:"callgate: test" help:"What it says."`
	Originator string `name:"originator" noenv:"" placeholder:"NAME" help:"Whom it shows as its sender."`
}

// Run sends the message.
func (s *smsProviderTestCmd) Run(ctx context.Context, f *flags, w *outside) error {
	if !sms.IsPhone(s.Phone) {
		return usageError{errors.New("--phone: want 5 to 24 digits, blanks, dashes and brackets, a + before them or not")}
	}
	if strings.TrimSpace(s.Text) == "" || !sms.IsText(s.Text) {
		return usageError{errors.New("--text: want a text that can be sent")}
	}
	return administer(ctx, f, w, func(a *app.Administration) error {
		t, err := a.Messages.Try(ctx, s.Name, sms.Message{Phone: s.Phone, Text: s.Text, Originator: s.Originator})
		if err != nil {
			return err
		}
		switch t.Outcome {
		case gateway.Taken:
			fmt.Fprintf(w.out, "message %d: taken after %s, its id there is %s\n", t.Message, t.Took.Round(time.Millisecond), or(t.ID, "not known"))
			return nil
		case gateway.Refused:
			return fmt.Errorf("refused: %s", t.Reason)
		case gateway.Later:
			return fmt.Errorf("not taken now: %s", t.Reason)
		}
		return fmt.Errorf("message %d: it is not known whether it was taken: %s", t.Message, t.Reason)
	})
}

type smsProviderRemoveCmd struct {
	Name string `arg:"" name:"name" help:"The provider's name."`
}

// Run forgets the provider.
func (s *smsProviderRemoveCmd) Run(ctx context.Context, f *flags, w *outside) error {
	return administer(ctx, f, w, func(a *app.Administration) error { return a.Carriers.Remove(ctx, s.Name, "command line", nil) })
}

type smsPresetsCmd struct{}

// Run prints a table of presets.
func (smsPresetsCmd) Run(w *outside) error {
	table := tabwriter.NewWriter(w.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tPROVIDER\tNEEDS\tREAD FROM")
	for _, p := range gateway.Presets() {
		var needs []string
		for _, n := range p.Description.Needs {
			name := n.Name
			switch {
			case n.Secret && n.Optional:
				name += " (secret, optional)"
			case n.Secret:
				name += " (secret)"
			case n.Optional || n.Default != "":
				name += " (optional)"
			}
			needs = append(needs, name)
		}
		source := p.Description.Source
		if p.Description.Experimental {
			source += " (experimental: not all of it could be read)"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", p.Name, p.Description.Title, orDash(needs), source)
	}
	return table.Flush()
}
