package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// server is a running PostgreSQL whose data lie in a temporary folder.
type server struct {
	dir   string
	alive io.Closer // the standard input of the shell that minds the server
	exit  chan error
}

// The shell waits for the end of its standard input, which comes when we close it and just as well when this
// process is killed, and then stops the server and removes its folder.
const minder = `dir=$0; bin=$1; shift
"$bin/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= -c max_connections=200 "$@" </dev/null >"$dir/log" 2>&1 &
read _
kill -QUIT $!
wait $!
rm -rf "$dir"`

// keeper is a minder that starts the server again whenever it ends.
const keeper = `dir=$0; bin=$1; shift
while [ ! -e "$dir/over" ]; do
	"$bin/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= -c max_connections=200 "$@" </dev/null >>"$dir/log" 2>&1
done &
read _
touch "$dir/over"
kill -QUIT $(head -1 "$dir/data/postmaster.pid")
wait $!
rm -rf "$dir"`

// quick makes a server quick, and careless: what it holds is gone with the machine, not with the test.
func quick() []string {
	return []string{"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "shared_buffers=32MB"}
}

// start makes a new cluster and starts a server on it, which listens on a socket in its folder only.
func start(shell string, settings ...string) (*server, error) {
	bin, err := findPostgres()
	if err != nil {
		return nil, err
	}
	attributes, err := unprivileged()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "callgate-pg-")
	if err != nil {
		return nil, err
	}
	if c := attributes.Credential; c != nil {
		if err := os.Chown(dir, int(c.Uid), int(c.Gid)); err != nil {
			return nil, errors.Join(err, os.RemoveAll(dir))
		}
	}
	initdb := exec.Command(filepath.Join(bin, "initdb"), "--pgdata", filepath.Join(dir, "data"), "--username", "postgres",
		"--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = dir, attributes
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("initdb: %w\n%s", err, bytes.TrimSpace(out)), os.RemoveAll(dir))
	}
	minds := exec.Command("/bin/sh", append([]string{"-c", shell, dir, bin}, settings...)...)
	minds.Dir, minds.SysProcAttr = "/", attributes
	alive, err := minds.StdinPipe()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := minds.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s := &server{dir: dir, alive: alive, exit: make(chan error, 1)}
	go func() { s.exit <- minds.Wait() }()
	return s, nil
}

// stop stops the server and waits until it and its folder are gone.
func (s *server) stop() error {
	err := s.alive.Close()
	select {
	case <-s.exit: // the status is that of rm, and says nothing of the server
	case <-time.After(20 * time.Second):
		err = errors.Join(err, errors.New("PostgreSQL did not stop"))
	}
	if _, stat := os.Stat(s.dir); stat == nil {
		err = errors.Join(err, fmt.Errorf("%s was not removed", s.dir))
	}
	return err
}

// strike ends the server without any care.
func (s *server) strike() error {
	text, err := os.ReadFile(filepath.Join(s.dir, "data", "postmaster.pid"))
	if err != nil {
		return err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		return err
	}
	return syscall.Kill(pid, syscall.SIGQUIT)
}

// log is what the server wrote.
func (s *server) log() string {
	text, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// findPostgres returns the folder of the newest PostgreSQL that has initdb beside postgres.
func findPostgres() (string, error) {
	installed, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(installed) > 0 {
		return filepath.Dir(slices.MaxFunc(installed, func(a, b string) int { return version(a) - version(b) })), nil
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", errors.New("PostgreSQL is not installed, and the tests need a real one: apt-get install postgresql")
}

// version is the N of /usr/lib/postgresql/N/bin/initdb.
func version(path string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	if err != nil {
		return 0
	}
	return n
}

// unprivileged is how to start a server: as another user if we are root, which PostgreSQL refuses, and in a process
// group of its own, so that an interrupt from the keyboard reaches us alone and the folder is still removed.
func unprivileged() (*syscall.SysProcAttr, error) {
	attributes := &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() != 0 {
		return attributes, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	attributes.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attributes, nil
}
