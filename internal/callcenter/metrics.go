package callcenter

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	reads           *prometheus.CounterVec
	duration        *prometheus.HistogramVec
	corrections     *prometheus.CounterVec
	restarts        *prometheus.CounterVec
	outsideFailures *prometheus.CounterVec
	calls           calls
}

// newMetrics also exports each switch's snapshot age and sizes, computed when asked for.
func newMetrics(r prometheus.Registerer, c *Center) *metrics {
	m := &metrics{
		reads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "callgate_callcenter_reads_total", Help: "Readings of a switch's contact centre, by result: ok, failed.",
		}, []string{"switch", "result"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "callgate_callcenter_read_duration_seconds", Help: "Time one reading of a switch took.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"switch"}),
		corrections: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "callgate_callcenter_corrections_total",
			Help: "What a reading put right because no event had told it, by kind: agent_status, agent_state, member, answered, abandoned.",
		}, []string{"switch", "kind"}),
		restarts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "callgate_callcenter_switch_restarts_total", Help: "Restarts of a switch that were noticed.",
		}, []string{"switch"}),
		outsideFailures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "callgate_callcenter_channel_failures_total",
			Help: "Readings that did not get the list of channels, which shows calls outside the queues.",
		}, []string{"switch"}),
		calls: newCalls(r),
	}
	for _, w := range c.watches {
		name := w.link.Name()
		m.restarts.WithLabelValues(name)
		m.outsideFailures.WithLabelValues(name)
		for _, kind := range []string{doubtStatus, doubtState, doubtMember, doubtAnswered, doubtAbandoned} {
			m.corrections.WithLabelValues(name, kind)
		}
	}
	r.MustRegister(m.reads, m.duration, m.corrections, m.restarts, m.outsideFailures, newCollector(c))
	return m
}

func (m *metrics) corrected(switchName string, kinds map[string]int) {
	for kind, n := range kinds {
		m.corrections.WithLabelValues(switchName, kind).Add(float64(n))
	}
}

func (m *metrics) read(switchName string, err error, took time.Duration) {
	result := "ok"
	if err != nil {
		result = "failed"
	}
	m.reads.WithLabelValues(switchName, result).Inc()
	m.duration.WithLabelValues(switchName).Observe(took.Seconds())
}

// collector reports the snapshots, and what goes on in the queues, as they are at the moment of the scrape.
type collector struct {
	c                                           *Center
	age, rows, offset                           *prometheus.Desc
	agents, waiting, talking, longest, overflow *prometheus.Desc
}

func newCollector(c *Center) collector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, append([]string{"switch"}, labels...), nil)
	}
	return collector{c: c,
		age:  desc("callgate_callcenter_snapshot_age_seconds", "Age of the last good reading of a switch's contact centre."),
		rows: desc("callgate_callcenter_rows", "Rows in the last good reading, by kind: queues, tiers, agents, members.", "kind"),
		offset: desc("callgate_callcenter_clock_offset_seconds",
			"How far our clock is ahead of the switch's, by the times of its events."),
		agents: desc("callcenter_agents", "Agents who serve a queue, by what they do: logged_out, talking, ringing, outside, pause, wrap_up, ready, not_ready.",
			"queue", "status"),
		waiting:  desc("callcenter_queue_waiting", "Callers who wait in a queue.", "queue"),
		talking:  desc("callcenter_queue_talking", "Callers of a queue who talk with an agent.", "queue"),
		longest:  desc("callcenter_queue_longest_wait_seconds", "How long the first of those who wait has waited; 0 when nobody does.", "queue"),
		overflow: desc("callgate_callcenter_queues_without_metrics", `Queues that are told of together, as queue "other", because the switch has too many.`),
	}
}

// Describe implements prometheus.Collector.
func (l collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{l.age, l.rows, l.offset, l.agents, l.waiting, l.talking, l.longest, l.overflow} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (l collector) Collect(ch chan<- prometheus.Metric) {
	now := l.c.o.Now()
	for _, w := range l.c.watches {
		name := w.link.Name()
		tell := func(d *prometheus.Desc, value float64, labels ...string) {
			ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, append([]string{name}, labels...)...)
		}
		tell(l.offset, w.ledger.offset().Seconds())
		s := w.last.Load()
		if s == nil {
			continue
		}
		tell(l.age, now.Sub(s.Taken).Seconds())
		for kind, n := range map[string]int{"queues": len(s.Queues), "tiers": len(s.Tiers), "agents": len(s.Agents), "members": len(s.Members)} {
			tell(l.rows, float64(n), kind)
		}
		queues, together := w.ledger.gauges(now, l.c.o.MaxAge())
		if queues != nil {
			tell(l.overflow, float64(together))
		}
		for queue, g := range queues {
			for _, is := range Activities {
				if is != ActivityUnknown { // somebody watches
					tell(l.agents, float64(g.agents[is]), queue, string(is))
				}
			}
			tell(l.waiting, float64(g.waiting), queue)
			tell(l.talking, float64(g.talking), queue)
			tell(l.longest, g.longest.Seconds(), queue)
		}
	}
}
