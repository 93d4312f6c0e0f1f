package app_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	"callgate/internal/app"
	"callgate/internal/report"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// day asks for a whole day.
func day(at time.Time) string {
	return fmt.Sprintf(`{"start_date":%q,"stop_date":%q}`, at.Format("2006-01-02"), at.Format("2006-01-02"))
}

// rows are what a report on requests shows.
func rows(t *testing.T, got reply) []map[string]string {
	t.Helper()
	var answer struct {
		Result string
		Data   []map[string]string
	}
	if err := json.Unmarshal([]byte(got.body), &answer); err != nil || got.status != 200 || answer.Result != "OK" {
		t.Fatalf("%d %.300s: %v", got.status, got.body, err)
	}
	return answer.Data
}

// TestRequestReports asks for what was answered a moment ago.
func TestRequestReports(t *testing.T) {
	t.Parallel() // it mostly waits
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			zone := time.FixedZone("", 14*60*60) // the same as Pacific/Kiritimati, where today began first
			l := newLand(t, db.url(t), nil)
			h := l.build(t, func(c *app.Config) { c.TimeZone = "Pacific/Kiritimati" })
			h.ready()
			h.signIn()
			now := time.Now().In(zone)
			period := fmt.Sprintf(`{"start_date":%q,"stop_date":%q}`, now.Add(-time.Minute).Format("2006-01-02 15:04:05"),
				now.AddDate(0, 0, 1).Format("2006-01-02"))
			for i := range 20 {
				h.call("/contact/tier", fmt.Sprintf(`{"queue":"support2@default","project_id":"%d","phone":"8910000%04d"}`, i%3, i))
				passed := rows(t, h.call("/report/request", period))
				last := passed[len(passed)-1]
				if last["action"] == "request" { // the report itself is in the next one
					t.Fatalf("a report shows itself: %v", last)
				}
				want := map[string]string{"id": last["id"], "body_request": last["body_request"], "module": "contact", "action": "tier",
					"code_response": "200", "error_message": "", "created_at": last["created_at"]}
				if fmt.Sprint(last) != fmt.Sprint(want) || !strings.HasSuffix(last["body_request"], fmt.Sprintf(`%04d"}`, i)) ||
					last["created_at"] < now.Add(-time.Minute).Format("2006-01-02 15:04:05") {
					t.Fatalf("request %d: the last row is %v", i, last)
				}
			}
			h.call("/contact/getQueue", "")
			h.post("/contact/tier", `{"queue":"a"}`, "")
			refused := rows(t, h.do(http.MethodGet, "/report/badRequest?start_date="+now.Add(-time.Minute).Format("2006-01-02")+
				"&stop_date="+now.AddDate(0, 0, 1).Format("2006-01-02"), "", bearer(h.token)))
			if n := len(refused); n < 2 || refused[n-1]["code_response"] != "401" || refused[n-2]["error_message"] != "Access denied!" {
				t.Errorf("refused: %v", refused)
			}

			// Who is limited to a project sees what is about it, and what he asked himself, without the numbers.
			limited := h.limited("limited", []string{"1"}, "report/*")
			h.post("/report/request", period, limited)
			seen := rows(t, h.post("/report/request", period, limited))
			if len(seen) != 7+1 || seen[7]["action"] != "request" {
				t.Fatalf("of project 1: %d rows, the last %v", len(seen), seen[len(seen)-1])
			}
			for _, row := range seen[:7] {
				if row["body_request"] != `{"queue":"support2@default","project_id":"1","phone":"*****"}` {
					t.Errorf("shows %s", row["body_request"])
				}
			}
			if got := h.post("/report/request", period, h.user("none", "contact/*")); got.status != 405 {
				t.Errorf("without the right: %d %s", got.status, got.body)
			}
		})
	}
}

// manyRows is how many a large report has; half of them where the race detector makes everything slow.
func manyRows() int {
	if testing.Short() {
		return 50_000
	}
	return 200_000
}

// fill puts so many requests of one day into a database.
func fill(t testing.TB, database string, count int) (at time.Time) {
	t.Helper()
	at = time.Date(2022, 11, 10, 12, 0, 0, 0, time.Local)
	s := storetest.Open(t, database, store.Options{})
	var b report.Block
	for i := range count {
		b.Add(report.Request{Code: 200, At: at.Add(time.Duration(i) * time.Millisecond), Module: "contact", Action: "tier", UserID: 1,
			Body: fmt.Sprintf(`{"queue":"support%d@default","phone":"8910%07d"}`, i%7, i)})
		if b.Count == 2000 {
			if err := s.SaveRequests(t.Context(), []report.Block{b}); err != nil {
				t.Fatal(err)
			}
			b = report.Block{}
		}
	}
	return at
}

