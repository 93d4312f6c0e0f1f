package exporter

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// The names of other exporters of FreeSWITCH.
const (
	uptime           = "freeswitch_uptime_seconds"
	timeSynced       = "freeswitch_time_synced"
	sessionsTotal    = "freeswitch_sessions_total"
	currentCalls     = "freeswitch_current_calls"
	bridgedCalls     = "freeswitch_bridged_calls"
	currentChannels  = "freeswitch_current_channels"
	registrations    = "freeswitch_registrations"
	currentSessions  = "freeswitch_current_sessions"
	sessionsPeak     = "freeswitch_current_sessions_peak"
	sessionsPeakLast = "freeswitch_current_sessions_peak_last_5min"
	maxSessions      = "freeswitch_max_sessions"
	currentSPS       = "freeswitch_current_sps"
	spsPeak          = "freeswitch_current_sps_peak"
	spsPeakLast      = "freeswitch_current_sps_peak_last_5min"
	maxSPS           = "freeswitch_max_sps"
	currentIdleCPU   = "freeswitch_current_idle_cpu"
	minIdleCPU       = "freeswitch_min_idle_cpu"

	up            = "freeswitch_up"
	info          = "freeswitch_info"
	gatewayStatus = "freeswitch_sofia_gateway_status"
	gatewaysOut   = "callgate_switch_gateways_left_out"
)

// help is what each metric tells.
var help = map[string]string{
	up:               "Whether the switch answered, or sent a heartbeat, lately; when not, nothing else is told of it.",
	info:             "Always 1; the version of FreeSWITCH is the label.",
	uptime:           "How long FreeSWITCH had been running when it was read.",
	timeSynced:       "Whether the clock of the switch is ours to the second.",
	sessionsTotal:    "Sessions since FreeSWITCH was started.",
	currentCalls:     "Calls in FreeSWITCH's list: bridged pairs, and channels that are not bridged.",
	bridgedCalls:     "Calls in which two channels are bridged.",
	currentChannels:  "Channels in FreeSWITCH's list.",
	registrations:    "SIP registrations.",
	currentSessions:  "Sessions that are up.",
	sessionsPeak:     "The most sessions at a time since FreeSWITCH was started.",
	sessionsPeakLast: "The most sessions at a time in the last five minutes.",
	maxSessions:      "How many sessions may be up.",
	currentSPS:       "Sessions begun in the last second.",
	spsPeak:          "The most sessions begun in a second since FreeSWITCH was started.",
	spsPeakLast:      "The most sessions begun in a second of the last five minutes.",
	maxSPS:           "How many sessions may begin in a second.",
	currentIdleCPU:   "How idle the processor is, in percent.",
	minIdleCPU:       "How idle the processor must be for new sessions, in percent; 0 is no limit.",
	gatewayStatus:    "Whether the gateway is up.",
	gatewaysOut:      "Gateways of which nothing is told because the switch has too many.",

	"freeswitch_sofia_gateway_ping":            "When the gateway is pinged next, in seconds since 1970.",
	"freeswitch_sofia_gateway_pingfreq":        "Between two pings of the gateway, in seconds; 0 is never.",
	"freeswitch_sofia_gateway_pingmin":         "How many pings the gateway must answer to be up.",
	"freeswitch_sofia_gateway_pingcount":       "FreeSWITCH's count of answered pings, from which it tells whether the gateway is up.",
	"freeswitch_sofia_gateway_pingmax":         "The most that this count comes to.",
	"freeswitch_sofia_gateway_pingtime":        "How long the gateway took to answer the last ping, in milliseconds.",
	"freeswitch_sofia_gateway_call_in":         "Calls from the gateway since its profile was started.",
	"freeswitch_sofia_gateway_call_out":        "Calls to the gateway since its profile was started.",
	"freeswitch_sofia_gateway_failed_call_in":  "Calls from the gateway that failed.",
	"freeswitch_sofia_gateway_failed_call_out": "Calls to the gateway that failed.",
}

// collector tells what was read.
type collector struct {
	x     *Exporter
	descs map[string]*prometheus.Desc
}

func newCollector(x *Exporter) collector {
	c := collector{x, make(map[string]*prometheus.Desc, len(help))}
	ofGateways := slices.Collect(maps.Values(gatewayFigures))
	for name, text := range help {
		labels := []string{"switch"}
		switch {
		case name == info:
			labels = append(labels, "version")
		case name == gatewayStatus:
			labels = append(labels, "name", "proxy", "profile", "context", "scheme")
		case slices.Contains(ofGateways, name):
			labels = append(labels, "name", "proxy", "profile")
		}
		c.descs[name] = prometheus.NewDesc(name, text, labels, nil)
	}
	return c
}

// Describe implements prometheus.Collector.
func (c collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(to chan<- prometheus.Metric) {
	for name, w := range c.x.watches {
		tell := func(metric string, value float64, labels ...string) {
			kind := prometheus.GaugeValue
			if metric == sessionsTotal {
				kind = prometheus.CounterValue
			}
			to <- prometheus.MustNewConstMetric(c.descs[metric], kind, value, append([]string{name}, labels...)...)
		}
		c.x.tell(w, tell)
	}
}

// tell tells what is known of a switch and is neither old nor of a time before the link came up.
func (x *Exporter) tell(w *watch, tell func(metric string, value float64, labels ...string)) {
	now, since := x.o.Now(), w.link.Since()
	fresh := func(at time.Time) bool {
		return !since.IsZero() && !at.Before(since) && now.Sub(at) <= keepFactor*x.interval()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !fresh(w.figures[uptime].at) {
		tell(up, 0)
		return
	}
	tell(up, 1)
	if w.version != "" {
		tell(info, 1, strings.ToValidUTF8(w.version, "\uFFFD"))
	}
	for name, f := range w.figures {
		if fresh(f.at) {
			tell(name, f.value)
		}
	}
	if !fresh(w.listed) {
		return
	}
	tell(gatewaysOut, float64(w.leftOut))
	for _, g := range w.gateways {
		tell(gatewayStatus, number(g.up), g.name, g.proxy, g.profile, g.context, g.scheme)
		for name, n := range g.figures {
			tell(name, n, g.name, g.proxy, g.profile)
		}
	}
}

func number(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
