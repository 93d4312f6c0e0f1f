package history

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// A step takes about stepTime: nobody waits longer for the writer of a SQLite file, or to join legs on PostgreSQL, than
// that step and what it was off by.
const (
	stepTime = 10 * time.Millisecond
	maxStep  = 500
)

// pace is how many rows a step deletes.
type pace struct{ size int }

func (p *pace) adjust(took time.Duration) {
	switch {
	case took > 2*stepTime:
		p.size = max(1, p.size/4)
	case took > stepTime:
		p.size = max(1, p.size/2)
	case took < stepTime/2:
		p.size = min(maxStep, p.size+max(1, p.size/8))
	}
}

// What was deleted.
const (
	prunedCalls      = "calls"
	prunedCDRs       = "cdrs"
	prunedUnreadable = "unreadable"
	prunedTerms      = "terms"
	prunedMonths     = "months"
)

// keeperMetrics are a Keeper's figures.
type keeperMetrics struct {
	pruned *prometheus.CounterVec
	passed prometheus.Gauge
	held   prometheus.Histogram
}

func newKeeperMetrics(r prometheus.Registerer) *keeperMetrics {
	if r == nil {
		r = prometheus.NewRegistry()
	}
	f := promauto.With(r)
	m := &keeperMetrics{
		pruned: f.NewCounterVec(prometheus.CounterOpts{Name: "callgate_cdr_pruned_total",
			Help: "What was deleted because its time was over: calls and cdrs one by one, unreadable CDRs, terms left of calls, and months as a whole."},
			[]string{"what"}),
		passed: f.NewGauge(prometheus.GaugeOpts{Name: "callgate_cdr_pruned_timestamp_seconds",
			Help: "When what was over was deleted last, and room was there for the months to come; 0 while this process has not."}),
		held: f.NewHistogram(prometheus.HistogramOpts{Name: "callgate_cdr_prune_hold_seconds",
			Help:    "For how long a step of deleting, or of summing up figures, held up the intake at most.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1}}),
	}
	for _, what := range []string{prunedCalls, prunedCDRs, prunedUnreadable, prunedTerms, prunedMonths} {
		m.pruned.WithLabelValues(what)
	}
	return m
}
