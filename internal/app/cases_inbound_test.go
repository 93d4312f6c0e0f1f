package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"callgate/api/v1"
	"callgate/esl/esltest"
	"callgate/internal/project"
)

// inboundCases are about calls that the shipped dialplan hands over to callgate.
func inboundCases() []scenario {
	// short has a second queue, "second", with nobody in it; the agent of the first is on break.
	short := func(w *world) {
		w.agents[0].Status = "On Break"
		w.queues[0].MaxWaitTime = 2
		w.queues = append(w.queues, esltest.Queue{Name: "second", Strategy: "longest-idle-agent", MOH: w.queues[0].MOH, MaxWaitNoAgent: 1, MaxWaitNoAgentReached: 1})
	}
	nobody := centre(esltest.Phone{}, short)
	ends := func(number string, route []any, outcome, steps, cause string) func(*testing.T, *scene) {
		return func(t *testing.T, s *scene) { routed(t, s, number, route, outcome, steps, cause) }
	}
	closed := time.Now().AddDate(0, 0, 3).Format("Mon") + " 00:00-24:00" // not today, in any zone
	return []scenario{
		{"number answered", "A customer dials a project's number: announcement, queue, agent; project and number are in his CDR, the recording is found by either leg.",
			centre(esltest.Phone{HangupAfter: 2 * time.Second}, nil), numberAnswered},
		{"number with a timeout", "After the queue's max-wait-time the route's step for that is taken.", nobody,
			ends(projectNumber, []any{"open", "queue:sales", "timeout", "hangup:NO_USER_RESPONSE"}, "answered", "arrived route=open queue=sales after:timeout hangup=NO_USER_RESPONSE", "NO_USER_RESPONSE")},
		{"number without agents", "Where nobody is logged in, the route's step for that is taken.", nobody,
			ends(projectNumber, []any{"open", "queue:second", "no_agents", "hangup:USER_BUSY"}, "answered", "arrived route=open queue=second after:no_agents hangup=USER_BUSY", "USER_BUSY")},
		{"number left by key", "The customer leaves the queue by a key, and another queue takes him, whose agent answers.",
			centre(esltest.Phone{HangupAfter: time.Second}, func(w *world) {
				short(w)
				w.agents[0].Status = "Available"
				w.tiers[0].Queue = "second"
				w.queues[0].MaxWaitTime = 0
			}), exitKey},
		{"number outside hours", "The call is not answered: the cause that the route names reaches the customer's network, as SIP 404.", nobody,
			ends(projectNumber, []any{"hours", closed, "open", "queue:sales", "closed", "hangup:UNALLOCATED_NUMBER"}, "404", "arrived route=closed hangup=UNALLOCATED_NUMBER", "UNALLOCATED_NUMBER")},
		{"number of nobody", "The default route takes it, here with SIP 486.", nobody,
			ends("74959999999", []any{"project", "", "open", "hangup:USER_BUSY"}, "486", "arrived route=open hangup=USER_BUSY", "USER_BUSY")},
		{"number routed nowhere", "Without a default route the call goes back to the dialplan, whose fallback refuses it with SIP 503.", nobody,
			ends("74959999999", nil, "503", "arrived route=open continue", "NORMAL_TEMPORARY_FAILURE")},
		{"number with an unknown queue", "The route's step for failures is taken, then the fallback.", nobody,
			ends(projectNumber, []any{"open", "queue:nosuch", "failed", "continue"}, "answered", "arrived route=open queue=nosuch after:failed=no such queue continue", "NORMAL_TEMPORARY_FAILURE")},
		{"number with a bridge", "A route rings an account; when that hangs up, the customer is not sent on to the fallback.",
			centre(esltest.Phone{HangupAfter: time.Second}, nil),
			ends(projectNumber, []any{"open", "bridge:user/1001"}, "answered", "arrived route=open bridge=user/1001 answered", "NORMAL_CLEARING")},
		{"callgate down", "A customer who dials while nobody takes calls over gets the dialplan's fallback, here SIP 503.", nobody, callgateDown},
		{"callgate dies mid-queue", "A customer who waits stays in the queue, and goes on to the fallback when his wait is over.", nobody, callgateDies},
		{"callgate dies mid-call", "A customer who talks goes on talking, and is not sent to the fallback afterwards.",
			centre(esltest.Phone{HangupAfter: 3 * time.Second}, nil), callgateDiesTalking},
		{"line breaks in a name", "A customer's name that FreeSWITCH decodes to line breaks would spoil the INVITE to the agent's phone; it rings all the same, and shows no name.",
			centre(esltest.Phone{HangupAfter: 700 * time.Millisecond}, nil), lineBreaks},
		{"hostile callers", "Names and numbers that customers choose go unharmed through route, recording, queue and decisions, and execute nothing.",
			centre(esltest.Phone{HangupAfter: 700 * time.Millisecond}, nil), hostileCallers},
	}
}

