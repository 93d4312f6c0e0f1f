package account

import (
	"context"
	"errors"
	"fmt"

	"callgate/internal/fault"
)

// confirm looks whether somebody knows his own password and, where one is asked for, a code that is good now, with the same
// score as a sign-in: who has got hold of a token, or of an open panel, cannot guess them there either. What is wrong is
// fault.WrongField "old_password" or "code". The password alone of who has an authenticator clears no score. Keys have no
// password.
func (s *Service) confirm(ctx context.Context, by *Identity, password string, code *string, address string) (user User, hash string, err error) {
	if by.Token == 0 {
		return User{}, "", denied("a key has no password")
	}
	key := attemptKey(by.Login, address)
	if err := s.attempts.check(key, s.now()); err != nil {
		return User{}, "", err
	}
	if user, hash, err = s.lookUp(ctx, by.Login); err != nil {
		return User{}, "", err
	}
	result, err := s.try(ctx, key, whence(address), password, hash, func(right bool) (Result, error) {
		switch {
		case !right || user.Status != Active:
			return WrongPassword, nil
		case user.TOTP && code == nil:
			return CodeMissing, nil
		case user.TOTP:
			good, err := s.useCode(ctx, user.ID, *code)
			if err != nil || !good {
				return WrongCode, err
			}
		}
		return Entered, nil
	})
	switch {
	case err != nil:
	case result == WrongPassword:
		err = wrong("old_password", "not your password")
	case result == WrongCode:
		err = wrong("code", "not a code of the authenticator, nor a recovery code")
	}
	return user, hash, err
}

// ChangePassword gives somebody another password of his own, if he knows the old one, and revokes all of his tokens but the
// one in hand.
func (s *Service) ChangePassword(ctx context.Context, by *Identity, old, password, address string) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	if err := checkChosen(by.Login, password); err != nil {
		return err
	}
	if old == password {
		return wrong("password", "want another than the old one")
	}
	_, was, err := s.confirm(ctx, by, old, nil, address)
	if err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	_, err = s.change(ctx, by.Login, func(c *UserChange) error {
		if c.Password != was {
			return fault.New(fault.Stale, "Password")
		}
		c.Password, c.MustChange, c.KeepToken = hash, false, by.Token
		return nil
	})
	return err
}

// Self is the user that somebody is.
func (s *Service) Self(ctx context.Context, by *Identity) (User, error) {
	user, _, err := s.store.User(ctx, by.Login)
	if errors.Is(err, fault.New(fault.NotFound, "")) {
		err = fault.New(fault.BadToken, "")
	}
	if err != nil {
		return User{}, fmt.Errorf("look up a user: %w", err)
	}
	return user, nil
}
