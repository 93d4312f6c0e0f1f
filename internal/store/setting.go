package store

import (
	"context"

	"github.com/jmoiron/sqlx"

	"callgate/internal/setting"
)

const selectSettings = `SELECT name, value, changed_at, changed_by FROM settings ORDER BY name`

type settingRow struct {
	Name  string `db:"name"`
	Value string `db:"value"`
	At    int64  `db:"changed_at"`
	By    string `db:"changed_by"`
}

func (s *Store) storedSettings(rows []settingRow) []setting.Stored {
	all := make([]setting.Stored, len(rows))
	for i, r := range rows {
		all[i] = setting.Stored{Key: r.Name, Value: r.Value, At: fromMicros(r.At), By: r.By}
		if setting.IsSecret(r.Name) {
			all[i].Value, all[i].Err = s.unseal("settings.value/"+r.Name, r.Value)
		}
	}
	return all
}

// Settings implements setting.Store.
func (s *Store) Settings(ctx context.Context) ([]setting.Stored, error) {
	var rows []settingRow
	err := s.all(ctx, "read settings", &rows, selectSettings)
	return s.storedSettings(rows), err
}

// SetSetting implements setting.Store.
func (s *Store) SetSetting(ctx context.Context, set setting.Stored, check func(before []setting.Stored) error) error {
	return s.inTurn(ctx, Settings, "change a setting", func(ctx context.Context, tx *sqlx.Tx) error {
		var before []settingRow
		if err := tx.SelectContext(ctx, &before, selectSettings); err != nil {
			return err
		}
		if err := check(s.storedSettings(before)); err != nil {
			return err
		}
		key, value := clean(set.Key), clean(set.Value)
		if setting.IsSecret(key) {
			value = s.seal("settings.value/"+key, value)
		}
		_, err := exec(ctx, tx, `INSERT INTO settings (name, value, changed_at, changed_by) VALUES (?, ?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET
			value = excluded.value, changed_at = excluded.changed_at, changed_by = excluded.changed_by`,
			key, value, micros(set.At), clean(set.By))
		return err
	})
}
