package callcenter

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

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

// ends are all of them, in the order of a scrape.
func ends() []string {
	return []string{endAbandoned, endAnswered, endKey, endNoAgent, endTimeout, endTransferred, endUnknown}
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

// queueMetrics are those of queues. They are not registered: a collector hands them on in the order of a scrape, for tens of
// thousands of time series take longer to sort than to count.
type queueMetrics struct {
	agents, waiting, talking, longest *prometheus.GaugeVec
	ended, wrapUp                     *prometheus.CounterVec
	wait, talk                        *prometheus.HistogramVec
}

// callBuckets suit waits and talks of people: service levels are agreed in these seconds.
func callBuckets() []float64 { return []float64{5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300} }

func newQueueMetrics() queueMetrics {
	gauges := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, append([]string{"switch", "queue"}, labels...))
	}
	return queueMetrics{
		agents: gauges("callcenter_agents",
			"Agents who serve a queue, by what they do: logged_out, talking, ringing, outside, pause, wrap_up, ready, not_ready.", "status"),
		waiting: gauges("callcenter_queue_waiting", "Callers who wait in a queue."),
		talking: gauges("callcenter_queue_talking", "Callers of a queue who talk with an agent."),
		longest: gauges("callcenter_queue_longest_wait_seconds", "How long the first of those who wait has waited; 0 when nobody does."),
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "callcenter_calls_total",
			Help: "Callers of a queue who were answered, counted then, or left it unanswered, by outcome: answered, abandoned, timeout, no_agent, key, transferred, unknown.",
		}, []string{"switch", "queue", "outcome"}),
		wait: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "callcenter_wait_seconds", Help: "How long callers of a queue waited who were answered, or hung up: outcome answered, abandoned.",
			Buckets: callBuckets(),
		}, []string{"switch", "queue", "outcome"}),
		talk: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "callcenter_talk_seconds", Help: "How long agents and callers of a queue talked, observed at the end.", Buckets: callBuckets(),
		}, []string{"switch", "queue"}),
		wrapUp: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "callcenter_wrap_up_seconds_total", Help: "How much time for wrapping up agents were given after calls of a queue, whether or not they took it.",
		}, []string{"switch", "queue"}),
	}
}

func (m queueMetrics) all() []prometheus.Collector {
	return []prometheus.Collector{m.agents, m.waiting, m.talking, m.longest, m.ended, m.wait, m.talk, m.wrapUp}
}

// tallies makes the tallies of a switch's queues, all at zero, and finds them again. It is not for several goroutines.
type tallies struct {
	switchName string
	metrics    queueMetrics
	known      map[string]*tally // by label
	labels     map[string]*dto.LabelPair
}

func (ts *tallies) of(queue string) *tally {
	queue = queueLabel(queue)
	t := ts.known[queue]
	if t == nil && len(ts.known) >= maxQueues {
		queue = otherQueues
		t = ts.known[queue]
	}
	if t != nil {
		return t
	}
	m := ts.metrics
	t = &tally{
		label:   queue,
		agents:  make([]prometheus.Gauge, len(Activities)),
		waiting: m.waiting.WithLabelValues(ts.switchName, queue), talking: m.talking.WithLabelValues(ts.switchName, queue),
		longest: m.longest.WithLabelValues(ts.switchName, queue),
		ended:   map[string]prometheus.Counter{},
		waited:  m.wait.WithLabelValues(ts.switchName, queue, endAnswered), gaveUp: m.wait.WithLabelValues(ts.switchName, queue, endAbandoned),
		talked: m.talk.WithLabelValues(ts.switchName, queue), wrapUp: m.wrapUp.WithLabelValues(ts.switchName, queue),
	}
	if ts.labels == nil {
		ts.labels = map[string]*dto.LabelPair{}
	}
	queuePair, switchPair := &dto.LabelPair{Name: new("queue"), Value: &queue}, ts.label("switch", ts.switchName)
	for i, is := range Activities {
		t.agents[i] = m.agents.WithLabelValues(ts.switchName, queue, string(is))
	}
	for _, i := range statusOrder() {
		t.now = append(t.now, labelled{t.agents[i], []*dto.LabelPair{queuePair, ts.label("status", string(Activities[i])), switchPair}})
	}
	for _, g := range []prometheus.Gauge{t.waiting, t.talking, t.longest} {
		t.now = append(t.now, labelled{g, []*dto.LabelPair{queuePair, switchPair}})
	}
	for _, end := range ends() {
		t.ended[end] = m.ended.WithLabelValues(ts.switchName, queue, end)
		t.past = append(t.past, labelled{t.ended[end], []*dto.LabelPair{ts.label("outcome", end), queuePair, switchPair}})
	}
	t.past = append(t.past, labelled{t.wrapUp, []*dto.LabelPair{queuePair, switchPair}}, labelled{t.talked.(prometheus.Metric), []*dto.LabelPair{queuePair, switchPair}},
		labelled{t.gaveUp.(prometheus.Metric), []*dto.LabelPair{ts.label("outcome", endAbandoned), queuePair, switchPair}},
		labelled{t.waited.(prometheus.Metric), []*dto.LabelPair{ts.label("outcome", endAnswered), queuePair, switchPair}})
	ts.known[queue] = t
	return t
}

