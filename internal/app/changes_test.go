package app_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"callgate/internal/account"
	"callgate/internal/app"
)

// TestChangesByAnotherProcess: tokens are answered from memory, and what a command beside this process takes away is
// refused soon.
func TestChangesByAnotherProcess(t *testing.T) {
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			l := newLand(t, db.url(t), nil)
			h := l.build(t, nil)
			h.ready()
			h.signIn()
			for _, tt := range []struct {
				name   string
				change func(*account.Service) error
				want   string
			}{
				{"module off", func(s *account.Service) error { return s.SetModule(t.Context(), "contact", "", false, "test") }, `{"error":"Access denied!"}`},
				{"module on", func(s *account.Service) error { return s.SetModule(t.Context(), "contact", "", true, "test") }, `[{"queue":"support2@default",`},
				{"user disabled", func(s *account.Service) error { return s.SetStatus(t.Context(), login, account.Inactive) }, `{"error":"Wrong token!"}`},
			} {
				for range 10 {
					h.call("/contact/tiers", "")
				}
				if err := app.Administer(t.Context(), on(l.database), slog.New(slog.DiscardHandler),
					func(a *app.Administration) error { return tt.change(a.Accounts) }); err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				eventually(t, tt.name, func() bool { return strings.HasPrefix(h.call("/contact/tiers", "").body, tt.want) })
				t.Logf("%s: seen after %v", tt.name, time.Since(began))
			}
			if text := h.get("/metrics").body; !strings.Contains(text, `callgate_account_token_look_ups_total{source="memory"}`) ||
				strings.Contains(text, "callgate_account_token_look_ups_total{source=\"memory\"} 0\n") {
				t.Error("no token was answered from memory")
			}
		})
	}
}
