package cdr

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
)

const (
	// MaxBody is how many bytes the body of a post may have.
	MaxBody = 8 << 20
	// maxBodies is how many bytes the bodies of all posts that are being taken may have together.
	maxBodies = 64 << 20
	// usualBody is what a CDR takes at most, as a rule.
	usualBody = 64 << 10
)

// retryAfter is what a post that could not be saved is told, in seconds. FreeSWITCH keeps to its own delay instead.
const retryAfter = "5"

// Sink keeps records. Save returns nil once r is durable, or was before: one with its Leg, ALeg and Digest. It may be
// called from several goroutines at once; it must not change r, and may keep it.
type Sink interface {
	Save(ctx context.Context, r *Record) error
}

// Options says how a Handler works. Without User and Password every post is refused.
type Options struct {
	User, Password string                // mod_xml_cdr's "cred"
	Timeout        time.Duration         // for the body to arrive, and again for Sink.Save; zero is 10 s
	Now            func() time.Time      // nil is time.Now
	Coming         func(posts int64)     // is told 1 when a post begins and -1 when the Sink has it, or it will not come; nil is nobody
	Registerer     prometheus.Registerer // nil is one that nobody sees
	Log            *slog.Logger          // nil is none
}

// Handler is the intake for mod_xml_cdr: POST ?uuid=[a_]<uuid>. It answers
//
//   - 200 with an empty body after the record was saved, also one that cannot be read: FreeSWITCH would send nothing
//     better the next time;
//   - 401 for wrong credentials, 405 for other methods, 413 over MaxBody, 400 when the body did not arrive;
//   - 503 with Retry-After when it could not be saved, or the posts that are being taken fill 64 MiB already. FreeSWITCH tries again if told so (retries), then leaves it in
//     its err-log-dir, from where it can be imported through [Parse].
//
// It is safe for concurrent use.
type Handler struct {
	sink           Sink
	user, password [32]byte // digests, so that comparing them takes the same time for any length
	open           bool     // credentials are configured
	timeout        time.Duration
	now            func() time.Time
	coming         func(int64)
	bodies         atomic.Int64 // bytes of the posts that are being taken
	buffers        sync.Pool    // of *bytes.Buffer, for bodies
	metrics        *metrics
	log            *slog.Logger
}

// NewHandler returns an intake that keeps what it takes in sink.
func NewHandler(sink Sink, o Options) *Handler {
	h := &Handler{
		sink:     sink,
		user:     sha256.Sum256([]byte(o.User)),
		password: sha256.Sum256([]byte(o.Password)),
		open:     o.User != "" && o.Password != "",
		timeout:  o.Timeout,
		now:      o.Now,
		coming:   o.Coming,
		metrics:  newMetrics(o.Registerer),
		log:      o.Log,
	}
	h.buffers.New = func() any { return new(bytes.Buffer) }
	if h.timeout <= 0 {
		h.timeout = 10 * time.Second
	}
	if h.now == nil {
		h.now = time.Now
	}
	if h.coming == nil {
		h.coming = func(int64) {}
	}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	return h
}

// ServeHTTP takes one CDR.
func (h *Handler) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	began := h.now()
	status, ended := h.take(w, req)
	w.WriteHeader(status)
	h.metrics.ended(ended, h.now().Sub(began))
}

// take does the work and sets the answer's headers.
func (h *Handler) take(w http.ResponseWriter, req *http.Request) (status int, ended result) {
	if req.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return http.StatusMethodNotAllowed, notAllowed
	}
	if !h.knows(req) {
		w.Header().Set("WWW-Authenticate", `Basic realm="cdr", charset="UTF-8"`)
		return http.StatusUnauthorized, refused
	}
	if req.ContentLength > MaxBody {
		return http.StatusRequestEntityTooLarge, tooLarge
	}
	size := req.ContentLength
	if size < 0 {
		size = MaxBody
	}
	defer h.bodies.Add(-size)
	if h.bodies.Add(size) > maxBodies {
		w.Header().Set("Retry-After", retryAfter)
		return http.StatusServiceUnavailable, overloaded
	}
	h.coming(1)
	came := sync.OnceFunc(func() { h.coming(-1) })
	defer came()
	// The network's deadline is of the real clock. A writer that cannot set one leaves it to its server.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(h.timeout))
	buffer := h.buffers.Get().(*bytes.Buffer)
	buffer.Reset()
	buffer.Grow(int(min(size, usualBody)) + bytes.MinRead)
	_, err := buffer.ReadFrom(http.MaxBytesReader(w, req.Body, MaxBody))
	body := buffer.Bytes()
	h.metrics.bytes.Add(float64(len(body)))
	if tooBig := new(http.MaxBytesError); errors.As(err, &tooBig) {
		return http.StatusRequestEntityTooLarge, tooLarge
	}
	if err != nil {
		h.log.WarnContext(req.Context(), "CDR not received", "error", err)
		return http.StatusBadRequest, interrupted
	}
	record := Parse(id(req.URL.RawQuery), body)
	if !sameArray(record.Raw, body) && buffer.Cap() <= 2*usualBody {
		h.buffers.Put(buffer)
	}
	ctx, cancel := context.WithTimeout(req.Context(), h.timeout)
	defer cancel()
	came()
	if err := h.sink.Save(ctx, record); err != nil {
		h.log.ErrorContext(ctx, "CDR not saved", "leg", Loggable(record.Leg), "error", err)
		w.Header().Set("Retry-After", retryAfter)
		return http.StatusServiceUnavailable, notSaved
	}
	if !record.Readable {
		h.log.WarnContext(ctx, "CDR saved unread", "leg", Loggable(record.Leg), "bytes", len(record.Raw))
	}
	h.metrics.kept(record)
	return http.StatusOK, saved
}

// Loggable is a leg's name as a log may hold it. Whoever originates a call may name its leg otherwise than FreeSWITCH
// does: with a phone number, for instance.
func Loggable(leg string) string {
	if uuid.Validate(leg) != nil {
		return "not a UUID"
	}
	return leg
}

// sameArray tells whether two slices end in the same place, as those of one array do whatever they begin with.
func sameArray(a, b []byte) bool {
	return cap(a) > 0 && cap(b) > 0 && &a[:cap(a)][cap(a)-1] == &b[:cap(b)][cap(b)-1]
}

// knows reports whether req carries the configured credentials.
func (h *Handler) knows(req *http.Request) bool {
	name, secret, _ := req.BasicAuth()
	user, password := sha256.Sum256([]byte(name)), sha256.Sum256([]byte(secret))
	same := subtle.ConstantTimeCompare(user[:], h.user[:]) & subtle.ConstantTimeCompare(password[:], h.password[:])
	return h.open && same == 1
}

// id returns the uuid parameter of a query. FreeSWITCH appends it last and does not escape it, so that a plus sign in
// it is a plus sign.
func id(query string) (id string) {
	for part := range strings.SplitSeq(query, "&") {
		if value, ok := strings.CutPrefix(part, "uuid="); ok {
			id = unescape(value)
		}
	}
	return id
}
