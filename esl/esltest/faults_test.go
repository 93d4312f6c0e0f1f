package esltest_test

import (
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"syscall"
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
		{"cut at a command", func(t *testing.T, b *bench) {
			for _, done := range []bool{false, true} {
				id := b.park("null/x")
				b.s.CutAt("uuid_kill", done)
				p := b.client()
				p.send("auth ClueCon\n\n")
				p.replies(2)
				p.send("api uuid_kill " + id + "\n\n")
				for _, f := range p.end() {
					if f.get("Content-Type") == "api/response" {
						t.Errorf("it was answered: %s", f.body)
					}
				}
				b.s.CutAt("", false)
				b.admin = newAdmin(t, connect(t, b.s, b.in))
				if got := b.api("uuid_exists " + id); (got == "false") != done {
					t.Errorf("carried out %v: it is there: %s", done, got)
				}
			}
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
		{"resets all connections", func(t *testing.T, b *bench) {
			p := b.listener("TRAP")
			b.s.ResetConnections()
			if got := p.end(); len(got) != 3 {
				t.Errorf("got %s", summary(got))
			}
			b.client().replies(1)
		}},
		{"hangs", func(t *testing.T, b *bench) {
			p := b.listener("TRAP")
			synctest.Wait() // for a read that takes the command, as a network's buffer would
			b.s.Hang(true)
			p.send("api echo 1\n\n")
			b.s.Fire("TRAP", "", nil, "")
			fresh := b.client()
			time.Sleep(time.Minute)
			p.mu.Lock()
			if len(p.got) != 3 || p.ended {
				t.Errorf("before: %s", summary(p.got))
			}
			p.mu.Unlock()
			fresh.mu.Lock()
			if len(fresh.got) != 0 || fresh.ended {
				t.Errorf("a new client got %s", summary(fresh.got))
			}
			fresh.mu.Unlock()
			if got := b.s.Commands(); len(got) > 0 {
				t.Errorf("it ran %q", got)
			}
			b.s.Hang(false)
			p.replies(4)
			p.event(1, "Event-Name", "TRAP")
			fresh.replies(1)
		}},
		{"hangs while a command runs", func(t *testing.T, b *bench) {
			p := b.listener("TRAP")
			p.send("api msleep 1000\n\n")
			synctest.Wait()
			b.s.Hang(true)
			time.Sleep(time.Minute)
			p.mu.Lock()
			if len(p.got) != 3 {
				t.Errorf("got %s", summary(p.got))
			}
			p.mu.Unlock()
			b.s.Hang(false)
			p.replies(4)
		}},
		{"is closed while it hangs", func(t *testing.T, b *bench) {
			b.listener("TRAP")
			b.s.Hang(true)
			b.s.Fire("TRAP", "", nil, "")
			if err := b.s.Close(); err != nil {
				t.Error(err)
			}
		}},
		{"reads slowly", func(t *testing.T, b *bench) {
			b.s.ReadSlowly(2 * time.Second)
			start := time.Now()
			b.send("api echo 1\n\napi echo 2\n\napi echo 3\n\n")
			for i := range 3 {
				b.replies(3 + i)
				if took := time.Since(start); took != time.Duration(2+2*i)*time.Second {
					t.Errorf("reply %d after %v", i+1, took)
				}
			}
			b.s.ReadSlowly(0)
			start = time.Now()
			b.send("api echo 4\n\n")
			b.replies(6)
			if took := time.Since(start); took != 0 {
				t.Errorf("afterwards %v", took)
			}
		}},
		{"writes slowly", func(t *testing.T, b *bench) {
			b.s.WriteSlowly(20, time.Second)
			start := time.Now()
			b.api("echo 12345") // Content-Type: api/response, Content-Length: 5: 51 bytes
			if took := time.Since(start); took != 2*time.Second {
				t.Errorf("took %v", took)
			}
			b.s.WriteSlowly(0, 0)
			start = time.Now()
			b.api("echo 12345")
			if took := time.Since(start); took != 0 {
				t.Errorf("afterwards %v", took)
			}
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
			if got := b.s.Counts(); !maps.Equal(got, map[string]int{"echo": 1}) {
				t.Errorf("counts %v", got)
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

// TestSpoiltFrames looks at exact bytes: what follows the reply to auth.
func TestSpoiltFrames(t *testing.T) {
	const one = "Content-Type: api/response\nContent-Length: 1\n\n1"
	const bye = "Content-Type: command/reply\nReply-Text: +OK bye\n\nContent-Type: text/disconnect-notice\nContent-Length: 67\n\n" +
		"Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n"
	lie := func(text string) func(*esltest.Switch) {
		return func(s *esltest.Switch) { s.LieAboutLength(text) }
	}
	answer := func(length string) string { return strings.Replace(one, ": 1\n", ": "+length+"\n", 1) }
	tests := []struct {
		name  string
		fault func(*esltest.Switch)
		want  string
	}{
		{"none", func(*esltest.Switch) {}, one + one + bye},
		{"cut in the head", func(s *esltest.Switch) { s.CutFrame(12) }, one[:12]},
		{"cut before anything", func(s *esltest.Switch) { s.CutFrame(0) }, ""},
		{"cut in the body", func(s *esltest.Switch) { s.CutFrame(len(one) - 1) }, one[:len(one)-1]},
		{"cut after the frame", func(s *esltest.Switch) { s.CutFrame(len(one) + 5) }, one},
		{"negative length", lie("-1"), answer("-1") + one + bye},
		{"huge length", lie("99999999999999999999"), answer("99999999999999999999") + one + bye},
		{"too short", lie("0"), answer("0") + one + bye},
		{"too long", lie("20"), answer("20") + one + bye},
		{"no number", lie("many"), answer("many") + one + bye},
		{"no length", lie(""), answer("") + one + bye},
		{"both", func(s *esltest.Switch) { s.LieAboutLength("77"); s.CutFrame(len(one)) }, answer("77")[:len(one)]},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, esltest.Config{}, func(t *testing.T, b *bench) {
				nc := connect(t, b.s, b.in)
				defer nc.Close()
				got := make(chan string)
				go func() {
					all, _ := io.ReadAll(nc) // that it ends is what is wanted
					got <- string(all)
				}()
				if _, err := nc.Write([]byte("auth ClueCon\n\n")); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				test.fault(b.s)
				if _, err := nc.Write([]byte("api echo 1\n\napi echo 1\n\nexit\n\n")); err != nil {
					t.Fatal(err)
				}
				const before = "Content-Type: auth/request\n\nContent-Type: command/reply\nReply-Text: +OK accepted\n\n"
				if all := <-got; all != before+test.want {
					t.Errorf("want %q\ngot  %q", before+test.want, all)
				}
			})
		})
	}
}

// TestLieAboutEvent: the length of a frame, not the one inside of it.
func TestLieAboutEvent(t *testing.T) {
	inBubble(t, esltest.Config{}, func(t *testing.T, b *bench) {
		nc := connect(t, b.s, b.in)
		defer nc.Close()
		go io.WriteString(nc, "auth ClueCon\n\nevent plain TRAP\n\n")
		readUntil(t, nc, 1, "enabled plain\n\n")
		b.s.LieAboutLength("0")
		b.s.Fire("TRAP", "", nil, "text")
		readUntil(t, nc, 1, "Content-Length: 0\nContent-Type: text/event-plain\n\nEvent-Name")
		b.s.Fire("TRAP", "", nil, "text")
		readUntil(t, nc, 1, "Content-Length: 4\n\ntext")
	})
}

func TestSendRaw(t *testing.T) {
	inBubble(t, esltest.Config{}, func(t *testing.T, b *bench) {
		listening, idle, newcomer := b.listener("TRAP"), b.client(), b.client()
		idle.replies(1)
		newcomer.replies(1)
		b.s.Fire("TRAP", "", nil, "")
		b.s.SendRaw("Content-Type: log/data\nContent-Length: 3\n\nabc")
		b.s.Fire("TRAP", "", nil, "")
		got := listening.wait("all", func(got []frame, _ bool) bool { return len(got) == 6 })
		if raw := got[4]; raw.get("Content-Type") != "log/data" || raw.body != "abc" || got[3].event == nil || got[5].event == nil {
			t.Errorf("got %s", summary(got))
		}
		for _, p := range []*peer{idle, newcomer} {
			got := p.wait("raw", func(got []frame, _ bool) bool { return len(got) == 2 })
			if got[1].body != "abc" {
				t.Errorf("got %s", summary(got))
			}
		}
	})
}

// TestConnectionsEnd: over TCP a cut is an orderly end and a reset is an error.
func TestConnectionsEnd(t *testing.T) {
	tests := []struct {
		name string
		do   func(*esltest.Switch)
		want error
	}{
		{"cut", (*esltest.Switch).CutConnections, io.EOF},
		{"reset", (*esltest.Switch).ResetConnections, syscall.ECONNRESET},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := run(t, esltest.Config{})
			nc := connect(t, s, nil)
			defer nc.Close()
			if _, err := io.ReadFull(nc, make([]byte, len("Content-Type: auth/request\n\n"))); err != nil {
				t.Fatal(err)
			}
			test.do(s)
			if _, err := nc.Read(make([]byte, 1)); !errors.Is(err, test.want) {
				t.Errorf("want %v, got %v", test.want, err)
			}
		})
	}
}

func TestStorm(t *testing.T) {
	inBubble(t, esltest.Config{}, func(t *testing.T, b *bench) {
		const many = 2500
		p, other := b.listener("CUSTOM a::b"), b.listener("TRAP")
		b.s.Storm(many, "CUSTOM", "a::b", []string{"Kind", "test"})
		for format, want := range map[string]string{"plain": "\nStorm-Number: 3\n", "xml": "<Storm-Number>3</Storm-Number>"} {
			nc := connect(t, b.s, b.in)
			defer nc.Close()
			go io.WriteString(nc, "auth ClueCon\n\nevent "+format+" TRAP\n\n")
			readUntil(t, nc, 1, "enabled "+format+"\n\n")
			defer readUntil(t, nc, 1, want)
		}
		b.s.Storm(3, "TRAP", "", nil)
		p.event(1, "Storm-Number", strconv.Itoa(many))
		p.mu.Lock()
		defer p.mu.Unlock()
		sequence := -1
		for i, f := range p.got[3:] {
			number, _ := strconv.Atoi(lookup(f.event, "Event-Sequence"))
			if lookup(f.event, "Storm-Number") != strconv.Itoa(i+1) || lookup(f.event, "Kind") != "test" || i > 0 && number != sequence+1 {
				t.Fatalf("event %d: %v", i+1, f.event)
			}
			sequence = number
		}
		if got := other.event(3, "Event-Name", "TRAP").event; lookup(got, "Storm-Number") != "3" {
			t.Errorf("got %v", got)
		}
	})
}

// TestSlowReader: a client that does not read loses events and then its
// connection, and holds up nobody else; while the switch hangs it only loses events.
func TestSlowReader(t *testing.T) {
	const bound = 100_000
	tests := []struct {
		name string
		hang bool
	}{{"while it serves", false}, {"while it hangs", true}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, esltest.Config{}, func(t *testing.T, b *bench) {
				nc := connect(t, b.s, b.in)
				defer nc.Close()
				for _, step := range []struct{ say, hear string }{{"", "auth/request\n\n"},
					{"auth ClueCon\n\n", "accepted\n\n"}, {"event plain TRAP\n\n", "enabled plain\n\n"}} {
					if _, err := io.WriteString(nc, step.say); err != nil {
						t.Fatal(err)
					}
					readUntil(t, nc, 1, step.hear)
				}
				b.s.Hang(test.hang)
				b.s.Storm(bound+600, "TRAP", "", nil)
				b.s.Hang(false)
				b.api("echo alive")
				switch left, err := count(nc, bound, "Storm-Number"); {
				case test.hang && err != nil:
					t.Errorf("%d events missing: %v", left, err)
				case !test.hang && err == nil:
					t.Error("it was not cut")
				}
			})
		})
	}
}
