package esl

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// ServerOptions describe a Server. Handler is required; the zero value of everything else is a safe default.
type ServerOptions struct {
	// Addr is the host:port to listen on, as in <action application="socket" data="host:port async full"/>; by default
	// 127.0.0.1:8084. Port 0 picks a free one.
	Addr string
	// Listener serves here instead of binding Addr. The server closes it.
	Listener net.Listener
	// Allow are the networks whose calls are taken, for the outbound socket has no log-in; by default this machine's.
	Allow []netip.Prefix

	// Handler controls one call, in a goroutine of its own. When it returns the call goes on with what is running and
	// then with the next action of the dialplan. Its context ends when the connection does, with the reason as its
	// cause, and when the server stops; it must return then. A panic ends that session alone. An error is logged.
	Handler func(context.Context, *Session) error

	// MaxSessions bounds the calls under control at a time; 4,096. A call above it is taken and at once given back to
	// its dialplan.
	MaxSessions int
	// ConnectTimeout bounds the time from a new connection to the call's data; 5 s.
	ConnectTimeout time.Duration
	// CommandTimeout bounds a command, as in Options; 10 s. It does not bound applications.
	CommandTimeout time.Duration
	// PingInterval is the silence after which a connection must prove that it is alive; 15 s.
	PingInterval time.Duration
	// Linger is how long, in whole seconds, a connection outlives its call, so that the last events arrive, the hang-up's
	// among them, which follows the post of the CDR; 10 s, none when negative. It ends early when the handler returns,
	// and exists only where the socket application was called with async and full.
	Linger time.Duration
	// DrainTimeout bounds the time that handlers have to return when the server stops, before the connections are
	// closed under them; 3 s.
	DrainTimeout time.Duration
	// Events and Subclasses are events to receive beside those that FreeSWITCH calls myevents, such as PLAYBACK_STOP and
	// RECORD_STOP; only a session that is full can have them, and only those of its own call come.
	Events, Subclasses []string

	// Logger gets refusals and failures. Nil discards.
	Logger *slog.Logger
	// Registerer gets the metrics. Nil keeps them private.
	Registerer prometheus.Registerer
	// Rand makes ids of executions; crypto/rand by default.
	Rand io.Reader
}

func (o ServerOptions) withDefaults() ServerOptions {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:8084"
	}
	if o.Allow == nil {
		o.Allow = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	}
	if o.MaxSessions <= 0 {
		o.MaxSessions = 4096
	}
	setDefaults(map[*time.Duration]time.Duration{
		&o.ConnectTimeout: 5 * time.Second, &o.CommandTimeout: 10 * time.Second, &o.PingInterval: 15 * time.Second,
		&o.DrainTimeout: 3 * time.Second,
	})
	if o.Linger == 0 {
		o.Linger = 10 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	return o
}

// Server takes the calls that FreeSWITCH's socket application hands over.
//
// What becomes of a caller when we are not there is decided by the dialplan and by a few traps of FreeSWITCH, all of them
// seen on a running one:
//
//   - If nobody listens, the next action of the dialplan runs. So the actions after socket are the fallback.
//   - If we die after the connection is made and before the call is ours, a call handed over without async goes on; one
//     with async is parked for ever, unless the variable socket_resume was true before. So the dialplan sets it, with
//     async only.
//   - If we die later, the application that is running ends in its own time, a queue or a bridge is not cut, and then the
//     next action runs. With socket_resume still true they would be cut at once, and a call without async would hang in
//     the air for ever; therefore the server removes the variable as soon as the call is its own.
//   - A call whose connection ends before it has entered its park loop stays there for ever. Therefore the server gives no
//     call back before it knows that it has: when a handler returns at once, when there are too many, when we stop.
//
// So a handler should start no application that never ends. A process of ours that hangs keeps its calls; what watches it
// must kill it.
type Server struct {
	opts     ServerOptions
	listener net.Listener
	metrics  *serverMetrics
	wg       sync.WaitGroup
	places   chan struct{}   // one for each session
	refusals chan struct{}   // one for each call that is being given back
	warned   atomic.Int64    // when a refusal was last logged
	expired  context.Context // ends when handlers have had their time to return
	expire   context.CancelFunc
}

