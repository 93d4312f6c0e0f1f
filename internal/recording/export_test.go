package recording

import (
	"io"
	"time"

	"callgate/esl"
)

// ReadWave shows readWave to the tests.
func ReadWave(r io.ReaderAt, size int64) (length time.Duration, bytes int64, whole bool, err error) {
	w, err := readWave(r, size)
	return w.Duration, w.Bytes, w.Whole, err
}

// FactOf shows what an event tells.
func (l *Library) FactOf(switchName string, e *esl.Event) (Fact, bool) { return l.fact(switchName, e) }

// Tell puts a fact into the queue of Write; false when that is full.
func (l *Library) Tell(f Fact) bool { return l.facts.Put(f) }