// route has the project's calls, or with "project" "" those to unknown numbers, go by a route.
func (s *scene) route(t *testing.T, m *modern, fields ...any) {
	t.Helper()
	m.want(t, http.StatusOK, http.MethodPut, query("/routes", "name", "main"), object(append([]any{"project", "9876"}, fields...)...))
}

// settled makes the project and waits until callgate knows it.
func (s *scene) settled(t *testing.T, change func(*project.Project)) *modern {
	t.Helper()
	m := s.modern(t)
	s.addProject(t, change)
	eventually(t, "the project", func() bool { return s.call("/onlinestat/get", object("project_id", "9876")).status == http.StatusOK })
	return m
}

// steps are what was decided about all calls so far, in one line.
func (m *modern) steps(t *testing.T) string {
	t.Helper()
	var page struct {
		Decisions []v1.Decision `json:"decisions"`
	}
	text := m.want(t, http.StatusOK, http.MethodGet, query("/decisions", "from", "2020-01-01T00:00:00Z"), "").body
	if err := json.Unmarshal([]byte(text), &page); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, d := range page.Decisions {
		step := d.Step
		if d.Detail != "" {
			step += "=" + d.Detail
		}
		all = append(all, step)
	}
	return strings.Join(all, " ")
}

func (m *modern) wantSteps(t *testing.T, want string) {
	t.Helper()
	got := ""
	deadline := time.After(10 * time.Second)
	for got = m.steps(t); got != want; got = m.steps(t) {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-deadline:
			t.Fatalf("decided\n%s\nwant\n%s", got, want)
		}
	}
}

// member waits for the channel of the only customer.
func (s *scene) member(t *testing.T) (uuid string) {
	t.Helper()
	eventually(t, "the customer's channel", func() bool {
		for _, r := range s.rows(t) {
			if r.Direction == "inbound" {
				uuid = r.UUID
			}
		}
		return uuid != ""
	})
	return uuid
}

// called waits until the decisions name a call, and returns its channel.
func (m *modern) called(t *testing.T) (uuid string) {
	t.Helper()
	eventually(t, "a decision", func() bool {
		var page struct {
			Decisions []v1.Decision `json:"decisions"`
		}
		text := m.want(t, http.StatusOK, http.MethodGet, query("/decisions", "from", "2020-01-01T00:00:00Z"), "").body
		if err := json.Unmarshal([]byte(text), &page); err != nil {
			t.Fatal(err)
		}
		if len(page.Decisions) > 0 {
			uuid = page.Decisions[0].Call
		}
		return uuid != ""
	})
	return uuid
}

func numberAnswered(t *testing.T, s *scene) {
	m := s.settled(t, func(p *project.Project) { p.Record = true })
	s.route(t, m, "announce", "tone_stream://%(300,100,440)", "open", "queue:sales")
	c := s.customer(t, incoming{number: customerNumber, name: "Pyotr", to: projectNumber})
	if r := s.rang(t, "1001", 1)[0]; r.Number != customerNumber || r.Name != "Pyotr" {
		t.Errorf("the agent was shown %q <%s>", r.Name, r.Number)
	}
	member, agent := s.legs(t)
	ended(t, c, "answered")
	m.wantSteps(t, "arrived route=open record announce queue=sales answered=anna")
	vars, _ := s.record(t, member)
	for name, want := range map[string]any{"callgate_project": float64(9876), "callgate_number": float64(74951112233), "callgate_route": "main",
		"cc_side": "member", "cc_queue": "sales", "cc_agent": "anna", "cc_cause": "answered", "hangup_cause": "NORMAL_CLEARING", "callgate_fell_through": nil} {
		if vars[name] != want {
			t.Errorf("%s: %v, want %v", name, vars[name], want)
		}
	}
	s.record(t, agent)
	for _, leg := range []string{member, agent} {
		checkWAV(t, s.call("/contact/audio", object("id", leg)), leg)
	}
}

// routed has a customer dial a number that goes by a route.
func routed(t *testing.T, s *scene, number string, route []any, outcome, steps, cause string) {
	t.Helper()
	m := s.settled(t, nil)
	if route != nil {
		s.route(t, m, route...)
	}
	c := s.customer(t, incoming{number: customerNumber, to: number})
	ended(t, c, outcome)
	m.wantSteps(t, steps)
	vars, _ := s.record(t, m.called(t))
	fell := any(nil)
	if strings.HasSuffix(steps, "continue") {
		fell = "true"
	}
	if vars["hangup_cause"] != cause || fmt.Sprint(vars["callgate_number"]) != numeral(number) || vars["callgate_fell_through"] != fell {
		t.Errorf("cause %v, number %v, fell through %v; want %s, %s, %v", vars["hangup_cause"], vars["callgate_number"], vars["callgate_fell_through"], cause, number, fell)
	}
	s.empty(t)
}

