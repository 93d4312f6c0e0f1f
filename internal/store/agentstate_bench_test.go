package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"time"

	"callgate/internal/callcenter"
	"callgate/internal/report"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// processorTime is how much of it this process has used.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkAgentTimes fills a database with a month of 500 agents, 1,000 spans each, and measures what their times cost: the
// 95th percentile of the whole month, and of each of its days; and what it costs to save a second in which fifty of
// them do something else.
func BenchmarkAgentTimes(b *testing.B) {
	const agents, days = 500, 30
	for _, tt := range []struct {
		name     string
		database func(testing.TB) string
	}{{"postgres", func(tb testing.TB) string { address, _ := storetest.Durable(tb); return address }}, {"sqlite", storetest.SQLite}} {
		b.Run(tt.name, func(b *testing.B) {
			ctx, s := b.Context(), storetest.Open(b, tt.database(b), store.Options{Timeout: time.Minute})
			random := rand.New(rand.NewPCG(1, 2))
			over := time.Now().UTC().Truncate(time.Hour)
			begin := over.Add(-days * 24 * time.Hour)
			_, err := s.BeginAgentStates(ctx, "main", "writer")
			must(b, err)
			last := make([]callcenter.AgentSpan, agents)
			for i := range agents {
				all := past(random, fmt.Sprintf("%04d@default", i), begin.Add(-time.Hour), over, days*24*time.Hour/1000)
				last[i] = all[len(all)-1]
				must(b, s.SaveAgentStates(ctx, "main", "writer", all, over.UnixMicro()))
			}
			if tt.name == "postgres" {
				must(b, s.Exec(ctx, `ANALYZE`))
			}
			month := report.AgentTimeQuery{Spans: []report.Span{{From: begin.UnixMicro(), To: over.UnixMicro()}}}
			var daily report.AgentTimeQuery
			for i := range days {
				at := begin.Add(time.Duration(i) * 24 * time.Hour)
				daily.Spans = append(daily.Spans, report.Span{From: at.UnixMicro(), To: at.Add(24 * time.Hour).UnixMicro()})
			}
			for _, m := range []struct {
				name string
				do   func()
			}{
				{"month", func() {
					rows, err := s.AgentTimes(ctx, month)
					if must(b, err); len(rows) < agents*8 {
						b.Fatalf("%d rows", len(rows))
					}
				}},
				{"days", func() {
					rows, err := s.AgentTimes(ctx, daily)
					if must(b, err); len(rows) < agents*days*8 {
						b.Fatalf("%d rows", len(rows))
					}
				}},
				{"save", func() {
					var page []callcenter.AgentSpan
					for range 50 {
						l := &last[random.IntN(agents)]
						if slices.ContainsFunc(page, func(s callcenter.AgentSpan) bool { return s.Agent == l.Agent }) {
							continue
						}
						l.Ended = l.Started + 1 + random.Int64N(10e6)
						page = append(page, *l)
						l.Before.Add(l.Activity, l.Ended-l.Started)
						l.Started, l.Ended = l.Ended, 0
						page = append(page, *l)
					}
					must(b, s.SaveAgentStates(ctx, "main", "writer", page, over.UnixMicro()))
				}},
			} {
				var took []time.Duration
				used := processorTime(b)
				for len(took) < 40 {
					began := time.Now()
					m.do()
					took = append(took, time.Since(began))
				}
				b.ReportMetric(float64((processorTime(b)-used).Microseconds())/1000/float64(len(took)), m.name+"-cpu-ms") // without PostgreSQL's
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, m.name+"-p95-ms")
				b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, m.name+"-p50-ms")
			}
		})
	}
}
