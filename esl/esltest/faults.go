package esltest

import (
	"bytes"
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

// CutConnections closes every Event Socket connection without a word.
func (s *Switch) CutConnections() {
	s.fault(func(*faults) {
		for c := range s.conns {
			c.closing = true
			c.nc.Close()
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
		c.closing = true
		c.nc.Close()
		return false
	}
	return true
}

func (f *faults) failing(command string) (text string, ok bool) {
	for _, x := range f.fail {
		if strings.HasPrefix(command, x.prefix) {
			return x.text, true
		}
	}
	return "", false
}

// Fire announces an event as a module would: name ("CUSTOM", "HEARTBEAT"…),
// subclass (of CUSTOM), then header names and values in pairs, and a body.
func (s *Switch) Fire(name, subclass string, pairs []string, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.begin(siteFired, name)
	if name == "CUSTOM" {
		s.seq-- // the one below counts
		e = s.beginCustom(siteFired, subclass)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		e.headers.add(pairs[i], pairs[i+1])
	}
	e.body = body
	s.fire(e)
}

// maxReceived bounds what Received keeps.
const maxReceived = 4 << 20

type received struct {
	bytes    bytes.Buffer
	commands []string
}

// recorder reads from a connection and keeps what came.
type recorder struct{ c *conn }

func (r recorder) Read(p []byte) (int, error) {
	n, err := r.c.nc.Read(p)
	if n > 0 {
		s := r.c.s
		s.mu.Lock()
		if s.received.bytes.Len() < maxReceived {
			s.received.bytes.Write(p[:n])
		}
		s.mu.Unlock()
	}
	return n, err
}

// Received returns the exact bytes that clients have sent so far, all
// connections in the order of arrival (the first 4 MiB).
func (s *Switch) Received() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.received.bytes.Bytes())
}

// Commands returns the api and bgapi commands executed so far, without the words
// api and bgapi (the latest 10,000).
func (s *Switch) Commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.received.commands)
}

func (r *received) command(text string) {
	if len(r.commands) >= 10000 {
		r.commands = slices.Delete(r.commands, 0, 1000)
	}
	r.commands = append(r.commands, text)
}

// Connections is how many Event Socket clients are connected.
func (s *Switch) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}
