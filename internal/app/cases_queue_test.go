package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v1 "callgate/api/v1"
	"callgate/esl/esltest"
	"callgate/internal/app"
	"callgate/internal/project"
)

const customerNumber = "79190000001"

// queueCases are what becomes of callers in a queue.
func queueCases() []scenario {
	onBreak := func(w *world) { w.agents[0].Status = "On Break" }
	// second adds boris, who is offered a call when anna has not taken it, and answers.
	second := func(w *world) {
		w.phones = append(w.phones, esltest.Phone{User: "1002"})
		w.agents = append(w.agents, esltest.Agent{Name: "boris", Contact: "user/1002", Status: "Available"})
		w.tiers = append(w.tiers, esltest.Tier{Queue: "sales", Agent: "boris", Level: 1, Position: 2})
		a := &w.agents[0]
		a.RejectDelay, a.BusyDelay, a.NoAnswerDelay, a.MaxNoAnswer = 60, 60, 60, 1
		a.Contact = "{originate_timeout=2}user/1001"
	}
	return []scenario{
		{"queues and tiers", "/contact/queues, /contact/tiers and /contact/tier answer as documented, and anew after a change that FreeSWITCH announces nowhere. What was read of an agent or a tier is compared with what FreeSWITCH has before it is changed.",
			centre(esltest.Phone{}, func(w *world) { second(w); w.tiers = w.tiers[:1] }), queuesAndTiers},
		{"queue answered", "The agent is shown the customer; online statistics, the recording by record_template, the CDRs of both; then wrap-up.",
			centre(esltest.Phone{HangupAfter: 3 * time.Second, AnswerAfter: time.Second}, func(w *world) {
				w.queues[0].RecordTemplate = "{recordings}/${uuid}.wav"
				w.agents[0].WrapUp = 3
			}), queueAnswered},
		{"queue abandoned", "A customer hangs up while the agent's phone rings: it stops, and his CDR says `BREAK_OUT`.",
			centre(esltest.Phone{NoAnswer: true}, nil), queueAbandoned},
		{"queue timed out", "After max-wait-time the customer goes on with the dialplan, and his CDR says `TIMEOUT`.",
			centre(esltest.Phone{}, func(w *world) { onBreak(w); w.queues[0].MaxWaitTime = 2 }), queueLeft("TIMEOUT")},
		{"queue without agents", "With nobody logged in the customer waits no longer than max-wait-time-with-no-agent; his CDR says `NO_AGENT_TIMEOUT`.",
			centre(esltest.Phone{}, func(w *world) {
				w.agents[0].Status = "Logged Out"
				w.queues[0].MaxWaitNoAgent, w.queues[0].MaxWaitNoAgentReached = 1, 1
			}), queueLeft("NO_AGENT_TIMEOUT")},
		{"agent rejects", "The next agent is rung, and answers.", centre(esltest.Phone{Refuse: 603}, second), nextAnswers("Available")},
		{"agent busy", "The next agent is rung, and answers.", centre(esltest.Phone{Refuse: 486}, second), nextAnswers("Available")},
		{"agent does not answer", "The agent is put on break after max-no-answer; the next one is rung, and answers.",
			centre(esltest.Phone{NoAnswer: true}, second), nextAnswers("On Break")},
		{"agent not registered", "The next agent is rung, and answers.",
			centre(esltest.Phone{}, func(w *world) { second(w); w.absent, w.phones = []string{"1001"}, w.phones[1:] }), nextAnswers("Available")},
		{"hostile names and numbers", "What customers call themselves goes unharmed through queue, agent's phone, CDR and API, and executes nothing.",
			centre(esltest.Phone{HangupAfter: 700 * time.Millisecond}, nil), hostile},
		{"numbers hidden", "Who may not see numbers finds the customer's in no CDR, neither of the customer's leg nor of the agent's; all else is there.",
			centre(esltest.Phone{HangupAfter: 700 * time.Millisecond}, nil), numbersHidden},
	}
}

