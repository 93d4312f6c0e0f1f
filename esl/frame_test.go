package esl

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// recorded returns what one side of a recorded conversation sent.
func recorded(t testing.TB, file, side string) [][]byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var sent [][]byte
	for len(data) > 0 {
		line, rest, _ := bytes.Cut(data, []byte("\n"))
		var who string
		var n int
		if _, err := fmt.Sscanf(string(line), "#### %s %d bytes", &who, &n); err != nil {
			t.Fatalf("%s: %q: %v", file, line, err)
		}
		if who == side {
			sent = append(sent, rest[:n])
		}
		if data = rest[n:]; n > 0 && rest[n-1] != '\n' {
			data = data[1:]
		}
	}
	return sent
}

func readAll(r io.Reader) (frames []frame, err error) {
	fr := newFrameReader(r, clientBuffer)
	for {
		f, err := fr.next()
		if err != nil {
			return frames, err
		}
		frames = append(frames, f)
	}
}

// Whole recorded conversations, event frames included, cut at every possible place by the network.
func TestRecordedConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			stream := bytes.Join(recorded(t, file, "server"), nil)
			frames, err := readAll(iotest.OneByteReader(bytes.NewReader(stream)))
			if !errors.Is(err, io.EOF) {
				t.Fatalf("after %d frames: %v", len(frames), err)
			}
			var got strings.Builder
			for _, f := range frames {
				fmt.Fprintf(&got, "%s headers=%d body=%d", f.kind, strings.Count(f.head, "\n"), len(f.body))
				switch f.kind {
				case typeReply:
					fmt.Fprintf(&got, " %q", unescapePercent(f.get("Reply-Text")))
				case typeAPI:
					fmt.Fprintf(&got, " %.60q", f.body)
				case typePlain, typeJSON:
					e, err := ParseEvent(f.kind, f.body)
					if err != nil {
						t.Fatalf("%v in %q", err, f.body)
					}
					fmt.Fprintf(&got, " %s %s seq=%d headers=%d body=%q at %s action=%q name=%q agent=%q", e.Name(), e.Subclass(), e.Sequence(),
						len(e.headers.starts), e.Body(), e.Time().UTC().Format("15:04:05.000000"), e.Get("CC-Action"), e.Get("Channel-Name"), e.Get("cc-agent"))
				}
				got.WriteByte('\n')
			}
			golden := strings.TrimSuffix(file, ".txt") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("frames (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFrames(t *testing.T) {
	big := strings.Repeat("0123456789", 20_000)
	tests := []struct {
		name, stream string
		want         []frame
		err          error
	}{
		{name: "nothing", err: io.EOF},
		{name: "headers only", stream: "A: 1\nB: 2\n\n", want: []frame{{head: "A: 1\nB: 2\n"}}, err: io.EOF},
		{name: "carriage returns", stream: "A: 1\r\n\r\n", want: []frame{{head: "A: 1\r\n"}}, err: io.EOF},
		{name: "value with a colon", stream: "Reply-Text: +OK Job-UUID: x\n\n", want: []frame{{head: "Reply-Text: +OK Job-UUID: x\n"}}, err: io.EOF},
		{name: "empty value", stream: "A:\nB: \n\n", want: []frame{{head: "A:\nB: \n"}}, err: io.EOF},
		{name: "percent sign is no escape", stream: "Reply-Text: -ERR 100%25\n\n", want: []frame{{head: "Reply-Text: -ERR 100%25\n"}}, err: io.EOF},
		{name: "body", stream: "Content-Length: 3\n\nab\nA: 1\n\n", want: []frame{
			{head: "Content-Length: 3\n", body: "ab\n"}, {head: "A: 1\n"}}, err: io.EOF},
		{name: "length in another case", stream: "content-length: 1\n\nx", want: []frame{{head: "content-length: 1\n", body: "x"}}, err: io.EOF},
		{name: "no body", stream: "Content-Length: 0\n\n\n\nA: 1\n\n", want: []frame{
			{head: "Content-Length: 0\n"}, {head: "A: 1\n"}}, err: io.EOF},
		{name: "large body", stream: "Content-Length: 200000\n\n" + big, want: []frame{{head: "Content-Length: 200000\n", body: big}}, err: io.EOF},
		{name: "large header", stream: "A: " + big + "\n\n", want: []frame{{head: "A: " + big + "\n"}}, err: io.EOF},
		{name: "type in another case", stream: "CONTENT-TYPE: a/b\nContent-Type: c/d\n\n", want: []frame{{kind: "a/b", head: "CONTENT-TYPE: a/b\nContent-Type: c/d\n"}}, err: io.EOF},
		{name: "type without a blank", stream: "Content-Type:a/b\r\n\r\n", want: []frame{{kind: "a/b", head: "Content-Type:a/b\r\n"}}, err: io.EOF},
		{name: "event", stream: "Content-Length: 2\nContent-Type: text/event-plain\n\nab", want: []frame{{kind: typePlain, body: "ab"}}, err: io.EOF},
		{name: "cut in a header", stream: "A: 1\n", err: io.ErrUnexpectedEOF},
		{name: "cut in a body", stream: "Content-Length: 3\n\nab", err: io.ErrUnexpectedEOF},
		{name: "cut before a body", stream: "Content-Length: 3\n\n", err: io.ErrUnexpectedEOF},
		{name: "cut in a large body", stream: "Content-Length: 200000\n\nab", err: io.ErrUnexpectedEOF},
		{name: "negative length", stream: "Content-Length: -1\n\n", err: ErrProtocol},
		{name: "signed length", stream: "Content-Length: +1\n\nx", err: ErrProtocol},
		{name: "length with a blank", stream: "Content-Length: 1 \n\nx", err: ErrProtocol},
		{name: "empty length", stream: "Content-Length:\n\n", err: ErrProtocol},
		{name: "length over the limit", stream: "Content-Length: 67108865\n\n", err: ErrProtocol},
		{name: "header over the limit", stream: strings.Repeat(big, 6), err: ErrProtocol},
		{name: "blank lines over the limit", stream: strings.Repeat("\n", 1<<20+1), err: ErrProtocol},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := readAll(strings.NewReader(tt.stream))
			if !errors.Is(err, tt.err) {
				t.Errorf("error %v, want %v", err, tt.err)
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(frame{})); diff != "" {
				t.Errorf("frames (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFrameHeaders(t *testing.T) {
	f := frame{head: "A:1\r\nno header\nReply-Text: +OK Job-UUID: x\nodd: name: y\nreply-text: z\nEmpty: \n"}
	tests := []struct{ name, header, want string }{
		{"no blank", "A", "1"},
		{"value with a colon", "Reply-Text", "+OK Job-UUID: x"},
		{"first of two, case ignored", "REPLY-TEXT", "+OK Job-UUID: x"},
		{"cut at the first colon that a blank follows", "odd", "name: y"},
		{"empty", "Empty", ""},
		{"none", "B", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := f.get(tt.header); got != tt.want {
				t.Errorf("get() = %q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzFrames(f *testing.F) {
	for _, file := range []string{"commands", "bgapi_background_job_plain", "auth_wrong_password"} {
		f.Add(bytes.Join(recorded(f, "testdata/"+file+".txt", "server"), nil))
	}
	f.Add([]byte("Content-Length: 5\n\nab"))
	f.Add([]byte("Content-Length: -5\r\n\r\nab"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		frames, err := readAll(bytes.NewReader(stream))
		if err == nil {
			t.Fatal("no end")
		}
		size := 0
		for _, f := range frames {
			size += len(f.body) + len(f.head)
		}
		if size > len(stream) {
			t.Errorf("%d bytes made of %d", size, len(stream))
		}
		// However the network cuts the stream, it says the same.
		again, err2 := readAll(iotest.HalfReader(bytes.NewReader(stream)))
		if diff := cmp.Diff(frames, again, cmp.AllowUnexported(frame{})); diff != "" || err.Error() != err2.Error() {
			t.Errorf("%v, then %v, frames (-first +second):\n%s", err, err2, diff)
		}
	})
}
