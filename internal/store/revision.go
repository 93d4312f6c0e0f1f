package store

import (
	"context"

	"github.com/jmoiron/sqlx"
)

// The topics of revisions: what processes keep in memory.
const (
	Accounts     = "accounts" // users, their rights, revoked tokens, switched modules
	Settings     = "settings"
	Projects     = "projects"     // and their routes
	Destinations = "destinations" // the rules where calls may go
	Carriers     = "carriers"     // who carries text messages
	Webhooks     = "webhooks"     // where events are sent
)

// Revisions tells how often each topic was changed, by whatever process; a topic that never was is not in it. A
// process that remembers something remembers it for a revision.
func (s *Store) Revisions(ctx context.Context) (map[string]int64, error) {
	var rows []struct {
		Topic    string `db:"topic"`
		Revision int64  `db:"revision"`
	}
	if err := s.all(ctx, "read revisions", &rows, `SELECT topic, revision FROM revisions`); err != nil {
		return nil, err
	}
	revisions := make(map[string]int64, len(rows))
	for _, r := range rows {
		revisions[r.Topic] = r.Revision
	}
	return revisions, nil
}

// revise says, in the transaction of a change, that what processes know of the topic is out of date. PostgreSQL tells
// those who listen when the transaction is over.
func revise(ctx context.Context, tx *sqlx.Tx, topic string) error {
	_, err := exec(ctx, tx, `INSERT INTO revisions (topic, revision) VALUES (?, 1)
		ON CONFLICT (topic) DO UPDATE SET revision = revisions.revision + 1`, topic)
	if err == nil && tx.DriverName() == postgresDriver {
		_, err = exec(ctx, tx, `SELECT pg_notify(?, ?)`, changeChannel, topic)
	}
	return err
}

// inTurn runs a transaction as revision does, but takes the topic's row first: changes of the topic, by whatever
// process, wait for each other, and each sees what those before it did.
func (s *Store) inTurn(ctx context.Context, topic, attempted string, f func(ctx context.Context, tx *sqlx.Tx) error) error {
	return s.change(ctx, attempted, func(ctx context.Context, tx *sqlx.Tx) error {
		if err := revise(ctx, tx, topic); err != nil {
			return err
		}
		return f(ctx, tx)
	})
}
