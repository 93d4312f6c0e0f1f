package esl_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"callgate/esl"
)

func TestRepliesReachTheirCallers(t *testing.T) {
	for _, size := range []int{1, 3} {
		t.Run(fmt.Sprintf("pool of %d", size), func(t *testing.T) {
			f := newFake()
			c, _ := runUp(t, f, esl.Options{Addr: f.listen(t, nil), PoolSize: size})
			var wg sync.WaitGroup
			for g := range 8 {
				wg.Go(func() {
					for i := range 500 {
						want := fmt.Sprintf("eval %d-%d", g, i)
						got, err := c.API(t.Context(), "eval", fmt.Sprintf("%d-%d", g, i))
						if err != nil || got != want {
							t.Errorf("API() = %q, %v; want %q", got, err, want)
							return
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

// The switch answers nothing before it has read every command: without pipelining nobody would ever be served.
func TestCommandsArePipelined(t *testing.T) {
	const callers = 16
	f := newFake()
	f.serve = func(_ int, p *peer) {
		if !p.logIn() {
			return
		}
		first, _ := p.command()
		if strings.HasPrefix(first, "event") {
			p.reply("+OK")
			f.answer(p)
			return
		}
		p.output(coreUUID)
		var read []string
		for range callers {
			cmd, _ := p.command()
			read = append(read, cmd)
		}
		for _, cmd := range read {
			p.output(cmd)
		}
		f.answer(p)
	}
	c, _ := runUp(t, f, esl.Options{PoolSize: 1})
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			want := fmt.Sprintf("api eval %d", i)
			if got, err := c.API(t.Context(), "eval", fmt.Sprint(i)); err != nil || got != want {
				t.Errorf("API() = %q, %v; want %q", got, err, want)
			}
		})
	}
	wg.Wait()
}

func TestBusyConnectionIsAvoided(t *testing.T) {
	synctest.Test(t, testBusyConnectionIsAvoided)
}

func testBusyConnectionIsAvoided(t *testing.T) {
	f := newFake()
	reached, release := make(chan struct{}, 1), make(chan struct{})
	f.api = func(_ *peer, cmd string) string {
		if cmd == "slow" {
			reached <- struct{}{}
			<-release
		}
		return cmd
	}
	c, _ := runUp(t, f, esl.Options{PoolSize: 2})
	synctest.Wait() // for the whole pool
	slow := make(chan error, 1)
	go func() { _, err := c.API(t.Context(), "slow"); slow <- err }()
	receive(t, reached, "slow command")
	for range 50 {
		if got, err := c.API(t.Context(), "fast"); got != "fast" || err != nil {
			t.Fatalf("API() = %q, %v", got, err)
		}
	}
	close(release)
	if err := receive(t, slow, "slow reply"); err != nil {
		t.Error(err)
	}
}

func TestAnswers(t *testing.T) {
	tests := []struct {
		name, output string
		want         string
		is           error
		text         string
	}{
		{name: "result", output: "+OK\n", want: "+OK\n"},
		{name: "bare value", output: "0\n", want: "0\n"},
		{name: "json", output: `{"row_count": 0}`, want: `{"row_count": 0}`},
		{name: "error", output: "-ERR Agent not found!\n", is: esl.ErrReply, text: "-ERR Agent not found!"},
		{name: "error with percent sign", output: "-ERR 100% wrong", is: esl.ErrReply, text: "-ERR 100% wrong"},
		{name: "usage", output: "-USAGE: <call url> <exten>\n", is: esl.ErrUsage, text: "-USAGE: <call url> <exten>"},
		{name: "no reply", output: "-ERR no reply\n", is: esl.ErrNoReply, text: "-ERR no reply"},
		{name: "empty", output: "", is: esl.ErrEmpty},
	}
	f := newFake()
	f.api = func(_ *peer, cmd string) string { return tests[cmd[0]-'a'].output }
	c, _ := runUp(t, f, esl.Options{})
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := c.API(t.Context(), string(rune('a'+i)))
			if got != tt.want || !errors.Is(err, tt.is) || (err == nil) != (tt.is == nil) {
				t.Fatalf("API() = %q, %v; want %q, %v", got, err, tt.want, tt.is)
			}
			var reply *esl.ReplyError
			if errors.As(err, &reply) && reply.Text != tt.text {
				t.Errorf("text %q, want %q", reply.Text, tt.text)
			}
			for _, other := range []error{esl.ErrReply, esl.ErrUsage, esl.ErrNoReply, esl.ErrEmpty, esl.ErrDown, esl.ErrOutcomeUnknown} {
				if !errors.Is(tt.is, other) && errors.Is(err, other) {
					t.Errorf("%v also is %v", err, other)
				}
			}
		})
	}
}

func TestPermissionDeniedIsAReply(t *testing.T) {
	f := newFake()
	f.serve = func(_ int, p *peer) {
		p.logIn()
		for {
			cmd, ok := p.command()
			switch {
			case !ok:
				return
			case cmd == "api shutdown":
				p.reply("-ERR permission denied")
			case strings.HasPrefix(cmd, "api"):
				p.output(coreUUID)
			default:
				p.reply("+OK")
			}
		}
	}
	c, _ := runUp(t, f, esl.Options{})
	if _, err := c.API(t.Context(), "shutdown"); !errors.Is(err, esl.ErrReply) || !strings.Contains(err.Error(), "-ERR permission denied") {
		t.Errorf("API() = %v", err)
	}
}

func TestUnsafeArgumentsAreNotSent(t *testing.T) {
	tests := []struct {
		name string
		args []string
	}{
		{"line feed", []string{"eval", "a\nb"}},
		{"second command", []string{"eval", "a\n\napi shutdown"}},
		{"carriage return", []string{"eval", "a\rb"}},
		{"NUL", []string{"eval", "a\x00b"}},
		{"in the name", []string{"eval\nx"}},
		{"in a later argument", []string{"eval", "a", "b\n"}},
		{"blank in the name", []string{"eval x"}},
		{"no name", []string{""}},
		{"huge", []string{"eval", strings.Repeat("x", 1<<20)}},
		{"reload of the event socket", []string{"eval", "Unload", "Mod_Event_Socket"}},
	}
	f := newFake()
	c, stop := runUp(t, f, esl.Options{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := c.API(t.Context(), tt.args[0], tt.args[1:]...); !errors.Is(err, esl.ErrArgument) {
				t.Errorf("API() = %v, want ErrArgument", err)
			}
			if _, err := c.BgAPI(t.Context(), "id", tt.args[0], tt.args[1:]...); !errors.Is(err, esl.ErrArgument) {
				t.Errorf("BgAPI() = %v, want ErrArgument", err)
			}
		})
	}
	stop()
	for _, cmd := range f.all() {
		if strings.Contains(cmd, "eval") || strings.Contains(cmd, "shutdown") {
			t.Errorf("sent %q", cmd)
		}
	}
}

func TestWhatIsSent(t *testing.T) {
	f := newFake()
	c, stop := runUp(t, f, esl.Options{
		PoolSize: 1, Events: []string{"CHANNEL_ANSWER", "HEARTBEAT"}, Subclasses: []string{"callcenter::info", "sofia::register"},
	})
	_, _ = c.API(t.Context(), "status")
	_, _ = c.API(t.Context(), "callcenter_config", "queue", "list")
	j, err := c.BgAPI(t.Context(), "job-1", "originate", "user/1000", "&park()")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = j.Wait(t.Context())
	stop()
	got := f.all()
	slices.Sort(got)
	want := []string{
		"api callcenter_config queue list", "api global_getvar core_uuid", "api status",
		"auth ClueCon", "auth ClueCon",
		"bgapi originate user/1000 &park()\nJob-UUID: job-1",
		"event json CHANNEL_ANSWER HEARTBEAT BACKGROUND_JOB CUSTOM callcenter::info sofia::register",
		"exit", "exit",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
}

func TestTimedOutCommandTakesItsConnectionAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.api = func(_ *peer, cmd string) string {
			if cmd == "one" {
				time.Sleep(time.Minute)
			}
			return cmd
		}
		c, _ := runUp(t, f, esl.Options{PoolSize: 1, CommandTimeout: 3 * time.Second})
		began := time.Now()
		_, err := c.API(t.Context(), "one")
		if !errors.Is(err, esl.ErrOutcomeUnknown) || !errors.Is(err, esl.ErrUnresponsive) || errors.Is(err, esl.ErrDown) {
			t.Errorf("API() = %v", err)
		}
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("took %v", took)
		}
		synctest.Wait()
		if _, err := c.API(t.Context(), "two"); !errors.Is(err, esl.ErrDown) || !errors.Is(err, esl.ErrUnresponsive) {
			t.Errorf("API() before the next connection = %v, want ErrDown for ErrUnresponsive", err)
		}
		time.Sleep(2 * time.Second)
		if got, err := c.API(t.Context(), "two"); got != "two" || err != nil {
			t.Errorf("API() = %q, %v; want its own reply", got, err)
		}
		if got := f.connections(); got != 3 {
			t.Errorf("%d connections, want 3", got)
		}
		time.Sleep(2 * time.Minute) // the late reply has no reader any more
	})
}

func TestLostInterestKeepsTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.api = func(_ *peer, cmd string) string {
			if cmd == "one" {
				time.Sleep(2 * time.Second)
			}
			return cmd
		}
		c, _ := runUp(t, f, esl.Options{PoolSize: 1})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := c.API(ctx, "one"); !errors.Is(err, esl.ErrOutcomeUnknown) || !errors.Is(err, context.Canceled) {
			t.Errorf("API() = %v", err)
		}
		if got, err := c.API(t.Context(), "two"); got != "two" || err != nil {
			t.Errorf("API() = %q, %v; want its own reply", got, err)
		}
		hurried, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.API(hurried, "one"); !errors.Is(err, esl.ErrOutcomeUnknown) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("API() = %v", err)
		}
		if got, err := c.API(t.Context(), "two"); got != "two" || err != nil {
			t.Errorf("API() = %q, %v; want its own reply", got, err)
		}
		if got := f.connections(); got != 2 {
			t.Errorf("%d connections, want 2", got)
		}
		if _, err := c.API(ctx, "three"); !errors.Is(err, context.Canceled) || errors.Is(err, esl.ErrOutcomeUnknown) {
			t.Errorf("API() with an ended context = %v", err)
		}
	})
}

func TestForgottenCommandStillHasAClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		block := make(chan struct{})
		f.api = func(_ *peer, cmd string) string { <-block; return cmd }
		c, _ := runUp(t, f, esl.Options{PoolSize: 1})
		defer close(block)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, _ = c.API(ctx, "one")
		time.Sleep(8 * time.Second)
		if !c.Ready() {
			t.Error("gave up on the connection before its time")
		}
		time.Sleep(1500 * time.Millisecond)
		if got := f.connections(); got != 3 {
			t.Errorf("%d connections, want another one after 10 s without a reply", got)
		}
	})
}

func TestBrokenLinkTellsSentFromNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.api = func(p *peer, _ string) string { p.Close(); return "" }
		c, _ := runUp(t, f, esl.Options{PoolSize: 1})
		_, err := c.API(t.Context(), "one")
		if !errors.Is(err, esl.ErrOutcomeUnknown) || !errors.Is(err, esl.ErrClosed) || errors.Is(err, esl.ErrDown) {
			t.Errorf("sent: %v", err)
		}
		synctest.Wait()
		if _, err = c.API(t.Context(), "two"); !errors.Is(err, esl.ErrDown) || errors.Is(err, esl.ErrOutcomeUnknown) {
			t.Errorf("not sent: %v", err)
		}
	})
}

// More commands than one connection may have on the wire: those that waited are known not to have been sent.
func TestBacklogIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.serve = func(n int, p *peer) {
			if n > 1 {
				return
			}
			p.logIn()
			if cmd, _ := p.command(); strings.HasPrefix(cmd, "event") {
				p.reply("+OK")
				f.answer(p)
				return
			}
			p.output(coreUUID)
			time.Sleep(time.Second)
			for range 64 {
				p.command()
			}
			time.Sleep(time.Second)
		}
		c, _ := runUp(t, f, esl.Options{PoolSize: 1})
		var mu sync.Mutex
		count := map[string]int{}
		var wg sync.WaitGroup
		for range 70 {
			wg.Go(func() {
				_, err := c.API(t.Context(), "x")
				mu.Lock()
				defer mu.Unlock()
				switch {
				case errors.Is(err, esl.ErrDown):
					count["not sent"]++
				case errors.Is(err, esl.ErrOutcomeUnknown):
					count["unknown"]++
				}
			})
		}
		wg.Wait()
		if diff := cmp.Diff(map[string]int{"unknown": 64, "not sent": 6}, count); diff != "" {
			t.Errorf("outcomes (-want +got):\n%s", diff)
		}
	})
}

