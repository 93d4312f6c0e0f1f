package callcenter

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"callgate/esl"
)

// maxQueues is how many queues of a switch have metrics of their own; all further ones are otherQueues together.
const (
	maxQueues   = 1000
	otherQueues = "other"
)

// How a caller's stay in a queue ended, as the metrics have it.
const (
	endAnswered    = "answered"
	endAbandoned   = "abandoned"   // he hung up
	endTimeout     = "timeout"     // max-wait-time
	endNoAgent     = "no_agent"    // max-wait-time-with-no-agent
	endKey         = "key"         // he pressed an exit key
	endTransferred = "transferred" // somebody took him out, and he did not hang up
	endUnknown     = "unknown"     // unanswered; FreeSWITCH's counter tells, and no event has told why
)

// ends are all of them.
func ends() []string {
	return []string{endAnswered, endAbandoned, endTimeout, endNoAgent, endKey, endTransferred, endUnknown}
}

// leaving is why a member left unanswered. FreeSWITCH gives the same reason to one who hangs up and to one who is
// transferred out of the queue; whether the channel is up tells them apart.
//
// Source: mod_callcenter.c callcenter_function.
func leaving(e *esl.Event) string {
	switch e.Get("CC-Cancel-Reason") {
	case "TIMEOUT":
		return endTimeout
	case "NO_AGENT_TIMEOUT":
		return endNoAgent
	case "EXIT_WITH_KEY":
		return endKey
	case "BREAK_OUT":
		if state := e.Get("Answer-State"); state != "hangup" && state != "" {
			return endTransferred
		}
		return endAbandoned
	}
	return endUnknown
}

// calls are the metrics of what has come to pass in queues, since this process began.
type calls struct {
	ended      *prometheus.CounterVec
	wait, talk *prometheus.HistogramVec
}

// callBuckets suit waits and talks of people: service levels are agreed in these seconds.
func callBuckets() []float64 { return []float64{5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300} }

func newCalls(r prometheus.Registerer) calls {
	f := promauto.With(r)
	return calls{
		ended: f.NewCounterVec(prometheus.CounterOpts{
			Name: "callcenter_calls_total",
			Help: "Callers of a queue who were answered, counted then, or left it unanswered, by outcome: answered, abandoned, timeout, no_agent, key, transferred, unknown.",
		}, []string{"switch", "queue", "outcome"}),
		wait: f.NewHistogramVec(prometheus.HistogramOpts{
			Name: "callcenter_wait_seconds", Help: "How long callers of a queue waited who were answered, or hung up: outcome answered, abandoned.",
			Buckets: callBuckets(),
		}, []string{"switch", "queue", "outcome"}),
		talk: f.NewHistogramVec(prometheus.HistogramOpts{
			Name: "callcenter_talk_seconds", Help: "How long agents and callers of a queue talked, observed at the end.", Buckets: callBuckets(),
		}, []string{"switch", "queue"}),
	}
}

// tallies returns what finds the tally of a queue of a switch. It makes the tallies of the first queues, all at zero; it is
// not for several goroutines.
func (m *metrics) tallies(switchName string) func(queue string) *tally {
	known := map[string]*tally{}
	return func(queue string) *tally {
		queue = queueLabel(queue)
		t := known[queue]
		if t == nil && len(known) >= maxQueues {
			queue = otherQueues
			t = known[queue]
		}
		if t == nil {
			t = &tally{
				label:  queue,
				ended:  map[string]prometheus.Counter{},
				waited: m.calls.wait.WithLabelValues(switchName, queue, endAnswered), gaveUp: m.calls.wait.WithLabelValues(switchName, queue, endAbandoned),
				talked: m.calls.talk.WithLabelValues(switchName, queue),
			}
			for _, end := range ends() {
				t.ended[end] = m.calls.ended.WithLabelValues(switchName, queue, end)
			}
			known[queue] = t
		}
		return t
	}
}

