package app_test

import (
	"regexp"
	"strings"
	"testing"

	"callgate/internal/store/storetest"
)

// TestUsersInDocs runs the lines of docs/users.md, and holds its metrics against those there are.
func TestUsersInDocs(t *testing.T) {
	document := string(readFile(t, "../../docs/users.md"))
	script := section(t, document, "sh", 1)
	if strings.Count(script, "127.0.0.1:8080") != 1 {
		t.Fatalf("not the lines expected: %s", script)
	}
	m := newQuiet(t, storetest.SQLite(t))
	out := m.typed(t, script)
	lines := strings.Split(strings.ReplaceAll(strings.TrimSpace(out), "}{", "}\n{"), "\n")
	const boris = `{"login":"boris","status":"active","rights":\["agents/see"`
	for i, want := range []string{`{"login":"API_test_2","rights":\["\*/\*"\],"projects":\[\],"must_change":false,"totp":false,"key":false}`,
		boris + `,"contact/queues"\],"projects":\[\],"must_change":true,.*"revision":1}`, boris + `\],.*"revision":2}`,
		`{"title":"Precondition Failed","status":412,"detail":"User was changed meanwhile"}`, `{"type":"urn:callgate:password_due","title":"Forbidden","status":403,"detail":"Change your password first"}`, `200$`,
		`{"login":"boris","rights":\["agents/see"\],.*"key":true}`, `\[{"id":1,"name":"wallboard","rights":\["agents/see"\],"projects":\[\],"networks":\["127.0.0.0/8"\],`,
		`\[{"id":2,"name":"docs","session":false,"address":"127.0.0.1",`, `{"title":"Unauthorized","status":401,"detail":"Wrong token"}`,
		`{"title":"Conflict","status":409,"detail":"The last administrator is needed"}`} {
		if i >= len(lines) || !regexp.MustCompile("^"+want).MatchString(lines[i]) {
			t.Fatalf("line %d of\n%s\nwant %s", i+1, out, want)
		}
	}
	found := 0
	for line := range strings.Lines(m.get("/metrics").body) {
		if name, ok := strings.CutPrefix(line, "# TYPE callgate_account_"); ok {
			name, _, _ = strings.Cut(name, " ")
			found++
			if !strings.Contains(document, "\n| `callgate_account_"+name+"` |") {
				t.Errorf("the metric %s is not told of", name)
			}
		}
	}
	if told := strings.Count(document, "\n| `callgate_account_"); told != found || told == 0 {
		t.Errorf("%d metrics told of, there are %d", told, found)
	}
	if !strings.Contains(string(readFile(t, "../../README.md")), "docs/users.md") {
		t.Error("the README does not tell of docs/users.md")
	}
}
