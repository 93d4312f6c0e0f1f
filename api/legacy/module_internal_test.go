package legacy

import (
	"testing"

	"callgate/internal/account"
)

// TestCatalogueHasAllActions: the catalogue has each documented action, and no other.
func TestCatalogueHasAllActions(t *testing.T) {
	f, known := New(Options{}), 0
	for _, k := range account.Catalogue() {
		for _, a := range k.Actions {
			if !a.Documented {
				continue
			}
			known++
			if !f.Known(k.Name, a.Name) {
				t.Errorf("there is no %s/%s", k.Name, a.Name)
			}
		}
	}
	if len(f.actions) != known || known < 10 {
		t.Errorf("there are %d actions, the catalogue has %d", len(f.actions), known)
	}
}
