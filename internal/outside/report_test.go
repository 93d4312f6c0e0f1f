package outside_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"callgate/internal/outside"
	"callgate/internal/outside/outsidetest"
)

var (
	manualForm = outside.ReportForm{Path: outsidetest.Manual, Request: `{"start_date":"{start}","stop_date":"{stop}"}`}
	otherForm  = outside.ReportForm{Path: outsidetest.Other, Request: "?from={start}&to={stop}", Rows: "data.rows", Fields: outsidetest.Fields()}

	// by signs in as the way to it wants.
	byToken = outside.OwnLogIn(outsidetest.Login, outsidetest.Password)
	byForm  = outside.LogIn{Flow: outside.FlowForm, Login: outsidetest.Login, Password: outsidetest.Password,
		URL: outsidetest.FormPage, Request: "user={login}&pass={password}", TokenPath: "data.token"}
	byCookie = outside.LogIn{Flow: outside.FlowForm, Login: outsidetest.Login, Password: outsidetest.Password,
		URL: outsidetest.LoginPage, Request: "user={login}&pass={password}"}
	byBasic  = outside.LogIn{Flow: outside.FlowBasic, Login: outsidetest.Login, Password: outsidetest.Password}
	byBearer = outside.LogIn{Flow: outside.FlowBearer, Token: outsidetest.Token}
)

// everything is the view of who may see all.
var everything = outside.ReportView{Sees: func(string) bool { return true }, Numbers: true}

// report asks for the manual's days.
func (w *world) report(t *testing.T, form outside.ReportForm) ([]outside.ReportRow, error) {
	t.Helper()
	return w.rows(t, form, everything)
}

func (w *world) rows(t *testing.T, form outside.ReportForm, view outside.ReportView) ([]outside.ReportRow, error) {
	t.Helper()
	return outside.NewReport(w.client, func() outside.ReportForm { return form }).Rows(t.Context(), "2022-11-10", "2022-11-11", view)
}

// encoded writes rows as the documented API does.
func encoded(t *testing.T, rows []outside.ReportRow) string {
	t.Helper()
	var b bytes.Buffer
	for i, row := range rows {
		separator := ",{"
		if i == 0 {
			separator = "{"
		}
		for key, value := range row.All() {
			b.WriteString(separator)
			separator = ","
			for j, v := range []any{key, value} {
				if j == 1 {
					b.WriteByte(':')
				}
				enc := json.NewEncoder(&b)
				enc.SetEscapeHTML(false)
				if err := enc.Encode(v); err != nil {
					t.Fatal(err)
				}
				b.Truncate(b.Len() - 1)
			}
		}
		b.WriteByte('}')
	}
	return "[" + b.String() + "]"
}

func manualTable(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, outsidetest.Table); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestReportOfTheManual: whatever the system's way to let in, to be asked and to answer, what comes out is the manual's
// table, byte for byte.
func TestReportOfTheManual(t *testing.T) {
	forms := []outside.ReportForm{manualForm, otherForm}
	for _, tt := range []struct {
		name  string
		logIn outside.LogIn
		pages map[string]int // asked in all, with two reports for each form
	}{
		{"none", outside.LogIn{}, map[string]int{outsidetest.TokenPage: 0}},
		{"basic", byBasic, map[string]int{outsidetest.TokenPage: 0}},
		{"bearer", byBearer, map[string]int{outsidetest.TokenPage: 0}},
		{"token", byToken, map[string]int{outsidetest.TokenPage: 1}},
		{"token deeper in, by a form", byForm, map[string]int{outsidetest.FormPage: 1}},
		{"cookie", byCookie, map[string]int{outsidetest.LoginPage: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			system := outsidetest.New(tt.logIn.Flow)
			w := onSocket(t)
			w.set(func(w *world) { w.serve, w.with.LogIn = system.ServeHTTP, tt.logIn })
			for _, form := range forms {
				for range 2 {
					rows, err := w.report(t, form)
					if got := encoded(t, rows); err != nil || got != manualTable(t) {
						t.Errorf("%s: %v\ngot  %s\nwant %s", form.Path, err, got, manualTable(t))
					}
				}
				if system.Asked(form.Path) != 2 {
					t.Errorf("%s asked %d times: reports are not kept", form.Path, system.Asked(form.Path))
				}
			}
			if n := w.client.Remembered(); n != 0 {
				t.Errorf("%d answers are kept", n)
			}
			for page, want := range tt.pages {
				if got := system.Asked(page); got != want {
					t.Errorf("%s asked %d times, want %d", page, got, want)
				}
			}
			// Other days have no calls.
			rows, err := outside.NewReport(w.client, func() outside.ReportForm { return manualForm }).Rows(t.Context(), "2022-11-12", "2022-11-13", everything)
			if err != nil || rows == nil || len(rows) > 0 {
				t.Errorf("got %v, %v", rows, err)
			}
		})
	}
}

