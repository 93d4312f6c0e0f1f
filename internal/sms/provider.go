package sms

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

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
}

// Describe is the description of a provider that is reached over HTTP.
func (p *Provider) Describe() (*gateway.Description, error) {
	if p.Preset == "" {
		return gateway.ParseDescription(p.Description)
	}
	d := gateway.FindPreset(p.Preset)
	if d == nil {
		return nil, fmt.Errorf("there is no preset %.40q", p.Preset)
	}
	return d, nil
}

// ProviderStore keeps providers.
type ProviderStore interface {
	// Providers lists all, by name.
	Providers(ctx context.Context) ([]Provider, error)
	// SetProvider keeps a provider in the place of the one of that name, if there is one.
	SetProvider(ctx context.Context, p Provider) error
	// RemoveProvider forgets a provider, or is fault.NotFound "Provider".
	RemoveProvider(ctx context.Context, name string) error
}

// CarriersOptions are the surroundings of Carriers; all are needed.
type CarriersOptions struct {
	Store ProviderStore
	// Build makes what reaches a provider. It calls heard with what the provider says of itself about messages; when that
	// fails the provider is to say it again.
	Build  func(p Provider, heard func(context.Context, gateway.Receipt) error) (Carrier, error)
	Order  func() []string // the names of those that are asked, one after the other
	Heard  func(ctx context.Context, provider string, r gateway.Receipt) error
	Logger *slog.Logger
}

// Carriers are the providers as they are reached. It may be used from any goroutine.
type Carriers struct {
	o       CarriersOptions
	loading sync.Mutex
	current atomic.Pointer[carriers]
	changed chan struct{} // capacity 1
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
		carrier, err := c.o.Build(p, func(ctx context.Context, r gateway.Receipt) error { return c.o.Heard(ctx, p.Name, r) })
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

// run runs what has to be run, until ctx ends.
func (c *Carriers) run(ctx context.Context) {
	var all sync.WaitGroup
	defer all.Wait()
	running := map[*line]context.CancelFunc{}
	for {
		lines := map[*line]bool{}
		for _, l := range c.current.Load().lines {
			r, ok := l.carrier.(runner)
			if lines[l] = ok; !ok || running[l] != nil {
				continue
			}
			ctx, stop := context.WithCancel(ctx)
			running[l] = stop
			all.Go(func() {
				if err := r.Run(ctx); err != nil {
					c.o.Logger.Error("a provider of messages is given up", "provider", l.name, "error", err)
				}
			})
		}
		for l, stop := range running {
			if !lines[l] {
				stop()
				delete(running, l)
			}
		}
		select {
		case <-c.changed:
		case <-ctx.Done():
			for _, stop := range running {
				stop()
			}
			for _, l := range c.current.Load().lines {
				l.close()
			}
			return
		}
	}
}
