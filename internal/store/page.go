package store

import (
	"context"
	"iter"
	"time"
)

const (
	rowsAtOnce = 256
	pageBytes  = 128 << 10 // of documents or texts, after which no further row is read at once
)

// idRange is a run of ids, both ends included.
type idRange struct {
	First int64 `db:"first"`
	Last  int64 `db:"last"`
}

// paged is a row that is read with others.
type paged interface {
	blockRow | messageRow
	id() int64
	size() int // of what is long in it, in bytes
}

// pages yields the rows of a range that a query finds, in the order of their ids. The query, a constant, begins with the
// parameters first and last id and ends with the limit. Some rows are read at a time, and the connection is let go before
// they are yielded, so a slow consumer holds none. After an error it ends.
func pages[T paged](ctx context.Context, s *Store, attempted string, of idRange, query string, args ...any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for of.First <= of.Last {
			page, err := readPage[T](ctx, s, attempted, of, query, args)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			if len(page) == 0 {
				return
			}
			of.First = page[len(page)-1].id() + 1
			for _, row := range page {
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

func readPage[T paged](ctx context.Context, s *Store, attempted string, of idRange, query string, args []any) (page []T, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	statement, err := s.prepare(ctx, query)
	if err != nil {
		return nil, s.failed(err, attempted)
	}
	rows, err := statement.QueryxContext(ctx, append(append([]any{of.First, of.Last}, args...), rowsAtOnce)...)
	if err != nil {
		return nil, s.failed(err, attempted)
	}
	defer rows.Close()
	for size := 0; size < pageBytes && rows.Next(); {
		var row T
		if err := rows.StructScan(&row); err != nil {
			return nil, s.failed(err, attempted)
		}
		size += row.size()
		page = append(page, row)
	}
	return page, s.failed(rows.Err(), attempted)
}

// within tells whether a time is in a period, its end excluded.
func within(at, from, to time.Time) bool { return !at.Before(from) && at.Before(to) }
