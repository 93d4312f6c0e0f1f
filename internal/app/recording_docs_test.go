package app_test

import (
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"callgate/dialplan/freeswitch"
	"callgate/internal/app"
	"callgate/internal/setting"
	"callgate/internal/store/storetest"
)

// TestRecordingsInDocs: the lines of docs/recordings.md do what it says, and it tells of every metric.
func TestRecordingsInDocs(t *testing.T) {
	document := string(readFile(t, "../../docs/recordings.md"))
	l := newLand(t, storetest.SQLite(t), nil)
	h := l.build(t, nil)
	h.ready()
	h.signIn()
	sh := func(script string, env ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "bash", "-eu", "-o", "pipefail", "-c", script)
		cmd.Dir, cmd.Env = t.TempDir(), append(os.Environ(), env...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out) + strings.Join(names(t, cmd.Dir), " ")
	}

	// What a switch sends when it looks for what is left: the old one, and not the one that may still be written.
	far := t.TempDir()
	record(t, far, "leg", time.Second)
	record(t, far, "young", time.Second)
	long := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(filepath.Join(far, "leg.wav"), long, long); err != nil {
		t.Fatal(err)
	}
	send := strings.NewReplacer("/var/lib/freeswitch/recordings", far, "cdr:CDR-PASSWORD@callgate.example:8080",
		cdrUser+":"+cdrPass+"@"+strings.TrimPrefix(h.url, "http://")).Replace(section(t, document, "sh", 1))
	sh(send)
	if got := strings.Join(names(t, far), " "); got != "young.wav" {
		t.Errorf("on the switch is left: %s", got)
	}
	if got := strings.Join(names(t, l.recordings), " "); got != "leg.wav" {
		t.Errorf("here is: %s", got)
	}

	asked := sh(strings.ReplaceAll(section(t, document, "sh", 3), "127.0.0.1:8080", strings.TrimPrefix(h.url, "http://")), "CALL=leg")
	for _, want := range []string{`{"recordings":[{"uuid":"leg","switch":"main"`, `"state":"complete"`, "call.wav head.wav"} {
		if !strings.Contains(asked, want) {
			t.Errorf("no %s in %s", want, asked)
		}
	}

	for _, line := range strings.Split(strings.TrimSpace(section(t, document, "sh", 2)), "\n") {
		m := regexp.MustCompile(`callgate settings set (\S+) (\S+)$`).FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("not a setting: %s", line)
		}
		l.administer(t, func(a *app.Administration) error { return a.Settings.Set(t.Context(), m[1], m[2], "test") })
	}
	l.administer(t, func(a *app.Administration) error {
		if e, err := a.Settings.Get(setting.RecordingsStore); err != nil || e.Value != setting.InS3 {
			t.Errorf("the store: %q, %v", e.Value, err)
		}
		return nil
	})

	var upload, line struct {
		Data string `xml:"data,attr"`
	}
	if err := errors.Join(xml.Unmarshal([]byte(section(t, document, "xml", 0)), &upload), xml.Unmarshal([]byte(section(t, document, "xml", 1)), &line)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"callgate.xml", "callgate-out.xml"} {
		if text, err := fs.ReadFile(freeswitch.Files(), "dialplan/"+name); err != nil || !strings.Contains(string(text), `data="`+line.Data+`"`) {
			t.Errorf("%s does not have the line (%v)", name, err)
		}
	}
	address, ok := strings.CutPrefix(upload.Data, "callgate_upload=")
	put := strings.Fields(strings.NewReplacer(`\\\${callgate_upload}`, address, `\\\$`, "$").Replace(line.Data))
	if !ok || len(put) != 3 || put[0] != "record_post_process_exec_api=bgapi:http_put" || put[2] != "${callgate_recording}" {
		t.Fatalf("sent is %q", put)
	}
	onSwitch := filepath.Join(l.recordings, "by-its-path.wav") // what callgate_recording would be
	at := strings.NewReplacer("http://cdr:CDR-PASSWORD@callgate.example:8080", "", "${callgate_recording}", onSwitch).Replace(put[1])
	auth := http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(cdrUser+":"+cdrPass))}}
	if got := h.do(http.MethodPut, at, string(readFile(t, filepath.Join(far, "young.wav"))), auth).status; got != http.StatusCreated {
		t.Errorf("PUT %s answers %d", at, got)
	}
	if !slices.Contains(names(t, l.recordings), "by-its-path.wav") {
		t.Errorf("here is: %v", names(t, l.recordings))
	}
	if _, err := fs.Stat(freeswitch.Files(), "autoload_configs/http_cache.conf.xml"); err != nil || !strings.Contains(document, "--print autoload_configs/http_cache.conf.xml") {
		t.Errorf("the module's configuration: %v", err)
	}

	families := regexp.MustCompile(`(?m)^# TYPE (callgate_recording_\w+) `).FindAllStringSubmatch(h.get("/metrics").body, -1)
	for _, f := range families {
		if !strings.Contains(document, "\n| `"+f[1]+"` |") {
			t.Errorf("the metric %s is not told of", f[1])
		}
	}
	if told := strings.Count(document, "\n| `callgate_recording_"); told != len(families) || told == 0 {
		t.Errorf("%d metrics told of, there are %d", told, len(families))
	}
	for _, name := range regexp.MustCompile(`Test[A-Z]\w+`).FindAllString(document, -1) {
		if !strings.Contains(string(readFile(t, "recording_test.go")), "func "+name+"(") {
			t.Errorf("%s is no test", name)
		}
	}
	if got := h.do(http.MethodPut, "/api/recordings/main/x.wav", "", nil).status; got != http.StatusUnauthorized {
		t.Errorf("without credentials: %d", got)
	}
}

// names are the files in a folder.
func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}
