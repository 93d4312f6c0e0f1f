package esltest_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callgate/esl/esltest"
)

// variant is one way to run a recording again.
type variant struct {
	name    string
	rename  func(string) string // names in what the client sends, the configuration and what is expected
	reverse bool                // configuration and writes in the opposite order
}

var variants = []variant{
	{name: "as recorded", rename: func(s string) string { return s }},
	{name: "other names", rename: useOtherNames},
	{name: "other order", rename: func(s string) string { return s }, reverse: true},
}

// otherNames replaces every name of a queue, agent and number. The new names of
// queues come in the same order in FreeSWITCH's hash table as the old ones, so
// that lists can be compared line by line.
var otherNames = map[string]string{
	"support": "help", "sales": "vip", "noagents": "silent", "overflow": "extra",
	"1000@": "2710@", "1001": "2711", "1002@": "2712@", "1003@": "2713@", "1009@": "2719@", "agent_1003": "agent_2713",
	"1111": "7", "31001": "42002", "8919000000": "7495123456", "1234": "5678",
}

var oldNames = regexp.MustCompile(`support|sales|noagents|overflow|\b100[0239]@|\b1001\b|agent_1003|\b1111\b|\b31001\b|\b8919000000|\b1234\b`)

func useOtherNames(s string) string {
	return oldNames.ReplaceAllStringFunc(s, func(old string) string { return otherNames[old] })
}

func replayConfig(v variant, dir, socket string) esltest.Config {
	r := v.rename
	agent := func(id, contact string) esltest.Agent {
		return esltest.Agent{Name: r(id), Contact: r("[leg_timeout=10]" + contact), Status: "Available",
			MaxNoAnswer: 3, WrapUp: 3, RejectDelay: 2, BusyDelay: 2}
	}
	const moh = "local_stream://moh"
	cfg := esltest.Config{
		Hostname: "vm", IPv4: "192.0.2.2", IPv6: "fd00::2", Domain: "127.0.0.1",
		Version: "1.11.2-dev", Build: "git~20260717T204138Z~0a54a48f37~64bit", BuildFor: "git 0a54a48 2026-07-17 20:41:38Z 64bit",
		SIPAlias: []string{"127.0.0.1"}, WSPort: 5066, WSSPort: 7443,
		RecordingsDir: dir, RecordingsPath: "/var/lib/freeswitch/recordings",
		Heartbeat: -1,
		Globals:   map[string]string{"hold_music": moh},
		Phones: []esltest.Phone{
			{Addr: "127.0.0.1:5070", SDPOrigin: "user1"},
			{Addr: "127.0.0.1:5070", User: r("1001"), SDPOrigin: "user1", HoldAfter: 5945 * time.Millisecond, HoldFor: 2 * time.Second},
		},
		Queues: []esltest.Queue{
			{Name: r("support2@default"), MOH: moh, TimeBaseScore: "system", TierRuleWaitSecond: 300, TierRuleWaitMultiply: true, MaxWaitNoAgent: 120},
			{Name: r("sales@default"), Strategy: "agent-with-least-talk-time", MOH: moh, TierRuleWaitSecond: 300, TierRuleWaitMultiply: true,
				DiscardAbandonedAfter: 14400, MaxWaitNoAgent: 120},
			{Name: r("support@default"), MOH: moh, TimeBaseScore: "system", TierRuleWaitSecond: 300, TierRuleWaitMultiply: true,
				TierRuleNoAgentNoWait: true, RecordTemplate: "/var/lib/freeswitch/recordings/${uuid}.wav"},
			{Name: r("overflow@default"), Strategy: "ring-all", MOH: moh, TierRuleNoAgentNoWait: true, MaxWaitTime: 3},
			{Name: r("noagents@default"), Strategy: "random", TierRuleNoAgentNoWait: true, MaxWaitNoAgent: 2, MaxWaitNoAgentReached: 1},
		},
		Agents: []esltest.Agent{
			agent("1000@default", "sofia/internal/1000@127.0.0.1:5070"), agent("1001@default", "sofia/internal/1001@127.0.0.1:5070"),
			agent("1002@default", "sofia/internal/1002@127.0.0.1:5070"), agent("1003@default", "loopback/agent_1003/default"),
		},
		Tiers: []esltest.Tier{
			{Queue: r("support2@default"), Agent: r("1000@default")}, {Queue: r("sales@default"), Agent: r("1001@default")},
			{Queue: r("support@default"), Agent: r("1001@default")}, {Queue: r("support@default"), Agent: r("1002@default"), Position: 2},
		},
		Extensions: []esltest.Extension{
			{Name: "tone", Match: "^(" + r("31001") + ")$", Apps: []esltest.App{
				{Name: "answer"}, {Name: "record_session", Data: "/var/lib/freeswitch/recordings/${uuid}.wav"},
				{Name: "playback", Data: "tone_stream://%(1000,500,440);loops=3"}, {Name: "hangup"}}},
			{Name: "queue", Match: "^q_(.+)$", Apps: []esltest.App{
				{Name: "set", Data: r("project_id=1111")}, {Name: "answer"}, {Name: "callcenter", Data: "$1@default"}}},
			{Name: "sock", Match: "^sock_(sync|async)$", Apps: []esltest.App{
				{Name: "socket", Data: socket + " $1 full"}, {Name: "hangup"}}},
			{Name: "agent_busy", Match: "^" + r("agent_1003") + "$", Apps: []esltest.App{{Name: "hangup", Data: "USER_BUSY"}}},
		},
	}
	if v.reverse {
		slices.Reverse(cfg.Queues)
		slices.Reverse(cfg.Agents)
		slices.Reverse(cfg.Tiers)
	}
	return cfg
}

