package legacy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"callgate/api/legacy"
	"callgate/internal/account"
	"callgate/internal/fault"
	"callgate/internal/report"
	"callgate/internal/sms"
)

// office is a face whose request log holds what a test says.
type office struct {
	world
	who      account.Identity
	rows     []report.Request
	sent     []sms.Message
	users    []account.User
	breaks   int // after so many rows reading fails; 0 never
	flushed  bool
	from, to time.Time // as the log was asked
}

func (o *office) Authenticate(context.Context, string, func() string) (*account.Identity, error) {
	return &o.who, nil
}
func (o *office) Flush(context.Context) error { o.flushed = true; return nil }

func (o *office) Requests(_ context.Context, from, to time.Time, passed bool) iter.Seq2[report.Request, error] {
	o.from, o.to = from, to
	return func(yield func(report.Request, error) bool) {
		for i, r := range o.rows {
			if o.breaks > 0 && i == o.breaks {
				yield(report.Request{}, fault.New(fault.StorageDown, ""))
				return
			}
			if !r.At.Before(from) && r.At.Before(to) && r.Passed() == passed && !yield(r, nil) {
				return
			}
		}
	}
}

func (o *office) Messages(_ context.Context, from, to time.Time) iter.Seq2[sms.Message, error] {
	o.from, o.to = from, to
	return func(yield func(sms.Message, error) bool) {
		for i, m := range o.sent {
			if o.breaks > 0 && i == o.breaks {
				yield(sms.Message{}, fault.New(fault.StorageDown, ""))
				return
			}
			if !m.At.Before(from) && m.At.Before(to) && !yield(m, nil) {
				return
			}
		}
	}
}

func (o *office) Managed(context.Context, *account.Identity) ([]account.User, error) {
	return o.users, nil
}

func (o *office) serve(t *testing.T, zone *time.Location, path, body string) (*httptest.ResponseRecorder, error) {
	t.Helper()
	face := legacy.New(legacy.Options{Accounts: o, Calls: o, Board: o, CDRs: o, Recordings: o, Requests: o, Reports: o, Zone: zone})
	rec := httptest.NewRecorder()
	err := face.Serve(rec, httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body)), nowhere, "id")
	return rec, err
}

func between(start, stop string) string {
	return fmt.Sprintf(`{"start_date":%q,"stop_date":%q}`, start, stop)
}

