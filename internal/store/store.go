// Package store keeps what outlives the process, and is the only place that speaks SQL: users, tokens, switched
// modules, settings, the request log and CDRs, in SQLite or PostgreSQL. It holds no rules of its own beyond what a
// transaction has to guard; those are in the packages whose needs it fills (account, report, recording, cdr).
//
// What a method reports as kept is durable, against loss of power too. Every method blocks on the database, at most
// for Options.Timeout, and may be called from any goroutine; the package starts none of its own. Failures because
// the database is down, out of reach, too slow or full are fault.StorageDown; a broken constraint is
// fault.Conflict. Texts that PostgreSQL would refuse (NUL, invalid UTF-8) are kept, and looked up, with U+FFFD in
// the place of what it refuses.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/prometheus/client_golang/prometheus"

	"callgate/internal/secret"
	"callgate/internal/webhook"
)

// Options of a Store. The zero value of every field is a safe default.
type Options struct {
	Timeout    time.Duration    // for one call, waiting for a connection included; 10 s
	Now        func() time.Time // time.Now
	Registerer prometheus.Registerer
	// Box seals secrets before they are kept: all who open a database have the same one, or Open fails with secret.ErrKey.
	// Without one they are kept as they are given, which is for tests, and those that are sealed cannot be read. Where there
	// is none Key is asked for it, if it is set, once the database has answered; sealed tells whether it has secrets already.
	Box   *secret.Box
	Key   func(sealed bool) (*secret.Box, error)
	Renew *Renewal // nil: the box is the one it has been
}

// Store is an open database.
type Store struct {
	// On PostgreSQL both are one pool. On SQLite there is one writer, because the file admits one at a time and a
	// queue in front of it is fairer and cheaper than its polling lock; readers see the last commit meanwhile.
	write, read *sqlx.DB
	statements  sync.Map // of *sqlx.Stmt by query: preparing takes longer than running most of them
	writes      sync.Map // the same of SQLite's writer; nil is one that is wanted

	address string   // of PostgreSQL, for connections beside the pool
	duties  *sqlx.DB // on PostgreSQL: each connection holds, or waits for, one duty
	// On SQLite: whoever has this file locked has all duties.
	dutyFile string
	dutyLock fileLock

	timeout time.Duration
	now     func() time.Time
	packer  *packer
	box     *secret.Box
	months  months // of PostgreSQL's partitions
	ids     callIDs
	told    atomic.Pointer[map[webhook.Kind]bool] // of what is kept somebody wants to hear

	figureColumns figureColumns
	metrics       *metrics
}

// Open opens the database at the URL, sqlite:PATH or postgres://…, and brings its tables up to date. Processes that
// open the same database at the same time take turns in that.
//
// A SQLite file is created, readable by its owner only, when it is not there yet; its folder is not. In a PostgreSQL
// URL all parameters of libpq work; without sslmode TLS is required. The schema lock is held by a session, so a
// pooler in front of PostgreSQL has to pool sessions, not transactions.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Store{timeout: o.Timeout, now: o.Now, box: o.Box, metrics: newMetrics(o.Registerer), figureColumns: newFigureColumns()}
	var err error
	if s.packer, err = newPacker(); err != nil {
		return nil, err
	}
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		err = s.openSQLite(ctx, path)
	} else if strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://") {
		err = s.openPostgres(ctx, url)
	} else {
		err = errors.New("want sqlite:PATH or postgres://…") // not the URL: it may hold a password
	}
	if err == nil {
		err = s.sealUp(ctx, o)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the database: %w", err), s.Close())
	}
	return s, nil
}

// Ping tells whether the database takes writers: on SQLite the writer's connection must answer.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	var one int
	return s.failed(s.write.GetContext(ctx, &one, "SELECT 1"), "ping the database")
}

// Kind is the kind of the database: sqlite or postgres.
func (s *Store) Kind() string {
	if s.postgres() {
		return "postgres"
	}
	return "sqlite"
}

// Schema is the number of the last migration of the database.
func (s *Store) Schema(ctx context.Context) (version int64, err error) {
	_, err = s.one(ctx, "read the version of the database", &version, `SELECT MAX(version_id) FROM goose_db_version`)
	return version, err
}

