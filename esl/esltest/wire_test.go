package esltest_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"callgate/esl/esltest"
)

func TestWire(t *testing.T) {
	long := strings.Repeat("x", 600)
	tests := []struct {
		name string
		send string
		want []string // replies: Reply-Text or body
	}{
		{"line feed cuts an argument", "api echo one\ntwo\n\n", []string{"one"}},
		{"blank line in an argument begins another command", "api echo one\n\napi echo two\n\n", []string{"one", "two"}},
		{"CR cuts an argument", "api echo one\rtwo\n\n", []string{"one"}},
		{"later CR lets an earlier line feed pass", "api echo one\nb: two\rc\n\n", []string{"one\nb: two"}},
		{"CRLF ends lines too", "api echo one\r\n\r\napi echo two\n\n", []string{"one", "two"}},
		{"remainder becomes a header", "bgapi echo one\nJob-UUID: mine\n\n", []string{"+OK Job-UUID: mine"}},
		{"Content-Length swallows what follows", "api echo one\nContent-Length: 14\n\napi echo lost\n\napi echo two\n\n", []string{"one", "two"}},
		{"blank lines before a command", "\n\r\n\napi echo one\n\n", []string{"one"}},
		{"nothing printed", "api module_exists\n\n", []string{"-ERR no reply\n"}},
		{"unknown command", "api nosuch a b\n\n", []string{"-ERR nosuch Command not found!\n"}},
		{"console_execute takes the line as it is", "api echo one two\nconsole_execute: true\n\n", []string{"one two"}},
		{"unknown verb", "hello\n\n", []string{"-ERR command not found"}},
		{"replies are cut at 511 bytes", "filter " + long + " y\n\n", []string{("+OK filter added. [" + long)[:511]}},
		{"no event known", "event plain NOSUCH\n\n", []string{"-ERR no keywords supplied"}},
		{"one event known", "event json nosuch heartbeat\n\n", []string{"+OK event listener enabled json"}},
		{"format stays when the command fails", "event xml NOSUCH\n\nevent HEARTBEAT\n\n", []string{"-ERR no keywords supplied", "+OK event listener enabled xml"}},
		{"noevents twice", "event plain ALL\n\nnoevents\n\nnoevents\n\n",
			[]string{"+OK event listener enabled plain", "+OK no longer listening for events", "-ERR not listening for events"}},
		{"nixevent", "nixevent HEARTBEAT\n\nnixevent nosuch\n\n", []string{"+OK events nixed", "-ERR no keywords supplied"}},
		{"filters", "filter A b\n\nfilter add A c\n\nfilter A\n\nfilter delete A b\n\nfilter delete all\n\n",
			[]string{"+OK filter added. [A]=[b]", "+OK filter added. [A]=[c]", "-ERR invalid syntax",
				"+OK filter deleted. [A][b]", "+OK filter deleted. [all][]"}},
		{"only for a session", "linger 5\n\nnolinger\n\nconnect\n\ngetvar x\n\ndivert_events on\n\n",
			[]string{"-ERR not controlling a session", "-ERR not controlling a session", "-ERR command not found",
				"-ERR command not found", "-ERR not controlling a session."}},
		{"sendmsg to nobody", "sendmsg abc\ncall-command: hangup\n\n", []string{"-ERR invalid session id [abc]"}},
		{"myevents of nobody", "myevents abc json\n\n", []string{"-ERR invalid uuid"}},
		{"exit", "exit\n\n", []string{"+OK bye"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, esltest.Config{}, func(t *testing.T, b *bench) {
				b.send(test.send)
				var got []string
				for _, f := range b.replies(2 + len(test.want))[2:] {
					if !f.isReply() {
						continue
					}
					if text := f.get("Reply-Text"); text != "" {
						got = append(got, text)
					} else {
						got = append(got, f.body)
					}
				}
				if strings.Join(got, "\x00") != strings.Join(test.want, "\x00") {
					t.Errorf("want %q\ngot  %q", test.want, got)
				}
			})
		})
	}
}

