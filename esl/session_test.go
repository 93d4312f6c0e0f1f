package esl_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callgate/esl"
)

// line is a network of pipes on which scripted switches call a server.
type line struct {
	calls  chan net.Conn
	closed chan struct{}
	close  func()
	fail   chan error // an Accept that fails
}

func newLine() *line {
	l := &line{calls: make(chan net.Conn), closed: make(chan struct{}), fail: make(chan error)}
	l.close = sync.OnceFunc(func() { close(l.closed) })
	return l
}

func (l *line) Accept() (net.Conn, error) {
	select {
	case c := <-l.calls:
		return c, nil
	case err := <-l.fail:
		return nil, err
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *line) Close() error   { l.close(); return nil }
func (l *line) Addr() net.Addr { return address("127.0.0.1:8084") }

type address string

func (a address) Network() string { return "tcp" }
func (a address) String() string  { return string(a) }

// near is a connection from this machine.
type near struct{ net.Conn }

func (near) RemoteAddr() net.Addr { return address("127.0.0.1:40000") }

// dial is a call: the switch's end of a new connection, which script serves.
func (l *line) dial(t *testing.T, script func(p *peer)) {
	t.Helper()
	ours, theirs := net.Pipe()
	select {
	case l.calls <- near{theirs}:
	case <-l.closed:
		t.Fatal("server does not take calls")
	}
	f := newFake()
	f.serve = func(_ int, p *peer) { script(p) }
	f.accept(ours)
	t.Cleanup(f.close)
}

const callUUID = "0c7d0d1e-31b6-4f43-8e0b-0e29a8f0a8a1"

// connect answers the first command with a call's data.
func (p *peer) connect(mode, control string) bool {
	if cmd, ok := p.command(); !ok || cmd != "connect" {
		return false
	}
	p.send("Event-Name: CHANNEL_DATA\nCore-UUID: " + coreUUID + "\nUnique-ID: " + callUUID + "\nvariable_odd (name)/%D1%85: a%20b\n" +
		"Content-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: " + mode + "\nControl: " + control + "\n\n")
	return true
}

// obey answers every command with +OK and completes every application, until the end; unless does it instead where it
// returns true.
func (p *peer) obey(unless func(cmd string) bool) {
	for {
		cmd, ok := p.command()
		if !ok {
			return
		}
		if unless != nil && unless(cmd) {
			continue
		}
		p.reply("+OK")
		if cmd == "exit" {
			return
		}
		if id := headerOf(cmd, "Event-UUID"); id != "" {
			p.complete(id)
		}
	}
}

func (p *peer) complete(id string) {
	p.event(fmt.Sprintf(`{"Event-Name":"CHANNEL_EXECUTE_COMPLETE","Unique-ID":%q,"Application-UUID":%q}`, callUUID, id))
}

func headerOf(cmd, name string) string {
	for line := range strings.SplitSeq(cmd, "\n") {
		if value, ok := strings.CutPrefix(line, name+": "); ok {
			return value
		}
	}
	return ""
}

// outcomes are how the calls of a server ended.
func outcomes(t *testing.T, reg *prometheus.Registry) map[string]float64 {
	all := map[string]float64{}
	for _, name := range []string{"handled", "failed", "not_taken", "not_allowed", "too_many", "dropped"} {
		if n := metric(t, reg, "callgate_outbound_calls_total", "outcome", name); n > 0 {
			all[name] = n
		}
	}
	return all
}

func TestWhyACallIsNotTaken(t *testing.T) {
	tests := []struct {
		name   string
		script func(p *peer)
		after  time.Duration
	}{
		{name: "hangs up at once", script: func(*peer) {}},
		{name: "hangs up before its data", script: func(p *peer) { p.command() }},
		{name: "hangs up in its data", script: func(p *peer) { p.command(); p.send("Event-Name: CHANNEL_DATA\n") }},
		{name: "silent", after: 5 * time.Second, script: func(p *peer) { p.command(); p.command() }},
		{name: "never reads", after: 5 * time.Second, script: func(*peer) { time.Sleep(time.Minute) }},
		{name: "data that never ends", after: 5 * time.Second, script: func(p *peer) {
			p.command()
			for {
				if _, err := p.Write([]byte("A: 1\n")); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}},
		{name: "data without bound", script: func(p *peer) { p.command(); p.send(strings.Repeat("A: 1\n", 1<<19)) }},
		{name: "not an event socket", script: func(p *peer) { p.command(); p.send("HTTP/1.1 400 Bad Request\r\n\r\n") }},
		{name: "negative length", script: func(p *peer) { p.command(); p.send("Content-Length: -1\n\n") }},
		{name: "refuses", script: func(p *peer) { p.command(); p.reply("-ERR no") }},
		{name: "no id", script: func(p *peer) {
			p.command()
			p.send("Event-Name: CHANNEL_DATA\nContent-Type: command/reply\nReply-Text: %2BOK%0A\n\n")
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, reg := newLine(), prometheus.NewRegistry()
				_, stop := serveCalls(t, esl.ServerOptions{Listener: l, Registerer: reg, Handler: func(context.Context, *esl.Session) error {
					t.Error("handled")
					return nil
				}})
				began := time.Now()
				l.dial(t, tt.script)
				time.Sleep(tt.after + time.Millisecond)
				if got := outcomes(t, reg); got["not_taken"] != 1 {
					t.Errorf("after %v: %v", time.Since(began), got)
				}
				stop()
			})
		})
	}
}

