package call_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"callgate/esl/esltest"
	"callgate/internal/call"
	"callgate/internal/fault"
)

// keys keeps keys in memory, for several processes.
type keys struct {
	mu    sync.Mutex
	all   map[string]call.Keyed
	fails error // of FinishKey
}

func newKeys() *keys { return &keys{all: map[string]call.Keyed{}} }

func (s *keys) TakeKey(_ context.Context, k call.Keyed, expired time.Time) (call.Keyed, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stands, ok := s.all[k.Login+k.Key]; ok && stands.At.After(expired) {
		return stands, false, nil
	}
	s.all[k.Login+k.Key] = k
	return k, true, nil
}

func (s *keys) Key(_ context.Context, login, key string) (call.Keyed, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.all[login+key]
	return k, ok, nil
}

func (s *keys) change(k call.Keyed, f func(*call.Keyed)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if kept, ok := s.all[k.Login+k.Key]; ok && kept.Call == k.Call {
		f(&kept)
		s.all[k.Login+k.Key] = kept
	}
	return nil
}

func (s *keys) BeatKey(_ context.Context, k call.Keyed) error {
	return s.change(k, func(k *call.Keyed) { k.Beats++ })
}

func (s *keys) FinishKey(_ context.Context, k call.Keyed, reply string) error {
	if s.fails != nil {
		return s.fails
	}
	return s.change(k, func(k *call.Keyed) { k.Reply = reply })
}

func (s *keys) ReleaseKey(_ context.Context, k call.Keyed) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, k.Login+k.Key)
	return nil
}

func (*keys) PurgeKeys(context.Context, time.Time, int) error { return nil }

// keyed is an order under a key.
func keyed(key string) call.Order {
	return call.Order{Account: "x", Called: "89100000000", Caller: "1001", Login: "anna", IdempotencyKey: key}
}

// TestKeys: one key rings once, and whoever repeats the order gets what came of it, in its own time.
func TestKeys(t *testing.T) {
	type account struct {
		name, phone string // what it does
		want        string
	}
	all := []account{
		{"answers", "127.0.0.1:5070", "+OK "},
		{"busy", "127.0.0.1:5073", "-ERR USER_BUSY\n"},
		{"does not answer", "127.0.0.1:5072", "-ERR NO_ANSWER\n"},
	}
	if testing.Short() {
		all = all[:1]
	}
	for _, tt := range all {
		t.Run(tt.name, func(t *testing.T) {
			onStage(t, 1, func(s *stage) {
				kept := newKeys()
				one, two := s.controller(kept, tt.phone), s.controller(kept, tt.phone)
				replies := make(chan string)
				for i, c := range []*call.Controller{one, two, one} {
					go func() {
						time.Sleep(time.Duration(i) * time.Second)
						reply, err := c.Originate(s.t.Context(), keyed("k"))
						if err != nil {
							s.t.Error(err)
						}
						replies <- reply
					}()
				}
				first := <-replies
				for range 2 {
					if reply := <-replies; reply != first || !strings.HasPrefix(reply, tt.want) {
						s.t.Errorf("%q, then %q", first, reply)
					}
				}
				time.Sleep(23 * time.Hour)
				if reply, err := two.Originate(s.t.Context(), keyed("k")); reply != first || err != nil {
					s.t.Errorf("the next day %q %v", reply, err)
				}
				if n := s.switches[0].Counts()["originate"]; n != 1 {
					s.t.Errorf("%d rang", n)
				}
				time.Sleep(time.Hour)
				if reply, err := two.Originate(s.t.Context(), keyed("k")); reply == first && tt.want == "+OK " || err != nil || s.switches[0].Counts()["originate"] != 2 {
					s.t.Errorf("when it has expired %q %v", reply, err)
				}
			})
		})
	}
}

