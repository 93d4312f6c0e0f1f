package app_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/mail"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	v1 "callgate/api/v1"
	"callgate/internal/account"
	"callgate/internal/app"
	"callgate/internal/outside/mail/mailtest"
	"callgate/internal/project"
	"callgate/internal/store/storetest"
)

// scheduled is a report that comes every day.
func scheduled(to ...string) string {
	return object("name", "Отчёт КЦ", "report", "centre", "format", "csv", "period", "yesterday", "every", "daily", "at", "09:00", "zone", "Europe/Moscow", "to", to)
}

// schedule adds one and returns its id.
func (m *modern) schedule(t *testing.T, token string, to ...string) string {
	t.Helper()
	got := m.as(token, "POST", "/report-schedules", scheduled(to...))
	var n v1.ReportSchedule
	if err := json.Unmarshal([]byte(got.body), &n); err != nil || got.status != 200 || n.ID == "" {
		t.Fatalf("%d %s", got.status, got.body)
	}
	return n.ID
}

// runs are those of a schedule, the latest first.
func (m *modern) runs(t *testing.T, id string) []v1.ReportRun {
	t.Helper()
	var log struct{ Runs []v1.ReportRun }
	if err := json.Unmarshal([]byte(m.want(t, 200, "GET", "/report-schedules/"+id+"/runs", "").body), &log); err != nil {
		t.Fatal(err)
	}
	return log.Runs
}

// over waits until a run is, and returns it.
func (m *modern) over(t *testing.T, id string) (r v1.ReportRun) {
	t.Helper()
	eventually(t, "the report to be mailed", func() bool {
		r = m.runs(t, id)[0]
		return r.Ended != nil
	})
	return r
}

// TestReportByMail: a report goes from CDRs to the mail server, with what its owner may see when it is made, and stops when he
// goes.
func TestReportByMail(t *testing.T) {
	t.Parallel() // it mostly waits
	eachDatabase(t, func(t *testing.T, database string) {
		server := mailtest.New(t, mailtest.Options{})
		l := newLand(t, database, nil)
		numbers := map[string]string{"shop": "+74951112233", "bank": "+73812000000"}
		l.administer(t, func(a *app.Administration) error {
			for id, number := range numbers {
				if err := a.Projects.Add(t.Context(), project.Project{ID: id, Name: id, Zone: manualZone, Numbers: []string{number}, SLSeconds: 20}); err != nil {
					return err
				}
			}
			return nil
		})
		m := newModern(t, l)
		mine := m.schedule(t, m.token, "a@example.com", "b@example.com")
		if got := m.v1("POST", "/report-schedules/"+mine+"/run", ""); got.status != 200 {
			t.Fatalf("%d %s", got.status, got.body)
		}
		if r := m.over(t, mine); r.State != "failed" || r.Error != "no mail server is set" {
			t.Errorf("without a mail server: %+v", r)
		}
		l.set(t, "smtp.from", "Отчёты <reports@example.com>", "smtp.host", "127.0.0.1", "smtp.port", strconv.Itoa(server.Port), "smtp.security", "none")
		eventually(t, "the settings", func() bool {
			return strings.Contains(m.want(t, 200, "POST", "/test-mail", object("to", "test@example.com")).body, `"result":"taken"`)
		})
		zone, err := time.LoadLocation(manualZone)
		if err != nil {
			t.Fatal(err)
		}
		y, month, d := time.Now().In(zone).Date()
		yesterday := time.Date(y, month, d-1, 12, 0, 0, 0, zone)
		for i, id := range []string{"shop", "shop", "bank"} {
			leg := recordedLegAt(t, "tone-inbound-recorded", yesterday.Add(time.Duration(i)*time.Minute))
			leg.rename(leg.get(t, "uuid"), legID(int64(100+i), 1), "31001", numbers[id])
			m.postLeg(t, "a_", leg)
		}
		limited := m.limited("limited", []string{"bank"}, "reports/*")
		his := m.schedule(t, limited, "c@example.com")

		for _, tt := range []struct {
			name, id string
			to       []string
			has, not []string
		}{
			{"who sees all", mine, []string{"a@example.com", "b@example.com"}, []string{"shop,+74951112233,2,", "bank,+73812000000,1,", "total,,0,,,3,"}, []string{"*****"}},
			{"who sees one project and no numbers", his, []string{"c@example.com"}, []string{"bank,*****,1,", "total,,0,,,1,"}, []string{"shop", "73812000000"}},
		} {
			m.want(t, 200, "POST", "/report-schedules/"+tt.id+"/run", "")
			if r := m.over(t, tt.id); r.State != "sent" || !slices.Equal(r.Accepted, tt.to) || r.First != yesterday.Format(time.DateOnly) || r.AskedBy != login {
				t.Fatalf("%s: %+v", tt.name, r)
			}
			mails := server.Mails()
			last := mails[len(mails)-1]
			file := attachment(t, last.Body)
			for _, part := range tt.has {
				if !strings.Contains(file, part) {
					t.Errorf("%s: no %q in\n%s", tt.name, part, file)
				}
			}
			for _, part := range tt.not {
				if strings.Contains(file, part) {
					t.Errorf("%s: %q in\n%s", tt.name, part, file)
				}
			}
			if !slices.Equal(last.To, tt.to) {
				t.Errorf("%s: mailed to %q", tt.name, last.To)
			}
		}

		// Others' schedules are theirs.
		if all := m.as(limited, "GET", "/report-schedules", "").body; strings.Contains(all, mine) || !strings.Contains(all, his) {
			t.Errorf("the limited one sees %s", all)
		}
		took := func(token, id, body, owner string) {
			t.Helper()
			got := m.as(token, "PATCH", "/report-schedules/"+id, body)
			if got.status != 200 || !strings.Contains(got.body, fmt.Sprintf(`"owner":%q`, owner)) {
				t.Errorf("%s: %d %s, want it to be %s's", body, got.status, got.body, owner)
			}
		}
		took(m.token, his, object("active", false), "limited")
		took(m.token, his, object("active", true), "limited")
		took(m.token, his, object("to", []string{"d@example.com"}), login)
		refused(t, m.as(limited, "PATCH", "/report-schedules/"+his, object("at", "10:00")), 403, "")
		his = m.schedule(t, limited, "c@example.com")

		if err := m.app.Accounts().SetStatus(t.Context(), "limited", account.Inactive); err != nil {
			t.Fatal(err)
		}
		before := len(server.Mails())
		m.want(t, 200, "POST", "/report-schedules/"+his+"/run", "")
		if r := m.over(t, his); r.State != "skipped" || r.Error != "its owner limited is inactive; the schedule is stopped" || len(server.Mails()) != before {
			t.Errorf("of one who is disabled: %+v", r)
		}
		if all := list[v1.ReportSchedule](t, m, "/report-schedules"); len(all) != 3 || slices.IndexFunc(all, func(n v1.ReportSchedule) bool { return n.ID == his && !n.Active && n.Next == nil }) < 0 {
			t.Errorf("it goes on: %+v", all)
		}
		refused(t, m.v1("PATCH", "/report-schedules/"+his, object("active", true)), 403, "")
	})
}

