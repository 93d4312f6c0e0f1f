package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jmoiron/sqlx"

	"callgate/internal/callcenter"
	"callgate/internal/fault"
)

// Queues is the topic of the definitions of queues.
const Queues = "queues"

// auditQueue keeps a change of a queue's definition with the change.
func (s *Store) auditQueue(ctx context.Context, tx *sqlx.Tx, hostname, name string, change func() error) error {
	return s.audited(ctx, tx, "queue", name, row(ctx, tx, `SELECT hostname, params FROM queue_definitions WHERE hostname = ? AND name = ?`,
		clean(hostname), clean(name)), change)
}

type queueRow struct {
	Hostname string `db:"hostname"`
	Name     string `db:"name"`
	Params   string `db:"params"`
	At       int64  `db:"changed_at"`
	By       string `db:"changed_by"`
}

const selectQueues = `SELECT hostname, name, params, changed_at, changed_by FROM queue_definitions `

func (r queueRow) definition() (callcenter.QueueDefinition, error) {
	d := callcenter.QueueDefinition{Hostname: r.Hostname, Name: r.Name, At: fromMicros(r.At), By: r.By}
	if err := json.Unmarshal([]byte(r.Params), &d.Params); err != nil {
		return d, fmt.Errorf("read queue %q: %w", r.Name, err)
	}
	return d, nil
}

// changeQueue runs a transaction beside which nobody else changes a definition. It begins with the one of a hostname and name,
// nil when there is none.
func (s *Store) changeQueue(ctx context.Context, attempted, hostname, name string, f func(ctx context.Context, tx *sqlx.Tx, old *callcenter.QueueDefinition) error) error {
	return s.inTurn(ctx, Queues, attempted, func(ctx context.Context, tx *sqlx.Tx) error {
		return s.auditQueue(ctx, tx, hostname, name, func() error {
			var row queueRow
			switch err := tx.GetContext(ctx, &row, tx.Rebind(selectQueues+`WHERE hostname = ? AND name = ?`), clean(hostname), clean(name)); {
			case isNoRows(err):
				return f(ctx, tx, nil)
			case err != nil:
				return err
			}
			old, err := row.definition()
			if err != nil {
				return err
			}
			return f(ctx, tx, &old)
		})
	})
}

// SetQueue implements callcenter.Book.
func (s *Store) SetQueue(ctx context.Context, d callcenter.QueueDefinition, allow func(old *callcenter.QueueDefinition) error) error {
	params, err := json.Marshal(d.Params)
	if err != nil {
		return fmt.Errorf("define a queue: %w", err)
	}
	return s.changeQueue(ctx, "define a queue", d.Hostname, d.Name, func(ctx context.Context, tx *sqlx.Tx, old *callcenter.QueueDefinition) error {
		if err := allow(old); err != nil {
			return err
		}
		_, err := exec(ctx, tx, `INSERT INTO queue_definitions (hostname, name, params, changed_at, changed_by) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (hostname, name) DO UPDATE SET
			params = excluded.params, changed_at = excluded.changed_at, changed_by = excluded.changed_by`,
			clean(d.Hostname), clean(d.Name), string(params), micros(d.At), clean(d.By))
		if isConflict(err) {
			return &fault.Error{Kind: fault.Conflict, Subject: "Queue", Err: err}
		}
		return err
	})
}

// RemoveQueue implements callcenter.Book.
func (s *Store) RemoveQueue(ctx context.Context, hostname, name string, allow func(old *callcenter.QueueDefinition) error) error {
	return s.changeQueue(ctx, "remove a queue", hostname, name, func(ctx context.Context, tx *sqlx.Tx, old *callcenter.QueueDefinition) error {
		if old == nil {
			return fault.New(fault.NotFound, "Queue")
		}
		if err := allow(old); err != nil {
			return err
		}
		_, err := exec(ctx, tx, `DELETE FROM queue_definitions WHERE hostname = ? AND name = ?`, clean(hostname), clean(name))
		return err
	})
}

// QueueDefinitions implements callcenter.Book.
func (s *Store) QueueDefinitions(ctx context.Context) ([]callcenter.QueueDefinition, error) {
	var rows []queueRow
	if err := s.all(ctx, "read queues", &rows, selectQueues+`ORDER BY name, hostname`); err != nil {
		return nil, err
	}
	all := make([]callcenter.QueueDefinition, len(rows))
	for i, r := range rows {
		var err error
		if all[i], err = r.definition(); err != nil {
			return nil, err
		}
	}
	return all, nil
}
