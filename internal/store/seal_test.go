package store_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"callgate/internal/secret"
	"callgate/internal/setting"
	"callgate/internal/sms"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// boxOf is a box whose key is one byte many times.
func boxOf(t *testing.T, fill byte) *secret.Box {
	t.Helper()
	b, err := secret.NewBox(bytes.Repeat([]byte{fill}, secret.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// databases are the kinds of them.
func databases() map[string]func(testing.TB) string {
	return map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres}
}

func keepSecrets(t *testing.T, s *store.Store, text string) {
	t.Helper()
	must(t, putSetting(t.Context(), s, setting.Stored{Key: setting.SMTPPassword, Value: text, By: "x"}))
	must(t, putSetting(t.Context(), s, setting.Stored{Key: setting.SMTPHost, Value: "mail.example", By: "x"}))
	must(t, putSetting(t.Context(), s, setting.Stored{Key: setting.ReportProxyToken, By: "x"})) // an empty one
	must(t, s.SetProvider(t.Context(), sms.Provider{Name: "a", Kind: sms.Log, Values: map[string]string{"key": text}, Secret: text}, time.Time{}))
}

// secrets are what keepSecrets kept, or why it cannot be read.
func secrets(ctx context.Context, t *testing.T, s *store.Store) (values []string, errs []error) {
	t.Helper()
	all, err := s.Settings(ctx)
	must(t, err)
	for _, a := range all {
		values = append(values, a.Value)
		if a.Err != nil {
			errs = append(errs, a.Err)
		}
	}
	providers, err := s.Providers(ctx)
	must(t, err)
	for _, p := range providers {
		values = append(values, p.Values["key"], p.Secret)
		if p.Err != nil {
			errs = append(errs, p.Err)
		}
	}
	return values, errs
}

// kept is what the tables hold.
func kept(t *testing.T, s *store.Store) []string {
	t.Helper()
	all, err := s.Dump(t.Context(), `SELECT name, value FROM settings UNION ALL SELECT 'given', given FROM sms_providers UNION ALL SELECT 'secret', secret FROM sms_providers`)
	must(t, err)
	return all
}

func TestSecretsAreSealed(t *testing.T) {
	t.Parallel()
	for name, database := range databases() {
		t.Run(name, func(t *testing.T) {
			address := database(t)
			s := storetest.Open(t, address, store.Options{Box: boxOf(t, 1)})
			keepSecrets(t, s, "пароль")
			want := []string{"", "mail.example", "пароль", "пароль", "пароль"}
			for _, s := range []*store.Store{s, storetest.Open(t, address, store.Options{Box: boxOf(t, 1)})} {
				if got, errs := secrets(t.Context(), t, s); !slices.Equal(got, want) || errs != nil {
					t.Errorf("got %q, %v", got, errs)
				}
			}
			if got := regexp.MustCompile(`sealed:1:\S{40,}`).ReplaceAllString(strings.Join(kept(t, s), "\n"), "***"); got != "given ***\nreport.proxy_token \nsecret ***\nsmtp.host mail.example\nsmtp.password ***" {
				t.Errorf("kept as %s", got)
			}
			// A sealed text is no use in another's place.
			must(t, s.Exec(t.Context(), `UPDATE settings SET value = (SELECT value FROM settings WHERE name = 'smtp.password') WHERE name = 'report.proxy_token'`))
			if got, errs := secrets(t.Context(), t, s); got[0] != "" || len(errs) != 1 || !errors.Is(errs[0], secret.ErrKey) {
				t.Errorf("a copied secret is read as %q, %v", got, errs)
			}
		})
	}
}

// TestSecretsInPlain: those of earlier versions are sealed, by however many processes that start at once.
func TestSecretsInPlain(t *testing.T) {
	t.Parallel()
	for name, database := range databases() {
		t.Run(name, func(t *testing.T) {
			address := database(t)
			before := storetest.Open(t, address, store.Options{})
			keepSecrets(t, before, "geheim")
			want, _ := secrets(t.Context(), t, before)
			stores := make([]*store.Store, 3)
			var all sync.WaitGroup
			for i := range stores {
				all.Go(func() {
					var err error
					if stores[i], err = store.Open(context.Background(), address, store.Options{Box: boxOf(t, 1)}); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			sealed := kept(t, before)
			for _, s := range append(stores, storetest.Open(t, address, store.Options{Box: boxOf(t, 1)})) {
				if s == nil {
					continue
				}
				if got, errs := secrets(t.Context(), t, s); !slices.Equal(got, want) || errs != nil {
					t.Errorf("got %q, %v, want %q", got, errs, want)
				}
				must(t, s.Close())
			}
			if strings.Contains(strings.Join(sealed, " "), "geheim") || !slices.Equal(kept(t, before), sealed) {
				t.Errorf("kept as %q, then as %q", sealed, kept(t, before))
			}
		})
	}
}

func TestSecretsWithAnotherKey(t *testing.T) {
	t.Parallel()
	for name, database := range databases() {
		t.Run(name, func(t *testing.T) {
			ctx, address := t.Context(), database(t)
			s := storetest.Open(t, address, store.Options{Box: boxOf(t, 1)})
			keepSecrets(t, s, "password")
			sealed := kept(t, s)
			if other, err := store.Open(ctx, address, store.Options{Box: boxOf(t, 2)}); other != nil || !errors.Is(err, secret.ErrKey) {
				t.Fatalf("another key opens it: %v", err)
			}
			for _, tt := range []struct {
				name   string
				fill   byte
				former *secret.Box
				want   []string
				errs   int
			}{
				{"renewed", 2, boxOf(t, 1), []string{"", "mail.example", "password", "password", "password"}, 0},
				{"renewed again", 2, boxOf(t, 1), []string{"", "mail.example", "password", "password", "password"}, 0},
				{"lost", 3, nil, []string{"", "mail.example", "", "", ""}, 2},
				{"found again", 1, boxOf(t, 2), []string{"", "mail.example", "password", "password", "password"}, 0},
			} {
				s := storetest.Open(t, address, store.Options{Box: boxOf(t, tt.fill), Renew: &store.Renewal{Former: tt.former}})
				must(t, s.Close())
				s = storetest.Open(t, address, store.Options{Box: boxOf(t, tt.fill)})
				got, errs := secrets(ctx, t, s)
				if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); diff != "" || len(errs) != tt.errs {
					t.Errorf("%s: %v, mismatch (-want, +got):\n%s", tt.name, errs, diff)
				}
				if slices.Equal(kept(t, s), sealed) {
					t.Errorf("%s: sealed as before", tt.name)
				}
				must(t, s.Close())
			}
		})
	}
}

// TestProviderGivenAnew: one whose values are lost is not lost itself.
func TestProviderGivenAnew(t *testing.T) {
	t.Parallel()
	address := storetest.SQLite(t)
	s := storetest.Open(t, address, store.Options{Box: boxOf(t, 1)})
	must(t, s.SetProvider(t.Context(), sms.Provider{Name: "a", Kind: sms.HTTP, Preset: "smsru", Values: map[string]string{"api_id": "x"}, Description: json.RawMessage{}}, time.Time{}))
	must(t, s.Close())
	s = storetest.Open(t, address, store.Options{Box: boxOf(t, 2), Renew: &store.Renewal{}})
	all, err := s.Providers(t.Context())
	if err != nil || len(all) != 1 || all[0].Preset != "smsru" || !errors.Is(all[0].Err, secret.ErrKey) || all[0].Values != nil {
		t.Fatalf("got %+v, %v", all, err)
	}
	all[0].Values = map[string]string{"api_id": "y"}
	must(t, s.SetProvider(t.Context(), all[0], all[0].ChangedAt))
	if all, err = s.Providers(t.Context()); err != nil || all[0].Err != nil || all[0].Values["api_id"] != "y" {
		t.Errorf("got %+v, %v", all, err)
	}
}
