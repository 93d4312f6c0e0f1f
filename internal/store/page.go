package store

import (
	"context"
	"iter"
	"time"
)

const (
	firstRows = 32   // that are asked for at once, before it is known how long they are
	mostRows  = 1000 // and later
	pageBytes = 128 << 10
	indexStep = 10_000 // entries of an index that one statement walks
)

// idRange is a run of ids, both ends included.
type idRange struct {
	First int64 `db:"first"`
	Last  int64 `db:"last"`
	// newest is whether the last id comes first.
	newest bool
}

// idsOf finds the ids between which lies what an index on a time has from from until to, in microseconds. The index is
// walked in steps, so that no statement takes long however much there is. next, a constant, finds the time of the row so
// many rows behind one; between finds the range of what lies between two times, and takes args besides.
func (s *Store) idsOf(ctx context.Context, attempted string, from, to int64, next, between string, args ...any) (idRange, error) {
	all := idRange{First: 0, Last: -1}
	for from < to {
		until := to
		if _, err := s.one(ctx, attempted, &until, next, from, to, indexStep); err != nil {
			return all, err
		}
		until = max(until, from+1) // so many of one time are taken at once
		var part idRange
		if _, err := s.one(ctx, attempted, &part, between, append([]any{from, until}, args...)...); err != nil {
			return all, err
		}
		switch {
		case part.Last < part.First: // nothing
		case all.Last < all.First:
			all = part
		default:
			all = idRange{First: min(all.First, part.First), Last: max(all.Last, part.Last)}
		}
		from = until
	}
	return all, nil
}

// paged is a row that is read with others.
type paged interface {
	blockRow | messageRow
	id() int64
	size() int // of what is long in it, in bytes
}

// pages yields the rows of a range that a query finds, in the order of their ids, from the first or the newest. The query, a
// constant, has that order, begins with the parameters first and last id and ends with the limit. About pageBytes are read at a time, and the connection is let go
// before they are yielded, so a slow consumer holds none. After an error it ends.
func pages[T paged](ctx context.Context, s *Store, attempted string, of idRange, query string, args ...any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var page []T
		args := append(append([]any{of.First, of.Last}, args...), firstRows)
		for limit := firstRows; of.First <= of.Last; {
			args[0], args[1], args[len(args)-1] = of.First, of.Last, limit
			var size int
			var err error
			if page, size, err = readPage(ctx, s, attempted, page[:0], query, args); err != nil {
				var none T
				yield(none, err)
				return
			}
			if len(page) == 0 {
				return
			}
			if last := page[len(page)-1].id(); of.newest {
				of.Last = last - 1
			} else {
				of.First = last + 1
			}
			// The driver of PostgreSQL reads all that was asked for, wanted or not.
			limit = max(1, min(mostRows, pageBytes*len(page)/max(1, size)))
			for _, row := range page {
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

// readPage reads rows behind those of page, at most those that fill it, and tells how long they are together.
func readPage[T paged](ctx context.Context, s *Store, attempted string, page []T, query string, args []any) (_ []T, size int, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	statement, err := s.prepare(ctx, query)
	if err != nil {
		return nil, 0, s.failed(err, attempted)
	}
	rows, err := statement.QueryxContext(ctx, args...)
	if err != nil {
		return nil, 0, s.failed(err, attempted)
	}
	defer rows.Close()
	for size < pageBytes && rows.Next() {
		var row T
		if err := rows.StructScan(&row); err != nil {
			return nil, 0, s.failed(err, attempted)
		}
		size += row.size()
		page = append(page, row)
	}
	return page, size, s.failed(rows.Err(), attempted)
}

// within tells whether a time is in a period, its end excluded.
func within(at, from, to time.Time) bool { return !at.Before(from) && at.Before(to) }
