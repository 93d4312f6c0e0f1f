package call

import "github.com/prometheus/client_golang/prometheus"

type liveMetrics struct {
	audits      *prometheus.CounterVec
	corrections *prometheus.CounterVec
	untracked   *prometheus.CounterVec
}

// newLiveMetrics also exports how many calls are live, counted when asked for.
func newLiveMetrics(r prometheus.Registerer, l *Live) *liveMetrics {
	m := &liveMetrics{
		audits: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "callgate_call_audits_total", Help: "Looks at a switch's own list of channels, by result: ok, failed.",
		}, []string{"switch", "result"}),
		corrections: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "callgate_call_corrections_total",
			Help: "What a look at a switch's list of channels put right because no event had told it, by kind: new, ended, state, bridge.",
		}, []string{"switch", "kind"}),
		untracked: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "callgate_call_untracked_total", Help: "Times that a call was left out because too many were live.",
		}, []string{"switch"}),
	}
	for _, w := range l.watches {
		name := w.link.Name()
		m.untracked.WithLabelValues(name)
		for k := range kinds {
			m.corrections.WithLabelValues(name, k.String())
		}
		for _, result := range []string{"ok", "failed"} {
			m.audits.WithLabelValues(name, result)
		}
	}
	r.MustRegister(m.audits, m.corrections, m.untracked, liveCollector{l})
	return m
}

// liveCollector reports the calls as they are at the moment of the scrape.
type liveCollector struct{ l *Live }

func described() (calls, age *prometheus.Desc) {
	return prometheus.NewDesc("callgate_call_live", "Channels that are up, by state: ringing, early, active, held.", []string{"switch", "state"}, nil),
		prometheus.NewDesc("callgate_call_age_seconds", "How old the list of live calls is; 0 while events come.", []string{"switch"}, nil)
}

// Describe implements prometheus.Collector.
func (liveCollector) Describe(ch chan<- *prometheus.Desc) {
	calls, age := described()
	ch <- calls
	ch <- age
}

// Collect implements prometheus.Collector.
func (c liveCollector) Collect(ch chan<- prometheus.Metric) {
	calls, age := described()
	for _, list := range c.l.List() {
		byState := map[State]int{Ringing: 0, Early: 0, Active: 0, Held: 0}
		for _, one := range list.Calls {
			byState[one.State]++
		}
		for state, n := range byState {
			ch <- prometheus.MustNewConstMetric(calls, prometheus.GaugeValue, float64(n), list.Switch, string(state))
		}
		ch <- prometheus.MustNewConstMetric(age, prometheus.GaugeValue, list.Age.Seconds(), list.Switch)
	}
}
