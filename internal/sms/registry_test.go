package sms_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/fault"
	"callgate/internal/outside/gateway"
	"callgate/internal/sms"
)

// cupboard keeps providers in memory, as a ProviderStore does.
type cupboard map[string]sms.Provider

func (c cupboard) Providers(context.Context) ([]sms.Provider, error) {
	return slices.Collect(maps.Values(c)), nil
}

func (c cupboard) SetProvider(_ context.Context, p sms.Provider, was time.Time) error {
	if !c[p.Name].ChangedAt.Equal(was) {
		return fault.New(fault.Stale, "Provider")
	}
	c[p.Name] = p
	return nil
}

func (c cupboard) RemoveProvider(_ context.Context, name string, was time.Time) error {
	if !c[name].ChangedAt.Equal(was) {
		return fault.New(fault.Stale, "Provider")
	}
	delete(c, name)
	return nil
}

// open is a carrier that notes whether it was closed.
type open struct {
	*carrier
	closed int
}

func (o *open) Close() { o.closed++ }

// registry is Carriers over a cupboard. A description "bad" cannot be built.
func registry(kept cupboard, built *[]*open) *sms.Carriers {
	secrets := 0
	return sms.NewCarriers(sms.CarriersOptions{Store: kept, Logger: quiet(), Order: func() []string { return []string{"b", "a"} },
		Build: func(p sms.Provider, _ func(context.Context, gateway.Receipt) error) (sms.Carrier, error) {
			if string(p.Description) == `"bad"` {
				return nil, &fault.Error{Kind: fault.WrongField, Subject: "description", Err: errors.New("send.url: want one")}
			}
			o := &open{carrier: answers(taken)}
			*built = append(*built, o)
			return o, nil
		},
		NewSecret: func() string { secrets++; return fmt.Sprint("s", secrets) }, Now: func() time.Time { return time.Unix(1_800_000_000, 5555) }})
}

