package account_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callgate/internal/account"
	"callgate/internal/fault"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

func TestSignIn(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.add(t, "anna", "password")
	b.add(t, "gone", "password")
	b.add(t, "idle", "password")
	must(t, b.SetStatus(ctx, "gone", account.Deleted))
	must(t, b.SetStatus(ctx, "idle", account.Inactive))

	form := regexp.MustCompile(`^[0-9a-f]{32}$`)
	tokens := map[string]bool{}
	for range 3 {
		token, err := b.SignIn(ctx, "anna", "password", "::1")
		must(t, err)
		if !form.MatchString(token) || tokens[token] {
			t.Errorf("token %q", token)
		}
		tokens[token] = true
	}
	for token := range tokens {
		if _, err := b.Authenticate(ctx, token, anywhere); err != nil {
			t.Errorf("one of several tokens: %v", err)
		}
	}
	var texts []string
	for _, tt := range []struct{ name, login, password string }{
		{"wrong password", "anna", "Password"},
		{"no password", "anna", ""},
		{"endless password", "anna", repeat("password", 1000)},
		{"wrong login", "Anna", "password"},
		{"no login", "", "password"},
		{"login is no text", "\x00\xff", "password"},
		{"deleted", "gone", "password"},
		{"inactive", "idle", "password"},
	} {
		_, err := b.SignIn(ctx, tt.login, tt.password, "::1")
		wantKind(t, tt.name, err, fault.BadCredentials, "")
		texts = append(texts, fmt.Sprint(err))
	}
	for _, text := range texts {
		if text != texts[0] {
			t.Errorf("failures can be told apart: %q", texts)
		}
	}
	if ok, refused := b.count(t, "callgate_account_sign_ins_total", "ok"), b.count(t, "callgate_account_sign_ins_total", "refused"); ok != 3 || refused != 8 {
		t.Errorf("counted %v and %v refused", ok, refused)
	}
}

func TestTokenExpires(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.add(t, "anna", "password")
	token, err := b.SignIn(ctx, "anna", "password", "::1")
	must(t, err)
	b.pass(time.Hour - time.Microsecond)
	if _, err := b.Authenticate(ctx, token, anywhere); err != nil {
		t.Errorf("just before its end: %v", err)
	}
	b.pass(time.Microsecond)
	_, err = b.Authenticate(ctx, token, anywhere)
	wantKind(t, "expired", err, fault.BadToken, "")
}

func TestAuthenticateRefuses(t *testing.T) {
	b := newBench(t)
	for _, token := range []string{"", "x", repeat("0", 31), repeat("0", 32), repeat("0", 33), repeat("A", 32), repeat("g", 32), "\x00" + repeat("0", 31)} {
		_, err := b.Authenticate(t.Context(), token, anywhere)
		wantKind(t, fmt.Sprintf("%q", token), err, fault.BadToken, "")
	}
}

func TestBackOff(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.add(t, "anna", "password")
	hashes := func() uint64 {
		families, err := b.metrics.Gather()
		must(t, err)
		for _, f := range families {
			if f.GetName() == "callgate_account_hash_seconds" {
				return f.GetMetric()[0].GetHistogram().GetSampleCount()
			}
		}
		return 0
	}
	pause := func(login, password, address string) time.Duration {
		before := hashes()
		_, err := b.SignIn(ctx, login, password, address)
		failure, _ := fault.Of(err)
		if failure.Kind == fault.TooMany && hashes() != before {
			t.Error("a throttled attempt was hashed")
		}
		if failure.Kind != fault.TooMany && hashes() == before {
			t.Error("an attempt was not hashed")
		}
		return failure.RetryAfter
	}
	for i := range 4 {
		if got := pause("anna", "wrong", "10.0.0.1"); got != 0 {
			t.Fatalf("failure %d: pause %v", i+1, got)
		}
	}
	if got := pause("anna", "password", "10.0.0.1"); got != 0 {
		t.Fatal("four failures held a good password back")
	}
	for range 5 { // the success has cleared the first four
		if got := pause("anna", "wrong", "10.0.0.1"); got != 0 {
			t.Fatalf("pause %v", got)
		}
	}
	for _, want := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 15 * time.Minute, 15 * time.Minute} {
		if got := pause("anna", "wrong", "10.0.0.1"); got != want {
			t.Errorf("got a pause of %v, want %v", got, want)
		}
		b.pass(want - time.Second)
		if got := pause("anna", "password", "10.0.0.1"); got != time.Second {
			t.Errorf("just before the end: %v", got)
		}
		b.pass(time.Second)
		if got := pause("anna", "wrong", "10.0.0.1"); got != 0 {
			t.Errorf("after the pause: %v", got)
		}
	}
	if got := pause("anna", "password", "10.0.0.2"); got != 0 {
		t.Errorf("another address pauses %v", got)
	}
	if got := pause("boris", "password", "10.0.0.1"); got != 0 {
		t.Errorf("another login pauses %v", got)
	}
	b.pass(31 * time.Minute)
	for range 5 { // faded: all five are free again
		if got := pause("anna", "wrong", "10.0.0.1"); got != 0 {
			t.Errorf("pause %v", got)
		}
	}
}

