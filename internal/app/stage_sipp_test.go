//go:build e2e

package app_test

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	templates "text/template"
	"time"

	"callgate/esl/esltest"
)

// agent is a SIP user agent: a process of SIPp with a scenario.
type agent struct {
	addr string
	log  string // what its scenario has to tell
	cmd  *exec.Cmd
	out  bytes.Buffer
	done chan struct{}
}

// registration says where an account is to be called.
type registration struct{ User, Addr string }

// sipp runs a scenario from testdata/sipp that is filled with values.
func (f *freeSwitch) sipp(t *testing.T, scenario string, values any, args ...string) *agent {
	t.Helper()
	f.spawned++
	name := fmt.Sprintf("%s-%d", scenario, f.spawned)
	var text bytes.Buffer
	if err := templates.Must(templates.ParseFiles("testdata/sipp/"+scenario+".xml")).Execute(&text, values); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(f.dir, name+".xml")
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	a := &agent{addr: freeSIP(t), log: filepath.Join(f.dir, name+".log"), done: make(chan struct{})}
	host, port, _ := strings.Cut(a.addr, ":")
	args = append([]string{f.sip, "-sf", path, "-i", host, "-p", port, "-mi", host, "-trace_logs", "-log_file", a.log, "-nostdin",
		"-cp", strings.TrimPrefix(freeSIP(t), host+":"), "-timeout", "120s", "-trace_err", "-error_file", filepath.Join(f.dir, name+".err")}, args...)
	a.cmd = exec.Command("sipp", args...)
	a.cmd.Dir, a.cmd.Stdout, a.cmd.Stderr = f.dir, &a.out, &a.out
	a.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := a.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { defer close(a.done); _ = a.cmd.Wait() }()
	t.Cleanup(func() {
		_ = a.cmd.Process.Kill()
		<-a.done
		if t.Failed() {
			told, _ := os.ReadFile(a.log)
			wrong, _ := os.ReadFile(filepath.Join(f.dir, name+".err"))
			t.Logf("%s told\n%s%s", name, told, last(string(wrong), 3000))
		}
	})
	return a
}

// newPhone starts a phone; one with an account will register.
func (f *freeSwitch) newPhone(t *testing.T, p esltest.Phone) *agent {
	t.Helper()
	a := f.sipp(t, "phone", struct {
		esltest.Phone
		Sound string
	}{p, f.sound})
	eventually(t, "a phone", func() bool {
		select {
		case <-a.done:
			t.Fatalf("SIPp ended: %s", last(a.out.String(), 2000))
		default:
		}
		l, err := net.ListenPacket("udp", a.addr)
		if err == nil {
			l.Close()
		}
		return err != nil // it has taken the port
	})
	f.phones[p.User] = append(f.phones[p.User], a)
	if p.User != "" {
		f.registrations = append(f.registrations, registration{p.User, a.addr})
	}
	return a
}

// register has a phone register, and waits until it has.
func (f *freeSwitch) register(t *testing.T, r registration) {
	t.Helper()
	a := f.sipp(t, "register", struct {
		registration
		Switch, Domain, Password string
	}{r, f.sip, sipDomain, e2ePassword}, "-m", "1", "-recv_timeout", "5000")
	<-a.done
	if code := a.cmd.ProcessState.ExitCode(); code != 0 {
		t.Fatalf("register %s: SIPp ended with %d: %s", r.User, code, last(a.out.String(), 2000))
	}
}

var noted = regexp.MustCompile(`(?m)^(?:.*\t)?(INVITE|ANSWER|CANCEL|REFUSED|ANSWERED|BYE)(?: (\S+))?(?: (.*))?$`)

// notes are the lines of the agent's log.
func (a *agent) notes(t *testing.T) [][]string {
	t.Helper()
	text, err := os.ReadFile(a.log)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return noted.FindAllStringSubmatch(string(text), -1)
}

var fromHeader = regexp.MustCompile(`^\s*(?:"((?:[^"\\]|\\.)*)"|([^<]*?))\s*<sip:([^@>]*)@`)

// rings are the calls that a phone has got.
func (a *agent) rings(t *testing.T) []esltest.Ring {
	t.Helper()
	var all []esltest.Ring
	index := map[string]int{}
	for _, n := range a.notes(t) {
		switch n[1] {
		case "INVITE":
			index[n[2]] = len(all)
			r := esltest.Ring{Addr: a.addr}
			if m := fromHeader.FindStringSubmatch(n[3]); m != nil {
				r.Name, r.Number = m[1]+m[2], m[3]
				if plain, err := url.PathUnescape(m[3]); err == nil {
					r.Number = plain
				}
			}
			all = append(all, r)
		case "ANSWER":
			all[index[n[2]]].Answered = true
		case "CANCEL":
			all[index[n[2]]].Cancelled = true
		}
	}
	return all
}

// refusals are the statuses with which a call may be refused.
var refusals = [...]int{403, 404, 408, 480, 484, 486, 487, 488, 500, 501, 502, 503, 504, 600, 603}

type sippCustomer struct{ *agent }

func (f *freeSwitch) customer(t *testing.T, c incoming) customer {
	t.Helper()
	a := f.sipp(t, "customer", struct {
		To, Switch, Sound, Press string
		Stays                    time.Duration
		Refusals                 []int
	}{c.to, f.sip, f.sound, c.presses, c.stays, refusals[:]}, "-m", "1", "-cid_str", "customer", "-key", "name", strconv.Quote(c.name), "-key", "number", c.number)
	return sippCustomer{a}
}

// hangup tells SIPp to end its call, by a message that belongs to that call and that its scenario waits for.
func (c sippCustomer) hangup(t *testing.T) {
	t.Helper()
	eventually(t, "the customer is on the phone", func() bool { return len(c.notes(t)) > 0 })
	wish, err := net.Dial("udp", c.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer wish.Close()
	party := "<sip:test@127.0.0.1>"
	if _, err := fmt.Fprintf(wish, "MESSAGE sip:customer@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKwish\r\nFrom: %s;tag=1\r\nTo: %s\r\n"+
		"Call-ID: customer\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n", c.addr, wish.LocalAddr(), party, party); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the customer has hung up", func() bool { return c.outcome(t) != "" })
}

func (c sippCustomer) outcome(t *testing.T) string {
	t.Helper()
	select {
	case <-c.done:
	default:
		return ""
	}
	outcome := "left"
	for _, n := range c.notes(t) {
		switch n[1] {
		case "ANSWERED":
			outcome = "answered"
		case "REFUSED":
			outcome = n[2]
		}
	}
	return outcome
}

// last is a part of a text for a message.
func last(text string, n int) string { return strings.ToValidUTF8(text[max(len(text)-n, 0):], "") }
