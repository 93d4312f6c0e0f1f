package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"callgate/internal/fault"
	"callgate/internal/history"
)

// monthly are the tables that PostgreSQL keeps in a partition for each month, by started. What lies in no month that a
// partition is made for is in the partition NAME_rest. They are dropped in this order, so that nothing finds a call of
// which a part is gone.
var monthly = [...]string{"calls", "call_terms", "cdrs"}

const (
	// monthsAhead is how many months have partitions, this one included.
	monthsAhead = 3
	// monthFormat is how the name of a partition ends.
	monthFormat = "2006_01"
	// monthPause is how long the intake leaves a month alone that could not be made.
	monthPause = time.Minute
	// monthsTime bounds how long a batch of CDRs waits for its months.
	monthsTime = time.Second
	// mostMoved is how many rows are moved from the rest at once: nobody can save CDRs meanwhile.
	mostMoved = 20_000
)

const (
	// monthLock is PostgreSQL's lock for making and dropping partitions.
	monthLock = `SELECT pg_advisory_xact_lock(1667329132, 2)`
	// monthWait bounds waiting for tables that others use: all that come later stand behind who waits.
	monthWait = `SET LOCAL lock_timeout = '200ms'`
)

// months are those that have partitions, as far as this process knows.
type months struct {
	mu    sync.Mutex
	known map[time.Time]time.Time // until when; the zero time is for ever
}

func monthOf(started int64) time.Time {
	t := time.UnixMicro(started).UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// possible tells whether a month can have a partition.
func (s *Store) possible(month time.Time) bool {
	return micros(month) >= history.FirstTime && !month.After(s.now().AddDate(0, monthsAhead, 0))
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
			wanted[monthOf(d.Leg.Began())] = true
			wanted[monthOf(d.Leg.Start)] = true
		}
	}
	ctx, cancel := context.WithTimeout(ctx, monthsTime)
	defer cancel()
	for month := range wanted {
		if s.makeMonth(ctx, month) != nil {
			return // who keeps this one from being made keeps the others too
		}
	}
}

// makeAhead makes the partitions of this month and the next ones.
func (s *Store) makeAhead(ctx context.Context) error {
	month := monthOf(micros(s.now()))
	for ahead := range monthsAhead {
		if err := s.makeMonth(ctx, month.AddDate(0, ahead, 0)); err != nil {
			return err
		}
	}
	return nil
}

