package v1

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/fault"
	"callgate/internal/outside/gateway"
	"callgate/internal/report"
	"callgate/internal/sms"
)

// Providers are those who carry text messages; sms.Carriers has them.
type Providers interface {
	List() []sms.Listed
	Set(ctx context.Context, name, by string, change func(p *sms.Provider) error) error
	Remove(ctx context.Context, name, by string, allow func(old *sms.Provider) error) error
}

const smsProviders right = "sms/providers"

// providers are the operations on who carries text messages.
func (f *Face) providers() {
	const path, one = "/sms/providers", "/sms/providers/{name}"
	operation(f, huma.Operation{OperationID: "list-providers", Method: http.MethodGet, Path: path, Summary: "Who carries text messages, by name",
		Description: "Only for who is not limited to projects. Of secret values only the names are told."}, smsProviders, f.listProviders)
	operation(f, huma.Operation{OperationID: "get-provider", Method: http.MethodGet, Path: one, Summary: "One provider", Description: "Only for who is not limited to projects. Of secret values only the names are told.",
		Errors: []int{http.StatusNotFound}}, smsProviders, f.getProvider)
	operation(f, huma.Operation{OperationID: "put-provider", Method: http.MethodPut, Path: one, Summary: "Set a provider, in the place of the one of that name", MaxBodyBytes: 2 * maxBody,
		Description: "Only for who is not limited to projects. One that cannot work is refused, with the place of the fault. A secret that is left out stays as it was while kind, preset and description do. Messages are sent through it " +
			"once the setting `sms.provider` names it."}, smsProviders, f.putProvider)
	operation(f, huma.Operation{OperationID: "delete-provider", Method: http.MethodDelete, Path: one, Summary: "Forget a provider", Description: "Only for who is not limited to projects.", Errors: []int{http.StatusNotFound}}, smsProviders, f.deleteProvider)
	operation(f, huma.Operation{OperationID: "test-provider", Method: http.MethodPost, Path: one + "/test", Summary: "Send a message through a provider, and tell what it answers",
		Description: "Only for who is not limited to projects. The message is a real one, and is among the others; no other provider is asked. It takes at most 35 seconds.", Errors: []int{http.StatusNotFound}}, smsProviders, f.testProvider)
	operation(f, huma.Operation{OperationID: "list-presets", Method: http.MethodGet, Path: "/sms/presets", Summary: "Descriptions of providers that come with callgate"}, smsProviders, f.listPresets)
}

// Description is how a provider is asked and what its answers mean, as it was given.
type Description json.RawMessage

// MarshalJSON implements json.Marshaler.
func (d Description) MarshalJSON() ([]byte, error) { return json.RawMessage(d).MarshalJSON() }

// UnmarshalJSON implements json.Unmarshaler.
func (d *Description) UnmarshalJSON(text []byte) error {
	return (*json.RawMessage)(d).UnmarshalJSON(text)
}

// Schema implements huma.SchemaProvider.
func (Description) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: "object", AdditionalProperties: true}
}

// ProviderFields are what can be said of a provider.
type ProviderFields struct {
	Kind        string            `json:"kind" enum:"http,smpp,log" doc:"log takes every message and sends none."`
	Preset      string            `json:"preset,omitempty" maxLength:"64" doc:"Of http, in the place of a description: the name of one that comes with callgate."`
	Description Description       `json:"description,omitempty" doc:"How it is asked and what its answers mean."`
	Values      map[string]string `json:"values,omitempty" doc:"What the preset, or the description, needs."`
	PerSecond   float64           `json:"per_second,omitempty" minimum:"0" maximum:"10000" doc:"Messages that it is given a second; 0 for any number."`
	AtOnce      int               `json:"at_once,omitempty" minimum:"0" maximum:"1000" doc:"Messages whose answers are waited for; 0 for 16."`
}

