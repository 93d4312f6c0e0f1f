package callcenter_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"callgate/esl"
	"callgate/esl/esltest"
	"callgate/internal/callcenter"
)

// node is a pretend switch and the link to it.
type node struct {
	*esltest.Switch
	name string
	dial func(ctx context.Context, network, addr string) (net.Conn, error)
	link *esl.Client
}

// api gives the switch a command and wants an answer that is no error.
func (n node) api(t *testing.T, command string) string {
	t.Helper()
	name, args, _ := strings.Cut(command, " ")
	text, err := n.link.API(t.Context(), name, args)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// centre is a Center on pretend switches, on a clock that only moves when all wait.
type centre struct {
	*callcenter.Center
	nodes   []node
	metrics *prometheus.Registry
	log     *syncBuffer
	zone    *time.Location
	memory  *memory
	standby bool // another process keeps today's figures
	states  *shelf
	room    int // for states that wait
	stop    func()
}

// memory keeps today's figures.
type memory struct {
	mu    sync.Mutex
	days  map[string][]byte
	saves int
}

func (m *memory) Day(_ context.Context, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.days[name], nil
}

func (m *memory) SaveDay(_ context.Context, name string, document []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.days[name] = document
	m.saves++
	return nil
}

// inBubble runs f over pretend switches named a, b, c.
func inBubble(t *testing.T, configs []esltest.Config, f func(t *testing.T, c *centre)) {
	t.Helper()
	inZone(t, time.UTC, configs, f)
}

func inZone(t *testing.T, zone *time.Location, configs []esltest.Config, f func(t *testing.T, c *centre)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := &centre{log: &syncBuffer{}, zone: zone, memory: &memory{days: map[string][]byte{}}}
		var below errgroup.Group
		under, stopUnder := context.WithCancel(context.WithoutCancel(t.Context()))
		for i, cfg := range configs {
			in := esltest.NewPipes("127.0.0.1:8021")
			cfg.Listener, cfg.Password = in, "secret"
			if cfg.Now == nil {
				cfg.Now = time.Now
			}
			sw, err := esltest.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			below.Go(func() error { return sw.Run(under) })
			c.nodes = append(c.nodes, node{Switch: sw, name: string(rune('a' + i)), dial: in.Dial})
		}
		defer func() { // also after t.Fatal
			c.stop()
			stopUnder()
			if err := below.Wait(); err != nil {
				t.Error(err)
			}
		}()
		c.start(t)
		f(t, c)
	})
}

// start starts a Center, as a new process would.
func (c *centre) start(t *testing.T) {
	t.Helper()
	c.metrics = prometheus.NewRegistry()
	o := callcenter.Options{Interval: always(5 * time.Second), MaxAge: always(time.Minute), Zone: c.zone, Memory: c.memory,
		Registerer: c.metrics, Logger: textLogger(c.log), StateRoom: c.room}
	if c.states != nil {
		o.States = c.states
	}
	for i := range c.nodes {
		n := &c.nodes[i]
		n.link = esl.NewClient(esl.Options{Name: n.name, Addr: "127.0.0.1:8021", Password: "secret", Dial: n.dial,
			Events: callcenter.Events(), Subclasses: []string{callcenter.Subclass}})
		o.Links = append(o.Links, n.link)
	}
	c.Center = callcenter.New(o)
	ctx, stop := context.WithCancel(t.Context())
	var running errgroup.Group
	for _, n := range c.nodes {
		events := n.link.Subscribe(esl.SubscribeOptions{Name: "callcenter", Events: callcenter.Events(), Subclasses: []string{callcenter.Subclass}})
		running.Go(func() error { return n.link.Run(ctx) })
		running.Go(func() error { return c.Listen(ctx, n.name, events) })
		running.Go(func() error { return c.WriteStates(ctx, n.name) })
		if !c.standby {
			running.Go(func() error { return c.Keep(ctx, n.name) })
			running.Go(func() error { return c.Record(ctx, n.name) })
		}
	}
	running.Go(func() error { return c.Run(ctx) })
	c.stop = sync.OnceFunc(func() {
		stop()
		if err := running.Wait(); err != nil {
			t.Error(err)
		}
	})
	pass(time.Second)
}

// pass lets time pass, and what is due by then happen.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// agent finds an agent of the first switch.
func (c *centre) agent(t *testing.T, name string) callcenter.LiveAgent {
	t.Helper()
	for _, a := range c.Live()[0].Agents {
		if a.Name == name {
			return a
		}
	}
	t.Fatalf("no agent %q", name)
	return callcenter.LiveAgent{}
}

func (c *centre) queue(t *testing.T, name string) callcenter.LiveQueue {
	t.Helper()
	for _, q := range c.Live()[0].Queues {
		if q.Name == name {
			return q
		}
	}
	t.Fatalf("no queue %q", name)
	return callcenter.LiveQueue{}
}

// corrections is how often readings put something right so far.
func (c *centre) corrections(t *testing.T) string {
	t.Helper()
	families, err := c.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var some []string
	for _, f := range families {
		if f.GetName() != "callgate_callcenter_corrections_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			if n := m.GetCounter().GetValue(); n > 0 {
				some = append(some, fmt.Sprint(m.GetLabel()[0].GetValue(), " ", n))
			}
		}
	}
	return strings.Join(some, ", ")
}

