package history

import (
	"context"
	"errors"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// memory is a CoreStore.
type memory struct {
	mu           sync.Mutex
	fails        error
	names        map[string]string
	reads, saves int
	slow         time.Duration
}

func (m *memory) Cores(ctx context.Context) (map[string]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads++
	select {
	case <-time.After(m.slow):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return maps.Clone(m.names), m.fails
}

func (m *memory) SaveCore(_ context.Context, core, switchName string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.saves++
	if m.fails == nil {
		m.names[core] = switchName
	}
	return m.fails
}

func (m *memory) change(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
}

// TestCores: what the links say goes without the store; what they do not is read of it, seldom.
func TestCores(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, link := &memory{names: map[string]string{"old": "main"}}, &wire{name: "main"}
		c := NewCores(CoresOptions{Store: m, Links: []Link{link, &wire{name: "down"}}, Now: time.Now})
		link.set("new", time.Now())
		want := func(core, name string, reads int) {
			t.Helper()
			if got := c.Switch(core); got != name || m.reads != reads {
				t.Errorf("%q is of %q after %d readings, want %q and %d", core, got, m.reads, name, reads)
			}
		}
		want("new", "main", 0)
		want("", "", 0)
		want("old", "main", 1)
		want("other", "", 1)
		m.change(func() { m.names["other"] = "far" })
		want("other", "", 1)
		time.Sleep(corePause)
		want("old", "main", 1)
		want("other", "far", 2)
		time.Sleep(corePause)
		m.change(func() { m.fails = errors.New("down") })
		want("old", "main", 2) // known once and for all
		want("third", "", 3)
		time.Sleep(corePause)
		m.change(func() { m.fails, m.slow, m.names["third"] = nil, time.Hour, "main" })
		began := time.Now()
		want("third", "", 4)
		if took := time.Since(began); took > coreTime {
			t.Errorf("it took %v", took)
		}
	})
}

// TestCoresKept: every core that a link shows is kept, once.
func TestCoresKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, link := &memory{names: map[string]string{}}, &wire{name: "main"}
		c := NewCores(CoresOptions{Store: m, Links: []Link{link}, Now: time.Now})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- c.Run(ctx) }()
		time.Sleep(10 * time.Second)
		link.set("one", time.Now())
		time.Sleep(10 * time.Second)
		m.change(func() { m.fails = errors.New("down") })
		link.set("two", time.Now())
		time.Sleep(10 * time.Second)
		m.change(func() { m.fails = nil })
		time.Sleep(10 * time.Second)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if want := map[string]string{"one": "main", "two": "main"}; !maps.Equal(m.names, want) || m.saves < 3 || m.saves > 14 {
			t.Errorf("%v after %d attempts", m.names, m.saves)
		}
	})
}
