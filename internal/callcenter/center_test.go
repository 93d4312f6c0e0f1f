package callcenter_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callgate/internal/callcenter"
	"callgate/internal/fault"
)

// link answers lists from texts; it counts and may be slow or broken.
type link struct {
	name string
	mu   sync.Mutex
	core string
	text map[string]string
	err  error
	slow time.Duration
	at   []time.Time // when each reading began
}

func (l *link) Name() string { return l.name }

func (l *link) CoreUUID() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.core
}

func (l *link) Since() time.Time { return time.Unix(1, 0) }

func (l *link) API(ctx context.Context, name string, args ...string) (string, error) {
	command := name + " " + strings.Join(args, " ")
	l.mu.Lock()
	if command == "callcenter_config queue list" {
		l.at = append(l.at, time.Now())
	}
	text, err, slow := l.text[command], l.err, l.slow
	l.mu.Unlock()
	select {
	case <-time.After(slow):
	case <-ctx.Done():
		return "", ctx.Err()
	}
	return text, err
}

func (l *link) set(change func(*link)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(l)
}

func jsonList(list string) string {
	return `json {"command":"callcenter_config","data":{"arguments":"` + list + `"}}`
}

const queueHeader = "name|strategy|record_template|calls_answered\n"

func newLink(name string, queues, tiers string) *link {
	return &link{name: name, text: map[string]string{
		"callcenter_config queue list": queues,
		"callcenter_config tier list":  tiers,
		jsonList("agent list"): `{"command":"callcenter_config","status":"success","response":` +
			`[{"name":"1000@default","contact":"a|b","state":"Waiting"},{"name":"1001@default","talk_time":12}]}`,
		jsonList("member list"): `{"status":"success","response":[]}`,
		"show channels as json": `{"row_count": 0}`,
	}}
}

func queueJSON(name, strategy, template, answered string) string {
	return `{"name":"` + name + `","strategy":"` + strategy + `","moh_sound":"","time_base_score":"","tier_rules_apply":"",` +
		`"tier_rule_wait_second":"","tier_rule_wait_multiply_level":"","tier_rule_no_agent_no_wait":"",` +
		`"discard_abandoned_after":"","abandoned_resume_allowed":"","max_wait_time":"","max_wait_time_with_no_agent":"",` +
		`"max_wait_time_with_no_agent_time_reached":"","record_template":"` + template + `","calls_answered":"` + answered + `",` +
		`"calls_abandoned":"","ring_progressively_delay":"","skip_agents_with_external_calls":"","agent_no_answer_status":""}`
}

func tierJSON(queue, agent, state, level, position string) string {
	return fmt.Sprintf(`{"queue":%q,"agent":%q,"state":%q,"level":%q,"position":%q}`, queue, agent, state, level, position)
}

func always(d time.Duration) func() time.Duration { return func() time.Duration { return d } }

// run starts a Center over links inside a synctest bubble and returns it with a function that stops it.
func run(t *testing.T, links ...*link) (*callcenter.Center, func()) {
	t.Helper()
	o := callcenter.Options{Interval: always(5 * time.Second), MaxAge: always(time.Minute), Zone: time.UTC}
	for _, l := range links {
		o.Links = append(o.Links, l)
	}
	c := callcenter.New(o)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	synctest.Wait()
	return c, func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
}

func TestAnswers(t *testing.T) {
	one := newLink("one",
		queueHeader+"b@default|ring-all||7\na@default|random|/rec/${uuid}|x.wav|0\n+OK\n",
		"queue|agent|state|level|position\na@default|1000@default|Ready|1|1\na@default|1001@default|Standby|2|1\n+OK\n")
	two := newLink("two", queueHeader+"c@default|top-down|(null)|1\na@default|other|x|9\n+OK\n", "+OK\n")
	b, a, c := queueJSON("b@default", "ring-all", "(null)", "7"), queueJSON("a@default", "random", "/rec/${uuid}|x.wav", "0"),
		queueJSON("c@default", "top-down", "(null)", "1")
	t1, t2 := tierJSON("a@default", "1000@default", "Ready", "1", "1"), tierJSON("a@default", "1001@default", "Standby", "2", "1")
	for _, tt := range []struct {
		name  string
		links []*link
		ask   func(*callcenter.Center) (callcenter.Answer, error)
		want  string
		fails error
	}{
		{"all queues in FreeSWITCH's order", []*link{one}, (*callcenter.Center).Queues, "[" + b + "," + a + "]", nil},
		{"queues of two switches, the first wins", []*link{one, two}, (*callcenter.Center).Queues, "[" + b + "," + a + "," + c + "]", nil},
		{"one queue", []*link{one}, queueNamed("a@default"), "[" + a + "]", nil},
		{"unknown queue", []*link{one}, queueNamed("x"), "", fault.New(fault.NotFound, "Queue")},
		{"all tiers", []*link{one}, (*callcenter.Center).Tiers, "[" + t1 + "," + t2 + "]", nil},
		{"no tiers", []*link{two}, (*callcenter.Center).Tiers, "[]", nil},
		{"tiers of a queue", []*link{one}, tiersOf("a@default"), "[" + t1 + "," + t2 + "]", nil},
		{"a queue without tiers", []*link{one}, tiersOf("b@default"), "", fault.New(fault.NotFound, "Tier")},
		{"no switch read yet", []*link{{name: "dead", err: errors.New("down")}}, (*callcenter.Center).Queues, "", fault.New(fault.SwitchDown, "")},
		{"one of two switches dead", []*link{{name: "dead", err: errors.New("down")}, one}, (*callcenter.Center).Tiers, "[" + t1 + "," + t2 + "]", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, stop := run(t, tt.links...)
				defer stop()
				got, err := tt.ask(c)
				if !errors.Is(err, tt.fails) || string(got.JSON) != tt.want {
					t.Errorf("got %s %v\nwant %s %v", got.JSON, err, tt.want, tt.fails)
				}
			})
		})
	}
}

