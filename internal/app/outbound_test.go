package app_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"callgate/api/v1"
	"callgate/dialplan"
	"callgate/esl"
	"callgate/esl/esltest"
	"callgate/internal/app"
	"callgate/internal/project"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// inbound is a house to which the switch hands over what it is called for: any number of 78…, and "hand".
type inbound struct {
	*house
	land *land
}

const inboundSpeed = 10 // of the switch's clock

// newInbound has the project 9876 with three numbers and its queues, and one more that is recorded.
func newInbound(t *testing.T, database string, change func(*esltest.Config, *app.Config)) *inbound {
	t.Helper()
	addr := freeAddr(t)
	var ours app.Config
	l := newLand(t, database, func(c *esltest.Config) {
		c.Speed, c.SessionsRate = inboundSpeed, 10_000
		c.Queues = append(c.Queues, esltest.Queue{Name: "short@default", MaxWaitTime: 2}, esltest.Queue{Name: "empty@default", MaxWaitNoAgent: 1, MaxWaitNoAgentReached: 1},
			esltest.Queue{Name: "second line"})
		c.Extensions = append([]esltest.Extension{
			{Match: `^(\+?7800\d+|hand)$`, Apps: []esltest.App{{Name: "set", Data: "socket_resume=true"}, {Name: "socket", Data: addr + " async full"}, {Name: "set", Data: "fallback=taken"},
				{Name: "sleep", Data: "600000"}}}, // no park: the end of our connection may come late, and would end it

			{Match: `^sync$`, Apps: []esltest.App{{Name: "set", Data: "callgate_dialled=78001112233"}, {Name: "socket", Data: addr + " full"}, {Name: "park"}}},
			{Match: `^elsewhere$`, Context: "other", Apps: []esltest.App{{Name: "set", Data: "there=yes"}, {Name: "sleep", Data: "3600000"}}},
		}, c.Extensions...)
		// The agents' phones talk until somebody hangs up; 1486 refuses.
		c.Phones = []esltest.Phone{{Addr: "127.0.0.1:5070", User: "1486", Refuse: 486}, {Addr: "127.0.0.1:5070"}}
		if change != nil {
			change(c, &ours)
		}
	})
	in := &inbound{land: l, house: l.build(t, func(c *app.Config) {
		c.OutboundAddr = addr
		c.OutboundAllow = ours.OutboundAllow
	})}
	in.ready()
	in.signIn()
	in.administer(t, func(a *app.Administration) error {
		err := a.Projects.Add(t.Context(), project.Project{ID: "9876", Name: "Line", Numbers: []string{"78001112233", "+78001112244", "78001112255"},
			Queues: []string{"support2@default"}, SLSeconds: 20, Zone: "Europe/Berlin"})
		if err == nil {
			err = a.Projects.Add(t.Context(), project.Project{ID: "1111", Name: "Recorded", Numbers: []string{"78002220000"},
				Queues: []string{"support2@default"}, SLSeconds: 20, Record: true})
		}
		return err
	})
	return in
}

// administer changes the database as the command line does, and waits until the running process knows it.
func (in *inbound) administer(t *testing.T, do func(*app.Administration) error) {
	t.Helper()
	if err := app.Administer(t.Context(), on(in.land.database), nil, do); err != nil {
		t.Fatal(err)
	}
	in.settle(t)
}

