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
const minder = `"$1/postgres" -D "$0/data" -k "$0" -c listen_addresses= -c fsync=off -c synchronous_commit=off \
	-c full_page_writes=off -c max_connections=200 -c shared_buffers=32MB </dev/null >"$0/log" 2>&1 &
read _
kill -QUIT $!
wait $!
rm -rf "$0"`

// start makes a new cluster and starts a server on it, which listens on a socket in its folder only.
func start() (*server, error) {
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
	shell := exec.Command("/bin/sh", "-c", minder, dir, bin)
	shell.Dir, shell.SysProcAttr = "/", attributes
	alive, err := shell.StdinPipe()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := shell.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s := &server{dir: dir, alive: alive, exit: make(chan error, 1)}
	go func() { s.exit <- shell.Wait() }()
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
