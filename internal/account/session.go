package account

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"time"

	"callgate/internal/fault"
)

// How long the session of a browser lasts: when it is used, and when it is not.
const (
	sessionTime = 12 * time.Hour
	sessionIdle = time.Hour
)

// Resume tells whose session a cookie is of, as Authenticate does of a token; a token is none.
func (s *Service) Resume(ctx context.Context, secret string) (*Identity, error) {
	if !tokenForm(secret) {
		return nil, fault.New(fault.BadToken, "")
	}
	r, err := s.opens(ctx, secret, s.tokenOpens)
	if err == nil && !r.session {
		err = badToken("a token in the place of a session")
	}
	if err != nil {
		return nil, err
	}
	s.noteUse(&r)
	return r.who, nil
}

// CSRFToken is what a page has to send beside the cookie that holds the secret of a session. Another site, which makes a
// browser send the cookie, does not know it.
func CSRFToken(secret string) string {
	sum := hmac.New(sha256.New, []byte(secret))
	sum.Write([]byte("callgate CSRF"))
	return hex.EncodeToString(sum.Sum(nil))
}

// CheckCSRF compares what a page sent with what it had to, in a time that does not depend on where they differ.
func CheckCSRF(secret, sent string) error {
	if subtle.ConstantTimeCompare([]byte(CSRFToken(secret)), []byte(sent)) != 1 {
		return denied("not the session's CSRF token")
	}
	return nil
}
