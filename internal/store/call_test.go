package store_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/cdr"
	"callgate/internal/history"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// randomCalls are the records of so many calls: callers in queues, some served, some rung for in vain, some passed on to
// another queue, some that only rang somebody.
func randomCalls(random *rand.Rand, calls int) (legs [][]*cdr.Record) {
	for n := range calls {
		start := at(random.IntN(4*3600)).UnixMicro() + int64(random.IntN(1_000_000))
		second := func(us int64) int64 { return us / 1_000_000 }
		own := fmt.Sprintf("caller-%d", n)
		caller := &cdr.Record{Leg: own, ALeg: true, Call: own, Direction: "inbound", Start: start, Answer: start, HangupCause: "NORMAL_CLEARING",
			Caller: fmt.Sprintf("+7900%07d", random.IntN(50)), Called: fmt.Sprintf("7495000000%d", random.IntN(3)), Readable: true}
		all := []*cdr.Record{caller}
		now := start
		for visit := range random.IntN(3) {
			stay, queue := fmt.Sprintf("stay-%d-%d", n, visit), fmt.Sprintf("queue%d", random.IntN(2))
			joined := now + int64(random.IntN(3_000_000))
			caller.Side, caller.Queue, caller.Member, caller.JoinedEpoch = "member", queue, stay, second(joined)
			caller.Queues = append(caller.Queues, cdr.QueueEntry{Queue: queue, At: joined})
			caller.QueueCause, caller.CancelReason = "cancel", "BREAK_OUT"
			now = joined + int64(random.IntN(200))*1_000_000
			caller.CanceledEpoch = second(now)
			for ring := range random.IntN(3) {
				agent := &cdr.Record{Leg: fmt.Sprintf("agent-%d-%d-%d", n, visit, ring), ALeg: true, Call: own, MemberLeg: own, Member: stay, Side: "agent",
					Queue: queue, Agent: fmt.Sprintf("100%d", random.IntN(4)), AgentType: "callback", JoinedEpoch: second(joined), Direction: "outbound",
					Start: now, End: now + 5_000_000, HangupCause: "NO_ANSWER", Caller: caller.Caller, Called: "1001", Readable: true}
				all = append(all, agent)
				if random.IntN(2) == 0 {
					agent.Answer, agent.Bridged, agent.ALeg, agent.Dialled = now+2_000_000, now+2_000_000, false, true
					agent.End = agent.Answer + int64(random.IntN(300))*1_000_000
					agent.HangupCause, agent.HoldSeconds, agent.Peers = "NORMAL_CLEARING", int64(random.IntN(2)*random.IntN(20)), []string{own}
					caller.QueueCause, caller.CancelReason, caller.Agent = "answered", "", agent.Agent
					caller.AnsweredEpoch, caller.CanceledEpoch, caller.Bridged = second(agent.Answer), 0, agent.Answer
					caller.Peers = append(caller.Peers, agent.Leg)
					now = agent.End
					break
				}
				now += 5_000_000
			}
		}
		caller.End = now + 1_000_000
		if random.IntN(4) == 0 { // somebody whom the caller was passed on to, by his own leg's uuid only
			all = append(all, &cdr.Record{Leg: fmt.Sprintf("passed-%d", n), Call: all[len(all)-1].Leg, Direction: "outbound", Start: now, End: now + 9_000_000,
				Dialled: true, HangupCause: "NORMAL_CLEARING", Called: "+79261112233", Readable: true})
		}
		for i, r := range all {
			r.Raw = fmt.Appendf(nil, "<cdr>%d.%d</cdr>", n, i)
			r.Digest = sha256.Sum256(r.Raw)
		}
		legs = append(legs, all)
	}
	return legs
}

// around knows a project, and agents' wrap-up.
type around struct{ storetest.Nowhere }

func (around) Owner(number string) string {
	if strings.HasSuffix(number, "0") {
		return "p"
	}
	return ""
}

