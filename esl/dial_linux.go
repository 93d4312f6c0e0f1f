package esl

import (
	"fmt"
	"syscall"
	"time"
)

// tcpUserTimeout is TCP_USER_TIMEOUT of linux/tcp.h, which package syscall does not name on every architecture.
const tcpUserTimeout = 0x12

// controlUserTimeout makes the kernel end a connection whose bytes stay unacknowledged for d.
func controlUserTimeout(d time.Duration) func(network, address string, c syscall.RawConn) error {
	return func(_, _ string, c syscall.RawConn) error {
		var set error
		if err := c.Control(func(fd uintptr) {
			set = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(d.Milliseconds()))
		}); err != nil {
			return fmt.Errorf("reach the socket: %w", err)
		}
		if set != nil {
			return fmt.Errorf("set TCP user timeout: %w", set)
		}
		return nil
	}
}
