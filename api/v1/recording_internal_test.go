package v1

import (
	"testing"
	"time"

	"callgate/internal/recording"
)

// FuzzCursor: a cursor leads back to where it was made, and whatever else is sent for one does no harm.
func FuzzCursor(f *testing.F) {
	f.Add("x", int64(0), "/rec/a.wav", "main")
	f.Add(cursor(recording.Entry{At: time.UnixMicro(1), Path: "a", Switch: "b"}), int64(-1), "", "")
	f.Fuzz(func(t *testing.T, text string, at int64, path, sw string) {
		if e, ok := readCursor(text); ok && e == nil {
			t.Error("nothing was read")
		}
		want := recording.Entry{At: time.UnixMicro(at), Path: path, Switch: sw}
		got, ok := readCursor(cursor(want))
		for _, r := range path + sw {
			if r == 0 {
				return // no path and no switch has one
			}
		}
		if !ok || !got.At.Equal(want.At) || got.Path != path || got.Switch != sw {
			t.Errorf("got %+v, %v; want %+v", got, ok, want)
		}
	})
}