// A call is under control; then the switch does what it should not.
func TestWhatEndsASession(t *testing.T) {
	executing := func(cmd string) bool { return strings.HasPrefix(cmd, "sendmsg") }
	tests := []struct {
		name string
		then func(p *peer) // when the application has been asked for; returning closes the connection
		want []error
		by   time.Duration
	}{
		{name: "end of stream", then: func(*peer) {}, want: []error{esl.ErrOutcomeUnknown, esl.ErrClosed}},
		{name: "cut in a frame", then: func(p *peer) { p.send("Content-Length: 5\n\na") }, want: []error{esl.ErrOutcomeUnknown, io.ErrUnexpectedEOF}},
		{name: "wrong length", then: func(p *peer) { p.send("Content-Length: -5\n\na"); p.command() }, want: []error{esl.ErrOutcomeUnknown, esl.ErrProtocol}},
		{name: "a reply nobody asked for", then: func(p *peer) { p.reply("+OK"); p.reply("+OK"); p.command() }, want: []error{esl.ErrOutcomeUnknown, esl.ErrProtocol}},
		{name: "killed listener", then: func(p *peer) {
			p.send("Content-Type: text/disconnect-notice\nControlled-Session-UUID: " + callUUID + "\nContent-Disposition: disconnect\n" +
				"Content-Length: 42\n\nkilled listener because of lost log lines\n")
		}, want: []error{esl.ErrOutcomeUnknown, esl.ErrClosed}},
		{name: "hang-up without linger", then: func(p *peer) {
			p.send("Content-Type: text/disconnect-notice\nControlled-Session-UUID: " + callUUID + "\nContent-Disposition: disconnect\n" +
				"Content-Length: 67\n\nDisconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n")
		}, want: []error{esl.ErrHungUp}},
		{name: "hang-up with linger, never executed", then: func(p *peer) {
			p.reply("+OK")
			p.send("Content-Type: text/disconnect-notice\nControlled-Session-UUID: " + callUUID + "\nContent-Disposition: linger\nContent-Length: 0\n\n")
			p.event(`{"Event-Name":"CHANNEL_HANGUP_COMPLETE","Unique-ID":"` + callUUID + `"}`)
			p.obey(nil)
		}, want: []error{esl.ErrHungUp}},
		{name: "somebody else's hang-up, then the end", then: func(p *peer) {
			p.reply("+OK")
			p.event(`{"Event-Name":"CHANNEL_HANGUP_COMPLETE","Unique-ID":"somebody-else"}`)
		}, want: []error{esl.ErrOutcomeUnknown, esl.ErrClosed}},
		{name: "refused", then: func(p *peer) { p.reply("-ERR memory error"); p.obey(nil) }, want: []error{esl.ErrReply}},
		{name: "no reply", then: func(p *peer) { p.command() }, want: []error{esl.ErrOutcomeUnknown, esl.ErrUnresponsive}, by: 10 * time.Second},
		{name: "half-open while the application runs", then: func(p *peer) {
			p.reply("+OK")
			for {
				if _, ok := p.command(); !ok {
					return
				}
			}
		}, want: []error{esl.ErrOutcomeUnknown, esl.ErrUnresponsive}, by: 25 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLine()
				var got error
				var took time.Duration
				_, stop := serveCalls(t, esl.ServerOptions{Listener: l, Handler: func(ctx context.Context, s *esl.Session) error {
					events := s.Subscribe(esl.SubscribeOptions{Name: "test"})
					began := time.Now()
					_, got = s.Execute(ctx, "sleep", "1")
					took = time.Since(began)
					for range events.C {
						if errors.Is(got, esl.ErrReply) || errors.Is(got, esl.ErrHungUp) {
							break // the connection goes on
						}
					}
					return nil
				}})
				l.dial(t, func(p *peer) {
					p.connect("async", "full")
					p.obey(func(cmd string) bool {
						if executing(cmd) {
							tt.then(p)
							p.Close()
							return true
						}
						return false
					})
				})
				time.Sleep(tt.by + time.Millisecond)
				stop()
				for _, want := range tt.want {
					if !errors.Is(got, want) {
						t.Errorf("Execute() = %v, want %v", got, want)
					}
				}
				if took.Round(time.Millisecond) != tt.by {
					t.Errorf("took %v, want %v", took, tt.by)
				}
			})
		})
	}
}

