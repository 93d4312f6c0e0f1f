package esltest_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"callgate/esl/esltest"
)

func centreConfig(queue esltest.Queue, agents ...string) esltest.Config {
	queue.Name = "q@d"
	cfg := originateConfig()
	cfg.Queues = []esltest.Queue{queue, {Name: "other@d"}}
	for i, a := range agents {
		name, phone, _ := strings.Cut(a, "=")
		cfg.Agents = append(cfg.Agents, esltest.Agent{Name: name, Contact: "sofia/internal/" + phone + "@127.0.0.1:5080",
			Status: "Available", MaxNoAnswer: 2, WrapUp: 10, BusyDelay: 60, RejectDelay: 60, NoAnswerDelay: 60})
		cfg.Tiers = append(cfg.Tiers, esltest.Tier{Queue: "q@d", Agent: name, Position: i + 1})
	}
	cfg.Extensions = append(cfg.Extensions, esltest.Extension{Name: "queue", Match: "^q$", Apps: []esltest.App{
		{Name: "answer"}, {Name: "callcenter", Data: "q@d"}, {Name: "playback", Data: "tone_stream://%(1000,0,440)"}}})
	return cfg
}

func TestCallcenterConfig(t *testing.T) {
	const agentHead = "name|instance_id|uuid|type|contact|status|state|max_no_answer|wrap_up_time|reject_delay_time|" +
		"busy_delay_time|no_answer_delay_time|last_bridge_start|last_bridge_end|last_offered_call|last_status_change|" +
		"no_answer_count|calls_answered|talk_time|ready_time|external_calls_count\n"
	tests := []struct{ name, args, want string }{
		{"nothing", "agent", "-ERR Invalid!\n"},
		{"unknown verb", "agent nosuch x", "-ERR no reply\n"},
		{"unknown section", "nosuch list", "-ERR no reply\n"},
		{"add", "agent add new callback", "+OK\n"},
		{"added is logged out", "agent add new callback|agent get status new", "Logged Out"},
		{"add again", "agent add a callback", "-ERR Agent already exist!\n"},
		{"add type", "agent add new robot", "-ERR Agent type invalid!\n"},
		{"add too little", "agent add new", "-ERR Invalid!\n"},
		{"list of a new one", "agent add new uuid-standby|agent list new",
			agentHead + "new|single_box||uuid-standby||Logged Out|Waiting|0|0|0|0|0|0|0|0|0|0|0|0|0|0\n+OK\n"},
		{"list of nobody", "agent list nobody", "+OK\n"},
		{"list of two", "agent list a b", "-ERR Invalid!\n"},
		{"del", "agent del a", "+OK\n"},
		{"del takes tiers along", "agent del a|queue count tiers q@d", "1\n"},
		{"del of nobody", "agent del nobody", "+OK\n"},
		{"reload of nobody", "agent reload nobody", "+OK\n"},
		{"status", "agent set status a 'On Break'|agent get status a", "On Break"},
		{"status is kept as typed", "agent set status a available|agent get status a", "available"},
		{"status unknown", "agent set status a Asleep", "-ERR Invalid Agent Status!\n"},
		{"status of nobody", "agent set status nobody Available", "-ERR Agent not found!\n"},
		{"state", "agent set state a Idle|agent get state a", "Idle"},
		{"state unknown", "agent set state a Asleep", "-ERR Invalid Agent State!\n"},
		{"state if waiting", "agent set state_if_waiting a Reserved|agent get state a", "Reserved"},
		{"state if waiting twice", "agent set state_if_waiting a Reserved|agent set state_if_waiting a Reserved", "-ERR Agent not found!\n"},
		{"type", "agent set type a robot", "-ERR Invalid Agent Type!\n"},
		{"key", "agent set colour a red", "-ERR Invalid Agent Update KEY!\n"},
		{"set too little", "agent set status a", "-ERR Invalid!\n"},
		{"uuid that is NULL", "agent get uuid a", "-ERR no reply\n"},
		{"uuid", "agent set uuid a 123|agent get uuid a", "123"},
		{"get key", "agent get contact a", "-ERR Invalid Agent Update KEY!\n"},
		{"get of nobody", "agent get status nobody", "-ERR Agent not found!\n"},
		{"tier", "tier add other@d a 2 3|queue list tiers other@d", "queue|agent|state|level|position\nother@d|a|Ready|2|3\n+OK\n"},
		{"tier again", "tier add q@d a", "-ERR Tier already exist!\n"},
		{"tier in no queue", "tier add nosuch a", "-ERR Queue not found!\n"},
		{"tier of nobody", "tier add q@d nobody", "-ERR Agent not found!\n"},
		{"tier set", "tier set level q@d a 7|queue list tiers q@d", "queue|agent|state|level|position\nq@d|a|Ready|7|1\nq@d|b|Ready|1|2\n+OK\n"},
		{"tier set state", "tier set state q@d a Asleep", "-ERR Invalid Tier State!\n"},
		{"tier set key", "tier set colour q@d a red", "-ERR Invalid Tier Update KEY!\n"},
		{"tier set without tier", "tier set level other@d a 1", "-ERR Unknown Error!\n"},
		{"tier del", "tier del q@d a|tier list", "queue|agent|state|level|position\nq@d|b|Ready|1|2\n+OK\n"},
		{"tier del of none", "tier del q@d nobody", "+OK\n"},
		{"tier reload", "tier del q@d a|tier reload q@d|queue count tiers q@d", "2\n"},
		{"tier reload of none", "tier reload nosuch", "-ERR Unknown Error!\n"},
		{"agents of a queue come as its tiers do", "tier del q@d a|tier add q@d a|queue list agents q@d Available",
			agentHead + "b|single_box||callback|sofia/internal/ok@127.0.0.1:5080|Available|Waiting|2|10|60|60|60|0|0|0|1795413809|0|0|0|0|0\n" +
				"a|single_box||callback|sofia/internal/ok@127.0.0.1:5080|Available|Waiting|2|10|60|60|60|0|0|0|1795413809|0|0|0|0|0\n+OK\n"},
		{"tier list", "tier set level q@d a 2|tier list", "queue|agent|state|level|position\nq@d|b|Ready|1|2\nq@d|a|Ready|2|1\n+OK\n"},
		{"queues", "queue count", "2\n"},
		{"queue load", "queue load nosuch", "-ERR Invalid Queue not found!\n"},
		{"queue load keeps none of the run-time status", "agent set status a 'On Break'|queue reload q@d|agent get status a", "Available"},
		{"queue unload", "queue unload other@d|queue count", "1\n"},
		{"an unloaded queue comes back", "queue unload other@d|tier add other@d a|queue count", "2\n"},
		{"queue list of something", "queue list nosuch q@d", "-ERR Invalid!\n"},
		{"agents by status", "agent set status a 'On Break'|queue count agents q@d Available", "1\n"},
		{"agents by status and state", "queue count agents q@d Available Idle", "0\n"},
		{"members", "queue list members q@d", "+OK\n"},
		{"other delimiter", "^^;agent;set;status;a;On Break|agent get status a", "On Break"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, centreConfig(esltest.Queue{}, "a=ok", "b=ok"), func(t *testing.T, b *bench) {
				var got string
				for args := range strings.SplitSeq(test.args, "|") {
					got = b.api("callcenter_config " + args)
				}
				if got != test.want {
					t.Errorf("want %q\ngot  %q", test.want, got)
				}
			})
		})
	}
}

