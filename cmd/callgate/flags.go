package main

import (
	"errors"
	"fmt"

	"callgate/internal/app"
	"callgate/internal/setting"
)

// flags are those that every command knows: what the process is told from outside.
type flags struct {
	HTTPAddr            string `name:"http-addr" default:"${http_addr}" placeholder:"HOST:PORT" help:"Where the API listens."`
	MetricsAddr         string `name:"metrics-addr" placeholder:"HOST:PORT" help:"A listener of its own for /metrics; without it they are on the API's."`
	DatabaseURL         string `name:"database-url" secret:"" default:"${database_url}" placeholder:"URL" help:"sqlite:PATH or postgres://…"`
	SecretKey           string `name:"secret-key" secret:"" placeholder:"KEY" help:"With which secrets in the database are sealed: 32 bytes in base64 or hexadecimal."`
	SecretKeyPath       string `name:"secret-key-path" placeholder:"FILE" help:"Where that key is when it is not given; a new one is made there. Beside a SQLite database NAME.key, else callgate.key."`
	Switches            string `name:"switches" secret:"" default:"main=esl://:ClueCon@127.0.0.1:8021" placeholder:"NAME=URL,…" help:"The FreeSWITCHes: name=esl://:password@host:port, comma-separated; esls:// to a TLS wrapper before the switch."`
	OutboundAddr        string `name:"outbound-addr" default:"${outbound_addr}" placeholder:"HOST:PORT" help:"Where dialplans hand calls over (application socket)."`
	OutboundAllow       string `name:"outbound-allow" default:"${outbound_allow}" placeholder:"NET,…" help:"Who may hand calls over: the outbound socket has no log-in."`
	OriginateDial       string `name:"originate-dial" placeholder:"TEMPLATE" help:"First value of the setting originate.dial: what rings first."`
	OriginateThen       string `name:"originate-then" placeholder:"TEMPLATE" help:"First value of the setting originate.then: where the answered call goes."`
	RecordingsDir       string `name:"recordings-dir" default:"${recordings_dir}" placeholder:"DIR" help:"Where recordings are read."`
	RecordingsSwitchDir string `name:"recordings-switch-dir" placeholder:"DIR" help:"The same folder as FreeSWITCH names it, absolute; or name=DIR,… per switch."`
	CDRUser             string `name:"cdr-user" default:"${cdr_user}" help:"Log-in of mod_xml_cdr."`
	CDRPassword         string `name:"cdr-password" secret:"" help:"Password of mod_xml_cdr; without one every CDR is refused."`
	CDRSpoolDir         string `name:"cdr-spool-dir" placeholder:"DIR" help:"mod_xml_cdr's err-log-dir: what it could not post is taken from there."`
	CDRSpoolKeepDays    int    `name:"cdr-spool-keep-days" default:"${cdr_spool_keep_days}" placeholder:"DAYS" help:"How long what was taken is kept in the folder's done/; 0 is for ever."`
	XMLUser             string `name:"xml-user" default:"${xml_user}" help:"Log-in of mod_xml_curl."`
	XMLPassword         string `name:"xml-password" secret:"" help:"Password of mod_xml_curl; without one every request for configuration is refused."`
	AdminLogin          string `name:"admin-login" help:"The first user, made when there is none."`
	AdminPassword       string `name:"admin-password" secret:"" help:"The first user's password."`
	TrustedProxies      string `name:"trusted-proxies" placeholder:"NET,…" help:"Who may tell the client's address."`
	TLSCert             string `name:"tls-cert" placeholder:"FILE" help:"The API's certificate, with those that lead to its root: HTTPS. Read again when it changes."`
	TLSKey              string `name:"tls-key" placeholder:"FILE" help:"The key of that certificate."`
	TimeZone            string `name:"time-zone" placeholder:"ZONE" help:"In which reports are asked for and shown, such as Europe/Moscow; the machine's without it."`
}

// config turns the flags into values.
func (f *flags) config() (app.Config, error) {
	c := app.Default()
	c.HTTPAddr, c.MetricsAddr, c.DatabaseURL = f.HTTPAddr, f.MetricsAddr, f.DatabaseURL
	c.OutboundAddr = f.OutboundAddr
	c.SecretKey, c.SecretKeyPath = f.SecretKey, f.SecretKeyPath
	c.Settings = f.first()
	c.RecordingsDir = f.RecordingsDir
	c.CDRUser, c.CDRPassword = f.CDRUser, f.CDRPassword
	c.CDRSpoolDir, c.CDRSpoolKeepDays = f.CDRSpoolDir, f.CDRSpoolKeepDays
	c.TimeZone = f.TimeZone
	c.TLSCert, c.TLSKey = f.TLSCert, f.TLSKey
	if (f.TLSCert == "") != (f.TLSKey == "") {
		return c, usageError{errors.New("tls: want both a certificate and its key, or neither")}
	}
	c.AdminLogin, c.AdminPassword = f.AdminLogin, f.AdminPassword
	c.XMLUser, c.XMLPassword = f.XMLUser, f.XMLPassword
	if c.CDRSpoolKeepDays < 0 {
		return c, usageError{errors.New("cdr spool keep days: want 0 or more")}
	}
	var err error
	if c.Switches, err = app.ParseSwitches(f.Switches); err != nil {
		return c, usageError{err}
	}
	if c.RecordingsSwitchDir, c.RecordingsSwitchDirs, err = app.ParseSwitchDirs(f.RecordingsSwitchDir); err != nil {
		return c, usageError{err}
	}
	if c.OutboundAllow, err = app.ParsePrefixes(f.OutboundAllow); err != nil {
		return c, usageError{fmt.Errorf("outbound allow: %w", err)}
	}
	if c.TrustedProxies, err = app.ParsePrefixes(f.TrustedProxies); err != nil {
		return c, usageError{fmt.Errorf("trusted proxies: %w", err)}
	}
	return c, nil
}

// first are the settings' first values.
func (f *flags) first() map[string]string {
	first := map[string]string{}
	for key, value := range map[string]string{setting.OriginateDial: f.OriginateDial, setting.OriginateThen: f.OriginateThen} {
		if value != "" {
			first[key] = value
		}
	}
	return first
}
