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

// MoveOldCDRs moves some CDRs from where they were kept before there were calls, and says whether there may be more. Those
// that cannot be opened go among the unreadable ones as they are, and it tells their legs. Two processes that do so at once
// do the same work twice, and no harm.
func (s *Store) MoveOldCDRs(ctx context.Context, document func(r *cdr.Record, received time.Time) *history.Document) (more bool, unopened []string, err error) {
	var old []struct {
		ID       int64  `db:"id"`
		Leg      string `db:"leg"`
		ALeg     bool   `db:"a_leg"`
		Document []byte `db:"document"`
		Received int64  `db:"received"`
	}
	if err := s.all(ctx, "read old CDRs", &old, `SELECT id, leg, a_leg, document, received FROM old_cdrs ORDER BY id DESC LIMIT ?`, movedCDRs); err != nil || len(old) == 0 {
		return false, nil, err
	}
	var docs []*history.Document
	var all, aside []any
	for _, o := range old {
		all = append(all, o.ID)
		raw, err := s.packer.open(o.Document)
		if err != nil {
			aside, unopened = append(aside, o.ID), append(unopened, o.Leg)
			continue
		}
		name := o.Leg
		if o.ALeg {
			name = "a_" + name
		}
		docs = append(docs, document(cdr.Parse(name, raw), fromMicros(o.Received)))
	}
	if len(docs) > 0 {
		if _, err := s.SaveCDRs(ctx, docs); err != nil {
			return false, nil, err
		}
	}
	if err := s.change(ctx, "delete old CDRs", func(ctx context.Context, tx *sqlx.Tx) error {
		if len(aside) > 0 {
			if _, err := exec(ctx, tx, `INSERT INTO unreadable_cdrs (leg, a_leg, digest, size, document, received)
				SELECT leg, a_leg, substr(digest, 1, ?), size, document, received FROM old_cdrs WHERE id IN (?`+strings.Repeat(", ?", len(aside)-1)+
				`) ON CONFLICT DO NOTHING`, append([]any{digestLength}, aside...)...); err != nil {
				return err
			}
		}
		_, err := exec(ctx, tx, `DELETE FROM old_cdrs WHERE id IN (?`+strings.Repeat(", ?", len(all)-1)+`)`, all...)
		return err
	}); err != nil {
		return false, nil, err
	}
	s.metrics.unopened.Add(float64(len(unopened)))
	return true, unopened, nil
}