// shown returns the values of a key in an answer's rows.
func shown(t *testing.T, rec *httptest.ResponseRecorder, key string) (all []string) {
	t.Helper()
	var got struct {
		Result string
		Data   []map[string]string
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil || got.Result != "OK" || rec.Code != 200 {
		t.Fatalf("%d %s: %v", rec.Code, rec.Body, err)
	}
	for _, row := range got.Data {
		all = append(all, row[key])
	}
	return all
}

// TestRequestReport has the rows that the manual prints.
func TestRequestReport(t *testing.T) {
	day := time.Date(2022, 11, 10, 0, 0, 0, 0, time.UTC)
	o := &office{who: account.Identity{UserID: 1, Rights: []account.Right{{Module: "*", Action: "*"}}}, rows: []report.Request{
		{ID: 86, Module: "contact", Action: "getQueue", Code: 405, Error: "Access denied!", At: day.Add(11*time.Hour + 18*time.Minute + 48*time.Second)},
		{ID: 98, Module: "report", Action: "sms", Code: 200, At: day.Add(11*time.Hour + 20*time.Minute + 21*time.Second + 999*time.Millisecond)},
		{ID: 99, Module: "contact", Action: "tiers", Code: 200, Body: "{\"a\":\"<Анна> & \\\"\"}\u2028", At: day.Add(36 * time.Hour)},
		{ID: 101, Module: "contact", Action: "tier", Code: 420, Error: "Invalid JSON!", At: day.Add(48 * time.Hour)},
	}}
	for _, tt := range []struct{ name, path, body, want string }{
		{"those that passed", "/report/request", between("2022-11-10", "2022-11-11"), `{"result":"OK","data":[` +
			`{"id":"98","body_request":"","module":"report","action":"sms","code_response":"200","error_message":"","created_at":"2022-11-10 11:20:21"},` +
			`{"id":"99","body_request":"{\"a\":\"<Анна> & \\\"\"}\u2028","module":"contact","action":"tiers","code_response":"200","error_message":"","created_at":"2022-11-11 12:00:00"}]}`},
		{"the others", "/report/badRequest", between("2022-11-10", "2022-11-11"), `{"result":"OK","data":[` +
			`{"id":"86","body_request":"","module":"contact","action":"getQueue","code_response":"405","error_message":"Access denied!","created_at":"2022-11-10 11:18:48"}]}`},
		{"none", "/report/request", between("2021-11-10", "2021-11-11"), `{"result":"OK","data":[]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rec, err := o.serve(t, time.UTC, tt.path, tt.body)
			if err != nil || rec.Body.String() != tt.want || rec.Header().Get("Content-Type") != "application/json; charset=utf-8" || !o.flushed {
				t.Errorf("got %s, %v\nwant %s", rec.Body, err, tt.want)
			}
		})
	}
	if last := o.logged[len(o.logged)-1]; last.Code != 200 || last.Action != "request" {
		t.Errorf("logged %+v", last)
	}
}

func TestPeriodFields(t *testing.T) {
	for _, tt := range []struct{ name, body, want string }{
		{"nothing", `{}`, "Empty start_date!"},
		{"start blank, stop wrong", `{"start_date":" ","stop_date":"x"}`, "Empty start_date!"},
		{"start null", `{"start_date":null,"stop_date":"2022-11-10"}`, "Empty start_date!"},
		{"start wrong, no stop", `{"start_date":"x"}`, "Wrong start_date!"},
		{"start is no text", `{"start_date":20221110,"stop_date":"2022-11-10"}`, "Wrong start_date!"},
		{"no stop", `{"start_date":"2022-11-10"}`, "Empty stop_date!"},
		{"stop before start", between("2022-11-11", "2022-11-10"), "Wrong stop_date!"},
		{"stop a second before start", between("2022-11-11 10:00:01", "2022-11-11 10:00:00"), "Wrong stop_date!"},
		{"stop's day ends before start", between("2022-11-11 00:00:00", "2022-11-10"), "Wrong stop_date!"},
		{"no such day", between("2022-02-29", "2022-03-01"), "Wrong start_date!"},
		{"no such month", between("2022-11-10", "2022-13-01"), "Wrong stop_date!"},
		{"no such hour", between("2022-11-10 24:00:00", "2022-11-11"), "Wrong start_date!"},
		{"leap second", between("2022-11-10 23:59:60", "2022-11-11"), "Wrong start_date!"},
		{"one digit", between("2022-11-1", "2022-11-11"), "Wrong start_date!"},
		{"one digit of the hour", between("2022-11-10 9:00:00", "2022-11-11"), "Wrong start_date!"},
		{"a fraction", between("2022-11-10 09:00:00.5", "2022-11-11"), "Wrong start_date!"},
		{"a zone", between("2022-11-10T09:00:00Z", "2022-11-11"), "Wrong start_date!"},
		{"blank around", between(" 2022-11-10", "2022-11-11"), "Wrong start_date!"},
		{"year of five digits", between("12022-11-10", "2022-11-11"), "Wrong start_date!"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, path := range []string{"/report/sms", "/report/request", "/report/badRequest"} {
				rec, _ := (&office{}).serve(t, time.UTC, path, tt.body)
				if got, want := rec.Body.String(), `{"error":"`+tt.want+`"}`; rec.Code != 419 || got != want {
					t.Errorf("%s: got %d %s, want 419 %s", path, rec.Code, got, want)
				}
			}
		})
	}
}

// TestPeriodsWhenClocksChange: whatever second of the day a period is cut at, each request is in one of the two halves,
// that which its created_at says.
func TestPeriodsWhenClocksChange(t *testing.T) {
	for _, tt := range []struct {
		name, zone, day string
		hours           int // that the day has
	}{
		{"an hour is skipped", "Europe/Berlin", "2024-03-31", 23},
		{"an hour comes twice", "Europe/Berlin", "2024-10-27", 25},
		{"no change", "Europe/Berlin", "2024-07-01", 24},
		{"no summer time", "Europe/Moscow", "2024-10-27", 24},
		{"no midnight", "America/Sao_Paulo", "2018-11-04", 23},
		{"a midnight twice", "America/Sao_Paulo", "2018-02-17", 25},
		{"far east", "Pacific/Kiritimati", "2024-07-01", 24},
		{"far west", "Pacific/Pago_Pago", "2024-07-01", 24},
	} {
		t.Run(tt.name, func(t *testing.T) {
			zone, err := time.LoadLocation(tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			noon, err := time.ParseInLocation("2006-01-02 15", tt.day+" 12", zone)
			if err != nil {
				t.Fatal(err)
			}
			o := &office{}
			for at, id := noon.Add(-40*time.Hour), int64(1); at.Before(noon.Add(40 * time.Hour)); at, id = at.Add(30*time.Minute), id+1 {
				for _, off := range []time.Duration{-time.Microsecond, 0} {
					o.rows = append(o.rows, report.Request{ID: id, Code: 200, At: at.Add(off)})
					o.sent = append(o.sent, sms.Message{ID: id, At: at.Add(off)})
				}
			}
			ask := func(start, stop string) []string {
				rec, err := o.serve(t, zone, "/report/request", between(start, stop))
				if err != nil {
					t.Fatal(err)
				}
				all := shown(t, rec, "created_at")
				if rec, err = o.serve(t, zone, "/report/sms", between(start, stop)); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(all, shown(t, rec, "date_time")); diff != "" {
					t.Fatalf("messages: mismatch (-requests, +messages):\n%s", diff)
				}
				return all
			}
			whole := ask(tt.day, tt.day)
			if len(whole) != tt.hours*2*2 {
				t.Errorf("the day has %d requests, want %d", len(whole), tt.hours*2*2)
			}
			if width := o.to.Sub(o.from); width > 28*time.Hour {
				t.Errorf("the log was asked for %v", width)
			}
			for _, at := range whole {
				if !strings.HasPrefix(at, tt.day) {
					t.Errorf("%s is of another day", at)
				}
			}
			slices.Sort(whole)
			midnight := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
			for cut := 30 * time.Minute; cut < 24*time.Hour; cut += 30 * time.Minute { // skipped seconds among them
				second, before := midnight.Add(cut).Format(" 15:04:05"), midnight.Add(cut-time.Second).Format(" 15:04:05")
				early, late := ask(tt.day, tt.day+before), ask(tt.day+second, tt.day)
				if slices.ContainsFunc(early, func(at string) bool { return at > tt.day+before }) ||
					slices.ContainsFunc(late, func(at string) bool { return at < tt.day+second }) {
					t.Fatalf("cut at%s: early %v, late %v", second, early, late)
				}
				both := append(early, late...)
				slices.Sort(both)
				if diff := cmp.Diff(whole, both); diff != "" {
					t.Fatalf("cut at%s: mismatch (-whole, +halves):\n%s", second, diff)
				}
			}
		})
	}
}

func TestWhoSeesWhatOfRequests(t *testing.T) {
	at := time.Date(2022, 11, 10, 12, 0, 0, 0, time.UTC)
	rows := []report.Request{
		{ID: 1, Code: 200, At: at, UserID: 7, Body: `{"called_number":"89100000000","message":"+79100000000"}`},
		{ID: 2, Code: 200, At: at, UserID: 8, Project: "1111"},
		{ID: 3, Code: 200, At: at, UserID: 8, Project: "2222"},
		{ID: 4, Code: 200, At: at, UserID: 8},
		{ID: 5, Code: 200, At: at},
	}
	for _, tt := range []struct {
		name     string
		projects []string
		rights   []account.Right
		want     []string
		wantBody string
	}{
		{"everything", nil, []account.Right{{Module: "*", Action: "*"}}, []string{"1", "2", "3", "4", "5"}, rows[0].Body},
		{"no numbers", nil, []account.Right{{Module: "report", Action: "*"}}, []string{"1", "2", "3", "4", "5"}, `{"called_number":"*****","message":"*****"}`},
		{"a project, with numbers", []string{"1111"}, []account.Right{{Module: "numbers", Action: "see"}}, []string{"1", "2"}, rows[0].Body},
		{"a project without requests", []string{"3333"}, nil, []string{"1"}, `{"called_number":"*****","message":"*****"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := &office{who: account.Identity{UserID: 7, Projects: tt.projects, Rights: tt.rights}, rows: rows}
			rec, err := o.serve(t, time.UTC, "/report/request", between("2022-11-10", "2022-11-10"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, shown(t, rec, "id")); diff != "" {
				t.Errorf("mismatch (-want, +got):\n%s", diff)
			}
			if got := shown(t, rec, "body_request")[0]; got != tt.wantBody {
				t.Errorf("body %s, want %s", got, tt.wantBody)
			}
		})
	}
}

// TestManualSMSReport has the row that the manual prints, among those that are in no such period.
func TestManualSMSReport(t *testing.T) {
	zone := time.FixedZone("", 3*60*60)
	at := time.Date(2022, 11, 10, 9, 56, 40, 999999000, zone)
	o := &office{who: account.Identity{UserID: 1, Rights: []account.Right{{Module: "*", Action: "*"}}}, sent: []sms.Message{
		{ID: 2, At: at.AddDate(0, 0, -1), Result: sms.OK},
		{ID: 3, At: at, Phone: "89190000000", Number: "+79190000000", Originator: "FRONTLINE", Text: "Проверка работы API ЦОВ с логами 3", Result: sms.Error,
			Project: "1111", UserID: 7, Reason: "no provider is set"},
		{ID: 4, At: at.AddDate(0, 0, 2), Result: sms.OK},
	}}
	for _, tt := range []struct{ name, start, stop, want string }{
		{"the manual's", "2022-11-10", "2022-11-11", `{"result":"OK","data":[{"Id":"3","phone":"89190000000","originator":"FRONTLINE",` +
			`"message":"Проверка работы API ЦОВ с логами 3","result":"error","project_id":"1111","session_id":"","date_time":"2022-11-10 09:56:40"}]}`},
		{"its second", "2022-11-10 09:56:40", "2022-11-10 09:56:40", `{"result":"OK","data":[{"Id":"3","phone":"89190000000","originator":"FRONTLINE",` +
			`"message":"Проверка работы API ЦОВ с логами 3","result":"error","project_id":"1111","session_id":"","date_time":"2022-11-10 09:56:40"}]}`},
		{"the second before", "2022-11-10", "2022-11-10 09:56:39", `{"result":"OK","data":[]}`},
		{"the second after", "2022-11-10 09:56:41", "2022-11-11", `{"result":"OK","data":[]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rec, err := o.serve(t, zone, "/report/sms", between(tt.start, tt.stop))
			if err != nil || rec.Body.String() != tt.want || rec.Header().Get("Content-Type") != "application/json; charset=utf-8" {
				t.Errorf("got %s, %v\nwant %s", rec.Body, err, tt.want)
			}
		})
	}
}

// TestSMSReportTexts: a text is shown as it was given, whatever is in it.
func TestSMSReportTexts(t *testing.T) {
	at := time.Date(2022, 11, 10, 12, 0, 0, 0, time.UTC)
	o := &office{who: account.Identity{UserID: 1, Rights: []account.Right{{Module: "*", Action: "*"}}}}
	want := []string{"\"Да\", 'нет' \\ /", "line\r\nline\u2028\u2029", "<b>😀</b> &", "\x00\x01\x7f", strings.Repeat("ю", 2000), ""}
	for _, text := range want {
		o.sent = append(o.sent, sms.Message{At: at, Text: text, Originator: text, Session: text, Result: sms.OK})
	}
	rec, err := o.serve(t, time.UTC, "/report/sms", between("2022-11-10", "2022-11-10"))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"message", "originator", "session_id"} {
		if diff := cmp.Diff(want, shown(t, rec, key)); diff != "" {
			t.Errorf("%s: mismatch (-want, +got):\n%s", key, diff)
		}
	}
}

func TestWhoSeesWhatOfMessages(t *testing.T) {
	at := time.Date(2022, 11, 10, 12, 0, 0, 0, time.UTC)
	sent := []sms.Message{
		{ID: 1, At: at, UserID: 7, Phone: "8 (919) 000-00-00", Originator: "79190000001", Text: "call +79100000000 or 5-12", Session: "1234567890"},
		{ID: 2, At: at, UserID: 8, Project: "1111"},
		{ID: 3, At: at, UserID: 8, Project: "2222"},
		{ID: 4, At: at, UserID: 8},
	}
	whole := []string{sent[0].Phone, sent[0].Originator, sent[0].Text, sent[0].Session}
	hidden := []string{"*****", "*****", "call ***** or 5-12", "1234567890"}
	for _, tt := range []struct {
		name      string
		projects  []string
		rights    []account.Right
		want      []string
		wantFirst []string
	}{
		{"everything", nil, []account.Right{{Module: "*", Action: "*"}}, []string{"1", "2", "3", "4"}, whole},
		{"no numbers", nil, []account.Right{{Module: "report", Action: "*"}}, []string{"1", "2", "3", "4"}, hidden},
		{"a project, with numbers", []string{"1111"}, []account.Right{{Module: "numbers", Action: "see"}}, []string{"1", "2"}, whole},
		{"a project without messages", []string{"3333"}, nil, []string{"1"}, hidden},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := &office{who: account.Identity{UserID: 7, Projects: tt.projects, Rights: tt.rights}, sent: sent}
			rec, err := o.serve(t, time.UTC, "/report/sms", between("2022-11-10", "2022-11-10"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, shown(t, rec, "Id")); diff != "" {
				t.Errorf("mismatch (-want, +got):\n%s", diff)
			}
			var first []string
			for _, key := range []string{"phone", "originator", "message", "session_id"} {
				first = append(first, shown(t, rec, key)[0])
			}
			if diff := cmp.Diff(tt.wantFirst, first); diff != "" {
				t.Errorf("mismatch (-want, +got):\n%s", diff)
			}
		})
	}
}

// TestManualUsers has the rows that the manual prints, and each status.
func TestManualUsers(t *testing.T) {
	for _, tt := range []struct {
		name  string
		users []account.User
		want  string
	}{
		{"the manual's", []account.User{{Login: "API-TEST", Status: account.Active}, {Login: "test2", Status: account.Active}, {Login: "API-TEST-3", Status: account.Active}},
			`{"result":"OK","data":[{"username":"API-TEST","status":"10"},{"username":"test2","status":"10"},{"username":"API-TEST-3","status":"10"}]}`},
		{"each status", []account.User{{Login: "анна", Status: account.Active}, {Login: `b"&`, Status: account.Inactive}, {Login: "c", Status: account.Deleted}},
			`{"result":"OK","data":[{"username":"анна","status":"10"},{"username":"b\"&","status":"9"},{"username":"c","status":"0"}]}`},
		{"none", nil, `{"result":"OK","data":[]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := &office{users: tt.users}
			rec, err := o.serve(t, time.UTC, "/report/users", "")
			if err != nil || rec.Body.String() != tt.want {
				t.Errorf("got %s, %v\nwant %s", rec.Body, err, tt.want)
			}
		})
	}
}

// TestRequestsNameTheirProject looks at what the log is told.
func TestRequestsNameTheirProject(t *testing.T) {
	for _, tt := range []struct{ name, body, want string }{
		{"named", `{"project_id":"1111"}`, "1111"},
		{"none", `{}`, ""},
		{"a number", `{"project_id":1111}`, ""},
		{"as long as may be", `{"project_id":"` + strings.Repeat("x", 64) + `"}`, strings.Repeat("x", 64)},
		{"too long", `{"project_id":"` + strings.Repeat("x", 65) + `"}`, ""},
		{"broken", `{"project_id":"1111"`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := &office{}
			_, _ = o.serve(t, time.UTC, "/report/request", tt.body)
			if len(o.logged) != 1 || o.logged[0].Project != tt.want {
				t.Errorf("logged %+v, want project %q", o.logged, tt.want)
			}
		})
	}
}

// TestBrokenReport: a failure before the answer has begun is an answer, one in the middle is told to the caller, who
// cuts the connection.
func TestBrokenReport(t *testing.T) {
	at := time.Date(2022, 11, 10, 12, 0, 0, 0, time.UTC)
	for _, path := range []string{"/report/request", "/report/sms"} {
		t.Run(path, func(t *testing.T) {
			o := &office{breaks: 1, rows: make([]report.Request, 1000), sent: make([]sms.Message, 1000)}
			for i := range o.rows {
				o.rows[i] = report.Request{ID: int64(i), Code: 200, At: at, Body: strings.Repeat("x", 100)}
				o.sent[i] = sms.Message{ID: int64(i), At: at, Text: strings.Repeat("x", 100)}
			}
			rec, err := o.serve(t, time.UTC, path, between("2022-11-10", "2022-11-10"))
			if rec.Code != 503 || rec.Body.String() != `{"error":"Storage unavailable!"}` || errors.Is(err, http.ErrAbortHandler) {
				t.Errorf("at once: %d %s, %v", rec.Code, rec.Body, err)
			}
			o.breaks = 900
			rec, err = o.serve(t, time.UTC, path, between("2022-11-10", "2022-11-10"))
			if rec.Code != 200 || json.Valid(rec.Body.Bytes()) || !errors.Is(err, http.ErrAbortHandler) || !errors.Is(err, fault.New(fault.StorageDown, "")) {
				t.Errorf("in the middle: %d, %d bytes, %v", rec.Code, rec.Body.Len(), err)
			}
			if len(o.logged) != 2 || o.logged[0].Code != 503 || o.logged[1].Code != 200 {
				t.Errorf("logged %+v", o.logged)
			}
		})
	}
}

// FuzzPeriod asks for any period: the answer is one of the documented ones, and what is shown lies in it.
func FuzzPeriod(f *testing.F) {
	f.Add("2022-11-10", "2022-11-10")
	f.Add("2022-11-10 00:00:00", "0001-01-01")
	f.Add("9999-12-31", "9999-12-31 23:59:59")
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		f.Fatal(err)
	}
	o := &office{}
	for i := range 100 {
		o.rows = append(o.rows, report.Request{Code: 200, At: time.Date(2022, time.Month(i), 10, i, 0, 0, 0, zone)})
	}
	f.Fuzz(func(t *testing.T, start, stop string) {
		body, err := json.Marshal(map[string]string{"start_date": start, "stop_date": stop})
		if err != nil {
			t.Fatal(err)
		}
		rec, _ := o.serve(t, zone, "/report/request", string(body))
		if rec.Code == 419 {
			return
		}
		for _, at := range shown(t, rec, "created_at") {
			if at[:len(start)] < start || at[:len(stop)] > stop {
				t.Errorf("%s is not from %s to %s", at, start, stop)
			}
		}
	})
}
