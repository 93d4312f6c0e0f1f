package app_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"callgate/esl/esltest"
	"callgate/internal/account"
	"callgate/internal/report"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

const dayRows = 1_000_000

// fillDay puts a million requests into a database, which came at random all through a day and were saved as
// report.RequestLog saves them: each block has what comes within 50 ms of its first request.
func fillDay(tb testing.TB, database string) (day time.Time) {
	tb.Helper()
	day = time.Date(2022, 11, 10, 0, 0, 0, 0, time.Local)
	s := storetest.Open(tb, database, store.Options{})
	random := rand.New(rand.NewPCG(1, 2))
	var blocks []report.Block
	var b report.Block
	save := func() {
		if err := s.SaveRequests(tb.Context(), blocks); err != nil {
			tb.Fatal(err)
		}
		blocks = blocks[:0]
	}
	for i := range dayRows {
		at := day.Add(time.Duration((float64(i) + random.Float64()) * float64(24*time.Hour) / float64(dayRows)))
		if b.Count > 0 && at.Sub(b.From) > 50*time.Millisecond {
			if blocks = append(blocks, b); len(blocks) == 200 {
				save()
			}
			b = report.Block{}
		}
		b.Add(report.Request{Code: 200, At: at, Module: "contact", Action: "add", UserID: 7, Login: "crm", RequestID: fmt.Sprintf("%016x", random.Uint64()),
			Body: fmt.Sprintf(`{"called_number":"8910%07d","caller_number":"%d","sip":"%d"}`, random.IntN(1e7), 1000+i%50, 1000+i%50)})
	}
	blocks = append(blocks, b)
	save()
	return day
}

// BenchmarkRequestReport reads a day's request log of a million rows from a process of its own, as one who sees the
// numbers and as one who does not. memory-MiB is the most that the process had, resident-MiB the same with the pages of its
// program that the kernel has mapped. At least 50,000 rows a second and less than 50 MB are wanted. Tokens are made
// beforehand: to check a password takes more memory than the report.
func BenchmarkRequestReport(b *testing.B) {
	for _, db := range databases {
		b.Run(db.name, func(b *testing.B) {
			database := db.url(b)
			benchReport(b, database, "/report/request", fillDay(b, database))
		})
	}
}

// BenchmarkSMSReport is BenchmarkRequestReport of a million messages.
func BenchmarkSMSReport(b *testing.B) {
	for _, db := range databases {
		b.Run(db.name, func(b *testing.B) {
			database := db.url(b)
			benchReport(b, database, "/report/sms", fillMessages(b, database, dayRows))
		})
	}
}

// benchReport reads a day's report.
func benchReport(b *testing.B, database, path string, at time.Time) {
	all, hidden := tokens(b, database)
	sw, err := esltest.New(manualSwitch())
	if err != nil {
		b.Fatal(err)
	}
	runUntilCleanup(b, "switch", sw.Run)
	ours := &served{Database: database, Recordings: b.TempDir(), Switch: sw.Addr(), Users: true}
	ours.start(b)
	ours.ready(b, all)
	var rates, masked []float64
	for b.Loop() {
		rates = append(rates, ours.readReport(b, path, at, all))
		masked = append(masked, ours.readReport(b, path, at, hidden))
	}
	most := ours.resident(b)
	memory := most - ours.status(b, "RssFile:")
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(rates), "rows/s")
	b.ReportMetric(median(masked), "rows/s-numbers-hidden")
	b.ReportMetric(memory, "memory-MiB")
	b.ReportMetric(most, "resident-MiB")
	if median(rates) < 50_000 || memory*(1<<20) >= 50e6 {
		b.Errorf("%.0f rows/s, %.1f MiB", median(rates), memory)
	}
	if err := ours.end(syscall.SIGTERM); err != nil {
		b.Errorf("callgate ended with %v", err)
	}
}

// tokens signs in who sees numbers and who does not.
func tokens(b *testing.B, database string) (all, hidden string) {
	b.Helper()
	accounts := account.New(storetest.Open(b, database, store.Options{}), account.Options{})
	for name, u := range map[string]struct {
		rights []account.Right
		token  *string
	}{
		login:     {[]account.Right{{Module: "*", Action: "*"}}, &all},
		"limited": {[]account.Right{{Module: "report", Action: "*"}}, &hidden},
	} {
		_, err := accounts.Add(b.Context(), name, password, u.rights, nil)
		if err == nil {
			*u.token, err = accounts.SignIn(b.Context(), name, password, "127.0.0.1")
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	return all, hidden
}

// readReport reads a day's report and returns how many rows came a second.
func (s *served) readReport(b *testing.B, path string, at time.Time, token string) float64 {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "http://"+s.addr+path, strings.NewReader(day(at)))
	if err != nil {
		b.Fatal(err)
	}
	req.Close, req.Header = true, bearer(token)
	began := time.Now()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	var c counter
	if _, err := io.Copy(&c, resp.Body); err != nil || c.rows != dayRows || !bytes.HasSuffix(c.tail, []byte(`"}]}`)) {
		b.Fatalf("%d rows, %v", c.rows, err)
	}
	return float64(c.rows) / time.Since(began).Seconds()
}
