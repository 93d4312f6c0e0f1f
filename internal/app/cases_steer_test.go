package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"callgate/api/v1"
	"callgate/esl/esltest"
)

// steerCases are about calls that are made and steered through the modern face.
func steerCases() []scenario {
	w := centre(esltest.Phone{}, func(w *world) { w.phones = append(w.phones, phone("1234"), phone("1003")) })
	return []scenario{
		{"call hung up", "A leg is hung up with a cause: so is the other, and their CDRs say who did it.", w, hungUp},
		{"call transferred to a number", "The leg outside goes on at another number, and the account is free.", w, transferredToNumber},
		{"call transferred to a queue", "The leg outside goes into a queue, and an agent answers it.", w, transferredToQueue},
		{"call held", "A leg is put on hold and taken off again.", w, held},
		{"call muted", "A leg is muted and heard again, and gets digits.", w, muted},
		{"call recorded", "A call's recording is paused, resumed and stopped; another one is begun.", w, recorded},
		{"call listened to", "A supervisor's phone rings, and hears the call until it is over.", w, listened},
		{"call parked and bridged", "A leg is parked; two legs are made to talk with each other.", w, parked},
		{"two calls with one key", "The same order under the same idempotency key is told what came of it the first time, and rings nobody.", w, ringOnce},
		{"number denied", "A rule denies a prefix: nothing rings.", w, denied},
	}
}

// talk makes a call through the modern face and waits until both legs talk.
func (s *scene) talk(t *testing.T, m *modern) (near, far string) {
	t.Helper()
	o, got := m.make(t, "", "sip", "1234", "called_number", calledNumber, "caller_number", callerNumber)
	if got.status != http.StatusOK || o.Outcome != "answered" {
		t.Fatalf("%d %s", got.status, got.body)
	}
	eventually(t, "both legs talk", func() bool {
		c := m.v1(http.MethodGet, "/calls/live/"+o.UUID, "")
		var leg v1.LiveCall
		if c.status != http.StatusOK || json.Unmarshal([]byte(c.body), &leg) != nil || leg.With == "" || leg.State != "active" {
			return false
		}
		far = leg.With
		return true
	})
	return o.UUID, far
}

// steer does something with a leg.
func steer(t *testing.T, m *modern, leg, action string, fields ...any) {
	t.Helper()
	m.want(t, http.StatusOK, http.MethodPost, "/calls/"+leg+"/"+action, object(fields...))
}

func gone(t *testing.T, m *modern, legs ...string) {
	t.Helper()
	for _, leg := range legs {
		eventually(t, "the end of "+leg, func() bool { return m.v1(http.MethodGet, "/calls/live/"+leg, "").status == http.StatusNotFound })
	}
}

func hungUp(t *testing.T, s *scene) {
	m := s.modern(t)
	near, far := s.talk(t, m)
	steer(t, m, near, "hangup", "cause", "CALL_REJECTED")
	gone(t, m, near, far)
	vars, _ := s.record(t, near)
	if vars["hangup_cause"] != "CALL_REJECTED" || vars["sip_hangup_disposition"] != "send_bye" {
		t.Errorf("the leg: %v, %v", vars["hangup_cause"], vars["sip_hangup_disposition"])
	}
	if vars, _ := s.record(t, far); vars["sip_hangup_disposition"] != "send_bye" {
		t.Errorf("the other: %v, %v", vars["hangup_cause"], vars["sip_hangup_disposition"])
	}
	s.empty(t)
	refused(t, m.v1(http.MethodPost, "/calls/"+near+"/hangup", "{}"), http.StatusNotFound, "")
}

func transferredToNumber(t *testing.T, s *scene) {
	m := s.modern(t)
	near, far := s.talk(t, m)
	steer(t, m, far, "transfer", "number", "89100000001")
	gone(t, m, near)
	s.rang(t, "", 2) // the second one is the new number
	steer(t, m, far, "hangup")
	s.empty(t)
	if vars, _ := s.record(t, far); vars["hangup_cause"] != "NORMAL_CLEARING" {
		t.Errorf("the leg: %v", vars["hangup_cause"])
	}
}

func transferredToQueue(t *testing.T, s *scene) {
	m := s.modern(t)
	near, far := s.talk(t, m)
	steer(t, m, far, "transfer", "queue", "sales")
	gone(t, m, near)
	eventually(t, "the agent answers", func() bool { r := s.rings(t, "1001"); return len(r) == 1 && r[0].Answered })
	eventually(t, "they talk", func() bool { a := m.agentNamed(t, "anna"); return a.State == "In a queue call" })
	steer(t, m, far, "hangup")
	s.empty(t)
	if vars, _ := s.record(t, far); vars["cc_side"] != "member" || vars["cc_cause"] != "answered" || vars["cc_agent"] != "anna" {
		t.Errorf("the leg: %v, %v, %v", vars["cc_side"], vars["cc_cause"], vars["cc_agent"])
	}
}

