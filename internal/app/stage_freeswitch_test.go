//go:build e2e

package app_test

import (
	"bytes"
	"database/sql"
	"encoding/xml"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	templates "text/template"

	"callgate/esl/esltest"
)

// freeSwitch is a running FreeSWITCH, of the binary that FREESWITCH in the environment names, with SIP user agents around
// it.
type freeSwitch struct {
	dir, events, sip string
	cmd              *exec.Cmd
	sound            string
	registrations    []registration
	phones           map[string][]*agent // by account; "" are those outside
	spawned          int
}

const (
	e2ePassword = "e2e"
	sipDomain   = "127.0.0.1"
)

// mediaPorts hands every FreeSWITCH its own ports for media.
var mediaPorts atomic.Int32

// configuration is what testdata/freeswitch.xml is filled with.
type configuration struct {
	SIP, Far, Password, Log string
	RTPFrom, RTPTo          int32
	Queues                  []esltest.Queue
	Agents                  []esltest.Agent
	Tiers                   []esltest.Tier
	Users                   []string
	Extensions              []esltest.Extension
}

func openFreeSwitch(t *testing.T, w world, around surroundings) stage {
	t.Helper()
	f := &freeSwitch{dir: t.TempDir(), events: freeAddr(t), sip: freeSIP(t), phones: map[string][]*agent{}}
	port := func(addr string) string { return addr[strings.LastIndexByte(addr, ':')+1:] }
	c := configuration{SIP: port(f.sip), Password: e2ePassword, Log: filepath.Join(f.dir, "freeswitch.log"),
		Queues: w.queues, Agents: w.agents, Tiers: w.tiers, Users: slices.Clone(w.absent), Extensions: shared()}
	c.RTPFrom = 30000 + mediaPorts.Add(1)*40
	c.RTPTo = c.RTPFrom + 38
	f.sound = tone(t, f.dir)
	for _, p := range w.phones {
		if !slices.Contains(c.Users, p.User) {
			c.Users = append(c.Users, p.User)
		}
		f.newPhone(t, p)
	}
	c.Far = f.newPhone(t, w.far).addr
	edit := around.edits(w.encode, "8021", port(f.events), "CHOOSE-A-PASSWORD", e2ePassword)
	for _, name := range append(dialplanFiles[:], "autoload_configs/acl.conf.xml", "autoload_configs/event_socket.conf.xml",
		"autoload_configs/xml_cdr.conf.xml", "callgate/modules.xml", "callgate/switch.settings.xml") {
		f.write(t, "callgate/"+name, []byte(shipped(t, name, edit)))
	}
	var text bytes.Buffer
	whole := templates.Must(templates.New("freeswitch.xml").Funcs(templates.FuncMap{"xml": escaped}).ParseFiles("testdata/freeswitch.xml"))
	if err := whole.Execute(&text, c); err != nil {
		t.Fatal(err)
	}
	f.write(t, "freeswitch.xml", text.Bytes())
	t.Cleanup(func() {
		f.kill()
		if t.Failed() {
			f.complain(t, c.Log)
		}
	})
	f.start(t)
	return f
}

// write makes a file of the configuration.
func (f *freeSwitch) write(t *testing.T, name string, text []byte) {
	t.Helper()
	path := filepath.Join(f.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// escaped is text as it stands in XML.
func escaped(text string) (string, error) {
	var b strings.Builder
	err := xml.EscapeText(&b, []byte(text))
	return b.String(), err
}

func (f *freeSwitch) addr() string     { return f.events }
func (f *freeSwitch) password() string { return e2ePassword }

// start runs FreeSWITCH, waits until it takes SIP, and has the phones register.
func (f *freeSwitch) start(t *testing.T) {
	t.Helper()
	f.cmd = exec.Command(os.Getenv("FREESWITCH"), "-nf", "-nonat", "-nc", "-np", "-conf", f.dir, "-log", f.dir, "-db", f.dir, "-run", f.dir)
	f.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := f.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "FreeSWITCH", func() bool {
		c, err := net.Dial("tcp", f.events)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	eventually(t, "its SIP profile", func() bool {
		return strings.Contains(operate(t, f.events, e2ePassword, "sofia status"), "RUNNING")
	})
	for _, r := range f.registrations {
		f.register(t, r)
	}
}

func (f *freeSwitch) kill() {
	_ = f.cmd.Process.Kill()
	_ = f.cmd.Wait()
}

var complaint = regexp.MustCompile(`(?m)^.*\[(?:WARNING|ERR|CRIT|ALERT)\].*$`)

// complain shows what FreeSWITCH had to complain about; FREESWITCH_LOG in the environment names a folder for all that it said.
func (f *freeSwitch) complain(t *testing.T, log string) {
	t.Helper()
	text, err := os.ReadFile(log)
	if err != nil {
		t.Error(err)
	}
	t.Logf("FreeSWITCH complains\n%s", last(strings.Join(complaint.FindAllString(string(text), -1), "\n"), 3000))
	if dir := os.Getenv("FREESWITCH_LOG"); dir != "" {
		path := filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "_")+".log")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Error(err)
		}
	}
}

func (f *freeSwitch) crash(*testing.T) { f.kill() }

func (f *freeSwitch) rings(t *testing.T, account string) []esltest.Ring {
	t.Helper()
	var all []esltest.Ring
	for _, p := range f.phones[account] {
		all = append(all, p.rings(t)...)
	}
	return all
}

// freeSIP is an address that nobody listens on for SIP over UDP and TCP.
func freeSIP(t *testing.T) string {
	t.Helper()
	for range 100 {
		addr := freeAddr(t)
		l, err := net.ListenPacket("udp", addr)
		if err == nil {
			l.Close()
			return addr
		}
	}
	t.Fatal("no free port")
	return ""
}

// tone writes a second of sound as it goes over the wire: µ-law, 8,000 samples.
func tone(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "tone.ulaw")
	sound := make([]byte, 8000)
	for i := range sound {
		sound[i] = 0x9f // loud
		if i%16 < 8 {
			sound[i] = 0x1f // and loud the other way: 500 Hz
		}
	}
	if err := os.WriteFile(path, sound, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// freeSwitchVersion is what the binary says of itself.
func freeSwitchVersion(t *testing.T) string {
	t.Helper()
	text, err := exec.CommandContext(t.Context(), os.Getenv("FREESWITCH"), "-version").Output()
	if err != nil {
		t.Fatalf("FREESWITCH names no binary (make e2e FREESWITCH=/path/to/bin/freeswitch): %v", err)
	}
	return strings.TrimSpace(string(text))
}

// spoilTiers renames a table behind mod_callcenter's back.
func (f *freeSwitch) spoilTiers(t *testing.T, on bool) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(f.dir, "callcenter.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	statement := "ALTER TABLE hidden RENAME TO tiers"
	if on {
		statement = "ALTER TABLE tiers RENAME TO hidden"
	}
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}
