package store

import (
	"context"
	"crypto/sha256"
	"strconv"

	"github.com/jmoiron/sqlx"

	"callgate/internal/account"
	"callgate/internal/fault"
)

// totpPurpose is what the secret of a user's authenticator is sealed for: its column and row.
func totpPurpose(user int64) string { return "users.totp_secret/" + strconv.FormatInt(user, 10) }

// TOTP implements account.Store.
func (s *Store) TOTP(ctx context.Context, user int64) (secret string, step int64, err error) {
	var row struct {
		Secret string `db:"totp_secret"`
		Step   int64  `db:"totp_step"`
	}
	if _, err := s.one(ctx, "read an authenticator", &row, `SELECT totp_secret, totp_step FROM users WHERE id = ?`, user); err != nil {
		return "", 0, err
	}
	secret, err = s.unseal(totpPurpose(user), row.Secret)
	return secret, row.Step, err
}

// SetTOTP implements account.Store.
func (s *Store) SetTOTP(ctx context.Context, user int64, secret string) error {
	return s.change(ctx, "keep an authenticator", func(ctx context.Context, tx *sqlx.Tx) error {
		touched, err := exec(ctx, tx, `UPDATE users SET totp_secret = ?, totp_step = 0 WHERE id = ? AND totp_at = 0 AND status = ?`,
			s.seal(totpPurpose(user), secret), user, int(account.Active))
		if err == nil && touched == 0 {
			err = fault.New(fault.Conflict, "Authenticator")
		}
		return err
	})
}

// ConfirmTOTP implements account.Store.
func (s *Store) ConfirmTOTP(ctx context.Context, user int64, secret string, step int64, recovery [][sha256.Size]byte) (confirmed bool, err error) {
	err = s.revision(ctx, Accounts, "confirm an authenticator", func(ctx context.Context, tx *sqlx.Tx) error {
		if _, err := exec(ctx, tx, `UPDATE users SET revision = revision WHERE id = ?`, user); err != nil { // two at once take turns
			return err
		}
		var row struct {
			Login  string `db:"login"`
			Secret string `db:"totp_secret"`
		}
		err := tx.GetContext(ctx, &row, tx.Rebind(`SELECT login, totp_secret FROM users WHERE id = ? AND totp_at = 0 AND status = ?`), user, int(account.Active))
		if isNoRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if kept, err := s.unseal(totpPurpose(user), row.Secret); err != nil || kept != secret || secret == "" {
			return err
		}
		confirmed = true
		return s.auditedUser(ctx, tx, row.Login, func() error {
			if _, err := exec(ctx, tx, `UPDATE users SET totp_at = ?, totp_step = ?, revision = revision + 1 WHERE id = ?`, micros(s.now()), step, user); err != nil {
				return err
			}
			if _, err := exec(ctx, tx, `DELETE FROM recovery_codes WHERE user_id = ?`, user); err != nil {
				return err
			}
			for _, hash := range recovery {
				if _, err := exec(ctx, tx, `INSERT INTO recovery_codes (user_id, hash) VALUES (?, ?)`, user, hash[:]); err != nil {
					return err
				}
			}
			return nil
		})
	})
	return confirmed && err == nil, err
}

// UseStep implements account.Store.
func (s *Store) UseStep(ctx context.Context, user, step int64) (used bool, err error) {
	return s.use(ctx, `UPDATE users SET totp_step = ? WHERE id = ? AND totp_step < ? AND totp_at <> 0`, step, user, step)
}

// UseRecovery implements account.Store.
func (s *Store) UseRecovery(ctx context.Context, user int64, hash [sha256.Size]byte) (bool, error) {
	return s.use(ctx, `DELETE FROM recovery_codes WHERE user_id = ? AND hash = ?`, user, hash[:])
}

func (s *Store) use(ctx context.Context, query string, args ...any) (used bool, err error) {
	err = s.change(ctx, "use a code up", func(ctx context.Context, tx *sqlx.Tx) error {
		touched, err := exec(ctx, tx, query, args...)
		used = touched > 0
		return err
	})
	return used && err == nil, err
}
