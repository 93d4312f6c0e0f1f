package outside

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	results  *prometheus.CounterVec
	duration prometheus.Histogram
}

// newMetrics also exports the breaker's state as it is at the moment of the scrape.
func newMetrics(r prometheus.Registerer, c *Client) *metrics {
	system := prometheus.Labels{"system": c.o.Name}
	m := &metrics{
		results: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name:        "callgate_outside_questions_total",
			Help:        "Questions to an outside system, by result: ok, unknown (it knows no such thing), cached, down, nonsense, refused (the log-in), spared (left alone after failures).",
			ConstLabels: system,
		}, []string{"result"}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "callgate_outside_duration_seconds", Help: "Time an outside system took for one question, signing in included.",
			ConstLabels: system,
			Buckets:     []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		}),
	}
	for _, result := range []string{"ok", "unknown", "cached", "down", "nonsense", "refused", "spared"} {
		m.results.WithLabelValues(result)
	}
	state := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name:        "callgate_outside_breaker_state",
		Help:        "Whether an outside system is asked: 0 always, 1 one request to try, 2 left alone.",
		ConstLabels: system,
	}, func() float64 {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.with == nil {
			return 0
		}
		return float64(c.with.breaker.State())
	})
	r.MustRegister(m.results, m.duration, state)
	return m
}
