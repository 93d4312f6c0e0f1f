package app

import "github.com/prometheus/client_golang/prometheus"

// Metrics are described by it, those too that have no time series yet.
func (a *App) Metrics() prometheus.Collector { return a.metrics }
