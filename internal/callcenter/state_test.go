package callcenter_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"callgate/esl/esltest"
	"callgate/internal/callcenter"
	"callgate/internal/fault"
)

// TestAnswersThatAreNone: whatever a switch answers that is not its contact centre, what was known before is served, and
// its age tells.
func TestAnswersThatAreNone(t *testing.T) {
	cfg := centreConfig(esltest.Agent{Name: "1000", Status: "Available"}, esltest.Agent{Name: "1001", Status: "On Break"})
	agents := `json {"command":"callcenter_config","data":{"arguments":"agent list"}}`
	members := `json {"command":"callcenter_config","data":{"arguments":"member list"}}`
	for _, tt := range []struct{ name, command, text string }{
		{"queues: nothing but garbage", "callcenter_config queue list", "\x00\xff<html>"},
		{"queues: half a table", "callcenter_config queue list", "name|strategy|record_template\nsales@d|ring-all|\nsuppo"},
		{"queues: half a table that says +OK", "callcenter_config queue list", "name|strategy|record_template\nsales@d|ring-all|\nsuppo+OK\n"},
		{"queues: an error", "callcenter_config queue list", "-ERR callcenter_config Command not found!\n"},
		{"queues: no answer", "callcenter_config queue list", "-ERR no reply\n"},
		{"queues: cut in the last cell of a row, and +OK", "callcenter_config queue list", "name|strategy|record_template\nsales@d|ring-all|x+OK\n"},
		{"tiers: +OK alone", "callcenter_config tier list", "+OK\n"},
		{"tiers: a row too short", "callcenter_config tier list", "queue|agent|state|level|position\nsales@d|1000\n+OK\n"},
		{"tiers: a row too long", "callcenter_config tier list", "queue|agent|state|level|position\nnobody's|1000|x|Ready|1|1\n+OK\n"},
		{"tiers: cut", "callcenter_config tier list", "queue|agent|state|level|position\nsales@d|1000|Ready|1|1\n"},
		{"agents: empty", agents, `{"status":"success","response":[]}`},
		{"agents: an error", agents, `{"status":"error","message":"The command returned an error","response":null}`},
		{"agents: no list", agents, `{"status":"success"}`},
		{"agents: another list", agents, `{"status":"success","response":[[1,2]]}`},
		{"agents: a column that holds an object", agents, `{"status":"success","response":[{"name":{}}]}`},
		{"agents: cut", agents, `{"status":"success","response":[{"name":"1000","sta`},
		{"members: an error", members, "-ERR Parse error.\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, []esltest.Config{cfg}, func(t *testing.T, c *centre) {
				before, err := c.Tiers()
				if err != nil {
					t.Fatal(err)
				}
				c.nodes[0].FailCommand(tt.command, tt.text)
				pass(50 * time.Second)
				got, err := c.Tiers()
				if err != nil || string(got.JSON) != string(before.JSON) || got.Age < 45*time.Second {
					t.Errorf("after 50 s: %s of age %v, %v", got.JSON, got.Age, err)
				}
				if stat, age, err := c.Online([]string{"sales@d"}); err != nil || stat != (callcenter.Stat{LoggedIn: 2, Ready: 1, NotReady: 1}) || age < 45*time.Second {
					t.Errorf("after 50 s: %+v of age %v, %v", stat, age, err)
				}
				c.nodes[0].FailCommand(tt.command, "")
				pass(6 * time.Second)
				if got, err := c.Tiers(); err != nil || string(got.JSON) != string(before.JSON) || got.Age > 5*time.Second {
					t.Errorf("afterwards: %s of age %v, %v", got.JSON, got.Age, err)
				}
			})
		})
	}
}

