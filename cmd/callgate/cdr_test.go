package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"callgate/cdr"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// spooled makes a folder of what mod_xml_cdr left: every capture, as it was encoded, and a file that is no CDR.
func spooled(t *testing.T) (dir string, legs []string) {
	t.Helper()
	dir = t.TempDir()
	captures, err := filepath.Glob("../../cdr/testdata/captures/*.http")
	if err != nil || len(captures) == 0 {
		t.Fatalf("%d captures, %v", len(captures), err)
	}
	for _, path := range captures {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Fatal(err)
		}
		id := req.URL.Query().Get("uuid")
		lay(t, dir, id+".cdr.xml", bytes.TrimPrefix(body, []byte("cdr=")))
		legs = append(legs, strings.TrimPrefix(id, "a_"))
	}
	lay(t, dir, "broken.cdr.xml", []byte("no CDR"))
	return dir, legs
}

// lay writes a file that is an hour old.
func lay(t *testing.T, dir, name string, body []byte) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, body, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Time{}, time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
}

// remaining counts the CDR files of a folder.
func remaining(t *testing.T, dir string) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.cdr.xml"))
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

// TestCDRImport imports a folder: kept where it is, twice, then in earnest, then once more.
func TestCDRImport(t *testing.T) {
	dir, legs := spooled(t)
	single := filepath.Join(dir, "a_"+legs[0]+".cdr.xml")
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	url := storetest.SQLite(t)
	for _, tt := range []struct {
		name     string
		args     []string
		wantCode int
		wantOut  string
		wantErr  string
		left     int // files in the folder
	}{
		{"a single file", []string{"--keep", single}, 0, "1 stored, 0 known already, 0 bad, 0 failed\n", "", 16},
		{"another folder", []string{t.TempDir()}, 0, "0 stored, 0 known already, 0 bad, 0 failed\n", "", 16},
		{"no folder", []string{dir + "/nowhere"}, 1, "0 stored, 0 known already, 0 bad, 0 failed\n", "no such file", 16},
		{"a file of another name", []string{"cdr_test.go"}, 1, "0 stored", "is not named", 16},
		{"kept", []string{"--keep", dir}, 0, "14 stored, 1 known already, 1 bad, 0 failed\n", "broken.cdr.xml", 16},
		{"by another path", []string{link}, 0, "0 stored, 15 known already, 1 bad, 0 failed\n", "", 0},
		{"again", []string{dir}, 0, "0 stored, 0 known already, 0 bad, 0 failed\n", "", 0},
		{"nothing named", nil, 2, "", "<path>", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, out, stderr := callgate(t, map[string]string{"CALLGATE_DATABASE_URL": url}, "", append([]string{"cdr", "import"}, tt.args...)...)
			if code != tt.wantCode || !strings.HasPrefix(out, tt.wantOut) || !strings.Contains(stderr, tt.wantErr) || remaining(t, dir) != tt.left {
				t.Errorf("got %d\nout: %s\nerr: %s\n%d files left\nwant %d %q %q %d", code, out, stderr, remaining(t, dir), tt.wantCode, tt.wantOut, tt.wantErr, tt.left)
			}
		})
	}
	s := storetest.Open(t, url, store.Options{})
	for _, leg := range legs {
		if _, ok, err := s.CDR(t.Context(), leg); !ok || err != nil {
			t.Errorf("%s is not there: %v", leg, err)
		}
	}
}

// TestCDRImportFails: what the database does not take stays, and the exit code says so.
func TestCDRImportFails(t *testing.T) {
	dir, _ := spooled(t)
	code, _, stderr := callgate(t, map[string]string{"CALLGATE_DATABASE_URL": "postgres://u:s3cret@127.0.0.1:1/d?sslmode=disable"}, "", "cdr", "import", dir)
	if code != 1 || strings.Contains(stderr, "s3cret") || remaining(t, dir) != 16 {
		t.Errorf("got %d %s, %d files left", code, stderr, remaining(t, dir))
	}
}

// intake is another callgate's, of the password "CDR-PASSWORD".
type intake struct {
	*httptest.Server
	mu   sync.Mutex
	came map[string]int // by leg
	down bool
}

// Save implements cdr.Sink.
func (i *intake) Save(_ context.Context, r *cdr.Record) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.down {
		return io.ErrShortWrite
	}
	i.came[r.Leg]++
	return nil
}

func (i *intake) set(down bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.down = down
}

// distinct is how many legs came.
func (i *intake) distinct() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.came)
}

func newIntake(t *testing.T) *intake {
	t.Helper()
	i := &intake{came: map[string]int{}}
	mux := http.NewServeMux()
	mux.Handle("/cdr", cdr.NewHandler(i, cdr.Options{User: "cdr", Password: "CDR-PASSWORD"}))
	i.Server = httptest.NewServer(mux)
	t.Cleanup(i.Close)
	return i
}

