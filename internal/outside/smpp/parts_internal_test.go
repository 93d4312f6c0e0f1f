package smpp

import (
	"strconv"
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

// TestUntold: that a receipt of the last part could not be kept takes nothing back that was told of another.
func TestUntold(t *testing.T) {
	for _, tt := range []struct {
		name, untold string
		want         meaning // of what the last part says then
	}{{"of the part that has failed", "m1", tells}, {"of the last", "m2", nothing}, {"of none", "m3", nothing}} {
		t.Run(tt.name, func(t *testing.T) {
			p, w := parts{of: map[string]*whole{}}, &whole{}
			p.add("m1", w, false)
			p.add("m2", w, true)
			p.translate(gateway.Receipt{ID: "m2", State: gateway.Delivered})
			p.translate(gateway.Receipt{ID: "m1", State: gateway.Failed})
			p.untold(tt.untold)
			if _, means := p.translate(gateway.Receipt{ID: "m2", State: gateway.Delivered}); means != tt.want {
				t.Errorf("it is %d, want %d", means, tt.want)
			}
		})
	}
}

// TestPartsKnown: of how many parts something is known is bounded, and the oldest are forgotten.
func TestPartsKnown(t *testing.T) {
	p := parts{of: map[string]*whole{}}
	for i := range partsKnown + 10 {
		p.add(strconv.Itoa(i), &whole{}, false)
	}
	if len(p.of) != partsKnown || len(p.all) != partsKnown || p.of["9"] != nil || p.of["10"] == nil {
		t.Errorf("%d are known, in an order of %d", len(p.of), len(p.all))
	}
}

// TestNumbers: those of requests begin again after the last that the standard has.
func TestNumbers(t *testing.T) {
	l := &link{}
	l.asked.Store(0x7FFFFFFF - 2)
	for _, want := range []uint32{0x7FFFFFFE, 0x7FFFFFFF, 1, 2} {
		if got := l.number(); got != want {
			t.Errorf("%#x, want %#x", got, want)
		}
	}
}
