package esl

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"
)

// stream is a connection whose peer says what was written before and then hangs up; what it is told it ignores.
type stream struct {
	net.Conn // for the methods that nobody calls
	said     io.Reader
	mu       sync.Mutex
	closed   bool
}

func (s *stream) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, net.ErrClosed
	}
	return s.said.Read(p)
}

func (s *stream) Write(p []byte) (int, error) { return len(p), nil }

func (s *stream) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

// Whatever a peer says, commands end, the connection ends, and events come out whole or not at all.
func FuzzConversation(f *testing.F) {
	for _, file := range []string{"commands", "bgapi_background_job_plain", "agent_status_json_events", "auth_wrong_password"} {
		f.Add(bytes.Join(recorded(f, "testdata/"+file+".txt", "server"), nil))
	}
	for _, file := range []string{"outbound_async_full", "outbound_sync_full"} {
		f.Add(bytes.Join(recorded(f, "esltest/testdata/esl/"+file+".txt", "server"), nil))
	}
	for _, said := range []string{
		"Content-Type: command/reply\nReply-Text: -ERR no\n\n", "Content-Type: api/response\nContent-Length: -1\n\n",
		"Content-Type: api/response\nContent-Length: 99999999999999999999\n\n", "Content-Type: text/rude-rejection\nContent-Length: 24\n\n",
		"Content-Length: 24\nContent-Type: text/event-json\n\n{\"Event-Name\":\"X\",\"a/(\xff\"", "Content-Type: text/event-plain\nContent-Length: 3\n\na:b",
		"Content-Type: text/disconnect-notice\nContent-Disposition: linger\n\nContent-Type: log/data\n\n",
	} {
		f.Add([]byte(said))
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		nc := &stream{said: bytes.NewReader(said)}
		sock := newSocket(nc, nc)
		bytesOut := 0
		c := newConn(sock, newFrameReader(sock, sessionBuffer), connOptions{
			timeout: time.Minute, ping: time.Minute, places: 2,
			onEvents: func(run []*Event) {
				for _, e := range run {
					if e.Name() == "" {
						t.Error("an event without a name")
					}
					bytesOut += len(e.Body())
					for name, value := range e.All() {
						bytesOut += len(name) + len(value)
					}
				}
			},
			onLinger: func() {}, onSkip: func(string) {}, onEnd: func(error) {},
		})
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				f, err := c.do(context.Background(), pingMessage())
				if err != nil {
					if !errors.Is(err, ErrDown) && !errors.Is(err, ErrOutcomeUnknown) {
						t.Errorf("do() = %v, want ErrDown or ErrOutcomeUnknown", err)
					}
					return
				}
				checkOutcome(t, f)
			})
		}
		c.start()
		wg.Wait()
		<-c.done
		if err := c.stop(nil); err == nil {
			t.Error("the connection ended without a reason")
		}
		// A decoded value is not longer than its text, but for half an escaped pair, which becomes three bytes, and arrays,
		// which are written as FreeSWITCH writes them.
		if bytesOut > 4*len(said) {
			t.Errorf("%d bytes made of %d", bytesOut, len(said))
		}
	})
}

// checkOutcome holds a reply against what replies are: a text, or an error that says what was said.
func checkOutcome(t *testing.T, f frame) {
	t.Helper()
	text, err := result(f)
	var reply *ReplyError
	switch {
	case err == nil && text == "":
		t.Error("nothing at all was taken for a result")
	case err == nil && strings.HasPrefix(strings.TrimSpace(text), "-ERR"):
		t.Errorf("%q was taken for a result", text)
	case err != nil && (!errors.As(err, &reply) || text != "" || reply.Unwrap() == nil):
		t.Errorf("result() = %q, %v", text, err)
	case err != nil && (len(err.Error()) > 512 || !utf8.ValidString(err.Error())):
		t.Errorf("an error of %d bytes", len(err.Error()))
	}
}

func FuzzReply(f *testing.F) {
	for _, text := range []string{"+OK accepted", "-ERR invalid", "-ERR no reply\n", "-USAGE: <a>\n", "", " \n", "0", "true", "~x", "-ERR 100% \xff"} {
		f.Add(text, true)
		f.Add(text, false)
	}
	f.Fuzz(func(t *testing.T, text string, isReply bool) {
		fr := frame{kind: typeAPI, body: text}
		if isReply {
			fr = frame{kind: typeReply, head: "Content-Type: command/reply\nReply-Text: " + text + "\n"}
		}
		checkOutcome(t, fr)
	})
}
