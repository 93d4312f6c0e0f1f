package callcenter

import (
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callgate/esl"
)

// TestTally: each caller is counted once, whatever comes twice, late or only as a counter; and no counter goes back.
func TestTally(t *testing.T) {
	begin := time.Unix(1_000_000, 0)
	v := &visit{queue: "sales@d", joined: begin}
	after := func(seconds int) time.Time { return begin.Add(time.Duration(seconds) * time.Second) }
	for _, tt := range []struct {
		name string
		do   func(t *tally)
		want string // outcomes with their counts, and the number of waits
	}{
		{"answered", func(t *tally) { t.answer(v, after(7)) }, "map[answered:1] waits 1+0"},
		{"hung up", func(t *tally) { t.leave(v, after(7), endAbandoned) }, "map[abandoned:1] waits 0+1"},
		{"waited too long", func(t *tally) { t.leave(v, after(7), endTimeout) }, "map[timeout:1] waits 0+0"},
		{"joined nobody knows when", func(t *tally) { t.answer(&visit{}, after(7)) }, "map[answered:1] waits 0+0"},
		{"hung up in the moment of the bridge", func(t *tally) {
			t.answer(v, after(7))
			t.unanswer()
			t.leave(v, after(7), endAbandoned)
			t.answer(v, after(9))
			t.answer(v, after(11))
		}, "map[abandoned:1 answered:2] waits 2+1"},
		{"only counters told", func(t *tally) { t.unseenAnswers(3); t.unseenLosses(2) }, "map[answered:3 unknown:2] waits 0+0"},
		{"the event came after all", func(t *tally) {
			t.unseenLosses(1)
			t.leave(v, after(7), endAbandoned)
			t.unseenLosses(-1)
			t.leave(v, after(9), endNoAgent)
			t.leave(v, after(11), endKey)
		}, "map[abandoned:1 key:1 unknown:1] waits 0+1"},
		{"counted too often, then missed", func(t *tally) {
			t.answer(v, after(7))
			t.unseenAnswers(-1)
			t.unseenAnswers(2)
			t.unseenAnswers(1)
		}, "map[answered:3] waits 1+0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := prometheus.NewRegistry()
			ts := tallies{switchName: "main", metrics: newQueueMetrics(), known: map[string]*tally{}}
			r.MustRegister(ts.metrics.ended, ts.metrics.wait)
			tt.do(ts.of("sales@d"))
			families, err := r.Gather()
			if err != nil {
				t.Fatal(err)
			}
			ended, waits := map[string]float64{}, map[string]uint64{}
			for _, f := range families {
				for _, s := range f.GetMetric() {
					outcome := s.GetLabel()[0].GetValue() // the labels are in the order of their names
					switch f.GetName() {
					case "callcenter_calls_total":
						if n := s.GetCounter().GetValue(); n != 0 {
							ended[outcome] = n
						}
					case "callcenter_wait_seconds":
						waits[s.GetLabel()[0].GetValue()] = s.GetHistogram().GetSampleCount()
					}
				}
			}
			if got := fmt.Sprintf("%v waits %d+%d", ended, waits[endAnswered], waits[endAbandoned]); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestLeaving: why a member left unanswered, by what FreeSWITCH tells of him.
func TestLeaving(t *testing.T) {
	for _, tt := range []struct{ name, reason, state, want string }{
		{"hung up", "BREAK_OUT", "hangup", endAbandoned}, {"taken out", "BREAK_OUT", "answered", endTransferred}, {"nobody knows how", "BREAK_OUT", "", endAbandoned},
		{"timeout", "TIMEOUT", "answered", endTimeout}, {"nobody there", "NO_AGENT_TIMEOUT", "answered", endNoAgent},
		{"a key", "EXIT_WITH_KEY", "answered", endKey}, {"none", "NONE", "hangup", endUnknown}, {"a word of a later version", "BORED", "answered", endUnknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, err := esl.ParseEvent("text/event-plain", "Event-Name: CUSTOM\nCC-Cancel-Reason: "+tt.reason+"\nAnswer-State: "+tt.state+"\n\n")
			if err != nil {
				t.Fatal(err)
			}
			if got := leaving(e); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestManyQueues: beyond a number queues are told of together, whatever they are called.
func TestManyQueues(t *testing.T) {
	ts := tallies{switchName: "main", metrics: newQueueMetrics(), known: map[string]*tally{}}
	for i := range maxQueues {
		if label := ts.of(fmt.Sprint(i)).label; label != fmt.Sprint(i) {
			t.Fatalf("queue %d is told of as %q", i, label)
		}
	}
	for _, tt := range []struct{ name, queue, want string }{
		{"known", "7", "7"}, {"one too many", "x", otherQueues}, {"nothing but its name is wrong", "\xff", otherQueues}, {"nameless", "", otherQueues},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := ts.of(tt.queue).label; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
