package recording

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	opens       *prometheus.CounterVec
	facts       *prometheus.CounterVec
	settled     *prometheus.CounterVec
	deliveries  *prometheus.CounterVec
	copies      *prometheus.CounterVec
	copiedBytes prometheus.Counter
	expired     *prometheus.CounterVec
	freedBytes  prometheus.Counter
}

// newMetrics makes them with every label they will ever have; a nil Registerer keeps them private.
func newMetrics(r prometheus.Registerer) *metrics {
	counters := func(name, help, label string, values ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "callgate_recording_" + name, Help: help}, []string{label})
		for _, v := range values {
			c.WithLabelValues(v)
		}
		return c
	}
	m := &metrics{
		opens: counters("opens_total", "Recordings asked for, by result: found, missing, unfinished.", "result", found, missing, unfinished),
		facts: counters("facts_total", "What became known of recordings: start and stop by events, named by CDRs without an event, restart of a switch.", "kind",
			"start", "stop", "named", "restart"),
		settled: counters("settled_total", "Recordings by what a look at their files found.", "state",
			string(Closed), string(Complete), string(Empty), string(Lost)),
		deliveries: counters("uploads_total", "Uploads by switches: stored, known already, refused, failed.", "result", "stored", "known", "refused", "failed"),
		copies:     counters("copies_total", "Attempts to copy a recording to the object store: verified, failed, denied.", "result", "verified", "failed", "denied"),
		copiedBytes: prometheus.NewCounter(prometheus.CounterOpts{Name: "callgate_recording_copied_bytes_total",
			Help: "Bytes of recordings verified in the object store."}),
		expired: counters("expired_total", "Recordings whose time was over: deleted, spared because the file is not as the index knows it, failed.", "result",
			"deleted", "spared", "failed"),
		freedBytes: prometheus.NewCounter(prometheus.CounterOpts{Name: "callgate_recording_expired_bytes_total",
			Help: "Bytes of recordings deleted because their time was over."}),
	}
	if r != nil {
		r.MustRegister(m.opens, m.facts, m.settled, m.deliveries, m.copies, m.copiedBytes, m.expired, m.freedBytes)
	}
	return m
}