func TestCallcenterJSON(t *testing.T) {
	const refused = `"status":"error","message":"Invalid request or non-existant command","response":null}`
	tests := []struct{ name, request, want string }{
		{"NULL is left out", `{"command":"callcenter_config","data":{"arguments":"agent list"}}`,
			`"status":"success","response":[{"name":"a|b","instance_id":"single_box","type":"callback","status":"Logged Out","state":"Waiting",` +
				`"max_no_answer":"0","wrap_up_time":"0","reject_delay_time":"0","busy_delay_time":"0","no_answer_delay_time":"0",` +
				`"last_bridge_start":"0","last_bridge_end":"0","last_offered_call":"0","last_status_change":"0","no_answer_count":"0",` +
				`"calls_answered":"0","talk_time":"0","ready_time":"0","external_calls_count":"0"}]}`},
		{"no rows", `{"command":"callcenter_config","data":{"arguments":"tier list"}}`, `"status":"success","response":[]}`},
		{"a queue must be named", `{"command":"callcenter_config","data":{"arguments":"queue list tiers"}}`,
			`"status":"error","message":"The command returned an error","response":{"error":"Missing data attribute: queue_name"}}`},
		{"it only reads", `{"command":"callcenter_config","data":{"arguments":"agent add x"}}`,
			`"status":"error","message":"The command returned an error","response":null}`},
		{"no data", `{"command":"callcenter_config"}`, refused},
		{"no such command", `{"command":"nosuch","data":{}}`, refused},
		{"no JSON", `{`, "-ERR Parse error."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, esltest.Config{}, func(t *testing.T, b *bench) {
				b.api("callcenter_config agent add a|b callback")
				got := b.api("json " + test.request)
				want := test.want + "\n"
				if strings.HasPrefix(test.want, `"`) {
					want = strings.TrimSuffix(test.request, "}") + "," + want
				}
				if got != want {
					t.Errorf("want %s\ngot  %s", want, got)
				}
			})
		})
	}
}

