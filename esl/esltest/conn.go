package esltest

import (
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

	commands chan []command // from the reading goroutine; closed at the end
	pending  []command      // received, to be handled one by one
	authed   bool
	closing  bool          // the client asked for it, or must go
	gone     chan struct{} // closed at the end

	format  format
	events  bool // listening at all
	names   map[string]bool
	all     bool
	custom  map[string]bool
	filters headers
	queue   []string // frames to be written between two commands: events, mostly
	said    int      // how many of them are in out
	out     []byte   // said, but not written yet; see frame
	broken  bool     // out is the last that is written
	lost    int
	wake    signal

	session   *channel // outbound, or myevents <uuid>
	outbound  bool
	async     bool
	full      bool
	connected bool
	since     time.Time // it connected
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
		s: s, nc: nc, names: map[string]bool{}, custom: map[string]bool{},
		commands: make(chan []command), gone: make(chan struct{}), linger: -2,
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
	s.conns[c], s.general[c] = struct{}{}, struct{}{}
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
	c.push()
	delete(s.conns, c)
	c.unbind()
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

// next waits for a command, writing events meanwhile: what is queued goes out
// before a command is looked at. ok is false when the connection is to end.
func (c *conn) next(limit time.Duration) (cmd command, ok bool) {
	s := c.s
	deadline := time.Time{}
	if limit > 0 {
		deadline = s.now().Add(limit)
	}
	for {
		s.await(forever, func() bool { return !s.faults.hang || c.closing }, &s.faults.changed, &c.wake)
		if c.closing || s.stopped {
			return cmd, false
		}
		c.takeDiverted()
		c.flush()
		if c.checkChannel() {
			return cmd, false
		}
		if len(c.pending) > 0 {
			cmd, c.pending = c.pending[0], c.pending[1:]
			return cmd, !c.closing
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
		open := true
		s.release()
		select {
		case c.pending, open = <-c.commands:
		case <-wake:
		case <-dead:
		case <-timeout:
		case <-s.ctx.Done():
		}
		s.mu.Lock()
		if !open {
			return cmd, false
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
