package stream

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"time"

	"callgate/internal/fault"
)

const (
	// maxClients bounds how many there are at a time.
	maxClients  = 5000
	userClients = 20 // of one user
	fullRetry   = 10 * time.Second

	// checkInterval is the longest until a client who may no more is sent away.
	checkInterval = time.Second
	heartbeat     = 15 * time.Second
	// stall is how long a client may take over a piece of what it is told.
	stall = 10 * time.Second
	piece = 32 << 10 // bytes
	// farewell is how long the end of a stream may take.
	farewell = time.Second
	// Clients come back after so many milliseconds, not all at once.
	retryLeast, retryMost = 1000, 3000
)

// Client is somebody who is told.
type Client struct {
	hub     *Hub
	user    int64
	kind    *kind
	ahead   [][]byte // what it is to be told before what comes after at
	at      uint64   // the place up to which it was told
	control *http.ResponseController
}

// Join lets a viewer in, whose user has that number; last is the id of the event that it had last, if any. It is
// fault.TooMany when there is no room. Who has joined has to Leave.
func (h *Hub) Join(user int64, v Viewer, last string) (*Client, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.stopped:
		return nil, fault.Wrap(fault.SwitchDown, errStopped, "open a stream")
	case h.users[user] == userClients:
		return nil, &fault.Error{Kind: fault.TooMany, Subject: strconv.Itoa(userClients) + " streams of yours are open", RetryAfter: fullRetry}
	case len(h.clients) == maxClients:
		return nil, &fault.Error{Kind: fault.TooMany, Subject: strconv.Itoa(maxClients) + " streams are open", RetryAfter: fullRetry}
	}
	k := h.kindOf(&v, time.Now())
	c := &Client{hub: h, user: user, kind: k, ahead: [][]byte{fmt.Appendf(nil, "retry: %d\n\n", retryLeast+rand.IntN(retryMost-retryLeast))}}
	how := "new"
	if at, ok := k.resumes(last); ok {
		c.at, how = at, "resumed"
	} else if last != "" {
		how = "reset"
		c.begin(true)
	} else {
		c.begin(false)
	}
	h.metrics.joined.WithLabelValues(how).Inc()
	k.clients++
	h.clients[c] = struct{}{}
	h.users[user]++
	return c, nil
}

// begin has a client be told all there is, and before that, where it was told something, that this is void. It needs the lock.
func (c *Client) begin(reset bool) {
	if reset {
		c.ahead = append(c.ahead, c.kind.event(nil, unfinished, "reset", []byte("{}")))
	}
	c.ahead, c.at = append(c.ahead, c.kind.all()), c.hub.place
}

// Leave ends it.
func (c *Client) Leave() {
	h := c.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.clients, c)
	if h.users[c.user]--; h.users[c.user] == 0 {
		delete(h.users, c.user)
	}
	if c.kind.clients--; c.kind.clients == 0 {
		c.kind.left = time.Now()
	}
}

// Serve writes to a client until it goes away, may no more, is too slow, or the Hub stops; with once until it has been told
// all there is. What may answers is asked before the first of it and every second from then on.
func (c *Client) Serve(ctx context.Context, w http.ResponseWriter, once bool, may func(ctx context.Context) error) error {
	err := c.serve(ctx, w, once, may)
	if !errors.Is(err, os.ErrDeadlineExceeded) { // let the answer end as it should
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(farewell))
	}
	why := "left"
	switch _, known := fault.Of(err); {
	case errors.Is(err, errStopped):
		why = "stopped"
	case errors.Is(err, os.ErrDeadlineExceeded):
		why = "slow"
	case known:
		why = "denied"
	}
	c.hub.metrics.ended.WithLabelValues(why).Inc()
	return err
}

var errStopped = errors.New("callgate is stopping")

func (c *Client) serve(ctx context.Context, w http.ResponseWriter, once bool, may func(ctx context.Context) error) error {
	out := &patient{w: w, control: http.NewResponseController(w), may: func() error {
		ctx, stop := context.WithTimeout(ctx, checkInterval)
		defer stop()
		return may(ctx)
	}}
	if err := c.open(out.control); err != nil {
		return err
	}
	check := time.NewTicker(checkInterval)
	defer check.Stop()
	var text []byte
	for {
		if err := out.write(c, text); err != nil {
			return err
		}
		more, err := (<-chan struct{})(nil), error(nil)
		if text, more, err = c.next(); err != nil {
			return err
		}
		if text != nil {
			continue
		}
		if once {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-more:
		case <-check.C:
			if time.Since(out.wrote) >= heartbeat {
				text = []byte(":\n\n")
			}
		}
	}
}

// open lets the Hub break off what is written by a control.
func (c *Client) open(control *http.ResponseController) error {
	c.hub.mu.Lock()
	defer c.hub.mu.Unlock()
	if c.hub.stopped {
		return errStopped
	}
	c.control = control
	return nil
}

// breakOff fails a write that waits for the client. It needs the Hub's lock.
func (c *Client) breakOff() {
	if c.control != nil {
		_ = c.control.SetWriteDeadline(time.Now()) // a connection without deadlines is closed by its server
	}
}

// next is what the client was not told yet, or what is closed when there is more. To one that is too far behind it is
// everything.
func (c *Client) next() (text []byte, more <-chan struct{}, err error) {
	if len(c.ahead) > 0 {
		return c.first(), nil, nil
	}
	h := c.hub
	h.mu.RLock()
	text, place, ok := c.kind.after(c.at)
	more, stopped := c.kind.more, h.stopped
	h.mu.RUnlock()
	if stopped {
		return nil, nil, errStopped
	}
	if ok {
		c.at = place
		return text, more, nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.metrics.joined.WithLabelValues("late").Inc()
	c.begin(true)
	return c.first(), nil, nil
}

// first takes the first of what is ahead.
func (c *Client) first() (text []byte) {
	if text, c.ahead = c.ahead[0], c.ahead[1:]; len(c.ahead) == 0 {
		c.ahead = nil // and no text is held on to
	}
	return text
}

// patient gives a client some time for every piece of what it is told, and looks every so often whether it still may be.
type patient struct {
	w       http.ResponseWriter
	control *http.ResponseController
	may     func() error
	asked   time.Time
	wrote   time.Time
}

// write writes, even if there is nothing to.
func (p *patient) write(c *Client, text []byte) error {
	for {
		now := time.Now()
		if now.Sub(p.asked) >= checkInterval {
			if err := p.may(); err != nil {
				return err
			}
			p.asked = now
		}
		if len(text) == 0 {
			return nil
		}
		// The deadline first: who stops sets another after that.
		_ = p.control.SetWriteDeadline(now.Add(stall)) // a connection without deadlines leaves it to its server
		if c.stopped() {
			return errStopped
		}
		n := min(len(text), piece)
		_, err := p.w.Write(text[:n])
		if err == nil {
			err = p.control.Flush()
		}
		if err != nil {
			return fmt.Errorf("write to a stream: %w", err)
		}
		text, p.wrote = text[n:], now
	}
}

func (c *Client) stopped() bool {
	c.hub.mu.RLock()
	defer c.hub.mu.RUnlock()
	return c.hub.stopped
}
