package exporter

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"callgate/esl"
	"callgate/esl/esltest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// told is what a scrape gets, without what is ours: a line for each time series.
func told(t *testing.T, r *prometheus.Registry) []string {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), "freeswitch_") {
			continue
		}
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetName()+"="+l.GetValue())
			}
			lines = append(lines, fmt.Sprintf("%s{%s} %v", f.GetName(), strings.Join(labels, ","), m.GetCounter().GetValue()+m.GetGauge().GetValue()))
		}
	}
	return lines
}

// watched is an Exporter on a pretend switch, on a clock that only moves when all wait.
func watched(t *testing.T, cfg esltest.Config, f func(t *testing.T, sw *esltest.Switch, link *esl.Client, r *prometheus.Registry)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		in := esltest.NewPipes("127.0.0.1:8021")
		cfg.Listener = in
		sw, err := esltest.Start(cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer sw.Close()
		r := prometheus.NewRegistry()
		link := esl.NewClient(esl.Options{Name: "main", Addr: "127.0.0.1:8021", Password: "ClueCon", Dial: in.Dial, Events: Events()})
		x := New(Options{Links: []Link{link}, Interval: func() time.Duration { return 0 }, Registerer: r})
		events := link.Subscribe(esl.SubscribeOptions{Name: "exporter", Events: Events()})
		ctx, stop := context.WithCancel(t.Context())
		var running errgroup.Group
		running.Go(func() error { return link.Run(ctx) })
		running.Go(func() error { return x.Listen(ctx, "main", events) })
		defer func() {
			stop()
			if err := running.Wait(); err != nil {
				t.Error(err)
			}
		}()
		pass(time.Second)
		f(t, sw, link, r)
	})
}