// numeral is a number as JSON makes a float64 of it.
func numeral(number string) string {
	var x any
	_ = json.Unmarshal([]byte(number), &x) // digits
	return fmt.Sprint(x)
}

func exitKey(t *testing.T, s *scene) {
	m := s.settled(t, nil)
	s.route(t, m, "open", "queue:sales", "keys", map[string]string{"1": "queue:second", "2": "hangup"})
	c := s.customer(t, incoming{number: customerNumber, to: projectNumber, presses: "1"})
	s.rang(t, "1001", 1)
	ended(t, c, "answered")
	m.wantSteps(t, "arrived route=open queue=sales after:key=1 queue=second answered=anna")
}

func callgateDown(t *testing.T, s *scene) {
	s.inbound.close()
	ended(t, s.customer(t, incoming{number: customerNumber, to: projectNumber}), "503")
	s.empty(t)
}

func callgateDies(t *testing.T, s *scene) {
	m := s.settled(t, nil)
	s.route(t, m, "open", "queue:sales", "timeout", "hangup:USER_BUSY")
	c := s.customer(t, incoming{number: customerNumber, to: projectNumber})
	member := s.member(t)
	eventually(t, "in the queue", func() bool { return strings.HasSuffix(m.steps(t), "queue=sales") })
	s.inbound.close()
	ended(t, c, "answered")
	vars, _ := s.record(t, member)
	if vars["cc_cancel_reason"] != "TIMEOUT" || vars["callgate_fell_through"] != "true" || vars["hangup_cause"] != "NORMAL_TEMPORARY_FAILURE" {
		t.Errorf("reason %v, fell through %v, cause %v", vars["cc_cancel_reason"], vars["callgate_fell_through"], vars["hangup_cause"])
	}
}

func callgateDiesTalking(t *testing.T, s *scene) {
	m := s.settled(t, nil)
	s.route(t, m, "open", "queue:sales")
	c := s.customer(t, incoming{number: customerNumber, to: projectNumber})
	s.rang(t, "1001", 1)
	member, _ := s.legs(t)
	eventually(t, "the agent answers", func() bool { return s.rings(t, "1001")[0].Answered })
	s.inbound.close()
	ended(t, c, "answered")
	vars, _ := s.record(t, member)
	if vars["cc_cause"] != "answered" || vars["hangup_cause"] != "NORMAL_CLEARING" {
		t.Errorf("queue %v, cause %v", vars["cc_cause"], vars["hangup_cause"])
	}
	if r := s.rings(t, "1001"); len(r) != 1 {
		t.Errorf("the agent was rung %d times", len(r))
	}
}

func lineBreaks(t *testing.T, s *scene) {
	m := s.settled(t, nil)
	c := s.customer(t, incoming{number: customerNumber, name: "b%0d%0aContent-Length: 0%0d%0a%0d%0aBYE", to: projectNumber})
	if r := s.rang(t, "1001", 1)[0]; r.Number != customerNumber || r.Name != "unknown" {
		t.Errorf("the agent was shown %q <%s>", r.Name, r.Number)
	}
	ended(t, c, "answered")
	m.wantSteps(t, "arrived route=open queue=sales answered=anna")
}

func hostileCallers(t *testing.T, s *scene) {
	m := s.settled(t, func(p *project.Project) { p.Record = true })
	executed := filepath.Join(t.TempDir(), "executed")
	s.route(t, m, "open", "queue:sales")
	steps := []string{}
	for i, tt := range []struct{ number, shown, name string }{
		{"anonymous", "anonymous", "${system touch " + executed + "}"},
		{"+7919;x=y", "+7919", "a'b,c=d|e;f"},
		{"1%27%7d%2c", "1'},", "{x=y}[z]"},
		{"%24%7Bsystem%20touch%20" + executed + "%7D", "executed}", "</variables><x<!--"}, // as with names, what is before a / is taken away
		{"7919*#", "7919*#", "Мария"},
	} {
		c := s.customer(t, incoming{number: tt.number, name: tt.name, to: projectNumber})
		if r := s.rang(t, "1001", i+1)[i]; r.Number != tt.shown {
			t.Errorf("%q <%s>: the agent was shown <%s>, want <%s>", tt.name, tt.number, r.Number, tt.shown)
		}
		member, _ := s.legs(t)
		ended(t, c, "answered")
		vars, _ := s.record(t, member)
		if vars["callgate_project"] != float64(9876) || vars["cc_cause"] != "answered" {
			t.Errorf("%q <%s>: %v", tt.name, tt.number, vars)
		}
		checkWAV(t, s.call("/contact/audio", object("id", member)), member)
		steps = append(steps, "arrived route=open record queue=sales answered=anna")
		s.empty(t)
	}
	m.wantSteps(t, strings.Join(steps, " "))
	if _, err := os.Stat(executed); err == nil {
		t.Error("a name or number was executed")
	}
}
