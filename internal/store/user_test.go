package store_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"callgate/internal/account"
	"callgate/internal/fault"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

func anna() account.User {
	return account.User{Login: "anna", Status: account.Active, Projects: []string{"101", "102"},
		Rights: []account.Right{{Module: "*", Action: "get"}, {Module: "numbers", Action: "see"}}}
}

// untimed compares users but for when something of them was set.
var untimed = cmpopts.IgnoreFields(account.User{}, "PasswordAt")

func TestUsers(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		_, _, err := s.User(ctx, "anna")
		wantKind(t, "nobody", err, fault.NotFound)

		want := anna()
		want.ID, err = s.AddUser(ctx, want, "hash")
		must(t, err)
		want.Revision = 1
		got, hash, err := s.User(ctx, "anna")
		if diff := cmp.Diff(want, got, untimed); diff != "" || hash != "hash" || err != nil {
			t.Errorf("hash %q, %v, mismatch (-want, +got):\n%s", hash, err, diff)
		}
		_, _, err = s.User(ctx, "Anna")
		wantKind(t, "another case", err, fault.NotFound)
		_, _, err = s.User(ctx, "an\x00na\xff")
		wantKind(t, "no text", err, fault.NotFound)

		_, err = s.AddUser(ctx, anna(), "other")
		wantKind(t, "same login", err, fault.Conflict)
		must(t, s.SetUserStatus(ctx, "anna", account.Inactive))
		_, err = s.AddUser(ctx, anna(), "other")
		wantKind(t, "same login, disabled", err, fault.Conflict)

		must(t, s.SetUserPassword(ctx, "anna", "hash2"))
		got, hash, err = s.User(ctx, "anna")
		if got.Status != account.Inactive || hash != "hash2" || err != nil {
			t.Errorf("got %v, %q, %v", got.Status, hash, err)
		}

		must(t, s.SetUserStatus(ctx, "anna", account.Deleted))
		wantKind(t, "enable a deleted user", s.SetUserStatus(ctx, "anna", account.Active), fault.NotFound)
		wantKind(t, "password of a deleted user", s.SetUserPassword(ctx, "anna", "h"), fault.NotFound)
		wantKind(t, "status of nobody", s.SetUserStatus(ctx, "nobody", account.Active), fault.NotFound)

		revived := account.User{Login: "anna", Status: account.Active, Rights: []account.Right{{Module: "sms", Action: "*"}}}
		revived.ID, err = s.AddUser(ctx, revived, "hash3")
		if revived.ID != want.ID || err != nil {
			t.Errorf("revived as %d, %v, want %d", revived.ID, err, want.ID)
		}
		revived.Revision = 5 // added, disabled, another password, deleted
		boris := account.User{Login: "boris", Status: account.Active}
		boris.ID, err = s.AddUser(ctx, boris, "hash4")
		must(t, err)
		boris.Revision = 1
		all, err := s.Users(ctx)
		if diff := cmp.Diff([]account.User{revived, boris}, all, untimed); diff != "" || err != nil {
			t.Errorf("%v, mismatch (-want, +got):\n%s", err, diff)
		}
	})
}

func TestFirstUser(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		var added atomic.Int32
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				ok, err := s.AddFirstUser(context.Background(), anna(), "hash")
				if err != nil {
					t.Error(err)
				}
				if ok {
					added.Add(1)
				}
			})
		}
		wg.Wait()
		if got := added.Load(); got != 1 {
			t.Errorf("%d first users", got)
		}
		u, _, err := s.User(ctx, "anna")
		if len(u.Rights) != 2 || err != nil {
			t.Errorf("got %v, %v", u, err)
		}
		must(t, s.SetUserStatus(ctx, "anna", account.Deleted))
		if ok, err := s.AddFirstUser(ctx, account.User{Login: "x", Status: account.Active}, "h"); ok || err != nil {
			t.Errorf("another first user after the first was deleted: %v, %v", ok, err)
		}
	})
}