func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// TestFigures: everything is told of a switch that is up, and of one that is not nothing but that.
func TestFigures(t *testing.T) {
	cfg := esltest.Config{Heartbeat: -1, Phones: []esltest.Phone{{Addr: "127.0.0.1:5080", User: "100"}, {Addr: "127.0.0.1:5080", User: "486", Refuse: 486}},
		Users:    []esltest.User{{ID: "1000", Registered: "127.0.0.1:5070"}},
		Gateways: []esltest.Gateway{{Name: "trunk", Addr: "127.0.0.1:5080"}, {Name: "broken", Addr: "127.0.0.1:5081", Down: true}}}
	watched(t, cfg, func(t *testing.T, sw *esltest.Switch, link *esl.Client, r *prometheus.Registry) {
		for _, number := range []string{"100", "486"} {
			_, _ = link.API(t.Context(), "originate", "sofia/gateway/trunk/"+number, "&park()")
		}
		pass(minInterval)
		gateway := func(metric, values string) (lines []string) {
			for i, value := range strings.Fields(values) {
				name, addr := []string{"broken", "trunk"}[i], []string{"127.0.0.1:5081", "127.0.0.1:5080"}[i]
				labels := "name=" + name + ",profile=external,proxy=sip:" + addr
				if metric == "status" {
					labels = "context=default," + labels + ",scheme=Digest"
				}
				lines = append(lines, fmt.Sprintf("freeswitch_sofia_gateway_%s{%s,switch=main} %s", metric, labels, value))
			}
			return lines
		}
		want := slices.Concat([]string{
			"freeswitch_bridged_calls{switch=main} 0", "freeswitch_current_calls{switch=main} 1", "freeswitch_current_channels{switch=main} 1",
			"freeswitch_current_idle_cpu{switch=main} 97.5", "freeswitch_current_sessions{switch=main} 1",
			"freeswitch_current_sessions_peak{switch=main} 2", "freeswitch_current_sessions_peak_last_5min{switch=main} 2",
			"freeswitch_current_sps{switch=main} 0", "freeswitch_current_sps_peak{switch=main} 2", "freeswitch_current_sps_peak_last_5min{switch=main} 2",
			"freeswitch_info{switch=main,version=1.11.2-dev pretend} 1", "freeswitch_max_sessions{switch=main} 1000", "freeswitch_max_sps{switch=main} 30",
			"freeswitch_min_idle_cpu{switch=main} 0", "freeswitch_registrations{switch=main} 1", "freeswitch_sessions_total{switch=main} 2",
		}, gateway("call_in", "0 0"), gateway("call_out", "0 2"), gateway("failed_call_in", "0 0"), gateway("failed_call_out", "0 1"),
			gateway("ping", "0 0"), gateway("pingcount", "0 0"), gateway("pingfreq", "0 0"), gateway("pingmax", "1 1"), gateway("pingmin", "1 1"),
			gateway("pingtime", "0 0"), gateway("status", "0 1"),
			[]string{"freeswitch_time_synced{switch=main} 1", "freeswitch_up{switch=main} 1"})
		got := told(t, r)
		n := len(got) - 1
		if n < 0 || !regexp.MustCompile(`^freeswitch_uptime_seconds\{switch=main\} 1[0-9](\.\d+)?$`).MatchString(got[n]) || !slices.Equal(got[:n], want) {
			t.Errorf("got\n%s\nwant\n%s\nand the time", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}

		sw.FailCommand("json ", "-ERR no reply\n")
		pass(time.Minute)
		if got, want := told(t, r), []string{"freeswitch_up{switch=main} 0"}; !slices.Equal(got, want) {
			t.Errorf("of a switch that does not tell its status: %q, want %q", got, want)
		}
	})
}

// TestDown: of a switch whose link is lost nothing is told any more, and all of it again when it has been read anew.
func TestDown(t *testing.T) {
	watched(t, esltest.Config{Heartbeat: -1}, func(t *testing.T, sw *esltest.Switch, _ *esl.Client, r *prometheus.Registry) {
		before := told(t, r)
		if !slices.Contains(before, "freeswitch_up{switch=main} 1") || !slices.Contains(before, "freeswitch_sessions_total{switch=main} 0") {
			t.Fatalf("of a switch that is up: %q", before)
		}
		sw.RefuseByACL(true)
		sw.CutConnections()
		pass(time.Millisecond)
		if got, want := told(t, r), []string{"freeswitch_up{switch=main} 0"}; !slices.Equal(got, want) {
			t.Errorf("of a switch that is down: %q, want %q", got, want)
		}
		sw.RefuseByACL(false)
		pass(time.Minute)
		if got := told(t, r); len(got) != len(before) {
			t.Errorf("of a switch that is up again: %q, want as many as %q", got, before)
		}
	})
}

// answers is a link on which FreeSWITCH gives some answers, and an error to everything else.
type answers struct {
	mu    sync.Mutex
	texts map[string]string
}

func (a *answers) Name() string     { return "main" }
func (a *answers) Since() time.Time { return time.Unix(1, 0) }
func (a *answers) API(_ context.Context, name string, args ...string) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if text, ok := a.texts[name]; ok && len(args) < 2 {
		return text, nil
	}
	if text, ok := a.texts[name+" "+strings.Join(args, " ")]; ok {
		return text, nil
	}
	return "", errors.New("-ERR " + name + " Command not found!")
}

const recordedStatus = `{"command":"status","data":{},"status":"success","response":{"systemStatus":"ready","uptime":{"years":1,"days":2,"hours":3,"minutes":4,` +
	`"seconds":5,"milliseconds":6,"microseconds":0},"version":"1.11.2-dev git 0a54a48 2026-07-17 20:41:38Z 64bit","sessions":{"count":{"total":24,"active":3,"peak":4,` +
	`"peak5Min":2,"limit":1000},"rate":{"current":1,"max":30,"peak":8,"peak5Min":7}},"idleCPU":{"used":5,"allowed":97.5},"stackSizeKB":{"current":240,"max":8192}}}` + "\n"