// Without async the reply comes when the application is through, however long that takes; what else is wanted meanwhile
// is not sent, and is known not to have been.
func TestLongApplicationWithoutAsync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine()
		_, stop := serveCalls(t, esl.ServerOptions{Listener: l, Handler: func(ctx context.Context, s *esl.Session) error {
			done := make(chan error, 1)
			go func() {
				_, err := s.Execute(ctx, "sleep", "3600000")
				done <- err
			}()
			time.Sleep(time.Minute)
			began := time.Now()
			if _, err := s.API(ctx, "status"); !errors.Is(err, esl.ErrDown) || errors.Is(err, esl.ErrOutcomeUnknown) {
				t.Errorf("API() meanwhile = %v, want ErrDown", err)
			}
			if took := time.Since(began); took != 10*time.Second {
				t.Errorf("API() took %v", took)
			}
			if err := <-done; err != nil {
				t.Errorf("Execute() = %v", err)
			}
			if took := time.Since(began); took < 50*time.Minute {
				t.Errorf("Execute() took %v", took)
			}
			if _, err := s.API(ctx, "status"); err != nil {
				t.Errorf("API() afterwards = %v", err)
			}
			return nil
		}})
		l.dial(t, func(p *peer) {
			p.connect("static", "full")
			p.obey(func(cmd string) bool {
				if strings.HasPrefix(cmd, "sendmsg") {
					time.Sleep(time.Hour)
				}
				return false
			})
		})
		time.Sleep(2 * time.Hour)
		stop()
	})
}

func TestGivingUpAnApplication(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine()
		_, stop := serveCalls(t, esl.ServerOptions{Listener: l, Handler: func(ctx context.Context, s *esl.Session) error {
			hurried, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			if _, err := s.Execute(hurried, "sleep", "60000"); !errors.Is(err, esl.ErrOutcomeUnknown) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Execute() = %v", err)
			}
			e, err := s.Execute(ctx, "sleep", "1") // its own completion, not that of the one before
			if err != nil || !strings.HasSuffix(e.Get("Application-UUID"), "-2") {
				t.Errorf("Execute() = %v, %v", e, err)
			}
			return nil
		}})
		l.dial(t, func(p *peer) {
			p.connect("async", "full")
			first := ""
			p.obey(func(cmd string) bool {
				if !strings.HasPrefix(cmd, "sendmsg") {
					return false
				}
				p.reply("+OK")
				id := headerOf(cmd, "Event-UUID")
				if first == "" {
					first = id
					return true
				}
				p.complete(first) // late
				p.complete(id)
				return true
			})
		})
		time.Sleep(time.Minute)
		stop()
	})
}

