//go:build e2e

package app_test

import (
	"sync/atomic"
	"testing"
	"time"
)

// TestFreeSWITCH plays every case on a running FreeSWITCH, and tells at the end how that went.
func TestFreeSWITCH(t *testing.T) {
	began := time.Now()
	version := freeSwitchVersion(t)
	var passed, failed atomic.Int32
	t.Cleanup(func() {
		t.Logf("%s: %d cases passed, %d failed, in %v", version, passed.Load(), failed.Load(), time.Since(began).Round(time.Second))
	})
	play(t, 4, func(t *testing.T, w world, around surroundings) stage {
		t.Cleanup(func() {
			if t.Failed() {
				failed.Add(1)
			} else {
				passed.Add(1)
			}
		})
		return openFreeSwitch(t, w, around)
	})
}
