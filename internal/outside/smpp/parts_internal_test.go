package smpp

import (
	"testing"

	"callgate/internal/outside/gateway"
)

// TestLastPart: the id of the last part is the message's at once, and not only when Send returns.
func TestLastPart(t *testing.T) {
	for _, tt := range []struct {
		name, id string
		state    gateway.State
		wantID   string
		want     meaning
	}{
		{"the last is delivered", "m2", gateway.Delivered, "m2", tells},
		{"the last fails", "m2", gateway.Failed, "m2", tells},
		{"the first fails", "m1", gateway.Failed, "m2", tells},
		{"the first is delivered", "m1", gateway.Delivered, "m1", nothing},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, w := parts{of: map[string]*whole{}}, &whole{}
			p.add("m1", w, false)
			p.add("m2", w, true)
			if r, means := p.translate(gateway.Receipt{ID: tt.id, State: tt.state}); r.ID != tt.wantID || means != tt.want {
				t.Errorf("it is %d of %s, want %d of %s", means, r.ID, tt.want, tt.wantID)
			}
		})
	}
}
