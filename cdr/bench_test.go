package cdr_test

import (
	"bytes"
	"encoding/xml"
	"testing"

	"callgate/cdr"
)

// BenchmarkParse reads the largest capture as it was posted, percent-encoded.
func BenchmarkParse(b *testing.B) {
	req, body := capture(b, member)
	id := req.URL.Query().Get("uuid")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		cdr.Parse(id, body)
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	raw := parsed(b, member).Raw
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	var out []byte
	for b.Loop() {
		var err error
		if out, err = cdr.AppendJSON(out[:0], raw); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEncodingXML walks the same document's tokens, and does nothing with them.
func BenchmarkEncodingXML(b *testing.B) {
	raw := parsed(b, member).Raw
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		for d := xml.NewDecoder(bytes.NewReader(raw)); ; {
			if _, err := d.RawToken(); err != nil {
				break
			}
		}
	}
}
