package cdr

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// What became of a file.
const (
	spoolStored    = "stored"
	spoolDuplicate = "duplicate"
	spoolBad       = "bad"
	spoolFailed    = "failed"
)

// spoolMetrics are a Spool's figures.
type spoolMetrics struct {
	files    prometheus.Gauge
	imported *prometheus.CounterVec
	since    atomic.Int64 // microseconds since 1970 UTC: when the oldest file was written; 0 is never
}

// newSpoolMetrics registers the figures with r, or nowhere that shows if r is nil.
func newSpoolMetrics(r prometheus.Registerer) *spoolMetrics {
	if r == nil {
		r = prometheus.NewRegistry()
	}
	f := promauto.With(r)
	m := &spoolMetrics{
		files: f.NewGauge(prometheus.GaugeOpts{
			Name: "callgate_cdr_spool_files",
			Help: "CDR files that wait in the spool folder.",
		}),
		imported: f.NewCounterVec(prometheus.CounterOpts{
			Name: "callgate_cdr_spool_imported_total",
			Help: "CDR files of the spool folder by what became of them: stored, duplicate, bad (no CDR in it), failed (stays, and is tried again).",
		}, []string{"result"}),
	}
	f.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "callgate_cdr_spool_oldest_seconds",
		Help: "Age of the oldest CDR file that waited in the spool folder at the last look; 0 when none did.",
	}, func() float64 {
		if since := m.since.Load(); since != 0 {
			return max(0, time.Since(time.UnixMicro(since)).Seconds())
		}
		return 0
	})
	for _, result := range []string{spoolStored, spoolDuplicate, spoolBad, spoolFailed} {
		m.imported.WithLabelValues(result) // so that each is there from the start, as zero
	}
	return m
}

// oldest takes the time of the oldest file, zero for none.
func (m *spoolMetrics) oldest(t time.Time) {
	if t.IsZero() {
		m.since.Store(0)
		return
	}
	m.since.Store(t.UnixMicro())
}
