package app_test

import (
	"slices"
	"strings"
	"testing"

	v1 "callgate/api/v1"
	"callgate/internal/store/storetest"
)

// TestRequestPages: the log is read page by page, the newest first, by what is asked for; nobody reads of others' projects, nor
// numbers that he may not see.
func TestRequestPages(t *testing.T) {
	m := newQuiet(t, storetest.SQLite(t))
	one := m.limited("one", []string{"9876"}, "sms/*", "requests/see")
	m.post("/sms/send", `{"phone":"89190000001","text":"Call 89190000002","project_id":"9876"}`, m.token)
	m.post("/sms/send", `{"phone":"89190000003","text":"x","project_id":"1111"}`, m.token)
	m.post("/sms/send", `{"phone":"89190000004","text":"x"}`, one)
	for range 5 {
		m.post("/contact/queues", `{}`, m.token)
	}
	m.post("/contact/89190000005", `{}`, m.token)
	m.post("/contact/queues", `{`, "none")
	type page struct {
		Requests []v1.Request
		Next     string
	}
	all := func(token string, pairs ...string) (all []v1.Request, pages int) {
		t.Helper()
		for cursor := []string(nil); ; pages++ {
			p := read[page](t, m.as(token, "GET", query("/requests", append(cursor, pairs...)...), ""))
			all = append(all, p.Requests...)
			if p.Next == "" {
				return all, pages + 1
			}
			cursor = []string{"cursor", p.Next}
		}
	}
	whole, _ := all(m.token)
	if !slices.IsSortedFunc(whole, func(a, b v1.Request) int { return int(b.ID - a.ID) }) || len(whole) < 12 {
		t.Fatalf("%+v", whole)
	}
	bad := whole[0]
	if bad.Status != 420 || bad.Module != "contact" || bad.Action != "queues" || bad.Error == "" || bad.Reason == "" || bad.Why != "bad_json" || bad.User != "" || bad.Body != "{" || len(bad.Request) != 16 {
		t.Errorf("the last one: %+v", bad)
	}
	in3, pages := all(m.token, "limit", "3")
	if len(in3) != len(whole) || pages != (len(whole)+2)/3 {
		t.Errorf("%d on %d pages, want %d", len(in3), pages, len(whole))
	}
	for _, tt := range []struct {
		name  string
		pairs []string
		want  func(r v1.Request) bool
	}{
		{"of a module", []string{"module", "sms"}, func(r v1.Request) bool { return r.Module == "sms" }},
		{"of an action", []string{"module", "contact", "action", "queues"}, func(r v1.Request) bool { return r.Action == "queues" }},
		{"with a status", []string{"status", "200"}, func(r v1.Request) bool { return r.Status == 200 }},
		{"of a user", []string{"user", "one"}, func(r v1.Request) bool { return r.User == "one" }},
		{"for a reason", []string{"why", "bad_json"}, func(r v1.Request) bool { return r.Why == "bad_json" }},
		{"refused", []string{"refused", "true"}, func(r v1.Request) bool { return r.Status/100 != 2 }},
		{"of yesterday", []string{"to", "2026-01-01", "from", "2025-12-31"}, func(v1.Request) bool { return false }},
	} {
		want := slices.DeleteFunc(slices.Clone(whole), func(r v1.Request) bool { return !tt.want(r) })
		got, _ := all(m.token, append(tt.pairs, "limit", "2")...)
		if !slices.Equal(got, want) || len(got) == len(whole) {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, want)
		}
	}
	seen, _ := all(one)
	for _, r := range seen {
		if r.User != "one" && r.Project != "9876" || r.Reason != "" || strings.Contains(r.Body, "8919") {
			t.Errorf("of one project, without numbers: %+v", r)
		}
	}
	if len(seen) != 2 || seen[1].Body != `{"phone":"*****","text":"Call *****","project_id":"9876"}` {
		t.Errorf("of one project: %+v", seen)
	}
	blind, _ := all(m.user("blind", "requests/see"), "user", login)
	for _, r := range blind {
		if strings.Contains(r.Body+r.Action, "8919") {
			t.Errorf("without numbers: %+v", r)
		}
	}
	for _, bad := range []string{"?cursor=x", "?cursor=0", "?status=99", "?refused=maybe", "?limit=1001", "?what=1"} {
		m.want(t, 422, "GET", "/requests"+bad, "")
	}
}
