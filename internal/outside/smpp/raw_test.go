package smpp_test

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callgate/internal/outside/gateway"
	"callgate/internal/outside/smpp"
)

// The commands that matter here. Source: SMPP 3.4, 5.1.2.1.
const (
	bindTransceiver = 0x00000009
	submit          = 0x00000004
	deliver         = 0x00000005
	unbind          = 0x00000006
	enquireLink     = 0x00000015
	genericNack     = 0x80000000
	answers         = 0x80000000
)

// raw is the SMSC's end of a connection, of which every octet is ours.
type raw struct{ net.Conn }

type heading struct{ id, status, number uint32 }

// put writes a PDU. It fails when the connection is over, which is for those to see who read.
func (r raw) put(h heading, body string) {
	b := binary.BigEndian.AppendUint32(nil, uint32(16+len(body)))
	for _, n := range [...]uint32{h.id, h.status, h.number} {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	_, _ = r.Write(append(b, body...))
}

// take reads a PDU.
func (r raw) take() (h heading, body string, err error) {
	var b [16]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return h, "", err
	}
	h = heading{binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:]), binary.BigEndian.Uint32(b[12:])}
	rest := make([]byte, binary.BigEndian.Uint32(b[:])-16)
	_, err = io.ReadFull(r, rest)
	return h, string(rest), err
}

// serve answers what it reads until the connection is over. does may be nil, and tells whether it has answered itself.
func (r raw) serve(does func(h heading, body string) bool) {
	for {
		h, body, err := r.take()
		if err != nil {
			return
		}
		if does != nil && does(h, body) || h.id&answers != 0 {
			continue
		}
		switch h.id {
		case submit:
			r.put(heading{h.id | answers, 0, h.number}, "an-id\x00")
		default:
			r.put(heading{h.id | answers, 0, h.number}, "")
		}
	}
}

// dialled makes connections without a network, each served by a goroutine.
func dialled(serve func(n int, r raw)) smpp.Options {
	n := 0
	return smpp.Options{Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		n++
		go func(n int) {
			defer theirs.Close()
			serve(n, raw{theirs})
		}(n)
		return ours, nil
	}}
}

// timed runs a client, in the bubble of a test, whose pauses are as long as they get.
func timed(t *testing.T, more set, o smpp.Options) *running {
	t.Helper()
	c := start(t, "smsc.example:2775", more, o, func(next time.Duration) time.Duration { return next })
	synctest.Wait()
	return c
}

