package stream_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"callgate/api/stream"
	"callgate/internal/fault"
)

// TestTold: a client is told what there is, and then what changes, as soon as it does.
func TestTold(t *testing.T) {
	play(t, func(t *testing.T, s *stage) {
		s.put("queues", "a", 1)
		on := s.join(everything, "", free)
		s.want(on, snapshot("queues", text("a", 1)), snapshot("agents"))
		for _, tt := range []struct {
			name string
			do   func()
			want []string
		}{
			{"nothing", func() {}, nil},
			{"a new one", func() { s.put("agents", "x", 1) }, []string{"agent " + text("x", 1)}},
			{"two changes of one", func() { s.put("agents", "x", 2); s.put("agents", "x", 3) }, []string{"agent " + text("x", 3)}},
			{"there and back", func() { s.put("agents", "x", 2); s.put("agents", "x", 3) }, nil},
			{"of both topics", func() { s.put("agents", "x", 4); s.put("queues", "a", 2) }, []string{"queue " + text("a", 2), "agent " + text("x", 4)}},
			{"one goes", func() { s.drop("queues", "a") }, []string{`gone {"topic":"queues","switch":"main","id":"a"}`}},
			{"and comes back", func() { s.put("queues", "a", 2) }, []string{"queue " + text("a", 2)}},
			{"what moves by itself", func() { s.change("queues", thing{Name: "m", Value: 1, moves: true}) }, []string{`queue {"name":"m","value":1,"secret":""}`}},
			{"on", func() { s.change("queues", thing{Name: "m", Value: 2, moves: true}) }, nil},
			{"the link breaks", func() { s.set(func() { s.stale["queues"], s.lost = true, true }) },
				[]string{`stale {"topic":"queues","switch":"main","since":"1970-01-01T00:16:40Z"}`,
					`gone {"topic":"agents","switch":"main","id":"x"}`}}, // what is not stale is believed
			{"is broken", func() {}, nil},
			{"and is back", func() { s.set(func() { s.stale["queues"], s.lost = false, false }); s.drop("queues", "a") },
				[]string{`gone {"topic":"queues","switch":"main","id":"a"}`, `fresh {"topic":"queues","switch":"main"}`, "agent " + text("x", 4)}},
		} {
			s.turn(tt.do)
			if got := on.told(); got != strings.Join(tt.want, "\n") {
				t.Fatalf("%s: got\n%s\nwant\n%s", tt.name, got, strings.Join(tt.want, "\n"))
			}
		}
		// Who comes now is told how what moves is now.
		s.want(s.join(queuesOnly, "", free), snapshot("queues", `{"name":"m","value":2,"secret":""}`))
	})
}

// TestStaleFromTheBeginning: a snapshot of what is not known says so.
func TestStaleFromTheBeginning(t *testing.T) {
	play(t, func(t *testing.T, s *stage) {
		s.stale["queues"], s.lost = true, true
		on := s.join(queuesOnly, "", free)
		s.want(on, `snapshot {"topic":"queues","switch":"main","since":"1970-01-01T00:16:40Z","stale":true,"rows":[]}`)
		s.put("queues", "a", 1)
		s.turn(func() { s.set(func() { s.stale["queues"], s.lost = false, false }) })
		s.want(on, "queue "+text("a", 1), `fresh {"topic":"queues","switch":"main"}`)
	})
}

