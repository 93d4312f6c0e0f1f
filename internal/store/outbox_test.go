package store_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/fault"
	"callgate/internal/outside/gateway"
	"callgate/internal/sms"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// accepted is a message that is due at a time.
func accepted(due int) sms.Message {
	return sms.Message{At: at(0), Phone: "8 919", Number: "+7919", Originator: "FRONTLINE", Text: "Текст \"1\"\n😀", Project: "1111", Session: "s", UserID: 7,
		Encoding: sms.UCS2, Parts: 1, State: sms.Accepted, Due: at(due)}
}

func addMessages(t *testing.T, s *store.Store, all ...sms.Message) []sms.Message {
	t.Helper()
	kept, err := s.AddMessages(t.Context(), all)
	must(t, err)
	return kept
}

// told is what has become of messages, by their order.
func told(t *testing.T, s *store.Store) string {
	t.Helper()
	var all []string
	for id := range 4 {
		rows, err := s.Dump(t.Context(), fmt.Sprint(`SELECT id, state, result, provider, their_id FROM sms WHERE id = `, id+1))
		must(t, err)
		all = append(all, strings.Join(rows, " "))
	}
	return strings.Join(all, "; ")
}

// TestOutbox: a message goes from hand to hand, and what has become of it is kept by who has it in hand only.
func TestOutbox(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		m := accepted(2)
		m.Key, m.Until = "k", at(1000)
		kept := addMessages(t, s, m, accepted(1), accepted(3), accepted(500))
		m.ID = 1
		if diff := cmp.Diff(m, kept[0]); diff != "" {
			t.Errorf("a message mismatches (-want, +got):\n%s", diff)
		}
		again := addMessages(t, s, sms.Message{UserID: 7, Key: "k", Text: "other"}, sms.Message{UserID: 8, Key: "k", State: sms.Failed}, sms.Message{UserID: 8, State: sms.Failed})
		if again[0].ID != 1 || again[0].Text != m.Text || again[1].ID < 5 || again[2].ID <= again[1].ID {
			t.Errorf("with keys: %+v", again)
		}
		if last := addMessages(t, s, sms.Message{UserID: 8, Key: "k", Text: "other"}, sms.Message{UserID: 7, Key: "k", Text: "other"}); last[0].ID != again[1].ID || last[1].ID != 1 {
			t.Errorf("with the key of another user too: %+v", last)
		}
		if got := messages(t, s, at(-1), at(1000)); len(got) != 0 {
			t.Errorf("a report has what has no result: %v", got)
		}

		claimed, err := s.ClaimMessages(ctx, "we", at(10), at(60), 2)
		must(t, err)
		ids := []int64{claimed[0].ID, claimed[1].ID}
		if slices.Sort(ids); len(claimed) != 2 || ids[0] != 1 || ids[1] != 2 || claimed[0].State != sms.Queued || claimed[0].Owner != "we" || !claimed[0].Lease.Equal(at(60)) {
			t.Errorf("claimed %+v", claimed)
		}
		rest, err := s.ClaimMessages(ctx, "they", at(10), at(60), 10)
		must(t, err)
		if len(rest) != 1 || rest[0].ID != 3 {
			t.Errorf("the other claimed %+v", rest)
		}
		one, two, three := claimed[0], claimed[1], rest[0]
		if one.ID != 1 {
			one, two = two, one
		}

		one.Provider, one.Began = "a", at(11)
		three.Owner = "we"
		saved, err := s.SaveMessages(ctx, []sms.Message{one, three})
		if must(t, err); !saved[0] || saved[1] {
			t.Errorf("saved %v", saved)
		}
		counts, err := s.ReturnMessages(ctx, at(60))
		if must(t, err); counts[sms.Uncertain]+counts[sms.Accepted]+counts[sms.Failed]+counts[sms.Expired] != 0 {
			t.Errorf("too early %v", counts)
		}
		counts, err = s.ReturnMessages(ctx, at(61))
		if must(t, err); counts[sms.Uncertain] != 1 || counts[sms.Accepted] != 2 || counts[sms.Failed] != 0 {
			t.Errorf("returned %v", counts)
		}
		// It was only slow, and knows better.
		one.State, one.Result, one.TheirID, one.Sent, one.Due = sms.Sent, sms.OK, "t1", at(62), at(92)
		saved, err = s.SaveMessages(ctx, []sms.Message{one, two})
		if must(t, err); !saved[0] || saved[1] {
			t.Errorf("saved late %v", saved)
		}
		if got := told(t, s); got != "1 sent OK a t1; 2 accepted   ; 3 accepted   ; 4 accepted   " {
			t.Errorf("got %s", got)
		}

		due, err := s.DueMessages(ctx, "a", at(91), func(time.Time) time.Time { return at(0) }, 10)
		if must(t, err); len(due) != 0 {
			t.Errorf("due too early: %+v", due)
		}
		due, err = s.DueMessages(ctx, "b", at(92), func(time.Time) time.Time { return at(0) }, 10)
		if must(t, err); len(due) != 0 {
			t.Errorf("due of another provider: %+v", due)
		}
		due, err = s.DueMessages(ctx, "a", at(92), func(sent time.Time) time.Time { return sent.Add(time.Hour) }, 10)
		if must(t, err); len(due) != 1 || due[0].TheirID != "t1" {
			t.Errorf("due: %+v", due)
		}
		due, err = s.DueMessages(ctx, "a", at(93), func(time.Time) time.Time { return at(0) }, 10)
		if must(t, err); len(due) != 0 {
			t.Errorf("due again: %+v", due)
		}
	})
}

