package app_test

import (
	"net/http"
	"strings"
	"testing"

	"callgate/esl/esltest"
	"callgate/internal/app"
	"callgate/internal/setting"
	"callgate/internal/store/storetest"
)

// TestNoCommandForARequest: FreeSWITCH hears nothing of a thousand requests about its contact centre.
func TestNoCommandForARequest(t *testing.T) {
	l := newLand(t, storetest.SQLite(t), nil)
	h := l.build(t, func(c *app.Config) {
		c.Settings = map[string]string{setting.SnapshotInterval: "1m", setting.SnapshotMaxAge: "10m"}
	})
	h.ready()
	h.signIn()
	l.administer(t, addProjects(t))
	requests := []struct{ path, body string }{
		{"/contact/queues", ""}, {"/contact/queues", `{"name":"sales@default"}`}, {"/contact/tiers", ""},
		{"/contact/tier", `{"queue":"sales@default"}`}, {"/onlinestat/all", ""}, {"/onlinestat/get", get9876},
	}
	eventually(t, "a project", func() bool { return h.call("/onlinestat/get", get9876).status == http.StatusOK })
	eventually(t, "the end of the first reading of figures", func() bool { // the next is a minute away
		return strings.Contains(h.get("/metrics").body, `callgate_switch_reads_total{result="ok",switch="main",what="gateways"}`)
	})
	before := h.sw.Commands()
	for i := range 1000 {
		r := requests[i%len(requests)]
		if got := h.call(r.path, r.body); got.status != http.StatusOK {
			t.Fatalf("%s: %d %s", r.path, got.status, got.body)
		}
	}
	for _, path := range []string{"/api/v1/agents", "/api/v1/queues", "/api/v1/tiers", "/api/v1/queues/callers", "/api/v1/switches"} {
		if got := h.do(http.MethodGet, path, "", bearer(h.token)); got.status != http.StatusOK {
			t.Fatalf("%s: %d %s", path, got.status, got.body)
		}
	}
	if after := h.sw.Commands(); len(after) != len(before) {
		t.Errorf("FreeSWITCH got %q", after[len(before):])
	}
}

// TestOneOfTwoSwitchesDown: the rows of the other stay, readiness and metrics say which is down, and each row of the
// modern face knows its switch.
func TestOneOfTwoSwitchesDown(t *testing.T) {
	second, err := esltest.New(esltest.Config{Password: "second", Queues: []esltest.Queue{{Name: "night@default"}},
		Agents: []esltest.Agent{{Name: "9000@default"}}, Tiers: []esltest.Tier{{Queue: "night@default", Agent: "9000@default"}}})
	if err != nil {
		t.Fatal(err)
	}
	stop := runUntilCleanup(t, "second switch", second.Run)
	l := newLand(t, storetest.SQLite(t), nil)
	h := l.build(t, func(c *app.Config) {
		c.Switches = append(c.Switches, app.Switch{Name: "second", Addr: second.Addr(), Password: "second"})
		c.Settings = map[string]string{setting.SnapshotInterval: "1s", setting.SnapshotMaxAge: "3s"}
	})
	h.ready()
	h.signIn()
	both := func() bool {
		return strings.Contains(h.call("/contact/queues", "").body, "night@default") && strings.Contains(h.call("/contact/queues", "").body, "sales@default")
	}
	eventually(t, "the queues of both", both)
	agents := h.do(http.MethodGet, "/api/v1/agents", "", bearer(h.token)).body
	if !strings.Contains(agents, `"switch":"second","name":"9000@default"`) || strings.Contains(agents, `"switch":"second","name":"1000@default"`) {
		t.Errorf("agents: %s", agents)
	}
	stop()
	eventually(t, "the other's queues alone", func() bool { return !strings.Contains(h.call("/contact/queues", "").body, "night@default") })
	if got := h.call("/contact/queues", ""); got.status != http.StatusOK || !strings.Contains(got.body, "sales@default") {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := h.call("/contact/tier", `{"queue":"night@default"}`); got.body != `{"error":"Tier not found"}` {
		t.Errorf("a tier of the switch that is down: %s", got.body)
	}
	if got := h.get("/readyz"); got.status != http.StatusOK || !strings.Contains(got.body, `"second":"no link"`) {
		t.Errorf("readiness: %d %s", got.status, got.body)
	}
	if got := h.do(http.MethodGet, "/api/v1/switches", "", bearer(h.token)).body; !strings.Contains(got, `{"name":"main","known":true,`) ||
		!strings.Contains(got, `{"name":"second","known":false,`) {
		t.Errorf("switches: %s", got)
	}
	text := h.get("/metrics").body
	for _, want := range []string{`callgate_callcenter_reads_total{result="failed",switch="second"}`, `callgate_callcenter_snapshot_age_seconds{switch="second"}`,
		`callgate_callcenter_clock_offset_seconds{switch="second"}`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in the metrics", want)
		}
	}
}
