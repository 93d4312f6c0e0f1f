package esl_test

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"callgate/esl"
	"callgate/esl/esltest"
)

// serveCalls runs an outbound server. stop ends it and checks that Run did as promised; it is called at the end anyway.
func serveCalls(t testing.TB, o esl.ServerOptions) (s *esl.Server, stop func()) {
	t.Helper()
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	ctx, cancel := context.WithCancel(context.Background())
	s, err := esl.NewServer(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
	})
	t.Cleanup(stop)
	return s, stop
}

// fallback is the cause with which the dialplan ends a call that nobody controls any more.
const fallback = "NORMAL_TEMPORARY_FAILURE"

// handOver is a dialplan that hands calls to 1 over, the words after the address as given, and then hangs up.
func handOver(addr, words string, before ...esltest.App) esltest.Config {
	return esltest.Config{Extensions: []esltest.Extension{
		{Match: "^1$", Apps: append(before, esltest.App{Name: "answer"}, esltest.App{Name: "socket", Data: addr + " " + words},
			esltest.App{Name: "hangup", Data: fallback})},
		{Match: "^park$", Apps: []esltest.App{{Name: "answer"}, {Name: "park"}}},
	}}
}

// ring lets a customer ring 1 and returns how the call ended.
func ring(t *testing.T, sw *esltest.Switch, ends *esl.Subscription) (caller *esltest.Caller, cause func() string) {
	t.Helper()
	caller, err := sw.Call(esltest.Call{Number: "79190000001", Extension: "1"})
	if err != nil {
		t.Fatal(err)
	}
	return caller, func() string {
		t.Helper()
		for {
			if e := receive(t, ends.C, "end of the call"); e.Get("Unique-ID") == caller.UUID() {
				return e.Get("Hangup-Cause")
			}
		}
	}
}

// startCalls runs a pretend switch whose calls' ends are reported.
func startCalls(t *testing.T, cfg esltest.Config) (*esltest.Switch, *esl.Subscription) {
	t.Helper()
	sw, c := startSwitch(t, cfg, esl.Options{Events: []string{"CHANNEL_HANGUP_COMPLETE"}})
	ends := c.Subscribe(esl.SubscribeOptions{Name: "ends", Events: []string{"CHANNEL_HANGUP_COMPLETE"}})
	t.Cleanup(ends.Close)
	return sw, ends
}

