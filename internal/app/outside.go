package app

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callgate/internal/callcenter"
	"callgate/internal/outside"
	"callgate/internal/setting"
)

// onlineStat makes the online statistics, and the client of the server that they may be asked of.
func (a *App) onlineStat(metrics prometheus.Registerer) *callcenter.OnlineStat {
	a.statistics = outside.New(outside.Options{Name: "onlinestat", Logger: a.logger, Registerer: metrics,
		Server: func() outside.Server { return statServer(a.settings) }})
	return callcenter.NewOnlineStat(callcenter.OnlineStatOptions{
		Proxied: func() bool { return a.settings.Text(setting.OnlineStatSource) == setting.FromProxy },
		Online:  a.center, Projects: a.projects, Proxy: outside.NewOnlineStat(a.statistics),
	})
}

// reportsAtATime bounds the reports under way: each may have 32 MiB.
const reportsAtATime = 4

// outsideReport makes the contact-centre report of another system, and the client that asks for it.
func (a *App) outsideReport(metrics prometheus.Registerer) *outside.Report {
	a.reports = outside.New(outside.Options{Name: "report", AtATime: reportsAtATime, Logger: a.logger, Registerer: metrics,
		Server: func() outside.Server { server, _ := reportServer(a.settings); return server }})
	return outside.NewReport(a.reports, func() outside.ReportForm { _, form := reportServer(a.settings); return form })
}

// values are settings, those in use or others that are tried.
type values interface {
	Text(key string) string
	Duration(key string) time.Duration
	Integer(key string) int
}

// statServer is where online statistics are asked for.
func statServer(v values) outside.Server {
	return outside.Server{URL: v.Text(setting.OnlineStatProxyURL), Timeout: v.Duration(setting.OnlineStatProxyTimeout),
		LogIn: outside.OwnLogIn(v.Text(setting.OnlineStatProxyLogin), v.Text(setting.OnlineStatProxyPassword)), Cache: v.Duration(setting.OnlineStatProxyCache)}
}

// reportServer is where the contact-centre report is asked for, and how.
func reportServer(v values) (outside.Server, outside.ReportForm) {
	text := v.Text
	return outside.Server{URL: text(setting.ReportProxyURL), Timeout: v.Duration(setting.ReportProxyTimeout), LogIn: outside.LogIn{
			Flow: text(setting.ReportProxyLoginFlow), Login: text(setting.ReportProxyLogin), Password: text(setting.ReportProxyPassword),
			Token: text(setting.ReportProxyToken), URL: text(setting.ReportProxyLoginURL), Request: text(setting.ReportProxyLoginRequest),
			TokenPath: text(setting.ReportProxyTokenPath)}},
		outside.ReportForm{Path: text(setting.ReportProxyPath), Request: text(setting.ReportProxyRequest), Rows: text(setting.ReportProxyRows), Fields: text(setting.ReportProxyFields)}
}