func queuesAndTiers(t *testing.T, s *scene) {
	queue := `{"name":"sales","strategy":"longest-idle-agent","moh_sound":"tone_stream://%(1000,4000,440);loops=-1","time_base_score":"queue",` +
		`"tier_rules_apply":"false","tier_rule_wait_second":"0","tier_rule_wait_multiply_level":"false","tier_rule_no_agent_no_wait":"false",` +
		`"discard_abandoned_after":"60","abandoned_resume_allowed":"false","max_wait_time":"0","max_wait_time_with_no_agent":"0",` +
		`"max_wait_time_with_no_agent_time_reached":"5","record_template":"(null)","calls_answered":"0","calls_abandoned":"0",` +
		`"ring_progressively_delay":"0","skip_agents_with_external_calls":"true","agent_no_answer_status":"On Break"}`
	tier := `{"queue":"sales","agent":"anna","state":"Ready","level":"1","position":"1"}`
	for _, tt := range []struct{ path, body, want string }{
		{"queues", "", "[" + queue + "]"},
		{"queues", object("name", "sales"), "[" + queue + "]"},
		{"tiers", "", "[" + tier + "]"},
		{"tier", object("queue", "sales"), "[" + tier + "]"},
	} {
		if got := s.call("/contact/"+tt.path, tt.body); got.status != 200 || got.body != tt.want {
			t.Errorf("/contact/%s %s: %d %s\nwant %s", tt.path, tt.body, got.status, got.body, tt.want)
		}
	}
	for _, tt := range []struct{ path, body, want string }{
		{"queues", object("name", "nobody"), `{"error":"Queue not found"}`},
		{"tier", object("queue", "nobody"), `{"error":"Tier not found"}`},
	} {
		if got := s.call("/contact/"+tt.path, tt.body); got.status != 404 || got.body != tt.want {
			t.Errorf("/contact/%s %s: %d %s", tt.path, tt.body, got.status, got.body)
		}
	}
	// None of these is announced by an event.
	for _, tt := range []struct{ command, want string }{
		{"tier set level sales anna 3", `[{"queue":"sales","agent":"anna","state":"Ready","level":"3","position":"1"}]`},
		{"tier set position sales anna 4", `[{"queue":"sales","agent":"anna","state":"Ready","level":"3","position":"4"}]`},
		{"tier add sales boris 2 2", `[{"queue":"sales","agent":"boris","state":"Ready","level":"2","position":"2"},{"queue":"sales","agent":"anna","state":"Ready","level":"3","position":"4"}]`},
		{"tier del sales anna", `[{"queue":"sales","agent":"boris","state":"Ready","level":"2","position":"2"}]`},
	} {
		if got := s.fs(t, "callcenter_config "+tt.command); got != "+OK\n" {
			t.Errorf("%s: %q", tt.command, got)
		}
		s.answers(tt.command, "/contact/tiers", "", 200, tt.want)
	}
	// What was read, compared with what FreeSWITCH has.
	for _, tt := range []struct{ list, single, change, set string }{
		{query("/agents", "name", "boris"), query("/agent", "name", "boris"), object("wrap_up_time", 7, "contact", "user/1001"), "agent set max_no_answer boris 4"},
		{query("/tiers", "queue", "sales", "agent", "boris"), query("/tier", "queue", "sales", "agent", "boris"), object("level", 5), "tier set position sales boris 6"},
	} {
		header := http.Header{"Authorization": {"Bearer " + s.token}, "Content-Type": {"application/json"}}
		for _, want := range []int{200, 412} {
			header.Set("If-Match", s.do("GET", v1.Base+tt.single, "", bearer(s.token)).header.Get("ETag"))
			if want == 412 {
				if got := s.fs(t, "callcenter_config "+tt.set); got != "+OK\n" {
					t.Errorf("%s: %q", tt.set, got)
				}
			}
			if got := s.do("PATCH", v1.Base+tt.list, tt.change, header); got.status != want {
				t.Errorf("%s: %d %s, want %d", tt.list, got.status, got.body, want)
			}
		}
	}
}

// addProject makes the project that has the queue sales and the number 74951112233.
func (s *scene) addProject(t *testing.T, change func(*project.Project)) {
	t.Helper()
	p := project.Project{ID: "9876", Name: "Sales", Numbers: []string{projectNumber}, Queues: []string{"sales"}, SLSeconds: 20}
	if change != nil {
		change(&p)
	}
	s.land.administer(t, func(a *app.Administration) error { return a.Projects.Add(t.Context(), p) })
}

const projectNumber = "74951112233"

// online waits for the project's statistics.
func (s *scene) online(t *testing.T, ready, notReady, talking int) {
	t.Helper()
	want := fmt.Sprintf(`{"cntLoggedIn":%d,"cntReady":%d,"cntNotReady":%d,"cntTalking":%d}`, ready+notReady+talking, ready, notReady, talking)
	s.answers("online statistics", "/onlinestat/get", object("project_id", "9876"), 200, want)
}

