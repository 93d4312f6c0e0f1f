package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
)

// Inspection is how a database stands to this version.
type Inspection struct {
	Missing bool // no such SQLite file
	Pending int  // migrations that Open would apply
	Unknown int  // migrations of a later version that were applied
}

// Inspect looks at a database without bringing its tables up to date; Open does. It creates nothing.
func Inspect(ctx context.Context, address string, timeout time.Duration) (Inspection, error) {
	s := &Store{timeout: timeout, metrics: newMetrics(nil)}
	in, err := s.inspect(ctx, address)
	if err != nil {
		err = fmt.Errorf("inspect the database: %w", err)
	}
	return in, errors.Join(err, s.Close())
}

func (s *Store) inspect(ctx context.Context, address string) (in Inspection, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	dialect, foreign, table := goose.DialectPostgres, "sqlite", `SELECT COUNT(*) FROM information_schema.tables
		WHERE table_name = 'goose_db_version' AND table_schema = current_schema()`
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return Inspection{Missing: true}, nil
		}
		if path, err = filepath.Abs(path); err != nil { // in a URI the first part of a relative one would be a host
			return in, err
		}
		dialect, foreign, table = goose.DialectSQLite3, "postgres", `SELECT COUNT(*) FROM sqlite_master WHERE name = 'goose_db_version'`
		s.write, err = sqlitePool(path, 1, url.Values{"mode": {"ro"}, "_pragma": {sqliteBusy, "query_only(1)"}})
	} else if strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://") {
		s.write, err = postgresPool(address, s.timeout)
	} else {
		err = errors.New("want sqlite:PATH or postgres://…") // not the URL: it may hold a password
	}
	if err != nil {
		return in, err
	}
	provider, err := s.migrator(dialect, s.write.DB, foreign)
	if err != nil {
		return in, err
	}
	pending := map[int64]bool{}
	for _, source := range provider.ListSources() {
		pending[source.Version] = true
	}
	applied, err := s.applied(ctx, s.write, table)
	for _, version := range applied {
		if version != 0 && !pending[version] { // goose's own first row is 0
			in.Unknown++
		}
		delete(pending, version)
	}
	in.Pending = len(pending)
	return in, s.failed(err, "read the migrations applied")
}

// applied are the numbers of the migrations that were; none when there is no table of them.
func (s *Store) applied(ctx context.Context, db *sqlx.DB, table string) (versions []int64, err error) {
	var tables int
	if err := db.GetContext(ctx, &tables, table); err != nil || tables == 0 {
		return nil, err
	}
	err = db.SelectContext(ctx, &versions, `SELECT version_id FROM goose_db_version WHERE is_applied`)
	return versions, err
}
