package account

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// followedFor is how long what is remembered may be used after the last Follow: with the database out of reach
	// nobody is let in on an old answer for longer.
	followedFor      = time.Second
	rememberedTokens = 4096
)

// memory holds what the store answered, for one revision. All of it is forgotten at once: changes are rare.
type memory struct {
	mu       sync.RWMutex
	revision int64
	followed time.Time // of the last Follow; zero means never
	// generation grows whenever something is forgotten. Who asks the store notes it before, so that an answer that
	// may be older than a change is not remembered after it.
	generation uint64
	tokens     map[[sha256.Size]byte]remembered
	modules    switches
	modulesOK  bool // modules was loaded
}

// remembered is what a token or key opens.
type remembered struct {
	who      *Identity
	expires  time.Time      // zero is never
	networks []netip.Prefix // from where; none is from anywhere
	session  bool
	key      int64         // its id, when it is a key
	used     *atomic.Int64 // when its use was noted last, in microseconds; shared by all copies
}

// good tells whether it opens anything at a time. That of a browser ends when it is not used.
func (r *remembered) good(now time.Time) bool {
	return (r.expires.IsZero() || now.Before(r.expires)) && (!r.session || now.Sub(time.UnixMicro(r.used.Load())) < sessionIdle)
}

// Follow says which revision of the accounts the database has now. What was loaded under another one is forgotten,
// and what was loaded under this one may be used for another second. It blocks on nothing and does not fail.
func (s *Service) Follow(_ context.Context, revision int64) error {
	m := &s.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	if revision != m.revision {
		m.forget()
		m.revision = revision
	}
	m.followed = s.now()
	return nil
}

// forget forgets everything. The caller holds the lock.
func (m *memory) forget() {
	m.generation++
	clear(m.tokens)
	m.modules, m.modulesOK = nil, false
}

// changed forgets everything, after a change by this process whose outcome may even be unknown.
func (m *memory) changed() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget()
}

// signedIn forgets the tokens and keys of a user: a new token may have pushed out an older one.
func (m *memory) signedIn(user int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.generation++
	for hash, r := range m.tokens {
		if r.who.UserID == user {
			delete(m.tokens, hash)
		}
	}
}

// current tells whether what is remembered may be used. The caller holds the lock.
func (m *memory) current(now time.Time) bool {
	age := now.Sub(m.followed)
	return age >= 0 && age <= followedFor
}

// token finds what a token or key opens. When it is not remembered, generation is for remember.
func (m *memory) token(hash [sha256.Size]byte, now time.Time) (r remembered, generation uint64, ok bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if r, ok := m.tokens[hash]; ok && m.current(now) && r.good(now) {
		return r, 0, true
	}
	return remembered{}, m.generation, false
}

// rememberToken keeps what the store answered, unless something was forgotten since it was asked.
func (m *memory) rememberToken(hash [sha256.Size]byte, r remembered, generation uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if generation != m.generation {
		return
	}
	if m.tokens == nil {
		m.tokens = map[[sha256.Size]byte]remembered{}
	}
	for other := range m.tokens {
		if len(m.tokens) < rememberedTokens {
			break
		}
		delete(m.tokens, other) // any: it costs its holder one query
	}
	m.tokens[hash] = r
}

// switched are the modules from memory, or else from the store.
func (s *Service) switched(ctx context.Context) (switches, error) {
	m := &s.memory
	m.mu.RLock()
	modules, ok, generation := m.modules, m.modulesOK && m.current(s.now()), m.generation
	m.mu.RUnlock()
	if ok {
		return modules, nil
	}
	read, err := s.store.Modules(ctx)
	if err != nil {
		return nil, fmt.Errorf("read modules: %w", err)
	}
	modules = newSwitches(read)
	m.mu.Lock()
	defer m.mu.Unlock()
	if generation == m.generation {
		m.modules, m.modulesOK = modules, true
	}
	return modules, nil
}