// Lists of the JSON API are in the same order as those of the text API, and
// members have their score, longest wait first.
func TestJSONOrder(t *testing.T) {
	inBubble(t, centreConfig(esltest.Queue{}, "a=ok", "b=ok"), func(t *testing.T, b *bench) {
		for _, command := range []string{"tier set level q@d a 2", "agent set status a 'On Break'", "agent set status b 'On Break'"} {
			b.api("callcenter_config " + command)
		}
		for _, number := range []string{"7", "8"} {
			if _, err := b.s.Call(esltest.Call{Number: number, Extension: "q"}); err != nil {
				t.Fatal(err)
			}
			b.life(5 * time.Second)
		}
		for _, test := range []struct{ list, want string }{
			{"tier list", `"agent":"b".*"agent":"a"`},
			{"member list", `"cid_number":"7".*"score":"10"},.*"cid_number":"8".*"score":"5"}`},
		} {
			got := b.api(`json {"command":"callcenter_config","data":{"arguments":"` + test.list + `"}}`)
			if !regexp.MustCompile(test.want).MatchString(got) {
				t.Errorf("%s: want %s\ngot  %s", test.list, test.want, got)
			}
		}
	})
}

func TestJSONEscapes(t *testing.T) {
	const contact = "a\"b\\c\n\r\t\b\f\x01\x1fд/e"
	inBubble(t, esltest.Config{Agents: []esltest.Agent{{Name: "n", Contact: contact}}}, func(t *testing.T, b *bench) {
		got := b.api(`json {"command":"callcenter_config","data":{"arguments":"agent list"}}`)
		var answer struct{ Response []struct{ Contact string } }
		if err := json.Unmarshal([]byte(got), &answer); err != nil || answer.Response[0].Contact != contact {
			t.Errorf("%v in %s", err, got)
		}
		if want := `"contact":"a\"b\\c\n\r\t\b\f\u0001\u001fд/e"`; !strings.Contains(got, want) {
			t.Errorf("want %s in %s", want, got)
		}
	})
}

func TestBars(t *testing.T) {
	inBubble(t, esltest.Config{}, func(t *testing.T, b *bench) {
		b.api("callcenter_config agent add n callback")
		b.api("callcenter_config agent set contact n x|y")
		got := b.api("callcenter_config agent list")
		if row := strings.Split(got, "\n")[1]; !strings.HasPrefix(row, "n|single_box||callback|x|y|Logged Out|") {
			t.Errorf("row %q", row)
		}
	})
}

