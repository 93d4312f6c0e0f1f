package esl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// pipeline is how many commands one connection has on the wire at a time. What waits for a place is not yet
	// written, so it is still known not to have happened when the connection breaks.
	pipeline = 64
	// maxBatch is about how many bytes are written at once.
	maxBatch = 64 << 10
	// maxRun is how many events are handed over at once.
	maxRun = 64
	// farewell bounds the good-bye of a connection that is being stopped.
	farewell = time.Second
)

// conn is one connection on which commands may be sent. FreeSWITCH answers the commands of a connection strictly in
// their order and gives replies no number to match them by, so order is all there is: a request is filed as pending
// before it is written, and each reply goes to the oldest that is pending. A request whose caller has gone stays filed
// until its reply, which is dropped, or until its time is up, which ends the connection: a late reply can never reach
// somebody else.
//
// One goroutine reads. Another writes while there is something to write, everything that waits at once. A timer watches
// both, and asks a silent switch for a sign of life.
type conn struct {
	sock     *socket
	frames   *frameReader
	timeout  time.Duration       // of a command: until it is written, and again until its reply
	ping     time.Duration       // of silence, before we ask whether somebody is there
	places   int                 // how many commands may be pending
	onEvents func([]*Event)      // called by the reader: must not block, nor keep the slice
	onLinger func()              // likewise: the call of this connection has ended, the connection has not
	onSkip   func(reason string) // a frame was passed over
	onEnd    func(cause error)   // called once, with the lock held
	load     atomic.Int32        // requests waiting or pending
	retired  bool                // out of service; belongs to the client and its lock

	mu      sync.Mutex
	waiting []*request  // not yet written, in their order
	pending []*request  // written, or about to be, in their order
	writing bool        // a writer is at work
	leaving bool        // we have said good-bye: what the switch says now is no news of the call
	alarm   *time.Timer // calls tick
	due     time.Duration
	cause   error // why it ended; set before done is closed
	done    chan struct{}
	wg      sync.WaitGroup
}

// request is a command on its way. Its fields belong to the lock of its connection until done is closed.
type request struct {
	message string
	limit   time.Duration // of the wait for a place, and then of the wait for the reply; 0: none
	expiry  time.Duration // by the socket's clock
	sent    bool          // filed as pending
	reply   frame
	err     error
	done    chan struct{}
}

// newConn takes over a socket that is ready for commands, and the reader that was used for it.
func newConn(sock *socket, frames *frameReader, o connOptions) *conn {
	return &conn{
		sock: sock, frames: frames, timeout: o.timeout, ping: o.ping, places: o.places,
		onEvents: o.onEvents, onLinger: o.onLinger, onSkip: o.onSkip, onEnd: o.onEnd, done: make(chan struct{}),
	}
}

// connOptions are fields of conn.
type connOptions struct {
	timeout, ping time.Duration
	places        int
	onEvents      func([]*Event)
	onLinger      func()
	onSkip        func(string)
	onEnd         func(error)
}

// run serves the connection until it fails or ctx ends, and returns why. It calls retire as soon as no further command
// should be sent. When it returns, every goroutine it started has ended.
func (c *conn) run(ctx context.Context, retire func()) error {
	c.start()
	select {
	case <-c.done:
		retire()
	case <-ctx.Done():
		retire()
		c.leave(ctx)
	}
	return c.stop(ctx.Err())
}

// start begins to read and to watch.
func (c *conn) start() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wg.Go(c.read)
	if c.cause != nil {
		return
	}
	first := min(c.ping, c.timeout) // a command may have been filed already
	c.due = c.sock.clock() + first
	c.alarm = time.AfterFunc(first, c.tick)
}

// stop ends the connection, waits for its goroutines and returns why it ended, which is cause unless it had ended
// before.
func (c *conn) stop(cause error) error {
	c.fail(cause)
	c.wg.Wait()
	return c.cause
}

// leave says good-bye after the commands that are still on their way. The switch answers and closes; both are optional.
func (c *conn) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	c.mu.Lock()
	c.leaving = true
	c.mu.Unlock()
	_, _ = c.do(ctx, exitMessage()) // whatever comes of it, the socket is closed next
}

