package call_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"callgate/esl"
	"callgate/esl/esltest"
	"callgate/internal/call"
	"callgate/internal/fault"
)

// stage is pretend switches, links to them and the live calls on them, on a clock that only moves when all wait.
type stage struct {
	*call.Live
	t        *testing.T
	switches []*esltest.Switch
	links    []*esl.Client
	metrics  *prometheus.Registry
}

// onStage runs f over as many pretend switches, named a, b, c.
func onStage(t *testing.T, switches int, f func(s *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t, metrics: prometheus.NewRegistry()}
		var below, running errgroup.Group
		under, stopUnder := context.WithCancel(context.WithoutCancel(t.Context()))
		ctx, stop := context.WithCancel(t.Context())
		for i := range switches {
			in := esltest.NewPipes("127.0.0.1:8021")
			cfg := stageConfig()
			cfg.Listener, cfg.Now = in, time.Now
			sw, err := esltest.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			below.Go(func() error { return sw.Run(under) })
			link := esl.NewClient(esl.Options{Name: string(rune('a' + i)), Addr: "127.0.0.1:8021", Password: "ClueCon", Dial: in.Dial,
				Events: append(call.Events(), "HEARTBEAT"), Subclasses: []string{call.Subclass}})
			s.switches, s.links = append(s.switches, sw), append(s.links, link)
		}
		defer func() { // also after t.Fatal
			stop()
			if err := running.Wait(); err != nil {
				t.Error(err)
			}
			stopUnder()
			if err := below.Wait(); err != nil {
				t.Error(err)
			}
		}()
		o := call.LiveOptions{Registerer: s.metrics}
		for _, l := range s.links {
			o.Links = append(o.Links, l)
		}
		s.Live = call.NewLive(o)
		for _, l := range s.links {
			events := l.Subscribe(esl.SubscribeOptions{Name: "calls", Events: call.Events(), Subclasses: []string{call.Subclass}})
			running.Go(func() error { return l.Run(ctx) })
			running.Go(func() error { return s.Listen(ctx, l.Name(), events) })
		}
		running.Go(func() error { return s.Run(ctx) })
		pass(time.Second)
		f(s)
	})
}

func stageConfig() esltest.Config {
	return esltest.Config{
		SessionsRate: 1000, RecordingsDir: "/nonexistent",
		Phones: []esltest.Phone{{Addr: "127.0.0.1:5070", AnswerAfter: 3 * time.Second}, {Addr: "127.0.0.1:5071"},
			{Addr: "127.0.0.1:5072", RingAfter: time.Second, NoAnswer: true}, {Addr: "127.0.0.1:5073", Refuse: 486}},
		Agents: []esltest.Agent{{Name: "anna", Status: "Available", Contact: "sofia/internal/anna@127.0.0.1:5070"}},
		Queues: []esltest.Queue{{Name: "sales"}}, Tiers: []esltest.Tier{{Queue: "sales", Agent: "anna"}},
		Extensions: []esltest.Extension{
			{Match: "^bridge$", Apps: []esltest.App{{Name: "answer"}, {Name: "bridge", Data: "sofia/internal/x@127.0.0.1:5070"}}},
			{Match: "^park$", Apps: []esltest.App{{Name: "answer"}, {Name: "park"}}},
			{Match: "^queue$", Apps: []esltest.App{{Name: "set", Data: "callgate_project=p%201"}, {Name: "answer"}, {Name: "callcenter", Data: "sales"}}},
		},
	}
}

// pass lets time pass, and what is due by then happen.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// api gives a switch a command.
func (s *stage) api(i int, command string) string {
	s.t.Helper()
	name, args, _ := strings.Cut(command, " ")
	text, err := s.links[i].API(s.t.Context(), name, args)
	if err != nil {
		s.t.Fatalf("%s: %v", command, err)
	}
	return text
}

