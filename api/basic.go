package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
)

// basic are the credentials that a switch carries; without a password nobody has them.
type basic struct {
	set            bool
	user, password [sha256.Size]byte
}

func newBasic(user, password string) basic {
	return basic{set: user != "" && password != "", user: sha256.Sum256([]byte(user)), password: sha256.Sum256([]byte(password))}
}

// knows tells whether r carries the configured credentials, in a time that does not depend on them.
func (b *basic) knows(r *http.Request) bool {
	name, secret, _ := r.BasicAuth()
	user, password := sha256.Sum256([]byte(name)), sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(user[:], b.user[:])&subtle.ConstantTimeCompare(password[:], b.password[:]) == 1 && b.set
}