// Provider is who carries text messages.
type Provider struct {
	Name string `json:"name"`
	ProviderFields
	Secrets   []string  `json:"secrets" nullable:"false" doc:"The names of those values that are secret and set."`
	Place     int       `json:"place,omitempty" doc:"Among those that are asked, from 1; absent when the setting sms.provider does not name it."`
	Usable    bool      `json:"usable" doc:"false when it cannot be used as it is: it was set by another version, or what it needs cannot be read."`
	Trouble   string    `json:"trouble,omitempty" doc:"Why what it needs cannot be read; it has to be given anew."`
	Receipts  string    `json:"receipts,omitempty" doc:"The path at which it may tell what became of messages. Nobody else is to know it."`
	ChangedAt time.Time `json:"changed_at"`
	ChangedBy string    `json:"changed_by"`
}

func providerView(l *sms.Listed) Provider {
	v := Provider{Name: l.Name, ProviderFields: ProviderFields{Kind: string(l.Kind), Preset: l.Preset, Description: Description(l.Description), Values: maps.Clone(l.Values),
		PerSecond: l.Pace.PerSecond, AtOnce: l.Pace.AtOnce}, Secrets: []string{}, Place: l.Place, Usable: l.Usable, ChangedAt: l.ChangedAt, ChangedBy: l.ChangedBy}
	if l.Err != nil {
		v.Trouble = l.Err.Error()
	}
	for _, name := range l.Secrets() {
		if v.Values[name] != "" {
			v.Secrets = append(v.Secrets, name)
		}
		delete(v.Values, name)
	}
	if l.Kind == sms.HTTP && l.Secret != "" {
		v.Receipts = Base + "/sms/receipts/" + url.PathEscape(l.Name) + "/" + l.Secret
	}
	return v
}

type providerList struct{ Body []Provider }

func (f *Face) listProviders(_ context.Context, who *asker, _ *struct{}) (*providerList, error) {
	if err := allProjects(who, ""); err != nil {
		return nil, err
	}
	all := f.o.Providers.List()
	out := &providerList{Body: make([]Provider, len(all))}
	for i := range all {
		out.Body[i] = providerView(&all[i])
	}
	return out, nil
}

// ByProvider names a provider.
type ByProvider struct {
	Name string `path:"name" maxLength:"32" doc:"Small letters, digits, - and _."`
}

// wholeProvider is what can be changed of a provider; its place among those that are asked is the setting's.
func wholeProvider(p *sms.Provider) Provider { return providerView(&sms.Listed{Provider: *p}) }

func (f *Face) getProvider(_ context.Context, who *asker, in *ByProvider) (*single[Provider], error) {
	if err := allProjects(who, ""); err != nil {
		return nil, err
	}
	all := f.o.Providers.List()
	i := slices.IndexFunc(all, func(l sms.Listed) bool { return l.Name == in.Name })
	if i < 0 {
		return nil, fault.New(fault.NotFound, "Provider")
	}
	return singly(f, providerView(&all[i]), wholeProvider(&all[i].Provider))
}

func (f *Face) putProvider(ctx context.Context, who *asker, in *struct {
	ByProvider
	KnownOrNew
	Body ProviderFields
}) (*single[Provider], error) {
	if err := allProjects(who, ""); err != nil {
		return nil, err
	}
	b := &in.Body
	if err := f.o.Providers.Set(ctx, in.Name, who.Login, func(p *sms.Provider) error {
		old := p
		if p.ChangedAt.IsZero() { // it is a new one
			old = nil
		}
		if err := asKnown(f, &in.KnownOrNew, "Provider", wholeProvider)(old); err != nil {
			return err
		}
		p.Become(sms.Kind(b.Kind), b.Preset, json.RawMessage(b.Description))
		before := p.Values
		p.Values = maps.Clone(b.Values)
		for _, name := range p.Secrets() {
			if _, given := b.Values[name]; !given && before[name] != "" {
				if p.Values == nil {
					p.Values = map[string]string{}
				}
				p.Values[name] = before[name]
			}
		}
		p.Pace = sms.Pace{PerSecond: b.PerSecond, AtOnce: b.AtOnce}
		return nil
	}); err != nil {
		return nil, err
	}
	return f.getProvider(ctx, who, &in.ByProvider)
}

func (f *Face) deleteProvider(ctx context.Context, who *asker, in *struct {
	ByProvider
	Known
}) (*providerList, error) {
	if err := allProjects(who, ""); err != nil {
		return nil, err
	}
	if err := f.o.Providers.Remove(ctx, in.Name, who.Login, asKnown(f, &in.Known, "Provider", wholeProvider)); err != nil {
		return nil, err
	}
	return f.listProviders(ctx, who, nil)
}