// truth is what the switches' own lists say: state and partner of each channel that is not over.
func (s *stage) truth() string {
	var all []string
	for i, sw := range s.switches {
		text := s.api(i, "show channels as json")
		var reply struct {
			Rows []struct {
				UUID      string `json:"uuid"`
				Direction string `json:"direction"`
				CallState string `json:"callstate"`
				State     string `json:"state"`
			}
		}
		if err := json.Unmarshal([]byte(text), &reply); err != nil {
			s.t.Fatal(err)
		}
		for _, r := range reply.Rows {
			if r.CallState == "HANGUP" || s.api(i, "uuid_exists "+r.UUID) != "true" {
				continue
			}
			with := ""
			if text := s.api(i, "show bridged_calls as json"); strings.Contains(text, r.UUID) {
				with = " bridged"
			}
			state := map[string]string{"DOWN": "ringing", "DIALING": "ringing", "RINGING": "ringing", "RING_WAIT": "ringing", "EARLY": "early", "ACTIVE": "active",
				"UNHELD": "active", "HELD": "held"}[r.CallState]
			all = append(all, s.links[i].Name()+" "+r.UUID+" "+r.Direction+" "+state+with)
		}
		_ = sw
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// told is the same by Live.
func (s *stage) told() string {
	var all []string
	for _, l := range s.List() {
		for _, c := range l.Calls {
			direction, with := "outbound", ""
			if c.Inbound {
				direction = "inbound"
			}
			if c.With != "" {
				with = " bridged"
				if other, ok := s.Get(c.With); !ok || other.With != c.UUID {
					s.t.Errorf("%s is bridged with %s, which is not with it", c.UUID, c.With)
				}
			}
			all = append(all, l.Switch+" "+c.UUID+" "+direction+" "+string(c.State)+with)
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// corrections is how often audits put something right so far.
func (s *stage) corrections() (all string) {
	families, err := s.metrics.Gather()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "callgate_call_corrections_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			if n := m.GetCounter().GetValue(); n > 0 {
				all += fmt.Sprint(m.GetLabel()[0].GetValue(), " ", n, " ")
			}
		}
	}
	return all
}

// TestLiveHistories lets calls come, ring, talk, be held, bridged, moved and end as they like on two switches, and says
// that within a second the list is the switches' own. While the links hold no audit ever corrects what events told; when
// they break, the list is right again within a second after they are back.
func TestLiveHistories(t *testing.T) {
	for seed := range uint64(3) {
		for _, breaks := range []bool{false, true} {
			t.Run(fmt.Sprintf("seed %d, links break %v", seed, breaks), func(t *testing.T) {
				onStage(t, 2, func(s *stage) { s.history(rand.New(rand.NewPCG(seed, 2)), breaks) })
			})
		}
	}
}

func (s *stage) history(random *rand.Rand, breaks bool) {
	some := func(i int) (ids []string) {
		for _, c := range s.List()[i].Calls {
			ids = append(ids, c.UUID)
		}
		return ids
	}
	most := 0
	act := func(i int) {
		ids := some(i)
		most = max(most, len(ids))
		one, two := "", ""
		if len(ids) > 0 {
			one, two = ids[random.IntN(len(ids))], ids[random.IntN(len(ids))]
		}
		name := strconv.Itoa(random.IntN(1e9))
		command := func(text string) {
			name, args, _ := strings.Cut(text, " ")
			_, _ = s.links[i].API(s.t.Context(), name, args) // it may be too late for it
		}
		switch random.IntN(12) {
		case 0, 1, 2:
			extension := []string{"bridge", "park", "queue", "nowhere"}[random.IntN(4)]
			if _, err := s.switches[i].Call(esltest.Call{Number: name, Extension: extension, HangupAfter: time.Duration(1+random.IntN(60)) * time.Second}); err != nil {
				s.t.Fatal(err)
			}
		case 3, 4:
			phone := strconv.Itoa(5070 + random.IntN(3))
			_, _ = s.links[i].BgAPI(s.t.Context(), name, "originate", "{originate_timeout=10,ignore_early_media=true}sofia/internal/"+name+"@127.0.0.1:"+phone+" &park()")
		case 5:
			command("uuid_hold toggle " + one)
		case 6:
			command("uuid_bridge " + one + " " + two)
		case 7:
			command("uuid_transfer " + one + " park")
		case 8:
			command("uuid_park " + one)
		case 9:
			command("uuid_setvar " + one + " park_after_bridge true")
		case 10, 11:
			command("uuid_kill " + one)
		}
	}
	for step := range 120 {
		act(random.IntN(2))
		if breaks && step%30 == 29 {
			i := random.IntN(2)
			s.switches[i].RefuseByACL(true)
			s.switches[i].CutConnections()
			pass(time.Duration(random.IntN(15000)) * time.Millisecond)
			for range 3 {
				if _, err := s.switches[i].Call(esltest.Call{Number: "7", Extension: "bridge", HangupAfter: time.Duration(1+random.IntN(60)) * time.Second}); err != nil {
					s.t.Fatal(err)
				}
			}
			pass(5 * time.Second)
			if age := s.List()[i].Age; age < 5*time.Second {
				s.t.Errorf("age %v while the link is down", age)
			}
			s.switches[i].RefuseByACL(false)
			for !s.links[i].Ready() {
				pass(100 * time.Millisecond)
			}
		}
		pass(time.Duration(random.IntN(3000)) * time.Millisecond)
		var told, truth string
		for range 20 {
			if told, truth = s.told(), s.truth(); told == truth {
				break
			}
			pass(50 * time.Millisecond)
		}
		if told != truth {
			s.t.Fatalf("step %d, corrections %s: for a second\ntold\n%s\ntruth\n%s\n%s", step, s.corrections(), told, truth, s.api(0, "show channels as json"))
		}
		for _, l := range s.List() {
			if l.Age != 0 {
				s.t.Fatalf("age %v while the link is up", l.Age)
			}
		}
	}
	pass(5 * time.Minute)
	if told, truth := s.told(), s.truth(); told != truth || most < 3 {
		s.t.Errorf("in the end, at most %d calls at a time\ntold\n%s\ntruth\n%s", most, told, truth)
	}
	if got := s.corrections(); got != "" && !breaks {
		s.t.Errorf("audits corrected: %s", got)
	}
}

// TestLiveOfAQueue follows a caller of a queue and his agent.
func TestLiveOfAQueue(t *testing.T) {
	onStage(t, 1, func(s *stage) {
		caller, err := s.switches[0].Call(esltest.Call{Number: "79001234567", Extension: "queue", HangupAfter: 20 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		pass(2 * time.Second)
		c, _ := s.Get(caller.UUID())
		if c.Queue != "sales" || c.Agent != "" || c.Project != "p 1" || c.Caller != "79001234567" || !c.Inbound || c.State != call.Active {
			t.Errorf("waiting: %+v", c)
		}
		pass(8 * time.Second)
		c, _ = s.Get(caller.UUID())
		agent, _ := s.Get(c.With)
		if c.Agent != "anna" || agent.Agent != "anna" || agent.Queue != "sales" || agent.Project != "p 1" || agent.Inbound {
			t.Errorf("talking: %+v with %+v", c, agent)
		}
		pass(20 * time.Second)
		if got := s.told(); got != "" {
			t.Errorf("after: %s", got)
		}
	})
}

// TestLiveAfterRestart: of a call that was up before, what its variables tell is asked for; a switch that was restarted has
// none of the calls it had.
func TestLiveAfterRestart(t *testing.T) {
	onStage(t, 1, func(s *stage) {
		s.switches[0].RefuseByACL(true)
		s.switches[0].CutConnections()
		pass(time.Second)
		s.switches[0].RefuseByACL(false)
		for !s.links[0].Ready() {
			pass(time.Second)
		}
		id := strings.TrimSpace(strings.TrimPrefix(s.api(0, "originate {callgate_call=o1,callgate_user=a%20b,callgate_project=p}null/x &park()"), "+OK "))
		pass(time.Second)
		events := call.NewLive(call.LiveOptions{Links: []call.Link{s.links[0]}})
		ctx, stop := context.WithCancel(s.t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = events.Run(ctx) })
		pass(2 * time.Second)
		c, ok := events.Get(id)
		if !ok || c.Order != "o1" || c.User != "a b" || c.Project != "p" || c.State != call.Active || c.Answered.IsZero() {
			t.Errorf("of the table and a look: %+v", c)
		}
		stop()
		running.Wait()
		before := s.corrections()
		s.switches[0].Restart()
		for pass(time.Second); !s.links[0].Ready(); pass(time.Second) {
		}
		pass(time.Second)
		if got := s.told(); got != "" || s.corrections() != before {
			t.Errorf("after a restart: %s, corrected %s, before %s", got, s.corrections(), before)
		}
	})
}

// TestLiveCorrects: what no event told is believed when two looks and the switch itself say so, and counted.
func TestLiveCorrects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &talker{up: map[string]bool{"one": true}}
		metrics := prometheus.NewRegistry()
		live := call.NewLive(call.LiveOptions{Links: []call.Link{l}, Registerer: metrics})
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = live.Run(ctx) })
		defer running.Wait()
		defer stop()
		s := &stage{t: t, Live: live, metrics: metrics}
		pass(time.Second)
		if _, ok := live.Get("one"); !ok || s.corrections() != "" {
			t.Fatalf("the first look: %v, corrected %s", ok, s.corrections())
		}
		set := func(uuid string, up, listed bool) {
			l.mu.Lock()
			defer l.mu.Unlock()
			delete(l.up, uuid)
			if listed {
				l.up[uuid] = up
			}
			if up && !listed {
				l.hidden = uuid
			}
		}
		set("two", true, true)
		pass(11 * time.Second)
		if _, ok := live.Get("two"); !ok || s.corrections() != "new 1 " {
			t.Errorf("a call no event told of: %v, corrected %s", ok, s.corrections())
		}
		set("one", false, false)
		pass(11 * time.Second)
		if _, ok := live.Get("one"); ok || s.corrections() != "ended 1 new 1 " {
			t.Errorf("an end no event told of: %v, corrected %s", ok, s.corrections())
		}
		set("two", true, false) // the table has lost it, but it is up
		pass(11 * time.Second)
		if _, ok := live.Get("two"); !ok {
			t.Error("a call that is up is not believed to be")
		}
		l.mu.Lock()
		l.odd = 1 // the table is late, once
		l.up["two"] = true
		l.mu.Unlock()
		pass(20 * time.Second)
		if c, _ := live.Get("two"); c.State != call.Active || s.corrections() != "ended 1 new 1 " {
			t.Errorf("one look is believed: %s, corrected %s", c.State, s.corrections())
		}
		l.mu.Lock()
		l.odd = 1000
		l.mu.Unlock()
		pass(11 * time.Second)
		if c, _ := live.Get("two"); c.State != call.Held || s.corrections() != "ended 1 new 1 state 1 " {
			t.Errorf("two looks are not believed: %s, corrected %s", c.State, s.corrections())
		}
		looks := l.looked()
		pass(time.Minute)
		if n := l.looked() - looks; n > 800 {
			t.Errorf("%d looks in a minute", n)
		}
	})
}

