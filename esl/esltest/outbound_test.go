package esltest_test

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"callgate/esl/esltest"
)

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
