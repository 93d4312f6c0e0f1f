package esltest_test

import (
	"bufio"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"callgate/esl/esltest"
)

// run starts a switch and stops it with the test.
func run(t testing.TB, cfg esltest.Config) *esltest.Switch {
	t.Helper()
	s, err := esltest.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// peer is a conversation with a switch: frames are read in the background.
type peer struct {
	t  *testing.T
	nc net.Conn

	mu     sync.Mutex
	got    []frame
	ended  bool
	change chan struct{}
	done   chan struct{}
}

func newPeer(t *testing.T, nc net.Conn) *peer {
	p := &peer{t: t, nc: nc, change: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(p.done)
		r := bufio.NewReader(nc)
		for {
			f, err := readFrame(r)
			p.mu.Lock()
			if err != nil {
				p.ended = true
			} else {
				p.got = append(p.got, f)
			}
			close(p.change)
			p.change = make(chan struct{})
			p.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		nc.Close()
		<-p.done
	})
	return p
}

func (p *peer) send(text string) {
	p.t.Helper()
	if _, err := p.nc.Write([]byte(text)); err != nil {
		p.t.Fatalf("send %q: %v", text, err)
	}
}

// wait blocks until ok holds for the frames that have come.
func (p *peer) wait(what string, ok func(got []frame, ended bool) bool) []frame {
	p.t.Helper()
	deadline := time.After(time.Minute)
	for {
		p.mu.Lock()
		got, ended, change := slices.Clone(p.got), p.ended, p.change
		p.mu.Unlock()
		if ok(got, ended) {
			return got
		}
		if ended {
			p.t.Fatalf("connection ended while waiting for %s; got %s", what, summary(got))
		}
		select {
		case <-change:
		case <-deadline:
			p.t.Fatalf("no %s; got %s", what, summary(got))
		}
	}
}

func (p *peer) replies(n int) []frame {
	p.t.Helper()
	return p.wait(strconv.Itoa(n)+" replies", func(got []frame, _ bool) bool {
		count := 0
		for _, f := range got {
			if f.isReply() {
				count++
			}
		}
		return count >= n
	})
}

// event waits until the n-th event that has all those headers.
func (p *peer) event(n int, pairs ...string) frame {
	p.t.Helper()
	var found frame
	p.wait(fmt.Sprint("event ", n, " with ", pairs), func(got []frame, _ bool) bool {
		left := n
		for _, f := range got {
			match := f.event != nil
			for i := 0; match && i < len(pairs); i += 2 {
				match = lookup(f.event, pairs[i]) == pairs[i+1]
			}
			if match {
				if left--; left == 0 {
					found = f
					return true
				}
			}
		}
		return false
	})
	return found
}

// admin is a second client.
type admin struct {
	*peer
	n int
}

func newAdmin(t *testing.T, nc net.Conn) *admin {
	a := &admin{peer: newPeer(t, nc), n: 1}
	a.command("auth ClueCon")
	return a
}

// command sends one and returns what answers it.
func (a *admin) command(text string) frame {
	a.t.Helper()
	a.replies(a.n)
	a.send(text + "\n\n")
	a.n++
	var last frame
	for _, f := range a.replies(a.n) {
		if f.isReply() {
			last = f
		}
	}
	return last
}

func (a *admin) api(text string) string {
	a.t.Helper()
	return a.command("api " + text).body
}

func summary(got []frame) string {
	var parts []string
	for _, f := range got {
		if f.event == nil {
			parts = append(parts, f.get("Content-Type")+" "+f.get("Reply-Text"))
			continue
		}
		parts = append(parts, lookup(f.event, "Event-Name")+" "+lookup(f.event, "CC-Action"))
	}
	return strings.Join(parts, "; ")
}

// life lets time pass by the switch's clock: calls have to take their time.
func (a *admin) life(d time.Duration) {
	a.t.Helper()
	a.api("msleep " + strconv.Itoa(int(d.Milliseconds())))
}
