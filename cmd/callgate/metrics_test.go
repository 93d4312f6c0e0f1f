package main

import (
	"bytes"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

// checkMetrics holds what the demonstration tells Prometheus against Prometheus' own rules, and looks whether there is
// something of everything in it.
func checkMetrics(t *testing.T, base string) {
	t.Helper()
	var body []byte
	waitFor(t, "figures of the switch", func() bool {
		answer, err := http.Get(base + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if body, err = io.ReadAll(answer.Body); err != nil {
			t.Fatal(err)
		}
		return bytes.Contains(body, []byte("\nfreeswitch_sofia_gateway_status{")) && bytes.Contains(body, []byte("\ncallcenter_agents{"))
	})
	check := exec.CommandContext(t.Context(), "promtool", "check", "metrics")
	check.Stdin = bytes.NewReader(body)
	if out, err := check.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool, which Debian has in its package prometheus: %v\n%s", err, out)
	}
	for _, want := range []string{
		`freeswitch_up{switch="demo"} 1`, `freeswitch_time_synced{switch="demo"} 1`, `freeswitch_max_sessions{switch="demo"} 1000`,
		`freeswitch_current_sessions{switch="demo"} `, `freeswitch_current_calls{switch="demo"} `, `freeswitch_sessions_total{switch="demo"} `,
		`freeswitch_sofia_gateway_status{context="default",name="partner",profile="external",proxy="sip:127.0.0.1:5081",scheme="Digest",switch="demo"} 1`,
		`freeswitch_sofia_gateway_status{context="default",name="spare",profile="external",proxy="sip:127.0.0.1:5080",scheme="Digest",switch="demo"} 0`,
		`callcenter_agents{queue="support2@default",status="logged_out",switch="demo"} 0`, `callcenter_queue_waiting{queue="sales@default",switch="demo"} `,
		`callcenter_calls_total{outcome="answered",queue="delivery@default",switch="demo"} `,
		`callcenter_wait_seconds_bucket{outcome="answered",queue="sales@default",switch="demo",le="20"} `,
		`callcenter_talk_seconds_count{queue="support@default",switch="demo"} `,
		`callgate_esl_up{switch="demo"} 1`, "go_goroutines ", "process_cpu_seconds_total ",
	} {
		if !strings.Contains(string(body), "\n"+want) {
			t.Errorf("no %s", want)
		}
	}
}