// controller is one of a process of its own.
func (s *stage) controller(kept call.KeyStore, phone string) *call.Controller {
	o := options(s.links[0])
	n := new(atomic.Int64)
	o.Keys, o.Live, o.NewID = kept, s.Live, func() string { return fmt.Sprintf("%p-%d", n, n.Add(1)) }
	o.Plan = plan("sofia/internal/{sip}@"+phone, "&park()")
	return call.New(o)
}

// TestKeyOfTheDead: of an order whose process died nobody knows whether it rang; it is not given again.
func TestKeyOfTheDead(t *testing.T) {
	onStage(t, 1, func(s *stage) {
		kept := newKeys()
		c := s.controller(kept, "127.0.0.1:5070")
		reply, err := c.Originate(s.t.Context(), keyed("k"))
		if err != nil {
			s.t.Fatal(err)
		}
		_ = kept.change(kept.all["annak"], func(k *call.Keyed) { k.Reply = "" }) // as if it had died before it was told
		began := time.Now()
		id := strings.TrimSpace(strings.TrimPrefix(reply, "+OK "))
		for range 2 {
			if reply, err := c.Originate(s.t.Context(), keyed("k")); reply != "-ERR OUTCOME_UNKNOWN "+id+"\n" || err != nil {
				s.t.Errorf("got %q %v", reply, err)
			}
		}
		if took := time.Since(began); took > 7*time.Second || len(originates(s.switches[0])) != 1 {
			s.t.Errorf("after %v, %d rang", took, len(originates(s.switches[0])))
		}
	})
}

// TestKeyIsFree: what rang nobody leaves its key free, what may have rung does not.
func TestKeyIsFree(t *testing.T) {
	onStage(t, 1, func(s *stage) {
		kept := newKeys()
		c := s.controller(kept, "127.0.0.1:5072")
		bad := keyed("k1")
		bad.Called = "*72"
		if _, err := c.Originate(s.t.Context(), bad); !errors.Is(err, fault.New(fault.WrongField, "called_number")) {
			s.t.Error(err)
		}
		ctx, leave := context.WithTimeout(s.t.Context(), 3*time.Second)
		defer leave()
		if _, err := c.Originate(ctx, keyed("k2")); !errors.Is(err, context.DeadlineExceeded) {
			s.t.Errorf("the client that leaves: %v", err)
		}
		pass(5 * time.Second)
		if got := s.told(); got != "" {
			s.t.Errorf("it still rings: %s", got)
		}
		if reply, err := c.Originate(s.t.Context(), keyed("k2")); reply != "-ERR ORIGINATOR_CANCEL\n" || err != nil {
			s.t.Errorf("who comes back: %q %v", reply, err)
		}
		kept.fails = fault.New(fault.StorageDown, "")
		c = s.controller(kept, "127.0.0.1:5071")
		if reply, err := c.Originate(s.t.Context(), keyed("k3")); !strings.HasPrefix(reply, "+OK ") || err != nil {
			s.t.Errorf("what cannot be kept is told: %q %v", reply, err)
		}
		if _, err := c.Originate(s.t.Context(), keyed("k3")); !errors.Is(err, fault.New(fault.StorageDown, "")) {
			s.t.Errorf("while the database is down: %v", err)
		}
		kept.fails = nil
		if reply, err := c.Originate(s.t.Context(), keyed("k3")); !strings.HasPrefix(reply, "-ERR OUTCOME_UNKNOWN ") || err != nil {
			s.t.Errorf("what was not kept: %q %v", reply, err)
		}
		other := keyed("k2")
		other.Project = "p"
		if _, err := c.Originate(s.t.Context(), other); !errors.Is(err, fault.New(fault.WrongField, "Idempotency-Key")) {
			s.t.Errorf("another order under the key: %v", err)
		}
		other.Login, other.Project = "boris", ""
		if reply, err := c.Originate(s.t.Context(), other); !strings.HasPrefix(reply, "+OK ") || err != nil {
			s.t.Errorf("another user's key: %q %v", reply, err)
		}
		if n := len(originates(s.switches[0])); n != 3 {
			s.t.Errorf("%d rang", n)
		}
	})
}

