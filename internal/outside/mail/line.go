package mail

import (
	"errors"
	"net"
	"sync"
	"time"
)

// maxHeard is how much a server may say in one conversation, in bytes.
const maxHeard = 1 << 20

var errTalkative = errors.New("the server says more than any mail server has to")

// line is the connection to a server. Every read and write has the timeout, and the last ones what is left of a time.
type line struct {
	net.Conn
	timeout time.Duration

	mu     sync.Mutex
	until  time.Time // zero while there is no end
	given  bool      // the message is being handed in
	broken bool      // the last write failed: its end has not gone out
	heard  int
}

func (l *line) open(conn net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.Conn = conn
	l.deadline()
}

// deadline sets that of the next read or write.
func (l *line) deadline() {
	at := time.Now().Add(l.timeout)
	if !l.until.IsZero() && l.until.Before(at) {
		at = l.until
	}
	if l.Conn != nil {
		_ = l.Conn.SetDeadline(at) // fails on a closed connection, as what follows will
	}
}

// end is called when nobody waits for the message any more.
func (l *line) end() {
	l.mu.Lock()
	given := l.given
	l.mu.Unlock()
	if given {
		l.within(grace)
	} else {
		l.within(0)
	}
}

// within bounds all that is still said, what is being read or written included.
func (l *line) within(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at := time.Now().Add(d); l.until.IsZero() || at.Before(l.until) {
		l.until = at
	}
	l.deadline()
}

// handing begins to hand the message in, unless the end has come.
func (l *line) handing() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.given = l.until.IsZero()
	return l.given
}

// cut tells whether what was written last has not gone out.
func (l *line) cut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.broken
}

func (l *line) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.Conn != nil {
		_ = l.Close()
	}
}

// Read implements net.Conn.
func (l *line) Read(b []byte) (int, error) {
	l.mu.Lock()
	l.deadline()
	if l.heard > maxHeard {
		l.mu.Unlock()
		return 0, errTalkative
	}
	l.mu.Unlock()
	n, err := l.Conn.Read(b)
	l.mu.Lock()
	l.heard += n
	l.mu.Unlock()
	return n, err
}

// Write implements net.Conn.
func (l *line) Write(b []byte) (int, error) {
	l.mu.Lock()
	l.deadline()
	l.mu.Unlock()
	n, err := l.Conn.Write(b)
	l.mu.Lock()
	l.broken = err != nil
	l.mu.Unlock()
	return n, err
}

// SetDeadline does nothing: the line has deadlines of its own.
func (l *line) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing.
func (l *line) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing.
func (l *line) SetWriteDeadline(time.Time) error { return nil }
