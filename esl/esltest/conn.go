package esltest

import (
	"bufio"
	"net"
	"strconv"
	"time"
)

const (
	maxQueue       = 100000 // events waiting for one connection
	maxLost        = 500    // drops in a row that cost the connection
	firstPacketMax = 25 * time.Second
	goodbye        = "Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n"
)

// conn is one Event Socket connection: an inbound client, or the socket of a
// channel that the socket application connected. One goroutine serves it, as in
// FreeSWITCH: while a command runs, no event is written, and the next command
// is read only after the queue of events is empty.
type conn struct {
	s  *Switch
	nc net.Conn

	commands chan command // from the reading goroutine; closed at the end
	authed   bool
	closing  bool          // the client asked for it, or must go
	gone     chan struct{} // closed at the end

	format  string
	events  bool // listening at all
	names   map[string]bool
	all     bool
	custom  map[string]bool
	filters headers
	queue   []*Event
	lost    int
	wake    signal

	session   *channel // outbound, or myevents <uuid>
	outbound  bool
	async     bool
	full      bool
	connected bool
	myevents  bool
	linger    int // seconds, -1 without end
	lingering bool
	disposed  bool // the end of the channel has been handled
	leaveAt   time.Time
	resume    bool

	count int // commands so far, for faults
}

func newConn(s *Switch, nc net.Conn) *conn {
	return &conn{
		s: s, nc: nc, format: "plain", names: map[string]bool{}, custom: map[string]bool{},
		commands: make(chan command), gone: make(chan struct{}), linger: -2,
	}
}

// accept serves a new client, unless a fault says otherwise.
func (s *Switch) accept(nc net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		nc.Close()
		return
	}
	c := newConn(s, nc)
	s.conns[c] = struct{}{}
	refuse, silent := s.faults.refuse, s.faults.silent
	s.serve(func() {
		defer s.drop(c)
		switch {
		case silent:
			s.await(forever, func() bool { return c.closing }, &c.wake, nil)
		case refuse:
			c.frame("Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n")
			c.sayGoodbye()
		default:
			c.serveInbound()
		}
	})
}

func (s *Switch) drop(c *conn) {
	delete(s.conns, c)
	c.nc.Close()
	c.closing = true
	c.wake.fire()
	close(c.gone)
}

func (c *conn) serveInbound() {
	c.startReading()
	c.frame("Content-Type: auth/request\n\n")
	first, ok := c.next(firstPacketMax)
	if ok {
		c.reply(c.handle(first))
		c.loop()
	}
	c.sayGoodbye()
}

// startReading reads commands in a goroutine of its own and hands them over one
// by one.
func (c *conn) startReading() {
	s := c.s
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		defer close(c.commands)
		r := bufio.NewReader(recorder{c})
		for {
			s.mu.Lock()
			s.await(forever, func() bool { return !s.faults.deaf || c.closing }, &s.faults.changed, &c.wake)
			s.mu.Unlock()
			cmd, err := readCommand(r)
			if err != nil {
				return
			}
			select {
			case c.commands <- cmd:
			case <-c.gone:
				return
			case <-s.ctx.Done():
				return
			}
		}
	}()
}

// next waits for a command, writing events meanwhile. ok is false when the
// connection is to end.
func (c *conn) next(limit time.Duration) (cmd command, ok bool) {
	s := c.s
	deadline := time.Time{}
	if limit > 0 {
		deadline = s.now().Add(limit)
	}
	for {
		if c.closing || s.stopped {
			return cmd, false
		}
		c.flush()
		if c.checkChannel() {
			return cmd, false
		}
		wait := forever
		for _, t := range []time.Time{deadline, c.leaveAt} {
			if !t.IsZero() {
				if left := t.Sub(s.now()); left <= 0 {
					return cmd, false
				} else if wait < 0 || left < wait {
					wait = left
				}
			}
		}
		var timeout <-chan time.Time
		if wait >= 0 {
			t := time.NewTimer(s.real(wait))
			timeout = t.C
			defer t.Stop()
		}
		wake := c.wake.wait()
		var dead <-chan struct{}
		if c.session != nil {
			dead = c.session.changed.wait()
		}
		got, open := false, true
		s.mu.Unlock()
		select {
		case cmd, open = <-c.commands:
			got = true
		case <-wake:
		case <-dead:
		case <-timeout:
		case <-s.ctx.Done():
		}
		s.mu.Lock()
		if got {
			return cmd, open && !c.closing
		}
	}
}