func TestAuthentication(t *testing.T) {
	cfg := esltest.Config{Users: []esltest.User{{ID: "ann", Password: "secret"}}}
	tests := []struct {
		name, send, want string
		ends             bool
	}{
		{"user", "userauth ann@127.0.0.1:secret\n\n", "+OK accepted", false},
		{"user with a wrong password", "userauth ann@127.0.0.1:no\n\n", "-ERR invalid", true},
		{"user without domain", "userauth ann:secret\n\n", "-ERR invalid", true},
		{"wrong password", "auth no\n\n", "-ERR invalid", true},
		{"another command first", "api status\n\n", "-ERR command not found", false},
		{"exit", "exit\n\n", "+OK bye", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, cfg, func(t *testing.T, b *bench) {
				p := newPeer(t, connect(t, b.s, b.in))
				p.replies(1)
				p.send(test.send)
				if got := p.replies(2)[1].get("Reply-Text"); got != test.want {
					t.Errorf("want %q, got %q", test.want, got)
				}
				if test.ends {
					got := p.wait("the end", func(_ []frame, ended bool) bool { return ended })
					if last := got[len(got)-1]; last.get("Content-Type") != "text/disconnect-notice" {
						t.Errorf("last frame %v", last.head)
					}
				}
			})
		})
	}
}

func TestSilentClientIsCut(t *testing.T) {
	inBubble(t, esltest.Config{}, func(t *testing.T, b *bench) {
		start := time.Now()
		newPeer(t, connect(t, b.s, b.in)).wait("the end", func(_ []frame, ended bool) bool { return ended })
		if took := time.Since(start); took != 25*time.Second {
			t.Errorf("cut after %v", took)
		}
	})
}

func TestSubscriptions(t *testing.T) {
	fire := func(b *bench) {
		b.s.Fire("CUSTOM", "a::one", []string{"X", "1", "Y", "ada"}, "")
		b.s.Fire("CUSTOM", "a::two", []string{"X", "2"}, "")
		b.s.Fire("TRAP", "", []string{"X", "1"}, "body")
		b.s.Fire("MESSAGE", "", nil, "")
		b.s.Fire("DTMF", "", []string{"Unique-ID", "somebody"}, "")
	}
	tests := []struct{ name, commands, want string }{
		{"one", "event json TRAP", "TRAP"},
		{"accumulate", "event json TRAP|event json message", "TRAP MESSAGE"},
		{"after CUSTOM all words are subclasses", "event json CUSTOM a::one TRAP", "a::one"},
		{"subclasses are exact", "event json CUSTOM A::ONE", ""},
		{"all", "event json ALL", "a::one a::two TRAP MESSAGE DTMF"},
		{"all but", "event json ALL|nixevent TRAP", "MESSAGE DTMF"},
		{"nix", "event json TRAP MESSAGE|nixevent TRAP", "MESSAGE"},
		{"filter", "event json ALL|filter X 1", "a::one TRAP"},
		{"filters are or", "event json ALL|filter X 1|filter X 2", "a::one a::two TRAP"},
		{"filter ignores case", "event json ALL|filter Y ADA", "a::one"},
		{"filter by expression", "event json ALL|filter X /^[12]$/", "a::one a::two TRAP"},
		{"veto", "event json ALL|filter X 1|filter Y -ada", "TRAP"},
		{"filter gone", "event json ALL|filter X 9|filter delete X", "a::one a::two TRAP MESSAGE DTMF"},
		{"myevents of nobody are everybody's", "event json nosuch|myevents nobody|event TRAP", "DTMF"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, esltest.Config{}, func(t *testing.T, b *bench) {
				p := newAdmin(t, connect(t, b.s, b.in))
				for command := range strings.SplitSeq(test.commands, "|") {
					p.command(command)
				}
				fire(b)
				p.command("api echo end") // events go first
				var got []string
				p.mu.Lock()
				defer p.mu.Unlock()
				for _, f := range p.got {
					switch name := lookup(f.event, "Event-Name"); {
					case f.event == nil || name == "API":
					case name == "CUSTOM":
						got = append(got, lookup(f.event, "Event-Subclass"))
					default:
						got = append(got, name)
					}
				}
				if s := strings.Join(got, " "); s != test.want {
					t.Errorf("want %q, got %q", test.want, s)
				}
			})
		})
	}
}

