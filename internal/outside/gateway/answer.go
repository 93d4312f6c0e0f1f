package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	maxAnswer = 1 << 20 // bytes
	maxWait   = time.Hour
)

// answer is what a provider said.
type answer struct {
	status int
	body   string
	value  any  // of the JSON
	json   bool // it is some
	wait   time.Duration
}

// String tells its status.
func (a *answer) String() string {
	if a.status >= 300 && a.status < 400 {
		return fmt.Sprintf("status %d, a redirect, which is not followed", a.status)
	}
	return fmt.Sprintf("status %d", a.status)
}

// told is its status and what it says there.
func (a *answer) told(reason many) string {
	if said := reason.words(a.value); said != "" {
		return a.String() + ": " + said
	}
	return a.String()
}

var (
	errLarge  = errors.New("an answer of more than 1 MiB")
	errNoHTTP = errors.New("what came is no HTTP, or a part of it")
	errBroken = errors.New("the connection ended before the answer did")
)

// ask puts a request to the provider. When there is no answer, asked tells whether the provider may have the request.
func (h *HTTP) ask(ctx context.Context, req *http.Request, timeout time.Duration) (a *answer, asked bool, err error) {
	ctx, stop := context.WithTimeout(ctx, timeout)
	defer stop()
	began := time.Now()
	var p passage
	req = req.WithContext(p.follow(ctx))
	resp, err := h.transport.RoundTrip(req)
	if err != nil {
		if p.giveUp() {
			return nil, false, fmt.Errorf("it cannot be reached: %w", err)
		}
		return nil, true, noAnswer(ctx, began, err)
	}
	defer resp.Body.Close()
	if !readable(resp) {
		return newAnswer(resp.StatusCode, nil, resp.Header.Get("Retry-After")), true, nil
	}
	said, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, true, noAnswer(ctx, began, err)
	case len(said) > maxAnswer:
		return nil, true, errLarge
	}
	return newAnswer(resp.StatusCode, said, resp.Header.Get("Retry-After")), true, nil
}

// readable tells whether there is a body that can be read: after 101 it is the connection, of which net/http keeps no deadline,
// and no encoding was asked for.
func readable(resp *http.Response) bool {
	encoding := resp.Header.Get("Content-Encoding")
	return resp.StatusCode != http.StatusSwitchingProtocols && (encoding == "" || strings.EqualFold(encoding, "identity"))
}

func newAnswer(status int, said []byte, wait string) *answer {
	value, err := parse(said)
	return &answer{status: status, body: string(said), value: value, json: err == nil, wait: retryAfter(wait)}
}

// noAnswer says why there is none, without what net/http quotes of one.
func noAnswer(ctx context.Context, began time.Time, err error) error {
	timeout, isNetwork := errors.AsType[net.Error](err)
	switch {
	case ctx.Err() != nil, isNetwork && timeout.Timeout(), errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("no whole answer within %v", time.Since(began).Round(10*time.Millisecond))
	case isNetwork, errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return errBroken
	}
	return errNoHTTP
}

// retryAfter reads how long a server wants to be left alone: seconds, or the time until then.
func retryAfter(header string) time.Duration {
	wait := time.Duration(0)
	if n, err := strconv.ParseUint(strings.TrimSpace(header), 10, 31); err == nil {
		wait = time.Duration(n) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		wait = time.Until(at)
	}
	return min(max(wait, 0), maxWait)
}

// html tells whether the answer is a page for people, which no provider means to answer with.
func (a *answer) html() bool {
	begins := strings.ToLower(strings.TrimLeft(a.body[:min(len(a.body), 512)], " \t\r\n\ufeff"))
	return strings.HasPrefix(begins, "<!doctype html") || strings.HasPrefix(begins, "<html")
}
