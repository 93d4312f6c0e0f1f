package cdr_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callgate/cdr"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// The captures that the tests speak of by name. Each is a request as mod_xml_cdr sent it.
const (
	member    = "queue-member-answered-recorded-utf8-name"
	agent     = "queue-agent-leg-held"
	agentBusy = "agent-attempt-busy-posted-as-a-leg"
	clickToA  = "click-to-call-a-leg"
)

// captures returns the names of all captures.
func captures(tb testing.TB) []string {
	tb.Helper()
	files, err := filepath.Glob("testdata/captures/*.http")
	if err != nil || len(files) != 15 {
		tb.Fatalf("found %d captures (%v), want 15", len(files), err)
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(filepath.Base(f), ".http")
	}
	return files
}

// capture returns one recorded request and its body.
func capture(tb testing.TB, name string) (*http.Request, []byte) {
	tb.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "captures", name+".http"))
	if err != nil {
		tb.Fatal(err)
	}
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		tb.Fatal(err)
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return req, body
}

// parsed returns the record of one capture.
func parsed(tb testing.TB, name string) *cdr.Record {
	tb.Helper()
	req, body := capture(tb, name)
	return cdr.Parse(req.URL.Query().Get("uuid"), body)
}

// golden compares got with a golden file, or writes it.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	file = filepath.Join("testdata", "golden", file)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s: mismatch (-want, +got):\n%s", file, diff)
	}
}

func TestCaptures(t *testing.T) {
	for _, name := range captures(t) {
		t.Run(name, func(t *testing.T) {
			r := parsed(t, name)
			if !r.Readable || r.Damaged {
				t.Errorf("readable %v, damaged %v", r.Readable, r.Damaged)
			}
			if !bytes.HasPrefix(r.Raw, []byte(`<?xml version="1.0"?>`+"\n<cdr ")) || !bytes.HasSuffix(r.Raw, []byte("</cdr>\n")) {
				t.Errorf("raw is not the XML that FreeSWITCH made: %.40q … %q", r.Raw, r.Raw[max(0, len(r.Raw)-10):])
			}
			shown, err := cdr.AppendJSON(nil, r.Raw)
			if err != nil {
				t.Fatal(err)
			}
			var compact, indented bytes.Buffer
			if err := json.Compact(&compact, shown); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(compact.Bytes(), shown) {
				t.Error("the JSON is not compact")
			}
			if err := json.Indent(&indented, shown, "", "  "); err != nil {
				t.Fatal(err)
			}
			indented.WriteByte('\n')
			golden(t, name+".json", indented.Bytes())

			summary, err := json.MarshalIndent(struct {
				*cdr.Record
				Raw    int
				Digest string
			}{r, len(r.Raw), hex.EncodeToString(r.Digest[:])}, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".record.json", append(summary, '\n'))
		})
	}
}
