// Package webhook tells other systems what happens here: each Event is kept in the database, in the transaction of the fact
// that it tells of where there is one, and sent to every Endpoint that asked for it, signed, again and again for a day until
// it is taken. It is not how anybody asks us something, knows no SQL, and serves no HTTP.
//
// Of events that only a switch tells of, a call's start and answer, some may be lost, as a process stops or too many
// come at once, which is counted. All others are as durable as the facts that they are made of. A delivery is made at
// least once, in no order.
//
// A Service runs on every process of an installation; they share the work by leases. It owns goroutines while Run runs, and
// each Listen is one of its caller's. Where no endpoint is set nothing is written, asked for or looked at.
package webhook

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"callgate/internal/fault"
)

// Endpoint is where events are sent.
type Endpoint struct {
	ID, Name string
	URL      string
	Events   []Kind
	Projects []string // whose events; none: all that its owner may see
	Numbers  bool     // phone numbers are sent, while the owner may see them

	// Owner is the user who made it, or changed it last: nothing is sent that he may not see at that moment. 0 is whoever runs
	// commands on the machine, who may see all.
	Owner      int64
	OwnerLogin string

	Active bool
	Reason string // why it was switched off

	Secret   string // with which what is sent is signed
	Former   string // the one before, which signs too until FormerEnds
	SecretAt time.Time
	// FormerEnds is the zero time when there is no former secret.
	FormerEnds time.Time
	Err        error // why the secrets cannot be read: nothing is sent then

	Failures int       // attempts in a row that failed
	Failing  time.Time // since when; zero when the last one did not

	ChangedAt time.Time
	ChangedBy string
	Version   int64 // grows with every change that somebody makes
}

const (
	maxEndpoints = 100
	maxName      = 64 // characters
	maxURL       = 2048
	maxProjects  = 100

	// FormerTime is for how long the former secret signs too.
	FormerTime = 24 * time.Hour
)

// check tells what is wrong with an endpoint.
func (e *Endpoint) check() error {
	e.Name = strings.TrimSpace(e.Name)
	switch {
	case e.Name == "":
		return fault.New(fault.EmptyField, "name")
	case utf8.RuneCountInString(e.Name) > maxName || strings.ContainsFunc(e.Name, unicode.IsControl):
		return wrong("name", "want at most %d characters, none of them a control character", maxName)
	case len(e.Events) == 0:
		return fault.New(fault.EmptyField, "events")
	case len(e.Projects) > maxProjects:
		return wrong("projects", "want at most %d", maxProjects)
	}
	for i, k := range e.Events {
		if k == Test || !slices.Contains(Kinds[:], k) {
			return wrong("events", "%.40q is none", k)
		}
		if slices.Contains(e.Events[:i], k) {
			return wrong("events", "%s is there twice", k)
		}
	}
	for i, p := range e.Projects {
		if p == "" || strings.ContainsFunc(p, unicode.IsControl) || slices.Contains(e.Projects[:i], p) {
			return wrong("projects", "%.40q is none, or there twice", p)
		}
	}
	return checkURL(e.URL)
}

// checkURL refuses what is no URL of an endpoint. Its host is looked at when it is called: a name may become another address.
func checkURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return fault.New(fault.EmptyField, "url")
	case err != nil || len(text) > maxURL || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return wrong("url", "want an URL of at most %d bytes", maxURL)
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.Opaque != "":
		return wrong("url", "want https://HOST/… or http://HOST/…")
	case u.User != nil:
		return wrong("url", "want no name or password in it: what is sent is signed")
	case u.Fragment != "":
		return wrong("url", "want no # in it")
	}
	return nil
}

func wrong(field, format string, args ...any) error {
	return &fault.Error{Kind: fault.WrongField, Subject: field, Err: fmt.Errorf(format, args...)}
}

// host is where an endpoint is, for the log: the rest of its URL may hold a secret.
func (e *Endpoint) host() string {
	u, err := url.Parse(e.URL)
	if err != nil {
		return ""
	}
	return u.Host
}

// secrets are those that sign at a time.
func (e *Endpoint) secrets(now time.Time) []string {
	all := []string{e.Secret}
	if e.Former != "" && now.Before(e.FormerEnds) {
		all = append(all, e.Former)
	}
	return all
}

// SwitchOff is an endpoint's end, for a reason, until somebody switches it on.
func (e *Endpoint) SwitchOff(reason string) { e.Active, e.Reason = false, reason }

// Gone is why nothing may be sent on behalf of an owner any more.
type Gone string

// Error is the reason.
func (g Gone) Error() string { return string(g) }

var errEndpoint = fault.New(fault.NotFound, "Webhook")

var errNoSecret = errors.New("its secret cannot be read")
