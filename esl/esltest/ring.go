package esltest

import "slices"

// Ring is a call as the phone that was called saw it.
type Ring struct {
	Addr, User   string // whom the switch called
	Name, Number string // who was said to call, as From has it
	Answered     bool
	Cancelled    bool // the switch stopped before there was an answer
}

// Rings returns the calls that phones have got, in the order of arrival (the
// latest 10,000).
func (s *Switch) Rings() []Ring {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Ring, len(s.rings))
	for i, r := range s.rings {
		out[i] = *r
	}
	return out
}

// ringing notes that a phone got the leg's INVITE, and returns the note.
func (l *sipLeg) ringing() *Ring {
	s := l.s
	if len(s.rings) >= 10000 {
		s.rings = slices.Delete(s.rings, 0, 1000)
	}
	r := &Ring{Addr: l.addr, User: l.toUser, Name: l.shown, Number: l.fromUser}
	s.rings = append(s.rings, r)
	return r
}
