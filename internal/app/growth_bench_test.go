package app_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"callgate/cdr"
	"callgate/internal/history"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// growthLegs is how many legs BenchmarkGrowth keeps: what GROWTH_LEGS says in the environment.
func growthLegs(b *testing.B) int64 {
	text := os.Getenv("GROWTH_LEGS")
	if text == "" {
		return 20_000
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// oneProject has the number of the calls.
type oneProject struct{ storetest.Nowhere }

func (oneProject) Owner(number string) string {
	if number == ourNumber {
		return "9876"
	}
	return ""
}

// documents makes what an intake gives to the store of a call's two legs.
func (p *posts) documents(s *store.Store, call int64, began time.Time) []*history.Document {
	var all []*history.Document
	for which := 1; which <= 2; which++ {
		_, body, _ := bytes.Cut(p.request(call, which, began), []byte("\r\n\r\n"))
		r := cdr.Parse(p.legs[which-1].prefix+legID(call, which), body)
		d := &history.Document{Record: r, Packed: s.Pack(r.Raw), Received: time.Now().UnixMicro()}
		d.Leg = history.NewLeg(r, d.Received, oneProject{})
		all = append(all, d)
	}
	return all
}

// BenchmarkGrowth keeps real documents of calls of the last month, reports what each table and index takes for a leg, and
// then deletes nearly all of them one by one while others are saved. GROWTH_LEGS says how many legs; the first figures
// do not hang on how busy the machine is, those of deleting do.
func BenchmarkGrowth(b *testing.B) {
	for _, tt := range []struct {
		name     string
		database func(testing.TB) string
		sizes    func(*testing.B, *sql.DB, string) map[string]int64
	}{{"sqlite", storetest.SQLite, sqliteSizes}, {"postgres", storetest.Postgres, postgresSizes}} {
		b.Run(tt.name, func(b *testing.B) {
			address := tt.database(b)
			s := storetest.Open(b, address, store.Options{})
			db := openDatabase(b, address)
			p, calls, now := newPosts(b, ""), growthLegs(b)/2, time.Now()
			empty := tt.sizes(b, db, address)
			var raw int64
			first := now.AddDate(0, 0, -30)
			for n := int64(0); n < calls; {
				var batch []*history.Document
				for ; n < calls && len(batch) < 256; n++ {
					batch = append(batch, p.documents(s, n, first.Add(time.Duration(float64(n)/float64(calls)*float64(28*24*time.Hour))))...)
				}
				for _, d := range batch {
					raw += int64(len(d.Record.Raw))
				}
				if _, err := s.SaveCDRs(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(raw)/float64(2*calls), "document-B")
			total := int64(0)
			for what, size := range tt.sizes(b, db, address) {
				size -= empty[what]
				if what != "backup" && what != "wal" {
					total += size
				}
				b.ReportMetric(float64(size)/float64(2*calls), what+"-B/leg")
			}
			b.ReportMetric(float64(total)/float64(2*calls), "all-B/leg")
			prune(b, s, p, calls)
		})
	}
}

// timed notes how long steps of deleting held up the intake.
type timed struct {
	*store.Store
	held []time.Duration
}

// PruneCalls implements history.Attic.
func (t *timed) PruneCalls(ctx context.Context, p history.Prune) (history.Pruned, error) {
	done, err := t.Store.PruneCalls(ctx, p)
	if done.Calls > 0 {
		t.held = append(t.held, done.Held)
	}
	return done, err
}

// prune deletes the calls, all of them older than a day, while others are saved.
func prune(b *testing.B, s *store.Store, p *posts, calls int64) {
	now := time.Now()
	h := history.Horizons{Projects: map[string]int64{"9876": history.Horizon(now, 1)}}
	attic := &timed{Store: s}
	keeper := history.NewKeeper(history.KeeperOptions{Attic: attic, Horizons: func() history.Horizons { return h }, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	ctx, stop := context.WithCancel(b.Context())
	next := calls
	save := func(took *[]time.Duration) {
		docs := p.documents(s, next, now)
		next++
		start := time.Now()
		if _, err := s.SaveCDRs(b.Context(), docs); err != nil {
			b.Error(err)
		}
		*took = append(*took, time.Since(start))
	}
	var alone, beside []time.Duration
	for range 2000 {
		save(&alone)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			save(&beside)
		}
	})
	start := time.Now()
	if err := keeper.Pass(b.Context(), h); err != nil {
		b.Error(err)
	}
	took := time.Since(start)
	stop()
	wg.Wait()
	found, err := s.Calls(b.Context(), history.Query{To: now.AddDate(0, 0, -1).UnixMicro(), Limit: 1})
	if len(found) != 0 || err != nil {
		b.Errorf("%d old calls are there, %v", len(found), err)
	}
	ms := func(all []time.Duration, part float64) float64 {
		slices.Sort(all)
		return float64(all[int(float64(len(all)-1)*part)].Microseconds()) / 1000
	}
	b.ReportMetric(float64(calls)/took.Seconds(), "pruned-calls/s")
	b.ReportMetric(ms(attic.held, .5), "hold-p50-ms")
	b.ReportMetric(ms(attic.held, .99), "hold-p99-ms")
	b.ReportMetric(ms(attic.held, 1), "hold-longest-ms")
	over := 0
	for _, held := range attic.held {
		if held > 50*time.Millisecond {
			over++
		}
	}
	b.ReportMetric(100*float64(over)/float64(len(attic.held)), "holds-over-50ms-%")
	b.ReportMetric(ms(alone, .99), "save-alone-p99-ms")
	b.ReportMetric(ms(alone, 1), "save-alone-longest-ms")
	b.ReportMetric(ms(beside, .99), "save-beside-p99-ms")
	b.ReportMetric(ms(beside, 1), "save-beside-longest-ms")
}

// sqliteSizes is what each table and index takes of the file, and what a compact copy would.
func sqliteSizes(b *testing.B, db *sql.DB, _ string) map[string]int64 {
	sizes := map[string]int64{}
	rows, err := db.Query(`SELECT name, SUM(pgsize) FROM dbstat GROUP BY name`)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var size int64
		if err := rows.Scan(&name, &size); err != nil {
			b.Fatal(err)
		}
		if growing(name) {
			sizes[name] = size
		}
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	copied := filepath.Join(b.TempDir(), "copy.db")
	if _, err := db.Exec(`VACUUM INTO ?`, copied); err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(copied)
	if err != nil {
		b.Fatal(err)
	}
	sizes["backup"] = info.Size()
	return sizes
}

// growing tells whether a table or index grows with the CDRs.
func growing(name string) bool {
	for _, prefix := range []string{"cdrs", "sqlite_autoindex_cdrs", "call", "rollups", "sqlite_autoindex_rollups", "named_recordings"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// postgresSizes is what each table, without its indexes but with what is stored beside it, and each index takes, and what
// pg_dump writes; and what was written ahead, without the images of pages that PostgreSQL adds after each checkpoint where
// it is told to, as it is by default.
func postgresSizes(b *testing.B, db *sql.DB, address string) map[string]int64 {
	sizes := map[string]int64{}
	rows, err := db.Query(`SELECT COALESCE(p.relname, c.relname), SUM(CASE WHEN c.relkind = 'r' THEN pg_table_size(c.oid) ELSE pg_relation_size(c.oid) END)::bigint
		FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class p ON p.oid = i.inhparent
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'i') GROUP BY 1`)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var size int64
		if err := rows.Scan(&name, &size); err != nil {
			b.Fatal(err)
		}
		if growing(name) {
			sizes[name] = size
		}
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	var wal int64
	if err := db.QueryRow(`SELECT (pg_current_wal_lsn() - '0/0')::bigint`).Scan(&wal); err != nil {
		b.Fatal(err)
	}
	sizes["wal"] = wal
	dump := exec.Command("pg_dump", "-Fc", address)
	var counted written
	dump.Stdout, dump.Stderr = &counted, io.Discard
	if err := dump.Run(); err != nil {
		b.Fatal(fmt.Errorf("pg_dump: %w", err))
	}
	sizes["backup"] = int64(counted)
	return sizes
}

type written int64

// Write counts.
func (w *written) Write(p []byte) (int, error) { *w += written(len(p)); return len(p), nil }
