package account

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"callgate/internal/fault"
)

// The cost of one hash. 19 MiB and two passes on one lane is the smallest argon2id setting that OWASP's password
// storage guide names; it stays small because CRMs sign in before every call, so a hash is work of every day.
const (
	hashMemory = 19456 // KiB
	hashPasses = 2
	hashLanes  = 1
	saltBytes  = 16
	keyBytes   = 32
)

const (
	minPassword = 8   // characters
	maxPassword = 256 // characters
)

// nobody is compared when there is no such login, so that its refusal costs what a wrong password costs. No
// password is known to give a key of zeros.
const nobody = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// checkPassword asks for little: length guards better than composition rules, and installations exist whose
// password is the login.
func checkPassword(password string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case n == 0:
		return fault.New(fault.EmptyField, "password")
	case n < minPassword || n > maxPassword || !printable(password):
		return wrong("password", "want 8 to 256 printable characters")
	}
	return nil
}

// hash returns the password's hash in PHC string format.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := io.ReadFull(h.rand, salt); err != nil {
		return "", fmt.Errorf("draw a salt: %w", err)
	}
	done, err := h.turn(ctx, "")
	if err != nil {
		return "", err
	}
	defer done()
	key := argon2.IDKey([]byte(password), salt, hashPasses, h.memory, hashLanes, keyBytes)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, hashPasses, hashLanes,
		b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

// matches tells whether hash was made of password, in a time that does not depend on where they differ. The cost
// is read from the hash, so that older hashes stay good when the cost above is raised.
func matches(hash, password string) (bool, error) {
	parts := strings.Split(hash, "$") // "", argon2id, v, cost, salt, key
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, fmt.Errorf("read password hash: not argon2id")
	}
	var version int
	var memory, passes uint32
	var lanes uint8
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, fmt.Errorf("read password hash: version %q", parts[2])
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); err != nil ||
		memory > 1<<20 || passes == 0 || passes > 16 || lanes == 0 {
		return false, fmt.Errorf("read password hash: cost %q", parts[3])
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, fmt.Errorf("read password hash: salt: %w", err)
	}
	key, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(key) != keyBytes {
		return false, fmt.Errorf("read password hash: key of %d bytes", len(key))
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, lanes, keyBytes)
	return subtle.ConstantTimeCompare(got, key) == 1, nil
}
