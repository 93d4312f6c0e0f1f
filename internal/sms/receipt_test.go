package sms_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"callgate/internal/outside/gateway"
	"callgate/internal/sms"
)

// TestHeardAgain: what a provider says twice, or when it is asked too, is counted once.
func TestHeardAgain(t *testing.T) {
	b, numbers := newBook(), prometheus.NewRegistry()
	o := options(b, nil)
	o.Registerer = numbers
	s := sms.New(o)
	b.kept[1] = sms.Message{ID: 1, State: sms.Sent, Provider: "a", TheirID: "t"}
	for range 3 {
		if err := s.Heard(t.Context(), "a", gateway.Receipt{ID: "t", State: gateway.Delivered}); err != nil {
			t.Fatal(err)
		}
	}
	if n := counted(t, numbers, "callgate_sms_messages_total", "a", "delivered"); n != 1 {
		t.Errorf("counted %v times", n)
	}
}
