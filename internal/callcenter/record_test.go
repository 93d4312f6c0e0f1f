package callcenter_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"callgate/esl/esltest"
	"callgate/internal/callcenter"
	"callgate/internal/fault"
)

// activities is what the agents do by FreeSWITCH's own lists.
func activities(t *testing.T, n node) map[string]callcenter.Activity {
	t.Helper()
	channels := n.api(t, "show channels as json")
	lines := strings.Split(strings.TrimSuffix(n.api(t, "callcenter_config agent list"), "\n+OK\n"), "\n")
	header := strings.Split(lines[0], "|")
	all := map[string]callcenter.Activity{}
	for _, line := range lines[1:] {
		cell := func(name string) string { return strings.Split(line, "|")[slices.Index(header, name)] }
		after := func(names ...string) bool { // now, by the switch's clock
			var sum int64
			for _, name := range names {
				v, err := strconv.ParseInt(cell(name), 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				sum += v
			}
			return time.Unix(sum, 0).After(n.Clock())
		}
		name, status, state := cell("name"), cell("status"), cell("state")
		switch {
		case strings.EqualFold(status, "Logged Out"):
			all[name] = callcenter.ActivityLoggedOut
		case state == "In a queue call":
			all[name] = callcenter.ActivityTalking
		case state == "Receiving" && !strings.EqualFold(status, "On Break"):
			all[name] = callcenter.ActivityRinging
		case strings.Contains(channels, `"name":"sofia/internal/`+name+`@127.0.0.1"`):
			all[name] = callcenter.ActivityOutside
		case strings.EqualFold(status, "On Break"):
			all[name] = callcenter.ActivityPause
		case after("last_bridge_end", "wrap_up_time") && cell("wrap_up_time") != "0":
			all[name] = callcenter.ActivityWrapUp
		case (status == "Available" || status == "Available (On Demand)") && state == "Waiting" && !after("ready_time"):
			all[name] = callcenter.ActivityReady
		default:
			all[name] = callcenter.ActivityNotReady
		}
	}
	return all
}

// TestStates follows an agent through everything that he can do, by the clock.
func TestStates(t *testing.T) {
	agent := esltest.Agent{Name: "1000", Status: "Logged Out", WrapUp: 10, BusyDelay: 8}
	cfg := centreConfig(agent, esltest.Agent{Name: "1001", Status: "Logged Out"})
	cfg.Extensions = append(cfg.Extensions, esltest.Extension{Name: "elsewhere", Match: "^elsewhere$",
		Apps: []esltest.App{{Name: "answer"}, {Name: "park"}}})
	set := func(status, reason string) func(*testing.T, *centre) {
		return func(t *testing.T, c *centre) {
			c.nodes[0].api(t, "callcenter_config agent set status 1000 '"+status+"'")
			if reason != "none" {
				c.states.note(callcenter.AgentStatus{At: time.Now().Add(3 * time.Millisecond), Switch: "a", Agent: "1000", Status: status, Reason: reason})
			}
		}
	}
	talk := func(t *testing.T, c *centre) { call(t, c.nodes[0].Switch, "sales", 23*time.Second) } // 3 of them he rings
	wait := func(*testing.T, *centre) {}
	type step struct {
		do    func(*testing.T, *centre)
		after time.Duration
	}
	for _, tt := range []struct {
		name  string
		steps []step
		want  string // since he was available
	}{
		{"a call and its wrap-up", []step{{talk, 40 * time.Second}}, "ready 5, ringing 3, talking 20, wrap_up 10, ready"},
		{"a pause of a reason", []step{{set("On Break", "lunch"), 20 * time.Second}, {set("Available", ""), 10 * time.Second}}, "ready 5, pause lunch 20, ready"},
		{"a pause that was not set here", []step{{set("On Break", "lunch"), 20 * time.Second}, {set("Available", "none"), 10 * time.Second},
			{set("On Break", "none"), 7 * time.Second}}, "ready 5, pause lunch 20, ready 10, pause"},
		{"another reason", []step{{set("On Break", "lunch"), 20 * time.Second}, {set("On Break", "doctor"), 30 * time.Second}, {set("On Break", ""), 9 * time.Second},
			{set("On Break", ""), 9 * time.Second}}, "ready 5, pause lunch 20, pause doctor 30, pause"},
		{"a pause for after the call", []step{{talk, 13 * time.Second}, {set("On Break", "lunch"), 30 * time.Second}},
			"ready 5, ringing 3, talking 20, pause lunch"},
		{"wrap-up cut short by a pause", []step{{talk, 27 * time.Second}, {set("On Break", ""), 30 * time.Second}},
			"ready 5, ringing 3, talking 20, wrap_up 4, pause"},
		{"wrap-up cut short by logging out", []step{{talk, 27 * time.Second}, {set("Logged Out", ""), 30 * time.Second}},
			"ready 5, ringing 3, talking 20, wrap_up 4, logged_out"},
		{"a call outside the queues", []step{{func(t *testing.T, c *centre) {
			if _, err := c.nodes[0].Call(esltest.Call{Number: "1000", Extension: "elsewhere", HangupAfter: 20 * time.Second}); err != nil {
				t.Fatal(err)
			}
		}, 30 * time.Second}}, "ready 5, outside 20, ready"},
		{"on demand", []step{{set("Available (On Demand)", ""), 5 * time.Second}, {talk, 40 * time.Second}}, "ready 10, ringing 3, talking 20, wrap_up 10, not_ready"},
		{"misspelled", []step{{set("available", ""), 5 * time.Second}, {set("Available", ""), 5 * time.Second}}, "ready 5, not_ready 5, ready"},
		{"deleted", []step{{func(t *testing.T, c *centre) {
			c.nodes[0].api(t, "callcenter_config agent del 1000")
			if err := c.Refresh(t.Context(), "a"); err != nil {
				t.Error(err)
			}
		}, 10 * time.Second}}, "ready 5"},
		{"nothing", []step{{wait, time.Hour}}, "ready"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, []esltest.Config{cfg}, func(t *testing.T, c *centre) {
				c.stop()
				c.states = newShelf()
				c.start(t)
				pass(60*time.Second - time.Duration(time.Now().Nanosecond()))
				set("Available", "")(t, c)
				pass(5 * time.Second)
				for _, s := range tt.steps {
					s.do(t, c)
					pass(s.after)
				}
				pass(5 * time.Second)
				// Before, he is logged out, and it may take a moment until that is known.
				_, got, _ := strings.Cut(c.states.told("1000"), ", ready")
				if got = "ready" + got; got != tt.want {
					t.Errorf("got  %s\nwant %s", got, tt.want)
				}
				if tt.name != "deleted" {
					c.states.whole(t)
				}
				if tt.name == "nothing" && c.states.saves > 800 {
					t.Errorf("saved %d times in an hour in which nothing happened", c.states.saves)
				}
			})
		})
	}
}

