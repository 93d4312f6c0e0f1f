package esl_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/percipia/eslgo"
	"github.com/percipia/eslgo/command"

	"callgate/esl"
	"callgate/esl/esltest"
)

// The benchmarks of this file measure this package beside eslgo on the same bytes in the same run, turn by turn, so
// that a noisy machine is unfair to both alike. Each reports its own figures and the ratio.

// sample is an event as the wire has it, and some of its headers.
type sample struct {
	name          string
	plain, object string // whole frames
	names, values []string
}

// makeSample is an event of those headers (names and values in turn), of which some are to be read.
func makeSample(name string, headers []string, reads int) sample {
	s := sample{name: name}
	plain, object := "", "{"
	count := len(headers) / 2
	for i := range count {
		name, value := headers[2*i], headers[2*i+1]
		plain += name + ": " + strings.ReplaceAll(url.PathEscape(value), ":", "%3A") + "\n"
		object += strings.Trim(jsonText(map[string]string{name: value}), "{}") + ","
		if i%(count/reads) == count/reads-1 {
			s.names, s.values = append(s.names, name), append(s.values, value)
		}
	}
	frame := func(kind, body string) string {
		return fmt.Sprintf("Content-Length: %d\nContent-Type: text/event-%s\n\n%s", len(body), kind, body)
	}
	s.plain, s.object = frame("plain", plain+"\n"), frame("json", strings.TrimSuffix(object, ",")+"}")
	return s
}

func jsonText(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// samples are the first 60 and the first 200 headers of a CHANNEL_HANGUP_COMPLETE as FreeSWITCH sent it, and events of as
// many headers with longer values.
func samples(b *testing.B) []sample {
	stream := string(bytes.Join(esl.Recorded(b, "testdata/queue_call_abandoned_and_admin_plain_events.txt", "server"), nil))
	at := strings.Index(stream, "Event-Name: CHANNEL_HANGUP_COMPLETE\n")
	if at < 0 {
		b.Fatal("no recorded event")
	}
	text, _, _ := strings.Cut(stream[at:], "\n\n")
	e, err := esl.ParseEvent("text/event-plain", text)
	if err != nil {
		b.Fatal(err)
	}
	var recorded []string
	for name, value := range e.All() {
		recorded = append(recorded, name, value)
	}
	long := func(count, size int) []string {
		headers := []string{"Event-Name", "CHANNEL_HANGUP_COMPLETE"}
		for i := range count - 1 {
			name := fmt.Sprintf("variable_some_name_%03d", i)
			value := strings.Repeat("0123456789abcdef", size)[:size/count-len(name)-len(": \n")]
			if i%4 == 0 { // about as many as in recorded events hold something to decode
				value = "a b:" + value[:len(value)-8] // encoded it is as long
			}
			headers = append(headers, name, value)
		}
		return headers
	}
	return []sample{
		makeSample("60_headers", recorded[:2*60], 8), makeSample("200_headers", recorded[:2*200], 20),
		makeSample("60_headers_4_KB", long(60, 4<<10), 8), makeSample("200_headers_13_KB", long(200, 13<<10), 20),
	}
}

// check reads the headers of an event by name and compares them.
func (s sample) check(get func(string) string) bool {
	for i, name := range s.names {
		if get(name) != s.values[i] {
			return false
		}
	}
	return true
}

// sender writes n events in large pieces, as a busy switch's kernel does.
func sender(p *peer, frame string) func(n int) {
	per := 64<<10/len(frame) + 1
	many := []byte(strings.Repeat(frame, per))
	return func(n int) {
		for ; n > 0; n -= per {
			_, _ = p.Write(many[:min(n, per)*len(frame)]) // the client may have gone
		}
	}
}

func ourEvents(b *testing.B, s sample, frame string, buffer int) func(n int) {
	f := newFake()
	c, _ := runUp(b, f, esl.Options{Addr: f.listen(b, nil), Events: []string{"CHANNEL_HANGUP_COMPLETE"}})
	sub := c.Subscribe(esl.SubscribeOptions{Name: "bench", Events: []string{"CHANNEL_HANGUP_COMPLETE"}, Buffer: buffer})
	send := sender(receive(b, f.events, "event connection"), frame)
	return func(n int) {
		go send(n)
		for range n {
			if e := <-sub.C; !s.check(e.Get) {
				b.Fatal("wrong header")
			}
		}
	}
}

func eslgoEvents(b *testing.B, s sample, frame string) func(n int) {
	f := newFake()
	b.Cleanup(f.close)
	c := dialEslgo(b, f.listen(b, nil))
	if err := c.EnableEvents(b.Context()); err != nil {
		b.Fatal(err)
	}
	var left atomic.Int64
	done := make(chan struct{})
	c.RegisterEventListener(eslgo.EventListenAll, func(e *eslgo.Event) {
		if !s.check(e.GetHeader) {
			b.Error("wrong header")
		}
		if left.Add(-1) == 0 {
			done <- struct{}{}
		}
	})
	send := sender(receive(b, f.events, "event connection"), frame)
	return func(n int) {
		left.Store(int64(n))
		go send(n)
		<-done
	}
}

// dialEslgo connects eslgo to a pretend switch.
func dialEslgo(b *testing.B, addr string) *eslgo.Conn {
	b.Helper()
	o := eslgo.DefaultInboundOptions
	o.Logger = eslgo.NilLogger{}
	c, err := o.Dial(addr)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(c.Close)
	return c
}

// BenchmarkPeerEvents: an event is parsed, delivered, and some of its headers are read by name and compared.
func BenchmarkPeerEvents(b *testing.B) {
	for _, s := range samples(b) {
		for _, format := range []struct{ name, frame string }{{"plain", s.plain}, {"json", s.object}} {
			b.Run(s.name+"/"+format.name, func(b *testing.B) {
				const round = 2000
				compare(b, round, ourEvents(b, s, format.frame, round), eslgoEvents(b, s, s.plain))
			})
		}
	}
}

// BenchmarkPeerCommands: 64 callers on one connection of ours beside eslgo's one after the other on one of its own, which
// is the only way to get the right replies from it, both against the same pretend switch.
func BenchmarkPeerCommands(b *testing.B) {
	sw, err := esltest.Start(esltest.Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { sw.Close() })
	c, _ := runUp(b, newFake(), esl.Options{Addr: sw.Addr(), PoolSize: 1})
	theirs := dialEslgo(b, sw.Addr())
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("%d_callers", callers), func(b *testing.B) {
			compare(b, 64*100, func(n int) {
				var wg sync.WaitGroup
				for g := range callers {
					wg.Go(func() {
						for i := range n / callers {
							want := strconv.Itoa(g) + "-" + strconv.Itoa(i)
							if got, err := c.API(b.Context(), "echo", want); got != want || err != nil {
								b.Errorf("API() = %q, %v; want %q", got, err, want)
								return
							}
						}
					})
				}
				wg.Wait()
			}, func(n int) {
				for i := range n {
					want := strconv.Itoa(i)
					got, err := theirs.SendCommand(b.Context(), command.API{Command: "echo", Arguments: want})
					if err != nil || string(got.Body) != want {
						b.Fatalf("SendCommand() = %v, %v; want %q", got, err, want)
					}
				}
			})
		})
	}
}

