package app_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"callgate/esl"
	"callgate/esl/esltest"
	"callgate/internal/app"
	"callgate/internal/call"
	"callgate/internal/setting"
	"callgate/internal/store/storetest"
)

const (
	benchConnections = 16
	benchRounds      = 5
	benchPaced       = 9 // rounds at a fixed rate
	benchRound       = time.Second
)

// BenchmarkPeerContact asks callgate for its contact centre, with token, rights, request log, metrics and process log,
// and in turn a bare gin handler that has the same bytes ready: each server in a process of its own, the same client for
// both. First as fast as they answer, then both at half of what gin did in its slowest round: a rate that the machine
// can carry when others use it too. That the request log holds every request afterwards is no figure but a condition.
func BenchmarkPeerContact(b *testing.B) {
	for _, tt := range []struct {
		name, path    string
		queues, tiers int // 0 and 0 is the manual's contact centre
	}{
		{"queues", "/contact/queues", 0, 0}, {"tiers", "/contact/tiers", 0, 0},
		{"50_queues", "/contact/queues", 50, 500}, {"500_tiers", "/contact/tiers", 50, 500},
	} {
		b.Run(tt.name, func(b *testing.B) {
			c := manualSwitch()
			if tt.queues > 0 {
				c.Queues, c.Agents, c.Tiers = nil, nil, nil
			}
			for i := range tt.queues {
				c.Queues = append(c.Queues, esltest.Queue{Name: fmt.Sprintf("queue%d@default", i), Strategy: "longest-idle-agent",
					MOH: "local_stream://moh", TimeBaseScore: "system"})
			}
			for i := range tt.tiers {
				if i%5 == 0 {
					c.Agents = append(c.Agents, esltest.Agent{Name: fmt.Sprintf("%d@default", 1000+i/5), Status: "Available"})
				}
				c.Tiers = append(c.Tiers, esltest.Tier{Queue: fmt.Sprintf("queue%d@default", i%tt.queues), Agent: fmt.Sprintf("%d@default", 1000+i/5)})
			}
			sw, err := esltest.New(c)
			if err != nil {
				b.Fatal(err)
			}
			runUntilCleanup(b, "switch", sw.Run)

			ours := &served{Database: storetest.SQLite(b), Recordings: b.TempDir(), Switch: sw.Addr()}
			ours.start(b)
			token := ours.signIn(b)
			_, bytes := ours.ask(b, tt.path, "", token)
			bare := &served{Bare: map[string]string{tt.path: bytes}}
			bare.start(b)
			us, them := newCrowd(b, ours, tt.path, token, len(bytes)), newCrowd(b, bare, tt.path, token, len(bytes))

			us.run(b, benchRound/2, 0) // warm
			them.run(b, benchRound/2, 0)
			var rates, rivals []float64
			for range benchRounds {
				r, _ := them.run(b, benchRound, 0)
				rivals = append(rivals, r)
				r, _ = us.run(b, benchRound, 0)
				rates = append(rates, r)
			}
			var slow, slower []float64
			rate := slices.Min(rivals) / 2
			for range benchPaced {
				_, late := them.run(b, benchRound*2/3, rate)
				slow = append(slow, late)
				_, late = us.run(b, benchRound*2/3, rate)
				slower = append(slower, late)
			}
			memory := ours.resident(b)
			if err := ours.end(syscall.SIGTERM); err != nil {
				b.Errorf("callgate ended with %v", err)
			}
			found := numbersLogged(b, ours.Database)
			asked := us.next.Load()
			for n := int64(1); n <= asked; n++ {
				if found[n] != 1 {
					b.Fatalf("request %d of %d is %d times in the request log", n, asked, found[n])
				}
			}
			b.ReportMetric(0, "ns/op")
			compare(b, "req/s", median(rates), median(rivals))
			compare(b, "p99-us-at-half-of-gin", median(slower), median(slow))
			b.ReportMetric(float64(asked), "requests,all-logged")
			b.ReportMetric(memory, "resident-MiB")
		})
	}
}

// compare reports a figure, that of gin, and their ratio.
func compare(b *testing.B, unit string, ours, gin float64) {
	b.ReportMetric(ours, unit)
	b.ReportMetric(gin, "gin-"+unit)
	b.ReportMetric(ours/gin, "x-"+unit)
}

func median(of []float64) float64 {
	sorted := slices.Clone(of)
	slices.Sort(sorted)
	return sorted[len(sorted)/2]
}

// crowd is some callers of one path of one server.
type crowd struct {
	callers []*caller
	next    atomic.Int64
	size    int // of the answer, in bytes
}

func newCrowd(b *testing.B, s *served, path, token string, size int) *crowd {
	c := &crowd{size: size}
	for range benchConnections {
		c.callers = append(c.callers, s.call(b, path, token, &c.next))
	}
	return c
}