// fail ends the connection; the first cause stands.
func (c *conn) fail(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end(cause)
}

// end is fail for who holds the lock.
func (c *conn) end(cause error) {
	if c.cause != nil {
		return
	}
	c.cause = cause
	_ = c.sock.raw.Close() // an error changes nothing: the connection is over
	if c.alarm != nil {
		c.alarm.Stop()
	}
	for _, r := range c.pending {
		c.finish(r, frame{}, cause)
	}
	for _, r := range c.waiting {
		c.finish(r, frame{}, cause)
	}
	c.pending, c.waiting = nil, nil
	close(c.done)
	c.onEnd(cause)
}

// ended is why the connection ended, or nil.
func (c *conn) ended() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cause
}

// finish gives a request its outcome: a reply, or the reason why there is none.
func (c *conn) finish(r *request, reply frame, cause error) {
	if cause != nil {
		r.err = r.failed(cause)
	}
	r.reply = reply
	c.load.Add(-1)
	close(r.done)
}

// failed is the error of a request without a reply: may the switch have acted on it?
func (r *request) failed(cause error) error {
	if r.sent {
		return fmt.Errorf("%w: %w", ErrOutcomeUnknown, cause)
	}
	return fmt.Errorf("%w: %w", ErrDown, cause)
}

// do sends a command and waits for its reply, for c.timeout at most, as ask describes.
func (c *conn) do(ctx context.Context, message string) (frame, error) {
	return c.ask(ctx, message, c.timeout)
}

// ask sends a command and waits for its reply, at most for limit until it is written and for limit again after that,
// if limit is not 0. An error is ErrDown when nothing was written and ErrOutcomeUnknown when something may have been.
// A command that gets no reply in its time ends the connection; a caller who gives up earlier does not, for others use
// it too, and costs nothing but the place of his command.
func (c *conn) ask(ctx context.Context, message string, limit time.Duration) (frame, error) {
	r := &request{message: message, limit: limit, done: make(chan struct{})}
	if err := ctx.Err(); err != nil {
		return frame{}, r.failed(err)
	}
	c.mu.Lock()
	c.file(r)
	c.mu.Unlock()
	select {
	case <-r.done:
		return r.reply, r.err
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-r.done: // it came at the last moment
		return r.reply, r.err
	default:
	}
	if i := slices.Index(c.waiting, r); i >= 0 {
		c.waiting = slices.Delete(c.waiting, i, i+1)
		c.load.Add(-1)
	}
	return frame{}, r.failed(ctx.Err())
}

// file puts a request in line; it needs the lock.
func (c *conn) file(r *request) {
	c.load.Add(1)
	if c.cause != nil {
		c.finish(r, frame{}, c.cause)
		return
	}
	c.limit(r)
	c.waiting = append(c.waiting, r)
	c.wakeWriter()
}

// limit starts the clock of a request anew; it needs the lock.
func (c *conn) limit(r *request) {
	if r.limit == 0 {
		return
	}
	now := c.sock.clock()
	r.expiry = now + r.limit
	c.wakeAt(now, r.expiry)
}

// wakeAt makes tick come by then; it needs the lock.
func (c *conn) wakeAt(now, then time.Duration) {
	if c.alarm != nil && then < c.due {
		c.due = then
		c.alarm.Reset(then - now)
	}
}

func (c *conn) wakeWriter() {
	if !c.writing && len(c.waiting) > 0 && len(c.pending) < c.places {
		c.writing = true
		c.wg.Go(c.write)
	}
}

// write puts what waits on the wire until nothing does. A write that is stuck is ended by the expiry of its requests. One
// that fails ends the writing only: what the switch has said before it went is still to be read, and the reader, who
// comes to the end as well, says why.
func (c *conn) write() {
	var batch []byte
	for {
		if batch = c.batch(batch[:0]); len(batch) == 0 {
			return
		}
		if _, err := c.sock.Write(batch); err != nil {
			return
		}
	}
}