func TestCallIsControlled(t *testing.T) {
	for _, words := range []string{"async full", "async", "full", ""} {
		t.Run("socket "+words, func(t *testing.T) {
			var got []string
			s, _ := serveCalls(t, esl.ServerOptions{Handler: func(ctx context.Context, s *esl.Session) error {
				events := s.Subscribe(esl.SubscribeOptions{Name: "test", Events: []string{"CHANNEL_EXECUTE", "CHANNEL_EXECUTE_COMPLETE"}})
				defer events.Close()
				for _, app := range []string{"sleep 20", "playback tone_stream://%(20,0,440)", "sleep 10"} {
					name, argument, _ := strings.Cut(app, " ")
					e, err := s.Execute(ctx, name, argument)
					if err != nil {
						return err
					}
					got = append(got, "done "+e.Get("Application")+" "+e.Get("Application-Data"))
				}
				if err := s.Set(ctx, "greeting", "Добрый день, (1) 100%"); err != nil {
					return err
				}
				for range 2 * 4 {
					e := receive(t, events.C, "event")
					got = append(got, strings.TrimPrefix(e.Name(), "CHANNEL_")+" "+e.Get("Application"))
				}
				got = append(got, s.UUID(), s.Data().Get("Caller-Caller-ID-Number"), s.Data().Get("variable_tag"))
				if s.Async() != strings.Contains(words, "async") || s.Full() != strings.Contains(words, "full") {
					t.Errorf("Async() = %v, Full() = %v", s.Async(), s.Full())
				}
				return nil
			}})
			sw, ends := startCalls(t, handOver(s.Addr(), words, esltest.App{Name: "set", Data: "tag=a b"}))
			caller, cause := ring(t, sw, ends)
			if got := cause(); got != fallback {
				t.Errorf("the call ended with %s, want that of the next action of the dialplan", got)
			}
			want := []string{
				"done sleep 20", "done playback tone_stream://%(20,0,440)", "done sleep 10",
				"EXECUTE sleep", "EXECUTE_COMPLETE sleep", "EXECUTE playback", "EXECUTE_COMPLETE playback",
				"EXECUTE sleep", "EXECUTE_COMPLETE sleep", "EXECUTE set", "EXECUTE_COMPLETE set",
				caller.UUID(), "79190000001", "a b",
			}
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("seen by the handler (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSetVariable(t *testing.T) {
	const value = `Добрый день, (1) 100% 'x' "y" {z} a|b;c`
	tests := []struct {
		name, variable, value string
		want                  error
	}{
		{"text", "greeting", value, nil},
		{"removed", "greeting", "", nil},
		{"name with an equals sign", "a=b", "c", esl.ErrArgument},
		{"no name", "", "c", esl.ErrArgument},
		{"API call", "greeting", "${system(x)}", esl.ErrArgument},
		{"global", "greeting", "$${x}", esl.ErrArgument},
		{"line end", "greeting", "a\nb", esl.ErrArgument},
		{"backslash", "greeting", `a\nb`, esl.ErrArgument},
		{"blank at the end", "greeting", "a ", esl.ErrArgument},
		{"NUL", "greeting", "a\x00b", esl.ErrArgument},
	}
	s, _ := serveCalls(t, esl.ServerOptions{Handler: func(ctx context.Context, s *esl.Session) error {
		for _, tt := range tests {
			err := s.Set(ctx, tt.variable, tt.value)
			if !errors.Is(err, tt.want) {
				t.Errorf("%s: Set() = %v, want %v", tt.name, err, tt.want)
			}
			if tt.want != nil {
				continue
			}
			got, err := s.API(ctx, "uuid_getvar", s.UUID(), tt.variable)
			if want := cmp.Or(tt.value, "_undef_"); got != want || err != nil {
				t.Errorf("%s: variable is %q, %v; want %q", tt.name, got, err, want)
			}
		}
		return nil
	}})
	sw, ends := startCalls(t, handOver(s.Addr(), "async full"))
	_, cause := ring(t, sw, ends)
	cause()
}

func TestUnsafeApplicationsAreNotSent(t *testing.T) {
	tests := []struct{ name, application, argument string }{
		{"API call", "set", "a=${system(reboot)}"},
		{"global", "set", "a=$${b}"},
		{"line end", "playback", "a\nb"},
		{"header", "playback", "a\nEvent-UUID: b"},
		{"carriage return", "playback", "a\rb"},
		{"NUL", "playback", "a\x00b"},
		{"line end in the name", "playback\nx", ""},
		{"no name", "", "x"},
		{"blank in the name", "play back", ""},
		{"reload of the event socket", "log", "reload mod_event_socket"},
		{"huge", "log", strings.Repeat("x", 1<<20)},
	}
	s, _ := serveCalls(t, esl.ServerOptions{Handler: func(ctx context.Context, s *esl.Session) error {
		for _, tt := range tests {
			if _, err := s.Execute(ctx, tt.application, tt.argument); !errors.Is(err, esl.ErrArgument) {
				t.Errorf("%s: Execute() = %v, want ErrArgument", tt.name, err)
			}
		}
		for _, cause := range []string{"", "normal", "A\nB", "A B"} {
			if err := s.Hangup(ctx, cause); !errors.Is(err, esl.ErrArgument) {
				t.Errorf("Hangup(%q) = %v, want ErrArgument", cause, err)
			}
		}
		return nil
	}})
	sw, ends := startCalls(t, handOver(s.Addr(), "async full"))
	_, cause := ring(t, sw, ends)
	cause()
	sent := strings.ReplaceAll(string(sw.Received()), "execute-app-name: unset", "") // by which the call may be given back
	for _, word := range []string{"execute-app-name", "hangup-cause", "reboot", "uuid_kill"} {
		if strings.Contains(sent, word) {
			t.Errorf("sent %q", sent)
		}
	}
}

func TestHangup(t *testing.T) {
	for _, words := range []string{"async full", "async", "full", ""} {
		t.Run("socket "+words, func(t *testing.T) {
			handled := make(chan struct{})
			s, _ := serveCalls(t, esl.ServerOptions{Handler: func(ctx context.Context, s *esl.Session) error {
				defer close(handled)
				if err := s.Hangup(ctx, "USER_BUSY"); err != nil {
					t.Errorf("Hangup() = %v", err)
				}
				closed(t, s.HungUp(), "hang-up")
				_, err := s.Execute(ctx, "sleep", "1000")
				if !errors.Is(err, esl.ErrHungUp) {
					t.Errorf("Execute() after the end = %v, want ErrHungUp", err)
				}
				return nil
			}})
			sw, ends := startCalls(t, handOver(s.Addr(), words))
			_, cause := ring(t, sw, ends)
			if got := cause(); got != "USER_BUSY" {
				t.Errorf("ended with %s", got)
			}
			closed(t, handled, "end of the handler")
		})
	}
}

// closed waits for a channel to be closed, not for ever.
func closed(t testing.TB, end <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-end:
	case <-time.After(10 * time.Second):
		t.Errorf("timed out waiting for %s", what)
	}
}

// The caller hangs up while an application runs: the application is cut short, and with linger the last events come.
func TestCallerHangsUp(t *testing.T) {
	tests := []struct {
		name, words string
		linger      time.Duration
		want        []string // events from the hang-up on
	}{
		{"lingering", "async full", 5 * time.Second, []string{"CHANNEL_HANGUP", "CHANNEL_EXECUTE_COMPLETE", "CHANNEL_HANGUP_COMPLETE"}},
		{"not lingering", "async full", -1, nil},
		{"not full", "async", 5 * time.Second, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			started, handled := make(chan struct{}), make(chan struct{})
			var got []string
			var failure error
			s, _ := serveCalls(t, esl.ServerOptions{Linger: tt.linger, Handler: func(ctx context.Context, s *esl.Session) error {
				defer close(handled)
				events := s.Subscribe(esl.SubscribeOptions{Name: "test"})
				go func() {
					for e := range events.C { // to the end of the session
						if e.Name() == "CHANNEL_EXECUTE" {
							close(started)
							break
						}
					}
				}()
				e, err := s.Execute(ctx, "sleep", "600000")
				failure = err
				closed(t, s.HungUp(), "hang-up")
				if e != nil && e.Get("Application") != "sleep" {
					t.Errorf("completed %s", e.Get("Application"))
				}
				for e := range events.C {
					if e.Get("Application") != "socket" { // it ends with the call, too
						got = append(got, e.Name())
					}
					if e.Name() == "CHANNEL_HANGUP_COMPLETE" {
						break
					}
				}
				return nil
			}})
			sw, ends := startCalls(t, handOver(s.Addr(), tt.words))
			caller, cause := ring(t, sw, ends)
			closed(t, started, "application")
			caller.Hangup()
			if got := cause(); got != "NORMAL_CLEARING" {
				t.Errorf("ended with %s", got)
			}
			closed(t, handled, "end of the handler")
			if tt.want == nil && !errors.Is(failure, esl.ErrHungUp) && failure != nil {
				t.Errorf("Execute() = %v, want ErrHungUp", failure)
			}
			got = slices.DeleteFunc(got, func(name string) bool { return !slices.Contains(tt.want, name) })
			if diff := gocmp.Diff(tt.want, got); tt.want != nil && diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCallsTooMany(t *testing.T) {
	reg := prometheus.NewRegistry()
	held, release := make(chan struct{}), make(chan struct{})
	s, _ := serveCalls(t, esl.ServerOptions{MaxSessions: 1, Registerer: reg, Handler: func(ctx context.Context, _ *esl.Session) error {
		close(held)
		select {
		case <-release:
		case <-ctx.Done():
		}
		return nil
	}})
	sw, ends := startCalls(t, handOver(s.Addr(), "async full"))
	_, first := ring(t, sw, ends)
	closed(t, held, "first call")
	_, second := ring(t, sw, ends)
	if got := second(); got != fallback {
		t.Errorf("one too many ended with %s, want the next action of the dialplan", got)
	}
	if got := metric(t, reg, "callgate_outbound_sessions"); got != 1 {
		t.Errorf("%v sessions, want 1", got)
	}
	close(release)
	if got := first(); got != fallback {
		t.Errorf("first ended with %s", got)
	}
	if got := metric(t, reg, "callgate_outbound_calls_total", "outcome", "too_many"); got != 1 {
		t.Errorf("%v too many, want 1", got)
	}
}

func TestStrangersAreNotServed(t *testing.T) {
	tests := []struct {
		name  string
		allow []netip.Prefix
		want  bool
	}{
		{"this machine by default", nil, true},
		{"listed", []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.1/32")}, true},
		{"not listed", []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, false},
		{"nobody", []netip.Prefix{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reg := prometheus.NewRegistry()
			served := false
			s, stop := serveCalls(t, esl.ServerOptions{Allow: tt.allow, Registerer: reg, Handler: func(context.Context, *esl.Session) error {
				served = true
				return nil
			}})
			sw, ends := startCalls(t, handOver(s.Addr(), ""))
			_, cause := ring(t, sw, ends)
			if got := cause(); got != fallback {
				t.Errorf("ended with %s", got)
			}
			stop()
			if served != tt.want {
				t.Errorf("served: %v, want %v", served, tt.want)
			}
			if got := metric(t, reg, "callgate_outbound_calls_total", "outcome", "not_allowed"); (got == 1) == tt.want {
				t.Errorf("%v not allowed", got)
			}
			if !tt.want && len(sw.Received()) > 0 && strings.Contains(string(sw.Received()), "connect") {
				t.Error("a stranger was told to connect")
			}
		})
	}
}

// After the connection is made the switch's own variable must not cut what runs when we go, nor strand the call.
func TestResumeIsOver(t *testing.T) {
	for _, words := range []string{"async full", "full"} {
		t.Run("socket "+words, func(t *testing.T) {
			resume := make(chan string, 1)
			s, _ := serveCalls(t, esl.ServerOptions{Handler: func(ctx context.Context, s *esl.Session) error {
				if got := s.Data().Get("variable_socket_resume"); got != "true" {
					t.Errorf("socket_resume was %q", got)
				}
				if _, err := s.Execute(ctx, "sleep", "1"); err != nil { // what came before it has been executed
					return err
				}
				got, _ := s.API(ctx, "uuid_getvar", s.UUID(), "socket_resume")
				resume <- got
				return nil
			}})
			sw, ends := startCalls(t, handOver(s.Addr(), words, esltest.App{Name: "set", Data: "socket_resume=true"}))
			_, cause := ring(t, sw, ends)
			if got := receive(t, resume, "variable"); got != "_undef_" {
				t.Errorf("socket_resume is %q", got)
			}
			if got := cause(); got != fallback {
				t.Errorf("ended with %s", got)
			}
		})
	}
}

func TestHandlerThatFails(t *testing.T) {
	tests := []struct {
		name    string
		handler func(context.Context, *esl.Session) error
	}{
		{"error", func(context.Context, *esl.Session) error { return errors.New("no route") }},
		{"panic", func(context.Context, *esl.Session) error { panic("oops") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reg := prometheus.NewRegistry()
			s, stop := serveCalls(t, esl.ServerOptions{Registerer: reg, Handler: tt.handler})
			sw, ends := startCalls(t, handOver(s.Addr(), "async full"))
			for range 2 { // the second is served as well
				_, cause := ring(t, sw, ends)
				if got := cause(); got != fallback {
					t.Errorf("ended with %s", got)
				}
			}
			stop()
			if got := metric(t, reg, "callgate_outbound_calls_total", "outcome", "failed"); got != 2 {
				t.Errorf("%v failed, want 2", got)
			}
		})
	}
}

// When the server stops, handlers are told, calls go on with their dialplans, and everything ends.
func TestServerDrains(t *testing.T) {
	const calls = 20
	var wg sync.WaitGroup
	wg.Add(calls)
	var mu sync.Mutex
	var causes []error
	s, stop := serveCalls(t, esl.ServerOptions{Handler: func(ctx context.Context, s *esl.Session) error {
		wg.Done()
		_, err := s.Execute(ctx, "sleep", "300")
		mu.Lock()
		defer mu.Unlock()
		causes = append(causes, err)
		return nil
	}})
	sw, ends := startCalls(t, handOver(s.Addr(), "async full"))
	for range calls {
		ring(t, sw, ends)
	}
	wg.Wait()
	stop()
	for _, err := range causes {
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("Execute() = %v, want context.Canceled or nil", err)
		}
	}
	for range calls { // in whatever order
		if got := receive(t, ends.C, "end of a call").Get("Hangup-Cause"); got != fallback {
			t.Errorf("ended with %s", got)
		}
	}
	if len(causes) != calls {
		t.Errorf("%d of %d handlers returned before Run", len(causes), calls)
	}
	if _, err := net.Dial("tcp", s.Addr()); err == nil {
		t.Error("the address is still served")
	}
}

func TestServerThatNeverRan(t *testing.T) {
	s, err := esl.NewServer(t.Context(), esl.ServerOptions{Addr: "127.0.0.1:0", Handler: func(context.Context, *esl.Session) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", s.Addr()); err == nil {
		t.Error("the address is still served")
	}
}

func TestServerOptionsThatCannotWork(t *testing.T) {
	handler := func(context.Context, *esl.Session) error { return nil }
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	tests := []struct {
		name    string
		options esl.ServerOptions
	}{
		{"no handler", esl.ServerOptions{Addr: "127.0.0.1:0"}},
		{"all events", esl.ServerOptions{Addr: "127.0.0.1:0", Handler: handler, Events: []string{"ALL"}}},
		{"subclass with a blank", esl.ServerOptions{Addr: "127.0.0.1:0", Handler: handler, Subclasses: []string{"a b"}}},
		{"address in use", esl.ServerOptions{Addr: l.Addr().String(), Handler: handler}},
		{"no address", esl.ServerOptions{Addr: "nowhere", Handler: handler}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := esl.NewServer(t.Context(), tt.options); err == nil {
				t.Error("NewServer() did not fail")
			}
		})
	}
}

// A start that failed leaves nothing behind, metrics included.
func TestServerAfterAFailedStart(t *testing.T) {
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	reg := prometheus.NewRegistry()
	o := esl.ServerOptions{Addr: l.Addr().String(), Registerer: reg, Handler: func(context.Context, *esl.Session) error { return nil }}
	if _, err := esl.NewServer(t.Context(), o); err == nil {
		t.Fatal("no error")
	}
	l.Close()
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("panic: %v", p)
		}
	}()
	s, err := esl.NewServer(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
}