// TestKinds: each kind of viewer is told what is to be seen by it, in the form for it, and of nothing else.
func TestKinds(t *testing.T) {
	play(t, func(t *testing.T, s *stage) {
		s.put("queues", "shop1", 1)
		s.put("queues", "bank1", 1)
		hidden := strings.ReplaceAll(text("shop1", 1), `"s"`, `"*"`)
		all := s.join(queuesOnly, "", free)
		blind := s.join(stream.Viewer{Topics: []stream.Topic{{Name: "queues"}}}, "", free)
		shop := s.join(stream.Viewer{Topics: []stream.Topic{{Name: "queues", Projects: []string{"shop"}}}}, "", free)
		s.want(all, snapshot("queues", text("bank1", 1), text("shop1", 1)))
		s.want(blind, snapshot("queues", strings.ReplaceAll(hidden, "shop", "bank"), hidden))
		s.want(shop, snapshot("queues", hidden))
		for _, tt := range []struct {
			name             string
			do               func()
			all, blind, shop string
		}{
			{"another's", func() { s.put("queues", "bank1", 2) }, "queue " + text("bank1", 2), "queue " + strings.ReplaceAll(text("bank1", 2), `"s"`, `"*"`), ""},
			{"another's goes", func() { s.drop("queues", "bank1") }, `gone {"topic":"queues","switch":"main","id":"bank1"}`, `gone {"topic":"queues","switch":"main","id":"bank1"}`, ""},
			{"a secret", func() { s.change("queues", thing{Name: "shop1", Value: 1, Secret: "t"}) }, `queue {"name":"shop1","value":1,"secret":"t"}`, "", ""},
			{"another topic", func() { s.put("agents", "shop2", 1) }, "", "", ""},
		} {
			s.turn(tt.do)
			if a, b, c := all.told(), blind.told(), shop.told(); a != tt.all || b != tt.blind || c != tt.shop {
				t.Errorf("%s: %s / %s / %s", tt.name, a, b, c)
			}
		}
		// What is somebody else's now, with no change of its own, is gone within a second.
		s.set(func() { s.hidden["shop1"] = true })
		s.pass(time.Second + 250*time.Millisecond)
		s.want(shop, `gone {"topic":"queues","switch":"main","id":"shop1"}`)
		s.set(func() { s.hidden["shop1"] = false })
		s.pass(time.Second + 250*time.Millisecond)
		s.want(shop, `queue {"name":"shop1","value":1,"secret":"*"}`)
		s.want(all)
	})
}

// TestProjectsByTopic: somebody may see different projects of different topics.
func TestProjectsByTopic(t *testing.T) {
	play(t, func(t *testing.T, s *stage) {
		for _, name := range []string{"shop1", "bank1"} {
			s.put("queues", name, 1)
			s.put("agents", name, 1)
		}
		v := stream.Viewer{Topics: []stream.Topic{{Name: "queues", Projects: []string{"shop"}}, {Name: "agents", Projects: []string{"bank"}}}, Numbers: true}
		on := s.join(v, "", free)
		s.want(on, snapshot("queues", text("shop1", 1)), snapshot("agents", text("bank1", 1)))
		s.turn(func() {
			for _, name := range []string{"shop1", "bank1"} {
				s.put("queues", name, 2)
				s.drop("agents", name)
			}
		})
		s.want(on, "queue "+text("shop1", 2), `gone {"topic":"agents","switch":"main","id":"bank1"}`)
		sorted := stream.Viewer{Topics: []stream.Topic{{Name: "queues", Projects: []string{"a", "b"}}}}
		for _, tt := range []struct {
			name   string
			topics []stream.Topic
			number bool
			want   bool
		}{
			{"another order", []stream.Topic{{Name: "queues", Projects: []string{"b", "a", "b"}}}, false, true},
			{"fewer", []stream.Topic{{Name: "queues", Projects: []string{"a"}}}, false, false},
			{"one that looks like two", []stream.Topic{{Name: "queues", Projects: []string{`a" "b`}}}, false, false},
			{"all", []stream.Topic{{Name: "queues"}}, false, false},
			{"numbers", sorted.Topics, true, false},
			{"another topic", []stream.Topic{{Name: "agents", Projects: []string{"a", "b"}}}, false, false},
			{"one more", append(sorted.Topics, stream.Topic{Name: "agents"}), false, false},
		} {
			if got := sorted.Same(&stream.Viewer{Topics: tt.topics, Numbers: tt.number}); got != tt.want {
				t.Errorf("%s: %t", tt.name, got)
			}
		}
	})
}

