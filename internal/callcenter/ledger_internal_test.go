package callcenter

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"callgate/esl"
)

// TestAccount: a counter that runs ahead of the events, or behind them, is believed when it stays so for a second.
func TestAccount(t *testing.T) {
	begin := time.Unix(1_000_000, 0)
	type step struct {
		at      time.Duration
		events  int // since the step before
		counter int
		want    int // missed
	}
	for _, tt := range []struct {
		name  string
		steps []step
	}{
		{"in step", []step{{0, 0, 7, 0}, {time.Second, 2, 9, 0}, {5 * time.Second, 1, 10, 0}}},
		{"the counter is a moment late", []step{{0, 0, 0, 0}, {time.Second, 1, 0, 0}, {1200 * time.Millisecond, 0, 1, 0}, {9 * time.Second, 0, 1, 0}}},
		{"the event is a moment late", []step{{0, 0, 0, 0}, {time.Second, 0, 1, 0}, {1200 * time.Millisecond, 1, 1, 0}, {9 * time.Second, 0, 1, 0}}},
		{"an event was lost", []step{{0, 0, 0, 0}, {time.Second, 0, 1, 0}, {1500 * time.Millisecond, 0, 1, 0}, {2 * time.Second, 0, 1, 1}, {9 * time.Second, 0, 1, 0}}},
		{"two were lost, one after the other", []step{{0, 0, 0, 0}, {time.Second, 0, 1, 0}, {3 * time.Second, 0, 2, 0}, {4 * time.Second, 0, 2, 2}}},
		{"one counted too often", []step{{0, 0, 0, 0}, {time.Second, 1, 0, 0}, {5 * time.Second, 0, 0, -1}, {9 * time.Second, 0, 0, 0}}},
		{"the counter begins anew", []step{{0, 0, 9, 0}, {time.Second, 0, 0, 0}, {2 * time.Second, 1, 1, 0}, {9 * time.Second, 0, 1, 0}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var a account
			for _, s := range tt.steps {
				for range s.events {
					a.count()
				}
				if got := a.audit(s.counter, begin.Add(s.at)); got != s.want {
					t.Errorf("at %v: %d missed, want %d", s.at, got, s.want)
				}
			}
		})
	}
}

// TestLateEvent: an event that comes after the counter was believed in its place makes no caller of two kinds.
func TestLateEvent(t *testing.T) {
	l := newLedger(time.UTC)
	begin := time.Unix(1_000_000, 0)
	read := func(after time.Duration, answered, abandoned string) {
		at := begin.Add(after)
		l.audit(&Snapshot{Taken: at, Queues: []Queue{{Name: "sales@d", CallsAnswered: answered, CallsAbandoned: abandoned}}}, at)
	}
	check := func(when string, want QueueDay) {
		t.Helper()
		if got := l.queues["sales@d"].Today; got != want {
			t.Errorf("%s:\ngot  %+v\nwant %+v", when, got, want)
		}
	}
	read(0, "0", "0")
	read(time.Second, "1", "1")
	read(3*time.Second, "1", "1")
	check("believed", QueueDay{Answered: 1, Abandoned: 1, Unseen: 2})
	now := begin.Add(4 * time.Second)
	v := &visit{queue: "sales@d", agent: "1000", joined: begin}
	l.answer(v, begin.Add(time.Second), now)
	l.abandon(&visit{queue: "sales@d", joined: begin}, begin.Add(time.Second), now, endAbandoned)
	read(5*time.Second, "1", "1")
	read(7*time.Second, "1", "1")
	check("told of after all", QueueDay{Answered: 1, Abandoned: 1, AnsweredWait: time.Second, AbandonedWait: time.Second, LongestWait: time.Second})
}

