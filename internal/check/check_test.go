package check_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callgate/dialplan/freeswitch"
	"callgate/esl"
	"callgate/esl/esltest"
	"callgate/internal/check"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Passwords that no finding may show.
const cdrSecret, xmlSecret, eslSecret = "cdr-s3cret", "xml-s3cret", "esl-s3cret"

var declaration = regexp.MustCompile(`<!--[^>]*-->|</?include>`)

// document is the configuration of a switch on which the shipped files are installed, the passwords chosen.
func document(t *testing.T) string {
	t.Helper()
	read := func(pattern string) (text string) {
		names, err := fs.Glob(freeswitch.Files(), pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v, %v", pattern, names, err)
		}
		for _, name := range names {
			data, err := fs.ReadFile(freeswitch.Files(), name)
			if err != nil {
				t.Fatal(err)
			}
			text += declaration.ReplaceAllString(string(data), "")
		}
		return text
	}
	text := `<document type="freeswitch/xml"><section name="configuration">` + read("autoload_configs/*.xml") + `</section><section name="dialplan">` +
		read("dialplan/*.xml") + `<context name="public">` + read("dialplan/public/*.xml") + `</context></section></document>`
	return strings.NewReplacer("cdr:CHOOSE-A-PASSWORD", "cdr:"+cdrSecret, "xml:CHOOSE-A-PASSWORD", "xml:"+xmlSecret, "CHOOSE-A-PASSWORD", eslSecret,
		"/var/lib/freeswitch/cdr-err", "/rec/cdr-err").Replace(text)
}

// scene is a switch, what stands to reason to be wrong with it, and what is expected of it.
type scene struct {
	text     string // its configuration
	config   esltest.Config
	expected check.Expected
}

func newScene(t *testing.T) *scene {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "cdr-err"), 0o700); err != nil {
		t.Fatal(err)
	}
	return &scene{text: document(t), config: esltest.Config{Password: eslSecret, RecordingsDir: dir, RecordingsPath: "/rec", Modules: []string{"mod_xml_curl"},
		CDR: esltest.CDRConfig{LogDir: t.TempDir()}},
		expected: check.Expected{HTTPAddr: "127.0.0.1:8080", CDRUser: "cdr", CDRPassword: cdrSecret, XMLUser: "xml", XMLPassword: xmlSecret,
			OutboundAddr: "127.0.0.1:8084", SwitchAddr: "127.0.0.1:8021", Password: eslSecret, RecordingsDir: dir, RecordingsSwitchDir: "/rec",
			Then: "{called_number} XML callgate-out", ProbeTime: 10 * time.Second, Rand: rand.Reader, Now: time.Now}}
}

// replace edits the configuration; every edit must find its place.
func (s *scene) replace(t *testing.T, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(s.text, pairs[i]) {
			t.Fatalf("nothing to replace: %s", pairs[i])
		}
		s.text = strings.ReplaceAll(s.text, pairs[i], pairs[i+1])
	}
}

// examine runs the switch and looks at it.
func (s *scene) examine(t *testing.T, before func(sw *esltest.Switch)) []check.Finding {
	t.Helper()
	s.config.XML = s.text
	sw, err := esltest.Start(s.config)
	if err != nil {
		t.Fatal(err)
	}
	defer sw.Close()
	link := esl.NewClient(esl.Options{Name: "main", Addr: sw.Addr(), Password: s.config.Password, PoolSize: 1})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- link.Run(ctx) }()
	defer func() { stop(); <-ended }()
	for tick := time.Tick(5 * time.Millisecond); !link.Ready(); <-tick {
		if err := t.Context().Err(); err != nil {
			t.Fatal(err)
		}
	}
	if before != nil {
		before(sw)
	}
	found := check.Switch(t.Context(), link, s.expected)
	for _, f := range found {
		for _, secret := range []string{cdrSecret, xmlSecret, eslSecret, "s3cret"} {
			if strings.Contains(f.Text+f.Fix+f.Where, secret) {
				t.Errorf("shows a password: %+v", f)
			}
		}
		if (f.Level == check.Wrong || f.Level == check.Advice) && f.Fix == "" {
			t.Errorf("nothing to do about it: %+v", f)
		}
	}
	return found
}

// remarks are the findings that are not ok, in short.
func remarks(found []check.Finding) (all []string) {
	for _, f := range found {
		if f.Level != check.OK {
			all = append(all, fmt.Sprintf("%s %s: %s", f.Level, strings.TrimPrefix(f.Where, "main: "), f.Text))
		}
	}
	return all
}

// expansionOn is the only remark about what is shipped.
const expansionOn = "advice api_expansion: on"