// TestResume: who comes back is told what he has missed, from the event on that he names; where that is not to be had, he begins anew.
func TestResume(t *testing.T) {
	play(t, func(t *testing.T, s *stage) {
		on := s.join(everything, "", free)
		s.turn(func() { s.put("queues", "a", 1); s.put("queues", "b", 1); s.put("agents", "x", 1) })
		s.turn(func() { s.drop("queues", "a") })
		ids := on.ids() // two snapshots, three that are new, one that is gone
		if len(ids) != 6 {
			t.Fatalf("%q", ids)
		}
		a, b, x, gone := "queue "+text("a", 1), "queue "+text("b", 1), "agent "+text("x", 1), `gone {"topic":"queues","switch":"main","id":"a"}`
		anew := []string{"reset {}", snapshot("queues", text("b", 1)), snapshot("agents", text("x", 1))}
		other := s.join(queuesOnly, "", free).ids()[0]
		epoch, _, _ := strings.Cut(ids[5], ".")
		for _, tt := range []struct {
			name, last string
			want       []string
		}{
			{"in the middle of the snapshots", ids[0], anew},
			{"after the snapshots", ids[1], []string{a, b, x, gone}},
			{"in the middle of a look", ids[2], []string{b, x, gone}},
			{"at its end", ids[4], []string{gone}},
			{"up to date", ids[5], nil},
			{"of another kind", other, anew},
			{"of another process", "0123456789ab" + strings.TrimPrefix(ids[5], epoch), anew},
			{"of the future", ids[5] + "0", anew},
			{"no place", epoch + ".." + ids[5], anew},
			{"no number", ids[5] + "x", anew},
			{"below zero", strings.TrimRight(ids[5], "0123456789") + "-1", anew},
			{"beyond all numbers", ids[5] + strings.Repeat("0", 40), anew},
			{"no id", "\x00", anew},
		} {
			if got := s.join(everything, tt.last, free).told(); got != strings.Join(tt.want, "\n") {
				t.Errorf("%s: got\n%s\nwant\n%s", tt.name, got, strings.Join(tt.want, "\n"))
			}
		}
		if got := [3]float64{s.counted("callgate_stream_beginnings_total", "how", "new"), s.counted("callgate_stream_beginnings_total", "how", "resumed"),
			s.counted("callgate_stream_beginnings_total", "how", "reset")}; got != [3]float64{2, 4, 9} {
			t.Errorf("counted %v", got)
		}
	})
}

// TestForgotten: what is kept for those who come back is bounded in time and number, and nothing is kept, or looked at, when
// nobody can come back.
func TestForgotten(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(s *stage)
		want string
	}{
		{"a while", func(s *stage) { s.pass(59 * time.Second) }, "queue " + text("a", 2)},
		{"more than a minute", func(s *stage) { s.pass(61 * time.Second); s.turn(func() { s.put("queues", "b", 0) }) },
			"reset {}\n" + snapshot("queues", text("a", 2), text("b", 0))},
		{"4000 events", func(s *stage) {
			for i := range 4 {
				s.turn(func() { many(s, 1000, i) })
			}
			s.turn(func() { many(s, 0, 0) })
		}, "queue"},
		{"5000 events", func(s *stage) {
			for i := range 5 {
				s.turn(func() { many(s, 1000, i) })
			}
			s.turn(func() { many(s, 0, 0) })
		}, "reset {}"},
		{"many bytes", func(s *stage) {
			for i := range 6 {
				s.turn(func() { s.change("queues", thing{Name: "big", Value: i, Secret: strings.Repeat("x", 1<<20)}) })
			}
		}, "reset {}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			play(t, func(t *testing.T, s *stage) {
				s.put("queues", "a", 1)
				on := s.join(queuesOnly, "", free)
				last := on.ids()[0]
				s.turn(func() { s.put("queues", "a", 2) })
				tt.do(s)
				got := s.join(queuesOnly, last, free).told()
				if !strings.HasPrefix(got, tt.want) {
					t.Errorf("got %.200s, want %s", got, tt.want)
				}
			})
		})
	}
	t.Run("nobody is there", func(t *testing.T) {
		play(t, func(t *testing.T, s *stage) {
			s.put("queues", "a", 1)
			on := s.join(queuesOnly, "", free)
			last := on.ids()[0]
			on.end()
			s.pass(50 * time.Second)
			s.turn(func() { s.put("queues", "a", 2) })
			on = s.join(queuesOnly, last, free)
			s.want(on, "queue "+text("a", 2))
			on.end()
			s.pass(62 * time.Second)
			looked := s.looked
			s.pass(time.Hour)
			if s.looked != looked {
				t.Errorf("looked %d times for nobody", s.looked-looked)
			}
			s.put("queues", "a", 3)
			s.want(s.join(queuesOnly, last, free), "reset {}", snapshot("queues", text("a", 3)))
		})
	})
}

