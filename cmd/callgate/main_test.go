package main

import (
	"bytes"
	"context"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// output is a writer that a test may read while a command writes.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// callgate runs one command to its end.
func callgate(t *testing.T, env map[string]string, stdin string, args ...string) (code int, out, stderr string) {
	t.Helper()
	var o, e output
	code = run(t.Context(), args, lookup(env), strings.NewReader(stdin), &o, &e)
	return code, o.String(), e.String()
}

func lookup(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := env[name]; return v, ok }
}

// TestForeignLog: what libraries write into Go's own log goes nowhere, for net/http quotes there what a provider sends behind its answer.
func TestForeignLog(t *testing.T) {
	var written output
	before := log.Writer()
	log.SetOutput(&written)
	defer log.SetOutput(before)
	if code, _, stderr := callgate(t, nil, "", "version"); code != 0 {
		t.Fatal(stderr)
	}
	if log.Print("Unsolicited response received, starting with a text"); written.String() != "" {
		t.Errorf("written: %s", written.String())
	}
}

func TestUserCommands(t *testing.T) {
	dir := t.TempDir()
	urlFile := filepath.Join(dir, "url")
	if err := os.WriteFile(urlFile, []byte("sqlite:"+filepath.Join(dir, "x.db")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"CALLGATE_DATABASE_URL_FILE": urlFile}
	for _, tt := range []struct {
		name, stdin string
		args        string
		wantCode    int
		wantOut     string // a regular expression
		wantErr     string
	}{
		{"add", "password 1\n", "user add crm --right contact/add --right contact/* --project 1111 --project 2222", 0, "^$", ""},
		{"add again", "password 1\n", "user add crm --right */*", 1, "^$", "conflict"},
		{"list", "", "user list", 0, `crm +active +contact/\* contact/add +1111 2222\n`, ""},
		{"second, all projects", "password 2", "user add boss --right */*", 0, "^$", ""},
		{"short password", "short\n", "user add x --right */*", 1, "^$", "password"},
		{"no password", "", "user add x --right */*", 2, "^$", "no password"},
		{"no right", "password 1\n", "user add x", 2, "^$", "--right"},
		{"right that is none", "password 1\n", "user add x --right contact", 2, "^$", "MODULE/ACTION"},
		{"disable", "", "user disable crm", 0, "^$", ""},
		{"disabled", "", "user list", 0, `crm +inactive `, ""},
		{"enable", "", "user enable crm", 0, "^$", ""},
		{"enabled", "", "user list", 0, `crm +active `, ""},
		{"passwd", "password 3\n", "user passwd crm", 0, "^$", ""},
		{"set rights", "", "user set crm --right contact/* --right sms/send", 0, "^$", ""},
		{"set", "", "user list", 0, `crm +active +contact/\* sms/send +1111 2222\n`, ""},
		{"set projects", "", "user set crm --project= --must-change", 0, "^$", ""},
		{"all projects", "", "user list", 0, `crm +active +contact/\* sms/send +all\n`, ""},
		{"set nothing", "", "user set crm", 2, "^$", "nothing to change"},
		{"set a right that is none", "", "user set crm --right contact", 2, "^$", "MODULE/ACTION"},
		{"set nobody", "", "user set nobody --no-totp", 1, "^$", "not found"},
		{"key", "", "user key add crm billing --right contact/add --project 1111 --network 192.0.2.0/24 --days 30", 0, `^cgk_[0-9a-f]{40}\n$`, ""},
		{"key of that name", "", "user key add crm billing --right contact/add", 1, "^$", "conflict"},
		{"key with more", "", "user key add crm more --right report/*", 1, "^$", "the owner has not"},
		{"key from nowhere", "", "user key add crm more --right contact/add --network here", 2, "^$", "networks"},
		{"expired key", "", "user key add crm more --right contact/add --days=-1", 1, "^$", "expires_at"},
		{"keys", "", "user key list crm", 0, `billing +\d{4}-\d\d-\d\d +- +192\.0\.2\.0/24 +1111 +contact/add\n`, ""},
		{"no such key", "", "user key remove crm other", 1, "^$", "not found"},
		{"remove key", "", "user key remove crm billing", 0, "^$", ""},
		{"no keys", "", "user key list crm", 0, `^NAME .*\n$`, ""},
		{"keys of nobody", "", "user key list nobody", 1, "^$", "not found"},
		{"remove", "", "user remove crm", 0, "^$", ""},
		{"removed", "", "user list", 0, `crm +deleted (.|\n)*boss +active +\*/\* +all\n`, ""},
		{"unknown", "", "user disable nobody", 1, "^$", "not found"},
		{"module off", "", "module off contact/add", 0, "^$", ""},
		{"module on", "", "module on contact", 0, "^$", ""},
		{"module that is none", "", "module off con-tact", 1, "^$", "module"},
		{"unknown command", "", "usr list", 2, "^$", "unexpected argument"},
		{"version", "", "version", 0, `^callgate \S+\n$`, ""},
		{"document", "", "openapi", 0, `^\{"components":(.|\n)*"openapi":"3\.1\.0"(.|\n)*"/calls/live"`, ""},
		{"help", "", "--help", 0, "CALLGATE_|--http-addr", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, out, stderr := callgate(t, env, tt.stdin, strings.Fields(tt.args)...)
			if code != tt.wantCode || !regexp.MustCompile(tt.wantOut).MatchString(out) || !strings.Contains(stderr, tt.wantErr) {
				t.Errorf("got %d\nout: %s\nerr: %s\nwant %d %q %q", code, out, stderr, tt.wantCode, tt.wantOut, tt.wantErr)
			}
		})
	}
}

