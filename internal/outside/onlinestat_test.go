package outside_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/fault"
	"callgate/internal/outside"
)

const manualStat = `{"cntLoggedIn":78,"cntReady":56,"cntNotReady":15,"cntTalking":7}`

var (
	down    = fault.New(fault.OutsideDown, "")
	unknown = fault.New(fault.NotFound, "Project")
)

func TestGet(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   outside.Stat
		fails  error
		counts string
	}{
		{"the manual's", 200, manualStat, outside.Stat{LoggedIn: 78, Ready: 56, NotReady: 15, Talking: 7}, nil, "ok"},
		{"another order, white space, more members", 200, "\n{ \"x\":[1,{}], \"cntTalking\":0, \"cntReady\" : 1,\"cntNotReady\":0,\"cntLoggedIn\":1 }\n",
			outside.Stat{LoggedIn: 1, Ready: 1}, nil, "ok"},
		{"unknown project", 404, `{"error":"Project not found"}`, outside.Stat{}, unknown, "unknown"},
		{"another 404", 404, `404 page not found`, outside.Stat{}, down, "down"},
		{"another error with 404", 404, `{"error":"Queue not found"}`, outside.Stat{}, down, "down"},
		{"no right there", 405, `{"error":"Access denied!"}`, outside.Stat{}, down, "down"},
		{"wants a log-in", 401, `{"error":"Wrong token!"}`, outside.Stat{}, down, "down"},
		{"its own trouble", 503, manualStat, outside.Stat{}, down, "down"},
		{"no content", 204, "", outside.Stat{}, down, "down"},
		{"created", 201, manualStat, outside.Stat{}, down, "down"},
		{"wrong sum", 200, `{"cntLoggedIn":79,"cntReady":56,"cntNotReady":15,"cntTalking":7}`, outside.Stat{}, down, "nonsense"},
		{"negative", 200, `{"cntLoggedIn":0,"cntReady":1,"cntNotReady":-1,"cntTalking":0}`, outside.Stat{}, down, "nonsense"},
		{"fraction", 200, `{"cntLoggedIn":1.0,"cntReady":1,"cntNotReady":0,"cntTalking":0}`, outside.Stat{}, down, "nonsense"},
		{"exponent", 200, `{"cntLoggedIn":1e0,"cntReady":1,"cntNotReady":0,"cntTalking":0}`, outside.Stat{}, down, "nonsense"},
		{"text", 200, `{"cntLoggedIn":"1","cntReady":1,"cntNotReady":0,"cntTalking":0}`, outside.Stat{}, down, "nonsense"},
		{"null", 200, `{"cntLoggedIn":null,"cntReady":0,"cntNotReady":0,"cntTalking":0}`, outside.Stat{}, down, "nonsense"},
		{"one missing", 200, `{"cntLoggedIn":0,"cntReady":0,"cntNotReady":0}`, outside.Stat{}, down, "nonsense"},
		{"other case", 200, `{"cntloggedin":0,"cntReady":0,"cntNotReady":0,"cntTalking":0}`, outside.Stat{}, down, "nonsense"},
		{"one twice", 200, `{"cntLoggedIn":1,"cntLoggedIn":0,"cntReady":0,"cntNotReady":0,"cntTalking":0}`, outside.Stat{}, down, "nonsense"},
		{"too large a number", 200, `{"cntLoggedIn":4294967296,"cntReady":4294967296,"cntNotReady":0,"cntTalking":0}`, outside.Stat{}, down, "nonsense"},
		{"something behind", 200, manualStat + manualStat, outside.Stat{}, down, "nonsense"},
		{"cut short", 200, manualStat[:40], outside.Stat{}, down, "nonsense"},
		{"a list", 200, "[" + manualStat + "]", outside.Stat{}, down, "nonsense"},
		{"the literal null", 200, "null", outside.Stat{}, down, "nonsense"},
		{"empty", 200, "", outside.Stat{}, down, "nonsense"},
		{"HTML", 200, "<html>secret</html>", outside.Stat{}, down, "nonsense"},
		{"not UTF-8", 200, "{\"\xff\":0," + manualStat[1:], outside.Stat{}, down, "nonsense"},
		{"too large an answer", 200, manualStat + strings.Repeat(" ", 1<<20), outside.Stat{}, down, "nonsense"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := onSocket(t)
			w.answer(tt.status, tt.body)
			got, _, err := w.Get(t.Context(), "1111")
			if got != tt.want || !errors.Is(err, tt.fails) || (err == nil) != (tt.fails == nil) {
				t.Errorf("got %+v, %v; want %+v, %v", got, err, tt.want, tt.fails)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the failure quotes the answer: %v", err)
			}
			if n := w.value(t, "callgate_outside_questions_total", tt.counts); n != 1 {
				t.Errorf("%v counted as %s", n, tt.counts)
			}
			if n := w.value(t, "callgate_outside_duration_seconds", ""); n != 1 {
				t.Errorf("%v times measured", n)
			}
		})
	}
}

