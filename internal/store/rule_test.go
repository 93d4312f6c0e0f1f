package store_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/call"
	"callgate/internal/fault"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

func TestRules(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		all := call.Rule{Scope: call.Scope{Kind: call.ForAll}, Allow: []string{"7", "8"}, Deny: []string{"7900", "*"}, MinLength: 5, MaxLength: 15,
			Concurrent: 9, Daily: 100, Codes: true, At: at(1), By: "анна"}
		user := call.Rule{Scope: call.Scope{Kind: call.ForUser, Of: "all"}, At: at(2), By: "x"}
		for _, r := range []call.Rule{user, all} {
			must(t, s.SetRule(ctx, r.Scope, func(c *call.Rule) error {
				if c.Daily != 0 || c.Scope != r.Scope {
					t.Errorf("before there was any: %+v", c)
				}
				*c = r
				return nil
			}))
		}
		got, err := s.Rules(ctx)
		if diff := cmp.Diff([]call.Rule{all, user}, got); diff != "" || err != nil {
			t.Errorf("%v, mismatch (-want, +got):\n%s", err, diff)
		}
		objection := errors.New("no")
		if err := s.SetRule(ctx, all.Scope, func(c *call.Rule) error {
			if diff := cmp.Diff(all, *c); diff != "" {
				t.Errorf("to be changed (-want, +got):\n%s", diff)
			}
			c.Daily = 1
			return objection
		}); !errors.Is(err, objection) {
			t.Errorf("an objection: %v", err)
		}
		must(t, s.RemoveRule(ctx, user.Scope, always))
		if err := s.RemoveRule(ctx, user.Scope, always); !errors.Is(err, fault.New(fault.NotFound, "Rule")) {
			t.Errorf("removed twice: %v", err)
		}
		if got, err := s.Rules(ctx); len(got) != 1 || got[0].Daily != 100 || err != nil {
			t.Errorf("left %+v, %v", got, err)
		}
		if r, err := s.Revisions(ctx); r[store.Destinations] != 3 || err != nil {
			t.Errorf("revision %d, %v; want 3", r[store.Destinations], err)
		}
	})
}

// TestCountCall: no cap is ever exceeded, whoever counts, and a call that one cap stands against counts for none.
func TestCountCall(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, one, two := t.Context(), open(), open()
		caps := []call.Cap{{Scope: call.Scope{Kind: call.ForAll}, Limit: 12}, {Scope: call.Scope{Kind: call.ForUser, Of: "анна"}, Limit: 7}}
		var counted, refused atomic.Int32
		var all sync.WaitGroup
		for i := range 20 {
			s := []*store.Store{one, two}[i%2]
			all.Go(func() {
				over, err := s.CountCall(ctx, "2026-11-26", caps)
				switch {
				case err != nil:
					t.Error(err)
				case over == nil:
					counted.Add(1)
				case over.Of == "анна":
					refused.Add(1)
				}
			})
		}
		all.Wait()
		if counted.Load() != 7 || refused.Load() != 13 {
			t.Errorf("%d counted, %d refused", counted.Load(), refused.Load())
		}
		// Of the twelve for all only seven are used up.
		for i := range 6 {
			over, err := one.CountCall(ctx, "2026-11-26", caps[:1])
			if err != nil || (over != nil) != (i == 5) {
				t.Errorf("call %d: %v %v", i, over, err)
			}
		}
		for _, day := range []string{"2026-11-27", "2026-11-28"} {
			if over, err := one.CountCall(ctx, day, caps); over != nil || err != nil {
				t.Errorf("%s: %v %v", day, over, err)
			}
		}
		if over, err := one.CountCall(ctx, "2026-11-26", caps); over != nil || err != nil {
			t.Errorf("what was counted two days ago is kept: %v %v", over, err)
		}
	})
}

