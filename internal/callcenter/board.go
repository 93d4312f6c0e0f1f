package callcenter

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"callgate/internal/fault"
)

// Answer is a documented answer from memory. JSON is shared: it must not be written to.
type Answer struct {
	JSON []byte
	Age  time.Duration // of the oldest snapshot in it
}

// Queues returns all queues; fault.SwitchDown when no switch has been read lately.
func (c *Center) Queues() (Answer, error) {
	return c.answer(func(b *board) ([]byte, string) { return b.queues, "" })
}

// Queue returns an array of the queue of that name, or fault.NotFound about "Queue".
func (c *Center) Queue(name string) (Answer, error) {
	return c.answer(func(b *board) ([]byte, string) { return b.queue[name], "Queue" })
}

// QueuesAmong returns those of some queues that there are.
func (c *Center) QueuesAmong(names []string) (Answer, error) {
	return c.answer(func(b *board) ([]byte, string) { return among(b.queueOrder, b.queue, names), "" })
}

// TiersAmong returns the tiers of some queues.
func (c *Center) TiersAmong(queues []string) (Answer, error) {
	return c.answer(func(b *board) ([]byte, string) { return among(b.tierOrder, b.tiersOf, queues), "" })
}

// among joins the arrays of some names, in the order of all.
func among(all []string, arrays map[string][]byte, names []string) []byte {
	joined := []byte("[")
	for _, name := range all {
		if slices.Contains(names, name) {
			joined = append(append(joined, arrays[name][1:len(arrays[name])-1]...), ',')
		}
	}
	return append(bytes.TrimSuffix(joined, []byte(",")), ']')
}

// Tiers returns all tiers.
func (c *Center) Tiers() (Answer, error) {
	return c.answer(func(b *board) ([]byte, string) { return b.tiers, "" })
}

// TiersOf returns the tiers of one queue, or fault.NotFound about "Tier".
func (c *Center) TiersOf(queue string) (Answer, error) {
	return c.answer(func(b *board) ([]byte, string) { return b.tiersOf[queue], "Tier" })
}

func (c *Center) answer(pick func(*board) (body []byte, subject string)) (Answer, error) {
	b := c.board.Load()
	now := c.o.Now()
	if b == nil || now.Sub(b.oldest) > c.o.MaxAge() {
		b = c.publish() // a switch that was not read for so long is left out
	}
	if len(b.of) == 0 {
		return Answer{}, fault.New(fault.SwitchDown, "")
	}
	body, subject := pick(b)
	if body == nil {
		return Answer{}, fault.New(fault.NotFound, subject)
	}
	return Answer{JSON: body, Age: now.Sub(b.oldest)}, nil
}

// publish encodes the answers anew from the snapshots that are young enough, unless nothing in them has changed.
func (c *Center) publish() *board {
	c.publishing.Lock()
	defer c.publishing.Unlock()
	fresh := c.Snapshots()
	old := c.board.Load()
	if old == nil || !slices.EqualFunc(old.of, fresh, func(a, b *Snapshot) bool { return a.Switch == b.Switch && a.text == b.text }) {
		old = encode(fresh)
	}
	b := *old
	b.of = fresh
	for i, s := range fresh {
		if i == 0 || s.Taken.Before(b.oldest) {
			b.oldest = s.Taken
		}
	}
	c.board.Store(&b)
	return &b
}

// board holds the documented answers, encoded once for a set of snapshots and served to every request.
type board struct {
	of      []*Snapshot
	oldest  time.Time // when the oldest of them was taken
	queues  []byte
	queue   map[string][]byte
	tiers   []byte
	tiersOf map[string][]byte

	queueOrder, tierOrder []string // the names in queue and in tiersOf, as they stand in queues and tiers
}

// encode merges snapshots in the order given. A queue or tier that several switches have is shown once, as the
// first of them has it: the documented answers have no place for a switch's name.
func encode(of []*Snapshot) *board {
	b := &board{queue: map[string][]byte{}, tiersOf: map[string][]byte{}}
	queues, tiers := []Queue{}, []Tier{}
	byQueue := map[string][]Tier{}
	seen := map[[2]string]bool{}
	for _, s := range of {
		for _, q := range s.Queues {
			if _, dup := b.queue[q.Name]; !dup {
				b.queue[q.Name] = marshal([]Queue{q})
				queues, b.queueOrder = append(queues, q), append(b.queueOrder, q.Name)
			}
		}
		for _, t := range s.Tiers {
			if len(of) > 1 { // one switch has each tier once
				key := [2]string{t.Queue, t.Agent}
				if seen[key] {
					continue
				}
				seen[key] = true
			}
			tiers = append(tiers, t)
			if byQueue[t.Queue] == nil {
				b.tierOrder = append(b.tierOrder, t.Queue)
			}
			byQueue[t.Queue] = append(byQueue[t.Queue], t)
		}
	}
	b.queues, b.tiers = marshal(queues), marshal(tiers)
	for name, of := range byQueue {
		b.tiersOf[name] = marshal(of)
	}
	return b
}

// marshal encodes plain structs of strings, which cannot fail, without HTML escaping and without a final newline.
func marshal(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // only strings in there: a programming error
	}
	return bytes.Clone(bytes.TrimSuffix(b.Bytes(), []byte("\n"))) // no more memory than it needs
}
