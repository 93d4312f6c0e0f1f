package esl_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/percipia/eslgo"
	"github.com/percipia/eslgo/command"

	"callgate/esl"
	"callgate/esl/esltest"
)

// A burst as large as the queue of FreeSWITCH itself: nothing is lost and nothing out of order.
func TestBurstOfEvents(t *testing.T) {
	const count = 100_000
	sw, c := startSwitch(t, esltest.Config{}, esl.Options{Subclasses: []string{"storm::test"}})
	sub := c.Subscribe(esl.SubscribeOptions{Name: "test", Subclasses: []string{"storm::test"}, Buffer: count})
	defer sub.Close()
	go sw.Storm(count, "CUSTOM", "storm::test", nil)
	for i := range count {
		if e := receive(t, sub.C, "event"); e.Get("Storm-Number") != strconv.Itoa(i+1) {
			t.Fatalf("event %s, want %d", e.Get("Storm-Number"), i+1)
		}
	}
	select {
	case <-sub.Lost():
		t.Error("told of a loss")
	default:
	}
}

// 64 callers share one connection and nobody ever gets a reply that is not his.
func TestManyCallersOnOneConnection(t *testing.T) {
	const callers, each = 64, 2000
	sw, err := esltest.Start(esltest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer sw.Close()
	c, _ := runUp(t, newFake(), esl.Options{Addr: sw.Addr(), PoolSize: 1})
	callMany(t, c, callers, each)
}

// callMany has callers call each a number of times, and compares every reply.
func callMany(t testing.TB, c *esl.Client, callers, each int) {
	var wg sync.WaitGroup
	for g := range callers {
		wg.Go(func() {
			for i := range each {
				want := strconv.Itoa(g) + "-" + strconv.Itoa(i)
				if got, err := c.API(t.Context(), "echo", want); got != want || err != nil {
					t.Errorf("API() = %q, %v; want %q", got, err, want)
					return
				}
			}
		})
	}
	wg.Wait()
}

// BenchmarkMillionReplies is one million commands of 64 callers on one connection, every reply compared.
func BenchmarkMillionReplies(b *testing.B) {
	const callers, each = 64, 1_000_000 / 64
	sw, err := esltest.Start(esltest.Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { sw.Close() })
	c, _ := runUp(b, newFake(), esl.Options{Addr: sw.Addr(), PoolSize: 1})
	for b.Loop() {
		callMany(b, c, callers, each)
	}
	b.ReportMetric(float64(callers*each*b.N)/b.Elapsed().Seconds(), "replies/s")
}

// BenchmarkBurst sends 100,000 events at once, to us and to eslgo in turn, and reports what became of them.
func BenchmarkBurst(b *testing.B) {
	const count = 100_000
	sw, err := esltest.Start(esltest.Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { sw.Close() })
	c, _ := runUp(b, newFake(), esl.Options{Addr: sw.Addr(), Subclasses: []string{"storm::test"}})
	sub := c.Subscribe(esl.SubscribeOptions{Name: "bench", Subclasses: []string{"storm::test"}, Buffer: count})
	defer sub.Close()
	ours := func(n int) (outOfOrder int) {
		go sw.Storm(n, "CUSTOM", "storm::test", nil)
		for i := range n {
			if e := <-sub.C; e.Get("Storm-Number") != strconv.Itoa(i+1) {
				outOfOrder++
			}
		}
		return outOfOrder
	}
	other, err := esltest.Start(esltest.Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { other.Close() })
	o := dialEslgo(b, other.Addr())
	var mu sync.Mutex
	var numbers []int
	all := make(chan struct{}, 1)
	o.RegisterEventListener(eslgo.EventListenAll, func(e *eslgo.Event) {
		n, _ := strconv.Atoi(e.GetHeader("Storm-Number"))
		mu.Lock()
		defer mu.Unlock()
		if numbers = append(numbers, n); len(numbers) == count {
			all <- struct{}{}
		}
	})
	if _, err := o.SendCommand(b.Context(), command.Event{Format: "plain", Listen: []string{"CUSTOM", "storm::test"}}); err != nil {
		b.Fatal(err)
	}
	theirs := func(n int) (outOfOrder int) {
		go other.Storm(n, "CUSTOM", "storm::test", nil)
		<-all
		mu.Lock()
		defer mu.Unlock()
		for i, n := range numbers {
			if n != i+1 {
				outOfOrder++
			}
		}
		numbers = numbers[:0]
		return outOfOrder
	}
	var took, theirTime time.Duration
	var peak, theirPeak uint64
	disorder, theirDisorder := 0, 0
	for b.Loop() {
		p, d := peakHeap(func() { disorder += ours(count) })
		peak, took = max(peak, p), took+d
		p, d = peakHeap(func() { theirDisorder += theirs(count) })
		theirPeak, theirTime = max(theirPeak, p), theirTime+d
	}
	if disorder > 0 {
		b.Errorf("%d events lost or out of order", disorder)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(count*b.N)/took.Seconds(), "events/s")
	b.ReportMetric(float64(count*b.N)/theirTime.Seconds(), "eslgo-events/s")
	b.ReportMetric(float64(disorder)/float64(b.N), "out-of-place")
	b.ReportMetric(float64(theirDisorder)/float64(b.N), "eslgo-out-of-place")
	b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
	b.ReportMetric(float64(theirPeak)/(1<<20), "eslgo-peak-MiB")
}

// peakHeap is the most that was in use while f ran, above what was before.
func peakHeap(f func()) (peak uint64, took time.Duration) {
	debug.FreeOSMemory()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			runtime.ReadMemStats(&now)
			if in := now.HeapInuse + now.StackInuse; in > before.HeapInuse+before.StackInuse {
				peak = max(peak, in-before.HeapInuse-before.StackInuse)
			}
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	}()
	began := time.Now()
	f()
	took = time.Since(began)
	close(stop)
	<-done
	return peak, took
}

