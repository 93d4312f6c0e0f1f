package esltest_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callgate/esl/esltest"
)

// outbound runs f with a switch whose calls to "app" set the variable given
// (name=value, or nothing) and go to us.
func outbound(t *testing.T, mode, variable string, after []esltest.App, f func(t *testing.T, b *bench, out *esltest.Pipes)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		in, out := esltest.NewPipes("127.0.0.1:8021"), esltest.NewPipes("app:8084")
		cfg := originateConfig()
		cfg.Listener, cfg.Dial, cfg.Heartbeat = in, out.Dial, -1
		apps := []esltest.App{{Name: "answer"}, {Name: "set", Data: variable}, {Name: "socket", Data: "app " + mode}}
		cfg.Extensions = append(cfg.Extensions,
			esltest.Extension{Name: "app", Match: "^app$", Apps: append(apps, after...)},
			esltest.Extension{Name: "away", Match: "^away$", Apps: []esltest.App{{Name: "set", Data: "next=away"}, {Name: "sleep", Data: "60000"}}})
		s := run(t, cfg)
		f(t, &bench{admin: newAdmin(t, connect(t, s, in)), s: s, in: in}, out)
	})
}

// goesOn is a dialplan whose course can be seen by the variable next.
var goesOn = []esltest.App{{Name: "set", Data: "next=reached"}, {Name: "sleep", Data: "60000"}}

func acceptCall(t *testing.T, b *bench, out *esltest.Pipes) (*esltest.Caller, *peer) {
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

// say sends one command and returns the reply to it.
func (p *peer) say(text string) frame {
	p.t.Helper()
	isAnswer := func(f frame) bool { return f.isReply() || f.get("Socket-Mode") != "" }
	count := func(got []frame) (n int, last frame) {
		for _, f := range got {
			if isAnswer(f) {
				n, last = n+1, f
			}
		}
		return n, last
	}
	p.mu.Lock()
	before, _ := count(p.got)
	p.mu.Unlock()
	p.send(text + "\n\n")
	_, last := count(p.wait("an answer to "+text, func(got []frame, _ bool) bool {
		n, _ := count(got)
		return n > before
	}))
	return last
}

// execute asks for an application, with more headers if need be.
func (p *peer) execute(app, arg string, more ...string) frame {
	p.t.Helper()
	text := "sendmsg\ncall-command: execute\nexecute-app-name: " + app
	if arg != "" {
		text += "\nexecute-app-arg: " + arg
	}
	return p.say(strings.Join(append([]string{text}, more...), "\n"))
}

// state is how a call goes on: where its channel is and how far the dialplan came.
func (b *bench) state(call *esltest.Caller) string {
	b.t.Helper()
	b.life(500 * time.Millisecond)
	if b.api("uuid_exists "+call.UUID()) != "true" {
		return "gone"
	}
	dump := b.api("uuid_dump " + call.UUID() + " plain")
	_, state, _ := strings.Cut(dump, "\nChannel-State: [")
	state, _, _ = strings.Cut(state, "]")
	return strings.Join([]string{state, b.api("uuid_getvar " + call.UUID() + " current_application"), b.api("uuid_getvar " + call.UUID() + " next")}, " ")
}

const (
	inSocket  = "CS_EXECUTE socket _undef_"
	inNext    = "CS_EXECUTE sleep reached"
	leftAlone = "CS_RESET socket _undef_" // until it is hung up
)

// TestSocketHosts are tried in order.
func TestSocketHosts(t *testing.T) {
	tests := []struct {
		name, hosts string
		answers     string
		dialled     string
		host, path  string
		want        string
	}{
		{"first", "a|b", "a:8084", "a:8084", "a", "_undef_", inSocket},
		{"second", "a|b", "b:8084", "a:8084 b:8084", "b", "_undef_", inSocket},
		{"port carries over", "a:9000|b|c:9001|d", "d:9001", "a:9000 b:9000 c:9001 d:9001", "d", "_undef_", inSocket},
		{"path", "a:9000/x/y|b", "b:9000", "a:9000 b:9000", "b", "x/y", inSocket},
		{"path without a port", "a/x", "a:8084", "a:8084", "a", "x", inSocket},
		{"empty host", "|a", "a:8084", "a:8084", "a", "_undef_", inSocket},
		{"nobody", "a|b:9000", "", "a:8084 b:9000", "b", "_undef_", inNext},
		{"no host at all", "|", "", "", "_undef_", "_undef_", inNext},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in, out := esltest.NewPipes("127.0.0.1:8021"), esltest.NewPipes("")
				dialled := make(chan string, 100)
				cfg := esltest.Config{Listener: in, Heartbeat: -1, Extensions: []esltest.Extension{{Match: "^app$",
					Apps: append([]esltest.App{{Name: "socket", Data: test.hosts + " full"}}, goesOn...)}}}
				cfg.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
					dialled <- addr
					if addr != test.answers {
						return nil, errors.New("refused")
					}
					return out.Dial(ctx, network, addr)
				}
				s := run(t, cfg)
				b := &bench{admin: newAdmin(t, connect(t, s, in)), s: s, in: in}
				call, err := s.Call(esltest.Call{Extension: "app"})
				if err != nil {
					t.Fatal(err)
				}
				if test.answers != "" {
					nc, err := out.Accept()
					if err != nil {
						t.Fatal(err)
					}
					defer nc.Close()
				}
				got := b.state(call)
				close(dialled)
				var all []string
				for addr := range dialled {
					all = append(all, addr)
				}
				host, path := b.api("uuid_getvar "+call.UUID()+" socket_host"), b.api("uuid_getvar "+call.UUID()+" socket_path")
				if s := strings.Join(all, " "); s != test.dialled || host != test.host || path != test.path || got != test.want {
					t.Errorf("dialled %s, host %s, path %s, then %s", s, host, path, got)
				}
			})
		})
	}
}

