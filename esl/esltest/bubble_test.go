package esltest_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callgate/esl/esltest"
)

// bench is a switch inside a bubble, with a client to command it.
type bench struct {
	*admin
	s  *esltest.Switch
	in *esltest.Pipes
}

// inBubble runs f with a switch on a clock that only moves when all wait.
func inBubble(t *testing.T, cfg esltest.Config, f func(t *testing.T, b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		in := esltest.NewPipes("127.0.0.1:8021")
		cfg.Listener = in
		begun := time.Now()
		cfg.Now = func() time.Time { return recorded.Add(time.Since(begun)) }
		if cfg.Heartbeat == 0 {
			cfg.Heartbeat = -1
		}
		s := run(t, cfg)
		f(t, &bench{admin: newAdmin(t, connect(t, s, in)), s: s, in: in})
	})
}

// listener is a client that has asked for events.
func (b *bench) listener(events string) *peer {
	b.t.Helper()
	p := newPeer(b.t, connect(b.t, b.s, b.in))
	p.replies(1)
	p.send("auth ClueCon\n\n")
	p.replies(2)
	p.send("event json " + events + "\n\n")
	p.replies(3)
	return p
}

// events are the names of the events that came, for the channel with that
// name prefix ("" is all).
func (p *peer) events(channel string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, f := range p.got {
		if f.event != nil && strings.HasPrefix(lookup(f.event, "Channel-Name"), channel) {
			name := lookup(f.event, "Event-Name")
			if action := lookup(f.event, "CC-Action"); action != "" {
				name = action
			}
			out = append(out, name)
		}
	}
	return strings.Join(out, " ")
}

// phones are one for each way in which a phone can behave.
func phones() []esltest.Phone {
	return []esltest.Phone{
		{Addr: "127.0.0.1:5080", User: "ok", AnswerAfter: 2 * time.Second},
		{Addr: "127.0.0.1:5080", User: "quick"},
		{Addr: "127.0.0.1:5080", User: "busy", AnswerAfter: time.Second, Refuse: 486},
		{Addr: "127.0.0.1:5080", User: "no", AnswerAfter: time.Second, Refuse: 603},
		{Addr: "127.0.0.1:5080", User: "unknown", NoRing: true, Refuse: 404},
		{Addr: "127.0.0.1:5080", User: "sleeps", NoAnswer: true},
		{Addr: "127.0.0.1:5080", User: "short", HangupAfter: 3 * time.Second},
		{Addr: "127.0.0.1:5080", User: "later", RingAfter: time.Second, AnswerAfter: time.Second},
	}
}
