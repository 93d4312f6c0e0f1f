package callcenter_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"callgate/esl/esltest"
	"callgate/internal/callcenter"
)

// beside is another process that follows the same switches and keeps nothing. Its wire to the first switch can be cut.
func (c *centre) beside(t *testing.T) (*centre, *wire) {
	t.Helper()
	other := &centre{nodes: slices.Clone(c.nodes), log: c.log, zone: c.zone, memory: c.memory, states: c.states, standby: true}
	w := &wire{dial: other.nodes[0].dial}
	other.nodes[0].dial = w.connect
	other.start(t)
	return other, w
}

// wire is the way of one process to a switch.
type wire struct {
	dial func(ctx context.Context, network, addr string) (net.Conn, error)

	mu    sync.Mutex
	isCut bool
	conns []net.Conn
}

func (w *wire) connect(ctx context.Context, network, addr string) (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.isCut {
		return nil, errors.New("the wire is cut")
	}
	conn, err := w.dial(ctx, network, addr)
	if err == nil {
		w.conns = append(w.conns, conn)
	}
	return conn, err
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isCut = true
	for _, c := range w.conns {
		c.Close()
	}
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isCut = false
}

// keep lets the process keep today's figures of the first switch, until end is called: with an error when the turn is
// another's already.
func (c *centre) keep(t *testing.T) (end func(cause error)) {
	t.Helper()
	return turn(t, c.Keep)
}

// turn is a duty of the first switch, until end is called.
func turn(t *testing.T, duty func(context.Context, string) error) (end func(cause error)) {
	t.Helper()
	ctx, stop := context.WithCancelCause(t.Context())
	done := make(chan error, 1)
	go func() { done <- duty(ctx, "a") }()
	return func(cause error) {
		stop(cause)
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// TestTakeover: two processes hear a switch, one keeps today's figures. When the other takes over nothing is counted
// twice, and nothing is missing that either of them has heard.
func TestTakeover(t *testing.T) {
	agent := esltest.Agent{Name: "1000", Status: "Available"}
	for _, tt := range []struct {
		name     string
		meantime func(t *testing.T, first, second *centre, toSecond *wire)
		lost     error // why the first keeps no more; nil when it is told to stop, and saves once more
	}{
		{"both heard all, the first died", func(t *testing.T, first, _ *centre, _ *wire) {
			pass(31 * time.Second) // what was kept lacks what comes now
			call(t, first.nodes[0].Switch, "sales", 20*time.Second)
			pass(25 * time.Second)
		}, errors.New("dead")},
		{"the second missed a call, the first saves it at its end", func(t *testing.T, first, _ *centre, toSecond *wire) {
			toSecond.cut()
			call(t, first.nodes[0].Switch, "sales", 20*time.Second)
			pass(25 * time.Second)
			toSecond.mend()
			pass(61 * time.Second) // it has read since that there was a call
		}, nil},
		{"the second is started anew while the first works", func(t *testing.T, first, second *centre, _ *wire) {
			second.stop()
			call(t, first.nodes[0].Switch, "sales", 20*time.Second)
			pass(61 * time.Second)
			second.start(t) // from what was kept
		}, errors.New("dead")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, []esltest.Config{centreConfig(agent)}, func(t *testing.T, c *centre) {
				c.stop()
				first, _ := c.beside(t)
				second, toSecond := c.beside(t)
				defer func() { second.stop() }()
				endFirst := first.keep(t)
				call(t, c.nodes[0].Switch, "sales", 20*time.Second)
				pass(25 * time.Second)
				tt.meantime(t, first, second, toSecond)
				saves := first.memory.saves
				endFirst(tt.lost)
				if again := first.memory.saves - saves; tt.lost != nil && again != 0 {
					t.Errorf("who had lost its turn saved %d times", again)
				}
				first.stop()

				endSecond := second.keep(t)
				call(t, c.nodes[0].Switch, "sales", 20*time.Second)
				pass(31 * time.Second)
				endSecond(nil)
				want := callcenter.QueueDay{Answered: 3, AnsweredWait: 9 * time.Second, LongestWait: 3 * time.Second}
				check := func(who string, c *centre) {
					t.Helper()
					if got := c.queue(t, "sales@d").Today; got != want {
						t.Errorf("%s: the queue\ngot  %+v\nwant %+v", who, got, want)
					}
					if got, want := c.agent(t, "1000").Today, (callcenter.AgentDay{Offered: 3, Answered: 3, Talk: 51 * time.Second}); got != want {
						t.Errorf("%s: the agent\ngot  %+v\nwant %+v", who, got, want)
					}
				}
				check("the second", second)
				third, _ := c.beside(t)
				defer third.stop()
				pass(10 * time.Second)
				check("a third, from what was kept", third)
			})
		})
	}
}

// TestKeepNothing: a switch that is none, and a Center without a memory, have nothing to keep.
func TestKeepNothing(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := callcenter.New(callcenter.Options{}).Keep(ctx, "none"); err != nil {
		t.Error(err)
	}
}
