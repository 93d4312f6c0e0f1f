package cdr_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"syscall"
	"testing"
	"time"

	"callgate/cdr"
)

// BenchmarkPeerCDR measures this package beside encoding/xml on every capture: in each round one after the other, so that
// a noisy machine is unfair to both alike, by the processor time of this process, the garbage collector's included. What
// is reported are the medians over the rounds, in bytes of XML for each second of one core. The peer walks the
// document's tokens and does nothing with them.
func BenchmarkPeerCDR(b *testing.B) {
	type document struct {
		id        string
		body, raw []byte
	}
	var documents []document
	size := 0
	for _, name := range captures(b) {
		req, body := capture(b, name)
		d := document{req.URL.Query().Get("uuid"), body, parsed(b, name).Raw}
		documents = append(documents, d)
		size += len(d.raw)
	}
	var out []byte
	for _, bench := range []struct {
		name string
		ours func(d document) error
	}{
		// A CDR as it was posted: its encoding undone, digested and read.
		{"record", func(d document) error {
			if r := cdr.Parse(d.id, d.body); !r.Readable {
				return cdr.ErrNoDocument
			}
			return nil
		}},
		{"JSON", func(d document) (err error) {
			out, err = cdr.AppendJSON(out[:0], d.raw)
			return err
		}},
		{"JSON without numbers", func(d document) (err error) {
			out, err = cdr.AppendJSONWithoutNumbers(out[:0], d.raw)
			return err
		}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			speed := func(times int, read func(document) error) float64 {
				began := processorTime()
				for range times {
					for _, d := range documents {
						if err := read(d); err != nil {
							b.Fatal(err)
						}
					}
				}
				return float64(times*size) / float64((processorTime() - began).Microseconds())
			}
			var ours, theirs, ratios []float64
			for b.Loop() {
				our, their := speed(8, bench.ours), speed(1, func(d document) error { return walk(d.raw) })
				ours, theirs, ratios = append(ours, our), append(theirs, their), append(ratios, our/their)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(middle(ours), "MB/s")
			b.ReportMetric(middle(theirs), "xml-MB/s")
			b.ReportMetric(middle(ratios), "x-MB/s")
		})
	}
}

// walk reads a document's tokens with encoding/xml.
func walk(raw []byte) error {
	for d := xml.NewDecoder(bytes.NewReader(raw)); ; {
		if _, err := d.RawToken(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// processorTime is what this process has used so far.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// middle returns the median.
func middle(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}