// queueLabel is the name of a queue as a label can hold it.
func queueLabel(queue string) string {
	if queue == "" {
		return otherQueues // an empty label is none
	}
	return strings.ToValidUTF8(queue, "\uFFFD")
}

// tally counts the callers of one queue for Prometheus. A counter never goes back; what was counted too often is made
// up for by leaving out the next of its kind. The zero value counts nothing.
type tally struct {
	label                  string
	ended                  map[string]prometheus.Counter
	waited, gaveUp, talked prometheus.Observer
	answeredOwed, lostOwed int // how many of the next to come were counted already
}

func (t *tally) answer(v *visit, at time.Time) {
	if t.ended == nil || owed(&t.answeredOwed) {
		return
	}
	t.ended[endAnswered].Inc()
	observe(t.waited, v.joined, at)
}

// unanswer takes the answer of a caller back: he had hung up before the two heard each other.
func (t *tally) unanswer() { t.answeredOwed++ }

func (t *tally) leave(v *visit, at time.Time, why string) {
	if t.ended == nil || owed(&t.lostOwed) {
		return
	}
	t.ended[why].Inc()
	if why == endAbandoned {
		observe(t.gaveUp, v.joined, at)
	}
}

func (t *tally) talk(v *visit, end time.Time) {
	if t.ended != nil {
		observe(t.talked, v.talking, end)
	}
}

// unseenAnswers counts answers of which only FreeSWITCH's counter told, which has no times; fewer than none were
// counted twice.
func (t *tally) unseenAnswers(n int) { t.unseen(n, endAnswered, &t.answeredOwed) }

// unseenLosses does so for callers who left unanswered.
func (t *tally) unseenLosses(n int) { t.unseen(n, endUnknown, &t.lostOwed) }

func (t *tally) unseen(n int, end string, debt *int) {
	if t.ended == nil {
		return
	}
	if n < 0 {
		*debt -= n
		return
	}
	paid := min(n, *debt)
	*debt -= paid
	t.ended[end].Add(float64(n - paid))
}

// owed tells whether one is to be left out.
func owed(debt *int) bool {
	if *debt == 0 {
		return false
	}
	*debt--
	return true
}

// observe takes a span of the switch's clock of which both ends are known.
func observe(o prometheus.Observer, from, to time.Time) {
	if !from.IsZero() && !to.IsZero() {
		o.Observe(max(0, to.Sub(from)).Seconds())
	}
}

// gauge is what goes on in a queue just now.
type gauge struct {
	agents           map[Activity]int
	waiting, talking int
	longest          time.Duration // how long the first of those who wait has waited
}

// gauges are those of all queues, by label, and how many of them the label otherQueues has; nil when the last reading is
// old, or of a time before the link came up.
func (l *ledger) gauges(now time.Time, maxAge time.Duration) (all map[string]*gauge, together int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.last
	if s == nil || l.since.IsZero() || s.Taken.Before(l.since) || now.Sub(s.Taken) > maxAge {
		return nil, 0
	}
	does := make(map[string]Activity, len(s.Agents))
	for name := range s.byName {
		does[name], _ = l.activity(name, now)
	}
	all = make(map[string]*gauge, len(s.Queues))
	of := make(map[string]*gauge, len(s.Queues))
	for _, q := range s.Queues {
		label := l.tally(q.Name).label
		if label == otherQueues && q.Name != otherQueues {
			together++
		}
		g := all[label]
		if g == nil {
			g = &gauge{agents: map[Activity]int{}}
			all[label] = g
		}
		of[q.Name] = g
		for _, name := range s.serving[q.Name] {
			if is, ok := does[name]; ok { // else a tier outlived its agent
				g.agents[is]++
			}
		}
	}
	for _, v := range l.visits {
		g := of[v.queue]
		switch {
		case v.over || g == nil:
		case !v.talking.IsZero():
			g.talking++
		default:
			g.waiting++
			g.longest = max(g.longest, now.Sub(v.joined.Add(l.clock.offset())))
		}
	}
	return all, together
}
