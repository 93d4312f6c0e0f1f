package account_test

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"callgate/internal/account"
	"callgate/internal/fault"
)

// enrolled is a user with an authenticator.
type enrolled struct {
	*bench
	who      *account.Identity
	secret   string
	recovery []string
}

func enrol(t *testing.T) *enrolled {
	t.Helper()
	b, ctx := newBench(t), t.Context()
	who := b.identity(t, "an:na", "*/*")
	_, err := b.BeginTOTP(ctx, who, "wrong password", "::1")
	wantKind(t, "begin without the password", err, fault.WrongField, "old_password")
	e, err := b.BeginTOTP(ctx, who, "password of an:na", "::1")
	must(t, err)
	u, err := url.Parse(e.URI)
	must(t, err)
	if u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/callgate:an na" || u.Query().Get("secret") != e.Secret || u.Query().Get("issuer") != "callgate" {
		t.Errorf("the URI is %s", e.URI)
	}
	x := &enrolled{bench: b, who: who, secret: e.Secret}
	if _, err := b.SignIn(ctx, "an:na", "password of an:na", "::1"); err != nil {
		t.Errorf("before it is confirmed: %v", err)
	}
	_, err = b.ConfirmTOTP(ctx, who, "000000", "::1")
	wantKind(t, "confirm with a wrong code", err, fault.WrongField, "code")
	x.recovery, err = b.ConfirmTOTP(ctx, who, x.code(t, 0), "::1")
	must(t, err)
	if len(x.recovery) != 10 || !regexp.MustCompile(`^([a-z2-7]{4}-){3}[a-z2-7]{4}$`).MatchString(x.recovery[0]) {
		t.Errorf("recovery codes %q", x.recovery)
	}
	return x
}

// code is what the authenticator shows so many steps from now.
func (x *enrolled) code(t *testing.T, steps int) string {
	t.Helper()
	code, err := totp.GenerateCode(x.secret, x.clock().Add(time.Duration(steps)*30*time.Second))
	must(t, err)
	return code
}

func (x *enrolled) enter(code string) error {
	_, err := x.Enter(context.Background(), account.Credentials{Login: "an:na", Password: "password of an:na", Code: code, Address: "192.0.2.9", Face: account.Modern})
	return err
}

// TestTOTP: a code is good once, around its time, beside the right password only.
func TestTOTP(t *testing.T) {
	x := enrol(t)
	_, err := x.BeginTOTP(t.Context(), x.who, "password of an:na", "::1")
	wantKind(t, "begin again", err, fault.Conflict, "Authenticator")
	wantKind(t, "the code that confirmed it", x.enter(x.code(t, 0)), fault.BadCredentials, "")
	wantKind(t, "no code", x.enter(""), fault.CodeDue, "")
	must(t, x.enter(x.code(t, 1)))
	wantKind(t, "again", x.enter(x.code(t, 1)), fault.BadCredentials, "")
	wantKind(t, "one before it", x.enter(x.code(t, 0)), fault.BadCredentials, "")
	x.pass(5 * time.Minute)
	wantKind(t, "of two steps ago", x.enter(x.code(t, -2)), fault.BadCredentials, "")
	must(t, x.enter(x.code(t, -1)))
	must(t, x.enter(x.code(t, 0)))
	must(t, x.enter(x.code(t, 1)))
	x.pass(5 * time.Minute)
	wantKind(t, "in two steps", x.enter(x.code(t, 2)), fault.BadCredentials, "")

	must(t, x.enter(x.recovery[3]))
	wantKind(t, "a recovery code again", x.enter(x.recovery[3]), fault.BadCredentials, "")
	must(t, x.enter(strings.ToUpper(strings.ReplaceAll(x.recovery[4], "-", " "))))
	wantKind(t, "endless", x.enter(repeat("a", 1000)), fault.BadCredentials, "")

	_, err = x.SignIn(t.Context(), "an:na", "password of an:na", "192.0.2.8")
	wantKind(t, "the documented face", err, fault.BadCredentials, "")
	if got := x.count(t, "callgate_account_sign_in_refusals_total", "code missing"); got != 2 {
		t.Errorf("counted %v without a code", got)
	}
	wantKind(t, "end it without a code", x.EndTOTP(t.Context(), x.who, "password of an:na", "", "::1"), fault.WrongField, "code")
	wantKind(t, "without the password", x.EndTOTP(t.Context(), x.who, "wrong password", x.code(t, 1), "::1"), fault.WrongField, "old_password")
	must(t, x.EndTOTP(t.Context(), x.who, "password of an:na", x.code(t, 1), "::1"))
	must(t, x.enter(""))
}

// TestCodesAreNotGuessed: who knows the password gets five guesses at the code, and signing in without one in between, or the
// right password alone, gives him no more.
func TestCodesAreNotGuessed(t *testing.T) {
	x := enrol(t)
	for i := range 5 {
		wantKind(t, "a guess", x.enter(fmt.Sprintf("%06d", i)), fault.BadCredentials, "")
		if i < 4 {
			wantKind(t, "without a code", x.enter(""), fault.CodeDue, "")
		}
	}
	wantKind(t, "the sixth", x.enter(x.code(t, 1)), fault.TooMany, "")

	const elsewhere = "192.0.2.10" // by who has a token as well
	for i := range 5 {
		wantKind(t, "a guess", x.EndTOTP(t.Context(), x.who, "password of an:na", fmt.Sprintf("%06d", i), elsewhere), fault.WrongField, "code")
		if i < 4 {
			_, err := x.BeginTOTP(t.Context(), x.who, "password of an:na", elsewhere)
			wantKind(t, "the password alone", err, fault.Conflict, "Authenticator")
		}
	}
	wantKind(t, "the sixth", x.EndTOTP(t.Context(), x.who, "password of an:na", x.code(t, 1), elsewhere), fault.TooMany, "")
	x.pass(31 * time.Second)
	must(t, x.enter(x.code(t, 1)))
}

// TestCodeOnceAtOnce: of many who send the same code at once one gets in.
func TestCodeOnceAtOnce(t *testing.T) {
	x := enrol(t)
	code := x.code(t, 1)
	var entered atomic.Int32
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if x.enter(code) == nil {
				entered.Add(1)
			}
		})
	}
	wg.Wait()
	if entered.Load() != 1 {
		t.Errorf("%d entered", entered.Load())
	}
}
