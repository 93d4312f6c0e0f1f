package account_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callgate/internal/account"
	"callgate/internal/fault"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// follow looks at the revision as a process does several times a second.
func (b *bench) follow(t *testing.T) {
	t.Helper()
	revisions, err := b.store.Revisions(t.Context())
	must(t, err)
	must(t, b.Follow(t.Context(), revisions[store.Accounts]))
}

// lend adds a user with all rights and a token of his, without the work of hashing.
func (b *bench) lend(t *testing.T, login string) (token string) {
	t.Helper()
	token = repeat("0", 32)
	id, err := b.store.AddUser(t.Context(), account.User{Login: login, Status: account.Active,
		Rights: []account.Right{{Module: account.Any, Action: account.Any}}}, "hash")
	must(t, err)
	_, err = b.store.AddToken(t.Context(), account.Token{Hash: sha256.Sum256([]byte(token)), UserID: id, Issued: b.clock(),
		Expires: b.clock().Add(time.Hour)}, "hash", 100)
	must(t, err)
	return token
}

// asked is how many tokens were looked up in the store so far.
func (b *bench) asked(t *testing.T) int {
	return int(b.count(t, "callgate_account_token_look_ups_total", "store"))
}

// TestChangesAreSeen: what is taken away is refused at once by the process that took it away, and by another as soon
// as it looks, or after a second without a look.
func TestChangesAreSeen(t *testing.T) {
	changes := []struct {
		name   string
		change func(ctx context.Context, s *account.Service) error
		want   fault.Kind
	}{
		{"password", func(ctx context.Context, s *account.Service) error { return s.SetPassword(ctx, "anna", "password2") }, fault.BadToken},
		{"disabled", func(ctx context.Context, s *account.Service) error { return s.SetStatus(ctx, "anna", account.Inactive) }, fault.BadToken},
		{"deleted", func(ctx context.Context, s *account.Service) error { return s.SetStatus(ctx, "anna", account.Deleted) }, fault.BadToken},
		{"other rights", func(ctx context.Context, s *account.Service) error {
			if err := s.SetStatus(ctx, "anna", account.Deleted); err != nil {
				return err
			}
			_, err := s.Add(ctx, "anna", "password", nil, nil)
			return err
		}, fault.BadToken},
		{"module off", func(ctx context.Context, s *account.Service) error {
			return s.SetModule(ctx, "contact", "", false, "t")
		}, fault.Denied},
		{"action off", func(ctx context.Context, s *account.Service) error {
			return s.SetModule(ctx, "contact", "add", false, "t")
		}, fault.Denied},
	}
	for _, by := range []struct {
		name  string
		other bool                               // another process makes the change
		then  func(t *testing.T, serving *bench) // what happens until the next request
	}{
		{"this process", false, func(*testing.T, *bench) {}},
		{"another, after a look", true, func(t *testing.T, b *bench) { b.follow(t) }},
		{"another, no look", true, func(_ *testing.T, b *bench) { b.pass(time.Second + time.Microsecond) }},
	} {
		for _, tt := range changes {
			t.Run(by.name+"/"+tt.name, func(t *testing.T) {
				storetest.Each(t, func(t *testing.T, open func() *store.Store) {
					serving, other := benchOn(open()), benchOn(open())
					token := serving.lend(t, "anna")
					request := func() error {
						id, err := serving.Authenticate(t.Context(), token, anywhere)
						if err != nil {
							return err
						}
						_, err = serving.Authorize(t.Context(), id, "contact", "add")
						return err
					}
					serving.follow(t)
					must(t, request())
					before := serving.asked(t)
					must(t, request())
					if serving.asked(t) != before {
						t.Fatal("the second request asked the store")
					}
					changer := serving
					if by.other {
						changer = other
					}
					must(t, tt.change(t.Context(), changer.Service))
					if by.other {
						must(t, request()) // from memory
					}
					by.then(t, serving)
					wantKind(t, "after the change", request(), tt.want, "")
					serving.follow(t)
					wantKind(t, "after the next look", request(), tt.want, "")
				})
			})
		}
	}
}

func TestMemoryNeedsFollow(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	token := b.lend(t, "anna")
	ask := func() int {
		t.Helper()
		before := b.asked(t)
		_, err := b.Authenticate(ctx, token, anywhere)
		must(t, err)
		return b.asked(t) - before
	}
	for _, step := range []struct {
		name string
		do   func()
		want int // questions to the store
	}{
		{"never followed", func() {}, 1},
		{"never followed, again", func() {}, 1},
		{"followed", func() { b.follow(t) }, 1}, // the revision was not known when it was loaded
		{"remembered", func() {}, 0},
		{"a second later", func() { b.pass(time.Second) }, 0},
		{"more than a second later", func() { b.pass(time.Microsecond) }, 1},
		{"followed, nothing changed", func() { b.follow(t) }, 0},
		{"the clock goes back", func() { b.pass(-time.Minute) }, 1},
	} {
		step.do()
		if got := ask(); got != step.want {
			t.Errorf("%s: %d questions to the store, want %d", step.name, got, step.want)
		}
	}
	b.follow(t)
	must(t, b.store.Close())
	if _, err := b.Authenticate(ctx, token, anywhere); err != nil {
		t.Errorf("remembered, the database has just gone: %v", err)
	}
	b.pass(time.Second + time.Microsecond)
	_, err := b.Authenticate(ctx, token, anywhere)
	wantKind(t, "a second after the database has gone", err, fault.StorageDown, "")
}

