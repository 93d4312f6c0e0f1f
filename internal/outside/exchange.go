package outside

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

var (
	// errNonsense marks an answer that came and cannot be right.
	errNonsense = errors.New("nonsense")
	// errTooLarge marks an answer of which the rest was not taken.
	errTooLarge = errors.New("too large an answer")
)

// exchange asks the server, signed in where a log-in is set; what once opened and no longer does is replaced once.
func (s *session) exchange(ctx context.Context, client *http.Client, q question, read reader) (a answer, err error) {
	with, err := s.signIn(ctx, client, credential{})
	if err == nil {
		a, err = s.put(ctx, client, q, with, read)
	}
	if errors.Is(err, errSignedOut) && s.lapsed(with) {
		if with, err = s.signIn(ctx, client, with); err == nil {
			a, err = s.put(ctx, client, q, with, read)
		}
	}
	return a, s.judge(with, err)
}

// put asks the question and reads the answer.
func (s *session) put(ctx context.Context, client *http.Client, q question, with credential, read reader) (answer, error) {
	r, err := s.send(ctx, client, s.url, q.path, q.message, with, q.limit)
	if err != nil {
		return answer{}, err
	}
	defer r.close()
	switch {
	case s.signedOut(r):
		return answer{}, fmt.Errorf("%w: it answers with %s", errSignedOut, r)
	case r.status == http.StatusNotFound && q.subject != "":
		if body, err := io.ReadAll(r); err == nil && says(body, q.subject+" not found") {
			return answer{unknown: true, received: time.Now()}, nil
		}
	}
	switch {
	case r.status != http.StatusOK:
		return answer{}, fmt.Errorf("it answers with %s", r)
	case r.html:
		return answer{}, fmt.Errorf("%w: it answers with HTML where JSON is wanted", errNonsense)
	}
	value, err := read(r)
	if err != nil {
		return answer{}, r.blame(err)
	}
	return answer{value: value, received: time.Now(), age: r.age}, nil
}

// reply is an HTTP answer whose body is still to be read.
type reply struct {
	status  int
	age     time.Duration
	html    bool
	cookies []*http.Cookie
	body    io.ReadCloser
	begun   *bufio.Reader
	failed  error // why the body cannot be read further
	spaces  int   // of white space, before what is read next
}

// String tells its status.
func (r *reply) String() string {
	switch {
	case r.status >= 300 && r.status < 400:
		return fmt.Sprintf("status %d, a redirect, which is not followed", r.status)
	case r.html:
		return fmt.Sprintf("status %d and HTML", r.status)
	}
	return fmt.Sprintf("status %d", r.status)
}

// maxSpaces is how much white space may stand in a row: the JSON decoder looks at all of it again with every piece.
const maxSpaces = 64 << 10

// Read implements io.Reader.
func (r *reply) Read(p []byte) (int, error) {
	n, err := r.begun.Read(p)
	for _, c := range p[:n] {
		if c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			r.spaces = 0
		} else if r.spaces++; r.spaces > maxSpaces {
			err = fmt.Errorf("%w: nothing but white space", errTooLarge)
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		r.failed = err
	}
	return n, err
}

// close leaves the connection for the next question if there is little left to read.
func (r *reply) close() {
	_, _ = io.CopyN(io.Discard, r.begun, 4<<10)
	r.body.Close()
}

// blame says whether a body that could not be understood has come at all.
func (r *reply) blame(err error) error {
	var large *http.MaxBytesError
	switch {
	case errors.As(r.failed, &large):
		return fmt.Errorf("%w: more than %d bytes", errTooLarge, large.Limit)
	case errors.Is(r.failed, errTooLarge):
		return r.failed
	case r.failed != nil:
		return fmt.Errorf("read the answer: %w", r.failed)
	case errors.Is(err, errTooLarge):
		return err
	}
	return fmt.Errorf("%w: %w", errNonsense, err)
}

// whole reads a body to its end before it is understood.
func whole[T any](read func([]byte) (T, error)) func(io.Reader) (T, error) {
	return func(r io.Reader) (value T, err error) {
		body, err := io.ReadAll(r)
		if err != nil {
			return value, err
		}
		return read(body)
	}
}

// send puts a message to what lies below a base. The message may hold a password, so no failure tells the address.
func (s *session) send(ctx context.Context, client *http.Client, base, path string, m message, with credential, limit int64) (*reply, error) {
	target := strings.TrimRight(base, "/") + path
	if m.query != "" {
		target += "?" + m.query
	}
	req, err := http.NewRequestWithContext(ctx, m.method, target, strings.NewReader(m.body))
	if err != nil {
		return nil, errors.New("the address cannot be asked")
	}
	if m.contentType != "" {
		req.Header.Set("Content-Type", m.contentType)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "callgate")
	if with.header != "" {
		req.Header.Set(with.header, with.value)
	}
	resp, err := client.Do(req) //nolint:bodyclose // who reads the reply closes it
	if err != nil {
		var told *url.Error
		if errors.As(err, &told) {
			err = told.Err
		}
		return nil, err
	}
	r := &reply{status: resp.StatusCode, age: age(resp.Header.Get("Age")), cookies: resp.Cookies(), body: resp.Body}
	r.begun = bufio.NewReader(http.MaxBytesReader(nil, resp.Body, limit))
	head, _ := r.begun.Peek(512) // a failure comes again when it is read
	r.html = bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n\ufeff"), []byte("<"))
	return r, nil
}

// age reads how many seconds old the server says its answer is.
func age(header string) time.Duration {
	n, err := strconv.ParseUint(header, 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

// says tells whether the body is the documented error of that text.
func says(body []byte, text string) bool {
	members, err := object(body)
	var said string
	return err == nil && json.Unmarshal(members["error"], &said) == nil && said == text
}
