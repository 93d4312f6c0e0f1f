package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

const (
	// connectTime is how long a connection may take to be there, TLS included.
	connectTime = 10 * time.Second
	// idleTime is how long a connection is kept for the next message. Servers close theirs after 5 s (Apache, Node) to
	// 75 s (nginx); with one that is closed while a message goes out, nobody knows whether it has arrived.
	idleTime = 4 * time.Second
	// atATime is the default of Options.
	atATime = 16
)

var errGivenUp = errors.New("nobody waits for the request any more")

// passage is how far a request has come that is put to a provider.
type passage struct{ stage atomic.Int32 }

const (
	unwritten int32 = iota
	writing
	written // some of it
	givenUp // none of it will be
)

// write does what writes some of the request, unless it was given up.
func (p *passage) write(do func() (int, error)) (int, error) {
	if !p.stage.CompareAndSwap(unwritten, writing) && p.stage.Load() == givenUp {
		return 0, errGivenUp
	}
	n, err := do()
	if n > 0 || err == nil {
		p.stage.Store(written)
	} else {
		p.stage.CompareAndSwap(writing, unwritten)
	}
	return n, err
}

// giveUp tells whether nothing of the request was written. If so, nothing will be.
func (p *passage) giveUp() bool { return p.stage.CompareAndSwap(unwritten, givenUp) }

// follow makes every connection that the request gets note what is written of it.
func (p *passage) follow(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(got httptrace.GotConnInfo) {
		if l, ok := got.Conn.(*line); ok {
			l.request.Store(p)
		} else {
			p.stage.Store(written) // for all that is known
		}
	}})
}

// line is a connection, under TLS where there is any. It carries one request at a time.
type line struct {
	net.Conn
	request atomic.Pointer[passage]
}

// Write implements net.Conn.
func (l *line) Write(b []byte) (int, error) {
	if p := l.request.Load(); p != nil {
		return p.write(func() (int, error) { return l.Conn.Write(b) })
	}
	return l.Conn.Write(b)
}

// newTransport makes connections that carry HTTP/1.1, for with HTTP/2 several requests would share one.
func newTransport(o Options) *http.Transport {
	dial := o.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	plain := func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, stop := context.WithTimeout(ctx, connectTime)
		defer stop()
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &line{Conn: conn}, nil
	}
	secure := func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, stop := context.WithTimeout(ctx, connectTime)
		defer stop()
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		host, _, _ := net.SplitHostPort(address) // net/http has put it together
		over := tls.Client(conn, &tls.Config{ServerName: host, RootCAs: o.Roots, MinVersion: tls.VersionTLS12})
		if err := over.HandshakeContext(ctx); err != nil {
			conn.Close()
			return nil, err
		}
		return &line{Conn: over}, nil
	}
	return &http.Transport{
		// No Proxy: a variable of the environment shall not send passwords elsewhere.
		DialContext: plain, DialTLSContext: secure,
		MaxConnsPerHost: o.AtATime, MaxIdleConnsPerHost: o.AtATime, IdleConnTimeout: idleTime,
		MaxResponseHeaderBytes: 64 << 10, DisableCompression: true,
	}
}
