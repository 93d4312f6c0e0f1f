package callcenter_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/esl"
	"callgate/esl/esltest"
	"callgate/internal/audit"
	"callgate/internal/callcenter"
	"callgate/internal/fault"
)

// book is a Book in memory that may be broken.
type book struct {
	mu      sync.Mutex
	history []callcenter.AgentStatus
	queues  []callcenter.QueueDefinition
	audit   []string
	err     error
}

func (b *book) AddAudit(_ context.Context, e audit.Entry) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.audit = append(b.audit, fmt.Sprintf("%s %s %s: %s -> %s", e.Actor.Login, e.Kind, e.Name, e.Before, e.After))
	return b.err
}

func (b *book) AddAgentStatus(_ context.Context, s callcenter.AgentStatus) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil {
		b.history = append(b.history, s)
	}
	return b.err
}

func (b *book) AgentStatuses(context.Context, string, string, int) ([]callcenter.AgentStatus, error) {
	return b.history, b.err
}

func (b *book) SetQueue(_ context.Context, d callcenter.QueueDefinition, _ func(*callcenter.QueueDefinition) error) error {
	b.queues = append(b.queues, d)
	return b.err
}

func (b *book) RemoveQueue(context.Context, string, string, func(*callcenter.QueueDefinition) error) error {
	return b.err
}

func (b *book) QueueDefinitions(context.Context) ([]callcenter.QueueDefinition, error) {
	return b.queues, b.err
}

// commanded is an Administrator over pretend switches with one queue, one agent and one tier each.
type commanded struct {
	*callcenter.Administrator
	center *callcenter.Center
	book   *book
	links  []*counted
}

// counted counts the commands that change something, and may break after them.
type counted struct {
	*esl.Client
	mu     sync.Mutex
	writes []string
	fail   func(command string) error // asked before a command is sent
}

func (l *counted) API(ctx context.Context, name string, args ...string) (string, error) {
	line := strings.Join(args, " ")
	l.mu.Lock()
	if name == "callcenter_config" && !strings.Contains(line, "list") {
		l.writes = append(l.writes, line)
	}
	fail := l.fail
	l.mu.Unlock()
	if fail != nil {
		if err := fail(name + " " + line); err != nil {
			return "", err
		}
	}
	return l.Client.API(ctx, name, args...)
}

func (l *counted) set(fail func(string) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fail, l.writes = fail, nil
}

func newCentre(t *testing.T, names ...string) *commanded {
	t.Helper()
	c := &commanded{book: &book{}}
	var links []callcenter.Link
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	t.Cleanup(func() { cancel(); wg.Wait() })
	for i, name := range names {
		cfg := esltest.Config{
			Domain: "home", // of its phones
			Queues: []esltest.Queue{{Name: "sales@default"}, {Name: "empty@default"}},
			Agents: []esltest.Agent{{Name: "1000", Contact: "user/1000"}},
			Tiers:  []esltest.Tier{{Queue: "sales@default", Agent: "1000"}},
			Users:  []esltest.User{{ID: "1000", Registered: "10.0.0.1:5060"}, {ID: "1001"}},
		}
		if i > 0 {
			cfg.Agents = append(cfg.Agents, esltest.Agent{Name: "second only"})
		}
		sw, err := esltest.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		link := &counted{Client: esl.NewClient(esl.Options{Name: name, Addr: sw.Addr(), Password: "ClueCon"})}
		wg.Go(func() { _ = sw.Run(ctx) })
		wg.Go(func() { _ = link.Run(ctx) })
		for tick := time.NewTicker(5 * time.Millisecond); !link.Ready(); <-tick.C {
		}
		links, c.links = append(links, link), append(c.links, link)
	}
	c.center = callcenter.New(callcenter.Options{Links: links, Interval: always(time.Hour), MaxAge: always(time.Hour)})
	for _, name := range names {
		if err := c.center.ReadNow(ctx, name); err != nil {
			t.Fatal(err)
		}
	}
	c.Administrator = callcenter.NewAdministrator(callcenter.AdministratorOptions{Links: links, Board: atOnce{c.center}, Book: c.book})
	return c
}

// atOnce reads whatever the pace: nobody runs the Center here.
type atOnce struct{ *callcenter.Center }

func (a atOnce) Refresh(ctx context.Context, name string) error { return a.ReadNow(ctx, name) }

func pointer[T any](v T) *T { return &v }

