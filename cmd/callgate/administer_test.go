package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"callgate/internal/setting"
	"callgate/internal/store"
)

// command is one call of callgate and what is expected of it.
type command struct {
	name, stdin string
	args        []string
	wantCode    int
	wantOut     string // a regular expression
	wantErr     string
}

// runCommands runs them one after the other on one database.
func runCommands(t *testing.T, commands []command) {
	t.Helper()
	env := map[string]string{"CALLGATE_DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "x.db"),
		"CALLGATE_ORIGINATE_DIAL": "loopback/{sip}",
		// None of these is a flag's variable: a project is not named by the environment.
		"CALLGATE_NAME": "environment", "CALLGATE_NUMBER": "1", "CALLGATE_QUEUE": "q", "CALLGATE_ZONE": "UTC", "CALLGATE_RECORD": "true", "CALLGATE_SL_SECONDS": "7"}
	for _, tt := range commands {
		t.Run(tt.name, func(t *testing.T) {
			code, out, stderr := callgate(t, env, tt.stdin, tt.args...)
			if code != tt.wantCode || !regexp.MustCompile(tt.wantOut).MatchString(out) || !strings.Contains(stderr, tt.wantErr) {
				t.Errorf("got %d\nout: %s\nerr: %s\nwant %d %q %q", code, out, stderr, tt.wantCode, tt.wantOut, tt.wantErr)
			}
			if strings.Contains(out+stderr, "s3cret") {
				t.Errorf("a secret is shown: %s%s", out, stderr)
			}
		})
	}
}

