package store_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/cdr"
	"callgate/internal/fault"
	"callgate/internal/history"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// numberOwners know whose a number is: what stands before its first 0.
type numberOwners struct{ around }

func (numberOwners) Owner(number string) string {
	project, _, _ := strings.Cut(number, "0")
	return project
}

// queueCall makes the documents of a call that a caller began and an agent answered.
func queueCall(id, number string, start time.Time) []*cdr.Record {
	us, joined := start.UnixMicro(), start.Unix()+1
	caller := &cdr.Record{Leg: id + "-caller", ALeg: true, Call: id + "-caller", Direction: "inbound", Start: us, Answer: us, End: us + 60_000_000,
		Caller: digits(id), Called: number, Side: "member", Queue: "q", Member: id + "-stay", JoinedEpoch: joined, AnsweredEpoch: joined + 5,
		TerminatedEpoch: joined + 50, QueueCause: "answered", Agent: "1001", Queues: []cdr.QueueEntry{{Queue: "q", At: us + 1_000_000}}}
	agent := &cdr.Record{Leg: id + "-agent", Call: caller.Leg, MemberLeg: caller.Leg, Member: id + "-stay", Side: "agent", Queue: "q", Agent: "1001",
		AgentType: "callback", JoinedEpoch: joined, Direction: "outbound", Dialled: true, Start: us + 2_000_000, Answer: us + 6_000_000, Bridged: us + 6_000_000,
		End: us + 51_000_000, Caller: caller.Caller, Called: "1001", Peers: []string{caller.Leg}}
	all := []*cdr.Record{caller, agent}
	for _, r := range all {
		r.HangupCause, r.Readable = "NORMAL_CLEARING", true
		r.Raw = []byte("<cdr>" + r.Leg + "</cdr>")
		r.Digest = sha256.Sum256(r.Raw)
	}
	return all
}

// digits is the number of a call's caller.
func digits(id string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return fmt.Sprintf("+79%010d", h.Sum32())
}

// saveAll keeps records in one transaction.
func saveAll(t testing.TB, s *store.Store, received time.Time, records ...*cdr.Record) {
	t.Helper()
	var docs []*history.Document
	for _, r := range records {
		d := storetest.Document(s, r, received)
		if r.Readable {
			d.Leg = history.NewLeg(r, d.Received, numberOwners{})
		}
		docs = append(docs, d)
	}
	for len(docs) > 0 {
		n := min(len(docs), 256)
		if _, err := s.SaveCDRs(context.Background(), docs[:n]); err != nil {
			t.Fatal(err)
		}
		docs = docs[n:]
	}
}

// keeping is what is kept for so many days: by project, "" of the others.
func keeping(now time.Time, days map[string]int) history.Horizons {
	h := history.Horizons{Projects: map[string]int64{}, Others: history.Horizon(now, days[""])}
	for p, n := range days {
		if p != "" {
			h.Projects[p] = history.Horizon(now, n)
		}
	}
	return h
}

func newKeeper(s *store.Store, h history.Horizons) *history.Keeper {
	return history.NewKeeper(history.KeeperOptions{Attic: s, Horizons: func() history.Horizons { return h }, Now: time.Now,
		Logger: slog.New(slog.DiscardHandler)})
}

// whole checks that every call, each of two legs, has all its documents and terms, that nothing else is there, and
// returns how many calls there are.
func whole(t *testing.T, s *store.Store) int {
	t.Helper()
	count := func(query string) int {
		n, err := s.Count(t.Context(), query)
		must(t, err)
		return n
	}
	calls, cdrs := count(`SELECT COUNT(*) FROM calls`), count(`SELECT COUNT(*) FROM cdrs`)
	alone := count(`SELECT COUNT(*) FROM call_terms t WHERE NOT EXISTS (SELECT 1 FROM calls c WHERE c.started = t.started AND c.id = t.call)`)
	named := count(`SELECT COUNT(*) FROM call_terms t JOIN cdrs d ON d.leg = t.value WHERE t.kind = 1`)
	if cdrs != 2*calls || alone != 0 || named != cdrs {
		t.Errorf("%d calls, %d documents of which calls name %d, %d terms of no call", calls, cdrs, named, alone)
	}
	return calls
}

