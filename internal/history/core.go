package history

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// CoreStore keeps which switch each running instance of FreeSWITCH belonged to.
type CoreStore interface {
	Cores(ctx context.Context) (map[string]string, error) // names by core-uuid
	SaveCore(ctx context.Context, core, switchName string) error
}

// UnknownSwitch is how people are told of a switch whose name is empty, that is, unknown. No configured one is called so.
const UnknownSwitch = "unknown"

const (
	corePause = time.Second // between looks at the links, and between readings of the store for an unknown core
	coreTime  = time.Second // for one reading
)

// Cores know which configured switch a running instance of FreeSWITCH belongs to, or belonged to: its CDRs may come long
// after it has ended. They may be used from any goroutine.
type Cores struct {
	o     CoresOptions
	known atomic.Pointer[map[string]string]

	mu   sync.Mutex // held while the store is read
	read time.Time  // when it was
}

// CoresOptions are their surroundings. All but Logger are needed.
type CoresOptions struct {
	Store  CoreStore
	Links  []Link
	Now    func() time.Time
	Logger *slog.Logger
}

// NewCores makes Cores; Run keeps what the links tell.
func NewCores(o CoresOptions) *Cores {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Cores{o: o}
	c.known.Store(&map[string]string{})
	return c
}

// Switch is the name of a core's switch, empty when nobody knows it. It answers from memory; for a core that is unknown
// there it asks the store, once in a second and for a second at most: another process may know it, or an earlier one.
func (c *Cores) Switch(core string) string {
	if core == "" {
		return ""
	}
	for _, l := range c.o.Links {
		if l.CoreUUID() == core {
			return l.Name()
		}
	}
	if name := (*c.known.Load())[core]; name != "" {
		return name
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.o.Now().Sub(c.read) >= corePause {
		ctx, cancel := context.WithTimeout(context.Background(), coreTime)
		defer cancel()
		if known, err := c.o.Store.Cores(ctx); err == nil {
			c.known.Store(&known)
		} else {
			c.o.Logger.Warn("cores are not read", "error", err)
		}
		c.read = c.o.Now()
	}
	return (*c.known.Load())[core]
}

// Run keeps the cores of the links, within a second after a link has come up, until ctx ends. It may be called once.
func (c *Cores) Run(ctx context.Context) error {
	kept := map[string]string{} // cores by switch
	failed := false
	for {
		for _, l := range c.o.Links {
			core := l.CoreUUID()
			if core == "" || core == kept[l.Name()] {
				continue
			}
			err := c.o.Store.SaveCore(ctx, core, l.Name())
			if err == nil {
				kept[l.Name()] = core
			} else if !failed && ctx.Err() == nil {
				c.o.Logger.Warn("a core is not kept", "switch", l.Name(), "error", err)
			}
			failed = err != nil
		}
		select {
		case <-time.After(corePause):
		case <-ctx.Done():
			return nil
		}
	}
}
