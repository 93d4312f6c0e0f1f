package app

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"time"
	_ "time/tzdata" // the machine may have no database of time zones

	"callgate/esl"
	"callgate/internal/history"
)

// Config is everything the process is told from outside. The zero value of a field stands for its default;
// Default fills those in.
type Config struct {
	HTTPAddr    string // where the API listens; ":0" picks a free port
	MetricsAddr string // a listener of its own for /metrics; empty: on the API's
	DatabaseURL string // sqlite:PATH or postgres://…
	Switches    []Switch

	SecretKey     string // with which secrets in the database are sealed, 32 bytes in base64 or hexadecimal; empty: that of the file
	SecretKeyPath string // the file, which is made when it is not there; empty: NAME.key beside SQLite's NAME.db, else callgate.key

	OutboundAddr  string         // where dialplans hand calls over; ":0" picks a free port
	OutboundAllow []netip.Prefix // whose calls are taken

	RecordingsDir        string            // where we read recordings
	RecordingsSwitchDir  string            // the same folder as every switch names it, absolute
	RecordingsSwitchDirs map[string]string // per switch

	CDRUser, CDRPassword string // an empty password refuses every CDR
	CDRSpoolDir          string // where FreeSWITCH leaves the CDRs that it could not post; empty: nobody watches it
	CDRSpoolKeepDays     int    // how long what was taken out of it is kept in its done/; 0 is for ever

	XMLUser, XMLPassword string // of mod_xml_curl; an empty password refuses every request

	AdminLogin, AdminPassword string // used once, when there is no user

	// Settings are first values of settings that change while the process runs, by key: those in the database win.
	Settings map[string]string

	TrustedProxies []netip.Prefix // who may tell us the client's address

	TLSCert, TLSKey string // files of the API's certificate, read again when they change; empty: plain HTTP

	TimeZone string // in which reports are asked for and shown, such as Europe/Moscow; the machine's
	zone     *time.Location
}

// Switch is one FreeSWITCH.
type Switch struct {
	Name     string
	Addr     string // host:port of its Event Socket
	Password string
	TLS      bool // through a TLS wrapper; mod_event_socket has none of its own
}

// link is how the switch is reached.
func (s Switch) link() esl.Options {
	o := esl.Options{Name: s.Name, Addr: s.Addr, Password: s.Password}
	if s.TLS {
		o.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return o
}

// Default is the configuration of a fresh installation.
func Default() Config {
	return Config{
		HTTPAddr:      "127.0.0.1:8080",
		DatabaseURL:   "sqlite:callgate.db",
		Switches:      []Switch{{Name: "main", Addr: "127.0.0.1:8021", Password: "ClueCon"}},
		OutboundAddr:  "127.0.0.1:8084",
		OutboundAllow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
		RecordingsDir: "recordings",
		CDRUser:       "cdr",
		XMLUser:       "xml",

		CDRSpoolKeepDays: 30,
	}
}

var (
	switchName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	// A recording path becomes part of a dial string, where most signs mean something.
	plainPath = regexp.MustCompile(`^/[A-Za-z0-9._/-]*$`)
)

// ParseSwitches reads name=esl://:password@host:port, comma-separated. The error never shows a password.
func ParseSwitches(text string) ([]Switch, error) {
	var all []Switch
	seen := map[string]bool{}
	for i, part := range strings.Split(text, ",") {
		name, address, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok || !switchName.MatchString(name) {
			return nil, fmt.Errorf("switch %d: want name=esl://:password@host:port", i+1)
		}
		u, err := url.Parse(address)
		if err != nil {
			return nil, fmt.Errorf("switch %s: the address is no URL (percent-encode signs of the password)", name)
		}
		password, _ := u.User.Password()
		_, port, splitErr := net.SplitHostPort(u.Host)
		switch {
		case u.Scheme != "esl" && u.Scheme != "esls":
			return nil, fmt.Errorf("switch %s: want esl:// or esls://, not %q", name, u.Scheme)
		case splitErr != nil || u.Hostname() == "" || port == "":
			return nil, fmt.Errorf("switch %s: want host:port after the password", name)
		case password == "":
			return nil, fmt.Errorf("switch %s: no password", name)
		case strings.ContainsAny(password, "\r\n\x00"):
			return nil, fmt.Errorf("switch %s: a password cannot hold a line break", name)
		case u.Path != "" || u.RawQuery != "" || u.Fragment != "":
			return nil, fmt.Errorf("switch %s: nothing may follow host:port", name)
		case name == history.UnknownSwitch:
			return nil, fmt.Errorf("no switch can be called %s", name)
		case seen[name]:
			return nil, fmt.Errorf("switch %s is named twice", name)
		}
		seen[name] = true
		all = append(all, Switch{Name: name, Addr: u.Host, Password: password, TLS: u.Scheme == "esls"})
	}
	return all, nil
}

// ParseSwitchDirs reads CALLGATE_RECORDINGS_SWITCH_DIR: one folder for all switches, or name=DIR,name=DIR.
func ParseSwitchDirs(text string) (std string, perSwitch map[string]string, err error) {
	if !strings.Contains(text, "=") {
		return text, nil, nil
	}
	perSwitch = map[string]string{}
	for _, part := range strings.Split(text, ",") {
		name, dir, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok || !switchName.MatchString(name) {
			return "", nil, errors.New("recordings switch folder: want one absolute folder or name=DIR,name=DIR")
		}
		perSwitch[name] = dir
	}
	return "", perSwitch, nil
}

// ParsePrefixes reads networks or single addresses, comma-separated; empty text is none.
func ParsePrefixes(text string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, part := range strings.Split(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		if addr, err := netip.ParseAddr(part); err == nil {
			all = append(all, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		prefix, err := netip.ParsePrefix(part)
		if err != nil {
			return nil, fmt.Errorf("%q is neither an address nor a network", part)
		}
		all = append(all, prefix)
	}
	return all, nil
}

// FormatPrefixes writes what ParsePrefixes reads.
func FormatPrefixes(all []netip.Prefix) string {
	texts := make([]string, len(all))
	for i, p := range all {
		texts[i] = p.String()
	}
	return strings.Join(texts, ",")
}

// complete checks the configuration and derives what was left out.
func (c Config) complete() (Config, error) {
	if c.RecordingsSwitchDir == "" {
		abs, err := filepath.Abs(c.RecordingsDir)
		if err != nil {
			return c, fmt.Errorf("recordings folder: %w", err)
		}
		c.RecordingsSwitchDir = abs
	}
	c.zone = time.Local
	if c.TimeZone != "" {
		zone, err := time.LoadLocation(c.TimeZone)
		if err != nil {
			return c, fmt.Errorf("time zone: %w", err)
		}
		c.zone = zone
	}
	dirs := map[string]string{"every switch": c.RecordingsSwitchDir}
	for name, dir := range c.RecordingsSwitchDirs {
		dirs["switch "+name] = dir
	}
	for where, dir := range dirs {
		if !plainPath.MatchString(dir) {
			return c, fmt.Errorf("recordings folder of %s: %q must be absolute, of letters, digits and . _ - only: "+
				"FreeSWITCH resolves a relative path against its own folders", where, dir)
		}
	}
	if len(c.Switches) == 0 {
		return c, errors.New("no switch configured")
	}
	return c, nil
}