func TestKeys(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, one, two := t.Context(), open(), open()
		k := call.Keyed{Login: "анна", Key: "k1", Order: [32]byte{1, 2}, Call: "u1", At: at(100)}
		if got, taken, err := one.TakeKey(ctx, k, at(0)); !taken || err != nil || got != k {
			t.Fatalf("taken: %+v %v %v", got, taken, err)
		}
		other := k
		other.Order, other.Call, other.At = [32]byte{3}, "u2", at(200)
		if got, taken, err := two.TakeKey(ctx, other, at(50)); taken || err != nil || got != k {
			t.Errorf("taken twice: %+v %v %v", got, taken, err)
		}
		must(t, one.BeatKey(ctx, k))
		must(t, one.BeatKey(ctx, other)) // of a call that is not the one kept: nothing
		must(t, two.FinishKey(ctx, k, "+OK u1\n"))
		must(t, two.FinishKey(ctx, k, "too late"))
		want := k
		want.Beats, want.Reply = 1, "+OK u1\n"
		if got, found, err := two.Key(ctx, "анна", "k1"); !found || err != nil || got != want {
			t.Errorf("read: %+v %v %v", got, found, err)
		}
		if _, found, err := two.Key(ctx, "boris", "k1"); found || err != nil {
			t.Errorf("another's: %v %v", found, err)
		}
		if _, taken, err := one.TakeKey(ctx, other, at(100)); !taken || err != nil {
			t.Errorf("one that has expired: %v %v", taken, err)
		}
		must(t, one.ReleaseKey(ctx, k)) // of the old call: nothing
		must(t, one.ReleaseKey(ctx, other))
		if _, found, err := one.Key(ctx, "анна", "k1"); found || err != nil {
			t.Errorf("released: %v %v", found, err)
		}
		for i := range 5 {
			k.Key, k.At = fmt.Sprint(i), at(i+1)
			if _, _, err := one.TakeKey(ctx, k, at(0)); err != nil {
				t.Fatal(err)
			}
		}
		must(t, one.PurgeKeys(ctx, at(4), 3))
		for i, want := range []bool{false, false, false, true, true} {
			if _, found, err := one.Key(ctx, k.Login, fmt.Sprint(i)); found != want || err != nil {
				t.Errorf("key %d: %v %v", i, found, err)
			}
		}
	})
}

// TestKeyTakenOnce: of all who want a key at the same moment, by two processes, one has it.
func TestKeyTakenOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, one, two := t.Context(), open(), open()
		var taken atomic.Int32
		var all sync.WaitGroup
		for i := range 20 {
			s := []*store.Store{one, two}[i%2]
			all.Go(func() {
				_, ours, err := s.TakeKey(ctx, call.Keyed{Login: "a", Key: "k", Call: fmt.Sprint(i), At: at(100)}, at(0))
				if err != nil {
					t.Error(err)
				}
				if ours {
					taken.Add(1)
				}
			})
		}
		all.Wait()
		if taken.Load() != 1 {
			t.Errorf("%d have it", taken.Load())
		}
	})
}

// TestTakeKeyReleased: a key that stood, and was released before it could be read, is nobody's: that is no failure.
func TestTakeKeyReleased(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		// The key is there for the INSERT, and gone for the SELECT after it.
		if s.Exec(ctx, `CREATE TRIGGER stands BEFORE INSERT ON originate_keys BEGIN SELECT RAISE(IGNORE); END`) != nil {
			must(t, s.Exec(ctx, `CREATE FUNCTION stands() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`))
			must(t, s.Exec(ctx, `CREATE TRIGGER stands BEFORE INSERT ON originate_keys FOR EACH ROW EXECUTE FUNCTION stands()`))
		}
		k := call.Keyed{Login: "a", Key: "k", Order: [32]byte{1}, Call: "mine", At: at(100)}
		got, taken, err := s.TakeKey(ctx, k, at(0))
		if taken || err != nil || got.Order != k.Order || got.Call == k.Call {
			t.Errorf("got %+v, %v, %v", got, taken, err)
		}
	})
}
