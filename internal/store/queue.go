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

// SetQueue implements callcenter.Book.
func (s *Store) SetQueue(ctx context.Context, d callcenter.QueueDefinition) error {
	params, err := json.Marshal(d.Params)
	if err != nil {
		return fmt.Errorf("define a queue: %w", err)
	}
	return s.revision(ctx, Queues, "define a queue", func(ctx context.Context, tx *sqlx.Tx) error {
		return s.auditQueue(ctx, tx, d.Hostname, d.Name, func() error {
			_, err := exec(ctx, tx, `INSERT INTO queue_definitions (hostname, name, params, changed_at, changed_by) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT (hostname, name) DO UPDATE SET
				params = excluded.params, changed_at = excluded.changed_at, changed_by = excluded.changed_by`,
				clean(d.Hostname), clean(d.Name), string(params), micros(d.At), clean(d.By))
			if isConflict(err) {
				return &fault.Error{Kind: fault.Conflict, Subject: "Queue", Err: err}
			}
			return err
		})
	})
}

// RemoveQueue implements callcenter.Book.
func (s *Store) RemoveQueue(ctx context.Context, hostname, name string) error {
	return s.revision(ctx, Queues, "remove a queue", func(ctx context.Context, tx *sqlx.Tx) error {
		return s.auditQueue(ctx, tx, hostname, name, func() error {
			n, err := exec(ctx, tx, `DELETE FROM queue_definitions WHERE hostname = ? AND name = ?`, clean(hostname), clean(name))
			if err == nil && n == 0 {
				err = fault.New(fault.NotFound, "Queue")
			}
			return err
		})
	})
}

// QueueDefinitions implements callcenter.Book.
func (s *Store) QueueDefinitions(ctx context.Context) ([]callcenter.QueueDefinition, error) {
	var rows []struct {
		Hostname string `db:"hostname"`
		Name     string `db:"name"`
		Params   string `db:"params"`
		At       int64  `db:"changed_at"`
		By       string `db:"changed_by"`
	}
	err := s.all(ctx, "read queues", &rows,
		`SELECT hostname, name, params, changed_at, changed_by FROM queue_definitions ORDER BY name, hostname`)
	if err != nil {
		return nil, err
	}
	all := make([]callcenter.QueueDefinition, len(rows))
	for i, r := range rows {
		all[i] = callcenter.QueueDefinition{Hostname: r.Hostname, Name: r.Name, At: fromMicros(r.At), By: r.By}
		if err := json.Unmarshal([]byte(r.Params), &all[i].Params); err != nil {
			return nil, fmt.Errorf("read queue %q: %w", r.Name, err)
		}
	}
	return all, nil
}
