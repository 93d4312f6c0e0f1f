package v1_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xuri/excelize/v2"

	v1 "callgate/api/v1"
	"callgate/cdr"
	"callgate/internal/fault"
	"callgate/internal/history"
)

// forms are those of an export, and how a file of each is read: the head, and each row as texts.
var forms = []struct {
	name, contentType string
	read              func(r io.Reader, row func(cells []string)) error
}{
	{"csv", "text/csv; charset=utf-8", readCSV},
	{"ndjson", "application/x-ndjson", readNDJSON},
	{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", readXLSX},
}

func readCSV(r io.Reader, row func([]string)) error {
	b := bufio.NewReader(r)
	if mark, _, err := b.ReadRune(); err != nil || mark != '\ufeff' {
		return fmt.Errorf("no mark but %q: %w", mark, err)
	}
	rows := csv.NewReader(b)
	rows.ReuseRecord = true
	for {
		cells, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		row(cells)
	}
}

func readNDJSON(r io.Reader, row func([]string)) error {
	row(names)
	for lines := json.NewDecoder(r); ; {
		var c v1.Call
		if err := lines.Decode(&c); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		stamp := func(t time.Time) string {
			if t.IsZero() {
				return ""
			}
			return t.Add(3 * time.Hour).Format(time.DateTime) // as Moscow has it
		}
		row([]string{c.UUID, c.Switch, c.Direction, stamp(c.Started), stamp(c.Answered), stamp(c.Ended), c.Caller, c.Called, c.CallerGiven, c.CalledGiven, c.CallerName, c.User,
			c.Account, c.Project, c.Number, strings.Join(c.Queues, ", "), strings.Join(c.Agents, ", "), c.Disposition, c.HungUpBy, c.Cause, fmt.Sprint(c.Wait), fmt.Sprint(c.Talk),
			fmt.Sprint(c.Hold), fmt.Sprint(c.WrapUp), fmt.Sprint(c.Duration), fmt.Sprint(c.Recorded), fmt.Sprint(c.Legs)})
	}
}

func readXLSX(r io.Reader, row func([]string)) error { return readBook(r, excelize.Options{}, row) }

// readRawXLSX leaves times the numbers that they are, which is faster by far.
func readRawXLSX(r io.Reader, row func([]string)) error {
	return readBook(r, excelize.Options{RawCellValue: true}, row)
}

// readBook reads all sheets as one.
func readBook(r io.Reader, o excelize.Options, row func([]string)) error {
	book, err := excelize.OpenReader(r, o)
	if err != nil {
		return err
	}
	defer book.Close()
	for i, sheet := range book.GetSheetList() {
		rows, err := book.Rows(sheet)
		if err != nil {
			return err
		}
		for first := true; rows.Next(); first = false {
			cells, err := rows.Columns()
			if err != nil {
				return err
			}
			if first && i > 0 {
				continue
			}
			row(cells)
		}
		if err := errors.Join(rows.Error(), rows.Close()); err != nil {
			return err
		}
	}
	return nil
}

var names = strings.Split("uuid switch direction started answered ended caller called caller_given called_given caller_name user account project number queues agents "+
	"disposition hung_up_by cause wait talk hold wrap_up duration recorded legs", " ")

// TestExport: each form holds what the search finds, as a person or a program is to read it.
func TestExport(t *testing.T) {
	t.Parallel()
	a := &archive{}
	evil := whole()
	evil.UUID, evil.Started, evil.Answered, evil.CallerName, evil.Caller, evil.CallerGiven, evil.Called = "evil", evil.Started-1e6, 0, `=HYPERLINK("http://x","a""b")`, "007", "-5+2", "@SUM(1)"
	evil.Cause, evil.User, evil.Switch, evil.Number, evil.CalledGiven, evil.Project = "a,b\n\"c\"", "\t=1", "_x0041_ <&>", "-12", "+7(495)", "+x"
	a.add(whole(), evil)
	c := serve(t, a, nil)
	row := []string{"a", "main", "inbound", "2026-05-03 12:00:00", "2026-05-03 12:00:02", "2026-05-03 12:01:02", "+79161234567", "+74951112233", "89161234567", "4951112233", "Анна", "crm",
		"", "shop", "+74951112233", "info, sales", "1001@default", "answered", "agent", "NORMAL_CLEARING", "3", "50", "4", "10", "62", "true", "2"}
	bad := []string{"evil", "_x0041_ <&>", "inbound", "2026-05-03 11:59:59", "", "2026-05-03 12:01:02", "007", "@SUM(1)", "-5+2", "+7(495)", evil.CallerName, "\t=1",
		"", "+x", "-12", "info, sales", "1001@default", "answered", "agent", "a,b\n\"c\"", "3", "50", "4", "10", "62", "true", "2"}
	for _, form := range forms {
		t.Run(form.name, func(t *testing.T) {
			got := c.get("all", "/calls/export?from=2026-05-01&format="+form.name)
			if got.status != 200 || got.header.Get("Content-Type") != form.contentType ||
				!regexp.MustCompile(`^attachment; filename="calls-[0-9]{4}(-[0-9]{2}){2}-[0-9]{6}\.`+form.name+`"$`).MatchString(got.header.Get("Content-Disposition")) {
				t.Fatalf("%d %v", got.status, got.header)
			}
			want := [][]string{names, row, bad}
			switch form.name {
			case "csv": // a spreadsheet runs none of it
				harmless := append([]string{}, bad...)
				for _, i := range []int{7, 8, 9, 10, 11, 13} {
					harmless[i] = "'" + harmless[i]
				}
				want[2] = harmless
			case "xlsx":
				for _, i := range []int{1, 2} {
					want[i] = append([]string{}, want[i]...)
					want[i][25] = "TRUE"
				}
			}
			var all [][]string
			if err := form.read(strings.NewReader(got.body), func(cells []string) { all = append(all, append([]string{}, cells...)) }); err != nil {
				t.Fatal(err)
			}
			if len(all) != len(want) {
				t.Fatalf("%d rows: %q", len(all), all)
			}
			for i := range want {
				for j := range names {
					if j >= len(all[i]) || all[i][j] != want[i][j] {
						t.Errorf("row %d, %s: %q, want %q", i, names[j], all[i][min(j, len(all[i])-1)], want[i][j])
					}
				}
			}
		})
	}
	lines := c.get("all", "/calls/export?from=2026-05-01&format=ndjson").body
	if first, _, _ := strings.Cut(lines, "\n"); first != "{"+wholeRow+`,"legs":2}` {
		t.Errorf("the first line: %s", first)
	}
	hidden := c.get("blind", "/calls/export?from=2026-05-01&format=csv").body
	if strings.Contains(hidden, "9161234567") || strings.Contains(hidden, "4951112233") || strings.Contains(hidden, "Анна") || !strings.Contains(hidden, "*****") {
		t.Errorf("without numbers/see: %s", hidden)
	}
	if got := c.get("all", "/calls/export?from=2026-05-01&zone=UTC&format=csv").body; !strings.Contains(got, ",2026-05-03 09:00:02,") {
		t.Errorf("in another zone: %s", got)
	}
	if got := c.get("shop", "/calls/export?from=2026-05-01&project=bank&format=ndjson"); got.status != 200 || got.body != "" {
		t.Errorf("another's: %d %s", got.status, got.body)
	}
	c.refused(c.get("all", "/calls/export?from=2026-05-01"), 422, "format")
	c.refused(c.get("all", "/calls/export?from=2026-05-01&format=pdf"), 422, "format")
	c.refused(c.get("nothing", "/calls/export?from=2026-05-01&format=csv"), 403, "")
}

// TestExportCells: in a workbook times are times, numbers of people texts, and other numbers numbers.
func TestExportCells(t *testing.T) {
	t.Parallel()
	a := &archive{}
	a.add(whole())
	got := serve(t, a, nil).get("all", "/calls/export?id=a&format=xlsx")
	book, err := excelize.OpenReader(strings.NewReader(got.body), excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	for _, tt := range []struct {
		cell  string
		kind  excelize.CellType
		value string
	}{{"D2", excelize.CellTypeUnset, "46145.500001428"}, {"G2", excelize.CellTypeInlineString, "+79161234567"}, {"I2", excelize.CellTypeInlineString, "89161234567"},
		{"U2", excelize.CellTypeUnset, "3"}, {"Z2", excelize.CellTypeBool, "1"}} {
		kind, err := book.GetCellType("Calls 1", tt.cell)
		value, again := book.GetCellValue("Calls 1", tt.cell)
		if err != nil || again != nil || kind != tt.kind || !strings.HasPrefix(value, tt.value) {
			t.Errorf("%s: %v %q (%v, %v)", tt.cell, kind, value, err, again)
		}
	}
}

// many is an archive of calls that are made when they are asked for. The id of a call says all of it.
type many struct {
	calls int64
	pages int
	// before is called before each page, counted from 1.
	before func(ctx context.Context, page int) error
}

func (m *many) Calls(ctx context.Context, q history.Query) ([]history.Found, error) {
	if m.pages++; m.before != nil {
		if err := m.before(ctx, m.pages); err != nil {
			return nil, err
		}
	}
	next := m.calls
	if q.After.ID != 0 {
		next = q.After.ID - 1
	}
	all := make([]history.Found, 0, q.Limit)
	for ; next > 0 && len(all) < q.Limit; next-- {
		n := strconv.FormatInt(next, 10)
		c := history.Call{UUID: "018f3c5e-0000-7000-8000-" + fmt.Sprintf("%012d", next), Switch: "main", Direction: "inbound", Started: noon(3) + next*1e6, Answered: noon(3) + next*1e6 + 5e6,
			Ended: noon(3) + next*1e6 + 65e6, Caller: "+7916" + n, Called: "+74951112233", CallerGiven: "8916" + n, CalledGiven: "84951112233", CallerName: "Иванов, Иван",
			Project: "shop", Number: "+74951112233", Disposition: history.Answered, HungUp: history.ByCaller, Cause: "NORMAL_CLEARING", Wait: 5, Talk: next % 1000, Duration: 65,
			Visits: []history.Visit{{Queue: "sales@default", Agent: "1001@default"}},
			Legs:   []*history.Leg{{Record: cdr.Record{Leg: n, Caller: "8916" + n}}, {Record: cdr.Record{Leg: n + "b"}}}}
		all = append(all, history.Found{Call: c, Place: history.Cursor{Started: c.Started, ID: next}})
	}
	return all, nil
}

func (m *many) Call(context.Context, string, []string) (history.Found, error) {
	return history.Found{}, fault.New(fault.NotFound, "Call")
}

// memory is what is in use, garbage left out.
func memory() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// exported asks for an export and then reads it: none may be missing, and they have to be in order. It tells how much the
// memory in use grew meanwhile, the reading left out.
func exported(t testing.TB, form int, calls int64) (grown uint64, size int64, took time.Duration) {
	t.Helper()
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	c := serve(t, &many{calls: calls}, nil)
	file, err := os.Create(filepath.Join(t.TempDir(), "calls"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	before, began := memory(), time.Now()
	resp, err := c.open(t.Context(), "all", "/calls/export?from=2026-05-01&format="+forms[form].name, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	pieces, most := 0, before
	if size, err = io.Copy(file, counter{resp.Body, func() {
		if pieces++; pieces%500 == 1 {
			most = max(most, memory())
		}
	}}); err != nil {
		t.Fatal(err)
	}
	took = time.Since(began)
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("temporary files are left: %v %v", left, err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	next, read := calls, forms[form].read
	if forms[form].name == "xlsx" {
		read = readRawXLSX
	}
	if err := read(file, func(cells []string) {
		if next == calls && cells[0] == "uuid" {
			return
		}
		if id := cells[0][24:]; id != fmt.Sprintf("%012d", next) || cells[6] != "+7916"+strconv.FormatInt(next, 10) {
			t.Fatalf("call %d is %q", next, cells)
		}
		next--
	}); err != nil || next != 0 {
		t.Fatalf("%d are missing: %v", next, err)
	}
	return most - before, size, took
}

// counter calls each for every piece that is read.
type counter struct {
	io.Reader
	each func()
}

func (c counter) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.each()
	return n, err
}

// TestLargeExport reads many calls in each form, none missing and in order, and the memory in use does not grow with them:
// 1,000 calls of a page, a few buffers, and for a workbook its library's 16 MiB.
func TestLargeExport(t *testing.T) {
	share := int64(1)
	if testing.Short() {
		share = 10
	}
	for i, tt := range []struct {
		calls  int64
		memory uint64
	}{{200_000 / share, 24 << 20}, {200_000 / share, 24 << 20}, {40_000 / share, 40 << 20}} {
		t.Run(forms[i].name, func(t *testing.T) {
			if grown, size, _ := exported(t, i, tt.calls); grown > tt.memory {
				t.Errorf("%d bytes took %d bytes of memory", size, grown)
			}
		})
	}
}

// BenchmarkExport exports a million calls, and reads them again without counting the time.
func BenchmarkExport(b *testing.B) {
	for i := range forms {
		b.Run(forms[i].name, func(b *testing.B) {
			for b.Loop() {
				grown, size, took := exported(b, i, 1_000_000)
				b.ReportMetric(float64(grown)/(1<<20), "grown-MB")
				b.ReportMetric(float64(size)/(1<<20), "file-MB")
				b.ReportMetric(1_000_000/took.Seconds(), "calls/s")
			}
		})
	}
}

// TestExportBroken: what fails before the first byte is a problem, what fails later breaks the connection, and nothing is
// left either way.
func TestExportBroken(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	for _, tt := range []struct {
		form   string
		page   int
		broken bool
	}{{"csv", 1, false}, {"ndjson", 1, false}, {"xlsx", 1, false}, {"xlsx", 5, false}, {"csv", 3, true}, {"ndjson", 3, true}} {
		t.Run(fmt.Sprintf("%s at page %d", tt.form, tt.page), func(t *testing.T) {
			m := &many{calls: int64(tt.page)*1000 - 500, before: func(_ context.Context, page int) error {
				if page == tt.page {
					return fault.Wrap(fault.StorageDown, errors.New("secret"), "read")
				}
				return nil
			}}
			c := serve(t, m, nil)
			ask := "/calls/export?from=2026-05-01&format=" + tt.form
			if !tt.broken {
				got := c.get("all", ask)
				c.refused(got, 503, "")
				if got.header.Get("Content-Disposition") != "" || got.header.Get("Retry-After") == "" || strings.Contains(got.body, "secret") {
					t.Errorf("%v %s", got.header, got.body)
				}
			} else {
				resp, err := c.open(t.Context(), "all", ask, nil)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				if n, err := io.Copy(io.Discard, resp.Body); !errors.Is(err, io.ErrUnexpectedEOF) || n == 0 {
					t.Errorf("%d bytes, then %v", n, err)
				}
			}
			if m.pages != tt.page {
				t.Errorf("%d pages were read", m.pages)
			}
			if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
				t.Errorf("left: %v %v", left, err)
			}
			if got := c.get("all", ask); got.status != 200 { // and the next one goes its way
				t.Errorf("then %d %s", got.status, got.body)
			}
		})
	}
}

// TestExportClientGone: nothing is read for a client that has gone, and nothing is left.
func TestExportClientGone(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	for _, form := range forms {
		t.Run(form.name, func(t *testing.T) {
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			gone := make(chan struct{})
			m := &many{calls: 1e9, before: func(ctx context.Context, page int) error {
				if page == 6 {
					leave()
					<-ctx.Done()
					close(gone)
				}
				return ctx.Err()
			}}
			c := serve(t, m, nil)
			resp, err := c.open(ctx, "all", "/calls/export?from=2026-05-01&format="+form.name, nil)
			if err == nil {
				_, err = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
			if !errors.Is(err, context.Canceled) {
				t.Errorf("read to its end: %v", err)
			}
			<-gone
			c.http.CloseIdleConnections()
			eventually(t, "temporary files", func() bool { left, err := os.ReadDir(folder); return err == nil && len(left) == 0 })
			if m.pages != 6 {
				t.Errorf("%d pages were read", m.pages)
			}
		})
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}

// TestExportsAtOnce: there are four at a time, two of a user, and a place is free as soon as one ends.
func TestExportsAtOnce(t *testing.T) {
	t.Parallel()
	const ask = "/calls/export?from=2026-05-01&format=ndjson"
	begun, end := make(chan struct{}), make(chan struct{})
	a := &archive{before: func(context.Context, int) error {
		begun <- struct{}{}
		<-end
		return nil
	}}
	c := serve(t, a, nil)
	done := make(chan int)
	for _, who := range []string{"all", "all", "shop", "shop"} {
		if who == "shop" { // another one's are his own affair
			c.refused(c.get("all", ask), 429, "2 exports of yours")
		}
		go func() { done <- c.get(who, ask).status }()
		<-begun
	}
	for who, why := range map[string]string{"shop": "2 exports of yours", "blind": "4 exports are"} {
		got := c.get(who, ask)
		c.refused(got, 429, why)
		if got.header.Get("Retry-After") != "30" {
			t.Errorf("%v", got.header)
		}
	}
	close(end)
	for range 4 {
		if status := <-done; status != 200 {
			t.Errorf("status %d", status)
		}
	}
	go func() { <-begun; <-begun }()
	for _, who := range []string{"all", "blind"} {
		if got := c.get(who, ask); got.status != 200 {
			t.Errorf("then %d %s", got.status, got.body)
		}
	}
}

// TestExportOldHTTP: HTTP/1.0, which cannot tell a break from the end, gets no export.
func TestExportOldHTTP(t *testing.T) {
	t.Parallel()
	m := &many{calls: 1}
	c := serve(t, m, nil)
	conn, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(c.url, "http://"), v1.Base))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET %s/calls/export?from=2026-05-01&format=csv HTTP/1.0\r\nAuthorization: Bearer all\r\n\r\n", v1.Base)
	got, err := io.ReadAll(conn)
	if err != nil || !bytes.HasPrefix(got, []byte("HTTP/1.0 505 ")) || !bytes.Contains(got, []byte("An export needs HTTP/1.1")) || m.pages != 0 {
		t.Errorf("%s %v, %d pages", got, err, m.pages)
	}
}

// pipes are connections in memory, whose deadlines are those of a bubble's clock.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error   { close(p.done); return nil }
func (p pipes) Addr() net.Addr { return &net.UnixAddr{} }

// overPipe sends a request for an export over a connection of a server that gives a request a minute.
func overPipe(t *testing.T, m *many, then func(conn net.Conn)) {
	t.Helper()
	s := &http.Server{Handler: handler(t, m, nil), ReadTimeout: time.Minute}
	l := pipes{make(chan net.Conn), make(chan struct{})}
	served := make(chan struct{})
	go func() { defer close(served); _ = s.Serve(l) }()
	defer func() { _ = s.Close(); <-served }()
	ours, theirs := net.Pipe()
	defer ours.Close()
	l.conns <- theirs
	fmt.Fprintf(ours, "GET %s/calls/export?from=2026-05-01&format=csv HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer all\r\n\r\n", v1.Base)
	then(ours)
}

// TestExportStuck: a client that stops reading is let go after half a minute.
func TestExportStuck(t *testing.T) {
	h := func(t *testing.T) {
		stopped := make(chan time.Time, 1)
		m := &many{calls: 1e9}
		began := time.Now()
		m.before = func(ctx context.Context, _ int) error {
			context.AfterFunc(ctx, func() {
				select {
				case stopped <- time.Now():
				default:
				}
			})
			return nil
		}
		overPipe(t, m, func(conn net.Conn) {
			if _, err := io.CopyN(io.Discard, conn, 1<<20); err != nil {
				t.Fatal(err)
			}
			if took := (<-stopped).Sub(began); took < 29*time.Second || took > 31*time.Second {
				t.Errorf("let go after %s", took)
			}
			if m.pages > 20 {
				t.Errorf("%d pages were read for the first mebibyte", m.pages)
			}
		})
	}
	synctest.Test(t, h)
}

// TestLongExport: what a request may take to be sent bounds no answer.
func TestLongExport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &many{calls: 10_000, before: func(ctx context.Context, _ int) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(50 * time.Second):
				return nil
			}
		}}
		overPipe(t, m, func(conn net.Conn) {
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			rows := 0
			if err := readCSV(resp.Body, func([]string) { rows++ }); err != nil || rows != 10_001 {
				t.Errorf("%d rows: %v", rows, err)
			}
		})
	})
}
