package app_test

import (
	"encoding/json"
	"strings"
	"testing"

	v1 "callgate/api/v1"
	"callgate/internal/account"
	"callgate/internal/app"
	"callgate/internal/project"
	"callgate/internal/store/storetest"
)

// TestAuditLog: what is changed over the API, by a command or at the switch is told of, with who did it and from where;
// what was tried in vain is not. It is for those who see all projects, and numbers are for those who may see them.
func TestAuditLog(t *testing.T) {
	database := storetest.SQLite(t)
	m := newQuiet(t, database)
	page := func(token, query string) (p struct {
		Changes []v1.Change
		Next    string
	}) {
		t.Helper()
		if err := json.Unmarshal([]byte(m.as(token, "GET", "/audit"+query, "").body), &p); err != nil {
			t.Fatal(err)
		}
		return p
	}
	(&land{database: database}).administer(t, func(a *app.Administration) error {
		return a.Projects.Add(t.Context(), project.Project{ID: "55", Name: "Shop", Numbers: []string{"78001112255"}, SLSeconds: 20})
	})
	m.want(t, 200, "PATCH", query("/tiers", "queue", "support2@default", "agent", "1000@default"), object("level", 4))
	m.want(t, 404, "PATCH", query("/tiers", "queue", "support2@default", "agent", "nobody"), object("level", 4))
	m.want(t, 200, "PUT", query("/routes", "name", "shop"), object("project", "55", "open", "hangup"))
	if err := m.app.Accounts().SetModule(t.Context(), "sms", account.Any, false, "x"); err != nil {
		t.Fatal(err)
	}

	all := page(m.token, "").Changes
	var got []string
	for _, c := range all {
		got = append(got, c.Login+" "+c.Kind+" "+c.Name)
	}
	want := " module sms/*|" + login + " route shop|" + login + " tier main/support2@default/1000@default| project 55"
	if joined := strings.Join(got, "|"); !strings.HasPrefix(joined, want) {
		t.Fatalf("got %s, want %s", joined, want)
	}
	if tier := all[2]; tier.Address != "127.0.0.1" || len(tier.Request) != 16 || tier.UserID == 0 || tier.Before["level"] != "1" || tier.After["level"] != "4" {
		t.Errorf("the tier: %+v", tier)
	}
	if made := all[3]; made.Before != nil || made.After["numbers"] != "78001112255" || made.UserID != 0 {
		t.Errorf("the project: %+v", made)
	}
	if first := page(m.token, "?limit=1"); len(first.Changes) != 1 || page(m.token, "?limit=1&cursor="+first.Next).Changes[0].Name != "shop" {
		t.Errorf("a page: %+v", first)
	}
	if of := page(m.token, "?kind=tier&login="+login+"&from=2026-01-01").Changes; len(of) != 1 || of[0].Kind != "tier" {
		t.Errorf("tiers: %+v", of)
	}
	masked := page(m.user("blind", "audit/see"), "?kind=project&name=55").Changes
	if len(masked) != 1 || masked[0].After["numbers"] != "*****" || masked[0].After["name"] != "Shop" {
		t.Errorf("without numbers: %+v", masked)
	}
	for _, tt := range []struct{ name, token, query string }{
		{"of one project", m.limited("one", []string{"55"}, "audit/see"), ""},
		{"without the right", m.user("other", "users/see"), ""},
	} {
		if got := m.as(tt.token, "GET", "/audit"+tt.query, ""); got.status != 403 || strings.Contains(got.body, "tier") {
			t.Errorf("%s: %d %s", tt.name, got.status, got.body)
		}
	}
	for _, bad := range []string{"?cursor=x", "?cursor=-1", "?limit=0", "?limit=1001", "?from=x", "?what=1"} {
		m.want(t, 422, "GET", "/audit"+bad, "")
	}
}