// legs are the channels of a call between a customer and an agent.
func (s *scene) legs(t *testing.T) (member, agent string) {
	t.Helper()
	eventually(t, "both legs", func() bool {
		for _, r := range s.rows(t) {
			if r.Direction == "inbound" {
				member = r.UUID
			} else {
				agent = r.UUID
			}
		}
		return member != "" && agent != ""
	})
	return member, agent
}

func queueAnswered(t *testing.T, s *scene) {
	s.addProject(t, nil)
	s.online(t, 1, 0, 0)
	c := s.customer(t, incoming{number: customerNumber, name: "Pyotr", to: "queue-sales"})
	if r := s.rang(t, "1001", 1)[0]; r.Number != customerNumber || r.Name != "Pyotr" {
		t.Errorf("the agent was shown %q <%s>", r.Name, r.Number)
	}
	member, agent := s.legs(t)
	s.online(t, 0, 0, 1)
	ended(t, c, "answered")
	s.online(t, 0, 1, 0) // wrap-up
	s.online(t, 1, 0, 0)
	vars, _ := s.record(t, member)
	for name, want := range map[string]any{"cc_side": "member", "cc_queue": "sales", "cc_agent": "anna", "cc_cause": "answered", "cc_agent_uuid": agent, "cc_agent_bridged": "true"} {
		if vars[name] != want {
			t.Errorf("the member's %s: %v, want %v", name, vars[name], want)
		}
	}
	vars, _ = s.record(t, agent)
	for name, want := range map[string]any{"cc_side": "agent", "cc_queue": "sales", "cc_agent": "anna", "cc_member_session_uuid": member, "hangup_cause": "NORMAL_CLEARING"} {
		if vars[name] != want {
			t.Errorf("the agent's %s: %v, want %v", name, vars[name], want)
		}
	}
	for _, leg := range []string{member, agent} {
		checkWAV(t, s.call("/contact/audio", object("id", leg)), leg)
	}
}

func queueAbandoned(t *testing.T, s *scene) {
	c := s.customer(t, incoming{number: customerNumber, to: "queue-sales"})
	s.rang(t, "1001", 1)
	member, agent := s.legs(t)
	c.hangup(t)
	eventually(t, "the phone stops", func() bool { return s.rings(t, "1001")[0].Cancelled })
	vars, _ := s.record(t, member)
	if vars["cc_cause"] != "cancel" || vars["cc_cancel_reason"] != "BREAK_OUT" || vars["hangup_cause"] != "NORMAL_CLEARING" {
		t.Errorf("cause %v, reason %v, %v", vars["cc_cause"], vars["cc_cancel_reason"], vars["hangup_cause"])
	}
	if vars, _ := s.record(t, agent); vars["cc_side"] != "agent" || vars["hangup_cause"] != "ORIGINATOR_CANCEL" {
		t.Errorf("the attempt: side %v, cause %v", vars["cc_side"], vars["hangup_cause"])
	}
	s.empty(t)
}

// queueLeft has a customer leave the queue for a reason of its own.
func queueLeft(reason string) func(*testing.T, *scene) {
	return func(t *testing.T, s *scene) {
		began := time.Now()
		c := s.customer(t, incoming{number: customerNumber, to: "queue-sales"})
		var member string
		eventually(t, "the customer's channel", func() bool {
			for _, r := range s.rows(t) {
				member = r.UUID
			}
			return member != ""
		})
		ended(t, c, "answered")
		if took := time.Since(began); took > 8*time.Second {
			t.Errorf("he waited %v", took)
		}
		vars, _ := s.record(t, member)
		if vars["cc_cause"] != "cancel" || vars["cc_cancel_reason"] != reason || vars["hangup_cause"] != "NORMAL_CLEARING" {
			t.Errorf("cause %v, reason %v, %v", vars["cc_cause"], vars["cc_cancel_reason"], vars["hangup_cause"])
		}
		s.rang(t, "1001", 0)
	}
}

// nextAnswers has a call that anna does not take answered by boris; status is what anna has then.
func nextAnswers(status string) func(*testing.T, *scene) {
	return func(t *testing.T, s *scene) {
		m := s.modern(t)
		c := s.customer(t, incoming{number: customerNumber, to: "queue-sales"})
		eventually(t, "boris answers", func() bool { r := s.rings(t, "1002"); return len(r) == 1 && r[0].Answered })
		for _, r := range s.rings(t, "1001") {
			if r.Answered || r.Cancelled != (status == "On Break") {
				t.Errorf("anna's phone: %+v", r)
			}
		}
		eventually(t, "anna is "+status+", boris talks", func() bool {
			anna, boris := m.agentNamed(t, "anna"), m.agentNamed(t, "boris")
			return anna.Status == status && anna.State == "Waiting" && boris.State == "In a queue call"
		})
		c.hangup(t)
		s.empty(t)
	}
}