// label is a label that many metrics share.
func (ts *tallies) label(name, value string) *dto.LabelPair {
	key := name + "=" + value
	if ts.labels[key] == nil {
		ts.labels[key] = &dto.LabelPair{Name: &name, Value: &value}
	}
	return ts.labels[key]
}

// labelled is a metric that shares its labels, in the order of their names, with others. Those of its own, tens of thousands
// all over the memory, would take longer to look at than all the rest of a scrape.
type labelled struct {
	prometheus.Metric
	labels []*dto.LabelPair
}

// Write implements prometheus.Metric.
func (m labelled) Write(out *dto.Metric) error {
	err := m.Metric.Write(out)
	out.Label = m.labels
	return err
}

// queueLabel is the name of a queue as a label can hold it.
func queueLabel(queue string) string {
	if queue == "" {
		return otherQueues // an empty label is none
	}
	return strings.ToValidUTF8(queue, "\uFFFD")
}

// tally is one queue for Prometheus. A counter never goes back; what was counted too often is made
// up for by leaving out the next of its kind.
type tally struct {
	label                     string
	agents                    []prometheus.Gauge // in the order of Activities
	waiting, talking, longest prometheus.Gauge
	ended                     map[string]prometheus.Counter
	waited, gaveUp, talked    prometheus.Observer
	wrapUp                    prometheus.Counter
	answeredOwed, lostOwed    int // how many of the next to come were counted already

	now, past []prometheus.Metric // the gauges, and what has come to pass since this process began
}

func (t *tally) answer(v *visit, at time.Time) {
	if owed(&t.answeredOwed) {
		return
	}
	t.ended[endAnswered].Inc()
	observe(t.waited, v.joined, at)
}

// unanswer takes the answer of a caller back: he had hung up before the two heard each other.
func (t *tally) unanswer() { t.answeredOwed++ }

func (t *tally) leave(v *visit, at time.Time, why string) {
	if owed(&t.lostOwed) {
		return
	}
	t.ended[why].Inc()
	if why == endAbandoned {
		observe(t.gaveUp, v.joined, at)
	}
}

// talk is told of a call that has ended, and how long the agent may wrap up.
func (t *tally) talk(v *visit, end time.Time, wrapUp time.Duration) {
	observe(t.talked, v.talking, end)
	t.wrapUp.Add(max(0, wrapUp.Seconds()))
}

// unseenAnswers counts answers of which only FreeSWITCH's counter told, which has no times; fewer than none were
// counted twice.
func (t *tally) unseenAnswers(n int) { t.unseen(n, endAnswered, &t.answeredOwed) }

// unseenLosses does so for callers who left unanswered.
func (t *tally) unseenLosses(n int) { t.unseen(n, endUnknown, &t.lostOwed) }

func (t *tally) unseen(n int, end string, debt *int) {
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
	agents           [len(Activities)]int
	waiting, talking int
	longest          time.Duration // how long the first of those who wait has waited
}

// set shows it.
func (t *tally) set(g *gauge) {
	for i, n := range g.agents {
		t.agents[i].Set(float64(n))
	}
	t.waiting.Set(float64(g.waiting))
	t.talking.Set(float64(g.talking))
	t.longest.Set(g.longest.Seconds())
}

// inOrder are tallies in the order of a scrape.
func inOrder(all iter.Seq[*tally]) []*tally {
	return slices.SortedFunc(all, func(a, b *tally) int { return strings.Compare(a.label, b.label) })
}

// counted are the tallies of all queues there ever were.
func (l *ledger) counted() []*tally {
	l.mu.Lock()
	defer l.mu.Unlock()
	return inOrder(maps.Values(l.tallies.known))
}

// measure brings the gauges up to date, and returns the tallies whose gauges hold: none when the last reading is old, or of a
// time before the link came up. together is how many queues are otherQueues.
func (l *ledger) measure(at time.Time, maxAge time.Duration) (now []*tally, together int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.last
	if s == nil || l.since.IsZero() || s.Taken.Before(l.since) || at.Sub(s.Taken) > maxAge {
		return nil, 0
	}
	does := make(map[string]int, len(s.Agents))
	for name := range s.byName {
		is, _ := l.activity(name, at)
		does[name] = slices.Index(Activities[:], is)
	}
	gauges, of := make(map[*tally]*gauge, len(s.Queues)), make(map[string]*gauge, len(s.Queues))
	for _, q := range s.Queues {
		t := l.tallies.of(q.Name)
		if t.label == otherQueues && q.Name != otherQueues {
			together++
		}
		g := gauges[t]
		if g == nil {
			g = &gauge{}
			gauges[t] = g
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
			g.longest = max(g.longest, at.Sub(v.joined.Add(l.clock.offset())))
		}
	}
	for t, g := range gauges {
		t.set(g)
	}
	return inOrder(maps.Keys(gauges)), together
}

// statusOrder is where in Activities those stand that an agent is told to do, in the order of a scrape. Unknown is none:
// gauges are told while somebody watches.
func statusOrder() []int {
	var order []int
	for _, is := range slices.Sorted(slices.Values(Activities[:])) {
		if is != ActivityUnknown {
			order = append(order, slices.Index(Activities[:], is))
		}
	}
	return order
}

// tellPast tells what has come to pass, one kind after the other.
func tellPast(all []*tally, ch chan<- prometheus.Metric) {
	for i := 0; len(all) > 0 && i < len(all[0].past); i++ {
		for _, t := range all {
			ch <- t.past[i]
		}
	}
}
