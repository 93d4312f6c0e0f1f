package app_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "callgate/api/v1"
	"callgate/internal/app"
	"callgate/internal/outside/outsidetest"
	"callgate/internal/project"
	"callgate/internal/store/storetest"
)

// withProject is a house with a project whose number calls in tests go to.
func withProject(t *testing.T, database string) *modern {
	t.Helper()
	l := newLand(t, database, nil)
	if err := app.Administer(t.Context(), on(database), nil, func(a *app.Administration) error {
		return a.Projects.Add(t.Context(), project.Project{ID: "9876", Name: "Shop", Numbers: []string{ourNumber}, SLSeconds: 30})
	}); err != nil {
		t.Fatal(err)
	}
	return newModern(t, l)
}

// TestReportsOnDatabases: calls whose CDRs were posted are in every report.
func TestReportsOnDatabases(t *testing.T) {
	t.Parallel() // it mostly waits
	eachDatabase(t, func(t *testing.T, database string) {
		m := withProject(t, database)
		m.take(t, 5, time.Date(2026, 5, 4, 0, 0, 50, 0, time.UTC)) // one an hour
		report := func(name string, into any, pairs ...string) {
			t.Helper()
			got := m.want(t, 200, "GET", query("/reports/"+name, append(pairs, "from", "2026-05-04", "to", "2026-05-04")...), "")
			if err := json.Unmarshal([]byte(got.body), into); err != nil {
				t.Fatal(err)
			}
		}
		var queues v1.Report[v1.QueueRow]
		report("queues", &queues, "interval", "hour", "zone", "UTC", "threshold", "17")
		if len(queues.Rows) != 5 || queues.Rows[4].From.Hour() != 4 || queues.Total.Offered != 5 || queues.Total.Answered != 5 || queues.Total.ASA == nil || queues.Total.Talk == 0 ||
			queues.Total.ServiceLevel == nil {
			t.Errorf("queues: %+v", queues)
		}
		report("queues", &queues, "zone", "UTC", "project", "9876")
		if queues.Threshold != 30 {
			t.Errorf("the project's threshold is %d", queues.Threshold)
		}
		var agents v1.Report[v1.AgentRow]
		report("agents", &agents, "zone", "UTC")
		if agents.Total.Offered != 5 || agents.Total.Answered != 5 || agents.Total.Talk != queues.Total.Talk {
			t.Errorf("agents: %+v", agents)
		}
		var numbers v1.Report[v1.NumberRow]
		report("numbers", &numbers, "zone", "UTC", "interval", "whole")
		if len(numbers.Rows) != 1 || numbers.Rows[0].Project != "9876" || numbers.Rows[0].Inbound != 5 || numbers.Rows[0].Offered != 5 {
			t.Errorf("numbers: %+v", numbers)
		}
		var heat v1.Report[v1.HeatRow]
		report("heatmap", &heat, "zone", "UTC")
		if len(heat.Rows) != 24 || heat.Rows[3].Weekday != 1 || heat.Rows[3].Inbound != 1 || heat.Rows[5].Inbound != 0 {
			t.Errorf("hours: %+v", heat)
		}
		var causes v1.Report[v1.CauseRow]
		report("causes", &causes, "zone", "UTC", "interval", "whole")
		if len(causes.Rows) != 1 || causes.Rows[0].Calls != 5 || causes.Rows[0].Cause != "NORMAL_CLEARING" || causes.Rows[0].Disposition != "answered" {
			t.Errorf("causes: %+v", causes)
		}
		var centre v1.Report[v1.CentreRow]
		report("centre", &centre)
		if len(centre.Rows) != 3 || centre.Rows[0].Number != ourNumber || centre.Total.Answered != 5 || centre.Total.Part != "total" {
			t.Errorf("the contact centre: %+v", centre)
		}
		// What an agent does is known from his switch, now.
		today := time.Now().Format(time.DateOnly)
		eventually(t, "the agents' states", func() bool {
			got := m.v1("GET", query("/reports/agents", "from", today, "to", today, "agent", "1000@default"), "")
			var r v1.Report[v1.AgentRow]
			return json.Unmarshal([]byte(got.body), &r) == nil && len(r.Rows) == 1 && r.Rows[0].Ready > 0 && r.Rows[0].Occupancy != nil
		})
	})
}

