package legacy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"callgate/internal/fault"
)

// row is one line of the contract's error table.
type row struct {
	status     int
	before     string // text before the subject
	after      string // text after the subject
	retryAfter time.Duration
}

// clientGone is the status that the log shows for a request whose client did not wait, as nginx has it.
const clientGone = 499

// table turns every kind of failure into the documented status and text. What it does not name is internal.
var table = map[fault.Kind]row{
	fault.BadCredentials: {status: http.StatusUnauthorized, before: "Wrong login or password!"},
	fault.BadToken:       {status: http.StatusUnauthorized, before: "Wrong token!"},
	fault.Denied:         {status: http.StatusMethodNotAllowed, before: "Access denied!"},
	fault.PasswordDue:    {status: http.StatusMethodNotAllowed, before: "Access denied!"},
	fault.CodeDue:        {status: http.StatusUnauthorized, before: "Wrong login or password!"},
	fault.TooLarge:       {status: http.StatusRequestEntityTooLarge, before: "Request too large!"},
	fault.EmptyField:     {status: 419, before: "Empty ", after: "!"},
	fault.WrongField:     {status: 419, before: "Wrong ", after: "!"},
	fault.BadJSON:        {status: 420, before: "Invalid JSON!"},
	fault.TooMany:        {status: http.StatusTooManyRequests, before: "Too many requests!", retryAfter: time.Second},
	fault.SwitchDown:     {status: http.StatusServiceUnavailable, before: "Switch unavailable!", retryAfter: 5 * time.Second},
	fault.OutsideDown:    {status: http.StatusServiceUnavailable, before: "Outside system unavailable!", retryAfter: 5 * time.Second},
	fault.StorageDown:    {status: http.StatusServiceUnavailable, before: "Storage unavailable!", retryAfter: 5 * time.Second},
}

// refusal finds the row for err and its text. The text of an internal error never leaves the process.
func refusal(err error) (row, string) {
	failure, known := fault.Of(err)
	if !known && errors.Is(err, context.Canceled) {
		// The client has gone. Nobody reads the answer, but the log shall not call it our failure.
		return row{status: clientGone}, "Client closed request"
	}
	if failure.Kind == fault.NotFound || failure.Kind == fault.Unfinished {
		text := failure.Subject + " not found"
		if failure.Subject == "ID" {
			text = "Wrong ID!"
		}
		return row{status: http.StatusNotFound}, text
	}
	e, ok := table[failure.Kind]
	if !ok {
		return row{status: http.StatusInternalServerError}, "Internal error!"
	}
	if failure.RetryAfter > 0 && e.retryAfter > 0 {
		e.retryAfter = failure.RetryAfter
	}
	if e.after == "" {
		return e, e.before
	}
	return e, e.before + failure.Subject + e.after
}

func errorBody(text string) []byte {
	return marshal(struct {
		Error string `json:"error"`
	}{text})
}

// seconds rounds up, so that "0" is only said of what is over.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64(math.Ceil(d.Seconds())), 10)
}

// marshal encodes compactly, UTF-8 unescaped, without a final newline.
func marshal(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // only texts, numbers and maps of texts are encoded here
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

const jsonType = "application/json; charset=utf-8"

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h["Content-Type"] = []string{jsonType}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client has gone: nobody to tell
}
