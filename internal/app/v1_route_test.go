package app_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strings"
	"testing"
	"time"

	"callgate/api/v1"
	"callgate/dialplan"
	"callgate/internal/account"
	"callgate/internal/app"
	"callgate/internal/project"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// at is a moment of a day in May.
func at(seconds int) time.Time {
	return time.Date(2026, 5, 4, 12, 0, seconds, 0, time.UTC)
}

// newRouted is a quiet house with two projects, and a user who may see one of them and no numbers.
func newRouted(t *testing.T, database string) (m *modern, limited string) {
	t.Helper()
	m = newQuiet(t, database)
	if err := app.Administer(t.Context(), on(database), nil, func(a *app.Administration) error {
		for id, number := range map[string]string{"9876": "78001112233", "1111": "78002220000"} {
			if err := a.Projects.Add(t.Context(), project.Project{ID: id, Name: id, Numbers: []string{number}, SLSeconds: 20}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	rights := []account.Right{{Module: "routes", Action: account.Any}, {Module: "calls", Action: "see"}, {Module: "switch", Action: "texts"}}
	if _, err := m.app.Accounts().Add(t.Context(), "limited", password, rights, []string{"9876"}); err != nil {
		t.Fatal(err)
	}
	got := m.post("/auth/login", fmt.Sprintf(`{"login":"limited","password":%q}`, password), "")
	return m, strings.TrimSuffix(strings.TrimPrefix(got.body, `{"access_token":"`), `"}`)
}

// TestRoutes: a route comes back as it was put, and a user sees and changes those of his projects.
func TestRoutes(t *testing.T) {
	t.Parallel() // it mostly waits
	eachDatabase(t, func(t *testing.T, database string) {
		m, limited := newRouted(t, database)
		day, other := query("/routes", "name", "day"), query("/routes", "name", "other")
		whole := object("project", "9876", "numbers", []string{"78001112233"}, "hours", "Mon-Fri 09:00-18:00", "announce", "a.wav", "closed_announce", "b.wav",
			"open", "bridge:sofia/gateway/t/79261234567", "closed", "transfer:78005553535", "timeout", "queue:q", "no_agents", "hangup:USER_BUSY", "failed", "continue",
			"keys", map[string]string{"1": "bridge:user/1000"})
		m.want(t, 200, "PUT", other, object("project", "1111"))
		got := m.want(t, 200, "PUT", day, whole).body
		var want, is map[string]any
		if err := json.Unmarshal([]byte(whole), &want); err != nil {
			t.Fatal(err)
		}
		want["name"] = "day"
		if err := json.Unmarshal([]byte(got), &is); err != nil || fmt.Sprint(is) != fmt.Sprint(want) {
			t.Errorf("got %v, want %v", is, want)
		}
		if all := list[v1.Route](t, m, "/routes"); len(all) != 2 || all[0].Name != "other" || all[1].Keys["1"] != "bridge:user/1000" || all[1].Open != "bridge:sofia/gateway/t/79261234567" {
			t.Errorf("routes: %+v", all)
		}
		seen := m.as(limited, "GET", "/routes", "").body
		if strings.Contains(seen, "other") || strings.Contains(seen, "79261234567") || !strings.Contains(seen, "bridge:sofia/gateway/t/*****") ||
			!strings.Contains(seen, "transfer:*****") {
			t.Errorf("a user of one project who may see no numbers sees %s", seen)
		}
		for _, tt := range []struct{ name, method, path, body string }{
			{"change another's", "PUT", other, object("project", "9876", "numbers", []string{"78001112233"})},
			{"delete another's", "DELETE", other, ""},
			{"give his away", "PUT", day, object("project", "1111")},
			{"make the default one", "PUT", query("/routes", "name", "std"), "{}"},
		} {
			t.Run(tt.name, func(t *testing.T) { refused(t, m.as(limited, tt.method, tt.path, tt.body), 403, "") })
		}
		// What was hidden from him on reading would be dialled.
		refused(t, m.as(limited, "PUT", day, strings.Replace(whole, "79261234567", "*****", 1)), 403, "")
		if got := m.as(limited, "DELETE", day, ""); got.status != 200 {
			t.Errorf("delete his own: %d %s", got.status, got.body)
		}
		if all := list[v1.Route](t, m, "/routes"); len(all) != 1 || all[0].Project != "1111" {
			t.Errorf("routes: %+v", all)
		}
	})
}

// TestDecisionPages: decisions are read page by page, by those who may, without the numbers they may not see.
func TestDecisionPages(t *testing.T) {
	database := storetest.SQLite(t)
	m, limited := newRouted(t, database)
	s := storetest.Open(t, database, store.Options{})
	var all []dialplan.Decision
	for i := range 25 {
		all = append(all, dialplan.Decision{ID: fmt.Sprintf("%02d", i), At: at(i / 2), Switch: "main", Call: fmt.Sprint(i % 5), Number: "78001112233", Project: []string{"9876", "1111"}[i%2],
			Step: dialplan.Bridged, Detail: "sofia/gateway/t/79261234567"})
	}
	if err := s.SaveDecisions(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	type page struct {
		Decisions []v1.Decision
		Next      string
	}
	read := func(token string, pairs ...string) (p page) {
		t.Helper()
		got := m.as(token, "GET", query("/decisions", append([]string{"from", at(0).Format("2006-01-02T15:04:05Z07:00")}, pairs...)...), "")
		if err := json.Unmarshal([]byte(got.body), &p); err != nil || got.status != 200 {
			t.Fatalf("%d %s", got.status, got.body)
		}
		return p
	}
	count, pages := 0, 0
	for after := ""; pages == 0 || after != ""; pages++ {
		p := read(m.token, "limit", "7", "after", after)
		for _, d := range p.Decisions {
			if !d.At.Equal(all[count].At) || d.Call != all[count].Call || d.Number != "78001112233" || d.Detail != "sofia/gateway/t/79261234567" || d.Step != "bridge" {
				t.Errorf("decision %d is %+v", count, d)
			}
			count++
		}
		after = p.Next
	}
	if count != 25 || pages != 4 {
		t.Errorf("%d decisions on %d pages", count, pages)
	}
	day := at(0).UTC().Format(time.DateOnly)
	if p := read(m.token, "from", day, "to", day, "zone", "UTC"); len(p.Decisions) != 25 {
		t.Errorf("%d decisions of a day", len(p.Decisions))
	}
	refused(t, m.v1("GET", "/decisions", ""), 422, "from")
	refused(t, m.v1("GET", query("/decisions", "from", day, "to", "2026-01-01"), ""), 422, "to")
	if p := read(m.token, "call", "3", "to", at(4).Format("2006-01-02T15:04:05Z07:00")); len(p.Decisions) != 1 || p.Next != "" {
		t.Errorf("of one call: %+v", p)
	}
	p := read(limited)
	if len(p.Decisions) != 13 {
		t.Errorf("%d decisions of one project", len(p.Decisions))
	}
	for _, d := range p.Decisions {
		if d.Project != "9876" || d.Number != "*****" || d.Detail != "sofia/gateway/t/*****" {
			t.Errorf("seen by who may see no numbers: %+v", d)
		}
	}
}

// TestRoutesInDocs runs the lines of docs/dialplan.md that ask over HTTP.
func TestRoutesInDocs(t *testing.T) {
	script := section(t, string(readFile(t, "../../docs/dialplan.md")), "sh", 1)
	m := newQuiet(t, storetest.SQLite(t))
	out := m.typed(t, script)
	const second = `{"name":"nobody","hours":"Mon-Fri 09:00-18:00","open":"queue:support@default","keys":{"1":"queue:sales@default"}}`
	want := `{"name":"nobody","open":"hangup:UNALLOCATED_NUMBER"}` + "\n" + second + "\n[" + second + "]\n" + second + "\n" + `{"decisions":[]}` + "\n"
	if out != want {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
}

// TestDialplanInDocs: the metrics, rights, steps and settings that docs/dialplan.md names are those there are.
func TestDialplanInDocs(t *testing.T) {
	document := string(readFile(t, "../../docs/dialplan.md"))
	m := newQuiet(t, storetest.SQLite(t))
	families := 0
	for line := range strings.Lines(m.get("/metrics").body) {
		if name, ok := strings.CutPrefix(line, "# TYPE callgate_dialplan_"); ok {
			families++
			name, _, _ = strings.Cut(name, " ")
			if !strings.Contains(document, "\n| `callgate_dialplan_"+name+"` |") {
				t.Errorf("the metric %s is not told of", name)
			}
		}
	}
	if told := strings.Count(document, "\n| `callgate_dialplan_"); told != families || told == 0 {
		t.Errorf("%d metrics told of, there are %d", told, families)
	}
	operation := m.doc.Paths.Value("/decisions").Get
	steps := operation.Responses.Value("200").Value.Content["application/json"].Schema.Value.Properties["decisions"].Value.Items.Value.Properties["step"].Value.Description
	for _, step := range []dialplan.Step{dialplan.Arrived, dialplan.Routed, dialplan.Recorded, dialplan.Announced, dialplan.Queued, dialplan.Bridged, dialplan.Transferred,
		dialplan.HungUp, dialplan.Answered, dialplan.AfterTimeout, dialplan.AfterNoAgents, dialplan.AfterKey, dialplan.AfterFailed, dialplan.Continued, dialplan.Ended, dialplan.Failed} {
		if !strings.Contains(document, "\n| `"+string(step)+"` |") || !strings.Contains(steps, string(step)) {
			t.Errorf("the step %s is not told of", step)
		}
	}
	var hook struct {
		Condition struct {
			Actions []struct {
				Application string `xml:"application,attr"`
				Data        string `xml:"data,attr"`
			} `xml:"action"`
		} `xml:"condition"`
	}
	if err := xml.Unmarshal([]byte(section(t, document, "xml", 0)), &hook); err != nil {
		t.Fatal(err)
	}
	if a := hook.Condition.Actions; len(a) < 3 || a[0].Data != "socket_resume=true" || a[1].Application != "socket" || a[1].Data != app.Default().OutboundAddr+" async full" {
		t.Errorf("the hook is %+v", a)
	}
	if !strings.Contains(string(readFile(t, "../../README.md")), "docs/dialplan.md") {
		t.Error("the README does not tell of docs/dialplan.md")
	}
}
