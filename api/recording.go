package api

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"callgate/internal/fault"
)

// RecordingsPath is what the paths of uploads begin with; switch and name follow.
const RecordingsPath = "/api/recordings/"

// Receiver takes the recordings that switches send.
type Receiver interface {
	// Receive keeps a recording of that switch as a whole or not at all; created is false when it was here already. size
	// is -1 when the sender does not say.
	Receive(ctx context.Context, switchName, name string, size, limit int64, body io.Reader) (created bool, err error)
}

// RecordingsOptions are what Recordings needs; without a password every upload is refused.
type RecordingsOptions struct {
	User, Password string
	Receiver       Receiver
	Limit          func() int64 // bytes of one recording
	Logger         *slog.Logger
}

// Recordings takes recordings from switches on other hosts: PUT, the file itself as the body. FreeSWITCH's http_put sends
// them so, and curl -T and other WebDAV clients do.
//
// Source: mod_http_cache.c http_put.
type Recordings struct {
	o RecordingsOptions
	basic
}

// NewRecordings makes the handler.
func NewRecordings(o RecordingsOptions) *Recordings {
	return &Recordings{o: o, basic: newBasic(o.User, o.Password)}
}

// silence is how long a sender may send nothing.
const silence = 30 * time.Second

// ServeHTTP takes one upload: 201 when it is new, 204 when it was here already. Statuses are all that mod_http_cache heeds.
func (u *Recordings) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPut {
		w.Header().Set("Allow", "PUT")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	if !u.knows(r) {
		w.Header().Set("WWW-Authenticate", `Basic realm="recordings", charset="UTF-8"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	switchName, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, RecordingsPath), "/")
	limit := u.o.Limit()
	if r.ContentLength > limit {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	created, err := u.o.Receiver.Receive(r.Context(), switchName, name, r.ContentLength, limit, &patient{r.Body, http.NewResponseController(w)})
	status := http.StatusNoContent
	switch failure, _ := fault.Of(err); {
	case err == nil && created:
		status = http.StatusCreated
	case err == nil:
	case failure.Kind == fault.NotFound:
		status = http.StatusNotFound
	case failure.Kind == fault.WrongField:
		status = http.StatusUnprocessableEntity
	case failure.Kind == fault.TooLarge:
		status = http.StatusRequestEntityTooLarge
	case failure.Kind == fault.Conflict, failure.Kind == fault.Unfinished:
		status = http.StatusConflict
	case failure.Kind == fault.StorageDown:
		w.Header().Set("Retry-After", "5")
		status = http.StatusServiceUnavailable
	case errors.Is(err, io.ErrUnexpectedEOF), r.Context().Err() != nil:
		status = http.StatusBadRequest // the sender has gone: nobody to tell
	case errors.Is(err, os.ErrDeadlineExceeded):
		status = http.StatusRequestTimeout
	default:
		status = http.StatusInternalServerError
	}
	if err != nil {
		u.o.Logger.WarnContext(r.Context(), "a recording is not taken", "switch", switchName, "status", status, "error", err)
	}
	w.WriteHeader(status)
}

// patient is a body that may take as long as it likes, but not be silent for long.
type patient struct {
	io.Reader
	control *http.ResponseController
}

// Read implements io.Reader.
func (p *patient) Read(b []byte) (int, error) {
	_ = p.control.SetReadDeadline(time.Now().Add(silence)) // a connection without deadlines leaves it to its server
	return p.Reader.Read(b)
}