// offered lists whom a waiting caller was offered to, in order.
func offered(p *peer) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, f := range p.got {
		if lookup(f.event, "CC-Action") == "agent-offering" {
			out = append(out, lookup(f.event, "CC-Agent"))
		}
	}
	return strings.Join(out, " ")
}

func TestStrategies(t *testing.T) {
	tests := []struct {
		name, strategy string
		set            []string // callcenter_config commands before the call
		agents         []string
		want           string
	}{
		{"by idle time", "longest-idle-agent", nil, []string{"a=busy", "b=ok"}, "a b"},
		{"levels come first", "longest-idle-agent", []string{"tier set level q@d a 2"}, []string{"a=busy", "b=ok"}, "b"},
		{"by position", "sequentially-by-agent-order", []string{"tier set position q@d a 9"}, []string{"a=busy", "b=ok"}, "b"},
		{"unknown goes by position", "nosuch", nil, []string{"a=no", "b=ok"}, "a b"},
		{"all at once", "ring-all", nil, []string{"a=sleeps", "b=ok", "c=sleeps"}, "a b c"},
		{"one more at a time", "ring-progressively", nil, []string{"a=sleeps", "b=ok"}, "a b"},
		{"down the list", "top-down", nil, []string{"a=busy", "b=no", "c=ok"}, "a b c"},
		{"behind the last one", "round-robin", []string{"agent set state a Receiving", "agent set state a Waiting"}, []string{"a=ok", "b=busy", "c=ok"}, "b c"},
		{"not on a break", "longest-idle-agent", []string{"agent set status a 'On Break'"}, []string{"a=ok", "b=ok"}, "b"},
		{"not when busy already", "longest-idle-agent", []string{"agent set state a Idle"}, []string{"a=ok", "b=ok"}, "b"},
		{"a status in small letters is none", "longest-idle-agent", []string{"agent set status a available"}, []string{"a=ok", "b=ok"}, "b"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, centreConfig(esltest.Queue{Strategy: test.strategy}, test.agents...), func(t *testing.T, b *bench) {
				for _, command := range test.set {
					if got := b.api("callcenter_config " + command); got != "+OK\n" {
						t.Fatalf("%s: %q", command, got)
					}
				}
				p := b.listener("CUSTOM callcenter::info")
				if _, err := b.s.Call(esltest.Call{Number: "7", Extension: "q", HangupAfter: time.Minute}); err != nil {
					t.Fatal(err)
				}
				p.event(1, "CC-Action", "bridge-agent-start")
				got := strings.Fields(offered(p))
				if test.strategy == "ring-all" { // threads of their own
					slices.Sort(got)
				}
				if s := strings.Join(got, " "); s != test.want {
					t.Errorf("want %q, got %q", test.want, s)
				}
			})
		})
	}
}