// TestReturn: what becomes of messages whose lease is over.
func TestReturn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		for _, tt := range []struct {
			name         string
			lease, began int
			waits        bool
			want         string // state, result, whether it is ended, owner
		}{
			{"in hand", 100, 0, false, "queued  false we"},
			{"in hand, asked", 100, 5, true, "queued  false we"},
			{"nobody was asked", 99, 0, false, "accepted  false "},
			{"nobody was asked, who asked waits", 99, 0, true, "failed error true "},
			{"one was asked", 99, 5, false, "unknown error true we"},
			{"one was asked, who asked waits", 99, 5, true, "unknown error true we"},
		} {
			t.Run(tt.name, func(t *testing.T) {
				m := accepted(0)
				m.State, m.Owner, m.Lease, m.Waits = sms.Queued, "we", at(tt.lease), tt.waits
				if tt.began > 0 {
					m.Began = at(tt.began)
				}
				kept := addMessages(t, s, m)
				_, err := s.ReturnMessages(t.Context(), at(100))
				must(t, err)
				m, err = s.Message(t.Context(), kept[0].ID)
				if got := fmt.Sprint(m.State, " ", m.Result, " ", !m.Ended.IsZero(), " ", m.Owner); got != tt.want || err != nil {
					t.Errorf("got %q, want %q, %v", got, tt.want, err)
				}
			})
		}
	})
}

// TestSavedLate: what is not in anybody's hand any more stays as it is, whoever had it, but for what it is not known of.
func TestSavedLate(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		for _, state := range sms.States() {
			m := accepted(0)
			m.State, m.Owner = state, "we"
			kept := addMessages(t, s, m)
			kept[0].State = sms.Accepted
			saved, err := s.SaveMessages(t.Context(), kept)
			if want := state == sms.Queued || state == sms.Uncertain; saved[0] != want || err != nil {
				t.Errorf("%s: saved %v, want %v, %v", state, saved[0], want, err)
			}
		}
	})
}