// TestLiveAsksAbout: a call that only the table has told of, and that the switch twice does not know, is over; once may be
// an event that is on its way.
func TestLiveAsksAbout(t *testing.T) {
	for _, unknown := range []int{0, 1, 2} {
		synctest.Test(t, func(t *testing.T) {
			live := call.NewLive(call.LiveOptions{Links: []call.Link{&talker{up: map[string]bool{"one": true}, unknown: unknown}}})
			ctx, stop := context.WithCancel(t.Context())
			var running sync.WaitGroup
			running.Go(func() { _ = live.Run(ctx) })
			pass(time.Minute)
			stop()
			running.Wait()
			if _, ok := live.Get("one"); ok != (unknown < 2) {
				t.Errorf("unknown %d times: it is kept: %v", unknown, ok)
			}
		})
	}
}

// TestAuditsAreSpared: a switch that is slow to answer is asked for its list a tenth of the time at most.
func TestAuditsAreSpared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &talker{up: map[string]bool{"one": true}, slow: 2 * time.Second}
		live := call.NewLive(call.LiveOptions{Links: []call.Link{l}})
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = live.Run(ctx) })
		pass(1000 * time.Second)
		stop()
		running.Wait()
		// Each takes two commands, so four seconds.
		if l.looks > 60 || l.looks < 40 {
			t.Errorf("asked %d times in 1,000 s", l.looks)
		}
	})
}

