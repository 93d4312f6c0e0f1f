package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"callgate/internal/fault"
)

func TestOf(t *testing.T) {
	cause := errors.New("disk on fire")
	for _, tt := range []struct {
		name        string
		err         error
		want        fault.Kind
		wantSubject string
		wantKnown   bool
	}{
		{"plain error is internal", cause, fault.Internal, "", false},
		{"nil is internal", nil, fault.Internal, "", false},
		{"new", fault.New(fault.EmptyField, "queue"), fault.EmptyField, "queue", true},
		{"wrapped by fmt", fmt.Errorf("look up: %w", fault.New(fault.NotFound, "Tier")), fault.NotFound, "Tier", true},
		{"wrap keeps the cause", fault.Wrap(fault.StorageDown, cause, "save"), fault.StorageDown, "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, known := fault.Of(tt.err)
			if got.Kind != tt.want || got.Subject != tt.wantSubject || known != tt.wantKnown {
				t.Errorf("got %v %q %v, want %v %q %v", got.Kind, got.Subject, known, tt.want, tt.wantSubject, tt.wantKnown)
			}
		})
	}
	if err := fault.Wrap(fault.StorageDown, cause, "save"); !errors.Is(err, cause) {
		t.Errorf("%v does not unwrap to its cause", err)
	}
	if fault.Wrap(fault.StorageDown, nil, "save") != nil {
		t.Error("wrapping nil made an error")
	}
}

func TestIs(t *testing.T) {
	err := fmt.Errorf("x: %w", fault.New(fault.NotFound, "Tier"))
	for _, tt := range []struct {
		name   string
		target error
		want   bool
	}{
		{"kind alone", fault.New(fault.NotFound, ""), true},
		{"kind and subject", fault.New(fault.NotFound, "Tier"), true},
		{"other subject", fault.New(fault.NotFound, "Queue"), false},
		{"other kind", fault.New(fault.Denied, ""), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := errors.Is(err, tt.target); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
