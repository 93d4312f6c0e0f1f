package store_test

import (
	"testing"

	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

func TestCenterDay(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s, other := open(), open()
		if got, err := s.Day(t.Context(), "main"); got != nil || err != nil {
			t.Errorf("before: %s %v", got, err)
		}
		for _, document := range []string{`{"Day":1}`, `{"Day":2}`} {
			if err := s.SaveDay(t.Context(), "main", []byte(document)); err != nil {
				t.Fatal(err)
			}
			if err := s.SaveDay(t.Context(), "second", []byte("x")); err != nil {
				t.Fatal(err)
			}
			if got, err := other.Day(t.Context(), "main"); string(got) != document || err != nil {
				t.Errorf("got %s %v, want %s", got, err, document)
			}
		}
	})
}