// settle waits until a change made before is known to the running process.
func (in *inbound) settle(t *testing.T) {
	t.Helper()
	want := fmt.Sprintf("mark%d", time.Now().UnixNano())
	if err := app.Administer(t.Context(), on(in.land.database), nil, func(a *app.Administration) error {
		return a.Projects.AddRoute(t.Context(), project.Route{Name: want, Project: "", Open: "continue"})
	}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the change is known", func() bool { return strings.Contains(in.routes(t), want) })
	in.v1(t, http.MethodDelete, query("/routes", "name", want), "")
}

func (in *inbound) v1(t *testing.T, method, path, body string) string {
	t.Helper()
	header := http.Header{"Authorization": {"Bearer " + in.token}, "Content-Type": {"application/json"}}
	got := in.do(method, v1.Base+path, body, header)
	if got.status != http.StatusOK {
		t.Fatalf("%s %s %s: %d %s", method, path, body, got.status, got.body)
	}
	return got.body
}

func (in *inbound) routes(t *testing.T) string { return in.v1(t, http.MethodGet, "/routes", "") }

// route puts the route of the project's numbers, which takes effect at once.
func (in *inbound) route(t *testing.T, fields ...any) {
	t.Helper()
	in.v1(t, http.MethodPut, query("/routes", "name", "main"), object(append([]any{"project", "9876"}, fields...)...))
}

func (in *inbound) dial(t *testing.T, number string) *esltest.Caller {
	t.Helper()
	caller, err := in.sw.Call(esltest.Call{Number: "79190000001", Name: "Anna", Extension: number})
	if err != nil {
		t.Fatal(err)
	}
	return caller
}

// decisions are those about a call, without what all have in common.
func (in *inbound) decisions(t *testing.T, call string) (steps []string, all []v1.Decision) {
	t.Helper()
	var page struct {
		Decisions []v1.Decision `json:"decisions"`
	}
	text := in.v1(t, http.MethodGet, query("/decisions", "from", "2020-01-01T00:00:00Z", "call", call), "")
	if err := json.Unmarshal([]byte(text), &page); err != nil {
		t.Fatal(err)
	}
	for _, d := range page.Decisions {
		step := d.Step
		if d.Detail != "" {
			step += "=" + d.Detail
		}
		steps = append(steps, step)
	}
	return steps, page.Decisions
}

// wantSteps waits until the decisions about a call are those wanted.
func (in *inbound) wantSteps(t *testing.T, call, want string) []v1.Decision {
	t.Helper()
	var steps []string
	var all []v1.Decision
	deadline := time.Now().Add(20 * time.Second)
	eventually(t, "decisions", func() bool {
		steps, all = in.decisions(t, call)
		return strings.Join(steps, " ") == want || time.Now().After(deadline.Add(-time.Second))
	})
	if got := strings.Join(steps, " "); got != want {
		t.Errorf("decided\n%s\nwant\n%s", got, want)
	}
	return all
}

func (in *inbound) variable(t *testing.T, call, name string) string {
	t.Helper()
	return strings.TrimSpace(in.command(t, "uuid_getvar "+call+" "+name))
}

// cdr is the call's record, once it has come.
func (in *inbound) cdr(t *testing.T, call string) string {
	t.Helper()
	s := storetest.Open(t, in.land.database, store.Options{})
	var raw []byte
	eventually(t, "CDR", func() (ok bool) {
		var err error
		if raw, ok, err = s.CDR(t.Context(), call); err != nil {
			t.Fatal(err)
		}
		return ok
	})
	return string(raw)
}

// TestOutbound has calls handed over: from where that is allowed they are taken and go on with their dialplan, from
// elsewhere they are not taken at all, and go on as well.
func TestOutbound(t *testing.T) {
	for _, tt := range []struct {
		name    string
		allow   string
		outcome string
	}{
		{"this machine", "127.0.0.1", "handled"},
		{"somewhere else", "192.0.2.0/24", "not_allowed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := newInbound(t, storetest.SQLite(t), func(_ *esltest.Config, c *app.Config) {
				var err error
				if c.OutboundAllow, err = app.ParsePrefixes(tt.allow); err != nil {
					t.Fatal(err)
				}
			})
			caller := in.dial(t, "hand")
			eventually(t, "the call is in the next action of its dialplan", func() bool {
				return in.variable(t, caller.UUID(), "current_application") == "sleep"
			})
			want := `callgate_outbound_calls_total{outcome="` + tt.outcome + `"} 1`
			eventually(t, want, func() bool { return strings.Contains(in.get("/metrics").body, want) })
		})
	}
}

