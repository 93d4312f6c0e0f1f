package smpp_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/outside/gateway"
	"callgate/internal/outside/smpp"
	"callgate/internal/outside/smpp/smpptest"
)

// russian is a text of four parts.
var russian = strings.Repeat("Уважаемый абонент! Ваша заявка принята. ", 6)

// TestConversation: a session from the bind to the good-bye, with messages of all kinds and their receipts.
func TestConversation(t *testing.T) {
	s := smpptest.New(t)
	s.Set(set{"receipt": "DELIVRD"})
	c := client(t, s.Addr, set{"system_type": "VMA", "enquire_link": 1}, smpp.Options{}).bound()
	bind := s.Wait("bind", nil)
	if bind.Kind != "bind_transceiver" || bind.SystemID != "callgate" || bind.Password != password || bind.SystemType != "VMA" || bind.Version != 0x34 {
		t.Errorf("bound by %+v", bind)
	}
	got := c.Send(t.Context(), gateway.Text{ID: 1, Number: "+79255070602", From: "FRONTLINE", Text: "price {5} €", Until: time.Now().Add(25 * time.Hour)})
	if got != (gateway.Sent{Outcome: gateway.Taken, ID: "m1"}) {
		t.Errorf("sent: %+v", got)
	}
	one := s.Wait("submit", nil)
	if !strings.HasPrefix(one.Validity, "00000101") || !strings.HasSuffix(one.Validity, "000R") || len(one.Validity) != 16 {
		t.Errorf("valid for %q", one.Validity)
	}
	one.Validity, one.Session = "", 0
	want := smpptest.Event{Event: "submit", How: "ok", Has: true, ID: "m1", SourceTON: 5, Source: "FRONTLINE", DestTON: 1, DestNPI: 1, Dest: "79255070602", Registered: 1,
		Length: 14, Text: "price {5} €", UDH: []string{}}
	if diff := cmp.Diff(want, one); diff != "" {
		t.Error(diff)
	}
	if got := c.send(russian); got.Outcome != gateway.Taken || got.ID != "m5" {
		t.Errorf("sent a long one: %+v", got)
	}
	if m := s.Wait("message", func(e smpptest.Event) bool { return e.Text == russian }); m.Dest != "79255070602" {
		t.Errorf("to %q", m.Dest)
	}
	for i, p := range s.All("submit", nil)[1:] {
		if p.ESMClass != 0x40 || p.DataCoding != 8 || p.Length > 140 || len(p.UDH) != 1 || p.UDH[0] != fmt.Sprintf("000307040%d", i+1) {
			t.Errorf("part %d: %+v", i+1, p)
		}
	}
	eventually(t, "receipts", func() bool { return len(c.got()) == 2 })
	if diff := cmp.Diff([]gateway.Receipt{{ID: "m1", State: gateway.Delivered}, {ID: "m5", State: gateway.Delivered}}, c.got()); diff != "" {
		t.Error(diff)
	}
	for _, a := range s.WaitFor("receipt_answer", 5, nil) {
		if a.Status != 0 {
			t.Errorf("the receipt of %s is answered with %d", a.ID, a.Status)
		}
	}
	s.Wait("enquire_link", nil)
	c.stop()
	s.Wait("unbind", nil)
	if got := c.send("x"); got.Outcome != gateway.Later {
		t.Errorf("sent after the end: %+v", got)
	}
	if log := c.log.String(); strings.Contains(log, password) || strings.Contains(log, "79255070602") || strings.Contains(log, "price") {
		t.Errorf("the log tells: %s", log)
	}
}

