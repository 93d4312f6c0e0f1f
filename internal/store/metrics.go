package store

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"callgate/internal/history"
)

type metrics struct {
	cdrs        *prometheus.CounterVec // outcome: stored, duplicate, conflict
	rawBytes    prometheus.Counter
	packedBytes prometheus.Counter
	down        prometheus.Counter
	unopened    prometheus.Counter
}

func newMetrics(r prometheus.Registerer) *metrics {
	if r == nil {
		r = prometheus.NewRegistry()
	}
	f := promauto.With(r)
	m := &metrics{
		cdrs: f.NewCounterVec(prometheus.CounterOpts{
			Name: "callgate_store_cdrs_total", Help: "CDRs given to the database, by outcome.",
		}, []string{"outcome"}),
		rawBytes: f.NewCounter(prometheus.CounterOpts{
			Name: "callgate_store_cdr_raw_bytes_total", Help: "Size of stored CDR documents before compression.",
		}),
		packedBytes: f.NewCounter(prometheus.CounterOpts{
			Name: "callgate_store_cdr_packed_bytes_total", Help: "Size of stored CDR documents after compression.",
		}),
		down: f.NewCounter(prometheus.CounterOpts{
			Name: "callgate_store_down_total", Help: "Calls that failed because the database was down, too slow or full.",
		}),
		unopened: f.NewCounter(prometheus.CounterOpts{
			Name: "callgate_store_cdrs_unopened_total", Help: "CDRs of an earlier version that could not be opened, and are kept among the unreadable ones.",
		}),
	}
	for _, o := range []history.Outcome{history.Stored, history.Duplicate, history.Conflict} {
		m.cdrs.WithLabelValues(o.String())
	}
	return m
}
