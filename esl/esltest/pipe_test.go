package esltest_test

import (
	"context"
	"net"
	"sync"
	"testing"

	"callgate/esl/esltest"
)

// pipes is a network in memory, which testing/synctest can wait for.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
	addr  string
}

func newPipes(addr string) *pipes {
	return &pipes{conns: make(chan net.Conn), done: make(chan struct{}), addr: addr}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr  { return p }
func (p *pipes) Network() string { return "pipe" }
func (p *pipes) String() string  { return p.addr }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-p.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// connect reaches a switch, on whatever network it serves.
func connect(t *testing.T, s *esltest.Switch, through *pipes) net.Conn {
	t.Helper()
	var nc net.Conn
	var err error
	if through != nil {
		nc, err = through.dial(t.Context(), "", "")
	} else {
		nc, err = net.Dial("tcp", s.Addr())
	}
	if err != nil {
		t.Fatal(err)
	}
	return nc
}
