package sms

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"callgate/internal/fault"
	"callgate/internal/setting"
)

// UsualAtOnce is how many answers of a provider are waited for where its Pace does not say.
const UsualAtOnce = usualWindow

// Listed is a provider as an administrator sees it.
type Listed struct {
	Provider
	Place  int  // among those that are asked, from 1; 0 is not asked
	Usable bool // false when it cannot be used as it is
}

// Become makes a provider one of that kind, over HTTP by a preset or by a description. Where that is not what it was, its
// values are forgotten: they were given for somebody else.
func (p *Provider) Become(kind Kind, preset string, description json.RawMessage) {
	if kind != p.Kind || preset != p.Preset || !bytes.Equal(compact(description), compact(p.Description)) {
		p.Values = map[string]string{}
	}
	p.Kind, p.Preset, p.Description = kind, preset, description
}

// compact is a JSON text without white space, and what is none as it is.
func compact(text []byte) []byte {
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return text
	}
	return b.Bytes()
}

const (
	maxPerSecond   = 10_000
	maxAtOnce      = 1000
	maxDescription = 64 << 10 // bytes
	maxValues      = 50
	maxValue       = 4096 // bytes
)

// check tells what is wrong with a provider, whatever its kind makes of it.
func (p *Provider) check() error {
	if err := setting.CheckName(p.Name); err != nil {
		return &fault.Error{Kind: fault.WrongField, Subject: "name", Err: err}
	}
	described := len(p.Description) > 0
	for _, rule := range [...]struct {
		holds       bool
		field, want string
	}{
		{slices.Contains([]Kind{HTTP, SMPP, Log}, p.Kind), "kind", "want http, smpp or log"},
		{p.Kind != HTTP || described != (p.Preset != ""), "preset", "want either a preset or a description"},
		{p.Kind == HTTP || p.Preset == "", "preset", "only a provider over http has one"},
		{p.Kind != SMPP || described, "description", "want one"},
		{p.Kind != Log || !described, "description", "log has none"},
		{len(p.Description) <= maxDescription, "description", fmt.Sprintf("want at most %d bytes", maxDescription)},
		{p.Pace.PerSecond >= 0 && p.Pace.PerSecond <= maxPerSecond, "per_second", fmt.Sprintf("want 0 to %d", maxPerSecond)},
		{p.Pace.AtOnce >= 0 && p.Pace.AtOnce <= maxAtOnce, "at_once", fmt.Sprintf("want 0 to %d", maxAtOnce)},
		{len(p.Values) <= maxValues, "values", fmt.Sprintf("want at most %d", maxValues)},
	} {
		if !rule.holds {
			return &fault.Error{Kind: fault.WrongField, Subject: rule.field, Err: errors.New(rule.want)}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Values)) {
		if len(p.Values[name]) > maxValue {
			return &fault.Error{Kind: fault.WrongField, Subject: "values", Err: fmt.Errorf("%.40s: want at most %d bytes", name, maxValue)}
		}
	}
	return nil
}

// Set keeps what change makes of a provider, or of an empty one where there is none of that name, once it is known that it can
// be used. It takes effect at once here, and in other processes when they Follow. It fails with fault.WrongField about what is
// wrong, as change does, as Build does, and with fault.Stale "Provider" when another process changed it meanwhile.
func (c *Carriers) Set(ctx context.Context, name, by string, change func(p *Provider) error) error {
	c.setting.Lock()
	defer c.setting.Unlock()
	old, err := c.find(ctx, name)
	if err != nil {
		return err
	}
	p := Provider{Name: name, Secret: c.o.NewSecret()}
	var was time.Time
	if old != nil {
		p, was = *old, old.ChangedAt
	}
	if p.Err != nil { // what cannot be read is given anew
		p.Secret, p.Err = c.o.NewSecret(), nil
	}
	if p.Values = maps.Clone(p.Values); p.Values == nil {
		p.Values = map[string]string{}
	}
	if err := change(&p); err != nil {
		return err
	}
	if err := p.check(); err != nil {
		return err
	}
	carrier, err := c.o.Build(p, nil)
	if err != nil {
		return fmt.Errorf("set provider %s: %w", name, err)
	}
	(&line{carrier: carrier}).close()
	p.ChangedAt, p.ChangedBy = c.o.Now().Truncate(time.Microsecond), by
	if err := c.o.Store.SetProvider(ctx, p, was); err != nil {
		return fmt.Errorf("set provider %s: %w", name, err)
	}
	c.o.Logger.Info("a provider of messages is set", "provider", name, "kind", string(p.Kind), "by", by)
	return c.load(ctx, c.current.Load().revision)
}

// find reads a provider, nil when there is none of that name.
func (c *Carriers) find(ctx context.Context, name string) (*Provider, error) {
	all, err := c.o.Store.Providers(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the providers of messages: %w", err)
	}
	if i := slices.IndexFunc(all, func(p Provider) bool { return p.Name == name }); i >= 0 {
		return &all[i], nil
	}
	return nil, nil
}

// Remove forgets a provider, unless allow, which may be nil, has an objection, or is fault.NotFound "Provider". What it has
// taken stays as it is. It fails with fault.Stale "Provider" when another process changed it meanwhile.
func (c *Carriers) Remove(ctx context.Context, name, by string, allow func(old *Provider) error) error {
	c.setting.Lock()
	defer c.setting.Unlock()
	old, err := c.find(ctx, name)
	if err == nil && old == nil {
		err = fault.New(fault.NotFound, "Provider")
	}
	if err == nil && allow != nil {
		err = allow(old)
	}
	if err != nil {
		return err
	}
	if err := c.o.Store.RemoveProvider(ctx, name, old.ChangedAt); err != nil {
		return fmt.Errorf("remove provider %s: %w", name, err)
	}
	c.o.Logger.Info("a provider of messages is removed", "provider", name, "by", by)
	return c.load(ctx, c.current.Load().revision)
}

// List tells of all providers by their names, as this process knows them.
func (c *Carriers) List() []Listed {
	now, order := c.current.Load(), c.o.Order()
	all := make([]Listed, 0, len(now.known))
	for name, p := range now.known {
		all = append(all, Listed{Provider: p, Place: slices.Index(order, name) + 1, Usable: now.lines[name] != nil})
	}
	slices.SortFunc(all, func(a, b Listed) int { return cmp.Compare(a.Name, b.Name) })
	return all
}
