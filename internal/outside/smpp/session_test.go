package smpp_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"callgate/internal/outside/gateway"
	"callgate/internal/outside/smpp"
	"callgate/internal/outside/smpp/smpptest"
)

// TestDropInFlight: of messages that are being sent when the connection breaks each has one outcome. None is taken that the SMSC
// has not got, and none that it has got is to be sent again.
func TestDropInFlight(t *testing.T) {
	for _, how := range []string{"rst", "end"} {
		t.Run(how, func(t *testing.T) {
			s := smpptest.New(t)
			c := client(t, s.Addr, set{"window": 20}, smpp.Options{}).bound()
			s.Set(set{"delay": 5})
			var mu sync.Mutex
			outcomes, all := map[string]gateway.Sent{}, sync.WaitGroup{}
			for i := range 50 {
				all.Go(func() {
					for n := 0; ; n++ {
						number := fmt.Sprintf("7925%02d%04d", i, n)
						got := c.Send(t.Context(), gateway.Text{ID: 1, Number: "+" + number, Text: "x"})
						mu.Lock()
						outcomes[number] = got
						mu.Unlock()
						if got.Outcome != gateway.Taken {
							return
						}
					}
				})
			}
			s.WaitFor("submit", 500, nil)
			s.Tell("drop", set{"how": how})
			all.Wait()
			s.Wait("close", nil)
			eventually(t, "a message", func() bool { return c.send("the last").Outcome == gateway.Taken })
			s.Wait("submit", func(e smpptest.Event) bool { return e.Text == "the last" }) // all before is known now
			has := map[string]bool{}
			for _, e := range s.All("submit", func(e smpptest.Event) bool { return e.Has }) {
				has[e.Dest] = true
			}
			count := map[string]int{}
			for number, got := range outcomes {
				count[fmt.Sprintf("%d %v", got.Outcome, has[number])]++
				switch {
				case strings.Contains(got.Reason, "127.0.0.1"):
					t.Errorf("a port of ours is told: %s", got.Reason)
				case got.Outcome == gateway.Taken && !has[number]:
					t.Errorf("%s is taken, and the SMSC has not got it", number)
				case got.Outcome != gateway.Taken && got.Outcome != gateway.Unknown && has[number]:
					t.Errorf("%s is %s, and the SMSC has got it", number, outcome(got))
				}
			}
			if count["0 true"]+count["0 false"] == 0 {
				t.Errorf("nothing was in flight: %v", count)
			}
			t.Logf("outcomes, and whether the SMSC has got them: %v", count)
		})
	}
}

// TestSessions: sessions that are refused or do not last are bound again until one does.
func TestSessions(t *testing.T) {
	for _, tt := range []struct {
		name   string
		smsc   set
		better set
		reason string // why a message is not sent meanwhile
		metric string
	}{
		{"accepts and drops", set{"dropAfterBind": "rst"}, set{"dropAfterBind": ""}, "", "network"},
		{"accepts and ends", set{"dropAfterBind": "end"}, set{"dropAfterBind": ""}, "", "network"},
		{"wrong password", set{"password": "other"}, set{"password": password}, "bind: the SMSC refuses the bind: ESME_RINVPASWD", "settings"},
		{"wrong password, with a body", set{"password": "other", "bindBody": true}, set{"password": password}, "bind: the SMSC refuses the bind: ESME_RINVPASWD", "settings"},
		{"bound already", set{"bind": 5}, set{"bind": 0}, "bind: the SMSC refuses the bind: ESME_RALYBND", "bound"},
		{"silent", set{"bindSilent": true}, set{"bindSilent": false}, "the SMSC does not answer the bind", "silent"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := smpptest.New(t)
			s.Set(tt.smsc)
			c := client(t, s.Addr, set{"answer": 1}, smpp.Options{})
			s.WaitFor("bind", 2, nil)
			eventually(t, "a failure", func() bool { return c.metric("callgate_smpp_session_failures_total", tt.metric) > 0 })
			if got := outcome(c.send("x")); tt.reason != "" && got != "later there is no session with the SMSC: "+tt.reason {
				t.Errorf("meanwhile: %s", got)
			}
			s.Set(tt.better)
			eventually(t, "a message", func() bool { return c.send("x").Outcome == gateway.Taken })
			if log := c.log.String(); strings.Contains(log, password) || strings.Count(log, "level=WARN") == 0 {
				t.Errorf("the log: %s", log)
			}
		})
	}
}

