package sms

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	messages  *prometheus.CounterVec
	took      *prometheus.HistogramVec
	early     prometheus.Counter
	callbacks *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) *metrics {
	if r == nil {
		r = prometheus.NewRegistry()
	}
	f := promauto.With(r)
	return &metrics{
		messages: f.NewCounterVec(prometheus.CounterOpts{Name: "callgate_sms_messages_total",
			Help: "Text messages that came to a state, by the provider that was asked last."}, []string{"provider", "status"}),
		callbacks: f.NewCounterVec(prometheus.CounterOpts{Name: "callgate_sms_callbacks_total",
			Help: "Calls of providers to say what became of messages, by what came of them."}, []string{"provider", "result"}),
		early: f.NewCounter(prometheus.CounterOpts{Name: "callgate_sms_early_receipts_total",
			Help: "Receipts for messages that nobody knew yet; they are kept for a day."}),
		took: f.NewHistogramVec(prometheus.HistogramOpts{Name: "callgate_sms_send_duration_seconds",
			Help: "How long a provider took to answer.", Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}}, []string{"provider"}),
	}
}