func (around) WrapUp(_, agent string) (int64, bool) { return 7, agent != "1003" }

// TestJoinAnyOrder: whatever the order in which legs come, in whatever batches, from two processes, twice, the calls are
// those that their legs make, and the figures theirs.
func TestJoinAnyOrder(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 1))
		truth := randomCalls(random, 60)
		document := func(r *cdr.Record) *history.Document {
			d := storetest.Document(nil, r, at(0))
			d.Leg = history.NewLeg(r, d.Received, around{})
			return d
		}
		var all []*history.Document
		want := map[string]string{}
		for _, records := range truth {
			var legs []*history.Leg
			for _, r := range records {
				d := document(r)
				all, legs = append(all, d), append(legs, d.Leg)
			}
			want[legs[0].Leg] = shape(t, history.Join(legs))
		}
		all = append(all, all[:len(all)/3]...) // some come again
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		batches := make(chan []*history.Document, len(all))
		for rest := all; len(rest) > 0; {
			n := min(len(rest), 1+random.IntN(12))
			batches <- rest[:n]
			rest = rest[n:]
		}
		close(batches)
		one := open()
		var wg sync.WaitGroup
		for _, s := range []*store.Store{one, open()} {
			wg.Go(func() {
				for b := range batches {
					packed := make([]*history.Document, len(b))
					for i, d := range b {
						c := *d
						c.Packed = s.Pack(d.Record.Raw)
						packed[i] = &c
					}
					if _, err := s.SaveCDRs(context.Background(), packed); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		got := map[string]string{}
		q := history.Query{To: at(24 * 3600).UnixMicro(), Limit: 7}
		for {
			page, err := one.Calls(t.Context(), q)
			must(t, err)
			for _, f := range page {
				got[f.UUID] = shape(t, &f.Call)
				q.After = f.Place
			}
			if len(page) < q.Limit {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("calls mismatch (-want, +got):\n%s", diff)
		}
		if n, err := one.WrongFigures(t.Context()); n != 0 || err != nil {
			t.Errorf("%d figures are wrong, %v", n, err)
		}
		// The check is one: it sees a figure that is off, and mends it.
		must(t, one.Exec(t.Context(), `UPDATE rollups SET inbound = inbound + 1, answered_longest = answered_longest + 1 WHERE queue = ''`))
		must(t, one.Exec(t.Context(), `DELETE FROM rollups WHERE queue = 'queue1'`))
		if n, err := one.WrongFigures(t.Context()); n == 0 || err != nil {
			t.Errorf("nothing is wrong, %v", err)
		}
		n, err := one.RebuildFigures(t.Context(), store.Rebuild{To: at(48 * 3600).UnixMicro(), Mend: true})
		if n == 0 || err != nil {
			t.Errorf("%d mended, %v", n, err)
		}
		for range 2 {
			if n, err := one.WrongFigures(t.Context()); n != 0 || err != nil {
				t.Errorf("%d figures are wrong after a rebuild, %v", n, err)
			}
			save(t, one, record("another", "another", "<cdr/>"))
		}
	})
}

// shape is a call as text, without what depends on when it came.
func shape(t *testing.T, c *history.Call) string {
	t.Helper()
	legs := []string{}
	for _, l := range c.Legs {
		legs = append(legs, l.Leg)
	}
	slices.Sort(legs)
	text, err := json.Marshal(struct {
		UUID, Project, Disposition, HungUp string
		Started, Wait, Talk, Hold, Wrap    int64
		Visits                             []history.Visit
		Legs                               []string
	}{c.UUID, c.Project, string(c.Disposition), string(c.HungUp), c.Started, c.Wait, c.Talk, c.Hold, c.Wrap, c.Visits, legs})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestJoinTooMany: legs without end that all name one call are kept, as calls of a bounded size, and each takes no longer
// than the one before.
func TestJoinTooMany(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		const legs = 1500
		for n := 0; n < legs; {
			var docs []*history.Document
			for range 100 {
				r := record(fmt.Sprint("leg", n), "one", fmt.Sprintf("<cdr>%d</cdr>", n))
				r.Start += int64(n)
				docs = append(docs, storetest.Document(s, r, at(0)))
				n++
			}
			_, err := s.SaveCDRs(t.Context(), docs)
			must(t, err)
		}
		q := history.Query{To: at(3600).UnixMicro(), Limit: 1000}
		found, err := s.Calls(t.Context(), q)
		must(t, err)
		known := map[string]bool{}
		for _, f := range found {
			for _, l := range f.Legs {
				known[l.Leg] = true
			}
			if len(f.Legs) > 256 {
				t.Errorf("a call of %d legs", len(f.Legs))
			}
		}
		if len(known) != legs || len(found) > 12 {
			t.Errorf("%d legs in %d calls", len(known), len(found))
		}
		for _, n := range [...]int{0, 700, legs - 1} { // another document of a leg
			r := record(fmt.Sprint("leg", n), "one", fmt.Sprintf("<cdr>%d again</cdr>", n))
			r.Start += int64(n)
			save(t, s, r)
		}
		again, err := s.Calls(t.Context(), q)
		must(t, err)
		if len(again) != len(found) {
			t.Errorf("%d calls, want still %d", len(again), len(found))
		}
		if n, err := s.WrongFigures(t.Context()); n != 0 || err != nil {
			t.Errorf("%d figures are wrong, %v", n, err)
		}
	})
}

// TestJoinLargeLegs: legs whose documents say as much as they may are read again, however many say that they are one call.
func TestJoinLargeLegs(t *testing.T) {
	t.Parallel()
	join := func(t *testing.T, open func() *store.Store) {
		s := open()
		const legs = 48 // more than are one document that can be read
		for n := 0; n < legs; n += 16 {
			var docs []*history.Document
			for i := n; i < n+16; i++ {
				r := record(fmt.Sprint("leg", i), "one", fmt.Sprintf("<cdr>%d</cdr>", i))
				for path := range 32 {
					r.Recordings = append(r.Recordings, fmt.Sprint("/", i, "/", path, strings.Repeat("<", 4000)))
				}
				docs = append(docs, storetest.Document(s, r, at(0)))
			}
			_, err := s.SaveCDRs(t.Context(), docs)
			must(t, err)
		}
		found, err := s.Calls(t.Context(), history.Query{To: at(3600).UnixMicro(), Limit: 1000})
		must(t, err)
		known := 0
		for _, f := range found {
			known += len(f.Legs)
		}
		if known != legs {
			t.Errorf("%d legs in %d calls, want %d", known, len(found), legs)
		}
		if n, err := s.WrongFigures(t.Context()); n != 0 || err != nil {
			t.Errorf("%d figures are wrong, %v", n, err)
		}
	}
	if testing.Short() { // what is long about it is the same on both
		join(t, func() *store.Store { return storetest.Open(t, storetest.SQLite(t), store.Options{}) })
		return
	}
	storetest.Each(t, join)
}

// TestJoinByWhatTimesThereAre: another document of a leg is of the same call, whichever times it has.
func TestJoinByWhatTimesThereAre(t *testing.T) {
	t.Parallel()
	day := at(24*3600).UnixMicro() - at(0).UnixMicro()
	tests := []struct {
		name string
		set  func(r *cdr.Record)
	}{
		{"start", func(*cdr.Record) {}},
		{"answer", func(r *cdr.Record) { r.Answer, r.Start, r.End = r.Start, 0, r.Start+9*day }},
		{"bridge", func(r *cdr.Record) { r.Bridged, r.Start, r.End = r.Start, 0, r.Start+9*day }},
		{"end", func(r *cdr.Record) { r.End, r.Start = r.Start, 0 }},
		{"absurd", func(r *cdr.Record) { r.Start, r.Answer, r.End = 253402300799999999, 1, 2 }},
	}
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		for _, test := range tests {
			for n := range 3 {
				r := record(test.name, test.name, fmt.Sprint("<cdr>", test.name, n, "</cdr>"))
				test.set(r)
				save(t, s, r)
			}
			found, err := s.Calls(t.Context(), history.Query{ID: test.name, Limit: 10})
			must(t, err)
			if len(found) != 1 {
				t.Errorf("%s: %d calls, want 1", test.name, len(found))
			}
		}
	})
}