// TestFirstCommand: only connect is answered, and what writes by itself.
func TestFirstCommand(t *testing.T) {
	tests := []struct{ name, send, want string }{
		{"connect", "connect", "connect"},
		{"something else", "getvar uuid", "connect"},
		{"nonsense", "hello", "connect"},
		{"api", "api echo hi", "hi connect"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			outbound(t, "async full", "", goesOn, func(t *testing.T, b *bench, out *esltest.Pipes) {
				_, p := acceptCall(t, b, out)
				p.send(test.send + "\n\n")
				if test.send != "connect" {
					p.send("connect\n\n")
				}
				p.send("exit\n\n")
				var said []string
				for _, f := range p.end() {
					switch {
					case f.get("Socket-Mode") != "":
						said = append(said, "connect")
					case f.get("Content-Type") == "api/response":
						said = append(said, f.body)
					case f.isReply() && f.get("Reply-Text") != "+OK bye":
						said = append(said, f.get("Reply-Text"))
					}
				}
				if got := strings.Join(said, " "); got != test.want {
					t.Errorf("want %s, got %s", test.want, got)
				}
			})
		})
	}
}

// TestSocketCommands answers on the socket of a channel, with and without full.
func TestSocketCommands(t *testing.T) {
	const refused = "-ERR command not found"
	tests := []struct{ send, full, limited string }{
		{"api echo x", "x", refused},
		{"bgapi echo x\nJob-UUID: j", "+OK Job-UUID: j", refused},
		{"event json ALL", "+OK event listener enabled json", refused},
		{"nixevent ALL", "+OK events nixed", refused},
		{"noevents", "-ERR not listening for events", refused},
		{"log 7", "+OK log level 7 [7]", refused},
		{"nolog", "-ERR not loging", refused},
		{"linger", "+OK will linger", refused},
		{"linger 7", "+OK will linger 7 seconds", refused},
		{"nolinger", "+OK will not linger", refused},
		{"hello", refused, refused},
		{"filter A b", "+OK filter added. [A]=[b]", "+OK filter added. [A]=[b]"},
		{"resume", "+OK", "+OK"},
		{"myevents", "+OK Events Enabled", "+OK Events Enabled"},
		{"divert_events on", "+OK events diverted", "+OK events diverted"},
		{"divert_events off", "+OK events not diverted", "+OK events not diverted"},
		{"divert_events", "-ERR missing value.", "-ERR missing value."},
		{"getvar sip_from_user", "7", "7"},
		{"getvar destination_number", "app", "app"},
		{"getvar nosuch", refused, refused},
		{"sendmsg\ncall-command: hangup", "+OK", "+OK"},
		{"sendmsg nobody\ncall-command: hangup", "-ERR invalid session id [nobody]", "-ERR invalid session id [nobody]"},
		{"exit", "+OK bye", "+OK bye"},
	}
	for _, test := range tests {
		for _, mode := range []struct{ name, want, control string }{{"async full", test.full, "full"}, {"async", test.limited, "single-channel"}} {
			t.Run(mode.name+"/"+test.send, func(t *testing.T) {
				outbound(t, mode.name, "", goesOn, func(t *testing.T, b *bench, out *esltest.Pipes) {
					_, p := acceptCall(t, b, out)
					if c := p.say("connect"); c.get("Control") != mode.control || c.get("Socket-Mode") != "async" {
						t.Errorf("connect: %v", c.head)
					}
					answer := p.say(test.send)
					if got := answer.get("Reply-Text") + answer.body; got != mode.want {
						t.Errorf("want %q, got %q", mode.want, got)
					}
				})
			})
		}
	}
}

