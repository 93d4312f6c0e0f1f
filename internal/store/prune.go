package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
)

// Log is something that grows with every day.
type Log string

// The logs.
const (
	RequestLog Log = "requests"  // what was asked of the documented face
	AuditLog   Log = "audit"     // what administrators changed; of less than 30 days ago it cannot be deleted
	Decisions  Log = "decisions" // what became of calls that were handed over
	Messages   Log = "messages"  // text messages; those that are still to be sent stay
)

// Prune deletes what a log has of before a time, in small steps, and tells how many rows that were. It may be called by
// several processes at once.
func (s *Store) Prune(ctx context.Context, log Log, before time.Time) (deleted int64, err error) {
	table, at, but := "", "at", ""
	switch log {
	case RequestLog:
		table, at = "request_blocks", "latest" // a block goes as a whole
	case AuditLog:
		table = "audit"
	case Decisions:
		table = "decisions"
	case Messages:
		table, but = "sms", " AND state NOT IN ('accepted', 'queued')"
	default:
		return 0, fmt.Errorf("prune %q: there is no such log", log)
	}
	return s.pruneUpTo(ctx, "delete old "+string(log), `SELECT `+at+` FROM `+table+` WHERE `+at+` < ?`+but+` ORDER BY `+at+` LIMIT 1 OFFSET ?`,
		`DELETE FROM `+table+` WHERE `+at+` <= ?`+but, micros(before))
}

// pruneRows is how many rows are deleted at a time.
const pruneRows = 1000

// pruneUpTo deletes rows before a time, some at a time: the first query finds up to when, if there are more than that. The
// time is its last argument but one, and the last of the second.
func (s *Store) pruneUpTo(ctx context.Context, attempted, find, remove string, before int64, args ...any) (deleted int64, err error) {
	for {
		to := before - 1
		more, err := s.one(ctx, attempted, &to, find, append(slices.Clone(args), before, pruneRows)...)
		if err != nil {
			return deleted, err
		}
		err = s.change(ctx, attempted, func(ctx context.Context, tx *sqlx.Tx) error {
			n, err := exec(ctx, tx, remove, append(slices.Clone(args), to)...)
			deleted += n
			return err
		})
		if err != nil || !more {
			return deleted, err
		}
	}
}
