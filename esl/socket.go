package esl

import (
	"net"
	"sync/atomic"
	"time"
)

// socket is a stream to a switch that remembers when it was last heard.
type socket struct {
	net.Conn          // possibly TLS
	raw      net.Conn // for closing: TLS would first try to say good-bye on a socket that may be stuck
	began    time.Time
	// Both are times since began, so that they do not follow the wall clock.
	heard atomic.Int64 // the latest read
	frame atomic.Int64 // the first read of the frame that is being received; 0 between frames
	// beforeRead is called by the reader before it waits for more; nil does nothing.
	beforeRead func()
}

func newSocket(stream, raw net.Conn) *socket {
	return &socket{Conn: stream, raw: raw, began: time.Now()}
}

// Read stamps every read, not every frame: a large frame on a slow line is a sign of life all along.
func (s *socket) Read(p []byte) (int, error) {
	if s.beforeRead != nil {
		s.beforeRead()
	}
	n, err := s.Conn.Read(p)
	if n > 0 {
		now := int64(max(s.clock(), 1)) // 0 has a meaning of its own
		s.heard.Store(now)
		s.frame.CompareAndSwap(0, now)
	}
	return n, err
}

// received notes that a frame is complete, and whether bytes of the next have been read with it.
func (s *socket) received(more bool) {
	if more {
		s.frame.Store(s.heard.Load())
		return
	}
	s.frame.Store(0)
}

// clock is the time since the socket was made.
func (s *socket) clock() time.Duration { return time.Since(s.began) }

// lastHeard is when something came, by clock.
func (s *socket) lastHeard() time.Duration { return time.Duration(s.heard.Load()) }

// inFrame is since when a frame is being received, by clock; 0 between frames.
func (s *socket) inFrame() time.Duration { return time.Duration(s.frame.Load()) }
