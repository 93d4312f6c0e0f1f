package cdr_test

import (
	"runtime"
	"strings"
	"testing"

	"callgate/cdr"
)

// TestAllocations bounds what reading a document costs the garbage collector: there is no piece of memory for every
// element of it.
func TestAllocations(t *testing.T) {
	for _, name := range captures(t) {
		req, body := capture(t, name)
		id, raw := req.URL.Query().Get("uuid"), parsed(t, name).Raw
		var out []byte
		shown := testing.AllocsPerRun(20, func() { out, _ = cdr.AppendJSON(out[:0], raw) })
		read := testing.AllocsPerRun(20, func() { cdr.Parse(id, body) })
		if shown > 15 || read > 60 {
			t.Errorf("%s: %v allocations as JSON, %v as a record; want at most 15, 60", name, shown, read)
		}
	}
}

// TestMemoryIsBounded reads documents made to take as much memory as they can.
func TestMemoryIsBounded(t *testing.T) {
	const size = 1 << 18
	for _, trap := range []string{"<a/>", "<a>", "<a></a>", "<a>1</a>", `<a b=""/>`, "&#1;", "\x01", "<", "<a>\r</a>", "<a>x<?y?>", "<a><!</a>", "\r", "%01"} {
		for _, before := range []string{"<cdr>", "<cdr><variables>"} {
			raw := []byte(before + strings.Repeat(trap, size/len(trap)))
			var start, end runtime.MemStats
			runtime.ReadMemStats(&start)
			r := cdr.Parse("leg", raw)
			if _, err := cdr.AppendJSON(nil, raw); err != nil || !r.Readable && trap[0] == '<' && len(trap) > 3 {
				t.Errorf("%s and then many of %q: not read: %v", before, trap, err)
			}
			runtime.ReadMemStats(&end)
			if got := end.TotalAlloc - start.TotalAlloc; got > 100*size {
				t.Errorf("%s and then many of %q: %d bytes for each byte", before, trap, got/size)
			}
		}
	}
}
