package esl

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// clientBuffer holds a few events of a busy switch, so that a burst costs few reads.
const clientBuffer = 64 << 10

// dialer is the way out of Options.Dial's default. A peer that vanishes is noticed by the kernel as well: unacknowledged
// bytes by the user timeout (where there is one), an idle line by keep-alives.
func dialer(userTimeout time.Duration) *net.Dialer {
	return &net.Dialer{
		KeepAliveConfig: keepAlive(),
		Control:         controlUserTimeout(userTimeout),
	}
}

func keepAlive() net.KeepAliveConfig {
	return net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}
}

// connect dials and logs in, all within Options.DialTimeout, whatever the peer does or does not.
func (c *Client) connect(ctx context.Context) (*socket, *frameReader, error) {
	limited, cancel := context.WithTimeout(ctx, c.opts.DialTimeout)
	defer cancel()
	raw, err := c.opts.Dial(limited, "tcp", c.opts.Addr)
	if err != nil {
		return nil, nil, fmt.Errorf("dial: %w", err)
	}
	// Closing is what ends a blocked read or write on any kind of connection.
	stop := context.AfterFunc(limited, func() { _ = raw.Close() })
	sock, frames, err := c.logIn(limited, raw)
	if !stop() && err == nil {
		err = limited.Err()
	}
	if err == nil {
		return sock, frames, nil
	}
	_ = raw.Close()
	if ctx.Err() == nil && errors.Is(limited.Err(), context.DeadlineExceeded) {
		return nil, nil, fmt.Errorf("log in: %w for %v", ErrSilent, c.opts.DialTimeout)
	}
	return nil, nil, fmt.Errorf("log in: %w", err)
}

func (c *Client) logIn(ctx context.Context, raw net.Conn) (*socket, *frameReader, error) {
	stream := raw
	if c.opts.TLS != nil {
		secure := tls.Client(raw, c.opts.TLS)
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, nil, fmt.Errorf("TLS: %w", err)
		}
		stream = secure
	}
	sock := newSocket(stream, raw)
	frames := newFrameReader(sock, clientBuffer)
	if _, err := c.await(sock, frames, typeAuth); err != nil {
		return nil, nil, err
	}
	if _, err := sock.Write([]byte(authMessage(c.opts.Password))); err != nil {
		return nil, nil, ioError("write", err)
	}
	reply, err := c.await(sock, frames, typeReply)
	if err != nil {
		return nil, nil, err
	}
	if text := reply.get("Reply-Text"); !strings.HasPrefix(text, "+OK") {
		return nil, nil, fmt.Errorf("%w: %.80q", ErrAuth, text)
	}
	return sock, frames, nil
}

// await reads up to a frame of that type.
func (c *Client) await(sock *socket, frames *frameReader, want string) (frame, error) {
	for {
		f, err := frames.next()
		if err != nil {
			return frame{}, ioError("read", err)
		}
		sock.received(frames.pending())
		switch f.kind {
		case want:
			return f, nil
		case typeRejection:
			return frame{}, ErrRefused
		case typeDisconnect:
			return frame{}, closedError(f, false)
		}
		c.skip("other_type")
	}
}