// serverProcess names the variable that makes this test binary an outbound server of that kind: a process of its own, so
// that its memory is its own, and so that eslgo's server, which cannot be stopped, goes with it.
const serverProcess = "ESL_TEST_OUTBOUND_SERVER"

// serveOutbound serves calls until in ends. It writes its address, then for each line of in how many sessions there are
// and the bytes that it uses, live ones and those of the whole process.
func serveOutbound(kind string, in io.Reader, out io.Writer) int {
	var mu sync.Mutex
	sessions := 0
	handled := func(ctx context.Context) {
		mu.Lock()
		sessions++
		mu.Unlock()
		<-ctx.Done()
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ended := make(chan error, 1)
	var addr string
	if kind == "eslgo" {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		addr = l.Addr().String()
		l.Close() // it takes an address only
		o := eslgo.DefaultOutboundOptions
		o.Logger, o.Context = eslgo.NilLogger{}, ctx
		go func() {
			_ = o.ListenAndServe(addr, func(ctx context.Context, _ *eslgo.Conn, _ *eslgo.RawResponse) { handled(ctx) })
		}()
		ended <- nil
	} else {
		s, err := esl.NewServer(ctx, esl.ServerOptions{Addr: "127.0.0.1:0", Handler: func(ctx context.Context, _ *esl.Session) error {
			handled(ctx)
			return nil
		}})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		addr = s.Addr()
		go func() { ended <- s.Run(ctx) }()
	}
	fmt.Fprintln(out, addr)
	for lines := bufio.NewScanner(in); lines.Scan(); {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		mu.Lock()
		fmt.Fprintln(out, sessions, m.HeapAlloc+m.StackInuse, residentBytes())
		mu.Unlock()
	}
	stop()
	if err := <-ended; err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// residentBytes is what the operating system has given this process.
func residentBytes() int {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	pages, _ := strconv.Atoi(strings.Fields(string(text))[1])
	return pages * os.Getpagesize()
}

// outboundProcess is a server in a process of its own.
type outboundProcess struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	addr string
}

func startOutboundProcess(b *testing.B, kind string) *outboundProcess {
	b.Helper()
	p := &outboundProcess{cmd: exec.Command(os.Args[0])}
	p.cmd.Env = append(os.Environ(), serverProcess+"="+kind)
	p.cmd.Stderr = os.Stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		b.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	p.out = bufio.NewReader(out)
	line, err := p.out.ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	p.addr = strings.TrimSpace(line)
	return p
}

// state asks until that many sessions are handled.
func (p *outboundProcess) state(b *testing.B, want int) (live, resident int) {
	b.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		var sessions int
		if _, err := fmt.Fprintln(p.in); err != nil {
			b.Fatal(err)
		}
		if _, err := fmt.Fscanln(p.out, &sessions, &live, &resident); err != nil {
			b.Fatal(err)
		}
		if sessions == want {
			return live, resident
		}
		if time.Now().After(deadline) {
			b.Fatalf("%d of %d sessions", sessions, want)
		}
	}
}

