package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
)

// Setting is one setting that somebody changed; the rest have the defaults of whoever reads them.
type Setting struct {
	Key   string
	Value string
	At    time.Time
	By    string
}

type settingRow struct {
	Name  string `db:"name"`
	Value string `db:"value"`
	At    int64  `db:"changed_at"`
	By    string `db:"changed_by"`
}

func (r settingRow) setting() Setting {
	return Setting{Key: r.Name, Value: r.Value, At: fromMicros(r.At), By: r.By}
}

// Setting reads one setting; ok is false when nobody set it.
func (s *Store) Setting(ctx context.Context, key string) (setting Setting, ok bool, err error) {
	var row settingRow
	ok, err = s.one(ctx, "read a setting", &row,
		`SELECT name, value, changed_at, changed_by FROM settings WHERE name = ?`, clean(key))
	return row.setting(), ok, err
}

// SetSetting sets a setting, in the place of an earlier value.
func (s *Store) SetSetting(ctx context.Context, setting Setting) error {
	return s.revision(ctx, Settings, "change a setting", func(ctx context.Context, tx *sqlx.Tx) error {
		_, err := exec(ctx, tx, `INSERT INTO settings (name, value, changed_at, changed_by) VALUES (?, ?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET
			value = excluded.value, changed_at = excluded.changed_at, changed_by = excluded.changed_by`,
			clean(setting.Key), clean(setting.Value), micros(setting.At), clean(setting.By))
		return err
	})
}

// Settings lists what was set, by key.
func (s *Store) Settings(ctx context.Context) ([]Setting, error) {
	var rows []settingRow
	err := s.all(ctx, "read settings", &rows, `SELECT name, value, changed_at, changed_by FROM settings ORDER BY name`)
	if err != nil {
		return nil, err
	}
	settings := make([]Setting, len(rows))
	for i, r := range rows {
		settings[i] = r.setting()
	}
	return settings, nil
}