// TestAnswers: what cannot be understood is missing, and spoils nothing else.
func TestAnswers(t *testing.T) {
	const gateways = "sofia xmlstatus gateway"
	for _, tt := range []struct {
		name    string
		answers map[string]string
		want    []string // parts of lines
		without []string
	}{
		{"the status alone", nil, []string{"freeswitch_up{switch=main} 1", "freeswitch_uptime_seconds{switch=main} 3.1719845006e+07", "freeswitch_sessions_total{switch=main} 24",
			"freeswitch_current_sessions{switch=main} 3", "_sessions_peak{switch=main} 4", "_sessions_peak_last_5min{switch=main} 2", "freeswitch_max_sessions{switch=main} 1000",
			"freeswitch_current_sps{switch=main} 1", "_sps_peak{switch=main} 8", "_sps_peak_last_5min{switch=main} 7", "freeswitch_max_sps{switch=main} 30",
			"freeswitch_current_idle_cpu{switch=main} 97.5", "freeswitch_min_idle_cpu{switch=main} 5", "version=1.11.2-dev git 0a54a48 2026-07-17 20:41:38Z 64bit"},
			[]string{"freeswitch_current_calls", "freeswitch_registrations", "freeswitch_time_synced", "gateway"}},
		{"no status", map[string]string{"json": "-ERR Parse error.\n", "strepoch": "1795413838"}, []string{"freeswitch_up{switch=main} 0"}, []string{"freeswitch_sessions", "synced"}},
		{"a status that failed", map[string]string{"json": `{"status":"error","response":null}`}, []string{"freeswitch_up{switch=main} 0"}, nil},
		{"the clock is right", map[string]string{"strepoch": "1795413838"}, []string{"freeswitch_time_synced{switch=main} 1"}, nil},
		{"the clock is wrong", map[string]string{"strepoch": "1795413841\n"}, []string{"freeswitch_time_synced{switch=main} 0"}, nil},
		{"no clock", map[string]string{"strepoch": "soon"}, nil, []string{"synced"}},
		{"no rows", map[string]string{"show calls count as json": `{"row_count": 0}` + "\n"}, []string{"freeswitch_current_calls{switch=main} 0"}, nil},
		{"rows", map[string]string{"show registrations count as json": `{"row_count":17,"rows":[]}`}, []string{"freeswitch_registrations{switch=main} 17"}, nil},
		{"no count", map[string]string{"show calls count as json": `{}`}, nil, []string{"current_calls"}},
		{"no gateway", map[string]string{gateways: "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<gateways>\n</gateways>\n"}, nil, []string{"gateway"}},
		{"a gateway as FreeSWITCH writes it, and what it should not", map[string]string{gateways: `<?xml version="1.0" encoding="ISO-8859-1"?>
<gateways>
  <gateway>
    <name>a&amp;b</name>
    <profile>external</profile>
    <scheme>Digest</scheme>
    <from>"x" <sip:y@z></from>
    <proxy>sip:1.2.3.4;transport=tcp</proxy>
    <context>public</context>
    <pingtime>12.50</pingtime>
    <state>FAIL_WAIT</state> (retry: 29s)
    <status>UP (ping)</status>
    <calls-in>7</calls-in>
    <calls-out>NaN</calls-out>
    <failed-calls-out>many</failed-calls-out>
  </gateway>
  <gateway>
    <name>a&amp;b</name>
    <profile>external</profile>
    <proxy>sip:1.2.3.4;transport=tcp</proxy>
    <calls-in>8</calls-in>
  </gateway>
  <gateway>
    <profile>nameless</profile>
  </gateway>
  <gateway>
    <name>` + "caf\xe9" + `</name>
    <status>DOWN</status>
  </gateway>
</gateways>
`}, []string{"freeswitch_sofia_gateway_status{context=public,name=a&b,profile=external,proxy=sip:1.2.3.4;transport=tcp,scheme=Digest,switch=main} 1",
			"freeswitch_sofia_gateway_pingtime{name=a&b,profile=external,proxy=sip:1.2.3.4;transport=tcp,switch=main} 12.5",
			"freeswitch_sofia_gateway_call_in{name=a&b,profile=external,proxy=sip:1.2.3.4;transport=tcp,switch=main} 7",
			"name=caf\uFFFD,profile=,proxy=,scheme=,switch=main} 0"}, []string{"call_out", "call_in{name=caf", "nameless"}},
		{"gateways that are a text", map[string]string{gateways: "Invalid Gateway!\n"}, nil, []string{"gateway"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			texts := map[string]string{"json": recordedStatus}
			for command, text := range tt.answers {
				texts[command] = text
			}
			r := prometheus.NewRegistry()
			x := New(Options{Links: []Link{&answers{texts: texts}}, Interval: func() time.Duration { return 0 },
				Now: func() time.Time { return time.Unix(1795413839, 0) }, Registerer: r})
			x.read(t.Context(), x.watches["main"])
			got := strings.Join(told(t, r), "\n")
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("no %s in\n%s", want, got)
				}
			}
			for _, not := range tt.without {
				if strings.Contains(got, not) {
					t.Errorf("%s in\n%s", not, got)
				}
			}
		})
	}
}