// TestPrune keeps calls of three projects and of none, deletes what each keeps no more, and takes all of it in again from
// an old spool: nothing is counted twice.
func TestPrune(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s, now := t.Context(), open(), time.Now().UTC()
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 1))
		var all []*cdr.Record
		began := map[string]time.Time{}
		every := 3
		if testing.Short() {
			every = 9
		}
		for i := 0; i < 180; i += every { // a call of each every so many days
			for _, project := range []string{"a", "b", "c", ""} {
				id := fmt.Sprintf("%s%d", project, i)
				began[id] = now.Truncate(24*time.Hour).AddDate(0, 0, -i).Add(10 * time.Second)
				all = append(all, queueCall(id, project+"0", began[id])...)
			}
		}
		// One that is over midnight on the last evening before what a keeps.
		began["aX"] = now.Truncate(24*time.Hour).AddDate(0, 0, -30).Add(-time.Second)
		all = append(all, queueCall("aX", "a0", began["aX"])...)
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		saveAll(t, s, now, all...)
		figures, err := s.Dump(ctx, `SELECT * FROM rollups`)
		must(t, err)
		if n := whole(t, s); n != len(began) {
			t.Fatalf("%d calls at first, want %d", n, len(began))
		}
		for _, step := range []struct {
			name string
			days map[string]int
		}{
			{"for ever", map[string]int{"": 0, "a": 0, "b": 0}},
			{"one project less", map[string]int{"": 0, "a": 30, "b": 0}},
			{"others less, of which one is gone", map[string]int{"": 60, "a": 30, "b": 0}},
			{"all of them", map[string]int{"": 60, "a": 30, "b": 100}},
			{"longer again", map[string]int{"": 0, "a": 0, "b": 0}},
		} {
			if step.name != "longer again" {
				must(t, newKeeper(s, keeping(now, step.days)).Pass(ctx, keeping(now, step.days)))
			} else {
				step.days = map[string]int{"": 60, "a": 30, "b": 100}
			}
			h, want := keeping(now, step.days), 0
			for id, start := range began {
				project, _, _ := strings.Cut(strings.TrimRight(id, "0123456789X")+"0", "0")
				kept := h.Of(project) <= start.UnixMicro()
				if kept {
					want++
				}
				_, shown, err := s.CDR(ctx, id+"-agent")
				must(t, err)
				found, err := s.Calls(ctx, history.Query{Number: digits(id), Limit: 5})
				must(t, err)
				if shown != kept || len(found) == 1 != kept {
					t.Fatalf("%s: call %s, %v ago: CDR %v, found %d, want %v", step.name, id, now.Sub(start), shown, len(found), kept)
				}
			}
			if n := whole(t, s); n != want {
				t.Errorf("%s: %d calls, want %d", step.name, n, want)
			}
			got, err := s.Dump(ctx, `SELECT * FROM rollups`)
			if diff := cmp.Diff(figures, got); diff != "" || err != nil {
				t.Fatalf("%s: %v, figures differ (-want, +got):\n%s", step.name, err, diff)
			}
			// All of it comes again, in another order and by others, and after that what is over goes again.
			again := open()
			random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			for rest := all; len(rest) > 0; {
				n := min(len(rest), 1+random.IntN(4))
				saveAll(t, again, now, rest[:n]...)
				rest = rest[n:]
			}
			got, err = s.Dump(ctx, `SELECT * FROM rollups`)
			if diff := cmp.Diff(figures, got); diff != "" || err != nil {
				t.Fatalf("%s, after an old spool: %v, figures differ (-want, +got):\n%s", step.name, err, diff)
			}
			if _, err := s.RebuildFigures(ctx, store.Rebuild{To: now.UnixMicro(), Mend: true}); err != nil {
				t.Error(err)
			}
			got, err = s.Dump(ctx, `SELECT * FROM rollups`)
			if diff := cmp.Diff(figures, got); diff != "" || err != nil {
				t.Fatalf("%s, made anew: %v, figures differ (-want, +got):\n%s", step.name, err, diff)
			}
			if n := whole(t, s); n != len(began) {
				t.Errorf("%s, after an old spool: %d calls, want %d", step.name, n, len(began))
			}
			must(t, newKeeper(again, h).Pass(ctx, h))
			if n := whole(t, s); n != want {
				t.Errorf("%s, after another pass: %d calls, want %d", step.name, n, want)
			}
		}
	})
}