// BenchmarkOutboundSessions has 2,000 calls handed over, measures what each takes, and stops the server.
func BenchmarkOutboundSessions(b *testing.B) {
	const count = 2000
	data := esl.Recorded(b, "esltest/testdata/esl/outbound_async_full.txt", "server")[0]
	if !bytes.Contains(data, []byte("Socket-Mode: async")) {
		b.Fatalf("not the answer to connect: %.80q", data)
	}
	for b.Loop() {
		for _, kind := range []string{"ours", "eslgo"} {
			p := startOutboundProcess(b, kind)
			liveBefore, residentBefore := p.state(b, 0)
			began := time.Now()
			calls := make([]net.Conn, count)
			for i := range calls {
				calls[i] = handOverTo(b, p.addr, data, kind == "ours")
			}
			live, resident := p.state(b, count)
			took := time.Since(began)
			prefix := map[string]string{"eslgo": "eslgo-"}[kind]
			b.ReportMetric(float64(live-liveBefore)/count/1024, prefix+"live-KiB/session")
			b.ReportMetric(float64(resident-residentBefore)/count/1024, prefix+"resident-KiB/session")
			b.ReportMetric(count/took.Seconds(), prefix+"sessions/s")
			began = time.Now()
			p.in.Close()
			if kind == "ours" {
				for _, call := range calls {
					p := peer{Conn: call, r: bufio.NewReader(call)}
					if cmd, ok := p.command(); ok && strings.HasPrefix(cmd, "sendmsg") { // it makes sure that the call is parked
						p.reply("+OK")
						p.complete(headerOf(cmd, "Event-UUID"))
						cmd, _ = p.command()
						if cmd != "exit" {
							b.Errorf("told %q instead of exit", cmd)
						}
					}
					p.reply("+OK bye")
				}
				if err := p.cmd.Wait(); err != nil {
					b.Errorf("stop: %v", err)
				}
				b.ReportMetric(time.Since(began).Seconds(), "drain-s")
			} else {
				_ = p.cmd.Process.Kill() // it does not stop
				_ = p.cmd.Wait()
			}
			for _, call := range calls {
				call.Close()
			}
		}
	}
	b.ReportMetric(0, "ns/op")
}

// handOverTo is a call up to the point where its handler has it.
func handOverTo(b *testing.B, addr string, data []byte, prepared bool) net.Conn {
	b.Helper()
	var call net.Conn
	var err error
	for range 100 { // a server that was told its address may not listen yet
		if call, err = net.Dial("tcp", addr); err == nil {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if err != nil {
		b.Fatal(err)
	}
	_ = call.SetDeadline(time.Now().Add(time.Minute))
	p := peer{Conn: call, r: bufio.NewReader(call)}
	if cmd, ok := p.command(); !ok || cmd != "connect" {
		b.Fatalf("told %q instead of connect", cmd)
	}
	_, _ = call.Write(data)
	if prepared {
		for range 2 { // myevents, linger
			if _, ok := p.command(); !ok {
				b.Fatal("no command")
			}
			p.reply("+OK")
		}
	}
	return call
}
