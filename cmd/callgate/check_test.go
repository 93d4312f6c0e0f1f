package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"callgate/dialplan/freeswitch"
	"callgate/esl/esltest"
	"callgate/internal/check"
)

// TestCheckCommand: 0 when nothing has to be changed, 1 when something has, 2 when it was called wrongly.
func TestCheckCommand(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	const well = `<document><section name="configuration"><configuration name="event_socket.conf"/><configuration name="xml_cdr.conf"><settings>
		<param name="url" value="http://127.0.0.1:1/cdr"/><param name="cred" value="cdr:s3cret"/><param name="timeout" value="5"/><param name="retries" value="2"/>
		<param name="prefix-a-leg" value="true"/><param name="err-log-dir" value="relative"/></settings></configuration></section>
		<section name="dialplan"><context name="default"><extension name="` + "\x7f" + `odd"><condition><action application="socket" data="x:8084"/>
		<action application="hangup"/></condition></extension></context></section></document>`
	for _, tt := range []struct {
		name, document string
		args           string
		env            map[string]string
		wantCode       int
		wantOut        string
		wantErr        string
	}{
		{"well", well, "check", nil, 0, "ok       main: cdr ", ""},
		{"a name that would spoil the terminal", well, "check", nil, 0, "extension ?odd of default hands over without async or full", ""},
		{"a call too", well, "check --probe-call", nil, 0, "a recording that the switch made can be read here", ""},
		{"something wrong", `<document/>`, "check", nil, 1, "wrong    main: cdr ", "callgate: to be changed: 3"},
		{"a switch that is down", well, "check", map[string]string{"CALLGATE_SWITCHES": "far=esl://:s3cret@127.0.0.1:1"}, 1, "wrong    far: event socket ", "to be changed: 1"},
		{"as JSON", `<document/>`, "check --json", nil, 1, `{"level":"wrong","where":"main: cdr","text":"there is no xml_cdr.conf","fix":"`, "to be changed: 3"},
		{"names", well, "check --print -", nil, 0, "autoload_configs/xml_cdr.conf.xml\n", ""},
		{"a file", well, "check --print dialplan/callgate.xml", nil, 0, `<context name="callgate">`, ""},
		{"no such file", well, "check --print ../x", nil, 2, "", "callgate check --print - lists them"},
		{"switches that cannot be read", well, "check", map[string]string{"CALLGATE_SWITCHES": "s3cret"}, 2, "", "switch 1"},
		{"folder that cannot be", well, "check", map[string]string{"CALLGATE_RECORDINGS_SWITCH_DIR": "relative"}, 2, "", "must be absolute"},
		{"unknown flag", well, "check --all", nil, 2, "", "unknown flag"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sw, err := esltest.Start(esltest.Config{XML: tt.document, RecordingsDir: dir})
			if err != nil {
				t.Fatal(err)
			}
			defer sw.Close()
			env := map[string]string{"CALLGATE_SWITCHES": "main=esl://:ClueCon@" + sw.Addr(), "CALLGATE_CDR_PASSWORD": "s3cret", "CALLGATE_RECORDINGS_DIR": dir,
				"CALLGATE_HTTP_ADDR": "127.0.0.1:1", "CALLGATE_DATABASE_URL": "sqlite:" + filepath.Join(dir, "none.db")}
			for name, value := range tt.env {
				env[name] = value
			}
			code, out, stderr := callgate(t, env, "", strings.Fields(tt.args)...)
			if code != tt.wantCode || !strings.Contains(out, tt.wantOut) || !strings.Contains(stderr, tt.wantErr) {
				t.Errorf("got %d\nout: %s\nerr: %s\nwant %d %q %q", code, out, stderr, tt.wantCode, tt.wantOut, tt.wantErr)
			}
			if strings.Contains(out+stderr, "s3cret") {
				t.Errorf("shows a password:\n%s%s", out, stderr)
			}
			if strings.Contains(tt.args, "--json") {
				var found []check.Finding
				if err := json.Unmarshal([]byte(out), &found); err != nil || len(found) < 10 {
					t.Errorf("%d findings, %v", len(found), err)
				}
			}
		})
	}
}

// asCallgate makes the test binary the command, with the arguments that it holds.
const asCallgate = "CALLGATE_TEST_ARGUMENTS"

// TestCommandLine is that command.
func TestCommandLine(t *testing.T) {
	if text, ok := os.LookupEnv(asCallgate); ok {
		var arguments []string
		if err := json.Unmarshal([]byte(text), &arguments); err != nil {
			t.Fatal(err)
		}
		os.Exit(run(t.Context(), arguments, os.LookupEnv, os.Stdin, os.Stdout, os.Stderr))
	}
}