// fillMessages puts so many messages of one day into a database.
func fillMessages(tb testing.TB, database string, count int) (day time.Time) {
	tb.Helper()
	day = time.Date(2022, 11, 10, 0, 0, 0, 0, time.Local)
	db := openDatabase(tb, database)
	storetest.Open(tb, database, store.Options{}) // makes the tables
	// One by one they would take minutes.
	if _, err := db.ExecContext(tb.Context(), fmt.Sprintf(`WITH RECURSIVE n (i) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < %d)
		INSERT INTO sms (at, phone, number, originator, message, project, session, user_id, result, reason)
		SELECT %d + i * %d, '8919' || (1000000 + i), '+7919' || (1000000 + i), 'FRONTLINE', 'Ваш заказ ' || i || ' готов. Ждём вас с 9 до 18, вход со двора.',
		'1111', 'session ' || i, 7, 'error', 'no provider is set' FROM n`, count-1, day.UnixMicro(), 24*time.Hour.Microseconds()/int64(count))); err != nil {
		tb.Fatal(err)
	}
	return day
}

// live is the memory in use that is no garbage.
func live() uint64 {
	runtime.GC()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}} // without what was made since
	metrics.Read(live)
	return live[0].Value.Uint64()
}

// counter counts the rows of a report as it comes.
type counter struct {
	rows int
	tail []byte // the end of what was read, where a row may have begun
}

func (c *counter) Write(b []byte) (int, error) {
	const mark = `{"id":"`
	all := append(c.tail, b...)
	c.rows += bytes.Count(all, []byte(mark)) + bytes.Count(all, []byte(`{"Id":"`))
	keep := min(len(all), len(mark)-1)
	c.tail = bytes.Clone(all[len(all)-keep:])
	return len(b), nil
}

// TestLargeReport streams reports of many requests and messages in little memory, and again while as many are due to
// clients that do not read: they hold no connection to the database.
func TestLargeReport(t *testing.T) {
	for i, db := range databases {
		for j, report := range []struct {
			path string
			fill func(testing.TB, string, int) time.Time
		}{{"/report/request", fill}, {"/report/sms", fillMessages}} {
			if testing.Short() && i != j { // each of both kinds once
				continue
			}
			t.Run(db.name+report.path, func(t *testing.T) {
				l := newLand(t, db.url(t), nil)
				at := report.fill(t, l.database, manyRows())
				h := l.build(t, nil)
				h.ready()
				h.signIn()

				before, most := live(), uint64(0)
				ctx, stop := context.WithCancel(t.Context())
				var wg sync.WaitGroup
				wg.Go(func() {
					for tick := time.Tick(200 * time.Millisecond); ctx.Err() == nil; <-tick {
						most = max(most, live())
					}
				})
				size := h.largeReport(report.path, at)
				stop()
				wg.Wait()
				if grown := int64(most) - int64(before); grown > min(16<<20, size/2) || size < int64(manyRows())*150 {
					t.Errorf("an answer of %d bytes took %d bytes of memory", size, grown)
				} else {
					t.Logf("%d KiB in at most %d KiB", size>>10, grown>>10)
				}

				slow := 17 // than the pool has connections, one more
				if db.name == "sqlite" {
					slow = 5
				}
				for range slow {
					conn, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
					if err != nil {
						t.Fatal(err)
					}
					defer conn.Close()
					fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
						report.path, h.token, len(day(at)), day(at))
					if _, err := io.ReadFull(conn, make([]byte, 1000)); err != nil { // it has begun
						t.Fatal(err)
					}
				}
				h.largeReport(report.path, at)
			})
		}
	}
}

// largeReport reads a report of what was filled in as it comes, and returns its size in bytes.
func (h *house) largeReport(path string, at time.Time) int64 {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, h.url+path, strings.NewReader(day(at)))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header = bearer(h.token)
	resp, err := h.http.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	var c counter
	size, err := io.Copy(&c, resp.Body)
	if err != nil || c.rows != manyRows() || !bytes.HasSuffix(c.tail, []byte(`"}]}`)) {
		h.t.Errorf("%d rows, %v", c.rows, err)
	}
	return size
}

// TestReportIsCutShort: when the database fails in the middle of a report, the client sees that it is not whole.
func TestReportIsCutShort(t *testing.T) {
	l := newLand(t, storetest.SQLite(t), nil)
	at := fill(t, l.database, 20_000)
	db, err := sql.Open("sqlite", strings.TrimPrefix(l.database, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), `UPDATE request_blocks SET document = x'00' WHERE first_id > 16000`); err != nil {
		t.Fatal(err)
	}
	h := l.build(t, nil)
	h.ready()
	h.signIn()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.url+"/report/request", strings.NewReader(day(at)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = bearer(h.token)
	resp, err := h.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	size, err := io.Copy(io.Discard, resp.Body)
	if err == nil {
		t.Errorf("%d bytes look like a whole answer", size)
	}
}
