package store

import (
	"context"

	"github.com/jmoiron/sqlx"
)

// Day implements callcenter.Memory.
func (s *Store) Day(ctx context.Context, switchName string) ([]byte, error) {
	var document []byte
	_, err := s.one(ctx, "read a contact centre's day", &document, `SELECT document FROM center_days WHERE switch_name = ?`, clean(switchName))
	return document, err
}

// SaveDay implements callcenter.Memory.
func (s *Store) SaveDay(ctx context.Context, switchName string, document []byte) error {
	return s.change(ctx, "save a contact centre's day", func(ctx context.Context, tx *sqlx.Tx) error {
		_, err := exec(ctx, tx, `INSERT INTO center_days (switch_name, document, saved) VALUES (?, ?, ?)
			ON CONFLICT (switch_name) DO UPDATE SET document = excluded.document, saved = excluded.saved`,
			clean(switchName), document, micros(s.now()))
		return err
	})
}
