package report_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/report"
)

func TestBlock(t *testing.T) {
	at := time.Date(2022, 11, 24, 12, 0, 0, 123456789, time.UTC)
	full := report.Request{ID: 99, Body: `{"имя":"Анна"}`, Module: "contact", Action: "add", Code: 200, At: at, UserID: 7, Login: "anna",
		Error: "e", Why: "no_right", Reason: "why", RequestID: "r1", Project: "1111"}
	odd := report.Request{Body: "x\xff\xfey", Module: strings.Repeat("ю", 1000), Login: "a" + strings.Repeat("ю", 1000), Code: -1, UserID: -5,
		Error: "\xff", At: at.Add(-time.Second)}
	b := report.Block{First: 41}
	for _, r := range []report.Request{full, odd, {}} {
		b.Add(r)
	}
	want := []report.Request{full, odd, {}}
	for i := range want {
		want[i].ID = int64(41 + i)
	}
	want[0].At = at.Truncate(time.Microsecond)
	want[1].At = at.Add(-time.Second).Truncate(time.Microsecond)
	want[1].Body, want[1].Error, want[1].Module, want[1].Login = "x\uFFFDy", "", strings.Repeat("ю", 512), "a"+strings.Repeat("ю", 511)
	if diff := cmp.Diff(want, all(t, &b)); diff != "" {
		t.Errorf("mismatch (-want, +got):\n%s", diff)
	}
	if b.Count != 3 || b.Passed != 1 || !b.To.Equal(at) || !b.From.IsZero() {
		t.Errorf("%d requests, %d passed, from %v to %v", b.Count, b.Passed, b.From, b.To)
	}
	for _, tt := range []struct {
		name     string
		document []byte
		count    int
	}{
		{"empty", nil, 1}, {"other version", append([]byte{3}, b.Document[1:]...), 1}, {"cut", b.Document[:len(b.Document)-1], 3},
		{"more than there are", b.Document, 4}, {"endless number", append([]byte{1}, strings.Repeat("\xff", 20)...), 1},
		{"long text", binary.AppendUvarint([]byte{1, 0, 0, 0}, 1<<63), 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			damaged := report.Block{Count: tt.count, Document: tt.document}
			var last error
			n := 0
			for _, last = range damaged.All() {
				n++
			}
			if last == nil || n != min(tt.count, 4) {
				t.Errorf("%d yields, the last with %v, want %d and an error", n, last, tt.count)
			}
		})
	}
}

// TestBlockOfAnEarlierVersion reads what was kept before it was told why a request was refused.
func TestBlockOfAnEarlierVersion(t *testing.T) {
	document := []byte{1}
	for i := range 2 {
		document = binary.AppendVarint(document, int64(i+1)*1e6)
		document = binary.AppendVarint(document, 405)
		document = binary.AppendVarint(document, 7)
		for _, text := range []string{"contact", "add", "Access denied!", "anna", "denied: no right", "r1", "1111", "{}"} {
			document = append(binary.AppendUvarint(document, uint64(len(text))), text...)
		}
	}
	want := report.Request{ID: 5, Body: "{}", Module: "contact", Action: "add", Code: 405, Error: "Access denied!", At: time.Unix(1, 0).UTC(), UserID: 7, Login: "anna",
		Reason: "denied: no right", RequestID: "r1", Project: "1111"}
	second := want
	second.ID, second.At = 6, time.Unix(2, 0).UTC()
	if diff := cmp.Diff([]report.Request{want, second}, all(t, &report.Block{First: 5, Count: 2, Document: document})); diff != "" {
		t.Errorf("mismatch (-want, +got):\n%s", diff)
	}
}

func all(t *testing.T, b *report.Block) (got []report.Request) {
	t.Helper()
	for r, err := range b.All() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r)
	}
	return got
}

// FuzzBlock reads any document; what can be read is the same after another turn.
func FuzzBlock(f *testing.F) {
	var b report.Block
	b.Add(report.Request{Body: "{}", Module: "contact", Action: "add", Code: 200, At: time.Unix(1, 0), UserID: 7, Login: "anna"})
	b.Add(report.Request{})
	f.Add(b.Document, 2)
	f.Add([]byte{1}, 1)
	f.Add(append([]byte{1}, b.Document[1:]...), 2)
	f.Fuzz(func(t *testing.T, document []byte, count int) {
		read := report.Block{Count: count % 1000, Document: document}
		var first, again []report.Request
		var copied report.Block
		for r, err := range read.All() {
			if err != nil {
				break
			}
			copied.Add(r)
		}
		for r, err := range copied.All() {
			if err != nil {
				t.Fatalf("cannot read back: %v", err)
			}
			first = append(first, r)
		}
		var twice report.Block
		for _, r := range first {
			twice.Add(r)
		}
		for r, err := range twice.All() {
			if err != nil {
				t.Fatalf("cannot read back: %v", err)
			}
			again = append(again, r)
		}
		if diff := cmp.Diff(first, again); diff != "" || len(first) != copied.Count {
			t.Errorf("%d of %d, mismatch (-want, +got):\n%s", len(first), copied.Count, diff)
		}
	})
}