// TestInboundCalls takes calls through their routes.
func TestInboundCalls(t *testing.T) {
	t.Parallel() // it mostly waits
	in := newInbound(t, storetest.SQLite(t), nil)
	const tone, begun = "tone_stream://%(400,100,440)", "arrived route=open "
	fallback := func(t *testing.T, call *esltest.Caller) {
		eventually(t, "the fallback", func() bool { return in.variable(t, call.UUID(), "fallback") == "taken" })
	}
	waits := func(queue string) func(*testing.T, *esltest.Caller) {
		return func(t *testing.T, call *esltest.Caller) {
			eventually(t, "in the queue", func() bool {
				return in.variable(t, call.UUID(), "current_application") == "callcenter" && in.variable(t, call.UUID(), "cc_queue") == queue
			})
		}
	}
	hangsUp := func(after func(*testing.T, *esltest.Caller)) func(*testing.T, *esltest.Caller) {
		return func(t *testing.T, call *esltest.Caller) {
			if after != nil {
				after(t, call)
			}
			call.Hangup()
		}
	}
	for _, tt := range []struct {
		name   string
		route  []any // nil leaves the project without one
		number string
		then   func(*testing.T, *esltest.Caller)
		want   string
		cause  string // of the hang-up, when the call is over
	}{
		{"answered in the project's queue", nil, "78001112233", func(t *testing.T, call *esltest.Caller) {
			eventually(t, "talking", func() bool { return in.variable(t, call.UUID(), "cc_agent_bridged") == "true" })
			call.Hangup()
		}, begun + "queue=support2@default answered=1000@default", "NORMAL_CLEARING"},
		{"the agent hangs up first", []any{"open", "queue:support2@default"}, "+78001112233", func(t *testing.T, call *esltest.Caller) {
			var leg string
			eventually(t, "talking", func() bool {
				bridged := in.variable(t, call.UUID(), "cc_agent_bridged") == "true"
				leg = in.variable(t, call.UUID(), "cc_agent_uuid")
				return bridged
			})
			in.command(t, "uuid_kill "+leg)
			<-call.Done() // and not in the fallback
		}, begun + "queue=support2@default answered=1000@default", "NORMAL_CLEARING"},
		{"timeout, then a cause", []any{"open", "queue:short@default", "timeout", "hangup:NO_USER_RESPONSE"}, "78001112233", nil,
			begun + "queue=short@default after:timeout hangup=NO_USER_RESPONSE", "NO_USER_RESPONSE"},
		{"timeout, then another queue", []any{"open", "queue:short@default", "timeout", "queue:second line"}, "78001112244",
			hangsUp(waits("second line")), begun + "queue=short@default after:timeout queue=second line ended=queue", "NORMAL_CLEARING"},
		{"timeout, nothing said", []any{"open", "queue:short@default"}, "78001112233", fallback, begun + "queue=short@default after:timeout continue", ""},
		{"no agents", []any{"open", "queue:empty@default", "no_agents", "hangup:USER_BUSY"}, "78001112233", nil,
			begun + "queue=empty@default after:no_agents hangup=USER_BUSY", "USER_BUSY"},
		{"exit key", []any{"open", "queue:second line", "keys", map[string]string{"1": "transfer:elsewhere@other", "*": "hangup"}}, "78001112233",
			func(t *testing.T, call *esltest.Caller) {
				waits("second line")(t, call)
				call.Press('7')
				call.Press('1')
				eventually(t, "there", func() bool { return in.variable(t, call.UUID(), "there") == "yes" })
			}, begun + "queue=second line after:key=1 transfer=elsewhere@other", ""},
		{"unknown queue", []any{"open", "queue:nosuch@default", "failed", "queue:second line"}, "78001112233", hangsUp(waits("second line")),
			begun + "queue=nosuch@default after:failed=no such queue queue=second line ended=queue", "NORMAL_CLEARING"},
		{"unknown queue after one that there is", []any{"open", "queue:short@default", "timeout", "queue:nosuch@default", "failed", "hangup:NO_ANSWER"},
			"78001112233", nil, begun + "queue=short@default after:timeout queue=nosuch@default after:failed=no such queue hangup=NO_ANSWER", "NO_ANSWER"},
		{"a circle", []any{"open", "queue:nosuch@default", "failed", "queue:nosuch@default"}, "78001112233", fallback,
			begun + strings.Repeat("queue=nosuch@default after:failed=no such queue ", 8) + "continue=more than 8 steps", ""},
		{"outside hours", []any{"hours", "2020-01-01 closed; Mon-Sun 00:00-00:01; 2020-01-02 00:00-24:00", "closed", "hangup:UNALLOCATED_NUMBER"}, "78001112233", nil,
			"arrived route=closed hangup=UNALLOCATED_NUMBER", "UNALLOCATED_NUMBER"},
		{"outside hours, with an announcement", []any{"hours", "2020-01-02 00:00-24:00; Mon 00:00-00:01", "closed_announce", tone, "closed", "hangup"}, "78001112233", nil,
			"arrived route=closed announce hangup=NORMAL_CLEARING", "NORMAL_CLEARING"},
		{"announcement that is not there", []any{"announce", "nosuch.wav", "open", "hangup:USER_BUSY"}, "78001112233", nil,
			begun + "announce=FILE NOT FOUND hangup=USER_BUSY", "USER_BUSY"},
		{"hangs up in the announcement", []any{"announce", "tone_stream://%(60000,100,440)"}, "78001112233",
			hangsUp(func(t *testing.T, call *esltest.Caller) {
				eventually(t, "playing", func() bool { return in.variable(t, call.UUID(), "current_application") == "playback" })
			}), begun + "ended=announcement", "NORMAL_CLEARING"},
		{"hangs up in the queue", []any{"open", "queue:second line"}, "78001112233", hangsUp(waits("second line")), begun + "queue=second line ended=queue", "NORMAL_CLEARING"},
		{"transferred out of the queue", []any{"open", "queue:second line"}, "78001112233", func(t *testing.T, call *esltest.Caller) {
			waits("second line")(t, call)
			in.command(t, "uuid_transfer "+call.UUID()+" elsewhere XML other")
			eventually(t, "there", func() bool { return in.variable(t, call.UUID(), "there") == "yes" })
		}, begun + "queue=second line continue=taken out of: queue", ""},
		{"bridge", []any{"open", "bridge:user/1000"}, "78001112233", func(t *testing.T, call *esltest.Caller) {
			eventually(t, "talking", func() bool { return in.variable(t, call.UUID(), "bridge_uuid") != "_undef_" })
			in.command(t, "uuid_kill "+in.variable(t, call.UUID(), "bridge_uuid"))
			<-call.Done()
		}, begun + "bridge=user/1000 answered", "NORMAL_CLEARING"},
		{"bridge that is busy", []any{"open", "bridge:user/1486", "failed", "hangup:USER_BUSY"}, "78001112233", nil,
			begun + "bridge=user/1486 after:failed=USER_BUSY hangup=USER_BUSY", "USER_BUSY"},
		{"continue", []any{"open", "continue"}, "78001112233", fallback, begun + "continue", ""},
		{"handed over without async", []any{"open", "queue:short@default", "timeout", "hangup:NO_ANSWER"}, "sync", nil,
			begun + "queue=short@default after:timeout hangup=NO_ANSWER", "NO_ANSWER"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.route != nil {
				in.route(t, tt.route...)
				defer in.v1(t, http.MethodDelete, query("/routes", "name", "main"), "")
			}
			call := in.dial(t, tt.number)
			if tt.then != nil {
				tt.then(t, call)
			} else {
				<-call.Done()
			}
			all := in.wantSteps(t, call.UUID(), tt.want)
			want := "78001112233"
			if tt.number == "78001112244" {
				want = "+78001112244" // as the project has it
			}
			if len(all) > 0 && (all[0].Switch != "main" || all[0].Core != in.sw.CoreUUID() || all[0].Number != want || all[0].Project != "9876" ||
				(all[0].Route == "main") != (tt.route != nil)) {
				t.Errorf("decisions are of %+v", all[0])
			}
			if tt.cause == "" {
				call.Hangup()
				return
			}
			cdr := in.cdr(t, call.UUID())
			for name, value := range map[string]string{"callgate_project": "9876", "callgate_number": strings.ReplaceAll(want, "+", "%2B"), "hangup_cause": tt.cause} {
				if !strings.Contains(cdr, "<"+name+">"+value+"</"+name+">") {
					t.Errorf("the CDR has no %s %s: %s", name, value, cdr)
				}
			}
			if answered := !strings.Contains(cdr, "<answer_epoch>0</answer_epoch>"); answered == (strings.Contains(tt.want, "route=closed hangup") || strings.Contains(tt.want, "bridge=user/1486")) {
				t.Errorf("answered %v", answered)
			}
		})
	}
}

