package store

import (
	"context"
	"strings"

	"github.com/jmoiron/sqlx"

	"callgate/internal/account"
	"callgate/internal/fault"
)

// userRow is a user with its rights and projects folded into one row: every request reads one.
type userRow struct {
	ID       int64  `db:"id"`
	Login    string `db:"login"`
	Password string `db:"password"`
	Status   int    `db:"status"`
	Rights   string `db:"rights"`   // MODULE/ACTION, each followed by a blank
	Projects string `db:"projects"` // each followed by a blank: a project's id has none in it
}

const userColumns = `u.id, u.login, u.password, u.status,
	COALESCE((SELECT string_agg(module || '/' || action, ' ' ORDER BY module, action) FROM user_rights WHERE user_id = u.id), '') AS rights,
	COALESCE((SELECT string_agg(project, ' ' ORDER BY project) FROM user_projects WHERE user_id = u.id), '') AS projects`

const selectUser = `SELECT ` + userColumns + ` FROM users u `

func (r userRow) user() (account.User, error) {
	u := account.User{ID: r.ID, Login: r.Login, Status: account.Status(r.Status)}
	for _, text := range strings.Fields(r.Rights) {
		right, err := account.ParseRight(text)
		if err != nil {
			return account.User{}, err
		}
		u.Rights = append(u.Rights, right)
	}
	if r.Projects != "" {
		u.Projects = strings.Split(r.Projects, " ")
	}
	return u, nil
}

// AddUser implements account.Store.
func (s *Store) AddUser(ctx context.Context, u account.User, password string) (id int64, err error) {
	err = s.revision(ctx, Accounts, "add a user", func(ctx context.Context, tx *sqlx.Tx) error {
		id, err = insertUser(ctx, tx, `INSERT INTO users (login, password, status) VALUES (?, ?, ?)
			ON CONFLICT (login) DO UPDATE SET password = excluded.password, status = excluded.status, signed_in = 0
			WHERE users.status = 0 RETURNING id`, u, password)
		if isNoRows(err) {
			return fault.New(fault.Conflict, "Login")
		}
		return err
	})
	return id, err
}

// AddFirstUser implements account.Store. Of two processes that try at once with the same login, one succeeds.
func (s *Store) AddFirstUser(ctx context.Context, u account.User, password string) (added bool, err error) {
	err = s.revision(ctx, Accounts, "add the first user", func(ctx context.Context, tx *sqlx.Tx) error {
		_, err := insertUser(ctx, tx, `INSERT INTO users (login, password, status)
			SELECT CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS INTEGER) WHERE NOT EXISTS (SELECT 1 FROM users)
			ON CONFLICT (login) DO NOTHING RETURNING id`, u, password)
		if isNoRows(err) {
			return nil
		}
		added = err == nil
		return err
	})
	return added && err == nil, err
}

// insertUser runs the query, which takes login, password and status and returns an id, and replaces the rights and
// projects of that user.
func insertUser(ctx context.Context, tx *sqlx.Tx, query string, u account.User, password string) (id int64, err error) {
	if err := tx.GetContext(ctx, &id, tx.Rebind(query), clean(u.Login), password, int(u.Status)); err != nil {
		return 0, err
	}
	for _, table := range []string{"user_rights", "user_projects"} {
		if _, err := exec(ctx, tx, `DELETE FROM `+table+` WHERE user_id = ?`, id); err != nil {
			return 0, err
		}
	}
	for _, r := range u.Rights {
		if _, err := exec(ctx, tx, `INSERT INTO user_rights (user_id, module, action) VALUES (?, ?, ?)
			ON CONFLICT DO NOTHING`, id, r.Module, r.Action); err != nil {
			return 0, err
		}
	}
	for _, p := range u.Projects {
		if _, err := exec(ctx, tx, `INSERT INTO user_projects (user_id, project) VALUES (?, ?)
			ON CONFLICT DO NOTHING`, id, clean(p)); err != nil {
			return 0, err
		}
	}
	return id, nil
}

// User implements account.Store.
func (s *Store) User(ctx context.Context, login string) (u account.User, password string, err error) {
	var row userRow
	found, err := s.one(ctx, "read a user", &row, selectUser+`WHERE u.login = ?`, clean(login))
	if err == nil && !found {
		err = fault.New(fault.NotFound, "Login")
	}
	if err != nil {
		return account.User{}, "", err
	}
	u, err = row.user()
	return u, row.Password, err
}

// Users implements account.Store.
func (s *Store) Users(ctx context.Context) ([]account.User, error) {
	var rows []userRow
	if err := s.all(ctx, "read users", &rows, selectUser+`ORDER BY u.id`); err != nil {
		return nil, err
	}
	users := make([]account.User, len(rows))
	for i, row := range rows {
		var err error
		if users[i], err = row.user(); err != nil {
			return nil, err
		}
	}
	return users, nil
}

// SetUserPassword implements account.Store.
func (s *Store) SetUserPassword(ctx context.Context, login, password string) error {
	return s.revision(ctx, Accounts, "set a password", func(ctx context.Context, tx *sqlx.Tx) error {
		if err := updateUser(ctx, tx, `UPDATE users SET password = ? WHERE login = ? AND status <> 0`, password, clean(login)); err != nil {
			return err
		}
		return revokeTokens(ctx, tx, login)
	})
}

// SetUserStatus implements account.Store.
func (s *Store) SetUserStatus(ctx context.Context, login string, status account.Status) error {
	return s.revision(ctx, Accounts, "set a user's status", func(ctx context.Context, tx *sqlx.Tx) error {
		if err := updateUser(ctx, tx, `UPDATE users SET status = ? WHERE login = ? AND status <> 0`, int(status), clean(login)); err != nil {
			return err
		}
		if status == account.Active {
			return nil
		}
		return revokeTokens(ctx, tx, login)
	})
}

func updateUser(ctx context.Context, tx *sqlx.Tx, query string, args ...any) error {
	touched, err := exec(ctx, tx, query, args...)
	if err == nil && touched == 0 {
		err = fault.New(fault.NotFound, "Login")
	}
	return err
}
