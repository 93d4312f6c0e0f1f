package storetest_test

import (
	"bufio"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"callgate/internal/account"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestEach(t *testing.T) {
	var databases []string
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		databases = append(databases, t.Name())
		one, two := open(), open()
		if err := one.SetModule(t.Context(), account.Module{Name: "sms", Action: "*"}); err != nil {
			t.Fatal(err)
		}
		if got, err := two.Modules(t.Context()); len(got) != 1 || got[0].Name != "sms" || err != nil {
			t.Errorf("the second store reads %v, %v", got, err)
		}
	})
	if len(databases) != 2 {
		t.Errorf("ran on %v", databases)
	}
}

func TestPostgresIsFresh(t *testing.T) {
	for range 2 {
		s := storetest.Open(t, storetest.Postgres(t), store.Options{})
		if all, err := s.Modules(t.Context()); len(all) != 0 || err != nil {
			t.Errorf("a new database holds %v, %v", all, err)
		}
		if err := s.SetModule(t.Context(), account.Module{Name: "sms", Action: "*"}); err != nil {
			t.Fatal(err)
		}
	}
}

// asVictim makes the test binary start a server and wait to be killed.
const asVictim = "CALLGATE_STORETEST_VICTIM"

func TestVictim(t *testing.T) {
	if os.Getenv(asVictim) == "" {
		return // it plays its part below only
	}
	u, err := url.Parse(storetest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	println("folder", u.Query().Get("host"))
	select {}
}

func TestNothingStaysBehindAKilledTest(t *testing.T) {
	victim := exec.Command(os.Args[0], "-test.run=^TestVictim$")
	victim.Env = append(os.Environ(), asVictim+"=1")
	output, err := victim.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = victim.Process.Kill() }) // it is dead already unless the test failed early
	var folder string
	for lines := bufio.NewScanner(output); folder == "" && lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "folder "); ok {
			folder = rest
		}
	}
	pid, err := os.ReadFile(folder + "/data/postmaster.pid")
	if err != nil {
		t.Fatalf("the victim started no server: %v", err)
	}
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait() // killed, as it should be
	deadline := time.After(20 * time.Second)
	for poll := time.Tick(10 * time.Millisecond); ; {
		if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
			break
		}
		select {
		case <-poll:
		case <-deadline:
			t.Fatalf("%s is still there, postmaster.pid was:\n%s", folder, pid)
		}
	}
	first, _, _ := strings.Cut(string(pid), "\n")
	server, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(server, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("server %d still lives: %v", server, err)
	}
}
