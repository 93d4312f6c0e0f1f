package esl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// pipeline is how many commands one connection has on the wire at a time. What waits for a place is not yet
	// written, so it is still known not to have happened when the connection breaks.
	pipeline = 32
	// farewell bounds the good-bye of a connection that is being stopped.
	farewell = time.Second
)

// socket is a stream to a switch that remembers when it was last heard.
type socket struct {
	net.Conn           // possibly TLS
	raw       net.Conn // for closing: TLS would first try to say good-bye on a socket that may be stuck
	began     time.Time
	lastHeard atomic.Int64 // since began, so that it does not follow the wall clock
}

func newSocket(stream, raw net.Conn) *socket {
	return &socket{Conn: stream, raw: raw, began: time.Now()}
}

// Read stamps every read, not every frame: a large frame on a slow line is a sign of life all along.
func (s *socket) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	s.lastHeard.Store(int64(time.Since(s.began)))
	return n, err
}

// silence is how long nothing has been heard.
func (s *socket) silence() time.Duration {
	return time.Since(s.began) - time.Duration(s.lastHeard.Load())
}

// conn is one authenticated connection. A reader and a writer goroutine own its socket. FreeSWITCH answers the
// commands of a connection strictly in their order and gives replies no number to match them by, so order is all there
// is: the writer files a request with the pending ones before it writes it, and the reader hands each reply to the
// oldest. A request whose caller has gone stays filed until its reply, which is dropped, or until its time is up, which
// ends the connection: a late reply can never reach somebody else.
type conn struct {
	sock    *socket
	frames  *frameReader
	timeout time.Duration       // from the wish to write a command to its reply
	ping    time.Duration       // of silence, before we ask whether somebody is there
	onEvent func(*Event)        // called by the reader: must not block
	onSkip  func(reason string) // a frame was passed over

	out     chan *request // unbuffered: who cannot hand over a request knows that it was not written
	pending chan *request
	places  chan struct{} // one for each request filed in pending
	load    atomic.Int32  // requests waiting for the writer or for their reply
	retired bool          // out of service; belongs to the client and its lock

	once  sync.Once
	done  chan struct{}
	cause error // why it ended; set before done is closed
}

type request struct {
	message []byte
	reply   chan frame // holds one, so that the reader never waits for a caller
	expiry  *time.Timer
}

// newConn takes over a socket that has logged in, and the reader that was used for it.
func newConn(sock *socket, frames *frameReader, o Options, onEvent func(*Event), onSkip func(string)) *conn {
	return &conn{
		sock: sock, frames: frames, timeout: o.CommandTimeout, ping: o.PingInterval, onEvent: onEvent, onSkip: onSkip,
		out: make(chan *request), pending: make(chan *request, pipeline), places: make(chan struct{}, pipeline),
		done: make(chan struct{}),
	}
}

// run serves the connection until it fails or ctx ends, and returns why. It calls retire as soon as no further command
// should be sent. When it returns, every goroutine it started has ended.
func (c *conn) run(ctx context.Context, retire func()) error {
	var wg sync.WaitGroup
	wg.Go(c.read)
	wg.Go(c.write)
	wg.Go(func() { c.watch(ctx) })
	select {
	case <-c.done:
		retire()
	case <-ctx.Done():
		retire()
		c.leave(ctx)
		c.fail(ctx.Err())
	}
	wg.Wait()
	return c.cause
}

// leave says good-bye after the commands that are still on their way. The switch answers and closes; both are optional.
func (c *conn) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	_, _ = c.do(ctx, exitMessage()) // whatever comes of it, the socket is closed next
}

// fail ends the connection; the first cause stands.
func (c *conn) fail(cause error) {
	c.once.Do(func() {
		c.cause = cause
		_ = c.sock.raw.Close() // an error changes nothing: the connection is over
		close(c.done)
	})
}

