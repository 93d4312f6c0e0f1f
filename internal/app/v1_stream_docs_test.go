package app_test

import (
	"encoding/json"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"callgate/internal/store/storetest"
)

// TestStreamInDocs runs the lines of docs/stream.md, gives what they print to the page's lines of JavaScript, and holds its metrics
// against those there are.
func TestStreamInDocs(t *testing.T) {
	document := string(readFile(t, "../../docs/stream.md"))
	m := newQuiet(t, storetest.SQLite(t))
	out := m.typed(t, section(t, document, "sh", 0))
	all, err := decodeEvents(strings.NewReader(out), nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	told := all.([]any)
	if len(told) != 2 {
		t.Fatalf("typed: %s", out)
	}
	object := func(event string, data any) { told = append(told, map[string]any{"event": event, "data": data}) }
	about := func(topic string) map[string]any {
		return map[string]any{"topic": topic, "switch": "main", "id": "1001@default", "since": "2026-11-27T10:25:56Z"}
	}
	object("agent", map[string]any{"switch": "main", "name": "1000@default", "status": "On Break"})
	object("agent", map[string]any{"switch": "main", "name": "new", "status": "On Break"})
	object("gone", about("agents"))
	object("call", map[string]any{"switch": "main", "uuid": "a"})
	object("stale", about("calls"))
	object("stale", about("queues"))
	object("fresh", about("queues"))
	events, err := json.Marshal(told)
	if err != nil {
		t.Fatal(err)
	}
	// A browser of a few lines.
	script := `class EventSource { constructor() { EventSource.on = {} } addEventListener(name, f) { EventSource.on[name] = f } }
` + section(t, document, "js", 0) + `
const show = () => console.log([...rows.queues.keys()].length, [...rows.agents.values()].map(a => a.name + ' ' + a.status).join(), [...rows.calls.keys()].join(), [...stale].join())
for (const e of ` + string(events) + `) EventSource.on[e.event]({ data: JSON.stringify(e.data) })
show()
EventSource.on.snapshot({ data: '{"topic":"agents","switch":"main","stale":true,"rows":[{"switch":"main","name":"x","status":"y"}]}' })
show()
EventSource.on.reset({ data: '{}' })
show()
`
	cmd := exec.CommandContext(t.Context(), "node", "--eval", script)
	text, err := cmd.CombinedOutput()
	want := "4 1000@default On Break,new On Break main|a calls|main,2026-11-27T10:25:56Z\n4 x y main|a calls|main,2026-11-27T10:25:56Z,agents|main,\n0   \n"
	if err != nil || string(text) != want {
		t.Errorf("%v, got\n%s\nwant\n%s", err, text, want)
	}
	found := 0
	for line := range strings.Lines(m.do(http.MethodGet, "/metrics", "", nil).body) {
		if name, ok := strings.CutPrefix(line, "# TYPE callgate_stream_"); ok {
			name, _, _ = strings.Cut(name, " ")
			found++
			if !strings.Contains(document, "\n| `callgate_stream_"+name+"` |") {
				t.Errorf("the metric %s is not told of", name)
			}
		}
	}
	if told := strings.Count(document, "\n| `callgate_stream_"); told != found || told == 0 {
		t.Errorf("%d metrics told of, there are %d", told, found)
	}
}
