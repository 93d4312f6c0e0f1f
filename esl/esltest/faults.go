package esltest

import (
	"net"
	"slices"
	"strings"
	"time"
)

// faults is the trouble that tests ask for.
type faults struct {
	refuse    bool
	silent    bool
	deaf      bool
	changed   signal
	dropAfter int // commands on a connection before it is cut; 0: never
	delay     time.Duration
	late      time.Duration // of originate's answer
	fail      []failure
	cutBefore string // what api commands begin with that cut their connection, undone
	cutAfter  string // or done
	lists     map[string]ListFault

	hang      bool
	readPause time.Duration // before each command
	chunk     int           // bytes at a time, with a pause between; 0: all
	pause     time.Duration
	cut       *int    // bytes of the next frame, the last one
	lie       *string // the next Content-Length
}

type failure struct{ prefix, text string }

// RefuseByACL makes new clients see text/rude-rejection, as an access list does.
func (s *Switch) RefuseByACL(on bool) { s.fault(func(f *faults) { f.refuse = on }) }

// GoSilent makes the switch accept new clients and never say a word to them.
func (s *Switch) GoSilent(on bool) { s.fault(func(f *faults) { f.silent = on }) }

// StopReading leaves whatever clients send unread (commands that were being
// read are finished); events and replies still go out.
func (s *Switch) StopReading(on bool) { s.fault(func(f *faults) { f.deaf = on }) }

// DropAfter cuts every connection when its command number n arrives, unanswered;
// "auth" is not counted. 0 ends that.
func (s *Switch) DropAfter(n int) { s.fault(func(f *faults) { f.dropAfter = n }) }

// DelayAPI makes every api command take that much longer.
func (s *Switch) DelayAPI(d time.Duration) { s.fault(func(f *faults) { f.delay = d }) }

// DelayOriginate makes originate report its outcome that much later than it was known.
func (s *Switch) DelayOriginate(d time.Duration) { s.fault(func(f *faults) { f.late = d }) }

// FailCommand makes api commands that start with prefix ("originate",
// "callcenter_config tier add") do nothing and print text. An empty text ends that.
func (s *Switch) FailCommand(prefix, text string) {
	s.fault(func(f *faults) {
		f.fail = slices.DeleteFunc(f.fail, func(x failure) bool { return x.prefix == prefix })
		if text != "" {
			f.fail = append(f.fail, failure{prefix, text})
		}
	})
}

// CutAt closes every Event Socket connection instead of answering an api command
// that starts with prefix, before or after the command is carried out. An empty
// prefix ends that.
func (s *Switch) CutAt(prefix string, done bool) {
	s.fault(func(f *faults) {
		f.cutBefore, f.cutAfter = prefix, ""
		if done {
			f.cutBefore, f.cutAfter = "", prefix
		}
	})
}

// CutConnections closes every Event Socket connection without a word.
func (s *Switch) CutConnections() { s.cutConnections(func(net.Conn) {}) }

// ResetConnections is CutConnections by a TCP reset, which destroys what is on
// its way and makes the peer's next read or write fail at once.
func (s *Switch) ResetConnections() {
	s.cutConnections(func(nc net.Conn) {
		if tcp, ok := nc.(interface{ SetLinger(seconds int) error }); ok {
			if err := tcp.SetLinger(0); err != nil {
				s.cfg.Logger.Info("reset a connection", "error", err)
			}
		}
	})
}

func (s *Switch) cutConnections(before func(net.Conn)) {
	s.fault(func(*faults) { s.cutAll(before) })
}

// cutAll needs the lock.
func (s *Switch) cutAll(before func(net.Conn)) {
	for c := range s.conns {
		c.closing = true
		before(c.nc)
		c.nc.Close()
		c.wake.fire()
	}
}

// cutAt cuts all connections when a command is one at which to do so.
func (s *Switch) cutAt(prefix, command string) bool {
	if prefix == "" || !strings.HasPrefix(command, prefix) {
		return false
	}
	s.cutAll(func(net.Conn) {})
	return true
}