// NewServer binds the address, so that Addr is right even for port 0. Run must follow, or Close.
func NewServer(ctx context.Context, o ServerOptions) (*Server, error) {
	o = o.withDefaults()
	if o.Handler == nil {
		return nil, fmt.Errorf("%w: no handler", ErrArgument)
	}
	if err := checkEvents(o.Events, o.Subclasses); err != nil {
		return nil, err
	}
	s := &Server{opts: o, listener: o.Listener,
		places: make(chan struct{}, o.MaxSessions), refusals: make(chan struct{}, maxRefusals)}
	s.expired, s.expire = context.WithCancel(context.WithoutCancel(ctx))
	if s.listener == nil {
		lc := net.ListenConfig{KeepAliveConfig: keepAlive(), Control: controlUserTimeout(o.CommandTimeout)}
		l, err := lc.Listen(ctx, "tcp", o.Addr)
		if err != nil {
			return nil, fmt.Errorf("listen for outbound calls: %w", err)
		}
		s.listener = l
	}
	s.metrics = newServerMetrics(o.Registerer) // last: what is registered stays
	return s, nil
}

// maxRefusals is how many calls too many are given back to their dialplans in an orderly way at a time. More than that
// find the connection closed.
const maxRefusals = 256

// Addr is the host:port on which calls are taken.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Close frees the port of a server that never ran.
func (s *Server) Close() error { return s.listener.Close() }

// Run takes calls until ctx ends. Then no more are taken, handlers are told, all calls are given back to their
// dialplans, and it returns nil when every goroutine has ended; a handler that does not return is waited for.
func (s *Server) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = s.listener.Close() }) // Accept says what comes of it
	defer stop()
	defer s.drain()
	var pause time.Duration
	for {
		nc, err := s.listener.Accept()
		if err == nil {
			pause = 0
			s.wg.Go(func() { s.serve(ctx, nc) })
			continue
		}
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, net.ErrClosed) {
			return fmt.Errorf("accept outbound calls: %w", err)
		}
		// Too many open files and the like pass.
		pause = min(max(2*pause, 5*time.Millisecond), time.Second)
		s.opts.Logger.Error("accept outbound call", "error", err, "retry_in", pause)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// drain waits until every call has been given back.
func (s *Server) drain() {
	clock := time.AfterFunc(s.opts.DrainTimeout, s.expire)
	s.wg.Wait()
	clock.Stop()
	s.expire()
}

// serve sees to one connection from its beginning to its end.
func (s *Server) serve(ctx context.Context, nc net.Conn) {
	defer nc.Close()
	if !s.allowed(nc.RemoteAddr()) {
		s.metrics.calls.WithLabelValues("not_allowed").Inc()
		s.warn("outbound call from an address that is not allowed", "address", nc.RemoteAddr().String())
		return
	}
	select {
	case s.places <- struct{}{}:
		defer func() { <-s.places }()
	default:
		select {
		case s.refusals <- struct{}{}:
			defer func() { <-s.refusals }()
		default:
			s.metrics.calls.WithLabelValues("dropped").Inc()
			return
		}
		s.warn("outbound call given back: too many", "max", s.opts.MaxSessions)
		s.metrics.calls.WithLabelValues("too_many").Inc()
		s.control(ctx, nc, func(context.Context, *Session) error { return nil })
		return
	}
	s.metrics.sessions.Inc()
	defer s.metrics.sessions.Dec()
	s.metrics.calls.WithLabelValues(s.control(ctx, nc, s.opts.Handler)).Inc()
}

// warn logs a refusal, at most one a second: strangers shall not fill the log.
func (s *Server) warn(message string, args ...any) {
	now := time.Now().UnixNano()
	if last := s.warned.Load(); now-last >= int64(time.Second) && s.warned.CompareAndSwap(last, now) {
		s.opts.Logger.Warn(message, args...)
	}
}

