package store

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/jmoiron/sqlx"

	"callgate/internal/audit"
)

// audited makes a change of one thing in a transaction, and keeps with it who made it and what the thing was before and
// after. read returns that thing as it is to be shown, nil when it is not there. A change that changes nothing which is
// shown is not kept.
func (s *Store) audited(ctx context.Context, tx *sqlx.Tx, kind, name string, read func() (any, error), change func() error) error {
	before, err := shown(read)
	if err != nil {
		return err
	}
	if err := change(); err != nil {
		return err
	}
	after, err := shown(read)
	if err != nil || bytes.Equal(before, after) {
		return err
	}
	return addAudit(ctx, tx, audit.Entry{At: s.now(), Actor: audit.Who(ctx), Kind: kind, Name: name, Before: before, After: after})
}

func addAudit(ctx context.Context, tx *sqlx.Tx, e audit.Entry) error {
	_, err := exec(ctx, tx, `INSERT INTO audit (at, user_id, login, address, request, kind, name, before, after) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		micros(e.At), e.Actor.UserID, clean(e.Actor.Login), clean(e.Actor.Address), clean(e.Actor.Request), e.Kind, clean(e.Name), clean(string(e.Before)), clean(string(e.After)))
	return err
}

// AddAudit implements callcenter.Book: it keeps a change of what is not in the database.
func (s *Store) AddAudit(ctx context.Context, e audit.Entry) error {
	return s.change(ctx, "keep what was changed", func(ctx context.Context, tx *sqlx.Tx) error { return addAudit(ctx, tx, e) })
}

// row reads one row as it is to be shown, by the names of its columns; lists have a line for each of what is in them.
func row(ctx context.Context, tx *sqlx.Tx, query string, args ...any) func() (any, error) {
	return func() (any, error) {
		found, err := tx.QueryxContext(ctx, tx.Rebind(query), args...)
		if err != nil {
			return nil, err
		}
		defer found.Close()
		if !found.Next() {
			return nil, found.Err()
		}
		columns := map[string]any{}
		if err := found.MapScan(columns); err != nil {
			return nil, err
		}
		types, err := found.ColumnTypes()
		if err != nil {
			return nil, err
		}
		for _, column := range types {
			name := column.Name()
			switch v := columns[name].(type) {
			case []byte: // PostgreSQL's texts
				columns[name] = string(v)
			case int64: // SQLite's truth
				if column.DatabaseTypeName() == "BOOLEAN" {
					columns[name] = v != 0
				}
			case nil:
				delete(columns, name)
			}
		}
		return columns, found.Close()
	}
}

// shown is what read returns as JSON, nothing when it returns nothing.
func shown(read func() (any, error)) ([]byte, error) {
	v, err := read()
	if err != nil || v == nil {
		return nil, err
	}
	return json.Marshal(v)
}

// AuditLog lists what was changed, the newest first.
func (s *Store) AuditLog(ctx context.Context, q audit.Query) ([]audit.Entry, error) {
	var rows []struct {
		ID      int64  `db:"id"`
		At      int64  `db:"at"`
		UserID  int64  `db:"user_id"`
		Login   string `db:"login"`
		Address string `db:"address"`
		Request string `db:"request"`
		Kind    string `db:"kind"`
		Name    string `db:"name"`
		Before  string `db:"before"`
		After   string `db:"after"`
	}
	where := clause{text: `id > 0`}
	for _, c := range []struct {
		condition string
		value     any
		wanted    bool
	}{{`at >= ?`, micros(q.From), !q.From.IsZero()}, {`at < ?`, micros(q.To), !q.To.IsZero()}, {`kind = ?`, clean(q.Kind), q.Kind != ""},
		{`name = ?`, clean(q.Name), q.Name != ""}, {`login = ?`, clean(q.Login), q.Login != ""}, {`id < ?`, q.Before, q.Before != 0}} {
		if c.wanted {
			where.add(c.condition, c.value)
		}
	}
	if err := s.some(ctx, "read the audit log", &rows, `SELECT id, at, user_id, login, address, request, kind, name, before, after FROM audit WHERE `+where.text+
		` ORDER BY id DESC LIMIT ?`, append(where.args, q.Limit)...); err != nil {
		return nil, err
	}
	all := make([]audit.Entry, len(rows))
	for i, r := range rows {
		all[i] = audit.Entry{ID: r.ID, At: fromMicros(r.At), Actor: audit.Actor{UserID: r.UserID, Login: r.Login, Address: r.Address, Request: r.Request},
			Kind: r.Kind, Name: r.Name, Before: json.RawMessage(r.Before), After: json.RawMessage(r.After)}
	}
	return all, nil
}
