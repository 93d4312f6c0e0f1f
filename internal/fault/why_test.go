package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"callgate/internal/fault"
)

func TestWhyOf(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want fault.Why
	}{
		{"no failure", nil, ""},
		{"its own, wrapped", fmt.Errorf("look: %w", &fault.Error{Kind: fault.Denied, Why: fault.SwitchedOff}), fault.SwitchedOff},
		{"a token of which no more is known", fault.New(fault.BadToken, ""), fault.UnknownToken},
		{"none at all", &fault.Error{Kind: fault.BadToken, Why: fault.NoToken}, fault.NoToken},
		{"the kind says it", fault.New(fault.EmptyField, "queue"), "empty_field"},
		{"of no kind", errors.New("x"), "internal"},
	} {
		if got := fault.WhyOf(tt.err); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