// attachment is the file in a message.
func attachment(t *testing.T, body string) string {
	t.Helper()
	message, err := mail.ReadMessage(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	_, parameters, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(message.Body, parameters["boundary"])
	for {
		p, err := parts.NextPart()
		if err != nil {
			t.Fatalf("no file: %v", err)
		}
		if p.FileName() == "" {
			continue
		}
		text, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, p))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

// TestReplicasMailOnce: of two processes one mails. When it is killed the other mails what the mail server had not been given,
// and leaves alone what it may have: the log says that nobody knows.
func TestReplicasMailOnce(t *testing.T) {
	t.Parallel() // it mostly waits
	database := storetest.Postgres(t)
	server := mailtest.New(t, mailtest.Options{})
	_, replicas := newReplicas(t, database, database)
	l := &land{database: database}
	one, two := replicas[0], replicas[1]
	one.start(t)
	eventually(t, "the duty", func() bool { return one.holds(t, "installation") })
	two.start(t)
	token := two.signIn(t)
	l.set(t, "smtp.from", "reports@example.com", "smtp.host", "127.0.0.1", "smtp.port", strconv.Itoa(server.Port), "smtp.security", "none")
	ask := func(by *served, path, body string) string {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+by.addr+v1.Base+"/report-schedules"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Close = true
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%d %s %v", resp.StatusCode, text, err)
		}
		return string(text)
	}
	var n v1.ReportSchedule
	if err := json.Unmarshal([]byte(ask(two, "", scheduled("a@example.com"))), &n); err != nil {
		t.Fatal(err)
	}
	last := func(by *served) (r v1.ReportRun) {
		t.Helper()
		var log struct{ Runs []v1.ReportRun }
		if err := json.Unmarshal([]byte(by.get(t, v1.Base+"/report-schedules/"+n.ID+"/runs", token)), &log); err != nil {
			t.Fatal(err)
		}
		return log.Runs[0]
	}
	over := func(by *served) bool { return last(by).Ended != nil }
	kill := func(s *served) {
		server.Play(mailtest.Script{}) // once
		if err := s.end(os.Kill); err == nil {
			t.Error("not killed")
		}
	}

	ask(two, "/"+n.ID+"/run", "")
	eventually(t, "a mail by the first", func() bool { return over(two) })
	if r := last(two); r.State != "sent" || len(server.Mails()) != 1 {
		t.Fatalf("%d mailed: %+v", len(server.Mails()), r)
	}

	server.Play(mailtest.Script{Recipient: func(string) error { kill(one); return nil }})
	ask(two, "/"+n.ID+"/run", "")
	eventually(t, "a mail by the second", func() bool { return over(two) })
	if r := last(two); r.State != "sent" || r.Attempts != 2 || len(server.Mails()) != 2 {
		t.Fatalf("killed before the message: %d mailed: %+v", len(server.Mails()), r)
	}

	one.start(t)
	one.signIn(t)
	server.Play(mailtest.Script{Message: func(net.Conn, mailtest.Mail) error { kill(two); return nil }})
	ask(one, "/"+n.ID+"/run", "")
	eventually(t, "the end of a run that nobody knows of", func() bool { return over(one) })
	if r := last(one); r.State != "failed" || r.Attempts != 1 || !strings.Contains(r.Error, "not known whether") || len(server.Mails()) != 3 {
		t.Errorf("killed after the message: %d mailed: %+v", len(server.Mails()), r)
	}
	ask(one, "/"+n.ID+"/run", "")
	eventually(t, "another mail", func() bool { return over(one) })
	if r := last(one); r.State != "sent" || len(server.Mails()) != 4 {
		t.Errorf("then: %d mailed: %+v", len(server.Mails()), r)
	}
}

