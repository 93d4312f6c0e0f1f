package setting_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"callgate/internal/audit"
	"callgate/internal/fault"
	"callgate/internal/setting"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// TestChange: several settings change at once, or none of them does; what they owe to each other counts at the end.
func TestChange(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		r := newReplica(t, open(), map[string]string{setting.OriginateDial: "first/{sip}"})
		objection := errors.New("objection")
		for _, tt := range []struct {
			name   string
			change setting.Change
			want   error
			is     map[string]string // afterwards
		}{
			{"what needs each other", setting.Change{Values: map[string]string{setting.OnlineStatSource: setting.FromProxy, setting.OnlineStatProxyURL: "http://h"}}, nil,
				map[string]string{setting.OnlineStatSource: setting.FromProxy, setting.OnlineStatProxyURL: "http://h"}},
			{"one of them is wrong", setting.Change{Values: map[string]string{setting.OnlineStatSource: setting.FromSwitch, setting.TokenTTL: "never"}}, fault.New(fault.WrongField, setting.TokenTTL),
				map[string]string{setting.OnlineStatSource: setting.FromProxy, setting.TokenTTL: "24h"}},
			{"one is not known", setting.Change{Values: map[string]string{setting.OnlineStatSource: setting.FromSwitch, "x": "y"}}, fault.New(fault.NotFound, "Setting"),
				map[string]string{setting.OnlineStatSource: setting.FromProxy}},
			{"back, while it is needed", setting.Change{Unset: []string{setting.OnlineStatProxyURL}}, fault.New(fault.WrongField, setting.OnlineStatProxyURL),
				map[string]string{setting.OnlineStatProxyURL: "http://h"}},
			{"both back", setting.Change{Unset: []string{setting.OnlineStatProxyURL, setting.OnlineStatSource}}, nil,
				map[string]string{setting.OnlineStatSource: setting.FromSwitch, setting.OnlineStatProxyURL: ""}},
			{"set", setting.Change{Values: map[string]string{setting.OriginateDial: "user/{sip}"}}, nil, map[string]string{setting.OriginateDial: "user/{sip}"}},
			{"back to its first value", setting.Change{Unset: []string{setting.OriginateDial}}, nil, map[string]string{setting.OriginateDial: "first/{sip}"}},
			{"back to where it is", setting.Change{Unset: []string{setting.OriginateDial}}, nil, map[string]string{setting.OriginateDial: "first/{sip}"}},
			{"back, and not known", setting.Change{Unset: []string{"x"}}, fault.New(fault.NotFound, "Setting"), nil},
			{"set and back", setting.Change{Values: map[string]string{setting.TokenTTL: "1h"}, Unset: []string{setting.TokenTTL}}, fault.New(fault.WrongField, setting.TokenTTL),
				map[string]string{setting.TokenTTL: "24h"}},
			{"an objection", setting.Change{Values: map[string]string{setting.TokenTTL: "1h"}, Check: func(before []setting.Entry) error {
				for _, e := range before {
					if e.Key == setting.OriginateDial && e.Value == "first/{sip}" && e.Source == setting.Environment {
						return objection
					}
				}
				return nil
			}}, objection, map[string]string{setting.TokenTTL: "24h"}},
			{"nothing", setting.Change{}, nil, nil},
		} {
			if err := r.Change(t.Context(), tt.change); !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
				t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
			}
			for key, want := range tt.is {
				if got := r.Text(key); got != want {
					t.Errorf("%s: %s is %q, want %q", tt.name, key, got, want)
				}
			}
		}
		if e, _ := r.Get(setting.OriginateDial); !e.At.IsZero() || e.By != "" {
			t.Errorf("what went back was set at %v by %q", e.At, e.By)
		}
	})
}

// TestChangesAreAudited: with each change stands who made it; of a secret only when it was set.
func TestChangesAreAudited(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		r := newReplica(t, s, nil)
		ctx := audit.By(t.Context(), audit.Actor{UserID: 7, Login: "anna"})
		for _, c := range []setting.Change{
			{Values: map[string]string{setting.TokenTTL: "1h", setting.SMTPPassword: "s3cret"}},
			{Values: map[string]string{setting.SMTPPassword: "s3cret-2"}},
			{Values: map[string]string{setting.SMTPPassword: ""}, Unset: []string{setting.TokenTTL}},
		} {
			if err := r.Change(ctx, c); err != nil {
				t.Fatal(err)
			}
		}
		all, err := s.AuditLog(ctx, audit.Query{Kind: "setting", Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range all {
			sides := []string{"", ""}
			for i, object := range []json.RawMessage{e.Before, e.After} {
				var shown map[string]string
				if len(object) > 0 {
					if err := json.Unmarshal(object, &shown); err != nil {
						t.Fatal(err)
					}
				}
				for key, value := range shown {
					if key == "secret_set_at" {
						value = "?"
					}
					sides[i] = key + "=" + value
				}
			}
			got = append(got, e.Actor.Login+" "+e.Name+" "+sides[0]+" > "+sides[1])
			if strings.Contains(string(e.Before)+string(e.After), "s3cret") {
				t.Errorf("a secret is in the audit log: %s", e.Before)
			}
		}
		want := []string{"anna auth.token_ttl value=1h > ", "anna smtp.password secret_set_at=? > value=", "anna smtp.password secret_set_at=? > secret_set_at=?",
			"anna smtp.password  > secret_set_at=?", "anna auth.token_ttl  > value=1h"}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

func TestDraft(t *testing.T) {
	r := newReplica(t, storetest.Open(t, storetest.SQLite(t), store.Options{}), nil)
	if err := r.Set(t.Context(), setting.SMTPPassword, "s3cret", "x"); err != nil {
		t.Fatal(err)
	}
	d, err := r.Draft(map[string]string{setting.SMTPHost: "mail.example", setting.SMTPPort: "2525", setting.SMTPTimeout: "7s"})
	if err != nil || d.Text(setting.SMTPHost) != "mail.example" || d.Integer(setting.SMTPPort) != 2525 || d.Duration(setting.SMTPTimeout).Seconds() != 7 || d.Text(setting.SMTPPassword) != "s3cret" {
		t.Errorf("%q, %d, %v", d.Text(setting.SMTPHost), d.Integer(setting.SMTPPort), err)
	}
	if r.Text(setting.SMTPHost) != "" || r.Integer(setting.SMTPPort) != 587 {
		t.Error("it is kept")
	}
	for key, value := range map[string]string{"x": "y", setting.SMTPPort: "0", setting.SMTPPassword: "s3cret\n"} {
		if _, err := r.Draft(map[string]string{key: value}); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", key, err)
		}
	}
}
