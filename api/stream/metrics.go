package stream

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	events prometheus.Counter
	joined *prometheus.CounterVec // how: new, resumed, reset, late
	ended  *prometheus.CounterVec // why: left, slow, denied, stopped
}

func newMetrics(r prometheus.Registerer, h *Hub) *metrics {
	if r == nil {
		r = prometheus.NewRegistry()
	}
	f := promauto.With(r)
	f.NewGaugeFunc(prometheus.GaugeOpts{Name: "callgate_stream_clients", Help: "Streams that are open."}, func() float64 {
		h.mu.RLock()
		defer h.mu.RUnlock()
		return float64(len(h.clients))
	})
	m := &metrics{
		events: f.NewCounter(prometheus.CounterOpts{
			Name: "callgate_stream_events_total", Help: "Changes written down, once for each kind of viewer.",
		}),
		joined: f.NewCounterVec(prometheus.CounterOpts{
			Name: "callgate_stream_beginnings_total",
			Help: "Streams begun: new, resumed after a break, reset where that could not be, late where a client had fallen too far behind.",
		}, []string{"how"}),
		ended: f.NewCounterVec(prometheus.CounterOpts{
			Name: "callgate_stream_ends_total", Help: "Streams that ended: the client left, was too slow, had no right any more, or callgate stopped.",
		}, []string{"why"}),
	}
	for _, how := range []string{"new", "resumed", "reset", "late"} {
		m.joined.WithLabelValues(how)
	}
	for _, why := range []string{"left", "slow", "denied", "stopped"} {
		m.ended.WithLabelValues(why)
	}
	return m
}