// counter is the sum of a counter's series.
func (c *centre) counter(t *testing.T, name string) (sum float64) {
	t.Helper()
	families, err := c.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			for _, m := range f.GetMetric() {
				sum += m.GetCounter().GetValue()
			}
		}
	}
	return sum
}

const phones = "127.0.0.1:5070"

// centreConfig is two queues, sales and support, and agents who serve both, each with a phone of his own that answers
// after three seconds.
func centreConfig(agents ...esltest.Agent) esltest.Config {
	cfg := esltest.Config{
		Queues: []esltest.Queue{{Name: "sales@d"}, {Name: "support@d"}},
		Phones: []esltest.Phone{{Addr: phones, AnswerAfter: 3 * time.Second}},
		Extensions: []esltest.Extension{{Name: "queue", Match: `^q_(\w+)$`, Apps: []esltest.App{
			{Name: "answer"}, {Name: "callcenter", Data: "$1@d"}}}},
		SessionsRate: 1000, Heartbeat: 20 * time.Second,
	}
	for i, a := range agents {
		if a.Contact == "" {
			a.Contact = "user/" + a.Name
		}
		cfg.Users = append(cfg.Users, esltest.User{ID: a.Name, DialString: "sofia/internal/${dialed_user}@" + phones})
		cfg.Agents = append(cfg.Agents, a)
		for _, q := range []string{"sales@d", "support@d"} {
			cfg.Tiers = append(cfg.Tiers, esltest.Tier{Queue: q, Agent: a.Name, Position: i + 1})
		}
	}
	return cfg
}

func call(t *testing.T, sw *esltest.Switch, queue string, stays time.Duration) {
	t.Helper()
	if _, err := sw.Call(esltest.Call{Number: "79001234567", Extension: "q_" + queue, HangupAfter: stays}); err != nil {
		t.Fatal(err)
	}
}

// TestCall follows one answered call and one given up through everything that is known of them.
func TestCall(t *testing.T) {
	lateEvening := time.FixedZone("", (23*60+50)*60) // a bubble's time begins at midnight UTC
	agent := esltest.Agent{Name: "1000", Status: "Available", WrapUp: 10}
	inZone(t, lateEvening, []esltest.Config{centreConfig(agent)}, func(t *testing.T, c *centre) {
		sw := c.nodes[0].Switch
		state := func() string {
			a, q := c.agent(t, "1000"), c.queue(t, "sales@d")
			text := fmt.Sprintf("%s, %s, ready %v; %d waiting, %d talking", a.Status, a.State, a.Ready, q.Waiting, q.Talking)
			if q.Waiting > 0 {
				text += ", longest " + q.Longest.Round(time.Second).String()
			}
			if a.Talk != nil {
				text += fmt.Sprintf("; with %s of %s for %v", a.Talk.Number, a.Talk.Queue, time.Since(a.Talk.Since).Round(time.Second))
			}
			if !a.WrapUp.IsZero() {
				text += "; wrap-up for " + time.Until(a.WrapUp).Round(time.Second).String()
			}
			stat, _, err := c.Online([]string{"sales@d", "support@d"})
			return text + fmt.Sprintf("; %v %v", stat, err)
		}
		check := func(when, want string) {
			t.Helper()
			if got := state(); got != want {
				t.Errorf("%s\ngot  %s\nwant %s", when, got, want)
			}
		}
		check("before", "Available, Waiting, ready true; 0 waiting, 0 talking; {1 1 0 0} <nil>")
		call(t, sw, "sales", time.Minute)
		pass(time.Second)
		call(t, sw, "sales", 20*time.Second)
		pass(time.Second)
		check("ringing", "Available, Receiving, ready false; 2 waiting, 0 talking, longest 2s; {1 0 1 0} <nil>")
		pass(8 * time.Second)
		check("talking", "Available, In a queue call, ready false; 1 waiting, 1 talking, longest 9s; with 79001234567 of sales@d for 7s; {1 0 0 1} <nil>")
		pass(20 * time.Second)
		check("the second gave up", "Available, In a queue call, ready false; 0 waiting, 1 talking; with 79001234567 of sales@d for 27s; {1 0 0 1} <nil>")
		pass(31 * time.Second)
		check("wrapping up", "Available, Waiting, ready false; 0 waiting, 0 talking; wrap-up for 9s; {1 0 1 0} <nil>")
		pass(11 * time.Second)
		check("after", "Available, Waiting, ready true; 0 waiting, 0 talking; {1 1 0 0} <nil>")

		if got := c.queue(t, "sales@d").Offered; got != 2 {
			t.Errorf("%d offered", got)
		}
		if got, want := c.queue(t, "sales@d").Today, (callcenter.QueueDay{Answered: 1, Abandoned: 1, AnsweredWait: 3 * time.Second,
			AbandonedWait: 20 * time.Second, LongestWait: 20 * time.Second}); got != want {
			t.Errorf("the queue's day\ngot  %+v\nwant %+v", got, want)
		}
		if got, want := c.agent(t, "1000").Today, (callcenter.AgentDay{Offered: 1, Answered: 1, Talk: 57 * time.Second}); got != want {
			t.Errorf("the agent's day\ngot  %+v\nwant %+v", got, want)
		}
		if got := c.corrections(t); got != "" {
			t.Errorf("readings corrected\n%s", got)
		}
		pass(10 * time.Minute)
		if got := c.queue(t, "sales@d").Today; got != (callcenter.QueueDay{}) {
			t.Errorf("the next day begins with %+v", got)
		}
	})
}