// TestRecorded: where the project says so a call is recorded from before the queue on, and its recording is found.
func TestRecorded(t *testing.T) {
	in := newInbound(t, storetest.SQLite(t), nil)
	call := in.dial(t, "78002220000")
	eventually(t, "talking", func() bool { return in.variable(t, call.UUID(), "cc_agent_bridged") == "true" })
	path := filepath.Join(in.land.recordings, call.UUID()+".wav")
	if got := in.variable(t, call.UUID(), "callgate_recording"); got != path {
		t.Errorf("recorded to %s, want %s", got, path)
	}
	call.Hangup()
	<-call.Done()
	in.wantSteps(t, call.UUID(), "arrived route=open record queue=support2@default answered=1000@default")
	if sound, err := os.ReadFile(path); err != nil || !strings.HasPrefix(string(sound), "RIFF") {
		t.Errorf("recording: %v", err)
	}
	in.cdr(t, call.UUID())
	if got := in.call("/contact/audio", object("id", call.UUID())); got.status != http.StatusOK {
		t.Errorf("audio: %d %s", got.status, got.body)
	}
}

// TestUnknownNumbers: a number that nobody has goes by the default route, and without one to the fallback.
func TestUnknownNumbers(t *testing.T) {
	in := newInbound(t, storetest.SQLite(t), nil)
	call := in.dial(t, "+78009999999")
	eventually(t, "the fallback", func() bool { return in.variable(t, call.UUID(), "fallback") == "taken" })
	if all := in.wantSteps(t, call.UUID(), "arrived route=open continue"); all[0].Number != "+78009999999" || all[0].Project != "" || all[0].Route != "" {
		t.Errorf("decisions are of %+v", all[0])
	}
	if got := in.variable(t, call.UUID(), "callgate_number"); got != "+78009999999" {
		t.Errorf("the CDR's number is %s", got)
	}
	call.Hangup()
	in.v1(t, http.MethodPut, query("/routes", "name", "std"), object("open", "hangup:UNALLOCATED_NUMBER"))
	call = in.dial(t, "78009999999")
	<-call.Done()
	if all := in.wantSteps(t, call.UUID(), "arrived route=open hangup=UNALLOCATED_NUMBER"); all[0].Route != "std" {
		t.Errorf("decisions are of %+v", all[0])
	}
	if cdr := in.cdr(t, call.UUID()); !strings.Contains(cdr, "<callgate_route>std</callgate_route>") || !strings.Contains(cdr, "<hangup_cause>UNALLOCATED_NUMBER</hangup_cause>") {
		t.Errorf("CDR: %s", cdr)
	}
}

