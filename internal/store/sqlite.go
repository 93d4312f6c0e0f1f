package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
)

const (
	sqliteReaders = 4
	// Only another process (a command of the administrator, a backup) ever makes us wait for the file's lock.
	sqliteBusy = "busy_timeout(5000)"
	// CDRs touch pages all over the indexes: the more of them are at hand, and the rarer the log is written back to the
	// file, the less is read and written twice.
	sqliteCache      = "cache_size(-65536)"       // KiB
	sqliteCheckpoint = "wal_autocheckpoint(8000)" // pages of 4 KiB
)

// openSQLite opens one writer and some readers on the file. WAL lets them work side by side; synchronous=FULL makes
// each commit wait for the disk, since what was acknowledged must survive a power cut.
func (s *Store) openSQLite(ctx context.Context, path string) error {
	if path == "" || path == ":memory:" {
		return errors.New("want sqlite:PATH, the path of a file")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	// It holds password hashes. The files that SQLite puts beside it get the same mode.
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		err = file.Close()
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return s.failed(err, "create the file")
	}
	s.write, err = sqlitePool(path, 1, url.Values{
		"_pragma": {sqliteBusy, "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", sqliteCache, sqliteCheckpoint},
		"_txlock": {"immediate"}, // a transaction that wants to write later may find that it cannot
	})
	if err != nil {
		return err
	}
	provider, err := s.migrator(goose.DialectSQLite3, s.write.DB, "postgres")
	if err != nil {
		return err
	}
	if err := migrate(ctx, provider); err != nil {
		return s.failed(err, path)
	}
	s.dutyFile = path + "-duties"
	s.read, err = sqlitePool(path, sqliteReaders, url.Values{"_pragma": {sqliteBusy, "query_only(1)"}})
	return err
}

func sqlitePool(path string, size int, parameters url.Values) (*sqlx.DB, error) {
	name := url.URL{Scheme: "file", Path: path, RawQuery: parameters.Encode()}
	connector, err := sqlite.NewConnector(name.String())
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	db.SetConnMaxIdleTime(time.Hour)
	return sqlx.NewDb(db, "sqlite"), nil
}