// TestReceipts: what a provider says is kept for the message that has its id, and of that provider only; nothing is taken
// back, and what is said early waits for its message.
func TestReceipts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		addMessages(t, s, accepted(0), accepted(0), accepted(0))
		claimed, err := s.ClaimMessages(ctx, "we", at(1), at(60), 10)
		must(t, err)
		slices.SortFunc(claimed, func(a, b sms.Message) int { return int(a.ID - b.ID) })
		for i := range claimed {
			claimed[i].State, claimed[i].Result, claimed[i].Provider, claimed[i].TheirID, claimed[i].Sent = sms.Sent, sms.OK, "a", fmt.Sprint("t", i+1), at(2)
		}
		say := func(provider, id string, state gateway.State, reason string, came, unknown int) {
			t.Helper()
			counts, n, err := s.SaveReceipts(ctx, provider, at(5), []gateway.Receipt{{ID: id, State: state, Reason: reason}})
			to, _ := sms.StateOf(state)
			if must(t, err); n != unknown || counts[to] != came {
				t.Errorf("%s of %s: %v, %d unknown", id, provider, counts, n)
			}
		}
		say("a", "t3", gateway.Failed, "early", 1, 1)
		say("a", "t3", gateway.Failed, "again", 0, 0)
		if _, err := s.SaveMessages(ctx, claimed); err != nil {
			t.Fatal(err)
		}
		say("a", "t1", gateway.OnItsWay, "", 0, 0)
		say("b", "t1", gateway.Failed, "another provider's", 1, 1)
		say("a", "", gateway.Failed, "nobody's", 0, 0)
		states := func(want string) {
			t.Helper()
			rows, err := s.Dump(ctx, `SELECT state, reason FROM sms ORDER BY id`)
			if must(t, err); fmt.Sprint(rows) != want {
				t.Errorf("got %v, want %s", rows, want)
			}
		}
		states(fmt.Sprint(dumped(t, s, `SELECT 'sent', '' UNION ALL SELECT 'sent', '' UNION ALL SELECT 'failed', 'early'`)))
		say("a", "t1", gateway.Delivered, "", 1, 0)
		say("a", "t1", gateway.Failed, "too late", 0, 0)
		say("a", "t1", gateway.Delivered, "", 0, 0)
		say("a", "t2", gateway.Expired, "a\x00b", 1, 0)
		say("a", "t2", gateway.Expired, "again", 0, 0)
		say("a", "t3", gateway.Delivered, "", 1, 0)
		states(fmt.Sprint(dumped(t, s, "SELECT 'delivered', '' UNION ALL SELECT 'expired', 'a\uFFFDb' UNION ALL SELECT 'delivered', ''")))
		if n, err := s.Count(ctx, `SELECT COUNT(*) FROM sms_receipts`); n != 1 || err != nil {
			t.Errorf("%d receipts wait, %v", n, err)
		}
		if _, err := s.ReturnMessages(ctx, at(2*24*3600)); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Count(ctx, `SELECT COUNT(*) FROM sms_receipts`); n != 0 || err != nil {
			t.Errorf("%d receipts wait after a day, %v", n, err)
		}
	})
}

// TestEarlyReceipts: of what a provider says before its message is known nothing is taken back either, and an id that it
// gives again is that of the last message.
func TestEarlyReceipts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		sent := accepted(0)
		sent.State, sent.Owner, sent.Provider, sent.TheirID = sms.Sent, "we", "a", "t2"
		kept := addMessages(t, s, accepted(0), sent, sent, accepted(0))
		_, _, err := s.SaveReceipts(ctx, "a", at(5), []gateway.Receipt{{ID: "t1", State: gateway.Failed}, {ID: "t1", State: gateway.Delivered}, {ID: "t1", State: gateway.Expired},
			{ID: "t2", State: gateway.Failed, Reason: "absent"}})
		must(t, err)
		_, _, err = s.SaveReceipts(ctx, "b", at(5), []gateway.Receipt{{ID: "t3", State: gateway.Failed}})
		must(t, err)
		claimed, err := s.ClaimMessages(ctx, "we", at(1), at(60), 10)
		if must(t, err); len(claimed) != 2 {
			t.Fatalf("claimed %+v", claimed)
		}
		for i := range claimed {
			claimed[i].State, claimed[i].Provider, claimed[i].TheirID = sms.Sent, "a", "t1"
			if claimed[i].ID == kept[3].ID {
				claimed[i].TheirID = "t3"
			}
		}
		_, err = s.SaveMessages(ctx, claimed)
		must(t, err)
		for i, want := range []sms.State{sms.Delivered, sms.Sent, sms.Failed, sms.Sent} {
			if m, err := s.Message(ctx, kept[i].ID); m.State != want || err != nil {
				t.Errorf("message %d is %s, want %s, %v", i, m.State, want, err)
			}
		}
	})
}

