package smpp_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/outside/gateway"
	"callgate/internal/outside/smpp"
	"callgate/internal/outside/smpp/smpptest"
)

// TestReceipts: what an SMSC says of messages is told, from fields or from the text, and acknowledged.
func TestReceipts(t *testing.T) {
	for _, tt := range []struct {
		name  string
		smsc  set
		set   set
		id    string
		state string
		want  gateway.Receipt
	}{
		{"fields and text", nil, nil, "m1", "DELIVRD", gateway.Receipt{ID: "m1", State: gateway.Delivered}},
		{"fields", set{"text": false}, nil, "m1", "UNDELIV", gateway.Receipt{ID: "m1", State: gateway.Failed, Reason: "UNDELIV"}},
		{"text", set{"tlv": false}, nil, "m1", "DELIVRD", gateway.Receipt{ID: "m1", State: gateway.Delivered}},
		{"undelivered", nil, nil, "m1", "UNDELIV", gateway.Receipt{ID: "m1", State: gateway.Failed, Reason: "UNDELIV 045"}},
		{"undelivered, in text", set{"tlv": false}, nil, "m1", "UNDELIV", gateway.Receipt{ID: "m1", State: gateway.Failed, Reason: "UNDELIV 045"}},
		{"deleted", nil, nil, "m1", "DELETED", gateway.Receipt{ID: "m1", State: gateway.Failed, Reason: "DELETED 045"}},
		{"rejected", nil, nil, "m1", "REJECTD", gateway.Receipt{ID: "m1", State: gateway.Failed, Reason: "REJECTD 045"}},
		{"expired", nil, nil, "m1", "EXPIRED", gateway.Receipt{ID: "m1", State: gateway.Expired, Reason: "EXPIRED 045"}},
		{"under way", nil, nil, "m1", "ENROUTE", gateway.Receipt{ID: "m1", State: gateway.OnItsWay}},
		{"accepted", nil, nil, "m1", "ACCEPTD", gateway.Receipt{ID: "m1", State: gateway.OnItsWay}},
		{"unknown", nil, nil, "m1", "UNKNOWN", gateway.Receipt{ID: "m1", State: gateway.OnItsWay}},
		{"in hexadecimal digits and then in decimal ones", set{"hex": true, "tlv": false}, set{"ids": smpp.HexDec}, "A1", "DELIVRD", gateway.Receipt{ID: "161", State: gateway.Delivered}},
		{"the same, with a field as the answer has it", set{"hex": true}, set{"ids": smpp.HexDec}, "A1", "DELIVRD", gateway.Receipt{ID: "161", State: gateway.Delivered}},
		{"the same, of which the field has decimal digits", set{"hex": true, "lastID": 0x10 - 0xA0 - 1}, set{"ids": smpp.HexDec}, "10", "DELIVRD", gateway.Receipt{ID: "16", State: gateway.Delivered}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := smpptest.New(t)
			s.Set(tt.smsc)
			c := client(t, s.Addr, tt.set, smpp.Options{}).bound()
			if got := c.send("x"); got.Outcome != gateway.Taken || got.ID != tt.want.ID {
				t.Errorf("sent: %+v", got)
			}
			s.Tell("receipt", set{"id": tt.id, "stat": tt.state, "err": "045"})
			if a := s.Wait("receipt_answer", nil); a.Status != 0 {
				t.Errorf("answered with %d", a.Status)
			}
			if diff := cmp.Diff([]gateway.Receipt{tt.want}, c.got()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestReceiptFirst: a receipt may come before the answer that says of which message it is.
func TestReceiptFirst(t *testing.T) {
	s := smpptest.New(t)
	s.Set(set{"receipt": "DELIVRD", "receiptFirst": true, "delay": 50})
	c := client(t, s.Addr, nil, smpp.Options{}).bound()
	got := c.send("x")
	if diff := cmp.Diff([]gateway.Receipt{{ID: got.ID, State: gateway.Delivered}}, c.got()); diff != "" || got.ID != "m1" {
		t.Errorf("sent %+v\n%s", got, diff)
	}
}

// TestReceiptNotKept: a receipt that cannot be kept is not acknowledged, and is told when it is said again; messages are sent
// meanwhile.
func TestReceiptNotKept(t *testing.T) {
	s := smpptest.New(t)
	c := client(t, s.Addr, nil, smpp.Options{}).bound()
	c.failing(func(gateway.Receipt) error { return errors.New("the store is down") })
	s.Tell("receipt", set{"id": "m1", "stat": "DELIVRD"})
	if a := s.Wait("receipt_answer", nil); a.Status != 0x64 || len(c.got()) != 0 {
		t.Errorf("answered with %#x, told %v", a.Status, c.got())
	}
	if got := c.send("x"); got.Outcome != gateway.Taken {
		t.Errorf("sent: %s", outcome(got))
	}
	c.failing(nil)
	s.Tell("receipt", set{"id": "m1", "stat": "DELIVRD"})
	if a := s.WaitFor("receipt_answer", 2, nil)[1]; a.Status != 0 || len(c.got()) != 1 {
		t.Errorf("answered with %#x, told %v", a.Status, c.got())
	}
}

// TestNoReceipt: what is no receipt is acknowledged and forgotten, whatever it says.
func TestNoReceipt(t *testing.T) {
	s := smpptest.New(t)
	c := client(t, s.Addr, nil, smpp.Options{}).bound()
	says := "id:m1 sub:001 dlvrd:001 submit date:2611271200 done date:2611271201 stat:DELIVRD err:000 text:"
	for i, tt := range []struct {
		name, reason string
		pdu          set
	}{
		{"a message", "inbound_message", set{"short_message": "hello"}},
		{"a message that looks like a receipt", "inbound_message", set{"short_message": says}},
		{"a message of a telephone", "inbound_message", set{"esm_class": 0x10, "short_message": says}},
		{"a receipt of nothing", "unreadable_receipt", set{"esm_class": 4, "short_message": ""}},
		{"a receipt without a state", "unreadable_receipt", set{"esm_class": 4, "short_message": "id:m1 text:stat:DELIVRD"}},
		{"a receipt without an id", "unreadable_receipt", set{"esm_class": 4, "short_message": "stat:DELIVRD"}},
		{"a receipt of a state that there is none of", "unreadable_receipt", set{"esm_class": 4, "short_message": "id:m1 stat:WONDER", "message_state": 99}},
	} {
		tt.pdu["data_coding"] = 0
		before := c.metric("callgate_smpp_skipped_total", tt.reason)
		s.Tell("deliver", set{"pdu": tt.pdu})
		if a := s.WaitFor("deliver_answer", i+1, nil)[i]; a.Status != 0 {
			t.Errorf("%s: answered with %d", tt.name, a.Status)
		}
		if n := c.metric("callgate_smpp_skipped_total", tt.reason); n != before+1 {
			t.Errorf("%s: counted %v times", tt.name, n-before)
		}
	}
	if all := c.got(); len(all) != 0 {
		t.Errorf("told: %v", all)
	}
}

// delivered is a deliver_sm: of a kind, with a data_coding, a text and what follows.
func delivered(kind, coding byte, text, fields string) string {
	return "\x00\x01\x017916\x00\x00\x00\x00" + string([]byte{kind, 0, 0, 0, 0, 0, 0, coding, 0, byte(len(text))}) + text + fields
}

// TestReceiptForms: receipts as SMSCs write them.
func TestReceiptForms(t *testing.T) {
	utf16 := func(s string) string { return "\x00" + strings.Join(strings.Split(s, ""), "\x00") }
	for _, tt := range []struct{ name, body, want string }{
		{"as the standard has it", delivered(4, 0, "id:0123456789 sub:001 dlvrd:001 submit date:2611271200 done date:2611271201 stat:DELIVRD err:000 text:hello", ""), "0123456789 1 "},
		{"words in full, capitals", delivered(4, 0, "ID: 7f-A SUB:001 STAT: UNDELIVERABLE ERR:1", ""), "7f-A 2 UNDELIV 1"},
		{"a long error", delivered(4, 0, "id:1 stat:REJECTD err:123456", ""), "1 2 REJECTD"},
		{"text that says otherwise", delivered(4, 0, "id:1 stat:UNDELIV err:0 text:id:2 stat:DELIVRD", ""), "1 2 UNDELIV 0"},
		{"text alone says", delivered(4, 0, "sub:001 text:id:2 stat:DELIVRD", ""), ""},
		{"in UCS-2", delivered(4, 8, utf16("id:1 stat:DELIVRD err:000"), ""), "1 1 "},
		{"in Latin-1, with letters that are not in the alphabet", delivered(4, 0, "id:1 stat:DELIVRD err:000 \x1b\x1b\xe9", ""), "1 1 "},
		{"in a payload", delivered(4, 0, "", "\x04\x24\x00\x11id:1 stat:DELIVRD"), "1 1 "},
		{"the field is another", delivered(4, 0, "id:1 stat:DELIVRD", "\x00\x1e\x00\x03a2\x00"), "a2 1 "},
		{"the field is empty", delivered(4, 0, "id:1 stat:DELIVRD", "\x00\x1e\x00\x01\x00"), "1 1 "},
		{"the state's field is another", delivered(4, 0, "id:1 stat:ENROUTE", "\x04\x27\x00\x01\x03"), "1 3 EXPIRED"},
		{"the state's field is none", delivered(4, 0, "id:1 stat:DELIVRD", "\x04\x27\x00\x01\x63"), "1 1 "},
		{"no kind, with a field", delivered(0, 0, "", "\x00\x1e\x00\x03a2\x00\x04\x27\x00\x01\x02"), "a2 1 "},
		{"what is not final", delivered(0x20, 0, "id:1 stat:ENROUTE", ""), "1 0 "},
		{"a first attempt that failed", delivered(0x20, 0, "id:1 stat:UNDELIV err:045", ""), "1 0 "},
		{"the same in fields", delivered(0x20, 0, "", "\x00\x1e\x00\x021\x00\x04\x27\x00\x01\x03"), "1 0 "},
		{"delivered, said as what is not final", delivered(0x20, 0, "id:1 stat:DELIVRD", ""), "1 1 "},
		{"with a header", delivered(0x44, 0, "\x05\x00\x03\x07\x01\x01id:1 stat:DELIVRD", ""), "1 1 "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				status := uint32(99)
				c := timed(t, nil, dialled(func(_ int, r raw) {
					h, _, _ := r.take()
					r.put(heading{h.id | answers, 0, h.number}, "")
					r.put(heading{deliver, 0, 77}, tt.body)
					r.serve(func(h heading, _ string) bool {
						if h.id == deliver|answers && h.number == 77 {
							status = h.status
						}
						return false
					})
				}))
				got := ""
				for _, r := range c.got() {
					got += fmt.Sprintf("%s %d %s", r.ID, r.State, r.Reason)
				}
				if got != tt.want || status != 0 {
					t.Errorf("got %q, want %q; answered with %#x", got, tt.want, status)
				}
			})
		})
	}
}

// TestPartReceipts: a message of several parts is delivered when its last is, and has failed when one has.
func TestPartReceipts(t *testing.T) {
	delivered, failed := gateway.Receipt{ID: "m4", State: gateway.Delivered}, gateway.Receipt{ID: "m4", State: gateway.Failed, Reason: "UNDELIV 000"}
	for _, tt := range []struct {
		name string
		says []string
		want []gateway.Receipt
	}{
		{"all", []string{"m1 DELIVRD", "m2 DELIVRD", "m3 DELIVRD", "m4 DELIVRD"}, []gateway.Receipt{delivered}},
		{"the last", []string{"m4 DELIVRD"}, []gateway.Receipt{delivered}},
		{"not the last", []string{"m1 DELIVRD", "m2 DELIVRD", "m3 DELIVRD", "m3 ENROUTE"}, nil},
		{"one fails", []string{"m1 DELIVRD", "m2 UNDELIV", "m3 DELIVRD", "m4 DELIVRD"}, []gateway.Receipt{failed}},
		{"two fail", []string{"m1 UNDELIV", "m2 UNDELIV"}, []gateway.Receipt{failed}},
		{"the last fails", []string{"m1 DELIVRD", "m4 UNDELIV"}, []gateway.Receipt{failed}},
		{"another's", []string{"z9 DELIVRD"}, []gateway.Receipt{{ID: "z9", State: gateway.Delivered}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := smpptest.New(t)
			c := client(t, s.Addr, nil, smpp.Options{}).bound()
			if got := c.send(russian); got.ID != "m4" {
				t.Fatalf("sent: %+v", got)
			}
			for i, says := range tt.says {
				id, state, _ := strings.Cut(says, " ")
				s.Tell("receipt", set{"id": id, "stat": state})
				if a := s.WaitFor("receipt_answer", i+1, nil)[i]; a.Status != 0 {
					t.Errorf("%s is answered with %#x", says, a.Status)
				}
			}
			if diff := cmp.Diff(tt.want, c.got()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestPartReceiptNotKept: a failure of a part that cannot be kept is told when it is said again, and nothing else meanwhile.
func TestPartReceiptNotKept(t *testing.T) {
	s := smpptest.New(t)
	c := client(t, s.Addr, nil, smpp.Options{}).bound()
	if got := c.send(russian); got.ID != "m4" {
		t.Fatalf("sent: %+v", got)
	}
	for i, tt := range []struct {
		id, state string
		keep      error
		status    int
	}{
		{"m2", "UNDELIV", errors.New("the store is down"), 0x64},
		{"m2", "UNDELIV", nil, 0},
		{"m4", "DELIVRD", nil, 0},
		{"m2", "UNDELIV", nil, 0},
	} {
		c.failing(func(gateway.Receipt) error { return tt.keep })
		s.Tell("receipt", set{"id": tt.id, "stat": tt.state})
		if a := s.WaitFor("receipt_answer", i+1, nil)[i]; a.Status != tt.status {
			t.Errorf("%d: %s %s is answered with %#x", i, tt.id, tt.state, a.Status)
		}
	}
	if diff := cmp.Diff([]gateway.Receipt{{ID: "m4", State: gateway.Failed, Reason: "UNDELIV 000"}}, c.got()); diff != "" {
		t.Error(diff)
	}
}

// TestIDsAgain: an id that the SMSC gives out again is that of the last message which has it.
func TestIDsAgain(t *testing.T) {
	s := smpptest.New(t)
	c := client(t, s.Addr, nil, smpp.Options{}).bound()
	c.send(russian)
	s.Set(set{"lastID": 0})
	if got := c.send("x"); got.ID != "m1" {
		t.Errorf("sent: %+v", got)
	}
	s.Tell("receipt", set{"id": "m1", "stat": "DELIVRD"})
	s.Wait("receipt_answer", nil)
	if diff := cmp.Diff([]gateway.Receipt{{ID: "m1", State: gateway.Delivered}}, c.got()); diff != "" {
		t.Error(diff)
	}
}

// TestPartReceiptsMeanwhile: what becomes of a part while others are being sent. A failure is to be said again when all are;
// of a message that was not taken as a whole nothing is told.
func TestPartReceiptsMeanwhile(t *testing.T) {
	for _, tt := range []struct {
		name, receipt string
		status        int // of the rest
		meanwhile     int // is the receipt answered with while parts are sent
		then          []gateway.Receipt
	}{
		{"one is delivered", "DELIVRD", 0, 0, nil},
		{"one fails", "UNDELIV", 0, 0x64, []gateway.Receipt{{ID: "m4", State: gateway.Failed, Reason: "UNDELIV 000"}}},
		{"one fails, and the next is refused", "UNDELIV", 0x0B, 0x64, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := smpptest.New(t)
			c := client(t, s.Addr, nil, smpp.Options{}).bound()
			s.Set(set{"submit": "hold"})
			result := make(chan gateway.Sent, 1)
			go func() { result <- c.send(russian) }()
			s.Wait("submit", nil)
			s.Tell("release", nil)
			s.WaitFor("submit", 2, nil)
			s.Tell("receipt", set{"id": "m1", "stat": tt.receipt})
			if a := s.Wait("receipt_answer", nil); a.Status != tt.meanwhile {
				t.Errorf("meanwhile answered with %#x", a.Status)
			}
			s.Set(set{"submit": "refuse", "status": tt.status})
			if tt.status == 0 {
				s.Set(set{"submit": "ok"})
			}
			s.Tell("release", nil)
			got := <-result
			if want := map[bool]gateway.Outcome{true: gateway.Taken, false: gateway.Unknown}[tt.status == 0]; got.Outcome != want {
				t.Errorf("sent: %+v", got)
			}
			s.Tell("receipt", set{"id": "m1", "stat": tt.receipt})
			if a := s.WaitFor("receipt_answer", 2, nil)[1]; a.Status != 0 {
				t.Errorf("then answered with %#x", a.Status)
			}
			if diff := cmp.Diff(tt.then, c.got()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestSlowStore: while receipts cannot be kept as fast as they come, messages are answered, and what is too much is to be said
// again.
func TestSlowStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		statuses, slow := map[uint32]int{}, make(chan struct{})
		o := dialled(func(_ int, r raw) {
			h, _, _ := r.take()
			r.put(heading{h.id | answers, 0, h.number}, "")
			go func() {
				<-slow
				for i := range uint32(100) {
					r.put(heading{deliver, 0, 1000 + i}, delivered(4, 0, fmt.Sprintf("id:%d stat:DELIVRD", i), ""))
				}
			}()
			r.serve(func(h heading, _ string) bool {
				if h.id == deliver|answers {
					statuses[h.status]++
				}
				return false
			})
		})
		c := client(t, "smsc.example:2775", nil, o)
		c.failing(func(gateway.Receipt) error { time.Sleep(time.Second); return nil })
		close(slow)
		// 64 wait, and up to eight are taken up, as many as there was time for while they came.
		if synctest.Wait(); statuses[0x64] < 100-64-8 || statuses[0x64] > 100-64 || len(c.got()) != 0 {
			t.Errorf("answered: %v", statuses)
		}
		began := time.Now()
		if got := c.send("x"); got.Outcome != gateway.Taken || time.Since(began) > 0 {
			t.Errorf("sent after %v: %s", time.Since(began), outcome(got))
		}
		time.Sleep(5 * time.Minute)
		if synctest.Wait(); statuses[0] == 0 || statuses[0]+statuses[0x64] != 100 || statuses[0] != len(c.got()) {
			t.Errorf("answered: %v, told %d", statuses, len(c.got()))
		}
	})
}

func TestPlainID(t *testing.T) {
	for _, tt := range []struct {
		id   string
		base int
		want string
	}{
		{"00A1", 0, "00A1"}, {"00A1", 16, "161"}, {"0xa1", 16, "161"}, {"0000000161", 10, "161"}, {"A1", 10, "A1"}, {"-5", 10, "-5"}, {"", 16, ""},
		{"ffffffffffffffffffffffff", 16, "79228162514264337593543950335"}, {"g1", 16, "g1"},
	} {
		if got := smpp.PlainID(tt.id, tt.base); got != tt.want {
			t.Errorf("%q in base %d is %q, want %q", tt.id, tt.base, got, tt.want)
		}
	}
}

// FuzzPDUs: whatever comes over a connection is read to its end, and breaks nothing.
func FuzzPDUs(f *testing.F) {
	for _, body := range []string{delivered(4, 0, "id:1 stat:DELIVRD err:000 text:x", ""), delivered(0x44, 8, "\x05\x00\x03\x07\x01\x01id", "\x00\x1e\x00\x03a2\x00"), ""} {
		octets, _ := hex.DecodeString(hexed(deliver, 1, body))
		f.Add(octets)
	}
	for _, id := range []uint32{submit, 3, bindTransceiver, 0x103, 0x21, genericNack, submit | answers} {
		octets, _ := hex.DecodeString(hexed(id, 1, "m1\x00\x04\x24\x00\x01x"))
		f.Add(octets)
	}
	f.Fuzz(func(t *testing.T, octets []byte) {
		commands, ids, err := smpp.ReadAll(octets)
		if err == nil || len(commands) > len(octets)/16 || len(ids) > len(commands) {
			t.Errorf("%d commands, %v, %v", len(commands), ids, err)
		}
	})
}

// FuzzReceipt: whatever a receipt says, what is told of it is an id and words of ours.
func FuzzReceipt(f *testing.F) {
	for _, text := range []string{"id:1 sub:001 dlvrd:001 submit date:1 done date:2 stat:DELIVRD err:000 text:hello", "id:\x00 stat:UNDELIVERABLE err:12345", "ID:a,b STAT:rejectd ERR:+1", "\x1b\x1b"} {
		f.Add(byte(0), text)
		f.Add(byte(8), text)
	}
	f.Fuzz(func(t *testing.T, coding byte, text string) {
		if len(text) > 255 {
			text = text[:255]
		}
		octets, _ := hex.DecodeString(hexed(deliver, 1, delivered(4, coding, text, "")))
		_, ids, _ := smpp.ReadAll(octets)
		for _, id := range ids {
			if id == "" || len(id) > 64 || strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Errorf("id %q", id)
			}
		}
	})
}
