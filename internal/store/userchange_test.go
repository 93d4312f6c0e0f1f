package store_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/account"
	"callgate/internal/audit"
	"callgate/internal/fault"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// TestChangeUser: what is changed of a user is kept, with who changed it, and nothing of it when the change is refused.
func TestChangeUser(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		ctx := audit.By(t.Context(), audit.Actor{UserID: 77, Login: "boss"})
		id, err := s.AddUser(ctx, anna(), "hash")
		must(t, err)
		added, err := s.AddToken(ctx, token(id, 1), "hash", 3)
		if !added || err != nil {
			t.Fatal(added, err)
		}
		got, err := s.ChangeUser(ctx, "anna", func(c *account.UserChange) error {
			c.Rights, c.Projects, c.MustChange = []account.Right{{Module: "sms", Action: "send"}}, nil, true
			return nil
		})
		want := account.User{ID: id, Login: "anna", Status: account.Active, Rights: []account.Right{{Module: "sms", Action: "send"}}, MustChange: true, Revision: 2,
			SignedIn: at(0)}
		if diff := cmp.Diff(want, got, untimed); diff != "" || err != nil {
			t.Errorf("%v, mismatch (-want, +got):\n%s", err, diff)
		}
		if _, _, err := s.TokenUser(ctx, token(id, 1).Hash, at(1)); err != nil {
			t.Errorf("other rights ended a token: %v", err)
		}
		_, err = s.ChangeUser(ctx, "anna", func(c *account.UserChange) error {
			c.Rights, c.Password = nil, "other"
			return fault.New(fault.Stale, "User")
		})
		wantKind(t, "refused", err, fault.Stale)
		if kept, hash, err := s.User(ctx, "anna"); !cmp.Equal(want, kept, untimed) || hash != "hash" || err != nil {
			t.Errorf("after a change that was refused: %+v, %q, %v", kept, hash, err)
		}
		for n := 2; n < 4; n++ {
			_, err = s.AddToken(ctx, token(id, n), "hash", 3)
			must(t, err)
		}
		all, err := s.Tokens(ctx, id, at(1))
		must(t, err)
		_, err = s.ChangeUser(ctx, "anna", func(c *account.UserChange) error { c.Password, c.KeepToken = "hash2", all[0].ID; return nil })
		must(t, err)
		if left, err := s.Tokens(ctx, id, at(1)); err != nil || len(left) != 1 || left[0].ID != all[0].ID {
			t.Errorf("after a change of password: %v, %v", left, err)
		}
		log, err := s.AuditLog(ctx, audit.Query{Kind: "user", Name: "anna", Limit: 10})
		must(t, err)
		if len(log) != 3 || log[0].Actor.Login != "boss" || !strings.Contains(string(log[1].After), `"rights":["sms/send"],"projects":[],"must_change":true`) ||
			strings.Contains(string(log[0].Before)+string(log[0].After), "hash") || string(log[0].Before) == string(log[0].After) {
			t.Errorf("audited: %+v", log)
		}
	})
}

// TestLastAdministrator: of two who take each other's power at once one stays, whatever way they do it.
func TestLastAdministrator(t *testing.T) {
	t.Parallel()
	everything := []account.Right{{Module: "*", Action: "*"}}
	ways := map[string]func(*account.UserChange){
		"disabled":  func(c *account.UserChange) { c.Status = account.Inactive },
		"deleted":   func(c *account.UserChange) { c.Status = account.Deleted },
		"no rights": func(c *account.UserChange) { c.Rights = nil },
		"limited":   func(c *account.UserChange) { c.Projects = []string{"101"} },
	}
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s, ctx := open(), context.Background()
		for name, way := range ways {
			for _, login := range []string{name + "1", name + "2"} {
				_, err := s.AddUser(ctx, account.User{Login: login, Status: account.Active, Rights: everything}, "hash")
				must(t, err)
			}
			var refused atomic.Int32
			var wg, both sync.WaitGroup
			both.Add(2)
			for _, login := range []string{name + "1", name + "2"} {
				wg.Go(func() {
					_, err := s.ChangeUser(ctx, login, func(c *account.UserChange) error {
						if both.Done(); s.Announces() { // on PostgreSQL both are in the middle of it; SQLite has one writer
							both.Wait()
						}
						way(c)
						c.KeepAdmin = true
						return nil
					})
					if failure, _ := fault.Of(err); failure.Kind == fault.Needed {
						refused.Add(1)
					} else if err != nil {
						t.Errorf("%s: %v", login, err)
					}
				})
			}
			wg.Wait()
			if refused.Load() != 1 {
				t.Errorf("%s: %d refused", name, refused.Load())
			}
			users, err := s.Users(ctx)
			must(t, err)
			for i := range users {
				if users[i].Admin() {
					must(t, s.SetUserStatus(ctx, users[i].Login, account.Inactive)) // without KeepAdmin
				}
			}
		}
	})
}