func TestNoLinkYet(t *testing.T) {
	c := esl.NewClient(esl.Options{Name: "main", Addr: "127.0.0.1:1"})
	if _, err := c.API(t.Context(), "status"); !errors.Is(err, esl.ErrDown) {
		t.Errorf("API() = %v, want ErrDown", err)
	}
	if _, err := c.BgAPI(t.Context(), "id", "status"); !errors.Is(err, esl.ErrDown) {
		t.Errorf("BgAPI() = %v, want ErrDown", err)
	}
	if c.Ready() || c.Err() == nil || c.CoreUUID() != "" || !c.Since().IsZero() || c.Name() != "main" {
		t.Errorf("state before Run: %v %v %q %v %q", c.Ready(), c.Err(), c.CoreUUID(), c.Since(), c.Name())
	}
}

func TestWhyThereIsNoLink(t *testing.T) {
	tests := []struct {
		name  string
		serve func(p *peer)
		dial  error
		want  error
		after time.Duration
	}{
		{name: "wrong password", want: esl.ErrAuth, serve: func(p *peer) {
			p.send("Content-Type: auth/request\n\n")
			p.command()
			p.reply("-ERR invalid")
			p.send(goodbye)
		}},
		{name: "access list", want: esl.ErrRefused, serve: func(p *peer) {
			p.send("Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n" + goodbye)
		}},
		{name: "silent peer", want: esl.ErrSilent, after: 5 * time.Second, serve: func(p *peer) { p.command() }},
		{name: "silent after the password", want: esl.ErrSilent, after: 5 * time.Second, serve: func(p *peer) {
			p.send("Content-Type: auth/request\n\n")
			p.command()
			p.command()
		}},
		{name: "talks and never comes to the point", want: esl.ErrSilent, after: 5 * time.Second, serve: func(p *peer) {
			for {
				if _, err := p.Write([]byte("Content-Type: log/data\nContent-Length: 1\n\nx")); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}},
		{name: "hangs up", want: esl.ErrClosed, serve: func(*peer) {}},
		{name: "hangs up in the middle of a frame", want: io.ErrUnexpectedEOF, serve: func(p *peer) { p.send("Content-Type: auth/req") }},
		{name: "disconnect notice", want: esl.ErrClosed, serve: func(p *peer) { p.send(goodbye) }},
		{name: "not an event socket", want: esl.ErrProtocol, serve: func(p *peer) { p.send("Content-Length: -1\n\n") }},
		{name: "no such port", want: io.ErrNoProgress, dial: io.ErrNoProgress},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake()
				f.serve = func(_ int, p *peer) { tt.serve(p) }
				c, _ := run(t, f, esl.Options{Addr: "switch:8021", Dial: func(ctx context.Context, n, a string) (net.Conn, error) {
					if tt.dial != nil {
						return nil, tt.dial
					}
					return f.Dial(ctx, n, a)
				}})
				time.Sleep(tt.after + 10*time.Millisecond)
				if err := c.Err(); !errors.Is(err, tt.want) {
					t.Errorf("Err() = %v, want %v", err, tt.want)
				}
				if _, err := c.API(t.Context(), "status"); !errors.Is(err, esl.ErrDown) || !errors.Is(err, tt.want) {
					t.Errorf("API() = %v, want ErrDown and %v", err, tt.want)
				}
				if c.Ready() {
					t.Error("ready")
				}
			})
		})
	}
}

func TestEventsNotAllowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.serve = func(_ int, p *peer) {
			p.logIn()
			for {
				if _, ok := p.command(); !ok {
					return
				}
				p.reply("-ERR permission denied")
			}
		}
		c, _ := run(t, f, esl.Options{})
		synctest.Wait()
		if err := c.Err(); !errors.Is(err, esl.ErrReply) {
			t.Errorf("Err() = %v, want ErrReply", err)
		}
	})
}

// A connection is up; then the switch does what it should not.
func TestWhatEndsALink(t *testing.T) {
	tests := []struct {
		name  string
		after func(p *peer) // on the event connection; returning closes it
		want  error
		by    time.Duration
	}{
		{name: "end of stream", after: func(*peer) {}, want: io.EOF},
		{name: "cut in a header", after: func(p *peer) { p.send("Content-Len") }, want: io.ErrUnexpectedEOF},
		{name: "cut in a body", after: func(p *peer) { p.send("Content-Length: 5\nContent-Type: text/event-json\n\n{") }, want: io.ErrUnexpectedEOF},
		{name: "cut in a large body", after: func(p *peer) { p.send("Content-Length: 500000\n\n{") }, want: io.ErrUnexpectedEOF},
		{name: "disconnect notice", after: func(p *peer) { p.send(goodbye); p.command() }, want: esl.ErrClosed},
		{name: "late access list", after: func(p *peer) { p.send("Content-Type: text/rude-rejection\n\n"); p.command() }, want: esl.ErrRefused},
		{name: "negative length", after: func(p *peer) { p.send("Content-Length: -1\n\n"); p.command() }, want: esl.ErrProtocol},
		{name: "huge length", after: func(p *peer) { p.send("Content-Length: 2147483647\n\n"); p.command() }, want: esl.ErrProtocol},
		{name: "endless length", after: func(p *peer) { p.send("Content-Length: 99999999999999999999\n\n"); p.command() }, want: esl.ErrProtocol},
		{name: "length is no number", after: func(p *peer) { p.send("Content-Length: 12a\n\n"); p.command() }, want: esl.ErrProtocol},
		{name: "endless header", after: func(p *peer) { p.send(strings.Repeat("x", 2<<20)); p.command() }, want: esl.ErrProtocol},
		{name: "endless blank lines", after: func(p *peer) { p.send(strings.Repeat("\n", 2<<20)); p.command() }, want: esl.ErrProtocol},
		{name: "reply nobody asked for", after: func(p *peer) { p.reply("+OK"); p.command() }, want: esl.ErrProtocol},
		{name: "half-open", want: esl.ErrUnresponsive, by: 14 * time.Second, after: func(p *peer) {
			for {
				if _, ok := p.command(); !ok {
					return
				}
			}
		}},
		{name: "silence inside of a frame", want: esl.ErrUnresponsive, by: 10 * time.Second, after: func(p *peer) {
			p.send("Content-Length: 100\n\nabc")
			for {
				if _, ok := p.command(); !ok {
					return
				}
			}
		}},
		{name: "a frame that never ends", want: esl.ErrUnresponsive, by: 10 * time.Second, after: func(p *peer) {
			p.send("Content-Length: 100\n\n")
			for {
				if _, err := p.Write([]byte("x")); err != nil {
					return
				}
				time.Sleep(time.Second) // bytes keep coming, so it is not silent
			}
		}},
		{name: "a header that never ends", want: esl.ErrUnresponsive, by: 10 * time.Second, after: func(p *peer) {
			for {
				if _, err := p.Write([]byte("A: 1\n")); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}},
		{name: "stops reading", want: esl.ErrUnresponsive, by: 14 * time.Second, after: func(p *peer) { time.Sleep(time.Hour) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, served := newFake(), false
				f.serve = func(_ int, p *peer) {
					if !p.logIn() {
						return
					}
					cmd, _ := p.command()
					if strings.HasPrefix(cmd, "api") {
						p.output(coreUUID)
						f.answer(p)
						return
					}
					if served { // the second time there is nothing to see
						return
					}
					served = true
					p.reply("+OK")
					time.Sleep(time.Second)
					tt.after(p)
				}
				c, _ := runUp(t, f, esl.Options{})
				if !c.Ready() {
					t.Fatal("not ready")
				}
				time.Sleep(time.Second + tt.by + 10*time.Millisecond)
				if c.Ready() {
					t.Error("ready")
				}
				if err := c.Err(); !errors.Is(err, tt.want) {
					t.Errorf("Err() = %v, want %v", err, tt.want)
				}
			})
		})
	}
}

func TestIdleLinkIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		_, stop := runUp(t, f, esl.Options{PoolSize: 1})
		time.Sleep(time.Minute)
		stop()
		if got := f.connections(); got != 2 {
			t.Errorf("%d connections, want 2", got)
		}
		pings := 0
		for _, cmd := range f.all() {
			if cmd == "nolog" {
				pings++
			}
		}
		if pings < 20 || pings > 24 {
			t.Errorf("%d pings on two connections in a minute", pings)
		}
	})
}

// Events are a sign of life: a connection on which they flow is not asked.
func TestBusyLinkIsNotPinged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		_, stop := runUp(t, f, esl.Options{PoolSize: 1})
		p := <-f.events
		for range 30 {
			p.event(`{"Event-Name":"HEARTBEAT"}`)
			time.Sleep(2 * time.Second)
		}
		stop()
		if slices.Contains(p.seen, "nolog") {
			t.Errorf("pinged: %q", p.seen)
		}
	})
}

func TestOtherFramesAreSkipped(t *testing.T) {
	f := newFake()
	reg := prometheus.NewRegistry()
	c, _ := runUp(t, f, esl.Options{Registerer: reg, PoolSize: 1})
	sub := c.Subscribe(esl.SubscribeOptions{Name: "test"})
	p := receive(t, f.events, "event connection")
	p.send("Content-Type: log/data\nContent-Length: 5\nLog-Level: 7\nText-Channel: 0\n\n\n\n\n\n\n")
	p.send("Content-Type: text/never-heard-of\n\n")
	p.send("No-Type-At-All: 1\n\n")
	p.send("no header at all\n\n\n\n\r\n")
	p.event(`{"Event-Name"`)
	p.event(`{"Unnamed":"x"}`)
	p.send("Content-Type: text/disconnect-notice\nContent-Disposition: linger\nContent-Length: 0\n\n")
	p.event(`{"Event-Name":"HEARTBEAT"}`)
	if e := receive(t, sub.C, "event"); e.Name() != "HEARTBEAT" {
		t.Errorf("event %q", e.Name())
	}
	if !c.Ready() || f.connections() != 2 {
		t.Errorf("Ready() = %v, %d connections", c.Ready(), f.connections())
	}
	got := [2]float64{
		metric(t, reg, "callgate_esl_skipped_frames_total", "reason", "malformed_event"),
		metric(t, reg, "callgate_esl_skipped_frames_total", "reason", "other_type"),
	}
	if want := [2]float64{2, 4}; got != want {
		t.Errorf("skipped %v, want %v", got, want)
	}
}

func TestReconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		reg := prometheus.NewRegistry()
		var ups, ended int
		c, _ := run(t, f, esl.Options{Registerer: reg, OnUp: func(ctx context.Context, c *esl.Client) {
			if got, err := c.API(ctx, "status"); got != "status" || err != nil {
				t.Errorf("API() in OnUp = %q, %v", got, err)
			}
			ups++
			<-ctx.Done()
			ended++
		}})
		for i := range 5 {
			synctest.Wait()
			if ups != i+1 || ended != i || !c.Ready() || c.Err() != nil || c.CoreUUID() != coreUUID {
				t.Fatalf("round %d: %d ups, %d ended, ready %v, err %v, core %q", i, ups, ended, c.Ready(), c.Err(), c.CoreUUID())
			}
			if got := c.Since(); !got.Equal(time.Now()) && i == 0 {
				t.Errorf("Since() = %v, want %v", got, time.Now())
			}
			time.Sleep(10 * time.Second)
			(<-f.events).Close()
			synctest.Wait()
			if c.Ready() {
				t.Error("ready without events")
			}
			time.Sleep(2 * time.Second)
		}
		if got := metric(t, reg, "callgate_esl_reconnects_total"); got != 5 {
			t.Errorf("%v reconnects, want 5", got)
		}
	})
}