// TestInstallation runs the lines of docs/install-freeswitch.md, and checks a switch with the files that come of it.
func TestInstallation(t *testing.T) {
	page, err := os.ReadFile("../../docs/install-freeswitch.md")
	if err != nil {
		t.Fatal(err)
	}
	var script string
	for _, block := range regexp.MustCompile("(?ms)^```sh\n(.*?)^```$").FindAllStringSubmatch(string(page), -1) {
		script += block[1]
	}
	dir := t.TempDir()
	conf := filepath.Join(dir, "conf")
	for _, folder := range []string{"bin", "conf/dialplan", "conf/autoload_configs", "lib/recordings"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write("conf/autoload_configs/acl.conf.xml", "mine")
	write("bin/callgate", `#!/bin/bash
printf -v list '"%s",' "$@"
`+asCallgate+`="[${list%,}]" exec `+os.Args[0]+` -test.run='^TestCommandLine$'
`)
	write("bin/fs_cli", "#!/bin/bash\necho \"$2\" >> "+dir+"/told\n")
	document := func() string {
		text := ""
		for _, pattern := range []string{"autoload_configs/*.conf.xml", "dialplan/*.xml"} {
			names, _ := filepath.Glob(filepath.Join(conf, pattern))
			for _, name := range names {
				data, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				text += regexp.MustCompile("</?include>").ReplaceAllString(string(data), "")
			}
			if strings.HasPrefix(pattern, "auto") {
				text = `<section name="configuration">` + text + `</section><section name="dialplan">`
			}
		}
		return "<document>" + text + "</section></document>"
	}
	bash := func(script string, env ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "bash", "-euc", script)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), append(env, "PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"), "CALLGATE_HTTP_ADDR=127.0.0.1:8080")...)
		var stderr output
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v\n%s\n%s", err, out, stderr.String())
		}
		return string(out)
	}
	script = strings.NewReplacer("/etc/freeswitch", conf, "/var/lib/freeswitch", filepath.Join(dir, "lib")).Replace(script)
	first, last, found := strings.Cut(script, "export ")
	if !found || strings.Count(last, "127.0.0.1:8021") != 1 {
		t.Fatalf("not the lines expected: %s", script)
	}
	passwords := strings.Fields(bash(first + "\necho $EVENT_SOCKET_PASSWORD $CDR_PASSWORD"))
	if len(passwords) != 2 || len(passwords[0]) != 32 || passwords[0] == passwords[1] {
		t.Fatalf("passwords %q", passwords)
	}
	told, _ := os.ReadFile(filepath.Join(dir, "told"))
	if want := "reloadxml\nreloadacl\nreload mod_xml_cdr\nreload mod_event_socket\n"; string(told) != want {
		t.Errorf("FreeSWITCH is told %q, want %q", told, want)
	}
	if kept, _ := os.ReadFile(filepath.Join(conf, "autoload_configs/acl.conf.xml.before-callgate")); string(kept) != "mine" {
		t.Errorf("kept of the list that was there: %q", kept)
	}
	text := strings.ReplaceAll(document(), "/var/lib/freeswitch", filepath.Join(dir, "lib"))
	sw, err := esltest.Start(esltest.Config{XML: text, Password: passwords[0], RecordingsDir: filepath.Join(dir, "lib/recordings"),
		CDR: esltest.CDRConfig{ErrLogDir: filepath.Join(dir, "lib/cdr-err")}})
	if err != nil {
		t.Fatal(err)
	}
	defer sw.Close()
	out := bash("export "+strings.Replace(last, "127.0.0.1:8021", sw.Addr(), 1), "EVENT_SOCKET_PASSWORD="+passwords[0], "CDR_PASSWORD="+passwords[1])
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "ok ") && !strings.HasPrefix(line, "LEVEL ") && !strings.Contains(line, "api_expansion  on") && !strings.Contains(line, " callgate ") {
			t.Errorf("remarks: %s", line)
		}
	}
	if !strings.Contains(out, "ok       main: recordings     a recording that the switch made can be read here") {
		t.Errorf("the check says\n%s", out)
	}
}

// TestPrintedFilesAreAll: every file that is shipped is listed and printed as it is.
func TestPrintedFilesAreAll(t *testing.T) {
	_, listed, _ := callgate(t, nil, "", "check", "--print", "-")
	n := 0
	for name := range strings.Lines(listed) {
		n++
		name = strings.TrimSpace(name)
		want, err := fs.ReadFile(freeswitch.Files(), name)
		if err != nil {
			t.Fatal(err)
		}
		if code, got, _ := callgate(t, nil, "", "check", "--print", name); code != 0 || got != string(want) {
			t.Errorf("%s: %d, %d bytes printed of %d", name, code, len(got), len(want))
		}
	}
	if n < 8 {
		t.Errorf("%d files listed", n)
	}
}
