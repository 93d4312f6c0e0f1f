package callcenter_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"callgate/esl/esltest"
	"callgate/internal/callcenter"
)

// series are the time series of queues that are not 0, and how many there are of each metric. Of a histogram it is
// how many were observed up to half a minute, of all, and their sum.
func (c *centre) series(t *testing.T) (lines []string, found map[string]int) {
	t.Helper()
	families, err := c.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found = map[string]int{}
	for _, f := range families {
		name, ours := strings.CutPrefix(f.GetName(), "callcenter_")
		if !ours {
			continue
		}
		for _, m := range f.GetMetric() {
			found[name]++
			var labels []string
			for _, l := range m.GetLabel() {
				if l.GetName() != "switch" {
					labels = append(labels, l.GetValue())
				}
			}
			line := name + " " + strings.Join(labels, " ")
			if h := m.GetHistogram(); h.GetSampleCount() > 0 {
				lines = append(lines, fmt.Sprintf("%s %d/%d %v", line, h.GetBucket()[4].GetCumulativeCount(), h.GetSampleCount(), h.GetSampleSum()))
			} else if n := m.GetGauge().GetValue() + m.GetCounter().GetValue(); n != 0 {
				lines = append(lines, fmt.Sprintf("%s %v", line, n))
			}
		}
	}
	return lines, found
}

// TestQueueMetrics follows callers through the metrics of their queues.
func TestQueueMetrics(t *testing.T) {
	cfg := centreConfig(esltest.Agent{Name: "1000", Status: "Available", WrapUp: 10}, esltest.Agent{Name: "1001", Status: "On Break"})
	cfg.Queues = append(cfg.Queues, esltest.Queue{Name: "short@d", MaxWaitTime: 10}, esltest.Queue{Name: "empty@d", MaxWaitNoAgent: 5})
	inBubble(t, []esltest.Config{cfg}, func(t *testing.T, c *centre) {
		check := func(when string, want ...string) {
			t.Helper()
			if got, _ := c.series(t); !slices.Equal(got, want) {
				t.Errorf("%s\ngot  %q\nwant %q", when, got, want)
			}
		}
		idle := []string{"agents sales@d pause 1", "agents sales@d ready 1", "agents support@d pause 1", "agents support@d ready 1"}
		check("before", idle...)
		call(t, c.nodes[0].Switch, "sales", time.Minute)
		pass(time.Second)
		call(t, c.nodes[0].Switch, "sales", 20*time.Second)
		pass(time.Second)
		check("ringing", "agents sales@d pause 1", "agents sales@d ringing 1", "agents support@d pause 1", "agents support@d ringing 1",
			"queue_longest_wait_seconds sales@d 2", "queue_waiting sales@d 2")
		pass(8 * time.Second)
		check("talking", "agents sales@d pause 1", "agents sales@d talking 1", "agents support@d pause 1", "agents support@d talking 1",
			"calls_total answered sales@d 1", "queue_longest_wait_seconds sales@d 9", "queue_talking sales@d 1", "queue_waiting sales@d 1",
			"wait_seconds answered sales@d 1/1 3")
		call(t, c.nodes[0].Switch, "short", time.Minute)
		call(t, c.nodes[0].Switch, "empty", time.Minute)
		pass(51 * time.Second)
		ended := []string{"calls_total abandoned sales@d 1", "calls_total answered sales@d 1", "calls_total no_agent empty@d 1", "calls_total timeout short@d 1",
			"talk_seconds sales@d 0/1 57", "wait_seconds abandoned sales@d 1/1 20", "wait_seconds answered sales@d 1/1 3",
			"wrap_up_seconds_total sales@d 10"}
		check("wrapping up", append([]string{"agents sales@d pause 1", "agents sales@d wrap_up 1", "agents support@d pause 1", "agents support@d wrap_up 1"}, ended...)...)
		pass(time.Minute)
		check("after", append(slices.Clone(idle), ended...)...)
		if _, found := c.series(t); found["agents"] != 4*8 || found["calls_total"] != 4*7 || found["wait_seconds"] != 4*2 || found["talk_seconds"] != 4 || found["queue_waiting"] != 4 {
			t.Errorf("series that are 0 are missing: %v", found)
		}

		c.nodes[0].RefuseByACL(true)
		c.nodes[0].CutConnections()
		pass(time.Second)
		check("the switch is down", ended...)
		if _, found := c.series(t); found["agents"]+found["queue_waiting"]+found["queue_longest_wait_seconds"] != 0 {
			t.Errorf("of a switch that is down: %v", found)
		}
		call(t, c.nodes[0].Switch, "short", time.Minute) // nobody hears of him
		pass(time.Minute)
		c.nodes[0].RefuseByACL(false)
		pass(time.Minute)
		unseen := slices.Insert(slices.Clone(ended), 4, "calls_total unknown short@d 1")
		check("up again", append(slices.Clone(idle), unseen...)...)
	})
}

// BenchmarkScrape is a scrape of 500 queues with 5,000 agents and 20,000 tiers.
func BenchmarkScrape(b *testing.B) {
	_, link := startBig(b, "500/5000/20000")
	r := prometheus.NewRegistry()
	c := callcenter.New(callcenter.Options{Links: []callcenter.Link{link}, Interval: always(time.Hour), MaxAge: always(time.Hour), Registerer: r})
	if err := c.ReadNow(b.Context(), "big"); err != nil {
		b.Fatal(err)
	}
	exposition := promhttp.HandlerFor(r, promhttp.HandlerOpts{DisableCompression: true})
	answer, used := sink{header: http.Header{}}, processor(b)
	for b.Loop() {
		answer.size = 0
		exposition.ServeHTTP(&answer, httptest.NewRequest("GET", "/metrics", nil))
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/1e3/float64(b.N), "ms/scrape")
	b.ReportMetric(float64((processor(b)-used).Microseconds())/1e3/float64(b.N), "cpu-ms/scrape")
	b.ReportMetric(float64(answer.size)/1e6, "MB")
}

// sink counts what is answered.
type sink struct {
	header http.Header
	size   int
}

func (s *sink) Header() http.Header { return s.header }
func (s *sink) WriteHeader(int)     {}
func (s *sink) Write(b []byte) (int, error) {
	s.size += len(b)
	return len(b), nil
}

// processor is the processor time that this process has used.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
