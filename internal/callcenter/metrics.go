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
	}
	for _, w := range c.watches {
		name := w.link.Name()
		m.restarts.WithLabelValues(name)
		m.outsideFailures.WithLabelValues(name)
		for _, kind := range []string{doubtStatus, doubtState, doubtMember, doubtAnswered, doubtAbandoned} {
			m.corrections.WithLabelValues(name, kind)
		}
	}
	r.MustRegister(m.reads, m.duration, m.corrections, m.restarts, m.outsideFailures, collector{c})
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

// collector reports the snapshots as they are at the moment of the scrape.
type collector struct{ c *Center }

// described lists the collector's metrics.
func described() (age, rows, offset *prometheus.Desc) {
	return prometheus.NewDesc("callgate_callcenter_snapshot_age_seconds",
			"Age of the last good reading of a switch's contact centre.", []string{"switch"}, nil),
		prometheus.NewDesc("callgate_callcenter_rows",
			"Rows in the last good reading, by kind: queues, tiers, agents, members.", []string{"switch", "kind"}, nil),
		prometheus.NewDesc("callgate_callcenter_clock_offset_seconds",
			"How far our clock is ahead of the switch's, by the times of its events.", []string{"switch"}, nil)
}

// Describe implements prometheus.Collector.
func (collector) Describe(ch chan<- *prometheus.Desc) {
	age, rows, offset := described()
	ch <- age
	ch <- rows
	ch <- offset
}

// Collect implements prometheus.Collector.
func (l collector) Collect(ch chan<- prometheus.Metric) {
	age, rows, offset := described()
	for _, w := range l.c.watches {
		ch <- prometheus.MustNewConstMetric(offset, prometheus.GaugeValue, w.ledger.offset().Seconds(), w.link.Name())
		s := w.last.Load()
		if s == nil {
			continue
		}
		ch <- prometheus.MustNewConstMetric(age, prometheus.GaugeValue, l.c.o.Now().Sub(s.Taken).Seconds(), s.Switch)
		for kind, n := range map[string]int{"queues": len(s.Queues), "tiers": len(s.Tiers), "agents": len(s.Agents), "members": len(s.Members)} {
			ch <- prometheus.MustNewConstMetric(rows, prometheus.GaugeValue, float64(n), s.Switch, kind)
		}
	}
}
