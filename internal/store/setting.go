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

// ChangeSettings implements setting.Store.
func (s *Store) ChangeSettings(ctx context.Context, set []setting.Stored, unset []string, check func(before []setting.Stored) error) error {
	return s.inTurn(ctx, Settings, "change settings", func(ctx context.Context, tx *sqlx.Tx) error {
		var before []settingRow
		if err := tx.SelectContext(ctx, &before, selectSettings); err != nil {
			return err
		}
		if err := check(s.storedSettings(before)); err != nil {
			return err
		}
		for _, one := range set {
			key, value := clean(one.Key), clean(one.Value)
			if setting.IsSecret(key) {
				value = s.seal("settings.value/"+key, value)
			}
			if err := s.changeSetting(ctx, tx, key, `INSERT INTO settings (name, value, changed_at, changed_by) VALUES (?, ?, ?, ?)
				ON CONFLICT (name) DO UPDATE SET
				value = excluded.value, changed_at = excluded.changed_at, changed_by = excluded.changed_by`, key, value, micros(one.At), clean(one.By)); err != nil {
				return err
			}
		}
		for _, key := range unset {
			if err := s.changeSetting(ctx, tx, clean(key), `DELETE FROM settings WHERE name = ?`, clean(key)); err != nil {
				return err
			}
		}
		return nil
	})
}

// changeSetting changes one setting; of a secret the audit log has when it was set, and whether it is empty.
func (s *Store) changeSetting(ctx context.Context, tx *sqlx.Tx, key, query string, args ...any) error {
	return s.audited(ctx, tx, "setting", key, func() (any, error) {
		var rows []settingRow
		if err := tx.SelectContext(ctx, &rows, tx.Rebind(`SELECT name, value, changed_at, changed_by FROM settings WHERE name = ?`), key); err != nil || rows == nil {
			return nil, err
		}
		switch {
		case !setting.IsSecret(key):
			return map[string]string{"value": rows[0].Value}, nil
		case rows[0].Value == "":
			return map[string]string{"value": ""}, nil
		}
		return map[string]any{"secret_set_at": fromMicros(rows[0].At)}, nil
	}, func() error {
		_, err := exec(ctx, tx, query, args...)
		return err
	})
}