// TestRouteEditedAtRunTime: a change on the command line is in force within a second, for calls that come then.
func TestRouteEditedAtRunTime(t *testing.T) {
	eachDatabase(t, func(t *testing.T, database string) {
		in := newInbound(t, database, nil)
		in.route(t, "open", "queue:second line")
		first := in.dial(t, "78001112233")
		in.wantSteps(t, first.UUID(), "arrived route=open queue=second line")
		open := "hangup:USER_BUSY"
		begin := time.Now()
		if err := app.Administer(t.Context(), on(database), nil, func(a *app.Administration) error {
			return a.Projects.SetRoute(t.Context(), "main", project.RouteChange{Open: &open})
		}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the change is known", func() bool { return strings.Contains(in.routes(t), open) })
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("it took %v", took)
		}
		second := in.dial(t, "78001112233")
		<-second.Done()
		in.wantSteps(t, second.UUID(), "arrived route=open hangup=USER_BUSY")
		if got := in.variable(t, first.UUID(), "current_application"); got != "callcenter" {
			t.Errorf("the first call is in %s", got)
		}
		first.Hangup()
		in.wantSteps(t, first.UUID(), "arrived route=open queue=second line ended=queue")
	})
}

// TestStoppedInTheQueue: whatever becomes of callgate or of the connection, the queue goes on, and then the fallback runs.
func TestStoppedInTheQueue(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(*inbound)
		want string // begins the last decision
	}{
		{"stopped", func(in *inbound) { in.stop() }, "continue callgate stopped during: queue"},
		{"the connection breaks", func(in *inbound) { in.sw.CutConnections() }, "failed queue: execute "},
		{"the switch is restarted", func(in *inbound) { in.sw.Restart() }, "failed queue: execute "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := newInbound(t, storetest.SQLite(t), nil)
			in.route(t, "open", "queue:short@default", "timeout", "hangup")
			call := in.dial(t, "78001112233")
			eventually(t, "in the queue", func() bool { return in.variable(t, call.UUID(), "cc_queue") == "short@default" })
			tt.end(in)
			if tt.name != "the switch is restarted" {
				eventually(t, "the fallback", func() bool { return in.variable(t, call.UUID(), "fallback") == "taken" })
			}
			s := storetest.Open(t, in.land.database, store.Options{})
			eventually(t, "the last decision", func() bool {
				all, err := s.Decisions(t.Context(), dialplan.DecisionQuery{To: time.Now().Add(time.Hour), Call: call.UUID(), Limit: 10})
				if err != nil {
					t.Fatal(err)
				}
				return len(all) == 4 && strings.HasPrefix(string(all[3].Step)+" "+all[3].Detail, tt.want)
			})
			call.Hangup()
		})
	}
}

