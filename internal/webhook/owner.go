package webhook

import (
	"context"
	"sync"
	"time"
)

// memoTime is how long it is not asked again what an owner may see: a change takes effect that soon.
const memoTime = time.Second

// memo remembers what owners may see, for a moment: a burst of deliveries asks once.
type memo struct {
	ask func(ctx context.Context, id int64) (Owner, error)
	now func() time.Time

	mu    sync.Mutex
	known map[int64]remembered
}

type remembered struct {
	owner Owner
	err   error
	at    time.Time
}

func (m *memo) get(ctx context.Context, id int64) (Owner, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	if r, ok := m.known[id]; ok && now.Sub(r.at) < memoTime {
		return r.owner, r.err
	}
	r := remembered{at: now}
	r.owner, r.err = m.ask(ctx, id)
	if m.known == nil || len(m.known) >= maxEndpoints {
		m.known = map[int64]remembered{}
	}
	m.known[id] = r
	return r.owner, r.err
}
