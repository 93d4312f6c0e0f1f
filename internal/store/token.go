package store

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/jmoiron/sqlx"

	"callgate/internal/account"
	"callgate/internal/audit"
	"callgate/internal/fault"
)

// AddToken implements account.Store. The first statement locks the user's row, so that a token and a change of
// status or password never pass each other, and tokens of one user are counted one at a time. Sessions are counted apart:
// a program that signs in before each call would push out those of the people.
func (s *Store) AddToken(ctx context.Context, t account.Token, password string, keep int) (added bool, err error) {
	err = s.change(ctx, "add a token", func(ctx context.Context, tx *sqlx.Tx) error {
		touched, err := exec(ctx, tx, `UPDATE users SET signed_in = ? WHERE id = ? AND status = ? AND password = ?`,
			micros(t.Issued), t.UserID, int(account.Active), password)
		if err != nil || touched == 0 {
			return err
		}
		if _, err := exec(ctx, tx, `INSERT INTO tokens (hash, user_id, name, address, issued, expires, session) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			t.Hash[:], t.UserID, clean(t.Name), clean(t.Address), micros(t.Issued), micros(t.Expires), t.Session); err != nil {
			return err
		}
		added = true
		// Nobody remembers an expired token: of those nobody has to be told.
		if _, err := exec(ctx, tx, `DELETE FROM tokens WHERE user_id = ? AND expires <= ?`, t.UserID, micros(t.Issued)); err != nil {
			return err
		}
		dropped, err := exec(ctx, tx, `DELETE FROM tokens WHERE user_id = ? AND session = ? AND id NOT IN
			(SELECT id FROM tokens WHERE user_id = ? AND session = ? ORDER BY id DESC LIMIT ?)`, t.UserID, t.Session, t.UserID, t.Session, keep)
		if err != nil || dropped == 0 {
			return err
		}
		return revise(ctx, tx, Accounts)
	})
	return added && err == nil, err
}

type tokenRow struct {
	ID      int64  `db:"token_id"`
	UserID  int64  `db:"user_id"`
	Name    string `db:"name"`
	Address string `db:"address"`
	Issued  int64  `db:"issued"`
	Expires int64  `db:"expires"`
	Used    int64  `db:"used"`
	Session bool   `db:"session"`
}

const tokenColumns = `t.id AS token_id, t.user_id, t.name, t.address, t.issued, t.expires, t.used, t.session`

func (r tokenRow) token() account.Token {
	return account.Token{ID: r.ID, UserID: r.UserID, Name: r.Name, Address: r.Address, Issued: fromMicros(r.Issued), Expires: fromMicros(r.Expires),
		Used: fromMicros(r.Used), Session: r.Session}
}

// TokenUser implements account.Store.
func (s *Store) TokenUser(ctx context.Context, hash [sha256.Size]byte, at time.Time) (u account.User, t account.Token, err error) {
	var row struct {
		userRow
		tokenRow
	}
	found, err := s.one(ctx, "read a token", &row, `SELECT `+tokenColumns+`, `+userColumns+` FROM users u JOIN tokens t ON t.user_id = u.id
		WHERE t.hash = ? AND t.expires > ? AND u.status = ?`, hash[:], micros(at), int(account.Active))
	if err == nil && !found {
		err = fault.New(fault.NotFound, "Token")
	}
	if err != nil {
		return account.User{}, account.Token{}, err
	}
	t = row.token()
	t.Hash = hash
	u, err = row.user()
	return u, t, err
}

// Tokens implements account.Store.
func (s *Store) Tokens(ctx context.Context, user int64, at time.Time) ([]account.Token, error) {
	var rows []tokenRow
	if err := s.all(ctx, "read tokens", &rows, `SELECT `+tokenColumns+` FROM tokens t WHERE t.user_id = ? AND t.expires > ? ORDER BY t.id DESC`,
		user, micros(at)); err != nil {
		return nil, err
	}
	all := make([]account.Token, len(rows))
	for i, r := range rows {
		all[i] = r.token()
	}
	return all, nil
}

// RevokeToken implements account.Store.
func (s *Store) RevokeToken(ctx context.Context, user, id int64) error {
	return s.revoke(ctx, user, func(ctx context.Context, tx *sqlx.Tx) error {
		touched, err := exec(ctx, tx, `DELETE FROM tokens WHERE user_id = ? AND id = ?`, user, id)
		if err == nil && touched == 0 {
			err = fault.New(fault.NotFound, "Token")
		}
		return err
	})
}

// RevokeTokens implements account.Store.
func (s *Store) RevokeTokens(ctx context.Context, user, keep int64) error {
	return s.revoke(ctx, user, func(ctx context.Context, tx *sqlx.Tx) error {
		_, err := exec(ctx, tx, `DELETE FROM tokens WHERE user_id = ? AND id <> ?`, user, keep)
		return err
	})
}

// revoke ends tokens of a user. The audit log keeps how many there were and are.
func (s *Store) revoke(ctx context.Context, user int64, end func(ctx context.Context, tx *sqlx.Tx) error) error {
	return s.revision(ctx, Accounts, "revoke tokens", func(ctx context.Context, tx *sqlx.Tx) error {
		if audit.Who(ctx).UserID == user { // who signs out administers nothing
			return end(ctx, tx)
		}
		var login string
		err := tx.GetContext(ctx, &login, tx.Rebind(`SELECT login FROM users WHERE id = ?`), user)
		if isNoRows(err) {
			return fault.New(fault.NotFound, "Token")
		}
		if err != nil {
			return err
		}
		return s.audited(ctx, tx, "tokens", login, func() (any, error) {
			var n int
			err := tx.GetContext(ctx, &n, tx.Rebind(`SELECT COUNT(*) FROM tokens WHERE user_id = ?`), user)
			return map[string]int{"tokens": n}, err
		}, func() error { return end(ctx, tx) })
	})
}

// pruned is how many rows one transaction of pruning takes.
const pruned = 1000

// PruneTokens implements account.Store.
func (s *Store) PruneTokens(ctx context.Context, at time.Time) (n int64, err error) {
	err = s.change(ctx, "prune tokens", func(ctx context.Context, tx *sqlx.Tx) error {
		n, err = exec(ctx, tx, `DELETE FROM tokens WHERE id IN (SELECT id FROM tokens WHERE expires <= ? ORDER BY expires LIMIT ?)`, micros(at), pruned)
		return err
	})
	return n, err
}