// TestManyGateways: beyond a number they are counted only.
func TestManyGateways(t *testing.T) {
	var text strings.Builder
	text.WriteString("<gateways>\n")
	for i := range maxGateways + 3 {
		fmt.Fprintf(&text, "<gateway>\n<name>gw%d</name>\n</gateway>\n", i)
	}
	x := New(Options{Links: []Link{&answers{texts: map[string]string{"sofia xmlstatus gateway": text.String()}}}, Interval: func() time.Duration { return 0 }})
	w := x.watches["main"]
	x.read(t.Context(), w)
	if len(w.gateways) != maxGateways || w.leftOut != 3 {
		t.Errorf("%d gateways, %d left out", len(w.gateways), w.leftOut)
	}
}

// TestHeartbeat: what a recorded heartbeat tells is told until the next reading.
func TestHeartbeat(t *testing.T) {
	recorded, err := os.ReadFile("../../esl/testdata/heartbeat_plain.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, body, ok := strings.Cut(string(recorded), "Event-Name: HEARTBEAT")
	body, _, _ = strings.Cut(body, "\n####")
	e, err := esl.ParseEvent("text/event-plain", "Event-Name: HEARTBEAT"+body)
	if err != nil || !ok {
		t.Fatal(err)
	}
	r, now := prometheus.NewRegistry(), time.Unix(1795413838, 0)
	x := New(Options{Links: []Link{&answers{}}, Interval: func() time.Duration { return 0 }, Now: func() time.Time { return now }, Registerer: r})
	x.watches["main"].beat(e, now)
	want := []string{"freeswitch_current_idle_cpu{switch=main} 95.833333", "freeswitch_current_sessions{switch=main} 0", "freeswitch_current_sessions_peak{switch=main} 4",
		"freeswitch_current_sessions_peak_last_5min{switch=main} 4", "freeswitch_current_sps{switch=main} 0", "freeswitch_current_sps_peak{switch=main} 8",
		"freeswitch_current_sps_peak_last_5min{switch=main} 8", "freeswitch_max_sessions{switch=main} 1000", "freeswitch_sessions_total{switch=main} 24",
		"freeswitch_up{switch=main} 1", "freeswitch_uptime_seconds{switch=main} 120.039"}
	if got := told(t, r); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	now = now.Add(keepFactor*minInterval + time.Second)
	if got, want := told(t, r), []string{"freeswitch_up{switch=main} 0"}; !slices.Equal(got, want) {
		t.Errorf("later: %q, want %q", got, want)
	}
}
