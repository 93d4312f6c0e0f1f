package esl_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callgate/esl"
	"callgate/esl/esltest"
)

// hurry makes faults show in a fraction of a second.
func hurry(o esl.Options) esl.Options {
	o.DialTimeout, o.CommandTimeout, o.PingInterval = 300*time.Millisecond, 300*time.Millisecond, 100*time.Millisecond
	return o
}

// A switch on real sockets does what networks and FreeSWITCH do at their worst. Every time the link says why it is down,
// comes back by itself, and tells everybody to look afresh.
func TestLinkOutlivesFaults(t *testing.T) {
	anyOf := func(err ...error) []error { return err }
	tests := []struct {
		name string
		make func(*esltest.Switch)
		end  func(*esltest.Switch)
		want []error // one of these is why the link is down
		all  bool    // every connection is hit
	}{
		{"reset", func(s *esltest.Switch) { s.ResetConnections() }, nil, anyOf(esl.ErrClosed), true},
		{"orderly close", func(s *esltest.Switch) { s.CutConnections() }, nil, anyOf(esl.ErrClosed), true},
		{"restart", func(s *esltest.Switch) { s.Restart() }, nil, anyOf(esl.ErrClosed), true},
		{"access list", func(s *esltest.Switch) { s.RefuseByACL(true); s.CutConnections() },
			func(s *esltest.Switch) { s.RefuseByACL(false) }, anyOf(esl.ErrRefused), true},
		{"silence", func(s *esltest.Switch) { s.GoSilent(true); s.CutConnections() },
			func(s *esltest.Switch) { s.GoSilent(false); s.CutConnections() }, anyOf(esl.ErrSilent), true},
		{"wedged", func(s *esltest.Switch) { s.Hang(true) }, func(s *esltest.Switch) { s.Hang(false) }, anyOf(esl.ErrUnresponsive, esl.ErrSilent), false},
		{"stops reading", func(s *esltest.Switch) { s.StopReading(true) },
			func(s *esltest.Switch) { s.StopReading(false) }, anyOf(esl.ErrUnresponsive, esl.ErrSilent), false},
		{"cut in a frame", func(s *esltest.Switch) { s.CutFrame(20) }, nil, anyOf(esl.ErrClosed), false},
		{"negative length", func(s *esltest.Switch) { s.LieAboutLength("-1"); s.Heartbeat() }, nil, anyOf(esl.ErrProtocol), false},
		{"huge length", func(s *esltest.Switch) { s.LieAboutLength("2147483647"); s.Heartbeat() }, nil, anyOf(esl.ErrProtocol), false},
		{"length that is too long", func(s *esltest.Switch) { s.LieAboutLength("100000"); s.Heartbeat() }, nil, anyOf(esl.ErrUnresponsive), false},
		{"length that is too short", func(s *esltest.Switch) { s.LieAboutLength("10"); s.Heartbeat() }, nil, anyOf(esl.ErrUnresponsive, esl.ErrProtocol), false},
		{"length that is no number", func(s *esltest.Switch) { s.LieAboutLength("ten"); s.Heartbeat() }, nil, anyOf(esl.ErrProtocol), false},
		{"dribble", func(s *esltest.Switch) { s.WriteSlowly(1, 20*time.Millisecond); s.Heartbeat() },
			func(s *esltest.Switch) { s.WriteSlowly(0, 0) }, anyOf(esl.ErrUnresponsive, esl.ErrSilent), false},
		{"a reply nobody asked for", func(s *esltest.Switch) { s.SendRaw("Content-Type: command/reply\nReply-Text: +OK\n\n") }, nil, anyOf(esl.ErrProtocol), false},
		{"late access list", func(s *esltest.Switch) { s.SendRaw("Content-Type: text/rude-rejection\n\n") }, nil, anyOf(esl.ErrRefused), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ups := make(chan struct{}, 64)
			sw, c := startSwitch(t, esltest.Config{}, hurry(esl.Options{Events: []string{"HEARTBEAT"}, PoolSize: 1,
				OnUp: func(ctx context.Context, c *esl.Client) {
					ups <- struct{}{}
					<-ctx.Done()
				}}))
			receive(t, ups, "first link")
			sub := c.Subscribe(esl.SubscribeOptions{Name: "test"})
			defer sub.Close()
			tt.make(sw)
			var seen []error
			deadline := time.After(10 * time.Second)
			tick := time.NewTicker(time.Millisecond)
			defer tick.Stop()
			for !slices.ContainsFunc(seen, func(err error) bool {
				return slices.ContainsFunc(tt.want, func(want error) bool { return errors.Is(err, want) })
			}) {
				select {
				case <-tick.C:
					if err := c.Err(); err != nil {
						seen = append(seen, err)
					}
				case <-deadline:
					t.Fatalf("the link was down because of %v, want one of %v", seen, tt.want)
				}
			}
			if tt.end != nil {
				tt.end(sw)
			}
			if tt.all {
				receive(t, ups, "second link")
				receive(t, sub.Lost(), "signal to look afresh")
			}
			for !c.Ready() { // where only the connection for commands was hit, events never stopped
				select {
				case <-tick.C:
				case <-deadline:
					t.Fatalf("the link is still down: %v", c.Err())
				}
			}
			if got, err := c.API(t.Context(), "echo", "x"); got != "x" || err != nil {
				t.Errorf("API() = %q, %v", got, err)
			}
		})
	}
}

