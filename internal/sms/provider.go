package sms

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"callgate/internal/fault"
	"callgate/internal/outside/gateway"
)

// Kind is how a provider is reached.
type Kind string

// The kinds.
const (
	HTTP Kind = "http" // as a description says
	SMPP Kind = "smpp"
	Log  Kind = "log" // nobody: it takes all and delivers nothing
)

// Provider is one who carries messages.
type Provider struct {
	Name        string
	Kind        Kind
	Preset      string            // of HTTP: the name of a description that callgate has
	Description json.RawMessage   // of HTTP without a preset, and of SMPP
	Values      map[string]string // what a description needs, secrets among them
	Pace        Pace
	Secret      string // the end of the path at which it tells what became of messages
	ChangedAt   time.Time
	ChangedBy   string
	Err         error // why values and secret cannot be read: then it has none
}

// Describe is the description of a provider that is reached over HTTP. One that cannot work is fault.WrongField "preset" or
// "description", with the place.
func (p *Provider) Describe() (*gateway.Description, error) {
	if p.Preset != "" {
		d := gateway.FindPreset(p.Preset)
		if d == nil {
			return nil, &fault.Error{Kind: fault.WrongField, Subject: "preset", Err: fmt.Errorf("there is no preset %.40q", p.Preset)}
		}
		return d, nil
	}
	d, err := gateway.ParseDescription(p.Description)
	if err != nil {
		return nil, &fault.Error{Kind: fault.WrongField, Subject: "description", Err: err}
	}
	return d, nil
}

// Secrets are the names of the values that are shown to nobody: all of them where nobody can say.
func (p *Provider) Secrets() []string {
	switch p.Kind {
	case SMPP:
		return []string{"password"}
	case HTTP:
		d, err := p.Describe()
		if err != nil {
			return slices.Sorted(maps.Keys(p.Values))
		}
		var all []string
		for _, n := range d.Needs {
			if n.Secret {
				all = append(all, n.Name)
			}
		}
		return all
	}
	return nil
}

// ProviderStore keeps providers.
type ProviderStore interface {
	// Providers lists all, by name.
	Providers(ctx context.Context) ([]Provider, error)
	// SetProvider keeps a provider in the place of the one of that name, if there is one. was is when that one was changed last,
	// as far as is known, the zero time for a new one; if that is not so it is fault.Stale "Provider".
	SetProvider(ctx context.Context, p Provider, was time.Time) error
	// RemoveProvider forgets a provider that was changed last then, or is fault.Stale "Provider".
	RemoveProvider(ctx context.Context, name string, was time.Time) error
}

// CarriersOptions are the surroundings of Carriers; all but Logger are needed, the last two by who sets providers only.
type CarriersOptions struct {
	Store ProviderStore
	// Build makes what reaches a provider, or is fault.WrongField with the place of what cannot work. It calls heard with what
	// the provider says of itself about messages; when that fails the provider is to say it again.
	Build  func(p Provider, heard func(context.Context, gateway.Receipt) error) (Carrier, error)
	Order  func() []string // the names of those that are asked, one after the other
	Heard  func(ctx context.Context, provider string, r gateway.Receipt) error
	Logger *slog.Logger

	NewSecret func() string // which nobody can guess, fit for a path
	Now       func() time.Time
}

// Carriers are the providers as they are reached. It may be used from any goroutine.
type Carriers struct {
	o       CarriersOptions
	setting sync.Mutex
	loading sync.Mutex
	current atomic.Pointer[carriers]
	changed chan struct{} // capacity 1
	running atomic.Bool
}

type carriers struct {
	revision int64
	known    map[string]Provider
	lines    map[string]*line
}

// runner is a Carrier that has to be run.
type runner interface {
	Run(ctx context.Context) error
}

// NewCarriers makes Carriers that know nobody until Follow.
func NewCarriers(o CarriersOptions) *Carriers {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Carriers{o: o, changed: make(chan struct{}, 1)}
	c.current.Store(&carriers{revision: -1})
	return c
}

// Follow reads the providers again when what is in memory is not of that revision. Those that did not change stay as they
// are.
func (c *Carriers) Follow(ctx context.Context, revision int64) error {
	if c.current.Load().revision == revision {
		return nil
	}
	return c.load(ctx, revision)
}

// load reads the providers, which may be those of a later revision.
func (c *Carriers) load(ctx context.Context, revision int64) error {
	c.loading.Lock()
	defer c.loading.Unlock()
	all, err := c.o.Store.Providers(ctx)
	if err != nil {
		return fmt.Errorf("read the providers of messages: %w", err)
	}
	before, now := c.current.Load(), &carriers{revision: revision, known: map[string]Provider{}, lines: map[string]*line{}}
	for _, p := range all {
		now.known[p.Name] = p
		if old, ok := before.known[p.Name]; ok && old.ChangedAt.Equal(p.ChangedAt) && before.lines[p.Name] != nil {
			now.lines[p.Name] = before.lines[p.Name]
			continue
		}
		carrier, err := Carrier(nil), p.Err
		if err == nil {
			carrier, err = c.o.Build(p, func(ctx context.Context, r gateway.Receipt) error { return c.o.Heard(ctx, p.Name, r) })
		}
		if err != nil {
			c.o.Logger.Warn("a provider of messages is not used", "provider", p.Name, "error", err)
			continue
		}
		now.lines[p.Name] = newLine(p.Name, carrier, p.Pace)
	}
	c.current.Store(now)
	for name, l := range before.lines {
		if now.lines[name] != l {
			l.close()
		}
	}
	select {
	case c.changed <- struct{}{}:
	default: // it is to be looked at already
	}
	return nil
}

var (
	errNoProvider = errors.New("no provider is set")
	errUnknown    = errors.New("no provider that is set can be used")
)

// lines are those that are asked, in their order.
func (c *Carriers) lines() ([]*line, error) {
	order := c.o.Order()
	if len(order) == 0 {
		return nil, errNoProvider
	}
	var all []*line
	for _, name := range order {
		if l := c.current.Load().lines[name]; l != nil {
			all = append(all, l)
		}
	}
	if len(all) == 0 {
		return nil, errUnknown
	}
	return all, nil
}

// Close lets all providers go, which are not used any more. Who has run them need not.
func (c *Carriers) Close() {
	for _, l := range c.current.Load().lines {
		l.close()
	}
}

// run runs what has to be run, until ctx ends, and then lets all go.
func (c *Carriers) run(ctx context.Context) {
	c.running.Store(true)
	defer c.running.Store(false)
	var all sync.WaitGroup
	defer all.Wait()
	running := map[*line]func(){} // ends it, and waits until it has
	for {
		lines := map[*line]runner{}
		for _, l := range c.current.Load().lines {
			if r, ok := l.carrier.(runner); ok {
				lines[l] = r
			}
		}
		// Those that go, first: an SMSC may let nobody in twice.
		for l, end := range running {
			if lines[l] == nil {
				end()
				delete(running, l)
			}
		}
		for l, r := range lines {
			if running[l] != nil {
				continue
			}
			ctx, stop := context.WithCancel(ctx)
			over := make(chan struct{})
			running[l] = func() { stop(); <-over }
			all.Go(func() {
				defer close(over)
				if err := r.Run(ctx); err != nil {
					c.o.Logger.Error("a provider of messages is given up", "provider", l.name, "error", err)
				}
			})
		}
		select {
		case <-c.changed:
		case <-ctx.Done():
			c.Close()
			return
		}
	}
}
