package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"callgate/internal/account"
	"callgate/internal/app"
	"callgate/internal/outside"
	"callgate/internal/outside/outsidetest"
	"callgate/internal/setting"
	"callgate/internal/store/storetest"
)

const demoReport = "/report/demoReport"

// reportSystem is the manual's demonstration system on a socket.
func reportSystem(t *testing.T, flow string) (*outsidetest.System, string) {
	t.Helper()
	s := outsidetest.New(flow)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, server.URL
}

// hiddenAndShown are the manual's table, and the same with its numbers.
func hiddenAndShown(t *testing.T) (hidden, shown string) {
	t.Helper()
	var compact bytes.Buffer
	if err := json.Compact(&compact, outsidetest.Table); err != nil {
		t.Fatal(err)
	}
	hidden = compact.String()
	return hidden, strings.Replace(strings.Replace(hidden, "*****", manualNumbers[0], 1), "*****", manualNumbers[1], 1)
}

// TestReportSources changes, beside a process that serves, where the contact-centre report comes from.
func TestReportSources(t *testing.T) {
	t.Parallel() // it mostly waits
	asked := manual(t, "demoReport.request.json")
	hidden, shown := hiddenAndShown(t)
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			l := newLand(t, db.url(t), nil)
			h := l.build(t, nil)
			h.ready()
			h.signIn()
			h.answers("no calls here", demoReport, asked, 200, "[]")
			system, url := reportSystem(t, outside.FlowForm)
			system.ShowNumbers(manualNumbers[:]...)
			l.set(t, setting.ReportProxyURL, url, setting.ReportProxyLogin, outsidetest.Login, setting.ReportProxyPassword, outsidetest.Password,
				setting.ReportProxyLoginFlow, outside.FlowForm, setting.ReportSource, setting.FromProxy)
			h.answers("proxy", demoReport, asked, 200, shown)
			h.answers("by GET", demoReport+"?start_date=2022-11-10&stop_date=2022-11-11", "", 419, `{"error":"Empty start_date!"}`)
			h.answers("days without calls", demoReport, `{"start_date":"2022-11-12","stop_date":"2022-11-12"}`, 200, "[]")
			if got := h.post(demoReport, asked, h.user("blind", "report/demoReport")); got.status != 200 || got.body != hidden {
				t.Errorf("without numbers: %d\n%s\nwant\n%s", got.status, got.body, hidden)
			}
			for name, want := range map[string]string{"elsewhere": "[]", "here": shown} {
				rights := []account.Right{{Module: "report", Action: "*"}, {Module: "numbers", Action: "see"}}
				if _, err := h.app.Accounts().Add(t.Context(), name, password, rights, map[string][]string{"elsewhere": {"1"}, "here": {"1002"}}[name]); err != nil {
					t.Fatal(err)
				}
				if got := h.post(demoReport, asked, h.signedIn(name)); got.status != 200 || got.body != want {
					t.Errorf("%s: %d %s", name, got.status, got.body)
				}
			}
			before := system.Asked(outsidetest.Manual)
			h.answers("no day", demoReport, `{"start_date":"2022-11-10 10:00:00","stop_date":"2022-11-11"}`, 419, `{"error":"Wrong start_date!"}`)
			h.answers("no days", demoReport, `{"start_date":"2022-11-10","stop_date":"2022-11-09"}`, 419, `{"error":"Wrong stop_date!"}`)
			if system.Asked(outsidetest.Manual) != before {
				t.Error("the system was asked for days that are none")
			}
			system.Expire()
			h.answers("signed in again", demoReport, asked, 200, shown)
			l.set(t, setting.ReportSource, setting.FromSwitch)
			h.answers("our own calls again", demoReport, asked, 200, "[]")
		})
	}
}

