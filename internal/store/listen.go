package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/lib/pq"
)

const (
	changeChannel = "callgate_changes" // its payload is the topic of a revision
	pulseChannel  = "callgate_pulse"   // nobody ever tells anything on it

	pulseInterval = time.Second
	pulseSilence  = 3 * time.Second // after which a connection is taken for lost
	// A listener that is told to stop may be in the middle of such a pause.
	firstReconnect, longestReconnect = 100 * time.Millisecond, time.Second
)

// Announces tells whether Listen ever hears of anything: a SQLite file tells nobody that it has changed.
func (s *Store) Announces() bool { return s.address != "" }

// Listen calls changed soon after a process has changed anything of which there are revisions, and whenever
// announcements may have been missed, until ctx ends; then it returns nil. changed must not block. On SQLite it is never called.
//
// It has a connection of its own, which it makes anew for as long as it takes. While there is none, and behind a
// pooler that does not pool sessions, nothing is heard: whoever listens looks by himself as well, now and then.
func (s *Store) Listen(ctx context.Context, changed func()) error {
	if !s.Announces() {
		<-ctx.Done()
		return nil
	}
	address, err := postgresAddress(s.address, s.timeout)
	if err != nil {
		return fmt.Errorf("listen for changes: %w", err)
	}
	l := pq.NewDialListener(dialer{silence: pulseSilence}, address, firstReconnect, longestReconnect, nil)
	var wg sync.WaitGroup
	wg.Go(func() { pulse(ctx, l) })
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-l.Notify: // nil after a reconnection
			changed()
		}
	}
	_ = l.Close() // nobody else does
	for range l.Notify {
	}
	wg.Wait()
	return nil
}

// pulse listens and keeps the connection talking, so that one that was lost is noticed: who only reads never learns.
// It uses a channel where a ping would do, because the driver's Ping panics when a pooler refuses it.
func pulse(ctx context.Context, l *pq.Listener) {
	tick := time.NewTicker(pulseInterval)
	defer tick.Stop()
	for listening := false; ; {
		if !listening {
			listening = l.Listen(changeChannel) == nil // a standby refuses, until it is none
		}
		if err := l.Listen(pulseChannel); err == nil {
			_ = l.Unlisten(pulseChannel) // a lost connection is made anew by the listener
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