// row is the agent as the snapshots have it, by FreeSWITCH's names of columns; nil when they have none.
func (c *commanded) row(name string) map[string]string {
	for _, s := range c.center.Snapshots() {
		for _, a := range s.Agents {
			if a.Name == name {
				whole := func(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }
				return map[string]string{"name": a.Name, "type": a.Type, "status": string(a.Status), "contact": a.Contact,
					"wrap_up_time": whole(a.WrapUp), "max_no_answer": strconv.Itoa(a.MaxNoAnswer), "reject_delay_time": whole(a.RejectDelay),
					"busy_delay_time": whole(a.BusyDelay), "no_answer_delay_time": whole(a.NoAnswerDelay)}
			}
		}
	}
	return nil
}

func TestAgentCommands(t *testing.T) {
	c, ctx := newCentre(t, "main"), t.Context()
	for _, tt := range []struct {
		name string
		do   func() (callcenter.Done, error)
		want error
		row  map[string]string // what the snapshot has of agent "new" afterwards; nil: no such agent
	}{
		{"unknown agent", func() (callcenter.Done, error) {
			return c.ChangeAgent(ctx, "", "new", callcenter.AgentChange{Status: pointer("Available")}, nil)
		}, fault.New(fault.NotFound, "Agent"), nil},
		{"delete an unknown one", func() (callcenter.Done, error) { return c.DeleteAgent(ctx, "", "new", nil) }, fault.New(fault.NotFound, "Agent"), nil},
		{"add with a bad type", func() (callcenter.Done, error) { return c.AddAgent(ctx, "", "new", "robot", callcenter.AgentChange{}) },
			fault.New(fault.WrongField, "type"), nil},
		{"add with a bad contact adds nothing", func() (callcenter.Done, error) {
			return c.AddAgent(ctx, "", "new", "callback", callcenter.AgentChange{Contact: pointer("user/${x}")})
		}, fault.New(fault.WrongField, "contact"), nil},
		{"add", func() (callcenter.Done, error) {
			return c.AddAgent(ctx, "", "new", "Callback", callcenter.AgentChange{})
		}, nil,
			map[string]string{"type": "callback", "status": "Logged Out"}},
		{"add again", func() (callcenter.Done, error) {
			return c.AddAgent(ctx, "", "new", "callback", callcenter.AgentChange{})
		},
			fault.New(fault.Conflict, "Agent"), map[string]string{"type": "callback"}},
		{"status in small letters", func() (callcenter.Done, error) {
			return c.ChangeAgent(ctx, "main", "new", callcenter.AgentChange{Status: pointer("available (on demand)")}, nil)
		}, nil, map[string]string{"status": "Available (On Demand)"}},
		{"no status", func() (callcenter.Done, error) {
			return c.ChangeAgent(ctx, "", "new", callcenter.AgentChange{Status: pointer("asleep")}, nil)
		}, fault.New(fault.WrongField, "status"), map[string]string{"status": "Available (On Demand)"}},
		{"everything", func() (callcenter.Done, error) {
			return c.ChangeAgent(ctx, "", "new", callcenter.AgentChange{Type: pointer("uuid-standby"), Contact: pointer("[leg_timeout=9]user/1001"),
				WrapUpTime: pointer(1), MaxNoAnswer: pointer(2), RejectDelayTime: pointer(3), BusyDelayTime: pointer(4), NoAnswerDelayTime: pointer(5)}, nil)
		}, nil, map[string]string{"type": "uuid-standby", "contact": "[leg_timeout=9]user/1001", "wrap_up_time": "1", "max_no_answer": "2",
			"reject_delay_time": "3", "busy_delay_time": "4", "no_answer_delay_time": "5", "status": "Available (On Demand)"}},
		{"negative delay", func() (callcenter.Done, error) {
			return c.ChangeAgent(ctx, "", "new", callcenter.AgentChange{BusyDelayTime: pointer(-1)}, nil)
		}, fault.New(fault.WrongField, "busy_delay_time"), map[string]string{"busy_delay_time": "4"}},
		{"reason without a status", func() (callcenter.Done, error) {
			return c.ChangeAgent(ctx, "", "new", callcenter.AgentChange{Reason: "why"}, nil)
		}, fault.New(fault.WrongField, "reason"), map[string]string{}},
		{"unknown switch", func() (callcenter.Done, error) { return c.DeleteAgent(ctx, "x", "new", nil) }, fault.New(fault.NotFound, "Switch"), map[string]string{}},
		{"no name", func() (callcenter.Done, error) { return c.DeleteAgent(ctx, "", "", nil) }, fault.New(fault.EmptyField, "name"), map[string]string{}},
		{"delete", func() (callcenter.Done, error) { return c.DeleteAgent(ctx, "", "new", nil) }, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			done, err := tt.do()
			if !errors.Is(err, tt.want) || err == nil && (done.Stale || done.Switch != "main") {
				t.Errorf("got %+v, %v; want %v", done, err, tt.want)
			}
			row := c.row("new")
			if (row == nil) != (tt.row == nil) {
				t.Fatalf("the snapshot has %v, want %v", row, tt.row)
			}
			for key, want := range tt.row {
				if row[key] != want {
					t.Errorf("%s is %q, want %q", key, row[key], want)
				}
			}
		})
	}
}

