package sms_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/fault"
	"callgate/internal/outside/gateway"
	"callgate/internal/sms"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

var asked = sms.Message{Phone: " 89190000000", Originator: "FRONTLINE", Text: "Проверка", Project: "1111", Session: "s", UserID: 7}

// afterwards is for how long a message that has come to its end is still looked at.
func afterwards() time.Duration {
	if testing.Short() {
		return 3 * time.Hour
	}
	return 48 * time.Hour
}

// TestSend: who waits hears OK when a provider took the message. Another one is asked only when the one before has
// certainly not got it, and nothing is sent afterwards.
func TestSend(t *testing.T) {
	hang := &carrier{answer: func(ctx context.Context, _ int, _ gateway.Text) gateway.Sent { <-ctx.Done(); return lost }}
	for _, tt := range []struct {
		name  string
		all   map[string]sms.Carrier
		quiet bool
		want  string // result, state, provider, its id, reason
		asked string // how often each was
	}{
		{"no provider", nil, false, "error failed   no provider is set", ""},
		{"taken", map[string]sms.Carrier{"a": answers(taken)}, false, "OK sent a their-1 ", "1"},
		{"refused", map[string]sms.Carrier{"a": answers(refused)}, false, "error failed a  a: a bad number", "1"},
		{"not now", map[string]sms.Carrier{"a": answers(later)}, false, "error failed a  a: no money", "1"},
		{"the next takes it", map[string]sms.Carrier{"a": answers(refused), "b": answers(later), "c": answers(taken), "d": answers(taken)}, false, "OK sent c their-1 ", "1 1 1 0"},
		{"nobody does", map[string]sms.Carrier{"a": answers(refused), "b": answers(later)}, false, "error failed b  a: a bad number; b: no money", "1 1"},
		{"nobody knows", map[string]sms.Carrier{"a": answers(lost), "b": answers(taken)}, false, "error unknown a  a: no answer", "1 0"},
		{"no answer in time", map[string]sms.Carrier{"a": hang, "b": answers(taken)}, false, "error unknown a  a: no answer", "1 0"},
		{"quiet hours", map[string]sms.Carrier{"a": answers(taken)}, true, "error failed   it is quiet hours", "0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBook()
				o := options(b, tt.all)
				if tt.quiet {
					o.Quiet = func(_ string, at time.Time) time.Time { return at.Add(time.Hour) }
				}
				s := start(t, o)
				began := time.Now()
				got, err := s.Send(t.Context(), asked)
				if text := strings.Join([]string{string(got.Result), string(got.State), got.Provider, got.TheirID, got.Reason}, " "); text != tt.want || err != nil {
					t.Errorf("got %q, %v, want %q", text, err, tt.want)
				}
				if got.Number != "89190000000" || got.Encoding != sms.UCS2 || got.Parts != 1 || time.Since(began) > 10*time.Second {
					t.Errorf("got %+v after %v", got, time.Since(began))
				}
				time.Sleep(afterwards())
				kept := b.of(got.ID)
				kept.Owner, kept.Lease, got.Owner, got.Lease = "", time.Time{}, "", time.Time{}
				if diff := cmp.Diff(got, kept); diff != "" {
					t.Errorf("what is kept mismatches (-answered, +kept):\n%s", diff)
				}
				var times []string
				for _, name := range []string{"a", "b", "c", "d"} {
					if c := tt.all[name]; c != nil {
						times = append(times, string(rune('0'+c.(*carrier).times())))
					}
				}
				if text := strings.Join(times, " "); text != tt.asked {
					t.Errorf("they were asked %q times, want %q", text, tt.asked)
				}
			})
		})
	}
}

// TestSendUnrecorded: what cannot be recorded is not sent.
func TestSendUnrecorded(t *testing.T) {
	for _, tt := range []struct {
		name, fails string
		err         bool
	}{{"the message", "add", true}, {"that a provider is asked", "save", false}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, c, down, back := newBook(), answers(taken), errors.New("down"), time.Now().Add(time.Minute)
				b.fails = func(what string) error {
					if what == tt.fails && time.Now().Before(back) {
						return down
					}
					return nil
				}
				got, err := start(t, options(b, map[string]sms.Carrier{"a": c})).Send(t.Context(), asked)
				if errors.Is(err, down) != tt.err || err == nil && got.Result != sms.Error || c.times() != 0 {
					t.Errorf("got %+v, %v; asked %d times", got, err, c.times())
				}
				time.Sleep(time.Hour)
				if kept := b.of(1); kept.State != sms.Failed && !tt.err || c.times() != 0 {
					t.Errorf("an hour later: %+v, asked %d times", kept, c.times())
				}
			})
		})
	}
}

// TestAccept: what is accepted is sent, again and again while providers say that they do not take it now, but never when
// one may have it.
func TestAccept(t *testing.T) {
	for _, tt := range []struct {
		name  string
		all   map[string]sms.Carrier
		until time.Duration
		want  string // result, state, provider
		least int    // how often the first was asked
		most  int
	}{
		{"taken", map[string]sms.Carrier{"a": answers(taken)}, 0, "OK sent a", 1, 1},
		{"taken the third time", map[string]sms.Carrier{"a": answers(later, later, taken)}, 0, "OK sent a", 3, 3},
		{"the other takes it", map[string]sms.Carrier{"a": answers(later), "b": answers(refused, taken)}, 0, "OK sent b", 2, 2},
		{"refused by all", map[string]sms.Carrier{"a": answers(refused), "b": answers(refused)}, 0, "error failed b", 1, 1},
		{"nobody knows", map[string]sms.Carrier{"a": answers(later, lost), "b": answers(later)}, 0, "error unknown a", 2, 2},
		{"not in time", map[string]sms.Carrier{"a": answers(later)}, time.Hour, "error expired ", 5, 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBook()
				s := start(t, options(b, tt.all))
				m := asked
				if tt.until > 0 {
					m.Until = time.Now().Add(tt.until)
				}
				got, err := s.Accept(t.Context(), m)
				if got.State != sms.Accepted || got.Result != "" || got.ID == 0 || err != nil {
					t.Fatalf("got %+v, %v", got, err)
				}
				time.Sleep(afterwards())
				kept := b.of(got.ID)
				if text := strings.Join([]string{string(kept.Result), string(kept.State), kept.Provider}, " "); text != tt.want {
					t.Errorf("got %q, want %q: %s", text, tt.want, kept.Reason)
				}
				if n := tt.all["a"].(*carrier).times(); n < tt.least || n > tt.most {
					t.Errorf("the first was asked %d times", n)
				}
			})
		})
	}
}