// TestServeRefuses calls serve with settings that cannot work: each says what is wrong, and never a secret.
func TestServeRefuses(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, tt := range []struct {
		name     string
		env      map[string]string
		wantCode int
		wantErr  string
	}{
		{"switch without scheme", map[string]string{"CALLGATE_SWITCHES": "main=:s3cret@h:8021"}, 2, "switch main"},
		{"switch with a bad scheme", map[string]string{"CALLGATE_SWITCHES": "main=http://:s3cret@h:8021"}, 2, "esl://"},
		{"switch without port", map[string]string{"CALLGATE_SWITCHES": "main=esl://:s3cret@h"}, 2, "host:port"},
		{"switch without password", map[string]string{"CALLGATE_SWITCHES": "main=esl://h:8021"}, 2, "no password"},
		{"switch with the name of those that nobody knows", map[string]string{"CALLGATE_SWITCHES": "unknown=esl://:s3cret@h:1"}, 2, "called unknown"},
		{"switch twice", map[string]string{"CALLGATE_SWITCHES": "a=esl://:s3cret@h:1,a=esl://:s3cret@h:2"}, 2, "twice"},
		{"password with a line break", map[string]string{"CALLGATE_SWITCHES": "a=esl://:s3cret%0a@h:1"}, 2, "line break"},
		{"relative recordings folder on the switch", map[string]string{"CALLGATE_RECORDINGS_SWITCH_DIR": "rec"}, 1, "absolute"},
		{"recordings folder that a dial string cannot hold", map[string]string{"CALLGATE_RECORDINGS_SWITCH_DIR": "/a b/${x}"}, 1, "letters"},
		{"unknown placeholder", map[string]string{"CALLGATE_ORIGINATE_DIAL": "user/{who}"}, 1, "{who}"},
		{"database of no kind", map[string]string{"CALLGATE_DATABASE_URL": "mysql://u:s3cret@h/d"}, 1, "sqlite:PATH or postgres"},
		{"database out of reach", map[string]string{"CALLGATE_DATABASE_URL": "postgres://u:s3cret@127.0.0.1:1/d?sslmode=disable"}, 1, "open the database"},
		{"secret twice", map[string]string{"CALLGATE_CDR_PASSWORD": "s3cret", "CALLGATE_CDR_PASSWORD_FILE": "f"}, 2, "both set"},
		{"secret file missing", map[string]string{"CALLGATE_CDR_PASSWORD_FILE": "nowhere"}, 2, "CALLGATE_CDR_PASSWORD_FILE"},
		{"administrator without password", map[string]string{"CALLGATE_ADMIN_LOGIN": "a"}, 1, "administrator"},
		{"proxy that is none", map[string]string{"CALLGATE_TRUSTED_PROXIES": "10.0.0.0/99"}, 2, "10.0.0.0/99"},
		{"network that is none", map[string]string{"CALLGATE_OUTBOUND_ALLOW": "localhost"}, 2, "outbound allow"},
		{"outbound address that is none", map[string]string{"CALLGATE_OUTBOUND_ADDR": "127.0.0.1:99999"}, 1, "listen for outbound calls"},
		{"time zone that is none", map[string]string{"CALLGATE_TIME_ZONE": "Europe/Nowhere"}, 1, "Europe/Nowhere"},
		{"address that is none", map[string]string{"CALLGATE_HTTP_ADDR": "127.0.0.1:99999"}, 1, "listen for api"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			env := map[string]string{"CALLGATE_OUTBOUND_ADDR": "127.0.0.1:0"}
			maps.Copy(env, tt.env)
			code, _, stderr := callgate(t, env, "", "serve")
			if code != tt.wantCode || !strings.Contains(stderr, tt.wantErr) || strings.Contains(stderr, "s3cret") {
				t.Errorf("got %d %s\nwant %d %q", code, stderr, tt.wantCode, tt.wantErr)
			}
		})
	}
}

