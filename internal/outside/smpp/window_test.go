package smpp_test

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"callgate/internal/outside/gateway"
	"callgate/internal/outside/smpp"
)

// asked are messages that an SMSC has got and does not answer until it is told to.
type asked struct{ all chan func(status uint32) }

// holding is an SMSC that answers everything but messages.
func holding() (smpp.Options, *asked) {
	a := &asked{make(chan func(uint32), 1000)}
	return dialled(func(_ int, r raw) {
		r.serve(func(h heading, _ string) bool {
			if h.id == submit {
				a.all <- func(status uint32) { r.put(heading{submit | answers, status, h.number}, "an-id\x00") }
			}
			return h.id == submit
		})
	}), a
}

// sending hands messages over at once and returns what becomes of them.
func sending(c *running, ctx context.Context, n int) chan gateway.Sent {
	results := make(chan gateway.Sent, n)
	for i := range n {
		go func() {
			results <- c.Send(ctx, gateway.Text{ID: int64(i), Number: "+79255070602", Text: "x"})
		}()
	}
	synctest.Wait()
	return results
}

// TestWindow: the SMSC is never given more messages than its window has places for, and each that gets free is used.
func TestWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, a := holding()
		c := timed(t, set{"window": 3}, o)
		results := sending(c, t.Context(), 10)
		for i := range 10 {
			if n := len(a.all); n != min(3, 10-i) {
				t.Errorf("%d messages without an answer", n)
			}
			(<-a.all)(0)
			synctest.Wait()
			if got := <-results; got.Outcome != gateway.Taken {
				t.Errorf("sent: %s", outcome(got))
			}
		}
	})
}

// TestNobodyWaits: the end of a context ends Send at once. What was written keeps its place until it is answered; what was not
// never is.
func TestNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, a := holding()
		c := timed(t, set{"window": 2}, o)
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errors.New("enough"))
		defer cancel()
		began := time.Now()
		results := sending(c, ctx, 5)
		count := map[string]int{}
		for range 5 {
			count[outcome(<-results)]++
		}
		if count["unknown it may have been sent: enough"] != 2 || count["later no place in the window: enough"] != 3 || time.Since(began) != time.Second {
			t.Errorf("after %v: %v", time.Since(began), count)
		}
		next := sending(c, t.Context(), 1)
		if len(a.all) != 2 {
			t.Errorf("the SMSC has got %d", len(a.all))
		}
		(<-a.all)(0)
		synctest.Wait()
		<-a.all // the other one's
		(<-a.all)(0)
		if got := <-next; got.Outcome != gateway.Taken {
			t.Errorf("by a place that got free: %s", outcome(got))
		}
		ended, end := context.WithCancel(t.Context())
		end()
		results = sending(c, ended, 50)
		for range 50 {
			if got := <-results; got.Outcome != gateway.Later {
				t.Errorf("for nobody: %s", outcome(got))
			}
		}
		if len(a.all) != 0 {
			t.Errorf("the SMSC has got %d for nobody", len(a.all))
		}
		time.Sleep(10 * time.Second) // the other one's answer does not come
		results = sending(c, t.Context(), 2)
		if len(a.all) != 2 {
			t.Errorf("the places of those who left are not given back: the SMSC has got %d", len(a.all))
			return
		}
		(<-a.all)(0)
		(<-a.all)(0)
		for range 2 {
			if got := <-results; got.Outcome != gateway.Taken {
				t.Errorf("after those who left: %s", outcome(got))
			}
		}
	})
}

// TestNoAnswer: what is not answered in time is unknown, gives its place back, and stays unknown when the answer comes.
func TestNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, a := holding()
		c := timed(t, set{"window": 1, "answer": 5}, o)
		began := time.Now()
		got := <-sending(c, t.Context(), 1)
		if outcome(got) != "unknown it may have been sent: there was no answer in 5s" || time.Since(began) != 5*time.Second {
			t.Errorf("after %v: %s", time.Since(began), outcome(got))
		}
		next := sending(c, t.Context(), 1)
		(<-a.all)(0)
		synctest.Wait()
		if n := c.metric("callgate_smpp_skipped_total", "late_answer"); n != 1 || len(next) != 0 {
			t.Errorf("%v late answers are counted, %d others have got one", n, len(next))
		}
		(<-a.all)(0)
		if got := <-next; got.Outcome != gateway.Taken {
			t.Errorf("the next: %s", outcome(got))
		}
	})
}

// breaking is a connection that breaks in the middle of what is written after so much of it.
type breaking struct {
	net.Conn
	after atomic.Int64 // octets
}

func (b *breaking) Write(octets []byte) (int, error) {
	if left := b.after.Add(-int64(len(octets))); left < 0 {
		n, _ := b.Conn.Write(octets[:len(octets)+int(left)])
		return n, &net.OpError{Op: "write", Net: "tcp", Err: syscall.EPIPE}
	}
	return b.Conn.Write(octets)
}

