package sms_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

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

// TestPollMany: a provider that has taken many messages is asked about all that are due, so that what became of them is known
// as soon when there are many.
func TestPollMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBook()
		for i := range int64(950) {
			b.kept[i] = sms.Message{ID: i, State: sms.Sent, Provider: "a", TheirID: fmt.Sprint(i), Sent: time.Now(), Due: time.Now()}
		}
		start(t, options(b, map[string]sms.Carrier{"a": &asking{answers(taken), func(about []gateway.Asked) (all []gateway.Receipt, err error) {
			for _, m := range about {
				all = append(all, gateway.Receipt{ID: m.ID, State: gateway.Delivered})
			}
			return all, nil
		}}}))
		time.Sleep(time.Second)
		for i := range int64(950) {
			if m := b.of(i); m.State != sms.Delivered {
				t.Fatalf("%+v", m)
			}
		}
	})
}