// TestReadBeforeTold: a reading that knows of a bridge, or of its end, before the event has come neither keeps the event from counting
// nor has it count twice.
func TestReadBeforeTold(t *testing.T) {
	l := newLedger(time.UTC)
	begin := time.Unix(1_000_000, 0)
	at := func(second float64) time.Time { return begin.Add(time.Duration(second * float64(time.Second))) }
	read := func(second float64, answered int, members ...Member) {
		l.audit(&Snapshot{Taken: at(second), Agents: []Agent{{Name: "1000", Answered: answered}},
			Queues: []Queue{{Name: "sales@d", CallsAnswered: strconv.Itoa(answered)}}, Members: members}, at(second))
	}
	tell := func(second float64, action string, pairs ...string) {
		text := fmt.Sprintf("Event-Name: CUSTOM\nEvent-Subclass: callcenter%%3A%%3Ainfo\nEvent-Date-Timestamp: %d\nCC-Action: %s\nCC-Agent: 1000\nCC-Queue: sales%%40d\n"+
			"CC-Member-UUID: m\nCC-Member-Joined-Time: %d\n", at(second).UnixMicro(), action, begin.Unix())
		for i := 0; i < len(pairs); i += 2 {
			text += pairs[i] + ": " + pairs[i+1] + "\n"
		}
		e, err := esl.ParseEvent("text/event-plain", text+"\n")
		if err != nil {
			t.Fatal(err)
		}
		l.take(e, at(second))
	}
	caller := Member{UUID: "m", Queue: "sales@d", State: MemberAnswered, Agent: "1000", Joined: begin, Bridged: at(2)}
	read(0, 0)
	tell(0, "member-queue-start")
	tell(1, "bridge-agent-start")
	read(2, 1, caller)
	tell(2.1, "agent-state-change", "CC-Agent-State", "In a queue call")
	read(3, 1, caller)
	read(9, 1) // he has left
	tell(9.1, "bridge-agent-end", "CC-Agent-Bridged", "true", "CC-Bridge-Terminated-Time", strconv.FormatInt(at(9).Unix(), 10))
	tell(9.1, "member-queue-end", "CC-Cause", "Terminated")
	read(11, 1)
	read(13, 1)
	if got, want := l.queues["sales@d"].Today, (QueueDay{Answered: 1, AnsweredWait: 2 * time.Second, LongestWait: 2 * time.Second}); got != want {
		t.Errorf("queue\ngot  %+v\nwant %+v", got, want)
	}
	if got, want := l.agents["1000"].Today, (AgentDay{Answered: 1, Talk: 7 * time.Second}); got != want {
		t.Errorf("agent\ngot  %+v\nwant %+v", got, want)
	}
	if len(l.visits) != 0 {
		t.Errorf("%d visits are remembered", len(l.visits))
	}
}

// TestOffset: of the times that events take to come, the shortest of the last one to two minutes counts.
func TestOffset(t *testing.T) {
	var c clock
	begin := time.Unix(1_000_000, 0)
	if got := c.offset(); got != 0 {
		t.Errorf("at first %v", got)
	}
	for _, tt := range []struct {
		came, late, want time.Duration // late: how much later than by the switch's clock
	}{
		{0, 5 * time.Second, 5 * time.Second},
		{10 * time.Second, 3 * time.Second, 3 * time.Second},
		{20 * time.Second, 9 * time.Second, 3 * time.Second},
		{70 * time.Second, 8 * time.Second, 3 * time.Second},  // a new window, the one before still counts
		{140 * time.Second, 9 * time.Second, 8 * time.Second}, // and no longer
		{150 * time.Second, -time.Second, -time.Second},
	} {
		came := begin.Add(tt.came)
		c.seen(came.Add(-tt.late), came)
		if got := c.offset(); got != tt.want {
			t.Errorf("after %v: %v, want %v", tt.came, got, tt.want)
		}
	}
	c.seen(time.Time{}, begin.Add(151*time.Second))
	if got := c.offset(); got != -time.Second {
		t.Errorf("an event without a time: %v", got)
	}
}

// TestOwnChannel: the channel that an agent serves a queue with is no outside call.
func TestOwnChannel(t *testing.T) {
	calls := outsideCalls{"1000": {{uuid: "standby"}}}
	a := Agent{Contact: "user/1000", UUID: "standby"}
	if calls.of(&a, nil) {
		t.Error("the channel on standby counts")
	}
	calls["1000"] = append(calls["1000"], phoneCall{uuid: "another"})
	if !calls.of(&a, nil) {
		t.Error("another channel does not count")
	}
	if calls.of(&a, map[string]time.Time{"another": {}}) {
		t.Error("a channel that is over counts")
	}
}
