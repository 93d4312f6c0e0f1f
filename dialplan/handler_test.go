package dialplan_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callgate/dialplan"
	"callgate/esl"
	"callgate/esl/esltest"
	"callgate/internal/project"
)

// one is a service that knows one project and its routes.
type one struct {
	project.Store
	project project.Project
	route   project.Route
}

func (o one) Projects(context.Context) ([]project.Project, error) {
	return []project.Project{o.project}, nil
}

func (o one) Routes(context.Context) ([]project.Route, error) { return []project.Route{o.route}, nil }

// folder records where nobody else does.
type folder string

func (f folder) Path(_, id string) string { return string(f) + "/" + id + ".wav" }

// stage is a switch that hands every call to a handler.
type stage struct {
	sw   *esltest.Switch
	logs *bytes.Buffer
	stop func()
	dir  string // where recordings go
	addr string // where calls are taken

	mu    sync.Mutex
	notes []dialplan.Decision
}

func (s *stage) note(d dialplan.Decision) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notes = append(s.notes, d)
}

func (s *stage) steps() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, d := range s.notes {
		all = append(all, strings.TrimSuffix(string(d.Step)+"="+d.Detail, "="))
	}
	return strings.Join(all, " ")
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}

const dialledNumber = "78001112233"

// newStage has a project with the number, whose calls are recorded, and its route; change may alter both. Recordings go
// below its folder.
func newStage(t *testing.T, change func(*project.Project, *project.Route), below string, more ...func(*esltest.Config, *esl.ServerOptions)) *stage {
	t.Helper()
	o := one{project: project.Project{ID: "p", Numbers: []string{dialledNumber}, Record: true}, route: project.Route{Name: "r", Project: "p", Open: "queue:q"}}
	if change != nil {
		change(&o.project, &o.route)
	}
	routes := project.New(o, project.Options{})
	if err := routes.Follow(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	s := &stage{logs: &bytes.Buffer{}, dir: t.TempDir()}
	h := dialplan.New(dialplan.Options{Routes: routes, Recordings: folder(s.dir + below), Note: s.note, Logger: slog.New(slog.NewTextHandler(s.logs, nil))})
	options := esl.ServerOptions{Addr: "127.0.0.1:0", Handler: h.Handle, Logger: slog.New(slog.NewTextHandler(s.logs, nil))}
	config := esltest.Config{RecordingsDir: s.dir, Phones: []esltest.Phone{{Addr: "127.0.0.1:5080"}}, Queues: []esltest.Queue{{Name: "q"}}}
	for _, m := range more {
		m(&config, &options)
	}
	server, err := esl.NewServer(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	s.addr = server.Addr()
	apps := []esltest.App{{Name: "set", Data: "socket_resume=true"}, {Name: "socket", Data: server.Addr() + " async full"}, {Name: "set", Data: "fallback=taken"}, {Name: "sleep", Data: "600000"}}
	config.Extensions = []esltest.Extension{{Match: "(?s)^.", Apps: apps}}
	if s.sw, err = esltest.New(config); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, run := range []func(context.Context) error{server.Run, s.sw.Run} {
		wg.Go(func() {
			if err := run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	s.stop = func() { cancel(); wg.Wait() }
	t.Cleanup(s.stop)
	return s
}

func (s *stage) dial(t *testing.T, number string) *esltest.Caller {
	t.Helper()
	call, err := s.sw.Call(esltest.Call{Number: "79190000001", Extension: number})
	if err != nil {
		t.Fatal(err)
	}
	return call
}

// TestNoNumbersInTheLog: neither of a call that goes well nor of one that does not.
func TestNoNumbersInTheLog(t *testing.T) {
	s := newStage(t, func(_ *project.Project, r *project.Route) { r.Failed = "bridge:loopback/79260000000" }, "")
	for _, number := range []string{dialledNumber, "78009998877"} {
		s.dial(t, number)
	}
	eventually(t, "in the queue", func() bool { return strings.Contains(s.steps(), "queue=q") })
	s.sw.CutConnections()
	eventually(t, "noted", func() bool {
		return strings.Contains(s.steps(), "failed=queue: ") && strings.Contains(s.steps(), "continue")
	})
	s.stop()
	for _, secret := range []string{"79190000001", dialledNumber, "78009998877", "79260000000"} {
		if strings.Contains(s.logs.String(), secret) {
			t.Errorf("the log has %s:\n%s", secret, s.logs)
		}
	}
	if !strings.Contains(s.logs.String(), "outcome=failed") || !strings.Contains(s.logs.String(), "outcome=given_back") {
		t.Errorf("not the log expected:\n%s", s.logs)
	}
}

// TestStrangeProject: an id that FreeSWITCH would alter is escaped.
func TestStrangeProject(t *testing.T) {
	s := newStage(t, func(p *project.Project, r *project.Route) { p.ID, r.Project, p.Record = `a\b${x}`, `a\b${x}`, false }, "")
	s.dial(t, dialledNumber)
	eventually(t, "in the queue", func() bool { return strings.HasSuffix(s.steps(), "queue=q") })
	if got := s.steps(); got != "arrived route=open queue=q" {
		t.Errorf("noted %s", got)
	}
	if sent := string(s.sw.Received()); strings.Contains(sent, "${") || !strings.Contains(sent, "callgate_number="+dialledNumber) ||
		!strings.Contains(sent, "callgate_project="+esl.Escape(`a\b${x}`)) {
		t.Errorf("FreeSWITCH got %s", sent)
	}
}

// TestNoRecording: a recording that cannot be made is no reason to lose the call.
func TestNoRecording(t *testing.T) {
	s := newStage(t, nil, `/a\b`) // what no variable holds
	s.dial(t, dialledNumber)
	eventually(t, "in the queue", func() bool { return strings.HasSuffix(s.steps(), "queue=q") })
	if got := s.steps(); !strings.HasPrefix(got, "arrived route=open record failed=record: ") {
		t.Errorf("noted %s", got)
	}
}

// TestStrangeID: the id of a channel may be chosen by who calls, and then names no file of his choice.
func TestStrangeID(t *testing.T) {
	s := newStage(t, nil, "/calls")
	operator := esl.NewClient(esl.Options{Name: "operator", Addr: s.sw.Addr(), Password: "ClueCon"})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- operator.Run(ctx) }()
	defer func() { cancel(); <-done }()
	eventually(t, "link", operator.Ready)
	if _, err := operator.API(t.Context(), "originate", "{origination_uuid=../evil,callgate_dialled="+dialledNumber+"}sofia/internal/1@127.0.0.1:5080 &socket("+s.addr+" async full)"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "in the queue", func() bool { return strings.HasSuffix(s.steps(), "queue=q") })
	path, err := operator.API(t.Context(), "uuid_getvar", "../evil", "callgate_recording")
	if err != nil || strings.Contains(path, "evil") || !strings.HasPrefix(path, s.dir+"/calls/") {
		t.Errorf("recorded to %s, %v", path, err)
	}
}

// near is a network in memory that says it is this machine.
type near struct{ *esltest.Pipes }

func (n near) Accept() (net.Conn, error) {
	nc, err := n.Pipes.Accept()
	return local{nc}, err
}

type local struct{ net.Conn }

func (local) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// TestEndlessAnnouncement: what does not come to an end in time is not waited for; the dialplan goes on after it.
func TestEndlessAnnouncement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, out := esltest.NewPipes("127.0.0.1:8021"), esltest.NewPipes("127.0.0.1:8084")
		s := newStage(t, func(p *project.Project, r *project.Route) { p.Record, r.Announce = false, "silence_stream://900000" }, "", func(c *esltest.Config, o *esl.ServerOptions) {
			c.Listener, c.Dial, c.Heartbeat, o.Listener = in, out.Dial, -1, near{out}
		})
		call := s.dial(t, dialledNumber)
		time.Sleep(5*time.Minute + time.Second)
		if got := s.steps(); !strings.HasPrefix(got, "arrived route=open failed=announcement: ") {
			t.Errorf("noted %s", got)
		}
		time.Sleep(10 * time.Minute)
		select {
		case <-call.Done():
			t.Error("the caller was left behind")
		default: // in the fallback
		}
		call.Hangup()
		s.stop()
	})
}

// TestTransferToOurselves: a call that is led to another of our numbers, by its route or by somebody while it plays, waits or
// talks, is not disturbed there by the end of our first part in it, which is over only when the call is.
func TestTransferToOurselves(t *testing.T) {
	const other = "78001112244"
	for _, tt := range []struct {
		name    string
		route   project.Route
		another bool // person leads it there, not the route
		want    string
	}{
		{"by its route", project.Route{Open: "transfer:" + other}, false, "transfer=" + other + " arrived route=open queue=q"},
		{"while it is played to", project.Route{Announce: "silence_stream://60000"}, true, "arrived route=open queue=q continue=taken out of: announcement"},
		{"while it waits", project.Route{}, true, "queue=q arrived route=open queue=q continue=taken out of: queue"},
		{"while it talks", project.Route{Open: "bridge:sofia/internal/1@127.0.0.1:5080"}, true, "bridge=sofia/internal/1@127.0.0.1:5080 arrived route=open queue=q answered"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in, out := esltest.NewPipes("127.0.0.1:8021"), esltest.NewPipes("127.0.0.1:8084")
				s := newStage(t, func(p *project.Project, r *project.Route) {
					p.Record, p.Numbers, p.Queues = false, []string{dialledNumber, other}, []string{"q"}
					*r, r.Name, r.Project, r.Numbers = tt.route, "r", "p", []string{dialledNumber}
				}, "", func(c *esltest.Config, o *esl.ServerOptions) {
					c.Listener, c.Dial, c.Heartbeat, o.Listener = in, out.Dial, -1, near{out}
				})
				call := s.dial(t, dialledNumber)
				time.Sleep(10 * time.Second)
				operator := esl.NewClient(esl.Options{Name: "operator", Addr: in.String(), Password: "ClueCon", Dial: in.Dial})
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- operator.Run(ctx) }()
				time.Sleep(time.Second)
				if tt.another {
					if _, err := operator.API(ctx, "uuid_transfer", call.UUID(), other); err != nil {
						t.Error(err)
					}
				}
				time.Sleep(10 * time.Minute)
				got := strings.Split("arrived route=open "+tt.want, " ")
				want := strings.Split(s.steps(), " ")
				slices.Sort(got) // the two parts are told at the same time
				slices.Sort(want)
				if !slices.Equal(got, want) {
					t.Errorf("noted %s", s.steps())
				}
				for name, want := range map[string]string{"current_application": "callcenter", "cc_queue": "q", "fallback": "_undef_"} {
					if got, err := operator.API(ctx, "uuid_getvar", call.UUID(), name); got != want || err != nil {
						t.Errorf("%s is %s, %v, want %s", name, got, err, want)
					}
				}
				call.Hangup()
				time.Sleep(time.Minute)
				if !strings.HasSuffix(s.steps(), "ended=queue") {
					t.Errorf("noted %s", s.steps())
				}
				cancel()
				<-done
				s.stop()
			})
		})
	}
}

