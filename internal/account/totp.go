package account

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"callgate/internal/fault"
)

const (
	codeTime      = 30 * time.Second
	codesAround   = 1 // codes before and after the current one that are taken: clocks differ
	recoveryCodes = 10
	recoveryBytes = 10 // 80 bits: nobody finds one that has the hashes only
)

// Enrolment is an authenticator to be: what is shown to its user, once.
type Enrolment struct {
	Secret string // base32
	URI    string // otpauth://…, which is shown as a QR code
}

// BeginTOTP draws the secret of an authenticator for somebody who knows his password. It is asked for when ConfirmTOTP has
// seen a code of it. fault.Conflict "Authenticator" when there is one in use.
func (s *Service) BeginTOTP(ctx context.Context, by *Identity, password, address string) (Enrolment, error) {
	user, _, err := s.confirm(ctx, by, password, nil, address)
	if err != nil {
		return Enrolment{}, err
	}
	// The names stand in a URI whose parts a colon divides.
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "callgate", AccountName: strings.ReplaceAll(user.Login, ":", " "), Rand: s.rand})
	if err != nil {
		return Enrolment{}, fmt.Errorf("draw the secret of an authenticator: %w", err)
	}
	if err := s.store.SetTOTP(ctx, user.ID, key.Secret()); err != nil {
		return Enrolment{}, fmt.Errorf("keep an authenticator: %w", err)
	}
	return Enrolment{Secret: key.Secret(), URI: key.URL()}, nil
}

// ConfirmTOTP takes the authenticator that BeginTOTP began into use, if the code is one of it, and returns codes that each
// stand for one of its codes, once, when it is lost. A wrong code is fault.WrongField "code", and a failure of the sign-in's.
func (s *Service) ConfirmTOTP(ctx context.Context, by *Identity, code, address string) ([]string, error) {
	if by.Token == 0 {
		return nil, denied("a key has no authenticator")
	}
	key := attemptKey(by.Login, address)
	if err := s.attempts.check(key, s.now()); err != nil {
		return nil, err
	}
	secret, _, err := s.store.TOTP(ctx, by.UserID)
	if err != nil {
		return nil, fmt.Errorf("read an authenticator: %w", err)
	}
	step, good := s.step(secret, code)
	if !good {
		s.attempts.fail(key, s.now())
		return nil, wrong("code", "not the code that the authenticator shows now")
	}
	codes, hashes, err := s.drawRecovery(by.UserID)
	if err != nil {
		return nil, err
	}
	confirmed, err := s.store.ConfirmTOTP(ctx, by.UserID, secret, step, hashes)
	s.memory.changed()
	if err != nil {
		return nil, fmt.Errorf("confirm an authenticator: %w", err)
	}
	if !confirmed {
		return nil, fault.New(fault.Conflict, "Authenticator")
	}
	s.log.Info("authenticator in use", "user", by.UserID)
	return codes, nil
}

// EndTOTP takes somebody's own authenticator away, if he knows his password and a code of it or a recovery code.
func (s *Service) EndTOTP(ctx context.Context, by *Identity, password, code, address string) error {
	user, _, err := s.confirm(ctx, by, password, &code, address)
	if err != nil {
		return err
	}
	if !user.TOTP {
		return fault.New(fault.NotFound, "Authenticator")
	}
	_, err = s.change(ctx, by.Login, func(c *UserChange) error { c.TOTP = false; return nil })
	return err
}

// useCode uses a code of an authenticator or a recovery code up, if it is one: each is good once.
func (s *Service) useCode(ctx context.Context, user int64, code string) (bool, error) {
	secret, last, err := s.store.TOTP(ctx, user)
	if err != nil {
		return false, fmt.Errorf("read an authenticator: %w", err)
	}
	step, good := s.step(secret, code)
	switch {
	case good && step > last:
		good, err = s.store.UseStep(ctx, user, step)
	case !good && len(code) <= 4*recoveryBytes:
		good, err = s.store.UseRecovery(ctx, user, recoveryHash(user, code))
	default:
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("use a code up: %w", err)
	}
	return good, nil
}

// step finds the step, of those around now, whose code it is. Of an empty secret no code is.
func (s *Service) step(secret, code string) (int64, bool) {
	now := s.now().Unix() / int64(codeTime.Seconds())
	found, good := int64(0), false
	for step := now - codesAround; step <= now+codesAround && secret != ""; step++ {
		if hotp.Validate(code, uint64(step), secret) {
			found, good = step, true // the latest, should two be the same
		}
	}
	return found, good
}

// drawRecovery draws recovery codes, of four groups of four letters and digits.
func (s *Service) drawRecovery(user int64) (codes []string, hashes [][sha256.Size]byte, err error) {
	for range recoveryCodes {
		raw := make([]byte, recoveryBytes)
		if _, err := io.ReadFull(s.rand, raw); err != nil {
			return nil, nil, fmt.Errorf("draw a recovery code: %w", err)
		}
		text := strings.ToLower(base32.StdEncoding.EncodeToString(raw))
		code := text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:]
		codes, hashes = append(codes, code), append(hashes, recoveryHash(user, code))
	}
	return codes, hashes, nil
}

// recoveryHash is that of a code as a person may type it.
func recoveryHash(user int64, code string) [sha256.Size]byte {
	typed := strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToLower(code))
	return sha256.Sum256(fmt.Appendf(nil, "recovery %d %s", user, typed))
}