// A switch that drops every connection at once is not hammered, and one that is away is tried every two seconds.
func TestPausesBetweenAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.serve = func(_ int, p *peer) { p.logIn() }
		var at []time.Time
		var mu sync.Mutex
		_, stop := run(t, f, esl.Options{PoolSize: 1, Addr: "switch:8021", Dial: func(ctx context.Context, n, a string) (net.Conn, error) {
			mu.Lock()
			at = append(at, time.Now())
			mu.Unlock()
			return f.Dial(ctx, n, a)
		}})
		time.Sleep(time.Minute)
		stop()
		if len(at) < 2*30 || len(at) > 2*66 {
			t.Errorf("%d attempts of two connections in a minute", len(at))
		}
		if gap := at[len(at)-1].Sub(at[len(at)-3]); gap > 4*time.Second {
			t.Errorf("a pause of %v", gap)
		}
	})
}

func TestStopsWhateverTheSwitchDoes(t *testing.T) {
	tests := []struct {
		name  string
		serve func(f *fake, p *peer)
	}{
		{"well-behaved", func(f *fake, p *peer) { f.behave(p) }},
		{"never greets", func(_ *fake, p *peer) { p.command() }},
		{"ignores exit", func(f *fake, p *peer) {
			p.logIn()
			cmd, _ := p.command()
			if strings.HasPrefix(cmd, "event") {
				p.reply("+OK")
			} else {
				p.output(coreUUID)
			}
			for {
				if _, ok := p.command(); !ok {
					return
				}
			}
		}},
		{"does not read", func(_ *fake, p *peer) { p.logIn(); time.Sleep(time.Hour) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake()
				f.serve = func(_ int, p *peer) { tt.serve(f, p) }
				_, stop := run(t, f, esl.Options{})
				time.Sleep(3 * time.Second)
				began := time.Now()
				stop()
				if took := time.Since(began); took > time.Second {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

func TestOptionsThatCannotWork(t *testing.T) {
	tests := []struct {
		name   string
		change func(*esl.Options)
	}{
		{"no name", func(o *esl.Options) { o.Name = "" }},
		{"no port", func(o *esl.Options) { o.Addr = "switch" }},
		{"password of two lines", func(o *esl.Options) { o.Password = "a\n\napi shutdown" }},
		{"all events", func(o *esl.Options) { o.Events = []string{"ALL"} }},
		{"lower case", func(o *esl.Options) { o.Events = []string{"heartbeat"} }},
		{"custom among the names", func(o *esl.Options) { o.Events = []string{"CUSTOM"} }},
		{"two names in one", func(o *esl.Options) { o.Events = []string{"HEARTBEAT ALL"} }},
		{"empty name", func(o *esl.Options) { o.Events = []string{""} }},
		{"two subclasses in one", func(o *esl.Options) { o.Subclasses = []string{"a b"} }},
		{"line end in a subclass", func(o *esl.Options) { o.Subclasses = []string{"a\n"} }},
		{"empty subclass", func(o *esl.Options) { o.Subclasses = []string{""} }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := esl.Options{Name: "main", Addr: "switch:8021", Dial: func(context.Context, string, string) (net.Conn, error) {
				t.Error("dialled")
				return nil, io.EOF
			}}
			tt.change(&o)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := esl.NewClient(o).Run(ctx); !errors.Is(err, esl.ErrArgument) {
				t.Errorf("Run() = %v, want ErrArgument", err)
			}
		})
	}
}

func TestTLS(t *testing.T) {
	web := httptest.NewTLSServer(nil) // for its certificate
	defer web.Close()
	f := newFake()
	addr := f.listen(t, func(l net.Listener) net.Listener {
		return tls.NewListener(l, &tls.Config{Certificates: web.TLS.Certificates})
	})
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	c, _ := runUp(t, f, esl.Options{Addr: addr, TLS: &tls.Config{RootCAs: roots}})
	if got, err := c.API(t.Context(), "status"); got != "status" || err != nil {
		t.Errorf("API() = %q, %v", got, err)
	}

	stranger, _ := run(t, newFake(), esl.Options{Addr: addr, TLS: &tls.Config{}})
	var unknown x509.UnknownAuthorityError
	for deadline := time.Now().Add(10 * time.Second); !errors.As(stranger.Err(), &unknown); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("Err() = %v, want an unknown authority", stranger.Err())
		}
	}
}

func TestClientsShareARegistry(t *testing.T) {
	reg := prometheus.NewRegistry()
	for _, name := range []string{"a", "b"} {
		f := newFake()
		c, _ := runUp(t, f, esl.Options{Name: name, Registerer: reg})
		if _, err := c.API(t.Context(), "status"); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"a", "b"} {
		if got := metric(t, reg, "callgate_esl_up", "switch", name); got != 1 {
			t.Errorf("up of %s is %v", name, got)
		}
		if got := metric(t, reg, "callgate_esl_commands_total", "switch", name, "kind", "api", "command", "status", "result", "ok"); got != 1 {
			t.Errorf("commands of %s: %v", name, got)
		}
		if got := metric(t, reg, "callgate_esl_command_duration_seconds", "switch", name, "command", "status"); got != 1 {
			t.Errorf("durations of %s: %v", name, got)
		}
	}
}

// Labels stay a closed set, whatever commands are called.
func TestCommandsAreCountedByWord(t *testing.T) {
	reg := prometheus.NewRegistry()
	f := newFake()
	c, _ := runUp(t, f, esl.Options{Registerer: reg})
	for i := range 100 {
		_, _ = c.API(t.Context(), fmt.Sprint("word", i))
	}
	_, _ = c.API(t.Context(), "no/word")
	if got := metric(t, reg, "callgate_esl_commands_total", "command", "word31"); got != 1 {
		t.Errorf("the 32nd word was counted %v times by its name", got)
	}
	if got := metric(t, reg, "callgate_esl_commands_total", "command", "other"); got != 100-32+1 {
		t.Errorf("%v others, want %d", got, 100-32+1)
	}
}

func TestEventLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := prometheus.NewRegistry()
		f := newFake()
		_, stop := runUp(t, f, esl.Options{Registerer: reg})
		p := <-f.events
		for range 10 { // many at once are one sample
			p.event(fmt.Sprintf(`{"Event-Name":"HEARTBEAT","Event-Date-Timestamp":"%d"}`, time.Now().Add(-3*time.Second).UnixMicro()))
		}
		time.Sleep(time.Second)
		p.event(fmt.Sprintf(`{"Event-Name":"HEARTBEAT","Event-Date-Timestamp":"%d"}`, time.Now().Add(time.Hour).UnixMicro())) // their clock is ahead
		time.Sleep(time.Second)
		p.event(`{"Event-Name":"HEARTBEAT"}`)
		stop()
		families, err := reg.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, family := range families {
			if family.GetName() == "callgate_esl_event_lag_seconds" {
				h := family.GetMetric()[0].GetHistogram()
				if h.GetSampleCount() != 2 || h.GetSampleSum() != 3 {
					t.Errorf("%d samples of %v s together, want 2 of 3", h.GetSampleCount(), h.GetSampleSum())
				}
				return
			}
		}
		t.Error("no such metric")
	})
}

// Round trips over loopback TCP, answered by a goroutine of this process.
func BenchmarkAPI(b *testing.B) {
	f := newFake()
	c, stop := runUp(b, f, esl.Options{Addr: f.listen(b, nil)})
	b.Run("one caller", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.API(b.Context(), "eval", "x"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("many callers", func(b *testing.B) {
		b.SetParallelism(16)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := c.API(b.Context(), "eval", "x"); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
	stop()
}
