package store_test

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"callgate/internal/callcenter"
	"callgate/internal/fault"
	"callgate/internal/report"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// past makes the history of an agent up to a time: spans of what he did one after the other, now and then a time in which
// he was not there. The last span goes on.
func past(random *rand.Rand, agent string, from, to time.Time, mean time.Duration) (all []callcenter.AgentSpan) {
	var before callcenter.ActivityTimes
	for at := from.UnixMicro(); at < to.UnixMicro(); {
		span := callcenter.AgentSpan{Agent: agent, Activity: callcenter.Activities[random.IntN(len(callcenter.Activities))], Started: at, Before: before,
			Ended: at + 1 + random.Int64N(2*mean.Microseconds())}
		if span.Activity == callcenter.ActivityPause {
			span.Reason = []string{"", "lunch", "doctor"}[random.IntN(3)]
		}
		before.Add(span.Activity, span.Ended-span.Started)
		at = span.Ended
		if random.IntN(20) == 0 {
			at += random.Int64N(mean.Microseconds())
		}
		all = append(all, span)
	}
	last := &all[len(all)-1]
	last.Ended = 0
	return all
}

// keepPast saves a history as it comes to pass: each span goes on at first, and ends with the next.
func keepPast(t testing.TB, s *store.Store, random *rand.Rand, name string, watched time.Time, agents ...[]callcenter.AgentSpan) {
	t.Helper()
	_, err := s.BeginAgentStates(t.Context(), name, "writer")
	must(t, err)
	for _, all := range agents {
		for len(all) > 0 {
			n := min(len(all), 1+random.IntN(200))
			part := slices.Clone(all[:n])
			part[n-1].Ended = 0
			must(t, s.SaveAgentStates(t.Context(), name, "writer", part, 0))
			part[n-1].Ended = all[n-1].Ended
			must(t, s.SaveAgentStates(t.Context(), name, "writer", part, 0))
			all = all[n:]
		}
	}
	must(t, s.SaveAgentStates(t.Context(), name, "writer", nil, watched.UnixMicro()))
}

// added is AgentTimes by adding up every span.
func added(q report.AgentTimeQuery, now int64, watched map[string]int64, spans map[string][]callcenter.AgentSpan) (all []report.AgentTime) {
	sums := map[report.AgentTime]time.Duration{}
	for n, in := range q.Spans {
		add := func(name, agent string, is callcenter.Activity, reason string, from, to int64) {
			if from, to = max(from, in.From), min(to, in.To); from < to {
				sums[report.AgentTime{Span: n, Switch: name, Agent: agent, State: string(is), Reason: reason}] += time.Duration(to-from) * time.Microsecond
			}
		}
		for name, of := range spans {
			for _, span := range of {
				if len(q.Switches) > 0 && !slices.Contains(q.Switches, name) || len(q.Agents) > 0 && !slices.Contains(q.Agents, span.Agent) {
					continue
				}
				end := span.Ended
				if end == 0 {
					end = max(watched[name], span.Started)
					if span.Activity == callcenter.ActivityUnknown || now-end > 30e6 {
						add(name, span.Agent, callcenter.ActivityUnknown, "", end, now)
					}
				}
				add(name, span.Agent, span.Activity, span.Reason, span.Started, end)
			}
		}
	}
	for k, sum := range sums {
		k.Time = sum
		all = append(all, k)
	}
	sortTimes(all)
	return all
}

func sortTimes(all []report.AgentTime) {
	slices.SortFunc(all, func(a, b report.AgentTime) int {
		return cmp.Or(cmp.Compare(a.Span, b.Span), cmp.Compare(a.Switch, b.Switch), cmp.Compare(a.Agent, b.Agent), cmp.Compare(a.State, b.State), cmp.Compare(a.Reason, b.Reason))
	})
}

// TestAgentTimes: over random histories the times of any spans are what adding up all that happened comes to, at every
// edge, for who is not there any more, for what goes on, and for what nobody watched.
func TestAgentTimes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		random := rand.New(rand.NewPCG(1, 2))
		now := time.Now().Truncate(time.Microsecond)
		s.SetNow(func() time.Time { return now })
		begin := now.Add(-24 * time.Hour)
		watched := map[string]int64{"main": now.Add(-time.Second).UnixMicro(), "other": now.Add(-time.Hour).UnixMicro(), "none": now.UnixMicro()}
		spans := map[string][]callcenter.AgentSpan{}
		for name, count := range map[string]int{"main": 5, "other": 3, "none": 0} {
			us := watched[name]
			var agents [][]callcenter.AgentSpan
			for i := range count {
				to := time.UnixMicro(us)
				one := past(random, fmt.Sprint(1000+i), begin.Add(time.Duration(random.Int64N(int64(20*time.Hour)))), to, 10*time.Minute)
				if last := &one[len(one)-1]; i == 1 { // deleted
					last.Ended = last.Started + 1e6
				}
				agents = append(agents, one)
				spans[name] = append(spans[name], one...)
			}
			keepPast(t, s, random, name, time.UnixMicro(us), agents...)
		}
		edge := func() int64 {
			switch of := spans["main"]; random.IntN(4) {
			case 0:
				return of[random.IntN(len(of))].Started
			case 1:
				return of[random.IntN(len(of))].Ended
			default:
				return begin.UnixMicro() + random.Int64N((26 * time.Hour).Microseconds()) - 3600e6
			}
		}
		rows := 0
		for i := range 150 {
			q := report.AgentTimeQuery{}
			for range random.IntN(4) {
				a, b := edge(), edge()
				q.Spans = append(q.Spans, report.Span{From: min(a, b), To: max(a, b)})
			}
			switch i % 4 {
			case 1:
				q.Switches = []string{"main", "x"}
			case 2:
				q.Agents = []string{"1000", "1002", "x"}
			}
			got, err := s.AgentTimes(t.Context(), q)
			must(t, err)
			rows += len(got)
			sortTimes(got)
			if diff := gocmp.Diff(added(q, now.UnixMicro(), watched, spans), got); diff != "" {
				t.Fatalf("%+v: mismatch (-want, +got):\n%s", q, diff)
			}
		}
		if rows < 500 {
			t.Errorf("only %d rows", rows)
		}
	})
}