// TestCommandsAreKept: what commands changed is kept, before and after, with who gave them; what they did not change is not.
func TestCommandsAreKept(t *testing.T) {
	c, ctx := newCentre(t, "main"), audit.By(t.Context(), audit.Actor{Login: "anna"})
	done := func(d callcenter.Done, err error) {
		t.Helper()
		if err != nil || d.Warning != "" && d.Warning != callcenter.UnloadWarning {
			t.Errorf("%+v, %v", d, err)
		}
	}
	done(c.AddAgent(ctx, "", "new", "callback", callcenter.AgentChange{Contact: pointer("user/1001")}))
	done(c.ChangeAgent(ctx, "", "new", callcenter.AgentChange{WrapUpTime: pointer(7)}, nil))
	done(c.ChangeAgent(ctx, "", "new", callcenter.AgentChange{WrapUpTime: pointer(7)}, nil))
	done(c.AddTier(ctx, "", "empty@default", "new", callcenter.TierChange{}))
	done(c.ChangeTier(ctx, "", "empty@default", "new", callcenter.TierChange{Level: pointer(3)}, nil))
	done(c.DeleteTier(ctx, "", "empty@default", "new", nil))
	if _, err := c.DeleteTier(ctx, "", "empty@default", "new", nil); err == nil {
		t.Error("deleted twice")
	}
	c.links[0].fail = func(command string) error { // the second of two commands
		if strings.Contains(command, "busy_delay_time") {
			return esl.ErrDown
		}
		return nil
	}
	if _, err := c.ChangeAgent(ctx, "", "new", callcenter.AgentChange{WrapUpTime: pointer(8), BusyDelayTime: pointer(9)}, nil); !errors.Is(err, fault.New(fault.SwitchDown, "")) {
		t.Errorf("half done: %v", err)
	}
	c.links[0].fail = nil
	done(c.DeleteAgent(ctx, "", "new", nil))
	done(c.UnloadQueue(ctx, "", "empty@default"))
	const agent = `{"busy_delay_time":0,"contact":"user/1001","max_no_answer":0,"no_answer_delay_time":0,"reject_delay_time":0,"status":"Logged Out","type":"callback","wrap_up_time":%d}`
	was := func(wrapUp int) string { return fmt.Sprintf(agent, wrapUp) }
	want := []string{
		"anna agent main/new:  -> " + was(0),
		"anna agent main/new: " + was(0) + " -> " + was(7),
		`anna tier main/empty@default/new:  -> {"level":"1","position":"1"}`,
		`anna tier main/empty@default/new: {"level":"1","position":"1"} -> {"level":"3","position":"1"}`,
		`anna tier main/empty@default/new: {"level":"3","position":"1"} -> `,
		"anna agent main/new: " + was(7) + " -> " + was(8),
		"anna agent main/new: " + was(8) + " -> ",
	}
	if diff := cmp.Diff(want, c.book.audit[:min(len(want), len(c.book.audit))]); diff != "" {
		t.Errorf("mismatch (-want, +got):\n%s", diff)
	}
	if last := c.book.audit[len(c.book.audit)-1]; len(c.book.audit) != len(want)+1 || !strings.HasPrefix(last, `anna queue main/empty@default: {"name":"empty@default",`) {
		t.Errorf("%d entries, the last %s", len(c.book.audit), last)
	}
	c.book.err = fault.New(fault.StorageDown, "")
	if d, err := c.LoadQueue(ctx, "", "empty@default", false); err != nil || !strings.HasSuffix(d.Warning, " It was done, but the audit log could not be kept.") {
		t.Errorf("with the database down: %+v, %v", d, err)
	}
}

