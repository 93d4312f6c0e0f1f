package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
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
	Hash    [sha256.Size]byte // of the 32 hexadecimal digits
	UserID  int64
	Issued  time.Time
	Expires time.Time
}

// issue makes a token for a user whose password has just been checked against hash.
func (s *Service) issue(ctx context.Context, user User, hash string) (string, error) {
	raw := make([]byte, tokenBytes)
	if _, err := io.ReadFull(s.rand, raw); err != nil {
		return "", fmt.Errorf("draw a token: %w", err)
	}
	text := hex.EncodeToString(raw)
	now := s.now()
	token := Token{Hash: sha256.Sum256([]byte(text)), UserID: user.ID, Issued: now, Expires: now.Add(s.ttl())}
	added, err := s.store.AddToken(ctx, token, hash, tokensPerUser)
	s.memory.signedIn(user.ID)
	if err != nil {
		return "", fmt.Errorf("keep a token: %w", err)
	}
	if !added { // disabled, or given another password, while we were hashing
		return "", fault.New(fault.BadCredentials, "")
	}
	s.metrics.tokens.Inc()
	return text, nil
}

// Authenticate tells whose token this is. Every token that does not open anything, of whatever form and for
// whatever reason, is fault.BadToken. The identity may be shared with other requests: it must not be written to.
func (s *Service) Authenticate(ctx context.Context, token string) (*Identity, error) {
	if !tokenForm(token) {
		return nil, fault.New(fault.BadToken, "")
	}
	hash, now := sha256.Sum256([]byte(token)), s.now()
	who, generation := s.memory.token(hash, now)
	if who != nil {
		s.metrics.fromMemory.Inc()
		return who, nil
	}
	s.metrics.fromStore.Inc()
	user, expires, err := s.store.TokenUser(ctx, hash, now)
	if errors.Is(err, fault.New(fault.NotFound, "")) {
		return nil, fault.New(fault.BadToken, "")
	}
	if err != nil {
		return nil, fmt.Errorf("look up a token: %w", err)
	}
	who = &Identity{UserID: user.ID, Login: user.Login, Rights: user.Rights, Projects: user.Projects}
	s.memory.rememberToken(hash, remembered{who, expires}, generation)
	return who, nil
}

func tokenForm(token string) bool {
	if len(token) != 2*tokenBytes {
		return false
	}
	for _, c := range []byte(token) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
