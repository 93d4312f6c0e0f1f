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
// When a token was used, and who signed in, is noted behind the back of who asks: Run writes it.
//
// The package owns no goroutines; Run is called in one. Calls block on the Store and, where a password is involved, for a turn to hash it:
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

	"callgate/internal/backlog"
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
	// UserOf finds a user by id in the same way.
	UserOf(ctx context.Context, id int64) (User, error)
	// Users lists all users by id, deleted ones included.
	Users(ctx context.Context) ([]User, error)
	// ChangeUser changes a user who is not deleted, else fault.NotFound, as change has it, and returns what he is then. An
	// error of change ends it. Another password, and a status that is not active, revoke the user's tokens in the same
	// transaction.
	ChangeUser(ctx context.Context, login string, change func(*UserChange) error) (User, error)
	// AddToken keeps a token if its user is active and still has that password. It drops those tokens of the user
	// that had expired when this one was issued, and the oldest beyond keep.
	AddToken(ctx context.Context, t Token, password string, keep int) (added bool, err error)
	// TokenUser finds a token that has not expired at the given time and its active user, else fault.NotFound.
	TokenUser(ctx context.Context, hash [sha256.Size]byte, at time.Time) (User, Token, error)
	// Tokens lists a user's tokens that have not expired, the newest first; their hashes are left out.
	Tokens(ctx context.Context, user int64, at time.Time) ([]Token, error)
	// RevokeToken ends one token of a user, else fault.NotFound, RevokeTokens all but the one with the id keep.
	RevokeToken(ctx context.Context, user, id int64) error
	RevokeTokens(ctx context.Context, user, keep int64) error
	// PruneTokens removes tokens that have expired, some at a time, and says how many: 0 when none is left.
	PruneTokens(ctx context.Context, at time.Time) (int64, error)
	// Keys lists a user's keys by name. AddKey adds one: fault.Conflict "Key" when it is there, fault.TooMany when the
	// user has most keys already. RemoveKey removes one, else fault.NotFound "Key".
	Keys(ctx context.Context, user int64) ([]Key, error)
	AddKey(ctx context.Context, k Key, hash [sha256.Size]byte, most int) (id int64, err error)
	RemoveKey(ctx context.Context, user, id int64) error
	// KeyOwner finds a key that has not expired at the given time and its active owner, else fault.NotFound.
	KeyOwner(ctx context.Context, hash [sha256.Size]byte, at time.Time) (User, Key, error)
	// TOTP is a user's authenticator, or one that waits to be confirmed: its secret is empty when there is none.
	TOTP(ctx context.Context, user int64) (secret string, step int64, err error)
	// SetTOTP puts one there that waits to be confirmed, unless one is in use: fault.Conflict "Authenticator".
	SetTOTP(ctx context.Context, user int64, secret string) error
	// ConfirmTOTP takes it into use, if it has that secret, with the step of the first code and the hashes of recovery codes.
	ConfirmTOTP(ctx context.Context, user int64, secret string, step int64, recovery [][sha256.Size]byte) (confirmed bool, err error)
	// UseStep uses up the code of a step and those before it, UseRecovery a recovery code; false when that is done already.
	UseStep(ctx context.Context, user, step int64) (bool, error)
	UseRecovery(ctx context.Context, user int64, hash [sha256.Size]byte) (bool, error)
	// SignIns lists attempts to sign in as a user, the newest first, those before the one with that id, 0 being all.
	SignIns(ctx context.Context, user, before int64, limit int) ([]SignIn, error)
	// PruneSignIns removes those before a time and all but the newest, some at a time, and says how many.
	PruneSignIns(ctx context.Context, before time.Time, newest int) (int64, error)
	// SaveNotes keeps all that was noted, or nothing.
	SaveNotes(ctx context.Context, notes []Note) error
	// SetModule keeps what is said of an action for a project: what holds from Since on, in the place of what was to come
	// and, when Since is not after At, of what held.
	SetModule(ctx context.Context, m Module) error
	// KeepModule forgets what is to come, at the time At, of an action for a project; fault.NotFound "Switch" when nothing is.
	KeepModule(ctx context.Context, m Module) error
	// Modules lists what was ever switched, by module, action and project.
	Modules(ctx context.Context) ([]Module, error)
}