// TestPauses: between sessions that cannot be bound or do not last there are pauses that grow, and none where one has lasted.
func TestPauses(t *testing.T) {
	refuse := func(status uint32) func(int, raw) {
		return func(_ int, r raw) {
			if h, _, err := r.take(); err == nil {
				r.put(heading{h.id | answers, status, h.number}, "")
			}
		}
	}
	accept := func(lasts time.Duration) func(int, raw) {
		return func(_ int, r raw) {
			over := time.AfterFunc(lasts, func() { r.Close() })
			defer over.Stop()
			r.serve(nil)
		}
	}
	for _, tt := range []struct {
		name   string
		serve  func(int, raw)
		within time.Duration
		want   int // connections
		log    string
	}{
		{"drops at once", func(int, raw) {}, 10 * time.Minute, 6 + 9, "there is no session with the SMSC"},
		{"accepts and drops", accept(0), 10 * time.Minute, 6 + 9, "there is no session with the SMSC"},
		{"lasts", accept(31 * time.Second), 10 * time.Minute, 19, "there is no session with the SMSC"},
		{"wrong password", refuse(0x0E), 10 * time.Minute, 10, "the SMSC refuses the settings\" provider=mts error=\"bind: the SMSC refuses the bind: ESME_RINVPASWD"},
		{"wrong system_id", refuse(0x0F), 10 * time.Minute, 10, "ESME_RINVSYSID"},
		{"has a session of before", refuse(0x05), 95 * time.Second, 3, "ESME_RALYBND"},
		{"throttles the bind", refuse(0x58), 10 * time.Minute, 6 + 9, "ESME_RTHROTTLED"},
		{"a code of its own", refuse(0x0400), time.Second, 1, "status 0x00000400"},
		{"does not answer", func(_ int, r raw) { _, _ = io.Copy(io.Discard, r) }, 10 * time.Minute, 13, "the SMSC does not answer the bind"},
		{"answers something else", func(_ int, r raw) { r.serve(func(h heading, _ string) bool { r.put(h, "abc\x00"); return true }) }, time.Second, 1, "no SMSC"},
		{"answers another bind", func(_ int, r raw) {
			r.serve(func(h heading, _ string) bool {
				r.put(heading{h.id | answers, 0, h.number + 1}, "abc\x00")
				return true
			})
		}, time.Second, 1, "no SMSC"},
		{"does not understand the bind", func(_ int, r raw) {
			if _, _, err := r.take(); err == nil {
				r.put(heading{genericNack, 0, 0}, "")
				r.serve(nil)
			}
		}, time.Second, 1, "the SMSC refuses the bind: ESME_ROK"},
		{"is no SMSC", func(_ int, r raw) { _, _, _ = r.take(); _, _ = r.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) }, time.Second, 1, "a PDU has a length that none has"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := 0
			o := dialled(func(i int, r raw) { n = i; tt.serve(i, r) })
			synctest.Test(t, func(t *testing.T) {
				c := timed(t, nil, o)
				time.Sleep(tt.within - time.Millisecond)
				synctest.Wait()
				if n != tt.want {
					t.Errorf("%d connections in %v, want %d", n, tt.within, tt.want)
				}
				if log := c.log.String(); !strings.Contains(log, tt.log) || strings.Contains(log, password) {
					t.Errorf("the log: %s", log)
				}
				if got := c.send("x"); got.Outcome != gateway.Later && tt.name != "lasts" {
					t.Errorf("sent: %s", outcome(got))
				}
			})
		})
	}
}

// TestSilence: an SMSC that does not answer enquire_link is not there any more, and what was being sent is unknown.
func TestSilence(t *testing.T) {
	o := dialled(func(n int, r raw) {
		r.serve(func(h heading, _ string) bool { return n == 1 && h.id != bindTransceiver })
	})
	synctest.Test(t, func(t *testing.T) {
		c := timed(t, set{"enquire_link": 30, "answer": 10}, o)
		time.Sleep(35 * time.Second)
		began := time.Now()
		if got := outcome(c.send("x")); got != "unknown it may have been sent: the SMSC does not answer enquire_link" || time.Since(began) != 5*time.Second {
			t.Errorf("after %v: %s", time.Since(began), got)
		}
		time.Sleep(2 * time.Second)
		if got := c.send("x"); got.Outcome != gateway.Taken {
			t.Errorf("by the next session: %s", outcome(got))
		}
	})
}

