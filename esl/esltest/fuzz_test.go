package esltest

import (
	"strings"
	"testing"
)

// FuzzParseCommand reads whatever a client may send. It is an internal test: the
// reader is not exported.
func FuzzParseCommand(f *testing.F) {
	for _, seed := range []string{
		"auth x\n\n", "\r\n\r\napi echo\r\na: b\r\n\r\n", "a\nContent-Length: 3\n\nxyz", "a\nContent-Length: -1\n\n",
		"a\nContent-Length: 99999999999\n\n", "a\x00b\nc: d\n\n", "a\n: x\n\nb\n\n", "a\rb: c\nd\n\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		for rest := []byte(in); ; {
			c, n, err := parseCommand(rest)
			if err != nil || n == 0 {
				return
			}
			// However it arrives, it is the same command.
			if early, m, _ := parseCommand(rest[:n-1]); m != 0 {
				t.Fatalf("command %q of %q before its end", early.line, in)
			}
			rest = rest[n:]
			if c.line == "" && !strings.Contains(in, "\x00") || len(c.line) > maxHeaderBlock || len(c.body) > maxBody {
				t.Fatalf("command %q of %q", c.line, in)
			}
			if line := cut(c.line); strings.ContainsAny(line, "\r\x00") {
				t.Fatalf("cut left %q", line)
			}
			for _, h := range c.headers {
				if strings.ContainsAny(h.value, "\r") || h.value == "" {
					t.Fatalf("header %q: %q", h.name, h.value)
				}
			}
		}
	})
}

// FuzzDialString takes dial strings apart, as originate does with what a client sent.
func FuzzDialString(f *testing.F) {
	for _, seed := range []string{
		"{a=1,b='c d'}[x=y]sofia/i/1@h,user/2|null/x", "{", "<a=b>{c=d}[", "a:_:b", `{^^;a=\;b}x/y`, "{a=${b}}c", "((((", "$${a}${b(c)}${d[1]}",
	} {
		f.Add(seed)
	}
	s := &Switch{cfg: Config{}.withDefaults()}
	f.Fuzz(func(t *testing.T, in string) {
		vars, groups, ok := splitDial(in)
		if ok && len(groups) == 0 {
			t.Fatalf("%q has no group", in)
		}
		for _, v := range vars {
			if v.value == "" {
				t.Fatalf("%q: empty variable %q", in, v.name)
			}
		}
		for _, part := range separate(in, ' ', 8) {
			if len(part) > len(in) {
				t.Fatalf("%q grew to %q", in, part)
			}
		}
		if !strings.Contains(in, "(") { // a nested command may do anything
			s.expand(in, nil)
		}
	})
}