func held(t *testing.T, s *scene) {
	m := s.modern(t)
	near, far := s.talk(t, m)
	for range 2 {
		steer(t, m, near, "hold", "mode", "on")
		eventually(t, "on hold", func() bool { return m.one(t, near).State == "held" })
		steer(t, m, near, "hold", "mode", "off")
		eventually(t, "off hold", func() bool { return m.one(t, near).State == "active" })
	}
	steer(t, m, far, "hangup")
	gone(t, m, near, far)
	if vars, _ := s.record(t, near); vars["hold_accum_seconds"] == nil {
		t.Error("the CDR does not tell of the hold")
	}
}

func muted(t *testing.T, s *scene) {
	m := s.modern(t)
	near, far := s.talk(t, m)
	steer(t, m, near, "mute", "on", true)
	steer(t, m, near, "mute", "on", false)
	steer(t, m, far, "dtmf", "digits", "1w2#")
	refused(t, m.v1(http.MethodPost, "/calls/"+far+"/dtmf", object("digits", "${x}")), http.StatusUnprocessableEntity, "digits")
	steer(t, m, near, "hangup")
	gone(t, m, near, far)
}

func recorded(t *testing.T, s *scene) {
	m := s.modern(t)
	near, far := s.talk(t, m)
	heard := func() { <-time.After(500 * time.Millisecond) } // there is something to hear
	heard()
	for _, verb := range []string{"pause", "resume", "stop"} {
		steer(t, m, near, "record", "verb", verb)
	}
	eventually(t, "no recording", func() bool { return !m.one(t, near).Recorded })
	var begun v1.Steered
	got := m.want(t, http.StatusOK, http.MethodPost, "/calls/"+far+"/record", object("verb", "start"))
	if err := json.Unmarshal([]byte(got.body), &begun); err != nil || !strings.HasPrefix(begun.Path, s.land.recordings+"/") {
		t.Errorf("begun: %s", got.body)
	}
	heard()
	steer(t, m, near, "hangup")
	gone(t, m, near, far)
	s.record(t, near)
	s.record(t, far)
	for _, leg := range []string{near, far} {
		// How much of it there is depends on how busy the machine is.
		if got := s.call("/contact/audio", object("id", leg)); got.status != http.StatusOK || len(got.body) <= 44 || !strings.HasPrefix(got.body, "RIFF") {
			t.Errorf("the recording of %s: %d, %d bytes", leg, got.status, len(got.body))
		}
	}
}

func listened(t *testing.T, s *scene) {
	m := s.modern(t)
	near, far := s.talk(t, m)
	got := m.want(t, http.StatusOK, http.MethodPost, "/calls/"+near+"/listen", object("sip", "1003", "mode", "listen"))
	var o v1.Outcome
	if err := json.Unmarshal([]byte(got.body), &o); err != nil || o.Outcome != "answered" {
		t.Fatalf("%s", got.body)
	}
	s.rang(t, "1003", 1)
	eventually(t, "three legs", func() bool { return len(s.rows(t)) == 3 })
	steer(t, m, near, "hangup")
	gone(t, m, near, far, o.UUID)
	s.empty(t)
}

func parked(t *testing.T, s *scene) {
	m := s.modern(t)
	near, far := s.talk(t, m)
	steer(t, m, far, "park")
	eventually(t, "parked", func() bool { return m.one(t, far).With == "" })
	gone(t, m, near)
	again, other := s.talk(t, m)
	steer(t, m, far, "bridge", "with", again)
	eventually(t, "they talk", func() bool { return m.one(t, far).With == again && m.one(t, again).With == far })
	steer(t, m, far, "hangup")
	gone(t, m, far, again, other)
	s.empty(t)
}

func ringOnce(t *testing.T, s *scene) {
	m := s.modern(t)
	order := []any{"sip", "1234", "called_number", calledNumber, "caller_number", callerNumber}
	first, _ := m.make(t, "k", order...)
	if again, _ := m.make(t, "k", order...); again != first || first.Outcome != "answered" {
		t.Errorf("%+v, then %+v", first, again)
	}
	s.rang(t, "1234", 1)
	steer(t, m, first.UUID, "hangup")
	s.empty(t)
	s.rang(t, "1234", 1)
}

func denied(t *testing.T, s *scene) {
	m := s.modern(t)
	m.want(t, http.StatusOK, http.MethodPatch, query("/destination-rules", "for", "all"), object("deny", []string{"891"}))
	if got := s.call("/contact/add", order(calledNumber, callerNumber, "1234")); got.status != 419 || got.body != `{"error":"Wrong called_number!"}` {
		t.Errorf("/contact/add: %d %s", got.status, got.body)
	}
	_, got := m.make(t, "", "sip", "1234", "called_number", calledNumber, "caller_number", callerNumber)
	refused(t, got, http.StatusUnprocessableEntity, "called_number")
	s.rang(t, "1234", 0)
	s.empty(t)
}
