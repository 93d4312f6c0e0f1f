package callcenter_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"callgate/esl/esltest"
	"callgate/internal/callcenter"
)

// doing is what an agent does by FreeSWITCH's own lists: the truth that the Center must tell.
func doing(t *testing.T, n node) map[string]string {
	t.Helper()
	channels := n.api(t, "show channels as json")
	lines := strings.Split(strings.TrimSuffix(n.api(t, "callcenter_config agent list"), "\n+OK\n"), "\n")
	header := strings.Split(lines[0], "|")
	all := map[string]string{}
	for _, line := range lines[1:] {
		cell := func(name string) string { return strings.Split(line, "|")[slices.Index(header, name)] }
		number := func(name string) int64 {
			v, err := strconv.ParseInt(cell(name), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		now := n.Clock().Unix()
		status := cell("status")
		name := cell("name")
		switch {
		case strings.EqualFold(status, "Logged Out"):
			all[name] = "out"
		case cell("state") == "In a queue call":
			all[name] = "talking"
		case strings.Contains(channels, `"name":"sofia/internal/`+name+`@127.0.0.1"`):
			all[name] = "talking"
		case (status == "Available" || status == "Available (On Demand)") && cell("state") == "Waiting" &&
			number("last_bridge_end")+number("wrap_up_time") < now && number("ready_time") <= now:
			all[name] = "ready"
		default:
			all[name] = "not ready"
		}
	}
	return all
}

// told is the same by the Center.
func (c *centre) told() map[string]string {
	all := map[string]string{}
	for _, a := range c.Live()[0].Agents {
		switch {
		case !a.LoggedIn():
			all[a.Name] = "out"
		case a.Talking():
			all[a.Name] = "talking"
		case a.Ready:
			all[a.Name] = "ready"
		default:
			all[a.Name] = "not ready"
		}
	}
	return all
}

// TestRandomHistories lets agents and callers do what they like, and says at every moment that the sums are right and,
// within a second, that what is told is what FreeSWITCH's own lists say. Nothing drifts: at the end today's figures are
// FreeSWITCH's counters. While the link holds, no reading ever has to correct what the events told; when it breaks, the
// figures are right again soon after it is back.
func TestRandomHistories(t *testing.T) {
	seeds := uint64(2)
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		for _, breaks := range []bool{false, true} {
			t.Run(fmt.Sprintf("seed %d, link breaks %v", seed, breaks), func(t *testing.T) {
				var agents []esltest.Agent
				for i := range 6 {
					agents = append(agents, esltest.Agent{Name: strconv.Itoa(1000 + i), Status: "Available", WrapUp: 3 * i, MaxNoAnswer: 2,
						BusyDelay: 5, RejectDelay: 5, NoAnswerDelay: 5})
				}
				cfg := centreConfig(agents...)
				cfg.Extensions = append(cfg.Extensions, esltest.Extension{Name: "elsewhere", Match: "^elsewhere$",
					Apps: []esltest.App{{Name: "answer"}, {Name: "park"}}})
				inBubble(t, []esltest.Config{cfg}, func(t *testing.T, c *centre) { history(t, c, rand.New(rand.NewPCG(seed, 1)), breaks) })
			})
		}
	}
}

func history(t *testing.T, c *centre, random *rand.Rand, breaks bool) {
	t.Helper()
	n := c.nodes[0]
	both := []string{"sales@d", "support@d"}
	statuses := []string{"Available", "Available", "Available (On Demand)", "On Break", "Logged Out", "available", "ON BREAK"}
	cuts := 0
	for range 150 {
		agent := strconv.Itoa(1000 + random.IntN(6))
		switch random.IntN(8) {
		case 0, 1, 2, 3:
			call(t, n.Switch, []string{"sales", "support"}[random.IntN(2)], time.Duration(1+random.IntN(40))*time.Second)
		case 4:
			n.api(t, "callcenter_config agent set status "+agent+" '"+statuses[random.IntN(len(statuses))]+"'")
		case 5:
			if c.agent(t, agent).State == callcenter.Idle { // after a call on demand
				n.api(t, "callcenter_config agent set state "+agent+" Waiting")
			}
		case 6:
			if _, err := n.Call(esltest.Call{Number: agent, Extension: "elsewhere", HangupAfter: time.Duration(5+random.IntN(20)) * time.Second}); err != nil {
				t.Fatal(err)
			}
		case 7:
			if breaks && random.IntN(4) == 0 {
				cuts++
				n.RefuseByACL(true)
				n.CutConnections()
				for range 3 {
					call(t, n.Switch, "sales", time.Duration(1+random.IntN(20))*time.Second)
				}
				pass(20 * time.Second)
				n.RefuseByACL(false)
				for !n.link.Ready() {
					pass(time.Second)
				}
			}
		}
		pass(time.Duration(random.IntN(8000)) * time.Millisecond)
		stat, _, err := c.Online(both)
		if err != nil || stat.LoggedIn != stat.Ready+stat.NotReady+stat.Talking || min(stat.LoggedIn, stat.Ready, stat.NotReady, stat.Talking) < 0 {
			t.Fatalf("%+v %v", stat, err)
		}
		for _, q := range c.Live()[0].Queues {
			if min(q.Waiting, q.Talking, q.Today.Answered, q.Today.Abandoned, q.Today.Unseen, int(q.Today.AnsweredWait), int(q.Today.AbandonedWait)) < 0 {
				t.Fatalf("negative: %+v", q)
			}
		}
		var told, truth map[string]string
		right := false
		for range 20 {
			told, truth = c.told(), doing(t, n)
			if right = fmt.Sprint(told) == fmt.Sprint(truth); right {
				break
			}
			pass(50 * time.Millisecond)
		}
		if !right {
			t.Fatalf("for a second\ntold  %v\ntruth %v\n%s", told, truth, n.api(t, "show channels as json"))
		}
	}
	pass(2 * time.Minute) // every call is over, every doubt cleared
	for _, q := range c.Live()[0].Queues {
		if strconv.Itoa(q.Today.Answered) != q.CallsAnswered || strconv.Itoa(q.Today.Abandoned) != q.CallsAbandoned {
			t.Errorf("%s: today %+v, FreeSWITCH counted %s answered, %s abandoned", q.Name, q.Today, q.CallsAnswered, q.CallsAbandoned)
		}
		if q.Today.Answered == 0 || q.Today.Abandoned == 0 || q.Waiting != 0 || q.Talking != 0 {
			t.Errorf("%s: %+v", q.Name, q)
		}
	}
	if got := c.corrections(t); (got != "") != (cuts > 0) {
		t.Errorf("%d breaks of the link, corrections: %s", cuts, got)
	}
}