// CutFrame makes the next frame that is written on any connection break off
// after n bytes, whereupon that connection closes without another word.
func (s *Switch) CutFrame(n int) { s.fault(func(f *faults) { f.cut = &n }) }

// LieAboutLength makes the next frame that has a Content-Length, on any
// connection, announce text instead of the true length.
func (s *Switch) LieAboutLength(text string) { s.fault(func(f *faults) { f.lie = &text }) }

// Hang makes the switch a peer that is there and dead: connections stay open and
// new ones are accepted, but nothing is handled, answered or written until it is
// off. What clients send waits in the buffers of the network, and events for
// them pile up (to the bound, and without costing them the connection).
func (s *Switch) Hang(on bool) { s.fault(func(f *faults) { f.hang = on }) }

// ReadSlowly makes a pause, by the switch's clock, before each command is read.
// 0 ends that.
func (s *Switch) ReadSlowly(d time.Duration) { s.fault(func(f *faults) { f.readPause = d }) }

// WriteSlowly makes everything that is written dribble out, chunk bytes at a time
// with a pause, by the switch's clock, between. A chunk of 0 ends that.
func (s *Switch) WriteSlowly(chunk int, pause time.Duration) {
	s.fault(func(f *faults) { f.chunk, f.pause = chunk, pause })
}

// SendRaw writes text as it is to every connection, between two frames: unknown
// content types, log lines, replies that nobody asked for, malformed events.
func (s *Switch) SendRaw(text string) {
	s.fault(func(*faults) {
		for c := range s.conns {
			c.queue = append(c.queue, text)
			c.wake.fire()
		}
	})
}

// Restart is a crash and a new start: connections and calls are gone (no events,
// no CDRs), the core has a new UUID and counts from zero, mod_callcenter has set
// every agent to Waiting and counters to 0.
func (s *Switch) Restart() {
	s.CutConnections()
	s.fault(func(*faults) {
		for _, c := range s.order {
			c.vanish()
		}
		s.sessions, s.order = map[string]*channel{}, nil
		s.stats = sessionStats{}
		clear(s.trunks)
		s.control = control{}
		s.coreUUID = s.newUUID()
		s.globals.set("core_uuid", s.coreUUID)
		s.started, s.seq = s.now(), 0
		s.life++
		s.cc.restart()
	})
}

func (s *Switch) fault(f func(*faults)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.faults)
	s.faults.changed.fire()
}

// disturb applies what is due before a command is handled; false ends the
// connection.
func (c *conn) disturb() bool {
	c.count++
	if n := c.s.faults.dropAfter; n > 0 && c.count >= n {
		c.push()
		c.closing = true
		c.nc.Close()
		return false
	}
	return true
}

// spoil applies what is due to a frame; last says that nothing may follow it.
func (f *faults) spoil(frame string) (spoilt string, last bool) {
	if f.lie != nil {
		const name = "Content-Length: "
		head, _, _ := strings.Cut(frame, "\n\n")
		if i := strings.Index("\n"+head, "\n"+name); i >= 0 {
			i += len(name)
			_, rest, _ := strings.Cut(frame[i:], "\n")
			frame, f.lie = frame[:i]+*f.lie+"\n"+rest, nil
		}
	}
	if f.cut != nil {
		frame, last, f.cut = frame[:min(max(*f.cut, 0), len(frame))], true, nil
	}
	return frame, last
}

// readPause is how long to wait before each command.
func (c *conn) readPause() time.Duration {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return c.s.faults.readPause
}

func (c *conn) dawdle(pause time.Duration) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.await(pause, func() bool { return c.closing }, &c.wake, nil)
}

func (f *faults) failing(command string) (text string, ok bool) {
	for _, x := range f.fail {
		if strings.HasPrefix(command, x.prefix) {
			return x.text, true
		}
	}
	return "", false
}