func TestRememberedTokenExpires(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	token := b.lend(t, "anna")
	b.pass(time.Hour - time.Microsecond)
	b.follow(t)
	for range 2 {
		_, err := b.Authenticate(ctx, token, anywhere)
		must(t, err)
	}
	b.pass(time.Microsecond)
	_, err := b.Authenticate(ctx, token, anywhere)
	wantKind(t, "at its end", err, fault.BadToken, "")
}

// A token that a newer one pushes out is refused at once.
func TestRememberedTokenIsPushedOut(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	u := b.add(t, "crm", "password")
	first, err := b.SignIn(ctx, "crm", "password", "::1")
	must(t, err)
	_, hash, err := b.store.User(ctx, "crm")
	must(t, err)
	for i := range 99 {
		token := account.Token{Hash: sha256.Sum256([]byte{byte(i)}), UserID: u.ID, Issued: b.clock(), Expires: b.clock().Add(time.Hour)}
		_, err := b.store.AddToken(ctx, token, hash, 100)
		must(t, err)
	}
	b.follow(t)
	_, err = b.Authenticate(ctx, first, anywhere)
	must(t, err)
	_, err = b.SignIn(ctx, "crm", "password", "::1")
	must(t, err)
	_, err = b.Authenticate(ctx, first, anywhere)
	wantKind(t, "the oldest of a hundred and one", err, fault.BadToken, "")
}

// slow answers after something else has happened, with what was so before.
type slow struct {
	*store.Store
	meanwhile func()
}

func (s *slow) TokenUser(ctx context.Context, hash [sha256.Size]byte, at time.Time) (account.User, account.Token, error) {
	u, token, err := s.Store.TokenUser(ctx, hash, at)
	s.meanwhile()
	return u, token, err
}

func (s *slow) Modules(ctx context.Context) ([]account.Module, error) {
	modules, err := s.Store.Modules(ctx)
	s.meanwhile()
	return modules, err
}

// An answer that was on its way while something changed is not remembered.
func TestAnswersOvertakenByAChange(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(b *bench) error
		want   fault.Kind
	}{
		{"disabled here", func(b *bench) error { return b.SetStatus(context.Background(), "anna", account.Inactive) }, fault.BadToken},
		{"disabled elsewhere, and seen", func(b *bench) error {
			return errors.Join(b.store.SetUserStatus(context.Background(), "anna", account.Inactive), b.Follow(context.Background(), 99))
		}, fault.BadToken},
		{"switched off here", func(b *bench) error { return b.SetModule(context.Background(), "contact", "", false, "t") }, fault.Denied},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, ctx := newBench(t), t.Context()
			token := b.lend(t, "anna")
			s := &slow{Store: b.store}
			b.Service = account.New(s, account.Options{Now: b.clock})
			must(t, b.Follow(ctx, 7))
			s.meanwhile = func() { s.meanwhile = func() {}; must(t, tt.change(b)) }
			request := func() error {
				id, err := b.Authenticate(ctx, token, anywhere)
				if err != nil {
					return err
				}
				_, err = b.Authorize(ctx, id, "contact", "add")
				return err
			}
			_ = request() // may go either way: it is as old as the change
			wantKind(t, "the next request", request(), tt.want, "")
		})
	}
}

// everybody has a user for every token.
type everybody struct{ *store.Store }

func (everybody) TokenUser(_ context.Context, _ [sha256.Size]byte, at time.Time) (account.User, account.Token, error) {
	return account.User{}, account.Token{ID: 1, Expires: at.Add(time.Hour)}, nil
}

func TestMemoryIsBounded(t *testing.T) {
	b := newBench(t)
	b.metrics = prometheus.NewRegistry()
	b.Service = account.New(everybody{b.store}, account.Options{Now: b.clock, Registerer: b.metrics})
	must(t, b.Follow(t.Context(), 1))
	for range 2 {
		for i := range 10_000 {
			_, err := b.Authenticate(t.Context(), fmt.Sprintf("%032x", i), anywhere)
			must(t, err)
		}
	}
	if got := b.asked(t); got < 20_000-4096 {
		t.Errorf("of 20,000 look-ups only %d asked the store", got)
	}
}