// TestPruneLate: a leg of a call that is to be deleted but is still there is counted with it; one that comes after
// that is not.
func TestPruneLate(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s, now := t.Context(), open(), time.Now()
		legs := queueCall("a1", "a0", now.AddDate(0, 0, -5))
		saveAll(t, s, now, legs[0])
		h := keeping(now, map[string]int{"a": 3})
		must(t, s.KeepSince(ctx, h))
		saveAll(t, s, now, legs[1])
		if n, err := s.WrongFigures(ctx); n != 0 || err != nil {
			t.Errorf("%d figures are wrong, %v", n, err)
		}
		offered := func() int {
			n, err := s.Count(ctx, `SELECT COALESCE(SUM(offered), 0) FROM rollups WHERE agent = '1001'`)
			must(t, err)
			return n
		}
		if offered() != 1 {
			t.Errorf("%d rings are counted, want 1", offered())
		}
		project := "a"
		for _, p := range []history.Prune{{Project: &project, Before: h.Of("a"), Limit: 5}, {Project: &project, Before: h.Of("a"), Limit: 5}} {
			done, err := s.PruneCalls(ctx, p)
			must(t, err)
			t.Logf("%d calls with %d CDRs in %v", done.Calls, done.Documents, done.Held)
			if n := whole(t, s); n != 0 {
				t.Errorf("%d calls are left", n)
			}
		}
		late := queueCall("a2", "a0", now.AddDate(0, 0, -5))
		saveAll(t, s, now, late...)
		f, err := s.Call(ctx, "a2-agent", nil)
		if err != nil || f.Counted || offered() != 1 {
			t.Errorf("a call that came late: counted %v, %v, %d rings", f.Counted, err, offered())
		}
		kept, err := s.KeptSince(ctx)
		if kept.Of("a") != h.Of("a") || kept.Of("b") != 0 || err != nil {
			t.Errorf("kept since %v, %v", kept, err)
		}
		// Nobody takes it back.
		must(t, s.KeepSince(ctx, keeping(now, map[string]int{"a": 10})))
		if kept, err = s.KeptSince(ctx); kept.Of("a") != h.Of("a") || err != nil {
			t.Errorf("kept since %v, %v", kept, err)
		}
	})
}