// TestReceiptMeetsMessage: a receipt that comes while it is saved whose it is reaches its message.
func TestReceiptMeetsMessage(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s, other := t.Context(), open(), open()
		const count = 300
		var all []sms.Message
		for range count {
			all = append(all, accepted(0))
		}
		addMessages(t, s, all...)
		claimed, err := s.ClaimMessages(ctx, "we", at(1), at(60), count)
		must(t, err)
		for i := range claimed {
			m := &claimed[i]
			m.State, m.Result, m.Provider, m.TheirID = sms.Sent, sms.OK, "a", fmt.Sprint("t", m.ID)
			var work sync.WaitGroup
			work.Go(func() {
				if saved, err := s.SaveMessages(ctx, []sms.Message{*m}); err != nil || !saved[0] {
					t.Errorf("saved %v, %v", saved, err)
				}
			})
			work.Go(func() {
				if _, _, err := other.SaveReceipts(ctx, "a", at(5), []gateway.Receipt{{ID: m.TheirID, State: gateway.Delivered}}); err != nil {
					t.Error(err)
				}
			})
			work.Wait()
		}
		if n, err := s.Count(ctx, `SELECT COUNT(*) FROM sms WHERE state = 'delivered'`); n != count || err != nil {
			t.Errorf("%d of %d are delivered, %v", n, count, err)
		}
	})
}

// TestLate: when the time of many messages is over at once, a transaction does as many as it can.
func TestLate(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		must(t, s.Exec(ctx, `INSERT INTO sms (at, phone, number, originator, message, project, session, user_id, result, reason, state, until)
			WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < 5003)
			SELECT n, '', '', '', '', '', '', 7, '', '', 'accepted', CASE n WHEN 1 THEN 0 ELSE n END FROM g`))
		for _, want := range []int{5000, 1, 0} {
			if counts, err := s.ReturnMessages(ctx, time.UnixMicro(5002)); counts[sms.Expired] != want || err != nil {
				t.Errorf("%v, %v, want %d", counts, err, want)
			}
		}
		if n, err := s.Count(ctx, `SELECT COUNT(*) FROM sms WHERE state = 'expired' AND result = 'error' AND ended > 0`); n != 5001 || err != nil {
			t.Errorf("%d have expired, %v", n, err)
		}
	})
}

// TestMessageFound: few messages among many are found by an index, on SQLite too, which uses one of some rows only where the
// query is plainly about these.
func TestMessageFound(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		failed, failedArgs := store.FindMessagesQuery(sms.Query{States: []sms.State{sms.Failed, sms.Uncertain}, Limit: 50})
		someone, someoneArgs := store.FindMessagesQuery(sms.Query{States: []sms.State{sms.Sent}, Number: "+79190000000", Limit: 50})
		for _, tt := range []struct {
			name, query, index string
			args               []any
		}{
			{"by its sender's key", store.MessageOfKey, "sms_by_key", []any{7, "k"}},
			{"by its provider's id", store.MessageOfID, "sms_by_their_id", []any{"a", "t"}},
			{"those whose time is over", store.LateMessages, "sms_until", []any{1, 5}},
			{"those whose time has come", store.RipeMessages, "sms_accepted", []any{1, 5}},
			{"those that were not sent", failed, "sms_unsent", failedArgs},
			{"those of a number", someone, "sms_by_number", someoneArgs},
		} {
			t.Run(tt.name, func(t *testing.T) {
				plan, err := s.Plan(t.Context(), tt.query, tt.args...)
				if !strings.Contains(plan, tt.index) || strings.Contains(plan, "Sort") && tt.query == store.RipeMessages || err != nil {
					t.Errorf("want %s, got %v\n%s", tt.index, err, plan)
				}
			})
		}
	})
}

func dumped(t *testing.T, s *store.Store, query string) []string {
	t.Helper()
	rows, err := s.Dump(t.Context(), query)
	must(t, err)
	return rows
}

// TestClaims: several processes have each message in one hand only.
func TestClaims(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s, other := open(), open()
		const count = 400
		var all []sms.Message
		for range count {
			all = append(all, accepted(0))
		}
		addMessages(t, s, all...)
		var mu sync.Mutex
		owners := map[int64]string{}
		var work sync.WaitGroup
		for i := range 6 {
			work.Go(func() {
				s, me := [...]*store.Store{s, other}[i%2], fmt.Sprint("process ", i)
				for {
					claimed, err := s.ClaimMessages(t.Context(), me, at(1), at(60), 17)
					if failure, _ := fault.Of(err); err != nil && failure.Kind != fault.StorageDown { // a busy file
						t.Error(err)
						return
					}
					if err == nil && len(claimed) == 0 {
						return
					}
					mu.Lock()
					for _, m := range claimed {
						if owners[m.ID] != "" {
							t.Errorf("message %d is in the hands of %s and %s", m.ID, owners[m.ID], me)
						}
						owners[m.ID] = me
					}
					mu.Unlock()
				}
			})
		}
		work.Wait()
		if len(owners) != count {
			t.Errorf("%d were claimed, want %d", len(owners), count)
		}
	})
}