func TestQueueCalls(t *testing.T) {
	tests := []struct {
		name   string
		queue  esltest.Queue
		agents []string
		stay   time.Duration
		during func(b *bench) // right after the call has come
		want   string         // callcenter events
	}{
		{"answered", esltest.Queue{}, []string{"a=ok"}, 30 * time.Second, nil,
			"member-queue-start members-count agent-state-change agent-offering bridge-agent-start members-count agent-state-change" +
				" bridge-agent-end member-queue-end agent-state-change"},
		{"agent hangs up", esltest.Queue{}, []string{"a=short"}, 30 * time.Second, nil,
			"member-queue-start members-count agent-state-change agent-offering bridge-agent-start members-count agent-state-change" +
				" bridge-agent-end member-queue-end agent-state-change"},
		{"nobody wants it", esltest.Queue{}, []string{"a=busy"}, 5 * time.Second, nil,
			"member-queue-start members-count agent-state-change agent-offering bridge-agent-fail agent-state-change member-queue-end members-count"},
		{"caller leaves while it rings", esltest.Queue{}, []string{"a=sleeps"}, 3 * time.Second, nil,
			"member-queue-start members-count agent-state-change agent-offering member-queue-end members-count bridge-agent-fail agent-state-change"},
		{"agent leaves while it rings", esltest.Queue{}, []string{"a=sleeps"}, 5 * time.Second,
			func(b *bench) {
				b.life(2 * time.Second)
				b.api("callcenter_config agent set status a 'Logged Out'")
			},
			"member-queue-start members-count agent-state-change agent-offering agent-status-change bridge-agent-fail agent-state-change" +
				" member-queue-end members-count"},
		{"one does not answer too often", esltest.Queue{}, []string{"a=unknown"}, 5 * time.Second,
			func(b *bench) { b.api("callcenter_config agent set max_no_answer a 1") },
			"member-queue-start members-count agent-state-change agent-offering agent-max-no-answer agent-status-change bridge-agent-fail" +
				" agent-state-change member-queue-end members-count"},
		{"waited too long", esltest.Queue{MaxWaitTime: 3}, nil, 30 * time.Second, nil,
			"member-queue-start members-count member-queue-end members-count"},
		{"let go", esltest.Queue{}, []string{"a=quick"}, 30 * time.Second,
			func(b *bench) {
				b.life(5 * time.Second)
				b.api("callcenter_break agent " + b.api("callcenter_config agent get uuid a"))
			},
			"member-queue-start members-count agent-state-change agent-offering bridge-agent-start members-count agent-state-change" +
				" agent-uuid-get bridge-agent-end member-queue-end agent-state-change"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, centreConfig(test.queue, test.agents...), func(t *testing.T, b *bench) {
				p := b.listener("CUSTOM callcenter::info")
				call, err := b.s.Call(esltest.Call{Number: "7", Name: "Ann", Extension: "q", HangupAfter: test.stay})
				if err != nil {
					t.Fatal(err)
				}
				if test.during != nil {
					test.during(b)
				}
				<-call.Done()
				b.life(time.Second)
				p.wait("events", func(got []frame, _ bool) bool { return len(got) >= 3+len(strings.Fields(test.want)) })
				if got := p.events(""); got != test.want {
					t.Errorf("want %s\ngot  %s", test.want, got)
				}
			})
		})
	}
}

