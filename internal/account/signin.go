package account

import (
	"container/list"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"
	"unicode/utf8"

	"callgate/internal/fault"
)

// The back-off: five failures are a person who mistypes, more are a program that guesses. From the fifth on each
// failure doubles the pause.
const (
	freeFailures   = 5
	firstPause     = 30 * time.Second
	longestPause   = 15 * time.Minute
	failuresFade   = 30 * time.Minute // a login and address without a failure this long starts afresh
	rememberedKeys = 16384
)

// Face is where somebody signs in.
type Face string

// The faces. What the documented one answers is fixed: it has no place for a code, nor a word for a password that has to be
// changed, and refuses who needs either.
const (
	Documented Face = "documented"
	Modern     Face = "modern"
	Panel      Face = "panel" // a session in a cookie
)

// Credentials are what somebody signs in with.
type Credentials struct {
	Login    string
	Password string
	Code     string // of the authenticator or a recovery code; empty when none was given
	Address  string // where the request came from, without a port
	Face     Face
	Name     string // what the token is called, may be empty
}

// Pass is what a sign-in gives.
type Pass struct {
	Token      string // 32 hexadecimal digits
	Expires    time.Time
	MustChange bool
}

// SignIn signs in at the documented face and returns a new token of 32 hexadecimal digits, as Enter does.
func (s *Service) SignIn(ctx context.Context, login, password, address string) (string, error) {
	p, err := s.Enter(ctx, Credentials{Login: login, Password: password, Address: address, Face: Documented})
	return p.Token, err
}

// Enter checks a password, and a code where the user has an authenticator.
//
// Whatever is wrong (login, password, code, a user who is not active) is fault.BadCredentials, and takes the same time; the
// right password without a code that is needed is fault.CodeDue. After five failures for the same login from the same
// address the answer is fault.TooMany with a growing RetryAfter, and no hash is computed; a success clears the count and is
// never itself held back.
func (s *Service) Enter(ctx context.Context, c Credentials) (Pass, error) {
	p, err := s.enter(ctx, c)
	s.metrics.signIns.WithLabelValues(signInResult(err)).Inc()
	return p, err
}

func (s *Service) enter(ctx context.Context, c Credentials) (Pass, error) {
	key := attemptKey(c.Login, c.Address)
	if err := s.attempts.check(key, s.now()); err != nil {
		return Pass{}, err
	}
	if err := checkTokenName(c.Name); err != nil {
		return Pass{}, err
	}
	user, hash, err := s.lookUp(ctx, c.Login)
	if err != nil {
		return Pass{}, err
	}
	result, err := s.try(ctx, key, whence(c.Address), c.Password, hash, func(right bool) (Result, error) { return s.judge(ctx, &user, right, &c) })
	if err != nil {
		return Pass{}, err
	}
	var p Pass
	if result == Entered {
		if p, err = s.issue(ctx, user, hash, c); errors.Is(err, fault.New(fault.BadCredentials, "")) {
			result = WrongPassword
		} else if err != nil {
			return Pass{}, err
		}
	}
	if user.ID != 0 && user.Status != Deleted {
		s.notes.Put(Note{At: s.now(), SignIn: &SignIn{UserID: user.ID, Address: c.Address, Face: c.Face, Result: result}})
	}
	if result == Entered {
		return p, nil
	}
	s.metrics.refusals.WithLabelValues(string(result)).Inc()
	s.log.Info("sign-in refused", "address", c.Address, "reason", string(result), "face", string(c.Face))
	if result == CodeMissing && c.Face != Documented {
		return Pass{}, fault.New(fault.CodeDue, "")
	}
	return Pass{}, fault.New(fault.BadCredentials, "")
}

// judge says what becomes of a sign-in.
func (s *Service) judge(ctx context.Context, user *User, right bool, c *Credentials) (Result, error) {
	switch {
	case user.ID == 0:
		return UnknownLogin, nil
	case !right:
		return WrongPassword, nil
	case user.Status != Active:
		return NotActive, nil
	case user.TOTP && (c.Code == "" || c.Face == Documented):
		return CodeMissing, nil
	case user.MustChange && c.Face == Documented:
		return PasswordMustChange, nil
	case user.TOTP:
		good, err := s.useCode(ctx, user.ID, c.Code)
		if err != nil || !good {
			return WrongCode, err
		}
	}
	return Entered, nil
}

