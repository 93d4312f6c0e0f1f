package smpp

import (
	"crypto/tls"
	"errors"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Metrics are those of all Clients.
type Metrics struct {
	bound     *prometheus.GaugeVec
	failures  *prometheus.CounterVec
	skipped   *prometheus.CounterVec
	throttled *prometheus.CounterVec
}

// NewMetrics makes Metrics. It may be called once with a Registerer; nil is none.
func NewMetrics(r prometheus.Registerer) *Metrics {
	f := promauto.With(r)
	return &Metrics{
		bound: f.NewGaugeVec(prometheus.GaugeOpts{Name: "callgate_smpp_sessions",
			Help: "SMPP sessions that are bound."}, []string{"provider"}),
		failures: f.NewCounterVec(prometheus.CounterOpts{Name: "callgate_smpp_session_failures_total",
			Help: "SMPP sessions that could not be bound or did not last, by reason (settings, bound, refused, certificate, silent, ended, protocol, network)."}, []string{"provider", "reason"}),
		skipped: f.NewCounterVec(prometheus.CounterOpts{Name: "callgate_smpp_skipped_total",
			Help: "What an SMSC sent and was passed over, by reason (late_answer, malformed, strange, inbound_message, unreadable_receipt, partial_receipt), or is to be said again (receipt_refused)."},
			[]string{"provider", "reason"}),
		throttled: f.NewCounterVec(prometheus.CounterOpts{Name: "callgate_smpp_throttled_total",
			Help: "How often an SMSC said that it had too much."}, []string{"provider"}),
	}
}

// failureReason names why there is no session; the set is closed.
func failureReason(err error) string {
	if refused, ok := errors.AsType[bindError](err); ok {
		switch {
		case refused.wrong():
			return "settings"
		case refused.bound():
			return "bound"
		}
		return "refused"
	}
	if _, bad := errors.AsType[*tls.CertificateVerificationError](err); bad {
		return "certificate"
	}
	for _, reason := range [...]struct {
		is   error
		name string
	}{{errSilent, "silent"}, {errSilentBind, "silent"}, {errUnbound, "ended"}, {errNoBind, "ended"}, {errLength, "protocol"}, {errNoSMSC, "protocol"}} {
		if errors.Is(err, reason.is) {
			return reason.name
		}
	}
	return "network"
}