// recorded runs f over a process that writes the states of one agent, who has been available for ten seconds.
func recorded(t *testing.T, room int, f func(t *testing.T, c *centre)) {
	t.Helper()
	cfg := centreConfig(esltest.Agent{Name: "1000", Status: "Available", WrapUp: 10}, esltest.Agent{Name: "1001", Status: "Logged Out"})
	inBubble(t, []esltest.Config{cfg}, func(t *testing.T, c *centre) {
		c.stop()
		c.states, c.room = newShelf(), room
		c.start(t)
		pass(9 * time.Second)
		f(t, c)
	})
}

func (c *centre) status(t *testing.T, to string) {
	t.Helper()
	c.nodes[0].api(t, "callcenter_config agent set status 1000 '"+to+"'")
}

// TestStatesAfterAStop: a process that is told to stop writes what it knows; what comes until the next has looked is
// unknown. One that is killed has written until a few seconds before.
func TestStatesAfterAStop(t *testing.T) {
	recorded(t, 0, func(t *testing.T, c *centre) {
		c.status(t, "On Break")
		pass(100 * time.Millisecond)
		c.stop()
		if got := c.states.told("1000"); got != "ready 10, pause" {
			t.Errorf("stopped: %s", got)
		}
		pass(30 * time.Second)
		c.start(t)
		pass(9 * time.Second)
		if got := c.states.told("1000"); got != "ready 10, pause 0, unknown 30, pause" {
			t.Errorf("and again: %s", got)
		}
		c.states.fail(fault.New(fault.StorageDown, "")) // as if it were killed: nothing more is written
		c.stop()
		c.states.fail(nil)
		pass(time.Minute)
		c.start(t)
		pass(9 * time.Second)
		got := c.states.told("1000")
		var pause, unknown int
		if _, err := fmt.Sscanf(got, "ready 10, pause 0, unknown 30, pause %d, unknown %d, pause", &pause, &unknown); err != nil || pause < 4 || pause+unknown < 69 || pause+unknown > 71 {
			t.Errorf("killed: %s", got)
		}
		c.states.whole(t)
	})
}