// batch files requests as pending and appends their messages to buf. When there are none the writer's work is over.
func (c *conn) batch(buf []byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	count := 0
	for _, r := range c.waiting {
		if len(c.pending) == c.places || len(buf) > 0 && len(buf)+len(r.message) > maxBatch {
			break
		}
		r.sent = true
		c.limit(r)
		c.pending = append(c.pending, r)
		buf = append(buf, r.message...)
		count++
	}
	clear(c.waiting[:count])
	if c.waiting = c.waiting[count:]; len(c.waiting) == 0 {
		c.waiting = c.waiting[:0:0]
	}
	c.writing = count > 0
	return buf
}

// answer hands a reply to the oldest request.
func (c *conn) answer(reply frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.pending) == 0 {
		c.end(fmt.Errorf("%w: a reply nobody asked for", ErrProtocol))
		return
	}
	r := c.pending[0]
	c.pending[0] = nil
	c.pending = c.pending[1:]
	c.finish(r, reply, nil)
	c.wakeWriter()
}

// read hands out frames as they come. It never waits for anybody. Events are handed over in runs: all that are complete
// before more must be awaited, so that in a storm a subscriber is woken once for many.
func (c *conn) read() {
	var run []*Event
	deliver := func() {
		if len(run) > 0 {
			c.onEvents(run)
			clear(run) // for the collector
			run = run[:0]
		}
	}
	c.sock.beforeRead = deliver
	for {
		f, err := c.frames.next()
		if err != nil {
			deliver()
			c.fail(ioError("read", err))
			return
		}
		c.sock.received(c.frames.pending())
		if f.kind == typePlain || f.kind == typeJSON {
			e, err := newEvent(f.kind, f.body)
			if err != nil { // the frame was whole, so the next one is fine
				c.onSkip("malformed_event")
				continue
			}
			if run = append(run, e); len(run) == maxRun {
				deliver()
			}
			continue
		}
		deliver() // what came before a reply is known before the reply
		switch f.kind {
		case typeReply, typeAPI:
			c.answer(f)
		case typeDisconnect:
			if f.get("Content-Disposition") == "linger" {
				c.onLinger()
				continue
			}
			c.mu.Lock()
			leaving := c.leaving
			c.mu.Unlock()
			c.fail(closedError(f, leaving))
			return
		case typeRejection:
			c.fail(ErrRefused)
			return
		default:
			c.onSkip("other_type")
		}
	}
}

// tick looks after everything that has a clock: a reply or the rest of a frame that does not come ends the connection,
// a request that found no place is given back unsent, and a switch that is silent without reason is asked for a sign of
// life (FreeSWITCH sends no TCP keep-alives of its own).
func (c *conn) tick() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil {
		return
	}
	now := c.sock.clock()
	next := now + c.ping
	if began := c.sock.inFrame(); began > 0 {
		if now >= began+c.timeout {
			c.end(fmt.Errorf("%w: a frame not complete after %v", ErrUnresponsive, c.timeout))
			return
		}
		next = min(next, began+c.timeout)
	}
	if len(c.pending) > 0 && c.pending[0].limit > 0 {
		oldest := c.pending[0].expiry
		if now >= oldest {
			c.end(timedOut())
			return
		}
		next = min(next, oldest)
	}
	c.waiting = slices.DeleteFunc(c.waiting, func(r *request) bool {
		switch {
		case r.limit == 0:
			return false
		case now < r.expiry:
			next = min(next, r.expiry)
			return false
		}
		c.finish(r, frame{}, timedOut())
		return true
	})
	// A connection with a command on its way has that command's clock.
	if quiet := c.sock.lastHeard() + c.ping; c.load.Load() == 0 {
		if now >= quiet {
			// Without a reply in time the connection ends.
			c.file(&request{message: pingMessage(), limit: c.timeout, done: make(chan struct{})})
			quiet = now + c.timeout
		}
		next = min(next, quiet)
	}
	c.due = next
	c.alarm.Reset(next - now)
}

// closedError describes a disconnect notice by the first line of its text. The ordinary good-bye on the connection of a
// call, when nobody asked for it, means that the call has ended (listener_run).
func closedError(f frame, asked bool) error {
	err := fmt.Errorf("%w: %.80q", ErrClosed, firstLine(f.body))
	if !asked && f.get("Content-Disposition") == "disconnect" && strings.HasPrefix(f.body, "Disconnected") {
		return fmt.Errorf("%w: %w", ErrHungUp, err)
	}
	return err
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
