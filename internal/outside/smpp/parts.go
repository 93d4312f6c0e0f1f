package smpp

import (
	"sync"

	"callgate/internal/outside/gateway"
)

// partsKnown is of how many parts it is known of which message they are: what is older is forgotten.
const partsKnown = 1 << 14

// parts know which ids are of one message, whose id is that of its last part. A message is delivered when its last part is,
// for SMSCs deliver in order; it has failed when one of them has. So every receipt means something as it comes, and none has
// to be remembered which its SMSC has been told is kept.
type parts struct {
	mu  sync.Mutex
	of  map[string]*whole
	all []string // ids in the order in which they came
}

// whole is a message of several parts.
type whole struct {
	id   string // "" while it is being sent
	over bool   // nothing is told of it any more: one part has failed, or was not taken
}

// add says that an id is of a message. That of the last part is the message's from then on, for a receipt may come at once.
func (p *parts) add(id string, w *whole, last bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if last {
		w.id, w.over = id, w.over || id == ""
	}
	if id == "" {
		return
	}
	if len(p.all) == partsKnown {
		delete(p.of, p.all[0])
		p.all = p.all[1:]
	}
	p.all, p.of[id] = append(p.all, id), w
}

// forget says that an id is that of a message of one part: SMSCs give ids out again.
func (p *parts) forget(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.of, id)
}

// end says that not all of a message was taken.
func (p *parts) end(w *whole) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w.over = true
}

// What a receipt of a part means.
type meaning uint8

const (
	tells   meaning = iota // what became of the message
	nothing                // for the message
	tooSoon                // nobody can be told yet, for the rest is being sent
)

// translate is what a receipt says of a message.
func (p *parts) translate(r gateway.Receipt) (gateway.Receipt, meaning) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.of[r.ID]
	failed := r.State == gateway.Failed || r.State == gateway.Expired
	switch {
	case w == nil:
		return r, tells
	case w.over:
		return r, nothing
	case w.id == "" && failed:
		return r, tooSoon
	case r.ID == w.id, failed:
		w.over = failed && r.ID != w.id
		r.ID = w.id
		return r, tells
	}
	return r, nothing
}

// untold says that a receipt of a part could not be kept: it is told when it is said again.
func (p *parts) untold(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w := p.of[id]; w != nil && id != w.id { // what the last part says puts an end to nothing
		w.over = false
	}
}