func queueNamed(name string) func(*callcenter.Center) (callcenter.Answer, error) {
	return func(c *callcenter.Center) (callcenter.Answer, error) { return c.Queue(name) }
}

func tiersOf(queue string) func(*callcenter.Center) (callcenter.Answer, error) {
	return func(c *callcenter.Center) (callcenter.Answer, error) { return c.TiersOf(queue) }
}

func TestRowsOfJSONLists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, stop := run(t, newLink("one", "+OK\n", "+OK\n"))
		defer stop()
		agents := c.Snapshots()[0].Agents
		if len(agents) != 2 || agents[0].Contact != "a|b" || agents[1].TalkTime != 12*time.Second {
			t.Errorf("got %v", agents)
		}
	})
}

func TestReadingsThatFail(t *testing.T) {
	good := newLink("x", queueHeader+"a@default|random||0\n+OK\n", "+OK\n")
	for _, tt := range []struct {
		name  string
		spoil func(*link)
	}{
		{"link down", func(l *link) { l.err = errors.New("down") }},
		{"table cut short", func(l *link) { l.text["callcenter_config queue list"] = queueHeader + "a@de" }},
		{"row with too many cells", func(l *link) {
			l.text["callcenter_config tier list"] = "queue|agent\na|b|c\n+OK\n"
		}},
		{"row with too few cells", func(l *link) { l.text["callcenter_config queue list"] = queueHeader + "a\n+OK\n" }},
		{"JSON that is none", func(l *link) { l.text[jsonList("agent list")] = "-ERR Parse error.\n" }},
		{"JSON that says error", func(l *link) {
			l.text[jsonList("member list")] = `{"status":"error","message":"The command returned an error","response":null}`
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLink("one", good.text["callcenter_config queue list"], "+OK\n")
				c, stop := run(t, l)
				defer stop()
				l.set(tt.spoil)
				time.Sleep(50 * time.Second)
				if got, err := c.Queues(); err != nil || got.Age < 45*time.Second {
					t.Errorf("after 50 s: age %v, %v; want the last good answer", got.Age, err)
				}
				time.Sleep(11 * time.Second)
				if _, err := c.Queues(); !errors.Is(err, fault.New(fault.SwitchDown, "")) {
					t.Errorf("after 61 s: %v, want switch down", err)
				}
			})
		})
	}
}

func TestPaceOfReadings(t *testing.T) {
	for _, tt := range []struct {
		name     string
		slow     time.Duration // each of the five commands of a reading
		hints    time.Duration // between hints; 0 none
		want     int           // readings in 10 s after the first
		wantRest time.Duration // least pause between the end of one reading and the begin of the next
	}{
		{"nothing announced", 0, 0, 2, 5 * time.Second},
		{"hinted all the time", 0, 10 * time.Millisecond, 50, 200 * time.Millisecond},
		{"slow switch", 40 * time.Millisecond, 10 * time.Millisecond, 5, 1800 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLink("one", "+OK\n", "+OK\n")
				l.slow = tt.slow
				c, stop := run(t, l)
				for began := time.Now(); time.Since(began) < 10*time.Second+time.Millisecond; {
					if tt.hints == 0 {
						time.Sleep(10*time.Second + time.Millisecond)
						break
					}
					c.Hint("one")
					time.Sleep(tt.hints)
				}
				stop()
				if got := len(l.at) - 1; got != tt.want {
					t.Errorf("%d readings, want %d", got, tt.want)
				}
				for i := 1; i < len(l.at); i++ {
					if rest := l.at[i].Sub(l.at[i-1]) - 5*tt.slow; rest < tt.wantRest {
						t.Errorf("only %v of rest before reading %d, want %v", rest, i, tt.wantRest)
					}
				}
			})
		})
	}
}

func TestHintMakesFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink("one", "+OK\n", "+OK\n")
		c, stop := run(t, l)
		defer stop()
		time.Sleep(time.Second)
		l.set(func(l *link) {
			l.text["callcenter_config tier list"] = "queue|agent|state|level|position\nq|a|Ready|1|1\n+OK\n"
		})
		c.Hint("one")
		c.Hint("nobody")
		synctest.Wait()
		if got, err := c.TiersOf("q"); err != nil || got.Age != 0 {
			t.Errorf("right after a hint: age %v, %v", got.Age, err)
		}
	})
}

// TestCoreOfReading: a reading is of the run of the switch that it was connected to, of which nothing is known before the first
// connection; one that a restart has cut in two is none.
func TestCoreOfReading(t *testing.T) {
	for _, tt := range []struct{ name, before, want string }{
		{"the first connection", "", "second"},
		{"a restart meanwhile", "first", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLink("a", "+OK\n", "+OK\n")
				l.core, l.slow = tt.before, 100*time.Millisecond
				c, stop := run(t, l)
				defer stop()
				l.set(func(l *link) { l.core = "second" }) // in the first question
				read := func() (core string) {
					time.Sleep(2 * time.Second)
					synctest.Wait()
					for _, s := range c.Snapshots() {
						core = s.Core
					}
					return core
				}
				if got := read(); got != tt.want {
					t.Errorf("the first reading is of %q, want %q", got, tt.want)
				}
				time.Sleep(20 * time.Second)
				if got := read(); got != "second" {
					t.Errorf("later readings are of %q", got)
				}
			})
		})
	}
}
