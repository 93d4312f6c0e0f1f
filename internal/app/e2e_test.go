//go:build e2e

package app_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	v1 "callgate/api/v1"
	"callgate/internal/app"
	"callgate/internal/setting"
	"callgate/internal/store/storetest"
)

// freeSwitch is a running FreeSWITCH, of the binary that FREESWITCH in the environment names.
type freeSwitch struct {
	dir, events, sip string
	cmd              *exec.Cmd
}

func newFreeSwitch(t *testing.T) *freeSwitch {
	t.Helper()
	if os.Getenv("FREESWITCH") == "" {
		t.Fatal("FREESWITCH names no binary: make e2e FREESWITCH=/path/to/bin/freeswitch")
	}
	f := &freeSwitch{dir: t.TempDir(), events: freeAddr(t), sip: freeAddr(t)}
	text, err := os.ReadFile("testdata/freeswitch.xml")
	if err != nil {
		t.Fatal(err)
	}
	port := func(addr string) string { return addr[strings.LastIndexByte(addr, ':')+1:] }
	filled := strings.NewReplacer("{event socket}", port(f.events), "{sip}", port(f.sip)).Replace(string(text))
	if err := os.WriteFile(filepath.Join(f.dir, "freeswitch.xml"), []byte(filled), 0o600); err != nil {
		t.Fatal(err)
	}
	f.start(t)
	t.Cleanup(f.kill)
	return f
}

func (f *freeSwitch) start(t *testing.T) {
	t.Helper()
	f.cmd = exec.Command(os.Getenv("FREESWITCH"), "-nf", "-nonat", "-nc", "-np", "-conf", f.dir, "-log", f.dir, "-db", f.dir, "-run", f.dir)
	f.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := f.cmd.Start(); err != nil {
		t.Fatal(err)
	}
}

func (f *freeSwitch) kill() {
	_ = f.cmd.Process.Kill()
	_ = f.cmd.Wait()
}

func (f *freeSwitch) api(t *testing.T, command string) string {
	t.Helper()
	return operate(t, f.events, "e2e", command)
}

// sql changes the call centre's database behind mod_callcenter's back.
func (f *freeSwitch) sql(t *testing.T, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(f.dir, "callcenter.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(context.Background(), statement); err != nil {
		t.Fatal(err)
	}
}

