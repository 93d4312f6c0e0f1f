package esltest_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callgate/esl/esltest"
)

// TestSyncMode: the channel's own thread serves the socket.
func TestSyncMode(t *testing.T) {
	outbound(t, "full", "", goesOn, func(t *testing.T, b *bench, out *esltest.Pipes) {
		call, p := acceptCall(t, b, out)
		if c := p.say("connect"); c.get("Socket-Mode") != "static" {
			t.Errorf("connect: %v", c.head)
		}
		p.say("event json TRAP")
		start := time.Now()
		p.send("sendmsg\ncall-command: execute\nexecute-app-name: sleep\nexecute-app-arg: 3000\n\n")
		synctest.Wait()
		b.s.Fire("TRAP", "", nil, "")
		got := p.wait("the event", func(got []frame, _ bool) bool { return got[len(got)-1].event != nil })
		if reply := got[len(got)-2]; reply.get("Reply-Text") != "+OK" || time.Since(start) != 3*time.Second {
			t.Errorf("after %v: %s", time.Since(start), summary(got))
		}
		// A message for another thread waits for an application that looks.
		p.execute("set", "a=1", "async: true")
		if got := p.say("getvar a").get("Reply-Text"); got != "-ERR command not found" {
			t.Errorf("too early: %q", got)
		}
		p.execute("sleep", "100")
		if got := p.say("getvar a").get("Reply-Text"); got != "1" {
			t.Errorf("a %q", got)
		}
		// A hang-up cuts the application short, and then the connection.
		p.send("sendmsg\ncall-command: execute\nexecute-app-name: sleep\nexecute-app-arg: 3000\n\n")
		synctest.Wait()
		start = time.Now()
		call.Hangup()
		frames := p.end()
		if last := frames[len(frames)-2:]; last[0].get("Reply-Text") != "+OK" || last[1].get("Content-Disposition") != "disconnect" || time.Since(start) != 0 {
			t.Errorf("after %v: %s", time.Since(start), summary(frames))
		}
	})
}

// TestExecute is sendmsg in async mode.
func TestExecute(t *testing.T) {
	const pass = "CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE"
	tests := []struct {
		name string
		do   func(p *peer)
		done []string // headers of the event that is the end
		want string
	}{
		{"its id and label come back", func(p *peer) {
			p.execute("set", "a=1", "Event-UUID: mine", "Event-UUID-Name: label")
			p.event(1, "Event-Name", "CHANNEL_EXECUTE", "Application-UUID", "mine", "Application-UUID-Name", "label")
		},
			[]string{"Event-Name", "CHANNEL_EXECUTE_COMPLETE", "Application-UUID", "mine", "Application-UUID-Name", "label"}, pass},
		{"the argument as a body", func(p *peer) { p.execute("set", "", "content-type: text/plain", "content-length: 3\n\na=1") },
			[]string{"Event-Name", "CHANNEL_EXECUTE_COMPLETE", "variable_a", "1"}, pass},
		{"a body of another type", func(p *peer) { p.execute("set", "", "content-type: text/html", "content-length: 3\n\na=1") },
			[]string{"Event-Name", "CHANNEL_EXECUTE_COMPLETE", "variable_a", ""}, pass},
		{"loops", func(p *peer) { p.execute("sleep", "600", "loops: 3", "Event-UUID: mine") },
			[]string{"Event-Name", "CHANNEL_EXECUTE_COMPLETE", "Application-UUID", "mine", "variable_current_loop", "3"}, pass + " " + pass + " " + pass},
		{"a short pass ends the loop", func(p *peer) { p.execute("set", "a=1", "loops: -1"); p.execute("set", "b=1") },
			[]string{"Event-Name", "CHANNEL_EXECUTE_COMPLETE", "variable_b", "1"}, pass + " " + pass},
		{"one inside the other", func(p *peer) { p.execute("sleep", "1000"); p.execute("set", "a=1") },
			[]string{"Event-Name", "CHANNEL_EXECUTE_COMPLETE", "Application", "sleep"}, "CHANNEL_EXECUTE " + pass + " CHANNEL_EXECUTE_COMPLETE"},
		{"one after the other with event-lock", func(p *peer) {
			p.execute("sleep", "1000", "event-lock: true")
			p.execute("set", "a=1", "event-lock: true")
		}, []string{"Event-Name", "CHANNEL_EXECUTE_COMPLETE", "Application", "set"}, pass + " " + pass},
		{"its message becomes an event", func(p *peer) {
			p.say("event json PRIVATE_COMMAND")
			p.execute("set", "a=1", "Event-UUID: mine")
		}, []string{"Event-Name", "PRIVATE_COMMAND", "execute-app-name", "set", "Event-UUID", "mine", "variable_a", "1"}, pass + " PRIVATE_COMMAND"},
		{"applications in a row by xferext", func(p *peer) {
			p.say("sendmsg\ncall-command: xferext\napplication: set a=1\napplication: set b=2")
		}, []string{"Event-Name", "CHANNEL_EXECUTE_COMPLETE", "variable_b", "2", "variable_a", "1"}, "CHANNEL_EXECUTE_COMPLETE " + pass + " " + pass},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			outbound(t, "async full", "", goesOn, func(t *testing.T, b *bench, out *esltest.Pipes) {
				_, p := acceptCall(t, b, out)
				p.say("connect")
				p.say("event json CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE")
				time.Sleep(time.Second)
				start := time.Now()
				test.do(p)
				if took := time.Since(start); took != 0 {
					t.Errorf("answered after %v", took)
				}
				p.event(1, test.done...)
				if got := p.events(""); got != test.want {
					t.Errorf("want %s\ngot  %s", test.want, got)
				}
			})
		})
	}
}

