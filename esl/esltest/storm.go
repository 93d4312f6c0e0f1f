package esltest

import "strconv"

// Fire announces an event as a module would: name ("CUSTOM", "HEARTBEAT"…),
// subclass (of CUSTOM), then header names and values in pairs, and a body.
func (s *Switch) Fire(name, subclass string, pairs []string, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.fired(name, subclass, pairs)
	e.body = body
	s.fire(e)
}

// Storm announces n events back to back, each as Fire would and with one more
// header, Storm-Number, from 1 to n. It returns when they are queued; whoever
// reads too slowly loses some, as with any event.
func (s *Switch) Storm(n int, name, subclass string, pairs []string) {
	const atOnce = 100 // then others get their turn
	for i := 0; i < n; {
		s.mu.Lock()
		for end := min(i+atOnce, n); i < end && !s.stopped; {
			i++
			e := s.fired(name, subclass, pairs)
			e.headers.add("Storm-Number", strconv.Itoa(i))
			s.fire(e)
		}
		stopped := s.stopped
		s.mu.Unlock()
		if stopped {
			return
		}
	}
}

func (s *Switch) fired(name, subclass string, pairs []string) *Event {
	var e *Event
	if name == "CUSTOM" {
		e = s.beginCustom(siteFired, subclass)
	} else {
		e = s.begin(siteFired, name)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		e.headers.add(pairs[i], pairs[i+1])
	}
	return e
}