// do sends a command and waits for its reply, at most for c.timeout in all. An error is ErrDown when nothing was written
// and ErrOutcomeUnknown when something may have been. A command that gets no reply in c.timeout ends the connection; a
// caller who gives up earlier does not, for others use it too, and costs nothing but the place of his command.
func (c *conn) do(ctx context.Context, message string) (frame, error) {
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	ended := func() error { // whose patience was it?
		if err := ctx.Err(); err != nil {
			return err
		}
		return timedOut()
	}
	if limited.Err() != nil {
		return frame{}, fmt.Errorf("%w: %w", ErrDown, ended())
	}
	c.load.Add(1)
	req := &request{message: []byte(message), reply: make(chan frame, 1)}
	select {
	case c.out <- req:
	case <-c.done:
		c.load.Add(-1)
		return frame{}, fmt.Errorf("%w: %w", ErrDown, c.cause)
	case <-limited.Done():
		c.load.Add(-1)
		return frame{}, fmt.Errorf("%w: %w", ErrDown, ended())
	}
	var err error
	select {
	case f := <-req.reply:
		return f, nil
	case <-c.done:
		err = c.cause
	case <-limited.Done():
		err = ended()
	}
	select {
	case f := <-req.reply: // it came at the last moment
		return f, nil
	default:
		return frame{}, fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
	}
}

// write puts requests on the wire, one after the other. A write that is stuck is ended by the expiry of its request.
func (c *conn) write() {
	for {
		select {
		case c.places <- struct{}{}:
		case <-c.done:
			return
		}
		var req *request
		select {
		case req = <-c.out:
		case <-c.done:
			return
		}
		req.expiry = time.AfterFunc(c.timeout, func() { c.fail(timedOut()) })
		c.pending <- req // never blocks: it has a place
		if _, err := c.sock.Write(req.message); err != nil {
			c.fail(ioError("write", err))
			return
		}
	}
}

// read hands out frames as they come. It never waits for anybody.
func (c *conn) read() {
	defer c.forget()
	for {
		f, err := c.frames.next()
		if err != nil {
			c.fail(ioError("read", err))
			return
		}
		switch kind := f.contentType(); kind {
		case typeReply, typeAPI:
			select {
			case req := <-c.pending:
				req.expiry.Stop()
				c.load.Add(-1)
				req.reply <- f
				<-c.places
			default:
				c.fail(fmt.Errorf("%w: a reply nobody asked for", ErrProtocol))
				return
			}
		case typePlain, typeJSON:
			e, err := ParseEvent(kind, f.body)
			if err != nil { // the frame was whole, so the next one is fine
				c.onSkip("malformed_event")
				continue
			}
			c.onEvent(e)
		case typeDisconnect:
			if f.get("Content-Disposition") == "linger" { // the call has ended, the connection has not
				continue
			}
			c.fail(closedError(f))
			return
		case typeRejection:
			c.fail(ErrRefused)
			return
		default:
			c.onSkip("other_type")
		}
	}
}

// forget stops the clocks of requests that will get no reply.
func (c *conn) forget() {
	for {
		select {
		case req := <-c.pending:
			req.expiry.Stop()
		default:
			return
		}
	}
}

// watch asks a silent connection for a sign of life. FreeSWITCH sends no TCP keep-alives of its own.
func (c *conn) watch(ctx context.Context) {
	timer := time.NewTimer(c.ping)
	defer timer.Stop()
	for {
		select {
		case <-c.done:
			return
		case <-timer.C:
		}
		// A connection with a command on its way has that command's clock.
		if c.load.Load() == 0 && c.sock.silence() >= c.ping {
			_, _ = c.do(ctx, pingMessage()) // without a reply in time it has ended the connection itself
		}
		timer.Reset(max(c.ping-c.sock.silence(), c.ping/10))
	}
}

// closedError describes a disconnect notice by the first line of its text.
func closedError(f frame) error {
	return fmt.Errorf("%w: %.80q", ErrClosed, firstLine(f.body))
}

// timedOut is why a connection ends whose switch did not answer a command in time.
func timedOut() error { return fmt.Errorf("%w: %w", ErrUnresponsive, context.DeadlineExceeded) }

// ioError gives the ways in which a stream ends their kind. Which side of the socket notices first is chance.
func ioError(attempted string, err error) error {
	is := func(target error) bool { return errors.Is(err, target) }
	switch {
	case is(ErrProtocol):
		return err
	case is(syscall.ETIMEDOUT): // of the kernel: TCP user timeout or keep-alive
		return fmt.Errorf("%s: %w: %w", attempted, ErrUnresponsive, err)
	case is(io.EOF), is(io.ErrUnexpectedEOF), is(io.ErrClosedPipe), is(syscall.EPIPE), is(syscall.ECONNRESET):
		return fmt.Errorf("%s: %w: %w", attempted, ErrClosed, err)
	}
	return fmt.Errorf("%s: %w", attempted, err)
}
