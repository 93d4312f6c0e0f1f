package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	v1 "callgate/api/v1"
	"callgate/esl/esltest"
)

func shiftCases() []scenario {
	w := centre(esltest.Phone{}, nil)
	w.agents, w.tiers = nil, nil
	w.phones = append(w.phones, esltest.Phone{User: "1002", Refuse: 486})
	return []scenario{{"a shift", "An agent is added, answers, rests, meets a busy phone; figures are FreeSWITCH's own; its database fails; it crashes mid-call.", w, shift}}
}

// shift takes a contact centre through a day: agents, tiers and their names, calls answered and given up, wrap-up, a phone
// that is busy, statistics, today's figures beside FreeSWITCH's own counters, a database that fails, and a crash.
func shift(t *testing.T, s *scene) {
	m := s.modern(t)
	const anna = `Анна "O'Нил" \ ^^`
	m.want(t, http.StatusOK, http.MethodPost, "/agents", object("name", anna, "contact", "user/1001", "wrap_up_time", 4, "status", "available", "reason", "morning"))
	m.want(t, http.StatusOK, http.MethodPost, "/tiers", object("queue", "sales", "agent", anna))
	if a := m.agentNamed(t, anna); a == nil || a.Status != "Available" || !a.Ready || a.Misspelled {
		t.Fatalf("the agent: %+v", a)
	}
	queueNow := func() v1.Queue { return list[v1.Queue](t, m, "/queues")[0] }
	state := func() string {
		q, a := queueNow(), m.agentNamed(t, anna)
		return fmt.Sprintf("%d waiting, %d talking, %s, ready %v", q.Waiting, q.Talking, a.State, a.Ready)
	}
	becomes := func(want string) {
		t.Helper()
		got := ""
		defer func() {
			if got != want {
				t.Logf("last: %s", got)
			}
		}()
		eventually(t, want, func() bool { got = state(); return got == want })
	}
	ring := func() customer { return s.customer(t, incoming{number: "79190000001", to: "queue-sales"}) }
	first := ring()
	becomes("0 waiting, 1 talking, In a queue call, ready false")
	second := ring()
	becomes("1 waiting, 1 talking, In a queue call, ready false")
	second.hangup(t)
	becomes("0 waiting, 1 talking, In a queue call, ready false")
	if a := m.agentNamed(t, anna); a.Talk == nil || a.Talk.UUID == "" {
		t.Errorf("talks with %+v", a.Talk)
	}
	first.hangup(t)
	becomes("0 waiting, 0 talking, Waiting, ready false") // wrap-up
	becomes("0 waiting, 0 talking, Waiting, ready true")

	// A phone that is busy is rung again and again; its owner rests in between.
	m.want(t, http.StatusOK, http.MethodPatch, query("/agents", "name", anna), object("contact", "user/1002", "busy_delay_time", 60))
	third := ring()
	becomes("1 waiting, 0 talking, Waiting, ready false")
	third.hangup(t)
	becomes("0 waiting, 0 talking, Waiting, ready false")
	figures := func(when string) {
		t.Helper()
		eventually(t, when, func() bool {
			q := queueNow()
			return q.Today.Answered == 1 && q.Today.Abandoned == 2 && q.Today.Offered == 3 && q.Today.Unseen == 0
		})
	}
	figures("today's figures")
	eventually(t, "the same by FreeSWITCH's counters", func() bool { q := queueNow(); return q.CallsAnswered == "1" && q.CallsAbandoned == "2" })
	// On a machine that tests much else an event may take longer than the looks that make a doubt a correction; TestRandomHistories of
	// internal/callcenter holds it to none, in virtual time.
	for _, kind := range []string{"answered", "abandoned", "agent_status", "agent_state", "member"} {
		if line := `callgate_callcenter_corrections_total{kind="` + kind + `",switch="main"} 0`; !testing.Short() && !strings.Contains(m.get("/metrics").body, line+"\n") {
			t.Errorf("something had to be corrected: no %s", line)
		}
	}

	// Its database fails: FreeSWITCH prints "+OK" alone.
	before := m.call("/contact/tiers", "").body
	s.spoilTiers(t, true)
	eventually(t, "a reading that fails", func() bool {
		return s.fs(t, "callcenter_config tier list") == "+OK\n" && list[v1.Switch](t, m, "/switches")[0].Age > 3
	})
	if got := m.call("/contact/tiers", "").body; got != before {
		t.Errorf("tiers: %s, want %s", got, before)
	}
	s.spoilTiers(t, false)
	eventually(t, "a reading that works", func() bool { return list[v1.Switch](t, m, "/switches")[0].Age < 2 })

	// It crashes in the middle of a call.
	m.want(t, http.StatusOK, http.MethodPatch, query("/agents", "name", anna), object("status", "On Break"))
	ring()
	becomes("1 waiting, 0 talking, Waiting, ready false")
	core := list[v1.Switch](t, m, "/switches")[0].Core
	s.crash(t)
	eventually(t, "not ready", func() bool { return m.get("/readyz").status == http.StatusServiceUnavailable })
	if got := m.call("/contact/tiers", "").body; got != before {
		t.Errorf("tiers without a link: %s, want %s", got, before)
	}
	s.start(t)
	eventually(t, "another core", func() bool { sw := list[v1.Switch](t, m, "/switches"); return len(sw) == 1 && sw[0].Core != core })
	becomes("0 waiting, 0 talking, Waiting, ready false")
	figures("today's figures after the crash") // nobody knows what became of the caller who waited
	if offset := list[v1.Switch](t, m, "/switches")[0].ClockOffset; offset > 1 || offset < -1 {
		t.Errorf("clocks of one machine are %v s apart", offset)
	}
}
