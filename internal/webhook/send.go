package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"callgate/internal/outside"
)

const (
	attemptTime = 10 * time.Second
	maxDiscard  = 64 << 10 // bytes of an answer that are read, so that the connection can be used again
	maxLater    = time.Hour
	maxError    = 300 // bytes
)

// sent is an attempt with what only the next one needs.
type sent struct {
	Attempt
	later time.Duration // what the endpoint asked to wait
}

func (a *Attempt) ok() bool   { return a.Status >= 200 && a.Status < 300 }
func (a *Attempt) gone() bool { return a.Status == http.StatusGone }

// why is what was wrong with an attempt.
func (a *Attempt) why() string {
	if a.Error != "" {
		return a.Error
	}
	return fmt.Sprintf("it answered %d", a.Status)
}

// sender posts to endpoints. No proxy of the environment is used: it would be asked to reach what may not be reached.
type sender struct {
	transport *http.Transport
	client    *http.Client

	mu    sync.Mutex
	reach outside.Reach
	text  string // of reach
}

func newSender() *sender {
	s := &sender{}
	s.transport = &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			d := net.Dialer{Timeout: attemptTime}
			s.mu.Lock()
			d.Control = s.reach.Control
			s.mu.Unlock()
			return d.DialContext(ctx, network, address)
		},
		TLSHandshakeTimeout: attemptTime, MaxIdleConns: 4 * atOnce, MaxIdleConnsPerHost: atOnce, IdleConnTimeout: 30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10, DisableCompression: true,
	}
	s.client = &http.Client{Transport: s.transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return s
}

func (s *sender) close() { s.transport.CloseIdleConnections() }

// allow says which addresses may be called from now on. Connections that are open to others are not used again.
func (s *sender) allow(text string, reach outside.Reach) {
	s.mu.Lock()
	changed := s.text != text
	s.text, s.reach = text, reach
	s.mu.Unlock()
	if changed {
		s.transport.CloseIdleConnections()
	}
}

// attempt sends the event of a delivery once, with phone numbers or without.
func (s *Service) attempt(ctx context.Context, at *Endpoint, d *Delivery, numbers bool) sent {
	began := s.o.Now()
	a := sent{Attempt: Attempt{At: began}}
	err := at.Err
	if err == nil && at.Secret == "" {
		err = errNoSecret
	}
	var body []byte
	if err == nil {
		body, err = d.Event.Body(numbers)
	}
	if err == nil {
		s.sender.allow(s.o.Reach(), s.reach())
		err = s.sender.post(ctx, at, d, began, body, &a)
	}
	if err != nil {
		a.Error = reason(err)
	}
	a.Took = s.o.Now().Sub(began)
	return a
}

func (s *sender) post(ctx context.Context, at *Endpoint, d *Delivery, now time.Time, body []byte, a *sent) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "callgate-webhook/1")
	req.Header.Set(headerID, d.Event.ID)
	req.Header.Set(headerTimestamp, timestamp(now))
	req.Header.Set(headerSignature, Sign(d.Event.ID, now, body, at.secrets(now)...))
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	a.Status = resp.StatusCode
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err == nil {
		_, err = io.CopyN(io.Discard, resp.Body, maxDiscard)
	}
	a.Answer = printable(answer)
	a.later = later(resp.Header.Get("Retry-After"), now)
	if a.ok() || err == nil || errors.Is(err, io.EOF) {
		return nil // it has said that it has it, or that it has not
	}
	return err
}

// later reads a Retry-After: seconds, or a time.
func later(text string, now time.Time) time.Duration {
	var d time.Duration
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		d = time.Duration(n) * time.Second
	} else if t, err := http.ParseTime(text); err == nil {
		d = t.Sub(now)
	}
	return min(max(d, 0), maxLater)
}

// reason is why there was no answer, without the URL, which may hold a secret.
func reason(err error) string {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	switch {
	case errors.Is(err, outside.ErrReach):
		return outside.ErrReach.Error() + " (webhooks.private)"
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer within %v", attemptTime)
	}
	text := printable([]byte(err.Error()))
	return strings.ToValidUTF8(text[:min(len(text), maxError)], "")
}

// printable is text as it may be kept and shown: UTF-8 without control characters but line breaks and tabs.
func printable(raw []byte) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(string(raw), "\uFFFD"))
}
