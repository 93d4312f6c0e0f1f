package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	v1 "callgate/api/v1"
	"callgate/esl"
	"callgate/esl/esltest"
	"callgate/internal/app"
	"callgate/internal/callcenter"
)

// TestDemoCenter watches some minutes of the demonstration's contact centre, as its API would show them.
func TestDemoCenter(t *testing.T) {
	cfg := demoSwitch(app.Config{RecordingsDir: t.TempDir()})
	cfg.CDR = esltest.CDRConfig{}
	cfg.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed } // callgate is not there
	synctest.Test(t, func(t *testing.T) { watchDemo(t, cfg) })
}

func watchDemo(t *testing.T, cfg esltest.Config) {
	wire := esltest.NewPipes("127.0.0.1:8021")
	cfg.Listener = wire
	sw, err := esltest.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer sw.Close()
	link := func(name string) *esl.Client {
		return esl.NewClient(esl.Options{Name: name, Addr: wire.String(), Password: demoSecret, Dial: wire.Dial,
			Events: callcenter.Events(), Subclasses: []string{callcenter.Subclass}})
	}
	ours := link("demo")
	subscribe := func(name string) *esl.Subscription {
		return ours.Subscribe(esl.SubscribeOptions{Name: name, Events: callcenter.Events(), Subclasses: []string{callcenter.Subclass}})
	}
	every := func(d time.Duration) func() time.Duration { return func() time.Duration { return d } }
	watching := callcenter.New(callcenter.Options{Links: []callcenter.Link{ours}, Interval: every(5 * time.Second),
		MaxAge: every(time.Minute), Zone: time.UTC})
	complaints := &output{}
	people := &demoCenter{sw: sw, link: link("agents"), logger: slog.New(slog.NewTextHandler(complaints, nil))}

	ctx, stop := context.WithCancel(t.Context())
	var running errgroup.Group
	forCenter, forUs := subscribe("callcenter"), subscribe("test")
	seen, left := map[string]int{}, map[string]int{}
	running.Go(func() error { return sw.Run(context.WithoutCancel(ctx)) })
	var above errgroup.Group
	for _, run := range []func(context.Context) error{ours.Run, watching.Run, people.Run, func(ctx context.Context) error {
		return watching.Listen(ctx, "demo", forCenter)
	}} {
		above.Go(func() error { return run(ctx) })
	}
	running.Go(func() error {
		for e := range forUs.C {
			left[e.Get("CC-Cancel-Reason")]++
		}
		return nil
	})
	defer func() {
		stop()
		if err := above.Wait(); err != nil {
			t.Error(err)
		}
		forUs.Close()
		sw.Close()
		if err := running.Wait(); err != nil {
			t.Error(err)
		}
		seen["gave up"], seen["timed out"] = left["BREAK_OUT"], left["TIMEOUT"]
		t.Log(seen)
		if complaints.String() != "" {
			t.Error(complaints)
		}
		for _, kind := range []string{"gave up", "timed out", "log-in", "log-out", "break", "back", "answered", "wrap-up", "outside call"} {
			if seen[kind] == 0 {
				t.Errorf("%s: not seen", kind)
			}
		}
		if seen["absurd"] > 0 || seen["most wait"] > 10 {
			t.Errorf("%d times an agent is in two calls or gone in the middle of one; up to %d callers wait in one queue",
				seen["absurd"], seen["most wait"])
		}
		for kind, want := range map[string]int{"waits": 80, "talks": 95, "ready": 50} {
			if got := seen[kind] * 100 / seen["looked"]; got < want {
				t.Errorf("somebody %s in %d %% of the seconds, want %d", kind, got, want)
			}
		}
	}()

	before := map[string]callcenter.LiveAgent{}
	for second := range 5 * 60 {
		time.Sleep(time.Second)
		synctest.Wait()
		for _, live := range watching.Live() {
			lookAgents(live, before, seen)
			lookQueues(live, second, seen)
			checkOnline(t, watching, live)
		}
	}
}

