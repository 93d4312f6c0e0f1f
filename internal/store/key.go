package store

import (
	"context"
	"crypto/sha256"
	"net/netip"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"callgate/internal/account"
	"callgate/internal/fault"
)

type apiKeyRow struct {
	ID       int64  `db:"key_id"`
	UserID   int64  `db:"user_id"`
	Name     string `db:"name"`
	Rights   string `db:"key_rights"`
	Projects string `db:"key_projects"`
	Networks string `db:"networks"`
	Issued   int64  `db:"issued"`
	Expires  int64  `db:"expires"`
	Used     int64  `db:"used"`
}

const apiKeyColumns = `k.id AS key_id, k.user_id, k.name, k.rights AS key_rights, k.projects AS key_projects, k.networks, k.issued, k.expires, k.used`

func (r apiKeyRow) key() (account.Key, error) {
	k := account.Key{ID: r.ID, UserID: r.UserID, Name: r.Name, Issued: fromMicros(r.Issued), Expires: fromMicros(r.Expires), Used: fromMicros(r.Used)}
	var err error
	if k.Rights, err = parseRights(r.Rights); err != nil {
		return account.Key{}, err
	}
	if r.Projects != "" {
		k.Projects = strings.Split(r.Projects, " ")
	}
	for _, text := range strings.Fields(r.Networks) {
		n, err := netip.ParsePrefix(text)
		if err != nil {
			return account.Key{}, err
		}
		k.Networks = append(k.Networks, n)
	}
	return k, nil
}

// Keys implements account.Store.
func (s *Store) Keys(ctx context.Context, user int64) ([]account.Key, error) {
	var rows []apiKeyRow
	if err := s.all(ctx, "read keys", &rows, `SELECT `+apiKeyColumns+` FROM api_keys k WHERE k.user_id = ? ORDER BY k.name`, user); err != nil {
		return nil, err
	}
	all := make([]account.Key, len(rows))
	for i, r := range rows {
		var err error
		if all[i], err = r.key(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// AddKey implements account.Store. The owner's row is locked: a key is not added while its owner is deleted.
func (s *Store) AddKey(ctx context.Context, k account.Key, hash [sha256.Size]byte, most int) (id int64, err error) {
	err = s.change(ctx, "add a key", func(ctx context.Context, tx *sqlx.Tx) error {
		touched, err := exec(ctx, tx, `UPDATE users SET revision = revision WHERE id = ? AND status <> 0`, k.UserID)
		if err == nil && touched == 0 {
			err = fault.New(fault.NotFound, "Login")
		}
		if err != nil {
			return err
		}
		var names []string
		if err := tx.SelectContext(ctx, &names, tx.Rebind(`SELECT name FROM api_keys WHERE user_id = ?`), k.UserID); err != nil {
			return err
		}
		for _, name := range names {
			if name == clean(k.Name) {
				return fault.New(fault.Conflict, "Key")
			}
		}
		if len(names) >= most {
			return fault.New(fault.TooMany, "")
		}
		networks := make([]string, len(k.Networks))
		for i, n := range k.Networks {
			networks[i] = n.String()
		}
		return s.auditedKey(ctx, tx, k.UserID, k.Name, func() error {
			return tx.GetContext(ctx, &id, tx.Rebind(`INSERT INTO api_keys (user_id, name, hash, rights, projects, networks, issued, expires)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`), k.UserID, clean(k.Name), hash[:], formatRights(k.Rights), clean(strings.Join(k.Projects, " ")),
				strings.Join(networks, " "), micros(k.Issued), micros(k.Expires))
		})
	})
	return id, err
}

// RemoveKey implements account.Store.
func (s *Store) RemoveKey(ctx context.Context, user, id int64) error {
	return s.revision(ctx, Accounts, "remove a key", func(ctx context.Context, tx *sqlx.Tx) error {
		var name string
		err := tx.GetContext(ctx, &name, tx.Rebind(`SELECT name FROM api_keys WHERE user_id = ? AND id = ?`), user, id)
		if isNoRows(err) {
			return fault.New(fault.NotFound, "Key")
		}
		if err != nil {
			return err
		}
		return s.auditedKey(ctx, tx, user, name, func() error {
			_, err := exec(ctx, tx, `DELETE FROM api_keys WHERE id = ?`, id)
			return err
		})
	})
}

// auditedKey makes a change of a key, which the audit log knows as LOGIN/NAME.
func (s *Store) auditedKey(ctx context.Context, tx *sqlx.Tx, user int64, name string, change func() error) error {
	var login string
	if err := tx.GetContext(ctx, &login, tx.Rebind(`SELECT login FROM users WHERE id = ?`), user); err != nil {
		return err
	}
	return s.audited(ctx, tx, "key", login+"/"+name, func() (any, error) {
		var row apiKeyRow
		err := tx.GetContext(ctx, &row, tx.Rebind(`SELECT `+apiKeyColumns+` FROM api_keys k WHERE k.user_id = ? AND k.name = ?`), user, clean(name))
		if isNoRows(err) {
			return nil, nil
		}
		return map[string]any{"rights": strings.Fields(row.Rights), "projects": strings.Fields(row.Projects), "networks": strings.Fields(row.Networks),
			"expires_at": fromMicros(row.Expires)}, err
	}, change)
}

// KeyOwner implements account.Store.
func (s *Store) KeyOwner(ctx context.Context, hash [sha256.Size]byte, at time.Time) (u account.User, k account.Key, err error) {
	var row struct {
		userRow
		apiKeyRow
	}
	found, err := s.one(ctx, "read a key", &row, `SELECT `+apiKeyColumns+`, `+userColumns+` FROM users u JOIN api_keys k ON k.user_id = u.id
		WHERE k.hash = ? AND (k.expires = 0 OR k.expires > ?) AND u.status = ?`, hash[:], micros(at), int(account.Active))
	if err == nil && !found {
		err = fault.New(fault.NotFound, "Key")
	}
	if err == nil {
		u, err = row.user()
	}
	if err == nil {
		k, err = row.key()
	}
	return u, k, err
}
