package app_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"callgate/internal/store/storetest"
)

// TestAPIInDocs runs the lines of docs/api.md.
func TestAPIInDocs(t *testing.T) {
	document := string(readFile(t, "../../docs/api.md"))
	m := newQuiet(t, storetest.SQLite(t))
	record(t, m.recordings, "1b4e28ba-2fa1-11d2-883f-0016d3cca427", time.Second)
	out := m.typed(t, section(t, document, "sh", 0))
	lines := strings.Split(strings.TrimSpace(regexp.MustCompile(`\n+`).ReplaceAllString(strings.ReplaceAll(out, "}{", "}\n{"), "\n")), "\n")
	const shop = `{"id":"shop","name":"Shop","numbers":\["78001112233"\],"queues":\[\],"zone":"","country":"RU","sl_seconds":`
	for i, want := range []string{shop + `20,`, shop + `30,`, `{"title":"Precondition Failed","status":412,"detail":"Project was changed meanwhile"}`,
		`{"number":"88001112233","normal":"\+78001112233","project":"shop","given":"78001112233",`, `{"title":"Unprocessable Entity","status":422,"detail":"Wrong zone","errors":\[.*"location":"zone"`,
		`{"title":"Bad Request","status":400,.*the key \\"name\\" stands there twice`, `{"title":"Unauthorized","status":401,"detail":"Wrong token"}`,
		`{"changes":\[{"id":\d+,.*"kind":"project","name":"shop","after":{`, `RIFF 206 audio/wav`, `{"version":"v1.2.3","started":"`} {
		if i >= len(lines) || !regexp.MustCompile("^"+want).MatchString(lines[i]) {
			t.Fatalf("line %d of\n%s\nwant %s", i+1, out, want)
		}
	}
	if len(lines) != 10 {
		t.Errorf("there is more:\n%s", out)
	}
	if !strings.Contains(string(readFile(t, "../../README.md")), "docs/api.md") {
		t.Error("the README does not tell of docs/api.md")
	}
}