// TestTexts: whatever is written arrives as it is, in as many messages as there are to be.
func TestTexts(t *testing.T) {
	s := smpptest.New(t)
	clients := map[string]*running{}
	for _, long := range []string{smpp.UDH, smpp.WideUDH, smpp.Payload} {
		clients[long] = client(t, s.Addr, set{"long": long}, smpp.Options{}).bound()
	}
	numbers := 79255070000
	for _, tt := range []struct {
		name, text string
		parts      int
		wide       int // with a reference of 16 bits
	}{
		{"the default alphabet", "@£$¥èéùìòÇ\n_^{}\\[~]|€", 1, 1},
		{"160 characters", strings.Repeat("a", 158) + "€", 1, 1},
		{"an escape at a border", strings.Repeat("a", 152) + "€" + strings.Repeat("b", 20), 2, 2},
		{"an escape at the other border", strings.Repeat("a", 151) + "€" + strings.Repeat("b", 20), 2, 2},
		{"Cyrillic", russian, 4, 4},
		{"70 letters", strings.Repeat("я", 70), 1, 1},
		{"an emoji at a border", strings.Repeat("я", 66) + "🙂" + strings.Repeat("ю", 20), 2, 2},
		{"an emoji at the other border", strings.Repeat("я", 65) + "🙂" + strings.Repeat("ю", 20), 2, 2},
		{"emoji", strings.Repeat("👩‍👩‍👧", 20), 3, 3},
		{"67 letters twice", strings.Repeat("я", 134), 2, 3},
		{"2,000 letters", strings.Repeat("Ёж, ", 500), 30, 31},
		{"2,000 characters", strings.Repeat("hedgehog ", 222) + "!!", 14, 14},
		{"quotes and line breaks", "\"да\"\r\n'нет'\n\tи", 1, 1},
		{"control", "\x01\x1b[31m\x7f\u202e", 1, 1},
	} {
		for long, want := range map[string]int{smpp.UDH: tt.parts, smpp.WideUDH: tt.wide, smpp.Payload: 1} {
			t.Run(tt.name+" "+long, func(t *testing.T) {
				numbers++
				number := strconv.Itoa(numbers)
				if got := clients[long].Send(t.Context(), gateway.Text{ID: 0x1234, Number: "+" + number, Text: tt.text}); got.Outcome != gateway.Taken {
					t.Fatalf("sent: %s", outcome(got))
				}
				mine := func(e smpptest.Event) bool { return e.Dest == number }
				if m := s.Wait("message", mine); m.Text != tt.text {
					t.Errorf("arrived as %q", m.Text)
				}
				all := s.All("submit", mine)
				if len(all) != want {
					t.Errorf("%d messages, want %d", len(all), want)
				}
				for _, one := range all {
					header := map[string]string{smpp.UDH: "000334", smpp.WideUDH: "08041234"}[long]
					if want > 1 && !strings.HasPrefix(one.UDH[0], header) || one.Length > 160 {
						t.Errorf("one is %+v", one)
					}
				}
			})
		}
	}
}

// TestAddresses: what kind of address one is, and which are none.
func TestAddresses(t *testing.T) {
	s := smpptest.New(t)
	type kinds struct {
		SourceTON, SourceNPI int
		Source               string
		DestTON, DestNPI     int
		Dest                 string
	}
	for _, tt := range []struct {
		name, number, from string
		set                set
		want               kinds
		refused            string
	}{
		{"a name", "+79255070602", "FRONTLINE", nil, kinds{5, 0, "FRONTLINE", 1, 1, "79255070602"}, ""},
		{"a name of eleven with signs", "+79255070602", "Call-Gate 1", nil, kinds{5, 0, "Call-Gate 1", 1, 1, "79255070602"}, ""},
		{"a number", "+79255070602", "+74950000000", nil, kinds{1, 1, "74950000000", 1, 1, "79255070602"}, ""},
		{"a number without a plus sign", "+79255070602", "74950000000", nil, kinds{1, 1, "74950000000", 1, 1, "79255070602"}, ""},
		{"a short number", "+79255070602", "1234", nil, kinds{3, 0, "1234", 1, 1, "79255070602"}, ""},
		{"nobody", "+79255070602", "", nil, kinds{0, 0, "", 1, 1, "79255070602"}, ""},
		{"a number of no country", "88001", "", nil, kinds{0, 0, "", 0, 1, "88001"}, ""},
		{"as settings say", "+79255070602", "FRONTLINE", set{"source_ton": 0, "source_npi": 1, "dest_ton": 2, "dest_npi": 8}, kinds{0, 1, "FRONTLINE", 2, 8, "79255070602"}, ""},
		{"nobody, and settings say who", "+79255070602", "", set{"source": "CALLGATE"}, kinds{5, 0, "CALLGATE", 1, 1, "79255070602"}, ""},
		{"too long a name", "+79255070602", "FRONTLINE-12", nil, kinds{}, "the sender is neither up to 11 ASCII characters nor a number"},
		{"a Cyrillic name", "+79255070602", "Линия", nil, kinds{}, "the sender is neither up to 11 ASCII characters nor a number"},
		{"a name of two lines", "+79255070602", "a\nb", nil, kinds{}, "the sender is neither up to 11 ASCII characters nor a number"},
		{"a name with a NUL", "+79255070602", "a\x00b", nil, kinds{}, "the sender is neither up to 11 ASCII characters nor a number"},
		{"no number", "", "", nil, kinds{}, "the number is none that an SMSC takes"},
		{"letters", "anna", "", nil, kinds{}, "the number is none that an SMSC takes"},
		{"too long a number", "+123456789012345678901", "", nil, kinds{}, "the number is none that an SMSC takes"},
		{"a number with a NUL", "+7925507060\x00", "", nil, kinds{}, "the number is none that an SMSC takes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := client(t, s.Addr, tt.set, smpp.Options{}).bound()
			before := len(s.All("submit", nil))
			got := c.Send(t.Context(), gateway.Text{ID: 1, Number: tt.number, From: tt.from, Text: "x"})
			if tt.refused != "" {
				if outcome(got) != "refused "+tt.refused || len(s.All("submit", nil)) != before {
					t.Errorf("sent: %s", outcome(got))
				}
				return
			}
			e := s.WaitFor("submit", before+1, nil)[before]
			if diff := cmp.Diff(tt.want, kinds{e.SourceTON, e.SourceNPI, e.Source, e.DestTON, e.DestNPI, e.Dest}); diff != "" || got.Outcome != gateway.Taken {
				t.Errorf("sent: %s\n%s", outcome(got), diff)
			}
		})
	}
}