// TestAuditsOfOddNames: a call that cannot be asked about, for its UUID is a SIP Call-ID, has no audit follow at once for ever.
func TestAuditsOfOddNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &talker{up: map[string]bool{"1 2@host": true}}
		live := call.NewLive(call.LiveOptions{Links: []call.Link{l}})
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = live.Run(ctx) })
		pass(100 * time.Second)
		stop()
		running.Wait()
		if _, ok := live.Get("1 2@host"); !ok || l.looks > 30 {
			t.Errorf("known: %v, asked %d times in 100 s", ok, l.looks)
		}
	})
}

// TestNothingKnownYet: before a switch has been looked at nobody knows that a call is not up.
func TestNothingKnownYet(t *testing.T) {
	o := options()
	o.Live = call.NewLive(call.LiveOptions{Links: []call.Link{&talker{}}})
	_, err := call.New(o).Hangup(t.Context(), anybody, "A", "")
	if !errors.Is(err, fault.New(fault.SwitchDown, "")) || errors.Is(err, fault.New(fault.SwitchDown, call.OutcomeUnknown)) {
		t.Errorf("got %v", err)
	}
}

// TestLiveIsBounded: what is beyond the bound is left out and counted.
func TestLiveIsBounded(t *testing.T) {
	metrics := prometheus.NewRegistry()
	live := call.NewLive(call.LiveOptions{Links: []call.Link{&talker{}}, Registerer: metrics})
	for i := range 20_002 {
		e, err := esl.ParseEvent("text/event-json", fmt.Sprintf(`{"Event-Name":"CHANNEL_CREATE","Unique-ID":"u%d"}`, i))
		if err != nil {
			t.Fatal(err)
		}
		call.Take(live, e)
	}
	families, err := metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	lost := 0.0
	for _, f := range families {
		if f.GetName() == "callgate_call_untracked_total" {
			lost = f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	if n := len(live.List()[0].Calls); n != 20_000 || lost != 2 {
		t.Errorf("%d kept, %v left out", n, lost)
	}
}

// talker is a link to a switch whose list is what the test says.
type talker struct {
	mu      sync.Mutex
	up      map[string]bool // listed
	hidden  string          // up, and not listed
	looks   int
	slow    time.Duration // to show a list
	unknown int           // questions about a call to be answered so
	odd     int           // how many lists show calls as held
}

func (l *talker) looked() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.looks
}

func (*talker) Name() string     { return "a" }
func (*talker) Ready() bool      { return true }
func (*talker) CoreUUID() string { return "core" }

func (l *talker) API(_ context.Context, name string, args ...string) (string, error) {
	if name == "show" {
		time.Sleep(l.slow)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch name {
	case "show":
		if l.looks++; args[0] == "bridged_calls" {
			return `{"row_count":0}`, nil
		}
		var rows []string
		state := "ACTIVE"
		if l.odd > 0 {
			l.odd--
			state = "HELD"
		}
		for uuid := range l.up {
			rows = append(rows, fmt.Sprintf(`{"uuid":%q,"direction":"inbound","callstate":%q,"created_epoch":"1"}`, uuid, state))
		}
		return fmt.Sprintf(`{"row_count":%d,"rows":[%s]}`, len(rows), strings.Join(rows, ",")), nil
	case "uuid_dump":
		if l.unknown > 0 {
			l.unknown--
			return "", errors.New("-ERR No such channel!")
		}
	case "uuid_exists":
		return strconv.FormatBool(l.up[args[0]] || l.hidden == args[0]), nil
	}
	return "{}", nil
}