// replay is one recording and what happened around it.
type replay struct {
	file string
	// around does what others did to the switch while the client listened.
	around func(v variant, p *peer, a *admin, s *esltest.Switch)
	// dials is the extension by which a call gets to us; the recording is then
	// that of an outbound socket.
	dials string
}

var replays = []replay{
	{file: "auth_wrong_password.txt"},
	{file: "commands.txt"},
	{file: "originate_results.txt"},
	{file: "bgapi_background_job_plain.txt"},
	{file: "heartbeat_plain.txt", around: func(_ variant, p *peer, _ *admin, s *esltest.Switch) {
		p.replies(3)
		s.Heartbeat()
	}},
	{file: "click_to_call_json_events.txt"},
	{file: "queue_call_answered_json_events.txt", around: func(_ variant, p *peer, a *admin, s *esltest.Switch) {
		p.event(1, "CC-Agent-State", "In a queue call")
		a.life(7980 * time.Millisecond)
		s.Heartbeat()
		a.life(1900 * time.Millisecond)
		a.api("hupall NORMAL_CLEARING")
	}},
	{file: "queue_call_abandoned_and_admin_plain_events.txt", around: abandonedAndAdmin},
	{file: "queue_timeouts_json_events.txt", around: func(v variant, p *peer, a *admin, _ *esltest.Switch) {
		p.replies(3)
		a.customer(v, "89190000004", "q_overflow")
		p.event(2, "CC-Action", "members-count")
		a.customer(v, "89190000005", "q_noagents")
	}},
	{file: "agent_status_json_events.txt", around: func(v variant, p *peer, a *admin, _ *esltest.Switch) {
		a.api(v.rename("callcenter_config tier add overflow@default 1003@default"))
		p.replies(3)
		a.customer(v, "89190000006", "q_overflow")
		p.event(1, "CC-Action", "member-queue-end")
		p.event(2, "CC-Action", "members-count")
		for _, status := range []string{"Logged Out", "Available", "Available (On Demand)", "Available"} {
			a.api(v.rename("callcenter_config agent set status 1001@default '" + status + "'"))
		}
	}},
	{file: "outbound_sync_full.txt", dials: "sock_sync"},
	{file: "outbound_async_full.txt", dials: "sock_async"},
}