// TestReadme runs the README's lines against a running demonstration.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, try, found := strings.Cut(string(readme), "## Try it")
	_, try, found2 := strings.Cut(try, "```sh\n")
	script, _, found3 := strings.Cut(try, "```")
	if !found || !found2 || !found3 || strings.Count(script, "127.0.0.1:8080") != 1 {
		t.Fatal("the README has no lines to try")
	}

	ctx, stop := context.WithCancel(t.Context())
	var out, stderr output
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{"demo", "--http-addr", "127.0.0.1:0"}, lookup(nil), strings.NewReader(""), &out, &stderr)
	}()
	defer func() {
		stop()
		if code := <-done; code != 0 {
			t.Errorf("demo ends with %d: %s", code, stderr.String())
		}
		if folder := regexp.MustCompile(`folder +(\S+)`).FindStringSubmatch(out.String()); folder == nil {
			t.Error("the demo does not say where its folder is")
		} else if _, err := os.Stat(folder[1]); err == nil {
			t.Errorf("%s is left behind", folder[1])
		}
	}()
	address := regexp.MustCompile(`API +http://(\S+)`)
	waitFor(t, "the demo's address", func() bool { return address.MatchString(out.String()) })
	base := address.FindStringSubmatch(out.String())[1]
	waitFor(t, "a first snapshot", func() bool {
		return exec.CommandContext(ctx, "curl", "-sf", "http://"+base+"/readyz").Run() == nil
	})

	cmd := exec.CommandContext(ctx, "bash", "-eu", "-c", strings.ReplaceAll(script, "127.0.0.1:8080", base))
	cmd.Dir = t.TempDir()
	got, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, got, stderr.String())
	}
	lines := strings.Split(strings.TrimSpace(string(got)), "\n")
	for i, want := range []string{
		`^\{"message":"\+OK [0-9a-f-]{36}\\n"\}$`,
		`^\[\{"name":"support2@default",.*"name":"sales@default",.*"name":"support@default",`,
		`^\[\{"name":"support@default",[^\[\]{}]*\}\]$`,
		`^\[\{"queue":"support2@default","agent":"1000@default",.*"queue":"support@default"`,
		`^\[\{"queue":"support2@default",[^\[\]{}]*\}\]$`,
		`^\{"@attributes":\{"core-uuid":.*"callflow":\[`,
		`^\{"result":"OK"\}$`,
		`^\{"messages":\[\{"id":\d+,.*"state":"sent",.*"provider":"log"`,
		`^\{"calls":\[\{.*"user":"API_test_2".*"disposition":"answered"`,
	} {
		if i >= len(lines) || !regexp.MustCompile(want).MatchString(lines[i]) {
			t.Errorf("line %d of\n%.3000s\nwant %s", i+1, got, want)
		}
	}
	wav, err := os.ReadFile(filepath.Join(cmd.Dir, "call.wav"))
	if err != nil || len(wav) < 8000 || string(wav[:4]) != "RIFF" {
		t.Errorf("call.wav: %d bytes, %v", len(wav), err)
	}
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s: not within a minute", what)
		}
	}
}
