package call_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"callgate/esl"
	"callgate/esl/esltest"
	"callgate/internal/call"
	"callgate/internal/fault"
	"callgate/internal/project"
)

// desk is a Controller that knows the live calls of a pretend switch.
type desk struct {
	*call.Controller
	*call.Live
	t    *testing.T
	sw   *esltest.Switch
	link *esl.Client
	dir  string
}

// projects is a store that has them.
type projects struct {
	project.Store
	all []project.Project
}

func (p projects) Projects(context.Context) ([]project.Project, error) { return p.all, nil }
func (projects) Routes(context.Context) ([]project.Route, error)       { return nil, nil }

// known are projects as they are known here.
func known(t *testing.T, all ...project.Project) *project.Service {
	t.Helper()
	s := project.New(projects{all: all}, project.Options{})
	if err := s.Follow(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	return s
}

// rules are kept nowhere.
type rules struct{ all []call.Rule }

func (r *rules) Rules(context.Context) ([]call.Rule, error)                         { return r.all, nil }
func (*rules) SetRule(context.Context, call.Scope, func(*call.Rule) error) error    { return nil }
func (*rules) RemoveRule(context.Context, call.Scope, func(*call.Rule) error) error { return nil }
func (*rules) CountCall(context.Context, string, []call.Cap) (over *call.Cap, e error) {
	return nil, nil
}

type tapes struct{ dir string }

func (f tapes) Path(_, id string) string { return filepath.Join(f.dir, id+".wav") }

func newDesk(t *testing.T, all ...call.Rule) *desk {
	t.Helper()
	d := &desk{t: t, dir: filepath.Join(t.TempDir(), "with blank")}
	park := []esltest.App{{Name: "answer"}, {Name: "park"}}
	sw, err := esltest.Start(esltest.Config{
		RecordingsDir: d.dir,
		Users:         []esltest.User{{ID: "boss", DialString: "sofia/internal/boss@127.0.0.1:5070"}},
		Phones:        []esltest.Phone{{Addr: "127.0.0.1:5070"}, {Addr: "127.0.0.1:5071", NoAnswer: true}},
		Queues:        []esltest.Queue{{Name: "sales@d"}},
		Extensions:    []esltest.Extension{{Match: `^\d+$`, Apps: park}, {Context: "callgate-out", Match: `^\+?\d+$`, Apps: park}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sw.Close() })
	d.sw = sw
	d.link = esl.NewClient(esl.Options{Name: "one", Addr: sw.Addr(), Password: "ClueCon", Events: call.Events(), Subclasses: []string{call.Subclass}})
	d.Live = call.NewLive(call.LiveOptions{Links: []call.Link{d.link}})
	events := d.link.Subscribe(esl.SubscribeOptions{Events: call.Events(), Subclasses: []string{call.Subclass}})
	run(t, d.Run)
	run(t, func(ctx context.Context) error { return d.Live.Listen(ctx, "one", events) })
	run(t, d.link.Run)
	kept := call.NewRules(&rules{all}, call.RulesOptions{})
	if err := kept.Follow(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	o := options(d.link)
	o.Live, o.Rules, o.Recordings, o.NewID = d.Live, kept, tapes{d.dir}, nil
	o.Plan = func() call.Plan {
		return call.Plan{Dial: "user/{sip}", Then: "{called_number} XML default", RingTime: 5 * time.Second, Context: "callgate-out"}
	}
	o.Queue = func(sw, name string) bool { return sw == "one" && name == "sales@d" }
	o.Projects = known(t, project.Project{ID: "p1", Queues: []string{"sales@d"}}, project.Project{ID: "p2"})
	d.Controller = call.New(o)
	d.until("link", d.link.Ready)
	return d
}

func (d *desk) until(what string, ok func() bool) {
	d.t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(10 * time.Second); !ok(); {
		select {
		case <-tick.C:
		case <-deadline:
			d.t.Fatalf("no %s", what)
		}
	}
}

func (d *desk) api(command string) string {
	d.t.Helper()
	name, args, _ := strings.Cut(command, " ")
	text, err := d.link.API(d.t.Context(), name, args)
	if err != nil {
		d.t.Fatalf("%s: %v", command, err)
	}
	return strings.TrimSpace(text)
}

// leg makes a leg with a name for its UUID that stays.
func (d *desk) leg(id, vars string) {
	d.t.Helper()
	d.api("originate {origination_uuid=" + id + vars + "}sofia/internal/x@127.0.0.1:5070 &park()")
	d.until(id, func() bool { c, ok := d.Get(id); return ok && c.State == call.Active })
}

// pair makes two legs that talk with each other.
func (d *desk) pair(a, b string) {
	d.t.Helper()
	d.leg(a, ",park_after_bridge=true")
	d.leg(b, ",park_after_bridge=true")
	d.api("uuid_bridge " + a + " " + b)
	d.until("bridge", func() bool { c, _ := d.Get(a); return c.With == b })
}

var anybody = call.Asker{Login: "anna"}

// TestControls: each command does what it says, on the right leg.
func TestControls(t *testing.T) {
	d := newDesk(t)
	d.pair("A", "B")
	d.leg("C", "")
	state := func(id, name string) string { return d.api("eval uuid:" + id + " ${" + name + "}") }
	is := func(name, id, want string) func() bool { return func() bool { return state(id, name) == want } }
	holds := func(id string, want call.State) func() bool {
		return func() bool { c, _ := d.Get(id); return c.State == want }
	}
	for _, tt := range []struct {
		name string
		do   func(ctx context.Context) (call.Done, error)
		then func() bool
	}{
		{"hold", func(ctx context.Context) (call.Done, error) { return d.Hold(ctx, anybody, "A", "on") }, holds("A", call.Held)},
		{"hold again", func(ctx context.Context) (call.Done, error) { return d.Hold(ctx, anybody, "A", "on") }, holds("A", call.Held)},
		{"toggle", func(ctx context.Context) (call.Done, error) { return d.Hold(ctx, anybody, "A", "toggle") }, holds("A", call.Active)},
		{"off hold, as it is", func(ctx context.Context) (call.Done, error) { return d.Hold(ctx, anybody, "A", "off") }, holds("A", call.Active)},
		{"mute", func(ctx context.Context) (call.Done, error) { return d.Mute(ctx, anybody, "A", true) },
			func() bool { return strings.Contains(d.api("uuid_buglist A"), "<function>audio") }},
		{"mute no more", func(ctx context.Context) (call.Done, error) { return d.Mute(ctx, anybody, "A", false) },
			func() bool { return !strings.Contains(d.api("uuid_buglist A"), "audio") }},
		{"digits", func(ctx context.Context) (call.Done, error) { return d.DTMF(ctx, anybody, "A", "12w#D") },
			func() bool { return slices.Contains(d.sw.Commands(), "uuid_send_dtmf A 12w#D") }},
		{"transfer the other leg", func(ctx context.Context) (call.Done, error) {
			return d.Transfer(ctx, anybody, "A", call.Transfer{Number: "+78001", Leg: "bleg"})
		}, is("destination_number", "B", "+78001")},
		{"in the context of calls out", func(context.Context) (call.Done, error) { return call.Done{Switch: "one"}, nil }, is("context", "B", "callgate-out")},
		{"park", func(ctx context.Context) (call.Done, error) { return d.Park(ctx, anybody, "C") }, is("state", "C", "CS_PARK")},
		{"bridge", func(ctx context.Context) (call.Done, error) { return d.Bridge(ctx, anybody, "A", "C") },
			func() bool { c, _ := d.Get("A"); return c.With == "C" }},
		{"transfer both", func(ctx context.Context) (call.Done, error) {
			return d.Transfer(ctx, anybody, "A", call.Transfer{Number: "78002", Leg: "both"})
		}, func() bool { return state("A", "destination_number")+state("C", "destination_number") == "7800278002" }},
		{"into a queue", func(ctx context.Context) (call.Done, error) {
			return d.Transfer(ctx, anybody, "A", call.Transfer{Queue: "sales@d"})
		},
			func() bool { c, _ := d.Get("A"); return c.Queue == "sales@d" }},
		{"hang up", func(ctx context.Context) (call.Done, error) { return d.Hangup(ctx, anybody, "A", "USER_BUSY") },
			func() bool { _, ok := d.Get("A"); return !ok && d.api("uuid_exists A") == "false" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d.t = t
			if done, err := tt.do(t.Context()); err != nil || done.Switch != "one" {
				t.Fatalf("got %+v %v", done, err)
			}
			d.until(tt.name, tt.then)
		})
	}
}

// TestRecordings: what is recorded of either leg is ended, silenced and goes on, and a new recording is found by its CDR.
func TestRecordings(t *testing.T) {
	d := newDesk(t)
	d.pair("A", "B")
	done, err := d.Record(t.Context(), anybody, "B", "start")
	if err != nil || !strings.HasPrefix(done.Path, d.dir+"/B-") || !strings.HasSuffix(done.Path, ".wav") {
		t.Fatalf("start: %+v %v", done, err)
	}
	if got := d.api("uuid_getvar B callgate_recording"); got != done.Path {
		t.Errorf("the CDR would name %s", got)
	}
	d.until("recording", func() bool { c, _ := d.Get("B"); return slices.Equal(c.Recordings, []string{done.Path}) })
	for _, verb := range []string{"pause", "resume", "stop"} {
		if _, err := d.Record(t.Context(), anybody, "A", verb); err != nil {
			t.Errorf("%s by the other leg: %v", verb, err)
		}
	}
	var sent []string
	for _, c := range d.sw.Commands() {
		if f := strings.Fields(c); f[0] == "uuid_record" {
			sent = append(sent, f[1]+" "+f[2])
		}
	}
	if want := []string{"B start", "B mask", "B unmask", "B stop"}; !slices.Equal(sent, want) {
		t.Errorf("sent %q, want %q", sent, want)
	}
	if _, err := d.Record(t.Context(), anybody, "A", "pause"); !errors.Is(err, fault.New(fault.NotFound, "Recording")) {
		t.Errorf("nothing is recorded: %v", err)
	}
	second, err := d.Record(t.Context(), anybody, "B", "start")
	if err != nil || second.Path == done.Path {
		t.Errorf("a second recording: %+v %v", second, err)
	}
}

// TestListen: a supervisor's phone rings and hears, with just what the mode lets him do, and no keys to change it.
func TestListen(t *testing.T) {
	d := newDesk(t)
	d.leg("A", "")
	for _, tt := range []struct{ mode, want string }{
		{"listen", ""}, {"whisper", ",eavesdrop_whisper_bleg=true"}, {"barge", ",eavesdrop_whisper_aleg=true,eavesdrop_whisper_bleg=true"},
	} {
		reply, err := d.Controller.Listen(t.Context(), anybody, "A", "boss", tt.mode)
		o := call.ParseReply(reply)
		if err != nil || o.Kind != "answered" {
			t.Fatalf("%s: %q %v", tt.mode, reply, err)
		}
		lines := originates(d.sw)
		if got := lines[len(lines)-1]; !strings.Contains(got, ",eavesdrop_enable_dtmf=false"+tt.want+",origination_uuid=") ||
			!strings.HasSuffix(got, "}user/boss &eavesdrop(A)") || strings.Contains(got, "callgate_call") {
			t.Errorf("%s: %s", tt.mode, got)
		}
		d.until("eavesdrop", func() bool { return strings.Contains(d.api("uuid_buglist A"), "eavesdrop") })
		d.api("uuid_kill " + o.UUID)
		d.until("end of eavesdrop", func() bool { return !strings.Contains(d.api("uuid_buglist A"), "eavesdrop") })
	}
}

// TestRefusedControls: what cannot be is refused, by its name, and reaches no switch.
func TestRefusedControls(t *testing.T) {
	d := newDesk(t, call.Rule{Scope: call.Scope{Kind: call.ForAll}, Deny: []string{"900"}},
		call.Rule{Scope: call.Scope{Kind: call.ForProject, Of: "p1"}, MaxLength: 5})
	d.leg("A", ",callgate_project=p1")
	d.leg("B", "")
	if _, err := d.link.BgAPI(t.Context(), "r", "originate", "{origination_uuid=R,ignore_early_media=true}sofia/internal/x@127.0.0.1:5071 &park()"); err != nil {
		t.Fatal(err)
	}
	d.until("ringing", func() bool { _, ok := d.Get("R"); return ok })
	wrong := func(field string) error { return fault.New(fault.WrongField, field) }
	missing := fault.New(fault.NotFound, "Call")
	type do = func(c context.Context) error
	to := func(id string, tr call.Transfer) do {
		return func(c context.Context) error { _, err := d.Transfer(c, anybody, id, tr); return err }
	}
	var commands []struct {
		name string
		do   do
		want error
	}
	add := func(name string, want error, f do) {
		commands = append(commands, struct {
			name string
			do   do
			want error
		}{name, f, want})
	}
	for _, id := range []string{"", "X", "A B", "A\nB", "A;B", "${system(id)}", "A)", "'A'", "-both", strings.Repeat("a", 129)} {
		add("call "+id, missing, func(c context.Context) error { _, err := d.Park(c, anybody, id); return err })
		add("other leg "+id, wrong("with"), func(c context.Context) error { _, err := d.Bridge(c, anybody, "A", id); return err })
	}
	for _, text := range []string{"", "1 2", "1\n2", "1;2", "${x}", "1'", "1)", "inline", "1,2", "-both"} {
		add("number "+text, wrong("number"), to("A", call.Transfer{Number: text}))
		add("digits "+text, wrong("digits"), func(c context.Context) error { _, err := d.DTMF(c, anybody, "A", text+"!"); return err })
		add("cause "+text, wrong("cause"), func(c context.Context) error { _, err := d.Hangup(c, anybody, "A", text+"!"); return err })
		add("account "+text, wrong("sip"), func(c context.Context) error {
			_, err := d.Controller.Listen(c, anybody, "A", text+"!", "listen")
			return err
		})
		if text != "" {
			add("queue "+text, wrong("queue"), to("A", call.Transfer{Queue: text}))
		}
	}
	add("number and queue", wrong("number"), to("A", call.Transfer{Number: "1", Queue: "sales@d"}))
	add("queue that is none", wrong("queue"), to("A", call.Transfer{Queue: "other@d"}))
	add("leg that is none", wrong("leg"), to("A", call.Transfer{Number: "1", Leg: "cleg"}))
	add("leg that is not there", wrong("leg"), to("A", call.Transfer{Number: "1", Leg: "bleg"}))
	add("number denied to all", wrong("number"), to("B", call.Transfer{Number: "90012"}))
	add("number denied to the call's project", wrong("number"), to("A", call.Transfer{Number: "123456"}))
	add("feature code", wrong("number"), to("B", call.Transfer{Number: "*72"}))
	add("itself", wrong("with"), func(c context.Context) error { _, err := d.Bridge(c, anybody, "A", "A"); return err })
	add("mode of hold", wrong("mode"), func(c context.Context) error { _, err := d.Hold(c, anybody, "A", "ON"); return err })
	add("mode of listening", wrong("mode"), func(c context.Context) error {
		_, err := d.Controller.Listen(c, anybody, "A", "boss", "spy")
		return err
	})
	add("verb", wrong("verb"), func(c context.Context) error { _, err := d.Record(c, anybody, "A", "mask"); return err })
	for _, one := range []struct {
		name string
		do   do
	}{
		{"hold", func(c context.Context) error { _, err := d.Hold(c, anybody, "R", "on"); return err }},
		{"mute", func(c context.Context) error { _, err := d.Mute(c, anybody, "R", true); return err }},
		{"park", func(c context.Context) error { _, err := d.Park(c, anybody, "R"); return err }},
		{"record", func(c context.Context) error { _, err := d.Record(c, anybody, "R", "start"); return err }},
		{"listen", func(c context.Context) error {
			_, err := d.Controller.Listen(c, anybody, "R", "boss", "listen")
			return err
		}},
		{"bridge", func(c context.Context) error { _, err := d.Bridge(c, anybody, "A", "R"); return err }},
	} {
		add(one.name+" while it rings", wrong("state"), one.do)
	}
	stranger := call.Asker{Login: "boris", Projects: []string{"p2"}}
	add("another project's", missing, func(c context.Context) error { _, err := d.Park(c, stranger, "A"); return err })
	add("nobody's", missing, func(c context.Context) error { _, err := d.Park(c, stranger, "B"); return err })
	guest := call.Asker{Login: "guest", Projects: []string{"p1"}}
	add("bridge with nobody's", wrong("with"), func(c context.Context) error { _, err := d.Bridge(c, guest, "A", "B"); return err })
	before := changing(d.sw.Commands())
	for _, tt := range commands {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.do(t.Context()); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
	if after := changing(d.sw.Commands()); len(after) != len(before) {
		t.Errorf("reached the switch: %q", after[len(before):])
	}
	// FreeSWITCH knows of an end before we do.
	d.sw.FailCommand("uuid_exists A", "false")
	if _, err := d.Hangup(t.Context(), anybody, "A", ""); !errors.Is(err, missing) {
		t.Errorf("one that the switch has not: %v", err)
	}
	d.sw.FailCommand("uuid_exists A", "")
	d.sw.FailCommand("uuid_hold", "+OK Success\n")
	if _, err := d.Hold(t.Context(), anybody, "A", "on"); !errors.Is(err, wrong("state")) {
		t.Errorf("+OK and nothing done: %v", err)
	}
}

// TestControlOfACallThatEnds: a call that ends once FreeSWITCH has said +OK is one that is not up; its switch is fine.
func TestControlOfACallThatEnds(t *testing.T) {
	d := newDesk(t)
	d.leg("A", "")
	for _, tt := range []struct {
		name, looked, answer string
		do                   func() error
	}{
		{"hold", "uuid_dump A", "-ERR No such channel!\n", func() error { _, err := d.Hold(t.Context(), anybody, "A", "on"); return err }},
		{"park", "uuid_dump A", "-ERR No such channel!\n", func() error { _, err := d.Park(t.Context(), anybody, "A"); return err }},
		{"mute", "uuid_buglist A", "-ERR no reply\n", func() error { _, err := d.Mute(t.Context(), anybody, "A", true); return err }},
		{"record", "uuid_buglist A", "-ERR no reply\n", func() error { _, err := d.Record(t.Context(), anybody, "A", "start"); return err }},
		{"pause", "uuid_buglist A", "-ERR no reply\n", func() error { _, err := d.Record(t.Context(), anybody, "A", "pause"); return err }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d.sw.FailCommand(tt.looked, tt.answer)
			defer d.sw.FailCommand(tt.looked, "")
			if err := tt.do(); !errors.Is(err, fault.New(fault.NotFound, "Call")) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// changing are the commands that change something.
func changing(commands []string) (some []string) {
	for _, c := range commands {
		switch name, _, _ := strings.Cut(c, " "); name {
		case "show", "uuid_exists", "uuid_dump", "uuid_buglist", "uuid_getvar", "sofia_contact", "global_getvar", "eval":
		default:
			some = append(some, c)
		}
	}
	return some
}

// TestControlLinkBreaks: a link that breaks during a command makes its outcome unknown, and the command is not sent again;
// one that is down before makes the switch unavailable.
func TestControlLinkBreaks(t *testing.T) {
	d := newDesk(t)
	d.leg("A", "")
	d.leg("B", "")
	for _, tt := range []struct {
		command string
		do      func() error
	}{
		{"uuid_transfer", func() error { _, err := d.Transfer(t.Context(), anybody, "A", call.Transfer{Number: "1"}); return err }},
		{"uuid_hold", func() error { _, err := d.Hold(t.Context(), anybody, "A", "on"); return err }},
		{"uuid_audio", func() error { _, err := d.Mute(t.Context(), anybody, "A", true); return err }},
		{"uuid_send_dtmf", func() error { _, err := d.DTMF(t.Context(), anybody, "A", "1"); return err }},
		{"uuid_record", func() error { _, err := d.Record(t.Context(), anybody, "A", "start"); return err }},
		{"uuid_park", func() error { _, err := d.Park(t.Context(), anybody, "A"); return err }},
		{"uuid_kill", func() error { _, err := d.Hangup(t.Context(), anybody, "B", ""); return err }},
	} {
		t.Run(tt.command, func(t *testing.T) {
			d.t = t
			d.until("link", d.link.Ready)
			d.sw.CutAt(tt.command, true)
			defer d.sw.CutAt("", false)
			before, since := len(changing(d.sw.Commands())), d.link.Since()
			if err := tt.do(); !errors.Is(err, fault.New(fault.SwitchDown, call.OutcomeUnknown)) {
				t.Errorf("got %v", err)
			}
			d.until("another link", func() bool { return d.link.Ready() && !d.link.Since().Equal(since) })
			if sent := changing(d.sw.Commands())[before:]; len(sent) != 1 {
				t.Errorf("sent %q", sent)
			}
		})
	}
	d.sw.RefuseByACL(true)
	d.sw.CutConnections()
	d.until("break", func() bool { return !d.link.Ready() })
	if _, err := d.Park(t.Context(), anybody, "A"); !errors.Is(err, fault.New(fault.SwitchDown, "")) || errors.Is(err, fault.New(fault.SwitchDown, call.OutcomeUnknown)) {
		t.Errorf("without a link: %v", err)
	}
}