// TestReportRedirect is not followed, and not taken for an answer.
func TestReportRedirect(t *testing.T) {
	w := onSocket(t)
	var elsewhere counter
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.add("any") }))
	defer other.Close()
	w.set(func(w *world) {
		w.serve = func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, other.URL, http.StatusFound) }
	})
	if _, err := w.report(t, manualForm); !errors.Is(err, down) || !strings.Contains(err.Error(), "status 302, a redirect, which is not followed") || elsewhere.of("any") > 0 {
		t.Errorf("got %v", err)
	}
}

// TestReportView: nobody sees rows of other people's projects, a total that counts them, or numbers without the right.
func TestReportView(t *testing.T) {
	body := "[" + strings.Join([]string{
		row("2022-11-10", "7", "70001"), row("2022-11-10", "7", ""), row("2022-11-10", "7", all), row("2022-11-10", "9", "70002"), row("2022-11-10", "9", all), row(all, all, all),
	}, ",") + "]"
	only := func(projects ...string) func(string) bool {
		return func(p string) bool { return slices.Contains(projects, p) }
	}
	for _, tt := range []struct {
		name string
		view outside.ReportView
		body string
		want []string
	}{
		{"all", outside.ReportView{Sees: only("7", "9"), Numbers: true}, body, []string{"2022-11-10 7 70001", "2022-11-10 7 ", "2022-11-10 7 ИТОГ",
			"2022-11-10 9 70002", "2022-11-10 9 ИТОГ", "ИТОГ ИТОГ ИТОГ"}},
		{"without numbers", outside.ReportView{Sees: only("7", "9")}, body, []string{"2022-11-10 7 *****", "2022-11-10 7 *****", "2022-11-10 7 ИТОГ",
			"2022-11-10 9 *****", "2022-11-10 9 ИТОГ", "ИТОГ ИТОГ ИТОГ"}},
		{"one project, on several days", outside.ReportView{Sees: only("7"), Numbers: true}, "[" + row("2022-11-09", "7", all) + "," + body[1:],
			[]string{"2022-11-09 7 ИТОГ", "2022-11-10 7 70001", "2022-11-10 7 ", "2022-11-10 7 ИТОГ"}},
		{"two projects of three", outside.ReportView{Sees: only("7", "9")}, "[" + row("2022-11-10", "8", all) + "," + body[1:],
			[]string{"2022-11-10 7 *****", "2022-11-10 7 *****", "2022-11-10 7 ИТОГ", "2022-11-10 9 *****", "2022-11-10 9 ИТОГ"}},
		{"one day of one project", outside.ReportView{Sees: only("7"), Numbers: true}, body,
			[]string{"2022-11-10 7 70001", "2022-11-10 7 ", "2022-11-10 7 ИТОГ", "ИТОГ ИТОГ ИТОГ"}},
		{"that of the last project, without numbers", outside.ReportView{Sees: only("9")}, body,
			[]string{"2022-11-10 9 *****", "2022-11-10 9 ИТОГ", "ИТОГ ИТОГ ИТОГ"}},
		{"one day without its total", outside.ReportView{Sees: only("7")}, "[" + row("2022-11-10", "7", "70001") + "," + row("2022-11-10", "9", all) + "]",
			[]string{"2022-11-10 7 *****"}},
		{"another project", outside.ReportView{Sees: only("8", all), Numbers: true}, body, nil},
		{"a total of nothing that is shown", outside.ReportView{Sees: only("7"), Numbers: true}, "[" + row(all, all, all) + "]", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := onSocket(t)
			w.answer(200, tt.body)
			rows, err := w.rows(t, manualForm, tt.view)
			if got := shape(rows); err != nil || !slices.Equal(got, tt.want) || rows == nil {
				t.Errorf("%v\ngot  %q\nwant %q", err, got, tt.want)
			}
		})
	}
}

// TestReportLog: the log tells once why the system fails, and once that it answers again.
func TestReportLog(t *testing.T) {
	var log bytes.Buffer
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		fmt.Fprint(rw, map[string]string{"/html": "<html>secret</html>", "/fine": "[]"}[r.URL.Path])
	}))
	defer server.Close()
	c := outside.New(outside.Options{Name: "report", Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Server: func() outside.Server { return outside.Server{URL: server.URL, Timeout: time.Second} }})
	defer c.Close()
	form := manualForm
	r := outside.NewReport(c, func() outside.ReportForm { return form })
	for _, path := range []string{"/html", "/html", "/fine", "/fine"} {
		form.Path = path
		if _, err := r.Rows(t.Context(), "2022-11-10", "2022-11-11", everything); (err == nil) != (path == "/fine") {
			t.Errorf("%s: %v", path, err)
		}
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], `msg="an outside system fails" system=report error="nonsense: it answers with HTML where JSON is wanted"`) ||
		!strings.Contains(lines[1], `msg="an outside system answers again" system=report`) {
		t.Errorf("logged\n%s", &log)
	}
}
