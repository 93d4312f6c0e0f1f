package esltest_test

import (
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callgate/esl/esltest"
)

func (b *bench) client() *peer { return newPeer(b.t, connect(b.t, b.s, b.in)) }

func (p *peer) end() []frame {
	p.t.Helper()
	return p.wait("the end", func(_ []frame, ended bool) bool { return ended })
}

func TestFaults(t *testing.T) {
	tests := []struct {
		name string
		do   func(t *testing.T, b *bench)
	}{
		{"refused by ACL", func(t *testing.T, b *bench) {
			b.s.RefuseByACL(true)
			got := b.client().end()
			if len(got) != 2 || got[0].get("Content-Type") != "text/rude-rejection" || got[0].body != "Access Denied, go away.\n" ||
				got[1].get("Content-Type") != "text/disconnect-notice" {
				t.Errorf("got %s", summary(got))
			}
			b.s.RefuseByACL(false)
			b.client().replies(1)
		}},
		{"silent", func(t *testing.T, b *bench) {
			b.s.GoSilent(true)
			p := b.client()
			b.life(50 * time.Second)
			p.mu.Lock()
			defer p.mu.Unlock()
			if len(p.got) > 0 || p.ended {
				t.Errorf("got %s", summary(p.got))
			}
		}},
		{"stops reading", func(t *testing.T, b *bench) {
			p := b.listener("TRAP")
			synctest.Wait() // for the next command
			b.s.StopReading(true)
			done := make(chan struct{})
			go func() {
				defer close(done)
				p.send("api echo 1\n\n") // the one that is being read
				p.send("api echo 2\n\n")
			}()
			p.replies(4)
			b.s.Fire("TRAP", "", nil, "") // events still come
			p.event(1, "Event-Name", "TRAP")
			synctest.Wait()
			select {
			case <-done:
				t.Error("the second command was read")
			default:
			}
			b.s.StopReading(false)
			p.replies(5)
			<-done
		}},
		{"drops after some commands", func(t *testing.T, b *bench) {
			b.s.DropAfter(2)
			p := b.client()
			p.replies(1)
			p.send("auth ClueCon\n\napi echo 1\n\n")
			p.replies(3)
			p.send("api echo 2\n\n")
			if got := p.end(); len(got) != 3 {
				t.Errorf("got %s", summary(got))
			}
		}},
		{"cuts all connections", func(t *testing.T, b *bench) {
			p := b.listener("TRAP")
			b.s.CutConnections()
			if got := p.end(); len(got) != 3 {
				t.Errorf("got %s", summary(got))
			}
			b.client().replies(1)
		}},
		{"fails a command", func(t *testing.T, b *bench) {
			b.s.FailCommand("callcenter_config tier", "-ERR broken\n")
			if got := b.api("callcenter_config tier list"); got != "-ERR broken\n" {
				t.Errorf("got %q", got)
			}
			if got := b.api("callcenter_config agent list"); got != "+OK\n" {
				t.Errorf("another: %q", got)
			}
			b.s.FailCommand("callcenter_config tier", "")
			if got := b.api("callcenter_config tier list"); got != "+OK\n" {
				t.Errorf("again: %q", got)
			}
		}},
		{"answers late", func(t *testing.T, b *bench) {
			b.s.DelayAPI(4 * time.Second)
			start := time.Now()
			b.api("echo 1")
			if took := time.Since(start); took != 4*time.Second {
				t.Errorf("took %v", took)
			}
		}},
		{"answers originate late", func(t *testing.T, b *bench) {
			b.s.DelayOriginate(4 * time.Second)
			start := time.Now()
			if got := b.api("originate user/nobody &park()"); got != "-ERR SUBSCRIBER_ABSENT\n" {
				t.Errorf("got %q", got)
			}
			if took := time.Since(start); took != 4*time.Second {
				t.Errorf("took %v", took)
			}
		}},
		{"shows what it got", func(t *testing.T, b *bench) {
			b.api("echo some thing")
			if got := string(b.s.Received()); got != "auth ClueCon\n\napi echo some thing\n\n" {
				t.Errorf("bytes %q", got)
			}
			if got := b.s.Commands(); !slices.Equal(got, []string{"echo some thing"}) {
				t.Errorf("commands %q", got)
			}
			if n := b.s.Connections(); n != 1 {
				t.Errorf("%d connections", n)
			}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { inBubble(t, esltest.Config{}, test.do) })
	}
}

func TestRestart(t *testing.T) {
	inBubble(t, centreConfig(esltest.Queue{}, "a=quick"), func(t *testing.T, b *bench) {
		p := b.listener("HEARTBEAT CUSTOM callcenter::info")
		b.s.Heartbeat()
		before := lookup(p.event(1, "Event-Name", "HEARTBEAT").event, "Core-UUID")
		call, err := b.s.Call(esltest.Call{Number: "7", Extension: "q"})
		if err != nil {
			t.Fatal(err)
		}
		p.event(1, "CC-Agent-State", "In a queue call")
		b.command("bgapi originate sofia/internal/sleeps@127.0.0.1:5080 &park()")
		b.api("callcenter_config agent set status a 'On Break'")
		b.s.Restart()
		p.end()
		<-call.Done()
		after := b.listener("ALL")
		other := newAdmin(t, connect(t, b.s, b.in))
		other.life(50 * time.Second)
		other.life(50 * time.Second) // whatever was under way would have ended by now
		b.s.Heartbeat()
		e := after.event(1, "Event-Name", "HEARTBEAT").event
		if lookup(e, "Core-UUID") == before || lookup(e, "Session-Count") != "0" || lookup(e, "Session-Since-Startup") != "0" {
			t.Errorf("heartbeat %v", e)
		}
		if got := after.events(""); strings.Contains(got, "CHANNEL") || strings.Contains(got, "BACKGROUND") || strings.Contains(got, "member") {
			t.Errorf("ghosts: %s", got)
		}
		if got := other.api("callcenter_config agent get state a"); got != "Waiting" {
			t.Errorf("agent %q", got)
		}
		if got := other.api("callcenter_config agent get status a"); got != "Available" {
			t.Errorf("status from the configuration: %q", got)
		}
	})
}

// TestSlowReader: a client that does not read loses events and then its
// connection, and holds up nobody else.
func TestSlowReader(t *testing.T) {
	inBubble(t, esltest.Config{}, func(t *testing.T, b *bench) {
		nc := connect(t, b.s, b.in)
		defer nc.Close()
		buf := make([]byte, 1024)
		for _, text := range []string{"", "auth ClueCon\n\n", "event plain TRAP\n\n"} {
			if text != "" {
				if _, err := nc.Write([]byte(text)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := nc.Read(buf); err != nil {
				t.Fatal(err)
			}
		}
		for range 100_000 + 600 {
			b.s.Fire("TRAP", "", nil, "")
		}
		b.api("echo alive")
		for {
			if _, err := nc.Read(buf); err != nil {
				return // cut
			}
		}
	})
}

// outbound runs f with a switch whose calls to "app" go to us.
func outbound(t *testing.T, mode string, after []esltest.App, f func(t *testing.T, b *bench, out *pipes)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		in, out := newPipes("127.0.0.1:8021"), newPipes("app:8084")
		cfg := originateConfig()
		cfg.Listener, cfg.Dial, cfg.Heartbeat = in, out.dial, -1
		cfg.Extensions = append(cfg.Extensions, esltest.Extension{Name: "app", Match: "^app$",
			Apps: append([]esltest.App{{Name: "answer"}, {Name: "socket", Data: "app " + mode}}, after...)})
		s := run(t, cfg)
		f(t, &bench{admin: newAdmin(t, connect(t, s, in)), s: s, in: in}, out)
	})
}

func acceptCall(t *testing.T, b *bench, out *pipes) (*esltest.Caller, *peer) {
	t.Helper()
	call, err := b.s.Call(esltest.Call{Number: "7", Extension: "app"})
	if err != nil {
		t.Fatal(err)
	}
	var nc net.Conn
	if nc, err = out.Accept(); err != nil {
		t.Fatal(err)
	}
	return call, newPeer(t, nc)
}

func TestOutboundSocket(t *testing.T) {
	marks := []esltest.App{{Name: "set", Data: "next=reached"}, {Name: "sleep", Data: "60000"}}
	next := func(b *bench, call *esltest.Caller) string {
		b.life(500 * time.Millisecond)
		return b.api("uuid_getvar " + call.UUID() + " next")
	}
	tests := []struct {
		name, mode string
		do         func(t *testing.T, b *bench, call *esltest.Caller, p *peer)
	}{
		{"sync: gone before connect, dialplan goes on", "", func(t *testing.T, b *bench, call *esltest.Caller, p *peer) {
			p.nc.Close()
			if got := next(b, call); got != "reached" {
				t.Errorf("next %q", got)
			}
		}},
		{"async: gone before connect, parked with nobody", "async", func(t *testing.T, b *bench, call *esltest.Caller, p *peer) {
			p.nc.Close()
			if got := next(b, call); got != "_undef_" {
				t.Errorf("next %q", got)
			}
			if got := b.api("uuid_getvar " + call.UUID() + " current_application"); got != "socket" {
				t.Errorf("in %q", got)
			}
		}},
		{"async: gone after connect, dialplan goes on", "async full", func(t *testing.T, b *bench, call *esltest.Caller, p *peer) {
			p.send("connect\n\n")
			p.wait("the call", func(got []frame, _ bool) bool { return len(got) == 1 })
			b.life(time.Second)
			p.nc.Close()
			if got := next(b, call); got != "reached" {
				t.Errorf("next %q", got)
			}
		}},
		{"no command for 25 s", "", func(t *testing.T, b *bench, call *esltest.Caller, p *peer) {
			start := time.Now()
			p.end()
			if took := time.Since(start).Round(time.Second); took != 25*time.Second {
				t.Errorf("cut after %v", took)
			}
			if got := next(b, call); got != "reached" {
				t.Errorf("next %q", got)
			}
		}},
		{"without full", "async", func(t *testing.T, b *bench, _ *esltest.Caller, p *peer) {
			p.send("connect\n\napi status\n\nlinger\n\ngetvar sip_from_user\n\n")
			got := p.wait("replies", func(got []frame, _ bool) bool { return len(got) == 4 })
			for i, want := range []string{"-ERR command not found", "-ERR command not found", "7"} {
				if text := got[i+1].get("Reply-Text"); text != want {
					t.Errorf("reply %d: want %q, got %q", i, want, text)
				}
			}
			if got[0].get("Control") != "single-channel" || got[0].get("Socket-Mode") != "async" {
				t.Errorf("connect: %v", got[0].head)
			}
		}},
		{"event-lock lets messages wait", "async full", func(t *testing.T, b *bench, _ *esltest.Caller, p *peer) {
			p.send("connect\n\nevent json CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE\n\n")
			for _, app := range []string{"sleep\nexecute-app-arg: 1000", "set\nexecute-app-arg: a=1"} {
				p.send("sendmsg\ncall-command: execute\nexecute-app-name: " + app + "\nevent-lock: true\n\n")
			}
			p.event(1, "Event-Name", "CHANNEL_EXECUTE_COMPLETE", "Application", "set")
			want := "CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE"
			if got := p.events(""); got != want {
				t.Errorf("want %s\ngot  %s", want, got)
			}
		}},
		{"without event-lock they run inside", "async full", func(t *testing.T, b *bench, _ *esltest.Caller, p *peer) {
			p.send("connect\n\nevent json CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE\n\n")
			for _, app := range []string{"sleep\nexecute-app-arg: 1000", "set\nexecute-app-arg: a=1"} {
				p.send("sendmsg\ncall-command: execute\nexecute-app-name: " + app + "\n\n")
			}
			p.event(1, "Event-Name", "CHANNEL_EXECUTE_COMPLETE", "Application", "sleep")
			want := "CHANNEL_EXECUTE CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE CHANNEL_EXECUTE_COMPLETE"
			if got := p.events(""); got != want {
				t.Errorf("want %s\ngot  %s", want, got)
			}
		}},
		{"caller hangs up without linger", "async full", func(t *testing.T, b *bench, call *esltest.Caller, p *peer) {
			p.send("connect\n\n")
			p.wait("the call", func(got []frame, _ bool) bool { return len(got) == 1 })
			call.Hangup()
			got := p.end()
			if len(got) != 2 || got[1].get("Content-Disposition") != "disconnect" || got[1].get("Controlled-Session-UUID") != call.UUID() {
				t.Errorf("got %s", summary(got))
			}
			<-call.Done()
		}},
		{"bridge from the application", "async full", func(t *testing.T, b *bench, call *esltest.Caller, p *peer) {
			p.send("connect\n\nmyevents json\n\n")
			p.send("sendmsg\ncall-command: execute\nexecute-app-name: bridge\nexecute-app-arg: sofia/internal/ok@127.0.0.1:5080\n\n")
			p.event(1, "Event-Name", "CHANNEL_BRIDGE")
			call.Hangup()
			p.end()
			<-call.Done()
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			outbound(t, test.mode, marks, func(t *testing.T, b *bench, out *pipes) {
				call, p := acceptCall(t, b, out)
				test.do(t, b, call, p)
			})
		})
	}
}

func TestOutboundNobodyListens(t *testing.T) {
	outbound(t, "", []esltest.App{{Name: "set", Data: "next=reached"}, {Name: "park"}}, func(t *testing.T, b *bench, out *pipes) {
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
		call, err := b.s.Call(esltest.Call{Number: "7", Extension: "app"})
		if err != nil {
			t.Fatal(err)
		}
		b.life(time.Second)
		if got := b.api("uuid_getvar " + call.UUID() + " next"); got != "reached" {
			t.Errorf("next %q", got)
		}
	})
}
