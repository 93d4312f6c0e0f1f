package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"callgate/internal/fault"
)

const (
	tokenBytes = 16
	// A CRM that signs in before every call would otherwise heap up a day's worth of tokens.
	tokensPerUser = 100
)

// Token is a log-in as it is kept: the token itself is known to its holder only.
type Token struct {
	ID      int64             // given by the store; no secret
	Hash    [sha256.Size]byte // of the 32 hexadecimal digits
	UserID  int64
	Name    string // what its holder calls it, may be empty
	Address string // where it was asked for
	Issued  time.Time
	Expires time.Time
	Used    time.Time // about when it was used last, zero before
	Session bool      // of a browser, in a cookie
}

// issue makes a token for a user whose password has just been checked against hash.
func (s *Service) issue(ctx context.Context, user User, hash string, c Credentials) (Pass, error) {
	raw := make([]byte, tokenBytes)
	if _, err := io.ReadFull(s.rand, raw); err != nil {
		return Pass{}, fmt.Errorf("draw a token: %w", err)
	}
	text := hex.EncodeToString(raw)
	now := s.now()
	token := Token{Hash: sha256.Sum256([]byte(text)), UserID: user.ID, Name: c.Name, Address: c.Address, Issued: now, Expires: now.Add(s.ttl())}
	if c.Face == Panel {
		token.Session, token.Expires = true, now.Add(sessionTime)
	}
	added, err := s.store.AddToken(ctx, token, hash, tokensPerUser)
	s.memory.signedIn(user.ID)
	if err != nil {
		return Pass{}, fmt.Errorf("keep a token: %w", err)
	}
	if !added { // disabled, or given another password, while we were hashing
		return Pass{}, fault.New(fault.BadCredentials, "")
	}
	s.metrics.tokens.Inc()
	return Pass{Token: text, Expires: token.Expires, MustChange: user.MustChange}, nil
}

// Authenticate tells whose token or key this is. client tells the address that the request came from, without a port; it
// is asked only when it matters. Every token that does not open anything, of whatever form and for whatever reason, is
// fault.BadToken; the secret of a session is none. The identity may be shared with other requests: it must not be written
// to.
func (s *Service) Authenticate(ctx context.Context, token string, client func() string) (*Identity, error) {
	look := s.tokenOpens
	if keyForm(token) {
		look = s.keyOpens
	} else if !tokenForm(token) {
		return nil, fault.New(fault.BadToken, "")
	}
	r, err := s.opens(ctx, token, look)
	switch {
	case err != nil:
		return nil, err
	case r.session:
		return nil, badToken("the secret of a session")
	case len(r.networks) > 0 && !within(r.networks, client()):
		return nil, badToken("a key from an address that is not its")
	}
	s.noteUse(&r)
	return r.who, nil
}

func badToken(reason string) error {
	return &fault.Error{Kind: fault.BadToken, Err: errors.New(reason)}
}

// opens finds what a token or key opens, in memory or else as look finds it.
func (s *Service) opens(ctx context.Context, token string, look func(context.Context, [sha256.Size]byte, time.Time) (remembered, error)) (remembered, error) {
	hash, now := sha256.Sum256([]byte(token)), s.now()
	r, generation, ok := s.memory.token(hash, now)
	if ok {
		s.metrics.fromMemory.Inc()
		return r, nil
	}
	s.metrics.fromStore.Inc()
	r, err := look(ctx, hash, now)
	if errors.Is(err, fault.New(fault.NotFound, "")) {
		return remembered{}, fault.New(fault.BadToken, "")
	}
	if err != nil {
		return remembered{}, fmt.Errorf("look up a token: %w", err)
	}
	if !r.good(now) {
		return remembered{}, badToken("idle for too long")
	}
	s.memory.rememberToken(hash, r, generation)
	return r, nil
}

func (s *Service) tokenOpens(ctx context.Context, hash [sha256.Size]byte, now time.Time) (remembered, error) {
	user, t, err := s.store.TokenUser(ctx, hash, now)
	if err != nil {
		return remembered{}, err
	}
	who := &Identity{UserID: user.ID, Login: user.Login, Rights: user.Rights, Projects: user.Projects, MustChange: user.MustChange, Token: t.ID}
	r := remembered{who: who, expires: t.Expires, session: t.Session, used: &atomic.Int64{}}
	if last := t.Used; !last.IsZero() {
		r.used.Store(last.UnixMicro())
	} else if t.Session {
		r.used.Store(t.Issued.UnixMicro())
	}
	return r, nil
}

func tokenForm(token string) bool { return len(token) == 2*tokenBytes && lowerHex(token) }

func lowerHex(text string) bool {
	for _, c := range []byte(text) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Tokens lists the tokens and sessions of a user that are good, the newest first.
func (s *Service) Tokens(ctx context.Context, user int64) ([]Token, error) {
	now := s.now()
	all, err := s.store.Tokens(ctx, user, now)
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	return slices.DeleteFunc(all, func(t Token) bool { return t.Session && now.Sub(later(t.Issued, t.Used)) >= sessionIdle }), nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Revoke ends a token or session of a user; fault.NotFound "Token" when there is none of that id.
func (s *Service) Revoke(ctx context.Context, user, id int64) error {
	err := s.store.RevokeToken(ctx, user, id)
	s.memory.changed()
	if err != nil {
		return fmt.Errorf("revoke a token: %w", err)
	}
	return nil
}

// RevokeAll ends all tokens and sessions of a user but the one with the id keep; 0 is none.
func (s *Service) RevokeAll(ctx context.Context, user, keep int64) error {
	err := s.store.RevokeTokens(ctx, user, keep)
	s.memory.changed()
	if err != nil {
		return fmt.Errorf("revoke tokens: %w", err)
	}
	return nil
}
