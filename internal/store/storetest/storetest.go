// Package storetest lends tests a database: a SQLite file, or one of a real PostgreSQL that it starts for the test
// binary and stops with it. It is for tests only, but no test is skipped for want of PostgreSQL: it fails.
//
// A database has the tables already unless a test asks for one without: they are made once in a test binary, as any
// other database gets them, and copied.
//
// A package that uses Postgres or Each has
//
//	func TestMain(m *testing.M) { storetest.Main(m) }
//
// The server starts when the first test asks for it, in a folder of its own, and listens on a socket there. It and
// its folder go when Main is over, or when the test process dies in whatever way.
package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callgate/cdr"
	"callgate/internal/history"
	"callgate/internal/store"
)

// What the tests of a binary share: starting a server takes seconds, and making the tables longer than most tests.
var shared struct {
	sync.Mutex
	server *server
	err    error
	made   int    // databases so far
	tables bool   // the server has a database named tables, which has them
	file   []byte // SQLite's, with the tables
}

// Main runs the tests of a package, stops the server and fails if a goroutine is left. It does not return.
func Main(m *testing.M) { goleak.VerifyTestMain(stopping{m}) }

type stopping struct{ m *testing.M }

// Run implements goleak.TestingM.
func (s stopping) Run() int {
	code := s.m.Run()
	if shared.server != nil {
		if err := shared.server.stop(); err != nil {
			fmt.Println("storetest:", err)
			code = max(code, 1)
		}
	}
	return code
}

// Postgres returns the URL of a fresh PostgreSQL database with nothing in its tables, which is dropped when the test is over.
func Postgres(tb testing.TB) string {
	tb.Helper()
	shared.Lock()
	defer shared.Unlock()
	admin := administer(tb)
	if !shared.tables {
		if _, err := admin.Exec("CREATE DATABASE tables"); err != nil {
			tb.Fatalf("create a database: %v", err)
		}
		makeTables(tb, shared.server.address("tables"))
		shared.tables = true
	}
	return create(tb, admin, " TEMPLATE tables")
}

// EmptyPostgres is Postgres without the tables.
func EmptyPostgres(tb testing.TB) string {
	tb.Helper()
	shared.Lock()
	defer shared.Unlock()
	return create(tb, administer(tb), "")
}

// administer connects to the server that the tests share, which it starts if need be; create closes the connection.
func administer(tb testing.TB) *sql.DB {
	tb.Helper()
	if shared.server == nil && shared.err == nil {
		shared.server, shared.err = start(minder, quick()...)
	}
	if shared.err != nil {
		tb.Fatalf("start PostgreSQL: %v", shared.err)
	}
	return connect(tb, shared.server)
}

// create makes a database until the test is over.
func create(tb testing.TB, admin *sql.DB, options string) (address string) {
	tb.Helper()
	shared.made++
	name := fmt.Sprintf("test%d", shared.made)
	if _, err := admin.Exec("CREATE DATABASE " + name + options); err != nil {
		tb.Fatalf("create a database: %v", err)
	}
	tb.Cleanup(func() {
		if _, err := admin.Exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			tb.Errorf("drop a database: %v", err)
		}
		if err := admin.Close(); err != nil {
			tb.Error(err)
		}
	})
	return shared.server.address(name)
}

// makeTables makes the tables as the service does.
func makeTables(tb testing.TB, address string) {
	tb.Helper()
	s, err := store.Open(tb.Context(), address, store.Options{})
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		tb.Fatalf("make the tables: %v", err)
	}
}

// Durable starts a PostgreSQL of the test's own, with the settings that an installation has: what it has committed is on
// the disk. It returns the URL of an empty database and how to end the server as a fault would, at once; it starts again
// by itself. Everything goes when the test is over.
func Durable(tb testing.TB) (address string, strike func()) {
	tb.Helper()
	s, err := start(keeper, "-c", "shared_buffers=256MB")
	if err != nil {
		tb.Fatalf("start PostgreSQL: %v", err)
	}
	tb.Cleanup(func() {
		if err := s.stop(); err != nil {
			tb.Error(err)
		}
	})
	if err := connect(tb, s).Close(); err != nil {
		tb.Fatal(err)
	}
	return s.address("postgres"), func() {
		tb.Helper()
		if err := s.strike(); err != nil {
			tb.Error(err)
		}
	}
}

