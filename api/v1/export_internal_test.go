package v1

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"callgate/internal/history"
)

// TestSheets: what is more than a sheet holds goes on in the next.
func TestSheets(t *testing.T) {
	for _, tt := range []struct {
		name  string
		calls int
		want  string
	}{{"none", 0, "Calls 1:"}, {"one sheet", 3, "Calls 1:012"}, {"two", 4, "Calls 1:012 Calls 2:3"}, {"three", 7, "Calls 1:012 Calls 2:345 Calls 3:6"}} {
		t.Run(tt.name, func(t *testing.T) {
			folder := t.TempDir()
			t.Setenv("TMPDIR", folder)
			var file bytes.Buffer
			out, err := newXLSX(&file, time.UTC, callTable())
			if err != nil {
				t.Fatal(err)
			}
			out.(*xlsxExport[Call]).most = 3
			for i := range tt.calls {
				if err := out.Write(&Call{UUID: strconv.Itoa(i)}); err != nil {
					t.Fatal(err)
				}
			}
			if err := out.End(); err != nil {
				t.Fatal(err)
			}
			if err := out.Close(); err != nil {
				t.Fatal(err)
			}
			if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
				t.Errorf("left: %v %v", left, err)
			}
			book, err := excelize.OpenReader(&file)
			if err != nil {
				t.Fatal(err)
			}
			defer book.Close()
			var got []string
			for _, sheet := range book.GetSheetList() {
				rows, err := book.GetRows(sheet)
				if err != nil || rows[0][0] != "uuid" {
					t.Fatalf("%v in %q", err, rows)
				}
				text := sheet + ":"
				for _, row := range rows[1:] {
					text += row[0]
				}
				got = append(got, text)
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestNoFolder: without a place for it there is no workbook, rather than one in memory.
func TestNoFolder(t *testing.T) {
	t.Setenv("TMPDIR", "/nowhere")
	if _, err := newXLSX(nil, time.UTC, callTable()); err == nil {
		t.Error("it was begun")
	}
}

// FuzzHarmless: no text begins as what a spreadsheet runs, but numbers, and nothing else is changed.
func FuzzHarmless(f *testing.F) {
	for _, text := range []string{"", "=1+1", "+79161234567", "-5", "+5-2", "@x", "\tx", "\r", "Анна", "'=x", "+"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := harmless(text)
		if got != text && got != "'"+text {
			t.Errorf("%q became %q", text, got)
		}
		if got == "" || !strings.ContainsAny(got[:1], "=+-@\t\r") {
			return
		}
		if rest := strings.Trim(got[1:], "0123456789"); got[0] != '+' && got[0] != '-' || rest != "" || got[1:] == "" {
			t.Errorf("%q is run", got)
		}
	})
}

// FuzzPlace: a cursor leads back to where it was made, and there is one text for each place.
func FuzzPlace(f *testing.F) {
	f.Add("1.2", int64(1), int64(2))
	f.Add("x", int64(-1), int64(0))
	f.Fuzz(func(t *testing.T, text string, started, id int64) {
		if c, err := readPlace(text); err == nil && place(c) != text {
			t.Errorf("%q leads to %+v, which is %q", text, c, place(c))
		}
		want := history.Cursor{Started: started, ID: id}
		if got, err := readPlace(place(want)); (err == nil) != (want != history.Cursor{}) || got != want {
			t.Errorf("got %+v, %v; want %+v", got, err, want)
		}
	})
}

// FuzzMoment: whatever is sent for a time, what comes of it is a time that a query can ask for.
func FuzzMoment(f *testing.F) {
	for _, text := range []string{"2026-05-03", "2026-05-03T12:00:00", "2026-05-03T12:00:00+03:00", "2026-10-25T02:30:00", "9999-12-31", "0001-01-01T00:00:00Z"} {
		f.Add(text)
	}
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		from, wrong := moment("from", text, zone, false)
		to, again := moment("to", text, zone, true)
		if (wrong == nil) != (again == nil) || wrong == nil && text != "" && (from <= 0 || to < from || to-from > int64(26*time.Hour/time.Microsecond)) {
			t.Errorf("%q: from %d (%v) to %d (%v)", text, from, wrong, to, again)
		}
	})
}

// TestMidnight: a day is a whole one where the clock is put forward or back at midnight.
func TestMidnight(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ zone, day, from, to string }{
		{"America/Santiago", "2026-09-05", "2026-09-05T04:00:00Z", "2026-09-06T04:00:00Z"},
		{"America/Santiago", "2026-09-06", "2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z"},
		{"Africa/Cairo", "2026-04-23", "2026-04-22T22:00:00Z", "2026-04-23T22:00:00Z"},
		{"Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"},
		{"America/Havana", "2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"},
		{"Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"},
	} {
		t.Run(tt.zone+" "+tt.day, func(t *testing.T) {
			zone, err := time.LoadLocation(tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			from, wrong := moment("from", tt.day, zone, false)
			to, again := moment("to", tt.day, zone, true)
			if got := [...]string{micro(from).Format(time.RFC3339), micro(to).Format(time.RFC3339)}; wrong != nil || again != nil || got != [...]string{tt.from, tt.to} {
				t.Errorf("got %q (%v, %v)", got, wrong, again)
			}
		})
	}
}

// pieces keeps the size of the largest write.
type pieces struct{ total, largest int }

func (p *pieces) Write(b []byte) (int, error) {
	p.total, p.largest = p.total+len(b), max(p.largest, len(b))
	return len(b), nil
}

// TestWorkbookInPieces: a workbook is written as it is packed, not made in memory first.
func TestWorkbookInPieces(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	p := &pieces{}
	out, err := newXLSX(p, time.UTC, callTable())
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	names := rand.NewChaCha8([32]byte{})
	for range 4_000 {
		var name [64]byte
		_, _ = names.Read(name[:])
		if err := out.Write(&Call{CallerName: hex.EncodeToString(name[:])}); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.End(); err != nil {
		t.Fatal(err)
	}
	if p.total < 200_000 || p.largest > 64<<10 {
		t.Errorf("%d bytes, %d of them at once", p.total, p.largest)
	}
}
