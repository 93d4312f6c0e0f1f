package account

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	signIns     *prometheus.CounterVec // result: ok, refused, throttled, failed
	refusals    *prometheus.CounterVec // reason: a Result
	hashing     prometheus.Gauge
	hashSeconds prometheus.Histogram
	tokens      prometheus.Counter
	switches    *prometheus.CounterVec // state: on, off
	forgotten   prometheus.Counter
	fromMemory  prometheus.Counter
	fromStore   prometheus.Counter
}

func newMetrics(r prometheus.Registerer) *metrics {
	if r == nil {
		r = prometheus.NewRegistry()
	}
	f := promauto.With(r)
	lookUps := f.NewCounterVec(prometheus.CounterOpts{
		Name: "callgate_account_token_look_ups_total", Help: "Tokens looked up, by where the answer came from.",
	}, []string{"source"})
	m := &metrics{
		fromMemory: lookUps.WithLabelValues("memory"), fromStore: lookUps.WithLabelValues("store"),
		signIns: f.NewCounterVec(prometheus.CounterOpts{
			Name: "callgate_account_sign_ins_total", Help: "Attempts to sign in, by result.",
		}, []string{"result"}),
		refusals: f.NewCounterVec(prometheus.CounterOpts{
			Name: "callgate_account_sign_in_refusals_total", Help: "Sign-ins that were refused, by what was wrong; clients are not told.",
		}, []string{"reason"}),
		hashing: f.NewGauge(prometheus.GaugeOpts{
			Name: "callgate_account_hashes_in_flight", Help: "Password hashes being computed now.",
		}),
		hashSeconds: f.NewHistogram(prometheus.HistogramOpts{
			Name: "callgate_account_hash_seconds", Help: "Time one password hash took.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5},
		}),
		tokens: f.NewCounter(prometheus.CounterOpts{
			Name: "callgate_account_tokens_issued_total", Help: "Access tokens issued.",
		}),
		switches: f.NewCounterVec(prometheus.CounterOpts{
			Name: "callgate_account_module_switches_total", Help: "Modules and actions switched on or off.",
		}, []string{"state"}),
		forgotten: f.NewCounter(prometheus.CounterOpts{
			Name: "callgate_account_attempts_forgotten_total",
			Help: "Logins whose failed sign-ins were forgotten early because too many others failed.",
		}),
	}
	for _, result := range []string{"ok", "refused", "throttled", "failed"} {
		m.signIns.WithLabelValues(result)
	}
	for _, reason := range refusals {
		m.refusals.WithLabelValues(string(reason))
	}
	for _, state := range []string{"on", "off"} {
		m.switches.WithLabelValues(state)
	}
	return m
}
