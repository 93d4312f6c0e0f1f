package account

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"callgate/internal/fault"
)

// Draft is a user to be.
type Draft struct {
	Login      string
	Password   string
	Rights     []Right
	Projects   []string
	MustChange bool
}

// Edit is what is changed of a user; what is nil stays.
type Edit struct {
	Rights     *[]Right
	Projects   *[]string
	Status     *Status
	Password   *string
	MustChange *bool
	TOTP       *bool // false takes the authenticator away; only its user can have one
	Revision   int64 // that the user has to have, else fault.Stale; 0 is any
}

// Managed lists the users whom somebody manages or at least sees, deleted ones included: himself, and all of them when he
// sees every project, else those who see his projects only.
func (s *Service) Managed(ctx context.Context, by *Identity) ([]User, error) {
	all, err := s.List(ctx)
	if err != nil {
		return nil, err
	}
	var seen []User
	for i := range all {
		if by.sees(&all[i]) {
			seen = append(seen, all[i])
		}
	}
	return seen, nil
}

// Look finds a user whom somebody may see who is not deleted, else fault.NotFound "Login".
func (s *Service) Look(ctx context.Context, by *Identity, login string) (User, error) {
	user, _, err := s.store.User(ctx, login)
	if err == nil && (user.Status == Deleted || !by.sees(&user)) {
		err = fault.New(fault.NotFound, "Login")
	}
	if err != nil {
		return User{}, fmt.Errorf("look up a user: %w", err)
	}
	return user, nil
}

// Manage finds a user whom somebody may change, as Look finds one whom he may see; one who has more than he himself is
// fault.Denied.
func (s *Service) Manage(ctx context.Context, by *Identity, login string) (User, error) {
	user, err := s.Look(ctx, by, login)
	if err == nil {
		err = by.manages(&user)
	}
	return user, err
}

func (id *Identity) sees(u *User) bool { return u.ID == id.UserID || id.coversProjects(u.Projects) }

// manages refuses whom somebody may not change: a user whom he does not see is fault.NotFound, one who has more than he
// himself is fault.Denied, for who gives another a password can be him.
func (id *Identity) manages(u *User) error {
	switch {
	case !id.sees(u):
		return fault.New(fault.NotFound, "Login")
	case !id.Covers(u.Rights, u.Projects):
		return denied("the user has more than who asks")
	}
	return nil
}

// gives refuses rights and projects that somebody cannot give away because he has not all of them himself.
func (id *Identity) gives(rights []Right, projects []string) error {
	if !id.Covers(rights, projects) {
		return denied("who asks would give away more than he has")
	}
	return nil
}

func denied(reason string) error { return &fault.Error{Kind: fault.Denied, Err: errors.New(reason)} }

// Create adds a user on behalf of somebody, who gives away what he has himself, as Add does.
func (s *Service) Create(ctx context.Context, by *Identity, d Draft) (User, error) {
	if err := errors.Join(checkReach(d.Rights, d.Projects), checkChosen(d.Login, d.Password)); err != nil {
		return User{}, err
	}
	if err := by.gives(d.Rights, d.Projects); err != nil {
		return User{}, err
	}
	if _, err := s.add(ctx, d); err != nil {
		return User{}, err
	}
	return s.Look(ctx, by, d.Login)
}

// checkChosen refuses a password that can be guessed from the login; Add does not, for installations exist where it is so.
func checkChosen(login, password string) error {
	if strings.EqualFold(login, password) {
		return wrong("password", "want another than the login")
	}
	return nil
}

// Change edits a user on behalf of somebody. Who may is said at manages and gives. The last active administrator stays one:
// fault.Needed. A password of one's own is changed with ChangePassword. by is nil for the machine's own administrator, who is
// held to nothing of that.
func (s *Service) Change(ctx context.Context, by *Identity, login string, e Edit) (User, error) {
	hash := ""
	if e.Password != nil {
		if err := errors.Join(checkPassword(*e.Password), checkChosen(login, *e.Password)); err != nil {
			return User{}, err
		}
		// Before a hash is computed for him: may he at all?
		if by != nil {
			user, err := s.Manage(ctx, by, login)
			if err == nil && user.ID == by.UserID {
				err = wrong("password", "your own is changed where the old one is asked for")
			}
			if err != nil {
				return User{}, err
			}
		}
		var err error
		if hash, err = s.hasher.hash(ctx, *e.Password); err != nil {
			return User{}, err
		}
	}
	return s.change(ctx, login, func(c *UserChange) error {
		if by == nil {
			return e.apply(c, hash)
		}
		if err := by.manages(&c.User); err != nil {
			return err
		}
		if e.Revision != 0 && e.Revision != c.Revision {
			return fault.New(fault.Stale, "User")
		}
		c.KeepAdmin = true
		if err := e.apply(c, hash); err != nil {
			return err
		}
		return by.gives(c.Rights, c.Projects)
	})
}

func (e *Edit) apply(c *UserChange, hash string) error {
	if e.Rights != nil {
		c.Rights = *e.Rights
	}
	if e.Projects != nil {
		c.Projects = *e.Projects
	}
	if e.Status != nil {
		c.Status = *e.Status
	}
	if e.MustChange != nil {
		c.MustChange = *e.MustChange
	}
	if hash != "" {
		c.Password = hash
	}
	if e.TOTP != nil {
		if *e.TOTP && !c.TOTP {
			return wrong("totp", "only the user himself can set an authenticator up")
		}
		c.TOTP = *e.TOTP
	}
	return errors.Join(checkReach(c.Rights, c.Projects), c.Status.check())
}