// TestSettingsNotUsed shows in the list what another version has set and this one does not accept.
func TestSettingsNotUsed(t *testing.T) {
	url := "sqlite:" + filepath.Join(t.TempDir(), "x.db")
	s, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]string{"auth.token_ttl": "never", "from.tomorrow": "s3cret"} {
		if err := s.ChangeSettings(t.Context(), []setting.Stored{{Key: key, Value: value, By: "anna"}}, nil, func([]setting.Stored) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	code, out, _ := callgate(t, map[string]string{"CALLGATE_DATABASE_URL": url}, "", "settings", "list")
	for _, want := range []string{`auth\.token_ttl +24h +default `, `\nauth\.token_ttl: what anna set in the database is not used: want 1m to 8760h\n`,
		`from\.tomorrow +\(set\) +database `, `\nfrom\.tomorrow: what anna set in the database is not used: this version does not know it\n`} {
		if !regexp.MustCompile(want).MatchString(out) || code != 0 {
			t.Errorf("%d, want %s in\n%s", code, want, out)
		}
	}
	if strings.Contains(out, "s3cret") {
		t.Errorf("what may be a secret is shown:\n%s", out)
	}
}

func words(text string) []string { return strings.Fields(text) }

func TestProjectCommands(t *testing.T) {
	runCommands(t, []command{
		{"none", "", words("project list"), 0, `^ID +NAME +ZONE +SL +RECORD +RECORDINGS +CDRS +COUNTRY +NUMBERS +QUEUES\n$`, ""},
		{"add", "", append(words("project add 9876 --number 78001112233 --number +78001112244 --queue support@default --zone Europe/Moscow --sl-seconds 30 --record"),
			"--name", "Горячая линия", "--queue", "second line"), 0, `^$`, ""},
		{"add with little", "", words("project add 1111 --name Shop"), 0, `^$`, ""},
		{"list, in the order made", "", words("project list"), 0,
			`\n9876 +Горячая линия +Europe/Moscow +30s +yes +\(installation's\) +\(installation's\) +\(installation's\) +78001112233, \+78001112244 +support@default, second line\n` +
				`1111 +Shop +\(installation's\) +20s +no +\(installation's\) +\(installation's\) +\(installation's\) +- +-\n$`, ""},
		{"id in use", "", words("project add 1111 --name x"), 1, `^$`, "conflict Project"},
		{"number in use", "", words("project add 2222 --name x --number 78001112233"), 1, `^$`, "…2233 belongs to project 9876"},
		{"number in use, spelled otherwise", "", words("project add 2222 --name x --number 88001112233"), 1, `^$`, "…2233 belongs to project 9876"},
		{"no such country", "", words("project add 2222 --name x --country Russia"), 1, `^$`, "is not known; want one of none AE"},
		{"no name", "", words("project add 2222"), 2, `^$`, "--name"},
		{"no id", "", words("project add --name x"), 2, `^$`, "<id>"},
		{"no such zone", "", words("project add 2222 --name x --zone Mars/Base"), 1, `^$`, "zone"},
		{"number that is none", "", words("project add 2222 --name x --number 8a"), 1, `^$`, "digits"},
		{"threshold that is none", "", words("project add 2222 --name x --sl-seconds many"), 2, `^$`, "--sl-seconds"},
		{"threshold of nothing", "", words("project add 2222 --name x --sl-seconds 0"), 1, `^$`, "sl_seconds"},
		{"set one thing", "", words("project set 1111 --record"), 0, `^$`, ""},
		{"it is set, the rest is not", "", words("project list"), 0, `\n1111 +Shop +\(installation's\) +20s +yes +\(installation's\) +\(installation's\) +\(installation's\) +- +-\n$`, ""},
		{"set everything", "", words("project set 9876 --name Line --number 5 --number 6 --queue q --zone= --country KZ --sl-seconds 10 --no-record --keep-recordings-days 90 --keep-cdrs-days 365"), 0, `^$`, ""},
		{"everything is set", "", words("project list"), 0, `\n9876 +Line +\(installation's\) +10s +no +90d +365d +KZ +5, 6 +q\n`, ""},
		{"no numbers, no queues", "", words("project set 9876 --number= --queue="), 0, `^$`, ""},
		{"there are none", "", words("project list"), 0, `\n9876 +Line +\(installation's\) +10s +no +90d +365d +KZ +- +-\n`, ""},
		{"keep for ever", "", words("project set 9876 --keep-recordings-days 0 --keep-cdrs-days=-1 --country="), 0, `^$`, ""},
		{"it is kept for ever", "", words("project list"), 0, `\n9876 +Line +\(installation's\) +10s +no +for ever +\(installation's\) +\(installation's\) +- +-\n`, ""},
		{"keep for less than nothing", "", words("project set 9876 --keep-recordings-days=-2"), 1, `^$`, "keep_recordings_days"},
		{"keep CDRs for less than nothing", "", words("project set 9876 --keep-cdrs-days=-2"), 1, `^$`, "keep_cdrs_days"},
		{"set to a wrong value", "", words("project set 9876 --zone Local"), 1, `^$`, "zone"},
		{"set nothing", "", words("project set 9876"), 2, `^$`, "nothing to change"},
		{"set one that is none", "", words("project set 5 --name x"), 1, `^$`, "not found Project"},
		{"remove", "", words("project remove 9876"), 0, `^$`, ""},
		{"removed", "", words("project list"), 0, `^[^\n]*\n1111 [^\n]*\n$`, ""},
		{"remove again", "", words("project remove 9876"), 1, `^$`, "not found Project"},
		{"no such command", "", words("project delete 9876"), 2, `^$`, "unexpected argument"},
	})
}

func TestSettingsCommands(t *testing.T) {
	runCommands(t, []command{
		{"list", "", words("settings list"), 0, `^KEY +VALUE +FROM +ACCEPTS\noriginate\.dial +loopback/\{sip\} +environment +text\n` +
			`originate\.then +\{called_number\} XML default +default +text\noriginate\.ring_time +30s +default +1s to 2m\n(.|\n)*` +
			`onlinestat\.source +switch +default +switch or proxy\n(.|\n)*onlinestat\.proxy_password +\(not set\) +default +secret\n`, ""},
		{"get", "", words("settings get originate.dial"), 0, `^loopback/\{sip\}\n$`, ""},
		{"set", "", words("settings set originate.dial sofia/gateway/g/{sip}"), 0, `^$`, ""},
		{"stronger than the environment", "", words("settings list"), 0, `\noriginate\.dial +sofia/gateway/g/\{sip\} +database +text\n`, ""},
		{"set to several words", "", append(words("settings set originate.then"), "{called_number} XML public"), 0, `^$`, ""},
		{"they are one value", "", words("settings get originate.then"), 0, `^\{called_number\} XML public\n$`, ""},
		{"set to what is not accepted", "", words("settings set originate.dial user/${sip}"), 1, `^$`, "wrong field originate.dial"},
		{"set to too much", "", words("settings set originate.ring_time 1h"), 1, `^$`, "want 1s to 2m"},
		{"get what is none", "", words("settings get originate.dail"), 1, `^$`, "originate.dail"},
		{"set what is none", "", words("settings set originate.dail x"), 1, `^$`, "originate.dail"},
		{"no value", "", words("settings set originate.dial"), 2, `^$`, "<value>"},
		{"proxy without URL", "", words("settings set onlinestat.source proxy"), 1, `^$`, "needs onlinestat.proxy_url"},
		{"URL", "", words("settings set onlinestat.proxy_url http://stat.example:81"), 0, `^$`, ""},
		{"proxy", "", words("settings set onlinestat.source proxy"), 0, `^$`, ""},
		{"no URL for the proxy", "", append(words("settings set onlinestat.proxy_url"), ""), 1, `^$`, "needs onlinestat.proxy_url"},
		{"a secret where all can read it", "", words("settings set onlinestat.proxy_password s3cret"), 2, `^$`, "standard input"},
		{"a secret", "s3cret\n", words("settings set onlinestat.proxy_password -"), 0, `^$`, ""},
		{"is not shown", "", words("settings get onlinestat.proxy_password"), 0, `^\(set\)\n$`, ""},
		{"nor listed", "", words("settings list"), 0, `onlinestat\.proxy_password +\(set\) +database +secret\n`, ""},
		{"no secret any more", "", words("settings set onlinestat.proxy_password -"), 0, `^$`, ""},
		{"is told", "", words("settings get onlinestat.proxy_password"), 0, `^\(not set\)\n$`, ""},
		{"another on standard input", "45s\n", words("settings set originate.ring_time -"), 0, `^$`, ""},
		{"is set", "", words("settings get originate.ring_time"), 0, `^45s\n$`, ""},
		{"put back", "", words("settings unset originate.ring_time"), 0, `^$`, ""},
		{"is the default", "", words("settings get originate.ring_time"), 0, `^30s\n$`, ""},
		{"put back to the first value", "", words("settings unset originate.dial"), 0, `^$`, ""},
		{"is the first value", "", words("settings get originate.dial"), 0, `^loopback/\{sip\}\n$`, ""},
		{"put back what is needed", "", words("settings unset onlinestat.proxy_url"), 1, `^$`, "needs onlinestat.proxy_url"},
		{"put back what is none", "", words("settings unset originate.dail"), 1, `^$`, "originate.dail"},
	})
}
