package esl

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	backgroundJob = "BACKGROUND_JOB"
	custom        = "CUSTOM"
)

// Options describe a link. Name and Addr are required; the zero value of everything else is a safe default.
type Options struct {
	// Name is what we call the switch, in logs and in the metric label switch.
	Name string
	// Addr is the host:port of mod_event_socket.
	Addr string
	// Password is sent in the clear unless TLS is set.
	Password string
	// TLS is for a wrapper such as stunnel in front of the switch, which speaks no TLS itself. Nil means plain TCP.
	TLS *tls.Config

	// Events are the names of the events to receive, without CUSTOM and never ALL: a switch that reports everything
	// is a switch that can be frozen by a slow reader. BACKGROUND_JOB is always added.
	Events []string
	// Subclasses are the custom events to receive, in their exact case.
	Subclasses []string

	// PoolSize is the number of connections for API commands, and so of those that can run at the same time; 2.
	PoolSize int
	// DialTimeout bounds connecting and logging in together; 5 s.
	DialTimeout time.Duration
	// CommandTimeout bounds a command until it is written, and again until its reply; 10 s. A command that is not answered in that time
	// ends its connection, and so the other commands on it. A context may end a call earlier and ends nothing else.
	CommandTimeout time.Duration
	// PingInterval is the silence after which a connection must prove that it is alive; 5 s.
	PingInterval time.Duration

	// OnUp is called each time events have been subscribed anew and commands can be sent. It is the moment
	// to look at everything afresh. It runs in a goroutine of its own; its context ends when the event connection
	// does, and it must return then, for there is no reconnecting before it has.
	OnUp func(context.Context, *Client)

	// Logger gets changes of state. Nil discards.
	Logger *slog.Logger
	// Registerer gets the metrics. Nil keeps them private.
	Registerer prometheus.Registerer
	// Dial makes the connections; by default TCP with keep-alives and, on Linux, a user timeout.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Now dates Since; time.Now by default. Timeouts use the clock of the runtime.
	Now func() time.Time
	// Rand jitters the pauses between attempts to connect; crypto/rand by default.
	Rand io.Reader
}

// withDefaults fills in what was left out.
func (o Options) withDefaults() Options {
	o.Events, o.Subclasses = slices.Clone(o.Events), slices.Clone(o.Subclasses)
	if !slices.Contains(o.Events, backgroundJob) {
		o.Events = append(o.Events, backgroundJob)
	}
	if o.PoolSize <= 0 {
		o.PoolSize = 2
	}
	setDefaults(map[*time.Duration]time.Duration{
		&o.DialTimeout: 5 * time.Second, &o.CommandTimeout: 10 * time.Second, &o.PingInterval: 5 * time.Second,
	})
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	if o.Dial == nil {
		o.Dial = dialer(o.CommandTimeout).DialContext
	}
	if o.TLS != nil && o.TLS.ServerName == "" {
		o.TLS = o.TLS.Clone()
		o.TLS.ServerName, _, _ = net.SplitHostPort(o.Addr) // a bad address is what check is for
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	return o
}

// setDefaults gives every duration that is not positive its default.
func setDefaults(defaults map[*time.Duration]time.Duration) {
	for value, def := range defaults {
		if *value <= 0 {
			*value = def
		}
	}
}

// check finds what no number of attempts would get right.
func (o Options) check() error {
	if o.Name == "" {
		return fmt.Errorf("%w: no name", ErrArgument)
	}
	if _, _, err := net.SplitHostPort(o.Addr); err != nil {
		return fmt.Errorf("%w: address: %w", ErrArgument, err)
	}
	if err := checkLine(o.Password); err != nil {
		return fmt.Errorf("password: %w", err)
	}
	return checkEvents(o.Events, o.Subclasses)
}

// checkEvents refuses what could not be subscribed to, and ALL.
func checkEvents(names, subclasses []string) error {
	for _, name := range names {
		if strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" || name == "" || name == "ALL" || name == custom {
			return fmt.Errorf("%w: event name %q", ErrArgument, name)
		}
	}
	for _, name := range subclasses {
		if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' }) {
			return fmt.Errorf("%w: event subclass %q", ErrArgument, name)
		}
	}
	return nil
}

// Client is a supervised link to one switch. Make it with NewClient; all methods may be called by any goroutine, before,
// during and after Run.
type Client struct {
	opts    Options
	metrics *metrics
	jobs    jobs
	subs    subscriptions

	mu       sync.Mutex
	events   *conn         // the event connection, once subscribed
	pool     []*conn       // connections that take api commands
	changed  chan struct{} // closed and replaced when one of the above changes
	since    time.Time     // of both being there; zero when they are not
	failure  error         // the latest
	coreUUID string

	sampled time.Time // when the lag of an event was last looked at; belongs to the reader of the event connection
}

// NewClient makes a client that does nothing until Run.
func NewClient(o Options) *Client {
	o = o.withDefaults()
	m := newMetrics(o)
	return &Client{
		opts: o, metrics: m,
		jobs:    jobs{byID: map[string]*Job{}, metrics: m},
		changed: make(chan struct{}),
		failure: errors.New("not connected yet"),
	}
}

// Name is the name of the switch.
func (c *Client) Name() string { return c.opts.Name }

// Ready says whether events are subscribed and commands can be sent.
func (c *Client) Ready() bool { return !c.Since().IsZero() }

// Since is when the client became ready, or the zero time when it is not.
func (c *Client) Since() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.since
}

// Err says why the client is not ready: the latest failure, such as ErrAuth or ErrRefused. It is nil when it is ready.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.since.IsZero() {
		return nil
	}
	return c.failure
}

// CoreUUID identifies the running instance of the switch: another value means that it was restarted. It is empty until
// the first connection.
func (c *Client) CoreUUID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.coreUUID
}

// API runs a command inside the switch and returns what it printed, unchanged. args are joined by blanks. Errors are,
// when nothing was sent, ErrArgument or ErrDown; a *ReplyError when the command printed that it failed; and
// ErrOutcomeUnknown when the link was lost, ctx ended or Options.CommandTimeout passed before the reply. Commands that
// take long, as originate does, belong to BgAPI: they would keep one of the few connections. API works without the event
// connection, so also at times when Ready is false.
func (c *Client) API(ctx context.Context, name string, args ...string) (string, error) {
	began := time.Now()
	text, err := c.api(ctx, name, args)
	c.metrics.api(name, time.Since(began), err)
	if err != nil {
		return "", fmt.Errorf("api %.40q on %s: %w", name, c.opts.Name, err)
	}
	return text, nil
}

func (c *Client) api(ctx context.Context, name string, args []string) (string, error) {
	message, err := apiMessage(name, args)
	if err != nil {
		return "", err
	}
	cn := c.commandConn()
	if cn == nil {
		return "", c.down()
	}
	f, err := cn.do(ctx, message)
	if err != nil {
		return "", err
	}
	return result(f)
}

// commandConn returns the connection with the fewest commands on it, nil when there is none. A command shares a
// connection only when all of them are busy.
func (c *Client) commandConn() *conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.pool) == 0 {
		return nil
	}
	return slices.MinFunc(c.pool, func(a, b *conn) int { return int(a.load.Load() - b.load.Load()) })
}

func (c *Client) eventConn() *conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.events
}

// down is the error of a command for which there is no connection.
func (c *Client) down() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Errorf("%w: %w", ErrDown, c.failure)
}