// lookAgents counts what has changed with the agents.
func lookAgents(live *callcenter.Live, before map[string]callcenter.LiveAgent, seen map[string]int) {
	for _, a := range live.Agents {
		was, known := before[a.Name]
		before[a.Name] = a
		if !known {
			continue
		}
		for kind, is := range map[string]bool{
			"log-in":       was.Status == callcenter.LoggedOut && a.Status != callcenter.LoggedOut,
			"log-out":      was.Status != callcenter.LoggedOut && a.Status == callcenter.LoggedOut,
			"break":        was.Status == callcenter.Available && a.Status == callcenter.OnBreak,
			"back":         was.Status == callcenter.OnBreak && a.Status == callcenter.Available,
			"answered":     was.Talk == nil && a.Talk != nil,
			"wrap-up":      was.WrapUp.IsZero() && !a.WrapUp.IsZero(),
			"outside call": !was.Outside && a.Outside,
			// Nobody looks foolish: in two calls, or gone in the middle of one.
			"absurd": a.Talk != nil && (a.Outside || a.Status == callcenter.LoggedOut),
		} {
			if is {
				seen[kind]++
			}
		}
	}
}

// lookQueues counts the seconds in which there was something to see, from when the first calls had time to come.
func lookQueues(live *callcenter.Live, second int, seen map[string]int) {
	if second < 30 {
		return
	}
	waiting, talking := 0, 0
	for _, q := range live.Queues {
		waiting, talking = waiting+q.Waiting, talking+q.Talking
		seen["most wait"] = max(seen["most wait"], q.Waiting)
	}
	seen["looked"]++
	for kind, is := range map[string]bool{"waits": waiting > 0, "talks": talking > 0,
		"ready": slices.ContainsFunc(live.Agents, func(a callcenter.LiveAgent) bool { return a.Ready })} {
		if is {
			seen[kind]++
		}
	}
}

// checkOnline compares the online statistics of every project with the agents as they are shown.
func checkOnline(t *testing.T, watching *callcenter.Center, live *callcenter.Live) {
	t.Helper()
	for _, p := range demoProjects() {
		got, _, err := watching.Online(p.Queues)
		if err != nil {
			t.Fatal(err)
		}
		var want callcenter.Stat
		for _, a := range live.Agents {
			serves := slices.ContainsFunc(live.Tiers, func(x callcenter.Tier) bool { return x.Agent == a.Name && slices.Contains(p.Queues, x.Queue) })
			switch {
			case !serves || a.Status == callcenter.LoggedOut:
				continue
			case a.Talk != nil || a.Outside:
				want.Talking++
			case a.Ready:
				want.Ready++
			default:
				want.NotReady++
			}
			want.LoggedIn++
		}
		if got != want || got.LoggedIn != got.Ready+got.NotReady+got.Talking {
			t.Errorf("%s: got %+v want %+v", p.ID, got, want)
		}
	}
}