// TestAgentStateWriters: who begins takes over, whoever wrote before is refused, and what was saved is there again.
func TestAgentStateWriters(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		kept, err := s.BeginAgentStates(ctx, "main", "first")
		if err != nil || kept.Watched != 0 || len(kept.Last) != 0 {
			t.Fatalf("%+v %v", kept, err)
		}
		span := func(agent string, is callcenter.Activity, from, to int64) callcenter.AgentSpan {
			return callcenter.AgentSpan{Agent: agent, Activity: is, Started: from, Ended: to}
		}
		must(t, s.SaveAgentStates(ctx, "main", "first", []callcenter.AgentSpan{span("a", callcenter.ActivityReady, 10, 0), span("b", callcenter.ActivityReady, 5, 0)}, 20))
		later := span("a", callcenter.ActivityPause, 30, 0)
		later.Reason, later.Before = "обед", callcenter.ActivityTimes{7: 20}
		second := []callcenter.AgentSpan{span("a", callcenter.ActivityReady, 10, 30), later, span("b", callcenter.ActivityReady, 5, 25)}
		for range 2 { // the answer to the first was lost
			must(t, s.SaveAgentStates(ctx, "main", "first", second, 40))
		}
		must(t, s.SaveAgentStates(ctx, "main", "first", nil, 35))
		if err := s.SaveAgentStates(ctx, "other", "first", nil, 50); !errors.Is(err, fault.New(fault.Conflict, "writer")) {
			t.Errorf("on a switch that it never began with: %v", err)
		}
		_, err = s.BeginAgentStates(ctx, "other", "first")
		must(t, err)
		must(t, s.SaveAgentStates(ctx, "other", "first", second[:1], 50))

		kept, err = s.BeginAgentStates(ctx, "main", "second")
		must(t, err)
		slices.SortFunc(kept.Last, func(a, b callcenter.AgentSpan) int { return cmp.Compare(a.Agent, b.Agent) })
		if diff := gocmp.Diff(callcenter.StatesKept{Watched: 40, Last: second[1:]}, kept); diff != "" {
			t.Errorf("mismatch (-want, +got):\n%s", diff)
		}
		if err := s.SaveAgentStates(ctx, "main", "first", second, 60); !errors.Is(err, fault.New(fault.Conflict, "writer")) {
			t.Errorf("by who wrote before: %v", err)
		}
		if failure, _ := fault.Of(s.SaveAgentStates(ctx, "main", "first", second, 60)); failure.Kind == fault.StorageDown {
			t.Error("to be tried again")
		}
		must(t, s.SaveAgentStates(ctx, "main", "second", nil, 60))
	})
}