// many changes so many things.
func many(s *stage, n, value int) {
	for i := range n {
		s.put("queues", fmt.Sprintf("q%d", i), value)
	}
}

// TestCoalesced: of what changes all the time, clients are told twenty times a second, by one write for all of it, and each change
// is written down once for all of them.
func TestCoalesced(t *testing.T) {
	play(t, func(t *testing.T, s *stage) {
		many(s, 5, 0)
		var all []*screen
		for range 20 {
			on := s.join(queuesOnly, "", free)
			on.told()
			all = append(all, on)
		}
		s.pass(100 * time.Millisecond)
		s.encoded = 0
		for i := range 1000 {
			many(s, 5, i+1)
			s.Hint()
			s.pass(time.Millisecond)
		}
		s.pass(100 * time.Millisecond)
		for _, on := range all {
			writes := on.writes - 2 // retry, and the snapshot
			events := on.events()
			if writes < 16 || writes > 21 || len(events) != writes*5 || events[len(events)-1] != "queue "+text("q4", 1000) {
				t.Fatalf("%d events in %d writes, the last %s", len(events), writes, events[len(events)-1])
			}
			if s.encoded != len(events) || s.counted("callgate_stream_events_total", "", "") != float64(len(events)) {
				t.Fatalf("%d events for each of 20 clients were encoded %d times", len(events), s.encoded)
			}
		}
	})
}

// TestPrompt: a change is told at once where nothing was told just before, and in any case within a tenth of a second; where nobody
// hints at it, within a quarter.
func TestPrompt(t *testing.T) {
	play(t, func(t *testing.T, s *stage) {
		on := s.join(queuesOnly, "", free)
		on.told()
		atOnce := 0
		for i := range 50 {
			s.put("queues", "a", i)
			s.Hint()
			synctest.Wait()
			got := on.told()
			if got != "" {
				atOnce++
			}
			s.pass(100 * time.Millisecond)
			if got += on.told(); got != "queue "+text("a", i) {
				t.Fatalf("got %s", got)
			}
			s.pass(137 * time.Millisecond)
		}
		if atOnce < 10 {
			t.Errorf("%d of 50 were told at once", atOnce)
		}
		s.put("queues", "a", 100)
		s.pass(250 * time.Millisecond)
		s.want(on, "queue "+text("a", 100))
	})
}

// TestSlow: a client that does not read is cut off, and nobody waits for it.
func TestSlow(t *testing.T) {
	play(t, func(t *testing.T, s *stage) {
		on, deaf := s.join(queuesOnly, "", free), s.join(queuesOnly, "", free)
		on.told()
		deaf.listen(false)
		for i := range 98 {
			s.turn(func() { s.put("queues", "a", i) })
			s.want(on, "queue "+text("a", i))
		}
		if len(deaf.done) != 0 {
			t.Fatal("it was cut off too early")
		}
		s.turn(func() { s.put("queues", "a", 100) })
		s.pass(time.Second)
		if err := <-deaf.done; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("it ended with %v", err)
		}
		s.want(on, "queue "+text("a", 100))
		if got := s.counted("callgate_stream_ends_total", "why", "slow"); got != 1 || s.counted("callgate_stream_clients", "", "") != 1 {
			t.Errorf("%v were counted", got)
		}
	})
}