// TestDemoPrints runs the lines that the demonstration prints, as they are printed.
func TestDemoPrints(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	var out, stderr output
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{"demo", "--http-addr", "127.0.0.1:0"}, lookup(nil), strings.NewReader(""), &out, &stderr)
	}()
	defer func() {
		stop()
		if code := <-done; code != 0 || stderr.String() != "" {
			t.Errorf("demo ends with %d: %s", code, stderr.String())
		}
	}()
	waitFor(t, "the printed text", func() bool { return strings.Contains(out.String(), "Ctrl-C") })

	var script []string
	for _, l := range regexp.MustCompile(`(?m)^  ((?:curl|TOKEN=).*)$`).FindAllStringSubmatch(out.String(), -1) {
		script = append(script, l[1])
	}
	var answers []string
	waitFor(t, "the first look at the pretend switch", func() bool {
		printed, err := exec.CommandContext(ctx, "bash", "-eu", "-c", strings.Join(script, "\n")+"\necho $TOKEN").Output()
		if err != nil {
			t.Log(err) // it does not listen yet
		}
		answers = strings.FieldsFunc(string(printed), func(r rune) bool { return r == '\n' })
		return err == nil && !strings.Contains(answers[0], "Switch unavailable!") && strings.Contains(answers[2], `"direction":"inbound"`) &&
			strings.Contains(answers[3], `"step":"queue"`)
	})
	if len(script) != 6 || len(answers) != 6 {
		t.Fatalf("%q\nprint\n%s", script, answers)
	}
	const stat = `\{"cntLoggedIn":\d+,"cntReady":\d+,"cntNotReady":\d+,"cntTalking":\d+\}`
	if !regexp.MustCompile(`^\{"9876":` + stat + `,"1111":` + stat + `,"5566":` + stat + `\}$`).MatchString(answers[0]) {
		t.Errorf("the projects are %s", answers[0])
	}
	var stats map[string]struct{ CntLoggedIn, CntReady, CntNotReady, CntTalking int }
	if err := json.Unmarshal([]byte(answers[0]), &stats); err != nil {
		t.Fatal(err)
	}
	for id, s := range stats {
		if s.CntLoggedIn == 0 || s.CntLoggedIn != s.CntReady+s.CntNotReady+s.CntTalking {
			t.Errorf("%s: %+v", id, s)
		}
	}
	for _, a := range demoAgents {
		if !strings.Contains(answers[1], `"name":"`+a.account+`@default"`) {
			t.Errorf("no agent %s in %s", a.account, answers[1])
		}
	}
	base := regexp.MustCompile(`API +(http://\S+)`).FindStringSubmatch(out.String())[1]
	watchHistory(t, base, regexp.MustCompile(`/api/v1/calls\?[^"]+`).FindString(script[5]), answers[5])
	checkMetrics(t, base)
	folder := regexp.MustCompile(`folder +(\S+)`).FindStringSubmatch(out.String())[1]
	database := filepath.Join(folder, "callgate.db")
	code, said, _ := callgate(t, map[string]string{"CALLGATE_DATABASE_URL": "sqlite:" + database}, "", "cdr", "rebuild", "--check")
	if code != 0 || said != "0 wrong\n" {
		t.Errorf("the figures: %d %s", code, said)
	}
	db, err := sql.Open("sqlite", database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var answered, lost int
	if err := db.QueryRow(`SELECT SUM(answered), SUM(lost) FROM rollups WHERE queue <> '' AND agent = ''`).Scan(&answered, &lost); err != nil || answered < len(demoLines) || lost == 0 {
		t.Errorf("the figures tell of %d answered and %d lost, %v", answered, lost, err)
	}
}

// watchHistory waits until whoever asks finds calls that are over, of every kind: in each queue one that an agent answered,
// some that were given up, and recordings of the project that records.
func watchHistory(t *testing.T, base, path, token string) {
	t.Helper()
	missing := map[string]bool{"abandoned": true, "recording": true}
	for _, p := range demoProjects() {
		for _, q := range p.Queues {
			missing[p.ID+" "+q] = true
		}
	}
	get := func(path string) (status int, body []byte) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if body, err = io.ReadAll(resp.Body); err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, body
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer func() { t.Log("not seen:", slices.Collect(maps.Keys(missing))) }()
	waitFor(t, "finished calls of every kind", func() bool {
		status, body := get(path)
		var page struct{ Calls []v1.Call }
		if err := json.Unmarshal(body, &page); err != nil || status != http.StatusOK {
			t.Fatalf("%d %s", status, body)
		}
		for _, c := range page.Calls {
			if c.Disposition == "answered" && len(c.Queues) == 1 && len(c.Agents) == 1 {
				delete(missing, c.Project+" "+c.Queues[0])
			}
			if c.Disposition == "abandoned" && c.Wait > 0 {
				delete(missing, "abandoned")
			}
			if c.Recorded && missing["recording"] {
				if status, sound := get("/api/v1/calls/" + c.UUID + "/recording/audio"); status == http.StatusOK && len(sound) > 8000 {
					delete(missing, "recording")
				}
			}
		}
		return len(missing) == 0
	})
}
