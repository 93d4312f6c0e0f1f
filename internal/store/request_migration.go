package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"

	"callgate/internal/report"
)

// blockMigration is the number of the migration that keeps requests in blocks instead of rows.
const blockMigration = 4

const (
	movedAtOnce = 1000
	movedBytes  = 256 << 10 // about the size of the blocks that are made of rows
)

// requestBlocks makes the tables of the request log and moves the rows of the older one. Ids stay; where some are
// missing, a new block begins.
func requestBlocks(dialect goose.Dialect, packer *packer) *goose.Migration {
	bind, tables := sqlx.QUESTION, []string{
		// The range of ids that is given out next begins here. One row: whoever takes a range locks it.
		`CREATE TABLE request_ids (next BIGINT NOT NULL)`,
		`INSERT INTO request_ids (next) SELECT COALESCE(MAX(id), 0) + 1 FROM requests`,
		`CREATE TABLE request_blocks (
			first_id BIGINT  NOT NULL PRIMARY KEY, -- of the first request; the others count on
			requests INTEGER NOT NULL,
			passed   INTEGER NOT NULL, -- of these
			earliest BIGINT  NOT NULL,
			latest   BIGINT  NOT NULL,
			document BYTEA   NOT NULL -- zstd of a report.Block's
		)`,
		`CREATE INDEX request_blocks_by_time ON request_blocks (latest, earliest, first_id)`,
	}
	if dialect == goose.DialectPostgres {
		bind = sqlx.DOLLAR
		tables = append(tables, `ALTER TABLE request_blocks ALTER COLUMN document SET STORAGE EXTERNAL`) // packed already
	}
	return goose.NewGoMigration(blockMigration, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		for _, query := range tables {
			if _, err := tx.ExecContext(ctx, query); err != nil {
				return err
			}
		}
		if err := moveRequests(ctx, tx, bind, packer); err != nil {
			return fmt.Errorf("move the request log: %w", err)
		}
		_, err := tx.ExecContext(ctx, `DROP TABLE requests`)
		return err
	}}, nil)
}

// requestRow is a request as it was kept before.
type requestRow struct {
	ID        int64  `db:"id"`
	At        int64  `db:"at"`
	Module    string `db:"module"`
	Action    string `db:"action"`
	Code      int    `db:"code"`
	Error     string `db:"error"`
	Body      string `db:"body"`
	UserID    int64  `db:"user_id"`
	Login     string `db:"login"`
	Reason    string `db:"reason"`
	RequestID string `db:"request_id"`
}

func moveRequests(ctx context.Context, tx *sql.Tx, bind int, packer *packer) error {
	var b report.Block
	save := func() error {
		if b.Count == 0 {
			return nil
		}
		_, err := tx.ExecContext(ctx, sqlx.Rebind(bind, insertBlock), blockValues(b, packer.plain.EncodeAll(b.Document, nil))...)
		b = report.Block{Document: b.Document[:0]}
		return err
	}
	nextPage := sqlx.Rebind(bind, `SELECT id, at, module, action, code, error, body, user_id, login, reason, request_id
		FROM requests WHERE id > ? ORDER BY id LIMIT ?`)
	for last := int64(math.MinInt64); ; {
		rows, err := tx.QueryContext(ctx, nextPage, last, movedAtOnce) //nolint:rowserrcheck // StructScan does
		if err != nil {
			return err
		}
		var page []requestRow
		if err := sqlx.StructScan(rows, &page); err != nil { // and closes them
			return err
		}
		if len(page) == 0 {
			return save()
		}
		for _, r := range page {
			at := fromMicros(r.At)
			if b.Count > 0 && (r.ID != last+1 || len(b.Document) >= movedBytes || !b.Takes(at)) {
				if err := save(); err != nil {
					return err
				}
			}
			if b.Count == 0 {
				b.First = r.ID
			}
			last = r.ID
			b.Add(report.Request{Body: r.Body, Module: r.Module, Action: r.Action, Code: r.Code, Error: r.Error, At: at,
				UserID: r.UserID, Login: r.Login, Reason: r.Reason, RequestID: r.RequestID})
		}
	}
}