// TestEmptied: a list that lost its last row is believed when we took it away, and otherwise when the old one has grown
// too old to be served.
func TestEmptied(t *testing.T) {
	cfg := centreConfig(esltest.Agent{Name: "1000", Status: "Available"})
	for _, tt := range []struct {
		name string
		ours bool
		want time.Duration // how long the tiers stay
	}{
		{"taken away here", true, 0},
		{"taken away elsewhere", false, time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, []esltest.Config{cfg}, func(t *testing.T, c *centre) {
				c.nodes[0].api(t, "callcenter_config tier del sales@d 1000")
				c.nodes[0].api(t, "callcenter_config tier del support@d 1000")
				if tt.ours {
					if err := c.Refresh(t.Context(), "a"); err != nil {
						t.Fatal(err)
					}
				}
				began := time.Now()
				for {
					if _, err := c.TiersOf("sales@d"); errors.Is(err, fault.New(fault.NotFound, "Tier")) {
						break
					} else if time.Since(began) > 2*time.Minute {
						t.Fatal("they never go")
					}
					pass(time.Second)
				}
				if took := time.Since(began); took < tt.want-5*time.Second || took > tt.want+6*time.Second {
					t.Errorf("gone after %v, want %v", took, tt.want)
				}
			})
		})
	}
}

// TestColumns: columns that this FreeSWITCH does not have are empty, those that we do not know do no harm, and names with
// the signs of the table's grammar come through.
func TestColumns(t *testing.T) {
	inBubble(t, []esltest.Config{centreConfig(esltest.Agent{Name: "1000", Status: "Available"})}, func(t *testing.T, c *centre) {
		n := c.nodes[0]
		n.FailCommand("callcenter_config queue list", "colour|strategy|name|record_template|moh_sound\nred|ring-all|a|b@d|/rec/${uuid}|x.wav|music\n+OK\n")
		n.FailCommand("callcenter_config tier list", "queue|agent|state|level|position|late\na|b@d|Anna|Bert|Ready|1|2|x\n+OK\n")
		pass(6 * time.Second)
		if _, err := c.Queue("a|b@d"); err == nil {
			t.Error("a queue's name took what belongs to its template")
		}
		n.FailCommand("callcenter_config queue list", "colour|strategy|name|record_template|moh_sound\nred|ring-all|b@d|/rec/${uuid}|x.wav|music\n+OK\n")
		n.FailCommand("callcenter_config tier list", "queue|agent|state|level|position|late\nb@d|Anna|Bert|Ready|1|2|x\n+OK\n")
		pass(6 * time.Second)
		s := c.Snapshots()[0]
		if got, want := fmt.Sprintf("%+v", s.Queues), `[{Name:b@d Strategy:ring-all MOHSound:music TimeBaseScore: TierRulesApply: TierRuleWaitSecond: `+
			`TierRuleWaitMultiply: TierRuleNoAgentNoWait: DiscardAbandonedAfter: AbandonedResumeAllowed: MaxWaitTime: MaxWaitTimeNoAgent: `+
			`MaxWaitNoAgentReached: RecordTemplate:/rec/${uuid}|x.wav CallsAnswered: CallsAbandoned: RingProgressivelyDelay: `+
			`SkipAgentsExternalCalls: AgentNoAnswerStatus:}]`; got != want {
			t.Errorf("queues\ngot  %s\nwant %s", got, want)
		}
		if got, want := fmt.Sprintf("%+v", s.Tiers), "[{Queue:b@d Agent:Anna|Bert State:Ready Level:1 Position:2}]"; got != want {
			t.Errorf("tiers\ngot  %s\nwant %s", got, want)
		}
	})
}