// TestBadPDUs: whatever an SMSC sends, it is answered, or the session ends, and messages are sent after it.
func TestBadPDUs(t *testing.T) {
	udh := "\x00\x01\x017916\x00\x00\x00\x00\x40\x00\x00\x00\x00\x00\x00\x00\x00"
	for _, tt := range []struct {
		name   string
		sent   string  // hexadecimal digits
		answer heading // that it gets, {} for none
		ends   bool    // the session
	}{
		{"query_sm with a field, of which the library panics", "00000018 00000003 00000000 00000009 00000000 00000000", heading{genericNack, 3, 9}, false},
		{"a command that there is none of", "00000010 00000112 00000000 00000009", heading{genericNack, 3, 9}, false},
		{"a command of ours", "00000011 00000004 00000000 00000009 00", heading{genericNack, 3, 9}, false},
		{"an answer to nothing", "00000010 80000004 00000000 00000063", heading{}, false},
		{"an answer that there is none of", "00000010 80000fff 00000000 00000063", heading{}, false},
		{"nothing delivered", "00000010 00000005 00000000 00000009", heading{deliver | answers, 0x65, 9}, false},
		{"a message that is cut", "00000012 00000005 00000000 00000009 0001", heading{deliver | answers, 0x65, 9}, false},
		{"a header longer than the message", hexed(deliver, 9, udh+"\x02\x7f\x00"), heading{deliver | answers, 0x65, 9}, false},
		{"a header of no length", hexed(deliver, 9, udh+"\x01\x00"), heading{deliver | answers, 0x65, 9}, false},
		{"a field longer than the message", hexed(deliver, 9, strings.Replace(udh, "\x40", "\x04", 1)+"\x00\x00\x1e\x7f\xff\x00"), heading{deliver | answers, 0x65, 9}, false},
		{"an alert", "00000010 00000102 00000000 00000009", heading{}, false},
		{"too short", "0000000f 00000005 00000000 000000", heading{}, true},
		{"too long", "00010001 00000005 00000000 00000009", heading{}, true},
		{"4 GiB", "ffffffff 00000005 00000000 00000009", heading{}, true},
		{"a session that ends", "00000010 00000006 00000000 00000009", heading{unbind | answers, 0, 9}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			octets, err := hex.DecodeString(strings.ReplaceAll(tt.sent, " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			got, ended := heading{}, errors.New("not yet")
			o := dialled(func(n int, r raw) {
				if n > 1 {
					r.serve(nil)
					return
				}
				h, _, _ := r.take()
				r.put(heading{h.id | answers, 0, h.number}, "")
				_, _ = r.Write(octets)
				r.serve(func(h heading, _ string) bool {
					if h.id&answers != 0 {
						got = h
					}
					return false
				})
				_, ended = r.Read(make([]byte, 1))
			})
			synctest.Test(t, func(t *testing.T) {
				c := timed(t, nil, o)
				if got != tt.answer {
					t.Errorf("answered with %x, want %x", got, tt.answer)
				}
				if tt.ends != errors.Is(ended, io.EOF) {
					t.Errorf("the session: %v", ended)
				}
				time.Sleep(5 * time.Second)
				if got := c.send("x"); got != (gateway.Sent{Outcome: gateway.Taken, ID: "an-id"}) {
					t.Errorf("sent after it: %s", outcome(got))
				}
			})
		})
	}
}

// TestAnyStream: whatever commands an SMSC sends, with whatever in them, no message hangs, and the session or the next one works after it.
func TestAnyStream(t *testing.T) {
	ids := []uint32{submit, submit | answers, deliver, deliver | answers, unbind | answers, enquireLink, enquireLink | answers, bindTransceiver, bindTransceiver | answers,
		genericNack, 3, 0x21, 0x102, 0x103, 0xffffffff}
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 8))
		o := dialled(func(n int, r raw) {
			if n > 1 {
				r.serve(nil)
				return
			}
			h, _, _ := r.take()
			r.put(heading{h.id | answers, 0, h.number}, "")
			go func() { _, _ = io.Copy(io.Discard, r) }()
			for range 60 {
				body := make([]byte, random.IntN(80))
				for i := range body {
					body[i] = byte(random.IntN(256) * random.IntN(2))
				}
				status := []uint32{0, 0, 0x58, 4, 8, 0x45}[random.IntN(6)]
				r.put(heading{ids[random.IntN(len(ids))], status, uint32(random.IntN(12))}, string(body))
				if random.IntN(10) == 0 {
					time.Sleep(time.Second)
				}
			}
			time.Sleep(time.Minute)
		})
		synctest.Test(t, func(t *testing.T) {
			c := timed(t, set{"window": 3, "enquire_link": 5}, o)
			for range 20 {
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				began := time.Now()
				got := c.Send(ctx, gateway.Text{ID: 1, Number: "+79255070602", Text: russian})
				if took := time.Since(began); took > 3*time.Second {
					t.Errorf("stream %d: after %v: %s", seed, took, outcome(got))
				}
				cancel()
				time.Sleep(time.Second)
			}
			time.Sleep(3 * time.Minute)
			if got := c.send("x"); got.Outcome != gateway.Taken {
				t.Errorf("after stream %d: %s", seed, outcome(got))
			}
		})
	}
}

