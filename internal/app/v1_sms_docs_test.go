package app_test

import (
	"regexp"
	"strings"
	"testing"

	"callgate/internal/sms"
	"callgate/internal/store/storetest"
)

// TestTextsInDocs runs the lines of docs/sms.md, and holds its states and metrics against those there are.
func TestTextsInDocs(t *testing.T) {
	document := string(readFile(t, "../../docs/sms.md"))
	script := section(t, document, "sh", 1)
	if strings.Count(script, "127.0.0.1:8080") != 1 {
		t.Fatalf("not the lines expected: %s", script)
	}
	database := storetest.SQLite(t)
	m := newQuiet(t, database)
	m.want(t, 200, "PUT", "/sms/providers/log", `{"kind":"log"}`)
	(&land{database: database}).set(t, "sms.provider", "log")
	eventually(t, "the order", func() bool { return m.order(t) == "log" })
	lines := strings.Split(strings.TrimSpace(m.typed(t, script)), "\n")
	const kept = `{"id":1,"state":"(accepted|queued|sent)","encoding":"gsm-7","parts":1}`
	for i, want := range []string{`{"name":"code","project":"","text":"Your code is {code}\.","places":\["code"\],`, kept, kept,
		`{"messages":\[{"id":1,.*"number":"\+79190000000",.*"text":"Your code is 1234\."`,
		`{"accepted":1,"refused":1,"messages":\[{"status":202,"id":\d+,"state":"accepted","encoding":"ucs-2","parts":1},{"status":422,"error":"Wrong phone","field":"phone","reason":"want`,
		`{"number":"\+79190000000","project":"",.*"stopped":0}`, `{"optouts":\[{"number":"\+79190000000",`, `{"name":"log","kind":"log",`, `{"outcome":"taken",.*"message":\d+,`,
		`{"title":"Unprocessable Entity","status":422,"detail":"Wrong text","errors":\[{"message":"character 14: { without }"`} {
		if i >= len(lines) || !regexp.MustCompile("^"+want).MatchString(lines[i]) {
			t.Fatalf("line %d of\n%s\nwant %s", i+1, strings.Join(lines, "\n"), want)
		}
	}
	for _, state := range sms.States() {
		if !strings.Contains(document, "\n| `"+string(state)+"` |") {
			t.Errorf("the state %s is not told of", state)
		}
	}
	tells(t, "GET", m.url+"/api/v1/sms/receipts/nobody/x", "")
	found := 0
	for line := range strings.Lines(m.get("/metrics").body) {
		if name, ok := strings.CutPrefix(line, "# TYPE callgate_sms_"); ok {
			name, _, _ = strings.Cut(name, " ")
			found++
			if !strings.Contains(document, "\n| `callgate_sms_"+name+"` |") {
				t.Errorf("the metric %s is not told of", name)
			}
		}
	}
	if told := strings.Count(document, "\n| `callgate_sms_"); told != found || told == 0 {
		t.Errorf("%d metrics told of, there are %d", told, found)
	}
	if !strings.Contains(string(readFile(t, "../../README.md")), "docs/sms.md") {
		t.Error("the README does not tell of docs/sms.md")
	}
}
