// Package account knows who may do what: users and their rights, passwords, tokens, protection of the sign-in, and
// the modules that an administrator has switched off. It is not the HTTP authentication, which calls it, nor the
// place where users are kept: it says what it needs of a Store.
//
// Whose token it is and what is switched off are remembered, so that a request does not wait for the Store. A change
// takes effect at once in the process that makes it, and within a second in every other on the same database: each
// is told with Follow, several times a second, which revision the accounts have, and what was loaded under another
// is not used, nor anything when the last Follow is more than a second ago. Without Follow the Store is asked every
// time. Failed sign-ins are remembered per process.
//
// The package owns no goroutines. Calls block on the Store and, where a password is involved, for a turn to hash it:
// at most two are hashed at once, at most 256 wait, more are turned away with fault.TooMany.
package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callgate/internal/fault"
)

// Store keeps users, tokens and switched modules. password is always a hash in PHC string format. Failures of a
// known kind are fault errors; a database that is down is fault.StorageDown.
type Store interface {
	// AddUser adds a user and returns its id. A deleted user of that login is revived with all the new values;
	// any other is fault.Conflict.
	AddUser(ctx context.Context, u User, password string) (id int64, err error)
	// AddFirstUser adds a user if there never was any, deleted ones included.
	AddFirstUser(ctx context.Context, u User, password string) (added bool, err error)
	// User finds a user, deleted ones included; fault.NotFound when there is none.
	User(ctx context.Context, login string) (u User, password string, err error)
	// Users lists all users by id, deleted ones included.
	Users(ctx context.Context) ([]User, error)
	// SetUserPassword and SetUserStatus change a user who is not deleted, else fault.NotFound. They revoke the
	// user's tokens in the same transaction; making a user active revokes none.
	SetUserPassword(ctx context.Context, login, password string) error
	SetUserStatus(ctx context.Context, login string, status Status) error
	// AddToken keeps a token if its user is active and still has that password. It drops those tokens of the user
	// that had expired when this one was issued, and the oldest beyond keep.
	AddToken(ctx context.Context, t Token, password string, keep int) (added bool, err error)
	// TokenUser finds the active user of a token that has not expired at the given time, else fault.NotFound, and
	// tells when it expires.
	TokenUser(ctx context.Context, hash [sha256.Size]byte, at time.Time) (u User, expires time.Time, err error)
	// SetModule replaces what was said of that module and action before.
	SetModule(ctx context.Context, m Module) error
	// Modules lists what was ever switched, by module and action.
	Modules(ctx context.Context) ([]Module, error)
}

// Options of a Service. The zero value of every field is a safe default.
type Options struct {
	TokenTTL   func() time.Duration // how long a token lives that is issued now; 24 h
	Now        func() time.Time     // time.Now
	Rand       io.Reader            // of tokens and salts; crypto/rand
	Registerer prometheus.Registerer
	Logger     *slog.Logger // discards
}

// Service answers for accounts. It may be used from any goroutine.
type Service struct {
	store    Store
	ttl      func() time.Duration
	now      func() time.Time
	rand     io.Reader
	log      *slog.Logger
	metrics  *metrics
	hasher   *hasher
	attempts *attempts
	memory   memory
}

// New makes a Service on a Store.
func New(store Store, o Options) *Service {
	if o.TokenTTL == nil {
		o.TokenTTL = func() time.Duration { return 24 * time.Hour }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	m := newMetrics(o.Registerer)
	return &Service{
		store: store, ttl: o.TokenTTL, now: o.Now, rand: o.Rand, log: o.Logger, metrics: m,
		hasher: newHasher(o.Rand, m), attempts: newAttempts(rememberedKeys, m),
	}
}

// Add adds an active user. A login that is in use, or only disabled, is fault.Conflict "Login"; a deleted one is
// given out again, with the new password, rights and projects. What is wrong with the values is fault.EmptyField
// or fault.WrongField.
func (s *Service) Add(ctx context.Context, login, password string, rights []Right, projects []string) (User, error) {
	user, hash, err := s.prepare(ctx, login, password, rights, projects)
	if err != nil {
		return User{}, err
	}
	user.ID, err = s.store.AddUser(ctx, user, hash)
	s.memory.changed()
	if err != nil {
		return User{}, fmt.Errorf("add a user: %w", err)
	}
	s.log.Info("user added", "user", user.ID)
	return user, nil
}

// Bootstrap adds an administrator with all rights, those to see numbers and to hear recordings included, if the
// database never had a user. added is false when it had one; then nothing was done.
func (s *Service) Bootstrap(ctx context.Context, login, password string) (added bool, err error) {
	user, hash, err := s.prepare(ctx, login, password, []Right{{Module: Any, Action: Any}}, nil)
	if err != nil {
		return false, err
	}
	added, err = s.store.AddFirstUser(ctx, user, hash)
	s.memory.changed()
	if err != nil {
		return false, fmt.Errorf("add the first user: %w", err)
	}
	return added, nil
}

func (s *Service) prepare(ctx context.Context, login, password string, rights []Right, projects []string) (User, string, error) {
	if err := checkLogin(login); err != nil {
		return User{}, "", err
	}
	if err := checkPassword(password); err != nil {
		return User{}, "", err
	}
	for _, r := range rights {
		if err := r.check(); err != nil {
			return User{}, "", err
		}
	}
	if err := checkProjects(projects); err != nil {
		return User{}, "", err
	}
	hash, err := s.hasher.hash(ctx, password)
	return User{Login: login, Status: Active, Rights: rights, Projects: projects}, hash, err
}

// List lists all users by id, deleted ones included.
func (s *Service) List(ctx context.Context) ([]User, error) {
	users, err := s.store.Users(ctx)
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	return users, nil
}

// SetPassword gives a user another password and revokes all of its tokens. A login that is unknown or deleted is
// fault.NotFound.
func (s *Service) SetPassword(ctx context.Context, login, password string) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	err = s.store.SetUserPassword(ctx, login, hash)
	s.memory.changed()
	if err != nil {
		return fmt.Errorf("set a password: %w", err)
	}
	return nil
}

// SetStatus enables, disables or deletes a user. Disabling and deleting revoke all of its tokens. A login that is
// unknown or deleted is fault.NotFound: Add gives a deleted one out again.
func (s *Service) SetStatus(ctx context.Context, login string, status Status) error {
	switch status {
	case Active, Inactive, Deleted:
	default:
		return fault.New(fault.WrongField, "status")
	}
	err := s.store.SetUserStatus(ctx, login, status)
	s.memory.changed()
	if err != nil {
		return fmt.Errorf("set a user %s: %w", status, err)
	}
	return nil
}