// Close waits for what is going on and closes the database. It may be called more than once.
func (s *Store) Close() error {
	var errs []error
	if s.read != nil && s.read != s.write {
		errs = append(errs, s.read.Close())
	}
	if s.write != nil {
		errs = append(errs, s.write.Close())
	}
	if s.duties != nil {
		errs = append(errs, s.duties.Close())
	}
	errs = append(errs, s.dutyLock.release())
	if s.packer != nil {
		s.packer.close()
	}
	return errors.Join(errs...)
}

// change runs a transaction. The error of f ends it and is returned as s.failed has it.
func (s *Store) change(ctx context.Context, attempted string, f func(ctx context.Context, tx *sqlx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return s.transact(ctx, s.write, attempted, f)
}

// beginner is a pool or a connection.
type beginner interface {
	BeginTxx(ctx context.Context, o *sql.TxOptions) (*sqlx.Tx, error)
}

// transact is change for as long as it takes.
func (s *Store) transact(ctx context.Context, on beginner, attempted string, f func(ctx context.Context, tx *sqlx.Tx) error) error {
	tx, err := on.BeginTxx(ctx, nil)
	if err != nil {
		return s.failed(err, attempted)
	}
	if err := f(ctx, tx); err != nil {
		_ = tx.Rollback() // its failure says no more than that of f
		return s.failed(err, attempted)
	}
	return s.failed(tx.Commit(), attempted)
}

// onPostgres runs what only PostgreSQL needs: SQLite has one writer, and no limits of its own.
func (s *Store) onPostgres(ctx context.Context, tx *sqlx.Tx, query string) error {
	if !s.postgres() {
		return nil
	}
	_, err := tx.ExecContext(ctx, query)
	return err
}

// revision runs a transaction that changes what is kept in memory of a topic, as change does.
func (s *Store) revision(ctx context.Context, topic, attempted string, f func(ctx context.Context, tx *sqlx.Tx) error) error {
	return s.change(ctx, attempted, func(ctx context.Context, tx *sqlx.Tx) error {
		if err := f(ctx, tx); err != nil {
			return err
		}
		return revise(ctx, tx, topic)
	})
}

// one reads one row into dest; found is false when there is none. The query is a constant.
func (s *Store) one(ctx context.Context, attempted string, dest any, query string, args ...any) (found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	statement, err := s.prepare(ctx, query)
	if err == nil {
		err = statement.GetContext(ctx, dest, args...)
	}
	if isNoRows(err) {
		return false, nil
	}
	return err == nil, s.failed(err, attempted)
}

// all reads rows into dest, a pointer to a slice. The query is a constant.
func (s *Store) all(ctx context.Context, attempted string, dest any, query string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	statement, err := s.prepare(ctx, query)
	if err == nil {
		err = statement.SelectContext(ctx, dest, args...)
	}
	return s.failed(err, attempted)
}

// some reads rows into dest as all does, by a query that is put together: it is not kept prepared.
func (s *Store) some(ctx context.Context, attempted string, dest any, query string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return s.failed(s.read.SelectContext(ctx, dest, s.read.Rebind(query), args...), attempted)
}

// ofProjects goes on with a condition: the row is of one of these projects, none being all.
func ofProjects(projects []string) (condition string, args []any) {
	if len(projects) == 0 {
		return "", nil
	}
	for _, p := range projects {
		args = append(args, clean(p))
	}
	return ` AND project IN (?` + strings.Repeat(", ?", len(projects)-1) + `)`, args
}

// prepare returns a statement that lives as long as the store. Two callers may prepare the same one at first; the
// second closes its own again.
func (s *Store) prepare(ctx context.Context, query string) (*sqlx.Stmt, error) {
	if known, ok := s.statements.Load(query); ok {
		return known.(*sqlx.Stmt), nil
	}
	made, err := s.read.PreparexContext(ctx, s.read.Rebind(query))
	if err != nil {
		return nil, err
	}
	kept, loaded := s.statements.LoadOrStore(query, made)
	if loaded {
		_ = made.Close()
	}
	return kept.(*sqlx.Stmt), nil
}

// exec runs a statement in a transaction and returns how many rows it touched.
func exec(ctx context.Context, tx *sqlx.Tx, query string, args ...any) (int64, error) {
	result, err := tx.ExecContext(ctx, tx.Rebind(query), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// postgres tells which of the two databases it is.
func (s *Store) postgres() bool { return s.read == s.write }

// micros is how a time is kept; the zero time is 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// clean makes of text what both databases take.
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}