// TestMisspelled: FreeSWITCH takes a status in lower case, keeps it so and never offers that agent a call. We show the
// status that was meant and say what is wrong.
func TestMisspelled(t *testing.T) {
	inBubble(t, []esltest.Config{centreConfig(esltest.Agent{Name: "1000", Status: "Available"})}, func(t *testing.T, c *centre) {
		n := c.nodes[0]
		for _, tt := range []struct {
			set        string
			want       callcenter.Status
			misspelled bool
			stat       callcenter.Stat
		}{
			{"available", callcenter.Available, true, callcenter.Stat{LoggedIn: 1, NotReady: 1}},
			{"available (on demand)", callcenter.OnDemand, true, callcenter.Stat{LoggedIn: 1, NotReady: 1}},
			{"logged out", callcenter.LoggedOut, true, callcenter.Stat{}},
			{"on break", callcenter.OnBreak, true, callcenter.Stat{LoggedIn: 1, NotReady: 1}},
			{"Available", callcenter.Available, false, callcenter.Stat{LoggedIn: 1, Ready: 1}},
		} {
			n.api(t, "callcenter_config agent set status 1000 '"+tt.set+"'")
			for _, when := range []time.Duration{0, 10 * time.Second} { // by the event, by a reading
				pass(when)
				a := c.agent(t, "1000")
				stat, _, err := c.Online([]string{"sales@d"})
				if a.Status != tt.want || a.Misspelled != tt.misspelled || stat != tt.stat || err != nil {
					t.Errorf("%s: %s, misspelled %v, %+v %v", tt.set, a.Status, a.Misspelled, stat, err)
				}
			}
		}
		if got := c.corrections(t); got != "" {
			t.Error(got)
		}
	})
}

// TestRestart: a new core is noticed as soon as its link is there; agents are as the module's start left them, and
// today's figures stay.
func TestRestart(t *testing.T) {
	inBubble(t, []esltest.Config{centreConfig(esltest.Agent{Name: "1000", Status: "Available"})}, func(t *testing.T, c *centre) {
		n := c.nodes[0]
		call(t, n.Switch, "sales", 30*time.Second)
		pass(10 * time.Second)
		core := c.Snapshots()[0].Core
		if a := c.agent(t, "1000"); a.State != callcenter.InQueueCall || core != n.CoreUUID() {
			t.Fatalf("%s on %s", a.State, core)
		}
		n.Restart()
		for !n.link.Ready() || n.link.CoreUUID() == core {
			pass(10 * time.Millisecond)
		}
		pass(300 * time.Millisecond)
		s := c.Snapshots()[0]
		if a := c.agent(t, "1000"); s.Core != n.CoreUUID() || a.State != callcenter.Waiting || a.Talk != nil {
			t.Errorf("on %s: %s, talk %v", s.Core, a.State, a.Talk)
		}
		if q := c.queue(t, "sales@d"); q.Talking != 0 || q.Today.Answered != 1 || q.CallsAnswered != "0" {
			t.Errorf("%+v", q)
		}
		call(t, n.Switch, "sales", 10*time.Second)
		pass(20 * time.Second)
		if q := c.queue(t, "sales@d"); q.Today.Answered != 2 || q.Today.Unseen != 0 || q.CallsAnswered != "1" {
			t.Errorf("%+v", q)
		}
		if !strings.Contains(c.log.String(), "the switch was restarted") {
			t.Errorf("log: %s", c.log)
		}
	})
}

// TestClock: a switch's clock may be off; waits are right nevertheless, and it is said.
func TestClock(t *testing.T) {
	for _, tt := range []struct {
		name  string
		ahead time.Duration // of ours
		warns bool
	}{
		{"right", 0, false},
		{"a little behind", -700 * time.Millisecond, false},
		{"behind", -90 * time.Second, true},
		{"ahead", time.Hour, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := centreConfig(esltest.Agent{Name: "1000", Status: "Available", WrapUp: 10})
			cfg.Now = func() time.Time { return time.Now().Add(tt.ahead) }
			inBubble(t, []esltest.Config{cfg}, func(t *testing.T, c *centre) {
				n := c.nodes[0]
				call(t, n.Switch, "sales", 15*time.Second)
				pass(2 * time.Second)
				near := func(what string, got, want time.Duration) {
					t.Helper()
					if (got - want).Abs() > 1100*time.Millisecond { // FreeSWITCH counts whole seconds
						t.Errorf("%s: %v, want %v", what, got, want)
					}
				}
				near("offset", c.Live()[0].Offset, -tt.ahead)
				near("waits", c.queue(t, "sales@d").Longest, 2*time.Second)
				pass(8 * time.Second)
				near("talks", time.Since(c.agent(t, "1000").Talk.Since), 7*time.Second)
				pass(10 * time.Second)
				near("wraps up", time.Until(c.agent(t, "1000").WrapUp), 5*time.Second)
				if stat, _, _ := c.Online([]string{"sales@d"}); stat.Ready != 0 {
					t.Error("ready in his wrap-up")
				}
				pass(7 * time.Second)
				if stat, _, _ := c.Online([]string{"sales@d"}); stat.Ready != 1 {
					t.Error("not ready after his wrap-up")
				}
				if got := strings.Contains(c.log.String(), "clock is off"); got != tt.warns {
					t.Errorf("log: %s", c.log)
				}
			})
		})
	}
}