// The server stops: a handler that heeds its context has time, one that does not finds its connection closed.
func TestStopOfTheServer(t *testing.T) {
	tests := []struct {
		name   string
		handle func(ctx context.Context, s *esl.Session) error
		want   time.Duration
	}{
		{"heeds", func(ctx context.Context, _ *esl.Session) error { <-ctx.Done(); return nil }, 0},
		{"takes its time", func(ctx context.Context, s *esl.Session) error {
			<-ctx.Done()
			time.Sleep(2 * time.Second)
			_, err := s.API(context.WithoutCancel(ctx), "status") // the connection is still there
			if err != nil {
				t.Errorf("API() while draining = %v", err)
			}
			return nil
		}, 2 * time.Second},
		{"waits for something else", func(_ context.Context, s *esl.Session) error {
			_, err := s.Execute(context.Background(), "park", "")
			if !errors.Is(err, esl.ErrOutcomeUnknown) {
				t.Errorf("Execute() = %v, want ErrOutcomeUnknown", err)
			}
			return err
		}, 3 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLine()
				_, stop := serveCalls(t, esl.ServerOptions{Listener: l, Handler: tt.handle})
				var last string
				l.dial(t, func(p *peer) {
					p.connect("async", "full")
					p.event(`{"Event-Name":"CHANNEL_PARK","Unique-ID":"` + callUUID + `"}`)
					p.obey(func(cmd string) bool {
						last = cmd
						if strings.Contains(cmd, ": park") {
							p.reply("+OK") // and never complete
							return true
						}
						return false
					})
				})
				time.Sleep(time.Minute)
				began := time.Now()
				stop()
				if took := time.Since(began); took != tt.want {
					t.Errorf("took %v, want %v", took, tt.want)
				}
				synctest.Wait()
				if tt.want < 3*time.Second && last != "exit" {
					t.Errorf("last command %q, want exit", last)
				}
			})
		})
	}
}

// A call that is given back before it has entered its park loop would stay there for ever.
func TestCallIsNotGivenBackTooEarly(t *testing.T) {
	tests := []struct {
		name   string
		parked bool
		mode   string
		resume string // another header of the call
		want   []string
	}{
		{"not known to be parked", false, "async", "", []string{"connect", "myevents json", "linger 10", "unset", "exit"}},
		{"parked", true, "async", "", []string{"connect", "myevents json", "linger 10", "exit"}},
		{"parked, socket_resume not gone yet", true, "async", "\nvariable_socket_resume: true", []string{"connect", "myevents json", "unset", "linger 10", "unset", "exit"}},
		{"without async", false, "static", "", []string{"connect", "myevents json", "exit"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLine()
				_, stop := serveCalls(t, esl.ServerOptions{Listener: l, Handler: func(ctx context.Context, _ *esl.Session) error {
					time.Sleep(time.Millisecond)
					return nil
				}})
				var got []string
				l.dial(t, func(p *peer) {
					p.connect(tt.mode, "full"+tt.resume)
					p.obey(func(cmd string) bool {
						if app := headerOf(cmd, "execute-app-name"); app != "" {
							p.mu.Lock()
							p.seen[len(p.seen)-1] = app
							p.mu.Unlock()
							if !strings.Contains(headerOf(cmd, "Event-UUID"), "-") {
								p.reply("+OK") // the first is done together with the second
								return true
							}
							time.Sleep(20 * time.Millisecond) // the park loop begins
							p.reply("+OK")
							p.complete(headerOf(cmd, "Event-UUID"))
							return true
						}
						if tt.parked && cmd == "linger 10" {
							p.reply("+OK")
							p.event(`{"Event-Name":"CHANNEL_PARK","Unique-ID":"` + callUUID + `"}`)
							return true
						}
						return false
					})
					got = p.seen
				})
				time.Sleep(time.Second)
				stop()
				synctest.Wait()
				if strings.Join(got, ",") != strings.Join(tt.want, ",") {
					t.Errorf("commands %q, want %q", got, tt.want)
				}
			})
		})
	}
}

