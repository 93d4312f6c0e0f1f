package esltest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
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

// readCommand reads one command: a header block up to the first blank line, and
// a body when a Content-Length header says so. Blank lines before it are skipped.
func readCommand(r *bufio.Reader) (command, error) {
	var block strings.Builder
	blanks := 0 // line ends in a row
	for blanks < 2 {
		b, err := r.ReadByte()
		if err != nil {
			return command{}, err
		}
		if block.Len() == 0 && (b == '\r' || b == '\n') {
			continue
		}
		switch b {
		case '\n':
			blanks++
		case '\r':
		default:
			blanks = 0
		}
		if block.Len() == maxHeaderBlock {
			return command{}, errTooLarge
		}
		block.WriteByte(b)
	}
	c := command{line: block.String()}
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
		n := atoi(value)
		if n < 0 || n > maxBody {
			return command{}, fmt.Errorf("%w: Content-Length %d", errTooLarge, n)
		}
		body := make([]byte, n)
		if _, err := io.ReadFull(r, body); err != nil {
			return command{}, fmt.Errorf("read command body: %w", err)
		}
		c.body, _, _ = strings.Cut(string(body), "\x00")
	}
	return c, nil
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
