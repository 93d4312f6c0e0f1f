package esltest_test

import (
	"strings"
	"testing"
	"time"

	"callgate/esl/esltest"
)

// TestControllerGone is what becomes of a call when its socket closes.
func TestControllerGone(t *testing.T) {
	const resume = "socket_resume=true"
	connected := func(p *peer) { p.say("connect"); time.Sleep(time.Second) }
	tests := []struct {
		name, mode, variable string
		do                   func(p *peer) // before it closes
		want                 string
	}{
		{"sync, before connect", "full", "", func(*peer) {}, inNext},
		{"sync, before connect, resume", "full", resume, func(*peer) {}, leftAlone},
		{"sync, connected", "full", "", connected, inNext},
		{"sync, connected, resume", "full", resume, connected, leftAlone},
		{"sync, asked to resume", "", "", func(p *peer) { connected(p); p.say("resume") }, leftAlone},
		{"sync, exit", "full", "", func(p *peer) { connected(p); p.say("exit") }, inNext},
		{"async, before connect", "async full", "", func(*peer) {}, inSocket},
		{"async, before connect, resume", "async full", resume, func(*peer) {}, inNext},
		{"async, connected", "async full", "", connected, inNext},
		{"async, connected a moment", "async full", "", func(p *peer) { p.say("connect"); time.Sleep(10 * time.Millisecond) }, inNext},
		{"async, connected too short to be seen", "async full", "", func(p *peer) { p.say("connect") }, inSocket},
		{"async, connected, resume", "async full", resume, connected, inNext},
		{"async, asked to resume", "async", "", func(p *peer) { connected(p); p.say("resume") }, inNext},
		{"async, exit", "async full", "", func(p *peer) { connected(p); p.say("exit") }, inNext},
		{"async, after another command than connect", "async full", "", func(p *peer) { p.send("getvar uuid\n\n"); time.Sleep(time.Second) }, inSocket},
		{"sync, while an application runs", "full", "", func(p *peer) {
			connected(p)
			p.send("sendmsg\ncall-command: execute\nexecute-app-name: playback\nexecute-app-arg: silence_stream://3000\n\n")
			time.Sleep(time.Second)
		}, "CS_EXECUTE playback _undef_"},
		{"async, while an application runs", "async full", "", func(p *peer) {
			connected(p)
			p.execute("playback", "silence_stream://3000")
			time.Sleep(time.Second)
		}, "CS_EXECUTE playback _undef_"},
		{"async, while an application runs, resume", "async full", resume, func(p *peer) {
			connected(p)
			p.execute("playback", "silence_stream://3000")
			time.Sleep(time.Second)
		}, inNext},
		{"async, transferred away", "async full", "", func(p *peer) { connected(p); p.execute("transfer", "away") }, "CS_EXECUTE sleep away"},
		{"async, just being transferred, resume", "async full", resume, func(p *peer) {
			connected(p)
			p.send("sendmsg\ncall-command: execute\nexecute-app-name: transfer\nexecute-app-arg: away\n\nexit\n\n")
			time.Sleep(time.Second)
		}, "CS_EXECUTE sleep away"},
		{"async, transferred away before, resume", "async full", resume, func(p *peer) {
			connected(p)
			p.execute("transfer", "away")
			time.Sleep(time.Second)
		}, "CS_RESET sleep away"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			outbound(t, test.mode, test.variable, goesOn, func(t *testing.T, b *bench, out *esltest.Pipes) {
				call, p := acceptCall(t, b, out)
				test.do(p)
				p.nc.Close()
				if got := b.state(call); got != test.want {
					t.Errorf("want %s, got %s", test.want, got)
				}
				if strings.Contains(test.want, "playback") {
					b.life(3 * time.Second)
					if got := b.state(call); got != inNext {
						t.Errorf("after the application %s", got)
					}
				}
				b.api("uuid_kill " + call.UUID())
				<-call.Done() // stranded or not, it can be ended
			})
		})
	}
}