type providerAnswer struct {
	Body struct {
		Outcome    string  `json:"outcome" enum:"taken,refused,later,unknown" doc:"later: it may take it another time. unknown: it may have it, and did not say so."`
		Reason     string  `json:"reason" doc:"Why it is not taken, in its words."`
		Took       float64 `json:"took" doc:"Seconds until it answered."`
		Message    int64   `json:"message,omitempty" doc:"Its id among the messages; absent when the provider could not be asked at all."`
		ProviderID string  `json:"provider_id" doc:"The provider's own."`
	}
}

func (f *Face) testProvider(ctx context.Context, who *asker, in *struct {
	ByProvider
	Body struct {
		Phone      string `json:"phone"`
		Text       string `json:"text"`
		Originator string `json:"originator,omitempty" doc:"Whom it shows as its sender."`
	}
}) (*providerAnswer, error) {
	if err := allProjects(who, ""); err != nil {
		return nil, err
	}
	w := &writer{f, who, nil}
	m, err := w.write(ctx, &TextFields{Phone: in.Body.Phone, Text: in.Body.Text, Originator: in.Body.Originator}, "", "")
	if err != nil {
		return nil, err
	}
	m.Valid = 0 // it is tried once
	t, err := f.o.Texts.Try(ctx, in.Name, m)
	if err != nil {
		return nil, err
	}
	out := &providerAnswer{}
	out.Body.Outcome = map[gateway.Outcome]string{gateway.Taken: "taken", gateway.Refused: "refused", gateway.Later: "later", gateway.Unknown: "unknown"}[t.Outcome]
	out.Body.Reason, out.Body.Took, out.Body.Message, out.Body.ProviderID = report.ShownText(t.Reason, who.May("numbers", "see")), t.Took.Seconds(), t.Message, t.ID
	return out, nil
}

// Preset is a description that comes with callgate.
type Preset struct {
	Name         string      `json:"name"`
	Title        string      `json:"title"`
	Source       string      `json:"source" doc:"The page that it was read from."`
	Read         string      `json:"read" doc:"What of it was read where."`
	Experimental bool        `json:"experimental" doc:"Not all of it could be read on the provider's own pages."`
	Needs        []Need      `json:"needs" nullable:"false" doc:"The values that it needs."`
	Description  Description `json:"description" doc:"How the provider is asked and what its answers mean: a beginning for one of one's own."`
	Receipts     bool        `json:"receipts" doc:"The provider may call to say what became of messages."`
	PerSecond    float64     `json:"per_second,omitempty" doc:"Messages that the provider takes a second, where that is known."`
	Longest      int         `json:"longest,omitempty" doc:"Characters of the longest text that it takes, where that is known."`
	Minutes      int         `json:"minutes,omitempty" doc:"For so long it tries to deliver, where that is known."`
}

// Need is a value that a provider needs.
type Need struct {
	Name     string `json:"name"`
	Title    string `json:"title"`
	Secret   bool   `json:"secret"`
	Optional bool   `json:"optional"`
	Unless   string `json:"unless,omitempty" doc:"Another one, with which this one is not needed."`
	Default  string `json:"default,omitempty"`
}

func (f *Face) listPresets(context.Context, *asker, *struct{}) (*struct{ Body []Preset }, error) {
	all := gateway.Presets()
	out := &struct{ Body []Preset }{make([]Preset, len(all))}
	for i, p := range all {
		d := p.Description
		whole, err := d.MarshalJSON()
		if err != nil {
			return nil, fmt.Errorf("write preset %s: %w", p.Name, err)
		}
		v := Preset{Name: p.Name, Title: d.Title, Source: d.Source, Read: d.Read, Experimental: d.Experimental, Needs: make([]Need, len(d.Needs)), Description: whole, Receipts: d.Receipt != nil,
			PerSecond: d.Limits.PerSecond, Longest: d.Limits.Longest, Minutes: d.Limits.Minutes}
		for j, n := range d.Needs {
			v.Needs[j] = Need(n)
		}
		out.Body[i] = v
	}
	return out, nil
}