// TestHostileCallers: whatever a caller says of himself, or dials, it is neither executed nor in our way.
func TestHostileCallers(t *testing.T) {
	t.Parallel() // it mostly waits
	in := newInbound(t, storetest.SQLite(t), func(c *esltest.Config, _ *app.Config) {
		c.Extensions = append([]esltest.Extension{{Match: `(?s)evil`, Apps: c.Extensions[0].Apps}}, c.Extensions...)
	})
	in.route(t, "announce", "tone_stream://%(100,0,440)", "open", "queue:second line")
	for i, text := range []string{"${system(touch /tmp/evil)}", "$${evil}", "'\"`evil", "a,b;{evil=1}[x]<y>", "evil\r\n\r\napi status\r\n\r\n", "evil\x00", "evil\xff\xfe", "\\nevil\\s",
		"evil" + strings.Repeat("9", 4096), "😀evil😀", "%24%7Bevil%7D", "ARRAY::evil|:x"} {
		t.Run(fmt.Sprintf("%.30q", text), func(t *testing.T) {
			call, err := in.sw.Call(esltest.Call{Number: text, Name: text, Extension: "78001112233"})
			if err != nil {
				t.Fatal(err)
			}
			in.wantSteps(t, call.UUID(), "arrived route=open announce queue=second line")
			call.Hangup()
			in.wantSteps(t, call.UUID(), "arrived route=open announce queue=second line ended=queue")

			call, err = in.sw.Call(esltest.Call{Number: "79190000001", Extension: text})
			if err != nil {
				t.Fatal(err)
			}
			if all := in.wantSteps(t, call.UUID(), "arrived route=open continue"); len([]rune(all[0].Number)) > 128 || !strings.Contains(all[0].Number, "evil") {
				t.Errorf("call %d went to %q", i, all[0].Number)
			}
			call.Hangup()
		})
	}
	// What we sent about any of these calls has nothing of theirs in it.
	if sent := string(in.sw.Received()); strings.Contains(sent, "evil") || !strings.Contains(sent, "execute-app-name: callcenter") {
		i := strings.Index(sent, "evil")
		t.Errorf("FreeSWITCH got %.300q", sent[max(i-100, 0):])
	}
}

// TestDatabaseDownDuringCalls: calls go their way, and what was decided is written when the database is back.
func TestDatabaseDownDuringCalls(t *testing.T) {
	in := newInbound(t, storetest.SQLite(t), nil)
	db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(in.land.database, "sqlite:")+"?_txlock=exclusive&_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var calls []*esltest.Caller
	begin := time.Now()
	for range 20 {
		calls = append(calls, in.dial(t, "78001112244"))
	}
	for _, call := range calls {
		eventually(t, "in the queue", func() bool { return in.variable(t, call.UUID(), "cc_queue") == "support2@default" })
	}
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("calls took %v to their queue", took)
	}
	if steps, _ := in.decisions(t, calls[0].UUID()); len(steps) != 0 {
		t.Errorf("written to a database that is down: %q", steps)
	}
	const failures = "callgate_dialplan_decision_failures_total 0"
	eventually(t, "a failure to write", func() bool { return !strings.Contains(in.get("/metrics").body, failures) })
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	for _, call := range calls {
		call.Hangup()
		eventually(t, "decisions", func() bool {
			steps, _ := in.decisions(t, call.UUID())
			return len(steps) == 4 && steps[0] == "arrived" && steps[2] == "queue=support2@default"
		})
	}
}