// TestRequest shows what the server is asked.
func TestRequest(t *testing.T) {
	for _, tt := range []struct {
		name, base, want, answer string
		ask                      func(*world) error
	}{
		{"get", "", `POST /onlinestat/get application/json "" {"project_id":"11\"11"}`, manualStat,
			func(w *world) error { _, _, err := w.Get(t.Context(), `11"11`); return err }},
		{"all, below a path", "/api/", `POST /api/onlinestat/all application/json "" {}`, "{}",
			func(w *world) error { _, _, err := w.All(t.Context()); return err }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := onSocket(t)
			var got string
			w.set(func(w *world) {
				w.with.URL += tt.base
				w.serve = func(rw http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					got = fmt.Sprintf("%s %s %s %q %s", r.Method, r.URL, r.Header.Get("Content-Type"), r.Header.Get("Authorization"), body)
					fmt.Fprint(rw, tt.answer)
				}
			})
			if err := tt.ask(w); err != nil || got != tt.want {
				t.Errorf("%v\ngot  %s\nwant %s", err, got, tt.want)
			}
		})
	}
}

func TestAll(t *testing.T) {
	stat := func(n int) string {
		return fmt.Sprintf(`{"cntLoggedIn":%d,"cntReady":%d,"cntNotReady":0,"cntTalking":0}`, n, n)
	}
	of := func(project string, n int) outside.ProjectStat {
		return outside.ProjectStat{Project: project, Stat: outside.Stat{LoggedIn: n, Ready: n}}
	}
	for _, tt := range []struct {
		name, body string
		status     int
		want       []outside.ProjectStat
		fails      error
	}{
		{"in the server's order", `{"9876":` + stat(3) + `,"1111":` + stat(1) + `,"10":` + stat(2) + `}`, 200,
			[]outside.ProjectStat{of("9876", 3), of("1111", 1), of("10", 2)}, nil},
		{"none", "{}", 200, []outside.ProjectStat{}, nil},
		{"one twice", `{"1":` + stat(3) + `,"2":` + stat(1) + `,"1":` + stat(3) + `}`, 200, nil, down},
		{"one twice, written differently", `{"1":` + stat(3) + `,"\u0031":` + stat(3) + `}`, 200, nil, down},
		{"one of them nonsense", `{"1":` + stat(3) + `,"2":{}}`, 200, nil, down},
		{"no object", `{"1":7}`, 200, nil, down},
		{"a list", "[]", 200, nil, down},
		{"not found is no answer here", `{"error":"Project not found"}`, 404, nil, down},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := onSocket(t)
			w.answer(tt.status, tt.body)
			got, _, err := w.All(t.Context())
			if diff := cmp.Diff(tt.want, got); diff != "" || !errors.Is(err, tt.fails) || (err == nil) != (tt.fails == nil) {
				t.Errorf("%v, want %v; mismatch (-want, +got):\n%s", err, tt.fails, diff)
			}
		})
	}
}

// FuzzReadStats reads anything: what is accepted adds up, and names no project twice.
func FuzzReadStats(f *testing.F) {
	for _, seed := range []string{"", "{}", `{"9876":` + manualStat + `,"1111":` + manualStat + "}", "[]", `{"a":{"a":{}}}`, "{\"\xff\":{}}",
		`{"a":` + manualStat + `,"\u0061":` + manualStat + `}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		all, err := outside.ReadStats(body)
		if err != nil && all != nil {
			t.Errorf("both %v and %v", all, err)
		}
		seen := map[string]bool{}
		for _, p := range all {
			s := p.Stat
			if seen[p.Project] || min(s.Ready, s.NotReady, s.Talking) < 0 || s.LoggedIn != s.Ready+s.NotReady+s.Talking {
				t.Errorf("%q: %+v", body, p)
			}
			seen[p.Project] = true
		}
	})
}
