//go:build !linux

package esl

import (
	"syscall"
	"time"
)

// controlUserTimeout does nothing here: our own pings and keep-alives have to do.
func controlUserTimeout(time.Duration) func(network, address string, c syscall.RawConn) error {
	return nil
}
