package account

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"callgate/internal/fault"
)

// Two hashes at once is what a small machine can spare, and bounds their memory to 38 MiB. So many more may wait.
const (
	hashesAtOnce = 2
	hashesQueued = 256
)

// hasher computes password hashes, a few at a time. Who waits is served by addresses in turn, and when too many wait one of
// the address with the most gives way: who asks much, to guess or to be in the way, is in his own way only.
type hasher struct {
	rand    io.Reader
	memory  uint32 // of a new hash, in KiB
	metrics *metrics

	mu      sync.Mutex
	running int
	waiting int
	lines   map[string][]*hashWaiter // of each address that has any
	order   []string                 // the addresses in lines, whose turn is next in front
}

// hashWaiter waits for its turn. It is told once: whether it has it, or gave way to others.
type hashWaiter struct{ told chan bool }

func newHasher(rand io.Reader, memory uint32, m *metrics) *hasher {
	return &hasher{rand: rand, memory: memory, metrics: m, lines: map[string][]*hashWaiter{}}
}

// turn waits for leave to compute one hash for somebody at an address; the caller calls done when it is computed.
func (h *hasher) turn(ctx context.Context, address string) (done func(), err error) {
	w, err := h.join(address)
	if err != nil {
		return nil, err
	}
	select {
	case has := <-w.told:
		if !has {
			return nil, tooManyHashes()
		}
	case <-ctx.Done():
		if !h.leave(address, w) && <-w.told {
			h.next(1)
		}
		return nil, fmt.Errorf("wait to hash a password: %w", ctx.Err())
	}
	h.metrics.hashing.Inc()
	start := time.Now()
	return func() {
		h.metrics.hashSeconds.Observe(time.Since(start).Seconds())
		h.metrics.hashing.Dec()
		h.next(1)
	}, nil
}

func tooManyHashes() error {
	return &fault.Error{Kind: fault.TooMany, RetryAfter: time.Second, Err: fmt.Errorf("%d hashes wait", hashesQueued)}
}

// join puts one more in the line of its address.
func (h *hasher) join(address string) (*hashWaiter, error) {
	h.mu.Lock()
	if h.waiting == hashesQueued {
		most := address
		for other, line := range h.lines {
			if len(line) > len(h.lines[most])+1 || most != address && len(line) > len(h.lines[most]) {
				most = other
			}
		}
		if most == address {
			h.mu.Unlock()
			return nil, tooManyHashes()
		}
		line := h.lines[most]
		h.remove(most, len(line)-1).told <- false
	}
	w := &hashWaiter{told: make(chan bool, 1)}
	if len(h.lines[address]) == 0 {
		h.order = append(h.order, address)
	}
	h.lines[address] = append(h.lines[address], w)
	h.waiting++
	h.mu.Unlock()
	h.next(0)
	return w, nil
}

// next gives so many turns back, and those that are free to who waits.
func (h *hasher) next(back int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.running -= back
	for h.running < hashesAtOnce && h.waiting > 0 {
		address := h.order[0]
		w := h.remove(address, 0)
		if len(h.lines[address]) > 0 {
			h.order = append(h.order[1:], address)
		}
		h.running++
		w.told <- true
	}
}

// leave takes who waits no longer out of a line, and tells whether it was still there.
func (h *hasher) leave(address string, w *hashWaiter) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	i := slices.Index(h.lines[address], w)
	if i >= 0 {
		h.remove(address, i)
	}
	return i >= 0
}

// remove takes one out of a line.
func (h *hasher) remove(address string, i int) *hashWaiter {
	line := h.lines[address]
	w := line[i]
	h.waiting--
	if len(line) == 1 {
		delete(h.lines, address)
		at := slices.Index(h.order, address)
		h.order = slices.Delete(h.order, at, at+1)
		return w
	}
	h.lines[address] = slices.Delete(line, i, i+1)
	return w
}
