package esltest

import (
	"context"
	"net"
	"sync"
)

// Pipes is a network in memory: a net.Listener for Config.Listener, and the way to reach it. Unlike a socket it can be
// waited for by testing/synctest, so that a switch and its clients live on a clock that moves only when all of them wait.
// It may be used from any goroutine.
type Pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
	addr  string
}

// NewPipes makes a network on which one address, such as 127.0.0.1:8021, listens.
func NewPipes(addr string) *Pipes {
	return &Pipes{conns: make(chan net.Conn), done: make(chan struct{}), addr: addr}
}

// Accept implements net.Listener.
func (p *Pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener. It may be called more than once.
func (p *Pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

// Addr implements net.Listener.
func (p *Pipes) Addr() net.Addr { return p }

// Network implements net.Addr.
func (p *Pipes) Network() string { return "pipe" }

// String is the address.
func (p *Pipes) String() string { return p.addr }

// Dial connects to the listener, whatever the address: it is of the form that net.Dialer and esl.Options have.
func (p *Pipes) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
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
