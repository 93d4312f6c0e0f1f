package app_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "callgate/api/v1"
	"callgate/internal/app"
	"callgate/internal/project"
	"callgate/internal/report"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// why is the request log's word for the last request that was refused, and what it says of it.
func (m *modern) why(t *testing.T, s *store.Store) (word, reason string) {
	t.Helper()
	m.answers("the log", "/report/badRequest", `{"start_date":"2026-01-01","stop_date":"2026-01-01"}`, 200, `{"result":"OK","data":[]}`) // which waits for the log
	var last report.Request
	for r, err := range s.Requests(t.Context(), time.Now().Add(-time.Hour), time.Now().Add(time.Minute), false) {
		if err != nil {
			t.Fatal(err)
		}
		last = r
	}
	return last.Why, last.Reason
}

// module is one of the catalogue.
func (m *modern) module(t *testing.T, token, name string) (v v1.Module) {
	t.Helper()
	var all []v1.Module
	if err := json.Unmarshal([]byte(m.as(token, "GET", "/modules", "").body), &all); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(v v1.Module) bool { return v.Module == name })
	if i < 0 {
		t.Fatalf("no module %s", name)
	}
	return all[i]
}

// TestModulesSwitched walks through what a manager does with the API of his customers, and what they get.
func TestModulesSwitched(t *testing.T) {
	t.Parallel() // it mostly waits
	database := storetest.SQLite(t)
	(&land{database: database}).administer(t, func(a *app.Administration) error {
		for _, id := range []string{"1111", "2222"} {
			if err := a.Projects.Add(t.Context(), project.Project{ID: id, Name: "Shop", SLSeconds: 20}); err != nil {
				return err
			}
		}
		return nil
	})
	m, s := newQuiet(t, database), storetest.Open(t, database, store.Options{})
	one := m.limited("one", []string{"1111"}, "onlinestat/*", "contact/*", "queues/see", "modules/*", "sms/*")
	both := m.limited("both", []string{"1111", "2222"}, "onlinestat/*")
	get := func(token, path, body string) string {
		got := m.post(path, body, token)
		return fmt.Sprint(got.status, " ", got.body)
	}
	const denied, stat = `405 {"error":"Access denied!"}`, `{"cntLoggedIn":0,"cntReady":0,"cntNotReady":0,"cntTalking":0}`
	expect := func(what, got, want, why, reason string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: got %s, want %s", what, got, want)
		}
		if why == "" {
			return
		}
		if gotWhy, gotReason := m.why(t, s); gotWhy != why || !strings.Contains(gotReason, reason) {
			t.Errorf("%s: the log says %s, %s; want %s, %s", what, gotWhy, gotReason, why, reason)
		}
	}
	expect("no token", get("", "/contact/queues", ""), `401 {"error":"Wrong token!"}`, "no_token", "")
	expect("unknown token", get(strings.Repeat("0", 32), "/contact/queues", ""), `401 {"error":"Wrong token!"}`, "unknown_token", "")
	expect("no right", get(both, "/contact/queues", ""), denied, "no_right", "no right contact/queues")
	expect("unknown action", get(m.token, "/contact/getQueue", ""), denied, "unknown_action", "")
	expect("another's project", get(one, "/onlinestat/get", `{"project_id":"2222"}`), `404 {"error":"Project not found"}`, "hidden_project", "")
	expect("an empty field", get(one, "/onlinestat/get", ""), `419 {"error":"Empty project_id!"}`, "empty_field", "project_id")

	m.want(t, 200, "PUT", "/modules/onlinestat/*?project=1111", object("on", false))
	const off = "onlinestat is switched off for project 1111: for project 1111 since "
	expect("its project", get(m.token, "/onlinestat/get", `{"project_id":"1111"}`), denied, "switched_off_for_project", off)
	expect("another project", get(m.token, "/onlinestat/get", `{"project_id":"2222"}`), "200 "+stat, "", "")
	expect("who has no other", get(one, "/onlinestat/all", ""), denied, "switched_off_for_project", " by "+login)
	expect("who has another", get(both, "/onlinestat/all", ""), `200 {"2222":`+stat+`}`, "", "")
	expect("who sees all", get(m.token, "/onlinestat/all", ""), `200 {"1111":`+stat+`,"2222":`+stat+`}`, "", "")

	// The modern face: what is named in a query and in a body.
	m.want(t, 200, "PUT", "/modules/sms/*?project=1111", object("on", false))
	for _, tt := range []struct{ method, path, body string }{
		{"GET", "/sms/messages?project=1111", ""}, {"GET", "/sms/messages?project=2222&project=1111", ""},
		{"POST", "/sms/messages", object("phone", "89190000000", "text", "x", "project", "1111")},
		{"POST", "/sms/messages/bulk", object("messages", []any{map[string]any{"phone": "89190000000", "text": "x", "project": "1111"}})},
	} {
		if got := m.v1(tt.method, tt.path, tt.body); got.status != 403 || !strings.Contains(got.body, `"detail":"Access denied: sms is switched off for project 1111"`) {
			t.Errorf("%s %s: %d %s", tt.method, tt.path, got.status, got.body)
		}
	}
	m.want(t, 200, "GET", "/sms/messages?project=2222", "")
	if got := m.as(one, "GET", "/sms/templates", ""); got.status != 403 {
		t.Errorf("who has no other project: %d %s", got.status, got.body)
	}

	// For all, by who may and who may not.
	for _, tt := range []struct {
		name, token, method, path, body string
		status                          int
	}{
		{"limited, for all", one, "PUT", "/modules/contact/*", object("on", false), 403},
		{"limited, for another's", one, "PUT", "/modules/contact/*?project=2222", object("on", false), 404},
		{"limited, for his", one, "PUT", "/modules/contact/tiers?project=1111", object("on", false), 200},
		{"no project", m.token, "PUT", "/modules/contact/*?project=3333", object("on", false), 404},
		{"no action", m.token, "PUT", "/modules/contact/sub", object("on", false), 404},
		{"a right", m.token, "PUT", "/modules/numbers/see", object("on", false), 404},
		{"the switches themselves", m.token, "PUT", "/modules/modules/edit", object("on", false), 403},
		{"the switches themselves, for one", m.token, "PUT", "/modules/modules/*?project=1111", object("on", false), 403},
		{"switches on", m.token, "PUT", "/modules/modules/edit", object("on", true), 200},
		{"nothing said", m.token, "PUT", "/modules/contact/*", object(), 422},
		{"what nobody knows", m.token, "PUT", "/modules/contact/*", object("on", false, "by", "x"), 422},
		{"too far ahead", m.token, "PUT", "/modules/contact/*", object("on", false, "from", time.Now().AddDate(2, 0, 0)), 422},
		{"nothing to come", m.token, "DELETE", "/modules/contact/*", "", 404},
		{"for all, later", m.token, "PUT", "/modules/contact/queues", object("on", false, "from", time.Now().Add(time.Hour)), 200},
	} {
		if got := m.as(tt.token, tt.method, tt.path, tt.body); got.status != tt.status {
			t.Errorf("%s: %d %s, want %d", tt.name, got.status, got.body, tt.status)
		}
	}
	if v := m.module(t, m.token, "contact"); !v.Actions[3].On || v.Actions[3].Action != "queues" || v.Actions[3].Switches[0].Next == nil || v.Actions[3].Switches[0].Next.By != login {
		t.Errorf("to come: %+v", v.Actions[3])
	}
	m.want(t, 200, "DELETE", "/modules/contact/queues", "")
	m.want(t, 200, "PUT", "/modules/contact/queues", object("on", false, "from", time.Now().Add(200*time.Millisecond)))
	eventually(t, "queues are off", func() bool { return get(one, "/contact/queues", "") == denied })
	expect("off for all", get(m.token, "/contact/queues", ""), denied, "switched_off", "contact/queues is switched off: for all since "+time.Now().UTC().Format("2006-01-02"))
	if v := m.module(t, m.token, "contact"); v.Actions[3].On || v.Actions[3].Switches[0].Next != nil || !v.On || v.Title.Russian != "Модуль взаимодействия с телефонной платформой ЦОВ FreeSWITCH" {
		t.Errorf("come: %+v", v)
	}

	// What who is limited sees of it.
	if v := m.module(t, one, "contact"); len(v.Actions[4].Switches) != 1 || v.Actions[4].Switches[0].By != "one" {
		t.Errorf("his own: %+v", v.Actions[4])
	}
	var page struct{ Changes []v1.ModuleChange }
	if err := json.Unmarshal([]byte(m.want(t, 200, "GET", query("/modules/history", "module", "contact", "action", "queues"), "").body), &page); err != nil {
		t.Fatal(err)
	}
	if got := page.Changes; len(got) != 3 || got[2].Before != nil || got[2].After.Next == nil || got[1].After.Next != nil || !got[0].After.On || got[0].After.Next.On || got[0].Login != login {
		t.Errorf("the history: %+v", got)
	}
	m.want(t, 200, "PUT", "/modules/report/*?project=2222", object("on", false))
	if got := m.as(one, "GET", "/modules/history", "").body; strings.Contains(got, "2222") || !strings.Contains(got, `"project":"1111"`) || !strings.Contains(got, `"action":"queues"`) {
		t.Errorf("the history for who is limited: %s", got)
	}
	refused(t, m.v1("GET", "/modules/history?module=sms", ""), 422, "action")
	refused(t, m.v1("GET", "/modules/history?cursor=x", ""), 422, "cursor")
}
