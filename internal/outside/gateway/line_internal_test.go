package gateway

import (
	"errors"
	"testing"
)

// TestPassage: what was given up is never written, and what is being written is never given up.
func TestPassage(t *testing.T) {
	fine := func() (int, error) { return 1, nil }
	fails := func() (int, error) { return 0, errors.New("broken") }
	for _, tt := range []struct {
		name   string
		before func(p *passage)
		want   bool // it can be given up
	}{
		{"nothing yet", func(*passage) {}, true},
		{"written", func(p *passage) { _, _ = p.write(fine) }, false},
		{"failed with nothing", func(p *passage) { _, _ = p.write(fails) }, true},
		{"failed with nothing more", func(p *passage) { _, _ = p.write(fine); _, _ = p.write(fails) }, false},
		{"failed with some", func(p *passage) { _, _ = p.write(func() (int, error) { return 1, errors.New("broken") }) }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := new(passage)
			tt.before(p)
			if got := p.giveUp(); got != tt.want {
				t.Fatalf("given up: %t", got)
			}
			wrote := false
			_, err := p.write(func() (int, error) { wrote = true; return 1, nil })
			if wrote == tt.want || errors.Is(err, errGivenUp) != tt.want {
				t.Errorf("written: %t, %v", wrote, err)
			}
		})
	}
	p := new(passage)
	_, _ = p.write(func() (int, error) {
		if p.giveUp() {
			t.Error("given up while it is written")
		}
		return 0, errors.New("broken")
	})
}