// TestThousandCalls: a thousand calls that come at the same moment are all in their queue together, and all of it is in
// the database. In every change, where the pretend switch is slower than any that is real, it is 200 in two waves.
func TestThousandCalls(t *testing.T) {
	count, wave := 1000, 1000
	if testing.Short() {
		count, wave = 200, 100
	}
	in := newInbound(t, storetest.SQLite(t), func(c *esltest.Config, _ *app.Config) {
		c.MaxSessions, c.Speed, c.CDR = 2*count, 1, esltest.CDRConfig{}
	})
	in.route(t, "open", "queue:second line")
	begin := time.Now()
	calls := make([]*esltest.Caller, count)
	for first := 0; first < count; first += wave {
		var wg sync.WaitGroup
		for i := range wave {
			wg.Go(func() {
				var err error
				if calls[first+i], err = in.sw.Call(esltest.Call{Number: fmt.Sprint(79190000000 + i), Extension: "78001112233"}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if t.Failed() {
			t.FailNow()
		}
		want := fmt.Sprintf("\ncallgate_dialplan_decisions_written_total %d\n", 3*(first+wave))
		eventually(t, want, func() bool { return strings.Contains(in.get("/metrics").body, want) })
	}
	operator := esl.NewClient(esl.Options{Name: "operator", Addr: in.sw.Addr(), Password: "ClueCon"})
	runUntilCleanup(t, "operator", operator.Run)
	eventually(t, "all are in the queue", func() bool {
		members, err := operator.API(t.Context(), "callcenter_config", "queue count members 'second line'")
		return err == nil && members == fmt.Sprintf("%d\n", count)
	})
	t.Logf("%d calls in their queue after %v", count, time.Since(begin))
	for _, call := range calls {
		call.Hangup()
	}
	for _, call := range calls {
		<-call.Done()
	}
	s := storetest.Open(t, in.land.database, store.Options{})
	var all []dialplan.Decision
	eventually(t, "all that was decided is written", func() bool {
		var err error
		all, err = s.Decisions(t.Context(), dialplan.DecisionQuery{To: time.Now().Add(time.Hour), Limit: 5 * count})
		if err != nil {
			t.Fatal(err)
		}
		return len(all) >= 4*count
	})
	steps := map[string][]string{}
	for _, d := range all {
		steps[d.Call] = append(steps[d.Call], string(d.Step)+d.Detail)
	}
	if len(all) != 4*count || len(steps) != count {
		t.Errorf("%d decisions about %d calls", len(all), len(steps))
	}
	for _, call := range calls {
		if got := strings.Join(steps[call.UUID()], " "); got != "arrived routeopen queuesecond line endedqueue" {
			t.Fatalf("decided about a call: %s", got)
		}
	}
	for _, metric := range []string{`callgate_dialplan_calls_total{outcome="abandoned"}`, `callgate_outbound_calls_total{outcome="handled"}`} {
		want := fmt.Sprintf("\n%s %d\n", metric, count)
		eventually(t, want, func() bool { return strings.Contains(in.get("/metrics").body, want) })
	}
}

// TestPrefixes reads networks as operators write them.
func TestPrefixes(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"address", "192.0.2.1", "192.0.2.1/32"},
		{"networks", " 10.0.0.0/8, ::1/128 ", "10.0.0.0/8,::1/128"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := app.ParsePrefixes(tt.text)
			if text := app.FormatPrefixes(got); text != tt.want || err != nil {
				t.Errorf("got %q, %v, want %q", text, err, tt.want)
			}
		})
	}
	if got, err := app.ParsePrefixes("localhost"); err == nil {
		t.Errorf("got %v, want an error", got)
	}
}
