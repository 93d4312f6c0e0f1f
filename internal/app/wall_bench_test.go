package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"callgate/esl"
	"callgate/esl/esltest"
	"callgate/internal/account"
	"callgate/internal/app"
	"callgate/internal/store/storetest"
)

const (
	wallQueues = 50
	wallAgents = 500
	wallRound  = 500 * time.Millisecond // in which every agent changes once
	wallCalls  = 10                     // callers who come in a round
)

// BenchmarkWall has Chromium show the panel's overview, as it stands on a desk and on a wall, a minute each, while every one of 500 agents changes his status
// twice a second by a command to the switch, and callers come into 50 queues, wait and are talked to. No task of the page may take 50 ms. The switch,
// callgate and Chromium share the machine, which they do nowhere else: so Chromium has the processor first. It needs the panel (make panel),
// web/node_modules and Chromium, whose path is CHROMIUM.
func BenchmarkWall(b *testing.B) {
	chromium := os.Getenv("CHROMIUM")
	if chromium == "" {
		chromium = "/usr/bin/chromium"
	}
	for _, file := range []string{chromium, "../../web/node_modules/.bin/playwright", "../../web/dist/panel/index.html"} {
		if _, err := os.Stat(file); err != nil {
			b.Fatal(err)
		}
	}
	sw, err := esltest.New(wallSwitch())
	if err != nil {
		b.Fatal(err)
	}
	runUntilCleanup(b, "switch", sw.Run)
	link := byHand(b, sw)
	ours := &served{Database: storetest.SQLite(b), Recordings: b.TempDir(), Switch: sw.Addr()}
	ours.start(b)
	ours.signIn(b)
	err = app.Administer(b.Context(), on(ours.Database), nil, func(a *app.Administration) error {
		_, err := a.Accounts.Add(b.Context(), "wall", password, []account.Right{{Module: account.Any, Action: account.Any}}, nil)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	rounds := 0
	stop := runUntilCleanup(b, "shift", func(ctx context.Context) error { rounds = wallShift(ctx, b, sw, link); return nil })
	result := filepath.Join(b.TempDir(), "result.json")
	giveWay(b)
	cmd := exec.CommandContext(b.Context(), "node_modules/.bin/playwright", "test", "--config", "wall.config.ts")
	cmd.Dir = "../../web"
	cmd.Env = append(os.Environ(), "CHROMIUM="+chromium, "WALL_URL=http://"+ours.addr, "WALL_RESULT="+result, "WALL_LOGIN=wall", "WALL_PASSWORD="+password)
	begun := time.Now()
	out, failed := cmd.CombinedOutput()
	took := time.Since(begun)
	stop()
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(rounds)/took.Seconds(), "rounds/s")
	var shown []struct {
		Name   string             `json:"name"`
		Values map[string]float64 `json:"values"`
	}
	if text, err := os.ReadFile(result); err != nil {
		b.Error(err)
	} else if err := json.Unmarshal(text, &shown); err != nil {
		b.Error(err)
	}
	for _, view := range shown {
		for unit, value := range view.Values {
			b.ReportMetric(value, view.Name+"-"+unit)
		}
	}
	if failed != nil {
		b.Errorf("%v: %v\n%s", failed, shown, out)
	}
}

// giveWay lets other sessions' processes, of which Chromium is one, have the processor before those of ours. Without it a task of the page lasts for as
// long as others work, whatever it does itself.
//
// Source: sched(7), The autogroup feature. Where the kernel is without it there is nothing to give way to: then nice values count.
func giveWay(b *testing.B) {
	const file = "/proc/self/autogroup"
	was, err := os.ReadFile(file)
	if err != nil {
		b.Log("the page has the processor as all have:", err)
		return
	}
	_, nice, _ := strings.Cut(strings.TrimSpace(string(was)), " nice ")
	b.Cleanup(func() { _ = os.WriteFile(file, []byte(nice), 0) })
	if err := os.WriteFile(file, []byte("19"), 0); err != nil {
		b.Log("the page has the processor as all have:", err)
	}
}

// wallShift has every agent change at each round, half of them to a pause and half from it, and callers come, all one after another as people do, until
// ctx ends. It tells how many rounds there were.
func wallShift(ctx context.Context, b *testing.B, sw *esltest.Switch, link *esl.Client) (rounds int) {
	//nolint:gosec // nothing secret: it shall be the same again
	dice := rand.New(rand.NewPCG(0, 0))
	pace := time.NewTicker(wallRound / wallCalls)
	defer pace.Stop()
	for step := 0; ; step++ {
		select {
		case <-ctx.Done():
			return step / wallCalls
		case <-pace.C:
		}
		stays := time.Duration(5+dice.IntN(25)) * time.Second
		// It fails when the switch is full, or stopping as we are.
		sw.Call(esltest.Call{Number: fmt.Sprintf("8900%07d", dice.IntN(1e7)), Extension: fmt.Sprintf("9%03d", dice.IntN(wallQueues)), HangupAfter: stays})
		for i := range wallAgents / wallCalls {
			agent := 1000 + step%wallCalls*wallAgents/wallCalls + i
			status := [...]string{"'On Break'", "Available"}[(i+step/wallCalls)%2]
			if _, err := link.API(ctx, "callcenter_config", "agent", "set", "status", fmt.Sprintf("%d@default", agent), status); err != nil {
				if ctx.Err() == nil {
					b.Error(err)
				}
				return step / wallCalls
			}
		}
	}
}

// wallSwitch is a contact centre of 50 queues and 500 agents, each of whom serves two.
func wallSwitch() esltest.Config {
	c := esltest.Config{SessionsRate: 1000, MaxSessions: 5000,
		Phones:     []esltest.Phone{{Addr: "127.0.0.1:5070", AnswerAfter: time.Second, HangupAfter: 8 * time.Second}},
		Extensions: []esltest.Extension{{Name: "queue", Match: `^9(\d{3})$`, Apps: []esltest.App{{Name: "answer"}, {Name: "callcenter", Data: "line$1@default"}}}}}
	for i := range wallQueues {
		c.Queues = append(c.Queues, esltest.Queue{Name: fmt.Sprintf("line%03d@default", i), Strategy: "longest-idle-agent"})
	}
	for i := range wallAgents {
		name := fmt.Sprintf("%d@default", 1000+i)
		account := strings.TrimSuffix(name, "@default")
		c.Agents = append(c.Agents, esltest.Agent{Name: name, Status: "Available", Contact: "user/" + account, WrapUp: 2})
		c.Users = append(c.Users, esltest.User{ID: account, DialString: "sofia/internal/" + account + "@127.0.0.1:5070"})
		for _, line := range []int{i % wallQueues, (i*7 + 3) % wallQueues} {
			c.Tiers = append(c.Tiers, esltest.Tier{Queue: fmt.Sprintf("line%03d@default", line), Agent: name})
		}
	}
	return c
}
