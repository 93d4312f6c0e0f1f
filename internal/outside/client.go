// Package outside asks other people's HTTP systems: the online-statistics server and the report system. It is not how
// our own API is served, and it decides nothing about when to ask.
//
// An outside system may be slow, dead or talk nonsense, and none of that may cost its callers more than its timeout:
// one request is under way per question, whoever asks; an answer is given again for a short while; and after some
// failures in a row nobody waits for the system any more until it has answered one request. A log-in that is refused
// is left alone for longer, for the account could be locked. Every failure is fault.OutsideDown. No answer is ever
// given beyond its while: better none than a wrong one.
//
// A question blocks until it is answered, at most for the timeout, or until its context ends. The work for it goes on
// then, for others may wait for it too; Close ends and awaits it.
package outside

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sony/gobreaker/v2"

	"callgate/internal/fault"
)

// Server says where an outside system is and how it is asked.
type Server struct {
	URL     string // the base; empty when there is none
	LogIn   LogIn
	Timeout time.Duration
	Cache   time.Duration // how long an answer is given again; 0 keeps none
}

// Options are a Client's collaborators; Name and Server are needed.
type Options struct {
	Name       string         // of the system, for metrics and the log
	Server     func() Server  // is asked with every question
	AtATime    int            // questions under way, which bounds what a slow system holds of us; 16
	Roots      *x509.CertPool // that its certificate is verified by; nil for the system's
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// Client asks one outside system. It may be used from any goroutine until Close.
type Client struct {
	o         Options
	transport *http.Transport
	http      *http.Client
	metrics   *metrics
	turns     chan struct{} // one for each question under way

	working sync.WaitGroup
	ending  context.Context // of all work
	end     context.CancelFunc

	mu   sync.Mutex
	with *session
}

const (
	// failures in a row are the end of the client's patience, and pause is how long it then leaves the system alone.
	failures = 3
	pause    = 5 * time.Second
	// retryAfter is what callers are told while the client itself would try at once.
	retryAfter = time.Second
	// atATime is the default of Options.
	atATime = 16
)

// New makes a Client; nothing is asked before the first question.
func New(o Options) *Client {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	if o.AtATime == 0 {
		o.AtATime = atATime
	}
	c := &Client{o: o, turns: make(chan struct{}, o.AtATime), transport: &http.Transport{
		// No Proxy: a variable of the environment shall not send passwords elsewhere.
		MaxConnsPerHost: o.AtATime, MaxIdleConnsPerHost: o.AtATime, IdleConnTimeout: time.Minute,
		MaxResponseHeaderBytes: 64 << 10, DisableCompression: true, ForceAttemptHTTP2: true,
	}}
	if o.Roots != nil {
		c.transport.TLSClientConfig = &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12}
	}
	// A redirect may lead to another host, and makes of a POST what nobody asked: its 3xx is the answer, a wrong one.
	c.http = &http.Client{Transport: c.transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	c.ending, c.end = context.WithCancel(context.Background())
	c.metrics = newMetrics(o.Registerer, c)
	return c
}

// Close ends what is under way and waits for it. No question may be asked any more.
func (c *Client) Close() {
	c.end()
	c.working.Wait()
	c.transport.CloseIdleConnections()
}

// SignIn signs in as the first question would, where that takes a request of its own. It is for trying a log-in: what the
// system makes of it is fault.OutsideDown.
func (c *Client) SignIn(ctx context.Context) error {
	server := c.o.Server()
	ctx, stop := context.WithTimeout(ctx, server.Timeout)
	defer stop()
	if _, err := c.session(server).signIn(ctx, c.http, credential{}); err != nil {
		return c.down(err, nil)
	}
	return nil
}

// question is one thing to ask. Equal questions have equal answers.
type question struct {
	path    string
	message message
	reading string // how the answer is read, where that is not always the same
	subject string // what a 404 says not to exist; empty when a 404 is no answer
	limit   int64  // of the answer, in bytes
}

func (q question) key() string {
	return strings.Join([]string{q.path, q.message.query, q.message.body, q.reading}, "\n")
}

// answer is what was said to a question.
type answer struct {
	value    any
	unknown  bool // the subject does not exist
	received time.Time
	age      time.Duration // when it was received
}

// reader makes the value of an answer's body. Its failure says that the body is nonsense, and may not quote it.
type reader func(body io.Reader) (any, error)

// ask answers a question of type T, from memory or by asking the system, and tells how old the answer is.
func ask[T any](ctx context.Context, c *Client, q question, read func(body io.Reader) (T, error)) (value T, age time.Duration, err error) {
	server := c.o.Server()
	if server.URL == "" {
		return value, 0, c.down(errors.New("no server is set"), nil)
	}
	s := c.session(server)
	a, known := s.recall(q, server.Cache)
	if known {
		c.metrics.results.WithLabelValues("cached").Inc()
	} else if a, err = s.share(ctx, c, q, server, func(body io.Reader) (any, error) { return read(body) }); err != nil {
		return value, 0, err
	}
	if a.unknown {
		return value, 0, fault.New(fault.NotFound, q.subject)
	}
	return a.value.(T), a.age + time.Since(a.received), nil
}

// share waits for the answer to a question that may be under way already.
func (s *session) share(ctx context.Context, c *Client, q question, server Server, read reader) (answer, error) {
	var got any
	var err error
	done := make(chan struct{})
	c.working.Go(func() {
		defer close(done)
		got, err, _ = s.flight.Do(q.key(), func() (any, error) {
			work, stop := context.WithTimeout(c.ending, server.Timeout)
			defer stop()
			a, err := s.guarded(work, c, q, read)
			if err == nil && server.Cache > 0 {
				s.remember(q, a)
			}
			return a, err
		})
	})
	select {
	case <-done:
		if err != nil {
			return answer{}, c.down(err, s)
		}
		return got.(answer), nil
	case <-ctx.Done():
		return answer{}, fmt.Errorf("ask for %s: %w", c.o.Name, context.Cause(ctx))
	}
}

// guarded asks unless the system, or its log-in, is left alone just now.
func (s *session) guarded(ctx context.Context, c *Client, q question, read reader) (answer, error) {
	select {
	case c.turns <- struct{}{}:
		defer func() { <-c.turns }()
	case <-ctx.Done():
		return answer{}, fmt.Errorf("%d questions are under way already: %w", cap(c.turns), ctx.Err())
	}
	if err := s.barred(); err != nil {
		c.metrics.results.WithLabelValues("spared").Inc()
		return answer{}, err
	}
	a, err := s.breaker.Execute(func() (answer, error) {
		began := time.Now()
		a, err := s.exchange(ctx, c.http, q, read)
		took := time.Since(began)
		c.metrics.duration.Observe(took.Seconds())
		if errors.Is(ctx.Err(), context.DeadlineExceeded) && err != nil {
			err = fmt.Errorf("no whole answer within %v", took.Round(10*time.Millisecond))
		}
		return a, err
	})
	result := "ok"
	switch {
	case errors.Is(err, gobreaker.ErrOpenState), errors.Is(err, gobreaker.ErrTooManyRequests):
		c.metrics.results.WithLabelValues("spared").Inc()
		return a, err
	case errors.Is(err, errRefused):
		result = "refused"
	case errors.Is(err, errNonsense), errors.Is(err, errTooLarge):
		result = "nonsense"
	case err != nil:
		result = "down"
	case a.unknown:
		result = "unknown"
	}
	c.metrics.results.WithLabelValues(result).Inc()
	if was := s.failing.Swap(err != nil); err != nil && !was {
		c.o.Logger.WarnContext(ctx, "an outside system fails", "system", c.o.Name, "error", err)
	} else if err == nil && was {
		c.o.Logger.InfoContext(ctx, "an outside system answers again", "system", c.o.Name)
	}
	return a, err
}

// down is the failure that callers see.
func (c *Client) down(err error, s *session) error {
	again := retryAfter
	if s != nil {
		again = max(again, time.Until(time.UnixMicro(max(s.openUntil.Load(), s.barredUntil.Load()))))
	}
	return &fault.Error{Kind: fault.OutsideDown, RetryAfter: again, Err: fmt.Errorf("ask for %s: %w", c.o.Name, err)}
}

// session is what is known of the server that is set: with another one all of it begins anew.
func (c *Client) session(server Server) *session {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.with == nil || c.with.url != server.URL || c.with.logIn != server.LogIn {
		c.with = newSession(server)
	}
	return c.with
}
