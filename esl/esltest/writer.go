package esltest

import "time"

// maxOut is how much is said before it has to be written.
const maxOut = 64 << 10

// frame says something to the client. It is written together with what else is
// said before the lock is let go, as TCP would join small writes: nothing waits
// while a command runs that takes time.
func (c *conn) frame(text string) {
	if c.broken {
		return
	}
	text, c.broken = c.s.faults.spoil(text)
	c.closing = c.closing || c.broken
	c.out = append(c.out, text...)
	c.s.speaker = c
	if len(c.out) >= maxOut || c.broken {
		c.push()
	}
}

// push writes what has been said. Somebody else may run meanwhile.
func (c *conn) push() { c.s.outside(func() {}) }

// release lets the lock go, after which what has been said is written.
func (s *Switch) release() {
	c := s.speaker
	s.speaker = nil
	s.mu.Unlock()
	if c != nil {
		c.write()
	}
}

// write is called without the lock, by whoever serves the connection. A failure
// ends the connection.
func (c *conn) write() {
	for rest := c.out; len(rest) > 0; {
		n, pause := c.pace(len(rest))
		if _, err := c.nc.Write(rest[:n]); err != nil {
			c.nc.Close()
			break
		}
		if rest = rest[n:]; pause > 0 && len(rest) > 0 {
			c.s.mu.Lock()
			c.s.sleep(pause)
			c.s.mu.Unlock()
		}
	}
	c.out = c.out[:0]
	if c.broken {
		c.nc.Close()
	}
	c.s.mu.Lock()
	clear(c.queue[:c.said])
	c.queue, c.said = c.queue[c.said:], 0
	c.s.mu.Unlock()
}

// pace waits until something may be written, and tells how much of n bytes may be
// and how long to pause then.
func (c *conn) pace(n int) (chunk int, pause time.Duration) {
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	s.await(forever, func() bool { return !s.faults.hang || c.closing }, &s.faults.changed, &c.wake)
	if f := &s.faults; f.chunk > 0 && f.chunk < n {
		return f.chunk, f.pause
	}
	return n, 0
}

// offer queues an event's frame.
func (c *conn) offer(frame string) {
	if len(c.queue) >= maxQueue {
		if c.lost++; c.lost > maxLost && !c.closing && !c.s.faults.hang {
			c.closing = true
			c.nc.Close() // whoever writes to it is stuck
			c.wake.fire()
		}
		return
	}
	c.lost = 0
	c.queue = append(c.queue, frame)
	c.wake.fire()
}

// flush says everything that is queued. It counts as queued until it has been
// written.
func (c *conn) flush() {
	for c.said < len(c.queue) && !c.closing {
		c.said++
		c.frame(c.queue[c.said-1])
	}
}
