package esltest_test

import (
	"fmt"
	"strings"
	"testing"

	"callgate/esl/esltest"
)

// TestNodes: switches side by side in one process share nothing.
func TestNodes(t *testing.T) {
	const many = 3
	nodes := make([]*esltest.Switch, many)
	admins := make([]*admin, many)
	listeners := make([]*admin, many)
	for i := range nodes {
		nodes[i] = run(t, esltest.Config{
			Hostname:   fmt.Sprint("node", i),
			Heartbeat:  -1,
			Queues:     []esltest.Queue{{Name: fmt.Sprint("queue", i)}},
			Extensions: []esltest.Extension{{Match: "^100$", Apps: []esltest.App{{Name: "park"}}}},
		})
		admins[i] = newAdmin(t, connect(t, nodes[i], nil))
		listeners[i] = newAdmin(t, connect(t, nodes[i], nil))
		listeners[i].command("event json HEARTBEAT CHANNEL_CREATE")
	}
	seen := map[string]bool{}
	for i, s := range nodes {
		if id := s.CoreUUID(); seen[id] || id == "" || seen[s.Addr()] {
			t.Errorf("node %d is %s at %s", i, id, s.Addr())
		}
		seen[s.CoreUUID()], seen[s.Addr()] = true, true
		s.Heartbeat()
		e := listeners[i].event(1, "Event-Name", "HEARTBEAT").event
		if lookup(e, "Core-UUID") != s.CoreUUID() || lookup(e, "FreeSWITCH-Hostname") != fmt.Sprint("node", i) {
			t.Errorf("node %d: %v", i, e)
		}
		if list := admins[i].api("callcenter_config queue list"); strings.Count(list, "queue") < 1 || !strings.Contains(list, fmt.Sprint("queue", i, "|")) ||
			strings.Contains(list, fmt.Sprint("queue", (i+1)%many, "|")) {
			t.Errorf("node %d has %s", i, list)
		}
	}

	// What happens to one is not noticed by the others.
	call, err := nodes[0].Call(esltest.Call{Number: "7", Extension: "100"})
	if err != nil {
		t.Fatal(err)
	}
	listeners[0].event(1, "Event-Name", "CHANNEL_CREATE", "Unique-ID", call.UUID())
	nodes[0].FailCommand("echo", "-ERR broken\n")
	nodes[1].CutConnections()
	listeners[1].end()
	before := nodes[2].CoreUUID()
	nodes[2].Restart()
	listeners[2].end()
	if nodes[2].CoreUUID() == before {
		t.Error("the restart did not change the core's uuid")
	}
	for i, want := range []string{"-ERR broken\n", "works", "works"} {
		a := admins[i]
		if i > 0 {
			a = newAdmin(t, connect(t, nodes[i], nil))
		}
		if got := a.api("echo works"); got != want {
			t.Errorf("node %d: want %q, got %q", i, want, got)
		}
		if got, want := a.api("uuid_exists "+call.UUID()), fmt.Sprint(i == 0); got != want {
			t.Errorf("node %d has the call: %s", i, got)
		}
	}
	if err := nodes[0].Close(); err != nil {
		t.Error(err)
	}
	<-call.Done()
	newAdmin(t, connect(t, nodes[1], nil)) // still serves
}