// TestLate: a client that falls behind what is kept begins anew.
func TestLate(t *testing.T) {
	play(t, func(t *testing.T, s *stage) {
		on := s.join(queuesOnly, "", free)
		on.told()
		on.listen(false)
		for i := range 6 {
			s.turn(func() { many(s, 1000, i) })
		}
		on.listen(true)
		s.pass(0)
		got := on.events()
		if len(got) != 1002 || !strings.HasPrefix(got[999], "queue ") || got[1000] != "reset {}" || !strings.HasPrefix(got[1001], `snapshot {"topic":"queues"`) ||
			!strings.Contains(got[1001], text("q7", 5)) {
			t.Fatalf("%d events", len(got))
		}
		if got := s.counted("callgate_stream_beginnings_total", "how", "late"); got != 1 {
			t.Errorf("%v were counted", got)
		}
		s.turn(func() { s.put("queues", "q7", 9) })
		s.want(on, "queue "+text("q7", 9))
	})
}

// TestNoMore: who may no more is sent away within two seconds and told nothing more; a question that nobody answers is an answer.
func TestNoMore(t *testing.T) {
	denied := fault.New(fault.Denied, "")
	for _, tt := range []struct {
		name string
		may  func(ctx context.Context) error
	}{
		{"refused", func(context.Context) error { return denied }},
		{"no answer", func(ctx context.Context) error { <-ctx.Done(); return fault.Wrap(fault.StorageDown, ctx.Err(), "look") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			play(t, func(t *testing.T, s *stage) {
				var no atomic.Bool
				on := s.join(queuesOnly, "", func(ctx context.Context) error {
					if no.Load() {
						return tt.may(ctx)
					}
					return nil
				})
				s.pass(14 * time.Second)
				no.Store(true)
				s.pass(2 * time.Second)
				s.turn(func() { s.put("queues", "a", 1) })
				if len(on.done) != 1 {
					t.Fatal("the stream goes on")
				}
				s.want(on, snapshot("queues"))
				if on.left <= 0 {
					t.Error("the end of the answer cannot be written")
				}
				if got := s.counted("callgate_stream_ends_total", "why", "denied"); got != 1 {
					t.Errorf("%v were counted", got)
				}
			})
		})
	}
	t.Run("from the beginning", func(t *testing.T) {
		play(t, func(t *testing.T, s *stage) {
			s.want(s.join(queuesOnly, "", func(context.Context) error { return denied }))
		})
	})
	t.Run("while much is told", func(t *testing.T) {
		play(t, func(t *testing.T, s *stage) {
			s.change("queues", thing{Name: "big", Secret: strings.Repeat("x", 1<<20)})
			c, err := s.Join(1, queuesOnly, "")
			if err != nil {
				t.Fatal(err)
			}
			defer c.Leave()
			on, asked := newScreen(), 0
			on.deaf, on.once = true, true
			var pieces sync.WaitGroup
			defer pieces.Wait()
			pieces.Go(func() {
				for range 10 {
					time.Sleep(time.Second)
					on.listen(true) // for one piece
				}
			})
			err = c.Serve(t.Context(), on, false, func(context.Context) error {
				if asked++; asked > 3 {
					return denied
				}
				return nil
			})
			if !errors.Is(err, denied) || on.written() > 5*32<<10 {
				t.Errorf("%v after %d bytes", err, on.written())
			}
		})
	})
}

// written is how much it has taken.
func (s *screen) written() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got.Len()
}

// TestStop: all streams end at once when the hub stops, those whose clients do not read included, and none begins.
func TestStop(t *testing.T) {
	play(t, func(t *testing.T, s *stage) {
		idle, deaf := s.join(queuesOnly, "", free), s.join(queuesOnly, "", free)
		deaf.listen(false)
		s.turn(func() { s.put("queues", "a", 1) })
		early, err := s.Join(1, queuesOnly, "")
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		s.stop()
		<-idle.done
		<-deaf.done
		if err := early.Serve(t.Context(), newScreen(), false, free); err == nil {
			t.Error("one that had joined before began")
		}
		early.Leave()
		if took := time.Since(began); took != 0 {
			t.Errorf("it took %v", took)
		}
		if _, err := s.Join(1, queuesOnly, ""); !errors.Is(err, fault.New(fault.SwitchDown, "")) {
			t.Errorf("a late one gets %v", err)
		}
		synctest.Wait()
		if got := s.counted("callgate_stream_ends_total", "why", "stopped"); got < 2 || s.counted("callgate_stream_clients", "", "") != 0 {
			t.Errorf("%v were counted", got)
		}
	})
}

