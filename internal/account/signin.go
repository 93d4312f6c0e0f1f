package account

import (
	"container/list"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
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

// SignIn checks a password and returns a new token of 32 hexadecimal digits. address is where the request came
// from, without a port.
//
// Whatever is wrong (login, password, a user who is not active) is fault.BadCredentials, and takes the same
// time. After five failures for the same login from the same address the answer is fault.TooMany with a
// growing RetryAfter, and no hash is computed; a success clears the count and is never itself held back.
func (s *Service) SignIn(ctx context.Context, login, password, address string) (string, error) {
	token, err := s.signIn(ctx, login, password, address)
	s.metrics.signIns.WithLabelValues(signInResult(err)).Inc()
	return token, err
}

func (s *Service) signIn(ctx context.Context, login, password, address string) (string, error) {
	key := attemptKey(login, address)
	if err := s.attempts.check(key, s.now()); err != nil {
		return "", err
	}
	user, hash, err := s.lookUp(ctx, login)
	if err != nil {
		return "", err
	}
	if utf8.RuneCountInString(password) > maxPassword {
		hash = nobody
		password = "" // no user has such a password, and hashing it would cost more than the others
	}
	right, err := s.try(ctx, key, user, hash, password)
	if err != nil {
		return "", err
	}
	if !right {
		s.log.Info("sign-in refused", "address", address)
		return "", fault.New(fault.BadCredentials, "")
	}
	return s.issue(ctx, user, hash)
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

// try compares the password and keeps the score. The pause is looked at once more when our turn has come: of a
// thousand guesses sent at once, all of which found the score clean, only the first few are compared.
func (s *Service) try(ctx context.Context, key attemptsKey, user User, hash, password string) (bool, error) {
	done, err := s.hasher.turn(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	if err := s.attempts.check(key, s.now()); err != nil {
		return false, err
	}
	right, err := matches(hash, password)
	if err != nil {
		return false, err
	}
	if !right || user.Status != Active {
		s.attempts.fail(key, s.now())
		return false, nil
	}
	s.attempts.clear(key)
	return true, nil
}

func signInResult(err error) string {
	failure, _ := fault.Of(err)
	switch {
	case err == nil:
		return "ok"
	case failure.Kind == fault.BadCredentials:
		return "refused"
	case failure.Kind == fault.TooMany:
		return "throttled"
	}
	return "failed"
}

// attemptsKey stands for a login and an address. A hash, so that a long login costs no memory.
type attemptsKey [sha256.Size]byte

func attemptKey(login, address string) attemptsKey {
	return sha256.Sum256([]byte(address + "\x00" + login))
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