func TestTierAndQueueCommands(t *testing.T) {
	c, ctx := newCentre(t, "main"), t.Context()
	at := func(level, position int) callcenter.TierChange {
		return callcenter.TierChange{Level: pointer(level), Position: pointer(position)}
	}
	const q = "empty@default"
	for _, tt := range []struct {
		name string
		do   func() (callcenter.Done, error)
		want error
		tier string // level and position in the snapshot; empty: no tier
	}{
		{"change a missing one", func() (callcenter.Done, error) { return c.ChangeTier(ctx, "", q, "1000", at(1, 1), nil) }, fault.New(fault.NotFound, "Tier"), ""},
		{"delete a missing one", func() (callcenter.Done, error) { return c.DeleteTier(ctx, "", q, "1000", nil) }, fault.New(fault.NotFound, "Tier"), ""},
		{"of no queue", func() (callcenter.Done, error) { return c.DeleteTier(ctx, "", "x", "1000", nil) }, fault.New(fault.NotFound, "Queue"), ""},
		{"of no agent", func() (callcenter.Done, error) { return c.DeleteTier(ctx, "", q, "x", nil) }, fault.New(fault.NotFound, "Agent"), ""},
		{"add to no queue", func() (callcenter.Done, error) { return c.AddTier(ctx, "", "x", "1000", callcenter.TierChange{}) },
			fault.New(fault.NotFound, "Queue"), ""},
		{"add no agent", func() (callcenter.Done, error) { return c.AddTier(ctx, "", q, "x", callcenter.TierChange{}) },
			fault.New(fault.NotFound, "Agent"), ""},
		{"add", func() (callcenter.Done, error) {
			return c.AddTier(ctx, "", q, "1000", callcenter.TierChange{Position: pointer(3)})
		}, nil, "1 3"},
		{"add again", func() (callcenter.Done, error) { return c.AddTier(ctx, "", q, "1000", at(5, 5)) }, fault.New(fault.Conflict, "Tier"), "1 3"},
		{"change", func() (callcenter.Done, error) { return c.ChangeTier(ctx, "", q, "1000", at(2, 7), nil) }, nil, "2 7"},
		{"too high", func() (callcenter.Done, error) { return c.ChangeTier(ctx, "", q, "1000", at(10001, 1), nil) },
			fault.New(fault.WrongField, "level"), "2 7"},
		{"delete", func() (callcenter.Done, error) { return c.DeleteTier(ctx, "", q, "1000", nil) }, nil, ""},
		{"unload", func() (callcenter.Done, error) { return c.UnloadQueue(ctx, "", q) }, nil, ""},
		{"unload again", func() (callcenter.Done, error) { return c.UnloadQueue(ctx, "", q) }, fault.New(fault.NotFound, "Queue"), ""},
		{"load", func() (callcenter.Done, error) { return c.LoadQueue(ctx, "", q, false) }, nil, ""},
		{"reload", func() (callcenter.Done, error) { return c.LoadQueue(ctx, "", q, true) }, nil, ""},
		{"load an unknown one", func() (callcenter.Done, error) { return c.LoadQueue(ctx, "", "x", false) }, fault.New(fault.NotFound, "Queue"), ""},
		{"reads as another command", func() (callcenter.Done, error) { return c.LoadQueue(ctx, "", "mod_event_socket", true) },
			fault.New(fault.WrongField, "name"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			done, err := tt.do()
			if !errors.Is(err, tt.want) || done.Stale {
				t.Errorf("got %+v, %v; want %v", done, err, tt.want)
			}
			got := ""
			for _, x := range c.center.Snapshots()[0].Tiers {
				if x.Queue == q && x.Agent == "1000" {
					got = x.Level + " " + x.Position
				}
			}
			if got != tt.tier {
				t.Errorf("tier %q, want %q", got, tt.tier)
			}
		})
	}
	for name, do := range map[string]func() (callcenter.Done, error){
		callcenter.LoadWarning:   func() (callcenter.Done, error) { return c.LoadQueue(ctx, "", q, true) },
		callcenter.UnloadWarning: func() (callcenter.Done, error) { return c.UnloadQueue(ctx, "", q) },
	} {
		if done, err := do(); err != nil || done.Warning != name {
			t.Errorf("got %+v, %v; want the warning %q", done, err, name)
		}
	}
}

