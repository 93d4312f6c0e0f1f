package call_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callgate/esl"
	"callgate/esl/esltest"
	"callgate/internal/call"
	"callgate/internal/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run runs a long-lived part until the test is over.
func run(t *testing.T, part func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- part(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// link starts a pretend switch and a link to it.
func link(t *testing.T, name string, users ...esltest.User) (*esltest.Switch, *esl.Client) {
	t.Helper()
	sw, err := esltest.Start(esltest.Config{
		Users:      users,
		Phones:     []esltest.Phone{{Addr: "127.0.0.1:5070"}, {Addr: "127.0.0.1:5071"}},
		Extensions: []esltest.Extension{{Match: `^\d+$`, Apps: []esltest.App{{Name: "park"}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sw.Close() })
	client := esl.NewClient(esl.Options{Name: name, Addr: sw.Addr(), Password: "ClueCon"})
	run(t, client.Run)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(10 * time.Second); !client.Ready(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s: no link: %v", name, client.Err())
		}
	}
	return sw, client
}

// folder is where recordings go, per switch.
type folder struct{}

func (folder) Path(switchName, id string) string { return "/rec/" + switchName + "/" + id + ".wav" }

func options(links ...call.Switch) call.Options {
	return call.Options{Switches: links, Recordings: folder{}, NewID: func() string { return "our-id" },
		Plan: plan("user/{sip}", "{called_number} XML default")}
}

// plan is what settings say, for as long as the test runs.
func plan(dial, then string) func() call.Plan {
	return func() call.Plan { return call.Plan{Dial: dial, Then: then, RingTime: 30 * time.Second} }
}

// originates returns the originate commands a switch has executed.
func originates(sw *esltest.Switch) (lines []string) {
	for _, c := range sw.Commands() {
		if strings.HasPrefix(c, "originate ") {
			lines = append(lines, c)
		}
	}
	return lines
}

const variables = "callgate_call=our-id,originate_timeout=30,ignore_early_media=true," +
	"origination_caller_id_number=1001,origination_caller_id_name=1001," +
	"effective_caller_id_number=1001,effective_caller_id_name=1001," +
	"callgate_recording=/rec/one/our-id.wav,execute_on_answer=record_session:/rec/one/our-id.wav"

func TestLine(t *testing.T) {
	const phones = "sofia/internal/1234@127.0.0.1:5070"
	for _, tt := range []struct {
		name, dial, then, registered, want string
	}{
		{"one phone", "user/{sip}", "{called_number} XML default", "127.0.0.1:5070",
			"originate {" + variables + ",origination_uuid=our-id}user/1234 89100000000 XML default"},
		{"registered nowhere", "user/{sip}", "{called_number} XML default", "",
			"originate {" + variables + ",origination_uuid=our-id}user/1234 89100000000 XML default"},
		{"two phones share no UUID", "user/{sip}", "{called_number} XML default", "127.0.0.1:5070,127.0.0.1:5071",
			"originate {" + variables + "}user/1234 89100000000 XML default"},
		{"other templates", "{x=y}" + phones, "&park({caller_number}-{uuid})", "127.0.0.1:5070",
			"originate {" + variables + ",origination_uuid=our-id}{x=y}" + phones + " &park(1001-our-id)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sw, client := link(t, "one", esltest.User{ID: "1234", DialString: phones, Registered: tt.registered})
			o := options(client)
			o.Plan = plan(tt.dial, tt.then)
			reply, err := call.New(o).Originate(t.Context(), call.Order{Account: "1234", Called: "89100000000", Caller: "1001"})
			if err != nil || !strings.HasPrefix(reply, "+OK ") || !strings.HasSuffix(reply, "\n") {
				t.Errorf("got %q %v", reply, err)
			}
			if got := originates(sw); len(got) != 1 || got[0] != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// TestPlanOfTheMoment asks for the plan once with every call, and not before.
func TestPlanOfTheMoment(t *testing.T) {
	sw, client := link(t, "one")
	asked := 0
	o := options(client)
	o.Plan = func() call.Plan {
		asked++
		return call.Plan{Dial: fmt.Sprintf("loopback/{sip}-%d", asked), Then: "&park()", RingTime: time.Duration(asked) * time.Second}
	}
	c := call.New(o)
	for range 2 {
		if _, err := c.Originate(t.Context(), call.Order{Account: "1234", Called: "89100000000", Caller: "1001"}); err != nil {
			t.Fatal(err)
		}
	}
	got := originates(sw)
	if len(got) != 2 || asked != 2 {
		t.Fatalf("%d calls, asked %d times", len(got), asked)
	}
	for i, line := range got {
		if !strings.Contains(line, fmt.Sprintf("originate_timeout=%d,", i+1)) || !strings.Contains(line, fmt.Sprintf("}loopback/1234-%d &park()", i+1)) {
			t.Errorf("call %d: %s", i+1, line)
		}
	}
}

// TestChoice calls on the switch where the account is registered, else on the first that is ready.
func TestChoice(t *testing.T) {
	one, first := link(t, "one", esltest.User{ID: "here", DialString: "sofia/internal/here@127.0.0.1:5070"})
	two, second := link(t, "two", esltest.User{ID: "there", DialString: "sofia/internal/there@127.0.0.1:5070", Registered: "127.0.0.1:5070"})
	down := esl.NewClient(esl.Options{Name: "down", Addr: "127.0.0.1:1", Password: "x"})
	c := call.New(options(down, first, second))
	for _, tt := range []struct {
		account  string
		one, two int
	}{{"here", 1, 0}, {"there", 0, 1}, {"nowhere", 1, 0}} {
		before1, before2 := len(originates(one)), len(originates(two))
		if _, err := c.Originate(t.Context(), call.Order{Account: tt.account, Called: "89100000000", Caller: "1001"}); err != nil {
			t.Errorf("%s: %v", tt.account, err)
		}
		if got1, got2 := len(originates(one))-before1, len(originates(two))-before2; got1 != tt.one || got2 != tt.two {
			t.Errorf("%s: %d calls on one, %d on two; want %d, %d", tt.account, got1, got2, tt.one, tt.two)
		}
	}
}

func TestRefused(t *testing.T) {
	sw, client := link(t, "one")
	sw.FailCommand("originate", "-USAGE: <call url> …\n")
	down := esl.NewClient(esl.Options{Name: "down", Addr: "127.0.0.1:1", Password: "x"})
	order := call.Order{Account: "1234", Called: "89100000000", Caller: "1001"}
	for _, tt := range []struct {
		name  string
		link  call.Switch
		order call.Order
		want  string
		fails error
	}{
		{"FreeSWITCH's own text", client, order, "-USAGE: <call url> …\n", nil},
		{"no link", down, order, "", fault.New(fault.SwitchDown, "")},
		{"feature code", client, call.Order{Account: "1234", Called: "*72", Caller: "1001"}, "", fault.New(fault.WrongField, "called_number")},
		{"hash code", client, call.Order{Account: "1234", Called: "72#", Caller: "1001"}, "", fault.New(fault.WrongField, "called_number")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := call.New(options(tt.link)).Originate(t.Context(), tt.order)
			if got != tt.want || !errors.Is(err, tt.fails) {
				t.Errorf("got %q %v, want %q %v", got, err, tt.want, tt.fails)
			}
		})
	}
	t.Run("a value that no dial string can hold never leaves", func(t *testing.T) {
		before := len(originates(sw))
		_, err := call.New(options(client)).Originate(t.Context(), call.Order{Account: "1234", Called: "89100000000", Caller: "1}&x"})
		if !errors.Is(err, esl.ErrArgument) || len(originates(sw)) != before {
			t.Errorf("got %v", err)
		}
	})
}