// TestKeysAtOnce: a message that comes to several processes at the same moment with the same key is one, also among others.
func TestKeysAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s, other := open(), open()
		const rounds, callers = 30, 6
		for round := range rounds {
			var ids [callers]int64
			var work sync.WaitGroup
			for c := range callers {
				work.Go(func() {
					same, own := accepted(0), accepted(0)
					same.Key, own.Key = fmt.Sprint("same ", round), fmt.Sprint("own ", round, " ", c)
					kept, err := [...]*store.Store{s, other}[c%2].AddMessages(t.Context(), []sms.Message{own, same, same})
					for tries := 0; err != nil && tries < 10; tries++ { // a busy file
						kept, err = [...]*store.Store{s, other}[c%2].AddMessages(t.Context(), []sms.Message{own, same, same})
					}
					if err != nil || kept[1].ID != kept[2].ID || kept[0].ID == kept[1].ID {
						t.Errorf("%+v, %v", kept, err)
						return
					}
					ids[c] = kept[1].ID
				})
			}
			work.Wait()
			if slices.Max(ids[:]) != slices.Min(ids[:]) {
				t.Errorf("round %d: the ids are %v", round, ids)
			}
		}
		if n, err := s.Count(t.Context(), `SELECT COUNT(*) FROM sms`); n != rounds*(callers+1) || err != nil {
			t.Errorf("%d are kept, %v", n, err)
		}
	})
}

// TestOptOuts: who does not want messages gets none, of that project or of any.
func TestOptOuts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		must(t, s.Exec(t.Context(), `INSERT INTO sms_optouts (number, project, at, by) VALUES ('+71', '', 1, 'x'), ('+72', '1111', 1, 'x')`))
		for _, tt := range []struct {
			number, project string
			want            sms.State
		}{{"+71", "1111", sms.Failed}, {"+71", "", sms.Failed}, {"+72", "1111", sms.Failed}, {"+72", "2222", sms.Accepted}, {"+72", "", sms.Accepted}, {"+73", "1111", sms.Accepted}} {
			m := accepted(0)
			m.Number, m.Project = tt.number, tt.project
			kept := addMessages(t, s, m)[0]
			if kept.State != tt.want || (kept.Result == sms.Error) != (tt.want == sms.Failed) || (kept.Reason == sms.OptedOut) != (tt.want == sms.Failed) {
				t.Errorf("%s of %q: %+v", tt.number, tt.project, kept)
			}
		}
	})
}

// TestProviders: providers come back as they were set, and processes hear of each change.
func TestProviders(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		p := sms.Provider{Name: "b", Kind: sms.HTTP, Preset: "smsc", Values: map[string]string{"login": "x", "password": "\"'\n"}, Pace: sms.Pace{PerSecond: 2.5, AtOnce: 3},
			Secret: "s", ChangedAt: at(1), ChangedBy: "admin", Description: []byte{}}
		q := sms.Provider{Name: "a", Kind: sms.SMPP, Description: []byte(`{"addr":"x"}`), ChangedAt: at(2)}
		must(t, s.SetProvider(ctx, q, time.Time{}))
		must(t, s.SetProvider(ctx, p, time.Time{}))
		p.Preset = "smsru"
		wantKind(t, "changed as if it were new", s.SetProvider(ctx, p, time.Time{}), fault.Stale)
		wantKind(t, "changed as it was before", s.SetProvider(ctx, p, at(2)), fault.Stale)
		must(t, s.SetProvider(ctx, p, p.ChangedAt))
		got, err := s.Providers(ctx)
		must(t, err)
		if diff := cmp.Diff([]sms.Provider{q, p}, got); diff != "" {
			t.Errorf("mismatch (-want, +got):\n%s", diff)
		}
		wantKind(t, "removed as it was before", s.RemoveProvider(ctx, "a", at(1)), fault.Stale)
		must(t, s.RemoveProvider(ctx, "a", q.ChangedAt))
		wantKind(t, "removed twice", s.RemoveProvider(ctx, "a", q.ChangedAt), fault.Stale)
		revisions, err := s.Revisions(ctx)
		if must(t, err); revisions[store.Carriers] != 4 {
			t.Errorf("revisions are %v", revisions)
		}
	})
}
