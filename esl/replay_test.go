package esl_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/esl"
	"callgate/esl/esltest"
)

// The switch answers byte for byte as FreeSWITCH did, and only to the bytes it was asked with then.
func TestRecordedCommands(t *testing.T) {
	for _, file := range []string{"commands", "originate_results"} {
		t.Run(file, func(t *testing.T) {
			asked := esl.Recorded(t, "testdata/"+file+".txt", "client")
			answers := esl.Recorded(t, "testdata/"+file+".txt", "server")[1:] // after the greeting
			byCommand := map[string]string{}
			for i, cmd := range asked {
				byCommand[string(cmd)] = string(answers[i])
			}
			f := newFake()
			f.serve = func(_ int, p *peer) {
				p.send("Content-Type: auth/request\n\n")
				for {
					cmd, ok := p.command()
					if !ok {
						return
					}
					switch answer := byCommand[cmd+"\n\n"]; {
					case answer != "":
						p.send(answer)
					case cmd == "api global_getvar core_uuid":
						p.output(coreUUID)
					default:
						p.reply("+OK")
					}
				}
			}
			c, _ := runUp(t, f, esl.Options{})
			tried := 0
			for i, cmd := range asked {
				args, ok := strings.CutPrefix(strings.TrimSuffix(string(cmd), "\n\n"), "api ")
				if !ok {
					continue
				}
				tried++
				_, want, _ := strings.Cut(string(answers[i]), "\n\n")
				words := strings.Split(args, " ")
				got, err := c.API(t.Context(), words[0], words[1:]...)
				if strings.HasPrefix(want, "-") {
					var reply *esl.ReplyError
					if !errors.As(err, &reply) || reply.Text != strings.TrimSpace(want) || errors.Is(err, esl.ErrUsage) != strings.HasPrefix(want, "-USAGE") {
						t.Errorf("%s: %q, %v; want the error %q", args, got, err, want)
					}
				} else if got != want || err != nil {
					t.Errorf("%s: %q, %v; want %q", args, got, err, want)
				}
			}
			if tried < 7 {
				t.Errorf("only %d commands", tried)
			}
		})
	}
}

// startSwitch runs a pretend FreeSWITCH and a client that is up.
func startSwitch(t *testing.T, cfg esltest.Config, o esl.Options) (*esltest.Switch, *esl.Client) {
	t.Helper()
	sw, err := esltest.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sw.Close(); err != nil {
			t.Errorf("switch: %v", err)
		}
	})
	o.Addr = sw.Addr()
	c, _ := runUp(t, newFake(), o)
	return sw, c
}

func TestOriginateOnThePretendSwitch(t *testing.T) {
	sw, c := startSwitch(t, esltest.Config{
		Phones: []esltest.Phone{{Addr: "127.0.0.1:5070"}, {Addr: "127.0.0.1:5071", Refuse: 486}},
	}, esl.Options{Events: []string{"CHANNEL_ANSWER", "CHANNEL_HANGUP_COMPLETE"}})
	calls := c.Subscribe(esl.SubscribeOptions{Name: "calls", Events: []string{"CHANNEL_ANSWER"}})
	defer calls.Close()
	const uuid = "87e64143-758c-4f9b-b990-e06613a3d7d2"
	vars, err := esl.Vars(esl.Var{Name: "origination_uuid", Value: uuid}, esl.Var{Name: "origination_caller_id_name", Value: "Иван Петров"})
	if err != nil {
		t.Fatal(err)
	}
	j, err := c.BgAPI(t.Context(), "job-1", "originate", vars+"sofia/internal/1000@127.0.0.1:5070", "&park()")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if got, err := j.Wait(ctx); got != "+OK "+uuid+"\n" || err != nil {
		t.Errorf("Wait() = %q, %v", got, err)
	}
	e := receive(t, calls.C, "answer")
	if got := [2]string{e.Get("Unique-ID"), e.Get("Caller-Caller-ID-Name")}; got[0] != uuid {
		t.Errorf("answered %q", got)
	}
	if got, err := c.API(t.Context(), "uuid_getvar", uuid, "origination_caller_id_name"); got != "Иван Петров" || err != nil {
		t.Errorf("variable %q, %v", got, err)
	}
	if j, err = c.BgAPI(t.Context(), "job-2", "originate", "sofia/internal/1000@127.0.0.1:5071", "&park()"); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Wait(ctx); !errors.Is(err, esl.ErrReply) || !strings.Contains(err.Error(), "USER_BUSY") {
		t.Errorf("Wait() = %v", err)
	}
	if want := "bgapi originate " + vars; !strings.Contains(string(sw.Received()), want) {
		t.Errorf("switch did not receive %q", want)
	}
}

