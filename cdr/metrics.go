package cdr

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// result is how a post ended.
type result string

const (
	saved       result = "saved"
	refused     result = "refused"     // wrong credentials, or none configured
	notAllowed  result = "not_allowed" // not a POST
	tooLarge    result = "too_large"
	interrupted result = "interrupted" // the body did not arrive
	notSaved    result = "not_saved"   // the sink failed; FreeSWITCH was asked to come again
	overloaded  result = "overloaded"  // others fill the room that there is; FreeSWITCH was asked to come again
)

// metrics are the intake's figures.
type metrics struct {
	posts      *prometheus.CounterVec
	unreadable prometheus.Counter
	damaged    prometheus.Counter
	bytes      prometheus.Counter
	duration   prometheus.Histogram
}

// newMetrics registers the intake's figures with r, or nowhere that shows if r is nil.
func newMetrics(r prometheus.Registerer) *metrics {
	if r == nil {
		r = prometheus.NewRegistry()
	}
	f := promauto.With(r)
	m := &metrics{
		posts: f.NewCounterVec(prometheus.CounterOpts{
			Name: "callgate_cdr_posts_total",
			Help: "CDR posts by how they ended.",
		}, []string{"result"}),
		unreadable: f.NewCounter(prometheus.CounterOpts{
			Name: "callgate_cdr_unreadable_total",
			Help: "CDRs saved in which no CDR could be read.",
		}),
		damaged: f.NewCounter(prometheus.CounterOpts{
			Name: "callgate_cdr_damaged_total",
			Help: "CDRs saved that were not well-formed and were read as far as possible, the unreadable included.",
		}),
		bytes: f.NewCounter(prometheus.CounterOpts{
			Name: "callgate_cdr_received_bytes_total",
			Help: "Bytes of the CDR bodies received, as they came.",
		}),
		duration: f.NewHistogram(prometheus.HistogramOpts{
			Name:    "callgate_cdr_post_duration_seconds",
			Help:    "Time from the request's head to the answer of CDR posts.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}),
	}
	for _, r := range []result{saved, refused, notAllowed, tooLarge, interrupted, notSaved, overloaded} {
		m.posts.WithLabelValues(string(r)) // so that each is there from the start, as zero
	}
	return m
}

// ended counts one post.
func (m *metrics) ended(r result, took time.Duration) {
	m.posts.WithLabelValues(string(r)).Inc()
	m.duration.Observe(took.Seconds())
}

// kept counts one record that was saved.
func (m *metrics) kept(r *Record) {
	if !r.Readable {
		m.unreadable.Inc()
	}
	if r.Damaged {
		m.damaged.Inc()
	}
}