// TestSwitches: several switches answer as one, an agent whom both know counts once, and one that is down leaves the
// other's rows.
func TestSwitches(t *testing.T) {
	one := centreConfig(esltest.Agent{Name: "1000", Status: "Available"}, esltest.Agent{Name: "1001", Status: "On Break"})
	two := centreConfig(esltest.Agent{Name: "1000", Status: "On Break"}, esltest.Agent{Name: "1002", Status: "Available"})
	two.Queues = append(two.Queues, esltest.Queue{Name: "night@d"})
	inBubble(t, []esltest.Config{one, two}, func(t *testing.T, c *centre) {
		check := func(when string, want callcenter.Stat, queues int, switches string) {
			t.Helper()
			stat, _, err := c.Online([]string{"sales@d", "support@d", "sales@d", "nobody's"})
			all, err2 := c.Queues()
			var names []string
			for _, l := range c.Live() {
				names = append(names, fmt.Sprint(l.Switch, " ", len(l.Agents)))
			}
			if stat != want || err != nil || err2 != nil || strings.Count(string(all.JSON), `"name"`) != queues || strings.Join(names, ", ") != switches {
				t.Errorf("%s: %+v %v %s %v %v", when, stat, err, all.JSON, err2, names)
			}
		}
		check("both up", callcenter.Stat{LoggedIn: 3, Ready: 2, NotReady: 1}, 3, "a 2, b 2")
		c.nodes[1].RefuseByACL(true)
		c.nodes[1].CutConnections()
		pass(30 * time.Second)
		check("one down", callcenter.Stat{LoggedIn: 3, Ready: 2, NotReady: 1}, 3, "a 2, b 2")
		if a, err := c.Queues(); err != nil || a.Age < 25*time.Second {
			t.Errorf("age %v %v, want that of the older", a.Age, err)
		}
		pass(40 * time.Second)
		check("one down for long", callcenter.Stat{LoggedIn: 2, Ready: 1, NotReady: 1}, 2, "a 2")
		c.nodes[1].RefuseByACL(false)
		pass(time.Minute)
		check("both up again", callcenter.Stat{LoggedIn: 3, Ready: 2, NotReady: 1}, 3, "a 2, b 2")
	})
}