// TestBrokenWrite: a message of which not all was written may be sent again, for the SMSC has no PDU.
func TestBrokenWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, a := holding()
		dial, b := o.Dial, &breaking{}
		b.after.Store(1 << 20)
		o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			if b.Conn != nil {
				return conn, err
			}
			b.Conn = conn
			return b, err
		}
		c := timed(t, set{"window": 2}, o)
		first := sending(c, t.Context(), 1)
		b.after.Store(20)
		if got := c.send("x"); outcome(got) != "later not sent: write: broken pipe" {
			t.Errorf("what was cut: %s", outcome(got))
		}
		if got := <-first; outcome(got) != "unknown it may have been sent: write: broken pipe" {
			t.Errorf("what was written before it: %s", outcome(got))
		}
		<-a.all
		if len(a.all) != 0 {
			t.Errorf("the SMSC has got %d more", len(a.all))
		}
		time.Sleep(2 * time.Second)
		next := sending(c, t.Context(), 1)
		(<-a.all)(0)
		if got := <-next; got.Outcome != gateway.Taken {
			t.Errorf("by the next session: %s", outcome(got))
		}
	})
}

// TestNobodyReads: what an SMSC that reads nothing any more has got a part of at most may be sent again; what it has got may not.
func TestNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		over := make(chan struct{})
		defer close(over)
		c := timed(t, set{"answer": 5, "window": 3}, dialled(func(n int, r raw) {
			if n > 1 {
				r.serve(nil)
				return
			}
			h, _, _ := r.take()
			r.put(heading{h.id | answers, 0, h.number}, "")
			_, _, _ = r.take() // a message
			_, _ = r.Read(make([]byte, 10))
			<-over
		}))
		began := time.Now()
		first := sending(c, t.Context(), 1)
		second := sending(c, t.Context(), 1)
		time.Sleep(time.Second)
		if got := <-second; outcome(got) != "later not sent: write: i/o timeout" || time.Since(began) != 5*time.Second {
			t.Errorf("the second after %v: %s", time.Since(began), outcome(got))
		}
		if got := <-first; got.Outcome != gateway.Unknown {
			t.Errorf("the first: %s", outcome(got))
		}
		time.Sleep(2 * time.Second)
		if got := c.send("x"); got.Outcome != gateway.Taken {
			t.Errorf("by the next session: %s", outcome(got))
		}
	})
}

// TestThrottled: an SMSC that has too much is left alone, by those as well who wait for a place, and then is not.
func TestThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, a := holding()
		c := timed(t, set{"window": 2, "throttle": 4}, o)
		results := sending(c, t.Context(), 6)
		(<-a.all)(0x58)
		synctest.Wait()
		if len(a.all) != 1 || len(results) != 5 {
			t.Errorf("%d more are written, %d are not", len(a.all), len(results))
		}
		(<-a.all)(0)
		count := map[string]int{}
		for range 6 {
			got := <-results
			count[outcome(got)]++
			if got.Outcome == gateway.Later && got.Wait != 4*time.Second {
				t.Errorf("to wait %v", got.Wait)
			}
		}
		if count["later ESME_RTHROTTLED"] != 1 || count["later the SMSC has too much"] != 4 || count["taken"] != 1 {
			t.Errorf("got %v", count)
		}
		time.Sleep(3 * time.Second)
		if got := <-sending(c, t.Context(), 1); got.Wait != time.Second {
			t.Errorf("a second before: %s, to wait %v", outcome(got), got.Wait)
		}
		time.Sleep(time.Second)
		results = sending(c, t.Context(), 1)
		(<-a.all)(0)
		if got := <-results; got.Outcome != gateway.Taken {
			t.Errorf("after the pause: %s", outcome(got))
		}
		if n := c.metric("callgate_smpp_throttled_total", ""); n != 1 {
			t.Errorf("throttled %v times", n)
		}
		// It has taken one: the next pause is as the first, and doubles as long as it takes none.
		for i, want := range []time.Duration{4, 8, 16, 32, 60, 60} {
			results = sending(c, t.Context(), 1)
			(<-a.all)(0x14)
			if got := <-results; got.Wait != want*time.Second {
				t.Errorf("the %d. time: %s, to wait %v", i+1, outcome(got), got.Wait)
			}
			time.Sleep(want * time.Second)
		}
	})
}

