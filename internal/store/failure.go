package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"

	"github.com/lib/pq"
	"modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"callgate/internal/fault"
)

// failed says what was attempted, and of which kind the failure is when that can be told. A nil err stays nil.
func (s *Store) failed(err error, attempted string) error {
	if err == nil {
		return nil
	}
	if _, known := fault.Of(err); known {
		return fmt.Errorf("%s: %w", attempted, err)
	}
	switch {
	case isConflict(err):
		return fault.Wrap(fault.Conflict, err, attempted)
	case isDown(err):
		s.metrics.down.Inc()
		return fault.Wrap(fault.StorageDown, err, attempted)
	}
	return fmt.Errorf("%s: %w", attempted, err)
}

func isNoRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// isConflict tells whether a constraint was broken.
func isConflict(err error) bool {
	if e, ok := errors.AsType[*pq.Error](err); ok {
		return e.Code.Class() == "23"
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == codes.SQLITE_CONSTRAINT
}

// isDown tells whether the database itself is the trouble, so that the same call may succeed later. The end of the
// caller's patience counts, that of the caller (context.Canceled) does not.
func isDown(err error) bool {
	if e, ok := errors.AsType[*pq.Error](err); ok {
		switch e.Code.Class() {
		case "08", "28", "3D", "40", "53", "54", "55", "57", "58": // connection … resources … operator … system
			return true
		}
		return e.Code == "25006" // a standby, after a failover
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case codes.SQLITE_BUSY, codes.SQLITE_LOCKED, codes.SQLITE_IOERR, codes.SQLITE_FULL, codes.SQLITE_CANTOPEN,
			codes.SQLITE_READONLY, codes.SQLITE_CORRUPT, codes.SQLITE_NOTADB, codes.SQLITE_PERM, codes.SQLITE_NOMEM,
			codes.SQLITE_PROTOCOL, codes.SQLITE_INTERRUPT:
			return true
		}
		return false
	}
	if errors.Is(err, context.Canceled) {
		return false
	}
	if _, ok := errors.AsType[net.Error](err); ok { // timeouts and refused connections
		return true
	}
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return true
	}
	for _, down := range []error{
		context.DeadlineExceeded, driver.ErrBadConn, sql.ErrConnDone, sql.ErrTxDone, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed,
	} {
		if errors.Is(err, down) {
			return true
		}
	}
	// database/sql keeps this one to itself.
	return strings.HasSuffix(err.Error(), "sql: database is closed")
}