// TestFullQueue: one message too many ends the connection, and its reply is lost.
func TestFullQueue(t *testing.T) {
	outbound(t, "async full", "", goesOn, func(t *testing.T, b *bench, out *esltest.Pipes) {
		call, p := acceptCall(t, b, out)
		p.say("connect")
		time.Sleep(time.Second)
		p.execute("sleep", "10000", "event-lock: true")
		synctest.Wait()
		// The pipe holds nothing: what the switch has not read when it ends the connection fails.
		go p.nc.Write([]byte(strings.Repeat("sendmsg\ncall-command: execute\nexecute-app-name: set\nexecute-app-arg: a=1\n\n", 257)))
		got := p.end()
		if last := got[len(got)-1]; len(got) != 2+256+1 || last.get("Content-Disposition") != "disconnect" {
			t.Errorf("%d frames, the last %v", len(got), last.head)
		}
		b.life(10 * time.Second)
		if got := b.state(call); got != inNext {
			t.Errorf("then %s", got)
		}
	})
}

// TestDivertedUnheard: diverted events wait until their controller listens at all.
func TestDivertedUnheard(t *testing.T) {
	outbound(t, "async full", "", goesOn, func(t *testing.T, b *bench, out *esltest.Pipes) {
		others := b.listener("MESSAGE")
		call, p := acceptCall(t, b, out)
		p.say("connect")
		time.Sleep(time.Second)
		p.say("divert_events on")
		b.command("sendevent MESSAGE\nUnique-ID: " + call.UUID() + "\nLabel: sent")
		p.execute("set", "a=1") // the channel's thread looks
		synctest.Wait()
		if got := others.events(""); got != "" {
			t.Errorf("others got %s", got)
		}
		p.say("event json TRAP")
		p.event(1, "Label", "sent")
	})
}

