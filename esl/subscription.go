package esl

import (
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// defaultBuffer holds some seconds of a busy contact centre.
const defaultBuffer = 1024

// SubscribeOptions say which of the events that the client receives a subscriber wants. What is not in Options.Events
// or Options.Subclasses never comes, whatever is asked for here.
type SubscribeOptions struct {
	// Name is the label of the subscription in the drop counter. It comes from the code, never from data.
	Name string
	// Events are the names wanted. CUSTOM stands for custom events of every subclass.
	Events []string
	// Subclasses are the subclasses of custom events wanted. With neither Events nor Subclasses every event is.
	Subclasses []string
	// Buffer is how many events may wait for the subscriber; 1,024 by default.
	Buffer int
}

// Subscription delivers events in the order in which the switch sent them. That of a Client outlives connections. An event that finds
// the buffer full is dropped and counted; the subscriber learns of it by Lost and should look for himself.
type Subscription struct {
	// C has the events. It is closed by Close, and when the Session it belongs to ends; what waits in it can still be read.
	C <-chan *Event

	in      chan *Event
	lost    chan struct{}
	want    func(*Event) bool
	dropped prometheus.Counter
	from    *subscriptions
}

// Lost receives a value when events are missing: after some were dropped, and each time events are subscribed anew (the first
// time included), for what happened before nobody reported. Several such moments may share one value. It is never closed.
func (s *Subscription) Lost() <-chan struct{} { return s.lost }

// Close ends the subscription and closes C; what waits in C can still be read. It may be called at any time, by any
// goroutine, any number of times.
func (s *Subscription) Close() {
	s.from.mu.Lock()
	defer s.from.mu.Unlock()
	if i := slices.Index(s.from.list, s); i >= 0 {
		s.from.list = slices.Delete(s.from.list, i, i+1)
		close(s.in)
	}
}

func (s *Subscription) signalLost() {
	select {
	case s.lost <- struct{}{}:
	default: // one is waiting already
	}
}

// subscriptions are those not yet closed.
type subscriptions struct {
	mu     sync.Mutex
	list   []*Subscription
	closed bool
}

// close ends every subscription, and those that are yet to be made.
func (ss *subscriptions) close() {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	for _, s := range ss.list {
		close(s.in)
	}
	ss.list, ss.closed = nil, true
}

// publish offers events to everybody and waits for nobody.
func (ss *subscriptions) publish(run []*Event) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	for _, s := range ss.list {
		for _, e := range run {
			if !s.want(e) {
				continue
			}
			select {
			case s.in <- e:
			default:
				s.dropped.Inc()
				s.signalLost()
			}
		}
	}
}

// signalLost tells everybody that events may be missing.
func (ss *subscriptions) signalLost() {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	for _, s := range ss.list {
		s.signalLost()
	}
}

// add begins to deliver to a new subscription.
func (ss *subscriptions) add(o SubscribeOptions, dropped prometheus.Counter) *Subscription {
	if o.Buffer <= 0 {
		o.Buffer = defaultBuffer
	}
	in := make(chan *Event, o.Buffer)
	s := &Subscription{C: in, in: in, lost: make(chan struct{}, 1), want: o.filter(), dropped: dropped, from: ss}
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if ss.closed {
		close(in)
		return s
	}
	ss.list = append(ss.list, s)
	return s
}

// Subscribe begins to deliver events. It may be called before, during and after Run, by any goroutine; whoever calls it
// before Run misses no event of the first connection.
func (c *Client) Subscribe(o SubscribeOptions) *Subscription {
	return c.subs.add(o, c.metrics.drops.WithLabelValues(o.Name))
}

func (o SubscribeOptions) filter() func(*Event) bool {
	names, subclasses := slices.Clone(o.Events), slices.Clone(o.Subclasses)
	if len(names)+len(subclasses) == 0 {
		return func(*Event) bool { return true }
	}
	return func(e *Event) bool {
		return slices.Contains(names, e.Name()) || e.Name() == custom && slices.Contains(subclasses, e.Subclass())
	}
}