// TestOutsideCalls: an agent who talks outside the queues is seen by the channels of his phone, whatever his contact
// looks like.
func TestOutsideCalls(t *testing.T) {
	for _, tt := range []struct {
		contact string
		want    bool
	}{
		{"user/1000", true},
		{"user/1000@127.0.0.1", true},
		{"user/1000@elsewhere", false},
		{"[leg_timeout=10]user/1000", true},
		{"{a=b}[leg_timeout=10]sofia/internal/1000@host", true},
		{"sofia/internal/sip:1000@host:5060", true},
		{"user/1002,user/1000", true},
		{"user/1002|sofia/gateway/trunk/1000", true},
		{"user/10001", false},
		{"loopback/1000/default", false},
		{"1000", false},
		{"[broken", false},
	} {
		t.Run(tt.contact, func(t *testing.T) {
			cfg := centreConfig(esltest.Agent{Name: "anna", Status: "Available", Contact: tt.contact})
			cfg.Extensions = append(cfg.Extensions, esltest.Extension{Name: "elsewhere", Match: "^elsewhere$",
				Apps: []esltest.App{{Name: "answer"}, {Name: "park"}}})
			inBubble(t, []esltest.Config{cfg}, func(t *testing.T, c *centre) {
				if _, err := c.nodes[0].Call(esltest.Call{Number: "1000", Extension: "elsewhere", HangupAfter: 20 * time.Second}); err != nil {
					t.Fatal(err)
				}
				pass(time.Second)
				stat, _, err := c.Online([]string{"sales@d"})
				if a := c.agent(t, "anna"); a.Outside != tt.want || (stat.Talking == 1) != tt.want || err != nil {
					t.Errorf("outside %v, %+v %v", a.Outside, stat, err)
				}
				pass(21 * time.Second)
				if a := c.agent(t, "anna"); a.Outside || !a.Ready {
					t.Errorf("afterwards outside %v, ready %v", a.Outside, a.Ready)
				}
			})
		})
	}
}

// TestRefresh: who has written waits for a reading that began after that.
func TestRefresh(t *testing.T) {
	inBubble(t, []esltest.Config{centreConfig(esltest.Agent{Name: "1000", Status: "Available"})}, func(t *testing.T, c *centre) {
		for i := range 20 {
			c.nodes[0].api(t, fmt.Sprintf("callcenter_config tier set level sales@d 1000 %d", 2+i)) // no event tells of it
			if err := c.Refresh(t.Context(), "a"); err != nil {
				t.Fatal(err)
			}
			if got, err := c.TiersOf("sales@d"); err != nil || !strings.Contains(string(got.JSON), fmt.Sprintf(`"level":"%d"`, 2+i)) {
				t.Errorf("%s %v", got.JSON, err)
			}
		}
		if err := c.Refresh(t.Context(), "nobody"); !errors.Is(err, fault.New(fault.NotFound, "Switch")) {
			t.Errorf("of no switch: %v", err)
		}
		c.nodes[0].FailCommand("callcenter_config tier list", "garbage")
		if err := c.Refresh(t.Context(), "a"); err == nil {
			t.Error("a reading that fails is no refresh")
		}
	})
}

// TestAbandonedRows: callers who left stay in FreeSWITCH's list for a minute and do not wait.
func TestAbandonedRows(t *testing.T) {
	inBubble(t, []esltest.Config{centreConfig(esltest.Agent{Name: "1000", Status: "Logged Out"})}, func(t *testing.T, c *centre) {
		call(t, c.nodes[0].Switch, "sales", 5*time.Second)
		call(t, c.nodes[0].Switch, "sales", 500*time.Second)
		pass(20 * time.Second)
		if got := c.nodes[0].api(t, "callcenter_config queue count members sales@d"); got != "2\n" {
			t.Fatalf("FreeSWITCH counts %q", got)
		}
		if q := c.queue(t, "sales@d"); q.Waiting != 1 || q.Longest.Round(time.Second) != 20*time.Second || q.Today.Abandoned != 1 {
			t.Errorf("%+v", q)
		}
		if live := c.Live()[0]; len(live.Waiting) != 1 || live.Waiting[0].Number != "79001234567" {
			t.Errorf("%+v", live.Waiting)
		}
	})
}

