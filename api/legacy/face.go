// Package legacy is the documented face, bit for bit: POST (and mostly GET) on /<module>/<action> with a JSON
// object, answers and errors exactly as the user's manual shows them. One file a module holds its actions; this
// file holds what all requests go through, in the order the contract fixes: size, JSON, token, right, fields,
// work. Everything new belongs to the modern face, never here.
//
// The package knows HTTP and nothing of SQL or Event Socket: what it needs it declares as interfaces. It owns no
// goroutines. Every request is handed to the request log, refused ones too.
package legacy

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"callgate/internal/account"
	"callgate/internal/fault"
	"callgate/internal/report"
)

// maxBody is the largest request body, in bytes.
const maxBody = 1 << 20

// maxProject is the longest id of a project, in bytes.
const maxProject = 64

// writeTime bounds how long an answer may take to be written to a slow client; actions that take longer by
// nature set their own.
const writeTime = 30 * time.Second

// Accounts says who asks and what they may do.
type Accounts interface {
	SignIn(ctx context.Context, login, password, address string) (token string, err error)
	// Authenticate asks client for the address that a request came from when it matters.
	Authenticate(ctx context.Context, token string, client func() string) (*account.Identity, error)
	// Authorize tells as whom somebody may do an action, for the projects that the request names.
	Authorize(ctx context.Context, id *account.Identity, module, action string, named ...string) (*account.Identity, error)
	// Available answers fault.Denied when the action is switched off, or its module.
	Available(ctx context.Context, module, action string) error
	// Managed lists the users whom somebody may see, by id, deleted ones included.
	Managed(ctx context.Context, by *account.Identity) ([]account.User, error)
}

// RequestLog takes the record of every request.
type RequestLog interface {
	Add(ctx context.Context, r report.Request)
	// Flush waits until what was added can be read.
	Flush(ctx context.Context) error
}

// Options are the face's collaborators; all of them are needed but Zone and Now.
type Options struct {
	Accounts   Accounts
	Calls      Calls
	Board      Board
	QueuesOf   func(projects []string) []string // the queues that serve some projects
	CDRs       CDRs
	Recordings Recordings
	SMS        SMS
	OnlineStat OnlineStat
	Requests   RequestLog
	Reports    Reports
	Centre     Centre
	// OutsideCentre makes the contact-centre report in its place while CentreOutside says so.
	OutsideCentre OutsideCentre
	CentreOutside func() bool
	Zone          *time.Location // in which reports are asked for and shown; the machine's
	Now           func() time.Time
}

// Face serves the documented paths.
type Face struct {
	o       Options
	actions map[path]action
}

type path struct{ module, action string }

// action is one documented action.
type action struct {
	open  bool // needs no token
	noGET bool
	run   func(ctx context.Context, q *request) (answer, error)
}

// request is what an action sees of one request, its checks up to the right to it passed.
type request struct {
	fields
	client func() string     // the client's address
	who    *account.Identity // nil for open actions
}

// answer is what an action gives back: a JSON text, or a writer of its own for what is not JSON.
type answer struct {
	json  []byte
	age   time.Duration // how old the answer is, when it comes from memory; dated is true then
	dated bool
	// write writes the answer. A failure before the first byte is answered like any other; after it the connection
	// is cut, so that half an answer looks like none.
	write func(w http.ResponseWriter, r *http.Request) error
}

// New builds the face.
func New(o Options) *Face {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Zone == nil {
		o.Zone = time.Local
	}
	f := &Face{o: o, actions: map[path]action{}}
	f.auth()
	f.contact()
	f.sms()
	f.onlinestat()
	f.report()
	return f
}

// Known reports whether module/action is documented, for labels that must stay a closed set.
func (f *Face) Known(module, action string) bool {
	_, ok := f.actions[path{module, action}]
	return ok
}

// Split takes a URL path apart into module and action. Anything that is not two words has no such action.
func Split(urlPath string) (module, action string) {
	module, action, _ = strings.Cut(strings.TrimPrefix(urlPath, "/"), "/")
	return module, action
}

