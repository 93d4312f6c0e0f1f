package esl

import (
	"errors"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// metrics of one client. Every one carries the label switch, so that several clients share a registry. All other label
// values come from closed sets, or from the code that uses the client.
type metrics struct {
	up         prometheus.Gauge
	reconnects *prometheus.CounterVec
	failures   *prometheus.CounterVec
	commands   *prometheus.CounterVec
	duration   *prometheus.HistogramVec
	words      words // of the label command
	lag        prometheus.Histogram
	events     *prometheus.CounterVec
	byName     map[string]prometheus.Counter // of events, looked up once; read-only
	skipped    *prometheus.CounterVec
	drops      *prometheus.CounterVec
	jobs       prometheus.Gauge
}

func newMetrics(o Options) *metrics {
	f := promauto.With(prometheus.WrapRegistererWith(prometheus.Labels{"switch": o.Name}, o.Registerer))
	m := &metrics{
		up: f.NewGauge(prometheus.GaugeOpts{Name: "callgate_esl_up",
			Help: "1 while events are subscribed and commands can be sent."}),
		reconnects: f.NewCounterVec(prometheus.CounterOpts{Name: "callgate_esl_reconnects_total",
			Help: "Connections made again after one was lost, by use (events, commands)."}, []string{"connection"}),
		failures: f.NewCounterVec(prometheus.CounterOpts{Name: "callgate_esl_connection_failures_total",
			Help: "Connections that could not be made or did not last, by use and reason."}, []string{"connection", "reason"}),
		commands: f.NewCounterVec(prometheus.CounterOpts{Name: "callgate_esl_commands_total",
			Help: "Commands by kind (api, bgapi, job: the end of a bgapi), FreeSWITCH's word for the command, and result."},
			[]string{"kind", "command", "result"}),
		duration: f.NewHistogramVec(prometheus.HistogramOpts{Name: "callgate_esl_command_duration_seconds",
			Help: "Time from the call of an api command that was sent to its end, by command.", Buckets: commandBuckets()}, []string{"command"}),
		lag: f.NewHistogram(prometheus.HistogramOpts{Name: "callgate_esl_event_lag_seconds",
			Help:    "Age of an event by its own time stamp when it is read, ten a second at most are looked at; the two clocks must agree.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}}),
		events: f.NewCounterVec(prometheus.CounterOpts{Name: "callgate_esl_events_total",
			Help: "Events received, by name; those that were not asked for are \"other\"."}, []string{"event"}),
		skipped: f.NewCounterVec(prometheus.CounterOpts{Name: "callgate_esl_skipped_frames_total",
			Help: "Frames passed over, by reason (malformed_event, other_type)."}, []string{"reason"}),
		drops: f.NewCounterVec(prometheus.CounterOpts{Name: "callgate_esl_dropped_events_total",
			Help: "Events that a full subscription missed, by subscription."}, []string{"subscription"}),
		jobs: f.NewGauge(prometheus.GaugeOpts{Name: "callgate_esl_jobs",
			Help: "Background jobs whose result is awaited."}),
		byName: map[string]prometheus.Counter{},
	}
	for _, name := range append(o.Events, custom, otherEvent) {
		m.byName[name] = m.events.WithLabelValues(name)
	}
	return m
}

// commandBuckets suit commands that take from a round trip to the patience of a client.
func commandBuckets() []float64 {
	return []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
}

// maxWords is how many values a label has that names commands; what comes later is "other".
const maxWords = 32

// words keeps a label's values a closed set, whatever the commands are called.
type words struct {
	mu    sync.Mutex
	known map[string]struct{}
}

func (w *words) label(word string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.known[word]; ok {
		return word
	}
	if len(w.known) == maxWords || !isVariableName(word) {
		return "other"
	}
	if w.known == nil {
		w.known = map[string]struct{}{}
	}
	w.known[word] = struct{}{}
	return word
}

// command counts one and its outcome.
func (m *metrics) command(kind, word string, err error) {
	m.commands.WithLabelValues(kind, m.words.label(word), resultClass(err)).Inc()
}

// api counts an api command that has ended, and how long it took if it was sent.
func (m *metrics) api(word string, took time.Duration, err error) {
	m.command("api", word, err)
	if !errors.Is(err, ErrDown) && !errors.Is(err, ErrArgument) {
		m.duration.WithLabelValues(m.words.label(word)).Observe(took.Seconds())
	}
}

// otherEvent stands for every event that was not asked for.
const otherEvent = "other"

// event counts one.
func (m *metrics) event(name string) {
	counter, ok := m.byName[name]
	if !ok {
		counter = m.byName[otherEvent]
	}
	counter.Inc()
}

// serverMetrics are those of a Server.
type serverMetrics struct {
	sessions prometheus.Gauge
	commands *prometheus.CounterVec
	words    words // of the label command
	calls    *prometheus.CounterVec
	events   prometheus.Counter
	skipped  *prometheus.CounterVec
	drops    *prometheus.CounterVec
}

func newServerMetrics(r prometheus.Registerer) *serverMetrics {
	f := promauto.With(r)
	return &serverMetrics{
		sessions: f.NewGauge(prometheus.GaugeOpts{Name: "callgate_outbound_sessions",
			Help: "Calls that the outbound socket has under control."}),
		commands: f.NewCounterVec(prometheus.CounterOpts{Name: "callgate_outbound_commands_total",
			Help: "What was done to calls, by kind (execute, hangup, api), application or command, and result."},
			[]string{"kind", "command", "result"}),
		calls: f.NewCounterVec(prometheus.CounterOpts{Name: "callgate_outbound_calls_total",
			Help: "Calls handed over, at their end, by outcome (handled, failed, not_taken, not_allowed, too_many, dropped)."}, []string{"outcome"}),
		events: f.NewCounter(prometheus.CounterOpts{Name: "callgate_outbound_events_total",
			Help: "Events received on the connections of calls."}),
		skipped: f.NewCounterVec(prometheus.CounterOpts{Name: "callgate_outbound_skipped_frames_total",
			Help: "Frames passed over, by reason (malformed_event, other_type)."}, []string{"reason"}),
		drops: f.NewCounterVec(prometheus.CounterOpts{Name: "callgate_outbound_dropped_events_total",
			Help: "Events that a full subscription of a call missed, by subscription."}, []string{"subscription"}),
	}
}

// command counts one and its outcome.
func (m *serverMetrics) command(kind, word string, err error) {
	m.commands.WithLabelValues(kind, m.words.label(word), resultClass(err)).Inc()
}

// failureReason names the failure of a connection in metrics; the set is closed.
func failureReason(err error) string {
	for _, reason := range []struct {
		is   error
		name string
	}{
		{ErrAuth, "auth"}, {ErrRefused, "refused"}, {ErrSilent, "silent"}, {ErrUnresponsive, "unresponsive"},
		{ErrProtocol, "protocol"}, {ErrClosed, "closed"},
	} {
		if errors.Is(err, reason.is) {
			return reason.name
		}
	}
	return "network"
}