// TestLinger is what a controller hears of the end of its call.
func TestLinger(t *testing.T) {
	tests := []struct {
		name, mode, command string
		after               func(p *peer)
		want                string // dispositions of the notices, and seconds
		stays               time.Duration
	}{
		{"without", "async full", "nolinger", nil, "disconnect", 0},
		{"for some seconds", "async full", "linger 5", nil, "linger(5) disconnect", 5 * time.Second},
		{"for ever, until it leaves", "async full", "linger", func(p *peer) { time.Sleep(time.Minute); p.send("exit\n\n") },
			"linger(-1) disconnect", time.Minute},
		{"called off", "async full", "linger 5\n\nnolinger", nil, "disconnect", 0},
		{"sync", "full", "linger 5", nil, "linger(5) disconnect", 5 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			outbound(t, test.mode, "", goesOn, func(t *testing.T, b *bench, out *esltest.Pipes) {
				call, p := acceptCall(t, b, out)
				p.say("connect")
				p.say("event json CHANNEL_HANGUP_COMPLETE CHANNEL_DESTROY")
				p.say(test.command)
				time.Sleep(time.Second)
				start := time.Now()
				call.Hangup()
				if test.after != nil {
					test.after(p)
				}
				var notices []string
				completed := false
				for _, f := range p.end() {
					completed = completed || lookup(f.event, "Event-Name") == "CHANNEL_HANGUP_COMPLETE"
					if what := f.get("Content-Disposition"); what == "linger" {
						notices = append(notices, what+"("+f.get("Linger-Time")+")")
					} else if what != "" {
						notices = append(notices, what)
					}
					if what := f.get("Controlled-Session-UUID"); what != "" && what != call.UUID() {
						t.Errorf("notice of %s", what)
					}
					if lookup(f.event, "Event-Name") == "CHANNEL_DESTROY" {
						t.Error("it was destroyed while somebody held it")
					}
				}
				if got := strings.Join(notices, " "); got != test.want {
					t.Errorf("want %s, got %s", test.want, got)
				}
				if took := time.Since(start); took < test.stays || took > test.stays+time.Second {
					t.Errorf("it took %v", took)
				}
				// In sync mode the channel's own thread lingers, too.
				if want := strings.HasPrefix(test.mode, "async"); test.stays > 0 && completed != want {
					t.Errorf("hang-up complete: %v", completed)
				}
				<-call.Done()
			})
		})
	}
}

// TestManyControlledCalls share nothing.
func TestManyControlledCalls(t *testing.T) {
	outbound(t, "async full", "", goesOn, func(t *testing.T, b *bench, out *esltest.Pipes) {
		calls, peers := make([]*esltest.Caller, 5), make([]*peer, 5)
		for i := range calls {
			calls[i], peers[i] = acceptCall(t, b, out)
			if id := peers[i].say("connect").get("Unique-ID"); id != calls[i].UUID() {
				t.Errorf("call %d is %s, got %s", i, calls[i].UUID(), id)
			}
			peers[i].say("myevents json")
		}
		for i, p := range peers {
			p.execute("set", fmt.Sprint("number=", i))
		}
		synctest.Wait()
		calls[0].Hangup()
		peers[0].end()
		peers[1].nc.Close()
		for i, call := range calls {
			var want string
			switch i {
			case 0:
				want = "gone"
			case 1:
				want = inNext
			default:
				want = "CS_EXECUTE set _undef_" // the last one that ran
				peers[i].mu.Lock()
				for _, f := range peers[i].got {
					if id := lookup(f.event, "Unique-ID"); f.event != nil && id != call.UUID() {
						t.Errorf("call %d heard of %s", i, id)
					}
				}
				peers[i].mu.Unlock()
				if got := peers[i].say("getvar number").get("Reply-Text"); got != fmt.Sprint(i) {
					t.Errorf("call %d has number %q", i, got)
				}
			}
			if got := b.state(call); got != want {
				t.Errorf("call %d: want %s, got %s", i, want, got)
			}
		}
	})
}

// TestOutboundFaults: faults are those of every connection.
func TestOutboundFaults(t *testing.T) {
	tests := []struct {
		name  string
		fault func(*esltest.Switch)
		off   func(*esltest.Switch)
		ends  bool
	}{
		{"cut", (*esltest.Switch).CutConnections, nil, true},
		{"reset", (*esltest.Switch).ResetConnections, nil, true},
		{"cut frame", func(s *esltest.Switch) { s.CutFrame(3) }, nil, true},
		{"hang", func(s *esltest.Switch) { s.Hang(true) }, func(s *esltest.Switch) { s.Hang(false) }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			outbound(t, "async full", "", goesOn, func(t *testing.T, b *bench, out *esltest.Pipes) {
				call, p := acceptCall(t, b, out)
				p.say("connect")
				p.say("event json TRAP")
				time.Sleep(time.Second)
				test.fault(b.s)
				b.s.Fire("TRAP", "", nil, "")
				if test.ends {
					if got := p.end(); len(got) != 2 {
						t.Errorf("got %s", summary(got))
					}
					fresh := newAdmin(t, connect(t, b.s, b.in))
					if got := (&bench{admin: fresh, s: b.s, in: b.in}).state(call); got != inNext {
						t.Errorf("then %s", got)
					}
					return
				}
				time.Sleep(time.Minute)
				p.mu.Lock()
				if len(p.got) != 2 || p.ended {
					t.Errorf("got %s", summary(p.got))
				}
				p.mu.Unlock()
				test.off(b.s)
				p.event(1, "Event-Name", "TRAP")
			})
		})
	}
}