// word is a part of a path as the request log keeps it: documented ones are short, and others are anybody's.
func word(part string) string {
	const most = 64 // bytes
	return strings.ToValidUTF8(part[:min(len(part), most)], "")
}

// Serve answers one request. client finds the client's address, by rules about proxies that are not this package's.
// It returns the failure behind the answer, nil when there was none, for the process log; one that is
// http.ErrAbortHandler has struck in the middle of the answer, and the caller has to cut the connection.
func (f *Face) Serve(w http.ResponseWriter, r *http.Request, client func() string, requestID string) error {
	module, name := Split(r.URL.Path)
	entry := report.Request{Module: word(module), Action: word(name), At: f.o.Now(), RequestID: requestID, Code: http.StatusOK}
	var got answer
	err := guarded(func() (err error) {
		got, err = f.run(r, module, name, client, &entry)
		return err
	})
	// A client may be slow to read; without a deadline it could hold the connection for ever. Where the writer
	// supports none, the server's own holds.
	extend(w)
	switch {
	case err != nil:
		return f.refuse(w, r, entry, err)
	case got.write != nil:
		return f.stream(w, r, entry, got.write)
	}
	f.record(r, entry)
	if got.dated {
		w.Header()["Age"] = []string{seconds(got.age)}
	}
	writeJSON(w, http.StatusOK, got.json)
	return nil
}

// record hands the request to the log, before its answer: whoever has seen the answer finds it in the report.
func (f *Face) record(r *http.Request, entry report.Request) {
	f.o.Requests.Add(context.WithoutCancel(r.Context()), entry)
}

// refuse answers a failure.
func (f *Face) refuse(w http.ResponseWriter, r *http.Request, entry report.Request, err error) error {
	e, text := refusal(err)
	entry.Code, entry.Error, entry.Reason = e.status, text, err.Error()
	entry.Why = cmp.Or(entry.Why, string(fault.WhyOf(err)))
	if e.retryAfter > 0 {
		w.Header().Set("Retry-After", seconds(e.retryAfter))
	}
	f.record(r, entry)
	writeJSON(w, e.status, errorBody(text))
	return err
}

// stream lets an answer write itself.
func (f *Face) stream(w http.ResponseWriter, r *http.Request, entry report.Request, write func(http.ResponseWriter, *http.Request) error) error {
	out := &recordedWriter{ResponseWriter: w, record: func(status int) {
		entry.Code = status // a range that is none of the file's is only found out while writing
		f.record(r, entry)
	}}
	err := guarded(func() error { return write(out, r) })
	switch {
	case err != nil && !out.begun:
		return f.refuse(w, r, entry, err)
	case err != nil:
		return fmt.Errorf("%w in the middle of the answer: %w", http.ErrAbortHandler, err)
	}
	return nil
}

// extend gives the client time from now to take what is written.
func extend(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTime))
}

// recordedWriter records the request when the status of its answer is known, before the first byte.
type recordedWriter struct {
	http.ResponseWriter
	record func(status int)
	begun  bool
}