// TestAgentSpans lists an agent's spans by pages, of one switch or all.
func TestAgentSpans(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		random := rand.New(rand.NewPCG(3, 4))
		begin := time.UnixMicro(1_700_000_000_000_000)
		over := begin.Add(10 * time.Hour)
		var want []report.AgentSpan
		for _, name := range []string{"main", "other"} {
			one := past(random, "1000", begin, over, 10*time.Minute)
			keepPast(t, s, random, name, over.Add(time.Minute), one, past(random, "1001", begin, over, 10*time.Minute))
			for _, span := range one {
				w := report.AgentSpan{Switch: name, State: string(span.Activity), Reason: span.Reason, Started: span.Started, Ended: span.Ended}
				if span.Ended == 0 {
					w.Watched = over.Add(time.Minute).UnixMicro()
				}
				want = append(want, w)
			}
		}
		slices.SortFunc(want, func(a, b report.AgentSpan) int {
			return cmp.Or(cmp.Compare(b.Started, a.Started), cmp.Compare(a.Switch, b.Switch))
		})
		if want[len(want)-1].Started != want[len(want)-2].Started {
			t.Fatal("no two begin at once")
		}
		for _, tt := range []struct {
			name     string
			q        report.AgentSpanQuery
			from, to int64
		}{
			{"all", report.AgentSpanQuery{Limit: 7}, 0, over.UnixMicro()},
			{"one a page", report.AgentSpanQuery{Limit: 1}, 0, over.UnixMicro()},
			{"one switch", report.AgentSpanQuery{Switch: "other", Limit: 1000}, 0, over.UnixMicro()},
			{"no switch", report.AgentSpanQuery{Switch: "x", Limit: 1000}, 0, over.UnixMicro()},
			{"a time", report.AgentSpanQuery{Limit: 3}, begin.Add(3 * time.Hour).UnixMicro(), begin.Add(5 * time.Hour).UnixMicro()},
			{"from an edge to an edge", report.AgentSpanQuery{Limit: 3}, want[20].Started, want[10].Started},
			{"after the last began", report.AgentSpanQuery{Limit: 3}, over.UnixMicro(), over.UnixMicro() + 1e12},
		} {
			t.Run(tt.name, func(t *testing.T) {
				var some, got []report.AgentSpan
				for _, span := range want {
					if (tt.q.Switch == "" || span.Switch == tt.q.Switch) && span.Started < tt.to && (span.Ended == 0 || span.Ended > tt.from) {
						some = append(some, span)
					}
				}
				q := tt.q
				q.Agent, q.From, q.To = "1000", tt.from, tt.to
				for {
					page, err := s.AgentSpans(t.Context(), q)
					must(t, err)
					got = append(got, page...)
					if len(page) < q.Limit {
						break
					}
					last := page[len(page)-1]
					q.After = report.AgentSpanPlace{Started: last.Started, Switch: last.Switch}
				}
				if diff := gocmp.Diff(some, got); diff != "" {
					t.Errorf("mismatch (-want, +got):\n%s", diff)
				}
			})
		}
	})
}

// TestPruneAgents: what is deleted is only what was over before, and the times of later periods stay.
func TestPruneAgents(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		random := rand.New(rand.NewPCG(5, 6))
		over := time.Now().Truncate(time.Microsecond)
		begin := over.Add(-10 * time.Hour)
		one := past(random, "1000", begin, over, 10*time.Second)
		gone := past(random, "1001", begin, begin.Add(time.Hour), 10*time.Second)
		gone[len(gone)-1].Ended = gone[len(gone)-1].Started + 1
		keepPast(t, s, random, "main", over, one, gone)
		before := begin.Add(7 * time.Hour)
		statuses, rows := 0, []string{}
		for i := range 2500 {
			at := begin.Add(time.Duration(i) * 10 * time.Second)
			if at.Before(before) {
				statuses++
			}
			rows = append(rows, fmt.Sprintf("(%d, 'main', '1000', 'On Break', '', '')", at.UnixMicro()))
		}
		must(t, s.Exec(ctx, `INSERT INTO agent_status_history (at, switch_name, agent, status, reason, changed_by) VALUES `+strings.Join(rows, ", ")))
		if statuses < 2000 || len(one) < 2500 {
			t.Fatal("too little for several steps")
		}
		q := report.AgentTimeQuery{Spans: []report.Span{{From: before.UnixMicro(), To: over.UnixMicro()}}}
		want, err := s.AgentTimes(ctx, q)
		must(t, err)
		ended := len(gone) + statuses
		for _, span := range one {
			if span.Ended != 0 && span.Ended <= before.UnixMicro() {
				ended++
			}
		}
		n, err := s.PruneAgents(ctx, before)
		if err != nil || n != int64(ended) {
			t.Errorf("%d deleted, want %d (%v)", n, ended, err)
		}
		got, err := s.AgentTimes(ctx, q)
		must(t, err)
		if diff := gocmp.Diff(want, got); diff != "" || len(got) == 0 {
			t.Errorf("mismatch (-want, +got):\n%s", diff)
		}
		if all, err := s.AgentStatuses(ctx, "", "1000", 5000); err != nil || len(all) != 2500-statuses {
			t.Errorf("%d statuses (%v)", len(all), err)
		}
		if n, err := s.PruneAgents(ctx, before); err != nil || n != 0 {
			t.Errorf("again: %d %v", n, err)
		}
	})
}

// TestAgentStatusesSince: the last statuses of one switch.
func TestAgentStatusesSince(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		status := func(seconds int, name string) callcenter.AgentStatus {
			return callcenter.AgentStatus{At: at(seconds), Switch: name, Agent: "1000", Status: "On Break", Reason: "обед", By: "анна"}
		}
		for _, one := range []callcenter.AgentStatus{status(3, "main"), status(1, "main"), status(2, "main"), status(4, "other")} {
			must(t, s.AddAgentStatus(ctx, one))
		}
		got, err := s.AgentStatusesSince(ctx, "main", at(2))
		if diff := gocmp.Diff([]callcenter.AgentStatus{status(2, "main"), status(3, "main")}, got); diff != "" || err != nil {
			t.Errorf("%v, mismatch (-want, +got):\n%s", err, diff)
		}
	})
}
