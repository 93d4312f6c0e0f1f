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
	queues          queueMetrics
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
		queues: newQueueMetrics(),
	}
	for _, w := range c.watches {
		name := w.link.Name()
		m.restarts.WithLabelValues(name)
		m.outsideFailures.WithLabelValues(name)
		for _, kind := range []string{doubtStatus, doubtState, doubtMember, doubtAnswered, doubtAbandoned} {
			m.corrections.WithLabelValues(name, kind)
		}
	}
	r.MustRegister(m.reads, m.duration, m.corrections, m.restarts, m.outsideFailures, newCollector(c, m.queues))
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
	c                           *Center
	age, rows, offset, overflow *prometheus.Desc
	queues                      queueMetrics
}

func newCollector(c *Center, queues queueMetrics) collector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, append([]string{"switch"}, labels...), nil)
	}
	return collector{c: c, queues: queues,
		age:  desc("callgate_callcenter_snapshot_age_seconds", "Age of the last good reading of a switch's contact centre."),
		rows: desc("callgate_callcenter_rows", "Rows in the last good reading, by kind: queues, tiers, agents, members.", "kind"),
		offset: desc("callgate_callcenter_clock_offset_seconds",
			"How far our clock is ahead of the switch's, by the times of its events."),
		overflow: desc("callgate_callcenter_queues_without_metrics", `Queues that are told of together, as queue "other", because the switch has too many.`),
	}
}

// Describe implements prometheus.Collector.
func (l collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{l.age, l.rows, l.offset, l.overflow} {
		ch <- d
	}
	for _, m := range l.queues.all() {
		m.Describe(ch)
	}
}

// Collect implements prometheus.Collector.
func (l collector) Collect(ch chan<- prometheus.Metric) {
	now := l.c.o.Now()
	for _, w := range l.c.watches {
		tell := func(d *prometheus.Desc, value float64, labels ...string) {
			ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, append([]string{w.link.Name()}, labels...)...)
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
		tellPast(w.ledger.counted(), ch) // first: whoever gathers has something to do meanwhile
		current, together := w.ledger.measure(now, l.c.o.MaxAge())
		if len(current) > 0 {
			tell(l.overflow, float64(together))
		}
		for _, t := range current {
			for _, m := range t.now {
				ch <- m
			}
		}
	}
}