// TestStatesWithoutADatabase: what happens while the database is down is written when it is back, as long as there is
// room for it; else that time is unknown, and counted.
func TestStatesWithoutADatabase(t *testing.T) {
	for _, tt := range []struct {
		name    string
		room    int
		want    string
		dropped bool
	}{
		{"room enough", 0, "ready 10, pause 20, ready 20, pause 20, ready 20, pause 20, ready 20, pause 20, ready 20, pause", false},
		{"too little room", 2, "ready 10, pause 0, unknown 18", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			recorded(t, tt.room, func(t *testing.T, c *centre) {
				c.states.fail(fault.New(fault.StorageDown, ""))
				for i := range 9 {
					c.status(t, []string{"On Break", "Available"}[i%2])
					pass(20 * time.Second)
				}
				c.states.fail(nil)
				pass(20 * time.Second)
				if got := c.states.told("1000"); !strings.HasPrefix(got, tt.want) {
					t.Errorf("got  %s\nwant %s", got, tt.want)
				}
				c.states.whole(t)
				if got := c.counter(t, "callgate_agent_states_dropped_total"); (got > 0) != tt.dropped {
					t.Errorf("%v dropped", got)
				}
			})
		})
	}
}

// TestStatesOfASwitchThatIsGone: neither a restart of the switch nor a reading that fails for long leaves a state that
// nobody saw.
func TestStatesOfASwitchThatIsGone(t *testing.T) {
	recorded(t, 0, func(t *testing.T, c *centre) {
		c.nodes[0].Restart()
		pass(20 * time.Second)
		c.nodes[0].FailCommand("callcenter_config tier list", "garbage")
		pass(90 * time.Second) // MaxAge and more
		c.nodes[0].FailCommand("callcenter_config tier list", "")
		pass(10 * time.Second)
		got := c.states.told("1000")
		var first, second, unknown1, unknown2 int
		if _, err := fmt.Sscanf(got, "ready %d, unknown %d, ready %d, unknown %d, ready", &first, &unknown1, &second, &unknown2); err != nil || first < 5 || unknown1 > 10 || unknown2 < 20 || unknown2 > 50 {
			t.Error(got)
		}
		c.states.whole(t)
	})
}

// watched is a time in which a process wrote the history and its link was up.
type watched struct{ from, to time.Time }

// sample is what FreeSWITCH said at a moment.
type sample struct {
	at    time.Time
	truth map[string]callcenter.Activity
}

// TestStatesOfRandomHistories lets agents and callers do what they like while the processes that write their states come
// and go, lose their links, their turns and the database. In the end what is kept has no overlap and no hole, says what
// FreeSWITCH said wherever somebody watched, and unknown wherever nobody did.
func TestStatesOfRandomHistories(t *testing.T) {
	seeds := uint64(6)
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			var agents []esltest.Agent
			for i := range 6 {
				agents = append(agents, esltest.Agent{Name: strconv.Itoa(1000 + i), Status: "Available", WrapUp: 3 * i, MaxNoAnswer: 2,
					BusyDelay: 5, RejectDelay: 5, NoAnswerDelay: 5})
			}
			cfg := centreConfig(agents...)
			cfg.Extensions = append(cfg.Extensions, esltest.Extension{Name: "elsewhere", Match: "^elsewhere$",
				Apps: []esltest.App{{Name: "answer"}, {Name: "park"}}})
			inBubble(t, []esltest.Config{cfg}, func(t *testing.T, c *centre) { statesOf(t, c, rand.New(rand.NewPCG(seed, 7))) })
		})
	}
}

