package app_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"callgate/internal/app"
	"callgate/internal/report"
	"callgate/internal/sms"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// manualHistory puts into a database what the manual's reports show, and around it what they do not.
func manualHistory(t *testing.T, database string, zone *time.Location) {
	t.Helper()
	s := storetest.Open(t, database, store.Options{})
	at := func(text string) time.Time {
		at, err := time.ParseInLocation("2006-01-02 15:04:05", text, zone)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	shown := map[int]report.Request{
		86:  {Module: "contact", Action: "getQueue", Code: 405, Error: "Access denied!", At: at("2022-11-10 11:18:48")},
		95:  {Module: "contact", Action: "tier", Code: 419, Error: "Empty queue!", At: at("2022-11-10 11:40:13")},
		98:  {Module: "report", Action: "sms", Code: 200, At: at("2022-11-10 11:20:21")},
		99:  {Module: "contact", Action: "tiers", Code: 200, At: at("2022-11-10 11:40:07")},
		100: {Module: "contact", Action: "tier", Code: 200, At: at("2022-11-10 11:41:36")},
		101: {Module: "contact", Action: "tier", Code: 420, Error: "Invalid JSON!", At: at("2022-11-10 11:41:43")},
		118: {Module: "contact", Action: "queues", Code: 200, At: at("2022-11-10 12:04:17")},
	}
	for id := 1; id <= 118; id++ {
		r, ok := shown[id]
		if !ok {
			r = report.Request{Code: 200, At: at("2022-11-09 23:59:59")}
		}
		var b report.Block
		b.Add(r)
		if err := s.SaveRequests(t.Context(), []report.Block{b}); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range []sms.Message{
		{At: at("2022-11-09 23:59:59"), Text: "before"},
		{At: at("2022-11-12 00:00:00"), Text: "after"},
		{At: at("2022-11-10 09:56:40"), Phone: "89190000000", Number: "+79190000000", Originator: "FRONTLINE", Text: "Проверка работы API ЦОВ с логами 3",
			Project: "1111", Result: sms.Error, Reason: "no provider is set"},
	} {
		if _, err := s.AddMessages(t.Context(), []sms.Message{m}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestManualReports sends every body that the manual prints for text messages and the reports on them, on requests and
// on users, and expects every answer it prints, white space aside. With a provider that takes messages
// TestManualSMS goes on.
func TestManualReports(t *testing.T) {
	t.Parallel() // it mostly waits
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			l := newLand(t, db.url(t), nil)
			zone, err := time.LoadLocation("Europe/Moscow")
			if err != nil {
				t.Fatal(err)
			}
			manualHistory(t, l.database, zone)
			h := l.build(t, func(c *app.Config) { c.AdminLogin, c.AdminPassword, c.TimeZone = "API-TEST", password, "Europe/Moscow" })
			h.ready()
			for _, name := range []string{"test2", "API-TEST-3"} {
				h.user(name, "sms/send")
			}
			token := h.signedIn("API-TEST")
			period := manual(t, "report.request.json")
			for _, tt := range []struct {
				name, path, body string
				wantStatus       int
				want             string
			}{
				{"messages", "/report/sms", period, 200, "sms.answer.json"},
				{"messages, no start", "/report/sms", `{"stop_date":"2022-11-11"}`, 419, "start.refusal.json"},
				{"messages, no stop", "/report/sms", `{"start_date":"2022-11-10"}`, 419, "stop.refusal.json"},
				{"requests", "/report/request", period, 200, "requests.answer.json"},
				{"requests, no start", "/report/request", "", 419, "start.refusal.json"},
				{"bad requests", "/report/badRequest", period, 200, "badrequests.answer.json"},
				{"bad requests, no start", "/report/badRequest", `{"start_date":"","stop_date":"2022-11-11"}`, 419, "start.refusal.json"},
				{"bad requests, no stop", "/report/badRequest", `{"start_date":"2022-11-10"}`, 419, "stop.refusal.json"},
				{"users", "/report/users", "", 200, "users.answer.json"},
				{"send without a provider", "/sms/send", manual(t, "send.request.json"), 200, "send.refusal.json"},
			} {
				t.Run(tt.name, func(t *testing.T) {
					got := h.post(tt.path, tt.body, token)
					if want := compact(t, manual(t, tt.want)); got.status != tt.wantStatus || got.body != want {
						t.Errorf("got %d %s\nwant %d %s", got.status, got.body, tt.wantStatus, want)
					}
					if ct := got.header.Get("Content-Type"); ct != "application/json; charset=utf-8" {
						t.Errorf("Content-Type %q", ct)
					}
				})
			}
		})
	}
}

// TestMessagesAreRecorded sends messages of all kinds and finds each in the report, for whoever may read it.
func TestMessagesAreRecorded(t *testing.T) {
	t.Parallel() // it mostly waits
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			var log bytes.Buffer
			l := newLand(t, db.url(t), nil)
			l.logger = slog.New(slog.NewTextHandler(&log, nil))
			h := l.build(t, nil)
			h.ready()
			h.signIn()
			now := time.Now()
			period := fmt.Sprintf(`{"start_date":%q,"stop_date":%q}`, now.Add(-time.Minute).Format("2006-01-02 15:04:05"), now.AddDate(0, 0, 1).Format("2006-01-02"))
			limited := h.limited("limited", []string{"1111"}, "sms/*", "report/sms")
			// What was sent, and what the report shows of it where that is not the same.
			long := strings.Repeat("ю", 2000)
			for _, m := range []struct{ body, phone, message, project, session, originator, token string }{
				{`{"phone":"8 (919) 000-00-00","message":"\"Да\"\n😀","project_id":"1111","session_id":"s1","originator":"FRONTLINE"}`, "8 (919) 000-00-00", "\"Да\"\n😀", "1111", "s1", "FRONTLINE", h.token},
				{`{"phone":"+79190000001","message":"a\u0000b"}`, "+79190000001", "a\uFFFDb", "", "", "", h.token},
				{`{"phone":"79190000002","message":"` + long + `","project_id":"2222"}`, "79190000002", long, "2222", "", "", h.token},
				{`{"phone":"89190000003","message":"секрет"}`, "89190000003", "секрет", "", "", "", limited},
				{`{"phone":"89190000004","message":"call 89190000004","project_id":"1111"}`, "89190000004", "call 89190000004", "1111", "", "", limited},
			} {
				if got := h.post("/sms/send", m.body, m.token); got.status != 200 || got.body != `{"result":"error"}` {
					t.Fatalf("%s: %d %s", m.body, got.status, got.body)
				}
				all := rows(t, h.call("/report/sms", period))
				last := all[len(all)-1]
				want := map[string]string{"Id": fmt.Sprint(len(all)), "phone": m.phone, "originator": m.originator, "message": m.message,
					"result": "error", "project_id": m.project, "session_id": m.session, "date_time": last["date_time"]}
				if fmt.Sprint(last) != fmt.Sprint(want) || last["date_time"] < now.Add(-time.Minute).Format("2006-01-02 15:04:05") {
					t.Errorf("the last row is %v\nwant %v", last, want)
				}
			}
			if got := h.post("/sms/send", `{"phone":"89190000005","message":"x","project_id":"2222"}`, limited); got.status != 404 {
				t.Errorf("for a project of others: %d %s", got.status, got.body)
			}
			seen := rows(t, h.post("/report/sms", period, limited))
			var ids []string
			for _, row := range seen {
				ids = append(ids, row["Id"])
				if row["phone"] != "*****" || strings.Contains(row["message"], "8919") {
					t.Errorf("shows %v", row)
				}
			}
			if fmt.Sprint(ids) != "[1 4 5]" {
				t.Errorf("of project 1111 and his own: %v", ids)
			}
			for path, right := range map[string]string{"/sms/send": "report/*", "/report/sms": "sms/*", "/report/users": "report/sms"} {
				token := h.user("without "+path, right)
				if got := h.post(path, `{"phone":"89190000000","message":"x"}`, token); got.status != 405 || got.body != `{"error":"Access denied!"}` {
					t.Errorf("%s with %s: %d %s", path, right, got.status, got.body)
				}
			}
			h.setStatus(t, "without /sms/send", "inactive")
			h.setStatus(t, "limited", "deleted")
			users := h.get("/report/users").body
			for _, want := range []string{`{"username":"API_test_2","status":"10"}`, `{"username":"without /sms/send","status":"9"}`, `{"username":"limited","status":"0"}`} {
				if !strings.Contains(users, want) {
					t.Errorf("%s lacks %s", users, want)
				}
			}
			// The request log has the body as it came.
			logged := rows(t, h.call("/report/request", period))
			if !strings.Contains(fmt.Sprint(logged), `{"phone":"89190000003","message":"секрет"}`) {
				t.Errorf("the request log lacks a message: %v", logged)
			}
			h.stop()
			for _, never := range []string{"секрет", "89190000003", "79190000003", "юю"} {
				if strings.Contains(log.String(), never) {
					t.Errorf("the process log shows %s", never)
				}
			}
			if !strings.Contains(log.String(), "sms") {
				t.Errorf("the process log shows no request: %.500s", log.String())
			}
		})
	}
}
