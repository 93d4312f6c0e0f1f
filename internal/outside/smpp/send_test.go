package smpp_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/outside/gateway"
	"callgate/internal/outside/smpp"
)

// russian is a text of four parts.
var russian = strings.Repeat("Уважаемый абонент! Ваша заявка принята. ", 6)

// TestConversation: a session from the bind to the good-bye, with messages of all kinds and their receipts.
func TestConversation(t *testing.T) {
	s := newSMSC(t)
	s.set(set{"receipt": "DELIVRD"})
	c := client(t, s.addr, set{"system_type": "VMA", "enquire_link": 1}, smpp.Options{}).bound()
	bind := s.wait("bind", nil)
	if bind.Kind != "bind_transceiver" || bind.SystemID != "callgate" || bind.Password != password || bind.SystemType != "VMA" || bind.Version != 0x34 {
		t.Errorf("bound by %+v", bind)
	}
	got := c.Send(t.Context(), gateway.Text{ID: 1, Number: "+79255070602", From: "FRONTLINE", Text: "price {5} €", Until: time.Now().Add(25 * time.Hour)})
	if got != (gateway.Sent{Outcome: gateway.Taken, ID: "m1"}) {
		t.Errorf("sent: %+v", got)
	}
	one := s.wait("submit", nil)
	if !strings.HasPrefix(one.Validity, "00000101") || !strings.HasSuffix(one.Validity, "000R") || len(one.Validity) != 16 {
		t.Errorf("valid for %q", one.Validity)
	}
	one.Validity, one.Session = "", 0
	want := event{Event: "submit", How: "ok", Has: true, ID: "m1", SourceTON: 5, Source: "FRONTLINE", DestTON: 1, DestNPI: 1, Dest: "79255070602", Registered: 1,
		Length: 14, Text: "price {5} €", UDH: []string{}}
	if diff := cmp.Diff(want, one); diff != "" {
		t.Error(diff)
	}
	if got := c.send(russian); got.Outcome != gateway.Taken || got.ID != "m5" {
		t.Errorf("sent a long one: %+v", got)
	}
	if m := s.wait("message", func(e event) bool { return e.Text == russian }); m.Dest != "79255070602" {
		t.Errorf("to %q", m.Dest)
	}
	for i, p := range s.all("submit", nil)[1:] {
		if p.ESMClass != 0x40 || p.DataCoding != 8 || p.Length > 140 || len(p.UDH) != 1 || p.UDH[0] != "00030704"+string("0"+"1234"[i:i+1]) {
			t.Errorf("part %d: %+v", i+1, p)
		}
	}
	eventually(t, "receipts", func() bool { return len(c.got()) == 2 })
	if diff := cmp.Diff([]gateway.Receipt{{ID: "m1", State: gateway.Delivered}, {ID: "m5", State: gateway.Delivered}}, c.got()); diff != "" {
		t.Error(diff)
	}
	for _, a := range s.waitFor("receipt_answer", 5, nil) {
		if a.Status != 0 {
			t.Errorf("the receipt of %s is answered with %d", a.ID, a.Status)
		}
	}
	s.wait("enquire_link", nil)
	c.stop()
	s.wait("unbind", nil)
	if got := c.send("x"); got.Outcome != gateway.Later {
		t.Errorf("sent after the end: %+v", got)
	}
	if log := c.log.String(); strings.Contains(log, password) || strings.Contains(log, "79255070602") || strings.Contains(log, "price") {
		t.Errorf("the log tells: %s", log)
	}
}
