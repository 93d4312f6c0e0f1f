package sms_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/prometheus/client_golang/prometheus"

	"callgate/internal/fault"
	"callgate/internal/outside/gateway"
	"callgate/internal/sms"
)

// caller is a carrier whose provider calls: id=state, or what it fails with.
type caller struct {
	*carrier
	fails error
}

func (c caller) Receipts(method string, query url.Values, header http.Header, body []byte) ([]gateway.Receipt, gateway.Answer, error) {
	if c.fails != nil {
		return nil, gateway.Answer{}, c.fails
	}
	if method != http.MethodPost || query.Get("q") != "1" || header.Get("X") != "2" {
		return nil, gateway.Answer{}, errors.New("not what came")
	}
	return []gateway.Receipt{{ID: string(body), State: gateway.Delivered}}, gateway.Answer{Type: "text/plain", Text: "100"}, nil
}

// TestTold: what a provider calls to say is kept before it hears that it is, and heard only at its own path.
func TestTold(t *testing.T) {
	numbers := prometheus.NewRegistry()
	b, kept := newBook(), cupboard{}
	b.kept[1] = sms.Message{ID: 1, Provider: "a", TheirID: "t1", State: sms.Sent}
	carriers := map[string]sms.Carrier{"a": caller{carrier: answers(taken)}, "deaf": answers(taken), "open": caller{carrier: answers(taken)},
		"unsigned": caller{fails: fault.New(fault.Denied, "signature")}, "unreadable": caller{fails: fault.New(fault.WrongField, "body")}}
	for name := range carriers {
		kept[name] = sms.Provider{Name: name, Secret: "secret of " + name}
	}
	kept["open"] = sms.Provider{Name: "open"}
	o := options(b, nil)
	o.Registerer = numbers
	o.Carriers = sms.NewCarriers(sms.CarriersOptions{Store: kept, Order: func() []string { return nil }, Logger: quiet(),
		Build: func(p sms.Provider, _ func(context.Context, gateway.Receipt) error) (sms.Carrier, error) {
			return carriers[p.Name], nil
		}})
	if err := o.Carriers.Follow(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	s := sms.New(o)
	down := errors.New("down")
	for _, tt := range []struct {
		name, provider, secret string
		body                   io.Reader
		store                  error
		want                   error // nil is taken
		counted                string
	}{
		{"unknown provider", "b", "secret of a", nil, nil, fault.New(fault.NotFound, "Provider"), ""},
		{"unknown provider, no secret", "b", "", nil, nil, fault.New(fault.NotFound, "Provider"), ""},
		{"wrong secret", "a", "secret of", nil, nil, fault.New(fault.NotFound, "Provider"), ""},
		{"no secret", "a", "", nil, nil, fault.New(fault.NotFound, "Provider"), ""},
		{"another's secret", "a", "secret of deaf", nil, nil, fault.New(fault.NotFound, "Provider"), ""},
		{"one without a secret", "open", "", nil, nil, fault.New(fault.NotFound, "Provider"), ""},
		{"one that does not call", "deaf", "secret of deaf", nil, nil, fault.New(fault.NotFound, "Provider"), ""},
		{"unsigned", "unsigned", "secret of unsigned", strings.NewReader(""), nil, fault.New(fault.Denied, "signature"), "unsigned"},
		{"unreadable", "unreadable", "secret of unreadable", strings.NewReader(""), nil, fault.New(fault.WrongField, "body"), "unreadable"},
		{"broken off", "a", "secret of a", iotest.ErrReader(io.ErrUnexpectedEOF), nil, io.ErrUnexpectedEOF, "unreadable"},
		{"too long", "a", "secret of a", strings.NewReader(strings.Repeat("x", 1<<20+1)), nil, fault.New(fault.TooLarge, "body"), "unreadable"},
		{"as long as can be", "a", "secret of a", strings.NewReader(strings.Repeat("x", 1<<20)), nil, nil, "taken"},
		{"the store is down", "a", "secret of a", strings.NewReader("t1"), down, down, "failed"},
		{"taken", "a", "secret of a", strings.NewReader("t1"), nil, nil, "taken"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b.fails = func(string) error { return tt.store }
			label := tt.provider
			if tt.counted == "" {
				label, tt.counted = "", "unknown"
			}
			before := counted(t, numbers, "callgate_sms_callbacks_total", label, tt.counted)
			got, err := s.Told(t.Context(), sms.Callback{Provider: tt.provider, Secret: tt.secret, Method: "POST", Query: url.Values{"q": {"1"}}, Header: http.Header{"X": {"2"}}, Body: tt.body})
			if !errors.Is(err, tt.want) || (tt.want == nil) != (got == gateway.Answer{Type: "text/plain", Text: "100"}) {
				t.Errorf("got %+v, %v, want %v", got, err, tt.want)
			}
			if n := counted(t, numbers, "callgate_sms_callbacks_total", label, tt.counted); n != before+1 {
				t.Errorf("%v are counted, %v before", n, before)
			}
			if kept := b.kept[1]; (kept.State == sms.Delivered) != (tt.name == "taken") {
				t.Errorf("it is %s", kept.State)
			}
		})
	}
}