// TestTransferInACircle: routes that lead calls to each other do so for a while only.
func TestTransferInACircle(t *testing.T) {
	s := newStage(t, func(p *project.Project, r *project.Route) { p.Record, r.Open = false, "transfer:"+dialledNumber }, "")
	s.dial(t, dialledNumber)
	eventually(t, "given back", func() bool { return strings.HasSuffix(s.steps(), "continue=more than 8 transfers") })
	if got := strings.Count(s.steps(), "transfer="); got != 8 {
		t.Errorf("%d transfers", got)
	}
}

// TestSecondVisit: what a first route has set on the channel is not taken for the second one's.
func TestSecondVisit(t *testing.T) {
	s := newStage(t, nil, "", func(c *esltest.Config, _ *esl.ServerOptions) { c.Queues[0].MaxWaitTime = 1 })
	operator := esl.NewClient(esl.Options{Name: "operator", Addr: s.sw.Addr(), Password: "ClueCon"})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- operator.Run(ctx) }()
	defer func() { cancel(); <-done }()
	eventually(t, "link", operator.Ready)
	if _, err := operator.API(t.Context(), "originate", "{origination_uuid=again,callgate_recording="+s.dir+"/again.wav,cc_exit_keys=0,cc_cause=cancel,cc_cancel_reason=NO_AGENT_TIMEOUT,callgate_dialled="+dialledNumber+
		"}sofia/internal/1@127.0.0.1:5080 &socket("+s.addr+" async full)"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "after the queue", func() bool { return strings.HasSuffix(s.steps(), "continue") })
	if got := s.steps(); got != "arrived route=open record queue=q after:timeout continue" {
		t.Errorf("noted %s", got)
	}
	for _, want := range []string{"cc_exit_keys=", "RECORD_APPEND=true"} {
		if sent := string(s.sw.Received()); !strings.Contains(sent, "execute-app-arg: "+want+"\nEvent-UUID") {
			t.Errorf("%s is not set: %s", want, sent)
		}
	}
}

// TestNoCallcenter: while mod_callcenter is not there a caller goes where one goes whose queue there is not.
func TestNoCallcenter(t *testing.T) {
	s := newStage(t, func(p *project.Project, r *project.Route) { p.Record, r.Failed = false, "hangup:SWITCH_CONGESTION" }, "")
	s.sw.FailCommand("module_exists mod_callcenter", "false")
	s.dial(t, dialledNumber)
	const want = "arrived route=open after:failed=mod_callcenter is not loaded hangup=SWITCH_CONGESTION"
	eventually(t, want, func() bool { return s.steps() == want })
}
