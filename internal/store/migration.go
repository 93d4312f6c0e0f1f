package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// migrationFiles are applied in the order of their numbers, each in a transaction. One named NNNN_noun.sqlite.sql or
// NNNN_noun.postgres.sql is for that database only.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrate brings the tables up to date.
func migrate(ctx context.Context, dialect goose.Dialect, db *sql.DB, foreign string) error {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return err
	}
	all, err := fs.Glob(files, "*.sql")
	if err != nil {
		return err
	}
	var excluded []string
	for _, name := range all {
		if strings.HasSuffix(name, "."+foreign+".sql") {
			excluded = append(excluded, name)
		}
	}
	options := []goose.ProviderOption{goose.WithExcludeNames(excluded), goose.WithDisableGlobalRegistry(true)}
	attempts := 1
	if dialect == goose.DialectPostgres {
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 600)) // every second, ten minutes
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(locker))
	} else {
		// SQLite knows no lock over several transactions. When another process was quicker, our transaction fails as
		// a whole, and the next look finds nothing left to do.
		attempts = 5
	}
	provider, err := goose.NewProvider(dialect, db, files, options...)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	for ; attempts > 0; attempts-- {
		if _, err = provider.Up(ctx); err == nil {
			return nil
		}
	}
	return fmt.Errorf("migrate: %w", err)
}
