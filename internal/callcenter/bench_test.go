package callcenter_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callgate/esl"
	"callgate/esl/esltest"
	"callgate/internal/callcenter"
)

// beSwitch in the environment makes the test binary a pretend switch of that size, so that its memory is not counted
// as ours.
const beSwitch = "CALLCENTER_TEST_SWITCH"

func TestMain(m *testing.M) {
	if size := os.Getenv(beSwitch); size != "" {
		serveSwitch(size)
		return
	}
	goleak.VerifyTestMain(m)
}

// bigCentre has that many queues, agents, tiers and members who wait.
func bigCentre(queues, agents, tiers int) esltest.Config {
	var cfg esltest.Config
	for i := range queues {
		cfg.Queues = append(cfg.Queues, esltest.Queue{Name: fmt.Sprintf("queue%03d@default", i), MOH: "local_stream://moh", RecordTemplate: "/rec/${uuid}.wav"})
	}
	for i := range agents {
		cfg.Agents = append(cfg.Agents, esltest.Agent{Name: fmt.Sprintf("%04d@default", i), Contact: fmt.Sprintf("[leg_timeout=10]user/%04d", i),
			Status: string(callcenter.Statuses[i%4]), WrapUp: 10, MaxNoAnswer: 3})
	}
	for i := range tiers {
		cfg.Tiers = append(cfg.Tiers, esltest.Tier{Queue: cfg.Queues[i%queues].Name, Agent: cfg.Agents[(i/queues*127+i*7)%agents].Name})
	}
	return cfg
}

func serveSwitch(size string) {
	var queues, agents, tiers int
	if _, err := fmt.Sscanf(size, "%d/%d/%d", &queues, &agents, &tiers); err != nil {
		panic(err)
	}
	sw, err := esltest.Start(bigCentre(queues, agents, tiers))
	if err != nil {
		panic(err)
	}
	fmt.Println(sw.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin) // until whoever started us is gone
	_ = sw.Close()
}

// startBig starts a switch in a process of its own and returns a Center that has read it.
func startBig(b *testing.B, size string) (*callcenter.Center, *esl.Client) {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), beSwitch+"="+size)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	link := esl.NewClient(esl.Options{Name: "big", Addr: strings.TrimSpace(addr), Password: "ClueCon", Subclasses: []string{callcenter.Subclass}})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- link.Run(ctx) }()
	b.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			b.Error(err)
		}
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			b.Error(err)
		}
	})
	for tick := time.Tick(time.Millisecond); !link.Ready(); {
		<-tick
	}
	c := callcenter.New(callcenter.Options{Links: []callcenter.Link{link}, Interval: always(time.Hour), MaxAge: always(time.Hour)})
	if err := c.ReadNow(b.Context(), "big"); err != nil {
		b.Fatal(err)
	}
	return c, link
}

// BenchmarkRefresh reads a whole contact centre from a switch in another process, over TCP. One tier differs every
// time, so that the answers are encoded anew.
func BenchmarkRefresh(b *testing.B) {
	for _, size := range []string{"3/12/30", "50/500/1000", "500/5000/20000"} {
		b.Run(strings.NewReplacer("/", "q_").Replace(size), func(b *testing.B) {
			c, link := startBig(b, size)
			for i := 0; b.Loop(); i++ {
				b.StopTimer()
				if _, err := link.API(b.Context(), "callcenter_config", "tier", "set", "level", "queue000@default", "0000@default", strconv.Itoa(1+i%9)); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				if err := c.ReadNow(b.Context(), "big"); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/refresh")
			b.ReportMetric(residentMB(b), "peak-MB")
			runtime.GC()
			debug.FreeOSMemory()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(m.HeapAlloc)/(1<<20), "live-MB")
			runtime.KeepAlive(c)
		})
	}
}

// residentMB is the most memory that this process ever held.
func residentMB(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kb, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		b.Fatal(err)
	}
	return float64(kb) / 1024
}

// BenchmarkAnswerWhileRefreshing asks for the tiers of a queue, with the largest centre being read all the time and
// with nothing being read, in turn.
func BenchmarkAnswerWhileRefreshing(b *testing.B) {
	c, _ := startBig(b, "500/5000/20000")
	ask := func(times int) []time.Duration {
		took := make([]time.Duration, times)
		for i := range took {
			began := time.Now()
			if _, err := c.TiersOf("queue007@default"); err != nil {
				b.Fatal(err)
			}
			took[i] = time.Since(began)
		}
		return took
	}
	var idle, busy []time.Duration
	for b.Loop() {
		idle = append(idle, ask(100_000)...)
		ctx, stop := context.WithCancel(b.Context())
		var reading sync.WaitGroup
		reading.Go(func() {
			for ctx.Err() == nil {
				if err := c.ReadNow(ctx, "big"); err != nil && ctx.Err() == nil {
					b.Error(err)
				}
			}
		})
		for until := time.Now().Add(time.Second); time.Now().Before(until); {
			busy = append(busy, ask(1000)...)
		}
		stop()
		reading.Wait()
	}
	slices.Sort(idle)
	slices.Sort(busy)
	at := func(all []time.Duration, share float64) float64 {
		return float64(all[int(share*float64(len(all)-1))].Nanoseconds())
	}
	b.ReportMetric(at(busy, .5), "median-ns")
	b.ReportMetric(at(busy, .99), "p99-ns")
	b.ReportMetric(at(busy, .99)/at(idle, .99), "p99-of-idle")
	b.ReportMetric(float64(busy[len(busy)-1].Microseconds()), "max-µs")
}