// TestPruneOdd: what could not be read, and what has a time that cannot be true, goes by when it came.
func TestPruneOdd(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s, now := t.Context(), open(), time.Now()
		old, recent := now.AddDate(0, 0, -50), now.AddDate(0, 0, -5)
		for _, came := range []time.Time{old, recent} {
			name := came.Format("0102")
			junk := &cdr.Record{Leg: "junk" + name, Raw: []byte("junk"), Digest: sha256.Sum256([]byte(name))}
			saveAll(t, s, came, junk)
			saveAll(t, s, came, queueCall("epoch"+name, "a0", time.Unix(100, 0))...)
			saveAll(t, s, came, queueCall("future"+name, "a0", now.AddDate(70, 0, 0))...)
			none := queueCall("never"+name, "a0", time.Unix(0, 0))
			for _, r := range none {
				r.Start, r.Answer, r.End = 0, 0, 0
			}
			saveAll(t, s, came, none...)
		}
		must(t, s.Exec(ctx, `INSERT INTO call_terms (kind, value, started, call) VALUES (2, '+7', ?, 1)`, recent.UnixMicro())) // of a call that is gone
		must(t, s.Exec(ctx, `INSERT INTO cdrs (leg, a_leg, digest, started, core_uuid, switch_name, damaged, size, document, received)
			SELECT 'nobody', a_leg, digest, started, core_uuid, switch_name, damaged, size, document, received FROM cdrs WHERE leg LIKE 'never%'`))
		h := keeping(now, map[string]int{"": 30, "a": 30})
		must(t, newKeeper(s, h).Pass(ctx, h))
		legs, err := s.Dump(ctx, `SELECT leg FROM cdrs UNION SELECT leg FROM unreadable_cdrs`)
		must(t, err)
		name := recent.Format("0102")
		want := []string{"epoch" + name + "-agent", "epoch" + name + "-caller", "future" + name + "-agent", "future" + name + "-caller", "junk" + name,
			"never" + name + "-agent", "never" + name + "-caller", "nobody"}
		if diff := cmp.Diff(want, legs); diff != "" {
			t.Errorf("CDRs mismatch (-want, +got):\n%s", diff)
		}
		n, err := s.Count(ctx, `SELECT COUNT(*) FROM call_terms t WHERE NOT EXISTS (SELECT 1 FROM calls c WHERE c.started = t.started AND c.id = t.call)`)
		if n != 0 || err != nil {
			t.Errorf("%d terms are left, %v", n, err)
		}
	})
}

// asPruner makes the test binary delete what is over in a database, until it is killed.
const asPruner = "CALLGATE_TEST_PRUNE"

func TestPruner(t *testing.T) {
	t.Parallel()
	address := os.Getenv(asPruner)
	if address == "" {
		return // it plays its part below only
	}
	s := storetest.Open(t, address, store.Options{})
	h := keeping(time.Now(), map[string]int{"": 30})
	fmt.Println("pruning")
	must(t, newKeeper(s, h).Pass(t.Context(), h))
	select {}
}

// TestPruneKilled kills a process that deletes, several times: what it leaves is whole, and the next one finishes.
func TestPruneKilled(t *testing.T) {
	t.Parallel()
	const calls, kept = 600, 50
	for _, database := range []struct {
		name    string
		address func(testing.TB) string
	}{{"sqlite", storetest.SQLite}, {"postgres", storetest.Postgres}} {
		t.Run(database.name, func(t *testing.T) {
			address, now := database.address(t), time.Now()
			s := storetest.Open(t, address, store.Options{})
			var all []*cdr.Record
			for i := range calls {
				days := 40
				if i < kept {
					days = 10
				}
				all = append(all, queueCall(fmt.Sprintf("x%d", i), "1", now.AddDate(0, 0, -days))...)
			}
			saveAll(t, s, now, all...)
			left := []int{whole(t, s)}
			for range 3 {
				victim := exec.Command(os.Args[0], "-test.run=^TestPruner$")
				victim.Env = append(os.Environ(), asPruner+"="+address)
				out, err := victim.StdoutPipe()
				must(t, err)
				must(t, victim.Start())
				for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != "pruning"; {
				}
				eventually(t, "some are gone", func() bool { return count(t, s, `SELECT COUNT(*) FROM calls`) < left[len(left)-1] })
				must(t, victim.Process.Kill())
				_, _ = io.Copy(io.Discard, out)
				_ = victim.Wait() // killed, as it should be
				left = append(left, whole(t, s))
				if left[len(left)-1] == kept {
					break
				}
			}
			h := keeping(now, map[string]int{"": 30})
			must(t, newKeeper(s, h).Pass(t.Context(), h))
			t.Logf("calls left by each of the killed: %v", left)
			if n := whole(t, s); n != kept || left[1] <= kept {
				t.Errorf("%d calls are left, want %d; the first was killed too late: %v", n, kept, left)
			}
			if n := count(t, s, `SELECT CAST(SUM(answered) AS INTEGER) FROM rollups WHERE queue = '' AND agent = ''`); n != calls {
				t.Errorf("%d calls are counted, want %d", n, calls)
			}
		})
	}
}

