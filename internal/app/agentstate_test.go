package app_test

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	v1 "callgate/api/v1"
	"callgate/internal/store/storetest"
)

type statePage struct {
	States []v1.AgentState
	Next   string
}

// states is what an agent did, the oldest first: "ready, pause lunch".
func (m *modern) states(t *testing.T, pairs ...string) (p statePage, text string) {
	t.Helper()
	got := m.want(t, http.StatusOK, "GET", query("/agents/states", pairs...), "")
	if err := json.Unmarshal([]byte(got.body), &p); err != nil {
		t.Fatal(err)
	}
	for _, s := range p.States {
		text = strings.TrimSpace(s.State+" "+s.Reason) + ", " + text
	}
	return p, strings.TrimSuffix(text, ", ")
}

// TestAgentStates: what an agent does can be read a moment later, with the reason of a pause, by pages, and goes on after
// a restart.
func TestAgentStates(t *testing.T) {
	t.Parallel() // it mostly waits
	eachDatabase(t, func(t *testing.T, database string) {
		l := newLand(t, database, nil)
		m := newModern(t, l)
		const agent = "1000@default"
		wait := func(want string) (p statePage) {
			t.Helper()
			text := ""
			eventually(t, want, func() bool { p, text = m.states(t, "name", agent); return text == want })
			return p
		}
		wait("ready")
		named := query("/agents", "name", agent)
		m.want(t, 200, "PATCH", named, object("status", "On Break", "reason", "обед"))
		wait("ready, pause обед")
		m.want(t, 200, "PATCH", named, object("status", "Available"))
		p := wait("ready, pause обед, ready")
		for i, s := range p.States {
			if s.Switch != "main" || (i == 0) != (s.Ended == nil) || (i == 0) != (s.Watched != nil) || i > 0 && !s.Ended.Equal(p.States[i-1].Started) {
				t.Errorf("the %d. is %+v", i+1, s)
			}
		}
		if p, text := m.states(t, "name", agent, "limit", "2", "switch", "main"); text != "pause обед, ready" || p.Next == "" {
			t.Errorf("the first page: %s, %q", text, p.Next)
		} else if p, text := m.states(t, "name", agent, "limit", "2", "switch", "main", "cursor", p.Next); text != "ready" || p.Next != "" {
			t.Errorf("the second: %s, %q", text, p.Next)
		}
		begin := p.States[1].Started
		if _, text := m.states(t, "name", agent, "from", begin.Format(time.RFC3339Nano), "to", begin.Add(time.Microsecond).Format(time.RFC3339Nano)); text != "pause обед" {
			t.Errorf("of a moment: %s", text)
		}
		if _, text := m.states(t, "name", "nobody"); text != "" {
			t.Errorf("of nobody: %s", text)
		}
		m.stop()
		m = newModern(t, l)
		p = wait("ready, pause обед, ready, unknown, ready")
		m.want(t, 200, "DELETE", named, "")
		eventually(t, "an end", func() bool { p, _ = m.states(t, "name", agent); return p.States[0].Ended != nil })
	})
}

// TestReplicasKeepStates: whichever of two processes writes, parted from the database or killed: the spans neither overlap nor leave
// a hole, unknown is only what came between, and what the agent did then is there.
func TestReplicasKeepStates(t *testing.T) {
	t.Parallel() // it mostly waits
	database := storetest.Postgres(t)
	through, link := storetest.Through(t, database)
	_, replicas := newReplicas(t, through, database)
	first, second := replicas[0], replicas[1]
	first.start(t)
	eventually(t, "a duty", func() bool { return first.holds(t, "switch:main") })
	second.start(t)
	token := second.signIn(t)
	db, err := sql.Open("postgres", database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const agent = "1000@default"
	// told reads the agent's spans, and holds each against the one before.
	told := func() string {
		t.Helper()
		rows, err := db.Query(`SELECT state, started, ended FROM agent_states WHERE switch_name = 'main' AND agent = $1 ORDER BY started`, agent)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var all []string
		for last := int64(-1); rows.Next(); {
			var state string
			var started, ended int64
			if err := rows.Scan(&state, &started, &ended); err != nil {
				t.Fatal(err)
			}
			if last >= 0 && started != last {
				t.Errorf("after %q one begins at %d, the last ended at %d", all, started, last)
			}
			if ended != 0 && state == "unknown" && ended-started > (20*time.Second).Microseconds() {
				t.Errorf("unknown for %d us", ended-started)
			}
			all, last = append(all, state), ended
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return strings.Join(all, ", ")
	}
	status := func(by *served, to string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, "http://"+by.addr+v1.Base+query("/agents", "name", agent), strings.NewReader(object("status", to)))
		if err != nil {
			t.Fatal(err)
		}
		req.Close = true
		req.Header = http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("a status: %d", resp.StatusCode)
		}
	}
	wait := func(want ...string) {
		t.Helper()
		got := ""
		defer func() { t.Log(got) }()
		eventually(t, want[0], func() bool {
			got = told()
			for _, w := range want {
				if got == w {
					return true
				}
			}
			return false
		})
	}
	wait("ready")
	status(second, "On Break")
	wait("ready, pause")

	link.Freeze()
	eventually(t, "to be taken over from who is parted", func() bool { return second.holds(t, "switch:main") })
	wait("ready, pause, unknown, pause", "ready, pause") // the second may have known all the time
	status(second, "Logged Out")
	wait("ready, pause, unknown, pause, logged_out", "ready, pause, logged_out", "ready, pause, unknown, logged_out")
	link.Thaw()
	status(second, "On Break")
	before := told()
	eventually(t, "a pause", func() bool { before = told(); return strings.HasSuffix(before, ", logged_out, pause") })

	if err := second.end(os.Kill); err == nil {
		t.Fatal("not killed")
	}
	eventually(t, "to be taken over from who was killed", func() bool { return first.holds(t, "switch:main") })
	status(first, "Available")
	wait(before+", unknown, pause, ready", before+", ready", before+", unknown, ready")
	if err := first.end(syscall.SIGTERM); err != nil {
		t.Errorf("stopped: %v", err)
	}
	told()
}
