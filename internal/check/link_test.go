package check_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callgate/esl"
	"callgate/internal/check"
)

// link answers every command with the same.
type link struct {
	answer string
	err    error
	silent bool // never answers
}

func (l link) Name() string { return "main" }

func (l link) API(ctx context.Context, _ string, _ ...string) (string, error) {
	if l.silent {
		<-ctx.Done()
		return "", fmt.Errorf("api: %w", esl.ErrOutcomeUnknown)
	}
	return l.answer, l.err
}

// TestSwitchOfNonsense: whatever a switch answers or does not, the examination ends, in a time that is bounded, and says of
// nothing that it were right.
func TestSwitchOfNonsense(t *testing.T) {
	for _, tt := range []struct {
		name string
		link link
	}{
		{"silent", link{silent: true}},
		{"down", link{err: esl.ErrDown}},
		{"empty", link{err: &esl.ReplyError{Kind: esl.ErrEmpty}}},
		{"fails", link{err: &esl.ReplyError{Kind: esl.ErrReply, Text: "-ERR system Command not found!"}}},
		{"binary", link{answer: "\x00\xff\x1b[2J<"}},
		{"unclosed", link{answer: "<section><context name='a'>"}},
		{"long", link{answer: strings.Repeat("x", 1<<20)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t)
				s.expected.ProbeCall = true
				began := time.Now()
				for _, f := range check.Switch(t.Context(), tt.link, s.expected) {
					if f.Level == check.OK || len(f.Text) > 300 || strings.Contains(f.Text, "\x1b") {
						t.Errorf("%+v", f)
					}
				}
				if took := time.Since(began); took > 3*time.Minute {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

// TestProbeCallThatStays: a call that does not end is not waited for without end.
func TestProbeCallThatStays(t *testing.T) {
	s := newScene(t)
	s.expected.ProbeCall, s.expected.ProbeTime = true, 100*time.Millisecond
	got := remarks(s.examine(t, nil))
	if want := "unknown recordings: the probe call "; !strings.Contains(strings.Join(got, "\n"), want) {
		t.Errorf("got %q, want %s", got, want)
	}
}

func TestUnreachable(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want string
	}{
		{"password", fmt.Errorf("log in: %w", esl.ErrAuth), "the password is refused"},
		{"access list", fmt.Errorf("log in: %w", esl.ErrRefused), "our address is refused by the access list"},
		{"silent", fmt.Errorf("log in: %w", esl.ErrSilent), "192.0.2.1:8021 accepts connections and says nothing"},
		{"something else", fmt.Errorf("log in: %w", esl.ErrProtocol), "what answers at 192.0.2.1:8021 is no event socket"},
		{"nobody", errors.New("dial: connection refused"), "192.0.2.1:8021 cannot be reached: dial: connection refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := check.Unreachable("main", "192.0.2.1:8021", tt.err)
			if f.Level != check.Wrong || f.Where != "main: event socket" || f.Text != tt.want || f.Fix == "" {
				t.Errorf("%+v", f)
			}
		})
	}
}

// FuzzConfiguration reads whatever a switch may print as its configuration.
func FuzzConfiguration(f *testing.F) {
	for _, seed := range []string{"", "can't find anything", "<a/>", `<section name="dialplan"><context name="x"><extension><condition><action application="socket" data=" |:/ "/></condition></extension></context></section>`,
		`<configuration><settings><param name="timeout" value="-99999999999999999999"/><param name="url" value="http://[::1"/></settings></configuration>`, strings.Repeat("<a>", 100)} {
		f.Add(seed)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		e := check.Expected{HTTPAddr: "127.0.0.1:8080", OutboundAddr: "127.0.0.1:8084", CDRPassword: cdrSecret, XMLPassword: xmlSecret, Password: eslSecret,
			SwitchAddr: "127.0.0.1:8021", RecordingsDir: dir + "/none", Now: time.Now, Rand: strings.NewReader("12345678"), Then: "x XML y"}
		for _, f := range check.Switch(t.Context(), link{answer: text}, e) {
			if f.Text == "" || f.Where == "" {
				t.Errorf("%+v", f)
			}
		}
	})
}