// TestStopInBetween: a hub that stops after a client was looked at, and before it is written to, ends the stream at once as well.
func TestStopInBetween(t *testing.T) {
	play(t, func(t *testing.T, s *stage) {
		c, err := s.Join(1, queuesOnly, "")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Leave()
		on := newScreen()
		on.deaf = true
		began := time.Now()
		if err := c.Serve(t.Context(), on, false, func(context.Context) error { s.stop(); return nil }); err == nil || time.Since(began) != 0 {
			t.Errorf("it ended after %v with %v", time.Since(began), err)
		}
	})
}

// TestLeft: a client that goes away ends its stream.
func TestLeft(t *testing.T) {
	play(t, func(t *testing.T, s *stage) {
		on := s.join(queuesOnly, "", free)
		on.end()
		if err := <-on.done; !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
		synctest.Wait()
		if s.counted("callgate_stream_clients", "", "") != 0 || s.counted("callgate_stream_ends_total", "why", "left") != 1 {
			t.Error("it is still counted")
		}
	})
}

// TestOnce: a client that wants no more than what there is gets that and leaves.
func TestOnce(t *testing.T) {
	play(t, func(t *testing.T, s *stage) {
		c, err := s.Join(1, queuesOnly, "")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Leave()
		on := newScreen()
		if err := c.Serve(t.Context(), on, true, free); err != nil {
			t.Error(err)
		}
		s.want(on, snapshot("queues"))
	})
}

// TestHeartbeat: where nothing happens a comment comes every 15 seconds, and none where something does.
func TestHeartbeat(t *testing.T) {
	play(t, func(t *testing.T, s *stage) {
		on := s.join(queuesOnly, "", free)
		on.told()
		s.pass(14 * time.Second)
		s.want(on)
		s.pass(2 * time.Second)
		s.want(on, ":")
		s.pass(30 * time.Second)
		s.want(on, ":", ":")
		for i := range 10 {
			s.pass(5 * time.Second)
			s.turn(func() { s.put("queues", "a", i) })
		}
		if got := on.told(); strings.Contains(got, ":\n") || strings.Count(got, "\n") != 9 {
			t.Errorf("got %s", got)
		}
	})
}

// TestLimits: a user has 20 streams, and there are 5000 in all; who leaves makes room.
func TestLimits(t *testing.T) {
	h := stream.New(stream.Options{Look: newWorld().look})
	full := fault.New(fault.TooMany, "")
	var first *stream.Client
	for user := range int64(250) {
		for range 20 {
			c, err := h.Join(user, queuesOnly, "")
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = c
			}
		}
		if user < 2 {
			if _, err := h.Join(user, queuesOnly, ""); !errors.Is(err, full) {
				t.Errorf("the 21st of a user: %v", err)
			}
		}
	}
	if _, err := h.Join(1000, queuesOnly, ""); !errors.Is(err, full) {
		t.Errorf("the 5001st: %v", err)
	}
	first.Leave()
	if _, err := h.Join(0, queuesOnly, ""); err != nil {
		t.Errorf("in the place of one who left: %v", err)
	}
}

// FuzzResume: whatever a client says it has had, it is told something that begins.
func FuzzResume(f *testing.F) {
	for _, id := range []string{"", "a.b.1", "..", "a.b.-1", "a.b.99999999999999999999", "\xff"} {
		f.Add(id)
	}
	w := newWorld()
	w.put("queues", "a", 1)
	h := stream.New(stream.Options{Look: w.look})
	f.Fuzz(func(t *testing.T, id string) {
		c, err := h.Join(1, queuesOnly, id)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Leave()
		on := newScreen()
		if err := c.Serve(t.Context(), on, true, free); err != nil {
			t.Fatal(err)
		}
		if got := on.told(); got != snapshot("queues", text("a", 1)) && got != "reset {}\n"+snapshot("queues", text("a", 1)) {
			t.Errorf("got %s", got)
		}
	})
}
