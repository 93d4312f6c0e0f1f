package app_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"callgate/esl/esltest"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

const (
	intakeFlight = 32
	intakeCalls  = 3000 // of a round, of two legs each
	intakeRounds = 3
)

// serveDiscard reads every request's body, throws it away and answers 200, as callgate answers when a CDR is durable.
func serveDiscard(ctx context.Context) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) { _, _ = io.Copy(io.Discard, req.Body) })}
	fmt.Println("address", l.Addr())
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// BenchmarkPeerIntake posts CDRs of 17 KB, each over a new connection, with 32 in flight: to callgate, until the last one
// is found by /contact/cdr and all are counted in the roll-ups, and in turn to a handler that reads the body and throws
// it away. On PostgreSQL the rows that callgate made are then copied into empty tables of the same kind: by transactions of
// 32 CDRs with all that follows from them, as many as were in flight, and all at once.
func BenchmarkPeerIntake(b *testing.B) {
	for _, tt := range []struct {
		name     string
		database func(testing.TB) string
	}{{"sqlite", storetest.SQLite}, {"postgres", func(tb testing.TB) string { address, _ := storetest.Durable(tb); return address }}} {
		b.Run(tt.name, func(b *testing.B) {
			sw, err := esltest.New(manualSwitch())
			if err != nil {
				b.Fatal(err)
			}
			runUntilCleanup(b, "switch", sw.Run)
			ours := &served{Database: tt.database(b), Recordings: b.TempDir(), Switch: sw.Addr()}
			ours.start(b)
			token := ours.signIn(b)
			bare := &served{Discard: true}
			bare.start(b)
			us, them := newPosts(b, ours.addr), newPosts(b, bare.addr)
			began := time.Now().Add(-time.Hour)
			next := int64(1)
			round := func(p *posts, done func()) float64 {
				start := time.Now()
				p.sendAll(b, next, intakeCalls, intakeFlight, began)
				next += intakeCalls
				done()
				return 2 * intakeCalls / time.Since(start).Seconds()
			}
			found := func() {
				if status, _ := ours.ask(b, "/contact/cdr", `{"id":"`+legID(next-1, 2)+`"}`, token); status != http.StatusOK {
					b.Fatalf("the last CDR: %d", status)
				}
			}
			round(them, func() {})
			round(us, found)
			var rates, rivals []float64
			for range intakeRounds {
				rivals = append(rivals, round(them, func() {}))
				rates = append(rates, round(us, found))
			}
			memory := ours.resident(b)
			if err := ours.end(syscall.SIGTERM); err != nil {
				b.Errorf("callgate ended with %v", err)
			}
			b.ReportMetric(0, "ns/op")
			compare(b, "CDR/s", median(rates), median(rivals))
			b.ReportMetric(memory, "resident-MiB")
			counted(b, ours.Database, (intakeRounds+1)*intakeCalls)
			if tt.name == "postgres" {
				for _, by := range []struct {
					name, unit  string
					transaction int
				}{{"batches", "copied-by-32-CDR/s", intakeFlight}, {"whole", "copied-at-once-CDR/s", 1 << 30}} {
					took, cdrs := copyRows(b, ours.Database, sibling(b, ours.Database, by.name), by.transaction)
					copied := float64(cdrs) / took.Seconds()
					b.ReportMetric(copied, by.unit)
					b.ReportMetric(median(rates)/copied, "of-"+by.unit)
				}
			}
		})
	}
}

// counted checks that the roll-ups count so many calls, once each.
func counted(tb testing.TB, database string, calls int64) {
	tb.Helper()
	db := openDatabase(tb, database)
	var queued, kept int64
	if err := db.QueryRow(`SELECT COALESCE(SUM(queued), 0) FROM rollups WHERE queue = '' AND agent = ''`).Scan(&queued); err != nil {
		tb.Fatal(err)
	}
	if err := db.QueryRow(`SELECT COUNT(*) FROM cdrs`).Scan(&kept); err != nil {
		tb.Fatal(err)
	}
	if queued != calls || kept != 2*calls {
		tb.Errorf("%d calls counted and %d CDRs kept, want %d and %d", queued, kept, calls, 2*calls)
	}
}

// openDatabase opens a database past callgate.
func openDatabase(tb testing.TB, address string) *sql.DB {
	tb.Helper()
	driver := "postgres"
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		driver, address = "sqlite", "file:"+url.PathEscape(path)+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	return db
}

// sibling makes an empty database beside another.
func sibling(tb testing.TB, address, name string) string {
	tb.Helper()
	if _, err := openDatabase(tb, address).Exec(`CREATE DATABASE ` + name); err != nil {
		tb.Fatal(err)
	}
	return strings.Replace(address, "/postgres?", "/"+name+"?", 1)
}

// copyRows copies what callgate keeps of CDRs from one database into another by COPY, so many CDRs and their share of the
// other rows in a transaction, and returns how long that took. Reading the rows is not counted.
func copyRows(tb testing.TB, from, to string, transaction int) (took time.Duration, cdrs int) {
	tb.Helper()
	source, target := openDatabase(tb, from), openDatabase(tb, to)
	storetest.Open(tb, to, store.Options{})
	type table struct {
		name    string
		columns []string
		rows    [][]any
	}
	var tables []table
	for _, name := range [...]string{"cdrs", "calls", "call_terms", "rollups"} {
		found, err := source.Query(`SELECT * FROM ` + name)
		if err != nil {
			tb.Fatal(err)
		}
		t := table{name: name}
		if t.columns, err = found.Columns(); err != nil {
			tb.Fatal(err)
		}
		for found.Next() {
			row := make([]any, len(t.columns))
			at := make([]any, len(row))
			for i := range row {
				at[i] = &row[i]
			}
			if err := found.Scan(at...); err != nil {
				tb.Fatal(err)
			}
			t.rows = append(t.rows, row)
		}
		if err := found.Err(); err != nil {
			tb.Fatal(err)
		}
		tables = append(tables, t)
	}
	start := time.Now()
	parts := (len(tables[0].rows) + transaction - 1) / transaction
	for part := range parts {
		tx, err := target.Begin()
		if err != nil {
			tb.Fatal(err)
		}
		for _, t := range tables {
			share := t.rows[len(t.rows)*part/parts : len(t.rows)*(part+1)/parts]
			in, err := tx.Prepare("COPY " + t.name + " (" + strings.Join(t.columns, ", ") + ") FROM STDIN")
			if err != nil {
				tb.Fatal(err)
			}
			for _, row := range share {
				if _, err := in.Exec(row...); err != nil {
					tb.Fatal(err)
				}
			}
			if _, err := in.Exec(); err != nil {
				tb.Fatal(err)
			}
			if err := in.Close(); err != nil {
				tb.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			tb.Fatal(err)
		}
	}
	return time.Since(start), len(tables[0].rows)
}