// TestNamesArriveVerbatim has agents of any printable name, through the switch's own taking apart of arguments.
func TestNamesArriveVerbatim(t *testing.T) {
	c, ctx := newCentre(t, "main"), t.Context()
	names := []string{`'`, `''`, `\`, `\\`, `\s`, `\n`, ` a`, `a `, ` `, `it's`, `a'b'c`, `a "b" c`, `^^:a`, `'^^`, `a\ b`, `a' b`, `Анна \'`,
		"${x}", "`x`", ";", "%s", "a:b,c", "日本"}
	alphabet := []rune(`ab '"\nrts^:,;%${}()é漢`)
	for range 200 {
		var b strings.Builder
		for range 1 + rand.IntN(10) {
			b.WriteRune(alphabet[rand.IntN(len(alphabet))])
		}
		if !slices.Contains(names, b.String()) {
			names = append(names, b.String())
		}
	}
	for _, name := range names {
		if _, err := c.AddAgent(ctx, "", name, "callback", callcenter.AgentChange{Status: pointer("ON BREAK")}); err != nil {
			t.Fatalf("add %q: %v", name, err)
		}
		if row := c.row(name); row["status"] != "On Break" || row["type"] != "callback" {
			t.Errorf("%q arrived as something else: %v", name, c.center.Snapshots()[0].Agents)
		}
		if _, err := c.DeleteAgent(ctx, "", name, nil); err != nil || c.row(name) != nil {
			t.Errorf("delete %q: %v", name, err)
		}
	}
}

func TestNamesThatCannotBeCarried(t *testing.T) {
	c, ctx := newCentre(t, "main"), t.Context()
	for _, tt := range []struct{ name, agent string }{
		{"line feed", "a\nb"}, {"carriage return", "a\rb"}, {"NUL", "a\x00b"}, {"tab", "a\tb"}, {"delete", "a\x7f"},
		{"not UTF-8", "a\xff"}, {"bar", "a|b"}, {"invisible", "a\u200bb"}, {"right to left", "a\u202eb"}, {"too long", strings.Repeat("x", 256)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c.links[0].set(nil)
			if _, err := c.AddAgent(ctx, "", tt.agent, "callback", callcenter.AgentChange{}); !errors.Is(err, fault.New(fault.WrongField, "name")) {
				t.Errorf("got %v", err)
			}
			if len(c.links[0].writes) != 0 {
				t.Errorf("sent %q", c.links[0].writes)
			}
		})
	}
}

func TestSeveralSwitches(t *testing.T) {
	c, ctx := newCentre(t, "one", "two"), t.Context()
	available := callcenter.AgentChange{Status: pointer("Available")}
	for _, tt := range []struct {
		name string
		do   func() (callcenter.Done, error)
		want error
		on   string
	}{
		{"on both, none named", func() (callcenter.Done, error) { return c.ChangeAgent(ctx, "", "1000", available, nil) }, fault.New(fault.EmptyField, "switch"), ""},
		{"on both, one named", func() (callcenter.Done, error) { return c.ChangeAgent(ctx, "two", "1000", available, nil) }, nil, "two"},
		{"on one", func() (callcenter.Done, error) { return c.ChangeAgent(ctx, "", "second only", available, nil) }, nil, "two"},
		{"on none", func() (callcenter.Done, error) { return c.ChangeAgent(ctx, "", "nobody", available, nil) }, fault.New(fault.NotFound, "Agent"), ""},
		{"new, none named", func() (callcenter.Done, error) { return c.AddAgent(ctx, "", "new", "callback", available) }, fault.New(fault.EmptyField, "switch"), ""},
		{"new, one named", func() (callcenter.Done, error) { return c.AddAgent(ctx, "one", "new", "callback", available) }, nil, "one"},
		{"tier of both in one place", func() (callcenter.Done, error) {
			return c.AddTier(ctx, "", "empty@default", "new", callcenter.TierChange{})
		}, nil, "one"},
		{"queue of both", func() (callcenter.Done, error) { return c.UnloadQueue(ctx, "", "empty@default") }, fault.New(fault.EmptyField, "switch"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if done, err := tt.do(); !errors.Is(err, tt.want) || done.Switch != tt.on {
				t.Errorf("got %+v, %v; want %v on %q", done, err, tt.want, tt.on)
			}
		})
	}
}