// statesOf lets things happen: c itself only tells what FreeSWITCH says.
func statesOf(t *testing.T, c *centre, random *rand.Rand) {
	t.Helper()
	kept := newShelf()
	c.states = kept
	n := c.nodes[0]
	var processes [2]*centre
	var wires [2]*wire
	for i := range processes {
		processes[i], wires[i] = c.beside(t)
		defer func() { processes[i].stop() }()
	}
	c.states = nil
	var (
		times   []watched
		samples []sample
		turn    = -1 // whose it is to write; -1 is nobody's
		cut     bool
		end     func(cause error)
	)
	began := func() { times = append(times, watched{from: time.Now()}) }
	ended := func() {
		if last := len(times) - 1; last >= 0 && times[last].to.IsZero() {
			times[last].to = time.Now()
		}
	}
	begin := func(i int) {
		wires[i].mend()
		for !processes[i].nodes[0].link.Ready() {
			pass(time.Second)
		}
		turn, cut = i, false
		end = processes[i].record(t)
		began()
	}
	leave := func(cause error) {
		ended()
		saves := kept.saved()
		end(cause)
		if cause != nil && kept.saved() != saves {
			t.Error("who had lost its turn wrote")
		}
		turn = -1
	}
	statuses := []string{"Available", "Available", "Available (On Demand)", "On Break", "Logged Out", "available", "ON BREAK"}
	begin(0)
	for range 400 {
		agent := strconv.Itoa(1000 + random.IntN(6))
		switch random.IntN(12) {
		case 0, 1, 2, 3:
			call(t, n.Switch, []string{"sales", "support"}[random.IntN(2)], time.Duration(1+random.IntN(40))*time.Second)
		case 4, 5:
			n.api(t, "callcenter_config agent set status "+agent+" '"+statuses[random.IntN(len(statuses))]+"'")
		case 6:
			if c.agent(t, agent).State == callcenter.Idle {
				n.api(t, "callcenter_config agent set state "+agent+" Waiting")
			}
		case 7:
			if _, err := n.Call(esltest.Call{Number: agent, Extension: "elsewhere", HangupAfter: time.Duration(5+random.IntN(20)) * time.Second}); err != nil {
				t.Fatal(err)
			}
		case 8: // the link breaks, or is there again
			switch {
			case turn < 0:
			case cut:
				wires[turn].mend()
				for !processes[turn].nodes[0].link.Ready() {
					pass(time.Second)
				}
				cut = false
				began()
			default:
				ended()
				wires[turn].cut()
				cut = true
			}
		case 9: // another's turn, or nobody's, or it begins again
			if turn < 0 {
				begin(random.IntN(2))
				break
			}
			next := 1 - turn
			leave([]error{nil, errors.New("lost")}[random.IntN(2)])
			if random.IntN(2) == 0 {
				begin(next)
			}
		case 10: // a process ends and another begins
			i := random.IntN(2)
			if i == turn {
				leave(nil)
			}
			processes[i].stop()
			pass(time.Duration(random.IntN(20)) * time.Second)
			processes[i].start(t)
		case 11:
			kept.fail(fault.New(fault.StorageDown, ""))
			pass(time.Duration(random.IntN(60)) * time.Second)
			kept.fail(nil)
			pass(6 * time.Second) // until the next attempt
		}
		pass(time.Duration(random.IntN(8000)) * time.Millisecond)
		at := time.Now()
		truth := activities(t, n)
		pass(1100 * time.Millisecond)
		for agent, is := range activities(t, n) {
			if truth[agent] != is {
				delete(truth, agent) // no readings tell such a moment from the next
			}
		}
		samples = append(samples, sample{at.Add(time.Second), truth})
	}
	if turn < 0 {
		begin(0)
	} else if cut {
		wires[turn].mend()
		began()
	}
	pass(time.Minute)
	end(nil)
	ended()
	kept.whole(t)
	judge(t, kept, times, samples)
}

// judge holds what is kept against what was so.
func judge(t *testing.T, kept *shelf, times []watched, samples []sample) {
	t.Helper()
	// What a reading of another process had shown before its turn is known, too; what the last reading before a break had
	// not shown is not.
	const early, settled, late = 6 * time.Second, 3 * time.Second, 7 * time.Second
	counts := map[string]int{}
	for _, s := range samples {
		must, may := false, false
		for _, w := range times {
			must = must || !s.at.Before(w.from.Add(settled)) && !s.at.After(w.to.Add(-late))
			may = may || !s.at.Before(w.from.Add(-early)) && !s.at.After(w.to)
		}
		for agent, want := range s.truth {
			got, _ := kept.at(agent, s.at)
			switch {
			case must:
				counts[string(want)]++
				if got != want {
					t.Errorf("agent %s at %v: %s, want %s", agent, s.at, got, want)
				}
			case !may:
				counts["unwatched"]++
				if got != callcenter.ActivityUnknown {
					t.Errorf("agent %s at %v: %s, and nobody watched", agent, s.at, got)
				}
			case got != want && got != callcenter.ActivityUnknown:
				t.Errorf("agent %s at %v: %s, want %s or unknown", agent, s.at, got, want)
			}
		}
	}
	for _, is := range append(callcenter.Activities[1:], "unwatched") {
		if counts[string(is)] == 0 {
			t.Errorf("nothing of %s was seen: %v", is, counts)
		}
	}
}

// record lets a process write the states of the first switch's agents, until end is called: with an error when the turn is
// another's already.
func (c *centre) record(t *testing.T) (end func(cause error)) {
	t.Helper()
	return turn(t, c.Record)
}