// The right password of a user who is not active counts as a failure: otherwise it would stand out.
func TestBackOffOfTheInactive(t *testing.T) {
	b := newBench(t)
	b.add(t, "anna", "password")
	must(t, b.SetStatus(t.Context(), "anna", account.Inactive))
	for range 5 {
		_, err := b.SignIn(t.Context(), "anna", "password", "::1")
		wantKind(t, "inactive", err, fault.BadCredentials, "")
	}
	_, err := b.SignIn(t.Context(), "anna", "password", "::1")
	wantKind(t, "inactive, once more", err, fault.TooMany, "")
}

// A crowd of guesses that all start with a clean score gets no more tries than one after another would.
func TestBackOffOfACrowd(t *testing.T) {
	b := newBench(t)
	b.add(t, "anna", "password")
	var refused, throttled atomic.Int32
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			_, err := b.SignIn(context.Background(), "anna", "wrong", "10.0.0.1")
			switch failure, _ := fault.Of(err); failure.Kind {
			case fault.BadCredentials:
				refused.Add(1)
			case fault.TooMany:
				throttled.Add(1)
			default:
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
	if got := refused.Load(); got < 5 || got > 6 || got+throttled.Load() != 40 {
		t.Errorf("%d guesses were compared, %d were throttled, want 5 (or 6: two are hashed at once)", got, throttled.Load())
	}
}

func TestCrowdOfGoodSignIns(t *testing.T) {
	b := newBench(t)
	b.add(t, "crm", "password")
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			if _, err := b.SignIn(context.Background(), "crm", "password", "10.0.0.1"); err != nil {
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
}

func TestSignInGivesUpWithItsContext(t *testing.T) {
	b := newBench(t)
	b.add(t, "anna", "password")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.SignIn(ctx, "anna", "password", "::1"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got := b.count(t, "callgate_account_sign_ins_total", "failed"); got != 1 {
		t.Errorf("counted %v", got)
	}
}

func TestOldestTokensGo(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	u := b.add(t, "crm", "password")
	first, err := b.SignIn(ctx, "crm", "password", "::1")
	must(t, err)
	second, err := b.SignIn(ctx, "crm", "password", "::1")
	must(t, err)
	_, hash, err := b.store.User(ctx, "crm")
	must(t, err)
	for i := range 98 { // as many sign-ins, without the work of hashing
		token := account.Token{Hash: sha256.Sum256([]byte{byte(i)}), UserID: u.ID, Issued: b.clock(), Expires: b.clock().Add(time.Hour)}
		_, err := b.store.AddToken(ctx, token, hash, 100)
		must(t, err)
	}
	if _, err := b.Authenticate(ctx, first, anywhere); err != nil {
		t.Errorf("the first of a hundred: %v", err)
	}
	_, err = b.SignIn(ctx, "crm", "password", "::1")
	must(t, err)
	_, err = b.Authenticate(ctx, first, anywhere)
	wantKind(t, "the oldest of a hundred and one", err, fault.BadToken, "")
	if _, err := b.Authenticate(ctx, second, anywhere); err != nil {
		t.Errorf("the second oldest: %v", err)
	}
}

// racing disables the user between the look at the password and the token.
type racing struct {
	*store.Store
	meanwhile func()
}

func (r racing) AddToken(ctx context.Context, token account.Token, password string, keep int) (bool, error) {
	r.meanwhile()
	return r.Store.AddToken(ctx, token, password, keep)
}

func TestDisabledWhileSigningIn(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t), store.Options{})
	service := account.New(racing{s, func() { must(t, s.SetUserStatus(t.Context(), "anna", account.Inactive)) }}, account.Options{})
	_, err := service.Add(t.Context(), "anna", "password", nil, nil)
	must(t, err)
	_, err = service.SignIn(t.Context(), "anna", "password", "::1")
	wantKind(t, "sign in", err, fault.BadCredentials, "")
}

func BenchmarkSignIn(b *testing.B) {
	bench := newBench(b)
	bench.add(b, "crm", "password")
	for b.Loop() {
		if _, err := bench.SignIn(b.Context(), "crm", "password", "::1"); err != nil {
			b.Fatal(err)
		}
	}
}