// TestParts: a message of several is sent part by part. Nothing of it is sent when the first is refused; once one is taken,
// what the SMSC surely has not got is handed over again, and otherwise nobody knows.
func TestParts(t *testing.T) {
	refuse := func(status uint32) func(func(uint32)) { return func(a func(uint32)) { a(status) } }
	never := func(func(uint32)) {}
	ok := refuse(0)
	for _, tt := range []struct {
		name string
		does []func(func(uint32)) // with each part
		want string
		took time.Duration
	}{
		{"all are taken", []func(func(uint32)){ok, ok, ok, ok}, "taken", 0},
		{"the first is refused", []func(func(uint32)){refuse(0x0B)}, "refused ESME_RINVDSTADR", 0},
		{"the first is too much", []func(func(uint32)){refuse(0x58)}, "later ESME_RTHROTTLED", 0},
		{"the first is not answered", []func(func(uint32)){never}, "unknown it may have been sent: there was no answer in 5s", 5 * time.Second},
		{"the second is refused", []func(func(uint32)){ok, refuse(0x0B)}, "unknown 1 of 4 parts were taken, then: ESME_RINVDSTADR", 0},
		{"the last is not answered", []func(func(uint32)){ok, ok, ok, never}, "unknown 3 of 4 parts were taken, then: it may have been sent: there was no answer in 5s", 5 * time.Second},
		{"the third is too much, twice", []func(func(uint32)){ok, ok, refuse(0x58), refuse(0x14), ok, ok}, "taken", 6 * time.Second},
		{"the third is too much for ever", []func(func(uint32)){ok, ok, refuse(0x58), refuse(0x58), refuse(0x58), refuse(0x58)},
			"unknown 2 of 4 parts were taken, then: ESME_RTHROTTLED", 15 * time.Second},
		{"the session is none at the second", []func(func(uint32)){ok, refuse(0x04), ok, ok, ok}, "taken", 2 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, a := holding()
				c := timed(t, set{"throttle": 2, "answer": 5}, o)
				ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
				defer cancel()
				began := time.Now()
				result := make(chan gateway.Sent, 1)
				go func() { result <- c.Send(ctx, gateway.Text{ID: 1, Number: "+79255070602", Text: russian}) }()
				for _, does := range tt.does {
					does(<-a.all)
				}
				got := <-result
				early := tt.took - time.Since(began) // a session may be bound a moment before or after it is looked for
				if outcome(got) != tt.want || early < 0 || early > time.Second || len(a.all) != 0 {
					t.Errorf("after %v, with %d more written: %s", time.Since(began), len(a.all), outcome(got))
				}
			})
		})
	}
}

// TestStop: what is being sent has a moment for its answer, also a part that is still to be written; what comes then is not sent.
func TestStop(t *testing.T) {
	t.Run("answered", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o, a := holding()
			c := timed(t, nil, o)
			result := make(chan gateway.Sent, 1)
			go func() { result <- c.send(russian) }()
			(<-a.all)(0)
			stopped := make(chan struct{})
			go func() { c.stop(); close(stopped) }()
			synctest.Wait()
			if got := c.send("x"); outcome(got) != "later sending has stopped" {
				t.Errorf("sent: %s", outcome(got))
			}
			began := time.Now()
			for range 3 {
				(<-a.all)(0)
			}
			if got := <-result; got.Outcome != gateway.Taken {
				t.Errorf("sent: %s", outcome(got))
			}
			if <-stopped; time.Since(began) > 0 {
				t.Errorf("stopped after %v", time.Since(began))
			}
		})
	})
	t.Run("not answered", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o, _ := holding()
			c := timed(t, nil, o)
			result := sending(c, t.Context(), 1)
			began := time.Now()
			if c.stop(); time.Since(began) != 3*time.Second {
				t.Errorf("stopped after %v", time.Since(began))
			}
			if got := <-result; outcome(got) != "unknown it may have been sent: sending has stopped" {
				t.Errorf("sent: %s", outcome(got))
			}
		})
	})
	t.Run("between parts", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o, a := holding()
			c := timed(t, set{"throttle": 10}, o)
			result := make(chan gateway.Sent, 1)
			go func() { result <- c.send(russian) }()
			(<-a.all)(0)
			(<-a.all)(0x58)
			synctest.Wait()
			began := time.Now()
			c.stop()
			if got := <-result; outcome(got) != "unknown 1 of 4 parts were taken, then: ESME_RTHROTTLED" || time.Since(began) != 3*time.Second {
				t.Errorf("after %v: %s", time.Since(began), outcome(got))
			}
		})
	})
	t.Run("nobody reads", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			over := make(chan struct{})
			defer close(over)
			c := timed(t, nil, dialled(func(_ int, r raw) {
				h, _, _ := r.take()
				r.put(heading{h.id | answers, 0, h.number}, "")
				<-over
			}))
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			began, count := time.Now(), map[string]int{}
			results := sending(c, ctx, 5)
			for range 5 {
				count[outcome(<-results)]++
			}
			if count["unknown it may have been sent: context deadline exceeded"] != 1 || count["later not sent: context deadline exceeded"] != 4 || time.Since(began) != time.Second {
				t.Errorf("after %v: %v", time.Since(began), count)
			}
			if c.stop(); time.Since(began) > 4*time.Second {
				t.Errorf("stopped after %v", time.Since(began))
			}
		})
	})
	t.Run("no good-bye", func(t *testing.T) {
		o := dialled(func(_ int, r raw) { r.serve(func(h heading, _ string) bool { return h.id == unbind }) })
		synctest.Test(t, func(t *testing.T) {
			c := timed(t, nil, o)
			began := time.Now()
			if c.stop(); time.Since(began) != time.Second {
				t.Errorf("stopped after %v", time.Since(began))
			}
		})
	})
}
