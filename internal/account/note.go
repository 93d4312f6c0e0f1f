package account

import (
	"context"
	"fmt"
	"time"
)

const (
	noteRoom    = 20_000 // notes that wait to be written, some 2 MB
	noteCompany = 500 * time.Millisecond
	noteEvery   = time.Minute // how exactly the last use of a token is known

	signInsKept = 90 * 24 * time.Hour
	signInsMost = 100_000
)

// Note is something that happened at a time: a sign-in, or the use of a token or key.
type Note struct {
	At     time.Time
	SignIn *SignIn
	Token  int64 // its id
	Key    int64 // its id
}

// SignIn is an attempt to sign in as a user there is.
type SignIn struct {
	ID      int64 // given by the store
	At      time.Time
	UserID  int64
	Address string
	Face    Face
	Result  Result
}

// Result is what became of an attempt to sign in. Attempts during a pause are none: nothing was looked at.
type Result string

// The results.
const (
	Entered            Result = "ok"
	UnknownLogin       Result = "unknown login"
	WrongPassword      Result = "wrong password"
	NotActive          Result = "not active"
	PasswordMustChange Result = "password must change" // at the documented face, which cannot say so
	CodeMissing        Result = "code missing"
	WrongCode          Result = "wrong code"
)

// refusals are all results but the good one.
var refusals = [...]Result{UnknownLogin, WrongPassword, NotActive, PasswordMustChange, CodeMissing, WrongCode}

// Run writes what is noted until ctx ends, then what there is. It may be called once.
func (s *Service) Run(ctx context.Context) error { return s.notes.Run(ctx) }

// noteUse notes that a token or key was used, at most once a minute.
func (s *Service) noteUse(r *remembered) {
	now, last := s.now(), r.used.Load()
	if now.UnixMicro()-last < noteEvery.Microseconds() || !r.used.CompareAndSwap(last, now.UnixMicro()) {
		return
	}
	s.notes.Put(Note{At: now, Token: r.who.Token, Key: r.key})
}

// SignIns lists attempts to sign in as a user, the newest first: at most limit, those before the one with that id, all when
// it is 0.
func (s *Service) SignIns(ctx context.Context, user, before int64, limit int) ([]SignIn, error) {
	all, err := s.store.SignIns(ctx, user, before, limit)
	if err != nil {
		return nil, fmt.Errorf("list sign-ins: %w", err)
	}
	return all, nil
}

// Prune removes tokens that have expired and old sign-ins: those of more than 90 days ago, and all but the newest 100,000. It
// goes on until nothing is left to remove, in small transactions, and says how much there was.
func (s *Service) Prune(ctx context.Context) (removed int64, err error) {
	now := s.now()
	for _, some := range []func() (int64, error){
		func() (int64, error) { return s.store.PruneTokens(ctx, now) },
		func() (int64, error) { return s.store.PruneSignIns(ctx, now.Add(-signInsKept), signInsMost) },
	} {
		for n := int64(1); n > 0; removed += n {
			if n, err = some(); err != nil {
				return removed, fmt.Errorf("prune accounts: %w", err)
			}
		}
	}
	return removed, nil
}