func TestPretendSwitchRestarts(t *testing.T) {
	ups := make(chan string, 8)
	sw, c := startSwitch(t, esltest.Config{}, esl.Options{OnUp: func(_ context.Context, c *esl.Client) { ups <- c.CoreUUID() }})
	sub := c.Subscribe(esl.SubscribeOptions{Name: "all"})
	defer sub.Close()
	before := receive(t, ups, "first start")
	sw.DelayOriginate(time.Hour)
	j, err := c.BgAPI(t.Context(), "job-1", "originate", "error/USER_BUSY", "&park()")
	if err != nil {
		t.Fatal(err)
	}
	sw.Restart()
	if _, err := j.Wait(t.Context()); !errors.Is(err, esl.ErrOutcomeUnknown) {
		t.Errorf("Wait() = %v, want ErrOutcomeUnknown", err)
	}
	if after := receive(t, ups, "second start"); after == before || after == "" {
		t.Errorf("core %q after %q", after, before)
	}
	receive(t, sub.Lost(), "signal of loss")
	sw.Heartbeat()
	if got, err := c.API(t.Context(), "uptime", "s"); err != nil {
		t.Errorf("API() = %q, %v", got, err)
	}
}

func TestPretendSwitchInTrouble(t *testing.T) {
	tests := []struct {
		name string
		make func(*esltest.Switch)
		want []error
	}{
		{"access list", func(sw *esltest.Switch) { sw.RefuseByACL(true); sw.CutConnections() }, []error{esl.ErrRefused}},
		{"silence", func(sw *esltest.Switch) { sw.GoSilent(true); sw.CutConnections() }, []error{esl.ErrSilent}},
		{"stops reading", func(sw *esltest.Switch) { sw.StopReading(true) }, []error{esl.ErrUnresponsive, esl.ErrSilent}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sw, c := startSwitch(t, esltest.Config{}, esl.Options{
				DialTimeout: 200 * time.Millisecond, CommandTimeout: 200 * time.Millisecond, PingInterval: 100 * time.Millisecond,
				OnUp: func(ctx context.Context, c *esl.Client) { <-ctx.Done() },
			})
			tt.make(sw)
			deadline := time.After(20 * time.Second)
			for {
				err := c.Err()
				if slices.ContainsFunc(tt.want, func(want error) bool { return errors.Is(err, want) }) {
					break
				}
				select {
				case <-deadline:
					t.Fatalf("Err() = %v, want one of %v", err, tt.want)
				case <-time.After(time.Millisecond):
				}
			}
			if _, err := c.API(t.Context(), "status"); !errors.Is(err, esl.ErrDown) && !errors.Is(err, esl.ErrOutcomeUnknown) {
				t.Errorf("API() = %v, want ErrDown or, on a connection not yet given up, ErrOutcomeUnknown", err)
			}
		})
	}
}

func TestPretendSwitchFires(t *testing.T) {
	sw, c := startSwitch(t, esltest.Config{}, esl.Options{Subclasses: []string{"callcenter::info"}})
	sub := c.Subscribe(esl.SubscribeOptions{Name: "queue", Subclasses: []string{"callcenter::info"}})
	defer sub.Close()
	sw.Fire("CUSTOM", "somebody::else", nil, "")
	sw.Fire("CUSTOM", "callcenter::info", []string{"CC-Action", "members-count", "variable_Ключ (1)", "100% %41 \"a\"\n"}, "body\n")
	e := receive(t, sub.C, "event")
	got := []string{e.Name(), e.Subclass(), e.Get("CC-Action"), e.Get("variable_Ключ (1)"), e.Body()}
	want := []string{"CUSTOM", "callcenter::info", "members-count", "100% %41 \"a\"\n", "body\n"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
}