// TestBeginnings: calls are found by the beginnings of their numbers, each once, together with whatever else is asked for.
func TestBeginnings(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		for i, caller := range []string{"+74951", "84952", "+74953", "+74961", "+749"} {
			r := record(fmt.Sprint("leg", i), "a", fmt.Sprintf("<cdr>%d</cdr>", i))
			r.Start, r.Call, r.Direction, r.Caller, r.Called = at(i).UnixMicro(), r.Leg, "inbound", caller, "+74959"
			if i > 2 {
				r.Called = "1000"
			}
			_, err := storetest.SaveCDR(t.Context(), s, r)
			must(t, err)
		}
		for _, tt := range []struct {
			name, want string
			q          history.Query
		}{
			{"one", "leg2 leg1 leg0", history.Query{Beginnings: []string{"+7495"}}},
			{"two, of which one call has both", "leg2 leg1 leg0", history.Query{Beginnings: []string{"8495", "+7495"}}},
			{"two of different calls", "leg3 leg1", history.Query{Beginnings: []string{"8495", "+7496"}}},
			{"a page", "leg2 leg1", history.Query{Beginnings: []string{"8495", "+7495"}, Limit: 2}},
			{"the whole number", "leg4", history.Query{Beginnings: []string{"+7499", "1000"}, From: at(4).UnixMicro()}},
			{"none", "", history.Query{Beginnings: []string{"8496"}}},
			{"with a leg", "leg1", history.Query{Beginnings: []string{"8495", "+7496"}, ID: "leg1"}},
			{"with a leg of another number", "", history.Query{Beginnings: []string{"8495", "+7496"}, ID: "leg0"}},
		} {
			t.Run(tt.name, func(t *testing.T) {
				if tt.q.Limit == 0 {
					tt.q.Limit = 10
				}
				for _, search := range []func(context.Context, history.Query) ([]history.Found, error){s.Calls, s.ReadPrefixed} {
					found, err := search(t.Context(), tt.q)
					must(t, err)
					var got []string
					for _, f := range found {
						got = append(got, f.UUID)
					}
					if strings.Join(got, " ") != tt.want {
						t.Errorf("got %q, want %q", got, tt.want)
					}
				}
			})
		}
	})
}

