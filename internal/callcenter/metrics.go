package callcenter

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	reads    *prometheus.CounterVec
	duration *prometheus.HistogramVec
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
	}
	r.MustRegister(m.reads, m.duration, collector{c})
	return m
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
func described() (age, rows *prometheus.Desc) {
	return prometheus.NewDesc("callgate_callcenter_snapshot_age_seconds",
			"Age of the last good reading of a switch's contact centre.", []string{"switch"}, nil),
		prometheus.NewDesc("callgate_callcenter_rows",
			"Rows in the last good reading, by kind: queues, tiers, agents, members.", []string{"switch", "kind"}, nil)
}

// Describe implements prometheus.Collector.
func (collector) Describe(ch chan<- *prometheus.Desc) {
	age, rows := described()
	ch <- age
	ch <- rows
}

// Collect implements prometheus.Collector.
func (l collector) Collect(ch chan<- prometheus.Metric) {
	age, rows := described()
	for _, w := range l.c.watches {
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