// TestNothingLeft: with the dialplan at its end the call is hung up.
func TestNothingLeft(t *testing.T) {
	for _, mode := range []string{"full", "async full"} {
		t.Run(mode, func(t *testing.T) {
			outbound(t, mode, "", nil, func(t *testing.T, b *bench, out *esltest.Pipes) {
				events := b.listener("CHANNEL_HANGUP_COMPLETE")
				_, p := acceptCall(t, b, out)
				p.say("connect")
				time.Sleep(time.Second)
				p.nc.Close()
				e := events.event(1, "Event-Name", "CHANNEL_HANGUP_COMPLETE").event
				if cause := lookup(e, "Hangup-Cause"); cause != "NORMAL_CLEARING" {
					t.Errorf("cause %s", cause)
				}
			})
		})
	}
}

// TestControllerGoneFromBridge: a bridge goes on without its controller, unless
// the call is to resume.
func TestControllerGoneFromBridge(t *testing.T) {
	tests := []struct{ name, variable, want string }{
		{"stays", "", "CS_EXECUTE bridge _undef_"},
		{"resumes", "socket_resume=true", inNext},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			outbound(t, "async full", test.variable, goesOn, func(t *testing.T, b *bench, out *esltest.Pipes) {
				call, p := acceptCall(t, b, out)
				p.say("connect")
				p.say("myevents json")
				p.execute("bridge", quick)
				p.event(1, "Event-Name", "CHANNEL_BRIDGE")
				p.nc.Close()
				if got := b.state(call); got != test.want {
					t.Errorf("want %s, got %s", test.want, got)
				}
				b.s.CutConnections()
			})
		})
	}
}

// TestSocketWaits 25 s for a command.
func TestSocketWaits(t *testing.T) {
	tests := []struct{ name, mode, variable, want string }{
		{"sync", "full", "", inNext},
		{"async", "async full", "", inSocket},
		{"async, resume", "async full", "socket_resume=true", inNext},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			outbound(t, test.mode, test.variable, goesOn, func(t *testing.T, b *bench, out *esltest.Pipes) {
				call, p := acceptCall(t, b, out)
				start := time.Now()
				got := p.end()
				if took := time.Since(start).Round(time.Second); took != 25*time.Second {
					t.Errorf("cut after %v", took)
				}
				if len(got) != 1 || got[0].get("Content-Disposition") != "disconnect" {
					t.Errorf("got %s", summary(got))
				}
				if got := b.state(call); got != test.want {
					t.Errorf("want %s, got %s", test.want, got)
				}
			})
		})
	}
}

// TestLastMessage: what was queued before the controller left is done before the
// dialplan goes on.
func TestLastMessage(t *testing.T) {
	outbound(t, "async full", "socket_resume=true", goesOn, func(t *testing.T, b *bench, out *esltest.Pipes) {
		call, p := acceptCall(t, b, out)
		p.say("connect")
		time.Sleep(time.Second)
		p.send("sendmsg\ncall-command: execute\nexecute-app-name: set\nexecute-app-arg: before=no${next}\n\nexit\n\n")
		p.end()
		if got := b.state(call); got != inNext {
			t.Errorf("then %s", got)
		}
		if got := b.api("uuid_getvar " + call.UUID() + " before"); got != "no" {
			t.Errorf("before %q", got)
		}
	})
}

// TestNoPark: a call that resumes before anybody took it never parks.
func TestNoPark(t *testing.T) {
	outbound(t, "async full", "socket_resume=true", goesOn, func(t *testing.T, b *bench, out *esltest.Pipes) {
		events := b.listener("CHANNEL_PARK CHANNEL_UNPARK")
		call, p := acceptCall(t, b, out)
		p.nc.Close()
		if got := b.state(call); got != inNext || events.events("") != "" {
			t.Errorf("%s, after %s", got, events.events(""))
		}
	})
}