// TestRebuildFarApart: a switch whose clock was wrong by thousands of years does not make a rebuild go through the days of
// them all.
func TestRebuildFarApart(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		for i, began := range []time.Time{at(0), at(47 * 3600), time.Date(2400, 1, 1, 23, 59, 0, 0, time.UTC), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)} {
			r := record(fmt.Sprint("leg", i), "", fmt.Sprintf("<cdr>%d</cdr>", i))
			r.Start, r.Direction = began.UnixMicro(), "inbound"
			_, err := storetest.SaveCDR(t.Context(), s, r)
			must(t, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if n, err := s.WrongFigures(ctx); n != 0 || err != nil {
			t.Fatalf("%d figures are wrong, %v", n, err)
		}
		quarters, err := s.Count(ctx, `SELECT COUNT(*) FROM rollups`)
		must(t, err)
		must(t, s.Exec(ctx, `DELETE FROM rollups`))
		if n, err := s.RebuildFigures(ctx, store.Rebuild{To: math.MaxInt64 / 2, Mend: true}); n != quarters || err != nil {
			t.Errorf("%d figures were wrong, %v, want %d", n, err, quarters)
		}
		if n, err := s.WrongFigures(ctx); n != 0 || err != nil {
			t.Errorf("%d figures are wrong, %v", n, err)
		}
	})
}
