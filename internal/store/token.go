package store

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/jmoiron/sqlx"

	"callgate/internal/account"
	"callgate/internal/fault"
)

// AddToken implements account.Store. The first statement locks the user's row, so that a token and a change of
// status or password never pass each other, and tokens of one user are counted one at a time.
func (s *Store) AddToken(ctx context.Context, t account.Token, password string, keep int) (added bool, err error) {
	err = s.change(ctx, "add a token", func(ctx context.Context, tx *sqlx.Tx) error {
		touched, err := exec(ctx, tx, `UPDATE users SET signed_in = ? WHERE id = ? AND status = ? AND password = ?`,
			micros(t.Issued), t.UserID, int(account.Active), password)
		if err != nil || touched == 0 {
			return err
		}
		if _, err := exec(ctx, tx, `INSERT INTO tokens (hash, user_id, issued, expires) VALUES (?, ?, ?, ?)`,
			t.Hash[:], t.UserID, micros(t.Issued), micros(t.Expires)); err != nil {
			return err
		}
		added = true
		dropped, err := exec(ctx, tx, `DELETE FROM tokens WHERE user_id = ? AND (expires <= ? OR id NOT IN
			(SELECT id FROM tokens WHERE user_id = ? ORDER BY id DESC LIMIT ?))`, t.UserID, micros(t.Issued), t.UserID, keep)
		if err != nil || dropped == 0 {
			return err
		}
		return revise(ctx, tx, Accounts)
	})
	return added && err == nil, err
}

// TokenUser implements account.Store.
func (s *Store) TokenUser(ctx context.Context, hash [sha256.Size]byte, at time.Time) (u account.User, expires time.Time, err error) {
	var row struct {
		userRow
		Expires int64 `db:"expires"`
	}
	found, err := s.one(ctx, "read a token", &row, `SELECT t.expires, `+userColumns+` FROM users u JOIN tokens t ON t.user_id = u.id
		WHERE t.hash = ? AND t.expires > ? AND u.status = ?`, hash[:], micros(at), int(account.Active))
	if err == nil && !found {
		err = fault.New(fault.NotFound, "Token")
	}
	if err != nil {
		return account.User{}, time.Time{}, err
	}
	u, err = row.user()
	return u, fromMicros(row.Expires), err
}

func revokeTokens(ctx context.Context, tx *sqlx.Tx, login string) error {
	_, err := exec(ctx, tx, `DELETE FROM tokens WHERE user_id = (SELECT id FROM users WHERE login = ?)`, clean(login))
	return err
}
