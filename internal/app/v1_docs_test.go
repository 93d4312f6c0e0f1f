package app_test

import (
	"bytes"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	v1 "callgate/api/v1"
	"callgate/internal/store/storetest"
)

// section cuts the n-th block of a language out of a document.
func section(t *testing.T, document, language string, n int) string {
	t.Helper()
	blocks := regexp.MustCompile("(?ms)^ *```"+language+"\n(.*?)^ *```$").FindAllStringSubmatch(document, -1)
	if len(blocks) <= n {
		t.Fatalf("%d blocks of %s", len(blocks), language)
	}
	return blocks[n][1]
}

// typed is what the lines of a page print when they are typed, with this house's address in the place of the usual one.
func (h *house) typed(t *testing.T, script string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-eu", "-o", "pipefail", "-c", strings.ReplaceAll(script, "127.0.0.1:8080", strings.TrimPrefix(h.url, "http://")))
	cmd.Dir = t.TempDir()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, stderr.String())
	}
	return string(out)
}

// TestAdministrationInDocs runs the lines of docs/callcenter.md.
func TestAdministrationInDocs(t *testing.T) {
	t.Parallel() // it mostly waits
	document := string(readFile(t, "../../docs/callcenter.md"))
	script := section(t, document, "sh", 0)
	if strings.Count(script, "127.0.0.1:8080") != 1 {
		t.Fatalf("not the lines expected: %s", script)
	}
	m := newQuiet(t, storetest.SQLite(t))
	// An answer ends in a line break, but for problems.
	out := m.typed(t, script)
	done := `{"switch":"main","stale":false}`
	lines := strings.Split(strings.TrimSpace(out), "\n")
	for i, want := range []string{
		done, done, done,
		`[{"at":"`, `{"switch":"main","registered":"no"}`,
		done, done, done, done,
		`[{"switch":"main","name":"`, `[{"switch":"main","name":"`, `[]`, `[{"switch":"main","queue":"sales@default"`, `[{"name":"main",`,
		done,
		`{"next":"The definition is kept.`, `[{"hostname":"","name":"night@default","params":{"strategy":"ring-all",`, `{"next":"The definition is gone.`,
		`{"title":"Unprocessable Entity","status":422,"detail":"Empty confirm"`, `{"switch":"main","stale":false,"warning":"Loading a queue sets`,
	} {
		if i >= len(lines) || !strings.HasPrefix(lines[i], want) {
			t.Fatalf("line %d of\n%s\nwant %s", i+1, out, want)
		}
	}
	if history := lines[3]; !strings.Contains(history, `"status":"On Break","reason":"lunch","by":"API_test_2"`) {
		t.Errorf("history: %s", history)
	}
	if tiers := lines[12]; !strings.Contains(tiers, `"agent":"1002@default","state":"Ready","level":1,"position":5`) {
		t.Errorf("tiers: %s", tiers)
	}
}

// TestDocs: the rights, metrics and configuration that docs/callcenter.md names are those there are.
func TestDocs(t *testing.T) {
	t.Parallel() // it mostly waits
	document := string(readFile(t, "../../docs/callcenter.md"))
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	rights := ""
	for _, page := range pages {
		rights += string(readFile(t, page))
	}
	m := newQuiet(t, storetest.SQLite(t))
	for _, right := range append(slices.Clone(v1Rights), "numbers/see") {
		if !strings.Contains(rights, "\n| `"+right+"` |") {
			t.Errorf("the right %s is not told of", right)
		}
	}
	older, err := openapi3.NewLoader().LoadFromData([]byte(m.do("GET", v1.Base+"/openapi-3.0.json", "", nil).body))
	if err != nil || !older.IsOpenAPI30() || older.Validate(t.Context()) != nil {
		t.Errorf("the document for older tools: %v, %v", err, older.Validate(t.Context()))
	}
	var families []string
	for _, line := range strings.Split(m.get("/metrics").body, "\n") {
		if name, ok := strings.CutPrefix(line, "# TYPE callgate_callcenter_"); ok {
			name, _, _ = strings.Cut(name, " ")
			families = append(families, name)
			if !strings.Contains(document, "\n| `callgate_callcenter_"+name+"` |") {
				t.Errorf("the metric %s is not told of", name)
			}
		}
	}
	if told := strings.Count(document, "\n| `callgate_callcenter_"); told != len(families) || told == 0 {
		t.Errorf("%d metrics told of, there are %q", told, families)
	}
	var c struct {
		Bindings struct {
			Binding struct {
				Params []struct {
					Name  string `xml:"name,attr"`
					Value string `xml:"value,attr"`
				} `xml:"param"`
			} `xml:"binding"`
		} `xml:"bindings"`
	}
	if err := xml.Unmarshal([]byte(section(t, document, "xml", 0)), &c); err != nil {
		t.Fatal(err)
	}
	given := map[string]string{}
	for _, p := range c.Bindings.Binding.Params {
		given[p.Name] = p.Value
	}
	if user, _, _ := strings.Cut(given["gateway-credentials"], ":"); user != "xml" || !strings.HasSuffix(given["gateway-url"], "/xml") || given["timeout"] == "" {
		t.Errorf("mod_xml_curl is told %v", given)
	}
	for _, name := range []string{"CALLGATE_XML_USER", "CALLGATE_XML_PASSWORD", "CALLGATE_TIME_ZONE", "docs/callcenter.md"} {
		if readme, err := os.ReadFile("../../README.md"); err != nil || !strings.Contains(string(readme), name) {
			t.Errorf("the README does not tell of %s (%v)", name, err)
		}
	}
}