// compare runs n of ours and n of theirs in turn and reports both per piece: the time by the clock, and the processor
// time of this process, sender and kernel included, which a busy machine disturbs less.
func compare(b *testing.B, n int, ours, theirs func(n int)) {
	ours(n)
	theirs(n)
	var our, their cost
	for b.Loop() {
		our.measure(n, ours)
		their.measure(n, theirs)
	}
	b.ReportMetric(0, "ns/op")
	for _, u := range []struct {
		unit string
		of   func(cost) float64
	}{
		{"ns", func(c cost) float64 { return c.each(float64(c.took)) }},
		{"cpu-ns", func(c cost) float64 { return c.each(float64(c.cpu)) }},
		{"allocs", func(c cost) float64 { return c.each(float64(c.allocs)) }},
		{"B", func(c cost) float64 { return c.each(float64(c.bytes)) }},
	} {
		b.ReportMetric(u.of(our), u.unit)
		b.ReportMetric(u.of(their), "eslgo-"+u.unit)
		b.ReportMetric(u.of(their)/u.of(our), "x-"+u.unit)
	}
}

// cost is what some pieces of work took.
type cost struct {
	pieces        int
	took, cpu     time.Duration
	allocs, bytes uint64
}

func (c *cost) measure(n int, f func(int)) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began, cpu := time.Now(), processorTime()
	f(n)
	c.took, c.cpu = c.took+time.Since(began), c.cpu+processorTime()-cpu
	runtime.ReadMemStats(&after)
	c.pieces += n
	c.allocs += after.Mallocs - before.Mallocs
	c.bytes += after.TotalAlloc - before.TotalAlloc
}

func (c cost) each(total float64) float64 { return total / float64(c.pieces) }

// processorTime is what this process has used so far.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
