package v1

import (
	"fmt"
	"testing"
	"time"

	"callgate/internal/recording"
)

// FuzzCursor: a cursor leads back to where it was made, and there is one text for each place.
func FuzzCursor(f *testing.F) {
	f.Add("x", int64(0), 1)
	f.Add(recordingPlace{time.UnixMicro(1), 2}.String(), int64(-1), maxTold)
	f.Fuzz(func(t *testing.T, text string, at int64, told int) {
		if p, ok := readRecordingPlace(text); ok && p.String() != text {
			t.Errorf("%q was read as %q", text, p)
		}
		want := recordingPlace{time.UnixMicro(at), told}
		got, ok := readRecordingPlace(want.String())
		if ok != (told > 0 && told <= maxTold) || ok && (!got.at.Equal(want.at) || got.told != told) {
			t.Errorf("got %+v, %v; want %+v", got, ok, want)
		}
	})
}

// TestRecordingPlace: what began at one moment is told once, wherever a page ends.
func TestRecordingPlace(t *testing.T) {
	t.Parallel()
	all := make([]recording.Entry, 7)
	for i, at := range []int64{9, 9, 5, 5, 5, 5, 1} {
		all[i] = recording.Entry{At: time.UnixMicro(at), Path: fmt.Sprint(i)}
	}
	for limit := 1; limit <= len(all); limit++ {
		got, place := "", recordingPlace{}
		for {
			// As the store answers: from the moment of the place on, as many as are asked for.
			from := 0
			for place.told > 0 && all[from].At.After(place.at) {
				from++
			}
			page := all[min(from+place.told, len(all)):min(from+place.told+limit, len(all))]
			if len(page) == 0 {
				break
			}
			for _, e := range page {
				got += e.Path
			}
			place = place.behind(page)
		}
		if got != "0123456" {
			t.Errorf("pages of %d: %s", limit, got)
		}
	}
}