// hostile has customers call who would like to be somebody else, or to have something executed.
func hostile(t *testing.T, s *scene) {
	m := s.modern(t)
	executed := filepath.Join(t.TempDir(), "executed")
	for i, tt := range []struct{ name, shown string }{
		{`${system touch {executed}}`, `executed}`}, // FreeSWITCH takes what is before a / away
		{`a'b,c=d|e;f`, `a'b,c=d|e;f`},
		{`{x=y}[z]`, `{x=y}[z]`},
		{`</variables><x<!--`, `variables><x<!--`},
		{`%41%00%zz&callcenter(x)`, `A`}, // and percent-encoding
		{"Мария", "Мария"},
	} {
		number, name := fmt.Sprintf("7919000000%d", i), strings.ReplaceAll(tt.name, "{executed}", executed)
		c := s.customer(t, incoming{number: number, name: name, to: "queue-sales"})
		got := s.rang(t, "1001", i+1)[i]
		if got.Number != number || got.Name != tt.shown {
			t.Errorf("%q: the agent was shown %q <%s>, want %q", name, got.Name, got.Number, tt.shown)
		}
		member, _ := s.legs(t)
		ended(t, c, "answered")
		vars, body := s.record(t, member)
		if vars["cc_cause"] != "answered" || !strings.Contains(body, member) {
			t.Errorf("%q: the CDR %s", name, body)
		}
		s.empty(t)
	}
	if _, err := os.Stat(executed); err == nil {
		t.Error("a name was executed")
	}
	// FreeSWITCH makes line breaks of these, and would write them into the INVITE to a phone.
	m.want(t, http.StatusOK, http.MethodPatch, query("/agents", "name", "anna"), object("status", "On Break"))
	c := s.customer(t, incoming{number: "79190000009", name: "b%0d%0aContent-Length: 9%0d%0a%0d%0aapi status", to: "queue-sales"})
	waiting := func(n int) func() bool {
		return func() bool { q := list[v1.Queue](t, m, "/queues"); return len(q) == 1 && q[0].Waiting == n }
	}
	eventually(t, "he waits", waiting(1))
	member := s.member(t)
	c.hangup(t)
	eventually(t, "he has left", waiting(0))
	if vars, _ := s.record(t, member); vars["cc_cancel_reason"] != "BREAK_OUT" {
		t.Errorf("his CDR: %v", vars)
	}
	if a := m.agentNamed(t, "anna"); a == nil || a.State != "Waiting" || a.Status != "On Break" {
		t.Errorf("the agent: %+v", a)
	}
}

// numbersHidden has a customer call whose name is a number too.
func numbersHidden(t *testing.T, s *scene) {
	m := s.modern(t)
	blind := m.user("blind", "contact/cdr")
	c := s.customer(t, incoming{number: "79190000001", name: "8 919 000-00-01", to: "queue-sales"})
	s.rang(t, "1001", 1)
	member, agent := s.legs(t)
	ended(t, c, "answered")
	for leg, queue := range map[string]string{member: "cc_queue", agent: "cc_agent"} {
		vars, body := s.record(t, leg)
		if !strings.Contains(body, "9190000001") {
			t.Errorf("nothing is to be hidden in %s", body)
		}
		got := s.post("/contact/cdr", object("id", leg), blind)
		var shown struct{ Variables map[string]any }
		if err := json.Unmarshal([]byte(got.body), &shown); err != nil || got.status != http.StatusOK {
			t.Fatalf("%d %s", got.status, got.body)
		}
		for text, n := got.body, 0; n < 2; n++ {
			if bare := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(text); strings.Contains(bare, "9190000001") {
				t.Errorf("decoded %d times, it shows the number: %s", n, text)
			}
			text, _ = url.PathUnescape(text)
		}
		if len(shown.Variables) != len(vars) {
			t.Errorf("%d variables are shown of %d", len(shown.Variables), len(vars))
		}
		for _, name := range []string{"uuid", "start_uepoch", "end_stamp", "cc_member_uuid", queue, "hangup_cause"} {
			if vars[name] == nil || fmt.Sprint(shown.Variables[name]) != fmt.Sprint(vars[name]) {
				t.Errorf("%s is %v, want %v", name, shown.Variables[name], vars[name])
			}
		}
	}
}