// lookUp finds a user and the hash to compare with; that of nobody when there is no such user.
func (s *Service) lookUp(ctx context.Context, login string) (User, string, error) {
	if checkLogin(login) != nil {
		return User{}, nobody, nil
	}
	user, hash, err := s.store.User(ctx, login)
	if errors.Is(err, fault.New(fault.NotFound, "")) {
		return User{}, nobody, nil
	}
	if err != nil {
		return User{}, "", fmt.Errorf("look up a user: %w", err)
	}
	return user, hash, nil
}

// try compares the password, has the outcome judged and keeps the score. The pause is looked at once more when our turn has
// come: of a thousand guesses sent at once, all of which found the score clean, only the first few are compared. Nothing is
// scored when a code is missing: it is no guess, and were it a success, who knows the password could go on guessing codes.
func (s *Service) try(ctx context.Context, key attemptsKey, whence, password, hash string, judge func(right bool) (Result, error)) (Result, error) {
	if utf8.RuneCountInString(password) > maxPassword {
		hash, password = nobody, "" // no user has such a password, and hashing it would cost more than the others
	}
	done, err := s.hasher.turn(ctx, whence)
	if err != nil {
		return "", err
	}
	defer done()
	if err := s.attempts.check(key, s.now()); err != nil {
		return "", err
	}
	right, err := matches(hash, password)
	if err != nil {
		return "", err
	}
	result, err := judge(right)
	if err != nil {
		return "", err
	}
	switch result {
	case Entered:
		s.attempts.clear(key)
	case CodeMissing:
	default:
		s.attempts.fail(key, s.now())
	}
	return result, nil
}

func signInResult(err error) string {
	failure, _ := fault.Of(err)
	switch {
	case err == nil:
		return "ok"
	case failure.Kind == fault.BadCredentials, failure.Kind == fault.CodeDue:
		return "refused"
	case failure.Kind == fault.TooMany:
		return "throttled"
	}
	return "failed"
}

// attemptsKey stands for a login and an address. A hash, so that a long login costs no memory.
type attemptsKey [sha256.Size]byte

func attemptKey(login, address string) attemptsKey {
	return sha256.Sum256([]byte(whence(address) + "\x00" + login))
}

// whence is the address whose attempts count as one's: of IPv6 the network of a household or server, which has as many
// addresses as it likes.
func whence(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || !ip.Is6() || ip.Is4In6() {
		return address
	}
	network, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return network.String()
}

// attempts counts failed sign-ins. It holds a fixed number of keys, the one that failed longest ago gives way.
type attempts struct {
	mu      sync.Mutex
	byKey   map[attemptsKey]*list.Element
	order   *list.List // of *attempt, the latest failure in front
	most    int
	metrics *metrics
}

type attempt struct {
	key      attemptsKey
	failures int
	last     time.Time
	until    time.Time // no attempt before this
}

func newAttempts(most int, m *metrics) *attempts {
	return &attempts{byKey: map[attemptsKey]*list.Element{}, order: list.New(), most: most, metrics: m}
}

// check answers fault.TooMany while the key has to pause.
func (a *attempts) check(key attemptsKey, now time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if e, ok := a.byKey[key]; ok {
		if wait := e.Value.(*attempt).until.Sub(now); wait > 0 {
			return &fault.Error{Kind: fault.TooMany, RetryAfter: wait}
		}
	}
	return nil
}

func (a *attempts) fail(key attemptsKey, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e, ok := a.byKey[key]
	if !ok {
		if a.order.Len() >= a.most {
			oldest := a.order.Back()
			delete(a.byKey, a.order.Remove(oldest).(*attempt).key)
			a.metrics.forgotten.Inc()
		}
		e = a.order.PushFront(&attempt{key: key})
		a.byKey[key] = e
	}
	a.order.MoveToFront(e)
	t := e.Value.(*attempt)
	if now.Sub(t.last) > failuresFade {
		t.failures = 0
	}
	t.failures++
	t.last = now
	if t.failures >= freeFailures {
		// Six doublings reach the longest pause; shifting further would overflow in the end.
		pause := firstPause << min(t.failures-freeFailures, 6)
		t.until = now.Add(min(pause, longestPause))
	}
}

func (a *attempts) clear(key attemptsKey) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if e, ok := a.byKey[key]; ok {
		a.order.Remove(e)
		delete(a.byKey, key)
	}
}