// Every event of a call is delivered in its order; one that finds no place is counted and announced.
func TestEventsOfACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const count = 500
		l, reg := newLine(), prometheus.NewRegistry()
		_, stop := serveCalls(t, esl.ServerOptions{Listener: l, Registerer: reg, Events: []string{"RECORD_STOP"}, Subclasses: []string{"a::b"},
			Handler: func(ctx context.Context, s *esl.Session) error {
				all := s.Subscribe(esl.SubscribeOptions{Name: "all", Buffer: count, Events: []string{"DTMF"}})
				few := s.Subscribe(esl.SubscribeOptions{Name: "few", Buffer: 10, Events: []string{"DTMF"}})
				none := s.Subscribe(esl.SubscribeOptions{Name: "none", Subclasses: []string{"a::b"}})
				if got := s.Data().Get("variable_odd (name)/%D1%85"); got != "a b" {
					t.Errorf("variable %q", got)
				}
				if _, err := s.API(ctx, "storm"); err != nil {
					t.Error(err)
				}
				for i := range count {
					if e := <-all.C; e.Sequence() != uint64(i+1) {
						t.Fatalf("event %d, want %d", e.Sequence(), i+1)
					}
				}
				<-few.Lost()
				if e, ok := <-few.C; !ok || e.Sequence() != 1 {
					t.Errorf("the oldest event was not kept: %v", e)
				}
				select {
				case e, ok := <-none.C:
					t.Errorf("an event nobody wanted: %v, %v", e, ok)
				default:
				}
				go s.Hangup(context.WithoutCancel(ctx), "NORMAL_CLEARING")
				for range all.C { // ends with the session
				}
				if late := s.Subscribe(esl.SubscribeOptions{Name: "late"}); len(late.C) > 0 {
					t.Error("events after the end")
				} else if _, ok := <-late.C; ok {
					t.Error("a subscription after the end does not end")
				}
				return nil
			}})
		l.dial(t, func(p *peer) {
			p.connect("async", "full")
			p.obey(func(cmd string) bool {
				switch {
				case cmd == "api storm":
					for i := range count {
						p.event(fmt.Sprintf(`{"Event-Name":"DTMF","Unique-ID":%q,"Event-Sequence":"%d"}`, callUUID, i+1))
					}
				case strings.HasPrefix(cmd, "event ") && cmd != "event json RECORD_STOP CUSTOM a::b":
					t.Errorf("subscribed with %q", cmd)
				case strings.HasPrefix(cmd, "api uuid_kill"):
					p.Close()
				}
				return false
			})
		})
		time.Sleep(time.Minute)
		stop()
		if got := metric(t, reg, "callgate_outbound_dropped_events_total", "subscription", "few"); got != count-10 {
			t.Errorf("%v drops counted, want %d", got, count-10)
		}
	})
}

// What Accept cannot do now it can do later.
func TestAcceptThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, handled := newLine(), 0
		_, stop := serveCalls(t, esl.ServerOptions{Listener: l, Handler: func(context.Context, *esl.Session) error {
			handled++
			return nil
		}})
		for range 5 {
			l.fail <- errors.New("too many open files")
		}
		l.dial(t, func(p *peer) { p.connect("static", ""); p.obey(nil) })
		time.Sleep(time.Second)
		stop()
		if handled != 1 {
			t.Errorf("%d calls handled, want 1", handled)
		}
	})
}

// A listener that somebody else has closed is the end of the server, and an error.
func TestListenerThatIsClosed(t *testing.T) {
	l := newLine()
	s, err := esl.NewServer(t.Context(), esl.ServerOptions{Listener: l, Handler: func(context.Context, *esl.Session) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := s.Run(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Run() = %v, want net.ErrClosed", err)
	}
}

// Even calls that are given back are bounded.
func TestCallsFarTooMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, reg := newLine(), prometheus.NewRegistry()
		release := make(chan struct{})
		_, stop := serveCalls(t, esl.ServerOptions{Listener: l, MaxSessions: 1, Registerer: reg, Handler: func(context.Context, *esl.Session) error {
			<-release
			return nil
		}})
		for range 1 + 256 + 3 {
			l.dial(t, func(p *peer) {
				p.connect("static", "")
				p.obey(func(string) bool { <-release; return false })
			})
			synctest.Wait()
		}
		want := map[string]float64{"too_many": 256, "dropped": 3}
		if got := outcomes(t, reg); got["too_many"] != want["too_many"] || got["dropped"] != want["dropped"] {
			t.Errorf("outcomes %v, want %v", got, want)
		}
		close(release)
		stop()
		if got := outcomes(t, reg)["handled"]; got != 1 {
			t.Errorf("%v handled, want 1", got)
		}
	})
}

