package app_test

import (
	"strings"
	"testing"

	"callgate/internal/outside/smpp/smpptest"
	"callgate/internal/store/storetest"
)

// TestSMPP: /sms/send goes to an SMSC over SMPP and is answered OK when the SMSC has it, a long Cyrillic text in parts that the
// telephone puts together, and the report and the message know from receipts what became of it. When the SMSC is too busy
// the answer is error, and nothing is sent later; a message that may wait is sent then.
func TestSMPP(t *testing.T) {
	t.Parallel() // it mostly waits
	s, l := smpptest.New(t), newLand(t, storetest.SQLite(t), nil)
	s.Set(map[string]any{"receipt": "DELIVRD", "password": "s3cret"})
	m := newModern(t, l)
	m.want(t, 200, "PUT", "/sms/providers/smsc", object("kind", "smpp", "description", map[string]any{"addr": s.Addr, "system_id": "callgate"}, "values", map[string]string{"password": "s3cret"}))
	l.set(t, "sms.provider", "smsc", "sms.retry_after", "1s")
	eventually(t, "the order", func() bool { return m.order(t) == "smsc" })
	s.Wait("bind", nil)
	eventually(t, "a session", func() bool {
		return strings.Contains(m.get("/metrics").body, `callgate_smpp_sessions{provider="smsc"} 1`)
	})

	long := strings.Repeat("Уважаемый абонент! Ваша заявка «№ 17» принята. ", 20)
	for i, tt := range []struct{ text, want string }{{"price {5} €", "OK"}, {long, "OK"}} {
		if got := m.post("/sms/send", object("phone", "8 (925) 507-06-02", "message", tt.text, "originator", "FRONTLINE"), m.token); got.body != `{"result":"`+tt.want+`"}` {
			t.Errorf("%.20s: %s", tt.text, got.body)
		}
		v := m.in(t, int64(i+1), "delivered")
		if v.Number != "+79255070602" || v.Text != tt.text || v.Provider != "smsc" || v.Result != "OK" {
			t.Errorf("kept as %+v", v)
		}
	}
	if got := s.Wait("message", func(e smpptest.Event) bool { return e.Text == long }); got.Dest != "79255070602" {
		t.Errorf("the telephone %s has it", got.Dest)
	}
	s.Set(map[string]any{"submit": "refuse", "count": 2})
	if got := m.post("/sms/send", object("phone", "89255070602", "message", "now or never"), m.token); got.body != `{"result":"error"}` {
		t.Errorf("throttled: %s", got.body)
	}
	m.in(t, 3, "failed")
	waiting := m.send(t, "", "phone", "89255070602", "text", "later will do").ID
	m.in(t, waiting, "delivered")
	s.Set(map[string]any{"receipt": "UNDELIV"})
	m.in(t, m.send(t, "", "phone", "89255070602", "text", "to a telephone that is off").ID, "failed")
	for _, e := range s.All("message", nil) {
		if e.Text == "now or never" {
			t.Error("it was sent later")
		}
	}
	m.stop()
	s.Wait("unbind", nil)
}
