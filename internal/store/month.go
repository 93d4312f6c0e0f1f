package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"callgate/internal/history"
)

// monthly are the tables that PostgreSQL keeps in a partition for each month, by started. What lies in no month that a
// partition is made for is in the partition NAME_rest.
var monthly = [...]string{"cdrs", "calls", "call_terms"}

// monthsAhead is how many months have partitions, this one included.
const monthsAhead = 3

// monthLock is PostgreSQL's lock for making and dropping partitions.
const monthLock = `SELECT pg_advisory_xact_lock(1667329132, 2)`

// firstMonth is before anything that can be true; what claims to be older is in the rest.
var firstMonth = [...]int{2010, 1}

// months are those that have partitions, as far as this process knows.
type months struct {
	mu    sync.Mutex
	known map[time.Time]bool
}

func monthOf(started int64) time.Time {
	t := time.UnixMicro(started).UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// makeMonths makes partitions for the months of documents that have none. What fails is left to the rest, which takes
// any row.
func (s *Store) makeMonths(ctx context.Context, all []*history.Document) {
	if !s.postgres() {
		return
	}
	wanted := map[time.Time]bool{}
	for _, d := range all {
		if d.Leg != nil {
			wanted[monthOf(at(d.Leg))] = true
			wanted[monthOf(d.Leg.Start)] = true
		}
	}
	for month := range wanted {
		_ = s.makeMonth(ctx, month)
	}
}

// MakeMonths makes the partitions of this month and the next ones.
func (s *Store) MakeMonths(ctx context.Context) error {
	month := monthOf(micros(s.now()))
	for ahead := range monthsAhead {
		if err := s.makeMonth(ctx, month.AddDate(0, ahead, 0)); err != nil {
			return err
		}
	}
	return nil
}

// makeMonth makes the partitions of a month, if there can and need be any.
func (s *Store) makeMonth(ctx context.Context, month time.Time) error {
	first := time.Date(firstMonth[0], time.Month(firstMonth[1]), 1, 0, 0, 0, 0, time.UTC)
	if !s.postgres() || month.Before(first) || month.After(s.now().AddDate(0, monthsAhead, 0)) {
		return nil
	}
	s.months.mu.Lock()
	defer s.months.mu.Unlock()
	if s.months.known[month] {
		return nil
	}
	var err error
	for _, table := range monthly {
		// One table in a transaction: the lock that this takes must not be waited for while another is held.
		err = s.change(ctx, "make a partition", func(ctx context.Context, tx *sqlx.Tx) error {
			if _, err := tx.ExecContext(ctx, monthLock); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %s_%s PARTITION OF %s FOR VALUES FROM (%d) TO (%d)`,
				table, month.Format("2006_01"), table, micros(month), micros(month.AddDate(0, 1, 0))))
			return err
		})
		if err != nil {
			break
		}
	}
	if err == nil {
		if s.months.known == nil {
			s.months.known = map[time.Time]bool{}
		}
		s.months.known[month] = true
	}
	return err
}