// TestRefusedTexts: what no SMSC could take is not put to one.
func TestRefusedTexts(t *testing.T) {
	c, err := smpp.New(settings(t, "smsc.example:2775", nil), nil, smpp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		text gateway.Text
		want string
	}{
		{"a NUL", gateway.Text{Text: "a\x00b"}, "the text is none: it has a NUL in it, or is no UTF-8"},
		{"no UTF-8", gateway.Text{Text: "a\xffb"}, "the text is none: it has a NUL in it, or is no UTF-8"},
		{"more than 255 parts", gateway.Text{Text: strings.Repeat("я", 255*67+1)}, "the text is longer than a message can be"},
		{"of no use any more", gateway.Text{Text: "x", Until: time.Now()}, "the time is over until which it was of use"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.text.Number = "+79255070602"
			if got := outcome(c.Send(t.Context(), tt.text)); got != "refused "+tt.want {
				t.Errorf("sent: %s", got)
			}
		})
	}
	if got := c.Send(t.Context(), gateway.Text{Number: "+79255070602", Text: strings.Repeat("я", 255*67)}); outcome(got) != "later there is no session with the SMSC: not yet" {
		t.Errorf("the longest text, before Run: %s", outcome(got))
	}
}

// TestSubmitSettings: what settings change of a message.
func TestSubmitSettings(t *testing.T) {
	s := smpptest.New(t)
	until := time.Now().Add(100 * 24 * time.Hour)
	for _, tt := range []struct {
		name                 string
		set                  set
		coding, registered   int
		validity, text, kind string
	}{
		{"none", nil, 0, 1, "000030000000000R", "x", "bind_transceiver"},
		{"no receipts", set{"receipts": false}, 0, 0, "000030000000000R", "x", "bind_transceiver"},
		{"a transmitter", set{"bind": smpp.Transmitter}, 0, 0, "000030000000000R", "x", "bind_transmitter"},
		{"until a time", set{"validity": smpp.Absolute}, 0, 1, until.UTC().Format("060102150405") + "000+", "x", "bind_transceiver"},
		{"for ever", set{"validity": smpp.None}, 0, 1, "", "x", "bind_transceiver"},
		{"all in UCS-2", set{"encoding": smpp.UCS2}, 8, 1, "000030000000000R", "x", "bind_transceiver"},
		{"another number for the default alphabet", set{"gsm7_coding": 0xF0}, 0xF0, 1, "000030000000000R", "x", "bind_transceiver"},
		{"another number for UCS-2", set{"ucs2_coding": 0x18}, 0x18, 1, "000030000000000R", "я", "bind_transceiver"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := len(s.All("submit", nil))
			c := client(t, s.Addr, tt.set, smpp.Options{}).bound()
			if got := c.Send(t.Context(), gateway.Text{Number: "+79255070602", Text: tt.text, Until: until}); got.Outcome != gateway.Taken {
				t.Errorf("sent: %s", outcome(got))
			}
			e, bind := s.WaitFor("submit", before+1, nil)[before], s.All("bind", nil)
			if e.DataCoding != tt.coding || e.Registered != tt.registered || e.Validity != tt.validity || bind[len(bind)-1].Kind != tt.kind {
				t.Errorf("got %+v", e)
			}
		})
	}
}