// Frames that are strange but whole do no harm.
func TestStrangeFramesDoNoHarm(t *testing.T) {
	reg := prometheus.NewRegistry()
	sw, c := startSwitch(t, esltest.Config{}, esl.Options{Events: []string{"HEARTBEAT"}, PoolSize: 1, Registerer: reg})
	sub := c.Subscribe(esl.SubscribeOptions{Name: "test", Events: []string{"HEARTBEAT"}})
	defer sub.Close()
	for _, raw := range []string{
		"Content-Type: log/data\nContent-Length: 4\nLog-Level: 7\n\nlog\n", "Content-Type: text/unheard-of\n\n", "\n\n\n\r\n",
		"Content-Length: 13\nContent-Type: text/event-json\n\n{\"Event-Name\"", "Content-Length: 4\nContent-Type: text/event-plain\n\na: b",
		"Content-Length: 36\nContent-Type: text/event-plain\n\nEvent-Name: X\nodd /(name) \xff: v%GG%4\n\n",
	} {
		sw.SendRaw(raw)
	}
	sw.Heartbeat()
	receive(t, sub.C, "event")
	if got, err := c.API(t.Context(), "echo", "x"); got != "x" || err != nil {
		t.Errorf("API() = %q, %v", got, err)
	}
	if got := metric(t, reg, "callgate_esl_reconnects_total"); got != 0 {
		t.Errorf("%v reconnects", got)
	}
}

// A switch that is slow to read takes what it can; what it has not been told by its time was not sent.
func TestSwitchThatReadsSlowly(t *testing.T) {
	sw, c := startSwitch(t, esltest.Config{}, esl.Options{PoolSize: 1})
	sw.ReadSlowly(5 * time.Millisecond)
	callMany(t, c, 16, 5)
}

// Several switches, each with its name: what happens to one does not touch the other.
func TestSeveralSwitches(t *testing.T) {
	reg := prometheus.NewRegistry()
	one, first := startSwitch(t, esltest.Config{Hostname: "one"}, hurry(esl.Options{Name: "one", Registerer: reg}))
	two, second := startSwitch(t, esltest.Config{Hostname: "two"}, hurry(esl.Options{Name: "two", Registerer: reg}))
	if first.CoreUUID() != one.CoreUUID() || second.CoreUUID() != two.CoreUUID() || first.CoreUUID() == second.CoreUUID() {
		t.Errorf("cores %q and %q", first.CoreUUID(), second.CoreUUID())
	}
	one.RefuseByACL(true)
	one.CutConnections()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !errors.Is(first.Err(), esl.ErrRefused) {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("Err() = %v, want ErrRefused", first.Err())
		}
	}
	for range 100 {
		if got, err := second.API(t.Context(), "switchname"); got != "two" || err != nil {
			t.Fatalf("API() on the other = %q, %v", got, err)
		}
	}
	if metric(t, reg, "callgate_esl_up", "switch", "one") != 0 || metric(t, reg, "callgate_esl_up", "switch", "two") != 1 {
		t.Error("metrics mix the switches up")
	}
	one.RefuseByACL(false)
}

// The same faults while calls are under control: handlers end, the server goes on.
func TestServerOutlivesFaults(t *testing.T) {
	tests := []struct {
		name string
		make func(s *esltest.Switch, call string)
		end  func(*esltest.Switch)
		want []error // why the application's outcome is not known, or that the call has ended
	}{
		{"reset", func(s *esltest.Switch, _ string) { s.ResetConnections() }, nil, []error{esl.ErrClosed}},
		{"orderly close", func(s *esltest.Switch, _ string) { s.CutConnections() }, nil, []error{esl.ErrClosed}},
		{"wedged", func(s *esltest.Switch, _ string) { s.Hang(true) }, func(s *esltest.Switch) { s.Hang(false) }, []error{esl.ErrUnresponsive}},
		{"wrong length", func(s *esltest.Switch, call string) {
			s.LieAboutLength("-1")
			s.Fire("DTMF", "", []string{"Unique-ID", call}, "")
		}, nil, []error{esl.ErrProtocol}},
		{"a reply nobody asked for", func(s *esltest.Switch, _ string) {
			s.SendRaw("Content-Type: command/reply\nReply-Text: +OK\n\n")
		}, nil, []error{esl.ErrProtocol}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			running, got := make(chan struct{}, 8), make(chan error, 8)
			s, _ := serveCalls(t, esl.ServerOptions{CommandTimeout: 300 * time.Millisecond, PingInterval: 100 * time.Millisecond,
				Handler: func(ctx context.Context, s *esl.Session) error {
					events := s.Subscribe(esl.SubscribeOptions{Name: "test", Events: []string{"CHANNEL_EXECUTE"}})
					go func() {
						<-events.C
						running <- struct{}{}
					}()
					_, err := s.Execute(ctx, "sleep", "60000")
					got <- err
					return err
				}})
			sw, err := esltest.Start(handOver(s.Addr(), "async full"))
			if err != nil {
				t.Fatal(err)
			}
			defer sw.Close()
			for range 2 { // the server goes on
				caller, err := sw.Call(esltest.Call{Number: "79190000001", Extension: "1"})
				if err != nil {
					t.Fatal(err)
				}
				receive(t, running, "application")
				tt.make(sw, caller.UUID())
				err = receive(t, got, "end of the application")
				if !errors.Is(err, esl.ErrOutcomeUnknown) || !slices.ContainsFunc(tt.want, func(want error) bool { return errors.Is(err, want) }) {
					t.Errorf("Execute() = %v, want ErrOutcomeUnknown and one of %v", err, tt.want)
				}
				if tt.end != nil {
					tt.end(sw)
				}
			}
		})
	}
}