// TestReportsInDocs runs the lines of docs/reports.md, which names all that can be asked for and all that is told, and
// nothing else.
func TestReportsInDocs(t *testing.T) {
	document := string(readFile(t, "../../docs/reports.md"))
	script := section(t, document, "sh", 0)
	if strings.Count(script, "127.0.0.1:8080") != 1 {
		t.Fatalf("not the lines expected: %s", script)
	}
	m := withProject(t, storetest.SQLite(t))
	m.take(t, 3, time.Date(2026, 5, 4, 0, 0, 50, 0, time.UTC))
	folder := t.TempDir()
	lines := strings.Split(strings.TrimSpace(m.typed(t, "cd "+folder+"\n"+script)), "\n")
	for i, want := range []string{`{"zone":"`, `{"zone":"Asia/Omsk","interval":"month","threshold":20,"sl":"answered","short":5,"from":"2026-05-01T00:00:00+06:00"`, `{"zone":"`, `{"zone":"`, `{"zone":"`,
		`{"zone":"`, `[{"Дата":"2026-05-04","День недели":"Понедельник","Id проекта":"9876"`, `{"title":"Unprocessable Entity","status":422,"detail":"Wrong interval"`} {
		if i >= len(lines) || !strings.HasPrefix(lines[i], want) {
			t.Fatalf("line %d of\n%s\nwant %s", i+1, strings.Join(lines, "\n"), want)
		}
	}
	if !strings.Contains(lines[0], `"offered":3,"answered":3,`) || !strings.Contains(lines[1], `"previous":{"from":"2026-04-01T00:00:00+06:00"`) {
		t.Errorf("of the queues and numbers: %s\n%s", lines[0], lines[1])
	}
	for pattern, head := range map[string]string{"queues.csv": "\ufefffrom,to,queue,", "agents-*.xlsx": "PK"} {
		names, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil || len(names) != 1 {
			t.Fatalf("%s: %v %v", pattern, names, err)
		}
		if text, err := os.ReadFile(names[0]); err != nil || !strings.HasPrefix(string(text), head) {
			t.Errorf("%s begins with %.20q (%v)", pattern, text, err)
		}
	}

	told := map[string]map[string]bool{} // by the heading, in the first cells of its tables
	for _, part := range strings.Split(document, "\n## ") {
		heading, text, _ := strings.Cut(part, "\n")
		told[heading] = map[string]bool{}
		for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]*) \\|").FindAllStringSubmatch(text, -1) {
			for _, name := range regexp.MustCompile("`([a-z_0-9]+)`").FindAllStringSubmatch(row[1], -1) {
				told[heading][name[1]] = true
			}
		}
	}
	asked, reports := map[string]bool{}, 0
	for path, item := range m.doc.Paths.Map() {
		name, ok := strings.CutPrefix(path, "/reports/")
		if !ok {
			continue
		}
		reports++
		if !told["# Reports"][name] && !strings.Contains(document, "\n| `"+name+"` |") {
			t.Errorf("the report %s is not told of", name)
		}
		for _, p := range item.Get.Parameters {
			asked[p.Value.Name] = true
			if !strings.Contains(document, "`"+p.Value.Name+"`") {
				t.Errorf("the parameter %s of %s is not told of", p.Value.Name, path)
			}
		}
		heading := map[string]string{"queues": "Queues", "agents": "Agents", "numbers": "Numbers", "heatmap": "Heat map", "causes": "Causes", "centre": "The contact-centre report"}[name]
		fields := item.Get.Responses.Value("200").Value.Content["application/json"].Schema.Value.Properties["rows"].Value.Items.Value.Properties
		for field := range fields {
			shared := name != "agents" && name != "centre" && name != "causes" && told["Waits and the service level"][field]
			if !told[heading][field] && !shared && !slices.Contains([]string{"from", "to", "queue", "project", "number", "agent", "part"}, field) {
				t.Errorf("the field %s of %s is not told of", field, name)
			}
		}
		for field := range told[heading] {
			if fields[field] == nil {
				t.Errorf("%s has no field %s", name, field)
			}
		}
	}
	if reports != 6 {
		t.Errorf("%d reports", reports)
	}
	intro := document[strings.Index(document, "| parameter |"):strings.Index(document, "**Changes of clocks")]
	for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]*) \\|").FindAllStringSubmatch(intro, -1) {
		for _, name := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(row[1], -1) {
			if !asked[name[1]] {
				t.Errorf("there is no parameter %s", name[1])
			}
		}
	}
	var table []map[string]any
	if err := json.Unmarshal(outsidetest.Table, &table); err != nil {
		t.Fatal(err)
	}
	for key := range table[0] {
		if !strings.Contains(document, "| `"+key+"` |") {
			t.Errorf("the manual's key %s is not told of", key)
		}
	}
	if !strings.Contains(string(readFile(t, "../../README.md")), "docs/reports.md") {
		t.Error("the README does not tell of docs/reports.md")
	}
}
