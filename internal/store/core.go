package store

import (
	"context"

	"github.com/jmoiron/sqlx"
)

// Cores implements history.CoreStore.
func (s *Store) Cores(ctx context.Context) (map[string]string, error) {
	var rows []struct {
		Core   string `db:"core_uuid"`
		Switch string `db:"switch_name"`
	}
	if err := s.all(ctx, "read cores", &rows, `SELECT core_uuid, switch_name FROM cores`); err != nil {
		return nil, err
	}
	all := make(map[string]string, len(rows))
	for _, r := range rows {
		all[r.Core] = r.Switch
	}
	return all, nil
}

// SaveCore implements history.CoreStore.
func (s *Store) SaveCore(ctx context.Context, core, switchName string) error {
	return s.change(ctx, "save a core", func(ctx context.Context, tx *sqlx.Tx) error {
		_, err := exec(ctx, tx, `INSERT INTO cores (core_uuid, switch_name, seen) VALUES (?, ?, ?)
			ON CONFLICT (core_uuid) DO UPDATE SET switch_name = excluded.switch_name, seen = excluded.seen`,
			clean(core), clean(switchName), micros(s.now()))
		return err
	})
}