// customer rings an extension, as the callers of the recordings did: the switch
// calls its own address.
func (a *admin) customer(v variant, number, extension string) {
	a.t.Helper()
	reply := a.api(v.rename("originate {origination_caller_id_number=" + number + "}sofia/internal/" + extension + "@127.0.0.1:5060 &park()"))
	if !strings.HasPrefix(reply, "+OK ") {
		a.t.Fatalf("customer: %q", reply)
	}
}

func abandonedAndAdmin(v variant, p *peer, a *admin, _ *esltest.Switch) {
	p.replies(3)
	config := func(text string) {
		if got := a.api(v.rename("callcenter_config " + text)); got != "+OK\n" {
			a.t.Errorf("%s: %q", text, got)
		}
	}
	agents := []string{"1000@default", "1001@default", "1002@default"}
	if v.reverse {
		slices.Reverse(agents)
	}
	for _, name := range agents {
		config("agent set status " + name + " 'On Break'")
	}
	a.customer(v, "89190000002", "q_support2")
	a.life(4 * time.Second)
	a.api("hupall NORMAL_CLEARING")
	p.event(2, "Event-Name", "CHANNEL_HANGUP_COMPLETE")
	for _, name := range agents {
		config("agent set status " + name + " Available")
	}
	config("agent add 1009@default callback")
	config("agent set contact 1009@default sofia/internal/1009@127.0.0.1:5070")
	config("tier add support@default 1009@default 1 3")
	config("queue reload support@default")
}

// TestReplay runs every recording in every variant, in time that is not real.
func TestReplay(t *testing.T) {
	for _, r := range replays {
		for _, v := range variants {
			t.Run(strings.TrimSuffix(r.file, ".txt")+"/"+v.name, func(t *testing.T) {
				dir := t.TempDir()
				synctest.Test(t, func(t *testing.T) {
					cfg, in, out := bubbleConfig(v, dir)
					replayOne(t, r, v, cfg, in, out)
				})
			})
		}
	}
}

// bubbleConfig is that of a switch inside a bubble of testing/synctest, with the
// networks by which to reach it and by which it reaches us.
func bubbleConfig(v variant, dir string) (cfg esltest.Config, in, out *esltest.Pipes) {
	in, out = esltest.NewPipes("127.0.0.1:8021"), esltest.NewPipes("127.0.0.1:8084")
	cfg = replayConfig(v, dir, out.String())
	cfg.Listener, cfg.Dial = in, out.Dial
	// Queues count whole seconds, so it matters when within one they begin.
	begun := time.Now()
	cfg.Now = func() time.Time { return recorded.Add(time.Since(begun)) }
	return cfg, in, out
}

// recorded is when the recordings were made.
var recorded = time.Date(2026, 11, 23, 6, 3, 29, 70_000_000, time.UTC)

// TestReplayOnSockets runs what does not hang on exact times over TCP.
func TestReplayOnSockets(t *testing.T) {
	for _, r := range replays[:6] {
		t.Run(strings.TrimSuffix(r.file, ".txt"), func(t *testing.T) {
			cfg := replayConfig(variants[0], t.TempDir(), "127.0.0.1:8084")
			cfg.Speed = 10
			replayOne(t, r, variants[0], cfg, nil, nil)
		})
	}
}

