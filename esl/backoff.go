package esl

import (
	"encoding/binary"
	"io"
	"time"
)

// Pauses between attempts to connect: short, for a contact centre without its switch is blind, and jittered, so that
// many clients of a restarted switch do not come at once.
const (
	minPause = 100 * time.Millisecond
	maxPause = 2 * time.Second
)

type backoff struct {
	random io.Reader
	step   time.Duration
}

// next returns between half and all of a step that doubles up to maxPause. served is how long the last connection
// lasted: one that broke as soon as it was up does not start the count afresh.
func (b *backoff) next(served time.Duration) time.Duration {
	if served >= maxPause || b.step == 0 {
		b.step = minPause
	} else {
		b.step = min(2*b.step, maxPause)
	}
	var seed [8]byte
	if _, err := io.ReadFull(b.random, seed[:]); err != nil {
		return b.step // without jitter, then
	}
	half := uint64(b.step / 2)
	return time.Duration(half + binary.BigEndian.Uint64(seed[:])%(half+1))
}