func count(t testing.TB, s *store.Store, query string) int {
	t.Helper()
	n, err := s.Count(context.Background(), query)
	must(t, err)
	return n
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !so(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// TestMonths: on PostgreSQL a month that could not be made when its CDRs came is made later, with them in it; and who
// reads from a table keeps nobody from saving while a month waits to be dropped.
func TestMonths(t *testing.T) {
	t.Parallel()
	ctx, now := t.Context(), time.Now().UTC()
	s := storetest.Open(t, storetest.Postgres(t), store.Options{})
	months := func(table string) []string {
		all, err := s.Dump(ctx, `SELECT right(c.relname, 7) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = '`+table+`'::regclass`)
		must(t, err)
		return slices.DeleteFunc(all, func(name string) bool { return strings.HasSuffix(name, "_rest") || strings.Contains(name, "s_rest") })
	}
	named := func(times ...time.Time) (all []string) {
		for _, m := range times {
			if name := m.Format("2006_01"); !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
		slices.Sort(all)
		return all
	}
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	ahead := []time.Time{first, first.AddDate(0, 1, 0), first.AddDate(0, 2, 0)}
	old, older := first.AddDate(0, -5, 14), first.AddDate(0, -7, 14)
	for _, table := range []string{"cdrs", "calls", "call_terms"} {
		if diff := cmp.Diff(named(ahead...), months(table)); diff != "" {
			t.Errorf("months of %s at first mismatch (-want, +got):\n%s", table, diff)
		}
	}

	release, err := s.HoldTable(ctx, "calls_rest")
	must(t, err)
	legs := queueCall("a1", "a0", old)
	saveAll(t, s, now, legs[0])
	saveAll(t, s, now, queueCall("a2", "a0", older)...)
	err = s.MakeMonths(ctx, 0)
	wantKind(t, "while the table is in use", err, fault.Unfinished)
	must(t, release())
	if n := count(t, s, `SELECT (SELECT COUNT(*) FROM cdrs_rest) * 100 + (SELECT COUNT(*) FROM calls_rest) * 10 + (SELECT MIN(started) / started FROM call_terms_rest GROUP BY started LIMIT 1)`); n != 321 {
		t.Errorf("%d are in the rest", n)
	}
	must(t, s.MakeMonths(ctx, 0))
	for _, table := range []string{"cdrs", "calls", "call_terms"} {
		if n := count(t, s, `SELECT COUNT(*) FROM `+table+`_rest`); n != 0 {
			t.Errorf("%d are in the rest of %s", n, table)
		}
		if diff := cmp.Diff(named(append(ahead, old, older)...), months(table)); diff != "" {
			t.Errorf("months of %s mismatch (-want, +got):\n%s", table, diff)
		}
	}
	saveAll(t, s, now, legs[1]) // it finds its call where that has been moved to
	if f, err := s.Call(ctx, "a1-agent", nil); err != nil || len(f.Legs) != 2 {
		t.Errorf("the moved call has %d legs, %v", len(f.Legs), err)
	}
	if n := whole(t, s); n != 2 {
		t.Errorf("%d calls, want 2", n)
	}

	release, err = s.HoldTable(ctx, "cdrs")
	must(t, err)
	h := keeping(now, map[string]int{"": 60, "a": 60})
	wantKind(t, "while the table is in use", newKeeper(s, h).Pass(ctx, h), fault.Unfinished)
	began := time.Now()
	var wg sync.WaitGroup
	var passed atomic.Bool
	wg.Go(func() { _ = newKeeper(s, h).Pass(ctx, h); passed.Store(true) })
	var longest time.Duration
	saved := 0
	for ; !passed.Load(); saved++ {
		start := time.Now()
		saveAll(t, s, now, queueCall(fmt.Sprintf("b%d", saved), "a0", now)...)
		longest = max(longest, time.Since(start))
	}
	wg.Wait()
	t.Logf("the longest of %d saves took %v of %v", saved, longest, time.Since(began))
	if longest > 2*time.Second {
		t.Error("who waits to drop a month keeps others from saving")
	}
	must(t, release())
	must(t, newKeeper(s, h).Pass(ctx, h))
	for _, table := range []string{"cdrs", "calls", "call_terms"} {
		if diff := cmp.Diff(named(ahead...), months(table)); diff != "" {
			t.Errorf("months of %s at last mismatch (-want, +got):\n%s", table, diff)
		}
	}
	if n := whole(t, s); n != saved {
		t.Errorf("%d calls, want %d", n, saved)
	}
	// A process that has not heard of it finds the month gone: its CDR goes to the rest, and from there.
	saveAll(t, s, now, queueCall("late", "a0", older)...)
	must(t, newKeeper(s, h).Pass(ctx, h))
	if n := whole(t, s); n != saved {
		t.Errorf("%d calls, want %d", n, saved)
	}
}

// TestPruneBeside deletes while CDRs come in, by two processes at a time: what came is there.
func TestPruneBeside(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s, now := open(), time.Now()
		var all []*cdr.Record
		for i := range 400 {
			all = append(all, queueCall(fmt.Sprintf("x%d", i), "1", now.AddDate(0, 0, -40))...)
		}
		saveAll(t, s, now, all...)
		h := keeping(now, map[string]int{"": 30})
		var done atomic.Bool
		var saved int
		var wg sync.WaitGroup
		wg.Go(func() {
			for !done.Load() || saved < 50 {
				saveAll(t, s, now, queueCall("y"+strconv.Itoa(saved), "1", now)...)
				saved++
				saveAll(t, s, now, all[rand.IntN(len(all))]) // comes again while it is deleted
			}
		})
		var keepers sync.WaitGroup
		for range 2 {
			other := s // of two processes on a SQLite file one serves
			if strings.HasSuffix(t.Name(), "/postgres") {
				other = open()
			}
			keepers.Go(func() {
				if err := newKeeper(other, h).Pass(context.Background(), h); err != nil {
					t.Error(err)
				}
			})
		}
		keepers.Wait()
		done.Store(true)
		wg.Wait()
		must(t, newKeeper(s, h).Pass(t.Context(), h))
		if n := whole(t, s); n != saved {
			t.Errorf("%d calls are there, want the %d that came", n, saved)
		}
		if n := count(t, s, `SELECT CAST(SUM(answered) AS INTEGER) FROM rollups WHERE queue = '' AND agent = ''`); n != 400+saved {
			t.Errorf("%d calls are counted, want %d", n, 400+saved)
		}
	})
}

// TestMonthsBeside makes and moves months while CDRs of them come in, and while a reader looks at all: none is lost.
func TestMonthsBeside(t *testing.T) {
	t.Parallel()
	ctx, now := t.Context(), time.Now().UTC()
	address := storetest.Postgres(t)
	s, other := storetest.Open(t, address, store.Options{}), storetest.Open(t, address, store.Options{})
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	const each = 60
	for back := range 6 {
		old := first.AddDate(0, -2-back, 3)
		release, err := s.HoldTable(ctx, "calls_rest") // so that the month cannot be made
		must(t, err)
		saveAll(t, s, now, queueCall(fmt.Sprintf("m%d", back), "a0", old)...)
		must(t, release())
		var wg sync.WaitGroup
		for n, by := range []*store.Store{s, other} {
			wg.Go(func() {
				for i := range each {
					saveAll(t, by, now, queueCall(fmt.Sprintf("m%d-%d-%d", back, n, i), "a0", old)...)
				}
			})
		}
		for moved := false; !moved; {
			moved = s.MakeMonths(ctx, 0) == nil
		}
		wg.Wait()
	}
	must(t, s.MakeMonths(ctx, 0))
	if n := whole(t, s); n != 6*(2*each+1) {
		t.Errorf("%d calls, want %d", n, 6*(2*each+1))
	}
	if n := count(t, s, `SELECT (SELECT COUNT(*) FROM cdrs_rest) + (SELECT COUNT(*) FROM calls_rest) + (SELECT COUNT(*) FROM call_terms_rest)`); n != 0 {
		t.Errorf("%d are in the rest", n)
	}
}
