package webhook

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"callgate/internal/backlog"
)

type metrics struct {
	events, deliveries, dropped *prometheus.CounterVec
	took                        prometheus.Histogram
}

func newMetrics(r prometheus.Registerer, s *Service) *metrics {
	f := promauto.With(r)
	m := &metrics{
		events: f.NewCounterVec(prometheus.CounterOpts{Name: "callgate_webhook_events_total",
			Help: "Events that this process handed to the endpoints that asked for them, whether or not there were any."}, []string{"kind"}),
		deliveries: f.NewCounterVec(prometheus.CounterOpts{Name: "callgate_webhook_deliveries_total",
			Help: "Attempts to deliver by what came of them; failed are given up."}, []string{"result"}),
		dropped: f.NewCounterVec(prometheus.CounterOpts{Name: "callgate_webhook_deliveries_dropped_total",
			Help: "Deliveries that were not made because too many wait for the endpoint."}, []string{"reason"}),
		took: f.NewHistogram(prometheus.HistogramOpts{Name: "callgate_webhook_attempt_duration_seconds",
			Help: "How long endpoints took to answer, or not to.", Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}}),
	}
	for _, k := range Kinds {
		m.events.WithLabelValues(string(k))
	}
	for _, result := range []string{string(Delivered), "retried", string(Failed)} {
		m.deliveries.WithLabelValues(result)
	}
	m.dropped.WithLabelValues(backlog.Full)
	f.NewGaugeFunc(prometheus.GaugeOpts{Name: "callgate_webhook_backlog",
		Help: "Deliveries that are not over, counted every 15 seconds. Every process counts the same ones."}, func() float64 {
		total, _ := s.backlog()
		return float64(total)
	})
	f.NewGaugeFunc(prometheus.GaugeOpts{Name: "callgate_webhook_oldest_seconds",
		Help: "How long ago the oldest delivery was made that is not over; 0 when there is none."}, func() float64 {
		_, age := s.backlog()
		return age.Seconds()
	})
	return m
}

// backlog is how much is not over, and how old the oldest of it is.
func (s *Service) backlog() (total int, age time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.o.Now()
	for _, b := range s.backlogs {
		total += b.Count
		age = max(age, now.Sub(b.Oldest))
	}
	return total, age
}