// run asks for some time, with rate so many times a second, with 0 as fast as there are answers. late is the 99th
// percentile of the time from when a request was due until it was answered, in microseconds.
func (c *crowd) run(b *testing.B, during time.Duration, rate float64) (reached, late float64) {
	b.Helper()
	var wg sync.WaitGroup
	took := make([][]time.Duration, len(c.callers))
	began := time.Now()
	for i, caller := range c.callers {
		wg.Go(func() {
			var pause time.Duration
			due := began
			if rate > 0 {
				pause = time.Duration(float64(time.Second) * float64(len(c.callers)) / rate)
				due = due.Add(pause * time.Duration(i) / time.Duration(len(c.callers)))
			}
			timer := time.NewTimer(0)
			defer timer.Stop()
			for time.Since(began) < during {
				if pause == 0 {
					due = time.Now()
				} else if wait := time.Until(due); wait > 0 {
					timer.Reset(wait)
					<-timer.C
				}
				if _, size, err := caller.do(); err != nil || size != c.size {
					b.Errorf("%d bytes, want %d, %v", size, c.size, err)
					return
				}
				took[i] = append(took[i], time.Since(due))
				due = due.Add(pause)
			}
		})
	}
	wg.Wait()
	reached = 1 / time.Since(began).Seconds()
	all := slices.Concat(took...)
	slices.Sort(all)
	return reached * float64(len(all)), float64(all[len(all)*99/100].Microseconds())
}

// resident is the most memory that the process had, in MiB.
func (s *served) resident(b *testing.B) float64 { return s.status(b, "VmHWM:") }

// status is what the kernel says of the process, in MiB.
func (s *served) status(b *testing.B, of string) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), of)
	var kib float64
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		b.Fatal(err)
	}
	return kib / 1024
}

// BenchmarkContactAdd orders calls by /contact/add, with token, rights, rules, a limit of each kind, live calls and
// request log, and in turn gives the same originate to the same switch by hand: bgapi over a link of the client. The phone
// answers at once. added-ms is what callgate adds to the median; at most 2 is allowed.
func BenchmarkContactAdd(b *testing.B) {
	c := manualSwitch()
	c.Phones, c.SessionsRate = []esltest.Phone{{Addr: "127.0.0.1:5070"}}, 10_000
	c.Extensions[0].Apps = []esltest.App{{Name: "park"}}
	c.RecordingsDir = b.TempDir()
	sw, err := esltest.New(c)
	if err != nil {
		b.Fatal(err)
	}
	runUntilCleanup(b, "switch", sw.Run)
	ours := &served{Database: storetest.SQLite(b), Recordings: c.RecordingsDir, Switch: sw.Addr()}
	ours.start(b)
	token := ours.signIn(b)
	link := byHand(b, sw)
	err = app.Administer(b.Context(), on(ours.Database), nil, func(a *app.Administration) error {
		for key, value := range map[string]string{setting.OriginateMaxConcurrent: "1000", setting.OriginateMaxPerSecond: "10000"} {
			if err := a.Settings.Set(b.Context(), key, value, "bench"); err != nil {
				return err
			}
		}
		most, deny := 1000, []string{"900", "810"}
		return a.Destinations.Set(b.Context(), call.Scope{Kind: call.ForAll}, call.RuleChange{Deny: &deny, Concurrent: &most}, "bench", nil)
	})
	if err != nil {
		b.Fatal(err)
	}
	body := order("89100000000", "1001", "1234")
	keep := &http.Client{Transport: &http.Transport{}}
	defer keep.CloseIdleConnections()
	add := func() {
		req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "http://"+ours.addr+"/contact/add", strings.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := keep.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		defer resp.Body.Close()
		if text, err := io.ReadAll(resp.Body); err != nil || !strings.HasPrefix(string(text), `{"message":"+OK `) {
			b.Fatalf("%s %v", text, err)
		}
	}
	add()
	line := ""
	for _, c := range sw.Commands() {
		if strings.HasPrefix(c, "originate ") {
			line = strings.TrimPrefix(c, "originate ")
		}
	}
	id := uuidForm.FindString(line)
	byHand := func() {
		fresh := uuid.NewString()
		job, err := link.BgAPI(b.Context(), fresh, "originate", strings.ReplaceAll(line, id, fresh))
		if err == nil {
			_, err = job.Wait(b.Context())
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	clear := func() { // all is over before the next round
		if _, err := link.API(b.Context(), "hupall", "NORMAL_CLEARING"); err != nil {
			b.Fatal(err)
		}
		for tick := time.Tick(time.Millisecond); ; <-tick {
			text, err := link.API(b.Context(), "show", "channels", "count")
			if err != nil {
				b.Fatal(err)
			}
			if strings.HasPrefix(text, "\n0 ") {
				return
			}
		}
	}
	var through, hand []float64
	for range 20 {
		clear()
		for range 20 {
			for _, one := range []struct {
				do   func()
				took *[]float64
			}{{byHand, &hand}, {add, &through}} {
				began := time.Now()
				one.do()
				*one.took = append(*one.took, float64(time.Since(began))/float64(time.Millisecond))
			}
		}
	}
	added := median(through) - median(hand)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(through), "contact-add-ms")
	b.ReportMetric(median(hand), "by-hand-ms")
	b.ReportMetric(added, "added-ms")
	if added > 2 {
		b.Errorf("%.2f ms are added", added)
	}
}

// byHand is a link to the switch, up, for what somebody does there.
func byHand(b testing.TB, sw *esltest.Switch) *esl.Client {
	b.Helper()
	link := esl.NewClient(esl.Options{Name: "hand", Addr: sw.Addr(), Password: "ClueCon"})
	runUntilCleanup(b, "link", link.Run)
	for tick := time.Tick(time.Millisecond); !link.Ready(); <-tick {
	}
	return link
}
