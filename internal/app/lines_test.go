package app_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callgate/internal/app"
)

// disk takes its time for every write.
type disk struct {
	bytes.Buffer
	takes  time.Duration
	writes int
}

func (d *disk) Write(b []byte) (int, error) {
	time.Sleep(d.takes) // in a bubble
	d.writes++
	return d.Buffer.Write(b)
}

func TestLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{takes: time.Second}
		l := app.NewLines(d)
		fmt.Fprintln(l, "first")
		time.Sleep(20 * time.Millisecond) // being written
		start := time.Now()
		for range 1000 {
			fmt.Fprintln(l, "more")
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("writers waited %v for a slow disk", took)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if got := d.String(); got != "first\n"+strings.Repeat("more\n", 1000) || d.writes != 2 {
			t.Errorf("%d bytes in %d writes", len(got), d.writes)
		}
		fmt.Fprintln(l, "late") // neither blocks nor panics
	})
}

// What waits is bounded: who comes then is held up, and nothing is lost.
func TestLinesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{takes: time.Second}
		l := app.NewLines(d)
		line := strings.Repeat("x", 1023) + "\n"
		var wg sync.WaitGroup
		start := time.Now()
		for range 4 {
			wg.Go(func() {
				for range 1024 {
					fmt.Fprint(l, line)
				}
			})
		}
		wg.Wait()
		if took := time.Since(start); took < 2*time.Second {
			t.Errorf("four mebibytes were taken in %v", took)
		}
		fmt.Fprint(l, strings.Repeat("y", 3<<20)) // more than is ever let wait beside others
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if got := d.Len(); got != 7<<20 {
			t.Errorf("%d bytes, want %d", got, 7<<20)
		}
	})
}