func hexed(id, number uint32, body string) string {
	b := binary.BigEndian.AppendUint32(nil, uint32(16+len(body)))
	for _, n := range [...]uint32{id, 0, number} {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	return hex.EncodeToString(append(b, body...))
}

// TestAnswers: what an answer means, whatever it is.
func TestAnswers(t *testing.T) {
	long := strings.Repeat("1", 65)
	for _, tt := range []struct {
		name   string
		answer heading
		body   string
		want   string
		id     string
	}{
		{"taken", heading{submit | answers, 0, 0}, "m1\x00", "taken", "m1"},
		{"taken, with fields after the id", heading{submit | answers, 0, 0}, "m1\x00\x04\x23\x00\x01x", "taken", "m1"},
		{"taken without an id", heading{submit | answers, 0, 0}, "", "taken", ""},
		{"taken with an id that does not end", heading{submit | answers, 0, 0}, "m1", "taken", "m1"},
		{"taken with too long an id", heading{submit | answers, 0, 0}, long + "\x00", "taken", ""},
		{"taken with an id of no letters", heading{submit | answers, 0, 0}, "\xff\x01\x00", "taken", ""},
		{"throttled", heading{submit | answers, 0x58, 0}, "", "later ESME_RTHROTTLED", ""},
		{"throttled, with a body", heading{submit | answers, 0x58, 0}, "\x00", "later ESME_RTHROTTLED", ""},
		{"throttled, to nothing in particular", heading{genericNack, 0x58, 0}, "", "later ESME_RTHROTTLED", ""},
		{"a full queue", heading{submit | answers, 0x14, 0}, "", "later ESME_RMSGQFUL", ""},
		{"an error of the SMSC", heading{submit | answers, 0x08, 0}, "", "later ESME_RSYSERR", ""},
		{"no session", heading{submit | answers, 0x04, 0}, "", "later ESME_RINVBNDSTS", ""},
		{"a wrong number", heading{submit | answers, 0x0B, 0}, "", "refused ESME_RINVDSTADR", ""},
		{"a code of its own", heading{submit | answers, 0x0401, 0}, "no money for 79255070602\x00", "refused status 0x00000401", ""},
		{"not understood", heading{genericNack, 0x03, 0}, "", "refused ESME_RINVCMDID", ""},
		{"not understood, with no code", heading{genericNack, 0, 0}, "", "refused ESME_ROK", ""},
		{"the answer to another command", heading{enquireLink | answers, 0, 0}, "", "unknown the answer is one to something else", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := dialled(func(_ int, r raw) {
				r.serve(func(h heading, _ string) bool {
					if h.id == submit {
						tt.answer.number = h.number
						r.put(tt.answer, tt.body)
					}
					return h.id == submit
				})
			})
			synctest.Test(t, func(t *testing.T) {
				c := timed(t, set{"throttle": 7}, o)
				got := c.send("x")
				if outcome(got) != tt.want || got.ID != tt.id {
					t.Errorf("got %s with id %q, want %s with %q", outcome(got), got.ID, tt.want, tt.id)
				}
				tooMuch := tt.answer.status == 0x58 || tt.answer.status == 0x14
				if got.Wait != map[bool]time.Duration{true: 7 * time.Second}[tooMuch] {
					t.Errorf("to wait %v", got.Wait)
				}
				synctest.Wait()
				if n := c.metric("callgate_smpp_session_failures_total", "ended"); (n == 1) != (tt.answer.status == 0x04) {
					t.Errorf("%v sessions have ended", n)
				}
			})
		})
	}
}
