package main

import (
	"fmt"

	"callgate/internal/app"
)

// settings are the flags that every command knows.
type settings struct {
	HTTPAddr            string `name:"http-addr" default:"${http_addr}" placeholder:"HOST:PORT" help:"Where the API listens."`
	MetricsAddr         string `name:"metrics-addr" placeholder:"HOST:PORT" help:"A listener of its own for /metrics; without it they are on the API's."`
	DatabaseURL         string `name:"database-url" secret:"" default:"${database_url}" placeholder:"URL" help:"sqlite:PATH or postgres://…"`
	Switches            string `name:"switches" secret:"" default:"main=esl://:ClueCon@127.0.0.1:8021" placeholder:"NAME=URL,…" help:"The FreeSWITCHes: name=esl://:password@host:port, comma-separated; esls:// to a TLS wrapper before the switch."`
	OutboundAddr        string `name:"outbound-addr" default:"${outbound_addr}" placeholder:"HOST:PORT" help:"Where dialplans hand calls over (application socket)."`
	OutboundAllow       string `name:"outbound-allow" default:"${outbound_allow}" placeholder:"NET,…" help:"Who may hand calls over: the outbound socket has no log-in."`
	OriginateDial       string `name:"originate-dial" default:"${dial}" placeholder:"TEMPLATE" help:"What rings first; {sip} {called_number} {caller_number} {uuid} are filled in."`
	OriginateThen       string `name:"originate-then" default:"${then}" placeholder:"TEMPLATE" help:"Where the answered call goes; the same placeholders."`
	RecordingsDir       string `name:"recordings-dir" default:"${recordings_dir}" placeholder:"DIR" help:"Where recordings are read."`
	RecordingsSwitchDir string `name:"recordings-switch-dir" placeholder:"DIR" help:"The same folder as FreeSWITCH names it, absolute; or name=DIR,… per switch."`
	CDRUser             string `name:"cdr-user" default:"${cdr_user}" help:"Log-in of mod_xml_cdr."`
	CDRPassword         string `name:"cdr-password" secret:"" help:"Password of mod_xml_cdr; without one every CDR is refused."`
	AdminLogin          string `name:"admin-login" help:"The first user, made when there is none."`
	AdminPassword       string `name:"admin-password" secret:"" help:"The first user's password."`
	TrustedProxies      string `name:"trusted-proxies" placeholder:"NET,…" help:"Who may tell the client's address."`
}

// config turns the flags into values.
func (s *settings) config() (app.Config, error) {
	c := app.Default()
	c.HTTPAddr, c.MetricsAddr, c.DatabaseURL = s.HTTPAddr, s.MetricsAddr, s.DatabaseURL
	c.OutboundAddr = s.OutboundAddr
	c.OriginateDial, c.OriginateThen = s.OriginateDial, s.OriginateThen
	c.RecordingsDir = s.RecordingsDir
	c.CDRUser, c.CDRPassword = s.CDRUser, s.CDRPassword
	c.AdminLogin, c.AdminPassword = s.AdminLogin, s.AdminPassword
	var err error
	if c.Switches, err = app.ParseSwitches(s.Switches); err != nil {
		return c, usageError{err}
	}
	if c.RecordingsSwitchDir, c.RecordingsSwitchDirs, err = app.ParseSwitchDirs(s.RecordingsSwitchDir); err != nil {
		return c, usageError{err}
	}
	if c.OutboundAllow, err = app.ParsePrefixes(s.OutboundAllow); err != nil {
		return c, usageError{fmt.Errorf("outbound allow: %w", err)}
	}
	if c.TrustedProxies, err = app.ParsePrefixes(s.TrustedProxies); err != nil {
		return c, usageError{fmt.Errorf("trusted proxies: %w", err)}
	}
	return c, nil
}
