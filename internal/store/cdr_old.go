package store

import (
	"context"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"callgate/cdr"
	"callgate/internal/history"
)

const movedCDRs = 200 // in one transaction

// MoveOldCDRs moves some CDRs from where they were kept before there were calls, and says whether there may be more. Two
// processes that do so at once do the same work twice, and no harm.
func (s *Store) MoveOldCDRs(ctx context.Context, document func(r *cdr.Record, received time.Time) *history.Document) (more bool, err error) {
	var old []struct {
		ID       int64  `db:"id"`
		Leg      string `db:"leg"`
		ALeg     bool   `db:"a_leg"`
		Document []byte `db:"document"`
		Received int64  `db:"received"`
	}
	if err := s.all(ctx, "read old CDRs", &old, `SELECT id, leg, a_leg, document, received FROM old_cdrs ORDER BY id DESC LIMIT ?`, movedCDRs); err != nil || len(old) == 0 {
		return false, err
	}
	var docs []*history.Document
	for _, o := range old {
		raw, err := s.packer.open(o.Document)
		if err != nil {
			return false, err
		}
		name := o.Leg
		if o.ALeg {
			name = "a_" + name
		}
		docs = append(docs, document(cdr.Parse(name, raw), fromMicros(o.Received)))
	}
	if _, err := s.SaveCDRs(ctx, docs); err != nil {
		return false, err
	}
	return true, s.change(ctx, "delete old CDRs", func(ctx context.Context, tx *sqlx.Tx) error {
		args := make([]any, len(old))
		for i, o := range old {
			args[i] = o.ID
		}
		_, err := exec(ctx, tx, `DELETE FROM old_cdrs WHERE id IN (?`+strings.Repeat(", ?", len(old)-1)+`)`, args...)
		return err
	})
}
