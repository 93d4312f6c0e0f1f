package store_test

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"
	"testing"

	"callgate/internal/account"
	"callgate/internal/fault"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// token makes the n-th token of a user, issued at 0 and good for a minute.
func token(user int64, n int) account.Token {
	t := account.Token{UserID: user, Issued: at(0), Expires: at(60)}
	binary.BigEndian.PutUint32(t.Hash[:], uint32(n))
	return t
}

func TestTokens(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		id, err := s.AddUser(ctx, anna(), "hash")
		must(t, err)
		other, err := s.AddUser(ctx, account.User{Login: "boris", Status: account.Active}, "hash")
		must(t, err)
		add := func(t *testing.T, tok account.Token, hash string, want bool) {
			t.Helper()
			if added, err := s.AddToken(ctx, tok, hash, 3); added != want || err != nil {
				t.Errorf("add: got %v, %v, want %v", added, err, want)
			}
		}
		opens := func(tok account.Token, when int) string {
			u, kept, err := s.TokenUser(ctx, tok.Hash, at(when))
			if errors.Is(err, fault.New(fault.NotFound, "Token")) {
				return "nothing"
			}
			must(t, err)
			if !kept.Expires.Equal(tok.Expires) {
				t.Errorf("expires %v, want %v", kept.Expires, tok.Expires)
			}
			return u.Login
		}
		theirs := token(other, 100)
		add(t, theirs, "hash", true)
		add(t, token(id, 1), "wrong hash", false)
		add(t, token(9999, 1), "hash", false)
		for n := range 5 {
			add(t, token(id, n), "hash", true)
		}
		_, err = s.AddToken(ctx, token(id, 4), "hash", 3)
		wantKind(t, "the same token twice", err, fault.Conflict)
		for n, want := range []string{"nothing", "nothing", "anna", "anna", "anna"} {
			if got := opens(token(id, n), 1); got != want {
				t.Errorf("token %d opens %s, want %s", n, got, want)
			}
		}
		if got := opens(theirs, 1); got != "boris" {
			t.Errorf("another user's token opens %s", got)
		}
		if got := opens(token(id, 4), 59); got != "anna" {
			t.Errorf("a second before its end it opens %s", got)
		}
		if got := opens(token(id, 4), 60); got != "nothing" {
			t.Errorf("expired, it opens %s", got)
		}

		late := token(id, 50)
		late.Issued, late.Expires = at(60), at(120)
		add(t, late, "hash", true)
		if got := opens(token(id, 4), 1); got != "nothing" {
			t.Error("an expired token was not dropped")
		}

		must(t, s.SetUserStatus(ctx, "anna", account.Active)) // nothing new: revokes nothing
		if got := opens(late, 61); got != "anna" {
			t.Errorf("opens %s", got)
		}
		must(t, s.SetUserStatus(ctx, "anna", account.Inactive))
		add(t, token(id, 51), "hash", false)
		must(t, s.SetUserStatus(ctx, "anna", account.Active))
		if got := opens(late, 61); got != "nothing" {
			t.Errorf("after disable and enable it opens %s", got)
		}
		add(t, token(id, 52), "hash", true)
		must(t, s.SetUserPassword(ctx, "anna", "hash2"))
		if got := opens(token(id, 52), 1); got != "nothing" {
			t.Errorf("after a change of password it opens %s", got)
		}
		if got := opens(theirs, 1); got != "boris" {
			t.Errorf("another user's token opens %s", got)
		}
	})
}

// Whatever the order in which a sign-in and a change of password meet, no token of the old password is left.
func TestTokenAgainstPassword(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		id, err := s.AddUser(ctx, anna(), "old")
		must(t, err)
		for round := range 20 {
			must(t, s.SetUserPassword(ctx, "anna", "old"))
			var wg sync.WaitGroup
			for n := range 4 {
				wg.Go(func() {
					if _, err := s.AddToken(context.Background(), token(id, 4*round+n), "old", 100); err != nil {
						t.Errorf("add: %v", err)
					}
				})
			}
			wg.Go(func() {
				if err := s.SetUserPassword(context.Background(), "anna", "new"); err != nil {
					t.Errorf("set password: %v", err)
				}
			})
			wg.Wait()
			for n := range 4 {
				_, _, err := s.TokenUser(ctx, token(id, 4*round+n).Hash, at(1))
				wantKind(t, "token of the old password", err, fault.NotFound)
			}
		}
	})
}

func BenchmarkTokenUser(b *testing.B) {
	s := storetest.Open(b, storetest.SQLite(b), store.Options{})
	id, err := s.AddUser(b.Context(), anna(), "hash")
	must(b, err)
	for n := range 100 {
		_, err := s.AddToken(b.Context(), token(id, n), "hash", 100)
		must(b, err)
	}
	for b.Loop() {
		if _, _, err := s.TokenUser(b.Context(), token(id, 50).Hash, at(1)); err != nil {
			b.Fatal(err)
		}
	}
}