func TestFailures(t *testing.T) {
	status := callcenter.AgentChange{Status: pointer("available"), Reason: "back from lunch", By: "anna"}
	reads := func(command string) bool { return strings.HasPrefix(command, "json") }
	for _, tt := range []struct {
		name    string
		fail    func(command string) error
		book    error
		want    error
		done    callcenter.Done
		history int
		writes  int
	}{
		{"all is well", nil, nil, nil, callcenter.Done{Switch: "main"}, 1, 1},
		{"reading back fails", func(command string) error {
			if reads(command) {
				return errors.New("broken")
			}
			return nil
		}, nil, nil, callcenter.Done{Switch: "main", Stale: true}, 1, 1},
		{"the database is down", nil, fault.New(fault.StorageDown, ""), nil,
			callcenter.Done{Switch: "main", Warning: "The status was set, but its history could not be kept. It was done, but the audit log could not be kept."}, 0, 1},
		{"no link", func(string) error { return esl.ErrDown }, nil, fault.New(fault.SwitchDown, ""), callcenter.Done{}, 0, 0},
		{"outcome unknown", func(command string) error {
			if strings.Contains(command, "agent set") {
				return esl.ErrOutcomeUnknown
			}
			return nil
		}, nil, fault.New(fault.SwitchDown, callcenter.OutcomeUnknown), callcenter.Done{}, 0, 1},
		{"module stopping", func(command string) error {
			if strings.Contains(command, "agent set") {
				return &esl.ReplyError{Kind: esl.ErrReply, Text: "-ERR callcenter_config Command not found!"}
			}
			return nil
		}, nil, fault.New(fault.SwitchDown, ""), callcenter.Done{}, 0, 1},
		{"agent gone in between", func(command string) error {
			if strings.Contains(command, "agent set") {
				return &esl.ReplyError{Kind: esl.ErrReply, Text: "-ERR Agent not found!"}
			}
			return nil
		}, nil, fault.New(fault.NotFound, "Agent"), callcenter.Done{}, 0, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newCentre(t, "main")
			c.book.err = tt.book
			c.links[0].set(tt.fail)
			done, err := c.ChangeAgent(t.Context(), "", "1000", status, nil)
			if !errors.Is(err, tt.want) || tt.want == nil && err != nil {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if diff := cmp.Diff(tt.done, done); diff != "" {
				t.Errorf("mismatch (-want, +got):\n%s", diff)
			}
			if len(c.book.history) != tt.history || len(c.links[0].writes) != tt.writes {
				t.Errorf("history %v, sent %q; want %d and %d", c.book.history, c.links[0].writes, tt.history, tt.writes)
			}
			if tt.history == 1 {
				got := c.book.history[0]
				got.At = time.Time{}
				want := callcenter.AgentStatus{Switch: "main", Agent: "1000", Status: "Available", Reason: "back from lunch", By: "anna"}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("history (-want, +got):\n%s", diff)
				}
			}
		})
	}
}

// TestClientThatGoes has a client leave while its command is on the way.
func TestClientThatGoes(t *testing.T) {
	c := newCentre(t, "main")
	ctx, cancel := context.WithCancel(t.Context())
	c.links[0].set(func(command string) error {
		if strings.Contains(command, "agent set") {
			cancel()
		}
		return nil
	})
	done, err := c.ChangeAgent(ctx, "", "1000", callcenter.AgentChange{Status: pointer("On Break")}, nil)
	if err != nil || done.Stale || c.row("1000")["status"] != "On Break" || len(c.book.history) != 1 {
		t.Errorf("got %+v, %v, %v, %v", done, err, c.row("1000"), c.book.history)
	}
}

func TestRegistered(t *testing.T) {
	c, ctx := newCentre(t, "main"), t.Context()
	for _, tt := range []struct{ name, contact, want string }{
		{"user", "user/1000", "yes"},
		{"user that is not", "user/1001", "no"},
		{"with variables", "[leg_timeout=5]user/1000", "yes"},
		{"phone of a profile", "sofia/internal/1000%home", "yes"},
		{"phone of a profile that is not", "sofia/internal/1001%home", "no"},
		{"address that is registered", "sofia/internal/1000@home;transport=tcp", "yes"},
		{"address", "sofia/internal/1001@10.0.0.9", "unknown"},
		{"gateway", "sofia/gateway/pstn/84950000001", "unknown"},
		{"extension", "loopback/1000/default", "unknown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := c.ChangeAgent(ctx, "", "1000", callcenter.AgentChange{Contact: &tt.contact}, nil); err != nil {
				t.Fatal(err)
			}
			if got, err := c.AgentRegistered(ctx, "", "1000"); got.Registered != tt.want || err != nil {
				t.Errorf("got %+v, %v; want %s", got, err, tt.want)
			}
		})
	}
	if _, err := c.AgentRegistered(ctx, "", "nobody"); !errors.Is(err, fault.New(fault.NotFound, "Agent")) {
		t.Errorf("nobody: %v", err)
	}
}
