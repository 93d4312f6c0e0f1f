package esltest

import (
	"net"
	"strconv"
	"strings"
	"time"
)

const (
	// parkDelay is how long a channel takes at most to park once its controller
	// has connected, so that a subscription made at once sees CHANNEL_PARK.
	parkDelay = 200 * time.Millisecond
	// tooSoon is how short a controlled life is missed: FreeSWITCH's session thread
	// looks every millisecond or so whether it may park, and then finds nobody who
	// would let it go again.
	tooSoon = 5 * time.Millisecond
)

// socket is the application that hands the channel to a program outside.
func (c *channel) socket(arg string) {
	words := separate(arg, ' ', 80)
	if len(words) == 0 {
		return
	}
	s := c.s
	nc := c.reach(words[0])
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
	s.conns[conn], s.general[conn] = struct{}{}, struct{}{}
	if !conn.async {
		conn.serveOutbound()
		return
	}
	c.hold()
	over := false
	s.serve(func() {
		conn.serveOutbound()
		over = true
		c.changed.fire()
		// The channel is let go only if it was under control: without a connect it
		// parks, with nobody there.
		if conn.connected && s.now().Sub(conn.since) > tooSoon {
			s.await(forever, func() bool { return c.parked || !c.ready() }, &c.changed, nil)
		}
		c.controlled = false
		c.release()
	})
	s.await(forever, func() bool { return conn.connected || over || !c.ready() }, &c.changed, nil)
	s.await(parkDelay, func() bool { return conn.events || over || !c.ready() }, &c.changed, &conn.wake)
	c.park()
	c.work()
	if c.state == csReset && conn.mayResume() {
		c.state, c.moving = csExecute, false
		c.changed.fire()
	}
}

// reach connects to the first host that answers, nil when none does. A port
// holds for the hosts after it, too.
func (c *channel) reach(hosts string) (nc net.Conn) {
	s := c.s
	port := 8084
	for _, host := range separate(hosts, '|', 50) {
		rest := &host // where the path begins
		var number string
		if i := strings.LastIndexByte(host, ':'); i >= 0 {
			host, number = host[:i], host[i+1:]
			rest = &number
			port = atoi(number)
		}
		if before, path, ok := strings.Cut(*rest, "/"); ok {
			*rest = before
			c.set("socket_path", path)
		}
		if host == "" {
			continue
		}
		c.set("socket_host", host)
		var err error
		s.outside(func() { nc, err = s.cfg.Dial(s.ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port))) })
		if err == nil {
			return nc
		}
		s.cfg.Logger.Info("socket application", "error", err)
	}
	return nil
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
		// The reply to anything else than connect is lost, unless the command writes
		// it itself, as api does.
		if reply, answered := c.handle(first); !answered {
			s.cfg.Logger.Info("outbound socket did not connect", "reply", reply)
		}
		c.loop()
	}
	if s.stopped {
		return
	}
	// Whatever runs has to end, and the channel stays as it is until somebody lets
	// it go on: the socket application does so in async mode. In sync mode nobody
	// does, and FreeSWITCH leaves the caller there.
	if ch := c.session; c.mayResume() && ch.up() && !ch.moving && ch.state != csHibernate {
		ch.moving = true
		ch.setState(csReset)
	}
	// What was announced before the end still goes out.
	c.closing = false
	c.flush()
	c.closing = true
	c.sayGoodbye()
}