// TestToday: today's figures outlive the process; calls that nobody here saw are counted by FreeSWITCH.
func TestToday(t *testing.T) {
	for _, tt := range []struct {
		name  string
		while func(t *testing.T, c *centre) // no process runs
		want  callcenter.QueueDay
		agent callcenter.AgentDay
	}{
		{"nothing happened", func(*testing.T, *centre) {}, callcenter.QueueDay{Answered: 1, AnsweredWait: 3 * time.Second, LongestWait: 3 * time.Second},
			callcenter.AgentDay{Offered: 1, Answered: 1, Talk: 27 * time.Second}},
		{"a call was answered", func(t *testing.T, c *centre) {
			call(t, c.nodes[0].Switch, "sales", 10*time.Second)
			pass(time.Minute)
		}, callcenter.QueueDay{Answered: 2, AnsweredWait: 3 * time.Second, LongestWait: 3 * time.Second, Unseen: 1},
			callcenter.AgentDay{Offered: 1, Answered: 2, Talk: 27 * time.Second}},
		{"the switch was restarted and a call abandoned", func(t *testing.T, c *centre) {
			c.nodes[0].Restart()
			call(t, c.nodes[0].Switch, "sales", time.Second)
			pass(time.Minute)
		}, callcenter.QueueDay{Answered: 1, Abandoned: 1, AnsweredWait: 3 * time.Second, LongestWait: 3 * time.Second, Unseen: 1},
			callcenter.AgentDay{Offered: 1, Answered: 1, Talk: 27 * time.Second}},
		{"the switch was restarted and answered more calls than before", func(t *testing.T, c *centre) {
			c.nodes[0].Restart()
			for range 2 {
				call(t, c.nodes[0].Switch, "sales", 10*time.Second)
				pass(time.Minute)
			}
		}, callcenter.QueueDay{Answered: 3, AnsweredWait: 3 * time.Second, LongestWait: 3 * time.Second, Unseen: 2},
			callcenter.AgentDay{Offered: 1, Answered: 3, Talk: 27 * time.Second}},
		{"a day passed", func(*testing.T, *centre) { pass(24 * time.Hour) }, callcenter.QueueDay{}, callcenter.AgentDay{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, []esltest.Config{centreConfig(esltest.Agent{Name: "1000", Status: "Available"})}, func(t *testing.T, c *centre) {
				call(t, c.nodes[0].Switch, "sales", 30*time.Second)
				pass(time.Minute)
				c.stop()
				tt.while(t, c)
				c.start(t)
				pass(10 * time.Second)
				if got := c.queue(t, "sales@d").Today; got != tt.want {
					t.Errorf("queue\ngot  %+v\nwant %+v", got, tt.want)
				}
				if got := c.agent(t, "1000").Today; got != tt.agent {
					t.Errorf("agent\ngot  %+v\nwant %+v", got, tt.agent)
				}
				pass(time.Minute)
				saves := c.memory.saves
				pass(10 * time.Minute)
				if c.memory.saves != saves {
					t.Errorf("saved %d times though nothing happened", c.memory.saves-saves)
				}
			})
		})
	}
}

// fire lets the first switch tell something that is not so: an event without the change it speaks of.
func (c *centre) fire(action string, pairs ...string) {
	c.nodes[0].Fire("CUSTOM", callcenter.Subclass, append([]string{"CC-Action", action}, pairs...), "")
	pass(50 * time.Millisecond)
}