// TestSetProvider: a provider is kept once it can be used, in use at once, and its values go nowhere but where they were meant
// to go.
func TestSetProvider(t *testing.T) {
	kept, built := cupboard{}, []*open(nil)
	c := registry(kept, &built)
	set := func(name string, change func(p *sms.Provider)) {
		t.Helper()
		if err := c.Set(t.Context(), name, "анна", func(p *sms.Provider) error { change(p); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	set("a", func(p *sms.Provider) {
		p.Become(sms.HTTP, "smsc", nil)
		p.Values["login"], p.Values["password"] = "x", "y"
		p.Pace = sms.Pace{PerSecond: 2.5, AtOnce: 3}
	})
	want := sms.Provider{Name: "a", Kind: sms.HTTP, Preset: "smsc", Values: map[string]string{"login": "x", "password": "y"}, Pace: sms.Pace{PerSecond: 2.5, AtOnce: 3},
		Secret: "s1", ChangedAt: time.Unix(1_800_000_000, 5000), ChangedBy: "анна"}
	if diff := cmp.Diff(want, kept["a"]); diff != "" {
		t.Errorf("mismatch (-want, +got):\n%s", diff)
	}
	listed := []sms.Listed{{Provider: want, Place: 2, Usable: true}}
	if diff := cmp.Diff(listed, c.List()); diff != "" {
		t.Errorf("the list mismatches (-want, +got):\n%s", diff)
	}

	// Its path and what is not changed stay.
	set("a", func(p *sms.Provider) { p.Become(sms.HTTP, "smsc", nil); p.Values["login"] = "z" })
	if p := kept["a"]; p.Secret != "s1" || p.Values["login"] != "z" || p.Values["password"] != "y" || p.Pace != want.Pace {
		t.Errorf("changed: %+v", p)
	}
	set("a", func(p *sms.Provider) { p.Become(sms.HTTP, "", json.RawMessage(`{"a": [1]}`)) })
	if p := kept["a"]; len(p.Values) != 0 {
		t.Errorf("what was meant for one goes to another: %+v", p)
	}
	set("a", func(p *sms.Provider) { p.Values["password"] = "y" })
	set("a", func(p *sms.Provider) { p.Become(sms.HTTP, "", json.RawMessage("{ \"a\":[1]\n}")) })
	if p := kept["a"]; p.Values["password"] != "y" {
		t.Errorf("laid out in another way: %+v", p)
	}
	set("b", func(p *sms.Provider) { p.Become(sms.Log, "", nil) })
	kept["c"] = sms.Provider{Name: "c", Preset: "gone", Description: []byte(`"bad"`)} // by another version
	set("b", func(*sms.Provider) {})
	all := c.List()
	if len(all) != 3 || all[1].Name != "b" || all[1].Place != 1 || all[1].Kind != sms.Log || all[2].Usable || all[2].Place != 0 {
		t.Errorf("the list: %+v", all)
	}
	if err := c.Remove(t.Context(), "b", "анна", nil); err != nil || len(c.List()) != 2 {
		t.Errorf("removed: %v, %+v", err, c.List())
	}
	if err := c.Remove(t.Context(), "b", "анна", nil); !errors.Is(err, fault.New(fault.NotFound, "Provider")) {
		t.Errorf("removed twice: %v", err)
	}
	c.Close()
	for i, o := range built {
		if o.closed == 0 {
			t.Errorf("carrier %d of %d was not closed", i, len(built))
		}
	}
}

// TestProviderRefusals: what is wrong is named, never told, and not kept.
func TestProviderRefusals(t *testing.T) {
	for _, tt := range []struct {
		name, provider string
		change         func(p *sms.Provider)
		field          string
	}{
		{"a name with a blank", "a b", func(p *sms.Provider) { p.Kind = sms.Log }, "name"},
		{"no kind", "a", func(*sms.Provider) {}, "kind"},
		{"another kind", "a", func(p *sms.Provider) { p.Kind = "pigeon" }, "kind"},
		{"over http, by nothing", "a", func(p *sms.Provider) { p.Kind = sms.HTTP }, "preset"},
		{"over http, by two", "a", func(p *sms.Provider) { p.Become(sms.HTTP, "smsc", []byte("{}")) }, "preset"},
		{"a preset of the log", "a", func(p *sms.Provider) { p.Become(sms.Log, "smsc", nil) }, "preset"},
		{"a description of the log", "a", func(p *sms.Provider) { p.Become(sms.Log, "", []byte("{}")) }, "description"},
		{"over smpp, by nothing", "a", func(p *sms.Provider) { p.Kind = sms.SMPP }, "description"},
		{"a description that is long", "a", func(p *sms.Provider) { p.Become(sms.SMPP, "", []byte(strings.Repeat("1", 64<<10+1))) }, "description"},
		{"a description that cannot work", "a", func(p *sms.Provider) { p.Become(sms.HTTP, "", []byte(`"bad"`)) }, "description"},
		{"less than no messages", "a", func(p *sms.Provider) { p.Kind, p.Pace.PerSecond = sms.Log, -1 }, "per_second"},
		{"too many at once", "a", func(p *sms.Provider) { p.Kind, p.Pace.AtOnce = sms.Log, 1001 }, "at_once"},
		{"a value that is long", "a", func(p *sms.Provider) {
			p.Kind, p.Values = sms.Log, map[string]string{"key": strings.Repeat("s3cret", 1000)}
		}, "values"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			kept, built := cupboard{}, []*open(nil)
			err := registry(kept, &built).Set(t.Context(), tt.provider, "x", func(p *sms.Provider) error { tt.change(p); return nil })
			if failure, _ := fault.Of(err); failure.Kind != fault.WrongField || failure.Subject != tt.field || failure.Err == nil || len(kept) != 0 || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%v; kept %v", err, kept)
			}
		})
	}
	kept, built, no := cupboard{}, []*open(nil), errors.New("no")
	if err := registry(kept, &built).Set(t.Context(), "a", "x", func(*sms.Provider) error { return no }); !errors.Is(err, no) || len(kept) != 0 {
		t.Errorf("a change that fails: %v", err)
	}
}

// TestSecrets: secret is what the description says, and all where there is none.
func TestSecrets(t *testing.T) {
	values := map[string]string{"x": "1", "a": "2"}
	for _, tt := range []struct {
		name     string
		provider sms.Provider
		want     []string
	}{
		{"a preset", sms.Provider{Kind: sms.HTTP, Preset: "smsru", Values: values}, []string{"api_id"}},
		{"no such preset", sms.Provider{Kind: sms.HTTP, Preset: "gone", Values: values}, []string{"a", "x"}},
		{"a description that cannot be read", sms.Provider{Kind: sms.HTTP, Description: []byte("{"), Values: values}, []string{"a", "x"}},
		{"over smpp", sms.Provider{Kind: sms.SMPP, Values: values}, []string{"password"}},
		{"the log", sms.Provider{Kind: sms.Log}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.provider.Secrets(); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
