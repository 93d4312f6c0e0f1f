package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/account"
	"callgate/internal/audit"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// TestAudit: a change is kept with who made it, before and after; one that changes nothing is not, and what is kept can
// neither be changed nor deleted.
func TestAudit(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		anna := audit.Actor{UserID: 7, Login: "anna", Address: "192.0.2.7", Request: "f00d"}
		ctx := audit.By(t.Context(), anna)
		must(t, s.SetModule(ctx, account.Module{Name: "contact", Action: "add", On: false, At: time.Now()}))
		must(t, s.SetModule(ctx, account.Module{Name: "contact", Action: "add", On: false, At: time.Now()}))
		must(t, s.SetModule(t.Context(), account.Module{Name: "contact", Action: "add", On: true, At: time.Now()}))
		must(t, s.SetModule(ctx, account.Module{Name: "sms", Action: "*", On: false, At: time.Now()}))

		got, err := s.AuditLog(ctx, "module", "contact/add", 0, 10)
		must(t, err)
		for i := range got {
			if since := time.Since(got[i].At); since < 0 || since > time.Minute {
				t.Errorf("entry %d is of %v", got[i].ID, got[i].At)
			}
			got[i].At = time.Time{}
		}
		want := []audit.Entry{
			{ID: 2, Kind: "module", Name: "contact/add", Before: []byte(`{"on":false}`), After: []byte(`{"on":true}`)},
			{ID: 1, Actor: anna, Kind: "module", Name: "contact/add", Before: []byte{}, After: []byte(`{"on":false}`)},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("mismatch (-want, +got):\n%s", diff)
		}
		if page, err := s.AuditLog(ctx, "", "", 3, 1); err != nil || len(page) != 1 || page[0].ID != 2 {
			t.Errorf("before the third: %v, %v", page, err)
		}
		for name, statement := range map[string]string{"changed": `UPDATE audit SET login = 'boris'`, "deleted": `DELETE FROM audit`} {
			if err := s.Exec(t.Context(), statement); err == nil {
				t.Errorf("an entry is %s", name)
			}
		}
	})
}
