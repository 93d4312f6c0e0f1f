package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"callgate/internal/callcenter"
	"callgate/internal/outside"
	"callgate/internal/setting"
)

// onlineStat makes the online statistics, and the client of the server that they may be asked of.
func (a *App) onlineStat(metrics prometheus.Registerer) *callcenter.OnlineStat {
	a.statistics = outside.New(outside.Options{Name: "onlinestat", Logger: a.logger, Registerer: metrics, Server: func() outside.Server {
		return outside.Server{URL: a.settings.Text(setting.OnlineStatProxyURL), Timeout: a.settings.Duration(setting.OnlineStatProxyTimeout),
			LogIn: outside.OwnLogIn(a.settings.Text(setting.OnlineStatProxyLogin), a.settings.Text(setting.OnlineStatProxyPassword)),
			Cache: a.settings.Duration(setting.OnlineStatProxyCache)}
	}})
	return callcenter.NewOnlineStat(callcenter.OnlineStatOptions{
		Proxied: func() bool { return a.settings.Text(setting.OnlineStatSource) == setting.FromProxy },
		Online:  a.center, Projects: a.projects, Proxy: outside.NewOnlineStat(a.statistics),
	})
}

// reportsAtATime bounds the reports under way: each may have 32 MiB.
const reportsAtATime = 4

// outsideReport makes the contact-centre report of another system, and the client that asks for it.
func (a *App) outsideReport(metrics prometheus.Registerer) *outside.Report {
	text := a.settings.Text
	a.reports = outside.New(outside.Options{Name: "report", AtATime: reportsAtATime, Logger: a.logger, Registerer: metrics, Server: func() outside.Server {
		return outside.Server{URL: text(setting.ReportProxyURL), Timeout: a.settings.Duration(setting.ReportProxyTimeout), LogIn: outside.LogIn{
			Flow: text(setting.ReportProxyLoginFlow), Login: text(setting.ReportProxyLogin), Password: text(setting.ReportProxyPassword),
			Token: text(setting.ReportProxyToken), URL: text(setting.ReportProxyLoginURL), Request: text(setting.ReportProxyLoginRequest),
			TokenPath: text(setting.ReportProxyTokenPath)}}
	}})
	return outside.NewReport(a.reports, func() outside.ReportForm {
		return outside.ReportForm{Path: text(setting.ReportProxyPath), Request: text(setting.ReportProxyRequest),
			Rows: text(setting.ReportProxyRows), Fields: text(setting.ReportProxyFields)}
	})
}
