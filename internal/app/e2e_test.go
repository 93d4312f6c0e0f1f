//go:build e2e

package app_test

import (
	"testing"
	"time"
)

// TestFreeSWITCH plays every case on a running FreeSWITCH, and tells at the end how that went.
func TestFreeSWITCH(t *testing.T) {
	began, version := time.Now(), freeSwitchVersion(t)
	passed, failed := play(t, 4, openFreeSwitch)
	t.Logf("%s: %d cases passed, %d failed, in %v", version, passed, failed, time.Since(began).Round(time.Second))
}
