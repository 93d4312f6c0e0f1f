package app

import (
	"io"
	"sync"
	"time"
)

const (
	linesBytes = 1 << 20               // how much may wait to be written
	linesPause = 10 * time.Millisecond // how long the first line waits for others: under load one write is of hundreds
)

// Lines stands between a logger and the file or pipe that it writes to. A write to a file can take tens of milliseconds
// while the database waits for the same disk, and a logger lets nobody pass meanwhile; here a line waits in memory, and
// several are written at once. Whoever comes when a mebibyte waits is held up; nothing is dropped. A process that is
// killed loses what waits, the last hundredth of a second.
type Lines struct {
	to   io.Writer
	done chan struct{}

	mu      sync.Mutex
	changed sync.Cond // of waiting and closed
	waiting []byte
	closed  bool
}

// NewLines makes a writer that owns a goroutine until Close.
func NewLines(to io.Writer) *Lines {
	l := &Lines{to: to, done: make(chan struct{})}
	l.changed.L = &l.mu
	go l.write()
	return l
}

// Write takes a line. It does not fail: whoever writes a log has nobody to tell.
func (l *Lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.waiting) > 0 && len(l.waiting)+len(line) > linesBytes && !l.closed {
		l.changed.Wait()
	}
	if l.closed {
		return len(line), nil
	}
	if len(l.waiting) == 0 {
		l.changed.Broadcast()
	}
	l.waiting = append(l.waiting, line...)
	return len(line), nil
}

// Close writes what waits and ends the goroutine. What is written afterwards is lost.
func (l *Lines) Close() error {
	l.mu.Lock()
	l.closed = true
	l.changed.Broadcast()
	l.mu.Unlock()
	<-l.done
	return nil
}

func (l *Lines) write() {
	defer close(l.done)
	var batch []byte
	for {
		l.mu.Lock()
		for len(l.waiting) == 0 && !l.closed {
			l.changed.Wait()
		}
		if !l.closed {
			l.mu.Unlock()
			time.Sleep(linesPause)
			l.mu.Lock()
		}
		batch, l.waiting = l.waiting, batch[:0]
		l.changed.Broadcast()
		l.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		_, _ = l.to.Write(batch) // nobody to tell
	}
}
