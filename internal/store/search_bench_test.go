package store_test

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"callgate/cdr"
	"callgate/internal/history"
	"callgate/internal/project"
	"callgate/internal/report"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

const searches = 200 // of each kind

// BenchmarkSearch fills a database with LEGS legs (1,000,000 unless the environment says otherwise) of queue calls over
// ninety days, with small documents, and measures what a search takes, and reports of a month, once old figures are summed
// up as a Keeper does: the 95th percentile, each with other values.
func BenchmarkSearch(b *testing.B) {
	legs := 1_000_000
	if text := os.Getenv("LEGS"); text != "" {
		var err error
		if legs, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name     string
		database func(testing.TB) string
	}{{"postgres", func(tb testing.TB) string { address, _ := storetest.Durable(tb); return address }}, {"sqlite", storetest.SQLite}} {
		b.Run(tt.name, func(b *testing.B) {
			s := storetest.Open(b, tt.database(b), store.Options{Timeout: time.Minute})
			land := newLand(legs)
			began := time.Now()
			land.fill(b, s)
			b.ReportMetric(float64(legs)/time.Since(began).Seconds(), "filled-legs/s")
			var held []float64
			for next := int64(0); ; {
				var took time.Duration
				var err error
				if next, took, err = s.FoldFigures(b.Context(), next, time.Now().AddDate(0, 0, -1).UnixMicro()); err != nil {
					b.Fatal(err)
				}
				if next == 0 {
					break
				}
				held = append(held, float64(took.Microseconds())/1000)
			}
			slices.Sort(held)
			b.ReportMetric(held[len(held)*95/100], "fold-p95-ms")
			if tt.name == "postgres" {
				if err := s.Exec(b.Context(), `ANALYZE`); err != nil {
					b.Fatal(err)
				}
			}
			page := func(q history.Query) func() int {
				q.Limit = 50
				return func() int {
					found, err := s.Calls(b.Context(), q)
					if err != nil {
						b.Fatal(err)
					}
					return len(found)
				}
			}
			random := rand.New(rand.NewPCG(1, 2))
			for _, search := range []struct {
				name string
				make func() func() int
			}{
				{"number", func() func() int { return page(history.Query{Number: land.caller(random.IntN(land.calls))}) }},
				{"number-begins", func() func() int {
					return page(history.Query{Beginnings: []string{land.caller(random.IntN(land.calls))[:9]}})
				}},
				{"code-begins", func() func() int {
					return page(history.Query{Beginnings: []string{land.caller(random.IntN(land.calls))[:5]}})
				}},
				{"day", func() func() int { return page(land.day(random)) }},
				{"day-of-project", func() func() int { q := land.day(random); q.Projects = []string{"p3"}; return page(q) }},
				{"day-of-agent", func() func() int {
					q := land.day(random)
					q.Agent = fmt.Sprint("agent", random.IntN(500))
					return page(q)
				}},
				{"day-abandoned-long", func() func() int {
					q := land.day(random)
					q.Dispositions, q.MinDuration = []history.Disposition{history.Abandoned}, 60
					return page(q)
				}},
				{"month-of-report", func() func() int {
					first := report.DateOf(land.first.AddDate(0, 0, random.IntN(60)))
					return func() int {
						rows, err := report.NewCentre(s, owners{}, time.UTC).Report(b.Context(), first, first.Add(29), nil)
						if err != nil || len(rows) != 30*40+1 {
							b.Fatalf("%d rows, %v", len(rows), err)
						}
						return len(rows)
					}
				}},
				{"month-of-queues", func() func() int {
					q := land.month(random, report.Day)
					return func() int {
						rows, err := report.NewReports(s).Figures(b.Context(), q, report.OfQueues, report.By{Queue: true})
						if err != nil || len(rows) != 30*20 {
							b.Fatalf("%d rows, %v", len(rows), err)
						}
						return len(rows)
					}
				}},
				{"month-of-agents", func() func() int {
					q := land.month(random, report.Whole)
					return func() int {
						rows, err := report.NewReports(s).Agents(b.Context(), q)
						if err != nil || len(rows) != 500 {
							b.Fatalf("%d rows, %v", len(rows), err)
						}
						return len(rows)
					}
				}},
				{"month-of-heatmap", func() func() int {
					q := land.month(random, report.Hour)
					return func() int {
						cells, err := report.NewReports(s).HeatMap(b.Context(), q, report.OfNumbers)
						if err != nil || len(cells) != 7*24 {
							b.Fatalf("%d cells, %v", len(cells), err)
						}
						return len(cells)
					}
				}},
				{"month-of-causes", func() func() int {
					q := land.month(random, report.Day)
					return func() int {
						rows, err := report.NewReports(s).Endings(b.Context(), q)
						if err != nil {
							b.Fatal(err)
						}
						return len(rows)
					}
				}},
				{"one-call", func() func() int {
					leg := fmt.Sprint("agent-", random.IntN(land.calls))
					return func() int {
						if _, err := s.Call(b.Context(), leg, nil); err != nil {
							b.Fatal(err)
						}
						return 1
					}
				}},
				{"one-document", func() func() int {
					leg := fmt.Sprint("agent-", random.IntN(land.calls))
					return func() int {
						if _, ok, err := s.CDR(b.Context(), leg); !ok || err != nil {
							b.Fatal(err)
						}
						return 1
					}
				}},
			} {
				var took []float64
				for range searches {
					run := search.make()
					start := time.Now()
					if run() == 0 && !strings.HasPrefix(search.name, "day-") {
						b.Fatalf("%s: nothing found", search.name)
					}
					took = append(took, float64(time.Since(start).Microseconds())/1000)
				}
				slices.Sort(took)
				b.ReportMetric(took[len(took)*95/100], search.name+"-p95-ms")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// land is a contact centre of 20 projects and 500 agents, and its calls, of two legs each.
type land struct {
	calls int
	first time.Time
	step  time.Duration
}

func newLand(legs int) *land {
	const days = 90
	l := &land{calls: legs / 2, first: time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -days)}
	l.step = days * 24 * time.Hour / time.Duration(max(l.calls, 1))
	return l
}

// caller is who called: one in three calls again.
func (l *land) caller(call int) string {
	if call%3 == 2 {
		call -= 2
	}
	return fmt.Sprintf("+79%09d", uint64(call)*7_368_787%1_000_000_000)
}

func (l *land) day(random *rand.Rand) history.Query {
	from := l.first.AddDate(0, 0, random.IntN(89))
	return history.Query{From: from.UnixMicro(), To: from.AddDate(0, 0, 1).UnixMicro()}
}

func (l *land) month(random *rand.Rand, interval report.Interval) report.Query {
	from := l.first.AddDate(0, 0, random.IntN(60))
	return report.Query{From: from, To: from.AddDate(0, 0, 30), Interval: interval, Service: report.Service{Threshold: 20, Short: 5}}
}

// project, and the number and the queue that are its.
func (*land) project(call int) int { return call % 20 }

func (l *land) fill(b *testing.B, s *store.Store) {
	b.Helper()
	const batch = 2000
	var docs []*history.Document
	for call := range l.calls {
		for _, r := range l.records(call) {
			docs = append(docs, &history.Document{Record: r, Leg: history.NewLeg(r, r.End, owners{}), Packed: s.Pack(r.Raw), Received: r.End})
		}
		if len(docs) >= batch || call == l.calls-1 {
			if _, err := s.SaveCDRs(b.Context(), docs); err != nil {
				b.Fatal(err)
			}
			docs = docs[:0]
		}
	}
}

func (l *land) records(call int) []*cdr.Record {
	start := l.first.Add(time.Duration(call) * l.step)
	us, s := start.UnixMicro(), start.Unix()
	wait, talk := int64(call%60), int64(call%400)
	caller, agent := fmt.Sprint("caller-", call), fmt.Sprint("agent-", call)
	queue := fmt.Sprint("queue", l.project(call))
	own := fmt.Sprintf("+749500000%02d", l.project(call))
	end := us + (wait+talk)*1_000_000
	member := &cdr.Record{Leg: caller, ALeg: true, Call: caller, CoreUUID: "core", SwitchName: "fs", Direction: "inbound", Start: us, Answer: us, End: end,
		HangupCause: "NORMAL_CLEARING", Side: "member", Queue: queue, Agent: fmt.Sprint("agent", call%500), Member: fmt.Sprint("stay-", call), JoinedEpoch: s,
		AnsweredEpoch: s + wait, QueueCause: "answered", Queues: []cdr.QueueEntry{{Queue: queue, At: us}}, Peers: []string{agent},
		Caller: l.caller(call), Called: own, Bridged: us + wait*1_000_000, Readable: true}
	ring := &cdr.Record{Leg: agent, Call: caller, CoreUUID: "core", SwitchName: "fs", Direction: "outbound", Start: us + wait*1_000_000, Answer: us + wait*1_000_000,
		End: end, HangupCause: "NORMAL_CLEARING", Side: "agent", Queue: queue, Agent: member.Agent, AgentType: "callback", Member: member.Member,
		MemberLeg: caller, JoinedEpoch: s, Peers: []string{caller}, Caller: member.Caller, Called: fmt.Sprint(1000 + call%500), Bridged: member.Bridged,
		Dialled: true, Readable: true}
	if call%7 == 0 { // nobody answered
		member.QueueCause, member.CancelReason, member.AnsweredEpoch, member.CanceledEpoch = "cancel", "BREAK_OUT", 0, s+wait+talk
		member.Agent, member.Peers, member.Bridged = "", nil, 0
		ring.Answer, ring.Bridged, ring.HangupCause, ring.Dialled, ring.ALeg, ring.Peers = 0, 0, "NO_ANSWER", false, true, nil
	}
	for _, r := range []*cdr.Record{member, ring} {
		r.Raw = []byte("<cdr>" + r.Leg + "</cdr>")
		r.Digest = sha256.Sum256(r.Raw)
	}
	return []*cdr.Record{member, ring}
}

// owners own the numbers of land.
type owners struct{ storetest.Nowhere }

func (owners) List() []project.Project {
	var all []project.Project
	for n := range 20 {
		all = append(all, project.Project{ID: fmt.Sprint("p", n), SLSeconds: project.DefaultSLSeconds})
	}
	return all
}

func (owners) Owner(number string) string {
	if len(number) == 12 && number[:10] == "+749500000" {
		n, err := strconv.Atoi(number[10:])
		if err == nil {
			return fmt.Sprint("p", n)
		}
	}
	return ""
}