// WriteHeader records the status and passes it on.
func (w *recordedWriter) WriteHeader(status int) {
	if !w.begun {
		w.begun = true
		w.record(status)
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *recordedWriter) Write(b []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recordedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// guarded makes a panic an internal error, so that its request is logged and answered like any other.
func guarded(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return do()
}

// run takes a request through the contract's order of checks.
func (f *Face) run(r *http.Request, module, name string, client func() string, entry *report.Request) (answer, error) {
	act, known := f.actions[path{module, name}]
	if r.Method != http.MethodPost && (r.Method != http.MethodGet || known && act.noGET) {
		return answer{}, &fault.Error{Kind: fault.Denied, Why: fault.UnknownAction, Err: errors.New("the method is " + word(r.Method))}
	}
	body, err := readBody(r)
	entry.Body = string(body) // the log cuts it and takes the secrets out
	if err != nil {
		return answer{}, err
	}
	q := &request{client: client}
	if q.fields, err = parseFields(body); err != nil {
		return answer{}, err
	}
	if project, err := q.optional("project_id"); err == nil && len(project) <= maxProject {
		entry.Project = project
	}
	ctx := r.Context()
	if act.open {
		if err := f.o.Accounts.Available(ctx, module, name); err != nil {
			return answer{}, err
		}
	} else {
		token := bearer(r.Header.Get("Authorization"))
		if q.who, err = f.o.Accounts.Authenticate(ctx, token, client); err != nil {
			if token == "" && fault.WhyOf(err) == fault.UnknownToken {
				err = &fault.Error{Kind: fault.BadToken, Why: fault.NoToken}
			}
			return answer{}, err
		}
		entry.UserID, entry.Login = q.who.UserID, q.who.Login
		if !known {
			return answer{}, &fault.Error{Kind: fault.Denied, Why: fault.UnknownAction}
		}
		if q.who, err = f.o.Accounts.Authorize(ctx, q.who, module, name, entry.Project); err != nil {
			return answer{}, err
		}
	}
	got, err := act.run(ctx, q)
	if failure, _ := fault.Of(err); failure.Kind == fault.NotFound && entry.Project != "" && !q.who.Sees(entry.Project) {
		entry.Why = string(fault.HiddenProject)
	}
	return got, err
}

// readBody returns the body of a POST, or the query of a GET as a JSON object. On TooLarge it returns what was
// read, for the log.
func readBody(r *http.Request) ([]byte, error) {
	if r.Method == http.MethodGet {
		values := r.URL.Query()
		if len(values) == 0 {
			return nil, nil
		}
		object := make(map[string]string, len(values))
		for key, all := range values {
			object[key] = all[len(all)-1] // the last one wins, as with a repeated JSON key
		}
		body := marshal(object)
		if len(body) > maxBody {
			return body[:maxBody], fault.New(fault.TooLarge, "")
		}
		return body, nil
	}
	var body []byte
	var err error
	if n := r.ContentLength; n >= 0 && n <= maxBody {
		var got int
		body = make([]byte, n)
		got, err = io.ReadFull(r.Body, body)
		body = body[:got]
	} else {
		body, err = io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	}
	switch {
	case len(body) > maxBody:
		return body[:maxBody], fault.New(fault.TooLarge, "")
	case err != nil:
		// The client broke off or was too slow: what came is no JSON object.
		return body, fault.Wrap(fault.BadJSON, err, "read body")
	}
	return body, nil
}

// bearer takes the token out of an Authorization header; "" when there is none.
func bearer(header string) string {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// fields are the members of the request's JSON object, names exact.
type fields map[string]json.RawMessage

// parseFields reads one JSON object and nothing after it; an empty body is the empty object.
func parseFields(body []byte) (fields, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil
	}
	if !utf8.Valid(body) {
		return nil, fault.Wrap(fault.BadJSON, errors.New("not UTF-8"), "parse body")
	}
	var f fields
	if err := json.Unmarshal(body, &f); err != nil {
		return nil, fault.Wrap(fault.BadJSON, err, "parse body")
	}
	if f == nil { // the literal null
		return nil, fault.New(fault.BadJSON, "")
	}
	return f, nil
}

// optional returns a text field; absent, null and blank are "". Anything but a text is the wrong type.
func (f fields) optional(name string) (string, error) {
	raw, ok := f[name]
	if !ok || string(raw) == "null" {
		return "", nil
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", fault.New(fault.WrongField, name)
	}
	if strings.TrimSpace(s) == "" {
		return "", nil
	}
	return s, nil
}

// required returns a text field that must not be absent, null or blank.
func (f fields) required(name string) (string, error) {
	s, err := f.optional(name)
	if err == nil && s == "" {
		err = fault.New(fault.EmptyField, name)
	}
	return s, err
}