// TestScheduleRefusals: what is wrong with a schedule is named, and no address is repeated.
func TestScheduleRefusals(t *testing.T) {
	t.Parallel() // it mostly waits
	m := newQuiet(t, storetest.SQLite(t))
	good := map[string]any{"name": "x", "report": "queues", "format": "csv", "period": "yesterday", "every": "daily", "at": "09:00", "to": []string{"a@example.com"}}
	with := func(pairs ...any) string {
		all := maps.Clone(good)
		for i := 0; i < len(pairs); i += 2 {
			all[pairs[i].(string)] = pairs[i+1]
		}
		text, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	many := make([]string, 51)
	for i := range many {
		many[i] = fmt.Sprintf("a%d@example.com", i)
	}
	for _, tt := range []struct {
		name, body string
		status     int
		field      string
	}{
		{"line break in its name", with("name", "x\r\nBcc: spy@example.com"), 422, "name"},
		{"no name", with("name", ""), 422, "name"},
		{"name too long", with("name", strings.Repeat("я", 129)), 422, "name"},
		{"no such report", with("report", "calls"), 422, "report"},
		{"a path for a report", with("report", "../agents"), 422, "report"},
		{"no such format", with("format", "pdf"), 422, "format"},
		{"no such period", with("period", "today"), 422, "period"},
		{"no such rhythm", with("every", "hourly"), 422, "every"},
		{"time without a zero", with("at", "9:00"), 422, "at"},
		{"time after the day", with("at", "24:00"), 422, "at"},
		{"no such zone", with("zone", "Europe/Moskau"), 422, "zone"},
		{"zone of the machine", with("zone", "Local"), 422, "zone"},
		{"zone that is a path", with("zone", "../../etc/passwd"), 422, "zone"},
		{"weekly on no day", with("every", "weekly"), 422, "weekday"},
		{"daily on a day", with("weekday", 1), 422, "weekday"},
		{"monthly on no day", with("every", "monthly"), 422, "month_day"},
		{"monthly on day 32", with("every", "monthly", "month_day", 32), 422, "month_day"},
		{"daily on a day of the month", with("month_day", 1), 422, "month_day"},
		{"to nobody", with("to", []string{}), 422, "to"},
		{"to too many", with("to", many), 422, "to"},
		{"to somebody twice", with("to", []string{"a@example.com", "A@example.com"}), 422, "to"},
		{"to what is no address", with("to", []string{"a@example.com", "spy"}), 422, "to"},
		{"to what has a line break", with("to", []string{"spy@example.com\r\nRCPT TO:<b@example.com>"}), 422, "to"},
		{"unknown parameter", with("parameters", map[string][]string{"quueue": {"x"}}), 422, "parameters"},
		{"parameter that is the schedule's", with("parameters", map[string][]string{"from": {"2026-01-01"}}), 422, "parameters"},
		{"project that is none", with("parameters", map[string][]string{"project": {"nobody"}}), 404, ""},
		{"what is none of its", with("owner", "admin"), 422, "owner"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := m.v1("POST", "/report-schedules", tt.body)
			if refused(t, got, tt.status, tt.field); strings.Contains(got.body, "RCPT") {
				t.Errorf("it repeats an address: %s", got.body)
			}
		})
	}
	if got := m.v1("GET", "/report-schedules", "").body; strings.TrimSpace(got) != "[]" {
		t.Errorf("some are there: %s", got)
	}
	id := m.schedule(t, m.token, "a@example.com")
	refused(t, m.v1("PATCH", "/report-schedules/"+id, "{}"), 422, "body")
	refused(t, m.v1("PATCH", "/report-schedules/"+id, object("report", "none")), 422, "report")
	refused(t, m.v1("PATCH", "/report-schedules/"+id, object("every", "weekly")), 422, "weekday")
	for method, path := range map[string]string{"PATCH": "", "DELETE": "", "POST": "/run", "GET": "/runs"} {
		body := ""
		if method == "PATCH" {
			body = object("active", false)
		}
		refused(t, m.v1(method, "/report-schedules/nobody"+path, body), 404, "")
	}
	refused(t, m.v1("POST", "/test-mail", object("to", "spy\r\n")), 422, "to")
	if got := m.want(t, 200, "POST", "/test-mail", object("to", "a@example.com")).body; !strings.Contains(got, `"result":"refused","error":"no mail server is set"`) {
		t.Errorf("a test without a server: %s", got)
	}
}