// TestReportSystemInTrouble: whatever is wrong with it, callers get the documented answer, and soon.
func TestReportSystemInTrouble(t *testing.T) {
	t.Parallel() // it mostly waits
	asked := manual(t, "demoReport.request.json")
	hidden, _ := hiddenAndShown(t)
	l := newLand(t, storetest.SQLite(t), nil)
	h := l.build(t, nil)
	h.ready()
	h.signIn()
	system, url := reportSystem(t, outside.FlowNone)
	dead := httptest.NewServer(nil)
	dead.Close()
	strict, wrong := reportSystem(t, outside.FlowForm)
	l.set(t, setting.ReportProxyURL, url, setting.ReportSource, setting.FromProxy, setting.ReportProxyTimeout, "5s",
		setting.ReportProxyLogin, outsidetest.Login, setting.ReportProxyPassword, "wrong")
	for n, tt := range []struct {
		name, url string
		instead   http.HandlerFunc
		with      []string // settings
	}{
		{"HTML", url, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>Welcome!</html>") }, nil},
		{"an error", url, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "{}", 500) }, nil},
		{"another shape", url, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"data":[]}`) }, nil},
		{"200 MB", url, func(w http.ResponseWriter, _ *http.Request) {
			piece := "[" + strings.Repeat(`"x",`, 1<<14)
			for n, err := 0, error(nil); n < 200<<20 && err == nil; n += len(piece) {
				_, err = io.WriteString(w, piece)
				piece = piece[len(piece)-1<<16:]
			}
		}, nil},
		{"wrong password", wrong, nil, []string{setting.ReportProxyLoginFlow, outside.FlowForm}},
		{"dead", dead.URL, nil, nil},
		{"slow", url, func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}, []string{setting.ReportProxyTimeout, "300ms"}},
	} {
		// What is another address to callgate is another system, of which nothing is known.
		system.Instead(nil)
		l.set(t, setting.ReportProxyLoginFlow, outside.FlowNone, setting.ReportProxyURL, url+strings.Repeat("/", n))
		h.answers("before "+tt.name, demoReport, asked, 200, hidden)
		system.Instead(tt.instead)
		l.set(t, append(tt.with, setting.ReportProxyURL, tt.url+strings.Repeat("/", n))...)
		got := h.answers(tt.name, demoReport, asked, 503, outsideDown)
		if got.header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", tt.name)
		}
		for range 4 {
			h.call(demoReport, asked)
		}
		began := time.Now()
		h.answers(tt.name, demoReport, asked, 503, outsideDown)
		if took := time.Since(began); took > 250*time.Millisecond {
			t.Errorf("%s: a caller still waits for it, %v", tt.name, took)
		}
	}
	if got := strict.Asked(outsidetest.TokenPage); got != 1 {
		t.Errorf("the wrong password was tried %d times", got)
	}
}

// TestReportsOutsideInDocs runs the lines of docs/reports-outside.md with the manual's system in the place of those it
// names, and holds its metrics against those there are.
func TestReportsOutsideInDocs(t *testing.T) {
	document := string(readFile(t, "../../docs/reports-outside.md"))
	hidden, _ := hiddenAndShown(t)
	line := regexp.MustCompile(`^(?:echo 'its password' \| )?callgate settings set (\S+) (?:'(.*)'|(\S+))$`)
	var h *house
	for n, page := range []string{outsidetest.TokenPage, outsidetest.LoginPage} {
		system, url := reportSystem(t, outside.FlowForm)
		l := newLand(t, storetest.SQLite(t), nil)
		h = l.build(t, nil)
		h.ready()
		h.signIn()
		for _, text := range strings.Split(strings.TrimSpace(section(t, document, "sh", n)), "\n") {
			m := line.FindStringSubmatch(text)
			if m == nil {
				t.Fatalf("not a setting: %s", text)
			}
			value := strings.NewReplacer("https://crm.example", url, "https://demo.example", url).Replace(m[2] + m[3])
			if value == "-" {
				value = outsidetest.Password
			}
			l.administer(t, func(a *app.Administration) error { return a.Settings.Set(t.Context(), m[1], value, "test") })
		}
		h.answers(page, demoReport, manual(t, "demoReport.request.json"), 200, hidden)
		if system.Asked(page) != 1 {
			t.Errorf("%s was asked %d times", page, system.Asked(page))
		}
	}
	told := regexp.MustCompile("(?m)^\\| `(callgate_outside_\\w+)` \\|").FindAllStringSubmatch(document, -1)
	families := regexp.MustCompile(`(?m)^# TYPE (callgate_outside_\w+) `).FindAllStringSubmatch(h.get("/metrics").body, -1)
	for _, f := range families {
		if !strings.Contains(document, "\n| `"+f[1]+"` |") {
			t.Errorf("the metric %s is not told of", f[1])
		}
	}
	if len(told) != len(families) || len(told) == 0 {
		t.Errorf("%d metrics told of, there are %d", len(told), len(families))
	}
}
