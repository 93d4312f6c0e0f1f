package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// columns are values for many rows of a statement, column by column.
type columns []column

// column is one of them: a name, and a slice of string, int64, bool or []byte, as long as all others.
type column struct {
	name   string
	values any
}

// count is how many rows there are.
func (r columns) count() int {
	switch v := r[0].values.(type) {
	case []string:
		return len(v)
	case []int64:
		return len(v)
	case []bool:
		return len(v)
	default:
		return len(r[0].values.([][]byte))
	}
}

// at is row i.
func (r columns) at(i int) []any {
	all := make([]any, len(r))
	for n, c := range r {
		switch v := c.values.(type) {
		case []string:
			all[n] = v[i]
		case []int64:
			all[n] = v[i]
		case []bool:
			all[n] = v[i]
		case [][]byte:
			all[n] = v[i]
		}
	}
	return all
}

// names lists the columns' names.
func (r columns) names() string {
	names := make([]string, len(r))
	for n, c := range r {
		names[n] = c.name
	}
	return strings.Join(names, ", ")
}

// unnest is the rows as PostgreSQL sees them in a query, whose first so many parameters are others. Bytes come one after
// the other in one parameter, from which each row takes its own: in an array they would be written and read as text.
func (r columns) unnest(parameters int) string {
	var names, arrays, values []string
	next := func(kind string) string {
		parameters++
		return fmt.Sprintf("$%d::%s", parameters, kind)
	}
	for _, c := range r {
		name, value := c.name, c.name
		switch c.values.(type) {
		case []string:
			arrays = append(arrays, next("text[]"))
		case []int64:
			arrays = append(arrays, next("bigint[]"))
		case []bool:
			arrays = append(arrays, next("boolean[]"))
		case [][]byte:
			all := next("bytea")
			arrays = append(arrays, next("integer[]"), next("integer[]"))
			name = "from_" + c.name + ", for_" + c.name
			value = fmt.Sprintf("substring(%s FROM from_%[2]s FOR for_%[2]s) AS %[2]s", all, c.name)
		}
		names, values = append(names, name), append(values, value)
	}
	return fmt.Sprintf("(SELECT %s FROM unnest(%s) AS given (%s)) AS given", strings.Join(values, ", "), strings.Join(arrays, ", "), strings.Join(names, ", "))
}

// arrays are the parameters of unnest.
func (r columns) arrays() []any {
	all := make([]any, 0, len(r))
	for _, c := range r {
		switch v := c.values.(type) {
		case []string:
			all = append(all, pq.StringArray(v))
		case []int64:
			all = append(all, pq.Int64Array(v))
		case []bool:
			all = append(all, pq.BoolArray(v))
		case [][]byte:
			var from, size pq.Int64Array
			var together []byte
			for _, b := range v {
				from, size = append(from, int64(len(together))+1), append(size, int64(len(b)))
				together = append(together, b...)
			}
			all = append(all, together, from, size)
		}
	}
	return all
}

// insert inserts rows into a table. conflict goes on with "ON CONFLICT", or is empty.
func (s *Store) insert(ctx context.Context, tx *sqlx.Tx, table, conflict string, r columns) error {
	return s.together(ctx, tx, func(w *writes) error { return w.insert(table, conflict, r) })
}

// remove deletes the rows of a table that have these values.
func (s *Store) remove(ctx context.Context, tx *sqlx.Tx, table string, r columns) error {
	return s.together(ctx, tx, func(w *writes) error { return w.remove(table, r) })
}

// writes are what a transaction writes together: to PostgreSQL as one statement, because each costs the way there and
// back. None of it sees what another does, and nothing may be written twice.
type writes struct {
	ctx   context.Context //nolint:containedctx // lives as long as the call that it is an argument of
	s     *Store
	tx    *sqlx.Tx
	parts []string
	args  []any
}

// together writes all that f asks for.
func (s *Store) together(ctx context.Context, tx *sqlx.Tx, f func(*writes) error) error {
	w := &writes{ctx: ctx, s: s, tx: tx}
	if err := f(w); err != nil || len(w.parts) == 0 {
		return err
	}
	return s.execMany(ctx, tx, "WITH "+strings.Join(w.parts, ", ")+" SELECT", w.args)
}

func (w *writes) insert(table, conflict string, r columns) error {
	into := "INSERT INTO " + table + " (" + r.names() + ") "
	if w.s.postgres() {
		w.add(into+"SELECT * FROM "+r.unnest(len(w.args))+" "+conflict, r)
		return nil
	}
	return w.s.inChunks(r, func(values string, args []any) error {
		return w.s.execMany(w.ctx, w.tx, into+"VALUES "+values+" "+conflict, args)
	})
}