func TestEncoding(t *testing.T) {
	inBubble(t, esltest.Config{}, func(t *testing.T, b *bench) {
		raw := connect(t, b.s, b.in)
		defer raw.Close()
		got := make(chan string, 1)
		go func() {
			var all strings.Builder
			buf := make([]byte, 4096)
			for !strings.Contains(all.String(), "последнее") {
				n, err := raw.Read(buf)
				if err != nil {
					break
				}
				all.Write(buf[:n])
			}
			got <- all.String()
		}()
		for _, text := range []string{"auth ClueCon\n\n", "event plain CUSTOM x::y\n\n",
			"sendevent CUSTOM\nEvent-Subclass: x::y\nA: b%41 %2f +,/'()\nB: ARRAY::1|:2\nC:  \nContent-Length: 18\n\nпоследнее"} {
			if _, err := raw.Write([]byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		text := <-got
		for _, want := range []string{"\nA: b%41%20%252f%20%2B,/'()\n", "\nB: ARRAY%3A%3A1%7C%3A2\n", "\nEvent-Subclass: x%3A%3Ay\n",
			"Content-Length: 18\n\nпоследнее"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in\n%s", want, text)
			}
		}
		if strings.Contains(text, "\nC:") {
			t.Error("an empty header was sent")
		}
	})
}

// TestAPIMutesEvents: a command runs in the connection's own thread, so no event
// is written until it ends; bgapi does not have that.
func TestAPIMutesEvents(t *testing.T) {
	inBubble(t, esltest.Config{}, func(t *testing.T, b *bench) {
		p := b.listener("TRAP BACKGROUND_JOB")
		p.send("api msleep 1500\n\n")
		b.life(time.Second)
		b.s.Fire("TRAP", "", nil, "")
		got := p.wait("both", func(got []frame, _ bool) bool { return len(got) == 5 })
		if got[3].body != "+OK" || lookup(got[4].event, "Event-Name") != "TRAP" {
			t.Errorf("got %s", summary(got[3:]))
		}
		p.send("bgapi msleep 1500\nJob-UUID: j\n\n")
		p.replies(5)
		b.s.Fire("TRAP", "", nil, "")
		got = p.wait("both", func(got []frame, _ bool) bool { return len(got) == 8 })
		if lookup(got[6].event, "Event-Name") != "TRAP" || lookup(got[7].event, "Job-UUID") != "j" || lookup(got[7].event, "_body") != "+OK" {
			t.Errorf("got %s", summary(got[5:]))
		}
	})
}

// TestSequence counts the events that nobody hears, too.
func TestSequence(t *testing.T) {
	inBubble(t, esltest.Config{}, func(t *testing.T, b *bench) {
		p := b.listener("TRAP")
		b.s.Fire("TRAP", "", nil, "")
		b.api("echo 1") // an API event
		b.s.Fire("TRAP", "", nil, "")
		number := func(n int) int {
			i, _ := strconv.Atoi(lookup(p.event(n, "Event-Name", "TRAP").event, "Event-Sequence"))
			return i
		}
		if first, second := number(1), number(2); second != first+2 {
			t.Errorf("%d, then %d", first, second)
		}
	})
}

func TestHeartbeat(t *testing.T) {
	inBubble(t, esltest.Config{Heartbeat: 20 * time.Second, Speed: 4}, func(t *testing.T, b *bench) {
		p := b.listener("HEARTBEAT")
		start := time.Now()
		p.event(3, "Event-Name", "HEARTBEAT")
		if took := time.Since(start); took != 15*time.Second {
			t.Errorf("three heartbeats at four times the speed took %v", took)
		}
	})
}
