package app_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	v1 "callgate/api/v1"
	"callgate/internal/account"
	"callgate/internal/app"
	"callgate/internal/project"
	"callgate/internal/store/storetest"
)

// take posts answered calls in the queue, one an hour from began on, and gives the uuids of their callers' legs.
func (m *modern) take(t *testing.T, calls int, began time.Time) (uuids []string) {
	t.Helper()
	p := newPosts(t, strings.TrimPrefix(m.url, "http://"))
	for i := range calls {
		for which := 1; which <= 2; which++ {
			if err := p.send(int64(i), which, began.Add(time.Duration(i)*time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		uuids = append(uuids, legID(int64(i), 1))
	}
	return uuids
}

// found asks for a page of calls.
func (m *modern) found(t *testing.T, token string, pairs ...string) (uuids []string, next string) {
	t.Helper()
	got := m.as(token, "GET", query("/calls", pairs...), "")
	var page struct {
		Calls []v1.Call
		Next  string
	}
	if err := json.Unmarshal([]byte(got.body), &page); err != nil || got.status != 200 {
		t.Fatalf("%q: %d %s", pairs, got.status, got.body)
	}
	for _, c := range page.Calls {
		uuids = append(uuids, c.UUID)
	}
	return uuids, page.Next
}

// TestSearchOnDatabases: calls whose CDRs were posted are found, told of and exported, by those who may.
func TestSearchOnDatabases(t *testing.T) {
	t.Parallel() // it mostly waits
	eachDatabase(t, func(t *testing.T, database string) {
		m := newQuiet(t, database)
		if err := app.Administer(t.Context(), on(database), nil, func(a *app.Administration) error {
			return a.Projects.Add(t.Context(), project.Project{ID: "9876", Name: "Shop", Numbers: []string{ourNumber}, SLSeconds: 20})
		}); err != nil {
			t.Fatal(err)
		}
		for name, projects := range map[string][]string{"theirs": {"1111"}, "ours": {"1111", "9876"}} {
			rights := []account.Right{{Module: "calls", Action: "search"}, {Module: "calls", Action: "export"}, {Module: "contact", Action: "cdr"}}
			if _, err := m.app.Accounts().Add(t.Context(), name, password, rights, projects); err != nil {
				t.Fatal(err)
			}
		}
		token := func(name string) string {
			got := m.post("/auth/login", fmt.Sprintf(`{"login":%q,"password":%q}`, name, password), "")
			return strings.TrimSuffix(strings.TrimPrefix(got.body, `{"access_token":"`), `"}`)
		}
		theirs, ours := token("theirs"), token("ours")
		probes := 0
		eventually(t, "the project", func() bool {
			probes++ // the same document once more would change nothing: whose a leg is was decided when it came
			m.postCDR(t, "probe", "text/xml", `<cdr><variables><uuid>probe</uuid><probe>`+strconv.Itoa(probes)+`</probe><start_uepoch>1</start_uepoch></variables><callflow><caller_profile><destination_number>`+
				ourNumber+`</destination_number></caller_profile></callflow></cdr>`)
			return strings.Contains(m.v1("GET", "/calls/probe", "").body, `"project":"9876"`)
		})
		began := time.Date(2026, 5, 4, 0, 0, 50, 0, time.UTC)
		calls := m.take(t, 12, began)

		newest := slices.Clone(calls)
		slices.Reverse(newest)
		if got, next := m.found(t, m.token, "from", "2026-05-01"); !slices.Equal(got, newest) || next != "" {
			t.Fatalf("got %v, next %q", got, next)
		}
		var all []string
		for page, next := m.found(t, ours, "from", "2026-05-01", "limit", "5"); ; page, next = m.found(t, ours, "from", "2026-05-01", "limit", "5", "cursor", next) {
			if all = append(all, page...); next == "" {
				break
			}
		}
		if !slices.Equal(all, newest) {
			t.Errorf("on pages: %v", all)
		}
		past := func(leg string) (c v1.WholeCall) {
			if err := json.Unmarshal([]byte(m.want(t, 200, "GET", "/calls/"+leg, "").body), &c); err != nil {
				t.Fatal(err)
			}
			return c
		}
		for _, tt := range []struct {
			name string
			ask  []string
			want string
		}{
			{"hours", []string{"from", "2026-05-04T05:00:00Z", "to", "2026-05-04T07:00:00Z"}, fmt.Sprint([]string{calls[6], calls[5]})},
			{"number", []string{"number", "89000000003"}, fmt.Sprint(calls[3:4])},
			{"number as it is shown", []string{"number", past(calls[3]).Caller}, fmt.Sprint(calls[3:4])},
			{"prefix", []string{"number", strings.TrimSuffix(past(calls[10]).Caller, "0") + "*"}, fmt.Sprint([]string{calls[11], calls[10]})},
			{"leg", []string{"id", legID(4, 2)}, fmt.Sprint(calls[4:5])},
			{"recorded", []string{"from", "2026-05-04T11:00:00Z", "recorded", "true", "disposition", "answered", "project", "9876"}, fmt.Sprint(calls[11:])},
			{"not recorded", []string{"from", "2026-05-01", "recorded", "false"}, "[]"},
			{"another project", []string{"from", "2026-05-01", "project", "1111"}, "[]"},
		} {
			if got, _ := m.found(t, m.token, tt.ask...); fmt.Sprint(got) != tt.want {
				t.Errorf("by %s: %v, want %s", tt.name, got, tt.want)
			}
		}
		c := past(legID(2, 2))
		if c.UUID != calls[2] || len(c.Legs) != 2 || len(c.Visits) != 1 || c.Visits[0].Agent == "" || c.Project != "9876" || !strings.HasSuffix(c.Caller, "9000000002") || c.Recordings == 0 ||
			c.Disposition != "answered" || c.Talk == 0 {
			t.Errorf("one call: %+v", c)
		}
		for _, l := range c.Legs {
			m.want(t, 200, "GET", strings.TrimPrefix(l.CDR, v1.Base), "")
			m.want(t, 200, "GET", strings.TrimPrefix(l.CDR, v1.Base)+"?format=xml", "")
		}
		if got, _ := m.found(t, theirs, "from", "2026-05-01"); len(got) != 0 {
			t.Errorf("who sees another project finds %v", got)
		}
		refused(t, m.as(theirs, "GET", "/calls/"+calls[2], ""), 404, "")
		for _, leg := range []string{calls[2], legID(2, 2), "none such"} {
			if got := m.post("/contact/cdr", `{"id":"`+leg+`"}`, theirs); got.status != 404 || got.body != `{"error":"Wrong ID!"}` {
				t.Errorf("who sees another project is told of %s: %d %s", leg, got.status, got.body)
			}
			if got := m.post("/contact/cdr", `{"id":"`+leg+`"}`, ours); (got.status == 200) != (leg != "none such") {
				t.Errorf("who sees the project is told of %s: %d %s", leg, got.status, got.body)
			}
		}
		if got := m.as(ours, "GET", "/calls/"+calls[2], "").body; strings.Contains(got, "9000000002") || !strings.Contains(got, "*****") {
			t.Errorf("without numbers/see: %s", got)
		}
		rows, err := csv.NewReader(strings.NewReader(m.want(t, 200, "GET", "/calls/export?from=2026-05-01&format=csv", "").body)).ReadAll()
		if err != nil || len(rows) != 13 || rows[1][0] != calls[11] || rows[12][0] != calls[0] {
			t.Errorf("exported: %v %v", rows, err)
		}
		if got := m.as(theirs, "GET", "/calls/export?from=2026-05-01&format=csv", "").body; strings.Count(got, "\n") != 1 {
			t.Errorf("exported to who sees another project: %s", got)
		}
	})
}

// TestSearchInDocs runs the lines of docs/search.md.
func TestSearchInDocs(t *testing.T) {
	document := string(readFile(t, "../../docs/search.md"))
	script := section(t, document, "sh", 0)
	if strings.Count(script, "127.0.0.1:8080") != 1 {
		t.Fatalf("not the lines expected: %s", script)
	}
	m := newQuiet(t, storetest.SQLite(t))
	calls := m.take(t, 3, time.Date(2026, 5, 4, 0, 0, 50, 0, time.UTC))
	folder := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "bash", "-eu", "-o", "pipefail", "-c", strings.ReplaceAll(script, "127.0.0.1:8080", strings.TrimPrefix(m.url, "http://")))
	cmd.Dir = folder
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, stderr.String())
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	for i, want := range []string{`{"calls":[{"uuid":"` + calls[2], `{"calls":[{"uuid":"` + calls[1], `{"calls":[]}`, `{"calls":[`, `{"uuid":"` + calls[2], "3",
		`{"title":"Unprocessable Entity","status":422,"detail":"Empty from"`} {
		if i >= len(lines) || !strings.HasPrefix(lines[i], want) {
			t.Fatalf("line %d of\n%s\nwant %s", i+1, out, want)
		}
	}
	for pattern, head := range map[string]string{"cdr.xml": "<?xml", "calls.csv": "\ufeffuuid,", "calls-*.xlsx": "PK"} {
		names, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil || len(names) != 1 {
			t.Fatalf("%s: %v %v", pattern, names, err)
		}
		if text, err := os.ReadFile(names[0]); err != nil || !strings.HasPrefix(string(text), head) {
			t.Errorf("%s begins with %.20q (%v)", pattern, text, err)
		}
	}
	// The page names all that can be asked for, and nothing else.
	told := map[string]bool{"format": true}
	parameters, _, _ := strings.Cut(document, "\n## Exports")
	for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]*) \\|").FindAllStringSubmatch(parameters, -1) {
		for _, name := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(row[1], -1) {
			told[name[1]] = true
		}
	}
	known := map[string]bool{}
	for _, path := range []string{"/calls", "/calls/export"} {
		for _, p := range m.doc.Paths.Value(path).Get.Parameters {
			known[p.Value.Name] = true
			if !told[p.Value.Name] {
				t.Errorf("the parameter %s is not told of", p.Value.Name)
			}
		}
	}
	for name := range told {
		if !known[name] {
			t.Errorf("there is no parameter %s", name)
		}
	}
	if !strings.Contains(string(readFile(t, "../../README.md")), "docs/search.md") {
		t.Error("the README does not tell of docs/search.md")
	}
}