// TestFreeSWITCH takes a running FreeSWITCH's contact centre through what the pretend one is tested with: agents, tiers and
// their names, calls answered and given up, wrap-up, a phone that is busy, statistics, today's figures beside FreeSWITCH's
// own counters, a database that fails, and a crash.
func TestFreeSWITCH(t *testing.T) {
	fs := newFreeSwitch(t)
	l := newLand(t, storetest.SQLite(t), nil)
	l.switches = []app.Switch{{Name: "real", Addr: fs.events, Password: "e2e"}}
	m := newModern(t, l)
	l.set(t, setting.SnapshotInterval, "1s")
	const anna = `Анна "O'Нил" \ ^^`
	phone := "sofia/internal/phone@" + fs.sip

	m.want(t, http.StatusOK, http.MethodPost, "/agents", object("name", anna, "contact", phone, "wrap_up_time", 4, "status", "available", "reason", "morning"))
	m.want(t, http.StatusOK, http.MethodPost, "/tiers", object("queue", "sales@e2e", "agent", anna))
	if a := m.agentNamed(t, anna); a == nil || a.Status != "Available" || !a.Ready || a.Misspelled {
		t.Fatalf("the agent: %+v", a)
	}
	queueNow := func() v1.Queue { return list[v1.Queue](t, m, "/queues")[0] }
	state := func() string {
		q, a := queueNow(), m.agentNamed(t, anna)
		return fmt.Sprintf("%d waiting, %d talking, %s, ready %v", q.Waiting, q.Talking, a.State, a.Ready)
	}
	becomes := func(want string) {
		t.Helper()
		got := ""
		defer func() {
			if got != want {
				t.Logf("last: %s", got)
			}
		}()
		eventually(t, want, func() bool { got = state(); return got == want })
	}
	customer := func() string {
		t.Helper()
		return strings.TrimSpace(strings.TrimPrefix(fs.api(t, "originate sofia/internal/phone@"+fs.sip+" &callcenter(sales@e2e)"), "+OK "))
	}
	first := customer()
	becomes("0 waiting, 1 talking, In a queue call, ready false")
	second := customer()
	becomes("1 waiting, 1 talking, In a queue call, ready false")
	fs.api(t, "uuid_kill "+second)
	becomes("0 waiting, 1 talking, In a queue call, ready false")
	if a := m.agentNamed(t, anna); a.Talk == nil || a.Talk.UUID != first {
		t.Errorf("talks with %+v, want %s", a.Talk, first)
	}
	fs.api(t, "uuid_kill "+first)
	becomes("0 waiting, 0 talking, Waiting, ready false") // wrap-up
	becomes("0 waiting, 0 talking, Waiting, ready true")

	// A phone that is busy is rung again and again; its owner rests in between.
	m.want(t, http.StatusOK, http.MethodPatch, query("/agents", "name", anna), object("contact", "sofia/internal/busy@"+fs.sip, "busy_delay_time", 60))
	third := customer()
	becomes("1 waiting, 0 talking, Waiting, ready false")
	fs.api(t, "uuid_kill "+third)
	becomes("0 waiting, 0 talking, Waiting, ready false")
	figures := func(when string) {
		t.Helper()
		eventually(t, when, func() bool {
			q := queueNow()
			return q.Today.Answered == 1 && q.Today.Abandoned == 2 && q.Today.Offered == 3 && q.Today.Unseen == 0
		})
	}
	figures("today's figures")
	eventually(t, "the same by FreeSWITCH's counters", func() bool { q := queueNow(); return q.CallsAnswered == "1" && q.CallsAbandoned == "2" })
	for _, kind := range []string{"answered", "abandoned", "agent_status", "agent_state", "member"} {
		if line := `callgate_callcenter_corrections_total{kind="` + kind + `",switch="real"} 0`; !strings.Contains(m.get("/metrics").body, line+"\n") {
			t.Errorf("something had to be corrected: no %s", line)
		}
	}

	// Its database fails: FreeSWITCH prints "+OK" alone.
	before := m.call("/contact/tiers", "").body
	fs.sql(t, "ALTER TABLE tiers RENAME TO hidden")
	eventually(t, "a reading that fails", func() bool {
		return fs.api(t, "callcenter_config tier list") == "+OK\n" && list[v1.Switch](t, m, "/switches")[0].Age > 3
	})
	if got := m.call("/contact/tiers", "").body; got != before {
		t.Errorf("tiers: %s, want %s", got, before)
	}
	fs.sql(t, "ALTER TABLE hidden RENAME TO tiers")
	eventually(t, "a reading that works", func() bool { return list[v1.Switch](t, m, "/switches")[0].Age < 2 })

	// It crashes in the middle of a call.
	m.want(t, http.StatusOK, http.MethodPatch, query("/agents", "name", anna), object("status", "On Break"))
	customer()
	becomes("1 waiting, 0 talking, Waiting, ready false")
	core := list[v1.Switch](t, m, "/switches")[0].Core
	fs.kill()
	eventually(t, "not ready", func() bool { return m.get("/readyz").status == http.StatusServiceUnavailable })
	if got := m.call("/contact/tiers", "").body; got != before {
		t.Errorf("tiers without a link: %s, want %s", got, before)
	}
	fs.start(t)
	eventually(t, "another core", func() bool { s := list[v1.Switch](t, m, "/switches"); return len(s) == 1 && s[0].Core != core })
	becomes("0 waiting, 0 talking, Waiting, ready false")
	figures("today's figures after the crash") // nobody knows what became of the caller who waited
	if offset := list[v1.Switch](t, m, "/switches")[0].ClockOffset; offset > 1 || offset < -1 {
		t.Errorf("clocks of one machine are %v s apart", offset)
	}
}
