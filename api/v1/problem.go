package v1

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/fault"
)

// row is one line of the table of failures.
type row struct {
	status     int
	text       string // a * stands for the subject
	retryAfter time.Duration
	kind       string // the URI of its type, with the word of the request log: where a program has to tell it from others of its status
}

// table turns every kind of failure into a status and a text. What it does not name is internal.
var table = map[fault.Kind]row{
	fault.BadCredentials: {status: http.StatusUnauthorized, text: "Wrong login or password"},
	fault.BadToken:       {status: http.StatusUnauthorized, text: "Wrong token"},
	fault.Denied:         {status: http.StatusForbidden, text: "Access denied"},
	fault.NotFound:       {status: http.StatusNotFound, text: "* not found"},
	fault.EmptyField:     {status: http.StatusUnprocessableEntity, text: "Empty *"},
	fault.WrongField:     {status: http.StatusUnprocessableEntity, text: "Wrong *"},
	fault.BadJSON:        {status: http.StatusBadRequest, text: "Invalid JSON"},
	fault.TooLarge:       {status: http.StatusRequestEntityTooLarge, text: "Request too large"},
	fault.TooMany:        {status: http.StatusTooManyRequests, text: "Too many requests", retryAfter: time.Second},
	fault.Conflict:       {status: http.StatusConflict, text: "* exists already"},
	fault.Stale:          {status: http.StatusPreconditionFailed, text: "* was changed meanwhile"},
	fault.Needed:         {status: http.StatusConflict, text: "* is needed"},
	fault.PasswordDue:    {status: http.StatusForbidden, text: "Change your password first", kind: "urn:callgate:password_due"},
	fault.CodeDue:        {status: http.StatusUnauthorized, text: "A code is needed", kind: "urn:callgate:code_due"},
	fault.Unfinished:     {status: http.StatusConflict, text: "* is not finished yet", retryAfter: 10 * time.Second},
	fault.SwitchDown:     {status: http.StatusServiceUnavailable, text: "Switch unavailable", retryAfter: 5 * time.Second},
	fault.OutsideDown:    {status: http.StatusServiceUnavailable, text: "Outside system unavailable", retryAfter: 5 * time.Second},
	fault.StorageDown:    {status: http.StatusServiceUnavailable, text: "Storage unavailable", retryAfter: 5 * time.Second},
}

// clientGone is the status that the log shows for a request whose client did not wait, as nginx has it.
const clientGone = 499

// problem is a failure as a client sees it.
type problem struct {
	status  int
	kind    string // a URI, or empty
	text    string
	reasons []error
	header  http.Header
}

// refusal finds the problem for err. The text of an internal error never leaves the process.
func refusal(err error) problem {
	failure, known := fault.Of(err)
	if !known && errors.Is(err, context.Canceled) {
		// The client has gone. Nobody reads the answer, but the log shall not call it our failure.
		return problem{status: clientGone, text: "Client closed request"}
	}
	r, ok := table[failure.Kind]
	if !ok {
		return problem{status: http.StatusInternalServerError, text: "Internal error"}
	}
	p := problem{status: r.status, kind: r.kind, text: strings.ReplaceAll(r.text, "*", failure.Subject)}
	if failure.Subject != "" && p.text == r.text {
		p.text += ": " + failure.Subject
	}
	if (failure.Kind == fault.WrongField || failure.Kind == fault.EmptyField) && failure.Err != nil {
		p.reasons = []error{&huma.ErrorDetail{Message: failure.Err.Error(), Location: failure.Subject}}
	}
	if r.retryAfter > 0 {
		wait := max(failure.RetryAfter, 0)
		if wait == 0 {
			wait = r.retryAfter
		}
		p.header = http.Header{"Retry-After": {strconv.FormatInt(int64(math.Ceil(wait.Seconds())), 10)}}
	}
	return p
}

// model is the problem as it is sent.
func (p problem) model() *huma.ErrorModel {
	m := &huma.ErrorModel{Type: p.kind, Title: http.StatusText(p.status), Status: p.status, Detail: p.text}
	for _, reason := range p.reasons {
		m.Add(reason)
	}
	return m
}
