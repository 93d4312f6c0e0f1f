package app_test

import (
	"regexp"
	"strings"
	"testing"

	"callgate/internal/store/storetest"
)

// TestCallsInDocs runs the lines of docs/calls.md, and holds its metrics against those there are.
func TestCallsInDocs(t *testing.T) {
	t.Parallel() // it mostly waits
	document := string(readFile(t, "../../docs/calls.md"))
	script := section(t, document, "sh", 1)
	if strings.Count(script, "127.0.0.1:8080") != 1 {
		t.Fatalf("not the lines expected: %s", script)
	}
	m := newQuiet(t, storetest.SQLite(t))
	out := m.typed(t, script)
	const answered, done = `{"outcome":"answered","uuid":"[0-9a-f-]{36}","cause":""}`, `{"switch":"main"}`
	lines := strings.Split(strings.TrimSpace(out), "\n")
	for i, want := range []string{answered, answered, `\[{"uuid":"`, `{"uuid":"[0-9a-f-]{36}","switch":"main","direction":"outbound"`, done, done, answered, done,
		`\[{"for":"all","allow":\[\],"deny":\["7809","00"\],`, `{"title":"Unprocessable Entity","status":422,"detail":"Wrong called_number",`, `\[\]`} {
		if i >= len(lines) || !regexp.MustCompile("^"+want).MatchString(lines[i]) {
			t.Fatalf("line %d of\n%s\nwant %s", i+1, out, want)
		}
	}
	if lines[0] != lines[1] {
		t.Errorf("ordered twice: %s, %s", lines[0], lines[1])
	}
	found := 0
	for line := range strings.Lines(m.get("/metrics").body) {
		if name, ok := strings.CutPrefix(line, "# TYPE callgate_call_"); ok {
			name, _, _ = strings.Cut(name, " ")
			found++
			if !strings.Contains(document, "\n| `callgate_call_"+name+"` |") {
				t.Errorf("the metric %s is not told of", name)
			}
		}
	}
	if told := strings.Count(document, "\n| `callgate_call_"); told != found || told == 0 {
		t.Errorf("%d metrics told of, there are %d", told, found)
	}
}
