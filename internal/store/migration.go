package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// migrationFiles are applied in the order of their numbers, each in a transaction, with those that are Go in their
// places. One named NNNN_noun.sqlite.sql or NNNN_noun.postgres.sql is for that database only.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrator knows all migrations of a database.
func (s *Store) migrator(dialect goose.Dialect, db *sql.DB, foreign string) (*goose.Provider, error) {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return nil, err
	}
	all, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, err
	}
	var excluded []string
	for _, name := range all {
		if strings.HasSuffix(name, "."+foreign+".sql") {
			excluded = append(excluded, name)
		}
	}
	options := []goose.ProviderOption{goose.WithExcludeNames(excluded), goose.WithDisableGlobalRegistry(true),
		goose.WithGoMigrations(requestBlocks(dialect, s.packer))}
	if dialect == goose.DialectPostgres {
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 600)) // every second, ten minutes
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(dialect, db, files, options...)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return provider, nil
}

// migrate brings the tables up to date. SQLite knows no lock over several transactions: while another process moves
// rows ours finds the file busy, for ten minutes at most, and when the other was quicker our transaction fails as a
// whole and the next look finds that migration done. Only failures between which nothing was done count.
func migrate(ctx context.Context, provider *goose.Provider) error {
	for busy, failed, done := 0, 0, int64(-1); ; {
		_, err := provider.Up(ctx)
		if err == nil {
			return nil
		}
		e, ok := errors.AsType[*sqlite.Error](err)
		if ok && e.Code()&0xff == codes.SQLITE_BUSY {
			busy++ // each after five seconds of waiting
		} else if version, unknown := provider.GetDBVersion(ctx); unknown == nil && version > done {
			failed, done = 0, version
		} else {
			failed++
		}
		if !ok || busy == 120 || failed == 5 || ctx.Err() != nil {
			return fmt.Errorf("migrate: %w", err)
		}
	}
}
