package esltest_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// segment is what one side of a recorded conversation sent in one piece.
type segment struct {
	client bool
	data   []byte
}

func readRecording(t *testing.T, name string) []segment {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "esl", name))
	if err != nil {
		t.Fatal(err)
	}
	var out []segment
	for len(raw) > 0 {
		line, rest, _ := bytes.Cut(raw, []byte("\n"))
		var side string
		var n int
		if _, err := fmt.Sscanf(string(line), "#### %s %d bytes", &side, &n); err != nil || n > len(rest) {
			t.Fatalf("%s: bad line %q", name, line)
		}
		out = append(out, segment{side == "client", rest[:n]})
		raw = rest[n:]
		if n == 0 || rest[n-1] != '\n' || bytes.HasPrefix(raw, []byte("\n####")) {
			raw = bytes.TrimPrefix(raw, []byte("\n"))
		}
	}
	return out
}

// field is one header of a frame or of an event.
type field struct{ name, value string }

// frame is one thing the switch sent: header lines, then a body; an event is
// taken apart into its own headers.
type frame struct {
	head  []field
	event []field // nil when it is no event
	body  string
}

func (f frame) get(name string) string { return lookup(f.head, name) }

func lookup(list []field, name string) string {
	for _, x := range list {
		if x.name == name {
			return x.value
		}
	}
	return ""
}

// isReply is whether a command had to be sent for it.
func (f frame) isReply() bool {
	switch f.get("Content-Type") {
	case "auth/request", "command/reply", "api/response":
		return true
	}
	return false
}

func readFrame(r *bufio.Reader) (frame, error) {
	var f frame
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return f, err
		}
		line = strings.TrimSuffix(line, "\n")
		if line == "" {
			break
		}
		name, value, ok := strings.Cut(line, ": ")
		if !ok {
			return f, fmt.Errorf("header line %q", line)
		}
		f.head = append(f.head, field{name, value})
	}
	if f.get("Event-Name") != "" { // the reply to connect is an event without a frame
		for i := range f.head {
			f.head[i].value = decode(f.head[i].value)
		}
		return f, nil
	}
	n, _ := strconv.Atoi(f.get("Content-Length"))
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		return f, err
	}
	f.body = string(body)
	var err error
	switch f.get("Content-Type") {
	case "text/event-json":
		f.event, err = jsonFields(body)
		f.body = ""
	case "text/event-plain":
		f.event, f.body, err = plainFields(f.body)
	}
	return f, err
}

func decode(v string) string {
	if out, err := url.PathUnescape(v); err == nil {
		return out
	}
	return v
}

// jsonFields keeps order and repetitions, which a map would lose.
func jsonFields(body []byte) ([]field, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	out := []field{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		if list, ok := value.([]any); ok {
			parts := make([]string, len(list))
			for i, v := range list {
				parts[i] = fmt.Sprint(v)
			}
			value = "ARRAY::" + strings.Join(parts, "|:")
		}
		out = append(out, field{key.(string), value.(string)})
	}
	return out, nil
}

func plainFields(text string) ([]field, string, error) {
	head, body, _ := strings.Cut(text, "\n\n")
	out := []field{}
	for line := range strings.SplitSeq(head, "\n") {
		name, value, ok := strings.Cut(line, ": ")
		if !ok {
			return nil, "", fmt.Errorf("event line %q", line)
		}
		out = append(out, field{name, decode(value)})
	}
	return out, body, nil
}

// frames parses everything the switch sent in a recording.
func frames(t *testing.T, segments []segment) []frame {
	t.Helper()
	var all bytes.Buffer
	for _, s := range segments {
		if !s.client {
			all.Write(s.data)
		}
	}
	r := bufio.NewReader(&all)
	var out []frame
	for {
		f, err := readFrame(r)
		if errors.Is(err, io.EOF) && len(f.head) == 0 {
			return out
		}
		if err != nil {
			t.Fatalf("recorded frame: %v", err)
		}
		out = append(out, f)
	}
}
