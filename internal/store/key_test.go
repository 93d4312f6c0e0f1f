package store_test

import (
	"crypto/sha256"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/account"
	"callgate/internal/audit"
	"callgate/internal/fault"
	"callgate/internal/secret"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// comparePrefixes lets cmp compare networks.
func comparePrefixes(a, b netip.Prefix) bool { return a == b }

// TestMachineKeys: a key is found as it was added, until it expires, is removed, or its owner is not active.
func TestMachineKeys(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s, ctx := open(), t.Context()
		id, err := s.AddUser(ctx, anna(), "hash")
		must(t, err)
		hash := sha256.Sum256([]byte("cgk_1"))
		want := account.Key{UserID: id, Name: "crm & Co", Rights: []account.Right{{Module: "sms", Action: "*"}}, Projects: []string{"101"},
			Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")}, Issued: at(0), Expires: at(60)}
		want.ID, err = s.AddKey(ctx, want, hash, 2)
		must(t, err)
		u, got, err := s.KeyOwner(ctx, hash, at(59))
		if diff := cmp.Diff(want, got, cmp.Comparer(comparePrefixes)); diff != "" || u.Login != "anna" || err != nil {
			t.Errorf("%s, %v, mismatch (-want, +got):\n%s", u.Login, err, diff)
		}
		_, _, err = s.KeyOwner(ctx, hash, at(60))
		wantKind(t, "expired", err, fault.NotFound)
		_, err = s.AddKey(ctx, want, sha256.Sum256([]byte("x")), 2)
		wantKind(t, "the same name", err, fault.Conflict)
		forever := want
		forever.Name, forever.Expires, forever.Networks, forever.Projects = "b", time.Time{}, nil, nil
		forever.ID, err = s.AddKey(ctx, forever, sha256.Sum256([]byte("cgk_2")), 2)
		must(t, err)
		if _, got, err := s.KeyOwner(ctx, sha256.Sum256([]byte("cgk_2")), at(1e9)); err != nil || !cmp.Equal(forever, got, cmp.Comparer(comparePrefixes)) {
			t.Errorf("without an end: %+v, %v", got, err)
		}
		forever.Name = "c"
		_, err = s.AddKey(ctx, forever, sha256.Sum256([]byte("y")), 2)
		wantKind(t, "one too many", err, fault.TooMany)
		must(t, s.SaveNotes(ctx, []account.Note{{At: at(5), Key: want.ID}}))
		if all, err := s.Keys(ctx, id); err != nil || len(all) != 2 || all[1].Name != "crm & Co" || !all[1].Used.Equal(at(5)) {
			t.Errorf("listed: %+v, %v", all, err)
		}
		must(t, s.SetUserStatus(ctx, "anna", account.Inactive))
		_, _, err = s.KeyOwner(ctx, hash, at(1))
		wantKind(t, "owner disabled", err, fault.NotFound)
		must(t, s.SetUserStatus(ctx, "anna", account.Active))
		if _, _, err = s.KeyOwner(ctx, hash, at(1)); err != nil {
			t.Errorf("owner enabled: %v", err)
		}
		wantKind(t, "of another", s.RemoveKey(ctx, id+1, want.ID), fault.NotFound)
		must(t, s.RemoveKey(ctx, id, want.ID))
		_, _, err = s.KeyOwner(ctx, hash, at(1))
		wantKind(t, "removed", err, fault.NotFound)
		must(t, s.SetUserStatus(ctx, "anna", account.Deleted))
		_, err = s.AddUser(ctx, anna(), "hash2")
		must(t, err)
		_, _, err = s.KeyOwner(ctx, sha256.Sum256([]byte("cgk_2")), at(1))
		wantKind(t, "of the login's last life", err, fault.NotFound)
		log, err := s.AuditLog(ctx, audit.Query{Kind: "key", Name: "anna/crm & Co", Limit: 10})
		must(t, err)
		if len(log) != 2 || !strings.Contains(string(log[1].After), `"rights":["sms/*"]`) || len(log[0].After) != 0 {
			t.Errorf("audited: %+v", log)
		}
	})
}

// TestTOTP: the secret of an authenticator is sealed, it is taken into use once, and each code is used up once.
func TestTOTP(t *testing.T) {
	t.Parallel()
	for name, database := range databases() {
		t.Run(name, func(t *testing.T) {
			box, url := boxOf(t, 1), database(t)
			s, ctx := storetest.Open(t, url, store.Options{Key: func(bool) (*secret.Box, error) { return box, nil }}), t.Context()
			id, err := s.AddUser(ctx, anna(), "hash")
			must(t, err)
			if text, step, err := s.TOTP(ctx, id); text != "" || step != 0 || err != nil {
				t.Errorf("none: %q, %d, %v", text, step, err)
			}
			must(t, s.SetTOTP(ctx, id, "FIRST"))
			must(t, s.SetTOTP(ctx, id, "SECOND"))
			recovery := [][32]byte{{1}, {2}}
			for _, step := range []struct {
				secret string
				want   bool
			}{{"FIRST", false}, {"", false}, {"SECOND", true}, {"SECOND", false}} {
				if ok, err := s.ConfirmTOTP(ctx, id, step.secret, 7, recovery); ok != step.want || err != nil {
					t.Errorf("confirm %q: %v, %v", step.secret, ok, err)
				}
			}
			wantKind(t, "another", s.SetTOTP(ctx, id, "THIRD"), fault.Conflict)
			if u, _, err := s.User(ctx, "anna"); !u.TOTP || u.Revision != 2 || err != nil {
				t.Errorf("user %+v, %v", u, err)
			}
			for _, use := range []struct {
				step int64
				want bool
			}{{7, false}, {8, true}, {8, false}, {6, false}, {9, true}} {
				if ok, err := s.UseStep(ctx, id, use.step); ok != use.want || err != nil {
					t.Errorf("step %d: %v, %v", use.step, ok, err)
				}
			}
			for i, want := range []bool{true, false} {
				if ok, err := s.UseRecovery(ctx, id, recovery[0]); ok != want || err != nil {
					t.Errorf("recovery code for the %d. time: %v, %v", i+1, ok, err)
				}
			}
			plain := storetest.Open(t, url, store.Options{})
			if text, _, err := plain.TOTP(ctx, id); err == nil {
				t.Errorf("without the key it is %q", text)
			}
			_, err = s.ChangeUser(ctx, "anna", func(c *account.UserChange) error { c.TOTP = false; return nil })
			must(t, err)
			if text, _, err := s.TOTP(ctx, id); text != "" || err != nil {
				t.Errorf("taken away: %q, %v", text, err)
			}
			if ok, err := s.UseRecovery(ctx, id, recovery[1]); ok || err != nil {
				t.Errorf("its recovery code: %v, %v", ok, err)
			}
		})
	}
}
