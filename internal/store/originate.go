package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"callgate/internal/call"
)

type keyRow struct {
	Order []byte `db:"order_hash"`
	Call  string `db:"call_id"`
	At    int64  `db:"at"`
	Beats int64  `db:"beats"`
	Reply string `db:"reply"`
}

const selectKey = `SELECT order_hash, call_id, at, beats, reply FROM originate_keys WHERE login = ? AND name = ?`

func (r keyRow) keyed(login, name string) call.Keyed {
	k := call.Keyed{Login: login, Key: name, Call: r.Call, At: fromMicros(r.At), Beats: r.Beats, Reply: r.Reply}
	copy(k.Order[:], r.Order)
	return k
}

// TakeKey implements call.KeyStore.
func (s *Store) TakeKey(ctx context.Context, k call.Keyed, expired time.Time) (stands call.Keyed, taken bool, err error) {
	err = s.change(ctx, "take a key", func(ctx context.Context, tx *sqlx.Tx) error {
		if _, err := exec(ctx, tx, `DELETE FROM originate_keys WHERE login = ? AND name = ? AND at <= ?`,
			clean(k.Login), clean(k.Key), micros(expired)); err != nil {
			return err
		}
		added, err := exec(ctx, tx, `INSERT INTO originate_keys (login, name, order_hash, call_id, at, beats, reply) VALUES (?, ?, ?, ?, ?, 0, '')
			ON CONFLICT (login, name) DO NOTHING`, clean(k.Login), clean(k.Key), k.Order[:], k.Call, micros(k.At))
		if err != nil || added > 0 {
			stands, taken = k, true
			return err
		}
		row := keyRow{Order: k.Order[:]}
		// One that stood and has been released meanwhile is nobody's: whoever looks for it finds it gone.
		if err := tx.GetContext(ctx, &row, tx.Rebind(selectKey), clean(k.Login), clean(k.Key)); err != nil && !isNoRows(err) {
			return err
		}
		stands, taken = row.keyed(k.Login, k.Key), false
		return nil
	})
	return stands, taken && err == nil, err
}

// Key implements call.KeyStore.
func (s *Store) Key(ctx context.Context, login, name string) (k call.Keyed, found bool, err error) {
	var row keyRow
	found, err = s.one(ctx, "read a key", &row, selectKey, clean(login), clean(name))
	return row.keyed(login, name), found, err
}

// BeatKey implements call.KeyStore.
func (s *Store) BeatKey(ctx context.Context, k call.Keyed) error {
	return s.key(ctx, "keep a key", `UPDATE originate_keys SET beats = beats + 1 WHERE login = ? AND name = ? AND call_id = ?`, k)
}

// FinishKey implements call.KeyStore.
func (s *Store) FinishKey(ctx context.Context, k call.Keyed, reply string) error {
	return s.key(ctx, "finish a key", `UPDATE originate_keys SET reply = ? WHERE login = ? AND name = ? AND call_id = ? AND reply = ''`, k, clean(reply))
}

// ReleaseKey implements call.KeyStore.
func (s *Store) ReleaseKey(ctx context.Context, k call.Keyed) error {
	return s.key(ctx, "release a key", `DELETE FROM originate_keys WHERE login = ? AND name = ? AND call_id = ?`, k)
}

// key changes a key; before are the arguments that come before those that name it.
func (s *Store) key(ctx context.Context, attempted, query string, k call.Keyed, before ...any) error {
	return s.change(ctx, attempted, func(ctx context.Context, tx *sqlx.Tx) error {
		_, err := exec(ctx, tx, query, append(before, clean(k.Login), clean(k.Key), k.Call)...)
		return err
	})
}

// PurgeKeys implements call.KeyStore.
func (s *Store) PurgeKeys(ctx context.Context, expired time.Time, most int) error {
	return s.change(ctx, "purge keys", func(ctx context.Context, tx *sqlx.Tx) error {
		_, err := exec(ctx, tx, `DELETE FROM originate_keys WHERE (login, name) IN
			(SELECT login, name FROM originate_keys WHERE at <= ? ORDER BY at LIMIT ?)`, micros(expired), most)
		return err
	})
}

// dayBefore is the day before a day, both YYYY-MM-DD.
func dayBefore(day string) string {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return at.AddDate(0, 0, -1).Format(time.DateOnly)
}
