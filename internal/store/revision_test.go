package store_test

import (
	"context"
	"testing"
	"time"

	"callgate/internal/account"
	"callgate/internal/project"
	"callgate/internal/setting"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// TestRevisions: whatever another process may have in its memory has another revision once it was changed.
func TestRevisions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s, other := open(), open()
		ctx := t.Context()
		if got, err := s.Revisions(ctx); err != nil || len(got) != 0 {
			t.Fatalf("before any change: %v %v", got, err)
		}
		id := int64(0)
		token := func(n byte, keep int) func() error {
			return func() error {
				_, err := s.AddToken(ctx, account.Token{Hash: [32]byte{n}, UserID: id, Issued: time.Now(),
					Expires: time.Now().Add(time.Hour)}, "hash", keep)
				return err
			}
		}
		for _, step := range []struct {
			name   string
			topic  string
			change func() error
			want   bool
		}{
			{"a user added", store.Accounts, func() (err error) {
				id, err = s.AddUser(ctx, account.User{Login: "anna", Status: account.Active}, "hash")
				return err
			}, true},
			{"a token issued", store.Accounts, token(1, 2), false},
			{"another, which pushes none out", store.Accounts, token(2, 2), false},
			{"a third, which pushes one out", store.Accounts, token(3, 2), true},
			{"a password", store.Accounts, func() error { return s.SetUserPassword(ctx, "anna", "hash2") }, true},
			{"a status", store.Accounts, func() error { return s.SetUserStatus(ctx, "anna", account.Inactive) }, true},
			{"a status of nobody", store.Accounts, func() error { _ = s.SetUserStatus(ctx, "bert", account.Inactive); return nil }, false},
			{"a module", store.Accounts, func() error { return s.SetModule(ctx, account.Module{Name: "sms", Action: "*"}) }, true},
			{"a setting", store.Settings, func() error { return putSetting(ctx, s, setting.Stored{Key: "a", Value: "b"}) }, true},
			{"a project", store.Projects, func() error {
				return s.AddProject(ctx, project.Project{ID: "1111", Name: "p"}, func([]project.Project) error { return nil })
			}, true},
			{"a project's numbers", store.Projects, func() error {
				return s.ChangeProject(ctx, "1111", func(p *project.Project, _ []project.Project) error { p.Numbers = []string{"1"}; return nil })
			}, true},
			{"a project that is none", store.Projects, func() error { _ = s.RemoveProject(ctx, "2222", always); return nil }, false},
			{"a project removed", store.Projects, func() error { return s.RemoveProject(ctx, "1111", always) }, true},
		} {
			t.Run(step.name, func(t *testing.T) {
				before := revisions(ctx, t, other)
				if err := step.change(); err != nil {
					t.Fatal(err)
				}
				after := revisions(ctx, t, other)
				for _, topic := range []string{store.Accounts, store.Settings, store.Projects} {
					if changed := after[topic] > before[topic]; changed != (step.want && topic == step.topic) {
						t.Errorf("%s went from %d to %d", topic, before[topic], after[topic])
					}
				}
			})
		}
	})
}

func revisions(ctx context.Context, t *testing.T, s *store.Store) map[string]int64 {
	t.Helper()
	got, err := s.Revisions(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return got
}