// Without async a command behind two long applications has a clock of its own.
func TestCommandBehindTwoApplications(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine()
		_, stop := serveCalls(t, esl.ServerOptions{Listener: l, Handler: func(ctx context.Context, s *esl.Session) error {
			var wg sync.WaitGroup
			wg.Go(func() { s.Execute(ctx, "sleep", "3600000") })
			time.Sleep(time.Second)
			wg.Go(func() { s.Execute(ctx, "sleep", "3600000") })
			time.Sleep(time.Second)
			began := time.Now()
			_, err := s.API(ctx, "status")
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("API() took %v, err %v", took, err)
			}
			wg.Wait()
			return nil
		}})
		l.dial(t, func(p *peer) {
			p.connect("static", "full")
			p.obey(func(cmd string) bool {
				if strings.HasPrefix(cmd, "sendmsg") {
					time.Sleep(time.Hour)
				}
				return false
			})
		})
		time.Sleep(3 * time.Hour)
		stop()
	})
}

// The good-bye that answers ours is no news of the call, which goes on.
func TestCallGivenBackIsNotHungUp(t *testing.T) {
	wrong, hung := 0, 0
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			l := newLine()
			got := make(chan error, 1)
			var sess *esl.Session
			_, stop := serveCalls(t, esl.ServerOptions{Listener: l, Handler: func(ctx context.Context, s *esl.Session) error {
				sess = s
				go func() {
					_, err := s.Execute(context.Background(), "sleep", "600000")
					got <- err
				}()
				time.Sleep(time.Second)
				return nil
			}})
			l.dial(t, func(p *peer) {
				p.connect("async", "full")
				p.event(`{"Event-Name":"CHANNEL_PARK","Unique-ID":"` + callUUID + `"}`)
				p.obey(func(cmd string) bool {
					if cmd == "exit" {
						p.send("Content-Type: command/reply\nReply-Text: +OK bye\n\nContent-Type: text/disconnect-notice\nControlled-Session-UUID: " + callUUID + "\nContent-Disposition: disconnect\n" +
							"Content-Length: 67\n\nDisconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n")
						return true
					}
					if strings.HasPrefix(cmd, "sendmsg") {
						p.reply("+OK")
						return true
					}
					return false
				})
			})
			err := <-got
			if !errors.Is(err, esl.ErrOutcomeUnknown) {
				wrong++
			}
			select {
			case <-sess.HungUp():
				hung++
			default:
			}
			stop()
		})
	}
	if wrong+hung > 0 {
		t.Errorf("of 20 calls given back alive: %d Executes said ErrHungUp, %d sessions HungUp", wrong, hung)
	}
}

func TestResumeIsRemovedBeforeAnythingCanFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine()
		_, stop := serveCalls(t, esl.ServerOptions{Listener: l, Events: []string{"NO_SUCH_EVENT"}, Handler: func(context.Context, *esl.Session) error { return nil }})
		var got []string
		l.dial(t, func(p *peer) {
			p.command()
			p.send("Event-Name: CHANNEL_DATA\nCore-UUID: " + coreUUID + "\nUnique-ID: " + callUUID + "\nvariable_socket_resume: true\n" +
				"Content-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: static\nControl: full\n\n")
			p.obey(func(cmd string) bool {
				if strings.HasPrefix(cmd, "event ") {
					p.reply("-ERR no keywords supplied")
					return true
				}
				return false
			})
			got = p.seen
		})
		time.Sleep(time.Second)
		stop()
		synctest.Wait()
		if !strings.Contains(strings.Join(got, ","), "unset") {
			t.Errorf("%q", got)
		}
	})
}

func TestHungUpBeforeItIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine()
		var buf logText
		_, stop := serveCalls(t, esl.ServerOptions{Listener: l, Logger: slog.New(slog.NewTextHandler(&buf, nil)), Handler: func(context.Context, *esl.Session) error { return nil }})
		l.dial(t, func(p *peer) {
			p.command()
			p.send("Content-Type: text/disconnect-notice\nControlled-Session-UUID: " + callUUID + "\nContent-Disposition: disconnect\n" +
				"Content-Length: 67\n\nDisconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n")
		})
		time.Sleep(time.Second)
		stop()
		if strings.Contains(buf.String(), "protocol violation") {
			t.Error(buf.String())
		}
	})
}

// logText is a log that may be written by several goroutines.
type logText struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