// DurableIn is as Durable, for a database whose tables lie in a folder: a disk that may run full, unlike that of the
// server's own log.
func DurableIn(tb testing.TB, dir string) (address string) {
	tb.Helper()
	address, _ = Durable(tb)
	db, err := sql.Open("postgres", address)
	if err != nil {
		tb.Fatal(err)
	}
	defer db.Close()
	tables := filepath.Join(dir, "tables")
	if err := os.Mkdir(tables, 0o700); err != nil {
		tb.Fatal(err)
	}
	attributes, err := unprivileged()
	if err != nil {
		tb.Fatal(err)
	}
	if c := attributes.Credential; c != nil {
		if err := os.Chown(tables, int(c.Uid), int(c.Gid)); err != nil {
			tb.Fatal(err)
		}
	}
	for _, query := range []string{`CREATE TABLESPACE small LOCATION '` + tables + `'`, `CREATE DATABASE small TABLESPACE small`} {
		if _, err := db.Exec(query); err != nil {
			tb.Fatal(err)
		}
	}
	return strings.Replace(address, "/postgres?", "/small?", 1)
}

// connect connects to the server's own database, waiting until it has started.
func connect(tb testing.TB, s *server) *sql.DB {
	tb.Helper()
	db, err := sql.Open("postgres", s.address("postgres"))
	if err != nil {
		tb.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		if err = db.PingContext(ctx); err == nil {
			return db
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			tb.Fatalf("PostgreSQL does not answer: %v\n%s", err, s.log())
		}
	}
}

func (s *server) address(database string) string {
	u := url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/" + database,
		RawQuery: url.Values{"host": {s.dir}, "sslmode": {"disable"}}.Encode()}
	return u.String()
}

// SQLite returns the URL of a SQLite database with nothing in its tables.
func SQLite(tb testing.TB) string {
	tb.Helper()
	shared.Lock()
	defer shared.Unlock()
	address := NoSQLite(tb)
	path := strings.TrimPrefix(address, "sqlite:")
	var err error
	if shared.file == nil {
		makeTables(tb, address)
		shared.file, err = os.ReadFile(path)
	} else {
		err = os.WriteFile(path, shared.file, 0o600)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return address
}

// NoSQLite returns the URL of a SQLite database that does not exist yet.
func NoSQLite(tb testing.TB) string { return "sqlite:" + filepath.Join(tb.TempDir(), "callgate.db") }

// Open opens a store and closes it when the test is over, unless the test did.
func Open(tb testing.TB, address string, o store.Options) *store.Store {
	tb.Helper()
	s, err := store.Open(tb.Context(), address, o)
	if err != nil {
		tb.Fatalf("open the store: %v", err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("close the store: %v", err)
		}
	})
	return s
}

// Each runs a test on SQLite and on PostgreSQL. Every call of open opens the same database, with nothing in it at first.
func Each(t *testing.T, test func(t *testing.T, open func() *store.Store)) {
	for _, database := range []struct {
		name    string
		address func(testing.TB) string
	}{{"sqlite", SQLite}, {"postgres", Postgres}} {
		t.Run(database.name, func(t *testing.T) {
			address := database.address(t)
			test(t, func() *store.Store { return Open(t, address, store.Options{}) })
		})
	}
}

// Document makes of a record what an intake gives to the store (nil: but for packing it), in surroundings where nobody knows anything.
func Document(s *store.Store, r *cdr.Record, received time.Time) *history.Document {
	d := &history.Document{Record: r, Received: received.UnixMicro()}
	if s != nil {
		d.Packed = s.Pack(r.Raw)
	}
	if r.Readable {
		d.Leg = history.NewLeg(r, d.Received, Nowhere{})
	}
	return d
}

// SaveCDR keeps one record, received now.
func SaveCDR(ctx context.Context, s *store.Store, r *cdr.Record) (history.Outcome, error) {
	outcomes, err := s.SaveCDRs(ctx, []*history.Document{Document(s, r, time.Now())})
	if err != nil {
		return 0, err
	}
	return outcomes[0], nil
}

// Nowhere implements history.Surroundings: no number is anybody's, and all are as they should be.
type Nowhere struct{}

// Owner is nobody.
func (Nowhere) Owner(string) string { return "" }

// Normal is the number itself.
func (Nowhere) Normal(_, number string) string { return number }

// Switch is none.
func (Nowhere) Switch(string) string { return "" }

// WrapUp is not known.
func (Nowhere) WrapUp(string, string) (int64, bool) { return 0, false }

// CountedSince is ever.
func (Nowhere) CountedSince(string) int64 { return 0 }
