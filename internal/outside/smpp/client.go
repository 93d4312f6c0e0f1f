package smpp

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"

	"callgate/internal/outside/gateway"
)

// Options are a Client's collaborators. All of them may be left out.
type Options struct {
	Name    string         // of the provider, for log and metrics
	Roots   *x509.CertPool // whose certificates are right; nil for the system's
	Dial    func(ctx context.Context, network, address string) (net.Conn, error)
	Metrics *Metrics
	Logger  *slog.Logger
}

// Pauses between sessions. What needs other settings, or the SMSC to forget a session of before, is not asked for often.
const (
	minPause   = time.Second
	maxPause   = time.Minute
	boundPause = 30 * time.Second
	lasting    = 30 * time.Second // so long a session lives that works
	drainTime  = 3 * time.Second  // for what is being sent, once Run is told to stop
)

// Client hands messages to an SMSC. It may be used from any goroutine.
type Client struct {
	s       Settings
	heard   func(context.Context, gateway.Receipt) error
	o       Options
	log     *slog.Logger
	parts   parts
	line    atomic.Pointer[link] // that sends; nil while there is none
	unkept  atomic.Bool          // the last receipt could not be kept
	pausing func(next time.Duration) time.Duration

	mu      sync.Mutex
	failure error         // why there is no session
	calm    time.Time     // until then the SMSC is left alone
	lull    time.Duration // for how long it is or was, since it took a message
	sending int
	stopped bool
	idle    chan struct{} // closed when stopped and nothing is being sent
	over    chan struct{} // closed when there will be no session any more
}

// New makes a Client. heard is called with what the SMSC says of messages, from several goroutines; when it fails the SMSC is
// to say it again. Nothing is done before Run.
func New(s Settings, heard func(context.Context, gateway.Receipt) error, o Options) (*Client, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics(nil)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Client{s: s, heard: heard, o: o, log: o.Logger.With("provider", o.Name), parts: parts{of: map[string]*whole{}}, failure: errors.New("not yet"),
		pausing: func(next time.Duration) time.Duration { return next/2 + rand.N(next/2) }, idle: make(chan struct{}), over: make(chan struct{})}, nil
}

// Run keeps the session bound until ctx ends. Then it waits for what is being sent, three seconds at most, says good-bye,
// waits for its goroutines and returns nil. It may be called once.
func (c *Client) Run(ctx context.Context) error {
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	kinds := map[string][]pdu.BindingType{Transceiver: {pdu.Transceiver}, Transmitter: {pdu.Transmitter}, TransmitterReceiver: {pdu.Transmitter, pdu.Receiver}}
	var all sync.WaitGroup
	for _, kind := range kinds[c.s.Bind] {
		all.Go(func() { c.supervise(working, kind) })
	}
	<-ctx.Done()
	c.drain()
	close(c.over)
	stop()
	all.Wait()
	return nil
}

// supervise binds a session again and again.
func (c *Client) supervise(ctx context.Context, kind pdu.BindingType) {
	step, last := time.Duration(0), ""
	for {
		began := time.Now()
		bound, err := c.serve(ctx, kind)
		if ctx.Err() != nil {
			return
		}
		if bound {
			last = ""
		}
		if kind != pdu.Receiver {
			c.mu.Lock()
			c.failure = err
			c.mu.Unlock()
		}
		if step = min(2*step, maxPause); step == 0 || bound && time.Since(began) >= lasting {
			step = minPause
		}
		refused, _ := errors.AsType[bindError](err)
		switch {
		case refused.wrong():
			step = maxPause
		case refused.bound():
			step = max(step, boundPause)
		}
		wait, reason := c.pausing(step), failureReason(err)
		c.o.Metrics.failures.WithLabelValues(c.o.Name, reason).Inc()
		if reason != last { // an SMSC that stays down is news once; the text may hold a port of ours
			message := "there is no session with the SMSC"
			if refused.wrong() {
				message = "the SMSC refuses the settings"
			}
			c.log.Warn(message, "error", err, "retry_in", wait)
		}
		last = reason
		pause := time.NewTimer(wait)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return
		}
	}
}

// serve binds a session and serves it until it ends, and says why.
func (c *Client) serve(ctx context.Context, kind pdu.BindingType) (bound bool, err error) {
	l, err := c.bind(ctx, kind)
	if err != nil {
		return false, err
	}
	c.log.Info("a session with the SMSC is bound")
	if kind != pdu.Receiver {
		c.line.Store(l)
		defer c.line.Store(nil)
	}
	c.o.Metrics.bound.WithLabelValues(c.o.Name).Inc() // after that: who sees it may send
	defer c.o.Metrics.bound.WithLabelValues(c.o.Name).Dec()
	return true, l.run(ctx)
}

// drain lets nobody begin to send, and waits for those who have.
func (c *Client) drain() {
	c.mu.Lock()
	if c.stopped = true; c.sending == 0 {
		close(c.idle)
	}
	c.mu.Unlock()
	limit := time.NewTimer(drainTime)
	defer limit.Stop()
	select {
	case <-c.idle:
	case <-limit.C:
	}
}

// begin says that a message is being sent, and why none may be.
func (c *Client) begin() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return errStopped
	}
	c.sending++
	return nil
}

func (c *Client) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sending--; c.sending == 0 && c.stopped {
		close(c.idle)
	}
}

// hear takes what the SMSC delivers, and tells what it is to be told.
func (c *Client) hear(ctx context.Context, d *pdu.DeliverSM) data.CommandStatusType {
	if !isReceipt(d) {
		c.skip(inbound)
		return data.ESME_ROK
	}
	_, base := bases(c.s.IDs)
	r, ok := readReceipt(d, base != 0)
	if !ok {
		c.skip(unreadable)
		return data.ESME_ROK // it would not get better by being said again
	}
	r.ID = plainID(r.ID, base)
	said := r.ID
	r, means := c.parts.translate(r)
	switch means {
	case nothing:
		c.skip(partialReceipt)
		return data.ESME_ROK
	case tells:
		err := c.heard(ctx, r)
		if failed := err != nil; c.unkept.Swap(failed) != failed && failed { // news once
			c.log.WarnContext(ctx, "a receipt could not be kept; the SMSC is to say it again", "error", err)
		}
		if err == nil {
			return data.ESME_ROK
		}
		c.parts.untold(said)
	}
	c.skip(sayReceipt)
	return data.ESME_RX_T_APPN
}

func (c *Client) skip(reason string) { c.o.Metrics.skipped.WithLabelValues(c.o.Name, reason).Inc() }

// longestPause is for how long the SMSC is left alone at most.
const longestPause = time.Minute

// pause leaves the SMSC alone for as long as the settings say, and twice as long each time that it still has too much after
// that. What it says of messages that were on their way is no news.
func (c *Client) pause() {
	c.o.Metrics.throttled.WithLabelValues(c.o.Name).Inc()
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if now.Before(c.calm) {
		return
	}
	c.lull = min(max(2*c.lull, seconds(c.s.Throttle)), longestPause)
	c.calm = now.Add(c.lull)
}

// relieved notes that the SMSC takes messages.
func (c *Client) relieved() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !time.Now().Before(c.calm) { // else it took what had come before
		c.lull = 0
	}
}

// paused is for how long the SMSC is still left alone.
func (c *Client) paused() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return max(0, time.Until(c.calm))
}

func (c *Client) noSession() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Errorf("there is no session with the SMSC: %w", c.failure)
}
