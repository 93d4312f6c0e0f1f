package store

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"callgate/internal/report"
)

// SaveRequests implements report.RequestStore. The range of ids is taken in the same transaction and its row stays
// locked until the end, so that ids grow in the order in which blocks can be read, whoever saves them.
func (s *Store) SaveRequests(ctx context.Context, blocks []report.Block) error {
	packed := make([][]byte, len(blocks))
	for i, b := range blocks {
		packed[i] = s.packer.plain.EncodeAll(b.Document, nil)
	}
	return s.change(ctx, "save requests", func(ctx context.Context, tx *sqlx.Tx) error {
		if s.write.DriverName() == postgresDriver {
			// What PostgreSQL has taken survives the end of this process whether or not its disk has it yet, and the
			// requests that come meanwhile would not. Only the end of the database's own machine costs half a second.
			if _, err := tx.ExecContext(ctx, "SET LOCAL synchronous_commit TO OFF"); err != nil {
				return err
			}
		}
		for i, b := range blocks {
			var next int64
			if err := tx.GetContext(ctx, &next, tx.Rebind(`UPDATE request_ids SET next = next + ? RETURNING next`), b.Count); err != nil {
				return err
			}
			b.First = next - int64(b.Count)
			if _, err := exec(ctx, tx, insertBlock, blockValues(b, packed[i])...); err != nil {
				return err
			}
		}
		return nil
	})
}

const insertBlock = `INSERT INTO request_blocks (first_id, requests, passed, earliest, latest, document)
	VALUES (?, ?, ?, ?, ?, ?)`

// blockValues are those that insertBlock takes.
func blockValues(b report.Block, packed []byte) []any {
	return []any{b.First, b.Count, b.Passed, micros(b.From), micros(b.To), packed}
}

type blockRow struct {
	First    int64  `db:"first_id"`
	Requests int    `db:"requests"`
	Packed   []byte `db:"document"`
}

func (r blockRow) id() int64 { return r.First }
func (r blockRow) size() int { return len(r.Packed) }

// blocksOf finds the blocks between which a period lies; from there on the primary key gives the order.
func (s *Store) blocksOf(ctx context.Context, from, to time.Time) (idRange, error) {
	return s.idsOf(ctx, "read requests", micros(from), micros(to.Add(report.BlockSpan)),
		`SELECT latest FROM request_blocks WHERE latest >= ? AND latest < ? ORDER BY latest LIMIT 1 OFFSET ?`,
		`SELECT COALESCE(MIN(first_id), 0) AS first, COALESCE(MAX(first_id), -1) AS last
		FROM request_blocks WHERE latest >= ? AND latest < ? AND earliest < ?`, micros(to))
}

// Requests yields the requests with from <= At < to that passed, or with passed false all others, by id. It reads
// some blocks at a time and lets go of the connection before it yields, so a slow consumer holds none; what is saved
// meanwhile is not among them. After an error it ends.
func (s *Store) Requests(ctx context.Context, from, to time.Time, passed bool) iter.Seq2[report.Request, error] {
	return func(yield func(report.Request, error) bool) {
		all, err := s.blocksOf(ctx, from, to)
		if err != nil {
			yield(report.Request{}, err)
			return
		}
		wanted := "passed > 0"
		if !passed {
			wanted = "passed < requests"
		}
		block := report.Block{} // one after the other in the same memory: what All yields has its own
		for row, err := range pages[blockRow](ctx, s, "read requests", all, `SELECT first_id, requests, document FROM request_blocks
			WHERE first_id BETWEEN ? AND ? AND latest >= ? AND earliest < ? AND `+wanted+` ORDER BY first_id LIMIT ?`, micros(from), micros(to)) {
			if err == nil {
				block.First, block.Count = row.First, row.Requests
				block.Document, err = s.packer.openPlain(block.Document, row.Packed)
			}
			if err != nil {
				yield(report.Request{}, err)
				return
			}
			for r, err := range block.All() {
				if err != nil {
					yield(report.Request{}, err)
					return
				}
				if r.Passed() == passed && within(r.At, from, to) && !yield(r, nil) {
					return
				}
			}
		}
	}
}

// NewestRequests yields the requests with from <= At < to whose id is below before, if that is not 0, the newest first by id. As
// Requests it holds nothing while it yields, and ends after an error.
func (s *Store) NewestRequests(ctx context.Context, from, to time.Time, before int64) iter.Seq2[report.Request, error] {
	return func(yield func(report.Request, error) bool) {
		all, err := s.blocksOf(ctx, from, to)
		if err != nil {
			yield(report.Request{}, err)
			return
		}
		all.newest = true
		if before != 0 {
			all.Last = min(all.Last, before-1)
		}
		block, inside := report.Block{}, []report.Request{}
		for row, err := range pages[blockRow](ctx, s, "read requests", all, `SELECT first_id, requests, document FROM request_blocks
			WHERE first_id BETWEEN ? AND ? AND latest >= ? AND earliest < ? ORDER BY first_id DESC LIMIT ?`, micros(from), micros(to)) {
			if err == nil {
				block.First, block.Count = row.First, row.Requests
				block.Document, err = s.packer.openPlain(block.Document, row.Packed)
			}
			if err != nil {
				yield(report.Request{}, err)
				return
			}
			inside = inside[:0]
			for r, err := range block.All() {
				if err != nil {
					yield(report.Request{}, err)
					return
				}
				inside = append(inside, r)
			}
			for _, r := range slices.Backward(inside) {
				if within(r.At, from, to) && (before == 0 || r.ID < before) && !yield(r, nil) {
					return
				}
			}
		}
	}
}