// TestCDRPush posts a folder to a callgate that is down, that knows another password, and in earnest.
func TestCDRPush(t *testing.T) {
	dir, legs := spooled(t)
	there := newIntake(t)
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte("CDR-PASSWORD\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := map[string]string{"CALLGATE_CDR_PASSWORD_FILE": secret}
	for _, tt := range []struct {
		name     string
		env      map[string]string
		stdin    string
		args     string
		down     bool
		wantCode int
		wantOut  string // what it begins with
		wantErr  string
		left     int
	}{
		{"a URL that is none", file, "", dir + " callgate.example", false, 2, "", "want http", 16},
		{"a URL with a log-in", file, "", dir + " http://cdr:s3cret@callgate.example/cdr", false, 2, "", "log-in", 16},
		{"no password", nil, "", dir + " " + there.URL + "/cdr", false, 2, "", "no password", 16},
		{"another password", nil, "s3cret\n", dir + " " + there.URL + "/cdr", false, 1, "0 posted", "wrong log-in", 16},
		{"another user", file, "", dir + " " + there.URL + "/cdr --user s3cret", false, 1, "0 posted", "wrong log-in", 16},
		{"another path", file, "", dir + " " + there.URL + "/", false, 1, "0 posted", "404", 16},
		{"not saved", file, "", dir + " " + there.URL + "/cdr", true, 1, "0 posted", "503", 16},
		{"to be kept for less than nothing", file, "", dir + " " + there.URL + "/cdr --watch --keep-days=-1", false, 2, "", "keep-days", 16},
		{"no folder", file, "", dir + "/nowhere " + there.URL + "/cdr", false, 1, "0 posted", "no such file", 16},
		{"in earnest", nil, "CDR-PASSWORD\n", dir + " " + there.URL + "/cdr", false, 0, "15 posted, 1 bad, 0 failed\n", "broken.cdr.xml", 0},
		{"again", file, "", dir + " " + there.URL + "/cdr", false, 0, "0 posted, 0 bad, 0 failed\n", "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			there.set(tt.down)
			code, out, stderr := callgate(t, tt.env, tt.stdin, append([]string{"cdr", "push"}, words(tt.args)...)...)
			if code != tt.wantCode || !strings.HasPrefix(out, tt.wantOut) || !strings.Contains(stderr, tt.wantErr) || remaining(t, dir) != tt.left {
				t.Errorf("got %d\nout: %s\nerr: %s\n%d files left\nwant %d %q %q %d", code, out, stderr, remaining(t, dir), tt.wantCode, tt.wantOut, tt.wantErr, tt.left)
			}
			if strings.Contains(out+stderr, "s3cret") || strings.Contains(out+stderr, "CDR-PASSWORD") {
				t.Errorf("a secret is shown: %s%s", out, stderr)
			}
		})
	}
	for _, leg := range legs {
		if there.came[leg] != 1 {
			t.Errorf("%s came %d times", leg, there.came[leg])
		}
	}
}

// TestWrongDays: days that cannot be meant are refused, as other wrong flags are.
func TestWrongDays(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"cdr rebuild --from 2026-11-02 --to 2026-11-01", "--to lies before --from"},
		{"cdr rebuild --from yesterday", "--from"},
		{"serve --cdr-spool-keep-days=-1", "cdr spool keep days"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			env := map[string]string{"CALLGATE_DATABASE_URL": storetest.SQLite(t), "CALLGATE_SWITCHES": "none"}
			if code, out, stderr := callgate(t, env, "", words(tt.args)...); code != 2 || out != "" || !strings.Contains(stderr, tt.want) {
				t.Errorf("got %d %q %q", code, out, stderr)
			}
		})
	}
}

// TestCDRsInDocs runs the lines of docs/cdr.md that take in files, in order, in folders of the test's own.
func TestCDRsInDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/cdr.md")
	if err != nil {
		t.Fatal(err)
	}
	spool, _ := spooled(t)
	logged, _ := spooled(t)
	there := newIntake(t)
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte("CDR-PASSWORD\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"CALLGATE_DATABASE_URL": storetest.SQLite(t)}
	here := strings.NewReplacer("/var/lib/freeswitch/cdr-err", spool, "/var/log/freeswitch/xml_cdr", logged, "http://callgate.example:8080", there.URL)
	wants := []struct {
		out     string
		prepare func()
		watch   func() bool // goes on until this holds
	}{
		{out: "15 stored, 0 known already, 1 bad, 0 failed\n"},
		{out: "0 stored, 15 known already, 1 bad, 0 failed\n"},
		{out: "1 stored, 0 known already, 0 bad, 0 failed\n", prepare: func() { // it was mended
			lay(t, filepath.Join(spool, "bad"), "a_0e690a04-5ebc-4ee9-b1b8-9afb14b96dcc.cdr.xml", []byte("<cdr><variables><uuid>x</uuid></variables></cdr>"))
		}},
		{out: "2 posted, 0 bad, 0 failed\n", prepare: func() {
			for i := range 2 {
				lay(t, spool, fmt.Sprintf("a_%d.cdr.xml", i), []byte("<cdr><variables><uuid>x</uuid></variables></cdr>"))
			}
		}},
		{prepare: func() {
			env["CALLGATE_CDR_PASSWORD_FILE"] = secret
			lay(t, spool, "a_3.cdr.xml", []byte("<cdr><variables><uuid>x</uuid></variables></cdr>"))
		}, watch: func() bool { return remaining(t, spool) == 0 && there.distinct() == 3 }},
		{out: "0 wrong\n"},
		{out: "0 wrong\n"},
	}
	lines := administering(string(page))
	if len(lines) != len(wants) {
		t.Fatalf("the page has %d lines, want %d", len(lines), len(wants))
	}
	for i, line := range lines {
		if wants[i].prepare != nil {
			wants[i].prepare()
		}
		for j := range line.args {
			line.args[j] = here.Replace(line.args[j])
		}
		ctx, stop := context.WithCancel(t.Context())
		var out, stderr output
		ended := make(chan int, 1)
		go func() { ended <- run(ctx, line.args, lookup(env), strings.NewReader(line.stdin), &out, &stderr) }()
		if wants[i].watch != nil {
			waitFor(t, "the files to be posted", wants[i].watch)
			stop()
		}
		if code := <-ended; code != 0 || out.String() != wants[i].out {
			t.Errorf("%q: %d %s%s\nwant %s", line.args, code, out.String(), stderr.String(), wants[i].out)
		}
		stop()
	}
}