// TestTokenList: tokens are listed with what is known of them, sessions are counted apart, and ended one by one or all.
func TestTokenList(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s, ctx := open(), t.Context()
		id, err := s.AddUser(ctx, anna(), "hash")
		must(t, err)
		session := token(id, 100)
		session.Session, session.Address, session.Name = true, "192.0.2.1", "n"
		for _, tok := range []account.Token{session, token(id, 1), token(id, 2), token(id, 3)} {
			if added, err := s.AddToken(ctx, tok, "hash", 2); !added || err != nil {
				t.Fatal(added, err)
			}
		}
		all, err := s.Tokens(ctx, id, at(1))
		must(t, err)
		if len(all) != 3 || !all[2].Session || all[2].Address != "192.0.2.1" || all[2].Name != "n" || all[0].Session || !all[0].Used.IsZero() {
			t.Fatalf("tokens: %+v", all)
		}
		must(t, s.SaveNotes(ctx, []account.Note{{At: at(7), Token: all[2].ID}, {At: at(5), Token: all[2].ID}, {At: at(5), Token: 999999}}))
		if again, err := s.Tokens(ctx, id, at(1)); err != nil || !again[2].Used.Equal(at(7)) {
			t.Errorf("used: %+v, %v", again, err)
		}
		if none, err := s.Tokens(ctx, id, at(60)); err != nil || len(none) != 0 {
			t.Errorf("expired: %+v, %v", none, err)
		}
		wantKind(t, "another user's", s.RevokeToken(ctx, id+1, all[0].ID), fault.NotFound)
		must(t, s.RevokeToken(ctx, id, all[0].ID))
		wantKind(t, "again", s.RevokeToken(ctx, id, all[0].ID), fault.NotFound)
		must(t, s.RevokeTokens(ctx, id, all[2].ID))
		if left, err := s.Tokens(ctx, id, at(1)); err != nil || len(left) != 1 || left[0].ID != all[2].ID {
			t.Errorf("left: %+v, %v", left, err)
		}
		if log, err := s.AuditLog(ctx, audit.Query{Kind: "tokens", Name: "anna", Limit: 10}); err != nil || len(log) != 2 || string(log[1].After) != `{"tokens":2}` {
			t.Errorf("audited: %+v, %v", log, err)
		}
		must(t, s.RevokeTokens(audit.By(ctx, audit.Actor{UserID: id}), id, 0))
		if log, err := s.AuditLog(ctx, audit.Query{Kind: "tokens", Name: "anna", Limit: 10}); err != nil || len(log) != 2 {
			t.Errorf("signing out is audited: %+v, %v", log, err)
		}
		for n := range 3 {
			_, err := s.AddToken(ctx, token(id, 200+n), "hash", 10)
			must(t, err)
		}
		if n, err := s.PruneTokens(ctx, at(59)); n != 0 || err != nil {
			t.Errorf("pruned %d that are good, %v", n, err)
		}
		if n, err := s.PruneTokens(ctx, at(60)); n != 3 || err != nil {
			t.Errorf("pruned %d, %v", n, err)
		}
	})
}

// TestSignIns: attempts are kept for whom they were, as many as are wanted.
func TestSignIns(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s, ctx := open(), t.Context()
		id, err := s.AddUser(ctx, anna(), "hash")
		must(t, err)
		var notes []account.Note
		for n := range 10 {
			notes = append(notes, account.Note{At: at(n), SignIn: &account.SignIn{UserID: id, Address: "192.0.2.1", Face: account.Modern, Result: account.WrongPassword}})
		}
		notes = append(notes, account.Note{At: at(11), SignIn: &account.SignIn{UserID: id + 1, Result: account.Entered}}) // nobody
		must(t, s.SaveNotes(ctx, notes))
		all, err := s.SignIns(ctx, id, 0, 3)
		must(t, err)
		if len(all) != 3 || !all[0].At.Equal(at(9)) || all[0].Address != "192.0.2.1" || all[0].Face != account.Modern || all[0].Result != account.WrongPassword {
			t.Fatalf("got %+v", all)
		}
		if next, err := s.SignIns(ctx, id, all[2].ID, 100); err != nil || len(next) != 7 || !next[0].At.Equal(at(6)) {
			t.Errorf("the next: %+v, %v", next, err)
		}
		for _, step := range []struct {
			name   string
			before time.Time
			newest int
			want   int64
		}{{"all are young and few", at(0), 10, 0}, {"three are old", at(3), 10, 3}, {"four are wanted", at(0), 4, 3}, {"again", at(0), 4, 0}} {
			if n, err := s.PruneSignIns(ctx, step.before, step.newest); n != step.want || err != nil {
				t.Errorf("%s: pruned %d, %v, want %d", step.name, n, err, step.want)
			}
		}
		if left, err := s.SignIns(ctx, id, 0, 100); err != nil || len(left) != 4 || !left[3].At.Equal(at(6)) {
			t.Errorf("left: %+v, %v", left, err)
		}
	})
}