func TestSwitch(t *testing.T) {
	api := func(command, answer string) func(*esltest.Switch) {
		return func(sw *esltest.Switch) { sw.FailCommand(command, answer) }
	}
	param := func(name, value string) string { return `<param name="` + name + `" value="` + value + `"/>` }
	const socket = `<action application="socket" data="127.0.0.1:8084 async full"/>`
	for _, tt := range []struct {
		name   string
		edit   []string // of the configuration, in pairs
		change func(s *scene)
		before func(*esltest.Switch)
		want   string // the remark beside the usual one; empty: none
	}{
		{name: "as shipped"},
		{name: "version of old", change: func(s *scene) { s.config.Version = "1.8.5" }, want: "advice version: FreeSWITCH 1.8.5 is older"},
		{name: "no mod_commands", before: api("version", "-ERR version Command not found!\n"), want: "wrong version: mod_commands is not loaded"},
		{name: "nonsense for a version", before: api("version", "gibberish"), want: `unknown version: version: "gibberish"`},
		{name: "no answer to a module", before: api("module_exists mod_sofia", "-ERR no reply"), want: "unknown modules: module_exists mod_sofia"},
		{name: "no sndfile", before: api("module_exists mod_sndfile", "false"), want: "wrong modules: mod_sndfile is not loaded"},
		{name: "no call centre", before: api("module_exists mod_callcenter", "false"), want: "wrong modules: mod_callcenter is not loaded"},
		{name: "no CDRs", before: api("module_exists mod_xml_cdr", "false"), want: "wrong modules: mod_xml_cdr is not loaded"},
		{name: "no music", before: api("module_exists mod_tone_stream", "false"), want: "advice modules: neither mod_tone_stream nor mod_local_stream"},
		{name: "no xml_curl", change: func(s *scene) { s.config.Modules = nil }, want: "advice modules: mod_xml_curl is not loaded"},

		{name: "CDRs to another port", edit: []string{"8080/cdr", "8081/cdr"}, want: `wrong cdr: the url does not lead to us: its port is "8081"`},
		{name: "CDRs to another path", edit: []string{"8080/cdr", "8080/cdrs"}, want: `wrong cdr: the url does not lead to us: its path is "/cdrs"`},
		{name: "CDRs to no URL", edit: []string{"http://127.0.0.1:8080/cdr", "ftp://127.0.0.1:8080/cdr"}, want: "wrong cdr: the url does not lead to us: it is neither"},
		{name: "CDRs to the network", edit: []string{"127.0.0.1:8080/cdr", "192.0.2.1:8080/cdr"}, want: "wrong cdr: the url does not lead to us: it names the network"},
		{name: "CDRs through a proxy", edit: []string{"http://127.0.0.1:8080/cdr", "https://callgate.example/cdr/"}},
		{name: "a switch elsewhere that posts to itself", change: func(s *scene) { s.expected.SwitchAddr = "192.0.2.7:8021" }, edit: []string{"http://127.0.0.1:8080/xml", "https://callgate.example/xml"},
			want: "wrong cdr: the url does not lead to us: it names the switch's own machine"},
		{name: "no url", edit: []string{param("url", "http://127.0.0.1:8080/cdr"), ""}, want: "wrong cdr: no url"},
		{name: "a second url", edit: []string{param("url", "http://127.0.0.1:8080/cdr"), param("url", "http://127.0.0.1:8080/cdr") + param("url", "http://other.example/")}, want: "advice cdr: 1 of 2 urls"},
		{name: "other credentials", edit: []string{"cdr:" + cdrSecret, "cdr:other-s3cret"}, want: "wrong cdr: cred is not what callgate expects"},
		{name: "no credentials", edit: []string{param("cred", "cdr:"+cdrSecret), ""}, want: "wrong cdr: no cred"},
		{name: "digest only", edit: []string{param("encode", "true"), param("encode", "true") + param("auth-scheme", "=digest")}, want: "wrong cdr: auth-scheme"},
		{name: "no password of ours", change: func(s *scene) { s.expected.CDRPassword = "" }, want: "wrong cdr: CALLGATE_CDR_PASSWORD is not set"},
		{name: "the password of the documentation", edit: []string{"cdr:" + cdrSecret, "cdr:CHOOSE-A-PASSWORD"}, change: func(s *scene) { s.expected.CDRPassword = "CHOOSE-A-PASSWORD" },
			want: "advice cdr: the password of cred is one that everybody knows"},
		{name: "no timeout", edit: []string{"\n    " + param("timeout", "5"), ""}, want: "wrong cdr: no timeout"},
		{name: "a long timeout", edit: []string{"\n    " + param("timeout", "5"), param("timeout", "60")}, want: "advice cdr: a finished call waits up to 60 s for one post"},
		{name: "no retries", edit: []string{param("retries", "2"), param("retries", "0")}, want: "advice cdr: no retries"},
		{name: "many retries", edit: []string{param("retries", "2"), param("retries", "20")}, want: "advice cdr: a finished call waits up to 205 s"},
		{name: "no err-log-dir", edit: []string{param("err-log-dir", "/rec/cdr-err"), ""}, want: "advice cdr: no err-log-dir"},
		{name: "err-log-dir that is not there", edit: []string{"/rec/cdr-err", "/rec/none"}, want: "wrong cdr: the folder /rec/none of err-log-dir is not there"},
		{name: "100-continue disabled", edit: []string{param("encode", "true"), param("encode", "true") + param("disable-100-continue", "true")}, want: "advice cdr: disable-100-continue"},
		{name: "no B legs", edit: []string{param("log-b-leg", "true"), param("log-b-leg", "false")}, want: "wrong cdr: log-b-leg is off"},
		{name: "no prefix", edit: []string{param("prefix-a-leg", "true"), ""}, want: "advice cdr: prefix-a-leg is off"},
		{name: "no configuration of CDRs", edit: []string{`"xml_cdr.conf"`, `"other.conf"`}, want: "wrong cdr: there is no xml_cdr.conf"},
		{name: "broken configuration of CDRs", before: api("xml_locate configuration configuration name xml_cdr.conf", "<configuration "+cdrSecret), want: "unknown cdr: xml_cdr.conf cannot be read"},

		{name: "queues of another callgate", edit: []string{"xml:" + xmlSecret, "xml:other-s3cret"}, want: "wrong xml_curl: gateway-credentials are not"},
		{name: "queues asked for elsewhere", edit: []string{"8080/xml", "8081/xml"}, want: "wrong xml_curl: the gateway-url does not lead to us"},
		{name: "queues asked for without end", edit: []string{"\n      " + param("timeout", "5"), ""}, want: "wrong xml_curl: no timeout"},
		{name: "queues asked of nobody", edit: []string{"8080/xml", "8080/other"}, want: "advice xml_curl: no binding asks our /xml"},
		{name: "queues without a password of ours", change: func(s *scene) { s.expected.XMLPassword = "" }, want: "wrong xml_curl: CALLGATE_XML_PASSWORD is not set"},

		{name: "everybody may log in", edit: []string{param("listen-ip", "127.0.0.1"), param("listen-ip", "::"), `value="callgate"`, `value="0.0.0.0/0"`}, want: "wrong event socket: listens on :: and its access lists let everybody in"},
		{name: "a list open by default", edit: []string{param("listen-ip", "127.0.0.1"), param("listen-ip", "0.0.0.0"), `default="deny"`, `default="allow"`}, want: "wrong event socket: listens on 0.0.0.0"},
		{name: "two lists, one of them closed", edit: []string{param("listen-ip", "127.0.0.1"), param("listen-ip", "0.0.0.0"),
			param("apply-inbound-acl", "callgate"), param("apply-inbound-acl", "0.0.0.0/0") + param("apply-inbound-acl", "callgate")}},
		{name: "no list", edit: []string{param("listen-ip", "127.0.0.1"), param("listen-ip", "0.0.0.0"), param("apply-inbound-acl", "callgate"), ""}, want: "advice event socket: listens on 0.0.0.0 and no apply-inbound-acl"},
		{name: "nonsense of a list", edit: []string{param("listen-ip", "127.0.0.1"), param("listen-ip", "0.0.0.0")}, before: api("acl", "perhaps"), want: "unknown event socket: acl 192.0.2.1 callgate"},
		{name: "the usual password", change: func(s *scene) { s.config.Password, s.expected.Password = "ClueCon", "ClueCon" }, edit: []string{eslSecret, "ClueCon"}, want: "advice event socket: the password is one that everybody knows"},
		{name: "the usual password in public", change: func(s *scene) { s.config.Password, s.expected.Password = "ClueCon", "ClueCon" },
			edit: []string{eslSecret, "ClueCon", param("listen-ip", "127.0.0.1"), param("listen-ip", "0.0.0.0")}, want: "wrong event socket: the password is one that everybody knows"},
		{name: "another password after the next start", edit: []string{eslSecret, "new-s3cret"}, want: "advice event socket: event_socket.conf has another password"},

		{name: "nothing after socket", edit: []string{`<action application="unset" data="socket_resume"/>`, "", `<action application="set" data="callgate_fell_through=true"/>`, "",
			`<action application="transfer" data="callgate-fallback XML callgate"/>`, ""}, want: "wrong dialplan: extension callgate of callgate has nothing after socket"},
		{name: "async without resume", edit: []string{`<action application="set" data="socket_resume=true"/>`, ""}, want: "wrong dialplan: extension callgate of callgate hands over with async and without"},
		{name: "resume taken back", edit: []string{socket, `<action application="set" data="socket_resume=false"/>` + socket}, want: "wrong dialplan: extension callgate of callgate hands over with async and without"},
		{name: "not full", edit: []string{"async full", "async"}, want: "advice dialplan: extension callgate of callgate hands over without async or full"},
		{name: "by name and path, with a second host", edit: []string{"127.0.0.1:8084 async full", "127.0.0.1/path|other.example:9 full async"}},
		{name: "to somebody else", edit: []string{"127.0.0.1:8084", "127.0.0.1:8085"}, want: "advice dialplan: no extension hands calls to us"},
		{name: "no context for calls out", edit: []string{`context name="callgate-out"`, `context name="other"`}, want: "wrong dialplan: calls that callgate makes go to the context callgate-out, which is not there"},
		{name: "calls out to everything", change: func(s *scene) { s.expected.Then = "{called_number} XML public" }, want: "advice dialplan: calls that callgate makes go to the context public"},
		{name: "calls out by an application", change: func(s *scene) { s.expected.Then = "&bridge(sofia/gateway/x/{called_number})" }},
		{name: "no dialplan", edit: []string{`section name="dialplan"`, `section name="other"`}, want: "wrong dialplan: there is no dialplan"},

		{name: "paused", before: api("fsctl pause_check", "true"), want: "wrong limits: the switch is paused"},
		{name: "idle processor wanted", before: api("fsctl min_idle_cpu", "+OK min idle cpu: 20.00"), want: "advice limits: 1000 sessions at most, 30 new ones a second, and none while less than 20.00%"},
		{name: "nonsense of sessions", before: api("fsctl max_sessions", "many"), want: `unknown limits: fsctl max_sessions: "many"`},
		{name: "clocks apart", change: func(s *scene) { s.expected.Now = func() time.Time { return time.Now().Add(20 * time.Second) } }, want: "advice clock: the switch's clock and ours are about 20s apart"},
		{name: "another time", before: api("strftime", "2001-02-03 04:05:06 +0000"), want: "wrong clock: the switch's clock and ours are about"},
		{name: "no time", before: api("strftime", "soon"), want: `unknown clock: strftime: "soon"`},

		{name: "recordings elsewhere", change: func(s *scene) { s.expected.RecordingsSwitchDir = "/other" }, want: "wrong recordings: the switch does not see in /other what we write"},
		{name: "no folder of recordings", change: func(s *scene) { s.expected.RecordingsDir += "/none" }, want: "wrong recordings: the folder"},
		{name: "nonsense of a file", before: api("file_exists /rec/callgate-check", "maybe"), want: `unknown recordings: file_exists: "maybe"`},
		{name: "a call is recorded", change: func(s *scene) { s.expected.ProbeCall = true }},
		{name: "a call is recorded elsewhere", change: func(s *scene) {
			s.expected.ProbeCall = true
			s.expected.RecordingsDir = filepath.Join(s.expected.RecordingsDir, "cdr-err")
		}, before: api("file_exists /rec/callgate-check", "true"), want: "wrong recordings: a recording that the switch made in /rec is not found here"},
		{name: "no call", change: func(s *scene) { s.expected.ProbeCall = true }, before: api("originate", "-ERR CHAN_NOT_IMPLEMENTED"), want: `unknown recordings: the probe call was not made; it needs mod_loopback: "-ERR CHAN_NOT_IMPLEMENTED"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t)
			if tt.change != nil {
				tt.change(s)
			}
			s.replace(t, tt.edit...)
			got := remarks(s.examine(t, tt.before))
			want := []string{expansionOn}
			if tt.name == "no mod_commands" {
				want = nil // nothing else is asked
			}
			if tt.want != "" {
				want = append(want, tt.want)
			}
			if len(got) != len(want) {
				t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			for _, w := range want {
				if !strings.Contains("\n"+strings.Join(got, "\n"), "\n"+w) {
					t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), w)
				}
			}
			if records, err := os.ReadDir(s.config.CDR.LogDir); err != nil || len(records) > 0 {
				t.Errorf("CDRs of the examination: %v, %v", records, err)
			}
			left, err := filepath.Glob(filepath.Join(s.config.RecordingsDir, "callgate-check*"))
			if err != nil || len(left) > 0 && tt.name != "a call is recorded elsewhere" {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}