// TestEventsAlone: each event is understood also where those around it were lost.
func TestEventsAlone(t *testing.T) {
	member := []string{"CC-Queue", "sales@d", "CC-Agent", "1000", "CC-Member-UUID", "m", "CC-Member-Session-UUID", "s", "CC-Member-CID-Number", "7900"}
	inBubble(t, []esltest.Config{centreConfig(esltest.Agent{Name: "1000", Status: "Available", WrapUp: 20})}, func(t *testing.T, c *centre) {
		n := c.nodes[0]
		now := func(ago time.Duration) string { return fmt.Sprint(n.Clock().Add(-ago).Unix()) }
		pass(time.Hour - 2*time.Second)
		n.FailCommand("callcenter_config queue list", "garbage") // or readings would put right what is not so
		pass(time.Second)
		c.fire("agent-offering", member...)
		c.fire("bridge-agent-fail", append(member, "CC-Hangup-Cause", "LOSE_RACE")...)
		c.fire("bridge-agent-fail", append(member, "CC-Hangup-Cause", "NO_ANSWER")...)
		if got, want := c.agent(t, "1000").Today, (callcenter.AgentDay{Offered: 1, Missed: 1}); got != want {
			t.Errorf("offers: %+v, want %+v", got, want)
		}
		c.fire("bridge-agent-start", append(member, "CC-Member-Joined-Time", now(5*time.Second))...)
		if q := c.queue(t, "sales@d"); q.Waiting != 1 || q.Talking != 0 {
			t.Errorf("connecting: %d waiting, %d talking", q.Waiting, q.Talking)
		}
		c.fire("bridge-agent-end", append(member, "CC-Agent-Bridged", "false")...)
		if q := c.queue(t, "sales@d"); q.Today.Answered != 0 || q.Waiting != 1 {
			t.Errorf("never bridged: %+v", q)
		}
		// The bridge and its end, without the state in between: answered all the same, and over.
		c.fire("bridge-agent-end", append(member, "CC-Agent-Bridged", "true", "CC-Member-Joined-Time", now(30*time.Second),
			"CC-Agent-Answered-Time", now(20*time.Second), "CC-Bridge-Terminated-Time", now(2*time.Second))...)
		q, a := c.queue(t, "sales@d"), c.agent(t, "1000")
		if q.Today.Answered != 1 || q.Today.AnsweredWait != 10*time.Second || q.Waiting+q.Talking != 0 || a.Today.Talk != 18*time.Second || a.Today.Answered != 1 {
			t.Errorf("its end alone: %+v, %+v", q, a.Today)
		}
		if got := time.Until(a.WrapUp).Round(time.Second); got != 18*time.Second || a.Ready {
			t.Errorf("wrap-up for %v, ready %v", got, a.Ready)
		}
		n.FailCommand("callcenter_config queue list", "")
		// Nothing of it was so: readings say that, FreeSWITCH's counters too, and no figure goes below zero.
		pass(time.Minute)
		if q := c.queue(t, "sales@d"); q.Today.Answered != 0 || q.Waiting+q.Talking != 0 {
			t.Errorf("in the end: %+v", q)
		}
		if a := c.agent(t, "1000"); a.Today.Answered != 0 || !a.Ready {
			t.Errorf("in the end: %+v", a)
		}
		if got := c.corrections(t); got != "answered 2" {
			t.Errorf("corrections: %s", got)
		}
	})
}

// TestEventsDuringReading: what an event says after a reading has begun is newer than the reading, and the next reading
// is newer than the event.
func TestEventsDuringReading(t *testing.T) {
	inBubble(t, []esltest.Config{centreConfig(esltest.Agent{Name: "1000", Status: "Available", Contact: "user/1000"})}, func(t *testing.T, c *centre) {
		c.nodes[0].DelayAPI(time.Second)
		done := make(chan error, 1)
		go func() { done <- c.Refresh(t.Context(), "a") }()
		pass(3500 * time.Millisecond)
		c.fire("agent-status-change", "CC-Agent", "1000", "CC-Agent-Status", "On Break")
		c.fire("agent-state-change", "CC-Agent", "1000", "CC-Agent-State", "Idle")
		c.fire("agent-contact-change", "CC-Agent", "1000", "CC-Agent-Contact", "user/1001")
		c.fire("member-queue-start", "CC-Queue", "sales@d", "CC-Member-UUID", "m")
		c.nodes[0].DelayAPI(0)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if a := c.agent(t, "1000"); a.Status != callcenter.OnBreak || a.State != callcenter.Idle || a.Contact != "user/1001" || c.queue(t, "sales@d").Waiting != 1 {
			t.Errorf("after the reading: %+v, %d waiting", a, c.queue(t, "sales@d").Waiting)
		}
		pass(time.Minute)
		if a := c.agent(t, "1000"); a.Status != callcenter.Available || a.State != callcenter.Waiting || a.Contact != "user/1000" || c.queue(t, "sales@d").Waiting != 0 {
			t.Errorf("after the next: %+v, %d waiting", a, c.queue(t, "sales@d").Waiting)
		}
		if got := c.corrections(t); got != "agent_state 1, agent_status 1, member 1" {
			t.Errorf("corrections: %s", got)
		}
	})
}

