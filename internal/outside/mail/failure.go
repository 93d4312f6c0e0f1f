package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"unicode"
)

// Outcome is what became of a message that Send failed with.
type Outcome uint8

// The outcomes.
const (
	Refused   Outcome = iota // not taken, and trying again would end as this did
	Temporary                // not taken; trying again may help
	Unknown                  // the server has all of it and did not answer: it may have been taken
)

// Error is the failure to hand a message in. Its text may hold addresses: servers repeat them.
type Error struct {
	Outcome Outcome
	Err     error
}

// Error says what went wrong.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// failed tells what a failure before the end of the message means.
func failed(ctx context.Context, attempted string, err error) *Error {
	if said, ok := errors.AsType[*textproto.Error](err); ok {
		e := &Error{Outcome: Refused, Err: fmt.Errorf("%s: %s", attempted, words(said))}
		if said.Code < 500 {
			e.Outcome = Temporary
		}
		return e
	}
	if ctx.Err() != nil {
		return &Error{Outcome: Temporary, Err: fmt.Errorf("%s: %w", attempted, context.Cause(ctx))}
	}
	e := &Error{Outcome: Refused, Err: fmt.Errorf("%s: %w", attempted, err)}
	if passing(err) {
		e.Outcome = Temporary
	}
	return e
}

// passing tells whether a failure is one of the network's.
func passing(err error) bool {
	if _, bad := errors.AsType[*tls.CertificateVerificationError](err); bad {
		return false
	}
	if _, bad := errors.AsType[tls.RecordHeaderError](err); bad { // no TLS at this port
		return false
	}
	_, network := errors.AsType[net.Error](err)
	return network || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

const maxWords = 300 // bytes

// words are what a server said, on one line.
func words(e *textproto.Error) string {
	text := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, fmt.Sprintf("%d %s", e.Code, e.Msg))
	if len(text) > maxWords {
		text = text[:maxWords] + "…"
	}
	return strings.ToValidUTF8(text, "")
}