func (s *Server) allowed(addr net.Addr) bool {
	from, err := netip.ParseAddrPort(addr.String())
	ip := from.Addr().Unmap().WithZone("")
	return err == nil && slices.ContainsFunc(s.opts.Allow, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// control takes a call over, has it handled, and gives it back. It returns the outcome, as the metric names it.
func (s *Server) control(ctx context.Context, nc net.Conn, handle func(context.Context, *Session) error) string {
	sock := newSocket(nc, nc)
	frames := newFrameReader(sock, sessionBuffer)
	session, err := s.connect(sock, frames)
	if err != nil {
		s.warn("outbound call not taken", "address", nc.RemoteAddr().String(), "error", err)
		return "not_taken"
	}
	within, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	session.c = newConn(sock, frames, s.connOptions(session, cancel))
	stopping := context.AfterFunc(ctx, func() { cancel(ctx.Err()) })
	defer stopping()
	late := context.AfterFunc(s.expired, func() { session.c.fail(errStopped) })
	defer late()
	session.c.start()
	outcome := "handled"
	if err := session.handle(within, s.opts, handle); err != nil {
		outcome = "failed"
		s.opts.Logger.Warn("outbound call", "call", session.uuid, "error", err)
	}
	session.settle(within)
	session.c.leave(within)
	_ = session.c.stop(errStopped) // whatever the reason: it is over
	return outcome
}

var errStopped = errors.New("session is over")

// connOptions ties a session to its connection. cancel ends what runs within the session.
func (s *Server) connOptions(session *Session, cancel context.CancelCauseFunc) connOptions {
	o := connOptions{
		timeout: s.opts.CommandTimeout, ping: s.opts.PingInterval, places: pipeline,
		onEvents: func(run []*Event) {
			s.metrics.events.Add(float64(len(run)))
			session.receive(run)
		},
		onLinger: func() { session.end(session.hungUp) },
		onSkip:   func(reason string) { s.metrics.skipped.WithLabelValues(reason).Inc() },
		onEnd: func(cause error) {
			if errors.Is(cause, ErrHungUp) {
				session.end(session.hungUp)
			}
			session.end(session.over)
			session.subs.close()
			cancel(cause)
		},
	}
	if !session.Async() {
		o.places = 1 // the switch reads the next command only when an application has ended, and that may take hours
	}
	return o
}

// connect asks for the call, whatever the peer does or does not, within ConnectTimeout.
func (s *Server) connect(sock *socket, frames *frameReader) (*Session, error) {
	clock := time.AfterFunc(s.opts.ConnectTimeout, func() { _ = sock.raw.Close() })
	expired := context.AfterFunc(s.expired, func() { _ = sock.raw.Close() })
	defer expired()
	session, err := s.takeOver(sock, frames)
	if !clock.Stop() {
		return nil, fmt.Errorf("connect: %w for %v", ErrSilent, s.opts.ConnectTimeout)
	}
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return session, nil
}

// sessionBuffer is what a session reads at a time. There may be thousands, and their events are few.
const sessionBuffer = 4 << 10

func (s *Server) takeOver(sock *socket, frames *frameReader) (*Session, error) {
	if _, err := sock.Write([]byte(connectMessage())); err != nil {
		return nil, ioError("write", err)
	}
	f, err := frames.next()
	if err != nil {
		return nil, ioError("read", err)
	}
	sock.received(frames.pending())
	// The reply is a dump of the channel, its own status near the end and percent-encoded like the rest (parse_command).
	data, err := newEvent(typePlain, f.head)
	switch {
	case f.kind == typeDisconnect: // hung up before it was taken
		return nil, closedError(f, false)
	case f.kind != typeReply || err != nil:
		return nil, fmt.Errorf("%w: no reply to connect", ErrProtocol)
	case data.Get("Unique-ID") == "":
		return nil, fmt.Errorf("%w: a call without an id", ErrProtocol)
	}
	if err := checkResult(data.Get("Reply-Text")); err != nil {
		return nil, err
	}
	var prefix [8]byte
	if _, err := io.ReadFull(s.opts.Rand, prefix[:]); err != nil {
		return nil, fmt.Errorf("make an id: %w", err)
	}
	return &Session{data: data, uuid: data.Get("Unique-ID"), prefix: hex.EncodeToString(prefix[:]), m: s.metrics,
		executions: map[string]chan *Event{}, hungUp: make(chan struct{}), over: make(chan struct{})}, nil
}