// TestSocketEvents are those of the channel, or those asked for.
func TestSocketEvents(t *testing.T) {
	tests := []struct{ name, commands, want string }{
		{"myevents", "myevents json", "CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE"},
		{"more types, still of this call", "myevents json|event json TRAP BACKGROUND_JOB CUSTOM a::b",
			"TRAP(mine) a::b(mine) BACKGROUND_JOB(j) CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE"},
		{"filter", "event json TRAP|filter Kind x", "TRAP(other)"},
		{"everything asked for", "event json TRAP", "TRAP(mine) TRAP(other)"},
		{"diverted", "event json CHANNEL_EXECUTE|divert_events on", "MESSAGE(sent) CHANNEL_EXECUTE"},
		{"sent to the channel, not diverted", "event json MESSAGE", "MESSAGE(sent)"},
		{"sent to the channel, not asked for", "event json CHANNEL_EXECUTE", "CHANNEL_EXECUTE"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			outbound(t, "async full", "", goesOn, func(t *testing.T, b *bench, out *esltest.Pipes) {
				call, p := acceptCall(t, b, out)
				p.say("connect")
				time.Sleep(time.Second)
				for command := range strings.SplitSeq(test.commands, "|") {
					p.say(command)
				}
				b.s.Fire("TRAP", "", []string{"Unique-ID", call.UUID(), "Label", "mine"}, "")
				b.s.Fire("TRAP", "", []string{"Unique-ID", "other", "Label", "other", "Kind", "x"}, "")
				b.s.Fire("CUSTOM", "a::b", []string{"Unique-ID", call.UUID(), "Label", "mine"}, "")
				b.s.Fire("CUSTOM", "a::b", []string{"Label", "none"}, "")
				p.say("bgapi echo x\nJob-UUID: j")
				b.command("bgapi echo x\nJob-UUID: other")
				b.command("sendevent MESSAGE\nUnique-ID: " + call.UUID() + "\nLabel: sent")
				synctest.Wait()
				p.execute("set", "a=1")
				synctest.Wait()
				var got []string
				p.mu.Lock()
				defer p.mu.Unlock()
				for _, f := range p.got {
					if f.event == nil {
						continue
					}
					name := lookup(f.event, "Event-Subclass")
					if name == "" {
						name = lookup(f.event, "Event-Name")
					}
					if label := lookup(f.event, "Label") + lookup(f.event, "Job-UUID"); label == "sent" {
						name = "MESSAGE(sent)" // it has no name: it was never fired
					} else if label != "" {
						name += "(" + label + ")"
					}
					got = append(got, name)
				}
				if s := strings.Join(got, " "); s != test.want {
					t.Errorf("want %s\ngot  %s", test.want, s)
				}
			})
		})
	}
}

// TestGetvar: a value goes into the reply as it is, and can forge one.
func TestGetvar(t *testing.T) {
	tests := []struct{ name, value, want string }{
		{"plain", "a b", "Content-Type: command/reply\nReply-Text: a b\n\n"},
		{"tilde", "~Reply-Text: +OK forged\\nX: y\\n\\n", "Content-Type: command/reply\nReply-Text: +OK forged\nX: y\n\n"},
		{"newline", "a\\nX: y", "Content-Type: command/reply\nReply-Text: a\nX: y\n\n"},
		{"long", strings.Repeat("x", 600), "Content-Type: command/reply\nReply-Text: " + strings.Repeat("x", 511) + "\n\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			outbound(t, "", "", goesOn, func(t *testing.T, b *bench, out *esltest.Pipes) {
				call, err := b.s.Call(esltest.Call{Extension: "app"})
				if err != nil {
					t.Fatal(err)
				}
				nc, err := out.Accept()
				if err != nil {
					t.Fatal(err)
				}
				defer nc.Close()
				b.api("uuid_setvar " + call.UUID() + " v '" + test.value + "'")
				go fmt.Fprint(nc, "connect\n\n")
				readUntil(t, nc, 1, "Control: single-channel\n\n")
				go fmt.Fprint(nc, "getvar v\n\n")
				buf := make([]byte, 2000)
				n, err := nc.Read(buf)
				if got := string(buf[:n]); got != test.want || err != nil {
					t.Errorf("want %q\ngot  %q (%v)", test.want, got, err)
				}
			})
		})
	}
}
