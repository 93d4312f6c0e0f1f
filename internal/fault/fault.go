// Package fault is the vocabulary of failure: the kinds this service tells apart, whatever the layer they
// arise in. It says what went wrong, never how to show it: each HTTP face keeps the one table that turns a
// kind into a status and a text. An error of no kind is Internal, and its text stays inside the process.
//
// The package holds no state and may be used from any goroutine.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind is one distinguishable kind of failure.
type Kind uint8

// The kinds. Subject, where one is named, is what the caller got wrong.
const (
	Internal       Kind = iota // ours; the text never leaves the process
	BadCredentials             // log-in failed, whatever the reason
	BadToken                   // no token, unknown, expired or revoked
	Denied                     // no right, or switched off, or no such action
	NotFound                   // Subject is unknown: "ID", "Tier", "Queue", "Project"
	EmptyField                 // required field Subject is absent, null or blank
	WrongField                 // field Subject has the wrong type or form
	BadJSON                    // the body is not one JSON object
	TooLarge                   // the body is over its limit
	TooMany                    // rate limit or sign-in back-off; RetryAfter says until when
	SwitchDown                 // no usable FreeSWITCH link
	OutsideDown                // a proxied statistics or report system is down
	StorageDown                // the database is down
	Conflict                   // Subject exists already (commands of an administrator)
	Unfinished                 // Subject is there but not whole yet; RetryAfter says when it may be
	Stale                      // Subject was changed by somebody else since it was read
	Needed                     // Subject cannot be taken away: what is left could not do without it
	PasswordDue                // who asks has to change his password before anything else
	CodeDue                    // the password was right, a code is asked for beside it
)

var names = [...]string{"internal", "bad credentials", "bad token", "denied", "not found", "empty field", "wrong field",
	"bad json", "too large", "too many requests", "switch unavailable", "outside system unavailable",
	"storage unavailable", "conflict", "unfinished", "stale", "needed", "password due", "code due"}

// String names the kind for logs.
func (k Kind) String() string {
	if int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Error is a failure of a known kind.
type Error struct {
	Kind       Kind
	Subject    string        // the field or thing the kind speaks of, may be empty
	RetryAfter time.Duration // for TooMany, Unfinished and the three Down kinds; zero means the face's default
	Why        Why           // of the reasons of its kind, empty where the kind says enough
	Err        error         // the cause, for the log only; may be nil
}

// Error describes the failure for the log.
func (e *Error) Error() string {
	s := e.Kind.String()
	if e.Subject != "" {
		s += " " + e.Subject
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is(err, fault.New(kind, "")) true for every error of that kind, and with a subject only for
// that subject.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Kind == e.Kind && (t.Subject == "" || t.Subject == e.Subject)
}

// New makes an error of kind about subject.
func New(kind Kind, subject string) error { return &Error{Kind: kind, Subject: subject} }

// Wrap gives err a kind and says what was attempted. A nil err stays nil.
func Wrap(kind Kind, err error, attempted string) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: kind, Err: fmt.Errorf("%s: %w", attempted, err)}
}

// Of returns the failure that err carries; ok is false, and the kind Internal, when it carries none.
func Of(err error) (failure Error, ok bool) {
	var e *Error
	if errors.As(err, &e) {
		return *e, true
	}
	return Error{Kind: Internal, Err: err}, false
}
