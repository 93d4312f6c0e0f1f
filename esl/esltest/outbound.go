package esltest

import (
	"net"
	"strconv"
	"strings"
	"time"
)

// parkDelay is how long a channel takes at most to park once its controller has
// connected, so that a subscription made at once sees CHANNEL_PARK.
const parkDelay = 200 * time.Millisecond

// socket is the application that hands the channel to a program outside.
func (c *channel) socket(arg string) {
	words := separate(arg, ' ', 80)
	if len(words) == 0 {
		return
	}
	s := c.s
	port := "8084"
	var nc net.Conn
	for host := range strings.SplitSeq(words[0], "|") {
		if host == "" {
			continue
		}
		if i := strings.LastIndexByte(host, ':'); i >= 0 {
			host, port = host[:i], host[i+1:]
		}
		var path string
		if p := &port; strings.Contains(*p, "/") {
			*p, path, _ = strings.Cut(*p, "/")
			c.set("socket_path", path)
		}
		c.set("socket_host", host)
		if n := atoi(port); n > 0 {
			port = strconv.Itoa(n)
		}
		var err error
		s.outside(func() { nc, err = s.cfg.Dial(s.ctx, "tcp", net.JoinHostPort(host, port)) })
		if err == nil {
			break
		}
		nc = nil
		s.cfg.Logger.Info("socket application", "error", err)
	}
	if nc == nil {
		return
	}
	if s.stopped {
		nc.Close()
		return
	}
	conn := newConn(s, nc)
	conn.session, conn.outbound, conn.authed = c, true, true
	for _, w := range words[1:] {
		conn.full = conn.full || strings.EqualFold(w, "full")
		conn.async = conn.async || strings.EqualFold(w, "async")
	}
	s.conns[conn] = struct{}{}
	if !conn.async {
		conn.serveOutbound()
		return
	}
	c.hold()
	over := false
	s.serve(func() {
		conn.serveOutbound()
		over = true
		// The channel is let go only if it was under control: without a connect
		// it parks, with nobody there.
		c.controlled = false
		c.release()
	})
	s.await(forever, func() bool { return conn.connected || over || !c.ready() }, &c.changed, nil)
	s.await(parkDelay, func() bool { return conn.events || over || !c.ready() }, &c.changed, &conn.wake)
	c.park()
	if c.ready() && conn.mayResume() {
		c.redirect(csExecute)
	}
}

func (c *conn) mayResume() bool {
	return c.resume || isTrue(c.session.get("socket_resume"))
}

// serveOutbound waits for "connect" and then for commands, like an inbound
// listener that has logged in already.
func (c *conn) serveOutbound() {
	s := c.s
	defer s.drop(c)
	c.startReading()
	first, ok := c.next(firstPacketMax)
	if ok {
		// The reply to anything else than connect is lost.
		if reply, answered := c.handle(first); !answered {
			s.cfg.Logger.Info("outbound socket did not connect", "reply", reply)
		}
		c.loop()
	}
	if s.stopped {
		return
	}
	if ch := c.session; ch.ready() && c.mayResume() && c.async {
		ch.redirect(csExecute)
	}
	// What was announced before the end still goes out.
	c.closing = false
	c.flush()
	c.closing = true
	c.sayGoodbye()
}