// Options of a Service. The zero value of every field is a safe default.
type Options struct {
	TokenTTL   func() time.Duration // how long a token lives that is issued now; 24 h
	Now        func() time.Time     // time.Now
	Rand       io.Reader            // of tokens and salts; crypto/rand
	HashMemory uint32               // that a new password hash takes, in KiB; 19456, less is for tests
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
	notes    *backlog.Backlog[Note]
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
	if o.HashMemory == 0 {
		o.HashMemory = hashMemory
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	m := newMetrics(o.Registerer)
	return &Service{
		store: store, ttl: o.TokenTTL, now: o.Now, rand: o.Rand, log: o.Logger, metrics: m,
		hasher: newHasher(o.Rand, o.HashMemory, m), attempts: newAttempts(rememberedKeys, m),
		notes: backlog.New(noteRoom, noteCompany, store.SaveNotes, backlog.Options{Facts: "notes of accounts", Metric: "callgate_account_note",
			Registerer: o.Registerer, Logger: o.Logger}),
	}
}

// UserChange is a user as he is kept, to be changed in place; his login, his id, his revision and the times stay.
type UserChange struct {
	User
	Password  string // its hash
	KeepToken int64  // the id of one that is not revoked with the others; 0 is none
	KeepAdmin bool   // fail with fault.Needed when no active administrator would be left
}

// Add adds an active user. A login that is in use, or only disabled, is fault.Conflict "Login"; a deleted one is
// given out again, with the new password, rights and projects. What is wrong with the values is fault.EmptyField
// or fault.WrongField.
func (s *Service) Add(ctx context.Context, login, password string, rights []Right, projects []string) (User, error) {
	return s.add(ctx, Draft{Login: login, Password: password, Rights: rights, Projects: projects})
}

func (s *Service) add(ctx context.Context, d Draft) (User, error) {
	if err := checkNewLogin(d.Login); err != nil {
		return User{}, err
	}
	user, hash, err := s.prepare(ctx, d)
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
	user, hash, err := s.prepare(ctx, Draft{Login: login, Password: password, Rights: []Right{{Module: Any, Action: Any}}})
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

func (s *Service) prepare(ctx context.Context, d Draft) (User, string, error) {
	if err := checkLogin(d.Login); err != nil {
		return User{}, "", err
	}
	if err := checkPassword(d.Password); err != nil {
		return User{}, "", err
	}
	if err := checkReach(d.Rights, d.Projects); err != nil {
		return User{}, "", err
	}
	hash, err := s.hasher.hash(ctx, d.Password)
	return User{Login: d.Login, Status: Active, Rights: d.Rights, Projects: d.Projects, MustChange: d.MustChange}, hash, err
}

// List lists all users by id, deleted ones included.
func (s *Service) List(ctx context.Context) ([]User, error) {
	users, err := s.store.Users(ctx)
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	return users, nil
}

// Find finds a user by id, deleted ones included; fault.NotFound "Login" when there is none.
func (s *Service) Find(ctx context.Context, id int64) (User, error) {
	user, err := s.store.UserOf(ctx, id)
	if err != nil {
		return User{}, fmt.Errorf("look up a user: %w", err)
	}
	return user, nil
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
	_, err = s.change(ctx, login, func(c *UserChange) error { c.Password = hash; return nil })
	return err
}

// SetStatus enables, disables or deletes a user. Disabling and deleting revoke all of its tokens. A login that is
// unknown or deleted is fault.NotFound: Add gives a deleted one out again.
func (s *Service) SetStatus(ctx context.Context, login string, status Status) error {
	if err := status.check(); err != nil {
		return err
	}
	_, err := s.change(ctx, login, func(c *UserChange) error { c.Status = status; return nil })
	return err
}

// change changes a user, and forgets what was remembered of all.
func (s *Service) change(ctx context.Context, login string, change func(*UserChange) error) (User, error) {
	user, err := s.store.ChangeUser(ctx, login, change)
	s.memory.changed()
	if err != nil {
		return User{}, fmt.Errorf("change a user: %w", err)
	}
	return user, nil
}