// TestRest: an agent whose phone was busy is offered no call for a while, though he waits.
func TestRest(t *testing.T) {
	cfg := centreConfig(esltest.Agent{Name: "1000", Status: "Available", BusyDelay: 60})
	cfg.Phones = []esltest.Phone{{Addr: phones, AnswerAfter: time.Second, Refuse: 486}}
	inBubble(t, []esltest.Config{cfg}, func(t *testing.T, c *centre) {
		call(t, c.nodes[0].Switch, "sales", 5*time.Second)
		for _, tt := range []struct {
			after time.Duration
			ready bool
		}{{5 * time.Second, false}, {50 * time.Second, false}, {10 * time.Second, true}} {
			pass(tt.after)
			if a := c.agent(t, "1000"); a.Ready != tt.ready || a.State != callcenter.Waiting || a.Today.Missed != 1 {
				t.Errorf("after %v more: ready %v, %s, %+v", tt.after, a.Ready, a.State, a.Today)
			}
		}
	})
}

// TestChannelsThatAreNone: without a list of channels the rest is as good as ever, and it is counted.
func TestChannelsThatAreNone(t *testing.T) {
	for _, text := range []string{"-ERR SQL disabled, no data available!\n", `{"row_count":2,"rows":[]}`, `{"rows":[]}`, `{"row_count":1,"rows":[{"uuid":[]}]}`} {
		t.Run(text, func(t *testing.T) {
			inBubble(t, []esltest.Config{centreConfig(esltest.Agent{Name: "1000", Status: "Available"})}, func(t *testing.T, c *centre) {
				c.nodes[0].FailCommand("show channels", text)
				pass(20 * time.Second)
				if stat, age, err := c.Online([]string{"sales@d"}); stat.Ready != 1 || age > 5*time.Second || err != nil {
					t.Errorf("%+v of age %v, %v", stat, age, err)
				}
				if got := c.counter(t, "callgate_callcenter_channel_failures_total"); got != 4 {
					t.Errorf("%v failures", got)
				}
			})
		})
	}
}

// TestNewAgent: an agent who is added and set at once is nothing to correct.
func TestNewAgent(t *testing.T) {
	inBubble(t, []esltest.Config{centreConfig(esltest.Agent{Name: "1000", Status: "Available"})}, func(t *testing.T, c *centre) {
		c.nodes[0].api(t, "callcenter_config agent add new callback")
		c.nodes[0].api(t, "callcenter_config agent set status new Available")
		pass(20 * time.Second)
		if a := c.agent(t, "new"); a.Status != callcenter.Available || a.State != callcenter.Waiting || !a.Ready {
			t.Errorf("%+v", a)
		}
		if got := c.corrections(t); got != "" {
			t.Error(got)
		}
	})
}

// TestAvailableAgain: FreeSWITCH zeroes an agent's counters when he becomes available. Where no reading sees that, the
// counter looks as if a call had not been answered.
func TestAvailableAgain(t *testing.T) {
	inBubble(t, []esltest.Config{centreConfig(esltest.Agent{Name: "1000", Status: "Available"})}, func(t *testing.T, c *centre) {
		n := c.nodes[0]
		call(t, n.Switch, "sales", 10*time.Second)
		pass(30 * time.Second)
		n.FailCommand("callcenter_config queue list", "garbage")
		n.api(t, "callcenter_config agent set status 1000 'On Break'")
		n.api(t, "callcenter_config agent set status 1000 Available")
		call(t, n.Switch, "sales", 10*time.Second)
		pass(20 * time.Second)
		n.FailCommand("callcenter_config queue list", "")
		pass(20 * time.Second)
		if a := c.agent(t, "1000"); a.Today.Answered != 2 || a.Answered != 1 {
			t.Errorf("today %d, by FreeSWITCH since he became available %d", a.Today.Answered, a.Answered)
		}
		if got := c.corrections(t); got != "" {
			t.Error(got)
		}
	})
}