func (w *writes) remove(table string, r columns) error {
	var same []string
	if w.s.postgres() {
		for _, c := range r {
			same = append(same, "t."+c.name+" = given."+c.name)
		}
		w.add("DELETE FROM "+table+" t USING "+r.unnest(len(w.args))+" WHERE "+strings.Join(same, " AND "), r)
		return nil
	}
	return w.s.inChunks(r, func(values string, args []any) error {
		return w.s.execMany(w.ctx, w.tx, "DELETE FROM "+table+" WHERE ("+r.names()+") IN (VALUES "+values+")", args)
	})
}

func (w *writes) add(part string, r columns) {
	w.parts = append(w.parts, fmt.Sprintf("part%d AS (%s)", len(w.parts), part))
	w.args = append(w.args, r.arrays()...)
}

func (s *Store) execMany(ctx context.Context, tx *sqlx.Tx, query string, args []any) error {
	statement, err := s.prepareIn(ctx, tx, query)
	if err == nil {
		_, err = statement.ExecContext(ctx, args...)
	}
	return err
}

// chunk is how many rows a statement of SQLite has at most.
const chunk = 64

// inChunks gives rows as lists of values, (?, ?), (?, ?), …, and their values: for SQLite, whose statements cost more
// than their rows. There are few lengths, so that the statements stay few.
func (s *Store) inChunks(r columns, do func(values string, args []any) error) error {
	row := "(?" + strings.Repeat(", ?", len(r)-1) + ")"
	for at, rest := 0, r.count(); rest > 0; {
		n := 1
		for n*2 <= min(rest, chunk) {
			n *= 2
		}
		args := make([]any, 0, n*len(r))
		for i := range n {
			args = append(args, r.at(at+i)...)
		}
		if err := do(row+strings.Repeat(", "+row, n-1), args); err != nil {
			return err
		}
		at, rest = at+n, rest-n
	}
	return nil
}

// prepareIn prepares a statement for a transaction, once for a connection. SQLite has only the one that the transaction
// holds: there what was needed for the first time is prepared for the next time by prepareWanted.
func (s *Store) prepareIn(ctx context.Context, tx *sqlx.Tx, query string) (*sqlx.Stmt, error) {
	if !s.postgres() {
		if known, ok := s.writes.Load(query); ok && known != nil {
			return tx.StmtxContext(ctx, known.(*sqlx.Stmt)), nil
		}
		s.writes.LoadOrStore(query, nil)
		return tx.PreparexContext(ctx, query)
	}
	statement, err := s.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return tx.StmtxContext(ctx, statement), nil
}

// prepareWanted prepares what transactions needed, while there is none.
func (s *Store) prepareWanted(ctx context.Context) (err error) {
	s.writes.Range(func(query, known any) bool {
		if known != nil {
			return true
		}
		var made *sqlx.Stmt
		if made, err = s.write.PreparexContext(ctx, query.(string)); err == nil && !s.writes.CompareAndSwap(query, nil, made) {
			err = made.Close()
		}
		return err == nil
	})
	return err
}

// samePlans spares a transaction of PostgreSQL the planning of statements that it has run before, which takes a fifth of
// the time in which it saves CDRs.
const samePlans = `set_config('plan_cache_mode', 'force_generic_plan', true)`

// insertReturning inserts rows as insert does and gives each row that the query returns. On PostgreSQL it waits for the
// turn to join legs first.
func (s *Store) insertReturning(ctx context.Context, tx *sqlx.Tx, table, rest string, r columns, each func(scan func(...any) error) error) error {
	into := "INSERT INTO " + table + " (" + r.names() + ") "
	if s.postgres() {
		return s.query(ctx, tx, "WITH turn AS MATERIALIZED ("+intakeLock+", "+samePlans+") "+into+"SELECT given.* FROM "+r.unnest(0)+", turn "+rest, r.arrays(), each)
	}
	return s.inChunks(r, func(values string, args []any) error {
		statement, err := s.prepareIn(ctx, tx, into+"VALUES "+values+" "+rest)
		if err != nil {
			return err
		}
		return scanRows(ctx, statement, args, each)
	})
}

// query gives each row that a query returns.
func (s *Store) query(ctx context.Context, tx *sqlx.Tx, query string, args []any, each func(scan func(...any) error) error) error {
	prepare := tx.PreparexContext // it may be a reader's transaction
	if s.postgres() {
		prepare = func(ctx context.Context, query string) (*sqlx.Stmt, error) { return s.prepareIn(ctx, tx, query) }
	}
	statement, err := prepare(ctx, query)
	if err != nil {
		return err
	}
	return scanRows(ctx, statement, args, each)
}

func scanRows(ctx context.Context, statement *sqlx.Stmt, args []any, each func(scan func(...any) error) error) error {
	found, err := statement.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer found.Close()
	for found.Next() {
		if err := each(found.Scan); err != nil {
			return err
		}
	}
	return found.Err()
}