// loop serves commands until the connection ends.
func (c *conn) loop() {
	for !c.closing {
		cmd, ok := c.next(0)
		if !ok {
			return
		}
		if !c.disturb() {
			return
		}
		c.reply(c.handle(cmd))
	}
}

// reply answers a command: "~" starts a text that brings its own headers, and
// FreeSWITCH's buffers cut what is long.
func (c *conn) reply(text string, answered bool) {
	if answered {
		return
	}
	if text == "" {
		text = "-ERR command not found"
	}
	text = clip(text, 511)
	if text[0] == '~' {
		c.frame(clip("Content-Type: command/reply\n"+text[1:], 1023))
		return
	}
	c.frame(clip("Content-Type: command/reply\nReply-Text: "+text+"\n\n", 1023))
}

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

// offer queues an event if this connection wants it.
func (c *conn) offer(e *Event) {
	if !c.wants(e) {
		return
	}
	if len(c.queue) >= maxQueue {
		if c.lost++; c.lost > maxLost && !c.closing {
			c.closing = true
			c.nc.Close() // whoever writes to it is stuck
			c.wake.fire()
		}
		return
	}
	c.lost = 0
	c.queue = append(c.queue, e)
	c.wake.fire()
}

// flush writes every queued event.
func (c *conn) flush() {
	for len(c.queue) > 0 && !c.closing && c.events {
		e := c.queue[0]
		c.queue = c.queue[1:]
		var body string
		switch c.format {
		case "json":
			body = e.json()
		case "xml":
			body = e.xml()
		default:
			body = e.plain()
		}
		c.frame("Content-Length: " + strconv.Itoa(len(body)) + "\nContent-Type: text/event-" + c.format + "\n\n" + body)
	}
}

// frame writes without holding the lock. A failure ends the connection.
func (c *conn) frame(text string) {
	c.s.outside(func() {
		if _, err := c.nc.Write([]byte(text)); err != nil {
			c.nc.Close()
		}
	})
}

// checkChannel handles the end of the channel a connection is bound to: linger
// when that was asked for, else the connection ends, which it reports.
func (c *conn) checkChannel() (end bool) {
	ch := c.session
	if ch == nil || c.disposed || ch.state < csHangup || c.async && ch.running < csHangup {
		return false
	}
	c.disposed = true
	if c.linger == -2 {
		return true
	}
	c.lingering = true
	c.frame("Content-Type: text/disconnect-notice\nControlled-Session-UUID: " + ch.uuid +
		"\nContent-Disposition: linger\nChannel-Name: " + ch.name +
		"\nLinger-Time: " + strconv.Itoa(c.linger) + "\nContent-Length: 0\n\n")
	if c.linger >= 0 {
		// FreeSWITCH counts whole seconds and leaves when one more has begun.
		c.leaveAt = time.Unix(c.s.epoch()+int64(c.linger)+1, 0)
	}
	return false
}

// sayGoodbye writes the disconnect notice.
func (c *conn) sayGoodbye() {
	head := "Content-Type: text/disconnect-notice\n"
	if c.session != nil {
		head += "Controlled-Session-UUID: " + c.session.uuid + "\nContent-Disposition: disconnect\n"
	}
	c.frame(head + "Content-Length: " + strconv.Itoa(len(goodbye)) + "\n\n" + goodbye)
}
