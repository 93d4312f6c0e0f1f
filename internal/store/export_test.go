package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"callgate/internal/history"
	"callgate/internal/sms"
)

// Exec runs a statement past all rules; for tests that need a broken or a busy database.
func (s *Store) Exec(ctx context.Context, query string, args ...any) error {
	_, err := s.write.ExecContext(ctx, s.write.Rebind(query), args...)
	return err
}

// Get reads one value past all rules.
func (s *Store) Get(ctx context.Context, into any, query string, args ...any) error {
	return s.write.GetContext(ctx, into, s.write.Rebind(query), args...)
}

// HoldWriter starts a transaction that writes, and returns how to end it.
func (s *Store) HoldWriter(ctx context.Context) (release func() error, err error) {
	tx, err := s.write.BeginTxx(ctx, nil)
	if err != nil {
		return nil, err
	}
	return tx.Rollback, nil
}

// Failed gives an error its kind.
func (s *Store) Failed(err error, attempted string) error { return s.failed(err, attempted) }

// InUse is how many connections are busy.
func (s *Store) InUse() int {
	if s.postgres() {
		return s.write.Stats().InUse
	}
	return s.write.Stats().InUse + s.read.Stats().InUse
}

// HoldShared is Hold by each of fs in turn, in one and the same session, as a pooler may have it: each begins when the one before holds.
func (s *Store) HoldShared(ctx context.Context, name string, fs ...func(ctx context.Context, next func() error) error) error {
	conn, err := s.duties.Connx(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	var from func(i int) error
	from = func(i int) error {
		return s.holdOn(ctx, conn, name, func(ctx context.Context) error { return fs[i](ctx, func() error { return from(i + 1) }) })
	}
	return from(0)
}

// OpenAt opens a database with the tables of an older version.
func OpenAt(ctx context.Context, url string, version int64) (*Store, error) {
	s := &Store{metrics: newMetrics(nil), timeout: time.Second}
	var err error
	if s.packer, err = newPacker(); err != nil {
		return nil, err
	}
	dialect, foreign := goose.DialectPostgres, "sqlite"
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		dialect, foreign = goose.DialectSQLite3, "postgres"
		s.write, err = sqlitePool(path, 1, nil)
	} else {
		s.write, err = postgresPool(url, 0)
	}
	if err != nil {
		return nil, err
	}
	provider, err := s.migrator(dialect, s.write.DB, foreign)
	if err != nil {
		return nil, err
	}
	_, err = provider.UpTo(ctx, version)
	return s, err
}

// PackPlain packs a document as versions before 11 did.
func PackPlain(t *testing.T, document string) []byte {
	t.Helper()
	p, err := newPacker()
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	return p.plain.EncodeAll([]byte(document), nil)
}

// Count reads one number.
func (s *Store) Count(ctx context.Context, query string) (n int, err error) {
	err = s.read.GetContext(ctx, &n, query)
	return n, err
}

// Dump reads rows as lines, sorted.
func (s *Store) Dump(ctx context.Context, query string) ([]string, error) {
	rows, err := s.read.QueryxContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		values, err := rows.SliceScan()
		if err != nil {
			return nil, err
		}
		var line []string
		for _, v := range values {
			if b, ok := v.([]byte); ok {
				v = string(b)
			}
			line = append(line, fmt.Sprint(v))
		}
		all = append(all, strings.Join(line, " "))
	}
	slices.Sort(all)
	return all, rows.Err()
}

// ReadPrefixed searches as Calls does where the beginnings of numbers match too many calls to sort.
func (s *Store) ReadPrefixed(ctx context.Context, q history.Query) ([]history.Found, error) {
	beginnings := q.Beginnings
	q.Beginnings = nil
	return s.readPrefixed(ctx, q, beginnings)
}

// HoldTable starts a transaction that reads from a table of PostgreSQL, and returns how to end it.
func (s *Store) HoldTable(ctx context.Context, table string) (release func() error, err error) {
	tx, err := s.write.BeginTxx(ctx, nil)
	if err == nil {
		_, err = tx.ExecContext(ctx, `LOCK TABLE `+table+` IN ACCESS SHARE MODE`)
	}
	return tx.Rollback, err
}

// SetNow gives it another clock.
func (s *Store) SetNow(now func() time.Time) { s.now = now }

// How a message is looked for by its sender's key and by its provider's id, and those whose time is over or has come.
const (
	MessageOfKey = messageOfKey
	MessageOfID  = messageOfID
	LateMessages = lateMessages
	RipeMessages = ripeMessages
)

// FindMessagesQuery is the query of FindMessages.
func FindMessagesQuery(q sms.Query) (query string, args []any) { return findMessages(q) }

// Plan is how the database finds the rows of a query, of few as of many.
func (s *Store) Plan(ctx context.Context, query string, args ...any) (string, error) {
	tx, err := s.write.BeginTxx(ctx, nil)
	if err != nil {
		return "", err
	}
	defer func() { _ = tx.Rollback() }()
	explain := `EXPLAIN QUERY PLAN `
	if s.postgres() {
		explain = `EXPLAIN `
		if _, err := tx.ExecContext(ctx, `SET LOCAL enable_seqscan = off`); err != nil {
			return "", err
		}
	}
	rows, err := tx.QueryxContext(ctx, tx.Rebind(explain+query), args...)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		values, err := rows.SliceScan()
		if err != nil {
			return "", err
		}
		all = append(all, fmt.Sprintf("%s", values[len(values)-1]))
	}
	return strings.Join(all, "\n"), rows.Err()
}
