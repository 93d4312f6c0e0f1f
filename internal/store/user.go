package store

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"callgate/internal/account"
	"callgate/internal/fault"
)

// userRow is a user with its rights and projects folded into one row: every request reads one.
type userRow struct {
	ID         int64  `db:"id"`
	Login      string `db:"login"`
	Password   string `db:"password"`
	Status     int    `db:"status"`
	MustChange bool   `db:"must_change"`
	TOTPAt     int64  `db:"totp_at"`
	PasswordAt int64  `db:"password_at"`
	SignedIn   int64  `db:"signed_in"`
	Revision   int64  `db:"revision"`
	Rights     string `db:"rights"`   // MODULE/ACTION, each followed by a blank
	Projects   string `db:"projects"` // each followed by a blank: a project's id has none in it
}

const userColumns = `u.id, u.login, u.password, u.status, u.must_change, u.totp_at, u.password_at, u.signed_in, u.revision,
	COALESCE((SELECT string_agg(module || '/' || action, ' ' ORDER BY module, action) FROM user_rights WHERE user_id = u.id), '') AS rights,
	COALESCE((SELECT string_agg(project, ' ' ORDER BY project) FROM user_projects WHERE user_id = u.id), '') AS projects`

const selectUser = `SELECT ` + userColumns + ` FROM users u `

func (r userRow) user() (account.User, error) {
	u := account.User{ID: r.ID, Login: r.Login, Status: account.Status(r.Status), MustChange: r.MustChange, TOTP: r.TOTPAt != 0,
		PasswordAt: fromMicros(r.PasswordAt), SignedIn: fromMicros(r.SignedIn), Revision: r.Revision}
	var err error
	if u.Rights, err = parseRights(r.Rights); err != nil {
		return account.User{}, err
	}
	if r.Projects != "" {
		u.Projects = strings.Split(r.Projects, " ")
	}
	return u, nil
}

// parseRights reads rights with a blank between.
func parseRights(texts string) (rights []account.Right, err error) {
	for _, text := range strings.Fields(texts) {
		r, err := account.ParseRight(text)
		if err != nil {
			return nil, err
		}
		rights = append(rights, r)
	}
	return rights, nil
}

// formatRights writes what parseRights reads.
func formatRights(rights []account.Right) string { return strings.Join(rightTexts(rights), " ") }

func rightTexts(rights []account.Right) []string {
	texts := make([]string, len(rights))
	for i, r := range rights {
		texts[i] = r.String()
	}
	return texts
}

