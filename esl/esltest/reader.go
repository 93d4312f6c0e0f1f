package esltest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
)

// Bounds of what a client may send. FreeSWITCH's own are far wider (10 MiB for
// the header block); a pretend switch needs less.
const (
	maxHeaderBlock = 1 << 20
	maxBody        = 8 << 20
)

var errTooLarge = errors.New("esltest: command too large")

// command is one block a client sent.
type command struct {
	// line is the whole header block: FreeSWITCH cuts the command out of it when
	// it looks at it (see cut).
	line    string
	headers headers
	body    string
}

// readSize is how much is read at a time.
const readSize = 32 << 10

// startReading reads in a goroutine of its own and hands over the commands that
// have come whole, all at once.
func (c *conn) startReading() {
	s := c.s
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		defer close(c.commands)
		var held []byte // not handed over yet
		for {
			s.mu.Lock()
			s.await(forever, func() bool { return !s.faults.deaf && !s.faults.hang || c.closing }, &s.faults.changed, &c.wake)
			s.mu.Unlock()
			held = slices.Grow(held, readSize)
			n, readErr := c.nc.Read(held[len(held) : len(held)+readSize])
			held = held[:len(held)+n]
			s.received.keep(s, held[len(held)-n:])
			var err error
			if held, err = c.handOver(held); err != nil || readErr != nil {
				return
			}
		}
	}()
}

// handOver passes on every whole command in held and returns the rest of it.
func (c *conn) handOver(held []byte) ([]byte, error) {
	var batch []command
	pass := func() bool {
		if len(batch) == 0 {
			return true
		}
		select {
		case c.commands <- batch:
			batch = nil
			return true
		case <-c.gone:
		case <-c.s.ctx.Done():
		}
		return false
	}
	taken, pause := 0, c.readPause()
	for {
		cmd, n, err := parseCommand(held[taken:])
		if n == 0 {
			if !pass() && err == nil {
				err = net.ErrClosed
			}
			return append(held[:0], held[taken:]...), err
		}
		taken += n
		batch = append(batch, cmd)
		if pause > 0 {
			if c.dawdle(pause); !pass() {
				return nil, net.ErrClosed
			}
		}
	}
}

// parseCommand takes one command off the front of b: a header block up to the
// first blank line, and a body when a Content-Length header says so. Blank lines
// before it are skipped. n is how much of b that was, 0 when b ends too early.
func parseCommand(b []byte) (c command, n int, err error) {
	start := 0
	for start < len(b) && (b[start] == '\r' || b[start] == '\n') {
		start++
	}
	n = blockEnd(b, start)
	if n-start > maxHeaderBlock || n == 0 && len(b)-start > maxHeaderBlock {
		return command{}, 0, errTooLarge
	}
	if n == 0 {
		return command{}, 0, nil
	}
	c.line = string(b[start:n])
	if i := strings.IndexByte(c.line, 0); i >= 0 { // a C string
		c.line = c.line[:i]
	}
	for rest := nextLine(c.line); rest != ""; rest = nextLine(rest) {
		name, value, ok := strings.Cut(cut(rest), ":")
		if !ok {
			continue
		}
		value = strings.TrimLeft(value, " ")
		c.headers.add(name, value)
		if !strings.EqualFold(name, "content-length") {
			continue
		}
		length := atoi(value)
		if length < 0 || length > maxBody {
			return command{}, 0, fmt.Errorf("%w: Content-Length %d", errTooLarge, length)
		}
		if len(b)-n < length {
			return command{}, 0, nil
		}
		c.body, _, _ = strings.Cut(string(b[n:n+length]), "\x00")
		n += length
	}
	return c, n, nil
}

// blockEnd is where the header block that starts at i is over: behind the second
// line end in a row. 0 is not in b.
func blockEnd(b []byte, i int) int {
	for {
		j := bytes.IndexByte(b[i:], '\n')
		if j < 0 {
			return 0
		}
		i += j + 1
		end := i
		for end < len(b) && b[end] == '\r' {
			end++
		}
		if end < len(b) && b[end] == '\n' {
			return end + 1
		}
	}
}

// cut ends a text at the first CR anywhere in it or, without one, at the first
// LF. A CR in a later line therefore lets earlier line feeds pass: the reason
// why clients must not let either into an argument.
func cut(s string) string {
	if i := strings.IndexByte(s, '\r'); i >= 0 {
		return s[:i]
	}
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		return s[:i]
	}
	return s
}

// nextLine is what follows the place where cut would end s.
func nextLine(s string) string {
	return strings.TrimLeft(s[len(cut(s)):], "\r\n")
}

// atoi reads a number as C does: leading digits, 0 for none.
func atoi(s string) int {
	s = strings.TrimLeft(s, " \t\r\n")
	end := 0
	if end < len(s) && (s[end] == '-' || s[end] == '+') {
		end++
	}
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(strings.TrimPrefix(s[:end], "+"))
	if err != nil && end > 10 {
		return maxBody + 1
	}
	return n
}