// MakeMonths implements history.Attic. What more than mostMoved rows of a month are in the rest stays there, where
// everything is done with them that is done elsewhere.
func (s *Store) MakeMonths(ctx context.Context, since int64) error {
	if !s.postgres() {
		return nil
	}
	s.months.mu.Lock()
	s.months.known = nil // another process may have dropped some
	s.months.mu.Unlock()
	if err := s.makeAhead(ctx); err != nil {
		return err
	}
	for _, table := range monthly {
		var found []time.Time
		if err := s.all(ctx, "look at the rest", &found, `SELECT DISTINCT date_trunc('month', to_timestamp(started / 1000000) AT TIME ZONE 'UTC')
			FROM `+table+`_rest WHERE started >= ? AND started < ?`, max(since, history.FirstTime), micros(s.now().AddDate(0, monthsAhead, 0))); err != nil {
			return err
		}
		for _, month := range found {
			if month = month.UTC(); !s.possible(month) {
				continue
			}
			if err := s.changeMonths(ctx, "move a month from the rest", func(ctx context.Context, tx *sqlx.Tx) error {
				return moveMonth(ctx, tx, table, month)
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// changeMonths runs a transaction that makes, moves or drops partitions. That somebody uses the table is
// fault.Unfinished.
func (s *Store) changeMonths(ctx context.Context, attempted string, f func(ctx context.Context, tx *sqlx.Tx) error) error {
	return s.change(ctx, attempted, func(ctx context.Context, tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, monthWait)
		if err == nil {
			_, err = tx.ExecContext(ctx, monthLock)
		}
		if err == nil {
			err = f(ctx, tx)
		}
		if e, ok := errors.AsType[*pq.Error](err); ok && e.Code == "55P03" { // lock_not_available
			err = fault.Wrap(fault.Unfinished, err, "wait for a table")
		}
		return err
	})
}

// whereItBelongs is transact, once more when a month was made for a row that was on its way to the rest: PostgreSQL refuses
// it then.
func (s *Store) whereItBelongs(ctx context.Context, on beginner, attempted string, f func(ctx context.Context, tx *sqlx.Tx) error) error {
	for range len(monthly) {
		err := s.transact(ctx, on, attempted, f)
		if e, ok := errors.AsType[*pq.Error](err); !ok || e.Code != "23514" { // check_violation
			return err
		}
	}
	return s.transact(ctx, on, attempted, f)
}

// makeMonth makes the partitions of a month, if there can and need be any.
func (s *Store) makeMonth(ctx context.Context, month time.Time) error {
	if !s.postgres() || !s.possible(month) {
		return nil
	}
	s.months.mu.Lock()
	defer s.months.mu.Unlock()
	if until, known := s.months.known[month]; known && (until.IsZero() || s.now().Before(until)) {
		return nil
	}
	if s.months.known == nil {
		s.months.known = map[time.Time]time.Time{}
	}
	for _, table := range monthly {
		// One table in a transaction: the lock that this takes must not be waited for while another is held.
		if err := s.changeMonths(ctx, "make a partition", func(ctx context.Context, tx *sqlx.Tx) error {
			_, err := tx.ExecContext(ctx, fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %s_%s PARTITION OF %[1]s `+span(month), table, month.Format(monthFormat)))
			return err
		}); err != nil {
			s.months.known[month] = s.now().Add(monthPause)
			return err
		}
	}
	s.months.known[month] = time.Time{}
	return nil
}

// span is which rows belong to a month.
func span(month time.Time) string {
	return fmt.Sprintf(`FOR VALUES FROM (%d) TO (%d)`, micros(month), micros(month.AddDate(0, 1, 0)))
}

// moveMonth moves a month's rows of a table from the rest into a partition of their own.
func moveMonth(ctx context.Context, tx *sqlx.Tx, table string, month time.Time) error {
	// Its rows cannot change until the end, nor can there be more of them.
	if _, err := tx.ExecContext(ctx, `LOCK TABLE `+table+`_rest IN ACCESS EXCLUSIVE MODE`); err != nil {
		return err
	}
	name := table + "_" + month.Format(monthFormat)
	rows := fmt.Sprintf(`FROM %s_rest WHERE started >= %d AND started < %d`, table, micros(month), micros(month.AddDate(0, 1, 0)))
	var n int
	if err := tx.GetContext(ctx, &n, fmt.Sprintf(`SELECT COUNT(*) FROM (SELECT 1 %s LIMIT %d) AS several`, rows, mostMoved+1)); err != nil || n > mostMoved || n == 0 {
		return err
	}
	for _, query := range []string{
		`CREATE TABLE ` + name + ` (LIKE ` + table + ` INCLUDING ALL)`,
		`WITH moved AS (DELETE ` + rows + ` RETURNING *) INSERT INTO ` + name + ` SELECT * FROM moved`,
		`ALTER TABLE ` + table + ` ATTACH PARTITION ` + name + ` ` + span(month),
	} {
		if _, err := tx.ExecContext(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

// oldMonths are the months that have partitions and can be dropped when no call is kept that began before. A leg may
// have begun in another month than its call.
func (s *Store) oldMonths(ctx context.Context, before int64) ([]time.Time, error) {
	if !s.postgres() || before <= 0 {
		return nil, nil
	}
	var names []string
	if err := s.all(ctx, "list partitions", &names, `SELECT DISTINCT right(c.relname, 7) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		WHERE i.inhparent = ANY (ARRAY['calls'::regclass, 'call_terms'::regclass, 'cdrs'::regclass]::oid[]) ORDER BY 1`); err != nil {
		return nil, err
	}
	var old []time.Time
	for _, name := range names {
		month, err := time.Parse(monthFormat, name)
		if err == nil && micros(month.AddDate(0, 1, 0))+reach <= before {
			old = append(old, month)
		}
	}
	return old, nil
}

// OldMonths implements history.Attic.
func (s *Store) OldMonths(ctx context.Context, before int64) (edge int64, err error) {
	old, err := s.oldMonths(ctx, before)
	if err != nil || len(old) == 0 {
		return 0, err
	}
	return micros(slices.MaxFunc(old, time.Time.Compare).AddDate(0, 1, 0)) - reach, nil
}

// DropMonths implements history.Attic. PostgreSQL detaches nothing concurrently from a table that has a rest, so others
// are kept from the table for as long as that takes: milliseconds, since the files are deleted after that.
func (s *Store) DropMonths(ctx context.Context, before int64) (int, error) {
	old, err := s.oldMonths(ctx, before)
	if err != nil {
		return 0, err
	}
	for n, month := range old {
		for _, table := range monthly {
			if err := s.changeMonths(ctx, "drop a month", func(ctx context.Context, tx *sqlx.Tx) error {
				_, err := tx.ExecContext(ctx, `DROP TABLE IF EXISTS `+table+`_`+month.Format(monthFormat))
				return err
			}); err != nil {
				return n, err
			}
		}
		s.months.mu.Lock()
		delete(s.months.known, month)
		s.months.mu.Unlock()
	}
	return len(old), nil
}
