package store

import (
	"context"
	"math"
	"time"

	"github.com/jmoiron/sqlx"

	"callgate/internal/account"
)

// SaveNotes implements account.Store.
func (s *Store) SaveNotes(ctx context.Context, notes []account.Note) error {
	return s.change(ctx, "keep notes of accounts", func(ctx context.Context, tx *sqlx.Tx) error {
		for _, n := range notes {
			var err error
			switch at := micros(n.At); {
			case n.SignIn != nil:
				// Whoever it was may be gone by now.
				_, err = exec(ctx, tx, `INSERT INTO sign_ins (at, user_id, address, face, result)
					SELECT CAST(? AS BIGINT), id, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT) FROM users WHERE id = ?`,
					at, clean(n.SignIn.Address), string(n.SignIn.Face), string(n.SignIn.Result), n.SignIn.UserID)
			case n.Key != 0:
				_, err = exec(ctx, tx, `UPDATE api_keys SET used = ? WHERE id = ? AND used < ?`, at, n.Key, at)
			default:
				_, err = exec(ctx, tx, `UPDATE tokens SET used = ? WHERE id = ? AND used < ?`, at, n.Token, at)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// SignIns implements account.Store.
func (s *Store) SignIns(ctx context.Context, user, before int64, limit int) ([]account.SignIn, error) {
	var rows []struct {
		ID      int64  `db:"id"`
		At      int64  `db:"at"`
		Address string `db:"address"`
		Face    string `db:"face"`
		Result  string `db:"result"`
	}
	if before == 0 {
		before = math.MaxInt64
	}
	if err := s.all(ctx, "read sign-ins", &rows, `SELECT id, at, address, face, result FROM sign_ins WHERE user_id = ? AND id < ? ORDER BY id DESC LIMIT ?`,
		user, before, limit); err != nil {
		return nil, err
	}
	all := make([]account.SignIn, len(rows))
	for i, r := range rows {
		all[i] = account.SignIn{ID: r.ID, At: fromMicros(r.At), UserID: user, Address: r.Address, Face: account.Face(r.Face), Result: account.Result(r.Result)}
	}
	return all, nil
}

// PruneSignIns implements account.Store.
func (s *Store) PruneSignIns(ctx context.Context, before time.Time, newest int) (n int64, err error) {
	err = s.change(ctx, "prune sign-ins", func(ctx context.Context, tx *sqlx.Tx) error {
		n, err = exec(ctx, tx, `DELETE FROM sign_ins WHERE id IN (SELECT id FROM sign_ins WHERE at < ? OR id <= COALESCE(
			(SELECT id FROM sign_ins ORDER BY id DESC LIMIT 1 OFFSET ?), 0) ORDER BY id LIMIT ?)`, micros(before), newest, pruned)
		return err
	})
	return n, err
}
