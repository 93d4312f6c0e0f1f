package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"callgate/esl/esltest"
)

// recordCases are about CDRs and what outlives the switch.
func recordCases() []scenario {
	call := func(encode string, change func(*world)) world {
		w := world{phones: []esltest.Phone{phone("1234")}, far: esltest.Phone{HangupAfter: time.Second}, encode: encode}
		if change != nil {
			change(&w)
		}
		return w
	}
	return []scenario{
		{"CDRs encoded", "With encode=true, as shipped, both legs' CDRs arrive and are shown as the documented JSON.", call("true", nil), cdrShown},
		{"CDRs as they are", "The same with encode=false.", call("false", nil), cdrShown},
		{"CDRs in base64", "The same with encode=base64.", call("base64", nil), cdrShown},
		{"CDRs as XML", "The same with encode=textxml.", call("textxml", nil), cdrShown},
		{"CDRs nobody takes", "While callgate is down FreeSWITCH keeps them in err-log-dir, in their encoding, named for the leg.",
			call("true", func(w *world) { w.noAPI = true }), cdrUndelivered},
		{"crash and new start", "After kill -9 and a new start callgate is ready by itself; queues are right, and calls work.",
			centre(esltest.Phone{HangupAfter: time.Second}, func(w *world) { w.phones = append(w.phones, phone("1234")); w.far.HangupAfter = time.Second }), crashed},
	}
}

func cdrShown(t *testing.T, s *scene) {
	id := callID(t, s.call("/contact/add", order(calledNumber, callerNumber, "1234")))
	vars, body := s.record(t, id)
	other, _ := vars["bridge_uuid"].(string)
	_, far := s.record(t, other)
	for _, leg := range []struct{ id, body string }{{id, body}, {other, far}} {
		// What the document begins with, whatever the encoding was on the way.
		if !strings.HasPrefix(leg.body, `{"@attributes":{"core-uuid":"`) || !strings.Contains(leg.body, `"channel_data":{"state":"CS_REPORTING"`) ||
			!strings.Contains(leg.body, `"uuid":"`+leg.id+`"`) || !strings.Contains(leg.body, `"app_log":{"application":`) && leg.id == id ||
			!strings.Contains(leg.body, `"callflow":`) || !strings.Contains(leg.body, `"hangup_cause":"NORMAL_CLEARING"`) {
			t.Errorf("%s", leg.body)
		}
	}
	if vars["sip_req_uri"] == nil || vars["callgate_recording"] == nil || !strings.Contains(vars["callgate_recording"].(string), "%2F") && !strings.Contains(vars["callgate_recording"].(string), "/") {
		t.Errorf("variables: %v", vars)
	}
}

func cdrUndelivered(t *testing.T, s *scene) {
	id := callID(t, s.call("/contact/add", order(calledNumber, callerNumber, "1234")))
	var names []string
	eventually(t, "both legs' CDRs on the disk", func() bool { names = files(t, s.undelivered); return len(names) == 2 })
	if names[0] != "a_"+id+".cdr.xml" && names[1] != "a_"+id+".cdr.xml" {
		t.Errorf("they are called %v, want one of %s", names, id)
	}
	if got := s.call("/contact/cdr", object("id", id)); got.status != http.StatusNotFound || got.body != `{"error":"Wrong ID!"}` {
		t.Errorf("a CDR that never came: %d %s", got.status, got.body)
	}
}

func crashed(t *testing.T, s *scene) {
	queues, tiers := s.call("/contact/queues", "").body, s.call("/contact/tiers", "").body
	s.crash(t)
	eventually(t, "not ready", func() bool { return s.get("/readyz").status == http.StatusServiceUnavailable })
	if got := s.call("/contact/add", order(calledNumber, callerNumber, "1234")); got.status != 503 || got.body != `{"error":"Switch unavailable!"}` {
		t.Errorf("a call without a switch: %d %s", got.status, got.body)
	}
	if got := s.call("/contact/queues", ""); got.body != queues {
		t.Errorf("queues from the last snapshot: %d %s", got.status, got.body)
	}
	s.start(t)
	s.ready()
	s.answers("queues", "/contact/queues", "", 200, queues)
	s.answers("tiers", "/contact/tiers", "", 200, tiers)
	id := callID(t, s.call("/contact/add", order(calledNumber, callerNumber, "1234")))
	if vars, _ := s.record(t, id); vars["hangup_cause"] != "NORMAL_CLEARING" {
		t.Errorf("a call after the new start: %v", vars["hangup_cause"])
	}
	c := s.customer(t, incoming{number: customerNumber, to: "queue-sales"})
	ended(t, c, "answered")
	s.rang(t, "1001", 1)
}