func replayOne(t *testing.T, r replay, v variant, cfg esltest.Config, in, out *esltest.Pipes) *admin {
	segments := readRecording(t, r.file)
	want := frames(t, segments)
	renameFrames(want, v)
	s := run(t, cfg)
	a := newAdmin(t, connect(t, s, in))
	var p *peer
	if r.dials != "" {
		a.send(v.rename("bgapi originate {origination_caller_id_number=89190000003}sofia/internal/"+r.dials+"@127.0.0.1:5060 &park()") + "\n\n")
		nc, err := out.Accept()
		if err != nil {
			t.Fatal(err)
		}
		p = newPeer(t, nc)
	} else {
		p = newPeer(t, connect(t, s, in))
	}
	var wg sync.WaitGroup
	if r.around != nil {
		wg.Go(func() { r.around(v, p, a, s) })
	}
	// The client sends each piece after as many frames as it had got before.
	before, replies := 0, 0
	for i, seg := range segments {
		if seg.client {
			p.wait(fmt.Sprint(before, " frames"), func(got []frame, _ bool) bool { return len(got) >= before })
			p.send(v.rename(string(seg.data)))
			continue
		}
		for _, f := range frames(t, segments[i:i+1]) {
			before++
			if f.isReply() {
				replies++
			}
		}
	}
	got := p.wait(fmt.Sprint(len(want), " frames"), func(got []frame, _ bool) bool { return len(got) >= len(want) })
	wg.Wait()
	if last := want[len(want)-1].get("Content-Type"); last == "text/disconnect-notice" {
		got = p.wait("the end", func(_ []frame, ended bool) bool { return ended })
	} else if want[len(want)-1].get("Reply-Text") != "+OK bye" {
		// Nothing more may come than what was recorded.
		p.send("noevents\n\n")
		got = p.replies(replies + 1)
		got = got[:len(got)-1]
	} else {
		got = got[:len(want)]
	}
	compare(t, v, want, got)
	return a
}

func renameFrames(list []frame, v variant) {
	for i := range list {
		f := &list[i]
		f.body = v.rename(f.body)
		for j := range f.head {
			f.head[j].value = v.rename(f.head[j].value)
		}
		for j := range f.event {
			f.event[j].value = v.rename(f.event[j].value)
		}
	}
}

// lane is the thread of FreeSWITCH that a frame came from. Frames of one lane
// are compared in order; how lanes interleave is an accident of scheduling.
func lane(v variant, f frame) string {
	switch id := lookup(f.event, "Unique-ID"); {
	case f.event == nil && f.isReply() || f.get("Event-Name") != "":
		return "replies"
	case f.event == nil:
		return "notices"
	case lookup(f.event, "Event-Subclass") != "":
		// With writes in another order, each agent's own order is what stays.
		if action := lookup(f.event, "CC-Action"); v.reverse && (action == "agent-status-change" || action == "agent-contact-change") {
			return "agent " + lookup(f.event, "CC-Agent")
		}
		return "callcenter"
	case id != "":
		return lookup(f.event, "Channel-Name")
	default:
		return lookup(f.event, "Event-Name")
	}
}

func compare(t *testing.T, v variant, want, got []frame) {
	t.Helper()
	lanes := func(list []frame) (names []string, by map[string][]frame) {
		by = map[string][]frame{}
		for _, f := range list {
			n := lane(v, f)
			if by[n] == nil {
				names = append(names, n)
			}
			by[n] = append(by[n], f)
		}
		return names, by
	}
	names, wanted := lanes(want)
	others, had := lanes(got)
	for _, n := range others {
		if wanted[n] == nil {
			t.Errorf("%s: nothing was recorded, got %s", n, summary(had[n]))
		}
	}
	p := newPairing()
	for _, n := range names {
		if len(wanted[n]) != len(had[n]) {
			t.Errorf("%s: want %s\ngot %s", n, summary(wanted[n]), summary(had[n]))
			continue
		}
		for i, w := range wanted[n] {
			g := had[n][i]
			settle(&w, &g)
			var diff []string
			diff = append(diff, p.diff(w.head, g.head)...)
			diff = append(diff, p.diff(w.event, g.event)...)
			if a, b := maskText(rows(v, w.body)), maskText(rows(v, g.body)); w.event == nil && !p.same(maskStatus(a), maskStatus(b)) {
				diff = append(diff, fmt.Sprintf("body: want %s\ngot %s", w.body, g.body))
			} else if w.event != nil && !p.same(a, b) {
				diff = append(diff, fmt.Sprintf("body: want %s\ngot %s", w.body, g.body))
			}
			if len(diff) > 0 {
				t.Errorf("%s, frame %d (%s):\n  %s", n, i+1, summary([]frame{w}), strings.Join(diff, "\n  "))
			}
		}
	}
}