func TestWrapUpAndCounters(t *testing.T) {
	inBubble(t, centreConfig(esltest.Queue{DiscardAbandonedAfter: 5}, "a=short"), func(t *testing.T, b *bench) {
		p := b.listener("CUSTOM callcenter::info")
		for range 2 {
			if _, err := b.s.Call(esltest.Call{Number: "7", Extension: "q", HangupAfter: time.Minute}); err != nil {
				t.Fatal(err)
			}
		}
		first := p.event(1, "CC-Action", "bridge-agent-end")
		second := p.event(2, "CC-Action", "agent-offering")
		gap := micros(lookup(second.event, "Event-Date-Timestamp")) - micros(lookup(first.event, "Event-Date-Timestamp"))
		if gap < 10_000_000 || gap > 12_000_000 {
			t.Errorf("offered again after %d µs; wrap-up is 10 s", gap)
		}
		p.event(2, "CC-Action", "bridge-agent-end")
		p.event(2, "CC-Action", "member-queue-end")
		list := strings.Split(b.api("callcenter_config queue list"), "\n")
		if !strings.Contains(strings.Join(list, "\n"), "|2|0|0|true|On Break") {
			t.Errorf("no two answered calls in %q", list)
		}
		caller, err := b.s.Call(esltest.Call{Number: "8", Extension: "q", HangupAfter: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		<-caller.Done()
		if got := b.api("callcenter_config queue count members q@d"); got != "1\n" {
			t.Errorf("an abandoned caller is kept for a while: %q", got)
		}
		b.life(10 * time.Second)
		if got := b.api("callcenter_config queue count members q@d"); got != "0\n" {
			t.Errorf("and then purged: %q", got)
		}
	})
}

func TestResume(t *testing.T) {
	inBubble(t, centreConfig(esltest.Queue{AbandonedResumeAllowed: true}), func(t *testing.T, b *bench) {
		p := b.listener("CUSTOM callcenter::info")
		for range 2 {
			call, err := b.s.Call(esltest.Call{Number: "7", Extension: "q", HangupAfter: 2 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			<-call.Done()
		}
		first, second := p.event(1, "CC-Action", "member-queue-start"), p.event(1, "CC-Action", "member-queue-resume")
		if a, b := lookup(first.event, "CC-Member-UUID"), lookup(second.event, "CC-Member-UUID"); a != b {
			t.Errorf("the place was lost: %s, then %s", a, b)
		}
	})
}

// An agent whose own call is tracked by the dialplan is offered none.
func TestTrack(t *testing.T) {
	cfg := centreConfig(esltest.Queue{}, "a=ok")
	cfg.Extensions = append(cfg.Extensions, esltest.Extension{Match: "^8$", Apps: []esltest.App{
		{Name: "callcenter_track", Data: "nobody"}, {Name: "callcenter_track", Data: "a"}, {Name: "park"}}})
	inBubble(t, cfg, func(t *testing.T, b *bench) {
		p := b.listener("CUSTOM callcenter::info")
		tracked, err := b.s.Call(esltest.Call{Number: "1000", Extension: "8"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.s.Call(esltest.Call{Number: "7", Extension: "q"}); err != nil {
			t.Fatal(err)
		}
		b.life(5 * time.Second)
		external := func() string {
			row := strings.Split(b.api("callcenter_config agent list a"), "\n")[1]
			return row[strings.LastIndex(row, "|")+1:]
		}
		if got := external(); got != "1" || offered(p) != "" {
			t.Errorf("%s calls of his own, offered %q", got, offered(p))
		}
		tracked.Hangup()
		p.event(1, "CC-Action", "agent-offering")
		if got := external(); got != "0" {
			t.Errorf("%s calls of his own after the only one", got)
		}
	})
}

// TestExitKeys: a caller leaves a queue by one of the keys that may do so, and the dialplan goes on; the queue's name is an
// argument like any other.
func TestExitKeys(t *testing.T) {
	cfg := centreConfig(esltest.Queue{})
	cfg.Queues = append(cfg.Queues, esltest.Queue{Name: "second line"})
	cfg.Extensions = append(cfg.Extensions, esltest.Extension{Name: "keys", Match: "^keys$", Apps: []esltest.App{
		{Name: "answer"}, {Name: "set", Data: "cc_exit_keys=1#"}, {Name: "callcenter", Data: "'second line'"}, {Name: "sleep", Data: "60000"}}})
	inBubble(t, cfg, func(t *testing.T, b *bench) {
		p := b.listener("DTMF CHANNEL_EXECUTE_COMPLETE CUSTOM callcenter::info")
		call, err := b.s.Call(esltest.Call{Number: "7", Extension: "keys"})
		if err != nil {
			t.Fatal(err)
		}
		start := p.event(1, "CC-Action", "member-queue-start")
		if got := lookup(start.event, "CC-Queue"); got != "second line" {
			t.Errorf("queue %q", got)
		}
		call.Press('5')
		call.Press('#')
		end := p.event(1, "CC-Action", "member-queue-end")
		if got := lookup(end.event, "CC-Cancel-Reason"); got != "EXIT_WITH_KEY" {
			t.Errorf("reason %q", got)
		}
		over := p.event(1, "Application", "callcenter")
		for name, want := range map[string]string{"variable_cc_cause": "cancel", "variable_cc_cancel_reason": "EXIT_WITH_KEY",
			"variable_cc_exit_key": "#", "Answer-State": "answered"} {
			if got := lookup(over.event, name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		if first := lookup(p.event(1, "Event-Name", "DTMF").event, "DTMF-Digit"); first != "5" {
			t.Errorf("the first key is %q", first)
		}
		call.Hangup()
	})
}