// TestNobodyThere: while there is no SMSC nothing is sent, and as soon as there is one it is.
func TestNobodyThere(t *testing.T) {
	s := smpptest.New(t)
	c := client(t, s.Addr, nil, smpp.Options{}).bound()
	s.Tell("stop", nil)
	eventually(t, "no session", func() bool { return c.metric("callgate_smpp_sessions", "") == 0 })
	if got := outcome(c.send("x")); !strings.HasPrefix(got, "later there is no session with the SMSC: ") {
		t.Errorf("sent: %s", got)
	}
	s.Tell("start", nil)
	eventually(t, "a message", func() bool { return c.send("x").Outcome == gateway.Taken })
}

// TestUnbind: an SMSC that ends the session is answered, and another is bound.
func TestUnbind(t *testing.T) {
	s := smpptest.New(t)
	c := client(t, s.Addr, nil, smpp.Options{}).bound()
	s.Tell("enquire", nil)
	s.Wait("enquire_link_resp", nil)
	s.Tell("unbind", nil)
	s.Wait("unbind_resp", nil)
	s.WaitFor("bind", 2, nil)
	eventually(t, "a message", func() bool { return c.send("x").Outcome == gateway.Taken })
}

// TestTwoSessions: with one session for messages and one for receipts.
func TestTwoSessions(t *testing.T) {
	s := smpptest.New(t)
	c := client(t, s.Addr, set{"bind": smpp.TransmitterReceiver}, smpp.Options{})
	eventually(t, "two sessions", func() bool { return c.metric("callgate_smpp_sessions", "") == 2 })
	s.Wait("bind", func(e smpptest.Event) bool { return e.Kind == "bind_transmitter" })
	s.Wait("bind", func(e smpptest.Event) bool { return e.Kind == "bind_receiver" })
	if got := c.send("x"); got.ID != "m1" {
		t.Errorf("sent: %+v", got)
	}
	s.Tell("receipt", set{"id": "m1", "stat": "DELIVRD"})
	if s.Wait("receipt_answer", nil); len(c.got()) != 1 {
		t.Errorf("told: %v", c.got())
	}
	c.stop()
	s.WaitFor("unbind", 2, nil)
}

// TestTLS: a session over TLS, and none with who is not proved to be the SMSC.
func TestTLS(t *testing.T) {
	s := smpptest.New(t)
	proof := httptest.NewUnstartedServer(nil)
	proof.StartTLS() // for its certificate, which is of 127.0.0.1 and example.com
	defer proof.Close()
	front, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: proof.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	defer all.Wait()
	defer front.Close()
	all.Go(func() {
		for {
			conn, err := front.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer conn.Close()
				behind, err := net.Dial("tcp", s.Addr)
				if err != nil {
					return
				}
				defer behind.Close()
				go func() { _, _ = io.Copy(behind, conn); behind.Close() }()
				_, _ = io.Copy(conn, behind)
			})
		}
	})
	roots := x509.NewCertPool()
	roots.AddCert(proof.Certificate())
	c := client(t, front.Addr().String(), set{"tls": true}, smpp.Options{Roots: roots}).bound()
	if got := c.send(russian); got.Outcome != gateway.Taken {
		t.Errorf("sent: %s", outcome(got))
	}
	s.Wait("message", func(e smpptest.Event) bool { return e.Text == russian })
	strange := client(t, front.Addr().String(), set{"tls": true}, smpp.Options{})
	eventually(t, "a failure", func() bool {
		return strange.metric("callgate_smpp_session_failures_total", "certificate") > 0
	})
	other := client(t, "other.example:1", set{"tls": true}, smpp.Options{Roots: roots, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, front.Addr().String())
	}})
	eventually(t, "a failure", func() bool { return other.metric("callgate_smpp_session_failures_total", "certificate") > 0 })
	if n := len(s.All("bind", nil)); n != 1 {
		t.Errorf("%d sessions were bound", n)
	}
	c.stop()
	strange.stop()
	other.stop()
}

