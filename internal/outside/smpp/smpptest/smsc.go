// Package smpptest has an SMSC for tests that nobody here wrote: the npm package smpp, run by Node, whose packages are fetched
// once. It is for tests only.
package smpptest

import (
	"bufio"
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"callgate/internal/outside/npmtest"
)

//go:embed smsc
var files embed.FS

// Event is what the SMSC saw.
type Event struct {
	Event       string `json:"ev"`
	Ref         int    `json:"ref"`
	Port        int    `json:"port"`
	Session     int    `json:"session"`
	Status      int    `json:"status"`
	Error       string `json:"error"`
	Kind        string `json:"kind"`
	SystemID    string `json:"system_id"`
	Password    string `json:"password"`
	SystemType  string `json:"system_type"`
	Version     int    `json:"version"`
	How         string `json:"how"`
	Has         bool   `json:"has"` // it will be delivered
	ID          string `json:"id"`
	SourceTON   int    `json:"src_ton"`
	SourceNPI   int    `json:"src_npi"`
	Source      string `json:"src"`
	DestTON     int    `json:"dst_ton"`
	DestNPI     int    `json:"dst_npi"`
	Dest        string `json:"dst"`
	ESMClass    int    `json:"esm_class"`
	Validity    string `json:"validity"`
	Registered  int    `json:"registered_delivery"`
	DataCoding  int    `json:"data_coding"`
	Length      int    `json:"length"`
	UDH         []string
	Text        string `json:"text"`
	Payload     string `json:"payload"`
	ServiceType string `json:"service_type"`
}

// SMSC is an SMSC of the npm package smpp, as a process of its own, whose Addr takes sessions. It may be used from any goroutine.
type SMSC struct {
	Addr string
	t    testing.TB
	in   io.WriteCloser

	mu     sync.Mutex
	events []Event
	more   chan struct{} // closed when there are more
	refs   int
}

// New starts one, which runs until the end of the test.
func New(t testing.TB) *SMSC {
	t.Helper()
	folder, err := fs.Sub(files, "smsc")
	if err != nil {
		t.Fatal(err)
	}
	modules, err := npmtest.Packages("smsc", folder)
	if err != nil {
		t.Fatal(err)
	}
	s := &SMSC{t: t, more: make(chan struct{})}
	server, err := files.ReadFile("smsc/server.js")
	path := filepath.Join(t.TempDir(), "server.js")
	if err == nil {
		err = os.WriteFile(path, server, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "node", path) // it ends when its input does
	cmd.Env = []string{"NODE_PATH=" + modules}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	s.in, _ = cmd.StdinPipe()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("the SMSC of the tests needs Node: %v", err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := json.NewDecoder(bufio.NewReader(out)); ; {
			var e Event
			if err := lines.Decode(&e); err != nil {
				return
			}
			s.mu.Lock()
			s.events = append(s.events, e)
			close(s.more)
			s.more = make(chan struct{})
			s.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		s.in.Close()
		<-read
		if err := cmd.Wait(); err != nil || stderr.Len() > 0 {
			t.Errorf("the SMSC: %v\n%s", err, stderr.String())
		}
	})
	s.Addr = fmt.Sprintf("127.0.0.1:%d", s.Wait("listening", nil).Port)
	return s
}

// Tell has the SMSC do something.
func (s *SMSC) Tell(command string, what map[string]any) {
	s.t.Helper()
	s.mu.Lock()
	s.refs++
	ref := s.refs
	s.mu.Unlock()
	all := map[string]any{"cmd": command, "ref": ref}
	maps.Copy(all, what)
	line, err := json.Marshal(all)
	if err == nil {
		_, err = s.in.Write(append(line, '\n'))
	}
	if err != nil {
		s.t.Fatal(err)
	}
	if done := s.Wait("", func(e Event) bool { return e.Ref == ref }); done.Event != "done" {
		s.t.Fatalf("the SMSC does not do %s: %s", line, done.Error)
	}
}

// Set says how it behaves from now on.
func (s *SMSC) Set(what map[string]any) { s.t.Helper(); s.Tell("set", what) }

// Wait waits for an Event of that name for which that holds, and returns the first.
func (s *SMSC) Wait(name string, holds func(Event) bool) Event {
	s.t.Helper()
	return s.WaitFor(name, 1, holds)[0]
}

// WaitFor waits for so many.
func (s *SMSC) WaitFor(name string, n int, holds func(Event) bool) []Event {
	s.t.Helper()
	limit := time.After(90 * time.Second)
	for {
		s.mu.Lock()
		more := s.more
		s.mu.Unlock()
		if found := s.All(name, holds); len(found) >= n {
			return found
		}
		select {
		case <-more:
		case <-limit:
			s.t.Fatalf("the SMSC does not see %d %s: %+v", n, name, s.All("", nil))
		}
	}
}

// All are the events of a name, "" for every one, for which that holds, nil for always.
func (s *SMSC) All(name string, holds func(Event) bool) (found []Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if (name == "" || e.Event == name) && (holds == nil || holds(e)) {
			found = append(found, e)
		}
	}
	return found
}
