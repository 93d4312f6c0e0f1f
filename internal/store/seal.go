package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"callgate/internal/secret"
	"callgate/internal/setting"
)

// sealedColumn is where secrets are kept. A text in it is sealed for purpose.
type sealedColumn struct {
	table, key, column string
	holds              func(key string) bool // which rows hold secrets; nil is all
}

func (c sealedColumn) purpose(key string) string { return c.table + "." + c.column + "/" + key }

// sealedColumns are all of them. What stands there in plain, as it did before, is sealed by Open.
func sealedColumns() []sealedColumn {
	return []sealedColumn{
		{"settings", "name", "value", setting.IsSecret},
		{"sms_providers", "name", "given", nil},
		{"sms_providers", "name", "secret", nil},
		{"users", "id", "totp_secret", nil},
		{"webhooks", "id", "secret", nil},
		{"webhooks", "id", "former", nil},
	}
}

// Renewal tells Open that its box is another one than before.
type Renewal struct {
	Former *secret.Box // nil: it is lost, and with it what it has sealed
}

// proofPurpose is what the proof of the key is sealed for.
const proofPurpose = "keys.proof/secrets"

// seal is how a secret is kept; the purpose is that of its column and row, such as "settings.value/smtp.password". An empty
// text stays empty. A store without a box keeps it as it is.
func (s *Store) seal(purpose, text string) string {
	if s.box == nil {
		return text
	}
	return s.box.Seal(purpose, text)
}

// unseal is the secret that was kept for the purpose, sealed or in plain, or else secret.ErrKey.
func (s *Store) unseal(purpose, kept string) (string, error) {
	switch {
	case !secret.Sealed(kept):
		return kept, nil
	case s.box == nil:
		return "", secret.ErrKey
	}
	return s.box.Open(purpose, kept)
}

// sealUp holds the database and the box against each other, and seals what stands in plain. Several processes may do it at
// once: none touches what has been changed since it looked.
func (s *Store) sealUp(ctx context.Context, o Options) error {
	if s.box == nil && o.Key != nil {
		var keys int
		if _, err := s.one(ctx, "read the keys", &keys, `SELECT COUNT(*) FROM keys`); err != nil {
			return err
		}
		var err error
		if s.box, err = o.Key(keys > 0); err != nil {
			return err
		}
	}
	if s.box == nil {
		return nil
	}
	return s.change(ctx, "seal the secrets", func(ctx context.Context, tx *sqlx.Tx) error {
		if err := s.prove(ctx, tx, o.Renew != nil); err != nil {
			return err
		}
		for _, c := range sealedColumns() {
			if err := s.sealColumn(ctx, tx, c, o.Renew); err != nil {
				return fmt.Errorf("%s.%s: %w", c.table, c.column, err)
			}
		}
		return nil
	})
}

// prove makes sure that the secrets here are sealed with our key, or are to be from now on.
func (s *Store) prove(ctx context.Context, tx *sqlx.Tx, renew bool) error {
	clause := `NOTHING`
	if renew {
		clause = `UPDATE SET proof = excluded.proof`
	}
	if _, err := exec(ctx, tx, `INSERT INTO keys (name, proof) VALUES ('secrets', ?) ON CONFLICT (name) DO `+clause, s.box.Seal(proofPurpose, "callgate")); err != nil {
		return err
	}
	var proof string
	if err := tx.GetContext(ctx, &proof, `SELECT proof FROM keys WHERE name = 'secrets'`); err != nil {
		return err
	}
	_, err := s.box.Open(proofPurpose, proof)
	return err
}

func (s *Store) sealColumn(ctx context.Context, tx *sqlx.Tx, c sealedColumn, renewal *Renewal) error {
	var rows []struct {
		Key  string `db:"key"`
		Kept string `db:"kept"`
	}
	if err := tx.SelectContext(ctx, &rows, fmt.Sprintf(`SELECT CAST(%s AS TEXT) AS key, %s AS kept FROM %s WHERE %[2]s <> ''`, c.key, c.column, c.table)); err != nil {
		return err
	}
	for _, r := range rows {
		if c.holds != nil && !c.holds(r.Key) {
			continue
		}
		text, err := r.Kept, error(nil)
		if secret.Sealed(r.Kept) {
			if renewal == nil || renewal.Former == nil {
				continue
			}
			if text, err = renewal.Former.Open(c.purpose(r.Key), r.Kept); errors.Is(err, secret.ErrKey) {
				continue // ours already, or lost before
			}
		}
		if _, err := exec(ctx, tx, fmt.Sprintf(`UPDATE %s SET %s = ? WHERE CAST(%s AS TEXT) = ? AND %[2]s = ?`, c.table, c.column, c.key),
			s.box.Seal(c.purpose(r.Key), text), r.Key, r.Kept); err != nil {
			return err
		}
	}
	return nil
}