// AddUser implements account.Store.
func (s *Store) AddUser(ctx context.Context, u account.User, password string) (id int64, err error) {
	err = s.revision(ctx, Accounts, "add a user", func(ctx context.Context, tx *sqlx.Tx) error {
		id, err = s.insertUser(ctx, tx, `INSERT INTO users (login, password, status, must_change, password_at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (login) DO UPDATE SET password = excluded.password, status = excluded.status, signed_in = 0, must_change = excluded.must_change,
				password_at = excluded.password_at, revision = users.revision + 1, totp_secret = '', totp_at = 0, totp_step = 0
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
		_, err := s.insertUser(ctx, tx, `INSERT INTO users (login, password, status, must_change, password_at)
			SELECT CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS INTEGER), CAST(? AS BOOLEAN), CAST(? AS BIGINT) WHERE NOT EXISTS (SELECT 1 FROM users)
			ON CONFLICT (login) DO NOTHING RETURNING id`, u, password)
		if isNoRows(err) {
			return nil
		}
		added = err == nil
		return err
	})
	return added && err == nil, err
}

// insertUser runs the query, which takes login, password, status, whether the password has to be changed and since when it
// is so, and returns an id, and replaces the rights and projects of that user.
func (s *Store) insertUser(ctx context.Context, tx *sqlx.Tx, query string, u account.User, password string) (id int64, err error) {
	err = s.auditedUser(ctx, tx, u.Login, func() error {
		if err := tx.GetContext(ctx, &id, tx.Rebind(query), clean(u.Login), password, int(u.Status), u.MustChange, micros(s.now())); err != nil {
			return err
		}
		return setReach(ctx, tx, id, u)
	})
	return id, err
}

// setReach replaces the rights and projects of a user.
func setReach(ctx context.Context, tx *sqlx.Tx, id int64, u account.User) error {
	for _, table := range []string{"user_rights", "user_projects"} {
		if _, err := exec(ctx, tx, `DELETE FROM `+table+` WHERE user_id = ?`, id); err != nil {
			return err
		}
	}
	for _, r := range u.Rights {
		if _, err := exec(ctx, tx, `INSERT INTO user_rights (user_id, module, action) VALUES (?, ?, ?)
			ON CONFLICT DO NOTHING`, id, r.Module, r.Action); err != nil {
			return err
		}
	}
	for _, p := range u.Projects {
		if _, err := exec(ctx, tx, `INSERT INTO user_projects (user_id, project) VALUES (?, ?)
			ON CONFLICT DO NOTHING`, id, clean(p)); err != nil {
			return err
		}
	}
	return nil
}

// shownUser is what the audit log keeps of a user.
type shownUser struct {
	Status     string    `json:"status"`
	Rights     []string  `json:"rights"`
	Projects   []string  `json:"projects"`
	MustChange bool      `json:"must_change"`
	TOTP       bool      `json:"totp"`
	PasswordAt time.Time `json:"password_set_at"`
}

// auditedUser makes a change of a user; a deleted one is not there.
func (s *Store) auditedUser(ctx context.Context, tx *sqlx.Tx, login string, change func() error) error {
	return s.audited(ctx, tx, "user", login, func() (any, error) {
		u, _, err := userIn(ctx, tx, selectUser+`WHERE u.login = ? AND u.status <> 0`, clean(login))
		if isNoRows(err) {
			return nil, nil
		}
		return shownUser{u.Status.String(), rightTexts(u.Rights), append([]string{}, u.Projects...), u.MustChange, u.TOTP, u.PasswordAt}, err
	}, change)
}

// userIn reads a user in a transaction.
func userIn(ctx context.Context, tx *sqlx.Tx, query string, args ...any) (u account.User, password string, err error) {
	var row userRow
	if err := tx.GetContext(ctx, &row, tx.Rebind(query), args...); err != nil {
		return account.User{}, "", err
	}
	u, err = row.user()
	return u, row.Password, err
}

// User implements account.Store.
func (s *Store) User(ctx context.Context, login string) (u account.User, password string, err error) {
	row, err := s.userRow(ctx, selectUser+`WHERE u.login = ?`, clean(login))
	if err != nil {
		return account.User{}, "", err
	}
	u, err = row.user()
	return u, row.Password, err
}

// UserOf implements account.Store.
func (s *Store) UserOf(ctx context.Context, id int64) (account.User, error) {
	row, err := s.userRow(ctx, selectUser+`WHERE u.id = ?`, id)
	if err != nil {
		return account.User{}, err
	}
	return row.user()
}

// userRow reads a user by a query that is a constant.
func (s *Store) userRow(ctx context.Context, query string, arg any) (row userRow, err error) {
	found, err := s.one(ctx, "read a user", &row, query, arg)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "Login")
	}
	return row, err
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

// ChangeUser implements account.Store. Whoever changes a user holds its row and then that of the accounts' revision, as who
// issues a token does; administrators are counted with both held, so that two who disable each other do not both succeed.
func (s *Store) ChangeUser(ctx context.Context, login string, change func(*account.UserChange) error) (after account.User, err error) {
	err = s.change(ctx, "change a user", func(ctx context.Context, tx *sqlx.Tx) error {
		if _, err := exec(ctx, tx, `UPDATE users SET revision = revision WHERE login = ?`, clean(login)); err != nil {
			return err
		}
		before, password, err := userIn(ctx, tx, selectUser+`WHERE u.login = ? AND u.status <> 0`, clean(login))
		if isNoRows(err) {
			return fault.New(fault.NotFound, "Login")
		}
		if err != nil {
			return err
		}
		c := account.UserChange{User: before, Password: password}
		c.Rights, c.Projects = slices.Clone(before.Rights), slices.Clone(before.Projects)
		if err := change(&c); err != nil {
			return err
		}
		if c.Password == password && reflect.DeepEqual(c.User, before) {
			after = before
			return nil
		}
		if err := s.auditedUser(ctx, tx, login, func() error { return s.saveUser(ctx, tx, &before, &c, c.Password != password) }); err != nil {
			return err
		}
		if err := revise(ctx, tx, Accounts); err != nil {
			return err
		}
		if after, _, err = userIn(ctx, tx, selectUser+`WHERE u.id = ?`, before.ID); err != nil || !c.KeepAdmin || !before.Admin() || after.Admin() {
			return err
		}
		var left int
		err = tx.GetContext(ctx, &left, tx.Rebind(`SELECT COUNT(*) FROM users u WHERE u.status = ?
			AND EXISTS (SELECT 1 FROM user_rights WHERE user_id = u.id AND module = '*' AND action = '*')
			AND NOT EXISTS (SELECT 1 FROM user_projects WHERE user_id = u.id)`), int(account.Active))
		if err == nil && left == 0 {
			err = fault.New(fault.Needed, "The last administrator")
		}
		return err
	})
	return after, err
}

// saveUser keeps a changed user, and takes away what the change ends.
func (s *Store) saveUser(ctx context.Context, tx *sqlx.Tx, before *account.User, c *account.UserChange, password bool) error {
	passwordAt := before.PasswordAt
	if password {
		passwordAt = s.now()
	}
	if _, err := exec(ctx, tx, `UPDATE users SET password = ?, status = ?, must_change = ?, password_at = ?, revision = revision + 1 WHERE id = ?`,
		c.Password, int(c.Status), c.MustChange, micros(passwordAt), c.ID); err != nil {
		return err
	}
	if !slices.Equal(before.Rights, c.Rights) || !slices.Equal(before.Projects, c.Projects) {
		if err := setReach(ctx, tx, c.ID, c.User); err != nil {
			return err
		}
	}
	if before.TOTP && !c.TOTP {
		if err := dropTOTP(ctx, tx, c.ID); err != nil {
			return err
		}
	}
	if c.Status == account.Deleted { // whoever gets the login next has none of what opened it
		if err := dropTOTP(ctx, tx, c.ID); err != nil {
			return err
		}
		if _, err := exec(ctx, tx, `DELETE FROM api_keys WHERE user_id = ?`, c.ID); err != nil {
			return err
		}
	}
	if !password && c.Status == account.Active {
		return nil
	}
	_, err := exec(ctx, tx, `DELETE FROM tokens WHERE user_id = ? AND id <> ?`, c.ID, c.KeepToken)
	return err
}

// dropTOTP takes a user's authenticator and recovery codes away.
func dropTOTP(ctx context.Context, tx *sqlx.Tx, id int64) error {
	if _, err := exec(ctx, tx, `UPDATE users SET totp_secret = '', totp_at = 0, totp_step = 0 WHERE id = ?`, id); err != nil {
		return err
	}
	_, err := exec(ctx, tx, `DELETE FROM recovery_codes WHERE user_id = ?`, id)
	return err
}

// SetUserPassword gives a user who is not deleted another password.
func (s *Store) SetUserPassword(ctx context.Context, login, password string) error {
	_, err := s.ChangeUser(ctx, login, func(c *account.UserChange) error { c.Password = password; return nil })
	return err
}

// SetUserStatus gives a user who is not deleted another status.
func (s *Store) SetUserStatus(ctx context.Context, login string, status account.Status) error {
	_, err := s.ChangeUser(ctx, login, func(c *account.UserChange) error { c.Status = status; return nil })
	return err
}