// TestKey: a key names one message, whatever becomes of it.
func TestKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c := newBook(), answers(taken)
		s := start(t, options(b, map[string]sms.Carrier{"a": c}))
		m := asked
		m.Key = "order 5"
		first, err := s.Accept(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		again, err := s.Accept(t.Context(), m)
		if again.ID != first.ID || again.State != sms.Sent || err != nil {
			t.Errorf("again: %+v, %v", again, err)
		}
		m.Text = "something else"
		if _, err := s.Accept(t.Context(), m); !isConflict(err) {
			t.Errorf("with another text: %v", err)
		}
		for what, differ := range map[string]func(m *sms.Message){"phone": func(m *sms.Message) { m.Phone += "1" }, "originator": func(m *sms.Message) { m.Originator = "" },
			"project": func(m *sms.Message) { m.Project = "" }, "session": func(m *sms.Message) { m.Session = "t" }} {
			m := asked
			m.Key = "order 5"
			differ(&m)
			if _, err := s.Accept(t.Context(), m); !isConflict(err) {
				t.Errorf("with another %s: %v", what, err)
			}
		}
		m.UserID++
		if other, err := s.Accept(t.Context(), m); other.ID == first.ID || err != nil {
			t.Errorf("of another user: %+v, %v", other, err)
		}
		time.Sleep(time.Minute)
		if n := c.times(); n != 2 {
			t.Errorf("the provider was asked %d times", n)
		}
	})
}

// TestAcceptAll: all of a list are kept together, or none; those whose key is another message's are named.
func TestAcceptAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c := newBook(), answers(taken)
		s := start(t, options(b, map[string]sms.Carrier{"a": c}))
		with := func(key, text string, valid time.Duration) sms.Message {
			m := asked
			m.Key, m.Text, m.Valid = key, text, valid
			return m
		}
		first, err := s.Accept(t.Context(), with("k", "one", time.Hour))
		if err != nil || !first.Until.Equal(first.At.Add(time.Hour)) {
			t.Fatalf("%+v, %v", first, err)
		}
		time.Sleep(time.Minute)
		kept, faults, err := s.AcceptAll(t.Context(), []sms.Message{with("", "two", 0), with("k", "one", time.Hour), with("k", "two", time.Hour), with("k", "one", 2*time.Hour),
			with("l", "two", 0), with("l", "two", 0), with("", "two", 0)})
		if err != nil || len(kept) != 7 || len(faults) != 7 {
			t.Fatalf("%d, %d, %v", len(kept), len(faults), err)
		}
		for i, bad := range []bool{false, false, true, true, false, false, false} {
			if isConflict(faults[i]) != bad || !bad && faults[i] != nil {
				t.Errorf("%d: %v", i, faults[i])
			}
		}
		if kept[1].ID != first.ID || kept[1].State != sms.Sent || kept[4].ID != kept[5].ID || kept[0].ID == kept[6].ID || kept[0].State != sms.Accepted || kept[0].Parts != 1 {
			t.Errorf("kept %+v", kept)
		}
		time.Sleep(time.Minute)
		if n := c.times(); n != 4 {
			t.Errorf("sent %d messages", n)
		}
		down := errors.New("down")
		b.mu.Lock()
		b.fails = func(string) error { return down }
		b.mu.Unlock()
		if _, _, err := s.AcceptAll(t.Context(), []sms.Message{asked}); !errors.Is(err, down) {
			t.Errorf("with the store down: %v", err)
		}
		if kept, faults, err := s.AcceptAll(t.Context(), nil); len(kept)+len(faults) != 0 || err != nil {
			t.Errorf("of none: %v %v %v", kept, faults, err)
		}
	})
}

func isConflict(err error) bool {
	failure, _ := fault.Of(err)
	return failure.Kind == fault.Conflict && failure.Subject == "key"
}

// TestQuietHours: what is accepted waits until they are over.
func TestQuietHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c := newBook(), answers(taken)
		o, over := options(b, map[string]sms.Carrier{"a": c}), time.Now().Add(8*time.Hour)
		o.Quiet = func(_ string, at time.Time) time.Time {
			if at.Before(over) {
				return over
			}
			return time.Time{}
		}
		s := start(t, o)
		m, err := s.Accept(t.Context(), asked)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(8*time.Hour - 2*time.Second)
		if kept := b.of(m.ID); c.times() != 0 || kept.State != sms.Accepted {
			t.Errorf("at night: %+v, asked %d times", kept, c.times())
		}
		time.Sleep(5 * time.Second)
		if kept := b.of(m.ID); c.times() != 1 || kept.State != sms.Sent {
			t.Errorf("in the morning: %+v, asked %d times", kept, c.times())
		}
	})
}