// TestLossAndDouble: 2,000 messages, every tenth of two parts, to an SMSC that throttles, drops connections before and after it
// takes a message, answers late and not at all. What may be tried again is. Whatever is told of a message is so, and nothing
// is sent twice.
func TestLossAndDouble(t *testing.T) {
	s := smpptest.New(t)
	s.Set(set{"submit": "mix", "mix": set{"throttled": 0.005, "dropped": 0.002, "takenDropped": 0.002, "late": 0.01, "silent": 0.005}})
	c := client(t, s.Addr, set{"window": 20, "answer": 1, "throttle": 1}, smpp.Options{}).bound()
	const messages = 2000
	results := make([]gateway.Sent, messages)
	next, all := make(chan int), sync.WaitGroup{}
	for range 40 {
		all.Go(func() {
			for i := range next {
				text := "x"
				if i%10 == 0 {
					text = strings.Repeat("я", 100)
				}
				for {
					ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
					results[i] = c.Send(ctx, gateway.Text{ID: int64(i), Number: fmt.Sprintf("+7925%07d", i), Text: text})
					cancel()
					if results[i].Outcome != gateway.Later {
						break
					}
					pause := time.NewTimer(max(results[i].Wait, 2*time.Millisecond))
					<-pause.C
				}
			}
		})
	}
	for i := range messages {
		next <- i
	}
	close(next)
	all.Wait()
	s.Set(set{"submit": "ok"})
	eventually(t, "a message", func() bool { return c.send("the last").Outcome == gateway.Taken })
	s.Wait("submit", func(e smpptest.Event) bool { return e.Text == "the last" }) // all before is known now
	has := map[string]int{}                                                       // how often the SMSC has got a part
	for _, e := range s.All("submit", func(e smpptest.Event) bool { return e.Has }) {
		has[e.Dest+strings.Join(e.UDH, "")]++
	}
	count := map[string]int{}
	for i, got := range results {
		parts := []string{""}
		if i%10 == 0 {
			parts = []string{fmt.Sprintf("0003%02x0201", byte(i)), fmt.Sprintf("0003%02x0202", byte(i))}
		}
		kept := 0
		for _, part := range parts {
			n := has[fmt.Sprintf("7925%07d", i)+part]
			if n > 1 {
				t.Errorf("the SMSC has got a part of message %d %d times", i, n)
			}
			kept += n
		}
		switch got.Outcome {
		case gateway.Taken:
			if kept != len(parts) {
				t.Errorf("message %d is taken, and the SMSC has got %d parts of %d", i, kept, len(parts))
			}
		case gateway.Unknown:
		default:
			t.Errorf("message %d: %s", i, outcome(got))
		}
		count[fmt.Sprintf("%s, the SMSC has all: %v", map[gateway.Outcome]string{gateway.Taken: "taken", gateway.Unknown: "unknown"}[got.Outcome], kept == len(parts))]++
	}
	if count["unknown, the SMSC has all: true"] == 0 || c.metric("callgate_smpp_throttled_total", "") == 0 || c.metric("callgate_smpp_skipped_total", "late_answer") == 0 {
		t.Errorf("nothing has gone wrong: %v", count)
	}
	t.Logf("%v; sessions lost %v, throttled %v, late answers %v", count, c.metric("callgate_smpp_session_failures_total", ""),
		c.metric("callgate_smpp_throttled_total", ""), c.metric("callgate_smpp_skipped_total", "late_answer"))
}