// TestKeyOfTheUncancelled: of a phone that could not be stopped from ringing nobody says that it was, and none is stopped for
// an order that reached no switch.
func TestKeyOfTheUncancelled(t *testing.T) {
	onStage(t, 1, func(s *stage) {
		kept := newKeys()
		c := s.controller(kept, "127.0.0.1:5072")
		ctx, leave := context.WithCancel(s.t.Context())
		time.AfterFunc(3*time.Second, func() { s.switches[0].Hang(true); leave() })
		_, _ = c.Originate(ctx, keyed("k1")) // the client has gone: nobody to tell
		s.switches[0].Hang(false)
		if reply, err := c.Originate(s.t.Context(), keyed("k1")); !strings.HasPrefix(reply, "-ERR OUTCOME_UNKNOWN ") || err != nil {
			s.t.Errorf("who comes back: %q %v", reply, err)
		}
		pass(time.Minute)
		ctx, leave = context.WithCancel(s.t.Context())
		leave()
		_, _ = c.Originate(ctx, keyed("k2"))
		if n := s.switches[0].Counts()["uuid_kill"]; n > 4 {
			s.t.Errorf("killed %d times", n)
		}
	})
}

// TestLinkBreaks: in whatever phase of an originate the link breaks, it is sent once at most, the answer says what is
// known, and nothing is told to have failed that may have rung.
func TestLinkBreaks(t *testing.T) {
	const ringing, unknown = "127.0.0.1:5072", "-ERR OUTCOME_UNKNOWN our-id\n"
	for _, tt := range []struct {
		name string
		do   func(sw *esltest.Switch)
		want string
		err  error
		sent int
	}{
		{"before", func(sw *esltest.Switch) { sw.CutConnections() }, "", fault.New(fault.SwitchDown, ""), 0},
		{"when the order arrives", func(sw *esltest.Switch) { sw.CutAt("originate", false) }, unknown, nil, 1},
		{"while it rings", func(sw *esltest.Switch) { time.AfterFunc(2*time.Second, sw.CutConnections) }, unknown, nil, 1},
		{"while it rings, by a reset", func(sw *esltest.Switch) { time.AfterFunc(2*time.Second, sw.ResetConnections) }, unknown, nil, 1},
		{"in the middle of the answer", func(sw *esltest.Switch) { time.AfterFunc(9990*time.Millisecond, func() { sw.CutFrame(40) }) }, unknown, nil, 1},
		{"when it was refused", func(sw *esltest.Switch) { sw.CutAt("originate", true) }, unknown, nil, 1},
		{"the switch hangs", func(sw *esltest.Switch) { time.AfterFunc(2*time.Second, func() { sw.Hang(true) }) }, unknown, nil, 1},
		{"the switch is restarted", func(sw *esltest.Switch) { time.AfterFunc(2*time.Second, sw.Restart) }, unknown, nil, 1},
		{"not at all", func(*esltest.Switch) {}, "-ERR NO_ANSWER\n", nil, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onStage(t, 1, func(s *stage) {
				o := options(s.links[0])
				o.Plan = func() call.Plan {
					return call.Plan{Dial: "sofia/internal/{sip}@" + ringing, Then: "&park()", RingTime: 10 * time.Second}
				}
				tt.do(s.switches[0])
				synctest.Wait()
				reply, err := call.New(o).Originate(s.t.Context(), call.Order{Account: "x", Called: "89100000000", Caller: "1001"})
				if reply != tt.want || !errors.Is(err, tt.err) || (err == nil) != (tt.err == nil) {
					s.t.Errorf("got %q %v, want %q %v", reply, err, tt.want, tt.err)
				}
				s.switches[0].CutAt("", false)
				s.switches[0].Hang(false)
				pass(time.Minute)
				if n := len(originates(s.switches[0])); n != tt.sent {
					s.t.Errorf("sent %d times", n)
				}
			})
		})
	}
}
